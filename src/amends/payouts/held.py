"""What of awards is planned, under way, paid, came back or is deposited, for who corrects them."""

from collections.abc import Sequence

from amends.awards.correcting import DEPOSITED, Held
from amends.ledger import service as ledger
from amends.store.columns import whole
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
    found = {
        whole(index): Held(amount_minor=whole(amount), state=str(state))
        for index, amount, state in rows
    }
    with_notary = {
        index: Held(amount_minor=minor, state=DEPOSITED) for index, minor in deposited.items()
    }
    return found | with_notary
