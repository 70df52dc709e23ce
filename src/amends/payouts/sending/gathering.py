"""Where the money of millions goes, gathered by the chunk before it is sent.

Awards are in the order of a lot, so that nearly every payee of a chunk stands in another page. Here
pages are opened once, in their order, for hundreds of chunks; each gets a pack of lines, sealed for
it alone. A pack is used while nothing was changed about any payee since; else pages are opened.
"""

from collections.abc import Iterator, Sequence
from itertools import compress, count, repeat
from typing import Final

from amends.kernel.memory import give_back
from amends.kernel.rows import rows_of
from amends.payees import pages
from amends.payees.model import PaymentDetails
from amends.payees.service import lines_in_pages, payment_details
from amends.payouts.model import Chunk, Unsent
from amends.payouts.sending import gather_store, store
from amends.payouts.sending.gather_store import PayeePack
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

PACK_PURPOSE: Final = "payee-pack"
FEWEST_CHUNKS: Final = 50
"""For fewer chunks pages are opened one by one: reading all of them would take longer."""

Waiting = tuple[Unsent, PaymentDetails | None]
"""What is planned, and where its money goes; None: the person is not payable."""

_MOST_AT_ONCE: Final = 400
"""Chunks of one pass over the pages; every pass has as many, for the least memory."""
_END: Final = "\n"
_BETWEEN: Final = "\t"
_NOTHING_PLANNED: Final = "\t0\t0\t0\t"
"""Of a line number, award, generation, amount and person."""
_NOBODY_PAGED: Final = b"\t\t"
"""And account, its kind, and whose name it bears."""
_UNTOLD: Final = "0"


def gather(opened: OpenCase, *, fewest: int = FEWEST_CHUNKS) -> int:
    """Make a pack for each approved chunk that has none, where these are many; how many."""
    with opened.database.reading() as connection:
        waiting = gather_store.to_gather(connection)
    if len(waiting) < fewest:
        return 0
    made = 0
    passes = -(-len(waiting) // _MOST_AT_ONCE)
    at_once = -(-len(waiting) // passes)
    for at in range(0, len(waiting), at_once):
        made += _pass(opened, waiting[at : at + at_once])
        give_back()  # in pieces, half of it would lie beside what the next pass takes
    return made


def _pass(opened: OpenCase, chunks: Sequence[int]) -> int:
    """Make the packs of *chunks*; how many."""
    with opened.database.reading() as connection:
        packs = list(_packs(opened, connection, chunks[0], chunks[-1]))
    with opened.database.unit_of_work() as connection:
        gather_store.insert_packs(connection, packs)
    return len(packs)


def _packs(opened: OpenCase, connection: Connection, first: int, last: int) -> Iterator[PayeePack]:
    """The packs of approved chunks from one to another, as this snapshot has it."""
    changes = gather_store.changes(connection)
    chunks = gather_store.places_of(connection, first, last)
    told = (_person(head) for each in chunks for head in compress(each.heads, each.paged))
    known = lines_in_pages(opened, connection, told)
    chunks.reverse()
    while chunks:  # what is in a pack is let go: of four hundred chunks it would be 100 MiB
        chunk_no, heads, paged = chunks.pop()
        lines = [
            _line(head, known.get(_person(head)) if one else None)
            for head, one in zip(heads, paged, strict=True)
        ]
        sealed = opened.vault.seal(_END.encode().join(lines), PACK_PURPOSE, _row(chunk_no, changes))
        yield PayeePack(chunk_no, changes, sealed)


def _person(head: str) -> str:
    return head.rpartition(_BETWEEN)[2]


def _line(head: str, payee: bytes | None) -> bytes:
    return f"{head or _NOTHING_PLANNED}{_BETWEEN}".encode() + (payee or _NOBODY_PAGED)


def _row(chunk_no: int, changes: int) -> str:
    """What a pack is bound to: its chunk, and what was known of payees then."""
    return f"{chunk_no} {changes}"


def waiting_in(
    opened: OpenCase, connection: Connection, chunks: Sequence[Chunk]
) -> list[list[Waiting]]:
    """What is planned in chunks that are claimed, and where its money goes, in order of places.

    Raises:
        SealError: a pack, row or page was changed by someone who has no key.
    """
    packs = gather_store.true_packs(connection, [chunk.chunk_no for chunk in chunks])
    return [_waiting(opened, connection, chunk, packs.get(chunk.chunk_no)) for chunk in chunks]


def _waiting(
    opened: OpenCase, connection: Connection, chunk: Chunk, found: tuple[PayeePack, str] | None
) -> list[Waiting]:
    """The same of one chunk, by its pack where there is a true one."""
    if found is None:
        unsent = store.unsent(connection, chunk)
        details = payment_details(opened, connection, [one.person_id for one in unsent])
        return [(one, details.get(one.person_id)) for one in unsent]
    pack, apart = found
    row = _row(pack.chunk_no, pack.changes)
    text = opened.vault.unseal(pack.sealed, PACK_PURPOSE, row).decode()
    waiting = read_pack(text, apart, opened.case.file.currency)
    alone = [one.person_id for one, payee in waiting if payee is None]
    if not alone:
        return waiting
    details = payment_details(opened, connection, alone)
    return [(one, payee or details.get(one.person_id)) for one, payee in waiting]


def read_pack(text: str, apart: str, currency: str) -> list[Waiting]:
    """What a pack says; without details of those who do not stand in a page.

    *apart*: of each place ``1`` where something was told of the payment, which is left out.

    Raises:
        ValueError: a line has fields too few or too many, which would be another's.
    """
    lines = [line.split(_BETWEEN) for line in text.split(_END)]
    numbers, awards, generations, minors, persons, accounts, kinds, names = zip(*lines, strict=True)
    planned = rows_of(
        Unsent,
        *(numbers, map(int, awards), map(int, generations), persons, map(int, minors)),
        *(repeat(currency), count(), repeat(None)),
    )
    payees = pages.details_of(accounts, kinds, names)
    left = [bool(number) and one == _UNTOLD for number, one in zip(numbers, apart, strict=False)]
    return list(compress(zip(planned, payees, strict=True), left))
