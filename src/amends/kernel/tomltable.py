"""Reads values out of a TOML table, and knows at which line each key stands.

A reader (``a_text``, ``an_amount``) takes what TOML holds and returns a checked value, or raises
``ValueError`` with what the value should be; :class:`Table` adds file, line and key.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from math import inf
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from amends.kernel.errors import CaseFileError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.text import Text

_Value = TypeVar("_Value")
_Choice = TypeVar("_Choice", bound=StrEnum)
_Key = tuple[str | int, ...]
_PORTS: Final = 1 << 16
_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\-]+)\s*\]\]?")
_ASSIGNMENT = re.compile(r"""\s*(?:"([^"]+)"|([\w\-]+)(?:\.[\w\-]+)*)\s*=""")
_DURATION = re.compile(
    r"P(?=.)(?:(?P<weeks>[0-9]+)W)?(?:(?P<days>[0-9]+)D)?"
    r"(?:T(?=.)(?:(?P<hours>[0-9]+)H)?(?:(?P<minutes>[0-9]+)M)?(?:(?P<seconds>[0-9]+)S)?)?"
)


class Places:
    """Where in the text each key stands."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._lines: dict[_Key, int] = {}
        prefix: _Key = ()
        counts: dict[str, int] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            if header := _HEADER.match(line):
                prefix = tuple(header[2].split("."))
                if header[1] == "[[":
                    self._lines.setdefault(prefix, number)
                    prefix = (*prefix, counts.get(header[2], 0))
                    counts[header[2]] = counts.get(header[2], 0) + 1
                self._lines.setdefault(prefix, number)
            elif assignment := _ASSIGNMENT.match(line):
                self._lines.setdefault((*prefix, assignment[1] or assignment[2]), number)

    def line(self, key: _Key) -> int:
        """The line of *key*, or of the nearest table around it that stands in the text."""
        return next(
            (self._lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in self._lines), 1
        )

    def error(self, key: _Key, problem: str) -> CaseFileError:
        """An error at *key*, or at the nearest table around it that stands in the text."""
        line = self.line(key)
        words = ".".join(str(part + 1) if isinstance(part, int) else part for part in key)
        return CaseFileError(
            said(
                "{name}:{line}: {key}: {problem}",
                name=self._name,
                line=line,
                key=words,
                problem=problem,
            )
        )


class Table:
    """A TOML table that remembers which of its keys were asked for."""

    def __init__(self, content: Mapping[str, object], key: _Key, places: Places) -> None:
        self._content = content
        self._key = key
        self._places = places
        self._known: set[str] = set()
        self._children: list[Table] = []

    def required(self, name: str, read: Callable[[object], _Value]) -> _Value:
        """The value of *name*, which has to be there."""
        if name not in self._content:
            raise self.error(name, said("is missing"))
        return self._read(name, read)

    def optional(
        self, name: str, read: Callable[[object], _Value], default: _Value | None
    ) -> _Value:
        """The value of *name*, or *default*."""
        if name in self._content:
            return self._read(name, read)
        self._known.add(name)
        return default  # type: ignore[return-value]  # None only where the caller asks for it

    def table(self, name: str, *, required: bool = True) -> "Table":
        """The table *name*; an empty one where it may be missing."""
        if name not in self._content and required:
            raise self.error(name, said("is missing: the case needs a [{name}] table", name=name))
        return self._child(self._content.get(name, {}), name)

    def tables(self, name: str, at_least: int = 0) -> "list[Table]":
        """The tables ``[[name]]``."""
        items = self._content.get(name, [])
        if not isinstance(items, list):
            raise self.error(name, said("is written [[{name}]], once for each", name=name))
        if len(items) < at_least:
            raise self.error(
                name, said("is missing: the case needs at least one [[{name}]]", name=name)
            )
        return [self._child(item, name, number) for number, item in enumerate(items)]

    @property
    def content(self) -> Mapping[str, object]:
        """What stands in it."""
        return self._content

    def over(self, defaults: Mapping[str, object]) -> "Table":
        """This table, with *defaults* for the keys that it does not have."""
        self._content = {**defaults, **self._content}
        return self

    def error(self, name: str, problem: str) -> CaseFileError:
        """An error at key *name* of this table."""
        return self._places.error((*self._key, name), problem)

    def line(self, name: str) -> int:
        """The line at which key *name* of this table stands."""
        return self._places.line((*self._key, name))

    def __contains__(self, name: str) -> bool:
        """Whether the table has the key *name*."""
        return name in self._content

    def refuse_unknown_keys(self) -> None:
        """Everything that nobody asked for is a mistake, most often of spelling."""
        for name in self._content:
            if name not in self._known:
                words = ", ".join(sorted(self._known))
                raise self.error(name, said("is not a key here; known keys: {words}", words=words))
        for child in self._children:
            child.refuse_unknown_keys()

    def _child(self, content: object, *key: str | int) -> "Table":
        self._known.add(str(key[0]))
        if not isinstance(content, dict):
            raise self.error(str(key[0]), said("is a table"))
        child = Table(content, (*self._key, *key), self._places)
        self._children.append(child)
        return child

    def _read(self, name: str, read: Callable[[object], _Value]) -> _Value:
        self._known.add(name)
        try:
            return read(self._content[name])
        except ValueError as error:
            raise self.error(name, error.args[0]) from None


def read_table(path: Path, *, missing: str) -> Table:
    """The table that a TOML file is. *missing*: what is said where there is no such file.

    Raises:
        CaseFileError: it is missing, or no TOML in UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = tomllib.loads(text)
    except FileNotFoundError:
        raise CaseFileError(missing) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CaseFileError(
            said("{path}: is not TOML in UTF-8: {error}", path=path, error=error)
        ) from None
    return Table(content, (), Places(str(path), text))


