"""The rules of exact keys once more, in whole frames: what the kernel must agree with.

A key (national number, mobile, mail address, device) joins the accounts that carry it, unless the
key itself contradicts: a mobile seen with two national numbers, or with names that do not fit each
other, was recycled or is a family's, and then joins only accounts of one name. The refusal is a
property of the key, or of a whole component, never of the order in which accounts come; so the
same accounts make the same components, however they are sorted. Refused keys are counted by reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from amends.linkage import settings

KEYS: Final = ("idno", "phone", "email", "device")
"""Exact keys, strongest first."""

_NAMES: Final = ("name_l", "name_r")

Ints = npt.NDArray[np.int64]


def components(left: Ints, right: Ints, nodes: int) -> Ints:
    """Per node (from 0) the smallest node that it is connected with."""
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(nodes, nodes))
    _, labels = connected_components(graph, directed=False)
    smallest = np.full(int(labels.max(initial=-1)) + 1, nodes, dtype=np.int64)
    np.minimum.at(smallest, labels, np.arange(nodes))
    return np.asarray(smallest[labels], dtype=np.int64)


def in_bytes(pairs: pl.DataFrame) -> pl.DataFrame:
    """Every sign of a pair as a letter of one byte, in the same order: DuckDB compares bytes."""
    said: list[tuple[str, ...]] = []
    for pair in pairs.select(_NAMES).rows():
        signs = sorted(set("".join(pair)) - {" "})
        letters = str.maketrans({sign: chr(33 + at) for at, sign in enumerate(signs)})
        said.append(tuple(text.translate(letters) for text in pair))
    return pairs.select("at", *pl.DataFrame(said, schema=list(_NAMES), orient="row"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Accounts in components: ``component`` is, per account, the component's smallest account.

    ``plain`` per kind of key: ``key`` and ``component`` of keys that nothing refuses;
    ``shared`` likewise of refused keys, one row per component that carries it.
    """

    component: Ints
    plain: Mapping[str, pl.DataFrame]
    shared: Mapping[str, pl.DataFrame]
    refused: Mapping[str, int]


def similarity(pairs: pl.DataFrame) -> pl.Series:
    """How alike ``name_l`` and ``name_r`` are, from 0 to 1.

    1 where one is contained in the other, else Jaro-Winkler of the names or their sorted parts.
    """
    distinct = pairs.select(_NAMES).unique().with_row_index("at")
    other = distinct.filter(pl.col("name_l") != pl.col("name_r"))
    if other.is_empty():
        return pl.Series("similarity", np.ones(pairs.height), dtype=pl.Float64)
    connection = duckdb.connect(":memory:", config={"temp_directory": ""})
    try:
        connection.register("pairs", in_bytes(other).to_arrow())
        scored = pl.DataFrame(
            connection.sql(
                """
                SELECT "at", CASE
                    WHEN contains(name_l, name_r) OR contains(name_r, name_l)
                    THEN 1.0
                    ELSE greatest(
                        jaro_winkler_similarity(name_l, name_r),
                        jaro_winkler_similarity(
                            list_aggregate(list_sort(string_split(name_l, ' ')), 'string_agg', ' '),
                            list_aggregate(list_sort(string_split(name_r, ' ')), 'string_agg', ' ')
                        )
                    )
                END AS similarity
                FROM pairs
                """
            ).to_arrow_table()
        )
    finally:
        connection.close()
    likeness = np.ones(distinct.height)
    likeness[scored["at"].to_numpy()] = scored["similarity"].to_numpy()
    known = distinct.select(*_NAMES, pl.Series("similarity", likeness))
    return pairs.join(known, on=_NAMES, how="left", maintain_order="left")["similarity"]


