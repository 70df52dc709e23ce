"""The SQL of recoveries: what was paid too much, and what became of it."""

from collections.abc import Mapping
from datetime import datetime

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.after_payment.recovery_rules import Ground, Recovery
from amends.store.columns import moment, octets, whole
from amends.store.connection import Connection

_RECOVERY_LOCK = 0x72637672  # "rcvr": see docs/locking.md


def lock(connection: Connection) -> None:
    """Wait until nobody else writes recoveries; held to the end of the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _RECOVERY_LOCK})


def recoveries(connection: Connection, number: int | None = None) -> list[Recovery]:
    """All recoveries in order, or the one of a number."""
    rows = connection.execute(
        "SELECT recovery_no, instruction_id, award_index, amount_minor, currency, ground, "
        "because, opened_at, repaid_minor, waived_minor, told, steps "
        "FROM payouts.recovery_standing "
        "WHERE %(number)s::integer IS NULL OR recovery_no = %(number)s ORDER BY recovery_no",
        {"number": number},
    )
    return [_recovery(row) for row in rows]


def _recovery(row: tuple[object, ...]) -> Recovery:
    number, payment, award, amount, currency, ground, because, at, *rest = row
    repaid, waived, told, steps = rest
    return Recovery(
        recovery_no=whole(number),
        payment=InstructionId(str(payment)),
        award_index=whole(award),
        amount=Money(amount_minor=whole(amount), currency=str(currency)),
        ground=Ground(str(ground)),
        because=octets(because),
        opened_at=moment(at),
        repaid_minor=whole(repaid),
        waived_minor=whole(waived),
        told=bool(told),
        steps=whole(steps),
    )


def paid(connection: Connection, award_index: int) -> list[tuple[InstructionId, Money]]:
    """Payments of an award that arrived, and what of each nobody asks back, in order."""
    rows = connection.execute(
        "SELECT one.instruction_id, one.amount_minor - COALESCE((SELECT "
        "sum(standing.amount_minor - standing.waived_minor) "
        "FROM payouts.recovery_standing AS standing "
        "WHERE standing.instruction_id = one.instruction_id), 0), one.currency "
        "FROM payouts.instruction AS one "
        "WHERE one.award_index = %(award)s AND one.state = 'settled' ORDER BY one.generation",
        {"award": award_index},
    )
    return [
        (InstructionId(str(number)), Money(amount_minor=whole(amount), currency=str(currency)))
        for number, amount, currency in rows
    ]


def holder(connection: Connection, award_index: int) -> str | None:
    """Whose an award is."""
    row = connection.execute(
        "SELECT person_id FROM awards.as_awarded WHERE award_index = %(award)s",
        {"award": award_index},
    ).fetchone()
    return None if row is None else str(row[0])


def insert(connection: Connection, values: Mapping[str, object], now: datetime) -> None:
    """Add a recovery."""
    connection.execute(
        "INSERT INTO payouts.recovery (recovery_no, instruction_id, award_index, amount_minor, "
        "currency, ground, because, proposal_sha256, opened_at) VALUES (%(recovery_no)s, "
        "%(payment)s, %(award)s, %(amount_minor)s, %(currency)s, %(ground)s, %(because)s, "
        "%(proposal)s, %(now)s)",
        {**values, "now": now},
    )


def insert_event(connection: Connection, values: Mapping[str, object], now: datetime) -> None:
    """Add what happened of a recovery."""
    connection.execute(
        "INSERT INTO payouts.recovery_event (recovery_no, step, kind, amount_minor, mark, "
        "because, entered_by, proposal_sha256, occurred_at) VALUES (%(recovery_no)s, %(step)s, "
        "%(kind)s, %(amount_minor)s, %(mark)s, %(because)s, %(by)s, %(proposal)s, %(now)s)",
        {
            "mark": None,
            "proposal": None,
            "because": None,
            "amount_minor": 0,
            **values,
            "now": now,
        },
    )


def waivers(connection: Connection, number: int) -> list[tuple[int, bytes]]:
    """Step and sealed reason of what was let go of a recovery, in order."""
    rows = connection.execute(
        "SELECT step, because FROM payouts.recovery_event "
        "WHERE recovery_no = %(number)s AND because IS NOT NULL ORDER BY step",
        {"number": number},
    )
    return [(whole(step), octets(because)) for step, because in rows]
