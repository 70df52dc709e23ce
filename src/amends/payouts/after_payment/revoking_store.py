"""The SQL of payments that are taken back before their payees confirm."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from amends.kernel.ids import InstructionId
from amends.store.columns import whole
from amends.store.connection import Connection


class Held(NamedTuple):
    """A payment that waits for its payee."""

    number: InstructionId
    amount_minor: int


def held(
    connection: Connection, rail: str, *, until: datetime, awards: Sequence[int]
) -> list[Held]:
    """What a rail holds since *until* or before, of these awards (none: of all); in order."""
    cursor = connection.execute(
        "SELECT instruction_id, amount_minor FROM payouts.payment "
        "WHERE rail = %(rail)s AND state = 'accepted' AND sent_at <= %(until)s "
        "AND (%(all)s OR award_index = ANY(%(awards)s)) ORDER BY instruction_id",
        {"rail": rail, "until": until, "all": not awards, "awards": list(awards)},
    )
    return [Held(InstructionId(str(number)), whole(amount)) for number, amount in cursor]


def lock(connection: Connection, numbers: Sequence[InstructionId]) -> None:
    """Let no answer about these be written before the end of the transaction."""
    connection.execute(
        "SELECT instruction_id FROM payouts.payment WHERE instruction_id = ANY(%(numbers)s) "
        "ORDER BY instruction_id FOR UPDATE",
        {"numbers": list(numbers)},
    )


def insert(
    connection: Connection, values: Mapping[str, object], numbers: Sequence[InstructionId]
) -> None:
    """Write down that these are taken back; what was written down before stays."""
    added = connection.execute(
        "INSERT INTO payouts.revocation (revocation_no, rail, payments, total_minor, currency, "
        "numbers_sha256, reason, proposal_sha256, switch_no, ordered_at) SELECT "
        "COALESCE(max(revocation_no), 0) + 1, %(rail)s, %(count)s, %(total_minor)s, %(currency)s, "
        "%(numbers_sha256)s, %(reason)s, %(proposal)s, %(switch)s, %(now)s FROM payouts.revocation "
        "ON CONFLICT ON CONSTRAINT revocation_once DO NOTHING RETURNING revocation_no",
        values,
    ).fetchone()
    if added is not None:
        connection.execute(
            "INSERT INTO payouts.revoked (instruction_id, revocation_no) "
            "SELECT number, %(no)s FROM unnest(%(numbers)s::text[]) AS number",
            {"no": added[0], "numbers": list(numbers)},
        )


def waiting(connection: Connection, rail: str) -> list[InstructionId]:
    """What was taken back and still waits, as far as is known."""
    cursor = connection.execute(
        "SELECT instruction_id FROM payouts.revoked "
        "JOIN payouts.payment USING (instruction_id) "
        "WHERE rail = %(rail)s AND state = 'accepted' ORDER BY instruction_id",
        {"rail": rail},
    )
    return [InstructionId(str(number)) for (number,) in cursor]


def ended(connection: Connection, numbers: Sequence[InstructionId]) -> dict[str, int]:
    """How these stand: how many by state."""
    cursor = connection.execute(
        "SELECT state, count(*) FROM payouts.payment WHERE instruction_id = ANY(%(numbers)s) "
        "GROUP BY state ORDER BY state",
        {"numbers": list(numbers)},
    )
    return {str(state): whole(count) for state, count in cursor}
