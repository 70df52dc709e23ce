"""Time, as an argument. A case runs on the real clock, or on a simulated one that outputs show.

Rooms ask the clock of the open case; nothing else reads a clock. ``sleep`` is how work waits for
the world (ask again in a minute, the bill comes in the morning): it costs time on the real clock
and none on the simulated one.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The time of the case."""

    @property
    def simulated(self) -> bool:
        """Whether outputs have to say that the time is simulated."""

    def now(self) -> datetime:
        """An aware UTC datetime."""

    def sleep(self, duration: timedelta) -> None:
        """Let *duration* pass."""


class RealClock:
    """The machine's clock."""

    simulated = False

    def now(self) -> datetime:
        """The machine's time in UTC."""
        return datetime.now(UTC)

    def sleep(self, duration: timedelta) -> None:
        """Wait that long."""
        time.sleep(duration.total_seconds())


class SimulatedClock:
    """A clock that moves only when told to; every move is handed to *keep*, which makes it last."""

    simulated = True

    def __init__(self, start: datetime, keep: Callable[[datetime], None]) -> None:
        self._now = start.astimezone(UTC)
        self._keep = keep

    def now(self) -> datetime:
        """The simulated time in UTC."""
        return self._now

    def sleep(self, duration: timedelta) -> None:
        """Move forward by *duration*, at once. A clock never goes back.

        Raises:
            ValueError: *duration* is negative.
        """
        if duration < timedelta(0):
            raise ValueError("a clock cannot go back")
        self._now += duration
        self._keep(self._now)
