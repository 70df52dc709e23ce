"""What stages have written into the database, from the views that rooms publish."""

from amends.store.connection import Connection

_AFFECTED = "SELECT count(*) FROM linkage.affected"
_OWED = "SELECT count(*), coalesce(sum(amount_minor), 0) FROM awards.owed"
_SENT = "SELECT count(*) FROM payouts.sent WHERE sent_day IS NOT NULL"


def written(connection: Connection) -> dict[str, int]:
    """How many people are affected and owed, how much, and how many payments were sent."""
    (affected,) = _row(connection, _AFFECTED)
    awards, owed_minor = _row(connection, _OWED)
    (sent,) = _row(connection, _SENT)
    return {"affected": affected, "awards": awards, "owed_minor": owed_minor, "sent": sent}


def _row(connection: Connection, statement: str) -> list[int]:
    row = connection.execute(statement.encode()).fetchone()
    return [int(str(value)) for value in row or ()]
