"""How far stages have come, counted in the tables and views of their rooms."""

from amends.store.columns import whole
from amends.store.connection import Connection

_UNPUBLISHED = (
    "SELECT count(*) FROM awards.as_awarded AS award WHERE award.award_index >= "
    "(SELECT coalesce(sum(page.openings), 0) FROM roster.opening_page AS page)"
)
_WITHOUT_NOTICE = (
    "SELECT count(*) FROM awards.owed AS owed WHERE NOT EXISTS "
    "(SELECT FROM notices.notice AS notice WHERE notice.award_index = owed.award_index)"
)
_SENT = "SELECT count(*) FROM payouts.sent WHERE sent_day IS NOT NULL"
_UNSENT = "SELECT count(*) FROM payouts.award_standing WHERE state_code = 0"


def unpublished(connection: Connection) -> int:
    """How many awards do not stand in the log yet; an annulled one stands there, too."""
    return _count(connection, _UNPUBLISHED)


def without_notice(connection: Connection) -> int:
    """How many who are owed something have no notice in the outbox."""
    return _count(connection, _WITHOUT_NOTICE)


def sent(connection: Connection) -> int:
    """How many payments were given to a provider."""
    return _count(connection, _SENT)


def unsent(connection: Connection) -> int:
    """How many people could be paid, and nothing was given to a provider for them."""
    return _count(connection, _UNSENT)


def claims_open(connection: Connection) -> tuple[int, int]:
    """How many claims wait for a decision, and how many are granted and not awarded yet."""
    row = connection.execute(
        "SELECT count(*) FILTER (WHERE granted_minor IS NULL), "
        "count(*) FILTER (WHERE granted_minor > 0 AND award_index IS NULL) FROM claims.standing"
    ).fetchone()
    return (whole(row[0]), whole(row[1])) if row else (0, 0)


def _count(connection: Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    return whole(row[0]) if row else 0
