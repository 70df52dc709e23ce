"""The SQL of lists of payments: pages by keyset that end in time, however many payments there are.

Rows of ``payouts.payment`` carry no index over states. What somebody has to look at is found in
``payouts.attention``, by award, age or amount; a state of chunks begins at its first chunk; any
other page looks at a window of awards and says where it stopped.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

from amends.payouts.showing.listed import Order, PaymentLine, PaymentRow, Place
from amends.store.asking import Asking, Row
from amends.store.columns import whole

WINDOW: Final = 100_000
"""How many awards a page looks at; a tenth of a second at most."""
NO_END: Final = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """What a page is narrowed to: after a place, up to an award; an empty word narrows nothing."""

    state: str
    rail: str
    reason: str
    order: Order
    after: Place
    until: int
    most: int


CHUNKS: Final = {"planned": ("planned", "planned"), "approved": ("approved", "sending")}
"""In which chunks payments of a state are."""
RARE: Final = frozenset({"unknown", "returned", "refused", "superseded"})
"""States that are kept in ``payouts.attention``."""
STATES: Final = frozenset({"", "sending", "accepted", "settled", *CHUNKS, *RARE})
"""What a list can be narrowed to."""
_ROWS: Final = {
    "planned": ("planned",),
    "approved": ("planned",),
    "sending": ("planned", "sending"),
    "settled": ("planned", "settled"),
}
"""How rows say a state that they share with their chunk."""

COLUMNS: Final = (
    "instruction.instruction_id, instruction.award_index, instruction.generation, "
    "instruction.rail, instruction.amount_minor, instruction.currency, instruction.state, "
    "instruction.reason, instruction.attempts, instruction.provider_reference, "
    "instruction.sent_at, instruction.settled_at"
)
_LINE: Final = (
    "instruction.instruction_id, instruction.award_index, instruction.generation, "
    "instruction.rail, instruction.amount_minor, instruction.state, "
    "instruction.reason, instruction.attempts, "
    "to_char(instruction.sent_at AT TIME ZONE make_interval(secs => %(offset)s), "
    "'YYYY-MM-DD HH24:MI:SS'), "
    "to_char(instruction.settled_at AT TIME ZONE make_interval(secs => %(offset)s), "
    "'YYYY-MM-DD HH24:MI:SS')"
)
_SOURCES: Final = {
    "all": "FROM payouts.instruction AS instruction WHERE true",
    "state": "FROM payouts.payment AS kept "
    "JOIN payouts.instruction AS instruction USING (award_index, generation) "
    "WHERE kept.state IN ({rows}) AND instruction.state = '{state}'",
    "attention": "FROM payouts.attention AS kept "
    "JOIN payouts.instruction AS instruction USING (award_index, generation) "
    "WHERE kept.state = '{state}'",
}
_VALUES: Final = {
    "since": "to_timestamp(%(value)s::double precision / 1000000)",
    "amount_minor": "%(value)s::bigint",
}


async def page(asking: Asking, wanted: Narrowed) -> list[PaymentRow]:
    """Payments in the order that is wanted."""
    return list(map(PaymentRow._make, await _rows(asking, wanted, COLUMNS, 0)))


async def lines(asking: Asking, wanted: Narrowed, offset_s: int) -> list[PaymentLine]:
    """The same as text, times so many seconds before Greenwich: a page is mostly times."""
    return cast("list[PaymentLine]", await _rows(asking, wanted, _LINE, offset_s))


async def _rows(asking: Asking, wanted: Narrowed, columns: str, offset_s: int) -> list[Row]:
    conditions = tuple(name for name in ("rail", "reason") if getattr(wanted, name))
    return await asking.rows(
        _statement(columns, wanted.state, conditions, wanted.order, wanted.most),
        {
            "rail": wanted.rail,
            "reason": wanted.reason,
            "index": wanted.after.award_index,
            "generation": wanted.after.generation,
            "value": wanted.after.value,
            "until": wanted.until,
            "offset": offset_s,
        },
    )


@lru_cache(256)
def _statement(
    columns: str, state: str, conditions: tuple[str, ...], order: Order, most: int
) -> bytes:
    """Our own words only. State and length stand in it, so that its plan is made for them."""
    assert state in STATES  # noqa: S101 - callers let no other through
    kept = "kept" if state else "instruction"
    kind = "attention" if state in RARE else "state" if state else "all"
    rows = ", ".join(f"'{name}'" for name in _ROWS.get(state, (state,)))
    text = _SOURCES[kind].format(state=state, rows=rows)
    text += "".join(f" AND {kept}.{name} = %({name})s" for name in conditions)
    names = [f"{kept}.award_index", f"{kept}.generation"]
    place = "%(index)s, %(generation)s"
    if not order.by_award:
        column = "since" if order in {Order.AGE, Order.AGE_DOWN} else "amount_minor"
        names, place = [f"kept.{column}", *names], f"{_VALUES[column]}, {place}"
    text += f" AND ({', '.join(names)}) {'<' if order.down else '>'} ({place})"
    if order.by_award:
        text += f" AND {kept}.award_index {'>=' if order.down else '<='} %(until)s"
    by = ", ".join(f"{name} DESC" if order.down else name for name in names)
    return f"SELECT {columns} {text} ORDER BY {by} LIMIT {most}".encode()


async def value_of(asking: Asking, row: PaymentRow | PaymentLine, order: Order) -> int:
    """What a payment that somebody has to look at is ordered by; 0 where that is the award."""
    if order.by_award:
        return 0
    if order in {Order.AMOUNT, Order.AMOUNT_DOWN}:
        return row[4]
    found = await asking.rows(
        b"SELECT (extract(epoch FROM since) * 1000000)::bigint FROM payouts.attention "
        b"WHERE award_index = %(index)s AND generation = %(generation)s",
        {"index": row[1], "generation": row[2]},
    )
    return whole(found[0][0]) if found else 0


async def edge(asking: Asking, state: str, order: Order, here: int) -> int:
    """The award from *here* on at which chunks hold payments of a state; no award if none do."""
    if order.down:
        statement = (
            b"SELECT max(last_award) + 1 FROM payouts.chunk "
            b"WHERE state IN (%(state)s, %(also)s) AND first_award <= %(index)s"
        )
    else:
        statement = (
            b"SELECT min(first_award) - 1 FROM payouts.chunk "
            b"WHERE state IN (%(state)s, %(also)s) AND last_award >= %(index)s"
        )
    first, also = CHUNKS[state]
    [(found,)] = await asking.rows(statement, {"state": first, "also": also, "index": here})
    if found is None:
        return -1 if order.down else NO_END
    return min(here, whole(found)) if order.down else max(here, whole(found))


async def last_award(asking: Asking) -> int:
    """The greatest award that has a payment; -1 while none has."""
    [(found,)] = await asking.rows(b"SELECT max(award_index) FROM payouts.payment", {})
    return -1 if found is None else whole(found)
