"""What lists have in common: headings that sort, pages by key, files, views that are saved."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from amends.access import saved
from amends.access.model import Right
from amends.kernel.saying import said
from amends.web import keyset, leaving
from amends.web.console.desk import ROWS, Desk
from amends.web.console.parts import Answer, Column, Field, Filters
from amends.web.keyset import Key, Page
from amends.web.listings.model import Listing

Row = TypeVar("Row")


def column(desk: Desk, label: str, key: str, *, figures: bool = False, first: str = "") -> Column:
    """A column whose heading sorts by *key*; *first*: how the list is sorted without being told."""
    now = desk.word("sort") or first
    upward, downward = now == key, now == f"-{key}"
    return Column(
        label=desk.say(label),
        figures=figures,
        sort=desk.here(sort=f"-{key}" if upward else key, after=""),
        sorted="ascending" if upward else "descending" if downward else "",
    )


def page(
    desk: Desk, rows: Iterable[Row], orders: Mapping[str, Callable[[Row], Key]], *, first: str
) -> Page[Row]:
    """The page that the address asks for, in one of *orders*."""
    sort = desk.word("sort") or first
    if sort.removeprefix("-") not in orders:
        sort = first
    return keyset.page(
        rows,
        orders[sort.removeprefix("-")],
        after=desk.word("after"),
        most=ROWS,
        down=sort.startswith("-"),
    )


def following(desk: Desk, found: Page[Row]) -> str:
    """The address of the next page."""
    return desk.here(after=found.following) if found.following else ""


def csv(desk: Desk, path: str, **words: str) -> str:
    """Where a list is a file, narrowed and sorted as it is shown; empty for who may not export.

    *words*: what narrows it beside the address.
    """
    if not desk.may(Right.EXPORT):
        return ""
    query = desk.here(**dict.fromkeys(PLACES, ""), **words).partition("?")[2]
    return f"{path}?{query}" if query else path


PLACES: Final = ("after", "before", "start", "runs", "statements", "decisions", "exports")
"""Words of an address that say where a page of a list begins: a file is the whole list."""


def file(listing: Callable[[Desk], Listing]) -> Callable[[Desk], Answer]:
    """What sends a list as a file, entered in the register of exports first."""

    def show(desk: Desk) -> Answer:
        purpose = desk.say(said("list of the console"))
        return leaving.listed(desk.opened, listing(desk), purpose=purpose)

    return show


def filters(desk: Desk, *fields: Field) -> Filters:
    """What a list is narrowed by; its order stays, and what is shown may be saved under a name."""
    kept = [(name, desk.word(name)) for name in ("sort",) if desk.word(name)]
    query = desk.here(**dict.fromkeys(PLACES, "")).partition("?")[2]
    return Filters(
        fields=fields,
        kept=tuple(kept),
        views=tuple((one.name, one.query) for one in desk.views),
        query=query if len(query) <= saved.MOST_QUERY else "",
    )
