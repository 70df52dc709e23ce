"""Connections to one gateway that stay open: HTTP/1.1, one call at a time on each.

A rail makes millions of small calls to one host and needs little of HTTP; a general client costs
three times as much a call (ADR 0007). llhttp reads the answers. Whatever is unusual ends the
connection and the call: to the payout protocol that is an answer that did not come, and it asks.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, cast

from httptools import HttpParserError, HttpResponseParser
from yarl import URL

from amends.payouts.rails.pacing import UNPACED, Pace

_INFORMATIONAL = range(100, 200)
_FORM = "application/x-www-form-urlencoded;charset=utf-8"
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class NoAnswerError(OSError):
    """The connection ended, or what came is no answer."""


class Reply(NamedTuple):
    """Status and body; None for a body that is longer than allowed.

    ``headers``: those that the connections keep, by names in lower case.
    """

    status: int
    body: bytes | None
    headers: Mapping[str, str] = _NO_HEADERS


class Connections:
    """Calls of one host. Opened lazily inside a running event loop; give them back by `close`.

    ``most``: how many connections there are at once; further calls wait for one. ``content``: the
    type of what is sent. ``kept_headers``: which headers answers carry, in lower case.
    """

    def __init__(
        self,
        gateway: URL,
        *,
        most: int,
        timeout_s: float,
        answer_max_bytes: int,
        content: str = _FORM,
        kept_headers: Sequence[str] = (),
    ) -> None:
        self._host, self._port = gateway.host or "", gateway.port or 443
        self._tls = ssl.create_default_context() if gateway.scheme == "https" else None
        self._head = (
            f"Host: {gateway.authority}\r\nUser-Agent: amends\r\n"
            f"Content-Type: {content}\r\nContent-Length: "
        )
        self._kept = {name.encode("ascii"): name for name in kept_headers}
        self._timeout_s = timeout_s
        self._answer_max_bytes = answer_max_bytes
        self._room = most
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._idle: list[Connection] = []

    async def call(
        self, method: str, target: str, body: bytes, headers: str = "", pace: Pace = UNPACED
    ) -> Reply:
        """Send *body* to *target* (path and query, quoted).

        *headers*: further ones, ASCII, each ended by CR and LF. *pace*: whose turn is waited for
        when the connection stands: what a new one takes would bunch the calls behind it.

        Raises:
            TimeoutError: no whole answer in time; the connection is ended.
            OSError: no connection, or none any more (`NoAnswerError`).
        """
        head = f"{method} {target} HTTP/1.1\r\n{headers}{self._head}{len(body)}\r\n\r\n"
        request = head.encode("ascii")
        if self._room:  # by hand: every step of a call is felt in millions of them
            self._room -= 1
        else:
            await self._wait()
        try:
            connection = self._idle_one() or await self._opened()
            try:
                if pace.counts:
                    await pace.wait()
                return await connection.ask(request + body)
            finally:
                if connection.is_free:
                    self._idle.append(connection)
                else:
                    connection.end()
        finally:
            if self._waiting:
                self._leave()
            else:
                self._room += 1

    async def _wait(self) -> None:
        """Wait for a place; they are given in the order in which calls came."""
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._leave()
            raise

    def _leave(self) -> None:
        """Hand a place to the call that waits longest, or back."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._room += 1

    def close(self) -> None:
        """Close the connections that are idle; call it when no call is under way."""
        while self._idle:
            self._idle.pop().end()

    def _idle_one(self) -> "Connection | None":
        """An idle connection that is still open."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_free:
                return connection
        return None

    async def _opened(self) -> "Connection":
        """A new connection."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._timeout_s):
            _, connection = await loop.create_connection(
                self._new, self._host, self._port, ssl=self._tls
            )
        return connection

    def _new(self) -> "Connection":
        limit, timeout_s = self._answer_max_bytes, self._timeout_s
        if self._kept:
            return _HeadedConnection(limit, timeout_s, self._kept)
        return Connection(limit, timeout_s)


