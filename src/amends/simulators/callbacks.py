"""Delivers notifications to a merchant, again and again until they are acknowledged.

They go to loopback only: what this process says concerns nobody outside this machine.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp

from amends.simulators.store import NoticeRow, Store

_TRIES_AFTER_S = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_AT_ONCE = 8


class Message(NamedTuple):
    """A notification as it is posted: every try of it says the same."""

    headers: Mapping[str, str]
    body: bytes


@lru_cache(maxsize=16)
def is_loopback(url: str) -> bool:
    """Whether *url* is an http address on this machine."""
    parts = urlsplit(url)
    try:
        local = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
    return local and parts.scheme == "http"


class Callbacks:
    """The queue's worker. `wake` after a commit; everything in the store's queue is its work.

    *written* makes a notice's message; *acknowledged* says of an answer (status, first bytes)
    whether it is the one that the provider wants.
    """

    def __init__(
        self,
        store: Store,
        written: Callable[[NoticeRow], Message],
        acknowledged: Callable[[int, bytes], bool],
    ) -> None:
        self._store = store
        self._written = written
        self._acknowledged = acknowledged
        self._seen = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._session: aiohttp.ClientSession | None = None

    def wake(self) -> None:
        """Begin to deliver what has been committed to the queue since the last call."""
        if not self._store.has_new_notices:
            return
        self._store.has_new_notices = False
        for notice in self._store.notices(self._seen):
            self._seen = notice.notice_no
            task = asyncio.get_running_loop().create_task(self._deliver(notice))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop delivering; what waits stays in the queue."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _deliver(self, notice: NoticeRow) -> None:
        await asyncio.sleep(notice.delay_ms / 1000)
        message = self._written(notice)
        for pause_s in _TRIES_AFTER_S:
            await asyncio.sleep(pause_s)
            async with self._slots:
                if await self._post(notice.url, message) or notice.forged:
                    break
        self._store.drop_notice(notice.notice_no)
        self._store.commit()

    async def _post(self, url: str, message: Message) -> bool:
        """One try; whether it was acknowledged."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5))
        with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
            async with self._session.post(
                url, data=message.body, headers=message.headers, allow_redirects=False
            ) as answer:
                return self._acknowledged(answer.status, await answer.content.read(64))
        return False
