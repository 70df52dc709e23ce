"""The fields that a column may be: what its header, its values and registries say of it. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as also
from functools import cache
from typing import Final

import polars as pl

from amends.evidence.categories import lexicon
from amends.evidence.categories.formats import is_name, is_value, share
from amends.evidence.categories.hints import hinted, misspelt, rare, shortened
from amends.evidence.categories.looks import MOST, births, in_words, matching
from amends.evidence.categories.placeholders import without_placeholders
from amends.evidence.categories.spelled import in_characters
from amends.evidence.categories.subjects import Rows
from amends.evidence.categories.tells import CERTAIN, HINTED, LIKELY, NOBODYS, Tell, shares
from amends.evidence.categories.themes import NOBODYS as THINGS
from amends.evidence.categories.truer import truer
from amends.evidence.categories.words import (
    BARE_NUMBERS,
    CLOSED,
    FIELD_OF,
    KNOWN_TO_DIFFER,
    MEASURED,
    STRENGTH,
    field_by_ending,
    is_known,
    is_of_a_thing,
    is_of_someone_else,
    is_placeholder,
    meaning_of,
    meanings,
    names_a_number,
    word_of,
)
from amends.evidence.model import RESERVED, How, Role

OVERLAP_SHARE = 0.15
"""Leaked values are misspelt, and many people of a leak are no customers: far below one half."""
OVERLAP_SHARE_HINTED = 0.05
"""Where the header already says that it can only be one of a few fields."""
LONGEST_LABEL = 64
_HARDLY = 0.1
_NEARLY_ALL = 0.8
_ENOUGH = 20
"""With fewer values than this, values do not contradict a header."""
_LISTED = frozenset({"politic", "ethnicity", "education", "marital"})
"""Fields of few words that no other field has: they tell against any header."""
_AGAIN = 3
"""Words of a short list stand at least so often each, slips counted in."""
_NUMBERS_INSTEAD = {
    **dict.fromkeys(
        ("name", "surname", "given_name", "address", "employer"), matching(r"[\d.\-]{1,9}")
    ),
    **dict.fromkeys(("bankcard", "idno", "passport", "email", "order"), matching(r"\d{1,3}")),
    **dict.fromkeys(("logistics", "permit"), matching(r"\d{1,6}")),
    "phone": matching(r"\d{1,4}"),
}
_OF_RECORDS = frozenset({"location", "token", "device"})
"""Forms that a record's columns may have: places, numbers."""
_PARTS_OF_NAMES = frozenset({"surname", "given_name"})
_OF_ONE_FORM = frozenset({"idno", "phone", "email", "bankcard"})
"""Fields that a vague header has only where its values look so."""
_VAGUE_BEHIND = {"account_id": {"username"}, "address": {"address"}}
_OF_THE_ROW = frozenset({"id", "key", "code", "no", "number", "uuid", "guid", "编号"})
"""Headers that in a table of orders, visits, goods number those."""
_OWNED = frozenset({"money", "cash"})
"""Sums that a person has where a row is a person; of orders and loans they are others."""
_numbers_of_rows = matching(rf"[1-9]\d{{0,8}}|{lexicon.UUID}|[0-9A-Fa-f]{{24}}|[0-9A-Fa-f]{{32}}")
"""What databases number rows by."""
_YEAR = 4
SAID = frozenset({How.OVERRIDE, How.OVERLAP})
"""What nothing that headers, values or names of tables tell speaks against."""
_RESERVED_FOR_PEOPLE = frozenset({"kind", "path", "row"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A column: its place (from 0), its header if it has one, and some of its values."""

    position: int
    header: str | None
    values: tuple[str, ...]
    filled: float = 1.0
    """Share of the rows that have a value."""
    bare: str = ""
    """The header's word without what it shares with the others of its table."""
    comment: str = ""
    """What the file says of the column."""

    @property
    def word(self) -> str:
        """What the column is called; empty where nothing says it.

        The first words of a comment, if they are words for a column, or the header is none: who
        wrote a comment wanted to be understood. Else the header's word.
        """
        said = _first_words(self.comment) if self.comment else ""
        return said if said and (_speaks(said) or not _speaks(self.own_word)) else self.own_word

    @property
    def own_word(self) -> str:
        """The header's word; empty where there is none, or it says nothing."""
        if self.bare:
            return self.bare
        if self.header is None or is_placeholder(self.header) or _is_value(self.header):
            return ""
        return _read(self.header)

    @property
    def label(self) -> str:
        """What the column is called where people read it: never a value."""
        if self.header and not _is_value(self.header) and len(self.header) <= LONGEST_LABEL:
            return "".join(c if c.isprintable() else " " for c in self.header).strip()
        return f"column_{self.position + 1}"


_BEHIND: Final = re.compile(r"[\s,，;；:：。、|/=(（【\[<《]|(?<=[^\W\d_])\d")
"""What stands behind the first words of a comment: ``性别(0男 1女)``, ``手机号，登录用``."""


@cache
def _first_words(comment: str) -> str:
    return meaning_of(_BEHIND.split(comment.strip(), maxsplit=1)[0])


@cache
def _speaks(word: str) -> bool:
    """Whether it is a word for a column, be it nobody's."""
    said = is_known(word) or is_of_someone_else(word) or is_of_a_thing(word)
    return bool(word) and (said or field_by_ending(word) is not None)


def _read(header: str) -> str:
    """The header's word; in characters where nobody knows it and it spells some in pinyin."""
    word = meaning_of(header)
    return word if is_known(word) else in_characters(word) or word


def _is_value(header: str) -> bool:
    """Whether a header is someone's value, and none of its parts a word for a column."""
    return is_value(header) and not any(part in FIELD_OF for part in word_of(header).split("_"))


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Claim:
    """A field that a column may be: the smaller its rank, the earlier it is heard."""

    rank: float
    position: int
    field: str
    how: How
    rule: str = also(default="", compare=False)
    share: float | None = also(default=None, compare=False)
    confidence: float = also(default=1.0, compare=False)


def reserved(role: Role) -> frozenset[str]:
    """Words that no column of such a file may have as its field."""
    return _RESERVED_FOR_PEOPLE if role is Role.PEOPLE else RESERVED


def claims_of(
    sample: Sample,
    overrides: Mapping[int, str],
    overlap: Mapping[str, float],
    role: Role,
    rows: Rows | None = None,
) -> list[Claim]:
    """The fields that a column may be, each with its rank: smaller goes first.

    *rows*: what the name of the table says that its rows are.
    """
    at = sample.position
    if at in overrides:
        return [Claim(rank=0, position=at, field=overrides[at], how=How.OVERRIDE, rule="override")]
    word = sample.word
    values = without_placeholders(pl.Series(sample.values, dtype=pl.String))
    field = one_field(word)
    if field is not None:
        return [] if field in reserved(role) else _by_header(at, word, field, values)
    possible = _meanings(sample, rows, role)
    if not possible and (word in KNOWN_TO_DIFFER or is_of_someone_else(word)):
        return []
    ending = None if possible else field_by_ending(word)
    if ending is not None and ending not in reserved(role):
        return _by_header(at, word, ending, values, ending=True)
    found = _by_content(at, values, CERTAIN, rank=2)
    if role is Role.REGISTRY and possible[:1] == ("account_id",):
        found.append(
            Claim(rank=1.5, position=at, field="account_id", how=How.HEADER, confidence=0.9)
        )
    found.extend(_by_overlap(at, overlap, possible))
    found.extend(_by_meanings(at, possible, values))
    if not possible and not is_of_a_thing(word):
        found.extend(_by_likeness(at, values, unknown_header=bool(word)))
        found.extend(_by_hints(at, word, values))
    if role is Role.REGISTRY and (not word or names_a_number(word)) and _is_key(sample):
        found.append(
            Claim(
                rank=8,
                position=at,
                field="account_id",
                how=How.CONTENT,
                rule="key",
                confidence=0.55,
            )
        )
    return found


def _meanings(sample: Sample, rows: Rows | None, role: Role) -> tuple[str, ...]:
    """What a header can mean: a bare number is a person's, or that of one order, parcel, case."""
    possible = meanings(sample.word)
    bare = word_of(sample.header or "")
    if bare == "id" and role is not Role.REGISTRY and _number_rows(sample.values):
        return ()
    if rows is Rows.PEOPLE and bare in BARE_NUMBERS:
        return ("account_id", *(one for one in possible if one in {"idno", "phone"}))
    if rows is Rows.PEOPLE and bare in _OWNED:
        return ("balance",)
    numbers_the_row = rows is not None and rows is not Rows.PEOPLE and bare in _OF_THE_ROW
    return () if numbers_the_row and role is not Role.REGISTRY else possible


def _number_rows(values: Sequence[str]) -> bool:
    """Whether values are what a database numbers rows by, and no number of anybody's."""
    return _numbers_of_rows(pl.Series(values, dtype=pl.String)) >= MOST


def _by_header(
    at: int, word: str, field: str, values: pl.Series, *, ending: bool = False
) -> list[Claim]:
    """What a header says, held against the values: they can confirm it, or be something else."""
    field = truer(field, word, values)
    if _is_number_instead(field, values):
        return []
    rank = 1 + STRENGTH.get(word, 999) / 1000 + ending / 2
    own = [tell for tell in (*CERTAIN, *LIKELY, *HINTED) if tell.field == field]
    agreed = None
    if not _has_no_form(field, values):
        agreed = max((part for _, part in shares(values, own)), default=None)
    confidence = 0.85 if ending else 0.9
    if agreed is not None and (field in CLOSED or agreed >= MOST):
        confidence = 0.9 + 0.09 * agreed if agreed >= MOST else 0.8 if agreed > _HARDLY else 0.6
    claim = Claim(
        rank=rank,
        position=at,
        field=field,
        how=How.HEADER,
        rule="ending" if ending else "header",
        share=agreed,
        confidence=confidence,
    )
    if ending and field in MEASURED and agreed == 0 and len(values) >= _ENOUGH:
        return []
    if (agreed or 0) <= _HARDLY and len(values) >= _ENOUGH:
        surely = [*CERTAIN] if field in CLOSED else []
        if field not in _LISTED and values.n_unique() * _AGAIN <= len(values):
            surely += [tell for tell in LIKELY if tell.field in _LISTED]
        other = [one for one in _by_content(at, values, surely, rank=2) if one.field != field]
        if any(one.share is not None and one.share >= _NEARLY_ALL for one in other):
            return [*other, replace(claim, rank=5, confidence=0.3)]
    return [claim]


def _has_no_form(field: str, values: pl.Series) -> bool:
    """Whether values may be of a field though its forms do not know them: Latin surnames, years."""
    if field in _PARTS_OF_NAMES:
        return share(values.to_list(), str.isascii) >= MOST
    return field == "birth" and share(values.to_list(), _is_year) >= MOST


def _is_year(value: str) -> bool:
    return len(value) == _YEAR and value.startswith(("19", "20")) and value.isdecimal()


def _is_number_instead(field: str, values: pl.Series) -> bool:
    """Whether nearly all values are numbers where the field has words, or longer numbers."""
    test = _NUMBERS_INSTEAD.get(field)
    return test is not None and len(values) >= _ENOUGH and test(values) >= _NEARLY_ALL


def claims_in(sample: Sample, theme: str, before: list[Claim]) -> list[Claim]:
    """What a header means in a table of what the others speak of; *before*: what it does alone."""
    at, word = sample.position, sample.word
    values = without_placeholders(pl.Series(sample.values, dtype=pl.String))
    if any(claim.how in SAID for claim in before) or _surely_else(at, theme, values):
        return before
    field = "measure" if theme == THINGS else truer(theme, word, values)
    return [by_theme(at, field)]


def by_theme(at: int, field: str) -> Claim:
    """What a column is by what its table is of."""
    return Claim(rank=1.9, position=at, field=field, how=How.HEADER, rule="theme", confidence=0.8)


def values_tell(claims: Sequence[Claim]) -> str | None:
    """The field that a column's values surely tell."""
    best = min(claims, default=None)
    return best.field if best is not None and best.how is How.CONTENT and best.rank < 3 else None  # noqa: PLR2004  # certain formats


def _surely_else(at: int, theme: str, values: pl.Series) -> bool:
    """Whether nearly all values have a form that the theme's columns do not have."""
    if len(values) < _ENOUGH or theme == "calllog":
        return False
    surely = [tell for tell in CERTAIN if tell.field not in _OF_RECORDS]
    found = _by_content(at, values, surely, rank=2)
    return any(one.field != theme and (one.share or 0) >= _NEARLY_ALL for one in found)


def _by_content(
    at: int, values: pl.Series, tells: Sequence[Tell], *, rank: float, unsure: float = 1.0
) -> list[Claim]:
    """What the values themselves say."""
    return [
        Claim(
            rank=rank + 1 - part * tell.strength,
            position=at,
            field=tell.field,
            how=How.CONTENT,
            rule=tell.rule,
            share=part,
            confidence=tell.strength * (0.6 + 0.4 * part) * unsure,
        )
        for tell, part in shares(values, tells)
        if part >= tell.least
    ]


def _by_overlap(at: int, overlap: Mapping[str, float], possible: Sequence[str]) -> list[Claim]:
    """What registries have as well; of a header of several meanings only those."""
    least = OVERLAP_SHARE_HINTED if possible else OVERLAP_SHARE
    return [
        Claim(
            rank=3 + 1 - part,
            position=at,
            field=field,
            how=How.OVERLAP,
            rule="overlap",
            share=part,
            confidence=min(0.95, 0.55 + part),
        )
        for field, part in overlap.items()
        if part >= least and (not possible or field in possible)
    ]


def _by_meanings(at: int, possible: Sequence[str], values: pl.Series) -> list[Claim]:
    """What a header of several meanings most likely means."""
    return [
        Claim(
            rank=4.5 + place / 10,
            position=at,
            field=field,
            how=How.HEADER,
            rule="several",
            confidence=0.75 if len(possible) == 1 else 0.65 - place / 10,
        )
        for place, field in enumerate(_likeliest(possible, values))
        if field != "birth" or len(values) < _ENOUGH or births(values) >= MOST
    ]


def _by_likeness(at: int, values: pl.Series, *, unknown_header: bool) -> list[Claim]:
    """What the values look like, where no header speaks or nobody knows it."""
    if unknown_header:
        tells = [tell for tell in LIKELY if tell.any_header]
        found = _by_content(at, values, tells, rank=6, unsure=0.8)
        return [one for one in found if one.share is not None and one.share >= _NEARLY_ALL]
    return _by_content(at, values, (*LIKELY, *NOBODYS), rank=6)


def _by_hints(at: int, word: str, values: pl.Series) -> list[Claim]:
    """What a part of an unknown header hints at, where the values agree; or a misspelt header."""
    fields = tuple(hinted(word))
    tells = [tell for tell in (*LIKELY, *HINTED) if tell.field in fields]
    found = [
        replace(claim, rule="hint") for claim in _by_content(at, values, tells, rank=5, unsure=0.9)
    ]
    guesses = ((rare, "part"), (shortened, "shortened"), (misspelt, "misspelt"))
    for near, rule in ((guess(word), rule) for guess, rule in guesses):
        if near is not None and not found:
            confidence = {"part": 0.75, "shortened": 0.7, "misspelt": 0.6}[rule]
            found.append(
                Claim(
                    rank=7,
                    position=at,
                    field=near,
                    how=How.HEADER,
                    rule=rule,
                    confidence=confidence,
                )
            )
    return found


def _is_key(sample: Sample) -> bool:
    """Whether every row has a value, each stands once, and all have one form: as account ids do.

    Asked of registries alone: a leaked row with a wrong account id would be matched by it.
    """
    values = pl.Series(sample.values, dtype=pl.String)
    if len(values) < _ENOUGH or sample.filled < 1 or not values.is_unique().all():
        return False
    one_form = values.str.replace_all(r"\d+", "#").n_unique() == 1
    return one_form and not values.str.contains("@").any()


def one_field(word: str) -> str | None:
    """The field that a header means, if it means one alone."""
    return FIELD_OF.get(word) or FIELD_OF.get(word.replace("_", "")) if word else None


def _likeliest(possible: Sequence[str], values: pl.Series) -> list[str]:
    """What a header can mean, with what its values do not look like left for last, or left out."""
    alike = {
        tell.field
        for tell, part in shares(values, [t for t in (*CERTAIN, *LIKELY) if t.field in possible])
        if part >= tell.least
    }
    if share(values.to_list(), is_name) >= MOST:
        alike.add("name")
    elif "username" in possible and in_words(values) >= MOST:
        alike.add("username")
    vague = _OF_ONE_FORM | _VAGUE_BEHIND.get(next(iter(possible), ""), frozenset())
    enough = len(values) >= _ENOUGH
    left = [one for one in possible if one in alike or not (enough and one in vague)]
    return sorted(left, key=lambda field: (field not in alike, field == "name"))
