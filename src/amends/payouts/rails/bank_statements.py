"""A bank's statements as a rail's: each movement once, an identity for each, balances that join.

The reading and its refusals are those of `amends.statements`; here is only what a rail adds: which
line is a payment of ours, its return, or other money.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.payouts.rails.model import Direction, LineKind, Statement, StatementLine
from amends.statements.model import Direction as BankDirection
from amends.statements.model import Line, Problem, StatementError
from amends.statements.model import Statement as BankStatement

MOST_BYTES = 1 << 30
"""The largest file that is read: a day of two million payments."""

_NOON = time(12)
"""When a movement happened of which the bank says only the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A movement with an identity of its own."""

    line_id: str
    line: Line


def number_of(line: Line) -> InstructionId | None:
    """The number of an instruction, where a line names one."""
    return InstructionId(line.end_to_end_id) if line.end_to_end_id else None


def kind_of(line: Line, ours: Callable[[str], bool]) -> LineKind:
    """What a line is about. *ours*: whether a number is one that went out from here.

    Money that comes in under a number of ours is its return, whatever the bank calls it: MT940 has
    no word for that which every bank uses.
    """
    known = line.end_to_end_id is not None and ours(line.end_to_end_id)
    if line.own_funds:
        return LineKind.TOP_UP
    if line.direction is BankDirection.IN:
        return LineKind.RETURN if line.came_back or known else LineKind.OTHER
    return LineKind.TRANSFER if line.end_to_end_id and not line.is_fee else LineKind.OTHER


def at_of(line: Line, zone: str) -> datetime:
    """When a line was booked, in UTC; noon of its day where the bank says only that."""
    if line.booked_at is not None:
        return line.booked_at
    return datetime.combine(line.booked_on, _NOON, ZoneInfo(zone)).astimezone(UTC)


def named(statement: BankStatement, name: str) -> list[Named]:
    """Every movement of a statement with an identity; one that is written twice has the same twice.

    Whether two equal lines are one movement or two is told by the balances: one of the two ways
    has to make the closing balance.

    Raises:
        StatementError: neither does.
    """
    moved = statement.closing_minor - statement.opening_minor
    apart = list(_identified(statement.lines, statement.identifier, repeats=False))
    if sum(one.line.signed_minor for one in apart) == moved:
        return apart
    repeated = list(_identified(statement.lines, statement.identifier, repeats=True))
    once = {one.line_id: one.line for one in repeated}
    if sum(line.signed_minor for line in once.values()) == moved:
        return repeated
    right = statement.opening_minor + sum(one.line.signed_minor for one in apart)
    raise StatementError(
        Problem.DOES_NOT_ADD_UP,
        said(
            "{file}: opening balance and movements make {right}, and the closing balance says "
            "{closing}; a movement is missing or was changed: ask the bank",
            file=name,
            right=Money(amount_minor=right, currency=statement.currency).display(),
            closing=Money(
                amount_minor=statement.closing_minor, currency=statement.currency
            ).display(),
        ),
    )


def identified(lines: Iterable[Line], identifier: str) -> Iterator[Named]:
    """Movements that a notification told of; one that is told twice has the same identity."""
    return _identified(lines, identifier, repeats=True)


def _identified(lines: Iterable[Line], identifier: str, *, repeats: bool) -> Iterator[Named]:
    """Identity: the bank's reference; a second movement under it has a sign, unless it repeats."""
    seen: Counter[str] = Counter()
    first: dict[str, Line] = {}
    for place, line in enumerate(lines, 1):
        reference = line.reference or f"{identifier}#{place}"
        if reference not in first:
            first[reference] = line
        elif not (repeats and first[reference] == line):
            seen[reference] += 1
            reference = f"{reference}~{seen[reference]}"
        yield Named(line_id=reference, line=line)


def day_in(statement: BankStatement, line: Line) -> date:
    """On which day a statement has a line: what was booked for days before is of its first."""
    return max(line.booked_on, statement.first_day)


def of_day(
    statement: BankStatement,
    name: str,
    day: date,
    *,
    zone: str,
    raw: bytes,
    ours: Callable[[str], bool],
) -> Statement:
    """The part of a bank's statement that is of one day, as a rail's statement.

    Raises:
        StatementError: its movements do not make its closing balance.
    """
    every = named(statement, name)
    once = {one.line_id: one.line for one in every}.values()
    before = sum(line.signed_minor for line in once if day_in(statement, line) < day)
    moved = sum(line.signed_minor for line in once if day_in(statement, line) == day)
    opening = statement.opening_minor + before
    currency = statement.currency
    today = [(one, kind_of(one.line, ours)) for one in every if day_in(statement, one.line) == day]

    def lines() -> Iterator[StatementLine]:
        held = opening
        gone: set[str] = set()
        for one, kind in today:
            line = one.line
            held += line.signed_minor if one.line_id not in gone else 0
            gone.add(one.line_id)
            yield StatementLine(
                line_id=one.line_id,
                number=number_of(line),
                provider_reference=line.reference,
                direction=Direction(line.direction.value),
                amount=Money(amount_minor=line.amount_minor, currency=currency),
                balance_after=Money(amount_minor=held, currency=currency),
                kind=kind,
                at=at_of(line, zone),
            )

    return Statement(
        day=day,
        opening=Money(amount_minor=opening, currency=currency),
        closing=Money(amount_minor=opening + moved, currency=currency),
        lines=_Again(lines),
        raw=raw,
    )


class _Again:
    """What can be walked again and again."""

    def __init__(self, walk: Callable[[], Iterator[StatementLine]]) -> None:
        self._walk = walk

    def __iter__(self) -> Iterator[StatementLine]:
        """Walk it anew."""
        return self._walk()