class Connection(asyncio.Protocol):
    """One connection of the loop that runs. The ``on_`` methods are called by the parser.

    ``is_free``: whether another call can go over it.
    """

    def __init__(self, limit: int, timeout_s: float) -> None:
        self._limit = limit
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._late: asyncio.TimerHandle | None = None
        self._late_at = 0.0
        self.is_free = False
        self._parser = HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Reply] | None = None
        self._body: list[bytes] = []
        self._size = 0
        self._seen: Mapping[str, str] = _NO_HEADERS

    def ask(self, request: bytes) -> "asyncio.Future[Reply]":
        """Send *request*; its answer, or ``TimeoutError``, and then the connection is ended."""
        answer: asyncio.Future[Reply] = self._loop.create_future()
        if self._transport is None or not self.is_free:
            answer.set_exception(NoAnswerError("the connection ended"))
            return answer
        self.is_free = False
        self._answer, self._body, self._size = answer, [], 0
        self._late_at = self._loop.time() + self._timeout_s
        if self._late is None:
            self._late = self._loop.call_at(self._late_at, self._look)
        self._transport.write(request)
        return answer

    def _look(self) -> None:
        """End it if no whole answer came in time. One timer serves many calls in a row."""
        self._late = None
        if self._answer is None:
            return
        if self._loop.time() < self._late_at:
            self._late = self._loop.call_at(self._late_at, self._look)
            return
        self.end()
        self._answered(TimeoutError())

    def end(self) -> None:
        """End it at once."""
        self.is_free = False
        self._forget()
        if self._transport is not None:
            self._transport.abort()

    def _forget(self) -> None:
        """Look no more whether an answer is late."""
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)  # what TCP and TLS give
        self.is_free = True

    def data_received(self, data: bytes) -> None:
        """Something came; unasked, it ends the connection."""
        if self._answer is None:
            self.end()
            return
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self.end()
            self._answered(NoAnswerError("what came is not HTTP"))

    def eof_received(self) -> None:
        """The other side says no more: the transport closes."""
        self.is_free = False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection ended, for whatever reason."""
        del exc
        self.is_free = False
        self._forget()
        self._transport = None
        self._answered(NoAnswerError("the connection ended"))

    def on_message_begin(self) -> None:
        """An answer begins; one that nobody asked for is not read."""
        if self._answer is None:
            self.end()

    def on_body(self, body: bytes) -> None:
        """A piece of the body; what goes beyond the limit is not kept."""
        self._size += len(body)
        if self._size <= self._limit:
            self._body.append(body)
        else:
            self.end()
            self._answered(Reply(self._parser.get_status_code(), None))

    def on_message_complete(self) -> None:
        """The answer is whole."""
        status = self._parser.get_status_code()
        if status in _INFORMATIONAL:
            return
        if self._parser.should_keep_alive():
            self.is_free = self._answer is not None
        elif self._transport is not None:
            self._transport.close()
        self._answered(Reply(status, b"".join(self._body), self._seen))

    def _answered(self, what: Reply | NoAnswerError | TimeoutError) -> None:
        """Give *what* to whoever asked, once."""
        answer, self._answer = self._answer, None
        if answer is None or answer.done():
            return
        if isinstance(what, Reply):
            answer.set_result(what)
        else:
            answer.set_exception(what)


class _HeadedConnection(Connection):
    """One whose answers carry the headers *kept*; of a name twice, the last."""

    def __init__(self, limit: int, timeout_s: float, kept: Mapping[bytes, str]) -> None:
        super().__init__(limit, timeout_s)
        self._kept = kept
        self._headers: dict[str, str] = {}

    def on_message_begin(self) -> None:
        """An answer begins, without headers yet."""
        self._seen = self._headers = {}
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of it."""
        kept = self._kept.get(name.lower())
        if kept is not None:
            self._headers[kept] = value.decode("latin-1")
