"""The SQL of chunks, instructions and answers. Rows are locked in the order of their numbers.

What a chunk sends is written down in the row of the chunk, and read by its places; the row of an
instruction is written when its answer is there (``payouts.instruction`` tells how each stands).
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Protocol

import numpy as np
import polars as pl

from amends.kernel.ids import AwardIndex, InstructionId
from amends.kernel.money import Money
from amends.payouts.model import Change, Chunk, OpenInstruction, Standing, State, Unsent
from amends.payouts.rails.model import Advice
from amends.store.arrays import array_text, moment_text
from amends.store.binary import all_microseconds, copy_in
from amends.store.binary_arrays import array_of, row, text_array
from amends.store.binary_arrays import whole as whole_field
from amends.store.columns import moment, texts, whole, wholes
from amends.store.connection import Connection

_CHUNK_LOCKS = 0x63686E6B  # "chnk", with the chunk's number: see docs/locking.md


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Instructions that answers have moved into one state."""

    numbers: list[str]
    awards: list[int]
    generations: list[int]
    amounts_minor: list[int]

    def rows(self) -> Iterator[tuple[str, int, int, int]]:
        """Number, award, generation and amount of each."""
        return zip(self.numbers, self.awards, self.generations, self.amounts_minor, strict=True)


Paid = tuple[int, str | None, datetime]
"""A place of a chunk, the provider's reference, and when it was paid."""

PLACES: Final = 1_000
"""Places that a chunk has at most: bits that it has of each."""

First = tuple[InstructionId, str | None, datetime | None]
"""What a first answer says of its own: number, the provider's reference, when it was settled."""


def try_lock_chunks(session: Connection, chunks: Collection[int]) -> set[int]:
    """Take the session's locks on chunks: who holds one works on the chunk. Those that it got."""
    cursor = session.execute(
        "SELECT chunk FROM unnest(%(chunks)s::integer[]) AS chunk "
        "WHERE pg_try_advisory_lock(%(class)s, chunk)",
        {"class": _CHUNK_LOCKS, "chunks": sorted(chunks)},
    )
    return {whole(chunk) for (chunk,) in cursor}


def unlock_chunks(session: Connection, chunks: Collection[int]) -> None:
    """Give the locks back."""
    session.execute(
        "SELECT pg_advisory_unlock(%(class)s, chunk) FROM unnest(%(chunks)s::integer[]) AS chunk",
        {"class": _CHUNK_LOCKS, "chunks": sorted(chunks)},
    )


def claim_chunks(connection: Connection, rail: str, most: int) -> list[Chunk]:
    """A rail's next approved chunks, which nobody else takes until the transaction ends."""
    cursor = connection.execute(
        "SELECT chunk_no, instructions, first_award, last_award "
        "FROM payouts.chunk WHERE state = 'approved' AND plan_no = ANY "
        "(ARRAY(SELECT plan_no FROM payouts.plan WHERE rail = %(rail)s)) "
        "ORDER BY chunk_no LIMIT %(most)s FOR UPDATE SKIP LOCKED",
        {"rail": rail, "most": most},
    )
    return [
        Chunk(
            chunk_no=whole(number),
            instructions=whole(instructions),
            first_award=whole(first),
            last_award=whole(last),
        )
        for number, instructions, first, last in cursor
    ]


def has_approved(connection: Connection, rail: str) -> bool:
    """Whether a rail has an approved chunk that nobody has taken yet."""
    cursor = connection.execute(
        "SELECT FROM payouts.chunk WHERE state = 'approved' AND plan_no = ANY "
        "(ARRAY(SELECT plan_no FROM payouts.plan WHERE rail = %(rail)s)) LIMIT 1",
        {"rail": rail},
    )
    return cursor.rowcount > 0


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
        "UPDATE payouts.payment SET state = 'unknown', reason = 'no_answer', advice = 'ask', "
        "request_sha256 = substr(chunk.request_sha256s, 32 * payment.place + 1, 32), "
        "attempts = 1, sent_at = chunk.sent_at, last_sent_at = chunk.sent_at "
        "FROM payouts.chunk WHERE chunk.chunk_no = %(chunk)s AND chunk.state = 'sending' "
        "AND payment.award_index BETWEEN chunk.first_award AND chunk.last_award "
        "AND payment.chunk_no = chunk.chunk_no AND payment.state = 'planned' "
        "AND get_bit(chunk.settled, payment.place) IS DISTINCT FROM 1",
        {"chunk": chunk_no},
    ).rowcount
    chunk_sent(connection, [chunk_no])
    return found


