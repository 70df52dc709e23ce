"""The SQL of payments that have not left and go by another rail."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from amends.kernel.ids import InstructionId, PersonId
from amends.payouts.planning.plan_store import OTHER_UNDER_WAY
from amends.payouts.planning.replan_rules import Waiting
from amends.store.columns import texts, whole
from amends.store.connection import Connection

MOVED = "moved_to_another_rail"
"""Why a payment ended that never left."""

_WAITING: Final = (
    "payment.instruction_id, payment.award_index, payment.generation, payment.part, "
    "payment.amount_minor, payment.rail, payment.chunk_no, award.person_id"
)


def waiting(connection: Connection, most: int) -> Iterator[Waiting]:
    """Payments that have not left, of people with further accounts, in the order of chunks.

    Of each rail the last *most* of them. Where another part of the award is under way, its account
    stays.
    """
    cursor = connection.execute(
        "SELECT instruction_id, award_index, generation, part, amount_minor, rail, chunk_no, "  # noqa: S608 - fixed text
        f"person_id, kinds FROM (SELECT {_WAITING}, "
        "array_agg(DISTINCT further.account_kind) AS kinds, row_number() OVER (PARTITION BY "
        "payment.rail ORDER BY payment.chunk_no DESC, payment.award_index DESC) AS place "
        "FROM payees.untried AS further "
        "JOIN LATERAL payees.standing_of(further.person_id) AS standing "
        "ON standing.state = 'payable' AND standing.kind = 'self' "
        "JOIN awards.award AS award ON award.person_id = further.person_id "
        "JOIN payouts.payment AS payment ON payment.award_index = award.award_index "
        "AND payment.state = 'planned' "
        "JOIN payouts.chunk AS chunk ON chunk.chunk_no = payment.chunk_no "
        "AND chunk.state IN ('planned', 'approved') "
        "WHERE NOT EXISTS (SELECT FROM payouts.instruction AS other "
        "WHERE other.award_index = payment.award_index AND other.part <> payment.part "
        f"AND {OTHER_UNDER_WAY}) "
        "GROUP BY payment.instruction_id, award.person_id) AS queued WHERE place <= %(most)s "
        "ORDER BY chunk_no, award_index",
        {"most": most},
    )
    for *told, kinds in cursor:
        yield _waiting(told)._replace(kinds=frozenset(texts(kinds)))


def waiting_in_person(
    connection: Connection, rails: Collection[str], most: int
) -> Iterator[Waiting]:
    """Payments by *rails* that have not left, of people paid in person: the last *most* of them."""
    cursor = connection.execute(
        f"SELECT {_WAITING} "  # noqa: S608 - fixed text
        "FROM payouts.payment AS payment "
        "JOIN payouts.chunk AS chunk ON chunk.chunk_no = payment.chunk_no "
        "AND chunk.state IN ('planned', 'approved') "
        "JOIN awards.award AS award ON award.award_index = payment.award_index "
        "CROSS JOIN LATERAL payees.standing_of(award.person_id) AS standing "
        "WHERE payment.state = 'planned' AND payment.rail = ANY(%(rails)s) "
        "AND standing.state = 'payable' AND standing.kind = 'self' "
        "ORDER BY payment.chunk_no DESC, payment.award_index DESC LIMIT %(most)s",
        {"rails": sorted(rails), "most": most},
    )
    return map(_waiting, cursor)


def _waiting(told: Sequence[object]) -> Waiting:
    """A payment as :data:`_WAITING` says it."""
    number, award, generation, part, amount, rail, chunk, person = told
    return Waiting(
        number=InstructionId(str(number)),
        award_index=whole(award),
        generation=whole(generation),
        part=whole(part),
        amount_minor=whole(amount),
        rail=str(rail),
        chunk_no=whole(chunk),
        person_id=PersonId(str(person)),
        kinds=frozenset(),
    )


def hold_chunks(connection: Connection, chunks: Collection[int]) -> set[int]:
    """Keep chunks from being sent to the end of the transaction; those that have not left."""
    cursor = connection.execute(
        "SELECT chunk_no FROM payouts.chunk WHERE chunk_no = ANY(%(chunks)s) "
        "AND state IN ('planned', 'approved') ORDER BY chunk_no FOR UPDATE SKIP LOCKED",
        {"chunks": list(chunks)},
    )
    return {whole(chunk) for (chunk,) in cursor}


def end_unsent(connection: Connection, numbers: Sequence[InstructionId]) -> None:
    """These never leave; their chunks are held."""
    connection.execute(
        "UPDATE payouts.payment SET state = 'refused', reason = %(reason)s "
        "WHERE instruction_id = ANY(%(numbers)s) AND state = 'planned'",
        {"reason": MOVED, "numbers": list(numbers)},
    )
