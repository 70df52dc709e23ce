import functools
import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from amends.kernel.errors import AmendsError
from amends.kernel.witnessing import RosterSettings, WitnessSource
from amends.roster import claims, entries
from amends.roster.covered import newest_epoch
from amends.roster.entries import NOTHING
from amends.roster.mirror import (
    CheckpointOverdueError,
    EpochOverdueError,
    Mirrored,
    MirrorForkError,
    MirrorStaleError,
    mirror,
    promised_days,
)
from amends.roster.mirror_source import MirrorSourceError, source_of
from amends.roster.model import CheckpointError, PolicyError
from amends.roster.note import LogKey
from amends.roster.policy import policy_text
from amends.roster.selfcheck import parse_policy
from amends.roster.site import VERIFIERS
from amends_verify import compare
from amends_witness.notes import WitnessKey
from called import called
from roster_logs import AMOUNT, KEY, MadeLog, case_file, twenty

DAY_S = 86_400
NOW_S = 1_795_000_000
WEEK, NEVER = timedelta(days=7), timedelta()
WITNESSES = {
    name: WitnessKey(name=f"{name}.example/w", seed=bytes([50 + at]) * 32)
    for at, name in enumerate(("press", "school", "notary"))
}
SETTINGS = RosterSettings(
    witnesses=tuple(
        WitnessSource(name=name, key=key.verifier.text, url=f"https://{name}.example")
        for name, key in WITNESSES.items()
    ),
    quorum=2,
)
POLICY = policy_text(KEY.verifier_key)
WITNESSED = policy_text(KEY.verifier_key, SETTINGS)


def other(people: int = 20) -> MadeLog:
    """Another history of the log: one person's award is somebody else's."""
    log = MadeLog(people=people).begin()
    log.log[4] = entries.award_entry(0, AMOUNT, sha256(b"a phantom").digest())
    return log


def cosign(directory: Path, *names: str, time_s: int = NOW_S) -> None:
    """Have witnesses sign what lies there, whatever it is."""
    path = directory / "checkpoint"
    note = path.read_text(encoding="utf-8")
    body = note.partition("\n\n")[0] + "\n"
    path.write_text(
        note + "".join(WITNESSES[name].cosign(body, time_s) for name in names), encoding="utf-8"
    )


def copy(source: Path | str, to: Path, policy: str = POLICY, now_s: int = NOW_S) -> Mirrored:
    """Mirror with a week's patience."""
    return mirror(source_of(str(source)), to, policy, WEEK, now_s=now_s)


def contents(directory: Path) -> dict[str, bytes]:
    """Every file of a directory."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


@contextmanager
def served(directory: Path, at_each: Callable[[int], None] = lambda _: None) -> Iterator[str]:
    """Serve a directory over HTTP; *at_each* is called with the number of each request."""
    count = 0
    lock = threading.Lock()

    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            nonlocal count
            with lock:
                count += 1
                number = count
            at_each(number)
            super().do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing is logged."""

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A caller that was killed hangs up."""

    server = Server(("127.0.0.1", 0), functools.partial(Handler, directory=str(directory)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_mirror_copies_every_byte_and_then_what_is_new(tmp_path: Path) -> None:
    """Over HTTP and from a directory alike; what is there is not fetched again."""
    log = MadeLog(people=300).begin()
    with served(log.write(tmp_path / "site")) as address:
        first = copy(address, tmp_path / "m")
        assert contents(tmp_path / "m" / "log") == contents(tmp_path / "site")
        assert first.fetched == len(contents(tmp_path / "site")) - 1
        log.advance([2] * 300, range(300)).write(tmp_path / "site")
        second = copy(address, tmp_path / "m")
    assert second.head.size == first.head.size + 2
    assert second.fetched < first.fetched
    new = contents(tmp_path / "m" / "log")
    published = contents(tmp_path / "site")
    assert {name: published[name] for name in new} == new
    assert all(".p/" in name for name in set(published) - set(new))
    assert len(list((tmp_path / "m" / "copies").iterdir())) == 1
    assert copy(tmp_path / "site", tmp_path / "m").fetched == 0


def test_claim_buckets_are_copied_and_held_to_their_list(tmp_path: Path) -> None:
    """Those of the newest publication, each with the hash that the log binds."""
    log = MadeLog(people=300).begin().claim({1: 12_345, 7: 67_890})
    site = log.write(tmp_path / "site")
    for step in range(2):
        copy(site, tmp_path / "m")
        new, published = contents(tmp_path / "m" / "log"), contents(site)
        assert {name for name in published if name.startswith("claims/")} <= set(new)
        assert {name: published[name] for name in new} == new
        if step == 0:
            log.claim({1: 12_345, 7: 99_999}).write(site)
    (site / claims.bucket_path(0)).write_bytes(bytes(claims.BUCKET_BYTES))
    with pytest.raises(MirrorSourceError, match=r"claims/000/000: is not what the log says"):
        copy(site, tmp_path / "other")


def test_two_histories_stop_the_mirror_and_both_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Larger, equal or smaller: the pair is evidence that anybody can check, and the end."""
    histories: dict[str, Callable[[MadeLog], MadeLog]] = {
        "same": lambda log: log,
        "more": lambda log: log.advance([2] * 20, range(20)),
    }
    for name, go_on in histories.items():
        to = tmp_path / f"m-{name}"
        ours = twenty() if name == "same" else MadeLog(people=20).begin()
        theirs = other() if name == "same" else go_on(other())
        copy(ours.write(tmp_path / f"ours-{name}"), to)
        before = contents(to / "log")
        theirs.write(tmp_path / f"theirs-{name}")
        for _ in range(2):
            with pytest.raises(MirrorForkError):
                copy(tmp_path / f"theirs-{name}", to)
        assert contents(to / "log") == before
        kept = sorted(path.name.partition("-")[0] for path in (to / "forks").iterdir())
        assert kept == ["before", "shown"]
        (shown,) = (to / "forks").glob("shown-*")
        assert contents(shown).items() <= contents(tmp_path / f"theirs-{name}").items()
        policy = to / "policy"
        checkpoint = shown / "checkpoint"
        words = [str(checkpoint), "--policy", str(policy), "--log", str(to / "log")]
        if name == "same":
            assert compare.main(words) == 1
            assert "TWO HISTORIES" in capsys.readouterr().err


