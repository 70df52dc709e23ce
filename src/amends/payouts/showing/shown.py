"""What operators are shown of payments: lists, the funnel, one payment from decision to receipt.

Raw messages name the payee: they are opened for a reason that is on record.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final, Generic, TypeVar

from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.ledger import service as ledger
from amends.ledger.model import Transfer
from amends.payouts.model import REISSUE, Plan
from amends.payouts.planning import plan_store
from amends.payouts.reconciling import bill_store
from amends.payouts.sending import packs
from amends.payouts.sending.callbacks import CALLBACK_PURPOSE
from amends.payouts.sending.record import ANSWER_PURPOSE, PACK_PURPOSE
from amends.payouts.showing import list_store, shown_store
from amends.payouts.showing.list_store import NO_END, WINDOW, Narrowed
from amends.payouts.showing.listed import ExceptionRow, Order, PaymentLine, PaymentRow, Place, Trace
from amends.store.asking import Asking, Waiting, finished
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

_LAST_GENERATION: Final = 32_767
_MOST_VALUE: Final = 9 * 10**15
"""Later than any age in microseconds, more than any amount."""
START: Final = Place(-1, _LAST_GENERATION)
"""Before the first payment, in the order of awards."""


class NoPaymentError(AmendsError):
    """There is no payment of that number."""

    code = "no_payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list of payments is narrowed to, and its order; an empty word narrows nothing."""

    state: str = ""
    rail: str = ""
    reason: str = ""
    order: Order = Order.AWARD

    @property
    def orders(self) -> frozenset[Order]:
        """The orders that such a list can have: what few payments are in has all of them."""
        if self.state in list_store.RARE:
            return frozenset(Order)
        return frozenset({Order.AWARD, Order.AWARD_DOWN})

    @property
    def start(self) -> Place:
        """Before the first payment of such a list."""
        return Place(NO_END, _LAST_GENERATION, _MOST_VALUE) if self.order.down else START


_Row = TypeVar("_Row", PaymentRow, PaymentLine)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[_Row]):
    """A page of payments; ``following``: where the next one begins, None at the end.

    ``looked_until``: the page ended at this award because it had looked at enough of them.
    """

    rows: list[_Row]
    following: Place | None
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
    opened: OpenCase, wanted: Wanted, *, after: Place | None = None, most: int
) -> Page[PaymentRow]:
    """A page of payments, after a place."""
    with opened.database.session() as connection:
        return finished(_payments(Waiting(connection), wanted, after=after, most=most))


async def _payments(
    asking: Asking, wanted: Wanted, *, after: Place | None, most: int
) -> Page[PaymentRow]:
    narrowed = await _narrowed(asking, wanted, after, most)
    return await _page(asking, await list_store.page(asking, narrowed), narrowed)


async def payment_lines(
    asking: Asking, wanted: Wanted, *, zone: tzinfo, after: Place | None = None, most: int
) -> Page[PaymentLine]:
    """The same as lines of text, times in a zone of one offset for ever."""
    offset = zone.utcoffset(None) or timedelta()
    narrowed = await _narrowed(asking, wanted, after, most)
    rows = await list_store.lines(asking, narrowed, int(offset.total_seconds()))
    return await _page(asking, rows, narrowed)


def found_at_once(wanted: Wanted) -> bool:
    """Whether an index leads to what is wanted, or nearly every payment is what is wanted."""
    if wanted.state in list_store.RARE:
        return True
    return not wanted.reason and not wanted.rail and wanted.state in {"", "settled"}


async def _narrowed(asking: Asking, wanted: Wanted, after: Place | None, most: int) -> Narrowed:
    """One row more than is asked for tells whether there is another page."""
    order = wanted.order if wanted.order in wanted.orders else Order.AWARD
    state = wanted.state if wanted.state in list_store.STATES else ""
    place, until = after or wanted.start, -1 if order.down else NO_END
    if state not in list_store.RARE:
        here = place.award_index
        if state in list_store.CHUNKS:
            here = await list_store.edge(asking, state, order, here)
        elif order.down and here == NO_END:
            here = await list_store.last_award(asking) + 1
        if here != place.award_index:
            place = Place(here, _LAST_GENERATION if not order.down else 0)
        until = here - WINDOW if order.down else min(here + WINDOW, NO_END)
    return Narrowed(
        state=state,
        rail=wanted.rail,
        reason=wanted.reason,
        order=order,
        after=place,
        until=until,
        most=most + 1,
    )


async def _page(asking: Asking, rows: list[_Row], narrowed: Narrowed) -> Page[_Row]:
    most = narrowed.most - 1
    if len(rows) > most:
        last = rows[most - 1]
        value = await list_store.value_of(asking, last, narrowed.order)
        return Page(rows=rows[:most], following=Place(last[1], last[2], value))
    if narrowed.order.down:
        ended = narrowed.until <= 0
    else:
        ended = await list_store.last_award(asking) <= narrowed.until
    if ended:
        return Page(rows=rows, following=None)
    generation = 0 if narrowed.order.down else _LAST_GENERATION
    following = Place(narrowed.until, generation)
    return Page(rows=rows, following=following, looked_until=narrowed.until)


def payment_row(opened: OpenCase, number: str) -> PaymentRow:
    """One payment by its number.

    Raises:
        NoPaymentError: there is none.
    """
    with opened.database.session() as connection:
        return finished(payment_asked(Waiting(connection), number))


async def payment_asked(asking: Asking, number: str) -> PaymentRow:
    """The same, asked for.

    Raises:
        NoPaymentError: there is none.
    """
    found = await shown_store.payment_asked(asking, number)
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
) -> list[ExceptionRow]:
    """Exceptions, oldest first."""
    with opened.database.session() as connection:
        return shown_store.exceptions(
            connection, kind=kind, rail=rail, cleared=cleared, after=after, most=most
        )


def open_exceptions(opened: OpenCase) -> dict[str, int]:
    """How many exceptions of each kind wait for a person."""
    with opened.database.session() as connection:
        return bill_store.open_exceptions(connection)


def bills(
    opened: OpenCase,
    *,
    rail: str = "",
    after: tuple[date, str] | None = None,
    most: int | None = None,
) -> list[tuple[str, str, int, int, int, datetime]]:
    """Statements in hand, newest first: rail, day, opening, closing, lines, imported.

    *rail*: of one rail alone; *after*: only those behind a day and rail; *most*: only so many.
    """
    with opened.database.session() as connection:
        return shown_store.bills(connection, rail=rail, after=after, most=most)


def place_of(cursor: str) -> Place | None:
    """The place in the list that a cursor names; None, the beginning, of one that names none."""
    words = cursor.split(".")
    if len(words) not in {2, 3} or not all(word.isascii() and word.isdigit() for word in words):
        return None
    if any(len(word) > most for word, most in zip(words, _DIGITS, strict=False)):
        return None
    index, generation, *value = map(int, words)
    return Place(
        min(index, NO_END),
        min(generation, _LAST_GENERATION),
        min(value[0] if value else 0, _MOST_VALUE),
    )


_DIGITS: Final = (10, 5, 19)
"""How many digits each number of a cursor has at most."""


def cursor_of(place: Place) -> str:
    """How a place in the list is named: award, generation, and what else orders it."""
    return ".".join(map(str, place if place.value else place[:2]))


def digest_of(text: str) -> bytes:
    """The digest that an address names; of something else than a digest, one that nothing has."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return hashlib.sha256(text.encode()).digest()


def _none(number: str) -> NoPaymentError:
    return NoPaymentError(said("there is no payment {number}", number=number[:32]))
