"""How long a stage will take, and how much room: straight lines through what was measured. Pure.

Every rate is from docs/figures.md, of 28 November 2026 on two quiet cores unless said otherwise. A
model case of 300,000 people has 2.3 million rows, one of 3,000,000 has 23 million: 4.2 accounts and
3.4 leaked rows a person. Seconds do not travel to other machines: the figures are estimates.
"""

from dataclasses import dataclass

SOURCE = "docs/figures.md"
_GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A straight line: *fixed* and so much for each row or person."""

    fixed: float
    each: float

    def at(self, units: int) -> float:
        """Its value for *units*."""
        return self.fixed + self.each * units


def _through(one: tuple[int, float], other: tuple[int, float]) -> Line:
    each = (other[1] - one[1]) / (other[0] - one[0])
    return Line(fixed=one[1] - each * one[0], each=each)


_SMALL, _LARGE = 2_300_000, 23_000_000  # rows of the model case, 300,000 and 3,000,000 people
INTAKE_S = _through((_SMALL, 10.0), (_LARGE, 30.0))  # "raw files to affected persons"
DETERMINE_S = _through((_SMALL, 23.0), (_LARGE, 155.0))  # the same row
DETERMINE_BYTES = _through((_SMALL, 1.08 * _GIB), (_LARGE, 4.06 * _GIB))  # the same row
INTAKE_BYTES = 1 * _GIB  # "intake, 3,000,000 people", 1.0 GiB
PUBLISH_S = Line(fixed=1.0, each=5.7 / 300_000)  # "roster built"
LEDGER_S = Line(fixed=1.0, each=1 / 86_000)  # "posting to the ledger"
PAY_S = Line(fixed=1.0, each=1 / 731)  # "signed transfers, rail and simulator"
RECONCILE_S = Line(fixed=1.0, each=1 / 20_400)  # "reconciliation against a bill"
COPIES = 2
"""Sealed copy and encrypted tables: each at most about as large as the files themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Seconds and bytes of memory that a stage will take; None where nothing was measured."""

    stage: str
    seconds: float | None
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
        Estimate(stage="award", seconds=LEDGER_S.at(people)),
        Estimate(stage="publish", seconds=PUBLISH_S.at(people)),
        Estimate(stage="notify", seconds=None),
        Estimate(stage="pay", seconds=PAY_S.at(people)),
        Estimate(stage="reconcile", seconds=RECONCILE_S.at(people)),
    )


def disk_bytes(file_bytes: int) -> int:
    """What the evidence room will take beside the files themselves."""
    return COPIES * file_bytes
