"""The SQL of rails that stop and work again."""

from datetime import datetime

from amends.store.columns import moment
from amends.store.connection import Connection

_TURN_LOCK = 0x7475726E  # "turn": see docs/locking.md


def not_working(connection: Connection) -> list[tuple[str, bool, str, datetime]]:
    """Rail, whether it is silent, the provider's last word, and since when; by rail."""
    rows = connection.execute(
        "SELECT rail, silent, code, occurred_at FROM (SELECT DISTINCT ON (rail) rail, works, "
        "silent, code, occurred_at FROM payouts.rail_turn ORDER BY rail, turn_no DESC) AS newest "
        "WHERE NOT works ORDER BY rail"
    )
    return [(str(rail), bool(silent), str(code), moment(at)) for rail, silent, code, at in rows]


def turn(
    connection: Connection, rail: str, *, works: bool, silent: bool, code: str, now: datetime
) -> bool:
    """Write down that a rail stops or works again; False where that is known.

    That one which was silent says itself that it stopped is new; the reverse takes nothing back.
    """
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _TURN_LOCK})
    return (
        connection.execute(
            "INSERT INTO payouts.rail_turn (turn_no, rail, works, silent, code, occurred_at) "
            "SELECT COALESCE(max(turn_no), 0) + 1, %(rail)s, %(works)s, %(silent)s, %(code)s, "
            "%(now)s FROM payouts.rail_turn HAVING NOT EXISTS (SELECT FROM (SELECT works, silent "
            "FROM payouts.rail_turn WHERE rail = %(rail)s ORDER BY turn_no DESC LIMIT 1) AS newest "
            "WHERE newest.works = %(works)s AND (newest.silent <= %(silent)s)) "
            "AND (NOT %(works)s OR EXISTS (SELECT FROM payouts.rail_turn WHERE rail = %(rail)s))",
            {"rail": rail, "works": works, "silent": silent, "code": code, "now": now},
        ).rowcount
        == 1
    )
