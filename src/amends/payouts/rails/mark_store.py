"""The SQL of the marks that tell a rail's own folder from any other."""

from collections.abc import Iterator
from datetime import datetime

from amends.payouts.rails.file_marks import Known, Mark
from amends.store.columns import octets, whole
from amends.store.connection import Connection


def known(connection: Connection, rail: str) -> Known | None:
    """The marks of a rail's folder; None while none was opened."""
    row = connection.execute(
        "SELECT (SELECT mark FROM payouts.drop_mark WHERE rail = %(rail)s AND mark_no = 0), "
        "mark_no, mark FROM payouts.drop_mark WHERE rail = %(rail)s "
        "ORDER BY mark_no DESC LIMIT 1",
        {"rail": rail},
    ).fetchone()
    if row is None:
        return None
    first, number, newest = row
    return Known(first=octets(first), newest=octets(newest), number=whole(number))


def handed(connection: Connection, rail: str) -> Iterator[tuple[str, int]]:
    """Number and amount of everything that was given to a rail and not refused."""
    with connection.cursor(name="handed_over") as cursor:
        cursor.execute(
            "SELECT instruction_id, amount_minor FROM payouts.sent "
            "WHERE rail = %(rail)s AND instruction_id IS NOT NULL",
            {"rail": rail},
        )
        for number, minor in cursor:
            yield str(number), whole(minor)


def add(connection: Connection, rail: str, mark: Mark, now: datetime) -> bool:
    """Note a mark; False where another command has noted one of this number."""
    return (
        connection.execute(
            "INSERT INTO payouts.drop_mark (rail, mark_no, mark, proposal_sha256, occurred_at) "
            "VALUES (%(rail)s, %(number)s, %(mark)s, %(proposal)s, %(now)s) "
            "ON CONFLICT ON CONSTRAINT drop_mark_pkey DO NOTHING",
            {
                "rail": rail,
                "number": mark.number,
                "mark": mark.mark,
                "proposal": mark.proposal,
                "now": now,
            },
        ).rowcount
        == 1
    )
