"""The SQL of plans and of the rail that they go out by."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from amends.kernel.ids import InstructionId, PersonId
from amends.kernel.money import Money
from amends.payees.payable import BETWEEN, Answer, PayableIds, payable
from amends.payouts.model import Chunk, Plan
from amends.payouts.numbers import CHUNK, LENGTH
from amends.payouts.planning.drafting import Drafts, Dues, Ints
from amends.store.arrays import whole_array_text
from amends.store.binary import copy_in, fixed_rows
from amends.store.columns import moment, texts, whole
from amends.store.connection import Connection
from amends.store.copying import copied

_PLAN_LOCK = 0x706C616E  # "plan": see docs/locking.md
_SPACED: Final = "DELIMITER ' '"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstBatch:
    """What became of the first plan of a rail of which something left, or may still leave.

    ``plans``: how many such plans of the rail are approved; ``states``: how many instructions of
    the first by state; ``last_left``: when the last of it left, None as long as one may still.
    """

    plans: int
    states: dict[str, int]
    last_left: datetime | None

    def final(self, *, ready_is_enough: bool) -> bool:
        """Whether every one of it has a final answer, or lies ready where that is enough."""
        open_states = {"planned", "approved", "sending", "unknown"}
        return not self.states.keys() & (open_states | (set() if ready_is_enough else {"accepted"}))


_OF_CHUNK: Final = (
    "instruction.chunk_no = chunk.chunk_no "
    "AND instruction.award_index BETWEEN chunk.first_award AND chunk.last_award "
)
"""What belongs to a chunk: found by the awards, of which there is an index."""


def first_batches(connection: Connection) -> dict[str, FirstBatch]:
    """What became of the first plan of every rail that has one.

    One of which all were moved, or refused, before they left is none: nobody saw the rail pay.
    """
    cursor = connection.execute(
        "SELECT first.rail, first.approved, instruction.state, count(*), max(instruction.sent_at) "  # noqa: S608 -- our own words
        "FROM (SELECT plan.rail, min(plan.plan_no) AS plan_no, "
        "count(*) FILTER (WHERE plan.approved_at IS NOT NULL) AS approved "
        "FROM payouts.plan AS plan CROSS JOIN LATERAL (SELECT FROM payouts.chunk "
        "JOIN payouts.instruction ON " + _OF_CHUNK + "WHERE chunk.plan_no = plan.plan_no "
        "AND (instruction.state NOT IN ('refused', 'superseded') "
        "OR instruction.sent_at IS NOT NULL) LIMIT 1) AS leaves "
        "WHERE plan.rejected_at IS NULL GROUP BY plan.rail) AS first "
        "JOIN payouts.chunk USING (plan_no) JOIN payouts.instruction ON "
        + _OF_CHUNK
        + "GROUP BY first.rail, first.approved, instruction.state "
        "ORDER BY first.rail, instruction.state"
    )
    found: dict[str, FirstBatch] = {}
    for rail, approved, state, count, left in cursor:
        before = found.get(str(rail))
        states = {**(before.states if before else {}), str(state): whole(count)}
        times = [] if left is None else [moment(left)]
        if before and before.last_left:
            times.append(before.last_left)
        waits = states.keys() & {"planned", "approved"}
        found[str(rail)] = FirstBatch(
            plans=whole(approved),
            states=states,
            last_left=None if waits else max(times, default=None),
        )
    return found


def unplanned_beyond(connection: Connection, most: int) -> bool:
    """Whether more than *most* awards have no instruction at all."""
    return unplanned_up_to(connection, most + 1) > most


def unplanned_up_to(connection: Connection, most: int) -> int:
    """How many awards have no instruction at all, counted up to *most*."""
    row = connection.execute(
        "SELECT count(*) FROM (SELECT FROM awards.owed AS owed WHERE "  # noqa: S608 - fixed text
        + _UNPLANNED
        + " LIMIT %(most)s) AS due",
        {"most": most},
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate gives a row
    return whole(row[0])


def lock_plans(connection: Connection) -> None:
    """Wait until no other transaction plans; held to the end of the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _PLAN_LOCK})


def awards_exist(connection: Connection) -> bool:
    """Whether anything is owed."""
    row = connection.execute("SELECT EXISTS (SELECT FROM awards.owed)").fetchone()
    return bool(row and row[0])


_AT_ONCE: Final = 50 * CHUNK
"""Awards that are planned at once: whole chunks of them."""

_UNPLANNED = (
    "NOT EXISTS (SELECT FROM payouts.payment AS known WHERE known.award_index = owed.award_index)"
)
_UNPLANNED_THERE = (
    "owed.award_index BETWEEN %(first)s AND %(last)s AND NOT EXISTS (SELECT "
    "FROM payouts.payment AS known WHERE known.award_index = owed.award_index "
    "AND known.award_index BETWEEN %(first)s AND %(last)s)"
)
"""The same of some awards, so that the server looks at no others."""


