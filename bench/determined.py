"""A made-up case in which people are determined, at each size in a process of its own; CPU of both.

What benchmarks of the rooms after linkage have in common. CPU is ours and the server's together.
"""

import json
import os
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from amends.kernel.casefile import read_case
from amends.ledger.model import Transfer
from amends.linkage.model import Method
from amends.store import embedded
from amends.store.service import URL_VARIABLE, remove_database
from amends.vault.opened import OpenCase, open_case
from apart import alone

SIZES = (300_000, 3_000_000)
_SEED = 20261128
_BOOKED_AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
_FIELDS = ["NAME", "PHONE", "EMAIL", "ADDRESS", "IDNO", "ORDER", "PWDHASH", "BIRTH"]
CASE_HEAD = """
[case]
id = "bench"
title = { zh = "测速", en = "Benchmark" }
controller = { zh = "测速", en = "Benchmark" }
announced_at = 2026-11-21T20:00:00+08:00
clock = "simulated"
[[registry]]
product = "im"
path = "im.csv"
"""
"""What case.toml of every benchmark begins with."""

_CASE = f"""{CASE_HEAD}[[evidence]]
path = "dump.csv"
[tariff]
preset = "scenario-factors"
[funding]
amount = "CNY 100000000000.00"
[[rail]]
kind = "simulator"
protocol = "alipay"
"""


@contextmanager
def owner_of(opened: OpenCase) -> Iterator[str]:
    """How the owner of the tables reaches them."""
    url = os.environ.get(URL_VARIABLE)
    if url:
        yield url
        return
    with embedded.running(opened.case) as server:
        yield server.owner_conninfo


def transfer(transfer_id: str, debit: str, credit: str, amount_minor: int) -> Transfer:
    """A transfer of the books."""
    return Transfer(
        transfer_id=transfer_id,
        debit=debit,
        credit=credit,
        amount_minor=amount_minor,
        currency="CNY",
        reason="bench",
        subject="bench",
        occurred_at=_BOOKED_AT,
    )


@contextmanager
def determined_case(people: int, *stages: Callable[[OpenCase], object]) -> Iterator[OpenCase]:
    """A case with so many people on a database of its own, after *stages*.

    Another process runs them, so that their memory is not in ours.
    """
    with tempfile.TemporaryDirectory(prefix="amends-bench-") as name:
        root = Path(name)
        (root / "case.toml").write_text(_CASE, encoding="utf-8")
        (root / "im.csv").write_text("account_id,name,phone\n", encoding="utf-8")
        (root / "dump.csv").write_text("name,phone\n", encoding="utf-8")
        try:
            with open_case(root, approve_as=("anna", "bert")) as opened:
                if os.fork() == 0:
                    try:
                        _determine(opened, people)
                        for stage in stages:
                            stage(opened)
                        os._exit(0)
                    except BaseException:  # noqa: BLE001 - said by the exit code as well
                        traceback.print_exc()
                    finally:
                        os._exit(1)
                assert os.wait()[1] == 0  # noqa: S101 - a benchmark
                yield opened
        finally:
            remove_database(read_case(root))


def _determine(opened: OpenCase, people: int) -> None:
    """Record a finished determination: a mix of leaked columns, as of several dumps."""
    drawn = np.random.default_rng(_SEED)
    sets = [
        ";".join(sorted({"NAME", *(_FIELDS[at] for at in range(len(_FIELDS)) if mask >> at & 1)}))
        for mask in range(1, 2 ** len(_FIELDS))
    ]
    weights = drawn.pareto(1.2, len(sets))
    ids = pl.Series(np.sort(drawn.choice(2**48, people, replace=False)), dtype=pl.UInt64)
    table = pl.DataFrame(
        {
            "run_no": 1,
            "person_id": ids.cast(pl.String).str.zfill(26),
            "categories": pl.Series(sets).gather(
                drawn.choice(len(sets), people, p=weights / weights.sum())
            ),
            "products": "im",
            "leaked_rows": 1,
            "method": Method.EXACT.value,
            "probability": 1.0,
            "tranche": 1,
        }
    )
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO linkage.run (run_no, input_digest, settings, result_digest, counts, "
            "finished_at) VALUES (1, %(digest)s, '{}', %(digest)s, '{\"waiting\": 0}', now())",
            {"digest": f"{1:064d}"},
        )
        with connection.cursor() as cursor:
            names = ", ".join(table.columns)
            with cursor.copy(f"COPY linkage.person ({names}) FROM STDIN (FORMAT csv)") as copy:
                for part in table.iter_slices(100_000):
                    copy.write(part.write_csv(include_header=False))


