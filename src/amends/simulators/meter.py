"""Counts calls as the provider does: so many in any second, the others are turned away."""

from collections import deque


class Meter:
    """Lets *per_second* calls in within a second that ends now; None or 0: any number."""

    def __init__(self, per_second: int | None) -> None:
        self._per_second = per_second or None
        self._let_in: deque[float] = deque()

    def lets_in(self, now_s: float) -> bool:
        """Whether a call at *now_s* (a clock that never goes back) is taken; if so, it counts."""
        if self._per_second is None:
            return True
        while self._let_in and self._let_in[0] <= now_s - 1.0:
            self._let_in.popleft()
        if len(self._let_in) >= self._per_second:
            return False
        self._let_in.append(now_s)
        return True
