"""Pages of lists in memory by key: what is added or goes meanwhile moves no page. Pure.

A cursor is the key of the last row that was shown. One that is no key of such a list is the
beginning.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeAlias, TypeVar

Key: TypeAlias = tuple[int | str, ...]
Row = TypeVar("Row")

_MOST_NUMBER = 2**63 - 1

CURSOR_PATTERN = "^[A-Za-z0-9_-]{0,400}$"
"""How every cursor looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Row]):
    """Rows of a list; ``following``: the cursor of the next page, empty at the end."""

    rows: list[Row]
    following: str


def page(
    rows: Iterable[Row], key: Callable[[Row], Key], *, after: str, most: int, down: bool = False
) -> Page[Row]:
    """The page after a cursor, in the order of *key*; *down*: the greatest first.

    *key* is of one form for every row, and no two rows share one.
    """
    ordered = sorted(rows, key=key, reverse=down)
    place = key_of(after)
    if ordered and place is not None and _alike(place, key(ordered[0])):
        ordered = [row for row in ordered if (key(row) < place if down else key(row) > place)]
    shown = ordered[:most]
    return Page(rows=shown, following=cursor_of(key(shown[-1])) if len(ordered) > most else "")


def cursor_of(key: Key) -> str:
    """How a key is named in an address."""
    text = json.dumps(key, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def key_of(cursor: str) -> Key | None:
    """The key that a cursor names; None if it names none."""
    try:
        found = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        return None
    if not isinstance(found, list) or not all(type(one) in {int, str} for one in found):
        return None
    return tuple(found)


def number_of(cursor: str, *, most: int = _MOST_NUMBER) -> int | None:
    """The number from 1 to *most* that a cursor names; None if it names none."""
    match key_of(cursor):
        case (int(number),) if 0 < number <= most:
            return number
    return None


def day_of(cursor: str) -> tuple[date, str] | None:
    """The day, and the word of those of that day, that a cursor names; None if it names none."""
    match key_of(cursor):
        case (str(day), str(word)):
            with suppress(ValueError):
                return date.fromisoformat(day), word.replace("\0", "")
    return None


def moment_of(cursor: str) -> tuple[datetime, str] | None:
    """The same of a moment."""
    match key_of(cursor):
        case (str(at), str(word)):
            with suppress(ValueError):
                found = datetime.fromisoformat(at)
                return (found, word.replace("\0", "")) if found.tzinfo else None
    return None


def words_of(cursor: str) -> tuple[str, str] | None:
    """The two words that a cursor names; None if it names none."""
    match key_of(cursor):
        case (str(one), str(other)):
            return one.replace("\0", ""), other.replace("\0", "")
    return None


def of_moment(at: datetime, word: str) -> str:
    """The cursor of a moment, and of a word among those of that moment."""
    return cursor_of((at.isoformat(), word))


def _alike(one: Key, other: Key) -> bool:
    return list(map(type, one)) == list(map(type, other))
