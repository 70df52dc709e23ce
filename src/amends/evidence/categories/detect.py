"""Which column of a file is which field. Pure: headers and values in, decisions out.

In this order: what case.toml says; a header that means one thing; values with a format or a
checksum that hardly anything else has; values that a registry's field has as well; what a header
most likely means; weaker formats where no header speaks. What nothing tells is a category of its
own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from amends.evidence.categories.claims import (
    LONGEST_LABEL,
    Claim,
    Sample,
    claims_in,
    claims_of,
    one_field,
    reserved,
    values_tell,
)
from amends.evidence.categories.groups import (
    address_parts,
    bare_words,
    memos_of_orders,
    second_person,
)
from amends.evidence.categories.phonebooks import in_phone_books
from amends.evidence.categories.plain import names_of_things
from amends.evidence.categories.spelled import spelled_as_others
from amends.evidence.categories.subjects import subject_of
from amends.evidence.categories.themes import in_its_theme
from amends.evidence.categories.words import (
    KNOWN_TO_DIFFER,
    SEVERAL,
    field_by_ending,
    is_of_someone_else,
    meaning_of,
    word_of,
)
from amends.evidence.model import ASK_BELOW, ColumnDecision, How, Role
from amends.kernel.categories import CATEGORIES, code_of, field_word
from amends.kernel.errors import InputFileError
from amends.kernel.saying import said

_WEAKER = 3
"""Claims up to here rest on headers and certain formats."""
_MOST_INSTEAD = 3
_NAMES = frozenset({"name", "surname", "given_name"})
_NOT_OF_PARTS = frozenset({"birth_place", "address", "logistics", "track"})
"""What a part of an address is not, whatever its header says alone."""
_NAME_FORMS = frozenset({"han_name", "latin_name"})


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
                said(
                    '{name}: case.toml names a column "{key}" that this file does not have: write '
                    "the header as it stands in the file, or the number of the column (1 to "
                    "{headers})",
                    name=name,
                    key=key,
                    headers=len(headers),
                )
            )
        if field in found.values():
            raise InputFileError(
                said(
                    "{name}: case.toml makes two columns the field {field}: keep one",
                    name=name,
                    field=field,
                )
            )
        if field in reserved(role):
            raise InputFileError(
                said(
                    '{name}: case.toml makes column "{key}" the field {field}, a word that Amends '
                    "keeps for itself: choose another",
                    name=name,
                    key=key,
                    field=field,
                )
            )
        found[at] = field
    return found


def asks_for_overlap(sample: Sample, overrides: Mapping[int, str]) -> bool:
    """Whether a comparison with registry values can tell something about a column."""
    if sample.position in overrides or not sample.values:
        return False
    word = sample.word
    if word in KNOWN_TO_DIFFER or (word not in SEVERAL and is_of_someone_else(word)):
        return False
    return one_field(word) is None and (word in SEVERAL or field_by_ending(word) is None)


def decide(
    samples: Sequence[Sample],
    overrides: Mapping[int, str],
    overlaps: Mapping[int, Mapping[str, float]],
    role: Role,
    *,
    table: str = "",
) -> tuple[ColumnDecision, ...]:
    """A field for every column, each field once.

    *overlaps*: position → field → share of values. *table*: what the table is called, with what it
    lies in (``path!member``).
    """
    subject = subject_of(table)
    headers = [word_of(sample.header or "") for sample in samples]
    bare = bare_words(spelled_as_others([sample.own_word for sample in samples], headers))
    samples = [replace(one, bare=word) for one, word in zip(samples, bare, strict=True)]
    claims = {
        sample.position: claims_of(
            sample, overrides, overlaps.get(sample.position, {}), role, subject.rows
        )
        for sample in samples
    }
    words = [sample.word for sample in samples]
    told = [values_tell(claims[sample.position]) for sample in samples]
    for at, theme in in_its_theme(words, told, subject).items():
        place = samples[at].position
        claims[place] = claims_in(samples[at], theme, claims[place])
    _hear_neighbours(samples, claims)
    if role is not Role.REGISTRY:
        for sample in samples:
            claims[sample.position] = names_of_things(sample, claims[sample.position], subject)
        claims |= in_phone_books(samples, claims, table)
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
                c for c in claims[sample.position] if c.how in sure or c.field not in _NOT_OF_PARTS
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
    word = best.field if best is not None and second else _word_for(sample, told=bool(mine))
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


def _word_for(sample: Sample, *, told: bool) -> str:
    """The header's word, or column_N: never a category's, unless something told that."""
    word = sample.own_word or f"column_{sample.position + 1}"
    if sample.header and not word.isascii():
        word = meaning_of(sample.header)  # as it is written, not the characters that it spells
    taken = not told and code_of(word) in CATEGORIES
    return (f"column_{word}" if word[0].isdigit() or taken else word)[:LONGEST_LABEL]


def _free(word: str, taken: set[str] | frozenset[str]) -> str:
    """The word, with a number behind it where it is taken."""
    if word not in taken:
        return word
    return next(
        other
        for other in (f"{word}_{number}" for number in range(2, len(taken) + 3))
        if other not in taken
    )
