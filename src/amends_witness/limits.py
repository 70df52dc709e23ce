"""How much one caller, and all together, may ask. Addresses stay in memory, for a minute."""

from collections import OrderedDict
from threading import Lock

WINDOW_S = 60.0
MOST_CALLERS = 10_000


class Rate:
    """So many requests a minute of each caller, counted in a bucket that fills evenly."""

    def __init__(self, per_minute: int) -> None:
        self._most = float(per_minute)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def allows(self, caller: str, now_s: float) -> bool:
        """Whether *caller* may ask now; *now_s* of a clock that never goes back."""
        with self._lock:
            left, since = self._left.pop(caller, (self._most, now_s))
            left = min(self._most, left + (now_s - since) * self._most / WINDOW_S)
            self._left[caller] = (max(left - 1, 0.0), now_s)
            self._forget(now_s)
            return left >= 1

    def _forget(self, now_s: float) -> None:
        """Drop whoever was silent for a minute, and the oldest beyond the bound."""
        while self._left:
            _, (_, since) = next(iter(self._left.items()))
            if now_s - since < WINDOW_S and len(self._left) <= MOST_CALLERS:
                return
            self._left.popitem(last=False)
