"""Results are written, and callbacks followed, for as long as somebody sends or asks."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from amends.payouts.rails.model import Rail
from amends.payouts.sending.callbacks import CallbackListener
from amends.payouts.sending.dispatch import Recorder
from amends.payouts.sending.questions import ask_about
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

HINTS_EVERY_S = 0.2


@asynccontextmanager
async def recording(
    opened: OpenCase,
    rail: Rail,
    session: Connection,
    listener: CallbackListener | None = None,
) -> AsyncIterator[Recorder]:
    """A recorder that writes, and asks about what callbacks hint at, while the block runs."""
    recorder, name = Recorder(opened, rail, session), rail.capabilities.rail
    hints = asyncio.Event()

    async def follow_hints() -> None:
        while listener is not None and not hints.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(hints.wait(), HINTS_EVERY_S)
            await ask_about(opened, rail, recorder, listener.take(name))

    try:
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(recorder.run())
            watching = group.create_task(recorder.watch())
            asking = group.create_task(follow_hints())
            yield recorder
            hints.set()
            await asking
            recorder.close()
            await writing
            await watching
    except BaseExceptionGroup as several:
        raise _first(several) from None


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first exception of a group of groups: a refusal has to arrive as itself."""
    one: BaseException = several
    while isinstance(one, BaseExceptionGroup):
        one = one.exceptions[0]
    return one