def unplanned(connection: Connection, after: int, limit: int) -> Dues:
    """Payable awards without any instruction, from after *after*, in order, with their persons."""
    row = connection.execute(
        "SELECT array_agg(award_index), array_agg(amount_minor), array_agg(person_id) "
        "FROM (SELECT owed.award_index, owed.person_id, owed.amount_minor "
        "FROM awards.owed AS owed "
        "CROSS JOIN LATERAL payees.standing_of(owed.person_id) AS standing "
        "WHERE owed.award_index > %(after)s AND standing.state = 'payable' AND "
        + _UNPLANNED
        + " ORDER BY owed.award_index LIMIT %(limit)s) AS due",
        {"after": after, "limit": limit},
    ).fetchone()
    return _first_dues(*(row or (None, None, None)))


def unplanned_pages(connection: Connection, *, persons: bool) -> Iterator[Dues]:
    """All payable awards without any instruction, in order, whole chunks of them at a time."""
    if unplanned_up_to(connection, _AT_ONCE) < _AT_ONCE:
        yield unplanned(connection, -1, _AT_ONCE)
        return
    # Nearly all of some are asked for, which nobody tells who plans the query.
    connection.execute("SET LOCAL enable_nestloop TO off")
    settled = payable(connection)
    newest = connection.execute("SELECT max(award_index) FROM awards.award").fetchone()
    who = "array_agg(owed.person_id)" if persons else f"string_agg(owed.person_id, '{BETWEEN}')"
    for first in range(0, 1 + whole(newest[0] if newest else -1), _AT_ONCE):
        row = connection.execute(
            "SELECT array_agg(owed.award_index), array_agg(owed.amount_minor), "  # noqa: S608 - ours
            + who
            + " FROM awards.owed AS owed WHERE "
            + _UNPLANNED_THERE,
            {"first": first, "last": first + _AT_ONCE - 1},
            binary=True,
            prepare=False,
        ).fetchone()
        awards, amounts, of = row or (None, None, None)
        found = _first_dues(awards, amounts, of if persons else None)
        page = found.at(_payable(connection, settled, found.awards, of))
        if len(page):
            yield page


def _payable(connection: Connection, settled: PayableIds, awards: Ints, persons: object) -> Ints:
    """Where those stand who are payable, by award. *persons*: a list, or text with commas."""
    told = BETWEEN.join(persons) if isinstance(persons, list) else str(persons)
    answers = settled.answers(told, len(awards))
    unsure = answers == Answer.ASK
    if unsure.any():
        row = connection.execute(
            "SELECT array_agg(award.award_index) FROM awards.award AS award "
            "CROSS JOIN LATERAL payees.standing_of(award.person_id) AS standing "
            "WHERE award.award_index = ANY(%(awards)s::integer[]) AND standing.state = 'payable'",
            {"awards": whole_array_text(awards[unsure].tolist())},
            binary=True,
        ).fetchone()
        answers[np.isin(awards, np.array((row and row[0]) or (), np.int64))] = Answer.YES
    order: Ints = np.argsort(awards)
    due: Ints = order[answers[order] == Answer.YES]
    return due


def _first_dues(awards: object, amounts: object, persons: object) -> Dues:
    """From arrays; none of them where nobody is due."""
    found = np.array(awards or (), np.int64)
    return Dues(
        awards=found,
        amounts_minor=np.array(amounts or (), np.int64),
        generations=np.zeros_like(found),
        persons=[PersonId(person) for person in texts(persons or [])],
    )


_NONE: Final[tuple[tuple[object, ...], ...]] = ((),) * 7
_ENDED = (
    "FROM payouts.instruction AS ended JOIN awards.owed AS owed USING (award_index) "
    "CROSS JOIN LATERAL payees.standing_of(owed.person_id) AS standing "
    "CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE other.live) AS parts, "
    "COALESCE(max(other.generation), 0) AS newest, COALESCE(sum(other.amount_minor) "
    "FILTER (WHERE other.live AND other.state <> 'refused'), 0) AS given "
    "FROM payouts.payment AS other WHERE other.award_index = ended.award_index "
    "AND other.part <> ended.part) AS others "
    "WHERE ended.live AND ended.state IN ('refused', 'returned') "
    "AND NOT EXISTS (SELECT FROM payouts.exception AS found "
    "WHERE found.instruction_id = ended.instruction_id AND found.cleared_at IS NULL) "
)
_CHANGED = (
    "(EXISTS (SELECT FROM payees.turn WHERE turn.after_number = ended.instruction_id "
    "AND turn.person_id = owed.person_id) "
    "OR CASE WHEN ended.last_sent_at IS NULL "
    "THEN ended.reason IN ('payee_not_payable', 'plan_rejected') "
    "ELSE EXISTS (SELECT FROM payees.move WHERE move.person_id = owed.person_id "
    "AND move.occurred_at > ended.last_sent_at) END)"
)
"""Whoever receives has been changed since, or it never left: what was in the way may be gone."""


