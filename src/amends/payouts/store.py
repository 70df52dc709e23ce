"""The SQL of chunks, instructions and answers. Rows are locked in the order of their numbers.

Many rows go to the server as one JSON text: writing an array of each column costs more of our time.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from amends.kernel.ids import AwardIndex, InstructionId, PersonId
from amends.kernel.money import Money
from amends.payouts.model import Change, OpenInstruction, Standing, State, Unsent
from amends.payouts.rails.model import Advice
from amends.store.columns import maybe_octets, moment, whole
from amends.store.connection import Connection

_CHUNK_LOCKS = 0x63686E6B  # "chnk", with the chunk's number: see docs/locking.md


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """An answer as it is kept: sealed, under its own digest."""

    sha256: bytes
    number: InstructionId
    kind: str
    outcome: str
    code: str | None
    sealed: bytes


def try_lock_chunk(session: Connection, chunk_no: int) -> bool:
    """Take the session's lock on a chunk: who holds it is the one that works on it."""
    row = session.execute(
        "SELECT pg_try_advisory_lock(%(class)s, %(chunk)s)",
        {"class": _CHUNK_LOCKS, "chunk": chunk_no},
    ).fetchone()
    return bool(row and row[0])


def unlock_chunk(session: Connection, chunk_no: int) -> None:
    """Give the lock back."""
    session.execute(
        "SELECT pg_advisory_unlock(%(class)s, %(chunk)s)",
        {"class": _CHUNK_LOCKS, "chunk": chunk_no},
    )


def claim_chunk(connection: Connection, rail: str) -> int | None:
    """Take a rail's next approved chunk that nobody else takes; it is ``sending`` from then on."""
    row = connection.execute(
        "UPDATE payouts.chunk SET state = 'sending' WHERE chunk_no = (SELECT chunk_no "
        "FROM payouts.chunk WHERE state = 'approved' AND plan_no = ANY "
        "(ARRAY(SELECT plan_no FROM payouts.plan WHERE rail = %(rail)s)) "
        "ORDER BY chunk_no LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING chunk_no",
        {"rail": rail},
    ).fetchone()
    return None if row is None else whole(row[0])


def chunks_in(connection: Connection, state: str) -> list[int]:
    """The chunks in a state, in order."""
    cursor = connection.execute(
        "SELECT chunk_no FROM payouts.chunk WHERE state = %(state)s ORDER BY chunk_no",
        {"state": state},
    )
    return [whole(chunk) for (chunk,) in cursor]


def chunk_sent(connection: Connection, chunks: Sequence[int]) -> None:
    """Every instruction of these chunks was sent and has an answer, or is known to have none."""
    connection.execute(
        "UPDATE payouts.chunk SET state = 'sent' WHERE chunk_no = ANY(%(chunks)s) "
        "AND state = 'sending'",
        {"chunks": list(chunks)},
    )


def abandon_chunk(connection: Connection, chunk_no: int) -> int:
    """After a crash: what was being sent and has no result is unknown; how many that are."""
    found = connection.execute(
        "UPDATE payouts.instruction SET state = 'unknown', reason = 'no_answer', advice = 'ask' "
        "WHERE chunk_no = %(chunk)s AND state = 'sending'",
        {"chunk": chunk_no},
    ).rowcount
    chunk_sent(connection, [chunk_no])
    return found


def abandon_sent_again(connection: Connection, rail: str) -> int:
    """What a rail was sent again (its chunk is through) and has no result is unknown again."""
    return connection.execute(
        "UPDATE payouts.instruction SET state = 'unknown', reason = 'no_answer', advice = 'ask' "
        "FROM payouts.chunk WHERE chunk.chunk_no = instruction.chunk_no "
        "AND chunk.state = 'sent' AND instruction.state = 'sending' "
        "AND instruction.rail = %(rail)s",
        {"rail": rail},
    ).rowcount


def unsent(connection: Connection, chunk_no: int) -> list[Unsent]:
    """The approved instructions of a chunk, locked."""
    cursor = connection.execute(
        "SELECT instruction.instruction_id, instruction.award_index, owed.person_id, "
        "instruction.amount_minor, instruction.currency, instruction.request_sha256 "
        "FROM payouts.instruction JOIN awards.owed AS owed USING (award_index) "
        "WHERE chunk_no = %(chunk)s AND instruction.state = 'approved' "
        "ORDER BY instruction_id FOR UPDATE OF instruction",
        {"chunk": chunk_no},
    )
    return [_unsent(row) for row in cursor]


