"""What the rest of Amends does with payees: settle who is paid, and get the details for paying.

Kept true: every affected person has exactly one decision; at rest, account and name exist only
sealed; settling again changes what became different and nothing else.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import polars as pl

from amends.governance.model import SYSTEM
from amends.governance.service import audit_in
from amends.kernel.accounts import AccountKind
from amends.kernel.ids import PersonId
from amends.kernel.keyed import hmac_sha256
from amends.kernel.saying import Said, said
from amends.kernel.summary import StageSummary
from amends.payees import further, pages, recording, store
from amends.payees.model import PayeeKind, PayeeState, PaymentDetails
from amends.store.connection import Connection
from amends.vault.opened import OpenCase
from amends.vault.service import Vault

if TYPE_CHECKING:  # it needs the compiler, which not every command loads
    from amends.payees.rules import Settled

CONTACT = "payee-contact"
"""What ways to reach a person are sealed for."""

_MARK_BYTES = 16


def settle(opened: OpenCase) -> StageSummary:
    """Decide for every affected person who is paid, or why a person has to look first.

    Once the evidence is destroyed nothing can be decided anew, and what was decided stands.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    if opened.vault.evidence_destroyed:
        with opened.database.reading() as connection:
            counts = store.counts(connection)
        if counts:
            note = said("the evidence is destroyed: who is paid stands as it was settled")
            return _summary(counts, new=0, changed=0, notes=(note,))
    from amends.payees.deciding import decided  # noqa: PLC0415 - the compiler: half a second

    return record(opened, lambda: decided(opened))


def record(opened: OpenCase, decide: Callable[[], "Settled"]) -> StageSummary:
    """Keep what is decided; what is kept already stays untouched, and is read meanwhile.

    Whoever was moved since stays where the move led: what the files tell of them comes as a doubt.
    """
    with opened.database.unit_of_work() as connection:
        store.lock(connection)
        with ThreadPoolExecutor(1) as reader:
            kept = reader.submit(recording.kept, connection)
            settled = decide()
        new, changed = recording.write(opened, connection, settled.decisions, kept.result())
        raised, withdrawn = _write_doubts(opened, connection, settled.doubts)
        _write_contacts(opened, connection, settled.contacts)
        further.write(opened, connection, settled.further)
        counts = store.counts(connection)
        doubts = store.doubt_counts(connection)
        if new or changed or raised or withdrawn:
            details = {"new": new, "changed": changed, "raised": raised, "withdrawn": withdrawn}
            audit_in(connection, opened, SYSTEM, "payees settled", details)
    notes = [] if new or changed else [said("who is paid is settled already")]
    if doubts:
        waiting = sum(doubts.values())
        notes.append(
            said(
                "{number:,} rows of people files are in doubt: `amends payee doubts {case}`",
                number=waiting,
                case=opened.case.root,
            )
        )
    notes += _strangers(settled.strangers)
    return _summary(counts, new=new, changed=changed, notes=tuple(notes))


def _strangers(rows: pl.DataFrame) -> Iterator[Said]:
    """A line for each people file with rows that were not looked at."""
    for path, number in rows.select("path", "rows").iter_rows():
        yield said(
            "{path}: {rows:,} rows are about nobody who is affected, by account or number; check "
            "for mistyped ones if that is more than you expect",
            path=path,
            rows=number,
        )


def _summary(
    counts: dict[tuple[str, str], int], *, new: int, changed: int, notes: tuple[str, ...]
) -> StageSummary:
    """How many are payable, how many are not, and why."""
    payable = sum(number for (state, _), number in counts.items() if state == PayeeState.PAYABLE)
    return StageSummary(
        counts={
            "payees_payable": payable,
            "payees_needs_person": sum(counts.values()) - payable,
            "payees_new": new,
            "payees_changed": changed,
        }
        | {f"payees_{why}": number for (_, why), number in counts.items()},
        notes=notes,
    )


