"""Never more calls a second than the rail allows, without bunching and without losing any.

Calls have evenly spaced turns. Who is late (a busy machine, a slow disk) makes up for it, but in no
second that begins anywhere do more calls start than the rail allows: a provider that counts in any
way sees no more. The second is a hundredth longer than the clock's, for what a network bunches.
"""

import asyncio
from collections import deque
from typing import Final

SECOND_S = 1.01
_LATE_S = 0.1
"""What is made up for at most: after that much of delay, turns are given anew."""


class Pace:
    """Lets at most *per_second* calls begin in any second; None: any number."""

    def __init__(self, per_second: float | None) -> None:
        self._gap_s = SECOND_S / per_second if per_second else 0.0
        # A pace below one a second spaces its turns wider than a second: there is nothing to count.
        self._begun: deque[float] = deque(maxlen=max(1, int(per_second or 1)))
        self._next_s = 0.0
        self._queue = asyncio.Lock()
        self.counts = bool(per_second)
        """Whether calls have turns at all."""

    async def wait(self) -> None:
        """Wait for this call's turn; calls begin in the order in which they came."""
        if not self._gap_s:
            return
        loop = asyncio.get_running_loop()
        came = loop.time()
        async with self._queue:
            turn = max(self._next_s, came, loop.time() - _LATE_S)
            self._next_s = turn + self._gap_s
            if len(self._begun) == self._begun.maxlen:
                turn = max(turn, self._begun[0] + SECOND_S)
            await asyncio.sleep(turn - loop.time())
            self._begun.append(loop.time())


UNPACED: Final = Pace(None)
"""No turns at all."""