_WHY = "COALESCE(ended.reason, 'returned')"


def ended(connection: Connection, after: int, limit: int, reasons: Sequence[str] | None) -> Dues:
    """Awards whose payment was refused or came back, and that are payable, from after *after*.

    *reasons*: those that ended for one of these; None: those whose receiver changed since. Of an
    award that is paid in parts one part at a time; such a part is never more than it was.
    """
    chosen = _CHANGED if reasons is None else _WHY + " = ANY(%(reasons)s)"
    rows = connection.execute(
        "SELECT DISTINCT ON (ended.award_index) ended.award_index, owed.person_id, "
        "CASE WHEN others.parts = 0 THEN owed.amount_minor "
        "ELSE LEAST(ended.amount_minor, owed.amount_minor - others.given) END, "
        "GREATEST(ended.generation, others.newest) + 1, ended.instruction_id, "
        "CASE ended.state WHEN 'returned' THEN ended.amount_minor ELSE 0 END, ended.part "
        + _ENDED
        + "AND standing.state = 'payable' AND ended.award_index > %(after)s "
        "AND (others.parts = 0 OR others.given < owed.amount_minor) AND "
        + chosen
        + " ORDER BY ended.award_index, ended.part LIMIT %(limit)s",
        {"after": after, "limit": limit, "reasons": list(reasons or ())},
    ).fetchall()
    awards, persons, amounts, generations, numbers, back, parts = (
        zip(*rows, strict=True) if rows else _NONE
    )
    return Dues(
        awards=np.array(awards, np.int64),
        amounts_minor=np.array(amounts, np.int64),
        generations=np.array(generations, np.int64),
        persons=[PersonId(str(person)) for person in persons],
        after=[InstructionId(str(number)) for number in numbers],
        came_back_minor=[whole(minor) for minor in back],
        parts=[whole(part) for part in parts],
    )


def raises(connection: Connection, after: int, limit: int) -> Dues:
    """Raises of awards that were paid, to people who are payable, from after *after*, in order."""
    rows = connection.execute(
        "SELECT due.award_index, due.person_id, due.amount_minor, due.generation, due.part "
        "FROM payouts.raise_due AS due "
        "CROSS JOIN LATERAL payees.standing_of(due.person_id) AS standing "
        "WHERE due.award_index > %(after)s AND standing.state = 'payable' "
        "ORDER BY due.award_index LIMIT %(limit)s",
        {"after": after, "limit": limit},
    ).fetchall()
    awards, persons, amounts, generations, parts = zip(*rows, strict=True) if rows else _NONE[:5]
    return Dues(
        awards=np.array(awards, np.int64),
        amounts_minor=np.array(amounts, np.int64),
        generations=np.array(generations, np.int64),
        persons=[PersonId(str(person)) for person in persons],
        parts=[whole(part) for part in parts],
    )


OTHER_UNDER_WAY: Final = (
    "other.live AND other.state IN ('planned', 'approved', 'sending', 'unknown', 'accepted')"
)
_TO_TURN = (
    "(ended.reason IS NULL OR ended.state = 'returned' OR ended.reason <> ALL(%(not_theirs)s)) "  # noqa: S608 - fixed text
    "AND NOT EXISTS (SELECT FROM payees.turn WHERE turn.person_id = owed.person_id "
    "AND turn.after_number = ended.instruction_id) "
    "AND standing.state = 'payable' AND standing.kind = 'self' "
    "AND NOT EXISTS (SELECT FROM payouts.instruction AS other "
    f"WHERE other.award_index = owed.award_index AND {OTHER_UNDER_WAY}) "
)
"""Whether the account is what failed, and the person has not turned to another after it.

Not while another part of the award is under way: it could not be sent again with the same bytes.
"""


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


def unlisted(connection: Connection) -> list[tuple[str, int]]:
    """The provider's words for which payments ended that nobody has listed, and of how many each.

    Those that others follow by now are left out: somebody looked.
    """
    cursor = connection.execute(
        "SELECT COALESCE(told.code, ''), count(*) FROM payouts.attention "
        "JOIN payouts.payment USING (award_index, generation) "
        "CROSS JOIN LATERAL (SELECT max(code) AS code FROM payouts.answer "
        "WHERE answer.instruction_id = payment.instruction_id AND outcome = 'refused') AS told "
        "WHERE attention.state = 'refused' AND payment.advice = 'alarm' "
        "GROUP BY told.code ORDER BY told.code"
    )
    return [(str(code), whole(payments)) for code, payments in cursor]


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


