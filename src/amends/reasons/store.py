"""The SQL of explanations: one person's rows in the views that the rooms below publish."""

from psycopg.rows import dict_row

from amends.store.connection import Connection

Row = dict[str, object]


def people_named(connection: Connection, beginning: str) -> list[str]:
    """Up to two people whose id, or an earlier id of whom, begins so."""
    rows = connection.execute(
        "SELECT DISTINCT named.person_id FROM ("
        "SELECT person_id FROM linkage.affected WHERE starts_with(person_id, %(beginning)s) "
        "UNION ALL SELECT person_id FROM linkage.former "
        "WHERE starts_with(earlier_id, %(beginning)s) "
        "UNION ALL SELECT award.person_id FROM awards.as_awarded AS award "
        "WHERE starts_with(award.person_id, %(beginning)s) AND NOT EXISTS ("
        "SELECT 1 FROM linkage.former AS former WHERE former.earlier_id = award.person_id)"
        ") AS named ORDER BY named.person_id LIMIT 2",
        {"beginning": beginning},
    ).fetchall()
    return [str(row[0]) for row in rows]


def holder_of(connection: Connection, award_index: int) -> str | None:
    """Whose an award is now."""
    row = connection.execute(
        "SELECT coalesce(former.person_id, award.person_id) FROM awards.as_awarded AS award "
        "LEFT JOIN linkage.former AS former ON former.earlier_id = award.person_id "
        "WHERE award.award_index = %(index)s",
        {"index": award_index},
    ).fetchone()
    return None if row is None else str(row[0])


def earlier_ids(connection: Connection, person_id: str) -> list[str]:
    """Ids that the person bore, and ids of others who were found to be the same person."""
    rows = connection.execute(
        "SELECT earlier_id FROM linkage.former WHERE person_id = %(person)s ORDER BY earlier_id",
        {"person": person_id},
    ).fetchall()
    return [str(row[0]) for row in rows]


def affected(connection: Connection, person_id: str) -> Row | None:
    """What the newest determination says of a person."""
    return _one(
        connection,
        "SELECT categories, products, leaked_rows, method, probability, tranche "
        "FROM linkage.affected WHERE person_id = %(person)s",
        person_id,
    )


def payee(connection: Connection, person_id: str) -> Row | None:
    """Who is paid for a person."""
    return _one(
        connection,
        "SELECT standing.state, standing.kind, standing.reason, present.situation "
        "FROM payees.standing_of(%(person)s) AS standing "
        "LEFT JOIN (SELECT situation FROM payees.present_by_row WHERE person_id = %(person)s) "
        "AS present ON true",
        person_id,
    )


def awards(connection: Connection, holders: list[str]) -> list[Row]:
    """The awards that were given under any of these ids, as corrected; where their money is.

    Of an annulled one nothing is said of money.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT award.award_index, award.person_id, award.amount_minor AS awarded_minor, "
            "coalesce(corrected.amount_minor, award.amount_minor) AS amount_minor, "
            "award.currency, award.tranche, corrected.correction_no, "
            "corrected.reason AS corrected_for, ARRAY(SELECT told.channel "
            "FROM awards.correction_told AS told "
            "WHERE told.correction_no = corrected.correction_no ORDER BY told.channel) AS told, "
            "held.amount_minor AS held_minor, standing.state_code, standing.reason, "
            "standing.rail, coalesce(standing.generation + 1, 0) AS attempts, sent.sent_day, "
            "sent.settled_day FROM awards.as_awarded AS award "
            "LEFT JOIN awards.corrected AS corrected USING (award_index) "
            "LEFT JOIN payouts.award_standing AS standing USING (award_index) "
            "LEFT JOIN payouts.sent AS sent ON sent.award_index = award.award_index "
            "AND sent.generation = standing.generation "
            "LEFT JOIN payouts.held AS held ON held.award_index = award.award_index "
            "WHERE award.person_id = ANY(%(holders)s) ORDER BY award.award_index",
            {"holders": holders},
        ).fetchall()


def claims(connection: Connection, person_id: str) -> list[Row]:
    """What a person claimed, and what became of it."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT claim_no, kind, occurred_on, granted_minor, currency, award_index, "
            "correction_no FROM claims.standing WHERE person_id = %(person)s ORDER BY claim_no",
            {"person": person_id},
        ).fetchall()


def _one(connection: Connection, statement: str, person_id: str) -> Row | None:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode(), {"person": person_id}).fetchone()
