"""Connections to one gateway that stay open: HTTP/1.1, one call at a time on each.

A rail makes millions of small calls to one host and needs little of HTTP; a general client costs
three times as much a call (ADR 0007). llhttp reads the answers. Whatever is unusual ends the
connection and the call: to the payout protocol that is an answer that did not come, and it asks.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from httptools import HttpParserError, HttpResponseParser
from yarl import URL

_INFORMATIONAL = range(100, 200)
_FORM = "application/x-www-form-urlencoded;charset=utf-8"


class NoAnswerError(OSError):
    """The connection ended, or what came is no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Status and body; None for a body that is longer than allowed.

    ``headers``: names in lower case; empty where the connections do not keep them.
    """

    status: int
    body: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)


class Connections:
    """Calls of one host. Opened lazily inside a running event loop; give them back by `close`.

    ``most``: how many connections there are at once; further calls wait for one. ``content``: the
    type of what is sent. ``keeps_headers``: whether answers carry theirs.
    """

    def __init__(
        self,
        gateway: URL,
        *,
        most: int,
        timeout_s: float,
        answer_max_bytes: int,
        content: str = _FORM,
        keeps_headers: bool = False,
    ) -> None:
        self._host, self._port = gateway.host or "", gateway.port or 443
        self._tls = ssl.create_default_context() if gateway.scheme == "https" else None
        self._head = (
            f"Host: {gateway.authority}\r\nUser-Agent: amends\r\n"
            f"Content-Type: {content}\r\nContent-Length: "
        )
        self._kind = _HeadedConnection if keeps_headers else Connection
        self._timeout_s = timeout_s
        self._answer_max_bytes = answer_max_bytes
        self._room = asyncio.Semaphore(most)
        self._idle: list[Connection] = []

    async def post(self, target: str, form: bytes) -> Reply:
        """Send *form* to *target* (path and query, quoted).

        Raises:
            TimeoutError: no whole answer in time; the connection is ended.
            OSError: no connection, or none any more (`NoAnswerError`).
        """
        return await self.call("POST", target, form)

    async def call(self, method: str, target: str, body: bytes, headers: str = "") -> Reply:
        """Send *body* to *target* with further *headers* (ASCII, each ended by CR and LF).

        Raises:
            TimeoutError, OSError: as `post`.
        """
        head = f"{method} {target} HTTP/1.1\r\n{headers}{self._head}{len(body)}\r\n\r\n"
        request = head.encode("ascii")
        await self._room.acquire()  # by hand: every step of a call is felt in millions of them
        try:
            connection = await self._connection()
            try:
                return await connection.ask(request + body)
            finally:
                if connection.is_free:
                    self._idle.append(connection)
                else:
                    connection.end()
        finally:
            self._room.release()

    def close(self) -> None:
        """Close the connections that are idle; call it when no call is under way."""
        while self._idle:
            self._idle.pop().end()

    async def _connection(self) -> "Connection":
        """An idle connection that is still open, or a new one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_free:
                return connection
        loop, kind = asyncio.get_running_loop(), self._kind
        limit, timeout_s = self._answer_max_bytes, self._timeout_s
        async with asyncio.timeout(timeout_s):
            _, connection = await loop.create_connection(
                lambda: kind(limit, timeout_s), self._host, self._port, ssl=self._tls
            )
        return connection


class Connection(asyncio.Protocol):
    """One connection of the loop that runs. The ``on_`` methods are called by the parser."""

    def __init__(self, limit: int, timeout_s: float) -> None:
        self._limit = limit
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._late: asyncio.TimerHandle | None = None
        self._parser = HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Reply] | None = None
        self._body: list[bytes] = []
        self._size = 0

    @property
    def is_free(self) -> bool:
        """Whether another call can go over it."""
        transport = self._transport
        return self._answer is None and transport is not None and not transport.is_closing()

    def ask(self, request: bytes) -> "asyncio.Future[Reply]":
        """Send *request*; its answer, or ``TimeoutError``, and then the connection is ended."""
        answer: asyncio.Future[Reply] = self._loop.create_future()
        self._answer, self._body, self._size = answer, [], 0
        if self._transport is None or self._transport.is_closing():
            self._answered(NoAnswerError("the connection ended"))
        else:
            self._late = self._loop.call_later(self._timeout_s, self._timed_out)
            self._transport.write(request)
        return answer

    def _timed_out(self) -> None:
        """No whole answer came in time."""
        self.end()
        self._answered(TimeoutError())

    def end(self) -> None:
        """End it at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)  # what TCP and TLS give

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

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection ended, for whatever reason."""
        del exc
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
            self._answered(Reply(status=self._parser.get_status_code(), body=None))

    def on_message_complete(self) -> None:
        """The answer is whole."""
        status = self._parser.get_status_code()
        if status in _INFORMATIONAL:
            return
        if not self._parser.should_keep_alive() and self._transport is not None:
            self._transport.close()
        self._answered(Reply(status=status, body=b"".join(self._body), headers=self._headers()))

    def _headers(self) -> Mapping[str, str]:
        """Headers of the answer, where they are kept."""
        return {}

    def _answered(self, what: Reply | NoAnswerError | TimeoutError) -> None:
        """Give *what* to whoever asked, once."""
        if self._late is not None:
            self._late.cancel()
            self._late = None
        answer, self._answer = self._answer, None
        if answer is None or answer.done():
            return
        if isinstance(what, Reply):
            answer.set_result(what)
        else:
            answer.set_exception(what)


class _HeadedConnection(Connection):
    """One whose answers carry their headers; of a name twice, the last."""

    def __init__(self, limit: int, timeout_s: float) -> None:
        self._seen: dict[str, str] = {}
        super().__init__(limit, timeout_s)

    def on_message_begin(self) -> None:
        """An answer begins, without headers yet."""
        self._seen = {}
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of it."""
        self._seen[name.decode("latin-1").lower()] = value.decode("latin-1")

    def _headers(self) -> Mapping[str, str]:
        return self._seen
