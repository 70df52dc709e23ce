"""How fast exact keys decide, from Parquet, each figure beside its limit in the same run.

    python bench/exact.py [PEOPLE ...]

Limit: DuckDB scans all columns of both sides and makes one hash join by a text. (It asks for the
lengths of texts: a maximum it would take from the files' statistics, and read nothing.) ``scan``
only reads the columns as our kernel has them; ``keys`` also makes them the kernel's numbers: what
is above it is deciding. ``sql`` is DuckDB with the same rules (see :mod:`exact_sql`); that both
find the same components and owners is checked. The people are made up, and the mix is that of no
case.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

import apart
from amends.linkage.assign import how_many
from amends.linkage.compiled.strings import Texts
from amends.linkage.exact import decide
from amends.linkage.keys import FIELDS, Names, Side, read
from exact_sql import KEYS, decided

SIDES = ("accounts", "leaked")
_TOY = 300
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def main() -> None:
    """Print a line for each step and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", nargs="*", type=int)
    parser.add_argument("--one", nargs=3)
    arguments = parser.parse_args()
    if arguments.one:
        step, *folders = arguments.one
        apart.say(STEPS[step], *map(Path, folders))
        return
    print(apart.HEADING)
    for people in arguments.people or (300_000, 3_000_000):
        with tempfile.TemporaryDirectory(prefix="amends-exact-") as name:
            _compare(people, Path(name))


def _compare(people: int, folder: Path) -> None:
    """Run all steps on the same files, each as many times the limit."""
    toy = folder / "toy"
    toy.mkdir()
    _write(toy, _TOY)
    rows = _write(folder, people)
    done: dict[str, apart.Measured] = {}
    for step in STEPS:
        done[step] = apart.one_of(__file__, step, toy, folder)
        print(apart.line(rows, step, done[step], done["limit"]), flush=True)
    if done["kernel"]["answer"] != done["sql"]["answer"]:
        message = "kernel and SQL do not find the same"
        raise AssertionError(message)
    ratio = done["sql"]["cpu_s"] / done["kernel"]["cpu_s"]
    above = done["kernel"]["cpu_s"] / done["limit"]["cpu_s"]
    print(f"            kernel: {above:.1f} x the limit (goal 1.5); sql: {ratio:.1f} x (goal 10)")


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
    columns = ", ".join(f"sum(strlen({field}))" for field in ("name", *KEYS))
    connection = duckdb.connect(config={"threads": 2})
    for side in SIDES:
        connection.execute(f"SELECT {columns} FROM '{folder}/{side}.parquet'").fetchall()  # noqa: S608
    return connection.execute(
        f"SELECT count(*) FROM '{folder}/leaked.parquet' l "  # noqa: S608 -- our own files
        f"JOIN '{folder}/accounts.parquet' a ON l.phone = a.phone"
    ).fetchall()[0][0]


def _parts(path: Path) -> Iterator[pa.RecordBatch]:
    wanted = [field for field in FIELDS if field in pq.read_schema(path).names]
    yield from pq.ParquetFile(path).iter_batches(131_072, columns=wanted)


def _scan(folder: Path) -> object:
    return sum(part.num_rows for side in SIDES for part in _parts(folder / f"{side}.parquet"))


def _keys(folder: Path) -> tuple[Side, Side, Texts]:
    seeds = np.array([1, 2], dtype=np.uint64)
    names = Names(seeds)
    accounts, leaked = (read(_parts(folder / f"{side}.parquet"), names, seeds) for side in SIDES)
    return accounts, leaked, names.texts()


def _read(folder: Path) -> object:
    accounts, leaked, names = _keys(folder)
    return [accounts.size, leaked.size, len(names)]


def _kernel(folder: Path) -> object:
    exact = decide(*_keys(folder))
    component, owner = exact.component.astype(np.int64), exact.owner[exact.owner >= 0]
    return [
        how_many(component),
        int(component.sum()),
        len(owner),
        int(owner.astype(np.int64).sum()),
    ]


def _sql(folder: Path) -> object:
    return list(decided(folder))


STEPS: dict[str, apart.Step] = {
    "limit": _limit,
    "scan": _scan,
    "keys": _read,
    "kernel": _kernel,
    "sql": _sql,
}


if __name__ == "__main__":
    main()
