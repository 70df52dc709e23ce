"""The public application: baked files first, then the live forms, then a page that says no.

No cookie, no session, no log of who asked for what.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from amends.web.public.baked import Baked, Headers, Receive, Scope, Send, headers_for

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
_HOME: Final = "/zh/"
_LANGUAGES: Final = ("zh", "en", "zh-hant")


def app(site: Path, forms: Application | None = None) -> Application:
    """The application over a published directory; *forms*: the live half, if it is on.

    An ASGI 3 application for granian. Everything that *forms* fails to answer is a baked page.
    """
    baked = Baked(site)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        if scope["method"] in {"GET", "HEAD"} and await baked.answered(scope, send):
            return
        if scope["path"] == "/":
            await _elsewhere(scope, send)
            return
        if forms is not None:
            await forms(scope, receive, send)
            return
        await missing(baked, scope, send)

    return answer


async def missing(baked: Baked, scope: Scope, send: Send, status: int = 404) -> None:
    """The baked page for *status* in the language of the path."""
    language = next((one for one in _LANGUAGES if scope["path"].startswith(f"/{one}/")), "zh")
    name = f"{language}/error-{status}.html"
    body = baked.body(name) or str(status).encode()
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
    elif any(mark in first for mark in ("hant", "-tw", "-hk", "-mo")):
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
