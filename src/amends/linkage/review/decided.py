"""What readers have settled, laid over what linking found. Pure.

A settled answer stands above every key and every weight: accounts of one person are put together,
accounts of two are parted, rows go where they belong. It works on the result of linking, so it
holds whatever engine weighed the pairs.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from amends.linkage import settings
from amends.linkage.assign import Ints, components, how_many
from amends.linkage.compiled.lookups import Places
from amends.linkage.linking import Linked
from amends.linkage.model import CANDIDATES, Method

ROWS: Final = pl.Schema({"record": pl.Int64, "account": pl.Int64, "same": pl.Boolean})
PAIRS: Final = pl.Schema({"left": pl.Int64, "right": pl.Int64, "same": pl.Boolean})
KEYS: Final = pl.Schema({"of": pl.Int64, "rank": pl.Int64, "key": pl.UInt64})
"""``of`` (an account or a record) carries a key; of two keys the lower rank is the stronger."""

_WIDE: Final = pl.col("record", "person", "best").cast(pl.Int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Settled questions in the numbers of a run: rows and accounts, and pairs of accounts.

    ``rows``, ``pairs``: see the schemas above. ``account_keys``, ``row_keys``: the exact keys of
    accounts whose person is parted, and of their rows; needed only where something is parted.
    """

    rows: pl.DataFrame
    pairs: pl.DataFrame
    account_keys: pl.DataFrame
    row_keys: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """Linking as readers have corrected it, and how many answers contradict each other."""

    linked: Linked
    contradictions: int


def parted(person: Places, pairs: pl.DataFrame) -> Ints:
    """The persons (of *person*) that hold both accounts of a pair which two people hold."""
    found = united(person, pairs)
    apart = pairs.filter(~pl.col("same"))
    left, right = found[apart["left"].to_numpy()], found[apart["right"].to_numpy()]
    return np.unique(left[left == right])


def united(person: Places, pairs: pl.DataFrame) -> Places:
    """Per account its person, named by the smallest account, after *pairs* of one are joined."""
    same = pairs.filter("same")
    joined = components(
        np.concatenate([person, same["left"].to_numpy()]),
        np.concatenate([np.arange(len(person)), same["right"].to_numpy()]),
        len(person),
    )
    return joined if same.height else person


def apply(linked: Linked, settled: Settled) -> Applied:
    """*linked* with everything that is *settled*."""
    if settled.rows.height or settled.pairs.height:
        linked = replace(linked, rows=linked.rows.with_columns(_WIDE))
    person, contradictions, divided = _persons(linked.person, settled)
    rows, candidates = _moved(linked, person, divided, settled)
    rows, candidates, more = _rows(rows, candidates, person, settled.rows)
    doubts = linked.doubts
    if doubts.height and settled.pairs.height:
        doubts = doubts.join(settled.pairs, on=["left", "right"], how="anti").join(
            settled.pairs.rename({"left": "right", "right": "left"}),
            on=["left", "right"],
            how="anti",
        )
    together = person[doubts["left"].to_numpy()] == person[doubts["right"].to_numpy()]
    result = replace(
        linked,
        person=person,
        rows=rows,
        candidates=candidates,
        doubts=doubts.with_columns(pl.Series("joined", together, dtype=pl.Boolean)),
        counts={**linked.counts, "persons": how_many(person)},
    )
    return Applied(linked=result, contradictions=contradictions + more)


def _persons(person: Places, settled: Settled) -> tuple[Places, int, Ints]:
    """Per account its person; contradictions; and the accounts of persons that were parted."""
    result = united(person, settled.pairs).copy()
    contradictions = 0
    touched: list[Ints] = []
    for whole in parted(person, settled.pairs):
        accounts = np.flatnonzero(result == whole)
        inside = settled.pairs.filter(
            pl.col("left").is_in(accounts.tolist()) & pl.col("right").is_in(accounts.tolist())
        )
        parts, wrong = _parts(accounts, inside, settled.account_keys)
        contradictions += wrong
        for part in parts:
            result[part] = part[0]
        touched.append(accounts)
    return result, contradictions, np.concatenate([*touched, np.empty(0, dtype=np.int64)])