def to_send_again(connection: Connection, numbers: Sequence[InstructionId]) -> list[Unsent]:
    """Unknown instructions among *numbers*, locked."""
    cursor = connection.execute(
        "SELECT instruction.instruction_id, instruction.award_index, owed.person_id, "
        "instruction.amount_minor, instruction.currency, instruction.request_sha256 "
        "FROM payouts.instruction JOIN awards.owed AS owed USING (award_index) "
        "WHERE instruction_id = ANY(%(numbers)s) AND instruction.state = 'unknown' "
        "ORDER BY instruction_id FOR UPDATE OF instruction",
        {"numbers": list(numbers)},
    )
    return [_unsent(row) for row in cursor]


def _unsent(row: tuple[object, ...]) -> Unsent:
    """From its row."""
    number, index, person, amount, currency, digest = row
    return Unsent(
        number=InstructionId(str(number)),
        award_index=AwardIndex(whole(index)),
        person_id=PersonId(str(person)),
        amount=Money(amount_minor=whole(amount), currency=str(currency)),
        request_sha256=maybe_octets(digest),
    )


def mark_sending(
    connection: Connection, requests: Sequence[tuple[InstructionId, bytes]], now: datetime
) -> int:
    """Write down that these go out now, with the hash of what goes; how many rows changed."""
    return connection.execute(
        "UPDATE payouts.instruction SET state = 'sending', request_sha256 = new.sha256, "
        "attempts = attempts + 1, sent_at = COALESCE(sent_at, %(now)s), last_sent_at = %(now)s "
        "FROM json_to_recordset(%(rows)s::json) AS new (number text, sha256 bytea) "
        "WHERE instruction_id = new.number AND state IN ('approved', 'unknown')",
        {
            "rows": json.dumps(
                [{"number": number, "sha256": _bytea(sha256)} for number, sha256 in requests]
            ),
            "now": now,
        },
    ).rowcount


def refuse_unsent(connection: Connection, refusals: Sequence[tuple[InstructionId, str]]) -> None:
    """End instructions that cannot be sent at all; their money never left."""
    connection.execute(
        "UPDATE payouts.instruction SET state = 'refused', reason = new.reason "
        "FROM unnest(%(numbers)s::text[], %(reasons)s::text[]) AS new (number, reason) "
        "WHERE instruction_id = new.number AND state = 'approved'",
        {
            "numbers": [number for number, _ in refusals],
            "reasons": [reason for _, reason in refusals],
        },
    )


def alarm(connection: Connection, numbers: Sequence[InstructionId], reason: str) -> None:
    """Leave unknown instructions to a person."""
    connection.execute(
        "UPDATE payouts.instruction SET advice = 'alarm', reason = %(reason)s "
        "WHERE instruction_id = ANY(%(numbers)s) AND state = 'unknown'",
        {"numbers": list(numbers), "reason": reason},
    )


def standings(connection: Connection, numbers: Iterable[InstructionId]) -> dict[str, Standing]:
    """Where instructions stand, locked until the transaction ends. Strangers are left out."""
    cursor = connection.execute(
        "SELECT instruction_id, state, amount_minor, currency, chunk_no "
        "FROM payouts.instruction WHERE instruction_id = ANY(%(numbers)s) "
        "ORDER BY instruction_id FOR UPDATE",
        {"numbers": sorted(set(numbers))},
    )
    return {
        str(number): Standing(
            number=InstructionId(str(number)),
            state=State(str(state)),
            amount=Money(amount_minor=whole(amount), currency=str(currency)),
            chunk_no=whole(chunk),
        )
        for number, state, amount, currency, chunk in cursor
    }


def apply_changes(connection: Connection, changes: Sequence[tuple[InstructionId, Change]]) -> None:
    """Move instructions on. An alarm stays an alarm until the payment ends."""
    connection.execute(
        "UPDATE payouts.instruction SET state = new.state, reason = new.reason, "
        "advice = CASE WHEN new.state = 'unknown' AND instruction.advice = 'alarm' "
        "THEN instruction.advice ELSE new.advice END, "
        "provider_reference = COALESCE(new.reference, instruction.provider_reference), "
        "settled_at = COALESCE(instruction.settled_at, new.settled_at), "
        "returned_at = COALESCE(instruction.returned_at, new.returned_at) "
        "FROM json_to_recordset(%(rows)s::json) AS new (number text, state text, reason text, "
        "advice text, reference text, settled_at timestamptz, returned_at timestamptz) "
        "WHERE instruction_id = new.number",
        {
            "rows": json.dumps(
                [
                    {
                        "number": number,
                        "state": change.state,
                        "reason": change.reason,
                        "advice": change.advice,
                        "reference": change.provider_reference,
                        "settled_at": change.settled_at and change.settled_at.isoformat(),
                        "returned_at": change.returned_at and change.returned_at.isoformat(),
                    }
                    for number, change in changes
                ]
            )
        },
    )


