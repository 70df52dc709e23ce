"""Simulations as tables, in Chinese or English. Pure; never a person's data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from amends.awards.model import Group
from amends.awards.simulating import Simulated
from amends.awards.simulation import FEW, Error, ErrorCost, PaidGroup, Simulation
from amends.kernel.categories import label
from amends.kernel.money import Money
from amends.kernel.saying import Language, Said, in_language, said
from amends.kernel.tariff import ANY_AGE, LaterClaim, Precedent
from amends.kernel.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table for people. The first column is words, the others are figures."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def sheets(simulated: Simulated, language: Language) -> list[Sheet]:
    """Everything that is shown of a simulation: side by side first, then tariff by tariff."""
    speak = _Speaker(language)
    several = simulated.simulations
    made = [speak.side_by_side(several, simulated)]
    for one in several:
        made += [speak.amounts(one), speak.extremes(one), speak.risks(one, stated=simulated.stated)]
    precedents = speak.precedents(several)
    return [*made, precedents] if precedents.rows else made


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Says all of it in one language."""

    language: Language

    def say(self, sentence: str) -> str:
        return in_language(sentence, self.language)

    def text(self, text: Text) -> str:
        return text.in_language(self.language)

    def row(self, *cells: str) -> tuple[str, ...]:
        return tuple(self.say(cell) for cell in cells)

    def side_by_side(self, several: Sequence[Simulation], simulated: Simulated) -> Sheet:
        """A row for each tariff."""
        heads = (
            said("tariff"),
            said("total"),
            said("average"),
            said("least"),
            said("middle"),
            said("most"),
            said("funding"),
        )
        rows = [
            (
                one.name if one.name.startswith(one.tariff.id) else f"{one.name} ({one.tariff.id})",
                one.total.display(),
                one.mean.display(),
                _end(one, 0).display(),
                _middle(one),
                _end(one, -1).display(),
                self.say(_funding(one)),
            )
            for one in several
        ]
        notes = [
            said("This is a simulation: nothing was promised, written or sent."),
            said(
                "{people:,} people of determination {run_no} are counted, each by the best "
                "scenario that applies",
                people=simulated.people,
                run_no=simulated.run_no,
            ),
        ]
        if any(one.funding is not None for one in several):
            notes.append(_FUNDED[simulated.proved])
        if simulated.awarded:
            notes.append(
                said(
                    "{awarded:,} of them have an award already, which no other tariff changes",
                    awarded=simulated.awarded,
                )
            )
        return Sheet(
            heading=self.say(said("Tariffs side by side")),
            columns=self.row(*heads),
            rows=tuple(rows),
            notes=tuple(map(self.say, notes)),
        )

    def amounts(self, one: Simulation) -> Sheet:
        """People and cost by amount."""
        rows = [
            (
                share.amount.display(),
                f"{share.people:,}",
                f"{share.people / max(one.people, 1):.1%}",
                share.cost.display(),
                self.titles(one, share.amount),
            )
            for share in one.amounts
        ]
        rows.append((self.say(said("together")), f"{one.people:,}", "", one.total.display(), ""))
        parts = (said("amount"), said("people"), said("share"), said("cost"), said("because of"))
        return Sheet(
            heading=self.say(said("{name}: who gets how much", name=one.name)),
            columns=self.row(*parts),
            rows=tuple(rows),
            notes=tuple(map(self.say, self.claims(one))),
        )

    def claims(self, one: Simulation) -> Iterator[Said]:
        """What people can claim later beside what they get, and what of it is granted by now."""
        for claim in one.tariff.later:
            yield said("Can be claimed later, with proof, on top: {claim}", claim=self.claim(claim))
        if one.granted.amount_minor:
            yield said(
                "Granted on claims so far: {granted}. It comes on top of these costs, and is held "
                "against the money with them.",
                granted=one.granted.display(),
            )
        elif one.tariff.later:
            yield said("Nothing of what can be claimed later is in these figures: none is granted.")

    def claim(self, claim: LaterClaim) -> str:
        """A claim with its limits."""
        limits = []
        if claim.share_percent is not None:
            limits.append(said("{share} % of it", share=claim.share_percent))
        if claim.most_hours is not None:
            limits.append(said("at most {hours} hours", hours=claim.most_hours))
        if claim.rate is not None:
            limits.append(said("{rate} an hour", rate=claim.rate.display()))
        if claim.most is not None:
            limits.append(said("at most {most} each", most=claim.most.display()))
        if not limits:
            return self.text(claim.title)
        told = "、" if self.language == "zh" else ", "
        marks = ("（", "）") if self.language == "zh" else (" (", ")")
        return f"{self.text(claim.title)}{marks[0]}{told.join(map(self.say, limits))}{marks[1]}"

    def titles(self, one: Simulation, amount: Money) -> str:
        """Which scenarios give an amount, and to how many of its people."""
        return "; ".join(
            f"{self.text(share.scenario.title)} ({share.people:,})"
            for share in one.scenarios
            if share.scenario.amount == amount
        )

    def extremes(self, one: Simulation) -> Sheet:
        """The largest groups at both ends, in words."""
        ends = [(said("most"), group) for group in one.most]
        if one.most != one.least:
            ends += [(said("least"), group) for group in one.least]
        return Sheet(
            heading=self.say(said("{name}: most and least paid", name=one.name)),
            columns=self.row("", said("amount"), said("people"), said("of whom leaked")),
            rows=tuple(
                (
                    self.say(which),
                    paid.scenario.amount.display(),
                    self.say(_how_many(paid)),
                    self.group(one, paid.group),
                )
                for which, paid in ends
            ),
        )

    def group(self, one: Simulation, group: Group) -> str:
        """A group in words."""
        between = "、" if self.language == "zh" else ", "
        names = between.join(label(code, self.language) for code in sorted(group.categories))
        parts = [names or "-"]
        if group.age != ANY_AGE:
            parts += [self.text(band.title) for band in one.tariff.ages if band.id == group.age]
        if one.tariff.looks_at_jurisdictions:
            parts.append(", ".join(sorted(group.jurisdictions)))
        if group.tranche > 1:
            parts.append(self.say(said("find {number}", number=group.tranche)))
        return "; ".join(parts)

    def risks(self, one: Simulation, *, stated: bool) -> Sheet:
        """What errors of the determination and later finds would cost."""
        rows = [self.error(error, one) for error in _shown(one.errors)]
        rows += [self.later(one, place) for place in range(len(one.later))]
        notes = [
            said(
                "Money is people at the average amount, intervals are those of 95 %; a later find "
                "costs at least the tariff's lowest and at most its highest amount each."
            )
        ]
        if not stated:
            notes.append(said("The determination states no error of its own."))
        elif all(error.basis == "model" for error in one.errors):
            notes.append(
                said(
                    "The interval is the model's own and not calibrated; `amends review sample` "
                    "has readers measure it."
                )
            )
        heads = (said("people"), said("money"), said("at least"), said("at most"))
        return Sheet(
            heading=self.say(
                said("{name}: if the determination errs, or more is found", name=one.name)
            ),
            columns=self.row("", *heads),
            rows=tuple(rows),
            notes=tuple(map(self.say, notes)),
        )

    def error(self, cost: ErrorCost, one: Simulation) -> tuple[str, ...]:
        money = (
            Money(amount_minor=minor, currency=one.total.currency).display()
            for minor in (cost.money.estimate, cost.money.low, cost.money.high)
        )
        people = f"{cost.people.estimate:,} ({cost.people.low:,}–{cost.people.high:,})"
        return self.row(_ERRORS[cost.error], people, *money)

    def later(self, one: Simulation, place: int) -> tuple[str, ...]:
        find = one.later[place]
        words = said("{percent} % more people, found later", percent=find.percent)
        if find.covered is False:
            words = said(
                "{percent} % more people, found later: more than is funded", percent=find.percent
            )
        cells = (
            f"{find.people:,}",
            find.cost.display(),
            find.least.display(),
            find.most.display(),
        )
        return self.row(words, *cells)

    def precedents(self, several: Sequence[Simulation]) -> Sheet:
        """What one person got elsewhere, beside what the tariffs give."""
        known: dict[str, Precedent] = {}
        for one in several:
            known |= {precedent.id: precedent for precedent in one.precedents}
        rows = [
            (
                precedent.id,
                self.text(precedent.title),
                self.text(precedent.per_person),
                "-" if precedent.rough is None else precedent.rough.display(),
                ", ".join(
                    f"{one.name} ({one.mean.display()})"
                    for one in several
                    if any(known.id == precedent.id for known in one.precedents)
                ),
            )
            for precedent in sorted(known.values(), key=lambda each: each.id)
        ]
        heads = (
            said("precedent"),
            "",
            said("to one person"),
            said("roughly"),
            said("named by (average)"),
        )
        return Sheet(
            heading=self.say(said("Precedents that the tariffs name")),
            columns=self.row(*heads),
            rows=tuple(rows),
        )


