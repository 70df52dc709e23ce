"""Words of the first day: what a file is, what is written, what a check has to say."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from amends.evidence.sampling import Sampled
from amends.kernel.errors import AmendsError
from amends.kernel.money import Money


class PreparingError(AmendsError):
    """A case directory cannot be made as it was asked for; nothing is written."""

    code: ClassVar[str] = "init"


class Kind(StrEnum):
    """What a file is to the case."""

    REGISTRY = "registry"
    EVIDENCE = "evidence"
    DEATH = "death"
    GUARDIANSHIP = "guardianship"
    DOUBT = "doubt"  # account table or leaked: somebody has to say


FOLDER_OF = {
    Kind.REGISTRY: "registries",
    Kind.EVIDENCE: "evidence",
    Kind.DEATH: "people",
    Kind.GUARDIANSHIP: "people",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file that was given: where it is, what its first rows tell, and what it is."""

    file: Path
    sampled: Sampled
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A file and its place in the case directory; ``product``: of an account table."""

    found: FoundFile
    path: str
    product: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What only people know. ``people`` and ``total``: as announced; None while nothing is."""

    case_id: str
    controller: str
    per_person: Money
    people: int | None = None
    total: Money | None = None


class Mark(StrEnum):
    """How a line of a check stands."""

    GOOD = "good"  # there, and right
    NOTE = "note"  # goes on without, but somebody should know
    ASKED = "asked"  # people have to decide it
    REFUSED = "refused"  # a stage refuses because of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A line of a check. ``rule``: of the law or standard behind it."""

    mark: Mark
    text: str
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Some findings under a heading. ``name`` is stable, ``title`` for people."""

    name: str
    title: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check has to say, and the figures behind it."""

    sections: tuple[Section, ...]
    figures: dict[str, int]

    @property
    def refused(self) -> bool:
        """Whether a stage would refuse now."""
        return any(one.mark is Mark.REFUSED for part in self.sections for one in part.findings)
