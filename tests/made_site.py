"""A site of the sample log, and the public process over it, for tests."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from shutil import copytree

from granian.constants import Interfaces
from granian.server.embed import Server

from amends.kernel.case import Case
from amends.kernel.casefile import read_case
from amends.roster import claims, codes
from amends.roster.looks import Kind, Seen, files_of, row
from amends.roster.site import page_of
from amends.web.public.app import App
from amends.web.site.service import bake
from amends_verify import claim
from made_announcement import CASE

SAMPLE = Path(__file__).parents[1] / "docs" / "sample"
CODE = (SAMPLE / "code.txt").read_text(encoding="utf-8").strip()


LOOKS = (
    Seen(second=1_795_262_405, ground=1, kinds=Kind.NAME | Kind.ACCOUNT),
    Seen(second=1_795_348_805, ground=2, kinds=Kind.MESSAGE),
)
"""Two looks of operators at the person of that code: name and account, then a message."""


def sample_case(root: Path) -> Case:
    """A case whose log is that of docs/sample, with its site baked."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "case.toml").write_text(CASE, encoding="utf-8")
    case = read_case(root)
    copytree(SAMPLE / "log", case.site / "log")
    (case.site / "check.html").write_bytes(page_of((SAMPLE / "policy.txt").read_text("utf-8")))
    roster = '<!DOCTYPE html><html lang="en"><title>Roster</title><main><h1>Roster</h1></main>'
    (case.site / "roster.html").write_text(roster, "utf-8")
    looked_at(case, LOOKS)
    return case


def looked_at(case: Case, seen: tuple[Seen, ...]) -> None:
    """Publish these looks at the person of the sample's code, beside one at somebody else."""
    log = claim.Directory(case.site / "log")
    code = claim.code_of(CODE, log.origin)
    derived = codes.derived(log.origin, int.from_bytes(code, "big"))
    bucket = (case.site / "log" / claims.bucket_path(0)).read_bytes()
    mine = claims.found(bucket, derived.root, publication=1)
    assert mine is not None
    award, seed = mine.award_index, mine.opening.seed
    rows = {award: [row(seed, number, one) for number, one in enumerate(seen)]}
    rows[award + 1] = [row(bytes(32), 0, LOOKS[0])]
    for name, content in files_of(rows, date(2026, 11, 25)):
        (case.site / name).parent.mkdir(parents=True, exist_ok=True)
        (case.site / name).write_bytes(content)
    bake(case)


@contextmanager
def serving(application: App) -> Iterator[str]:
    """The application on a free port of this machine: its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    loop = asyncio.new_event_loop()
    server = Server(
        application,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.RSGI,
        websockets=False,
        log_enabled=False,
    )
    thread = threading.Thread(target=lambda: loop.run_until_complete(server.serve()))
    thread.start()
    try:
        _await(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(30)
        loop.close()


def _await(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            threading.Event().wait(0.05)
        else:
            return
    raise AssertionError("the server does not come up")
