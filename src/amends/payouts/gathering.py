"""Where the money of millions goes, gathered by the chunk before it is sent.

Awards are in the order of a lot, so that nearly every payee of a chunk stands in another page. Here
pages are opened once, in their order, for hundreds of chunks; each gets a pack of lines, sealed for
it alone. A pack is used while nothing was changed about any payee since; else pages are opened.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from amends.kernel.ids import PersonId
from amends.payees import pages
from amends.payees.model import PaymentDetails
from amends.payees.service import lines_in_pages, payment_details
from amends.payouts import gather_store
from amends.payouts.gather_store import PayeePack
from amends.payouts.model import Unsent
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

PACK_PURPOSE: Final = "payee-pack"
FEWEST_CHUNKS: Final = 50
"""For fewer chunks pages are opened one by one: reading all of them would take longer."""

_AT_ONCE: Final = 400
_END: Final = b"\n"


def gather(opened: OpenCase, *, fewest: int = FEWEST_CHUNKS) -> int:
    """Make a pack for each approved chunk that has none, where these are many; how many."""
    with opened.database.reading() as connection:
        waiting = gather_store.to_gather(connection)
    if len(waiting) < fewest:
        return 0
    made = 0
    for at in range(0, len(waiting), _AT_ONCE):
        some = waiting[at : at + _AT_ONCE]
        with opened.database.reading() as connection:
            packs = list(_packs(opened, connection, some[0], some[-1]))
        with opened.database.unit_of_work() as connection:
            gather_store.insert_packs(connection, packs)
        made += len(packs)
    return made


def _packs(opened: OpenCase, connection: Connection, first: int, last: int) -> Iterator[PayeePack]:
    """The packs of approved chunks from one to another, as this snapshot has it."""
    changes = gather_store.changes(connection)
    chunks = gather_store.payees_of(connection, first, last)
    lines = lines_in_pages(opened, connection, (one for _, people in chunks for one in people))
    for chunk_no, people in chunks:
        plain = _END.join([lines.get(one, b"") for one in people])
        sealed = opened.vault.seal(plain, PACK_PURPOSE, _row(chunk_no, changes))
        yield PayeePack(chunk_no, changes, sealed)


def _row(chunk_no: int, changes: int) -> str:
    """What a pack is bound to: its chunk, and what was known of payees then."""
    return f"{chunk_no} {changes}"


def details_of(
    opened: OpenCase, connection: Connection, chunk_no: int, waiting: Sequence[Unsent]
) -> dict[PersonId, PaymentDetails]:
    """Where the money of what waits in a chunk goes; whoever is not payable is left out.

    Raises:
        SealError: a pack, row or page was changed by someone who has no key.
    """
    pack = gather_store.true_pack(connection, chunk_no)
    if pack is None:
        return payment_details(opened, connection, [one.person_id for one in waiting])
    row = _row(pack.chunk_no, pack.changes)
    lines = opened.vault.unseal(pack.sealed, PACK_PURPOSE, row).decode().split(_END.decode())
    found = {one.person_id: pages.details(lines[one.place]) for one in waiting if lines[one.place]}
    missing = [one.person_id for one in waiting if one.person_id not in found]
    return found | payment_details(opened, connection, missing) if missing else found
