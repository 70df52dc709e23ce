"""How far stages have come, counted in the tables and views of their rooms."""

from amends.store.columns import whole
from amends.store.connection import Connection

_PUBLISHED = "SELECT count(*) FROM roster.opening"
_TOLD = "SELECT count(*) FROM notices.notice"
_SENT = "SELECT count(*) FROM payouts.sent WHERE sent_day IS NOT NULL"

_UNSENT = "SELECT count(*) FROM payouts.award_standing WHERE state_code = 0"


def published(connection: Connection) -> int:
    """How many awards stand in the published log."""
    return _count(connection, _PUBLISHED)


def told(connection: Connection) -> int:
    """How many people's notices are in the outbox."""
    return _count(connection, _TOLD)


def sent(connection: Connection) -> int:
    """How many payments were given to a provider."""
    return _count(connection, _SENT)


def unsent(connection: Connection) -> int:
    """How many people could be paid, and nothing was given to a provider for them."""
    return _count(connection, _UNSENT)


def _count(connection: Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    return whole(row[0]) if row else 0