def insert_instructions(connection: Connection, rail: str, drafts: Drafts, currency: str) -> None:
    """Add planned instructions, by number: the key on it then grows at its end."""
    dues, order = drafts.dues, drafts.by_number
    values: dict[str, tuple[str, object]] = {
        "instruction_id": (f"S{LENGTH}", drafts.octets()[order]),
        "award_index": (">i4", dues.awards[order]),
        "generation": (">i2", dues.generations[order]),
        "chunk_no": (">i4", drafts.chunk_nos[order]),
        "place": (">i2", drafts.places[order]),
        "rail": (f"S{len(rail)}", rail.encode()),
        "amount_minor": (">i8", dues.amounts_minor[order]),
        "currency": ("S3", currency.encode()),
        "state": ("S7", b"planned"),
    }
    if dues.parts:
        values["part"] = (">i2", np.array(dues.parts, np.int64)[order])
    if dues.after:
        values["follows"] = (f"S{LENGTH}", [dues.after[at].encode() for at in order])
    copy_in(connection, "payouts.payment", list(values), [fixed_rows(len(dues), values)])


def insert_plan(connection: Connection, plan: Plan, now: datetime) -> None:
    """Add a plan; its chunks and instructions came before."""
    connection.execute(
        "INSERT INTO payouts.plan (plan_no, rail, instructions, total_minor, currency, "
        "numbers_sha256, again, on_top, moved, sources_sha256, planned_at) VALUES (%(no)s, "
        "%(rail)s, %(count)s, %(total)s, %(currency)s, %(digest)s, %(again)s, %(on_top)s, "
        "%(moved)s, %(sources)s, %(now)s)",
        {
            "no": plan.plan_no,
            "rail": plan.rail,
            "count": plan.instructions,
            "total": plan.total.amount_minor,
            "currency": plan.total.currency,
            "digest": plan.numbers_sha256,
            "again": plan.again,
            "on_top": plan.on_top,
            "moved": plan.moved,
            "sources": plan.sources_sha256,
            "now": now,
        },
    )


def plans(connection: Connection) -> list[Plan]:
    """All plans, in order."""
    cursor = connection.execute(
        "SELECT plan_no, rail, instructions, total_minor, currency, numbers_sha256, "
        "approved_at IS NOT NULL, again, on_top, moved, sources_sha256, case_total_minor, "
        "rejected_at IS NOT NULL FROM payouts.plan ORDER BY plan_no"
    )
    return [
        Plan(
            plan_no=whole(no),
            rail=str(rail),
            instructions=whole(count),
            total=Money(amount_minor=whole(total), currency=str(currency)),
            numbers_sha256=str(digest),
            approved=bool(sorts[0]),
            again=bool(sorts[1]),
            on_top=bool(sorts[2]),
            moved=bool(sorts[3]),
            sources_sha256=None if sources is None else str(sources),
            case_total=None
            if every is None
            else Money(amount_minor=whole(every), currency=str(currency)),
            rejected=bool(rejected),
        )
        for no, rail, count, total, currency, digest, *sorts, sources, every, rejected in cursor
    ]


def planned_lines(connection: Connection, plan_no: int) -> Iterator[bytes]:
    """``number amount`` and a newline for each instruction of a plan, sorted."""
    return copied(
        connection,
        "SELECT instruction_id, amount_minor FROM payouts.payment "
        "JOIN payouts.chunk USING (chunk_no) WHERE plan_no = %(plan)s "
        'ORDER BY instruction_id COLLATE "C"',
        _SPACED,
        {"plan": plan_no},
    )


def source_lines(connection: Connection, plan_no: int) -> Iterator[bytes]:
    """``old new`` and a newline for each instruction of a plan, by award."""
    return copied(
        connection,
        "SELECT follows, instruction_id FROM payouts.payment "
        "JOIN payouts.chunk USING (chunk_no) WHERE plan_no = %(plan)s ORDER BY award_index",
        _SPACED,
        {"plan": plan_no},
    )


def approve_plan(connection: Connection, plan_no: int, proposal: str, now: datetime) -> int:
    """Let a plan's instructions go out; how many these are (0: it was approved or rejected before).

    *proposal*: the digest of what was signed; the database refuses another than this plan's.
    """
    first = connection.execute(
        "UPDATE payouts.plan SET approved_at = %(now)s, proposal_sha256 = %(proposal)s "
        "WHERE plan_no = %(plan)s AND approved_at IS NULL AND rejected_at IS NULL",
        {"plan": plan_no, "proposal": proposal, "now": now},
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
