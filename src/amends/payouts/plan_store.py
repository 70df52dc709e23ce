"""The SQL of plans and of the rail that they go out by."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from amends.kernel.ids import AwardIndex, InstructionId, PersonId
from amends.kernel.money import Money
from amends.payouts.model import Chunk, Due, Plan
from amends.store.arrays import whole_array_text
from amends.store.columns import whole
from amends.store.connection import Connection

_PLAN_LOCK = 0x706C616E  # "plan": see docs/locking.md


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An instruction about to be planned."""

    number: InstructionId
    award_index: AwardIndex
    generation: int
    chunk_no: int
    place: int
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstBatch:
    """What became of the first plan: how many instructions by state."""

    states: dict[str, int]

    @property
    def final(self) -> bool:
        """Whether every one of it has a final answer."""
        return not self.states.keys() & {"planned", "approved", "sending", "unknown", "accepted"}


def first_batch(connection: Connection) -> FirstBatch | None:
    """What became of the first plan; None before there is one."""
    cursor = connection.execute(
        "SELECT instruction.state, count(*) FROM payouts.instruction "
        "JOIN payouts.chunk USING (chunk_no) "
        "WHERE plan_no = (SELECT min(plan_no) FROM payouts.plan) "
        "GROUP BY instruction.state ORDER BY instruction.state"
    )
    states = {str(state): whole(count) for state, count in cursor}
    return FirstBatch(states=states) if states else None