def a_text(value: object) -> str:
    """A text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(said("is a text between quotation marks"))
    return value


def texts(value: object) -> tuple[str, ...]:
    """A list of texts, with at least one."""
    if not isinstance(value, list) or not value:
        raise ValueError(said('is a list of texts, like ["CN"]'))
    return tuple(a_text(item) for item in value)


def matching(pattern: str, words: str) -> Callable[[object], str]:
    """A text that the *pattern* matches as a whole; *words* say what that means."""

    def read(value: object) -> str:
        text = a_text(value)
        if re.fullmatch(pattern, text) is None:
            raise ValueError(said("is made of {words}", words=words))
        return text

    return read


def one_of(values: tuple[str, ...]) -> Callable[[object], str]:
    """One of the given words."""

    def read(value: object) -> str:
        if value not in values:
            raise ValueError(said("is one of: {values}", values=", ".join(values)))
        return str(value)

    return read


def choice(kind: type[_Choice]) -> Callable[[object], _Choice]:
    """A member of the enumeration, by its word."""

    def read(value: object) -> _Choice:
        return kind(one_of(tuple(kind))(value))

    return read


def both_languages(value: object) -> Text:
    """A text in Chinese and English, or one for both."""
    if isinstance(value, str):
        return Text(zh=a_text(value), en=a_text(value))
    if not isinstance(value, dict) or set(value) != {"zh", "en"}:
        raise ValueError(said('is a text, or {{ zh = "…", en = "…" }}'))
    return Text(zh=a_text(value["zh"]), en=a_text(value["en"]))


def a_time(value: object) -> datetime:
    """A time with its offset."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(said("is a time with its offset, like 2026-11-20T08:00:00+08:00"))
    return value


def a_day(value: object) -> date:
    """A day of the calendar."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError(said("is a day, like 2026-11-20"))


def a_whole_number(value: object) -> int:
    """A whole number from 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(said("is a whole number from 1"))
    return value


def a_switch(value: object) -> bool:
    """On or off."""
    if not isinstance(value, bool):
        raise ValueError(said("is true or false"))  # noqa: TRY004  # as every reader here says it
    return value


def a_probability(value: object) -> float:
    """More than 0, at most 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise ValueError(said("is a probability: more than 0, at most 1"))
    return float(value)


def a_number_above_zero(value: object) -> float:
    """A number above zero."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < inf:
        raise ValueError(said("is a number above zero"))
    return float(value)


def account_names(value: object) -> dict[str, str]:
    """Account of the ledger → code and name in the company's books, like ``224101 其他应付款``."""
    if not isinstance(value, dict):
        wrong = said("is a table, like {example}", example='{ owed = "224101 其他应付款" }')
        raise ValueError(wrong)  # noqa: TRY004  # the file's mistake, not a caller's
    name = matching(r"\S+ \S.*", said("a code, a space and a name, like 2241 其他应付款"))
    return {str(account): name(named) for account, named in value.items()}


def an_amount(value: object) -> Money:
    """An amount, like ``CNY 5000.00``."""
    return Money.parse(a_text(value))


def a_positive_amount(value: object) -> Money:
    """An amount above zero."""
    money = an_amount(value)
    if money.amount_minor < 1:
        raise ValueError(said('is an amount above zero, like "CNY 5000.00"'))
    return money


def a_duration(value: object) -> timedelta:
    """An ISO 8601 duration of weeks, days, hours, minutes and seconds."""
    match = _DURATION.fullmatch(a_text(value))
    if match is None:
        raise ValueError(said("is an ISO 8601 duration, like P3D or PT12H"))
    return timedelta(**{unit: int(number) for unit, number in match.groupdict("0").items()})


def a_public_address(value: object) -> str:
    """An https address that other words follow, without query: it ends in ``/``."""
    text = a_text(value)
    parts = urlsplit(text)
    plain = parts.netloc == parts.netloc.rpartition("@")[2] and text.isascii()
    if parts.scheme != "https" or not parts.hostname or not plain or "?" in text or "#" in text:
        raise ValueError(said("is a public https address, like https://pay.example.com/amends/"))
    return text if text.endswith("/") else f"{text}/"


def an_address(value: object) -> tuple[str, int]:
    """Host and port, like ``127.0.0.1:8480`` or ``[::1]:8480``."""
    host, _, port = a_text(value).rpartition(":")
    number = int(port) if port.isascii() and port.isdecimal() else 0
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not host or not 0 < number < _PORTS:
        raise ValueError(said("is an address and a port of this machine, like 127.0.0.1:8480"))
    return host, number


def an_hour(value: object) -> time:
    """A time of day."""
    if not isinstance(value, time):
        raise ValueError(said("is a time of day like 09:00:00"))  # noqa: TRY004 -- the file's mistake
    return value


def a_path(value: object) -> str:
    """A path inside the case directory."""
    text = a_text(value)
    if Path(text).is_absolute() or ".." in Path(text).parts:
        raise ValueError(said("is a path inside the case directory"))
    return text


def columns(value: object) -> dict[str, str]:
    """A file's column → field word."""
    if not isinstance(value, dict):
        wrong = said('is a table, like {{ phone = "mobile" }}')
        raise ValueError(wrong)  # noqa: TRY004  # the file's mistake, not a caller's
    word = matching(r"[a-z][a-z0-9_]*", said("a lower-case field word, like phone"))
    return {str(column): word(field) for column, field in value.items()}
