"""The SQL of answers as they were received: sealed, first ones by the chunk, later ones singly."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from amends.kernel.ids import InstructionId
from amends.store.columns import octets
from amends.store.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """An answer as it is kept: sealed, under its own digest."""

    sha256: bytes
    number: InstructionId
    kind: str
    outcome: str
    code: str | None
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPack:
    """The answers to first submissions of a chunk, sealed in one piece."""

    sha256: bytes
    chunk_no: int
    answers: int
    sealed: bytes


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


def insert_packs(connection: Connection, packs: Sequence[AnswerPack], now: datetime) -> None:
    """Keep the answers of chunks; what is known is not kept twice."""
    connection.execute(
        "INSERT INTO payouts.answer_pack (pack_sha256, chunk_no, answers, sealed, received_at) "
        "SELECT new.*, %(now)s FROM unnest(%(sha256s)b::bytea[], %(chunks)s::integer[], "
        "%(answers)s::integer[], %(sealed)b::bytea[]) AS new "
        "ON CONFLICT ON CONSTRAINT answer_pack_pkey DO NOTHING",
        {
            "sha256s": [pack.sha256 for pack in packs],
            "chunks": [pack.chunk_no for pack in packs],
            "answers": [pack.answers for pack in packs],
            "sealed": [pack.sealed for pack in packs],
            "now": now,
        },
    )


def kept_answers(
    connection: Connection, number: InstructionId
) -> tuple[list[tuple[bytes, bytes]], list[tuple[bytes, bytes]]]:
    """The packs of a number's chunk, and its answers in rows of their own: digests and sealed."""
    packs = connection.execute(
        "SELECT pack_sha256, sealed FROM payouts.answer_pack WHERE chunk_no = "
        "(SELECT chunk_no FROM payouts.payment WHERE instruction_id = %(number)s) "
        "ORDER BY received_at, pack_sha256",
        {"number": number},
    )
    rows = connection.execute(
        "SELECT answer_sha256, sealed FROM payouts.answer WHERE instruction_id = %(number)s "
        "ORDER BY received_at, answer_sha256",
        {"number": number},
    )
    return (
        [(octets(sha256), octets(sealed)) for sha256, sealed in packs],
        [(octets(sha256), octets(sealed)) for sha256, sealed in rows],
    )


def _bytea(value: bytes) -> str:
    """Bytes as PostgreSQL reads them from a text."""
    return "\\x" + value.hex()
