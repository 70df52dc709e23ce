"""Reads tariffs: presets, a company's own file, and the [tariff] table of case.toml.

A preset is a file of ``kernel/tariffs``. The table names one and may put something of its own in
place of any of its keys, or it names a file of the company with everything in it. What is refused
here never reaches an award: gaps, overlaps, fractions of a fen, categories that nobody knows.
"""

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from amends.kernel.canonical import canonical
from amends.kernel.errors import CaseFileError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.tariff import (
    MOST_CLASSES,
    MOST_MINOR,
    UNKNOWN_AGE,
    AgeBand,
    AgeDay,
    Certainty,
    LaterClaim,
    LaterKind,
    Precedent,
    Proof,
    Scenario,
    Tariff,
    TariffKind,
)
from amends.kernel.tariffgaps import uncovered
from amends.kernel.tariffscenarios import NO_TEXTS, Scenarios, a_name, an_exact_amount
from amends.kernel.text import Text
from amends.kernel.tomltable import (
    Places,
    Table,
    a_path,
    a_text,
    a_whole_number,
    both_languages,
    choice,
    one_of,
    texts,
)

_PRESETS = Path(__file__).parent / "tariffs"
_OLDEST = 150


@cache
def preset_names() -> tuple[str, ...]:
    """The presets, in alphabetical order."""
    return tuple(sorted(path.stem for path in _PRESETS.glob("*.toml")))


@cache
def preset(name: str) -> Tariff:
    """A preset with its own figures."""
    text = _preset_text(name)
    content = tomllib.loads(text)
    table = Table(content, (), Places(f"{name}.toml", text))
    tariff = _read(table, content)
    table.refuse_unknown_keys()
    return tariff


def read_tariff_file(path: Path) -> Tariff:
    """The tariff in a file of its own.

    Raises:
        CaseFileError: it cannot be read, or something in it is not right.
    """
    return _from_file(path, str(path))


def tariff_of(table: Table, root: Path | None) -> Tariff:
    """What the [tariff] *table* of case.toml says.

    Args:
        table: the table.
        root: the case directory, for a tariff in a file of its own.

    Raises:
        CaseFileError: naming file, line and key.
    """
    name: str | None = table.optional("preset", one_of(preset_names()), None)
    file: str | None = table.optional("file", a_path, None)
    if (name is None) == (file is None):
        known = ", ".join(preset_names())
        raise table.error(
            "preset",
            said("is missing: name a preset ({known}), or a file of your own", known=known),
        )
    if file is not None:
        others = sorted(set(table.content) - {"file"})
        if others:
            raise table.error(
                others[0], said("stands beside file, which holds the whole tariff: write it there")
            )
        return _from_file((root or Path()) / file, file)
    if name == "flat" and "amount" not in table.content:
        raise table.error("amount", said("is missing: how much everybody gets, like CNY 5000.00"))
    whole = table.over(tomllib.loads(_preset_text(str(name))))
    return _read(whole, {key: value for key, value in whole.content.items() if key != "preset"})


@cache
def tariff_from_text(text: str) -> Tariff:
    """The tariff whose canonical text this is, as it was stored; checked when it was adopted."""
    content = json.loads(text)
    return _as_it_stands(Table(content, (), Places("tariff", "")), content)


def _preset_text(name: str) -> str:
    return (_PRESETS / f"{name}.toml").read_text(encoding="utf-8")