def abandon_sent_again(connection: Connection, rail: str) -> int:
    """What a rail was sent again (its chunk is through) and has no result is unknown again."""
    return connection.execute(
        "UPDATE payouts.payment SET state = 'unknown', reason = 'no_answer', advice = 'ask' "
        "WHERE state = 'sending' AND rail = %(rail)s",
        {"rail": rail},
    ).rowcount


def unsent(connection: Connection, chunk: Chunk) -> list[Unsent]:
    """What is planned in a chunk, in the order of places."""
    cursor = connection.execute(
        "SELECT payment.instruction_id, payment.award_index, payment.generation, award.person_id, "
        "payment.amount_minor, payment.currency, payment.place, NULL::bytea "
        "FROM payouts.payment JOIN awards.award USING (award_index) "
        "WHERE payment.award_index BETWEEN %(first)s AND %(last)s "
        "AND payment.chunk_no = %(chunk)s AND payment.state = 'planned' ORDER BY payment.place",
        {"chunk": chunk.chunk_no, "first": chunk.first_award, "last": chunk.last_award},
        binary=True,
    )
    return list(map(Unsent._make, cursor))


def to_send_again(connection: Connection, numbers: Sequence[InstructionId]) -> list[Unsent]:
    """Unknown instructions among *numbers*, locked."""
    cursor = connection.execute(
        "SELECT payment.instruction_id, payment.award_index, payment.generation, award.person_id, "
        "payment.amount_minor, payment.currency, payment.place, payment.request_sha256 "
        "FROM payouts.payment JOIN awards.award USING (award_index) "
        "WHERE instruction_id = ANY(%(numbers)s) AND payment.state = 'unknown' "
        "ORDER BY instruction_id FOR UPDATE OF payment",
        {"numbers": list(numbers)},
        binary=True,
    )
    return list(map(Unsent._make, cursor))


def mark_sending(connection: Connection, sent: Mapping[int, bytes], now: datetime) -> None:
    """Write down that chunks go out now, with the hash of what goes at each of their places."""
    connection.execute(
        "UPDATE payouts.chunk SET state = 'sending', sent_at = %(now)s, "
        "request_sha256s = new.sha256s "
        "FROM unnest(%(chunks)s::integer[], %(sha256s)b::bytea[]) AS new (chunk_no, sha256s) "
        "WHERE chunk.chunk_no = new.chunk_no",
        {"chunks": list(sent), "sha256s": list(sent.values()), "now": now},
    )


def mark_sending_again(
    connection: Connection, numbers: Sequence[InstructionId], now: datetime
) -> None:
    """Write down that these go out again, as they were."""
    connection.execute(
        "UPDATE payouts.payment SET state = 'sending', attempts = attempts + 1, "
        "last_sent_at = %(now)s WHERE instruction_id = ANY(%(numbers)s) AND state = 'unknown'",
        {"numbers": list(numbers), "now": now},
    )


def refuse_unsent(connection: Connection, refusals: Sequence[tuple[InstructionId, str]]) -> None:
    """End instructions that cannot be sent at all; their money never left."""
    connection.execute(
        "UPDATE payouts.payment SET state = 'refused', reason = new.reason "
        "FROM unnest(%(numbers)s::text[], %(reasons)s::text[]) AS new (number, reason) "
        "WHERE instruction_id = new.number AND state = 'planned'",
        {
            "numbers": [number for number, _ in refusals],
            "reasons": [reason for _, reason in refusals],
        },
    )


def alarm(connection: Connection, numbers: Sequence[InstructionId], reason: str) -> None:
    """Leave unknown instructions to a person."""
    connection.execute(
        "UPDATE payouts.payment SET advice = 'alarm', reason = %(reason)s "
        "WHERE instruction_id = ANY(%(numbers)s) AND state = 'unknown'",
        {"numbers": list(numbers), "reason": reason},
    )