def raw_copy(opened: OpenCase, table: str) -> dict[str, float]:
    """COPY the rows of *table* into one without keys or constraints."""
    with opened.database.unit_of_work() as connection:
        rows = f"SELECT * FROM {table}"  # noqa: S608 -- a table of ours
        with connection.cursor().copy(f"COPY ({rows}) TO STDOUT (FORMAT csv)") as copy:
            blocks = list(copy)
        connection.execute(f"CREATE TEMP TABLE raw (LIKE {table}) ON COMMIT DROP")
        with (
            measured(connection.info.backend_pid) as figures,
            connection.cursor().copy("COPY raw FROM STDIN (FORMAT csv)") as copy,
        ):
            for block in blocks:
                copy.write(block)
    return figures


@contextmanager
def measured(backend: int) -> Iterator[dict[str, float]]:
    """Seconds and CPU seconds of the block: ours, and those of the server of process *backend*."""
    server = int(Path(f"/proc/{backend}/stat").read_text(encoding="utf-8").split()[3])
    figures: dict[str, float] = {}
    begin, cpu = time.perf_counter(), _own_cpu_s() + server_cpu_s(server)
    yield figures
    figures["wall_s"] = time.perf_counter() - begin
    figures["cpu_s"] = _own_cpu_s() + server_cpu_s(server) - cpu


def _own_cpu_s() -> float:
    """CPU seconds of this process, however few, and of those that it started and that ended."""
    return time.process_time() + sum(os.times()[2:4])


def server_cpu_s(server: int) -> float:
    """CPU seconds of all processes of a server, ended ones included."""
    own = Path(f"/proc/{server}/stat")
    while True:  # until none has ended while they were looked at: it would count nowhere
        ended = _fields(own)[13:15]
        ticks = _ticks(server)
        if _fields(own)[13:15] == ended:
            return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(server: int) -> int:
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = _fields(path)
        except OSError:
            continue
        if path.parent.name == str(server):
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == server:
            ticks += sum(map(int, fields[11:13]))
    return ticks


def _fields(path: Path) -> list[str]:
    """What stands behind the name in a line of /proc."""
    return path.read_text(encoding="utf-8").rpartition(")")[2].split()


def peak_gib() -> float:
    """The most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def of_each_size(
    script: str, one: Callable[[int], dict[str, object]], sizes: Sequence[int] = SIZES
) -> Iterator[tuple[int, dict[str, Any]]]:
    """What *one* says of each size that the command line names, or of *sizes*; each apart."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(one(int(sys.argv[2]))))
        return
    for people in [int(size) for size in sys.argv[1:]] or sizes:
        yield people, alone(script, str(people))


def print_beside_raw_copy(did: str, done: dict[str, Any]) -> None:
    """Two lines: the limit, ``raw``, and what was *did*, ``figures``, with ``peak_gib``."""
    figures, raw = done["figures"], done["raw"]
    print(
        f"  raw COPY of the rows        {raw['wall_s']:7.2f} s  {raw['cpu_s']:7.2f} CPU s"
        "  (the limit)"
    )
    print(
        f"  {did:<28}{figures['wall_s']:7.2f} s  {figures['cpu_s']:7.2f} CPU s"
        f"  {figures['cpu_s'] / raw['cpu_s']:.1f} x the limit; peak {done['peak_gib']:.2f} GiB"
    )