def join_accounts(accounts: pl.DataFrame) -> Joined:
    """Join *accounts* (canonical columns, ``account`` from 0) by exact keys."""
    lean = accounts.select("account", "name", *KEYS).with_columns(
        pl.col("idno").alias("number"), pl.int_range(pl.len(), dtype=pl.Int64).alias("node")
    )
    verdicts = {kind: _judge(lean, kind) for kind in KEYS}
    safe: list[pl.DataFrame] = []
    plain: list[pl.DataFrame] = []
    for kind, verdict in verdicts.items():
        keyed = lean.filter(pl.col(kind).is_not_null()).join(
            verdict.select(kind, "refusal"), on=kind, how="left"
        )
        good = keyed.filter(pl.col("refusal").is_null())
        (safe if kind == "idno" else plain).append(_stars(good, [kind]))
        safe.append(_stars(keyed.filter(pl.col("name").is_not_null()), [kind, "name"], one=True))
    nodes = lean.height
    found = _components([*safe, *plain], nodes)
    bad = _contradicting(lean, found)
    kept = [edges.filter(~_among(edges, found, bad)) for edges in plain]
    found = _components([*safe, *kept], nodes)
    refused = {
        f"{kind}_{reason}": int(count)
        for kind, verdict in verdicts.items()
        for reason, count in verdict.drop_nulls("refusal").group_by("refusal").len().iter_rows()
    }
    if len(bad):
        refused["component_contradicts"] = len(bad)
    carried = lean.with_columns(pl.Series("component", found))
    return Joined(
        component=found,
        plain={k: _carriers(carried, k, verdicts[k], refused=False) for k in KEYS},
        shared={k: _carriers(carried, k, verdicts[k], refused=True) for k in KEYS},
        refused=dict(sorted(refused.items())),
    )


