"""The simulator's web server holds to HTTP/1.1 where clients are unusual."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from made_alipay import AlipayProcess

HEALTHZ = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def process() -> Iterator[AlipayProcess]:
    """One simulator for all tests here."""
    with AlipayProcess() as started:
        yield started


@pytest.fixture
def wire(process: AlipayProcess) -> Iterator[socket.socket]:
    """A bare connection to it."""
    parts = urlsplit(process.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as made:
        yield made


def answer(wire: socket.socket, *, empty: bool = False) -> tuple[str, dict[str, str], bytes]:
    """Status line, headers and body of one answer, and not a byte more."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = wire.recv(1)
        assert piece, "the connection ended"
        head += piece
    line, *rest = head.decode("ascii").rstrip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
    body = b""
    while not empty and len(body) < int(headers["content-length"]):
        piece = wire.recv(int(headers["content-length"]) - len(body))
        assert piece, "the connection ended"
        body += piece
    return line, headers, body


def test_requests_in_a_row_are_answered_in_order(wire: socket.socket) -> None:
    """Requests sent before the answers to those before them are answered each, in their order."""
    wire.sendall(HEALTHZ + b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n" + HEALTHZ)
    lines = [answer(wire)[0] for _ in range(3)]
    assert lines == ["HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found", "HTTP/1.1 200 OK"]


def test_a_request_in_pieces_is_one(wire: socket.socket) -> None:
    """Head and body may come byte by byte."""
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = b"app_id=1&method="
    head = b"POST /gateway.do?charset=utf-8 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    for byte in head % len(body) + body:
        wire.sendall(bytes((byte,)))
    line, headers, said = answer(wire)
    assert line == "HTTP/1.1 200 OK"
    assert headers["x-amends-simulator"] == "alipay"
    assert json.loads(said)["error_response"]["sub_code"] == "isv.missing-method"


def test_a_body_in_chunks_is_read(wire: socket.socket) -> None:
    """A body whose length is not said before is read like any."""
    head = b"POST /gateway.do HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    wire.sendall(head + b"8\r\napp_id=1\r\n8\r\n&method=\r\n0\r\n\r\n")
    assert json.loads(answer(wire)[2])["error_response"]["sub_code"] == "isv.missing-method"


def test_a_head_is_answered_without_a_body(wire: socket.socket) -> None:
    """HEAD gets the length of the page, not the page; the connection goes on."""
    wire.sendall(HEALTHZ.replace(b"GET", b"HEAD"))
    line, headers, _ = answer(wire, empty=True)
    wire.sendall(HEALTHZ)
    assert (line, answer(wire)[1]["content-length"]) == (
        "HTTP/1.1 200 OK",
        headers["content-length"],
    )


@pytest.mark.parametrize("version", [b"HTTP/1.0\r\n", b"HTTP/1.1\r\nConnection: close\r\n"])
def test_who_wants_no_more_gets_an_end(wire: socket.socket, version: bytes) -> None:
    """A client that keeps no connection open is answered and hung up on."""
    wire.sendall(b"GET /healthz " + version + b"\r\n")
    line, headers, _ = answer(wire)
    assert (line, headers["connection"], wire.recv(1)) == ("HTTP/1.1 200 OK", "close", b"")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"SPEAK /healthz\r\n\r\n", "400 Bad Request"),
        (
            b"GET /healthz HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
            "400 Bad Request",
        ),
        (
            b"POST /gateway.do HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n" + b"a" * (1 << 20),
            "413 ",
        ),
        (b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\n\r\n", "413 "),
        (b"GET / HTTP/1.1\r\n" + b"Name: value\r\n" * 90_000, "413 "),
    ],
)
def test_what_is_no_request_is_refused(
    process: AlipayProcess, wire: socket.socket, said: bytes, status: str
) -> None:
    """What is not HTTP, or too long, is told so and hung up on; others do not notice."""
    del process
    wire.sendall(said)
    assert answer(wire)[0].startswith(f"HTTP/1.1 {status}")
