"""The SQL of rails that stop and work again."""

from datetime import datetime

from amends.store.columns import moment
from amends.store.connection import Connection


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
    """Write down that a rail stops or works again; False where that is known."""
    return (
        connection.execute(
            "INSERT INTO payouts.rail_turn (turn_no, rail, works, silent, code, occurred_at) "
            "SELECT COALESCE(max(turn_no), 0) + 1, %(rail)s, %(works)s, %(silent)s, %(code)s, "
            "%(now)s FROM payouts.rail_turn HAVING %(works)s <> COALESCE((SELECT works "
            "FROM payouts.rail_turn WHERE rail = %(rail)s ORDER BY turn_no DESC LIMIT 1), true) "
            "ON CONFLICT ON CONSTRAINT rail_turn_pkey DO NOTHING",
            {"rail": rail, "works": works, "silent": silent, "code": code, "now": now},
        ).rowcount
        == 1
    )