def lock_plans(connection: Connection) -> None:
    """Wait until no other transaction plans; held to the end of the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _PLAN_LOCK})


def awards_exist(connection: Connection) -> bool:
    """Whether anything is owed."""
    row = connection.execute("SELECT EXISTS (SELECT FROM awards.owed)").fetchone()
    return bool(row and row[0])


def unplanned(connection: Connection, after: int, limit: int) -> list[Due]:
    """Payable awards without any instruction, from after *after*, in order."""
    cursor = connection.execute(
        "SELECT owed.award_index, owed.person_id, owed.amount_minor, owed.currency "
        "FROM awards.owed AS owed "
        "CROSS JOIN LATERAL payees.standing_of(owed.person_id) AS standing "
        "WHERE owed.award_index > %(after)s AND standing.state = 'payable' AND NOT EXISTS "
        "(SELECT FROM payouts.instruction AS known WHERE known.award_index = owed.award_index) "
        "ORDER BY owed.award_index LIMIT %(limit)s",
        {"after": after, "limit": limit},
    )
    return [
        Due(
            award_index=AwardIndex(whole(index)),
            person_id=PersonId(str(person)),
            amount=Money(amount_minor=whole(amount), currency=str(currency)),
        )
        for index, person, amount, currency in cursor
    ]


_ENDED = (
    "FROM payouts.instruction AS ended JOIN awards.owed AS owed USING (award_index) "
    "CROSS JOIN LATERAL payees.standing_of(owed.person_id) AS standing "
    "WHERE ended.live AND ended.state IN ('refused', 'returned') "
)
_CHANGED = (
    "(CASE WHEN ended.last_sent_at IS NULL THEN ended.reason = 'payee_not_payable' "
    "ELSE EXISTS (SELECT FROM payees.move WHERE move.person_id = owed.person_id "
    "AND move.occurred_at > ended.last_sent_at) END)"
)
"""Whoever receives has been changed since: what was in the way may be gone."""


_WHY = "COALESCE(ended.reason, 'returned')"


def ended(
    connection: Connection, after: int, limit: int, reasons: Sequence[str] | None
) -> list[Due]:
    """Awards whose payment was refused or came back, and that are payable, from after *after*.

    *reasons*: those that ended for one of these; None: those whose receiver changed since.
    """
    chosen = _CHANGED if reasons is None else _WHY + " = ANY(%(reasons)s)"
    cursor = connection.execute(
        "SELECT ended.award_index, owed.person_id, owed.amount_minor, owed.currency, "
        "ended.generation + 1, "
        "ended.instruction_id, CASE ended.state WHEN 'returned' THEN ended.amount_minor ELSE 0 END "
        + _ENDED
        + "AND standing.state = 'payable' AND ended.award_index > %(after)s AND "
        + chosen
        + " ORDER BY ended.award_index LIMIT %(limit)s",
        {"after": after, "limit": limit, "reasons": list(reasons or ())},
    )
    return [
        Due(
            award_index=AwardIndex(whole(index)),
            person_id=PersonId(str(person)),
            amount=Money(amount_minor=whole(amount), currency=str(currency)),
            generation=whole(generation),
            after=InstructionId(str(number)),
            came_back_minor=whole(back),
        )
        for index, person, amount, currency, generation, number, back in cursor
    ]


def ended_counts(connection: Connection) -> list[tuple[str, int, int, int]]:
    """By reason: how many payments ended without paying, of whom are payable, and changed since."""
    cursor = connection.execute(
        "SELECT " + _WHY + " AS why, count(*), "
        "count(*) FILTER (WHERE standing.state = 'payable'), "
        "count(*) FILTER (WHERE standing.state = 'payable' AND "
        + _CHANGED
        + ") "
        + _ENDED
        + "GROUP BY why ORDER BY why"
    )
    return [(str(why), whole(n), whole(payable), whole(new)) for why, n, payable, new in cursor]


def supersede(connection: Connection, numbers: Sequence[InstructionId]) -> None:
    """Let others follow these, which were refused or came back."""
    connection.execute(
        "UPDATE payouts.payment SET state = 'superseded', live = false "
        "WHERE instruction_id = ANY(%(numbers)s)",
        {"numbers": list(numbers)},
    )


def newest_numbers(connection: Connection) -> tuple[int, int]:
    """The largest plan and chunk number so far; 0 and -1 before the first."""
    row = connection.execute(
        "SELECT (SELECT COALESCE(max(plan_no), 0) FROM payouts.plan), "
        "(SELECT COALESCE(max(chunk_no), -1) FROM payouts.chunk)"
    ).fetchone()
    assert row is not None  # noqa: S101 - aggregates give a row
    return whole(row[0]), whole(row[1])


def insert_chunks(connection: Connection, plan_no: int, chunks: Iterable[Chunk]) -> None:
    """Add planned chunks."""
    rows = list(chunks)
    connection.execute(
        "INSERT INTO payouts.chunk (chunk_no, plan_no, instructions, first_award, last_award, "
        "state) SELECT chunk_no, %(plan)s, instructions, first_award, last_award, 'planned' "
        "FROM unnest(%(chunks)s::integer[], %(sizes)s::integer[], %(first)s::integer[], "
        "%(last)s::integer[]) AS new (chunk_no, instructions, first_award, last_award)",
        {
            "plan": plan_no,
            "chunks": whole_array_text([chunk.chunk_no for chunk in rows]),
            "sizes": whole_array_text([chunk.instructions for chunk in rows]),
            "first": whole_array_text([chunk.first_award for chunk in rows]),
            "last": whole_array_text([chunk.last_award for chunk in rows]),
        },
    )


def insert_instructions(connection: Connection, rail: str, drafts: Iterable[Draft]) -> None:
    """Add planned instructions."""
    text = "".join(
        f"{d.number}\t{d.award_index}\t{d.generation}\t{d.chunk_no}\t{d.place}\t{rail}\t"
        f"{d.amount.amount_minor}\t{d.amount.currency}\tplanned\n"
        for d in drafts
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY payouts.payment (instruction_id, award_index, generation, chunk_no, place, rail, "
            "amount_minor, currency, state) FROM STDIN"
        ) as copy,
    ):
        copy.write(text)


def insert_plan(connection: Connection, plan: Plan, now: datetime) -> None:
    """Add a plan; its chunks and instructions came before."""
    connection.execute(
        "INSERT INTO payouts.plan (plan_no, rail, instructions, total_minor, currency, "
        "numbers_sha256, again, planned_at) VALUES (%(no)s, %(rail)s, %(count)s, %(total)s, "
        "%(currency)s, %(digest)s, %(again)s, %(now)s)",
        {
            "no": plan.plan_no,
            "rail": plan.rail,
            "count": plan.instructions,
            "total": plan.total.amount_minor,
            "currency": plan.total.currency,
            "digest": plan.numbers_sha256,
            "again": plan.again,
            "now": now,
        },
    )


def plans(connection: Connection) -> list[Plan]:
    """All plans, in order."""
    cursor = connection.execute(
        "SELECT plan_no, rail, instructions, total_minor, currency, numbers_sha256, "
        "approved_at IS NOT NULL, again FROM payouts.plan ORDER BY plan_no"
    )
    return [
        Plan(
            plan_no=whole(no),
            rail=str(rail),
            instructions=whole(count),
            total=Money(amount_minor=whole(total), currency=str(currency)),
            numbers_sha256=str(digest),
            approved=bool(approved),
            again=bool(again),
        )
        for no, rail, count, total, currency, digest, approved, again in cursor
    ]


def planned_lines(connection: Connection, plan_no: int) -> Iterator[bytes]:
    """``number amount`` and a newline for each instruction of a plan, sorted, in blocks."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY (SELECT instruction_id, amount_minor FROM payouts.payment "
            "JOIN payouts.chunk USING (chunk_no) WHERE plan_no = %(plan)s "
            "ORDER BY instruction_id COLLATE \"C\") TO STDOUT (DELIMITER ' ')",
            {"plan": plan_no},
        ) as copy,
    ):
        for block in copy:
            yield bytes(block)


