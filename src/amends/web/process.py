"""A process of ours that serves an ASGI application, until asked to stop or without its parent.

It is told what it needs in a line of JSON on standard input. It logs no request.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server

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
    asyncio.run(_serve(application, host, port, interface))
    os._exit(0)  # libraries that are torn down in any order say a lot at the end


async def _serve(application: object, host: str, port: int, interface: Interfaces) -> None:
    server = Server(
        application,
        address=host,
        port=port,
        interface=interface,
        websockets=False,
        log_enabled=False,
        backpressure=256,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    watch = threading.Thread(target=_until_orphaned, args=(loop, server), daemon=True)
    watch.start()
    await server.serve()


def _until_orphaned(loop: asyncio.AbstractEventLoop, server: Server) -> None:
    """Whoever started us holds the other end of standard input."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    loop.call_soon_threadsafe(server.stop)