def answer_first(
    connection: Connection, chunk_no: int, alike: Change, rows: Sequence[First]
) -> Answered | None:
    """Move on what a chunk sends for the first time, and has no result yet; others stay.

    Args:
        connection: of the transaction.
        chunk_no: the chunk, which is being sent.
        alike: what is the same of all: state, reason, advice, and when it came back.
        rows: number, the provider's reference, and when it was settled, of each.

    Returns:
        Those that were moved; None: none.
    """
    ordered = sorted(rows)
    row = connection.execute(
        "WITH sent AS (SELECT first_award, last_award, sent_at, settled, "
        "substr(request_sha256s, 1) AS sha256s "
        "FROM payouts.chunk WHERE state = 'sending' AND chunk_no = %(chunk)s), "
        "moved AS (UPDATE payouts.payment SET state = %(state)s, reason = %(reason)s, "
        "advice = %(advice)s, returned_at = %(returned)s, provider_reference = new.reference, "
        "settled_at = new.settled_at, attempts = 1, sent_at = (SELECT sent_at FROM sent), "
        "last_sent_at = (SELECT sent_at FROM sent), "
        "request_sha256 = substr((SELECT sha256s FROM sent), 32 * payment.place + 1, 32) "
        "FROM unnest(%(numbers)s::text[], %(references)s::text[], %(settled)s::timestamptz[]) "
        "AS new (number, reference, settled_at) "
        "WHERE payment.award_index BETWEEN (SELECT first_award FROM sent) "
        "AND (SELECT last_award FROM sent) AND payment.chunk_no = %(chunk)s "
        "AND payment.state = 'planned' "
        "AND get_bit((SELECT settled FROM sent), payment.place) IS DISTINCT FROM 1 "
        "AND payment.instruction_id = new.number "
        "RETURNING instruction_id, award_index, generation, amount_minor) "
        "SELECT array_agg(instruction_id), array_agg(award_index), array_agg(generation), "
        "array_agg(amount_minor) FROM moved",
        {
            "chunk": chunk_no,
            "state": alike.state,
            "reason": alike.reason,
            "advice": alike.advice,
            "returned": alike.returned_at,
            "numbers": array_text([number for number, _, _ in ordered]),
            "references": array_text([reference for _, reference, _ in ordered]),
            "settled": array_text([moment_text(settled) for _, _, settled in ordered]),
        },
    ).fetchone()
    if row is None or row[0] is None:
        return None
    numbers, awards, generations, amounts = row
    return Answered(
        numbers=texts(numbers),
        awards=wholes(awards),
        generations=wholes(generations),
        amounts_minor=wholes(amounts),
    )


def lock_chunks(
    connection: Connection, chunks: Collection[int], numbers: Collection[InstructionId]
) -> dict[int, str]:
    """Let nobody else write answers of these chunks, and of those that the numbers are of.

    Chunks come before payments: whoever moves a payment on that is planned sets a bit of its chunk.

    Returns:
        Of each chunk, for each of :data:`PLACES`, ``1`` where anything was told before, else ``0``.
    """
    of_numbers = (
        "OR chunk_no IN (SELECT chunk_no FROM payouts.payment "
        "WHERE instruction_id = ANY(%(numbers)s)) "
    )
    cursor = connection.execute(
        (
            "SELECT chunk_no, (COALESCE(settled, 0::bit(1000)) "  # noqa: S608 - fixed words
            "| COALESCE(apart, 0::bit(1000)))::text FROM payouts.chunk "
            "WHERE chunk_no = ANY(%(chunks)s) "
            + (of_numbers if numbers else "")
            + "ORDER BY chunk_no FOR NO KEY UPDATE"
        ).encode(),
        {"chunks": sorted(chunks), "numbers": sorted(numbers)},
    )
    return {whole(chunk): str(told) for chunk, told in cursor}


def insert_settlements(connection: Connection, paid: Mapping[int, Sequence[Paid]]) -> None:
    """Write down which places of chunks are paid, with reference and time of each."""
    copy_in(
        connection,
        "payouts.settlement",
        ("chunk_no", "places", "settled_from", "settled_to", "provider_references", "settled_at"),
        [_settlement(chunk_no, sorted(of_chunk)) for chunk_no, of_chunk in paid.items()],
    )


def _settlement(chunk_no: int, paid: Sequence[Paid]) -> bytes:
    """The row of what is paid of a chunk, in the order of places."""
    at, references, moments = zip(*paid, strict=True)
    places = np.zeros(PLACES, np.uint8)
    places[list(at)] = 1
    times = all_microseconds(moments)
    return row(
        whole_field(chunk_no),
        whole_field(PLACES) + np.packbits(places).tobytes(),
        int(times.min()).to_bytes(8, "big", signed=True),
        int(times.max()).to_bytes(8, "big", signed=True),
        text_array(pl.Series([reference or "" for reference in references])),
        array_of("timestamptz", times),
    )


def standings(connection: Connection, numbers: Iterable[InstructionId]) -> dict[str, Standing]:
    """Where instructions stand, locked until the transaction ends. Strangers are left out."""
    cursor = connection.execute(
        "SELECT instruction_id, award_index, generation, CASE WHEN payment.state <> 'planned' "
        "THEN payment.state WHEN get_bit(chunk.settled, payment.place) = 1 THEN 'settled' "
        "WHEN chunk.state = 'sent' THEN 'sending' ELSE chunk.state END, "
        "amount_minor, currency, payment.chunk_no "
        "FROM payouts.payment JOIN payouts.chunk USING (chunk_no) "
        "WHERE instruction_id = ANY(%(numbers)s) ORDER BY instruction_id FOR UPDATE OF payment",
        {"numbers": sorted(set(numbers))},
    )
    return {
        str(number): Standing(
            number=InstructionId(str(number)),
            award_index=AwardIndex(whole(index)),
            generation=whole(generation),
            state=State(str(state)),
            amount=Money(amount_minor=whole(amount), currency=str(currency)),
            chunk_no=whole(chunk),
        )
        for number, index, generation, state, amount, currency, chunk in cursor
    }


