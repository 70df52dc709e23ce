"""Delivers notifications to the merchant, again and again until ``success`` is answered.

They go to loopback only: what this process says concerns nobody outside this machine.
"""

import asyncio
import contextlib
import uuid
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

import aiohttp

from amends.simulators.alipay.bank import Bank
from amends.simulators.alipay.store import NoticeRow, Store
from amends.simulators.alipay.wire import Keys, notification

_TRIES_AFTER_S = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_ACKNOWLEDGED = b"success"
_AT_ONCE = 8


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
    """The queue's worker. `wake` after a commit; everything in the store's queue is its work."""

    def __init__(self, store: Store, bank: Bank, keys: Keys) -> None:
        self._store = store
        self._bank = bank
        self._keys = keys
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
        form = self._form(notice)
        for pause_s in _TRIES_AFTER_S:
            await asyncio.sleep(pause_s)
            async with self._slots:
                if await self._post(notice.url, form) or notice.forged:
                    break
        self._store.drop_notice(notice.notice_no)
        self._store.commit()

    def _form(self, notice: NoticeRow) -> bytes:
        """What is posted, signed once: every try says the same under the same ``notify_id``."""
        order = self._store.order_by_no(notice.order_no)
        parameters = {
            "app_id": self._keys.app_id,
            "biz_content": self._bank.notice_content(order, notice.status),
            "charset": "UTF-8",
            "msg_method": "alipay.fund.trans.order.changed",
            "notify_id": uuid.uuid4().hex,
            "sign_type": "RSA2",
            "utc_timestamp": str(int(datetime.now(UTC).timestamp() * 1000)),
            "version": "1.1",
        }
        signed = notification(self._keys, parameters, spoil=bool(notice.forged))
        return urlencode(signed).encode("ascii")

    async def _post(self, url: str, form: bytes) -> bool:
        """One try; whether it was acknowledged."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8",
            "X-Amends-Simulator": "alipay",
        }
        with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
            async with self._session.post(
                url, data=form, headers=headers, allow_redirects=False
            ) as answer:
                return (await answer.content.read(64)).strip() == _ACKNOWLEDGED
        return False
