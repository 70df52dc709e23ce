"""Which column of a file is which field. Pure: headers and values in, decisions out.

In this order: what case.toml says; a header that means one thing; values with a format or a
checksum that hardly anything else has; values that a registry's field has as well; what a header
most likely means; weaker formats where no header speaks. What nothing tells is a category of its
own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from amends.evidence.formats import CERTAIN, LIKELY, is_name, is_value, share
from amends.evidence.model import RESERVED, ColumnDecision, How, Role
from amends.evidence.words import (
    FIELD_OF,
    KNOWN_TO_DIFFER,
    SEVERAL,
    SOMEONE_ELSE,
    STRENGTH,
    is_known,
    is_placeholder,
    word_of,
)
from amends.kernel.errors import InputFileError

MOST_VALUES = 0.5
"""A format tells a column when at least this share of its values has it."""
OVERLAP_SHARE = 0.15
"""Leaked values are misspelt, and many people of a leak are no customers: far below one half."""
OVERLAP_SHARE_HINTED = 0.05
"""Where the header already says that it can only be one of a few fields."""
LONGEST_LABEL = 64
_RESERVED_FOR_PEOPLE = frozenset({"kind", "path", "row"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A column: its place (from 0), its header if it has one, and some of its values."""

    position: int
    header: str | None
    values: tuple[str, ...]

    @property
    def word(self) -> str:
        """The header's word; empty where there is none, or it says nothing."""
        if self.header is None or is_placeholder(self.header) or is_value(self.header):
            return ""
        return word_of(self.header)

    @property
    def label(self) -> str:
        """What the column is called where people read it: never a value."""
        if self.header and not is_value(self.header) and len(self.header) <= LONGEST_LABEL:
            return self.header
        return f"column_{self.position + 1}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _Candidate:
    weakness: float
    position: int
    field: str
    how: How


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
    for key, field in overrides.items():
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
    if word in KNOWN_TO_DIFFER or (word not in SEVERAL and SOMEONE_ELSE.search(word)):
        return False
    return _one_field(word) is None


def decide(
    samples: Sequence[Sample],
    overrides: Mapping[int, str],
    overlaps: Mapping[int, Mapping[str, float]],
    role: Role,
) -> tuple[ColumnDecision, ...]:
    """A field for every column, each field once. *overlaps*: position → field → share of values."""
    candidates = sorted(
        candidate
        for sample in samples
        for candidate in _candidates(sample, overrides, overlaps.get(sample.position, {}), role)
    )
    chosen: dict[int, _Candidate] = {}
    taken: set[str] = set()
    for candidate in candidates:
        if candidate.position not in chosen and candidate.field not in taken:
            chosen[candidate.position] = candidate
            taken.add(candidate.field)
    decisions = []
    for sample in samples:
        won = chosen.get(sample.position)
        field = won.field if won else _own_word(sample, taken | reserved(role))
        taken.add(field)
        decisions.append(
            ColumnDecision(
                position=sample.position,
                column=sample.label,
                field=field,
                how=won.how if won else How.OWN,
            )
        )
    return tuple(decisions)


def _candidates(
    sample: Sample, overrides: Mapping[int, str], overlap: Mapping[str, float], role: Role
) -> list[_Candidate]:
    def candidate(weakness: float, field: str, how: How) -> _Candidate:
        return _Candidate(weakness=weakness, position=sample.position, field=field, how=how)

    if sample.position in overrides:
        return [candidate(0, overrides[sample.position], How.OVERRIDE)]
    word = sample.word
    field = _one_field(word)
    if field is not None:
        if field in reserved(role):
            return []
        return [candidate(1 + STRENGTH.get(word, 999) / 1000, field, How.HEADER)]
    possible = SEVERAL.get(word, ())
    if not possible and (word in KNOWN_TO_DIFFER or SOMEONE_ELSE.search(word)):
        return []
    found = [
        candidate(2 + 1 - part, field, How.CONTENT)
        for field, part in _formats(sample.values, CERTAIN)
    ]
    if role is Role.REGISTRY and possible[:1] == ("account_id",):
        found.append(candidate(1.5, "account_id", How.HEADER))
    least = OVERLAP_SHARE_HINTED if possible else OVERLAP_SHARE
    found.extend(
        candidate(3 + 1 - part, field, How.OVERLAP)
        for field, part in overlap.items()
        if part >= least and (not possible or field in possible)
    )
    found.extend(
        candidate(4.5 + place / 10, field, How.HEADER)
        for place, field in enumerate(_likeliest(possible, sample.values))
    )
    if not word:
        found.extend(
            candidate(6 + 1 - part, field, How.CONTENT)
            for field, part in _formats(sample.values, LIKELY)
        )
    return found


def _one_field(word: str) -> str | None:
    return FIELD_OF.get(word) or FIELD_OF.get(word.replace("_", "")) if word else None


def _likeliest(possible: Sequence[str], values: Sequence[str]) -> list[str]:
    """What a header can mean, with what its values do not look like left for last."""
    looks_like_names = share(values, is_name) >= MOST_VALUES
    return sorted(possible, key=lambda field: (field == "name") != looks_like_names)


def _formats(
    values: Sequence[str], tests: Sequence[tuple[str, Callable[[Sequence[str]], float]]]
) -> list[tuple[str, float]]:
    shares = ((field, test(values)) for field, test in tests)
    return [(field, part) for field, part in shares if part >= MOST_VALUES]


def _own_word(sample: Sample, taken: set[str] | frozenset[str]) -> str:
    """The header's word, or column_N; another where that is taken."""
    word = sample.word or f"column_{sample.position + 1}"
    if word[0].isdigit():
        word = f"column_{word}"
    word = word[:LONGEST_LABEL]
    if word not in taken:
        return word
    return next(
        other
        for other in (f"{word}_{number}" for number in range(2, len(taken) + 3))
        if other not in taken
    )


def has_header(
    first: Sequence[str], rest: Sequence[Sequence[str]], names: Sequence[str], *, usual: bool
) -> bool:
    """Whether the *first* record of a file names its columns.

    *names*: headers that case.toml mentions. *usual*: files with this ending usually have one.
    """
    cells = [cell.strip() for cell in first]
    wanted = {word_of(name) for name in names if not name.isdecimal()}
    if wanted & {word_of(cell) for cell in cells if cell}:
        return True
    filled = [cell for cell in cells if cell]
    if not filled or any(map(is_value, filled)):
        return False
    known = sum(map(is_known, filled))
    if known > 1 or known * 2 >= len(filled):
        return True
    return _reads_like_header(cells, rest, usual=usual)


def _reads_like_header(cells: Sequence[str], rest: Sequence[Sequence[str]], *, usual: bool) -> bool:
    """Whether cells of which no word is known differ from what stands below them."""
    filled = [cell for cell in cells if cell]
    words = {word_of(cell) for cell in filled}
    if len(words) < len(filled) or "" in words or len(filled) < len(cells) - 1:
        return False
    columns = [
        [record[at].strip() for record in rest if at < len(record)] for at in range(len(cells))
    ]
    if any(cell and cell in values for cell, values in zip(cells, columns, strict=True)):
        return False
    if usual:
        return True
    return any(share([v for v in values if v], is_value) > MOST_VALUES for values in columns)
