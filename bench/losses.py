"""Where a determination loses against the oracle, counted by what the records have in common.

``python bench/losses.py CASE`` (determined, with truth files), or ``--people N`` to make one of the
middle world and remove it again. Four ways to be wrong: one person counted twice although evidence
joins their accounts; two persons taken for one; a leaked row left out that evidence gives to its
person; a leaked row given to somebody else. For each: which fields agree between what belongs
together and was kept apart (or the other way round), in order of frequency. It shows which stage
to look at: *equal* keys are the exact stage's, everything else is the weighing's.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Final

import polars as pl

from accuracy import exports, run_amends
from oracle import Oracle, consult
from oracle_reasons import agreement

SHOWN: Final = 12


def main() -> None:
    """Look at the case that is named, or make one and look at it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path, nargs="?")
    parser.add_argument("--people", type=int, help="make a case of so many people")
    arguments = parser.parse_args()
    if arguments.people:
        with tempfile.TemporaryDirectory(prefix="amends-losses-") as name:
            case = Path(name) / "case"
            run_amends("synth", str(case), "--people", str(arguments.people), "--seed", "1")
            run_amends("run", str(case), "--until", "determine")
            _losses(case)
            run_amends("remove", str(case), "--yes")
    elif arguments.case:
        _losses(arguments.case)
    else:
        parser.error("name a case, or say --people N")


def _losses(case: Path) -> None:
    """Consult the oracle, compare with the exports of a determined case, print."""
    with tempfile.TemporaryDirectory(prefix="amends-losses-") as name:
        matches, accounts, affected = exports(case, Path(name))
        oracle = consult(case, Path(name))
        nodes = _nodes(oracle, matches, accounts)
        _count(nodes, affected)
        _parts(oracle, nodes, "parts of one person, kept apart", "group", "ours")
        _parts(oracle, nodes, "parts of another person, taken in", "ours", "person")
        _rows(oracle, nodes)


def _nodes(oracle: Oracle, matches: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """``node``, ``person``, ``group`` (the oracle's), ``account``, ``ours``, ``outcome``."""
    own = accounts.select(
        pl.col("product").alias("source"),
        pl.col("account_id").alias("key"),
        pl.col("person_id").alias("ours"),
        pl.lit("account").alias("outcome"),
    )
    rows = matches.select(
        pl.col("evidence").alias("source"),
        pl.col("row").cast(pl.String).alias("key"),
        pl.col("person_id").alias("ours"),
        "outcome",
        "reason",
    )
    known = pl.concat([own.cast(pl.String), rows.cast(pl.String)], how="diagonal")
    return (
        oracle.files.texts("source", "key")
        .with_columns(
            pl.lit(pl.Series("person", oracle.files.person)),
            pl.lit(pl.Series("group", oracle.group)),
            pl.lit(pl.Series("account", oracle.files.account)),
        )
        .join(known.lazy(), on=["source", "key"], how="left", maintain_order="left")
        .collect()
    )


def _count(nodes: pl.DataFrame, affected: pl.DataFrame) -> None:
    """The count of affected people, taken apart."""
    counted = nodes.filter(pl.col("ours").is_in(affected["person_id"].implode()))
    held = counted.filter("account").group_by("ours", "person").len()
    main = held.sort("len", "person", descending=[True, False]).unique("ours", keep="first")
    rows = nodes.filter(~pl.col("account"))
    leaked = rows["person"].unique()
    groups = rows.join(nodes.filter("account").select("group").unique(), on="group", how="semi")
    true = (
        nodes.filter("account")
        .select("person")
        .unique()
        .filter(pl.col("person").is_in(leaked.implode()))
    )
    per = (
        true.join(
            main.group_by("person").agg(pl.len().cast(pl.Int64).alias("ours")),
            on="person",
            how="left",
        )
        .join(
            groups.group_by("person").agg(
                pl.col("group").n_unique().cast(pl.Int64).alias("oracle")
            ),
            on="person",
            how="left",
        )
        .fill_null(0)
    )
    more = (pl.col("ours") - 1).clip(lower_bound=0)
    needless = (pl.col("ours") - pl.max_horizontal("oracle", 1)).clip(lower_bound=0)
    figures = {
        "truly affected": true.height,
        "counted": affected.height,
        "more than once, counted too often by": per.select(more.sum()).item(),
        "  of these the oracle joins": per.select(needless.sum()).item(),
        "not found": per.filter(pl.col("ours") == 0).height,
        "counted who is not affected": main.filter(
            ~pl.col("person").is_in(leaked.implode())
        ).height,
    }
    for label, figure in figures.items():
        print(f"{label:40}{figure:>10,}")


def _agreement(oracle: Oracle, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Per ``pair`` the fields that agree, as words; ~ before what only nearly does."""
    word = pl.when("near").then(pl.lit("~") + pl.col("field")).otherwise("field")
    return (
        agreement(oracle.files, left, right)
        .sort("pair", "near", "field")
        .group_by("pair", maintain_order=True)
        .agg(word.str.join(" + ").alias("agree"))
    )


def _parts(oracle: Oracle, nodes: pl.DataFrame, title: str, whole: str, part: str) -> None:
    """Accounts that should be one (or several), by what agrees; their leaked rows speak too."""
    held = nodes.drop_nulls([whole, part])
    split = held.filter("account").filter(pl.col(part).n_unique().over(whole) > 1)
    sizes = split.group_by(whole, part).agg(pl.len(), pl.col("node").min().alias("first"))
    main = sizes.sort("len", "first", descending=[True, False]).unique(whole, keep="first")
    rest = sizes.join(main, on=[whole, part], how="anti").sort("first").with_row_index("pair")
    every = rest.select("pair", whole, pl.col(part).alias("own")).join(
        nodes.select(whole, part, "node", "account"), on=whole
    )
    own = pl.col(part).eq_missing(pl.col("own"))
    agreement = _agreement(oracle, every.filter(own), every.filter(~own))
    _show(title, rest.select("pair"), agreement)


def _rows(oracle: Oracle, nodes: pl.DataFrame) -> None:
    """Leaked rows that were left out, and rows given to somebody else."""
    accounts = nodes.filter("account")
    rows = nodes.filter(~pl.col("account"))
    found = rows.join(accounts.select("group").unique(), on="group", how="semi")
    missed = found.filter(pl.col("outcome") != "matched").with_row_index("pair")
    own = missed.select("pair", "group").join(accounts.select("group", "node"), on="group")
    for outcome, some in missed.partition_by("outcome", "reason", as_dict=True).items():
        title = f"rows left out ({outcome[0]}, {outcome[1]})"
        _show(title, some.select("pair"), _agreement(oracle, missed, own))
    matched = rows.filter(pl.col("outcome") == "matched")
    right = accounts.select("ours", "person").unique()
    wrong = matched.join(right, on=["ours", "person"], how="anti").with_row_index("pair")
    given = wrong.select("pair", "ours").join(accounts.select("ours", "node"), on="ours")
    _show(
        "rows given to somebody else (what agrees with them)",
        wrong.select("pair"),
        _agreement(oracle, wrong, given),
    )


def _show(title: str, pairs: pl.DataFrame, agreement: pl.DataFrame) -> None:
    counted = (
        pairs.join(agreement, on="pair", how="left")
        .with_columns(pl.col("agree").fill_null("nothing"))
        .group_by("agree")
        .len("n")
        .sort("n", "agree", descending=[True, False])
    )
    print(f"\n{title}: {pairs.height:,}")
    for agree, number in counted.head(SHOWN).iter_rows():
        print(f"{number:>8,}  {agree}")


if __name__ == "__main__":
    main()
