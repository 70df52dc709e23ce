"""Which column of a file is which field. Pure: headers and values in, decisions out.

In this order: what case.toml says; a header that means one thing; values with a format or a
checksum that hardly anything else has; values that a registry's field has as well; what a header
most likely means; weaker formats where no header speaks. What nothing tells is a category of its
own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as also

import polars as pl

from amends.evidence.formats import is_name, is_value, share
from amends.evidence.groups import address_parts, bare_words, memos_of_orders, second_person
from amends.evidence.hints import hinted, misspelt, rare, shortened
from amends.evidence.model import ASK_BELOW, RESERVED, ColumnDecision, How, Role
from amends.evidence.placeholders import without_placeholders
from amends.evidence.themes import in_its_theme
from amends.evidence.tells import CERTAIN, HINTED, LIKELY, MOST, NOBODYS, Tell, births, in_words
from amends.evidence.truer import truer
from amends.evidence.words import (
    CLOSED,
    FIELD_OF,
    KNOWN_TO_DIFFER,
    MEASURED,
    SEVERAL,
    STRENGTH,
    field_by_ending,
    is_of_a_thing,
    is_of_someone_else,
    is_placeholder,
    meaning_of,
    meanings,
    names_a_number,
    word_of,
)
from amends.kernel.categories import field_word
from amends.kernel.errors import InputFileError

OVERLAP_SHARE = 0.15
"""Leaked values are misspelt, and many people of a leak are no customers: far below one half."""
OVERLAP_SHARE_HINTED = 0.05
"""Where the header already says that it can only be one of a few fields."""
LONGEST_LABEL = 64
_HARDLY, _NEARLY_ALL = 0.1, 0.8
_ENOUGH = 20
"""With fewer values than this, values do not contradict a header."""
_WEAKER = 3
"""Claims up to here rest on headers and certain formats."""
_MOST_INSTEAD = 3
_NAMES = frozenset({"name", "surname", "given_name"})
_LISTED = frozenset({"politic", "ethnicity", "education", "marital"})
"""Fields of few words that no other field has: they tell against any header."""
_AGAIN = 3
"""Words of a short list stand at least so often each, slips counted in."""
_NUMBERS_INSTEAD = {
    **dict.fromkeys(("name", "surname", "given_name", "address", "employer"), r"^[\d.\-]{1,9}$"),
    **dict.fromkeys(("phone", "bankcard", "idno", "passport", "email", "order"), r"^\d{1,3}$"),
}
_NAME_FORMS = frozenset({"han_name", "latin_name"})
_OF_RECORDS = frozenset({"location", "token", "device"})
"""Forms that a record's columns may have: places, numbers."""
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

    @property
    def word(self) -> str:
        """The header's word; empty where there is none, or it says nothing."""
        if self.bare:
            return self.bare
        if self.header is None or is_placeholder(self.header) or _is_value(self.header):
            return ""
        return meaning_of(self.header)

    @property
    def label(self) -> str:
        """What the column is called where people read it: never a value."""
        if self.header and not _is_value(self.header) and len(self.header) <= LONGEST_LABEL:
            return "".join(c if c.isprintable() else " " for c in self.header).strip()
        return f"column_{self.position + 1}"


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


def overrides_there(headers: Sequence[str | None], overrides: Mapping[str, str]) -> dict[str, str]:
    """Those of *overrides* whose column a table with these headers has."""
    place_of = _places(headers)
    return {key: field for key, field in overrides.items() if place_of(key) is not None}


def _places(headers: Sequence[str | None]) -> Callable[[str], int | None]:
    """Finds a column by its header in any spelling, or by its number from 1."""
    by_word = {word_of(header): at for at, header in reversed(list(enumerate(headers))) if header}
    exact = {header.strip(): at for at, header in reversed(list(enumerate(headers))) if header}

    def place_of(key: str) -> int | None:
        at = exact.get(key.strip(), by_word.get(word_of(key)))
        if at is None and key.isdecimal() and 1 <= int(key) <= len(headers):
            at = int(key) - 1
        return at

    return place_of


