"""Rails, instructions in any state and bills of them, made directly in the database."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.ledger import service as ledger
from amends.ledger.model import BANK, Transfer, at_rail
from amends.payouts.rails.model import Direction, LineKind, Statement, StatementLine
from amends.payouts.reconciling.reconcile import import_bill
from amends.vault.opened import OpenCase
from made_awards import make_awards
from made_plans import make_plan

DAY = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
HELD_MINOR = 100_000_000

Made = tuple[str | None, str, str, int]
"""Number, direction, kind and amount of a line."""


def make_rail(opened: OpenCase, rail: str, held_minor: int = HELD_MINOR) -> None:
    """A rail that was opened on the day, with money from the bank."""
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO payouts.rail (rail, prefunded_minor, currency, bill_zone, opened_at) "
            "VALUES (%s, %s, 'CNY', 'Asia/Shanghai', %s)",
            [rail, held_minor, AT],
        )
        ledger.open_rail(connection, rail)
        prefund = Transfer(
            transfer_id=f"prefund:{rail}",
            debit=at_rail(rail),
            credit=BANK,
            amount_minor=held_minor,
            currency="CNY",
            reason="prefund",
            subject=rail,
            occurred_at=AT,
        )
        ledger.post(connection, [prefund])


CHUNK_STATES = ("planned", "approved", "sent")
"""A planned or approved instruction is what its chunk is; any other went out with its chunk."""


def make_instructions(
    opened: OpenCase, rail: str, states: Mapping[str, str], *, first: int = 0, amount: int = 500
) -> None:
    """An instruction in each state, of awards from *first* on; sent on the day where it was."""
    make_awards(opened, len(states), first=first)
    chunks = {state: 3 * first + place for place, state in enumerate(CHUNK_STATES, 1)}
    make_plan(opened, first + 1, rail, {no: state for state, no in chunks.items()}, AT)
    with opened.database.unit_of_work() as connection:
        for index, (number, state) in enumerate(states.items(), first):
            sent = state not in ("planned", "approved")
            paid = state in ("settled", "returned")
            chunk_no = chunks[state] if state in chunks else chunks["sent"]
            row_state = "planned" if state == "approved" else state
            connection.execute(
                "INSERT INTO payouts.payment (instruction_id, award_index, generation, "
                "chunk_no, rail, amount_minor, currency, state, live, reason, request_sha256, "
                "attempts, sent_at, last_sent_at, settled_at, returned_at) VALUES (%s, %s, 0, %s, "
                "%s, %s, 'CNY', %s, %s, 'x', %s, %s, %s, %s, %s, %s)",
                [
                    *(number, index, chunk_no, rail, amount, row_state, state != "superseded"),
                    *(bytes(32) if sent else None, int(sent), AT if sent else None),
                    *(AT if sent else None, AT if paid else None),
                    AT if state == "returned" else None,
                ],
            )


def statement(
    lines: Iterable[Made | tuple[str, Made]],
    *,
    opening_minor: int = HELD_MINOR,
    closing_off: int = 0,
    day: date = DAY,
    mark: str = "L",
) -> Statement:
    """A bill whose balances are right but for *closing_off*; a line may have its own number."""
    found: list[StatementLine] = []
    seen: set[tuple[object, ...]] = set()
    held = opening_minor
    for place, one in enumerate(lines):
        line_id, (number, direction, kind, amount) = (
            one if len(one) == 2 else (f"{mark}{place}", one)
        )
        if (line_id, number, direction, amount) not in seen:
            held += amount if direction == "in" else -amount
        seen.add((line_id, number, direction, amount))
        found.append(
            StatementLine(
                line_id=line_id,
                number=InstructionId(number) if number else None,
                provider_reference=None,
                direction=Direction(direction),
                amount=Money(amount_minor=amount, currency="CNY"),
                balance_after=Money(amount_minor=held, currency="CNY"),
                kind=LineKind(kind),
                at=AT + (day - DAY) + timedelta(seconds=place),
            )
        )
    return Statement(
        day=day,
        opening=Money(amount_minor=opening_minor, currency="CNY"),
        closing=Money(amount_minor=held + closing_off, currency="CNY"),
        lines=found,
        raw=repr((day, found, closing_off)).encode(),
    )


def classes(opened: OpenCase, rail: str, day: date = DAY) -> list[str]:
    """The class of each line of a bill, in its order."""
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT COALESCE(odd.class, 'matched') FROM payouts.bill_line AS line "
            "LEFT JOIN payouts.odd_line AS odd USING (rail, day, place) "
            "WHERE line.rail = %s AND line.day = %s ORDER BY line.place",
            [rail, day],
        )
        return [str(what) for (what,) in rows]


def taken(opened: OpenCase, rail: str, found: Statement) -> list[str]:
    """Take a bill in; the class of each of its lines."""
    assert import_bill(opened, rail, found)
    return classes(opened, rail, found.day)
