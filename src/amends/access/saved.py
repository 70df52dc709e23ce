"""Views of lists that operators save for themselves: a page, and the query that narrows it.

A query holds words of filters. One that holds a person's number is refused: it would be kept.
"""

from typing import Final

from amends.access import store
from amends.access.model import SavedView
from amends.governance import service as governance
from amends.kernel.clock import RealClock
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.vault.opened import OpenCase

MOST_QUERY: Final = 400
_MOST_NAME: Final = 40
_MOST_VIEWS: Final = 40


class SavedViewError(AmendsError):
    """A view that cannot be saved."""

    code = "saved_view"


def save(opened: OpenCase, view: SavedView) -> None:
    """Keep a view for the operator at work; one of the same page and name is replaced.

    Raises:
        SavedViewError: it has no name or a long one, or there are too many.
        GovernanceError: it carries a person's number.
    """
    name = view.name.strip()
    if not 0 < len(name) <= _MOST_NAME or len(view.query) > MOST_QUERY:
        raise SavedViewError(
            said("give the view a name of at most {most} letters", most=_MOST_NAME)
        )
    governance.refuse_numbers(f"{name} {view.query}")
    with opened.database.unit_of_work() as connection:
        kept = store.saved_views(connection, opened.by)
        known = any((one.path, one.name) == (view.path, name) for one in kept)
        if len(kept) >= _MOST_VIEWS and not known:
            raise SavedViewError(said("that are {most} views: remove one first", most=_MOST_VIEWS))
        store.save_view(
            connection,
            opened.by,
            SavedView(path=view.path, name=name, query=view.query),
            RealClock().now(),
        )


def remove(opened: OpenCase, path: str, name: str) -> None:
    """Remove a view of the operator at work; one that is not there is removed already."""
    with opened.database.unit_of_work() as connection:
        store.remove_view(connection, opened.by, path, name)


def views(opened: OpenCase) -> list[SavedView]:
    """The views of the operator at work, by page and name."""
    with opened.database.session() as connection:
        return store.saved_views(connection, opened.by)
