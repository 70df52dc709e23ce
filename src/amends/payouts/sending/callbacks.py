"""Listens for providers' notifications. They are hints: a reason to ask, no result.

One that states another amount than was ordered is an alarm, as an answer that does.

Simulators reach it on loopback. Real providers reach the public address that case.toml names; what
ends the https there hands on to the address on which a command listens. Each of several commands
listens on its own address, or not at all: whichever a notification comes to stores it.

A notification is acknowledged only after it is stored (raw, sealed, once by its own digest), and
one that came before raises no second question. Anyone can knock: what is not signed by the provider
changes nothing and is not kept.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Final

from aiohttp import web

from amends.kernel.case import CaseFile
from amends.kernel.errors import CaseFileError
from amends.kernel.ids import InstructionId
from amends.kernel.saying import Said, said
from amends.kernel.tomltable import an_address
from amends.payouts.rails.model import AMOUNT_DIFFERS, Advice, CallbackHint, Rail, Unknown
from amends.payouts.sending import store
from amends.payouts.sending.record import Result, apply_results
from amends.vault.opened import OpenCase

CALLBACK_PURPOSE = "payout-callback"
LISTEN_VARIABLE: Final = "AMENDS_CALLBACKS_LISTEN"
"""Of a machine: where it listens instead of where case.toml says, or ``none``."""

_NOWHERE: Final = "none"
_LARGEST_BYTES = 64 * 1024
_ANOTHER_AMOUNT: Final = Unknown(advice=Advice.ALARM, code=AMOUNT_DIFFERS)
"""What a notification says by it; its text is kept with it."""


class CallbackListener:
    """A small server. ``url``: of loopback, for simulators; empty where there are none.

    ``listens_on``: where the settings put it, if it could; ``told``: why it could not.
    """

    def __init__(self, opened: OpenCase) -> None:
        self._opened = opened
        self._rails: dict[str, Rail] = {}
        self._hints: dict[str, set[InstructionId]] = {}
        self.url = ""
        self.listens_on: tuple[str, int] | None = None
        self.told: tuple[Said, ...] = ()
        self.received = 0

    def url_for(self, rail: str) -> str:
        """Where a simulator's notifications come to."""
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
            return web.Response(status=400, text=hint.code)
        if await asyncio.to_thread(self._keep, name, hint, body):
            self._hints.setdefault(name, set()).add(hint.number)
            self.received += 1
        return web.Response(body=rail.capabilities.callback_acknowledgement)

    def _keep(self, rail: str, hint: CallbackHint, body: bytes) -> bool:
        """Store a notification of ours; False when it is known or about a number of nobody."""
        number = hint.number
        digest = hashlib.sha256(body).digest()
        sealed = self._opened.vault.seal(body, CALLBACK_PURPOSE, digest.hex())
        with self._opened.database.unit_of_work() as connection:
            if not store.known_numbers(connection, [number]):
                return False
            now = self._opened.clock.now()
            if not store.insert_callback(connection, rail, number, (digest, sealed), now):
                return False
            if hint.says_another(store.amounts(connection, [number])[number]):
                told = Result(number=number, answer=_ANOTHER_AMOUNT)
                apply_results(self._opened, connection, rail, [told])
        return True


@asynccontextmanager
async def listening(opened: OpenCase) -> AsyncIterator[CallbackListener]:
    """A listener until the end of the block: where case.toml says, on loopback for simulators.

    Where another command has the address already it says so, and goes on without: payments are
    asked about anyway.

    Raises:
        CaseFileError: the environment names no address.
    """
    listener = CallbackListener(opened)
    application = web.Application(client_max_size=_LARGEST_BYTES)
    application.router.add_post("/{rail}", listener.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await _open(opened, listener, runner)
        yield listener
    finally:
        await runner.cleanup()


async def _open(opened: OpenCase, listener: CallbackListener, runner: web.AppRunner) -> None:
    """Listen where the settings say; on a free port of 127.0.0.1 for simulators that need one."""
    file = opened.case.file
    chosen = listens_on(file)
    if chosen is not None:
        try:
            await web.TCPSite(runner, *chosen).start()
        except OSError as error:
            listener.told = (_taken(chosen, error),)
            opened.progress.start(listener.told[0])
        else:
            listener.listens_on = chosen
            if _is_loopback(chosen[0]):
                listener.url = _local(*chosen)
    if not listener.url and any(rail.kind == "simulator" for rail in file.rails):
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        listener.url = _local(*runner.addresses[-1][:2])


def listens_on(file: CaseFile) -> tuple[str, int] | None:
    """Where a command on this machine listens: what the environment says goes before case.toml.

    Raises:
        CaseFileError: the environment names no address.
    """
    word = os.environ.get(LISTEN_VARIABLE, "").strip()
    if file.callbacks is None or word == _NOWHERE:
        return None
    if not word:
        return file.callbacks.listen
    try:
        return an_address(word)
    except ValueError as error:
        raise CaseFileError(
            said("{variable} {problem}", variable=LISTEN_VARIABLE, problem=error.args[0])
        ) from None


def _taken(address: tuple[str, int], error: OSError) -> Said:
    return said(
        "notifications of providers are not listened for at {address} ({problem}): payments are "
        "asked about as ever; a machine of its own has {variable}",
        address=_written(*address),
        problem=os.strerror(error.errno or 0),
        variable=LISTEN_VARIABLE,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _local(host: str, port: int) -> str:
    return f"http://{_written(host, port)}/"
