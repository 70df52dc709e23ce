"""How fast exact keys decide, from Parquet, each figure beside its limit in the same run.

    python bench/exact.py [PEOPLE ...] [--edges N] [--splink]

Limit: DuckDB scans all columns of both sides and makes one hash join by a text. ``sql`` is DuckDB
with the main rules alone (guards by number of accounts and of national numbers, stars, components,
look-ups); it compares no names, takes nothing apart again and bridges nothing, so that the true
ratio is higher. Components: random edges by our union-find, by scipy, and by Splink's clustering.
Each step runs in a process of its own. The people are made up, and the mix is that of no case.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

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

KEYS = ("idno", "phone", "email", "device")
ROUNDS = 40
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
    make_ready()
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
    """Run steps on the same files, each as many times the limit."""
    base = 0.0
    for step in (limit, *others):
        done = subprocess.run(
            [sys.executable, __file__, "--one", step, str(folder)],
            check=True,
            capture_output=True,
            text=True,
        )
        figures = json.loads(done.stdout)
        base = base or figures["cpu_s"]
        print(
            f"{rows:<11,} {step:<20} {figures['wall_s']:<8.2f} {figures['cpu_s']:<7.2f} "
            f"{figures['cpu_s'] / base:<8.2f} {figures['peak_gib']:<9.2f} {figures['answer']}",
            flush=True,
        )


def _measured(step: Callable[[Path], object], folder: Path) -> dict[str, object]:
    """One step in this process: wall and CPU seconds without imports, peak memory with them."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = step(folder)
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        "answer": answer,
    }


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
    return [len(np.unique(exact.component)), int((exact.owner >= 0).sum())]


def _sql(folder: Path) -> object:
    run = duckdb.connect(config={"threads": 2}).execute
    for side in ("accounts", "leaked"):
        run(
            f"CREATE TABLE {side} AS SELECT row_number() OVER () - 1 AS node, * "  # noqa: S608
            f"FROM '{folder}/{side}.parquet'"
        )
    for kind in KEYS:
        run(
            f"CREATE TABLE k_{kind} AS SELECT {kind} AS key, min(node) AS first FROM accounts "  # noqa: S608
            f"WHERE {kind} IS NOT NULL GROUP BY {kind} "
            "HAVING count(*) <= 24 AND count(DISTINCT idno) <= 1"
        )
    stars = " UNION ALL ".join(
        f"SELECT first AS a, node AS b FROM accounts JOIN k_{kind} ON {kind} = key "  # noqa: S608
        "WHERE first < node"
        for kind in KEYS
    )
    run(f"CREATE TABLE e AS {stars}")
    run("CREATE TABLE c AS SELECT node, node AS label FROM accounts")
    for _ in range(ROUNDS):
        run(
            "CREATE TABLE d AS SELECT c.node, min(least(c.label, coalesce(m.label, c.label))) "
            "AS label FROM c LEFT JOIN (SELECT e.b AS node, c.label FROM e JOIN c ON c.node = e.a "
            "UNION ALL SELECT e.a, c.label FROM e JOIN c ON c.node = e.b) m USING (node) GROUP BY 1"
        )
        run("CREATE TABLE f AS SELECT d.node, x.label FROM d JOIN d x ON x.node = d.label")
        changed = run("SELECT count(*) FROM f JOIN c USING (node) WHERE f.label <> c.label")
        still = changed.fetchall()[0][0]
        run("DROP TABLE c; DROP TABLE d; ALTER TABLE f RENAME TO c")
        if not still:
            break
    hits = " UNION ALL ".join(
        f"SELECT l.node, c.label FROM leaked l JOIN k_{kind} ON l.{kind} = key "  # noqa: S608
        "JOIN c ON c.node = first"
        for kind in KEYS
    )
    return run(
        "SELECT (SELECT count(DISTINCT label) FROM c), count(*) FROM "  # noqa: S608
        f"(SELECT node FROM ({hits}) GROUP BY node HAVING count(DISTINCT label) = 1)"
    ).fetchall()[0]


def _edges(count: int) -> pl.DataFrame:
    """Random edges among as many nodes."""
    dice = np.random.default_rng(2)
    return pl.DataFrame({side: dice.integers(0, count, count) for side in ("l", "r")})


def _sides(folder: Path) -> tuple[np.typing.NDArray[np.int64], np.typing.NDArray[np.int64]]:
    edges = pl.read_parquet(folder / "edges.parquet")
    return edges["l"].to_numpy(), edges["r"].to_numpy()


def _union_find(folder: Path) -> object:
    left, right = _sides(folder)
    return len(np.unique(smallest_of(left, right, len(left))))


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
