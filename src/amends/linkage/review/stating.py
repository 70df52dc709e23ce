"""A run's statement of its own error: strata, estimates, the cost of doubt; as values and in words.

The statement says on what each figure rests. The model's probabilities are not calibrated: they
were never held against a truth of the case, and the probability of exact keys is stated, not
measured. What readers judged at random, and rows that the company planted, are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from amends.kernel.case import LinkageSettings, Undecided
from amends.kernel.money import Money
from amends.kernel.saying import Said, said
from amends.linkage.estimate import Basis, Estimate, Interval, Side, Stratum, estimate, share
from amends.linkage.model import Determination, Outcome
from amends.linkage.review.answers import Answer
from amends.linkage.strata import (
    exact_reasons,
    found_strata,
    gathered,
    missed_units,
    near_rows,
    strata_of,
)

SEED: Final = 20261121


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What readers have settled of one stratum of a sample; ``unsure``: nobody can tell."""

    side: Side
    stratum: str
    seen: int
    true: int
    unsure: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """How a run did on rows whose account the company knows."""

    rows: int
    found: int
    wrong: int
    strangers: int
    strangers_matched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """People in doubt, and what either rule for them costs.

    ``expected``: how many of them are affected, by the model. ``paid`` of them are counted now.
    """

    people: int
    expected: float
    paid: int
    per_person: Money

    @property
    def expected_wrong(self) -> float:
        """How many of the people in doubt are not affected, by the model."""
        return self.people - self.expected


def strata(
    found: Determination, pairs: pl.DataFrame, settings: LinkageSettings
) -> tuple[list[Stratum], int, int]:
    """All strata of a run, how many people readers have confirmed, and rows that match nobody.

    *pairs*: accounts of affected people in doubt.
    """
    unmatched = found.matches.filter(pl.col("outcome") == Outcome.UNMATCHED.value)
    rest = gathered([missed_units(found.candidates, found.affected, settings), pairs])
    near = near_rows(found.candidates, unmatched.select("evidence", "row"), settings)
    affected = found_strata(found.affected["strength"], exact_reasons(found.matches), settings)
    confirmed = found.affected.height - sum(one.population for one in affected)
    several = [found.joined] if found.joined.population else []
    return [*affected, *several, *strata_of(rest), near], confirmed, unmatched.height


def with_seen(known: Sequence[Stratum], seen: Sequence[Seen], *, taken_out: bool) -> list[Stratum]:
    """*known* with what readers have seen of each; of rows, what they saw of people as likely."""
    by_place = {(one.side, one.stratum): one for one in seen}
    result = []
    for stratum in known:
        rows = stratum.side is Side.ROWS
        place = (Side.MISSED if rows else stratum.side, stratum.name)
        one = by_place.get(place)
        if one is None:
            result.append(stratum)
        else:
            out = taken_out or rows
            result.append(replace(stratum, seen=one.seen, true=one.true, taken_out=out))
    return result


def seen_of(
    drawn: Sequence[tuple[str, str, str]], settled: Mapping[str, Answer | None]
) -> list[Seen]:
    """What readers have settled of a sample: (question, side, stratum), and answers by question."""
    places: dict[tuple[str, str], list[Answer]] = {}
    for question_id, side, stratum in drawn:
        answer = settled.get(question_id)
        if answer is not None:
            places.setdefault((side, stratum), []).append(answer)
    return [
        Seen(
            side=Side(side),
            stratum=stratum,
            seen=sum(answer is not Answer.CANNOT_TELL for answer in given),
            true=sum(answer is _true(Side(side)) for answer in given),
            unsure=sum(answer is Answer.CANNOT_TELL for answer in given),
        )
        for (side, stratum), given in sorted(places.items())
    ]


def _true(side: Side) -> Answer:
    """The answer that makes a unit count."""
    return Answer.DIFFERENT if side is Side.JOINED else Answer.SAME


def estimates(
    known: Sequence[Stratum], confirmed: int, unmatched: int, judged: int
) -> dict[Basis, Estimate]:
    """By the model; and by readers, where they have *judged* anything of a sample."""
    bases = [Basis.MODEL, Basis.READERS] if judged else [Basis.MODEL]
    made = {
        basis: estimate(known, basis, known=confirmed, unmatched=unmatched, seed=SEED)
        for basis in bases
    }
    return {basis: replace(one, judged=judged) for basis, one in made.items()}


def doubt(known: Sequence[Stratum], settings: LinkageSettings, per_person: Money) -> Doubt:
    """People between review and threshold, whether they are counted now or wait."""
    name = f"model, from {settings.review}"
    there = [one for one in known if one.name == name and one.side in (Side.FOUND, Side.MISSED)]
    return Doubt(
        people=sum(one.population for one in there),
        expected=sum(one.expected for one in there),
        paid=sum(one.population for one in there if one.side is Side.FOUND),
        per_person=per_person,
    )