def _parts(accounts: Ints, pairs: pl.DataFrame, keys: pl.DataFrame) -> tuple[list[Ints], int]:
    """Divide a person's accounts so that no pair of two people stays together.

    Accounts that readers were asked about make the parts, in their order; every other account goes
    to the part with which it shares the strongest key, and to the first part where none does.
    """
    place = {int(account): at for at, account in enumerate(accounts)}
    same = pairs.filter("same")
    group = components(
        np.array([place[a] for a in same["left"]], dtype=np.int64),
        np.array([place[a] for a in same["right"]], dtype=np.int64),
        len(accounts),
    )
    apart: dict[int, set[int]] = {}
    contradictions = 0
    for left, right in pairs.filter(~pl.col("same")).select("left", "right").iter_rows():
        one, other = int(group[place[left]]), int(group[place[right]])
        if one == other:
            contradictions += 1
            continue
        apart.setdefault(one, set()).add(other)
        apart.setdefault(other, set()).add(one)
    parts: list[set[int]] = []
    for seed in sorted(apart):
        fitting = next((part for part in parts if not part & apart[seed]), None)
        if fitting is None:
            parts.append({seed})
        else:
            fitting.add(seed)
    part_of = {seed: number for number, part in enumerate(parts) for seed in part}
    number = np.array([part_of.get(int(g), -1) for g in group], dtype=np.int64)
    number = _by_keys(accounts, group, number, keys)
    return [np.sort(accounts[number == n]) for n in range(max(len(parts), 1))], contradictions


def _by_keys(accounts: Ints, group: Places, number: Ints, keys: pl.DataFrame) -> Ints:
    """The part of every account; those that have none yet (-1) follow their strongest key.

    *group*: accounts that readers have called one person's go together.
    """
    own = pl.DataFrame({"of": accounts, "group": group, "part": number})
    carried = keys.join(own, on="of").drop("of").rename({"group": "of"})
    seeds = carried.filter(pl.col("part") >= 0).select("rank", "key", "part").unique()
    found = _strongest(carried.filter(pl.col("part") < 0).drop("part"), seeds)
    single = found.filter(pl.col("parts") == 1).rename({"of": "group"})
    known = own.join(single, on="group", how="left", suffix="_found")
    return (
        known.sort("of")
        .select(
            pl.when(pl.col("part") >= 0)
            .then("part")
            .otherwise(pl.coalesce("part_found", pl.lit(0)))
            .cast(pl.Int64)
            .alias("part")
        )["part"]
        .to_numpy()
    )


def _strongest(carriers: pl.DataFrame, seeds: pl.DataFrame) -> pl.DataFrame:
    """``of``, ``part`` and ``parts``: the (smallest) part of its strongest key, of how many."""
    hits = carriers.join(seeds, on=["rank", "key"])
    best = hits.filter(pl.col("rank") == pl.col("rank").min().over("of"))
    return best.group_by("of").agg(pl.col("part").min(), pl.col("part").n_unique().alias("parts"))