def approve_plan(connection: Connection, plan_no: int, now: datetime) -> int:
    """Let a plan's instructions go out; how many these are (0: it was approved before)."""
    first = connection.execute(
        "UPDATE payouts.plan SET approved_at = %(now)s "
        "WHERE plan_no = %(plan)s AND approved_at IS NULL",
        {"plan": plan_no, "now": now},
    )
    if not first.rowcount:
        return 0
    connection.execute(
        "UPDATE payouts.chunk SET state = 'approved' "
        "WHERE plan_no = %(plan)s AND state = 'planned'",
        {"plan": plan_no},
    )
    row = connection.execute(
        "SELECT instructions FROM payouts.plan WHERE plan_no = %(plan)s", {"plan": plan_no}
    ).fetchone()
    assert row is not None  # noqa: S101 - it was approved just now
    return whole(row[0])


def insert_rail(
    connection: Connection, rail: str, *, prefunded: Money, bill_zone: str, now: datetime
) -> bool:
    """Note what lay at the rail when it was opened; False when it is noted already."""
    return (
        connection.execute(
            "INSERT INTO payouts.rail (rail, prefunded_minor, currency, bill_zone, opened_at) "
            "VALUES (%(rail)s, %(amount)s, %(currency)s, %(zone)s, %(now)s) "
            "ON CONFLICT ON CONSTRAINT rail_pkey DO NOTHING",
            {
                "rail": rail,
                "amount": prefunded.amount_minor,
                "currency": prefunded.currency,
                "zone": bill_zone,
                "now": now,
            },
        ).rowcount
        == 1
    )


def committed_minor(connection: Connection, rail: str) -> int:
    """What instructions of the rail use or will use: all but what was refused or came back."""
    row = connection.execute(
        "SELECT COALESCE(sum(amount_minor), 0)::bigint FROM payouts.instruction "
        "WHERE rail = %(rail)s AND state IN "
        "('planned', 'approved', 'sending', 'unknown', 'accepted', 'settled')",
        {"rail": rail},
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate gives a row
    return whole(row[0])


def to_send(connection: Connection, rail: str | None = None) -> tuple[int, int]:
    """How many payments are planned or approved and have not left, and their sum.

    Of one rail, or of all.
    """
    row = connection.execute(
        "SELECT count(*), COALESCE(sum(amount_minor), 0) FROM payouts.instruction "
        "WHERE state IN ('planned', 'approved') AND (%(rail)s::text IS NULL OR rail = %(rail)s)",
        {"rail": rail},
    ).fetchone()
    assert row is not None  # noqa: S101 - aggregates give a row
    return whole(row[0]), whole(row[1])