def test_an_older_state_and_another_log_are_told_apart_from_a_fork(tmp_path: Path) -> None:
    """Something held back is an alarm of its own; so is a source of another log."""
    log = MadeLog(people=20).begin()
    log.write(tmp_path / "old")
    copy(log.advance([2] * 20, range(20)).write(tmp_path / "new"), tmp_path / "m")
    with pytest.raises(MirrorStaleError, match="22 entries"):
        copy(tmp_path / "old", tmp_path / "m")
    assert not (tmp_path / "m" / "forks").exists()
    silver = LogKey(origin="silver.simulated.amends.example", seed=bytes([8]) * 32)
    checkpoint = silver.checkpoint(24, bytes(32))
    (tmp_path / "new" / "checkpoint").write_text(checkpoint, encoding="utf-8")
    with pytest.raises(MirrorSourceError, match="another log"):
        copy(tmp_path / "new", tmp_path / "m", f"{POLICY}log {silver.verifier_key}\n")
    with pytest.raises(CheckpointError, match="not name"):
        copy(tmp_path / "new", tmp_path / "m")


@pytest.mark.parametrize(
    "spoiled",
    [
        "case.json",
        "audit.py",
        "report.py",
        "tiles.py",
        "verify.py",
        "tile/0/000.p/22",
        "checkpoint",
    ],
)
def test_a_damaged_source_is_refused_and_the_copy_stays(tmp_path: Path, spoiled: str) -> None:
    """One byte in any file: refused, nothing new is shown, nothing is called a fork."""
    log = MadeLog(people=20).begin()
    site = log.write(tmp_path / "site")
    copy(site, tmp_path / "m")
    before = contents(tmp_path / "m" / "log")
    name = {"tile/0/000.p/22": "tile/0/000.p/24"}.get(spoiled, spoiled)
    log.advance([2] * 20, range(20)).write(site)
    content = bytearray((site / name).read_bytes())
    content[30] ^= 1
    (site / name).write_bytes(content)
    if spoiled in {
        "case.json",
        "audit.py",
        "report.py",
        "tiles.py",
        "verify.py",
    }:  # what the mirror has, it need not fetch
        copy(site, tmp_path / "m")
        with pytest.raises(MirrorSourceError):
            copy(site, tmp_path / "another")
        assert not (tmp_path / "another" / "log").exists()
    else:
        with pytest.raises((MirrorSourceError, CheckpointError)):
            copy(site, tmp_path / "m")
        assert contents(tmp_path / "m" / "log") == before
    assert not (tmp_path / "m" / "forks").exists()


