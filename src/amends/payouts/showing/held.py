"""What of awards is planned, under way, paid, came back or is deposited, for who changes them."""

from collections.abc import Sequence

from amends.awards.correcting import DEPOSITED, Held
from amends.ledger import service as ledger
from amends.store.columns import whole
from amends.store.connection import Connection
from amends.vault.opened import OpenCase


def held(opened: OpenCase, awards: Sequence[int]) -> dict[int, Held]:
    """By award index; awards of which nothing is held are left out."""
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT award_index, amount_minor, state FROM payouts.held "
            "WHERE award_index = ANY(%(awards)s)",
            {"awards": [index for index in awards if 0 <= index < 1 << 31]},
        ).fetchall()
        deposited = ledger.deposited(connection, awards)
        by_hand = ledger.paid_by_hand(connection, list(deposited)) if deposited else {}
        paid = _paid(connection, list(deposited)) if deposited else {}
    found = {
        whole(index): Held(amount_minor=whole(amount), state=str(state))
        for index, amount, state in rows
    }
    with_notary = {
        index: Held(
            amount_minor=minor + by_hand.get(index, 0) + paid.get(index, 0), state=DEPOSITED
        )
        for index, minor in deposited.items()
    }
    return found | with_notary


def _paid(connection: Connection, awards: Sequence[int]) -> dict[int, int]:
    """What arrived of awards by rails, in minor units, where anything did."""
    rows = connection.execute(
        "SELECT award_index, sum(amount_minor)::bigint FROM payouts.instruction "
        "WHERE award_index = ANY(%(awards)s) AND live AND state = 'settled' GROUP BY award_index",
        {"awards": list(awards)},
    )
    return {whole(index): whole(minor) for index, minor in rows}


def on_rail(opened: OpenCase, award: int) -> Held | None:
    """What of an award a rail has: planned, under way, paid or back; None where it has nothing.

    Of an award in parts: of the first that has not come back.
    """
    with opened.database.reading() as connection:
        row = connection.execute(
            "SELECT amount_minor, state FROM payouts.instruction "
            "WHERE award_index = %(award)s AND live AND state <> 'refused' "
            "ORDER BY state = 'returned', part LIMIT 1",
            {"award": award},
        ).fetchone()
    return None if row is None else Held(amount_minor=whole(row[0]), state=str(row[1]))
