"""Connections to a gateway: whatever a server does, a call ends with a whole answer or none."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from amends.payouts.rails.connections import Connection, Connections, NoAnswerError, Reply
from amends.payouts.rails.pacing import Pace

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"
PIECES = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ndo\r\n2\r\nne\r\n0\r\n\r\n"
FIRST_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n" + OK
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\ndone"
DONE = Reply(status=200, body=b"done")


class Server:
    """Gives each request of a connection the next of *answers*, then what *after* does."""

    def __init__(self, *answers: bytes, hang_up: bool = False) -> None:
        self.answers = answers
        self.hang_up = hang_up
        self.requests: list[bytes] = []
        self.opened = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: list[asyncio.Task[None] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.opened += 1
        self._writers.append(writer)
        self._tasks.append(asyncio.current_task())
        for answer in self.answers:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            self.requests.append(head + await reader.readexactly(length))
            writer.write(answer)
            await writer.drain()
        if not self.hang_up:
            with contextlib.suppress(ConnectionError):
                await reader.read()
        writer.close()

    @contextlib.asynccontextmanager
    async def running(
        self,
        *,
        most: int = 4,
        tls: ssl.SSLContext | None = None,
        kept_headers: Sequence[str] = (),
        content: str = "text/plain",
    ) -> AsyncIterator[Connections]:
        """Connections to it."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        url = URL(f"http{'s' if tls else ''}://127.0.0.1:{port}/gateway.do")
        connections = Connections(
            url,
            most=most,
            timeout_s=0.5,
            answer_max_bytes=1000,
            content=content,
            kept_headers=kept_headers,
        )
        try:
            yield connections
        finally:
            connections.close()
            server.close()
            for writer in self._writers:
                writer.transport.abort()
            await asyncio.gather(*filter(None, self._tasks), return_exceptions=True)


def run(server: Server, work: Callable[[Connections], Awaitable[None]], *, most: int = 4) -> None:
    """Do *work* with connections to *server*."""

    async def go() -> None:
        async with server.running(most=most) as connections:
            await work(connections)

    uvloop.run(go())


