"""What a page is made from: the open case as the operator who is at work, the query, the words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from amends.access.model import Right, SavedView, Session, Site
from amends.kernel.case import Text
from amends.kernel.money import Money, exponent
from amends.kernel.saying import Said
from amends.vault.opened import OpenCase
from amends.web import saying
from amends.web.console.parts import Whole
from amends.web.saying import PageLanguage

Made = TypeVar("Made")

ROWS = 85
"""Rows of a page."""
_MOST_KEPT: Final = 512


class Kept:
    """What pages of one console are made of and the database has no part in, made once.

    Whoever asks the same address in the same language, with the same rights and saved views, gets
    the same headings, filters and links.
    """

    def __init__(self) -> None:
        self._made: dict[object, Any] = {}

    def of(self, desk: "Desk", make: Callable[["Desk"], Made]) -> Made:
        """What *make* makes of a request, or made of another one like it."""
        asked = tuple(desk.query.items())
        key = (make, desk.path, asked, desk.language, desk.session.rights, desk.session.views)
        found: Made | None = self._made.get(key)
        if found is None:
            if len(self._made) >= _MOST_KEPT:
                self._made.clear()
            found = self._made[key] = make(desk)
        return found


@dataclass(slots=True, kw_only=True)
class Desk:
    """A request as pages see it. ``opened.by`` is the operator.

    Nobody changes one; to freeze it takes three times as long, as for other parts of each answer.
    """

    opened: OpenCase
    site: Site
    session: Session
    language: PageLanguage
    path: str
    named: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    form_token: str = field(default="", repr=False)
    keeping: Kept = field(default_factory=Kept, repr=False)

    def say(self, text: str, /, **values: object) -> str:
        """A sentence in the operator's language."""
        if values or (isinstance(text, Said) and text.values):
            return saying.sentence(text, self.language, **values)
        return _plain(text, self.language)

    def kept(self, make: Callable[["Desk"], Made]) -> Made:
        """What *make* makes of the address, the language, and who asks: see :class:`Kept`."""
        return self.keeping.of(self, make)

    def text(self, text: Text) -> str:
        """A text that the case gives in two languages."""
        return saying.text_of(text, self.language)

    def may(self, right: Right) -> bool:
        """Whether the operator's roles allow it."""
        return right in self.session.rights

    def word(self, name: str, default: str = "") -> str:
        """A word of the query."""
        return self.query.get(name, default).replace("\0", "").strip()

    def number(self, name: str, default: int | None = None) -> int | None:
        """A whole number of the query; *default* where it is none."""
        text = self.word(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else default  # noqa: PLR2004

    @property
    def views(self) -> tuple[SavedView, ...]:
        """What the operator saved of this page."""
        return tuple(one for one in self.session.views if one.path == self.path)

    def here(self, **changes: object) -> str:
        """This page's address with other words in its query; an empty word goes."""
        words = {**self.query, **{name: str(value) for name, value in changes.items()}}
        return self.path + _query(tuple(words.items()))

    def minor(self, amount_minor: int) -> str:
        """An amount of the case's currency, without its name."""
        return minor_text(amount_minor, exponent(self.opened.case.file.currency))

    def money(self, amount: Money) -> str:
        """An amount with its currency."""
        return amount.display()

    def currency(self, amount_minor: int) -> str:
        """An amount of the case's currency, with its name."""
        currency = self.opened.case.file.currency
        return Money(amount_minor=amount_minor, currency=currency).display()

    def time(self, moment: datetime | None) -> Whole:
        """A moment as lists show it: ``2026-11-23 09:05:00`` in the case's zone."""
        if moment is None:
            return Whole()
        return Whole(
            moment.astimezone(self.opened.case.file.zone).strftime("%Y-%m-%d\u00a0%H:%M:%S")
        )


@lru_cache(4096)
def _plain(text: str, language: PageLanguage) -> str:
    """A sentence without values: pages are made of hundreds of them."""
    return saying.sentence(text, language)


@lru_cache(4096)
def _query(words: tuple[tuple[str, str], ...]) -> str:
    """What follows a path; an empty word goes. A page asks for the same few again and again."""
    kept = [pair for pair in words if pair[1]]
    return f"?{urlencode(kept)}" if kept else ""


@lru_cache(4096)
def minor_text(amount_minor: int, digits: int) -> str:
    """``5,000.00``."""
    if digits == 0:
        return f"{amount_minor:,}"
    whole, part = divmod(abs(amount_minor), 10**digits)
    return f"{'-' if amount_minor < 0 else ''}{whole:,}.{part:0{digits}d}"


def utc_now() -> datetime:
    """The world's time, for ages of sessions and pages."""
    return datetime.now(UTC)
