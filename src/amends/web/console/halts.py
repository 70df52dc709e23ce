"""Whether payments are halted, for the top of every page: one question a second at most."""

import time
from typing import Final

from amends.payouts.sending.switch import Halt, halted
from amends.vault.opened import OpenCase

_FRESH_S: Final = 1.0


class Halts:
    """The switch of payments as it is now, or was a second ago."""

    def __init__(self, opened: OpenCase) -> None:
        self._opened = opened
        self._read: tuple[float, Halt | None] | None = None

    def now(self) -> Halt | None:
        """Why payments are halted; None while they go out."""
        at, known = time.monotonic(), self._read
        if known is None or at - known[0] > _FRESH_S:
            known = self._read = (at, halted(self._opened))
        return known[1]

    def forget(self) -> None:
        """Ask again: something was done that may have turned it."""
        self._read = None
