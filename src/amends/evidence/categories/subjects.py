"""What a table is of, by what it is called: a file, a sheet, a table of a dump. Pure.

A name is a weak mark. Many tables are called by what they hold (``t_hotel_checkin``,
``会员信息表``), others ``users2``, ``data`` or ``Sheet1``, and some by what they do not hold: so a
name counts as one header does, and never against what headers or values say.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from amends.evidence.categories.spelled import in_characters
from amends.evidence.categories.words import read_table, word_of


class Rows(StrEnum):
    """What each row of a table is."""

    PEOPLE = "people"
    THINGS = "things"
    RECORDS = "records"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the name of a table says of it.

    ``themes``: all that it may be of. ``named``: those that its last word says, which is what its
    rows are. ``rows``: None where the name does not say.
    """

    themes: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    rows: Rows | None = None


NOT_SAID: Final = Subject()
_NOTHING: Final = "nothing"
_SOMEBODY: Final = "somebody"
_KINDS: Final = frozenset(("people", _SOMEBODY, "staff", "records", "things", _NOTHING))
_RUN: Final = re.compile("[a-z]{2,}|[\u3400-\u9fff]+")
_MOST_TOGETHER: Final = 3
_LONGEST: Final = 200
_SHORTEST_JOINED: Final = 3
_LONGEST_HAN: Final = 6


def subject_of(table: str) -> Subject:
    """What a table called ``path!member`` is of: by its own name first, then by what it lies in."""
    found = [_said(name[:_LONGEST]) for name in names_of(table)]
    own, *around = found
    rows = next((one for one in (own, *map(_around, around)) if one.rows is not None), NOT_SAID)
    themes = next((one.themes for one in found if one.themes), NOT_SAID.themes)
    return Subject(themes=themes, named=rows.named, rows=rows.rows)


def names_of(table: str) -> list[str]:
    """What a table called ``path!member`` is called, and then what it lies in.

    Folders of the disk say nothing: whoever wrote case.toml chose them.
    """
    outermost, *inside = table.replace("\\", "/").split("!")
    names = [outermost.rsplit("/", 1)[-1], *(name for one in inside for name in one.split("/"))]
    return names[::-1]


def _around(said: Subject) -> Subject:
    """What a file says of the tables in it: a shop's are not lists of shops."""
    return NOT_SAID if said.rows is Rows.THINGS else said


@cache
def _said(name: str) -> Subject:
    """What one name says; a hotel's staff are not its guests, so of theirs only the last word."""
    said = list(_lines(_pieces(word_of(name))))
    while said and _NOTHING in said[-1]:
        said.pop()
    last = said[-1] if said else frozenset()
    if _SOMEBODY in last and len(said) > 1 and said[-2] - _KINDS:
        last |= said[-2] - _KINDS  # 服刑人员: those who serve a sentence
    if "staff" in last:
        last |= {"occupation"}
    themes = last if "staff" in last else frozenset().union(*said)
    named = frozenset() if "things" in last else last - _KINDS
    return Subject(themes=themes - _KINDS, named=named, rows=_rows(last))


def _rows(last: frozenset[str]) -> Rows | None:
    """What the rows of a table are that ends so; ``hotel`` may list hotels, or guests of one."""
    if last & {"people", "staff", _SOMEBODY}:
        return Rows.PEOPLE
    if "things" in last:
        return None if last - _KINDS else Rows.THINGS
    return Rows.RECORDS if last else None


def _lines(pieces: Sequence[str]) -> Iterator[frozenset[str]]:
    """The lines of the table that each word stands in, the longest words first."""
    at = 0
    while at < len(pieces):
        for size in range(min(_MOST_TOGETHER, len(pieces) - at), 0, -1):
            lines = _lines_of().get("_".join(pieces[at : at + size]))
            if lines or size == 1:
                yield lines or frozenset()
                at += size
                break


def _pieces(word: str) -> list[str]:
    """The words of a name, in the singular: ``hotelcheckins`` is ``hotel``, ``checkin``."""
    pieces: list[str] = []
    for run in _RUN.findall(word):
        if run.isascii():
            spelled = in_characters(run)
            pieces.extend(_joined(run) or (_han(spelled) if spelled else (run,)))
        else:
            pieces.extend(_han(run))
    return pieces


@cache
def _joined(run: str) -> tuple[str, ...]:
    """The known words that letters without a mark between are made of, if they are."""
    whole = _singular(run)
    if whole:
        return (whole,)
    for size in range(len(run) - _SHORTEST_JOINED, _SHORTEST_JOINED - 1, -1):
        first = _singular(run[:size])
        rest = _joined(run[size:]) if first else ()
        if first and rest:
            return (first, *rest)
    return ()


def _singular(run: str) -> str | None:
    """The known word that this is, or is the plural of."""
    known = _words_of()
    ends = (run, run.removesuffix("s"), run.removesuffix("es"), f"{run.removesuffix('ies')}y")
    return next((known[one] for one in ends if one in known), None)


def _han(run: str) -> list[str]:
    """The known words of a Chinese name, and the characters between."""
    pieces, at = [], 0
    while at < len(run):
        size = next(
            (n for n in range(_LONGEST_HAN, 1, -1) if run[at : at + n] in _lines_of()),
            1,
        )
        pieces.append(run[at : at + size])
        at += size
    return pieces


@cache
def _lines_of() -> Mapping[str, frozenset[str]]:
    """Word → the lines that it stands in."""
    lines: dict[str, frozenset[str]] = {}
    for line, words in read_table("table_names").items():
        for word in words:
            lines[word] = lines.get(word, frozenset()) | {line}
    return lines


@cache
def _words_of() -> Mapping[str, str]:
    """Each word as it is looked up, by how it may be written without marks between."""
    words = [word for word in _lines_of() if word.isascii()]
    parts = {part: part for word in words for part in word.split("_")}
    return parts | {word.replace("_", ""): word for word in words}
