"""What is told of texts beside their codes, so that most pairs are seen to differ at a glance.

The ends of texts go behind the codes of a record as two more codes, and bits of what is known of it
say which texts are plain: see :mod:`~amends.linkage.compiled.sieve`.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final

import numpy as np

from amends.kernel.ahead import processors, worked_ahead
from amends.linkage.comparisons import Condition, Relation
from amends.linkage.compiled import sieve
from amends.linkage.compiled.comparing import Fields

_FOUR: Final = 4
_ENDS: Final = {Relation.TWO_OF_THREE: 3, Relation.SLIPS: _FOUR, Relation.BEGINS: _FOUR}
"""How many octets at the beginning are a code: those of a Han sign, or four."""

_PLAIN: Final = {
    Relation.FITS: ord("*"),
    Relation.CONTAINED: ord(" "),
    Relation.SHARING: ord(" "),
}
"""Without which sign texts only are in this relation where they are the same."""

_BOTH_ENDS: Final = 3
_FIRST_END: Final = 1


class Glance:
    """Which ends and signs are told of the texts that *conditions* ask about, and where.

    Args:
        conditions: of all comparisons.
        slots: how many codes a record has: its bits of what is known are the lowest.
    """

    def __init__(self, conditions: Iterable[Condition], slots: int) -> None:
        ends: dict[tuple[str, int], int] = {}
        plain: dict[tuple[str, int], int] = {}
        asked = list(conditions)
        self.width = slots
        for condition in filter(_by_ends, asked):
            key = condition.column, _ENDS[condition.relation]
            if key not in ends and self.width + 2 <= sieve.MOST:
                ends[key] = self.width
                self.width += 2
        bit = self.width
        for condition in asked:
            if condition.relation in _PLAIN and bit < sieve.MOST:
                key = condition.column, _PLAIN[condition.relation]
                bit += plain.setdefault(key, bit) == bit
        self._ends, self._plain = ends, plain

    def of(self, condition: Condition) -> tuple[int, int]:
        """Bits of codes of which one must be alike, and of those who are plain; 0 where no matter.

        A condition is not met where texts differ and that is not so, or both are plain.
        """
        relation, column = condition.relation, condition.column
        ends = 0
        if _by_ends(condition) and (column, _ENDS[relation]) in self._ends:
            which = _FIRST_END if relation is Relation.BEGINS else _BOTH_ENDS
            ends = which << self._ends[column, _ENDS[relation]]
        bit = self._plain.get((column, _PLAIN[relation])) if relation in _PLAIN else None
        return ends, 0 if bit is None else 1 << bit

    def tell(self, fields: Fields, slots: Mapping[str, int]) -> None:
        """Write all of it to *fields*."""

        def write(span: tuple[int, int]) -> None:
            for (column, octets), to in self._ends.items():
                sieve.tell_ends(fields, slots[column], octets, to, span)
            for (column, sign), bit in self._plain.items():
                sieve.tell_plain(fields, slots[column], sign, bit, span)

        count = len(fields.rows)
        bounds = np.linspace(0, count, processors() + 1).astype(np.int64).tolist()
        for _ in worked_ahead([span for span in pairwise(bounds) if span[0] < span[1]], write):
            pass


def _by_ends(condition: Condition) -> bool:
    """Whether texts whose ends differ do not meet it, unless they are short."""
    if condition.relation is Relation.SLIPS:
        return condition.limit == 1
    if condition.relation is Relation.BEGINS:
        return condition.limit >= _FOUR
    return condition.relation in _ENDS