def _moved(
    linked: Linked, person: Places, divided: Ints, settled: Settled
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows and candidates with the persons as they are now."""
    candidates = _gathered(linked.candidates, person)
    if not settled.pairs.height:
        return linked.rows, candidates
    exact = linked.rows.filter(pl.col("method") == Method.EXACT.value)
    weighed = linked.rows.filter(pl.col("method") != Method.EXACT.value)
    exact, weighed = (
        part.with_columns(pl.Series("person", person[part["best"].to_numpy()], dtype=pl.Int64))
        for part in (exact, weighed)
    )
    torn = exact.filter(pl.col("best").is_in(divided.tolist()))
    carried = settled.account_keys.join(
        pl.DataFrame({"of": divided, "part": person[divided]}), on="of"
    )
    found = _strongest(
        settled.row_keys.join(torn.select(pl.col("record").alias("of")), on="of", how="semi"),
        carried.select("rank", "key", "part").unique(),
    ).rename({"of": "record"})
    torn = torn.join(found, on="record", how="left").with_columns(
        pl.coalesce("part", "person").alias("person"),
        pl.coalesce("part", "best").alias("best"),
        pl.when(pl.col("parts").fill_null(0) == 1)
        .then("probability")
        .otherwise(pl.lit(settings.TORN_PROBABILITY))
        .alias("probability"),
    )
    kept = exact.join(torn.select("record"), on="record", how="anti")
    again = _best(candidates, weighed)
    rows = pl.concat([kept, torn.select(exact.columns), again.select(exact.columns)])
    return rows.sort("record"), candidates


def _gathered(candidates: pl.DataFrame, person: Places) -> pl.DataFrame:
    """Candidates by the persons as they are now: the shares of one person add up."""
    now = pl.Series("person", person[candidates["best"].to_numpy()], dtype=pl.Int64)
    moved = candidates.with_columns(now)
    return (
        moved.sort("record", "probability", "best", descending=[False, True, False])
        .group_by("record", "person", maintain_order=True)
        .agg(pl.col("best").first(), pl.col("probability").sum().clip(0, 1).round(6))
        .select(CANDIDATES.names())
        .cast(CANDIDATES)
        .sort("record", "probability", "person", descending=[False, True, False])
    )


def _best(candidates: pl.DataFrame, weighed: pl.DataFrame) -> pl.DataFrame:
    """Weighed rows with the likeliest of their candidates; a row without one stays as it is."""
    first = candidates.unique("record", keep="first", maintain_order=True)
    known = ("person", "best", "probability")
    return weighed.join(
        first.select("record", *(pl.col(c).alias(f"{c}_now") for c in known)),
        on="record",
        how="left",
    ).with_columns(pl.coalesce(f"{c}_now", c).alias(c) for c in known)


def _rows(
    rows: pl.DataFrame, candidates: pl.DataFrame, person: Places, settled: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Rows where readers say they belong; contradicting answers about a row change nothing."""
    if not settled.height:
        return rows, candidates, 0
    named = settled.with_columns(pl.Series("person", person[settled["account"].to_numpy()]))
    yes, no = named.filter("same"), named.filter(~pl.col("same"))
    torn = pl.concat(
        [
            yes.join(no, on=["record", "person"], how="semi").select("record"),
            yes.filter(pl.col("person").n_unique().over("record") > 1).select("record"),
        ]
    ).unique()
    yes = yes.join(torn, on="record", how="anti").sort("record", "account")
    yes = yes.unique("record", keep="first", maintain_order=True)
    no = no.join(torn, on="record", how="anti").join(yes, on="record", how="anti")
    excluded = candidates.join(no, on=["record", "person"], how="semi")
    gone = excluded.group_by("record").agg(pl.col("probability").sum().alias("gone"))
    candidates = (
        candidates.join(no, on=["record", "person"], how="anti")
        .join(yes, on="record", how="anti")
        .join(gone, on="record", how="left")
        .with_columns(
            (pl.col("probability") / (1 - pl.col("gone").fill_null(0)).clip(lower_bound=1e-9))
            .clip(0, 1)
            .round(6)
            .alias("probability")
        )
        .select(CANDIDATES.names())
        .sort("record", "probability", "person", descending=[False, True, False])
    )
    denied = rows.join(no, on=["record", "person"], how="semi")
    again = _best(candidates, denied.join(candidates, on="record", how="semi"))
    clerical = (pl.lit(Method.CLERICAL.value).alias("method"), pl.lit("readers").alias("reason"))
    nobody = denied.join(candidates, on="record", how="anti").with_columns(
        pl.lit(0.0).alias("probability"), *clerical
    )
    owned = yes.select(
        "record",
        "person",
        pl.col("account").alias("best"),
        pl.lit(1.0).alias("probability"),
        *clerical,
    )
    changed = pl.concat([denied.select("record"), owned.select("record")])
    parts = (part.select(rows.columns).cast(rows.schema) for part in (again, nobody, owned))
    result = pl.concat([rows.join(changed, on="record", how="anti"), *parts])
    return result.sort("record"), candidates, torn.height
