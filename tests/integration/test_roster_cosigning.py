import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from amends.kernel.witnessing import RosterSettings, WitnessSource
from amends.roster.cosigning import Asked, Cosignature, Missing, ask, gather
from amends_witness.server import Bounds
from made_witness import NOW_S, a_witness, grown, log_key, posted, request, serving

TREE = grown(9)
REASONS = ("not its key's", "status 404", "12 entries, more than this log has", "another history")
ASKED = Asked(note=log_key().checkpoint(9, TREE.root()), size=9, node=TREE.node)


def source(url: str, key: str, name: str = "press") -> WitnessSource:
    """A witness as case.toml names it."""
    return WitnessSource(name=name, key=key, url=url)


def test_a_witness_is_asked_from_where_it_stands(tmp_path: Path) -> None:
    """What we know of it, nothing, or what is old by now: the answer is one cosignature."""
    witness = a_witness(tmp_path)
    key = witness.key.verifier.text
    with serving(witness) as served:
        assert posted(served.port, request(log_key(), grown(4)))[0] == 200
        for known in (0, 2, 4, 9):
            found = ask(source(served.url, key), ASKED, known)
            assert isinstance(found, Cosignature)
            assert (found.size, found.signed_s, found.witness) == (9, NOW_S, key)


def test_what_a_witness_says_no_to_is_named(tmp_path: Path) -> None:
    """Another key, another log, another history, and one that has seen more than there is."""
    witness = a_witness(tmp_path / "a")
    other = a_witness(tmp_path / "b", log_key("log.example/two", 2), name="other.example/w")
    ahead, forked = a_witness(tmp_path / "c"), a_witness(tmp_path / "d")
    ahead.add_checkpoint(request(log_key(), grown(12)))
    forked.add_checkpoint(request(log_key(), grown(7, "fork")))
    key = witness.key.verifier.text
    reasons = []
    for one, believed in (
        (witness, other.key.verifier.text),
        (other, other.key.verifier.text),
        (ahead, key),
        (forked, key),
    ):
        with serving(one) as served:
            found = ask(source(served.url, believed), ASKED, 0)
            assert isinstance(found, Missing)
            assert not found.again
            reasons.append(found.reason)
    assert [words in reason for words, reason in zip(REASONS, reasons, strict=True)] == [True] * 4


@contextmanager
def a_port() -> Iterator[int]:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    yield port


def test_whoever_is_late_is_waited_for_and_whoever_says_no_is_not(tmp_path: Path) -> None:
    """A witness that comes up within the wait counts; with enough others nobody waits."""
    witness, refuses = a_witness(tmp_path / "a"), a_witness(tmp_path / "b", log_key("other", 3))
    key = witness.key.verifier.text
    done = threading.Event()
    with a_port() as port, serving(refuses) as no:
        late = source(f"http://127.0.0.1:{port}", key)
        refused = source(no.url, refuses.key.verifier.text, "school")

        def come() -> None:
            time.sleep(0.5)
            with serving(witness, port=port):
                done.wait(30)

        thread = threading.Thread(target=come)
        thread.start()
        settings = RosterSettings(witnesses=(late, refused), quorum=1, wait=timedelta(seconds=20))
        found, missing = gather(ASKED, settings, known={}, have={})
        done.set()
        thread.join()
        assert [one.witness for one in found] == [key]
        assert len(no.lines) == 1
        assert [one.name for one in missing] == ["school"]
        began = time.monotonic()
        again, missing = gather(ASKED, settings, known={}, have={key: NOW_S})
        assert (again, time.monotonic() - began < 10) == ([], True)
        assert {one.name for one in missing} == {"press", "school"}


def test_a_fresh_cosignature_is_not_asked_for_again() -> None:
    """Nobody is called: the address does not exist."""
    settings = RosterSettings(witnesses=(source("http://nowhere.invalid", "k"),), quorum=1)
    assert gather(ASKED, settings, known={}, have={"k": int(time.time())}) == ([], [])


def test_a_witness_that_has_no_time_now_is_asked_again(tmp_path: Path) -> None:
    """Its limit of requests is a reason to come back, and none to do without it."""
    bounds = Bounds(requests_per_minute=1, connections=4)
    with serving(a_witness(tmp_path), bounds) as served:
        posted(served.port, request(log_key(), grown(1)))
        found = ask(source(served.url, "k"), ASKED, 0)
    assert isinstance(found, Missing)
    assert found.again


@pytest.mark.parametrize(
    "body", [b"409 x", b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n-1"]
)
def test_nonsense_is_a_missing_witness(body: bytes) -> None:
    """Whatever comes back that is no answer of the protocol is one."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            caller, _ = listening.accept()
            with caller:
                caller.recv(1 << 16)
                caller.sendall(body)

        thread = threading.Thread(target=answer)
        thread.start()
        found = ask(source(f"http://127.0.0.1:{listening.getsockname()[1]}", "k"), ASKED, 0)
        thread.join()
    assert isinstance(found, Missing)
