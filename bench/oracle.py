"""What the best possible joiner reaches with the same files: the oracle beside every accuracy.

It knows the truth, and joins two records of one true person when evidence in the files justifies
it; it never joins two persons, and gives up where the evidence would fit another person as well.
So what it misses, no method can find without guessing. ``python bench/oracle.py CASE [--json]``.

Evidence, from strong to weak. Values are compared after normalisation (its own, not ours):

1. a *key* (national number, mobile, mail address, device, user name) that two records share and
   that nobody else in any file has;
2. *two fields* (of name, birth, address, postcode, place of birth, occupation, and keys that
   others have too) that two groups of records share and that nobody else has together;
3. a *nearly equal* field (a key with one slip, masked or cut; a name with one slip, cut or in other
   order; a date one digit off) together with another field that agrees, where nobody else has an
   equal value of the one and a nearly equal value of the other.

What groups have is pooled after each step, and steps 2 and 3 are done twice. Sex is no evidence.
A leaked row is found when it is joined, also by way of other rows, with an account of its person.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from oracle_records import write_records
from scores import Accuracy, Score, pairs_in, show

KEYS: Final = ("idno", "phone", "email", "device", "username")
FACTS: Final = ("name", "birth", "address", "postcode", "birth_place", "occupation")
TELLING: Final = ("name", "address", "postcode")
"""Facts of so many different values that one which nobody else has says who it is."""

ROUNDS: Final = 2
_VALUES_MAX: Final = 24
"""Of a group with more different values of one field, only so many are put together in pairs."""

_Ints = npt.NDArray[np.int32]
_NEAR_KEY: Final = (
    "(damerau_levenshtein(l, r) <= 1"
    " OR contains(r, '*') AND starts_with(l, split_part(r, '*', 1))"
    " AND ends_with(l, split_part(r, '*', -1))"
    " OR length(r) BETWEEN 7 AND length(l) - 1 AND starts_with(l, r)"
    " OR starts_with(l, r || '@'))"
)
_SHORT: Final = "left({0}, 6) || substr({0}, 9, 9)"
_NEAR: Final = {
    "idno": f"(length(l) = 18 AND length(r) = 18 AND damerau_levenshtein(l[:17], r[:17]) <= 1)"
    f" OR {_NEAR_KEY}"
    f" OR length(l) = 18 AND length(r) < 16 AND (damerau_levenshtein({_SHORT.format('l')}, r) <= 1"
    f" OR length(r) >= 7 AND starts_with({_SHORT.format('l')}, r))",
    **dict.fromkeys(("phone", "email", "device"), _NEAR_KEY),
    "name": "length(l) = length(r) AND l[1] = r[1]"
    " AND (len(list_filter(range(1, length(l) + 1), lambda i: l[i] <> r[i])) <= 1"
    " OR list_sort(string_split(l, '')) = list_sort(string_split(r, '')))"
    " OR length(r) BETWEEN 2 AND 7 AND length(r) = length(l) - 1 AND starts_with(l, r)"
    " OR length(l) >= 6 AND (damerau_levenshtein(l, r) <= 2"
    " OR jaro_winkler_similarity(l, r) >= 0.9"
    " OR list_has_any(string_split(l, ' '), string_split(r, ' ')))",
    "birth": "damerau_levenshtein(l, r) <= 1"
    " OR l[:4] = r[:4] AND (l[5:] = '0101' OR r[5:] = '0101')",
    "postcode": "damerau_levenshtein(l, r) <= 1",
    "birth_place": "jaro_winkler_similarity(l, r) >= 0.9 OR contains(l, r)",
}
"""When *r* is nearly *l* (it is asked both ways round), in DuckDB's SQL.

