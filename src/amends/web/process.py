"""A process of ours that serves an ASGI application, until asked to stop or without its parent.

It is told what it needs in a line of JSON on standard input. It logs no request.
"""

import asyncio
import gc
import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import uvloop
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

_MOST_LINES: Final = 16_384
_OTHER_FILES: Final = 256
_BACKLOG: Final = 1024
"""So many lines wait at the door; more than the system's own limit are cut to that."""
_SILENT_MS: Final = 10_000
"""So long a line may stay open without a question."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]


def told() -> dict[str, Any]:
    """What the parent says."""
    return dict(json.loads(sys.stdin.buffer.readline()))


def serve(
    application: object, host: str, port: int, interface: Interfaces = Interfaces.ASGI
) -> None:
    """Serve until SIGTERM, SIGINT, or the end of standard input."""
    uvloop.run(_serve(application, host, port, interface))
    os._exit(0)  # libraries that are torn down in any order say a lot at the end


async def _serve(application: object, host: str, port: int, interface: Interfaces) -> None:
    server = Server(
        application,
        address=host,
        port=port,
        interface=interface,
        websockets=False,
        log_enabled=False,
        backlog=_BACKLOG,
        backpressure=_lines(),
        http1_settings=HTTP1Settings(header_read_timeout=_SILENT_MS),
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    watch = threading.Thread(target=_until_orphaned, args=(loop, server), daemon=True)
    watch.start()
    gc.freeze()  # what is there stays: to look through it for circles takes a tenth of a second
    await server.serve()


def _lines() -> int:
    """So many lines stay open at a time: as many as the system gives, less what else is open.

    A line that says nothing holds its place; while all are held, nobody else is heard.
    """
    wanted = _MOST_LINES + _OTHER_FILES
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    if now != resource.RLIM_INFINITY and now < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    return max(files - _OTHER_FILES, _OTHER_FILES)


def _until_orphaned(loop: asyncio.AbstractEventLoop, server: Server) -> None:
    """Whoever started us holds the other end of standard input."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    loop.call_soon_threadsafe(server.stop)
