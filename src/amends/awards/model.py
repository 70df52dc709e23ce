"""What is owed, and what may be wrong with the promise that says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from amends.kernel.errors import AmendsError


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
        kinds = {finding.kind for finding in findings}
        mend = []
        if kinds - {FindingKind.FUNDING}:
            mend.append("`amends promise CASE --restate` (two people) changes the promise")
        if FindingKind.FUNDING in kinds:
            mend.append("funding.amount in case.toml says how much money stands behind it")
        lines = [f"{number}. {finding.message}" for number, finding in enumerate(findings, 1)]
        super().__init__("\n".join(["what was promised does not hold:", *lines, "; ".join(mend)]))


class TariffError(AmendsError):
    """The tariff of the case is not one that Amends knows."""

    code: ClassVar[str] = "tariff"


class NothingToRestateError(AmendsError):
    """A restatement that would promise nothing to anybody."""

    code: ClassVar[str] = "restatement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many people there are, by the newest determination and by the awards.

    ``waiting``: those of the determination whose match a person has to decide first.
    """

    determined: int
    awarded: int
    new: int
    no_longer_determined: int
    waiting: int

    @property
    def owed(self) -> int:
        """Everybody who has an award or gets one now: nobody loses one."""
        return self.awarded + self.new
