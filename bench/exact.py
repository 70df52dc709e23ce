"""How fast exact keys decide, from Parquet, each figure beside its limit in the same run.

    python bench/exact.py [PEOPLE ...] [--edges N] [--splink]

Limit: DuckDB scans all columns of both sides and makes one hash join by a text. ``sql`` is DuckDB
with the same rules (see :mod:`exact_sql`); that both find the same components and owners is
checked. Components: random edges by our union-find, by scipy, and by Splink's clustering. Each step
runs in a process of its own. The people are made up, and the mix is that of no case.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypedDict

import duckdb
import numpy as np
import polars as pl
import pyarrow.parquet as pq
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from amends.linkage.compiled.components import smallest_of
from amends.linkage.exact import decide
from amends.linkage.keys import FIELDS, Names, read
from amends.linkage.ready import make_ready
from exact_sql import KEYS, decided

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def main() -> None:
    """Print a line for each step and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", nargs="*", type=int)
    parser.add_argument("--edges", type=int, default=25_000_000)
    parser.add_argument("--splink", action="store_true")
    parser.add_argument("--one", nargs=2)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(_measured(STEPS[arguments.one[0]], Path(arguments.one[1]))))
        return
    print("rows        step                 wall s   CPU s   x limit  peak GiB  answer")
    for people in arguments.people or (300_000, 3_000_000):
        with tempfile.TemporaryDirectory(prefix="amends-exact-") as name:
            rows = _write(Path(name), people)
            _compare(rows, Path(name), "limit", ("kernel", "sql"))
    with tempfile.TemporaryDirectory(prefix="amends-edges-") as name:
        _edges(arguments.edges).write_parquet(Path(name) / "edges.parquet")
        others = ("scipy", "splink") if arguments.splink else ("scipy",)
        _compare(arguments.edges, Path(name), "union-find", others)


def _compare(rows: int, folder: Path, limit: str, others: Sequence[str]) -> None:
    """Run steps on the same files, each as many times the limit, and the first of *others*."""
    base = None
    done: dict[str, Measured] = {}
    for step in (limit, *others):
        done[step] = one = _apart(step, folder)
        base = base or one
        print(
            f"{rows:<11,} {step:<20} {one['wall_s']:<8.2f} {one['cpu_s']:<7.2f} "
            f"{one['cpu_s'] / base['cpu_s']:<8.2f} {one['peak_gib']:<9.2f} {one['answer']}",
            flush=True,
        )
    if "sql" in done:
        _same(done["kernel"], done["sql"])
        ratio = done["sql"]["cpu_s"] / done["kernel"]["cpu_s"]
        above = done["kernel"]["cpu_s"] / done["limit"]["cpu_s"]
        print(
            f"            kernel: {above:.1f} x the limit (goal 1.5); sql: {ratio:.1f} x (goal 10)"
        )
    if "splink" in done:
        ratio = done["splink"]["cpu_s"] / done["union-find"]["cpu_s"]
        wall = done["splink"]["wall_s"] / done["union-find"]["wall_s"]
        print(f"            splink is {ratio:.1f} x (CPU), {wall:.1f} x (wall) ours (goal 30)")


def _same(one: "Measured", other: "Measured") -> None:
    if one["answer"] != other["answer"]:
        message = "kernel and SQL do not find the same"
        raise AssertionError(message)


class Measured(TypedDict):
    """Seconds without imports, peak memory with them, and what came out."""

    wall_s: float
    cpu_s: float
    peak_gib: float
    answer: object


def _apart(step: str, folder: Path) -> Measured:
    """One step in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", step, str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    measured: Measured = json.loads(done.stdout)
    return measured


def _measured(step: Callable[[Path], object], folder: Path) -> Measured:
    """One step in this process; ours with its kernels loaded."""
    if step in (_kernel, _union_find):
        make_ready()
    wall, cpu = time.perf_counter(), time.process_time()
    answer = step(folder)
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "peak_gib": _peak_gib(),
        "answer": answer,
    }


def _peak_gib() -> float:
    """Most memory of this program; the kernel's other figure begins with that of its parent."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024**2


def _write(folder: Path, people: int) -> int:
    """Four accounts and three leaked rows per person, each with some of the fields."""
    dice = np.random.default_rng(1)
    counts = {"accounts": 4 * people, "leaked": 3 * people}
    for side, count in counts.items():
        who = dice.integers(0, people, count)
        pq.write_table(_records(who, dice).to_arrow(), folder / f"{side}.parquet")
    return sum(counts.values())


