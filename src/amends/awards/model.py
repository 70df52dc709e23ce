"""What is owed, and what may be wrong with the promise that says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import polars as pl

from amends.awards.granting import Grant
from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import joined, said
from amends.kernel.tariff import ANY_AGE, Tariff


class FindingKind(StrEnum):
    """Which part of promise and funding does not hold."""

    PRODUCT = "product"
    PEOPLE = "people"
    PER_PERSON = "per_person"
    TOTAL = "total"
    CURRENCY = "currency"
    FUNDING = "funding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that does not hold, with the figure that would be right."""

    kind: FindingKind
    message: str


class PromiseError(AmendsError):
    """Promise or funding does not hold. Names everything that fails, and how to mend it."""

    code: ClassVar[str] = "promise"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        mend = []
        if {finding.kind for finding in findings} != {FindingKind.FUNDING}:
            mend.append(said("`amends promise CASE --restate` (two people) changes the promise"))
        lines = [
            joined((str(number), finding.message), ". ")
            for number, finding in enumerate(findings, 1)
        ]
        head = said("what was promised does not hold:")
        super().__init__(joined((head, *lines, *mend)))


class TariffError(AmendsError):
    """The tariff of the case is not one that Amends knows."""

    code: ClassVar[str] = "tariff"


class AwardsChangedError(AmendsError):
    """Awards are not what was booked: some were changed, added or taken out."""

    code: ClassVar[str] = "awards_changed"


class NothingToRestateError(AmendsError):
    """A restatement that would promise nothing to anybody."""

    code: ClassVar[str] = "restatement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People whom a tariff cannot tell apart.

    ``jurisdictions``: under whose laws they stand; ``age``: the id of a band of the tariff.
    """

    categories: frozenset[str]
    jurisdictions: frozenset[str] = frozenset()
    age: str = ANY_AGE
    tranche: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Adding:
    """Who gets an award in a round.

    ``people``: person_id, tranche, group_no; ``groups``: group_no, what is known of
    them, people, scenario, class, amount_minor; ``classes``: the amounts by class; ``digest``: over
    the ids; ``grants``: what of it was granted on top of the tariff.
    """

    people: pl.DataFrame
    groups: pl.DataFrame
    classes: Mapping[int, Money]
    digest: str
    grants: tuple[Grant, ...] = ()

    @property
    def total_minor(self) -> int:
        """What they are owed together."""
        return int((self.groups["people"] * self.groups["amount_minor"]).sum())

    def people_by_amount(self) -> dict[str, int]:
        """How many get each amount (minor units)."""
        counts = self.groups.group_by("amount_minor").agg(pl.col("people").sum())
        return {str(amount): int(people) for amount, people in sorted(counts.iter_rows())}


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardReason:
    """Why a person has an award: ``tariff`` and ``group`` as they were when it was made.

    ``proposal_sha256``: what the approvals of the round were given to.
    """

    award_index: int
    round_no: int
    tariff: Tariff
    group: Group
    scenario: str
    amount: Money
    proposal_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many people there are, by the newest determination and by the awards.

    ``awarded`` does not count annulled awards; ``annulled``: those of the determination whose award
    is annulled. ``waiting``: those of it whose match a person has to decide first.
    """

    determined: int
    awarded: int
    new: int
    no_longer_determined: int
    annulled: int
    waiting: int

    @property
    def owed(self) -> int:
        """Everybody who has an award or gets one now: nobody loses one."""
        return self.awarded + self.new
