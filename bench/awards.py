"""How fast people and a tariff become awards in the ledger, against raw COPY of the same rows.

    python bench/awards.py [PEOPLE ...]      (default: 300000 and 3000000)

Made-up people of a made-up determination, by a tariff with a factor for each scenario: grouped,
assessed, approved, numbered by lot, written with their reasons, funded, and booked by groups. The
limit is COPY of the rows of awards and of transfers into tables without any key. CPU is ours and
the server's together; the peak is that of our process.
"""

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import polars as pl

from amends.awards import service
from amends.kernel.casefile import read_case
from amends.linkage.model import Method
from amends.store.service import remove_database
from amends.vault.opened import OpenCase, open_case
from apart import alone

SIZES = (300_000, 3_000_000)
SEED = 20261128
FIELDS = ["NAME", "PHONE", "EMAIL", "ADDRESS", "IDNO", "ORDER", "PWDHASH", "BIRTH"]
CASE = """
[case]
id = "bench"
title = { zh = "测速", en = "Benchmark" }
controller = { zh = "测速", en = "Benchmark" }
announced_at = 2026-11-21T20:00:00+08:00
clock = "simulated"
[[registry]]
product = "im"
path = "im.csv"
[[evidence]]
path = "dump.csv"
[tariff]
preset = "scenario-factors"
[funding]
amount = "CNY 100000000000.00"
[[rail]]
kind = "simulator"
protocol = "alipay"
"""


def determine(opened: OpenCase, people: int) -> None:
    """Record a finished determination: a mix of leaked columns, as of several dumps."""
    drawn = np.random.default_rng(SEED)
    sets = [
        ";".join(sorted({"NAME", *(FIELDS[at] for at in range(len(FIELDS)) if mask >> at & 1)}))
        for mask in range(1, 2 ** len(FIELDS))
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
        with connection.cursor().copy(f"COPY {table} TO STDOUT (FORMAT csv)") as copy:
            blocks = list(copy)
        connection.execute(f"CREATE TEMP TABLE raw (LIKE {table})")
        with (
            measured(connection.info.backend_pid) as figures,
            connection.cursor().copy("COPY raw FROM STDIN (FORMAT csv)") as copy,
        ):
            for block in blocks:
                copy.write(block)
    return figures


def one(people: int) -> dict[str, object]:
    """Everything about one size, on a database of its own."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amends-bench-")))
        (root / "case.toml").write_text(CASE, encoding="utf-8")
        (root / "im.csv").write_text("account_id,name,phone\n", encoding="utf-8")
        (root / "dump.csv").write_text("name,phone\n", encoding="utf-8")
        stack.callback(remove_database, read_case(root))
        opened = stack.enter_context(open_case(root, approve_as=("anna", "bert")))
        if os.fork() == 0:
            determine(opened, people)
            os._exit(0)
        os.wait()
        with opened.database.session() as connection:
            with measured(connection.info.backend_pid) as figures:
                counts = service.award(opened).counts
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        assert counts["awards_new"] == people  # noqa: S101 - a benchmark
        raw = [raw_copy(opened, table) for table in ("awards.award", "ledger.transfer")]
        return {
            "award": figures,
            "peak_gib": peak,
            "raw": {key: sum(each[key] for each in raw) for key in ("wall_s", "cpu_s")},
        }


@contextmanager
def measured(backend: int) -> Iterator[dict[str, float]]:
    """Seconds and CPU seconds of the block: ours, and those of the server of process *backend*."""
    server = int(Path(f"/proc/{backend}/stat").read_text(encoding="utf-8").split()[3])
    figures: dict[str, float] = {}
    begin, cpu = time.perf_counter(), time.process_time() + _server_cpu_s(server)
    yield figures
    figures["wall_s"] = time.perf_counter() - begin
    figures["cpu_s"] = time.process_time() + _server_cpu_s(server) - cpu


def _server_cpu_s(server: int) -> float:
    """CPU seconds of all processes of a server, ended ones included."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if path.parent.name == str(server):
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == server:
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure each size in a process of its own."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(one(int(sys.argv[2]))))
        return
    for people in [int(size) for size in sys.argv[1:]] or SIZES:
        done = alone(__file__, str(people))
        award, raw = done["award"], done["raw"]
        print(f"{people:,} people")
        print(
            f"  raw COPY of the rows        {raw['wall_s']:7.2f} s  {raw['cpu_s']:7.2f} CPU s"
            "  (the limit)"
        )
        print(
            f"  awarded, funded and booked  {award['wall_s']:7.2f} s  {award['cpu_s']:7.2f} CPU s"
            f"  {award['cpu_s'] / raw['cpu_s']:.1f} x the limit; peak {done['peak_gib']:.2f} GiB"
        )


if __name__ == "__main__":
    main()
