"""What a page and an action are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from amends.access.model import Right
from amends.web.console.desk import Desk
from amends.web.console.parts import Answer, View

Show: TypeAlias = Callable[[Desk], Answer]
ShowAgain: TypeAlias = Callable[[Desk], View]


def _never(_query: Mapping[str, str]) -> bool:
    """Most pages are made in a thread."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: its path as Litestar writes it, the right that it asks for, what makes it.

    ``at_once``: whether the query is answered so quickly that a thread would cost more.
    """

    path: str
    right: Right
    show: Show
    at_once: Callable[[Mapping[str, str]], bool] = _never


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a form does. ``show`` makes the page again, with what was typed, where it is refused."""

    path: str
    right: Right
    act: Show
    show: ShowAgain | None = None
