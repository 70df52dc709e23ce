"""What a page and an action are made of."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from amends.access.model import Right
from amends.store.asking import Asking
from amends.web.console.desk import Desk
from amends.web.console.parts import Answer, View

Show: TypeAlias = Callable[[Desk], Answer]
ShowAgain: TypeAlias = Callable[[Desk], View]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    """A page that is made without a thread, ``when`` the query asks for what an index answers."""

    when: Callable[[Mapping[str, str]], bool]
    show: Callable[[Desk, Asking], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: its path as Litestar writes it, the right that it asks for, what makes it."""

    path: str
    right: Right
    show: Show
    quick: Quick | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a form does. ``show`` makes the page again, with what was typed, where it is refused."""

    path: str
    right: Right
    act: Show
    show: ShowAgain | None = None
