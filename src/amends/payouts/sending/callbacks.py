"""Listens for a provider's notifications, on loopback. They are hints: a reason to ask, no result.

A notification is acknowledged only after it is stored (raw, sealed, once by its own digest), and
one that came before raises no second question. Anyone can knock: what is not signed by the provider
changes nothing and is not kept.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from amends.kernel.ids import InstructionId
from amends.payouts.rails.model import CallbackHint, Rail
from amends.payouts.sending import store
from amends.vault.opened import OpenCase

CALLBACK_PURPOSE = "payout-callback"
_LARGEST_BYTES = 64 * 1024


class CallbackListener:
    """A small server. ``url`` is known before the rail that will tell it to the provider."""

    def __init__(self, opened: OpenCase) -> None:
        self._opened = opened
        self._rails: dict[str, Rail] = {}
        self._hints: dict[str, set[InstructionId]] = {}
        self.url = ""
        self.received = 0

    def url_for(self, rail: str) -> str:
        """Where a rail's notifications come to."""
        return f"{self.url}{rail}"

    def listen_for(self, rail: Rail) -> None:
        """Take this rail's notifications from now on."""
        self._rails[rail.capabilities.rail] = rail

    def take(self, rail: str) -> list[InstructionId]:
        """The numbers about which a rail notified something since the last call."""
        return sorted(self._hints.pop(rail, ()))

    async def answer(self, request: web.Request) -> web.Response:
        """Check, store, acknowledge."""
        name = request.match_info["rail"]
        rail = self._rails.get(name)
        if rail is None:
            return web.Response(status=503)
        body = await request.read()
        hint = rail.parse_callback(dict(request.headers), body)
        if not isinstance(hint, CallbackHint):
            return web.Response(status=400)
        if await asyncio.to_thread(self._keep, name, hint.number, body):
            self._hints.setdefault(name, set()).add(hint.number)
            self.received += 1
        return web.Response(body=rail.capabilities.callback_acknowledgement)

    def _keep(self, rail: str, number: InstructionId, body: bytes) -> bool:
        """Store a notification of ours; False when it is known or about a number of nobody."""
        digest = hashlib.sha256(body).digest()
        sealed = self._opened.vault.seal(body, CALLBACK_PURPOSE, digest.hex())
        with self._opened.database.unit_of_work() as connection:
            if not store.known_numbers(connection, [number]):
                return False
            now = self._opened.clock.now()
            return store.insert_callback(connection, rail, number, (digest, sealed), now)


@asynccontextmanager
async def listening(opened: OpenCase) -> AsyncIterator[CallbackListener]:
    """A listener on a free port of 127.0.0.1, stopped at the end of the block."""
    listener = CallbackListener(opened)
    application = web.Application(client_max_size=_LARGEST_BYTES)
    application.router.add_post("/{rail}", listener.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        listener.url = f"http://{host}:{port}/"
        yield listener
    finally:
        await runner.cleanup()