DuckDB's distances count bytes: of names in Han, signs are compared one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The records of a case by node: whose they are (numbered from 0), and which are accounts."""

    folder: Path
    person: _Ints
    account: npt.NDArray[np.bool_]

    def texts(self, *fields: str) -> pl.LazyFrame:
        """``node`` and *fields*."""
        return pl.scan_parquet(self.folder / "*.parquet").select("node", *fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Oracle:
    """``group``: per node the group that the oracle puts it in; ``accuracy`` of those groups."""

    files: Files
    group: _Ints
    accuracy: Accuracy


def consult(case: Path, folder: Path) -> Oracle:
    """Write the records of *case* to *folder* and join them as well as evidence allows."""
    write_records(case, folder)
    whole = pl.scan_parquet(folder / "*.parquet").select("person", "account").collect()
    person = np.unique(whole["person"].to_numpy(), return_inverse=True)[1].astype(np.int32)
    files = Files(folder=folder, person=person, account=whole["account"].to_numpy())
    group = _joined(np.arange(len(person), dtype=np.int32), [_by_keys(files)])
    for _ in range(ROUNDS):
        group = _joined(group, [_by_two(files, group)])
        group = _joined(group, [_by_likeness(files, group)])
    return Oracle(files=files, group=group, accuracy=_accuracy(files, group))


def _joined(group: _Ints, edges: Sequence[pl.DataFrame]) -> _Ints:
    """Per node its group, after *edges* (``left``, ``right``: nodes); named by a node in it."""
    nodes = len(group)
    own = np.arange(nodes, dtype=np.int32)
    every = pl.concat(edges)
    left = np.concatenate([own, every["left"].to_numpy()])
    right = np.concatenate([group, every["right"].to_numpy()])
    ones = np.ones(len(left), dtype=np.int8)
    _, labels = connected_components(
        coo_matrix((ones, (left, right)), shape=(nodes, nodes)), directed=False
    )
    smallest = np.full(int(labels.max(initial=-1)) + 1, nodes, dtype=np.int32)
    np.minimum.at(smallest, labels, own)
    return np.asarray(smallest[labels], dtype=np.int32)


def _exclusive(values: pl.LazyFrame) -> pl.DataFrame:
    """Edges among the nodes that share a value which one person alone has.

    *values*: ``node``, ``person``, ``value``.
    """
    alone = (
        values.group_by("value")
        .agg(
            pl.col("person").min().alias("least"),
            pl.col("person").max().alias("most"),
            pl.col("node").min().alias("left"),
            pl.len().alias("records"),
        )
        .filter((pl.col("least") == pl.col("most")) & (pl.col("records") > 1))
        .select("value", "left")
    )
    edges = values.join(alone, on="value").select("left", pl.col("node").alias("right"))
    return edges.filter(pl.col("left") != pl.col("right")).collect(engine="streaming")


def _by_keys(files: Files) -> pl.DataFrame:
    """Step 1."""
    return pl.concat([_exclusive(_values(files, key)) for key in (*KEYS, *TELLING)])


def _values(files: Files, field: str) -> pl.LazyFrame:
    """``node``, ``person`` and the hashed ``value`` of who has one."""
    person = pl.LazyFrame({"person": files.person})
    read = files.texts(field).select("node", pl.col(field).hash(seed=2).alias("value"), field)
    return (
        pl.concat([read, person], how="horizontal")
        .drop_nulls(field)
        .select(pl.col("node").cast(pl.Int32), "person", "value")
    )


def _by_two(files: Files, group: _Ints) -> pl.DataFrame:
    """Step 2, on what groups have together."""
    pooled = {field: _pooled(files, group, field) for field in (*KEYS, *FACTS)}
    for key in KEYS:
        shared = pl.col("person").min().over("value") != pl.col("person").max().over("value")
        pooled[key] = pooled[key].filter(shared)
    pairs = [*combinations(FACTS, 2), *((key, fact) for key in KEYS for fact in FACTS)]
    pairs += list(combinations(KEYS, 2))
    found = [pl.DataFrame(schema={"left": pl.Int32, "right": pl.Int32})]
    for one, other in pairs:
        if pooled[one].is_empty() or pooled[other].is_empty():
            continue
        both = pooled[one].lazy().join(pooled[other].lazy().drop("person"), on="node", suffix="_2")
        value = pl.struct("value", "value_2").hash(seed=3).alias("value")
        found.append(_exclusive(both.select("node", "person", value)))
    return pl.concat(found)


def _pooled(files: Files, group: _Ints, field: str) -> pl.DataFrame:
    """The different values of each group, which is named by its node."""
    values = _values(files, field).collect(engine="streaming")
    return (
        values.with_columns(pl.Series("node", group[values["node"].to_numpy()]))
        .unique(["node", "value"], keep="any")
        .filter(pl.int_range(pl.len()).over("node") < _VALUES_MAX)
    )


def _by_likeness(files: Files, group: _Ints) -> pl.DataFrame:
    """Step 3, within persons of whom there still are several groups."""
    agreeing = _agreeing(files, group)
    equal, near = (agreeing.filter(pl.col("near") == side).drop("near") for side in (False, True))
    two = near.join(near, on=["left", "right"], suffix="_2").filter(
        pl.col("field") < pl.col("field_2")
    )
    anchored = near.join(
        equal.select("left", "right", pl.col("field").alias("same"), pl.col("l").alias("value")),
        on=["left", "right"],
    ).filter(pl.col("same") != pl.col("field"))
    sizes = np.bincount(group, minlength=len(group))
    return pl.concat(
        [two.select("left", "right"), _without_rivals(files, anchored, sizes)]
    ).unique()


def _agreeing(files: Files, group: _Ints) -> pl.DataFrame:
    """What agrees of two groups of one person.

    ``left``, ``right`` (groups), ``field``, ``l``, ``r`` (values), ``near`` (only nearly equal).
    """
    nodes = pl.DataFrame({"node": np.arange(len(group), dtype=np.uint32)}).with_columns(
        pl.Series("group", group), pl.Series("person", files.person)
    )
    holders = pl.Series(np.unique(files.person[files.account]))
    open_ = nodes.filter(pl.col("person").is_in(holders.implode())).filter(
        pl.col("group").n_unique().over("person") > 1
    )
    found = []
    for field in (*KEYS, *FACTS):
        values = (
            files.texts(field).drop_nulls().join(open_.lazy(), on="node").drop("node").unique()
        ).collect(engine="streaming")
        values = values.rename({field: "value"}).filter(
            pl.int_range(pl.len()).over("group") < _VALUES_MAX
        )
        pairs = values.join(values, on="person", suffix="_r").filter(
            pl.col("group") < pl.col("group_r")
        )
        found.append(_compared(pairs, field))
    return pl.concat(found)


def _compared(pairs: pl.DataFrame, field: str) -> pl.DataFrame:
    """The pairs of values that are equal or nearly so."""
    columns = {"group": "left", "group_r": "right", "value": "l", "value_r": "r"}
    pairs = pairs.select(pl.col(old).alias(new) for old, new in columns.items())
    return nearly(pairs, field).with_columns(pl.lit(field).alias("field"))


def nearly(pairs: pl.DataFrame, field: str) -> pl.DataFrame:
    """The rows of *pairs* whose ``l`` and ``r`` are equal or nearly so, with ``near``."""
    if pairs.is_empty():
        return pairs.with_columns(near=pl.lit(value=False))
    connection = duckdb.connect(":memory:", config={"threads": 2})
    try:
        connection.execute(f"CREATE MACRO near(l, r) AS ({_NEAR.get(field, 'false')})")
        connection.register("pairs", pairs.to_arrow())
        relation = connection.sql(
            "SELECT *, l <> r AS near FROM pairs WHERE l = r OR near(l, r) OR near(r, l)"
        )
        return pl.DataFrame(relation.to_arrow_table())
    finally:
        connection.close()


def _without_rivals(
    files: Files, anchored: pl.DataFrame, sizes: npt.NDArray[np.int64]
) -> pl.DataFrame:
    """The joins of *anchored* where nobody else has the equal value and a nearly equal one."""
    mine = anchored.with_columns(
        pl.Series("small", sizes[anchored["left"].to_numpy()] < sizes[anchored["right"].to_numpy()])
    ).with_columns(
        pl.when("small").then("l").otherwise("r").alias("l"),
        pl.Series("person", files.person[anchored["left"].to_numpy()]),
    )
    good = [anchored.select("left", "right").clear()]
    for (same, field), asked in mine.partition_by("same", "field", as_dict=True).items():
        others = (
            files.texts(str(same), str(field))
            .drop_nulls()
            .rename({str(same): "value", str(field): "r"})
            .join(asked.lazy().select("value").unique(), on="value", how="semi")
        ).collect(engine="streaming")
        others = others.with_columns(
            pl.Series("rival", files.person[others["node"].to_numpy()])
        ).drop("node")
        met = asked.select("value", "l", "person").unique().join(others.unique(), on="value")
        rivals = nearly(met.filter(pl.col("person") != pl.col("rival")), str(field))
        good.append(
            asked.join(rivals, on=["value", "l", "person"], how="anti").select("left", "right")
        )
    return pl.concat(good)


def _accuracy(files: Files, group: _Ints) -> Accuracy:
    """How complete the groups are; what is given is right, by construction."""
    nodes = pl.DataFrame({"person": files.person, "group": group, "account": files.account})
    accounts, rows = nodes.filter("account"), nodes.filter(~pl.col("account"))
    of_holders = rows.join(accounts.select("person").unique(), on="person", how="semi")
    found = rows.join(accounts.select("group").unique(), on="group", how="semi")
    affected = found["group"].n_unique()
    people = found["person"].n_unique()
    true = of_holders["person"].n_unique()
    return Accuracy(
        rows=Score(right=found.height, given=found.height, true=of_holders.height),
        account_pairs=Score(
            right=pairs_in(accounts, "group"),
            given=pairs_in(accounts, "group"),
            true=pairs_in(accounts, "person"),
        ),
        affected=Score(right=people, given=affected, true=true),
        count_error=affected / max(true, 1) - 1,
    )


def main() -> None:
    """Consult the oracle about a case and print what it reaches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="amends-oracle-") as folder:
        oracle = consult(arguments.case, Path(folder))
    if arguments.json:
        print(json.dumps(oracle.accuracy.figures()))
    else:
        print(show(f"{arguments.case.name}: the oracle", oracle.accuracy))


if __name__ == "__main__":
    main()
