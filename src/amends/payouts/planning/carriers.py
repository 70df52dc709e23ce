"""Which rails can carry whom, and who goes by which of them. Pure.

A rail carries somebody if it takes the account and the amount. Of several that do, as many people
go by each as the forecast says (:mod:`feasibility`), in the order of awards: what people approve is
what they were told.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.accounts import AccountKind
from amends.payouts.planning.drafting import Dues, Ints
from amends.payouts.rails.model import Capabilities

Group = tuple[int, frozenset[str]]
"""People alike: their amount in minor units, and the rails that can carry them."""

_NOBODY: Final = 255


def carriers(
    rails: Iterable[Capabilities], kind: AccountKind | None, amount_minor: int
) -> frozenset[str]:
    """The rails that take such an account and such an amount."""
    return frozenset(
        rail.rail for rail in rails if kind in rail.account_kinds and carries(rail, amount_minor)
    )


def carries(rail: Capabilities, amount_minor: int) -> bool:
    """Whether a rail takes such an amount, for one person in a day."""
    return rail.transfer_min.amount_minor <= amount_minor <= most_of(rail)


def most_of(rail: Capabilities) -> int:
    """The largest amount that a rail takes, for one person in a day, in minor units."""
    return min(one.amount_minor for one in (rail.transfer_max, rail.payee_day_max) if one)


class Routes:
    """Who of those that are due goes by which of *rails*.

    First everybody is shown to it (:meth:`note`), then it is told how many go by which rail
    (:meth:`decide`), then it says of some after the other who does (:meth:`of`).
    """

    def __init__(self, rails: Sequence[Capabilities]) -> None:
        self._rails = rails
        self._able: list[frozenset[str]] = []
        self._codes: npt.NDArray[np.uint8] = np.full(0, _NOBODY, np.uint8)
        self._left: dict[Group, dict[str, int]] = {}
        self.groups: Counter[Group] = Counter()

    def note(self, page: Dues, kinds: Sequence[AccountKind | None]) -> None:
        """Take some who are due, and what kind of account each has (None: none that is known)."""
        amounts = page.amounts_minor.tolist()
        alike = {one: carriers(self._rails, *one) for one in set(zip(kinds, amounts, strict=True))}
        able = [alike[one] for one in zip(kinds, amounts, strict=True)]
        self.groups.update(zip(amounts, able, strict=True))
        self._able += sorted(set(able) - set(self._able), key=sorted)
        code = {one: at for at, one in enumerate(self._able)}
        size = int(page.awards.max(initial=-1)) + 1
        if size > len(self._codes):
            more = np.full(max(size, 2 * len(self._codes)), _NOBODY, np.uint8)
            more[: len(self._codes)] = self._codes
            self._codes = more
        self._codes[page.awards] = [code[one] for one in able]

    def decide(self, split: Mapping[Group, Mapping[str, int]]) -> None:
        """So many of each group go by each rail; whoever is left by the first that can."""
        self._left = {group: dict(by) for group, by in split.items()}

    def of(self, page: Dues) -> dict[str, Ints]:
        """By rail the places of those of *page* who go by it; whom none carries is left out."""
        found: dict[str, list[Ints]] = {}
        codes = self._codes[page.awards]
        for code in np.unique(codes[codes != _NOBODY]).tolist():
            own = codes == code
            for minor in np.unique(page.amounts_minor[own]).tolist():
                places = np.flatnonzero(own & (page.amounts_minor == minor))
                for rail, some in self._shared((minor, self._able[code]), places):
                    found.setdefault(rail, []).append(some)
        return {rail: np.sort(np.concatenate(parts)) for rail, parts in found.items()}

    def _shared(self, group: Group, places: Ints) -> Iterable[tuple[str, Ints]]:
        """Some of a group, the first of them by the first rail as long as it has to carry more."""
        left = self._left.get(group, {})
        for rail in (one.rail for one in self._rails):
            some, places = places[: left.get(rail, 0)], places[left.get(rail, 0) :]
            if len(some):
                left[rail] -= len(some)
                yield rail, some
        able = [one.rail for one in self._rails if one.rail in group[1]]
        if able and len(places):
            yield able[0], places
