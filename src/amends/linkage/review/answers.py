"""What readers answer, what follows from several answers, and how well readers agree. Pure.

Every question goes to two readers, who do not know of each other's answer. Two that agree settle
it; two that do not call for a third. What three cannot settle stays open for good: nobody can tell.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

READERS_NEEDED: Final = 2
READERS_MOST: Final = 3


class QuestionKind(StrEnum):
    """What a reader is asked."""

    ROW = "row"  # is this leaked row of the person who holds this account?
    ACCOUNTS = "accounts"  # are these two accounts one person's?


class Answer(StrEnum):
    """What a reader may say; also what several have settled."""

    SAME = "same"
    DIFFERENT = "different"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One reader's answer to one question; ``signature`` is the reader's, over all the rest."""

    question_id: str
    reader: str
    answer: Answer
    reason: str
    run_no: int
    occurred_at: datetime
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often the first two readers of a question agree.

    ``kappa``: agreement beyond chance, from -1 to 1 (Cohen 1960); None where chance alone would
    agree always, or nobody has answered twice.
    """

    twice_answered: int
    agreed: int
    kappa: float | None

    @property
    def rate(self) -> float | None:
        """Share of the questions answered twice on which both say the same."""
        return self.agreed / self.twice_answered if self.twice_answered else None


def settled(answers: Sequence[Answer]) -> Answer | None:
    """What the answers to one question, in the order they came, have settled; None: not yet."""
    if len(answers) < READERS_NEEDED:
        return None
    for answer, count in Counter(answers[:READERS_MOST]).items():
        if count >= READERS_NEEDED:
            return answer
    return Answer.CANNOT_TELL if len(answers) >= READERS_MOST else None


def wants(answers: Sequence[Answer]) -> int:
    """Which reader a question waits for (1, 2 or 3); 0 when it is settled."""
    return 0 if settled(answers) is not None else len(answers) + 1


def agreement(questions: Iterable[Sequence[Answer]]) -> Agreement:
    """Cohen's kappa of the first and the second answer to every question that has two.

    Readers change from question to question, so it speaks of readers in general, not of a pair.
    """
    pairs = [(answers[0], answers[1]) for answers in questions if len(answers) >= READERS_NEEDED]
    total, agreed = len(pairs), sum(one == other for one, other in pairs)
    if not total:
        return Agreement(twice_answered=0, agreed=0, kappa=None)
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    by_chance = sum(first[answer] * second[answer] for answer in Answer) / total**2
    kappa = None if by_chance >= 1 else (agreed / total - by_chance) / (1 - by_chance)
    return Agreement(twice_answered=total, agreed=agreed, kappa=kappa)
