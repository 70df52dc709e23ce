"""The public application: baked files first, then the live forms, then a page that says no.

No cookie, no session, no log of who asked for what. Baked files go out over RSGI, granian's own
protocol, which costs half of what ASGI does; what is live is an ASGI application behind it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from granian.rsgi import Scope as RSGIScope

from amends.inbox.service import Inbox
from amends.store.connection import PUBLIC_ROLE, PooledDatabase
from amends.web.public.baked import Answer, Baked, Headers, headers_for
from amends.web.public.desk import AT_ONCE, COME_BACK_S, PIECE_S, Desk
from amends.web.public.forms import MOST_BODY, forms
from amends.web.saying import PAGE_LANGUAGES

if TYPE_CHECKING:
    from litestar.types import HTTPScope
    from litestar.types import Receive as ASGIReceive
    from litestar.types import Send as ASGISend


class HTTPProtocol(Protocol):
    """What granian gives for an answer (RSGI 1.6)."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The request's body, piece by piece."""

    def response_empty(self, status: int, headers: Headers) -> None:
        """Answer without a body."""

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer with a whole body."""


Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_HEALTHY: Final = Answer(
    200, [("content-type", "text/plain"), ("cache-control", "no-store")], b"ok\n"
)
_NO_ICON: Final = Answer(204, [("cache-control", "public, max-age=86400")], b"")
"""For pages without an icon of their own, of which browsers ask by themselves."""
_HOME: Final = "/zh/"
_MOST_DRAINED: Final = 300_000_000
_READING: Final = frozenset({"GET", "HEAD"})
_TRADITIONAL: Final = ("hant", "-tw", "-hk", "-mo")


def _now() -> datetime:
    return datetime.now(UTC)


def inbox_of(conninfo: str | None, recipient: str | None, numbers_key: str = "") -> Inbox | None:
    """The inbox, as the public process reaches it; None where it is told no database or key.

    *numbers_key*: in hexadecimal, under which reports of a number are counted.
    """
    if not conninfo or not recipient:
        return None
    return Inbox(
        database=PooledDatabase(conninfo, PUBLIC_ROLE),
        recipient=recipient,
        numbers_key=bytes.fromhex(numbers_key),
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: what decides about its answer, and its body."""

    method: str
    path: str
    query: str
    headers: Headers
    receive: Receive

    def header(self, name: str) -> str:
        """A header's value, or nothing."""
        return next((value for key, value in self.headers if key == name), "")


class App:
    """The application over a published directory, for granian's RSGI.

    *inbox*: where forms go; without one they answer that they are closed. *piece_s*: so many
    seconds the next piece of a body is waited for. *at_once*: so many forms are worked on.
    """

    def __init__(
        self,
        site: Path,
        inbox: Inbox | None = None,
        *,
        now: Callable[[], datetime] = _now,
        piece_s: float = PIECE_S,
        at_once: int = AT_ONCE,
    ) -> None:
        self._baked, self._piece_s = Baked(site), piece_s
        self._desk = Desk(baked=self._baked, inbox=inbox, now=now, at_once=at_once)
        self._live = forms(self._desk)

    async def __rsgi__(self, scope: RSGIScope, protocol: HTTPProtocol) -> None:
        """Answer a request."""
        method, path, headers = scope.method, scope.path, scope.headers
        answer = self._baked.answer(path, headers) if method in _READING else None
        if answer is None and method not in _READING and self._desk.is_full:
            answer = self._come_back(path)
        if answer is None:
            held = list(headers.items())
            asked = Asked(method, path, scope.query_string, held, _body_of(protocol, self._piece_s))
            answer = await self._respond(asked)
        if method == "HEAD":
            protocol.response_empty(answer.status, answer.headers)
        else:
            protocol.response_bytes(answer.status, answer.headers, answer.body)

    def _come_back(self, path: str) -> Answer:
        """When to come back. Of a crowd nearly all are told so: it has to cost next to nothing."""
        told = _told(self._baked, path, 503)
        told.headers.append(("retry-after", str(COME_BACK_S)))
        return told

    async def _respond(self, asked: Asked) -> Answer:
        """What is not baked: the way to the home page, a form, or a page that says no."""
        if asked.path == "/":
            return _elsewhere(asked.header("accept-language"))
        if asked.path == "/healthz":
            return _HEALTHY
        if asked.path == "/favicon.ico":
            return _NO_ICON
        if not asked.path.endswith("/"):
            return _told(self._baked, asked.path, 404)
        length = asked.header("content-length")
        if length.isdecimal() and int(length) > MOST_BODY:
            await _drained(int(length), asked.receive)
            return _told(self._baked, asked.path, 413)
        return await self._from_forms(asked)

    async def _from_forms(self, asked: Asked) -> Answer:
        """The answer of the live half."""
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "http",
            "method": asked.method,
            "path": asked.path,
            "raw_path": asked.path.encode(),
            "query_string": asked.query.encode(),
            "root_path": "",
            "headers": [(key.encode(), value.encode("latin-1")) for key, value in asked.headers],
            "client": None,  # nobody's address on the network is looked at
            "server": None,
            "state": {},
        }
        await self._live(
            cast("HTTPScope", scope), cast("ASGIReceive", asked.receive), cast("ASGISend", send)
        )
        headers = [(key.decode(), value.decode("latin-1")) for key, value in sent[0]["headers"]]
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(sent[0]["status"], headers, body)


def _body_of(protocol: HTTPProtocol, piece_s: float) -> Receive:
    """The request's body, piece by piece, as ASGI has it; who stops sending is not waited for."""
    pieces = aiter(protocol)
    ended = False

    async def receive() -> Message:
        nonlocal ended
        if ended:
            return {"type": "http.disconnect"}
        try:
            piece = bytes(await asyncio.wait_for(anext(pieces), piece_s))
        except StopAsyncIteration:
            ended, piece = True, b""
        return {"type": "http.request", "body": piece, "more_body": not ended}

    return receive


async def _drained(length: int, receive: Receive) -> None:
    """Take in and drop what is too much: a browser shows an answer only after it has sent all."""
    with suppress(TimeoutError):
        while length <= _MOST_DRAINED and (await receive()).get("more_body"):
            pass


def _told(baked: Baked, path: str, status: int) -> Answer:
    """The baked page of what went wrong, in the language of the path."""
    first = path.strip("/").partition("/")[0]
    name = f"{first if first in PAGE_LANGUAGES else 'zh'}/error-{status}.html"
    body = baked.body(name) or b"%d" % status
    if path.endswith("/"):  # an error's page lies one folder higher than a form
        body = body.replace(b'="../', b'="../../')
    kept = [pair for pair in headers_for(name) if pair[0] != "cache-control"]
    more = [("cache-control", "no-store"), ("content-length", str(len(body)))]
    return Answer(status, [*kept, *more], body)


def _elsewhere(languages: str) -> Answer:
    """To the home page in the browser's language."""
    first = languages.partition(",")[0].strip().lower()
    home = _HOME
    if first and not first.startswith("zh"):
        home = "/en/"
    elif any(mark in first for mark in _TRADITIONAL):
        home = "/zh-hant/"
    return Answer(302, [("location", home), ("vary", "accept-language")], b"")


def app(site: Path, inbox: Inbox | None = None, *, now: Callable[[], datetime] = _now) -> App:
    """The application over a published directory."""
    return App(site, inbox, now=now)
