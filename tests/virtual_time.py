"""An event loop in which waiting takes no time: its clock jumps to what comes next."""

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class _Jumping(selectors.BaseSelector):
    """A selector that never waits: instead of that, time passes."""

    def __init__(self) -> None:
        self._inner = selectors.DefaultSelector()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; *timeout* seconds are over afterwards."""
        self.now_s += max(timeout or 0.0, 0.0)
        return self._inner.select(0)

    def register(
        self,
        fileobj: Any,  # noqa: ANN401  # as its base
        events: int,
        data: object = None,
    ) -> selectors.SelectorKey:
        """Watch a file."""
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:  # noqa: ANN401  # as its base
        """Watch it no longer."""
        return self._inner.unregister(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """What is watched."""
        return self._inner.get_map()

    def close(self) -> None:
        """Watch nothing more."""
        self._inner.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on a clock of its own that begins at 0."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """The seconds that would have passed."""
        return self._jumping.now_s

    def stall(self, seconds: float) -> None:
        """Let the machine be busy with something else for a while."""
        self._jumping.now_s += seconds


def run_virtually(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run *work* to its end on a virtual clock."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
