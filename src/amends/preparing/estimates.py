"""How long a stage will take, and how much room: straight lines through what was measured. Pure.

Every figure is from docs/figures.md, on two quiet cores. A model case of 300,000 people has 2.3
million rows: 4.2 accounts and 3.4 leaked rows a person. Beyond the largest size that was measured
the last line goes on. Seconds do not travel to other machines: the figures are estimates.
"""

from bisect import bisect
from dataclasses import dataclass

SOURCE = "docs/figures.md"
_GIB = 1 << 30
_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Values at some numbers of rows or people, at least two, in order of the numbers."""

    points: tuple[tuple[int, float], ...]

    def at(self, units: int) -> float:
        """The value for *units*: between two points, or on the line through the nearest two."""
        place = bisect(self.points, units, key=lambda point: point[0])
        left = min(max(place - 1, 0), len(self.points) - 2)
        (one, low), (other, high) = self.points[left : left + 2]
        return max(low + (high - low) * (units - one) / (other - one), 0.0)


def _of(*points: tuple[int, float]) -> Measured:
    return Measured(points=points)


_ROWS = 230_000, 2_300_000, 23_000_000  # of the model case, 30,000 to 3,000,000 people
_PEOPLE = 300, 30_000, 300_000, 3_000_000
# 30,000 people: "the stages as commands"; the others: "raw files to affected persons"
INTAKE_S = _of(*zip(_ROWS, (4.4, 10.0, 30.0), strict=True))
DETERMINE_S = _of(*zip(_ROWS, (4.2, 23.0, 155.0), strict=True))
DETERMINE_BYTES = _of(*zip(_ROWS, (509 * _MIB, 1.08 * _GIB, 4.06 * _GIB), strict=True))
INTAKE_BYTES = 1 * _GIB  # "intake, 3,000,000 people", 1.0 GiB
# "the stages as commands", the process and its database included
AWARD_S = _of((300, 1.3), (30_000, 2.1), (3_000_000, 21.0))
AWARD_BYTES = _of((300, 188 * _MIB), (30_000, 348 * _MIB), (3_000_000, 2.55 * _GIB))
PUBLISH_S = _of(*zip(_PEOPLE, (1.0, 3.0, 19.0, 89.5), strict=True))
PUBLISH_BYTES = _of(*zip(_PEOPLE, (170 * _MIB, 305 * _MIB, 881 * _MIB, 4.72 * _GIB), strict=True))
NOTIFY_S = _of(*zip(_PEOPLE, (0.8, 1.7, 8.7, 62.7), strict=True))
NOTIFY_BYTES = _of(*zip(_PEOPLE, (145 * _MIB, 181 * _MIB, 322 * _MIB, 1.27 * _GIB), strict=True))
PAY_S = _of((300, 2.2), (30_000, 46.1))
RECONCILE_S = _of((300, 2.7), (30_000, 8.2))
COPIES = 2
"""Sealed copy and encrypted tables: each at most about as large as the files themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Seconds that a stage will take, and bytes of memory; None where these do not matter."""

    stage: str
    seconds: float
    memory_bytes: int | None = None


def estimates(rows: int, people: int) -> tuple[Estimate, ...]:
    """Of every stage, for *rows* of all files and at most *people* who are paid."""
    return (
        Estimate(stage="intake", seconds=INTAKE_S.at(rows), memory_bytes=INTAKE_BYTES),
        Estimate(
            stage="determine",
            seconds=DETERMINE_S.at(rows),
            memory_bytes=round(DETERMINE_BYTES.at(rows)),
        ),
        Estimate(
            stage="award", seconds=AWARD_S.at(people), memory_bytes=round(AWARD_BYTES.at(people))
        ),
        Estimate(
            stage="publish",
            seconds=PUBLISH_S.at(people),
            memory_bytes=round(PUBLISH_BYTES.at(people)),
        ),
        Estimate(
            stage="notify", seconds=NOTIFY_S.at(people), memory_bytes=round(NOTIFY_BYTES.at(people))
        ),
        Estimate(stage="pay", seconds=PAY_S.at(people)),
        Estimate(stage="reconcile", seconds=RECONCILE_S.at(people)),
    )


def disk_bytes(file_bytes: int) -> int:
    """What the evidence room will take beside the files themselves."""
    return COPIES * file_bytes
