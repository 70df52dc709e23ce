"""A simulator's web server: HTTP/1.1 in as few steps as a gateway needs; llhttp reads.

Calls are answered one after another, and answers leave together, once all that they say is
committed. A client's next request on a connection waits for the answer before it.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

REQUEST_MAX_BYTES = 1 << 20
"""Of a request, and of all requests that wait on one connection."""

HTML = "text/html;charset=utf-8"
JSON = "application/json"
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Request(NamedTuple):
    """What a client asks; ``target`` is path and query, as sent.

    ``headers``: names in lower case; empty where the front does not keep them.
    """

    method: bytes
    target: bytes
    body: bytes
    keeps: bool
    headers: Mapping[str, str] = _NO_HEADERS


class Answer(NamedTuple):
    """What is said to it, after *delay_s*; nothing at all, if it is *dropped*.

    ``headers``: further ones, each ended by CR and LF.
    """

    body: bytes
    status: int = 200
    kind: str = HTML
    delay_s: float = 0.0
    dropped: bool = False
    headers: bytes = b""


class Front:
    """All connections. *answer* does what a request asks; *commit* makes it last.

    *name*: the simulator's, said in every answer. *headed*: whether requests carry their headers.
    """

    def __init__(
        self,
        name: str,
        answer: Callable[[Request], Answer],
        commit: Callable[[], None],
        *,
        headed: bool = False,
    ) -> None:
        self.name = name
        self.answer = answer
        self._commit = commit
        self._headed = headed
        self._due: list[tuple[Connection, Answer]] = []
        self.connections: set[Connection] = set()

    def connection(self) -> "Connection":
        """A new connection, for ``create_server``."""
        return HeadedConnection(self) if self._headed else Connection(self)

    def close(self) -> None:
        """Send what is answered and close all connections."""
        self._send()
        for connection in tuple(self.connections):
            connection.close()

    def send(self, connection: "Connection", answer: Answer) -> None:
        """Send *answer* after the commit of this turn of the loop."""
        if not self._due:
            asyncio.get_running_loop().call_soon(self._send)
        self._due.append((connection, answer))

    def _send(self) -> None:
        due, self._due = self._due, []
        try:
            self._commit()
        except Exception:
            for connection, _ in due:
                connection.write(_failed())
            raise
        for connection, answer in due:
            if answer.delay_s:
                loop = asyncio.get_running_loop()
                loop.call_later(answer.delay_s, connection.write, answer)
            else:
                connection.write(answer)


class Connection(asyncio.Protocol):
    """One connection. The ``on_`` methods are called by the parser."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._parser = HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[Request] = deque()
        self._asked: Request | None = None
        self._target, self._body, self._size = b"", bytearray(), 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)  # what TCP gives
        self._front.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection ended, for whatever reason."""
        del exc
        self._transport = None
        self._waiting.clear()
        self._front.connections.discard(self)

    def close(self) -> None:
        """Close it, once what was written is sent."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """A piece of a request came, or more than one."""
        self._size += len(data)
        if self._size > REQUEST_MAX_BYTES:
            self._refuse(413)
            return
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self._refuse(400)
            return
        self._answer_next()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._target, self._body = b"", bytearray()

    def on_url(self, piece: bytes) -> None:
        """A piece of its target."""
        self._target += piece

    def on_body(self, piece: bytes) -> None:
        """A piece of its body."""
        self._body += piece

    def on_message_complete(self) -> None:
        """It is whole."""
        parser, body = self._parser, bytes(self._body)
        keeps = parser.should_keep_alive()
        headers = self._headers()
        self._waiting.append(Request(parser.get_method(), self._target, body, keeps, headers))

    def _headers(self) -> Mapping[str, str]:
        """Headers of the request, where they are kept."""
        return _NO_HEADERS

    def write(self, answer: Answer) -> None:
        """Send *answer* to what was asked, and go on to what waits."""
        asked, self._asked = self._asked, None
        transport = self._transport
        if asked is None or transport is None or transport.is_closing():
            return
        if answer.dropped:
            transport.abort()
            return
        name, now_s = self._front.name, int(time.time())
        head = _head(name, answer.status, answer.kind, asked.keeps, now_s)
        body = b"" if asked.method == b"HEAD" else answer.body
        length = len(answer.body)
        transport.write(b"%s%d\r\n%s\r\n%s" % (head, length, answer.headers, body))
        if not asked.keeps:
            transport.close()
        elif self._waiting:
            self._answer_next()

    def _answer_next(self) -> None:
        """Answer the request that waits longest, unless one is being answered."""
        if self._asked is not None or not self._waiting:
            return
        self._asked = self._waiting.popleft()
        if not self._waiting:
            self._size = 0
        try:
            answer = self._front.answer(self._asked)
        except Exception as error:  # noqa: BLE001  # a server outlives the failure of one answer
            context = {"message": "a request could not be answered", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
            answer = _failed()
        self._front.send(self, answer)

    def _refuse(self, status: int) -> None:
        """Say that this is no request to answer, and hang up."""
        self._waiting.clear()
        self._asked = Request(b"", b"", b"", keeps=False)
        self.write(Answer(f"this is a simulator: {HTTPStatus(status).phrase}".encode(), status))


class HeadedConnection(Connection):
    """One whose requests carry their headers; of a name twice, the last."""

    def __init__(self, front: Front) -> None:
        self._seen: dict[str, str] = {}
        super().__init__(front)

    def on_message_begin(self) -> None:
        """A request begins, without headers yet."""
        self._seen = {}
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of it."""
        self._seen[name.decode("latin-1").lower()] = value.decode("latin-1")

    def _headers(self) -> Mapping[str, str]:
        return self._seen


def _failed() -> Answer:
    return Answer(b"this is a simulator: it failed", 500)


@lru_cache(maxsize=64)
def _head(name: str, status: int, kind: str, keeps: bool, now_s: int) -> bytes:  # noqa: FBT001  # cached
    """An answer's head up to the length of its body, in a second of the machine's time."""
    closing = "" if keeps else "Connection: close\r\n"
    return (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nX-Amends-Simulator: {name}\r\n"
        f"Content-Type: {kind}\r\nDate: {formatdate(now_s, usegmt=True)}\r\n{closing}"
        "Content-Length: "
    ).encode("ascii")
