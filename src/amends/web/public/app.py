"""The public application: baked files first, then the live forms, then a page that says no.

No cookie, no session, no log of who asked for what.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from amends.inbox.service import Inbox
from amends.store.connection import PUBLIC_ROLE, PooledDatabase
from amends.web.public.baked import Baked, Headers, Receive, Scope, Send, headers_for
from amends.web.public.forms import MOST_BODY, Desk, forms
from amends.web.saying import PAGE_LANGUAGES

if TYPE_CHECKING:
    from litestar.types import HTTPScope
    from litestar.types import Receive as ASGIReceive
    from litestar.types import Send as ASGISend

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
_HOME: Final = "/zh/"
_HEALTHY: Final = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")]
_MOST_DRAINED: Final = 300_000_000
_READING: Final = frozenset({"GET", "HEAD"})
_TRADITIONAL: Final = ("hant", "-tw", "-hk", "-mo")


def _now() -> datetime:
    return datetime.now(UTC)


def app(
    site: Path, inbox: Inbox | None = None, *, now: Callable[[], datetime] = _now
) -> Application:
    """The application over a published directory: ASGI 3, for granian or any other server.

    *inbox*: where forms go; without one they answer that they are closed.
    """
    baked = Baked(site)
    live = forms(Desk(baked=baked, inbox=inbox, now=now))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            found = baked.answer(scope) if scope["method"] in _READING else None
            if found is None:
                await respond(scope, receive, send)
                return
            start, body = found
            await send(start)
            await send(body)
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/":
            await _elsewhere(scope, send)
        elif scope["path"] == "/healthz":
            await send({"type": "http.response.start", "status": 200, "headers": _HEALTHY})
            await send({"type": "http.response.body", "body": b"ok\n"})
        elif _length(scope) > MOST_BODY:
            await _drained(_length(scope), receive)
            await _told(baked, scope, send, 413)
        elif scope["path"].endswith("/"):
            await live(
                cast("HTTPScope", scope), cast("ASGIReceive", receive), cast("ASGISend", send)
            )
        else:
            await _told(baked, scope, send, 404)

    return answer


def inbox_of(conninfo: str | None, recipient: str | None) -> Inbox | None:
    """The inbox, as the public process reaches it; None where it is told no database or key."""
    if not conninfo or not recipient:
        return None
    return Inbox(database=PooledDatabase(conninfo, PUBLIC_ROLE), recipient=recipient)


def _length(scope: Scope) -> int:
    """How many bytes are said to come."""
    text = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(text) if text.isdigit() else 0


async def _drained(length: int, receive: Receive) -> None:
    """Take in and drop what is too much: a browser shows an answer only after it has sent all."""
    left = length if length <= _MOST_DRAINED else 0
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if not message.get("more_body"):
            return


async def _told(baked: Baked, scope: Scope, send: Send, status: int) -> None:
    """The baked page of what went wrong, in the language of the path."""
    first = scope["path"].strip("/").partition("/")[0]
    name = f"{first if first in PAGE_LANGUAGES else 'zh'}/error-{status}.html"
    body = baked.body(name) or b"%d" % status
    if scope["path"].endswith("/"):  # an error's page lies one folder higher than a form
        body = body.replace(b'="../', b'="../../')
    headers: Headers = [
        *((key, value) for key, value in headers_for(name) if key != b"cache-control"),
        (b"cache-control", b"no-store"),
        (b"content-length", b"%d" % len(body)),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _elsewhere(scope: Scope, send: Send) -> None:
    """To the home page in the browser's language."""
    asked = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
    first = asked.decode("latin-1").split(",")[0].strip().lower()
    home = _HOME
    if first and not first.startswith("zh"):
        home = "/en/"
    elif any(mark in first for mark in _TRADITIONAL):
        home = "/zh-hant/"
    headers = [
        (b"location", home.encode()),
        (b"content-length", b"0"),
        (b"vary", b"accept-language"),
    ]
    await send({"type": "http.response.start", "status": 302, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