def test_a_mirror_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    """Kill -9 between two files: the next call fetches the rest, and shows the log in one step."""
    site = MadeLog(people=3_000).begin().write(tmp_path / "site")
    (tmp_path / "policy.txt").write_text(POLICY, encoding="utf-8")
    total = len(contents(site))
    pids: list[int] = []

    def kill(number: int) -> None:
        if number == 15:
            os.kill(pids[0], signal.SIGKILL)

    with served(site, kill) as address:
        code = "from amends.cli import main; main()"
        words = ["mirror", address, str(tmp_path / "m"), "--policy", str(tmp_path / "policy.txt")]
        with subprocess.Popen([sys.executable, "-c", code, *words]) as running:
            pids.append(running.pid)
            assert running.wait(60) == -signal.SIGKILL
        assert not (tmp_path / "m" / "log").exists()
        done = copy(address, tmp_path / "m", now_s=NOW_S)
    assert 0 < done.fetched < total - 1
    assert contents(tmp_path / "m" / "log") == contents(site)


def test_a_source_that_breaks_off_loses_nothing_of_what_came(tmp_path: Path) -> None:
    """Files that came stay; when the source is whole again only the others are fetched."""
    site = MadeLog(people=600).begin().write(tmp_path / "site")
    hidden = site / VERIFIERS[-1]  # the last to be asked for: those before it are waited for
    hidden.rename(tmp_path / "away")
    with pytest.raises(MirrorSourceError, match=re.escape(hidden.name)):
        copy(site, tmp_path / "m")
    (tmp_path / "away").rename(hidden)
    assert copy(site, tmp_path / "m").fetched == 1


def test_silence_is_an_alarm(tmp_path: Path) -> None:
    """A week after the newest cosignature; new cosignatures end it."""
    file = replace(case_file(), roster=RosterSettings(epoch_days=31))
    log = MadeLog(people=20, file=file).begin()
    site = log.write(tmp_path / "site")
    cosign(site, "press", "school")
    copy(site, tmp_path / "m", WITNESSED)
    copy(site, tmp_path / "m", WITNESSED, NOW_S + 7 * DAY_S)
    with pytest.raises(CheckpointOverdueError, match="8 days"):
        copy(site, tmp_path / "m", WITNESSED, NOW_S + 8 * DAY_S)
    with pytest.raises(CheckpointOverdueError):
        copy(tmp_path / "gone", tmp_path / "m", WITNESSED, NOW_S + 8 * DAY_S)
    with pytest.raises(MirrorSourceError):
        copy(tmp_path / "gone", tmp_path / "m", WITNESSED, NOW_S + DAY_S)
    log.write(site)
    cosign(site, "press", "notary", time_s=NOW_S + 8 * DAY_S)
    done = copy(site, tmp_path / "m", WITNESSED, NOW_S + 8 * DAY_S)
    assert done.fetched == 0
    assert set(done.head.cosigned) == {"press", "notary"}


@pytest.mark.parametrize(("promised", "rings"), [(7, 8), (3, 4), (400, 32)])
def test_a_log_that_is_cosigned_and_tells_nothing_new_is_an_alarm(
    tmp_path: Path, promised: int, rings: int
) -> None:
    """However fresh the cosignatures: the promised epoch is overdue, and a new one ends it."""
    file = replace(case_file(), roster=RosterSettings(epoch_days=promised))
    log = MadeLog(people=20, file=file).begin().advance([1] * 20, range(20))
    site = log.write(tmp_path / "site")
    for day in range(rings):
        log.write(site)
        cosign(site, "press", "school", time_s=NOW_S + day * DAY_S)
        copy(site, tmp_path / "m", WITNESSED, NOW_S + day * DAY_S)
    cosign(site, "notary", time_s=NOW_S + rings * DAY_S)
    for _ in range(2):
        with pytest.raises(EpochOverdueError, match=f"epoch 1 .* {rings} days"):
            copy(site, tmp_path / "m", WITNESSED, NOW_S + rings * DAY_S)
    with pytest.raises(EpochOverdueError):
        copy(tmp_path / "gone", tmp_path / "m", WITNESSED, NOW_S + rings * DAY_S)
    mirror(source_of(str(site)), tmp_path / "m", WITNESSED, NEVER, now_s=NOW_S + rings * DAY_S)
    log.claim({}).write(site)
    cosign(site, "press", "school", time_s=NOW_S + rings * DAY_S)
    with pytest.raises(EpochOverdueError):
        copy(site, tmp_path / "m", WITNESSED, NOW_S + rings * DAY_S)
    log.advance([1] * 20).write(site)
    cosign(site, "press", "school", time_s=NOW_S + rings * DAY_S)
    assert copy(site, tmp_path / "m", WITNESSED, NOW_S + rings * DAY_S).fetched


