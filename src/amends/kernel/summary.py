"""What a stage says at its end: counts for people and for programs."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSummary:
    """The result of a stage that did its work.

    ``counts`` are whole numbers (people, rows, minor units) under stable names; ``notes`` are
    sentences for people (for example that time was simulated); ``details`` are figures that are no
    whole numbers (an estimate with its interval), as JSON.
    """

    counts: dict[str, int]
    notes: tuple[str, ...] = field(default=())
    details: dict[str, object] = field(default_factory=dict)