def as_json(
    known: Sequence[Stratum],
    found: Mapping[Basis, Estimate],
    planted: Planted | None,
    in_doubt: Doubt,
    affected: int,
) -> dict[str, object]:
    """The statement as it is stored, and printed with ``--json``."""
    return {
        "affected": affected,
        "calibrated": False,
        "estimates": {
            basis.value: {
                "precision": _ends(one.precision, 6),
                "recall": _ends(one.recall, 6),
                "people": _ends(one.people, 1),
                "rows_of_nobody": _ends(one.strangers, 1),
                "judged": one.judged,
            }
            for basis, one in found.items()
        },
        "planted": _planted_json(planted),
        "undecided": {
            "people": in_doubt.people,
            "expected_affected": round(in_doubt.expected, 1),
            "paid": in_doubt.paid,
            "per_person_minor": in_doubt.per_person.amount_minor,
            "currency": in_doubt.per_person.currency,
        },
        "strata": [
            {
                "side": one.side.value,
                "stratum": one.name,
                "population": one.population,
                "expected": round(one.expected, 3),
                "variance": round(one.variance, 3),
                "seen": one.seen,
                "true": one.true,
            }
            for one in known
        ],
    }


def entries(statement: Mapping[str, object]) -> list[dict[str, object]]:
    """The strata of a stored statement."""
    found = statement.get("strata", [])
    return found if isinstance(found, list) else []


def stratum_of(entry: Mapping[str, object]) -> Stratum:
    """A stratum as :func:`as_json` wrote it, without what readers had seen of it."""
    return Stratum(
        name=str(entry["stratum"]),
        side=Side(str(entry["side"])),
        population=int(str(entry["population"])),
        expected=float(str(entry["expected"])),
        variance=float(str(entry["variance"])),
    )


def in_words(found: Mapping[Basis, Estimate], planted: Planted | None, affected: int) -> list[Said]:
    """The statement for people."""
    lines = [
        said(
            "{basis}: of {affected:,} people found {precision} are right, of those who are "
            "affected {recall} are found; truly affected are {people}; rows that are nobody's: "
            "{strangers} (95 %)",
            basis=_basis(basis, one.judged),
            affected=affected,
            precision=_percent(one.precision),
            recall=_percent(one.recall),
            people=_number(one.people),
            strangers=_number(one.strangers),
        )
        for basis, one in found.items()
    ]
    return lines if planted is None else [*lines, *_planted_words(planted)]


def _basis(basis: Basis, judged: int) -> Said:
    if basis is Basis.MODEL:
        return said("by the model's own probabilities (not calibrated)")
    return said("by what readers judged at random ({judged} questions)", judged=judged)


def doubt_words(in_doubt: Doubt, rule: Undecided) -> list[Said]:
    """What either rule for people in doubt costs."""
    if not in_doubt.people:
        return []
    return [
        said(
            "{people:,} people are in doubt (rule: {rule}; {paid:,} count now): to pay them all is "
            "{pay}, of which {expected_wrong:,.0f} people and {wrong} are expected to be wrong; to "
            "let them all wait leaves an expected {expected:,.0f} who are affected without money",
            people=in_doubt.people,
            rule=said("pay first") if rule is Undecided.PAY else said("wait"),
            paid=in_doubt.paid,
            pay=(in_doubt.per_person * in_doubt.people).display(),
            expected_wrong=in_doubt.expected_wrong,
            wrong=(in_doubt.per_person * round(in_doubt.expected_wrong)).display(),
            expected=in_doubt.expected,
        )
    ]


def _planted_words(planted: Planted) -> list[Said]:
    """How a run did on planted rows."""
    recall = share(planted.found, planted.rows)
    if recall is None:
        return []
    return [
        said(
            "of {rows:,} planted rows {recall} are found (95 %), {wrong:,} are given to somebody "
            "else; of {strangers:,} planted strangers' rows {matched:,} are matched",
            rows=planted.rows,
            recall=_percent(recall),
            wrong=planted.wrong,
            strangers=planted.strangers,
            matched=planted.strangers_matched,
        )
    ]


def _planted_json(planted: Planted | None) -> dict[str, object] | None:
    if planted is None:
        return None
    recall = share(planted.found, planted.rows)
    right = share(planted.found, planted.found + planted.wrong)
    return {
        "rows": planted.rows,
        "found": planted.found,
        "wrong": planted.wrong,
        "strangers": planted.strangers,
        "strangers_matched": planted.strangers_matched,
        "recall": _ends(recall, 6) if recall else None,
        "precision": _ends(right, 6) if right else None,
    }


def _ends(interval: Interval, digits: int) -> dict[str, float]:
    return {
        "estimate": round(interval.estimate, digits),
        "low": round(interval.low, digits),
        "high": round(interval.high, digits),
    }


def _percent(interval: Interval) -> str:
    return f"{interval.estimate:.2%} ({interval.low:.2%}–{interval.high:.2%})"


def _number(interval: Interval) -> str:
    return f"{interval.estimate:,.0f} ({interval.low:,.0f}–{interval.high:,.0f})"
