"""Words of the first day: what a file is, what is written, what a check has to say."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, assert_never

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

    GOOD = "good"  # there, and right; done
    OPEN = "open"  # still to come: a stage that was not run, a gate that is not passed
    NOTE = "note"  # somebody should know
    ASKED = "asked"  # people have to decide it
    REFUSED = "refused"  # something is wrong, and a stage refuses because of it


class GateState(StrEnum):
    """How a gate stands."""

    PASSED = "passed"
    WAITS = "waits"  # the stage stops here
    UNKNOWN = "unknown"  # it is recorded where nobody can look now
    NEEDLESS = "needless"  # this case goes through without


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What stands before a stage. ``name`` is stable, ``text`` says how to pass it."""

    name: str
    state: GateState
    text: str
    rule: str = ""

    @property
    def mark(self) -> Mark:
        """How the line of the gate stands."""
        match self.state:
            case GateState.PASSED | GateState.NEEDLESS:
                return Mark.GOOD
            case GateState.WAITS:
                return Mark.OPEN
            case GateState.UNKNOWN:
                return Mark.NOTE
        assert_never(self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A line of a check. ``rule``: of the law or standard behind it; ``gates``: of a stage."""

    mark: Mark
    text: str
    rule: str = ""
    gates: tuple[Gate, ...] = ()


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
        """Whether something is wrong that has to be mended before a stage goes on."""
        return any(one.mark is Mark.REFUSED for part in self.sections for one in part.findings)
