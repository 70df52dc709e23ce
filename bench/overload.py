"""Whether the site stands ten times what its live forms can take, as `amends serve` runs it.

    python bench/overload.py [--seconds N] [--times N] [--connections N]

Over a small case: first how many reports of a call the public process takes in a second, each
sealed and stored, asked by as many as it works for at once. Then so many times that, by visitors
who send when their time has come whether or not others were answered, over many connections;
meanwhile a baked page, a bucket of claims and the console's list of payments are asked ten times a
second, each over a connection of its own. Reported are answers, pages that say when to come back,
errors, and how long each took, in milliseconds. It fails where the page, the bucket or the console
errs, where one of 20 takes longer than two seconds, or where a form is neither taken nor told when
to come back. Under five seconds it only shows that it works.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from shutil import copytree
from typing import Final

import msgspec

sys.path.append(str(Path(__file__).parents[1] / "tests"))
sys.path.append(str(Path(__file__).parent))

from amends.access import service as access
from amends.access.model import Role
from amends.governance import service as governance
from amends.store.service import remove_database
from amends.vault.opened import OpenCase, open_case
from amends.web.public.desk import AT_ONCE
from amends.web.serving import Ports, Served, serving
from made_cases import write_case
from visitors import BROKEN, OTHER, PATIENCE_S, SHED, TAKEN, Seen, Storm, part

SAMPLE: Final = Path(__file__).parents[1] / "docs" / "sample"
EVERY_S: Final = 0.1
_HANDS: Final = 64
"""So many ask at a time: nobody waits for whom is not answered yet."""
LONGEST_MS: Final = 2_000.0
FEWEST_S: Final = 5.0


def main() -> None:
    """Measure; fail where something goes down with the forms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--times", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=1_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, _case(Path(home) / "case") as opened:
        token = access.token_for(opened, "carla").token
        with serving(opened.case.root, Ports()) as served:
            failed = measured(served, token, arguments)
    if failed and arguments.seconds >= FEWEST_S:
        raise SystemExit("; ".join(failed))


@contextmanager
def _case(root: Path) -> Iterator[OpenCase]:
    """A small case with the log of docs/sample, whose caseworker may look at the console."""
    root.mkdir()
    write_case(root)
    with open_case(root) as opened:
        copytree(SAMPLE / "log", opened.case.site / "log")
        for name in ("root", "carla"):
            governance.add_operator(opened, name)
        access.set_roles(opened, "root", [Role.ADMINISTRATOR])
        access.set_roles(opened, "carla", [Role.CASEWORKER])
        yield opened
    remove_database(opened.case)


def measured(served: Served, token: str, arguments: argparse.Namespace) -> list[str]:
    """What went down; nothing if all stayed up."""
    public, console = (_port(address) for address in (served.public, served.console))
    cookie = {"Host": f"localhost:{console}", "Cookie": f"__Host-amends={token}"}
    aside = {
        "baked page": (public, "/zh/index.html", {}),
        "bucket": (public, "/log/claims/000/000", {}),
        "console": (console, "/payments?state=settled", cookie),
    }
    calm = _storm(Storm(port=public, seconds=arguments.seconds, each_s=0.0, connections=AT_ONCE))
    capacity = calm.times(TAKEN) / calm.all_s
    print(f"  in calm {capacity:,.0f} forms a second: {calm.told()}")
    wanted = capacity * arguments.times
    before = [_busy_s(process.pid) for process in served.processes]
    with ExitStack() as stack:
        asked = {name: stack.enter_context(_asked_aside(*one)) for name, one in aside.items()}
        seen = _storm(
            Storm(
                port=public,
                seconds=arguments.seconds,
                each_s=wanted,
                connections=arguments.connections,
            )
        )
    came = sum(map(len, seen.took_ms.values()))
    print(
        f"  in the storm {came / seen.all_s:,.0f} of {wanted:,.0f} forms a second came, "
        f"{seen.times(TAKEN) / seen.all_s:,.0f} were taken: {seen.told()}"
    )
    busy = [
        _busy_s(process.pid) - spent
        for process, spent in zip(served.processes, before, strict=True)
    ]
    print(
        f"  CPU in {seen.all_s:.1f} s: the public process {busy[0]:.1f} s, "
        f"the console {busy[1]:.1f} s, the visitors {seen.busy_s:.1f} s"
    )
    failed = [] if seen.times(TAKEN, SHED) == came else ["a form was neither taken nor told"]
    for name, one in asked.items():
        print(f"  {name}: {one.told()}")
        if one.times(OTHER, BROKEN) or part(one.took_ms[TAKEN], 0.95) > LONGEST_MS:
            failed.append(f"the {name} went down with the forms")
    return failed


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def _busy_s(pid: int) -> float:
    """CPU seconds of a process until now, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _storm(storm: Storm) -> Seen:
    """What the visitors saw: they are a process of their own, so that nobody waits for another."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("visitors.py"))],
        input=msgspec.json.encode(storm),
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Seen)


@contextmanager
def _asked_aside(port: int, path: str, headers: dict[str, str]) -> Iterator[Seen]:
    """A page asked for at a low rate while the block runs, and what came of it."""
    seen, stopping = Seen(took_ms={}), threading.Event()

    def ask(due: float) -> None:
        seen.note(_answer_of(port, path, headers), time.perf_counter() - due)

    def ask_again() -> None:
        due = time.perf_counter()
        while not stopping.wait(max(due - time.perf_counter(), 0)):
            hands.submit(ask, due)
            due += EVERY_S

    with ThreadPoolExecutor(_HANDS) as hands:
        asking = hands.submit(ask_again)
        try:
            yield seen
        finally:
            stopping.set()
            asking.result()


def _answer_of(port: int, path: str, headers: dict[str, str]) -> str:
    connection = HTTPConnection("localhost", port, timeout=PATIENCE_S)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException):
        return BROKEN
    finally:
        connection.close()
    return TAKEN if answer.status == 200 else OTHER


if __name__ == "__main__":
    main()
