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

from amends.evidence.categories.hints import rare
from amends.evidence.categories.subjects import NOT_SAID, Rows, Subject
from amends.evidence.categories.words import (
    BARE_NUMBERS,
    FIELD_OF,
    KNOWN_TO_DIFFER,
    MEASURED,
    field_by_ending,
    is_of_someone_else,
    read_table,
)

NOBODYS: Final = "nobodys"
"""The theme of what measures a thing: a parcel has a weight."""
_IF_SURE: Final = "_if_sure"
_IF_NAMED: Final = "_if_named"
_SURE: Final = 2
_FIELDS: Final = {"body": "health", "number": "order", "terminal": NOBODYS}
"""The field of themes that are called otherwise."""
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

_OF_PEOPLE: Final = frozenset(("order", "calllog", "comms", "logistics", "loan", "credit", "crime"))
"""Records that are of people even where no column names them."""
_OTHER_PARTY: Final = re.compile(
    "other|opp|peer|target|called|callee|dst|dest|remote|counterpart|receiver|recipient|to_"
)
"""Whose number in a table of calls is no number of the row's own person."""
_MOMENT: Final = re.compile("_?(?:date_?time|time_?stamp|dtm?|ts)(?:_utc|_ms)?$")
"""How headers write a time."""
_SHORT: Final = 4
"""Initials of pinyin that are no longer than this stand for many things."""
_RATHER: Final = frozenset(
    (("product", "order"), ("occupation", "secretjob"), ("occupation", "credit"))
)
"""What a header says by itself, and the theme that knows better."""
_NAME: Final = -1
"""The place of the table's name among its headers."""


def in_its_theme(
    words: Sequence[str], values_tell: Sequence[str | None], subject: Subject = NOT_SAID
) -> dict[int, str]:
    """Position → the field that a header has in a table of what the others speak of.

    *values_tell*: the field that each column's values tell. *subject*: what the table's name says,
    which counts as one header more, unless the headers speak of something else.
    """
    told = [_told(word) or field for word, field in zip(words, values_tell, strict=True)]
    marked = {theme: _marks(theme, words, told) for theme in _marks_of()}
    by_name = _heard(subject, words, marked)
    named = by_name & subject.named
    if not (_of_people(told) or subject.rows is Rows.PEOPLE or named or by_name & _OF_PEOPLE):
        return {}
    for theme in by_name:
        marked[theme] = marked.get(theme, frozenset()) | {_NAME}
    by_person = subject.rows is Rows.PEOPLE
    meant: dict[int, str] = {}
    for at, word in enumerate(words):
        if not word or is_of_someone_else(word) or (by_person and word in BARE_NUMBERS):
            continue
        themes = _themes_of(word, named)
        if not themes and not told[at]:
            ended = (one for one in _ended_as(word) if one in named or one not in _WEAK)
            themes = dict.fromkeys(ended, _SURE)
        counts = {
            theme: len(marked.get(theme, frozenset()) - {at}) + (theme in named) for theme in themes
        }
        enough = [theme for theme, least in themes.items() if counts[theme] >= least]
        if enough:
            best = max(enough, key=lambda theme: counts[theme])
            field = _FIELDS.get(best, best)
            by_rows = best in named and _says_less(word, told[at], best, words, marked)
            if by_rows or _may_be(field, word, told[at], marked, at):
                meant[at] = field
    return meant


def _of_people(told: Sequence[str | None]) -> bool:
    return not (_ABOUT_PEOPLE | _OF_PEOPLE).isdisjoint(told)


def _heard(
    subject: Subject, words: Sequence[str], marked: Mapping[str, frozenset[int]]
) -> frozenset[str]:
    """The themes of a name that the headers do not speak against.

    One header that says the same is enough; else no two may say another thing, but for those that
    are words of the theme themselves.
    """
    heard = set()
    for theme in subject.themes:
        its_own = {at for at, word in enumerate(words) if theme in _themes_of(word, subject.named)}
        borne_out = marked.get(theme) or marked.get(_FIELDS.get(theme, theme))
        if borne_out or all(len(marks - its_own) < _SURE for marks in marked.values()):
            heard.add(theme)
    return frozenset(heard)


def _may_be(
    theme: str, word: str, told: str | None, marked: Mapping[str, frozenset[int]], at: int
) -> bool:
    """Whether a header may mean a theme's field, whatever it is told to mean by itself."""
    own = "track" if told == "location" else told
    if theme == NOBODYS:
        return own in MEASURED or own == "device"
    if own is None or own == theme or (own, theme) in _RATHER:
        return True
    if own == "phone" and theme == "calllog":
        return _OTHER_PARTY.match(word) is not None
    if own == "account_id":
        return theme in _NUMBERED
    if own in _marks_of():  # a word of another theme: its own where it or the table says so
        return not marked[own] - {at} and not _marks_of()[own].search(word)
    return own not in _ABOUT_PEOPLE and word not in FIELD_OF


def _says_less(
    word: str,
    own: str | None,
    theme: str,
    words: Sequence[str],
    marked: Mapping[str, frozenset[int]],
) -> bool:
    """Whether a header's own meaning is of records of which less is said than of the table's."""
    own = "track" if own == "location" else own
    if own is None or own in _WEAK or own in _ABOUT_PEOPLE:
        return False
    if own not in _marks_of():
        return len(word) <= _SHORT or (own, theme) == ("balance", "loan")
    besides = {at for at in marked[own] if theme not in _themes_of(words[at], frozenset((theme,)))}
    return len(besides) < _SURE and len(besides) < len(marked.get(theme, frozenset()))


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


def _themes_of(word: str, named: frozenset[str]) -> Mapping[str, int]:
    """The themes in which a header means the theme's field, and how many others must say so.

    *named*: what the rows of the table are called.
    """
    least: dict[str, int] = {}
    for line in _lines_of(word) or _lines_of(_MOMENT.sub("_time", word)):
        theme = line.removesuffix(_IF_SURE).removesuffix(_IF_NAMED)
        if line.endswith(_IF_NAMED) and theme not in named:
            continue
        least[theme] = min(least.get(theme, _SURE), _SURE if line.endswith(_IF_SURE) else 1)
    return least


@cache
def _lines_of(word: str) -> tuple[str, ...]:
    return tuple(line for line, meaning in _words_of().items() if meaning.fullmatch(word))


@cache
def _ended_as(word: str) -> tuple[str, ...]:
    """The themes of which a header tells by its end, whatever it begins with."""
    ends = _ends_of()
    if word in KNOWN_TO_DIFFER or word in FIELD_OF or ends["never"].search(word):
        return ()
    return tuple(theme for theme, end in ends.items() if theme != "never" and end.search(word))


@cache
def _ends_of() -> Mapping[str, re.Pattern[str]]:
    return {theme: re.compile("|".join(one)) for theme, one in read_table("theme_ends").items()}


@cache
def _marks_of() -> Mapping[str, re.Pattern[str]]:
    return {theme: re.compile("|".join(one)) for theme, one in read_table("theme_marks").items()}


@cache
def _words_of() -> Mapping[str, re.Pattern[str]]:
    return {line: re.compile("|".join(one)) for line, one in read_table("theme_words").items()}