def test_where_the_log_promises_nothing_the_mirrors_own_time_counts(tmp_path: Path) -> None:
    """A case.json from before epochs were promised, or one that says nonsense."""
    for said in (None, "soon", 0, True):
        (tmp_path / "case.json").write_text(json.dumps({"epoch_days": said}), encoding="utf-8")
        assert promised_days(tmp_path / "case.json") is None
    (tmp_path / "case.json").write_text("{}", encoding="utf-8")
    assert promised_days(tmp_path / "case.json") is None


def test_a_sealed_log_owes_no_epoch() -> None:
    """After a SEAL nothing is promised; before the first STATE the epoch is 0."""

    def bundle(*found: bytes) -> bytes:
        return b"".join(len(entry).to_bytes(2, "big") + entry for entry in found)

    state = entries.state_entry(7, bytes(32), bytes(32), (NOTHING,) * 8)
    case = entries.case_entry(bytes(32))
    assert newest_epoch([bundle(case)]) == 0
    assert newest_epoch([bundle(case, state), b"never read"]) == 7
    assert newest_epoch([bundle(state, b"\x08seal", b"\x09erased")]) is None
    with pytest.raises(MirrorSourceError, match="length"):
        newest_epoch([bundle(case, state[:-1])])


def test_a_log_without_witnesses_ages_from_when_it_was_first_seen(tmp_path: Path) -> None:
    """Its checkpoint has no time, so the mirror's own clock counts."""
    site = MadeLog(people=20).begin().write(tmp_path / "site")
    copy(site, tmp_path / "m")
    copy(site, tmp_path / "m", now_s=NOW_S + 7 * DAY_S)
    with pytest.raises(CheckpointOverdueError):
        copy(site, tmp_path / "m", now_s=NOW_S + 8 * DAY_S)


def test_the_command_says_what_it_has_and_who_cosigned_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sizes, files, witnesses; a policy's comments may be in any encoding."""
    site = MadeLog(people=20).begin().write(tmp_path / "site")
    cosign(site, "press", "school", time_s=int(time.time()))
    policy = tmp_path / "policy.txt"
    policy.write_bytes(b"# \xd7\xa2\n" + WITNESSED.encode())
    called("mirror", site, tmp_path / "m", "--policy", policy)
    said = capsys.readouterr().out
    assert "22 entries, 8 files fetched" in said
    assert "cosigned by press" in said


def test_a_checkpoint_without_its_quorum_is_not_mirrored(tmp_path: Path) -> None:
    """The mirror's policy is the verifier's: who is missing is said."""
    site = MadeLog(people=20).begin().write(tmp_path / "site")
    cosign(site, "press")
    with pytest.raises(CheckpointError, match="school, notary"):
        copy(site, tmp_path / "m", WITNESSED)


def test_what_a_source_cannot_make_the_mirror_do(tmp_path: Path) -> None:
    """No other scheme, no larger file than there can be, no endless log."""
    with pytest.raises(MirrorSourceError, match="neither"):
        source_of("ftp://a.example/log")
    (tmp_path / "checkpoint").write_bytes(b"x" * (1 << 16) + b"xx")
    with pytest.raises(MirrorSourceError, match="larger"):
        copy(tmp_path, tmp_path / "m")
    (tmp_path / "checkpoint").write_text(KEY.checkpoint(10**14, bytes(32)), encoding="utf-8")
    with pytest.raises(AmendsError, match="larger"):
        copy(tmp_path, tmp_path / "m")


@pytest.mark.parametrize(
    "lines",
    [
        ("quorum none",),
        ("log K",),
        ("log K", "log K", "quorum none"),
        ("log K", "quorum none", "quorum none"),
        ("log K", "quorum press"),
        ("log K", "W", "group g 2 press", "quorum g"),
        ("log K", "W", "group g 0 press", "quorum g"),
        ("log K", "W", "group g any press press", "quorum g"),
        ("log K", "W", "group none any press", "quorum none"),
        ("log K", "W", "W", "quorum press"),
        ("log K", "trust me", "quorum none"),
        ("log K+", "quorum none"),
        ("log V", "quorum none"),
    ],
)
def test_the_publishers_own_reading_of_a_policy_is_as_strict(lines: tuple[str, ...]) -> None:
    """What the verifier refuses, the mirror and the publisher refuse."""
    witness = WITNESSES["press"].verifier.text
    text = "\n".join(lines).replace("W", f"witness press {witness}").replace("V", witness)
    with pytest.raises(PolicyError):
        parse_policy(text.replace("log K", f"log {KEY.verifier_key}"))