def _from_file(path: Path, name: str) -> Tariff:
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = tomllib.loads(text)
    except FileNotFoundError:
        raise CaseFileError(
            said("{name}: the file of the tariff is not there", name=name)
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        kind = type(error).__name__
        raise CaseFileError(
            said("{name}: cannot be read as UTF-8 text ({kind})", name=name, kind=kind)
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise CaseFileError(
            said("{name}: not valid TOML: {error}", name=name, error=str(error))
        ) from None
    table = Table(content, (), Places(name, text))
    tariff = _read(table, content)
    table.refuse_unknown_keys()
    return tariff


def _read(table: Table, content: Mapping[str, object]) -> Tariff:
    """The tariff of a whole table, checked."""
    tariff = _as_it_stands(table, content)
    _check_whole(tariff, table)
    return tariff


def _as_it_stands(table: Table, content: Mapping[str, object]) -> Tariff:
    """The tariff of a whole table."""
    base = table.required("amount", an_exact_amount)
    own = table.optional("own_categories", texts, NO_TEXTS)
    ages = _ages(table)
    precedents = tuple(_precedent(each) for each in table.tables("precedent"))
    read = Scenarios(base, own, ages, tuple(known.id for known in precedents))
    return Tariff(
        id=table.required("id", a_name),
        version=table.required("version", a_text),
        kind=table.required("kind", choice(TariffKind)),
        title=table.required("title", both_languages),
        base=base,
        scenarios=(
            *(read.scenario(each) for each in table.tables("scenario")),
            *read.tiers(table.tables("tier")),
        ),
        ages=ages,
        ages_on=table.optional("ages_on", choice(AgeDay), AgeDay.ANNOUNCED),
        precedents=precedents,
        later=tuple(_later(each) for each in table.tables("later")),
        legal_basis=table.optional("legal_basis", both_languages, None),
        text=canonical(content),
    )


def _check_whole(tariff: Tariff, table: Table) -> None:
    """What no scenario can be judged by alone."""
    if not tariff.scenarios:
        raise table.error(
            "scenario", said("is missing: a tariff needs a [[scenario]] or a [[tier]]")
        )
    seen: dict[object, Scenario] = {}
    for scenario in tariff.scenarios:
        everywhere = len(scenario.ages) == len(tariff.ages)
        conditions = (*scenario.conditions[:-1], frozenset() if everywhere else scenario.ages)
        twin = seen.setdefault(conditions, scenario)
        if twin is not scenario:
            raise table.error(
                "scenario",
                said(
                    "overlap: {one} and {other} have the same conditions; keep one of them",
                    one=twin.id,
                    other=scenario.id,
                ),
            )
    for name, things in (("scenario", tariff.scenarios), ("precedent", tariff.precedents)):
        if len({one.id for one in things}) < len(things):
            raise table.error(name, said("has two of one id"))
    if tariff.most.amount_minor > MOST_MINOR:
        most = Money(amount_minor=MOST_MINOR, currency=tariff.currency)
        raise table.error(
            "scenario",
            said(
                "{amount} for one person is more than {most}, the most that Amends counts with",
                amount=tariff.most.display(),
                most=most.display(),
            ),
        )
    if len(tariff.amounts) > MOST_CLASSES:
        raise table.error(
            "scenario",
            said(
                "there are {number} different amounts; the public roster tells {most} apart",
                number=len(tariff.amounts),
                most=MOST_CLASSES,
            ),
        )
    gap = uncovered(tariff)
    if gap is not None:
        raise table.error("scenario", gap)
    _check_claims(tariff, table)


def _check_claims(tariff: Tariff, table: Table) -> None:
    """Claims that come later can be judged: one rule of a kind, in the tariff's currency."""
    if len({claim.kind for claim in tariff.later}) < len(tariff.later):
        raise table.error("later", said("overlap: two of them are of one kind; keep one"))
    for claim in tariff.later:
        if claim.kind is LaterKind.TIME and claim.rate is None:
            raise table.error("later", said("gap: time has no rate, which says what an hour is"))
        for money in (claim.most, claim.rate, claim.two_people_from):
            if money is not None and money.currency != tariff.currency:
                raise table.error(
                    "later",
                    said("is not in {currency}, as the tariff is", currency=tariff.currency),
                )


def _ages(table: Table) -> tuple[AgeBand, ...]:
    """``[[age]]`` tables: from 0 without gap or overlap to the end, and the unknown."""
    bands = [_age(each) for each in table.tables("age")]
    if not bands:
        return ()
    known = sorted(
        (band for band in bands if not band.is_unknown), key=lambda band: band.first or 0
    )
    if len(known) == len(bands):
        raise table.error(
            "age",
            said('gap: people without a date of birth are in no band; add id = "unknown"'),
        )
    if len(bands) - len(known) > 1 or len({band.id for band in bands}) < len(bands):
        raise table.error("age", said("has two of one id"))
    reached: int | None = 0
    for band in known:
        first = band.first or 0
        if reached is None:
            raise table.error(
                "age",
                said(
                    "overlap: {id} begins at {first}, and the band below it has no end; give that "
                    "one until = {first}",
                    id=band.id,
                    first=first,
                ),
            )
        if first < reached:
            raise table.error(
                "age",
                said(
                    "overlap: {id} begins at {first}, and the band below it ends at {reached}; "
                    "write from = {reached}, or end that one earlier",
                    id=band.id,
                    first=first,
                    reached=reached,
                ),
            )
        if first > reached:
            raise table.error(
                "age",
                said(
                    "gap: who is {first} to {last} years old is in no band; let {id} begin at "
                    "{first}, or add a band",
                    first=reached,
                    last=first - 1,
                    id=band.id,
                ),
            )
        reached = band.until
    if reached is not None:
        raise table.error(
            "age",
            said(
                "gap: who is {first} or older is in no band; leave out until in the last one",
                first=reached,
            ),
        )
    return tuple(bands)


def _first(band: AgeBand) -> int:
    return band.first or 0


def _age(table: Table) -> AgeBand:
    name = table.required("id", a_name)
    band = AgeBand(
        id=name,
        title=table.required("title", both_languages),
        first=table.optional("from", _an_age, None),
        until=table.optional("until", _an_age, None),
    )
    if band.is_unknown and (band.first is not None or band.until is not None):
        raise table.error("id", said("{id} has neither from nor until", id=UNKNOWN_AGE))
    if band.until is not None and band.until <= (band.first or 0):
        raise table.error("until", said("is not above from"))
    return band


def _precedent(table: Table) -> Precedent:
    return Precedent(
        id=table.required("id", a_text),
        title=table.required("title", both_languages),
        per_person=table.required("per_person", both_languages),
        lesson=table.optional("lesson", both_languages, Text(zh="", en="")),
        source=table.required("source", a_text),
        certainty=table.required("certainty", choice(Certainty)),
        rough=table.optional("rough", an_exact_amount, None),
    )


def _later(table: Table) -> LaterClaim:
    kind = table.required("kind", choice(LaterKind))
    own_word = Proof.STATEMENT if kind is LaterKind.TIME else Proof.DOCUMENT
    return LaterClaim(
        kind=kind,
        title=table.required("title", both_languages),
        most=table.optional("most", an_exact_amount, None),
        share_percent=table.optional("share_percent", _a_share, None),
        most_hours=table.optional("most_hours", a_whole_number, None),
        rate=table.optional("rate", an_exact_amount, None),
        proof=table.optional("proof", choice(Proof), own_word),
        two_people_from=table.optional("two_people_from", an_exact_amount, None),
    )


def _an_age(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _OLDEST:
        raise ValueError(said("is a number of years from 0 to {oldest}", oldest=_OLDEST))
    return value


def _a_share(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 100:  # noqa: PLR2004
        raise ValueError(said("is a whole number of percent from 1 to 100"))
    return value
