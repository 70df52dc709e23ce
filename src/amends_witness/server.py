"""The witness over HTTP: ``POST …/add-checkpoint``, ``GET /healthz``, and an end in good order.

Log lines carry time, answer, log and size: no address, no header, no body, nothing that a caller
chose (an unknown log is ``-``).
"""

import socket
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Lock
from typing import Any

from amends_witness.deciding import PLAIN, Answer, Witness
from amends_witness.limits import Rate
from amends_witness.requests import MOST_BYTES

PATIENCE_S = 10.0
"""How long a connection may say nothing, or not take its answer."""
MOST_CONNECTION_S = 60.0
"""How long a connection lasts at most; a log opens another."""

Log = Callable[[str], None]


def to_standard_error(line: str) -> None:
    """Write a log line."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What callers may use: requests a minute of one address, connections of all."""

    requests_per_minute: int = 120
    connections: int = 64


class WitnessServer(ThreadingHTTPServer):
    """A thread for each connection, up to a bound; ends when every answer that began is out."""

    daemon_threads = False
    block_on_close = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(
        self, address: tuple[str, int], witness: Witness, bounds: Bounds, log: Log
    ) -> None:
        self.witness, self.log = witness, log
        self.rate = Rate(bounds.requests_per_minute)
        self.ending = False
        self._free = BoundedSemaphore(bounds.connections)
        self._open: dict[socket.socket, float] = {}
        self._lock = Lock()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the library has it
        """Take a connection if one is free; whoever comes above the bound is hung up on."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        with self._lock:
            self._open[request] = time.monotonic()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - likewise
        """Serve a connection, and free its place."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.pop(request, None)
            self._free.release()

    def service_actions(self) -> None:
        """Hang up on connections that have lasted too long, so that slow ones do not fill all."""
        before = time.monotonic() - MOST_CONNECTION_S
        with self._lock:
            for connection, since in self._open.items():
                if since < before:
                    _no_more_reading(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - likewise
        """Say what kind of error it was: its message could carry what the caller sent."""
        del request, client_address
        error = sys.exception()
        if not isinstance(error, ConnectionError):  # a caller hung up: nothing of ours
            self.log(line("failed", type(error).__name__))

    def end(self) -> None:
        """Take no more, let what has begun finish, close."""
        self.ending = True
        self.shutdown()
        with self._lock:
            for waiting in self._open:
                _no_more_reading(waiting)
        self.server_close()


def line(*words: object) -> str:
    """A log line."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return " ".join([moment, *map(str, words)])


def _no_more_reading(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RD)
    except OSError:
        return  # it is closed already


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: WitnessServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "amends-witness", ""
    timeout = PATIENCE_S

    def do_GET(self) -> None:
        """Say whether the witness can do its work."""
        if not self._may_ask():
            return
        if self.path != "/healthz":
            self._answer(Answer(status=404, body="there is nothing here\n"))
            return
        self.server.witness.state.heads()
        self._answer(Answer(status=200, body="ok\n"))

    def do_POST(self) -> None:
        """Cosign, or say why not."""
        if not self._may_ask():
            return
        if self.path.rpartition("/")[2] != "add-checkpoint":
            self._refuse(404, "there is nothing here\n")
            return
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self._refuse(411, "the request has to say its length\n")
            return
        if len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES:
            self._refuse(413, "the request is too long\n")
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return
        try:
            answer = self.server.witness.add_checkpoint(body)
        except sqlite3.OperationalError:  # busy, or the disk is full: nothing was signed
            self._refuse(503, "the witness cannot keep its state now\n", retry=True)
            return
        self._answer(answer)

    def _may_ask(self) -> bool:
        """Whether this caller is within the bounds; says so if not."""
        if self.server.ending:
            self.close_connection = True
        if self.server.rate.allows(str(self.client_address[0]), time.monotonic()):
            return True
        self._refuse(429, "too many requests\n", retry=True)
        return False

    def _refuse(self, status: int, body: str, *, retry: bool = False) -> None:
        """Answer without having read the body; so the connection ends."""
        self.close_connection = True
        self._answer(Answer(status=status, body=body), retry=retry)

    def _answer(self, answer: Answer, *, retry: bool = False) -> None:
        content = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        if retry:
            self.send_header("Retry-After", "5")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
        if self.path != "/healthz":
            size = "-" if answer.size is None else answer.size
            self.server.log(line(answer.status, answer.origin, size))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the library refuses by itself: said without a word of what came."""
        del message, explain
        self.close_connection = True
        content = (HTTPStatus(code).phrase.lower() + "\n").encode()
        self.wfile.write(
            f"HTTP/1.1 {int(code)} {HTTPStatus(code).phrase}\r\nContent-Type: {PLAIN}\r\n"
            f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode()
            + content
        )
        self.server.log(line(int(code), "-", "-"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library has it
        """The library's own lines carry addresses and paths: they are not written."""
