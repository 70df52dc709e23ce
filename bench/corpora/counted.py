"""What was told of columns, counted against what they are."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from corpora.columns import File

DOUBT = "/"
"""Between the codes of a column for which more than one can be defended."""


@dataclass(slots=True)
class Score:
    """Counts per class."""

    hit: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)

    def f1(self, name: str) -> tuple[float, float, float]:
        """Precision, recall and F1 of one class."""
        hit = self.hit[name]
        precision = hit / (hit + self.wrong[name]) if hit else 0.0
        recall = hit / (hit + self.missed[name]) if hit else 0.0
        return precision, recall, 2 * hit / max(1, 2 * hit + self.wrong[name] + self.missed[name])

    def classes(self) -> list[str]:
        """Every class that is in the truth."""
        return sorted(set(self.hit) | set(self.missed))

    def macro(self, names: Iterable[str] | None = None) -> float:
        """Mean F1 of the classes in the truth (those of *names* only)."""
        chosen = [name for name in self.classes() if names is None or name in names]
        return sum(self.f1(name)[2] for name in chosen) / max(1, len(chosen))


def scored(
    files: Sequence[File], tell: Callable[[File], list[str]], *, doubtful: bool = True
) -> tuple[Score, float]:
    """What *tell* answers against the truth, and the CPU seconds it took.

    *doubtful*: whether columns of more than one code count. An answer that is any of them is right.
    """
    score, cpu_s = Score(), 0.0
    for file in files:
        began = time.process_time()
        told = tell(file)
        cpu_s += time.process_time() - began
        for truth, answer in zip(file.truth, told, strict=True):
            codes = truth.split(DOUBT)
            if len(codes) > 1 and not doubtful:
                continue
            if answer in codes:
                score.hit[answer] += 1
            else:
                score.missed[codes[0]] += 1
                score.wrong[answer] += 1
    return score, cpu_s
