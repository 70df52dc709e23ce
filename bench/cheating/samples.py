"""How many people have to check, so that a fraud of few among many is seen. Pure.

Who checks is taken to be a sample of everybody without replacement, drawn without regard to who is
cheated: the number of cheated people in it is hypergeometric. If cheated people look more often
than others, fewer are needed; if the cheat picks those who never look, no number helps but theirs.
"""

from collections.abc import Callable
from math import exp, lgamma, log


def _log_choose(n: int, k: int) -> float:
    """The logarithm of the number of ways to choose *k* of *n*; -infinity where there is none."""
    if not 0 <= k <= n:
        return float("-inf")
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _unseen(n: int, cheated: int, checking: int) -> float:
    """The chance that none of *cheated* people is among those *checking*.

    It is a product over the smaller of the two groups, which stays exact where factorials of
    millions would not.
    """
    few, many = sorted((cheated, checking))
    if few + many > n:
        return 0.0
    return exp(sum(log((n - many - at) / (n - at)) for at in range(few)))


def seen_alone(n: int, cheated: int, checking: int) -> float:
    """The chance that at least one of *cheated* people of *n* is among those *checking*."""
    return 1 - _unseen(n, cheated, checking)


def seen_in_pairs(n: int, pairs: int, checking: int) -> float:
    """The chance that both of at least one of so many pairs are among those *checking*.

    The sum runs over how many pairs have exactly one member in the sample, none having two.
    """
    whole = _log_choose(n, checking)
    terms = (
        _log_choose(pairs, one) + one * log(2) + _log_choose(n - 2 * pairs, checking - one) - whole
        for one in range(min(pairs, checking) + 1)
    )
    return 1 - min(1.0, sum(map(exp, terms)))


def seen_across(n: int, others: int, checking: int) -> float:
    """The chance that those *checking*, who all compare, are not all of one part.

    *others*: how many of *n* are shown the second history.
    """
    return max(0.0, 1 - _unseen(n, others, checking) - _unseen(n, n - others, checking))


def needed(
    chance: Callable[[int, int, int], float], n: int, cheated: int, least: float
) -> int | None:
    """The fewest who have to check so that the chance is at least *least*; None: all are too few.

    *chance*: one of those above; each grows with the number of those who check until all do.
    """
    low, high = 0, n
    if chance(n, cheated, high) < least:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if chance(n, cheated, middle) >= least else (middle, high)
    return high