def count_questions(connection: Connection, numbers: Sequence[InstructionId]) -> None:
    """Note that these were asked about."""
    connection.execute(
        "UPDATE payouts.instruction SET questions = questions + 1 "
        "WHERE instruction_id = ANY(%(numbers)s)",
        {"numbers": list(numbers)},
    )


def open_instructions(connection: Connection, rail: str) -> list[OpenInstruction]:
    """A rail's unknown and accepted instructions, in the order of their numbers."""
    cursor = connection.execute(
        "SELECT instruction_id, state, advice, attempts, last_sent_at FROM payouts.instruction "
        "WHERE state IN ('unknown', 'accepted') AND rail = %(rail)s ORDER BY instruction_id",
        {"rail": rail},
    )
    return [
        OpenInstruction(
            number=InstructionId(str(number)),
            state=State(str(state)),
            advice=None if advice is None else Advice(str(advice)),
            attempts=whole(attempts),
            last_sent_at=moment(sent),
        )
        for number, state, advice, attempts, sent in cursor
    ]


def insert_answers(connection: Connection, answers: Sequence[AnswerRow], now: datetime) -> None:
    """Keep answers; one that is known is not kept twice."""
    connection.execute(
        "INSERT INTO payouts.answer (answer_sha256, instruction_id, kind, outcome, code, sealed, "
        "received_at) SELECT new.*, %(now)s FROM json_to_recordset(%(rows)s::json) AS new "
        "(sha256 bytea, number text, kind text, outcome text, code text, sealed bytea) "
        "ON CONFLICT ON CONSTRAINT answer_pkey DO NOTHING",
        {
            "rows": json.dumps(
                [
                    {
                        "sha256": _bytea(answer.sha256),
                        "number": answer.number,
                        "kind": answer.kind,
                        "outcome": answer.outcome,
                        "code": answer.code,
                        "sealed": _bytea(answer.sealed),
                    }
                    for answer in answers
                ]
            ),
            "now": now,
        },
    )


def insert_callback(
    connection: Connection,
    rail: str,
    number: InstructionId,
    raw: tuple[bytes, bytes],
    now: datetime,
) -> bool:
    """Keep a callback (*raw*: its SHA-256 and the sealed bytes); False when it is known."""
    sha256, sealed = raw
    return (
        connection.execute(
            "INSERT INTO payouts.callback (callback_sha256, rail, instruction_id, sealed, "
            "received_at) VALUES (%(sha256)s, %(rail)s, %(number)s, %(sealed)s, %(now)s) "
            "ON CONFLICT ON CONSTRAINT callback_pkey DO NOTHING",
            {"sha256": sha256, "rail": rail, "number": number, "sealed": sealed, "now": now},
        ).rowcount
        == 1
    )


def known_numbers(connection: Connection, numbers: Sequence[InstructionId]) -> set[str]:
    """Those of *numbers* that are ours and were sent."""
    cursor = connection.execute(
        "SELECT instruction_id FROM payouts.instruction "
        "WHERE instruction_id = ANY(%(numbers)s) AND attempts > 0",
        {"numbers": list(numbers)},
    )
    return {str(number) for (number,) in cursor}


def insert_contradiction(
    connection: Connection,
    *,
    rail: str,
    standing: Standing,
    told: str,
    now: datetime,
) -> None:
    """Note that an answer contradicts what is known, once per kind of answer."""
    connection.execute(
        "INSERT INTO payouts.exception (exception_id, kind, rail, instruction_id, amount_minor, "
        "found_at) VALUES (%(id)s, 'state_differs', %(rail)s, %(number)s, %(amount)s, %(now)s) "
        "ON CONFLICT ON CONSTRAINT exception_pkey DO NOTHING",
        {
            "id": f"answer:{standing.number}:{standing.state}:{told}",
            "rail": rail,
            "number": standing.number,
            "amount": standing.amount.amount_minor,
            "now": now,
        },
    )


def _bytea(value: bytes) -> str:
    """Bytes as PostgreSQL reads them from a text."""
    return "\\x" + value.hex()
