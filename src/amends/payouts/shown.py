"""What operators are shown of payments: lists, the funnel, one payment from decision to receipt.

Raw messages name the payee: they are opened for a reason that is on record.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.ledger import service as ledger
from amends.ledger.model import Transfer
from amends.payouts import bill_store, packs, plan_store, shown_store
from amends.payouts.callbacks import CALLBACK_PURPOSE
from amends.payouts.listed import PaymentLine, PaymentRow, Trace
from amends.payouts.model import REISSUE, Plan
from amends.payouts.record import ANSWER_PURPOSE, PACK_PURPOSE
from amends.payouts.shown_store import WINDOW, Narrowed
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

START: Final = (-1, 32_767)
"""Before the first payment, in the order of lists: award, generation."""
_NO_END: Final = 2**31 - 1


class NoPaymentError(AmendsError):
    """There is no payment of that number."""

    code = "no_payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list of payments is narrowed to; an empty word narrows nothing."""

    state: str = ""
    rail: str = ""
    reason: str = ""


_Row = TypeVar("_Row", PaymentRow, PaymentLine)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[_Row]):
    """A page of payments; ``following``: where the next one begins, None at the end.

    ``looked_until``: the page ended at this award because it had looked at enough of them.
    """

    rows: list[_Row]
    following: tuple[int, int] | None
    looked_until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One payment with everything that happened to it."""

    row: PaymentRow
    person_id: str
    award_class: int
    awarded_minor: int
    awarded_at: datetime
    plan_no: int
    planned_at: datetime
    approved_at: datetime | None
    traces: tuple[Trace, ...]
    transfers: tuple[tuple[Transfer, int], ...]
    """What moved its money in the books, each with how many payments it moved."""
    others: tuple[PaymentRow, ...]

    @property
    def amount(self) -> Money:
        """What is paid."""
        return Money(amount_minor=self.row.amount_minor, currency=self.row.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """Payments by rail and state, counted at ``counted_at``; by hour; plans; what ended unpaid."""

    states: tuple[tuple[str, str, int, int], ...]
    hours: tuple[tuple[datetime, int, int], ...]
    reasons: tuple[tuple[str, str, int], ...]
    plans: tuple[Plan, ...]
    counted_at: datetime


def payments(
    opened: OpenCase, wanted: Wanted, *, after: tuple[int, int] = START, most: int
) -> Page[PaymentRow]:
    """A page of payments in the order of awards."""
    narrowed = _narrowed(wanted, after, most)
    with opened.database.session() as connection:
        return _page(connection, shown_store.page(connection, narrowed), narrowed)


def payment_lines(
    opened: OpenCase, wanted: Wanted, *, after: tuple[int, int] = START, most: int
) -> Page[PaymentLine]:
    """The same as lines of text, times in the zone of the case."""
    narrowed = _narrowed(wanted, after, most)
    offset = opened.case.file.zone.utcoffset(None) or timedelta()
    with opened.database.session() as connection:
        rows = shown_store.lines(connection, narrowed, int(offset.total_seconds()))
        return _page(connection, rows, narrowed)


def found_at_once(wanted: Wanted) -> bool:
    """Whether an index leads to what is wanted, or nearly every payment is what is wanted."""
    if wanted.reason or wanted.rail:
        return False
    return wanted.state in {"", "settled", *shown_store.RARE, *shown_store.CHUNKS}


def _narrowed(wanted: Wanted, after: tuple[int, int], most: int) -> Narrowed:
    """One row more than is asked for tells whether there is another page."""
    indexed = wanted.state in shown_store.RARE or wanted.state in shown_store.CHUNKS
    return Narrowed(
        state=wanted.state,
        rail=wanted.rail,
        reason=wanted.reason,
        after=after,
        until=_NO_END if indexed else after[0] + WINDOW,
        most=most + 1,
    )


def _page(connection: Connection, rows: list[_Row], narrowed: Narrowed) -> Page[_Row]:
    most = narrowed.most - 1
    if len(rows) > most:
        last = rows[most - 1]
        return Page(rows=rows[:most], following=(last.award_index, last.generation))
    if shown_store.last_award(connection) <= narrowed.until:
        return Page(rows=rows, following=None)
    following = (narrowed.until, START[1])
    return Page(rows=rows, following=following, looked_until=narrowed.until)


def payment_row(opened: OpenCase, number: str) -> PaymentRow:
    """One payment by its number.

    Raises:
        NoPaymentError: there is none.
    """
    with opened.database.session() as connection:
        found = shown_store.payment(connection, number)
    if found is None:
        raise _none(number)
    return found


def story(opened: OpenCase, number: str) -> Story:
    """One payment from the decision to what the books and the bank say.

    Raises:
        NoPaymentError: there is none.
    """
    with opened.database.reading() as connection:
        row = shown_store.payment(connection, number)
        if row is None:
            raise _none(number)
        award = shown_store.award(connection, row.award_index)
        plan = shown_store.plan_of(connection, number)
        assert award is not None  # noqa: S101 - a foreign key
        assert plan is not None  # noqa: S101 - a foreign key
        moved = shown_store.movements(connection, row.award_index, row.generation)
        moved[f"{REISSUE}:{number}"] = 1
        return Story(
            row=row,
            person_id=award[0],
            award_class=award[1],
            awarded_minor=award[2],
            awarded_at=award[3],
            plan_no=plan[0],
            planned_at=plan[1],
            approved_at=plan[2],
            traces=tuple(
                sorted(
                    [
                        *_first_answers(opened, connection, number),
                        *shown_store.traces(connection, number),
                    ]
                )
            ),
            transfers=tuple(
                (one, moved[one.transfer_id])
                for one in ledger.transfers_named(connection, list(moved))
            ),
            others=tuple(
                one
                for one in shown_store.of_award(connection, row.award_index)
                if one.instruction_id != number
            ),
        )


def payments_of_award(opened: OpenCase, award_index: int) -> list[PaymentRow]:
    """Every payment of an award, in order."""
    with opened.database.session() as connection:
        return shown_store.of_award(connection, award_index)


def person_of(opened: OpenCase, number: str) -> str:
    """Whose a payment is: the person's id.

    Raises:
        NoPaymentError: there is no such payment.
    """
    with opened.database.reading() as connection:
        row = shown_store.payment(connection, number)
        award = None if row is None else shown_store.award(connection, row.award_index)
    if award is None:
        raise _none(number)
    return award[0]


def message(opened: OpenCase, connection: Connection, number: str, digest: bytes) -> bytes:
    """A raw message about a payment as received; whoever opens it has written down why.

    Raises:
        NoPaymentError: there is no such message about it.
    """
    found = shown_store.sealed(connection, number, digest)
    if found is not None:
        kind, sealed = found
        purpose = ANSWER_PURPOSE if kind == "answer" else CALLBACK_PURPOSE
        return opened.vault.unseal(sealed, purpose, digest.hex())
    for _, of_pack, _, raw in _opened_packs(opened, connection, number):
        if of_pack == digest:
            return raw
    raise _none(digest.hex()[:12])


def _first_answers(opened: OpenCase, connection: Connection, number: str) -> list[Trace]:
    """What first came back about a payment."""
    return [
        Trace(at, "submission", outcome, digest)
        for at, digest, outcome, _ in _opened_packs(opened, connection, number)
    ]


def _opened_packs(
    opened: OpenCase, connection: Connection, number: str
) -> Iterator[tuple[datetime, bytes, str, bytes]]:
    """Of the packs of its chunk those that speak of a payment: when, digest, outcome, bytes."""
    for at, digest, sealed in shown_store.packs(connection, number):
        pack = opened.vault.unseal(sealed, PACK_PURPOSE, digest.hex())
        for of, outcome, raw in packs.unpacked(pack):
            if of == number:
                yield at, digest, outcome, raw


def funnel(opened: OpenCase) -> Funnel:
    """Where the payments are. It reads them all: keep it for a while."""
    with opened.database.reading() as connection:
        return Funnel(
            states=tuple(shown_store.by_state(connection)),
            hours=tuple(shown_store.by_hour(connection)),
            reasons=tuple(shown_store.reasons(connection)),
            plans=tuple(plan_store.plans(connection)),
            counted_at=opened.clock.now(),
        )


def exceptions(
    opened: OpenCase,
    *,
    kind: str = "",
    rail: str = "",
    cleared: bool = False,
    after: tuple[datetime, str] | None = None,
    most: int,
) -> list[tuple[str, str, str, str | None, int, datetime, datetime | None]]:
    """Exceptions, oldest first: id, kind, rail, number, amount, found, cleared."""
    with opened.database.session() as connection:
        return shown_store.exceptions(
            connection, kind=kind, rail=rail, cleared=cleared, after=after, most=most
        )


def open_exceptions(opened: OpenCase) -> dict[str, int]:
    """How many exceptions of each kind wait for a person."""
    with opened.database.session() as connection:
        return bill_store.open_exceptions(connection)


def bills(opened: OpenCase) -> list[tuple[str, str, int, int, int, datetime]]:
    """Statements in hand, newest first: rail, day, opening, closing, lines, imported."""
    with opened.database.session() as connection:
        return shown_store.bills(connection)


def place_of(cursor: str) -> tuple[int, int]:
    """The place in the list that a cursor names; one that names none is the beginning."""
    index, _, generation = cursor.partition(".")
    plain = index.isascii() and index.isdigit() and generation.isascii() and generation.isdigit()
    if not plain or len(index) > 10 or len(generation) > 5:  # noqa: PLR2004 -- integers of SQL
        return START
    return min(int(index), _NO_END), min(int(generation), START[1])


def cursor_of(place: tuple[int, int]) -> str:
    """How a place in the list is named: award, generation."""
    return f"{place[0]}.{place[1]}"


def digest_of(text: str) -> bytes:
    """The digest that an address names; of something else than a digest, one that nothing has."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return hashlib.sha256(text.encode()).digest()


def _none(number: str) -> NoPaymentError:
    return NoPaymentError(said("there is no payment {number}", number=number[:32]))
