import http.client
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from amends_witness.server import Bounds
from made_witness import (
    MANY,
    a_witness,
    grown,
    log_key,
    made,
    posted,
    process,
    request,
    run,
    serving,
    until,
)

DIES_BEFORE_SIGNING = """
import os, signal
from amends_witness.notes import WitnessKey
WitnessKey.cosign = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""
DIES_BEFORE_KEEPING = """
import os, signal
from amends_witness.state import Turn
write = Turn.advance
def advance(*words):
    write(*words)
    os.kill(os.getpid(), signal.SIGKILL)
Turn.advance = advance
"""


def test_a_witness_is_made_checked_and_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    """Key for its owner only, state, configuration; SIGTERM ends it with 0, the answer given."""
    file = made(tmp_path / "w")
    assert (tmp_path / "w" / "witness.key").stat().st_mode & 0o777 == 0o600
    assert run("make", str(tmp_path / "w"), "--name", "x").returncode == 1
    with process(file) as (running, port):
        status, _, line = posted(port, request(log_key(), grown(3)))
        assert status == 200
        assert line.startswith("\u2014 witness.example/w ")
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
        assert running.stderr is not None
        lines = running.stderr.read().splitlines()
    assert lines[-1].endswith(" ended")
    checked = run("run", str(file), "--check")
    assert f"{log_key().origin}, 3" in checked.stdout
    assert "witness.example/w+" in checked.stdout


def test_check_names_what_is_wrong(tmp_path: Path) -> None:
    """A key that others can read, a log's key as witness, a lost state: exit 1 and the reason."""
    file = made(tmp_path)
    (tmp_path / "witness.key").chmod(0o644)
    assert "chmod 600" in run("run", str(file), "--check").stderr
    (tmp_path / "witness.key").chmod(0o600)
    (tmp_path / "witness.db").rename(tmp_path / "elsewhere.db")
    assert "retires" in run("run", str(file), "--check").stderr
    assert run("run", str(tmp_path / "none.toml")).returncode == 1


def test_killed_after_keeping_and_before_answering_it_signs_no_other_head(tmp_path: Path) -> None:
    """The head that nobody received counts: a fork of its size is refused, the same is cosigned."""
    file, key = made(tmp_path), log_key()
    with process(file, DIES_BEFORE_SIGNING) as (running, port):
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            posted(port, request(key, grown(5)))
        assert running.wait(20) == -signal.SIGKILL
    with process(file) as (_, port):
        assert posted(port, request(key, grown(5, "fork")))[::2] == (409, "5\n")
        assert posted(port, request(key, grown(5, "fork"), old=5, proof=()))[0] == 409
        assert posted(port, request(key, grown(5), old=5))[0] == 200


def test_killed_before_the_head_was_on_disk_nothing_was_signed(tmp_path: Path) -> None:
    """Half a decision is none: the log begins again where the witness was."""
    file, key = made(tmp_path), log_key()
    with process(file) as (_, port):
        assert posted(port, request(key, grown(2)))[0] == 200
    with process(file, DIES_BEFORE_KEEPING) as (running, port):
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            posted(port, request(key, grown(5, "lost"), old=2))
        assert running.wait(20) == -signal.SIGKILL
    with process(file) as (_, port):
        assert posted(port, request(key, grown(5), old=2))[0] == 200


