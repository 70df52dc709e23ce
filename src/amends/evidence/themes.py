"""What a header means in a table of stays, calls, parcels, loans: by what the others say. Pure.

``departure`` beside a room is the end of a stay, beside a flight the beginning of a journey; a
``branch`` beside dues is a union's. Some codes of the list are records of what happened to a
person, and of a record it tells as much when and where it was as what; such headers say little by
themselves. Only tables that tell of people are read so.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from amends.evidence.hints import rare
from amends.evidence.words import (
    FIELD_OF,
    MEASURED,
    field_by_ending,
    is_of_someone_else,
    read_table,
)

NOBODYS: Final = "nobodys"
"""The theme of what measures a thing: a parcel has a weight."""
_IF_SURE: Final = "_if_sure"
_SURE: Final = 2
_PARTS: Final = {"location": "track", "plate": "track", "bankcard": "cvv"}
_NUMBERED: Final = frozenset(("bankcard", "union"))
"""Themes in which what looks like a number of an account is the theme's."""
_WEAK: Final = frozenset(("union", "politic", "religion"))
"""What many tables say of a person in one column, which makes them no tables of members."""
_ABOUT_PEOPLE: Final = frozenset(
    (
        *("name", "surname", "given_name", "phone", "idno", "email", "passport", "plate", "birth"),
        *("account_id", "username", "address", "device", "bankcard", "gender", "permit"),
    )
)

_OF_PEOPLE: Final = frozenset(("order", "calllog", "comms", "logistics", "loan", "crime"))
"""Records that are of people even where no column names them."""


def in_its_theme(words: Sequence[str], values_tell: Sequence[str | None]) -> dict[int, str]:
    """Position → the field that a header has in a table of what the others speak of.

    *values_tell*: the field that each column's values tell.
    """
    told = [_told(word) or field for word, field in zip(words, values_tell, strict=True)]
    if not (_ABOUT_PEOPLE | _OF_PEOPLE).intersection(told):
        return {}
    marked = {theme: _marks(theme, words, told) for theme in _marks_of()}
    meant: dict[int, str] = {}
    for at, word in enumerate(words):
        if not word:
            continue
        themes = _themes_of(word)
        counts = {theme: len(marked[theme] - {at}) for theme in themes}
        enough = [theme for theme, least in themes.items() if counts[theme] >= least]
        if enough:
            best = max(enough, key=lambda theme: counts[theme])
            if _may_be(best, word, told[at], marked, at):
                meant[at] = best
    return meant


def _may_be(
    theme: str, word: str, told: str | None, marked: Mapping[str, frozenset[int]], at: int
) -> bool:
    """Whether a header may mean a theme's field, whatever it is told to mean by itself."""
    own = "track" if told == "location" else told
    if theme == NOBODYS:
        return own in MEASURED
    if own is None or own == theme:
        return True
    if own == "account_id":
        return theme in _NUMBERED
    if own in _marks_of():  # a word of another theme: its own where it or the table says so
        return not marked[own] - {at} and not _marks_of()[own].search(word)
    return own not in _ABOUT_PEOPLE and word not in FIELD_OF


def _told(word: str) -> str | None:
    if not word or is_of_someone_else(word):
        return None
    return FIELD_OF.get(word) or field_by_ending(word) or rare(word)


def _marks(theme: str, words: Sequence[str], told: Sequence[str | None]) -> frozenset[int]:
    """Positions of the headers that say that a table is of a theme."""
    mark = _marks_of()[theme]
    return frozenset(
        at
        for at, (word, field) in enumerate(zip(words, told, strict=True))
        if mark.search(word)
        or (theme not in _WEAK and field is not None and theme in (field, _PARTS.get(field)))
    )


@cache
def _themes_of(word: str) -> Mapping[str, int]:
    """The themes in which a header means the theme's field, and how many others must say so."""
    least: dict[str, int] = {}
    for line, meaning in _words_of().items():
        if meaning.fullmatch(word):
            theme = line.removesuffix(_IF_SURE)
            least[theme] = min(least.get(theme, _SURE), _SURE if line != theme else 1)
    return least


@cache
def _marks_of() -> Mapping[str, re.Pattern[str]]:
    return {theme: re.compile("|".join(one)) for theme, one in read_table("theme_marks").items()}


@cache
def _words_of() -> Mapping[str, re.Pattern[str]]:
    return {line: re.compile("|".join(one)) for line, one in read_table("theme_words").items()}
