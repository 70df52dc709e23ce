"""Who entered where the money of a plan goes: they do not sign it."""

from amends.store.connection import Connection


def entered_accounts(connection: Connection, plan_no: int) -> set[str]:
    """Operators who moved somebody of a plan to whoever receives now, or named their account."""
    rows = connection.execute(
        "WITH paid AS (SELECT DISTINCT award.person_id FROM payouts.chunk AS chunk "
        "JOIN payouts.instruction AS one ON one.chunk_no = chunk.chunk_no "
        "JOIN awards.award AS award ON award.award_index = one.award_index "
        "WHERE chunk.plan_no = %(plan)s "
        "AND award.person_id IN (SELECT person_id FROM payees.payee WHERE state = 'payable') "
        "AND award.person_id IN (SELECT person_id FROM payees.move UNION "
        "SELECT person_id FROM payees.further WHERE entered_by IS NOT NULL)) "
        "SELECT move.entered_by FROM payees.move JOIN paid USING (person_id) "
        "UNION SELECT further.entered_by FROM payees.further JOIN paid USING (person_id) "
        "WHERE further.entered_by IS NOT NULL",
        {"plan": plan_no},
    )
    return {str(name) for (name,) in rows}
