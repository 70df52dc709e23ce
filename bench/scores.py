"""Precision, recall and count error, of a determination and of the oracle alike."""

import math
from dataclasses import asdict, dataclass

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Precision, recall and their harmonic mean, with the numbers that they are made of."""

    right: int
    given: int
    true: int

    @property
    def precision(self) -> float:
        """Share of what was given that is right."""
        return self.right / self.given if self.given else 1.0

    @property
    def recall(self) -> float:
        """Share of what is true that was found."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How a determination compares with the truth; ``count_error`` is relative."""

    rows: Score
    account_pairs: Score
    affected: Score
    count_error: float

    def scores(self) -> tuple[tuple[str, Score], ...]:
        """The three scores with their names."""
        return (
            ("rows", self.rows),
            ("account pairs", self.account_pairs),
            ("affected", self.affected),
        )

    def figures(self) -> dict[str, object]:
        """Everything as plain values, for JSON."""
        scores = {
            name.replace(" ", "_"): {
                "precision": score.precision,
                "recall": score.recall,
                "f1": score.f1,
                **asdict(score),
            }
            for name, score in self.scores()
        }
        return {**scores, "count_error": self.count_error}


def pairs_in(accounts: pl.DataFrame, *by: str) -> int:
    """How many pairs of rows agree in all columns of *by*."""
    sizes = accounts.drop_nulls(by).group_by(by).len()["len"].cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum())


def show(name: str, accuracy: Accuracy) -> str:
    """A table for people."""
    lines = [f"{name}", f"{'':16}{'precision':>10}{'recall':>10}{'F1':>10}"]
    for label, score in accuracy.scores():
        figures = f"{score.precision:10.4f}{score.recall:10.4f}{score.f1:10.4f}"
        lines.append(f"{label:16}{figures}  ({score.right} of {score.given} given, {score.true})")
    lines.append(f"{'count error':16}{accuracy.count_error:+10.2%}")
    return "\n".join(lines)


def beside(ours: Accuracy, oracle: Accuracy) -> str:
    """Ours, the oracle's and the difference in points, for people; ± is a 95 % interval."""
    lines = [f"{'':15}{'ours':>17}{'oracle':>11}{'points':>9}"]
    for (label, mine), (_, best) in zip(ours.scores(), oracle.scores(), strict=True):
        for word, of in (("precision", mine.given), ("recall", mine.true)):
            one, other = (getattr(score, word) for score in (mine, best))
            width = interval(one, of)
            title = f"{label} {word}"
            lines.append(
                f"{title:23}{one:9.4f}{other:11.4f}{100 * (one - other):+9.2f}  ±{width:.2f}"
            )
    one, other = ours.count_error, oracle.count_error
    lines.append(f"{'count error':23}{one:+9.2%}{other:+11.2%}{100 * (one - other):+9.2f}")
    return "\n".join(lines)


def interval(share: float, of: int) -> float:
    """Half the width, in points, of the 95 % interval of a share of *of* (Wilson 1927)."""
    z = 1.96
    if not of:
        return 0.0
    return 100 * z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + (z / (2 * of)) ** 2)
