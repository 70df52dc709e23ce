"""The SQL of plans and of the rail that they go out by."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from amends.kernel.ids import AwardIndex, InstructionId, PersonId
from amends.kernel.money import Money
from amends.payouts.model import Due, Plan
from amends.store.columns import whole
from amends.store.connection import Connection

_PLAN_LOCK = 0x706C616E  # "plan": see docs/locking.md
_NULL = "\\N"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An instruction about to be planned."""

    number: InstructionId
    award_index: AwardIndex
    generation: int
    chunk_no: int
    amount: Money
    part: int = 0
    follows: InstructionId | None = None


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
    "CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE other.live) AS parts, "
    "COALESCE(max(other.generation), 0) AS newest, COALESCE(sum(other.amount_minor) "
    "FILTER (WHERE other.live AND other.state <> 'refused'), 0) AS given "
    "FROM payouts.instruction AS other WHERE other.award_index = ended.award_index "
    "AND other.part <> ended.part) AS others "
    "WHERE ended.live AND ended.state IN ('refused', 'returned') "
)
_CHANGED = (
    "(EXISTS (SELECT FROM payees.turn WHERE turn.after_number = ended.instruction_id "
    "AND turn.person_id = owed.person_id) "
    "OR CASE WHEN ended.last_sent_at IS NULL THEN ended.reason = 'payee_not_payable' "
    "ELSE EXISTS (SELECT FROM payees.move WHERE move.person_id = owed.person_id "
    "AND move.occurred_at > ended.last_sent_at) END)"
)
"""Whoever receives has been changed since: what was in the way may be gone."""


_WHY = "COALESCE(ended.reason, 'returned')"


def ended(
    connection: Connection, after: int, limit: int, reasons: Sequence[str] | None
) -> list[Due]:
    """Awards whose payment was refused or came back, and that are payable, from after *after*.

    *reasons*: those that ended for one of these; None: those whose receiver changed since. Of an
    award that is paid in parts one part at a time; such a part is never more than it was.
    """
    chosen = _CHANGED if reasons is None else _WHY + " = ANY(%(reasons)s)"
    cursor = connection.execute(
        "SELECT DISTINCT ON (ended.award_index) ended.award_index, owed.person_id, "
        "CASE WHEN others.parts = 0 THEN owed.amount_minor "
        "ELSE LEAST(ended.amount_minor, owed.amount_minor - others.given) END, owed.currency, "
        "GREATEST(ended.generation, others.newest) + 1, ended.instruction_id, "
        "CASE ended.state WHEN 'returned' THEN ended.amount_minor ELSE 0 END, ended.part "
        + _ENDED
        + "AND standing.state = 'payable' AND ended.award_index > %(after)s "
        "AND (others.parts = 0 OR others.given < owed.amount_minor) AND "
        + chosen
        + " ORDER BY ended.award_index, ended.part LIMIT %(limit)s",
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
            part=whole(part),
        )
        for index, person, amount, currency, generation, number, back, part in cursor
    ]


def raises(connection: Connection, after: int, limit: int) -> list[Due]:
    """Raises of awards that were paid, to people who are payable, from after *after*, in order."""
    cursor = connection.execute(
        "SELECT due.award_index, due.person_id, due.amount_minor, due.currency, due.generation, "
        "due.part FROM payouts.raise_due AS due "
        "CROSS JOIN LATERAL payees.standing_of(due.person_id) AS standing "
        "WHERE due.award_index > %(after)s AND standing.state = 'payable' "
        "ORDER BY due.award_index LIMIT %(limit)s",
        {"after": after, "limit": limit},
    )
    return [
        Due(
            award_index=AwardIndex(whole(index)),
            person_id=PersonId(str(person)),
            amount=Money(amount_minor=whole(amount), currency=str(currency)),
            generation=whole(generation),
            part=whole(part),
        )
        for index, person, amount, currency, generation, part in cursor
    ]


_TO_TURN = (
    "(ended.reason IS NULL OR ended.state = 'returned' OR ended.reason <> ALL(%(not_theirs)s)) "
    "AND NOT EXISTS (SELECT FROM payees.turn WHERE turn.person_id = owed.person_id "
    "AND turn.after_number = ended.instruction_id) "
    "AND standing.state = 'payable' AND standing.kind = 'self' "
)
"""Whether the account is what failed, and the person has not turned to another after it."""


def to_turn(connection: Connection, not_theirs: Sequence[str]) -> list[tuple[PersonId, str]]:
    """Person and number of payments that ended, of people with a further account to turn to.

    *not_theirs*: reasons that do not lie with the account.
    """
    cursor = connection.execute(
        "SELECT DISTINCT ON (owed.person_id) owed.person_id, ended.instruction_id "  # noqa: S608 -- our own words
        + _ENDED
        + "AND "
        + _TO_TURN
        + "AND owed.person_id IN (SELECT person_id FROM payees.untried) "
        "ORDER BY owed.person_id, ended.generation",
        {"not_theirs": list(not_theirs)},
    )
    return [(PersonId(str(person)), str(number)) for person, number in cursor]


