"""Runs of stages that operators ask for: their states, and why one is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from amends.kernel.errors import AmendsError
from amends.kernel.saying import said


class AskState(StrEnum):
    """How far a run is that somebody asked for."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    SIGNATURES = "signatures"
    """It has proposed something, and goes on when people have signed and it is asked for again."""
    REFUSED = "refused"
    BROKEN = "broken"
    """Its process ended before the stage did."""
    WITHDRAWN = "withdrawn"


STATES: Final[Mapping[AskState, str]] = {
    AskState.WAITING: said("waits for the runner"),
    AskState.RUNNING: said("running"),
    AskState.DONE: said("done"),
    AskState.SIGNATURES: said("waits for signatures"),
    AskState.REFUSED: said("refused"),
    AskState.BROKEN: said("broken off"),
    AskState.WITHDRAWN: said("withdrawn"),
}

WITH_FACTOR: Final = frozenset({"award", "publish", "notify", "pay"})
"""Stages that owe, publish, write to people or pay: a second factor now, beside the role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A sentence in both languages, as it is stored."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """The piece of work at present; *total*: None where it is not known."""

    label: Told
    done: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended: its counts and notes, or the code and sentence of what stopped it."""

    counts: Mapping[str, int]
    notes: tuple[Told, ...]
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A run that somebody asked for."""

    ask_no: int
    stage: str
    asked_by: str
    asked_at: datetime
    state: AskState
    taken_at: datetime | None
    ended_at: datetime | None
    doing: Doing | None
    outcome: Outcome | None


class AskError(AmendsError):
    """A stage is not asked for."""

    code: ClassVar[str] = "stage_asked"