def test_two_processes_on_one_state_sign_one_history(tmp_path: Path) -> None:
    """Eight logs show two heads of one size to both at once: of each, one is cosigned."""
    keys = [log_key(f"log.example/{at}", at + 1) for at in range(8)]
    file = made(tmp_path, *keys)
    signed: list[tuple[str, str]] = []

    def ask(port: int, at: int, branch: str) -> None:
        if posted(port, request(keys[at], grown(5, branch)))[0] == 200:
            signed.append((keys[at].origin, branch))

    with process(file) as (_, one), process(file) as (_, two):
        for at in range(len(keys)):
            threads = [
                threading.Thread(target=ask, args=(port, at, branch))
                for port, branch in ((one, "a"), (two, "b"), (one, "b"), (two, "a"))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert sorted({origin for origin, _ in signed}) == sorted(key.origin for key in keys)
    assert len(signed) == len(keys)


def test_log_lines_have_no_address_and_nothing_that_a_caller_chose(tmp_path: Path) -> None:
    """Time, answer, log of the configuration, size; an unknown log is a dash."""
    with serving(a_witness(tmp_path)) as witness:
        for count, (asked, path) in enumerate(
            (
                (request(log_key(), grown(3)), "/add-checkpoint"),
                (request(log_key("13800009753.example", 2), grown(3)), "/add-checkpoint"),
                (b"13800009753", "/13800009753/add-checkpoint?13800009753"),
                (b"", "/13800009753"),
            ),
            start=1,
        ):
            posted(witness.port, asked, path)
            until(lambda count=count: len(witness.lines) == count)  # each call has its own thread
        with socket.create_connection(("127.0.0.1", witness.port)) as raw:
            raw.sendall(b"13800009753 13800009753\r\n\r\n")
            raw.recv(1000)
        until(lambda: len(witness.lines) == 5)
    words = [line.split()[1:] for line in witness.lines]
    assert words == [
        ["200", log_key().origin, "3"],
        ["404", "-", "-"],
        ["404", "-", "-"],
        ["404", "-", "-"],
        ["400", "-", "-"],
    ]
    text = "\n".join(witness.lines)
    assert "127.0.0.1" not in text
    assert "13800009753" not in text


def test_what_is_too_long_or_has_no_length_is_refused_unread(tmp_path: Path) -> None:
    """413 by the length alone, 411 without one; the connection ends."""
    with serving(a_witness(tmp_path)) as witness:
        for headers, status in (
            ({"Content-Length": str(1 << 30)}, 413),
            ({"Content-Length": "9" * 5000}, 413),
            ({"Content-Length": "-1"}, 411),
            ({"Transfer-Encoding": "chunked"}, 411),
        ):
            connection = http.client.HTTPConnection("127.0.0.1", witness.port, timeout=10)
            connection.putrequest("POST", "/add-checkpoint")
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            assert (answer.status, answer.getheader("Connection")) == (status, "close")
            connection.close()


def test_a_caller_above_the_rate_is_told_to_wait(tmp_path: Path) -> None:
    """429 with Retry-After; the witness itself is well."""
    bounds = Bounds(requests_per_minute=3, connections=8)
    with serving(a_witness(tmp_path), bounds) as witness:
        found = [posted(witness.port, request(log_key(), grown(1)))[0] for _ in range(5)]
    assert found == [200, 409, 409, 429, 429]


def test_connections_above_the_bound_are_hung_up_on(tmp_path: Path) -> None:
    """Whoever holds connections and says nothing takes no more than there are."""
    bounds = Bounds(requests_per_minute=100, connections=2)
    with serving(a_witness(tmp_path), bounds) as witness:
        silent = [socket.create_connection(("127.0.0.1", witness.port)) for _ in range(3)]
        silent[2].settimeout(10)
        assert silent[2].recv(10) == b""
        for one in silent:
            one.close()
        until(lambda: _well(witness.port))


def _well(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().read() == b"ok\n"
    except (ConnectionError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def test_a_silent_connection_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """Ending waits for answers that have begun, not for callers who say nothing."""
    with serving(a_witness(tmp_path), MANY) as witness:
        silent = socket.create_connection(("127.0.0.1", witness.port))
        assert posted(witness.port, request(log_key(), grown(1)))[0] == 200
        began = time.monotonic()
    assert time.monotonic() - began < 5
    silent.close()


def test_one_connection_carries_many_requests(tmp_path: Path) -> None:
    """Keep-alive, as the protocol asks of witnesses."""
    with serving(a_witness(tmp_path)) as witness:
        connection = http.client.HTTPConnection("127.0.0.1", witness.port, timeout=10)
        for size in (1, 2, 5):
            old = {1: 0, 2: 1, 5: 2}[size]
            connection.request("POST", "/add-checkpoint", request(log_key(), grown(size), old=old))
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (200, True)
        connection.close()