def ended_of_people(connection: Connection) -> list[tuple[PersonId, str, str]]:
    """Person, number and reason of payments that ended, of payable people without a next account.

    Whoever was moved or turned since is left out. What came back has the reason ``returned``.
    """
    cursor = connection.execute(
        "SELECT DISTINCT ON (owed.person_id) owed.person_id, ended.instruction_id, "  # noqa: S608 -- our own words
        "CASE ended.state WHEN 'returned' THEN 'returned' ELSE ended.reason END "
        + _ENDED
        + "AND standing.state = 'payable' AND NOT "
        + _CHANGED
        + "AND NOT EXISTS (SELECT FROM payees.untried WHERE untried.person_id = owed.person_id) "
        "ORDER BY owed.person_id, ended.generation DESC"
    )
    return [(PersonId(str(who)), str(number), str(why)) for who, number, why in cursor]


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
        "UPDATE payouts.instruction SET state = 'superseded', live = false "
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


def insert_chunks(connection: Connection, plan_no: int, sizes: Iterable[tuple[int, int]]) -> None:
    """Add planned chunks: number and how many instructions."""
    pairs = list(sizes)
    connection.execute(
        "INSERT INTO payouts.chunk (chunk_no, plan_no, instructions, state) "
        "SELECT chunk_no, %(plan)s, instructions, 'planned' "
        "FROM unnest(%(chunks)s::integer[], %(sizes)s::integer[]) AS new (chunk_no, instructions)",
        {
            "plan": plan_no,
            "chunks": [chunk for chunk, _ in pairs],
            "sizes": [size for _, size in pairs],
        },
    )


def insert_instructions(connection: Connection, rail: str, drafts: Iterable[Draft]) -> None:
    """Add planned instructions."""
    text = "".join(
        f"{d.number}\t{d.award_index}\t{d.generation}\t{d.chunk_no}\t{rail}\t"
        f"{d.amount.amount_minor}\t{d.amount.currency}\tplanned\t{d.part}\t"
        f"{d.follows or _NULL}\n"
        for d in drafts
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY payouts.instruction (instruction_id, award_index, generation, chunk_no, rail, "
            "amount_minor, currency, state, part, follows) FROM STDIN"
        ) as copy,
    ):
        copy.write(text)


def insert_plan(connection: Connection, plan: Plan, now: datetime) -> None:
    """Add a plan; its chunks and instructions came before."""
    connection.execute(
        "INSERT INTO payouts.plan (plan_no, rail, instructions, total_minor, currency, "
        "numbers_sha256, again, on_top, planned_at) VALUES (%(no)s, %(rail)s, %(count)s, "
        "%(total)s, %(currency)s, %(digest)s, %(again)s, %(on_top)s, %(now)s)",
        {
            "no": plan.plan_no,
            "rail": plan.rail,
            "count": plan.instructions,
            "total": plan.total.amount_minor,
            "currency": plan.total.currency,
            "digest": plan.numbers_sha256,
            "again": plan.again,
            "on_top": plan.on_top,
            "now": now,
        },
    )


def plans(connection: Connection) -> list[Plan]:
    """All plans, in order."""
    cursor = connection.execute(
        "SELECT plan_no, rail, instructions, total_minor, currency, numbers_sha256, "
        "approved_at IS NOT NULL, again, on_top FROM payouts.plan ORDER BY plan_no"
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
            on_top=bool(on_top),
        )
        for no, rail, count, total, currency, digest, approved, again, on_top in cursor
    ]


def planned_lines(connection: Connection, plan_no: int) -> Iterator[bytes]:
    """``number amount`` and a newline for each instruction of a plan, sorted."""
    with connection.cursor(name="planned_lines") as cursor:
        cursor.itersize = 20_000
        cursor.execute(
            "SELECT instruction_id || ' ' || amount_minor || E'\\n' FROM payouts.instruction "
            "JOIN payouts.chunk USING (chunk_no) WHERE plan_no = %(plan)s "
            'ORDER BY instruction_id COLLATE "C"',
            {"plan": plan_no},
        )
        for (line,) in cursor:
            yield str(line).encode()


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
    return connection.execute(
        "UPDATE payouts.instruction SET state = 'approved' FROM payouts.chunk "
        "WHERE chunk.chunk_no = instruction.chunk_no AND chunk.plan_no = %(plan)s "
        "AND instruction.state = 'planned'",
        {"plan": plan_no},
    ).rowcount


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