def payment_details(
    opened: OpenCase, connection: Connection, person_ids: Sequence[PersonId]
) -> dict[PersonId, PaymentDetails]:
    """Where the money of these people goes; whoever is not payable is left out.

    Raises:
        SealError: a row or a page was changed by someone who has no key.
    """
    found = store.sealed(connection, person_ids)
    in_pages = [one for one in found if one.members is not None]
    lines = pages.lines_of(
        opened.vault,
        [one.members or "" for one in in_pages],
        [one.sealed for one in in_pages],
        [one.place for one in in_pages],
    )
    known = {
        PersonId(one.person_id): pages.details(line, PayeeKind(one.kind))
        for one, line in zip(in_pages, lines, strict=True)
    }
    return known | {
        PersonId(one.person_id): _unsealed(opened.vault, one)
        for one in found
        if one.members is None
    }


def lines_in_pages(
    opened: OpenCase, connection: Connection, people: Iterable[str]
) -> dict[str, bytes]:
    """What pages say of many people (``pages.details`` reads it); strangers to pages are left out.

    Pages are opened once each, in their order. Rows of people's own are not looked at.

    Raises:
        SealError: a page was changed by someone who has no key.
    """
    wanted = sorted({one for one in people if one})
    if not wanted:
        return {}
    kept = store.pages_between(connection, wanted[0], wanted[-1])
    return dict(pages.lines_of_many(opened.vault, kept, wanted))


def account_kinds(
    opened: OpenCase, connection: Connection, people: Sequence[PersonId]
) -> list[AccountKind | None]:
    """What kind of account many people have, who come in order; None of who is not payable.

    Pages are opened once each: one by one, each would be for each of its people.

    Raises:
        SealError: a row or a page was changed by someone who has no key.
    """
    own = store.own_rows_of(connection, people)
    rows = payment_details(opened, connection, [PersonId(one) for one in sorted(own)])
    lines = lines_in_pages(opened, connection, (one for one in people if one not in own))
    kinds: dict[str, AccountKind | None] = {one: told.account_kind for one, told in rows.items()}
    kinds.update((one, pages.account_kind(line)) for one, line in lines.items())
    return [kinds.get(one) for one in people]


def _write_doubts(
    opened: OpenCase, connection: Connection, doubts: pl.DataFrame
) -> tuple[int, int]:
    """Raise the doubts that are new, withdraw those that the files no longer tell; how many."""
    told = doubts.with_columns(
        pl.col("path").fill_null(""), pl.col("row").fill_null(0).alias("row_no")
    ).select(store.DOUBT_COLUMNS)
    known = store.open_doubts(connection).filter(pl.col("file") != "heirs")
    new = told.join(known, on=store.DOUBT_COLUMNS, how="anti").unique().sort(store.DOUBT_COLUMNS)
    gone = known.join(told, on=store.DOUBT_COLUMNS, how="anti")
    now = opened.clock.now()
    store.add_doubts(connection, "raised", new, now)
    store.add_doubts(connection, "withdrawn", gone, now)
    return new.height, gone.height


def _write_contacts(opened: OpenCase, connection: Connection, contacts: pl.DataFrame) -> None:
    """Keep ways to reach people, each once, sealed."""
    words = ("name", "phone", "email", "address")
    encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
    digest = hmac_sha256(opened.vault.derive("payee-contact"))
    known = store.contacts(connection)
    now = opened.clock.now()
    rows = []
    for row in contacts.select("person_id", *words).unique().iter_rows(named=True):
        person_id = str(row.pop("person_id"))
        plain = encode({word: value for word, value in row.items() if value}).encode()
        mark = digest(person_id.encode() + b"\0" + plain)[:_MARK_BYTES]
        if (person_id, mark) not in known:
            known.add((person_id, mark))
            rows.append((person_id, mark, opened.vault.seal(plain, CONTACT, person_id), now))
    store.add_contacts(connection, rows)


def _unsealed(vault: Vault, one: store.Sealed) -> PaymentDetails:
    """The details that :func:`amends.payees.recording.plain_of` wrote."""
    details = json.loads(vault.unseal(one.sealed, recording.PURPOSE, one.person_id))
    return PaymentDetails(
        account=str(details["account"]),
        account_kind=AccountKind(details["account_kind"]),
        name=str(details["name"]),
        kind=PayeeKind(one.kind),
    )