def apply_changes(connection: Connection, changes: Sequence[tuple[InstructionId, Change]]) -> None:
    """Move instructions on. An alarm stays an alarm until the payment ends, or the next alarm."""
    connection.execute(
        "UPDATE payouts.payment SET state = new.state, "
        "reason = CASE WHEN new.state = 'unknown' AND payment.advice = 'alarm' "
        "AND new.advice IS DISTINCT FROM 'alarm' THEN payment.reason ELSE new.reason END, "
        "advice = CASE WHEN new.state = 'unknown' AND payment.advice = 'alarm' "
        "THEN payment.advice ELSE new.advice END, "
        "provider_reference = COALESCE(new.reference, payment.provider_reference, "
        "payouts.settled_reference(payment.chunk_no, payment.place)), "
        "settled_at = COALESCE(payment.settled_at, "
        "payouts.settled_at(payment.chunk_no, payment.place), new.settled_at), "
        "returned_at = COALESCE(payment.returned_at, new.returned_at), "
        "request_sha256 = COALESCE(payment.request_sha256, "
        "substr(chunk.request_sha256s, 32 * payment.place + 1, 32)), "
        "attempts = GREATEST(payment.attempts, 1), "
        "sent_at = COALESCE(payment.sent_at, chunk.sent_at), "
        "last_sent_at = COALESCE(payment.last_sent_at, chunk.sent_at) "
        "FROM json_to_recordset(%(rows)s::json) AS new (number text, state text, reason text, "
        "advice text, reference text, settled_at timestamptz, returned_at timestamptz), "
        "payouts.chunk "
        "WHERE instruction_id = new.number AND chunk.chunk_no = payment.chunk_no",
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
        "UPDATE payouts.payment SET questions = questions + 1 "
        "WHERE instruction_id = ANY(%(numbers)s)",
        {"numbers": list(numbers)},
    )


def open_instructions(connection: Connection, rail: str) -> list[OpenInstruction]:
    """A rail's unknown and accepted instructions, in the order of their numbers."""
    cursor = connection.execute(
        "SELECT instruction_id, amount_minor, currency, state, advice, attempts, last_sent_at, "
        "reason FROM payouts.instruction "
        "WHERE state IN ('unknown', 'accepted') AND rail = %(rail)s ORDER BY instruction_id",
        {"rail": rail},
    )
    return [
        OpenInstruction(
            number=InstructionId(str(number)),
            amount=Money(amount_minor=whole(amount_minor), currency=str(currency)),
            state=State(str(state)),
            advice=None if advice is None else Advice(str(advice)),
            attempts=whole(attempts),
            last_sent_at=moment(sent),
            reason=None if reason is None else str(reason),
        )
        for number, amount_minor, currency, state, advice, attempts, sent, reason in cursor
    ]


class Numbered(Protocol):
    """What has a number."""

    @property
    def number(self) -> str:
        """The number of a payment."""


class Movement(NamedTuple):
    """Which payments (award and generation) a transfer of the books moves."""

    transfer_id: str
    move: str
    awards: Sequence[AwardIndex]
    generations: Sequence[int]


def insert_movements(connection: Connection, movements: Iterable[Movement]) -> None:
    """Write down which payments transfers move."""
    copy_in(
        connection,
        "payouts.movement",
        Movement._fields,
        [
            row(
                one.transfer_id.encode(),
                one.move.encode(),
                array_of("int4", one.awards),
                array_of("int2", one.generations),
            )
            for one in movements
        ],
    )


def found_kept(connection: Connection, payments: Iterable[Numbered]) -> int:
    """How many of these were found not to have come back, although an answer said so.

    What comes back of them now does so a second time.
    """
    row = connection.execute(
        "SELECT count(*) FROM payouts.outcome WHERE what = 'not_returned' "
        "AND instruction_id = ANY(%(numbers)s)",
        {"numbers": [one.number for one in payments]},
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate gives a row
    return whole(row[0])


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


def amounts(connection: Connection, numbers: Sequence[InstructionId]) -> dict[str, Money]:
    """What was ordered, by number."""
    cursor = connection.execute(
        "SELECT instruction_id, amount_minor, currency FROM payouts.instruction "
        "WHERE instruction_id = ANY(%s)",
        [list(numbers)],
    )
    return {
        str(number): Money(amount_minor=whole(amount_minor), currency=str(currency))
        for number, amount_minor, currency in cursor
    }


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