def _judge(accounts: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Per key carried by two accounts or more: ``refusal``, null where it may join them."""
    keys = (
        accounts.filter(pl.col(kind).is_not_null())
        .group_by(kind)
        .agg(
            pl.len().alias("accounts"),
            pl.col("number").drop_nulls().n_unique().alias("numbers"),
            pl.col("name").drop_nulls().n_unique().alias("names"),
        )
        .filter(pl.col("accounts") > 1)
    )
    named = (
        accounts.filter(pl.col("name").is_not_null())
        .join(keys.filter(pl.col("names") > 1).select(kind), on=kind, how="semi")
        .select(kind, "name")
        .unique()
    )
    least = settings.NUMBER_NAME_SIMILAR if kind == "idno" else settings.NAME_SIMILAR
    against = _unlike(named, kind, least).with_columns(pl.lit(value=True).alias("unlike"))
    return keys.join(against, on=kind, how="left").select(
        kind,
        pl.when(pl.col("accounts") > settings.KEY_MAX_ACCOUNTS)
        .then(pl.lit("on_too_many_accounts"))
        .when(pl.col("numbers") > 1)
        .then(pl.lit("with_several_numbers"))
        .when(pl.col("unlike"))
        .then(pl.lit("with_unlike_names"))
        .alias("refusal"),
    )


def _unlike(
    named: pl.DataFrame, by: str, least: float, excused: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The values of *by* under which two names lie that are less alike than *least*.

    *excused* (*by*, ``number``, ``name``): names that one national number has are not compared.
    """
    sizes = pl.len().over(by)
    few = named.filter(sizes <= settings.KEY_MAX_ACCOUNTS)
    pairs = (
        few.join(few, on=by, suffix="_r")
        .rename({"name": "name_l"})
        .filter(pl.col("name_l") < pl.col("name_r"))
    )
    if excused is not None:
        both = excused.join(excused, on=[by, "number"], suffix="_r").rename({"name": "name_l"})
        pairs = pairs.join(both, on=[by, "name_l", "name_r"], how="anti")
    unlike = pairs.filter(similarity(pairs) < least).select(by).unique()
    return pl.concat([unlike, named.filter(sizes > settings.KEY_MAX_ACCOUNTS).select(by).unique()])


def _stars(accounts: pl.DataFrame, by: list[str], *, one: bool = False) -> pl.DataFrame:
    """Edges from the first account of each value of *by* to its others.

    With *one* only where no two national numbers are among them.
    """
    within = accounts.select(
        pl.col("node").min().over(by).alias("left"),
        pl.col("node").alias("right"),
        (pl.col("number").drop_nulls().n_unique().over(by) if one else pl.lit(1)).alias("numbers"),
    )
    return within.filter((pl.col("left") < pl.col("right")) & (pl.col("numbers") <= 1)).select(
        "left", "right"
    )


def _components(edges: list[pl.DataFrame], nodes: int) -> Ints:
    every = pl.concat(edges)
    return components(every["left"].to_numpy(), every["right"].to_numpy(), nodes)


def _among(edges: pl.DataFrame, found: Ints, components_: Ints) -> pl.Series:
    """Which edges lie within some of the components."""
    return pl.Series(np.isin(found[edges["left"].to_numpy()], components_), dtype=pl.Boolean)


def _contradicting(accounts: pl.DataFrame, found: Ints) -> Ints:
    """Components that hold two national numbers, or names that do not fit each other."""
    inside = accounts.with_columns(pl.Series("component", found))
    numbers = (
        inside.group_by("component")
        .agg(pl.col("number").drop_nulls().n_unique().alias("n"))
        .filter(pl.col("n") > 1)
        .select("component")
    )
    named = inside.select("component", "name").drop_nulls().unique()
    several = named.filter(pl.len().over("component") > 1)
    same_number = inside.select("component", "number", "name").drop_nulls().unique()
    unlike = _unlike(several, "component", settings.NAME_SIMILAR, excused=same_number)
    return pl.concat([numbers, unlike]).unique().sort("component")["component"].to_numpy()


def _carriers(
    accounts: pl.DataFrame, kind: str, verdict: pl.DataFrame, *, refused: bool
) -> pl.DataFrame:
    """``key`` and ``component``: who carries the keys that are (or are not) refused."""
    bad = verdict.drop_nulls("refusal").select(kind)
    return (
        accounts.filter(pl.col(kind).is_not_null())
        .join(bad, on=kind, how="semi" if refused else "anti")
        .select(pl.col(kind).alias("key"), "component")
        .unique()
        .sort("key", "component")
    )


def match_rows(leaked: pl.DataFrame, accounts: pl.DataFrame, joined: Joined) -> pl.DataFrame:
    """Leaked rows that an exact key gives to one component.

    Args:
        leaked: canonical columns and ``record``.
        accounts: canonical columns and ``account``, as joined.
        joined: the result of :func:`join_accounts`.

    Returns:
        ``record``, ``component``, ``reason`` (the strongest key), sorted by record. Rows whose keys
        disagree with each other, or with the name or number on record, are not among them.
    """
    fitting = _fitting(leaked, accounts, joined)
    strongest = (pl.col("rank") == 0).any().over("record")
    kept = fitting.filter((pl.col("rank") == 0) | ~strongest)
    one = kept.filter(pl.col("component").n_unique().over("record") == 1)
    return (
        one.sort("record", "rank")
        .unique("record", keep="first", maintain_order=True)
        .select("record", "component", pl.lit("key:").add(pl.col("kind")).alias("reason"))
    )


def bridge(leaked: pl.DataFrame, accounts: pl.DataFrame, joined: Joined) -> Joined:
    """Join components that one leaked row has keys of, where nothing contradicts.

    A row with somebody's mobile and the device of an account that tells no name says that the
    account is theirs too. Joins that would put two numbers or unlike names together are refused,
    all of a group at once.
    """
    hits = _fitting(leaked, accounts, joined).select("record", "component")
    first = pl.col("component").min().over("record")
    edges = hits.select(first.alias("left"), pl.col("component").alias("right"))
    edges = edges.filter(pl.col("left") < pl.col("right")).unique()
    lean = accounts.select("account", "name", pl.col("idno").alias("number"))
    own = pl.DataFrame({"left": joined.component, "right": np.arange(len(joined.component))})
    found = _components([edges, own], lean.height)
    bad = _contradicting(lean, found)
    kept = edges.filter(~_among(edges, found, bad))
    parts = pl.DataFrame({"group": found, "part": joined.component}).unique()
    parts = parts.filter(pl.len().over("group") > 1, pl.col("group").is_in(bad))
    refused = parts.height - parts["group"].n_unique()
    found = _components([kept, own], lean.height)

    def moved(carriers: pl.DataFrame) -> pl.DataFrame:
        """The same keys, carried by the components as they are now."""
        now = pl.Series("component", found[carriers["component"].to_numpy()], dtype=pl.Int64)
        return carriers.with_columns(now).unique().sort("key", "component")

    return Joined(
        component=found,
        plain={kind: moved(carriers) for kind, carriers in joined.plain.items()},
        shared={kind: moved(carriers) for kind, carriers in joined.shared.items()},
        refused={**joined.refused, **({"bridge_contradicts": refused} if refused else {})},
    )


def _fitting(leaked: pl.DataFrame, accounts: pl.DataFrame, joined: Joined) -> pl.DataFrame:
    """Rows and the components that carry a key of theirs, where name and number do not object."""
    carried = accounts.select("name", "idno").with_columns(pl.Series("component", joined.component))
    names = carried.select("component", "name").drop_nulls().unique()
    numbers = carried.select("component", pl.col("idno").alias("own")).drop_nulls().unique()
    hits = pl.concat([_hits(leaked, joined, kind, rank) for rank, kind in enumerate(KEYS)])
    hits = _with_likeness(hits, names)
    hits = _without_strangers(hits, accounts, joined)
    own = numbers.group_by("component").agg(pl.col("own").min())
    hits = hits.join(own, on="component", how="left")
    other_number = (pl.col("idno") != pl.col("own")).fill_null(value=False)
    likeness = pl.col("likeness")
    like = likeness >= settings.NAME_SIMILAR
    return hits.filter(
        pl.when(pl.col("rank") == 0)
        .then(likeness.is_null() | (likeness >= settings.NUMBER_NAME_SIMILAR))
        .when(pl.col("shared"))
        .then(like & ~other_number)
        .otherwise((likeness.is_null() | like) & ~other_number)
    )


def _hits(leaked: pl.DataFrame, joined: Joined, kind: str, rank: int) -> pl.DataFrame:
    """``record``, ``name``, ``idno``, ``component`` of rows whose key is on record."""
    keyed = leaked.filter(pl.col(kind).is_not_null()).select(
        "record", "name", "idno", pl.col(kind).cast(pl.String).alias("key")
    )
    return pl.concat(
        [
            keyed.join(carriers.with_columns(pl.col("key").cast(pl.String)), on="key").select(
                "record",
                "key",
                "name",
                "idno",
                "component",
                pl.lit(kind).alias("kind"),
                pl.lit(rank, pl.Int8).alias("rank"),
                pl.lit(shared).alias("shared"),
            )
            for shared, carriers in ((False, joined.plain[kind]), (True, joined.shared[kind]))
        ]
    )


def _with_likeness(hits: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """*hits* with ``likeness``: of the row's name to the most alike name of the component."""
    pairs = (
        hits.select("component", pl.col("name").alias("name_l"))
        .drop_nulls()
        .unique()
        .join(names.rename({"name": "name_r"}), on="component")
    )
    best = (
        pairs.with_columns(similarity(pairs).alias("likeness"))
        .group_by("component", "name_l")
        .agg(pl.col("likeness").max())
    )
    return hits.join(
        best, left_on=["component", "name"], right_on=["component", "name_l"], how="left"
    )


def _without_strangers(hits: pl.DataFrame, accounts: pl.DataFrame, joined: Joined) -> pl.DataFrame:
    """*hits* but those by a key on too many accounts that has none of the row's own name."""
    carried = pl.concat(
        [
            accounts.select(
                pl.lit(kind).alias("kind"),
                pl.col(kind).cast(pl.String).alias("key"),
                "name",
                pl.Series("component", joined.component),
            ).drop_nulls("key")
            for kind in KEYS
        ]
    )
    crowded = (
        carried.group_by("kind", "key").len().filter(pl.col("len") > settings.KEY_MAX_ACCOUNTS)
    )
    by = ["kind", "key", "name", "component"]
    return pl.concat(
        [
            hits.join(crowded, on=["kind", "key"], how="anti"),
            hits.join(crowded, on=["kind", "key"], how="semi").join(
                carried.drop_nulls("name"), on=by, how="semi"
            ),
        ]
    )