_FUNDED = {
    True: said("The funding is proved by statements of the bank."),
    False: said("The funding is only declared in case.toml: no statement of the bank proves it."),
}
_ERRORS = {
    Error.COUNT: said("exactly those who are affected"),
    Error.WRONG: said("paid to people who are not affected"),
    Error.MISSED: said("owed to affected people not found yet"),
    Error.WAITING: said("those who wait for a reader, if they count"),
}


def _shown(errors: Sequence[ErrorCost]) -> list[ErrorCost]:
    """By readers where they judged a sample, else by the model."""
    by_readers = {error.error for error in errors if error.basis == "readers"}
    return [error for error in errors if error.basis == "readers" or error.error not in by_readers]


def _end(one: Simulation, place: int) -> Money:
    given = [share.amount for share in one.amounts if share.people]
    return given[place] if given else one.tariff.base


def _middle(one: Simulation) -> str:
    middle = one.quantiles.get(50)
    return "-" if middle is None else middle.display()


def _funding(one: Simulation) -> Said:
    against = one.funding
    if against is None:
        return said("none is given in this currency")
    if against.covered:
        return said(
            "suffices; {left} left, for {people:,} more people",
            left=against.left.display(),
            people=against.more_people,
        )
    shares = [money.display() for money in against.pro_rata.values()]
    return said(
        "short by {short}; shared out as it is, each gets {share:.1%}: {amounts}",
        short=against.short.display(),
        share=max((against.funding - one.granted).amount_minor, 0) / max(one.total.amount_minor, 1),
        amounts=shares[0] if len(shares) == 1 else f"{shares[0]} – {shares[-1]}",
    )


def _how_many(paid: PaidGroup) -> str:
    return f"{paid.people:,}" if paid.people >= FEW else said("fewer than {few}", few=FEW)
