"""The clock of the case for one request; a simulated one is moved by commands meanwhile."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from amends.kernel.case import ClockKind
from amends.store.service import case_clock
from amends.vault.opened import OpenCase

if TYPE_CHECKING:
    from amends.kernel.clock import Clock

_FRESH_S: Final = 1.0


class Clocks:
    """Hands out the open case with a clock that is as it is now, or was a second ago."""

    def __init__(self, opened: OpenCase) -> None:
        self._opened = opened
        self._simulated = opened.case.file.clock is ClockKind.SIMULATED
        self._read: tuple[float, Clock] | None = None
        self._kept: dict[str, OpenCase] = {}

    def opened_by(self, operator: str, *, anew: bool) -> OpenCase:
        """The case with an operator at work. *anew*: something will be written down."""
        if not self._simulated:
            return self._by(operator)
        now, known = time.monotonic(), self._read
        if anew or known is None or now - known[0] > _FRESH_S:
            known = (now, case_clock(self._opened.database, self._opened.case))
            self._read = known
            self._kept.clear()
            self._opened = replace(self._opened, clock=known[1])
        return self._by(operator)

    def _by(self, operator: str) -> OpenCase:
        """The same for each operator until the clock is read again."""
        found = self._kept.get(operator)
        if found is None:
            found = self._kept[operator] = replace(self._opened, by=operator)
        return found