def _records(who: np.typing.NDArray[np.int64], dice: np.random.Generator) -> pl.DataFrame:
    """Records of people *who*; one mobile in fifty is a neighbour's."""
    number = pl.Series("who", who)
    phone = pl.Series(who + (dice.random(len(who)) < 0.02))
    given = [
        pl.Series([chr(0x4E00 + sign) for sign in range(1500)])[who // n % 1500] for n in (7, 11)
    ]
    surname = pl.Series(list("王李张刘陈杨赵黄周吴徐孙胡朱高林"))[who % 16]
    body = pl.select(
        "999999"
        + (pl.lit(19500101) + number % 28).cast(pl.String)
        + (number % 1000).cast(pl.String).str.zfill(3)
    ).to_series()
    columns = {
        "name": surname + given[0] + given[1],
        "phone": "1" + (phone + 6_000_000_000).cast(pl.String).str.slice(0, 10),
        "email": "person" + number.cast(pl.String) + "@example.invalid",
        "idno": body + _check(body),
        "device": "made" + (number * 7919).cast(pl.String).str.zfill(12),
    }
    chances = {"name": 0.6, "phone": 0.7, "email": 0.4, "idno": 0.02, "device": 0.4}
    return pl.DataFrame(columns).with_columns(
        pl.when(pl.Series(dice.random(len(who)) < chance)).then(field).alias(field)
        for field, chance in chances.items()
    )


def _check(body: pl.Series) -> pl.Series:
    """The 18th sign of national numbers (GB 11643-1999)."""
    total = sum(body.str.slice(i, 1).cast(pl.Int64) * w for i, w in enumerate(WEIGHTS))
    assert isinstance(total, pl.Series)  # noqa: S101 -- for the type checker
    return pl.Series(list("10X98765432"))[(total % 11).to_numpy()]


def _limit(folder: Path) -> object:
    columns = ", ".join(f"max({field})" for field in ("name", *KEYS))
    connection = duckdb.connect(config={"threads": 2})
    for side in ("accounts", "leaked"):
        connection.execute(f"SELECT {columns} FROM '{folder}/{side}.parquet'").fetchall()  # noqa: S608
    return connection.execute(
        f"SELECT count(*) FROM '{folder}/leaked.parquet' l "  # noqa: S608 -- our own files
        f"JOIN '{folder}/accounts.parquet' a ON l.phone = a.phone"
    ).fetchall()[0][0]


def _parts(path: Path) -> Iterator[pl.DataFrame]:
    wanted = [field for field in FIELDS if field in pq.read_schema(path).names]
    for batch in pq.ParquetFile(path).iter_batches(131_072, columns=wanted):
        yield pl.DataFrame(batch)


def _kernel(folder: Path) -> object:
    seeds = np.array([1, 2], dtype=np.uint64)
    names = Names(seeds)
    accounts = read(_parts(folder / "accounts.parquet"), names, seeds)
    leaked = read(_parts(folder / "leaked.parquet"), names, seeds)
    exact = decide(accounts, leaked, names.texts())
    component, owner = exact.component.astype(np.int64), exact.owner[exact.owner >= 0]
    return [
        int(np.count_nonzero(component == np.arange(len(component)))),
        int(component.sum()),
        len(owner),
        int(owner.astype(np.int64).sum()),
    ]


def _sql(folder: Path) -> object:
    return list(decided(folder))


def _edges(count: int) -> pl.DataFrame:
    """Random edges among as many nodes."""
    dice = np.random.default_rng(2)
    return pl.DataFrame({side: dice.integers(0, count, count) for side in ("l", "r")})


def _sides(folder: Path) -> tuple[np.typing.NDArray[np.int64], np.typing.NDArray[np.int64]]:
    edges = pl.read_parquet(folder / "edges.parquet")
    return edges["l"].to_numpy(), edges["r"].to_numpy()


def _union_find(folder: Path) -> object:
    left, right = _sides(folder)
    smallest = smallest_of(left, right, len(left))
    return int(np.count_nonzero(smallest == np.arange(len(smallest))))


def _scipy(folder: Path) -> object:
    left, right = _sides(folder)
    size = len(left)
    graph = coo_matrix((np.ones(size, dtype=np.int8), (left, right)), shape=(size, size))
    return connected_components(graph, directed=False)[0]


def _splink(folder: Path) -> object:
    from splink import DuckDBAPI  # noqa: PLC0415 -- heavy, and only asked for
    from splink.clustering import (  # noqa: PLC0415
        cluster_pairwise_predictions_at_threshold as cluster,
    )

    connection = duckdb.connect()
    edges = pl.read_parquet(folder / "edges.parquet").to_arrow()
    nodes = pl.DataFrame({"id": np.arange(len(edges))}).to_arrow()
    found = cluster(
        nodes,
        edges,
        DuckDBAPI(connection=connection),
        node_id_column_name="id",
        edge_id_column_name_left="l",
        edge_id_column_name_right="r",
    )
    table = found.physical_name
    return connection.execute(
        f"SELECT count(DISTINCT cluster_id) FROM {table}"  # noqa: S608 -- Splink's own name
    ).fetchall()[0][0]


STEPS = {
    "limit": _limit,
    "kernel": _kernel,
    "sql": _sql,
    "union-find": _union_find,
    "scipy": _scipy,
    "splink": _splink,
}


if __name__ == "__main__":
    main()
