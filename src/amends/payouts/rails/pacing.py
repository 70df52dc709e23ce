"""A token bucket: never more calls a second than the rail allows, without bunching."""

import asyncio


class Pace:
    """Lets at most *per_second* calls begin in a second; None: any number.

    Calls are given evenly spaced starts, so a rail that counts per second never sees more.
    """

    def __init__(self, per_second: float | None) -> None:
        self._gap_s = 1 / per_second if per_second else 0.0
        self._next_s = 0.0

    async def wait(self) -> None:
        """Wait for this call's turn."""
        if not self._gap_s:
            return
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next_s)
        self._next_s = turn + self._gap_s
        if turn > now:
            await asyncio.sleep(turn - now)
