"""What of awards is planned, under way, paid or came back, for whoever corrects them."""

from collections.abc import Sequence

from amends.awards.correcting import Held
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
    return {
        whole(index): Held(amount_minor=whole(amount), state=str(state))
        for index, amount, state in rows
    }