def resolve_overrides(
    headers: Sequence[str | None], overrides: Mapping[str, str], name: str, role: Role
) -> dict[int, str]:
    """Position → field, as case.toml says: by header, or by number from 1.

    Raises:
        InputFileError: there is no such column, or two columns are to be one field.
    """
    place_of = _places(headers)
    found: dict[int, str] = {}
    for key, meant in overrides.items():
        field = field_word(meant)
        at = place_of(key)
        if at is None:
            raise InputFileError(
                f'{name}: case.toml names a column "{key}" that this file does not have: write '
                "the header as it stands in the file, or the number of the column "
                f"(1 to {len(headers)})"
            )
        if field in found.values():
            raise InputFileError(f"{name}: case.toml makes two columns the field {field}: keep one")
        if field in reserved(role):
            raise InputFileError(
                f'{name}: case.toml makes column "{key}" the field {field}, a word that Amends '
                "keeps for itself: choose another"
            )
        found[at] = field
    return found


def reserved(role: Role) -> frozenset[str]:
    """Words that no column of such a file may have as its field."""
    return _RESERVED_FOR_PEOPLE if role is Role.PEOPLE else RESERVED


def asks_for_overlap(sample: Sample, overrides: Mapping[int, str]) -> bool:
    """Whether a comparison with registry values can tell something about a column."""
    if sample.position in overrides or not sample.values:
        return False
    word = sample.word
    if word in KNOWN_TO_DIFFER or (word not in SEVERAL and is_of_someone_else(word)):
        return False
    return _one_field(word) is None and (word in SEVERAL or field_by_ending(word) is None)


def decide(
    samples: Sequence[Sample],
    overrides: Mapping[int, str],
    overlaps: Mapping[int, Mapping[str, float]],
    role: Role,
) -> tuple[ColumnDecision, ...]:
    """A field for every column, each field once. *overlaps*: position → field → share of values."""
    bare = bare_words([sample.word for sample in samples])
    samples = [replace(one, bare=word) for one, word in zip(samples, bare, strict=True)]
    themes = in_its_theme([sample.word for sample in samples])
    claims = {
        sample.position: _claims(
            sample, overrides, overlaps.get(sample.position, {}), role, themes.get(at)
        )
        for at, sample in enumerate(samples)
    }
    _hear_neighbours(samples, claims)
    chosen: dict[int, Claim] = {}
    second: set[int] = set()
    taken: set[str] = set()
    for claim in sorted(claim for mine in claims.values() for claim in mine):
        if claim.position in chosen or claim.position in second:
            continue
        if claim.field not in taken:
            chosen[claim.position] = claim
            taken.add(claim.field)
        elif claim.rank < _WEAKER and claim.confidence >= ASK_BELOW:
            second.add(claim.position)  # surely of this kind: no weaker claim makes it another
    decisions = []
    for sample in samples:
        won = chosen.get(sample.position)
        mine = claims[sample.position]
        decision = _told(sample, won, mine) if won else _own(sample, mine, taken | reserved(role))
        taken.add(decision.field)
        decisions.append(decision)
    return tuple(decisions)


def _hear_neighbours(samples: Sequence[Sample], claims: dict[int, list[Claim]]) -> None:
    """Take back what headers and values say of columns of which the other headers say more."""
    words = [sample.word for sample in samples]
    others, parts, memos = second_person(words), address_parts(words), memos_of_orders(words)
    sure = {How.OVERRIDE, How.OVERLAP}
    named = any(
        claim.field in _NAMES and claim.how is How.HEADER
        for mine in claims.values()
        for claim in mine
    )
    for at, sample in enumerate(samples):
        if named and sample.word:  # names under a header that nobody knows: whose, it does not say
            claims[sample.position] = [
                c
                for c in claims[sample.position]
                if c.rule not in _NAME_FORMS and (c.rule != "hint" or c.field != "name")
            ]
        if at in others or at in memos:
            claims[sample.position] = [c for c in claims[sample.position] if c.how in sure]
        elif at in parts:
            claims[sample.position] = [
                c
                for c in claims[sample.position]
                if c.how in sure or c.field not in {"birth_place", "address"}
            ]


def _told(sample: Sample, won: Claim, mine: Sequence[Claim]) -> ColumnDecision:
    instead = dict.fromkeys(claim.field for claim in sorted(mine) if claim.field != won.field)
    return ColumnDecision(
        position=sample.position,
        column=sample.label,
        field=won.field,
        how=won.how,
        confidence=round(won.confidence, 2),
        rule=won.rule,
        share=None if won.share is None else round(won.share, 3),
        instead=tuple(instead)[:_MOST_INSTEAD],
    )


