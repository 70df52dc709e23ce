"""Looks every few minutes whether the promise can still be kept, for as long as money goes out.

A look that fails is said, and the next one comes all the same; paying goes on meanwhile.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from amends.kernel.saying import Said, joined, said
from amends.payouts.planning.guarded import problem_of
from amends.payouts.planning.outlook import Looked, look_is_due, watch_promise
from amends.payouts.rails.model import Capabilities
from amends.vault.opened import OpenCase

EVERY_S: Final = 300.0


class Watch:
    """Says what is new once. ``failed``: why the last look failed."""

    def __init__(self, opened: OpenCase, limits: Sequence[Capabilities]) -> None:
        self._opened, self._limits = opened, tuple(limits)
        self._told = 0
        self._looking = asyncio.Lock()
        self.failed: Said | None = None

    async def run(self, over: asyncio.Event) -> None:
        """Look until it is *over*."""
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), EVERY_S)
                break
            for sentence in await self.look():
                self._opened.progress.tell(sentence)

    async def look(self, *, again: bool = False) -> tuple[Said, ...]:
        """Look now; what is new of it. *again*: also what was said before, while it holds."""
        async with self._looking:
            before = self.failed
            try:
                found = await asyncio.to_thread(watch_promise, self._opened, self._limits)
            except Exception as error:  # noqa: BLE001 -- paying goes on, whatever keeps us from looking
                self.failed = _failed(error)
                return (self.failed,) if self.failed != before or again else ()
            self.failed = None
            return () if found is None else self._new(found, again=again)

    async def last_look(self) -> None:
        """Look once more where that may find something new, and tell it."""
        try:
            due = await asyncio.to_thread(look_is_due, self._opened)
        except Exception as error:  # noqa: BLE001 -- as above
            self.failed = _failed(error)
            return
        for sentence in await self.look() if due else ():
            self._opened.progress.tell(sentence)

    def _new(self, found: Looked, *, again: bool) -> tuple[Said, ...]:
        first, new = not self._told, found.number != self._told
        self._told = found.number
        if found.kept:
            return (joined(found.sentences),) if new and not first else ()
        return (joined(found.sentences),) if new or again else ()

    def told(self) -> tuple[Said, ...]:
        """What is to be said of it at the end."""
        return () if self.failed is None else (self.failed,)


def _failed(error: Exception) -> Said:
    """A look that failed, in words."""
    return said(
        "whether the promise can be kept could not be looked at ({problem}); it is looked at again "
        "every {minutes:.0f} minutes",
        problem=problem_of(error),
        minutes=EVERY_S / 60,
    )


@asynccontextmanager
async def watched(opened: OpenCase, limits: Sequence[Capabilities]) -> AsyncIterator[Watch]:
    """A watch that looks while the block runs; a look that has begun ends before it does."""
    watch, over = Watch(opened, limits), asyncio.Event()
    running = asyncio.create_task(watch.run(over))
    try:
        yield watch
        over.set()
        await running
    except Exception:
        over.set()
        await running
        raise
    finally:
        running.cancel()