def test_a_connection_is_used_again() -> None:
    """Calls in a row go over one connection, each with its own form."""
    server = Server(OK, PIECES, FIRST_CONTINUE)

    async def work(connections: Connections) -> None:
        for form in (b"a=1", b"", b"b=2"):
            assert await connections.call("POST", "/gateway.do?x=%C3%A4", form) == DONE

    run(server, work)
    assert server.opened == 1
    assert server.requests[0].startswith(b"POST /gateway.do?x=%C3%A4 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert [request.rpartition(b"\r\n")[2] for request in server.requests] == [b"a=1", b"", b"b=2"]


def test_headers_are_kept_where_they_are_wanted() -> None:
    """Method and headers go out as given; an answer has those that are kept, and only its own."""
    signed = b"HTTP/1.1 404 Not Found\r\nX-Signature: a=b\r\nX-TWO:2\r\nContent-Length: 0\r\n\r\n"
    server = Server(signed, OK)

    async def work(connections: Connections) -> None:
        first = await connections.call("GET", "/v3/x?a=b", b"", "X-Mine: 1\r\n")
        assert (first.status, first.body) == (404, b"")
        assert dict(first.headers) == {"x-signature": "a=b", "x-two": "2"}
        second = await connections.call("POST", "/v3/x", b"{}")
        assert (second.status, dict(second.headers)) == (200, {})

    async def go() -> None:
        async with server.running(
            kept_headers=("x-signature", "x-two"), content="application/json"
        ) as connections:
            await work(connections)

    uvloop.run(go())
    assert server.requests[0].startswith(b"GET /v3/x?a=b HTTP/1.1\r\nX-Mine: 1\r\nHost: 127.0.0.1:")
    assert b"Content-Type: application/json\r\n" in server.requests[1]


@pytest.mark.parametrize("answers", [(LAST,), (OK,)], ids=["said", "unsaid"])
def test_what_the_server_ended_is_not_used_again(answers: Sequence[bytes]) -> None:
    """A server that ends connections, announced or not, gets a new one for the next call."""
    server = Server(*answers, hang_up=True)

    async def work(connections: Connections) -> None:
        for _ in range(3):
            assert await connections.call("POST", "/", b"") == DONE
            await asyncio.sleep(0.02)

    run(server, work)
    assert server.opened == 3


@pytest.mark.parametrize(
    "answer",
    [b"", OK[:20], OK[:-1], PIECES[:-5], b"SSH-2.0-other\r\n", b"HTTP/1.1 abc\r\n\r\n"],
)
def test_half_an_answer_is_none(answer: bytes) -> None:
    """An answer cut off anywhere, or that is not HTTP, is no answer; the next call is new."""
    server = Server(answer, hang_up=True)

    async def work(connections: Connections) -> None:
        for _ in range(2):
            with pytest.raises(NoAnswerError):
                await connections.call("POST", "/", b"")

    run(server, work)
    assert server.opened == 2


def test_calls_keep_their_pace_when_connections_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a new connection takes bunches no calls: no second has more of them than its pace."""
    opened, ask = Connections._opened, Connection.ask
    asked: list[float] = []

    async def slowly(self: Connections) -> Connection:
        await asyncio.sleep(0.2)
        return await opened(self)

    def noted(self: Connection, request: bytes) -> "asyncio.Future[Reply]":
        asked.append(time.monotonic())
        return ask(self, request)

    monkeypatch.setattr(Connections, "_opened", slowly)
    monkeypatch.setattr(Connection, "ask", noted)

    async def work(connections: Connections) -> None:
        pace = Pace(10)
        calls = [connections.call("POST", "/x", b"", pace=pace) for _ in range(13)]
        assert await asyncio.gather(*calls) == [DONE] * 13

    run(Server(*[OK] * 13), work)
    assert all(later - first >= 1.0 for first, later in zip(asked, asked[10:], strict=False))


def test_a_silent_server_times_out() -> None:
    """No answer in time ends the call and its connection: a late answer reaches nobody."""
    server = Server(b"", OK)

    async def work(connections: Connections) -> None:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await connections.call("POST", "/", b"")

    run(server, work)
    assert server.opened == 2


def test_each_call_has_its_own_time() -> None:
    """On a connection in use each call may take its whole time, and none takes more."""

    class Slow(Server):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """Answer all but the third call, each late."""
            self._writers.append(writer)
            for answer in (OK, OK, b""):
                await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(0.35)
                writer.write(answer)
            with contextlib.suppress(ConnectionError):
                await reader.read()

    async def work(connections: Connections) -> None:
        for _ in range(2):
            assert await connections.call("POST", "/", b"") == DONE
        begun = asyncio.get_running_loop().time()
        with pytest.raises(TimeoutError):
            await connections.call("POST", "/", b"")
        assert 0.45 < asyncio.get_running_loop().time() - begun < 2.0

    run(Slow(), work)


def test_too_long_an_answer_is_not_kept() -> None:
    """Beyond the limit the body is given up with its status, and the connection with it."""
    server = Server(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000)

    async def work(connections: Connections) -> None:
        for _ in range(2):
            assert await connections.call("POST", "/", b"") == Reply(status=200, body=None)

    run(server, work)
    assert server.opened == 2


def test_what_nobody_asked_for_ends_the_connection() -> None:
    """Bytes after an answer are never taken for the next one."""
    server = Server(OK + OK.replace(b"done", b"evil"))

    async def work(connections: Connections) -> None:
        for _ in range(3):
            assert await connections.call("POST", "/", b"") == DONE
            await asyncio.sleep(0.02)

    run(server, work)
    assert server.opened == 3


def test_no_more_connections_than_allowed() -> None:
    """Calls beyond the bound wait for a connection."""
    server = Server(*[OK] * 50)

    async def work(connections: Connections) -> None:
        replies = await asyncio.gather(*[connections.call("POST", "/", b"") for _ in range(20)])
        assert replies == [DONE] * 20

    run(server, work, most=3)
    assert server.opened == 3


def test_who_waits_no_longer_keeps_no_place() -> None:
    """A call that is called off while it waits, or is next, leaves its place to the others."""
    server = Server(*[OK] * 50)

    async def work(connections: Connections) -> None:
        async def call() -> Reply:
            return await connections.call("POST", "/", b"")

        for steps in range(12):
            calls = [asyncio.create_task(call()) for _ in range(4)]
            for _ in range(steps):
                await asyncio.sleep(0)
            for one in calls[1:3]:
                one.cancel()
            assert await asyncio.wait_for(calls[3], 2) == DONE
            await asyncio.gather(*calls, return_exceptions=True)
        assert await asyncio.wait_for(asyncio.gather(*[call(), call()]), 2) == [DONE] * 2

    run(server, work, most=1)


def test_nobody_there() -> None:
    """A port where nobody listens is an error of the connection."""

    async def go() -> None:
        async with Server().running() as connections:
            pass
        with pytest.raises(OSError, match=r"[Cc]onnect"):
            await connections.call("POST", "/", b"")

    uvloop.run(go())


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    """Over https a server has to prove who it is; before that nothing is sent."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    path = tmp_path / "both.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(path)
    server = Server(OK)

    async def go() -> None:
        async with server.running(tls=tls) as connections:
            with pytest.raises(ssl.SSLCertVerificationError):
                await connections.call("POST", "/", b"")

    uvloop.run(go())
    assert server.requests == []


@given(answer=st.sampled_from([OK, PIECES, FIRST_CONTINUE, LAST]), cuts=st.sets(st.integers(1, 90)))
def test_pieces_do_not_matter(answer: bytes, cuts: set[int]) -> None:
    """However an answer is cut into pieces on its way, it is the same answer."""

    class Wire(asyncio.Transport):
        def write(self, data: bytes | bytearray | memoryview) -> None:
            """Takes everything."""

        def is_closing(self) -> bool:
            """Never."""
            return False

        def close(self) -> None:
            """Nothing to close."""

    async def go() -> Reply:
        connection = Connection(1000, 1.0)
        connection.connection_made(Wire())
        asked = connection.ask(b"")
        ends = [*sorted(cut for cut in cuts if cut < len(answer)), len(answer)]
        for start, end in zip([0, *ends], ends, strict=False):
            connection.data_received(answer[start:end])
        return await asyncio.wait_for(asked, 1)

    assert uvloop.run(go()) == DONE