def _own(sample: Sample, mine: Sequence[Claim], taken: set[str] | frozenset[str]) -> ColumnDecision:
    """A column that no field is left for: a second one of its field, or a category of its own."""
    best = min(mine, default=None)
    second = best is not None and best.confidence >= ASK_BELOW
    whose = best is not None and best.how is How.CONTENT and sample.word != ""  # may be another's
    word = best.field if best is not None and second else _word_for(sample)
    known = sample.word in KNOWN_TO_DIFFER or is_of_someone_else(sample.word)
    return ColumnDecision(
        position=sample.position,
        column=sample.label,
        field=_free(word, taken),
        how=How.OWN,
        confidence=(0.6 if whose else 0.8) if second else 0.9 if known else 0.3 if mine else 0.5,
        rule="second" if second else "differs" if known else "nothing",
        instead=tuple(dict.fromkeys(claim.field for claim in sorted(mine)))[:_MOST_INSTEAD],
    )


def _claims(
    sample: Sample,
    overrides: Mapping[int, str],
    overlap: Mapping[str, float],
    role: Role,
    theme: str | None,
) -> list[Claim]:
    """The fields that a column may be, each with its rank: smaller goes first."""
    at = sample.position
    if at in overrides:
        return [Claim(rank=0, position=at, field=overrides[at], how=How.OVERRIDE, rule="override")]
    word = sample.word
    values = without_placeholders(pl.Series(sample.values, dtype=pl.String))
    if theme is not None and not _surely_else(at, theme, values):
        return [_by_theme(at, theme)]
    field = _one_field(word)
    if field is not None:
        return [] if field in reserved(role) else _by_header(at, word, field, values)
    possible = meanings(word)
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


def _by_header(
    at: int, word: str, field: str, values: pl.Series, *, ending: bool = False
) -> list[Claim]:
    """What a header says, held against the values: they can confirm it, or be something else."""
    if _is_number_instead(field, values):
        return []
    rank = 1 + STRENGTH.get(word, 999) / 1000 + ending / 2
    field = truer(field, word, values)
    shares = [tell.test(values) for tell in (*CERTAIN, *LIKELY, *HINTED) if tell.field == field]
    agreed = max(shares, default=None)
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


def _is_number_instead(field: str, values: pl.Series) -> bool:
    """Whether nearly all values are numbers where the field has words, or longer numbers."""
    digits = _NUMBERS_INSTEAD.get(field)
    if digits is None or len(values) < _ENOUGH:
        return False
    return float(values.str.contains(digits).mean() or 0.0) >= _NEARLY_ALL  # type: ignore[arg-type]  # the mean of truth is a number


def _by_theme(at: int, field: str) -> Claim:
    """What a header means in a table of what the others speak of."""
    return Claim(rank=1.9, position=at, field=field, how=How.HEADER, rule="theme", confidence=0.8)


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
    shares = ((tell, tell.test(values)) for tell in tells) if len(values) else ()
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
        for tell, part in shares
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


def _one_field(word: str) -> str | None:
    return FIELD_OF.get(word) or FIELD_OF.get(word.replace("_", "")) if word else None


def _likeliest(possible: Sequence[str], values: pl.Series) -> list[str]:
    """What a header can mean, with what its values do not look like left for last."""
    alike = {
        tell.field
        for tell in (*CERTAIN, *LIKELY)
        if tell.field in possible and tell.test(values) >= tell.least
    }
    if share(values.to_list(), is_name) >= MOST:
        alike.add("name")
    elif "username" in possible and in_words(values) >= MOST:
        alike.add("username")
    return sorted(possible, key=lambda field: (field not in alike, field == "name"))


def _word_for(sample: Sample) -> str:
    """The header's word, or column_N."""
    word = sample.word or f"column_{sample.position + 1}"
    return (f"column_{word}" if word[0].isdigit() else word)[:LONGEST_LABEL]


def _free(word: str, taken: set[str] | frozenset[str]) -> str:
    """The word, with a number behind it where it is taken."""
    if word not in taken:
        return word
    return next(
        other
        for other in (f"{word}_{number}" for number in range(2, len(taken) + 3))
        if other not in taken
    )
