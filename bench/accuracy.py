"""How well a determination agrees with a known truth: rows, account pairs, affected persons.

Reads ``truth-rows.csv`` and ``truth-accounts.csv`` of a made-up or practice case; nothing under
``src`` does. Beside every figure stands what the oracle (``oracle.py``) reaches with the same
files, and the difference in points; where the oracle falls under 0.99, why.

    python bench/accuracy.py CASE ... [--json]     cases that are determined already
    python bench/accuracy.py --all [--people N ...] [--seed S]

The second makes and determines the practice case and the three worlds with each number of people.

Definitions. *Rows*: a matched row is right when the person that it is given holds an account of its
true person; a matched stranger's row is wrong; a row of an account holder that is not matched is
missed. *Account pairs*: two accounts given one person, against two accounts of one true person.
*Affected*: persons who hold an account and have a leaked row; a determined person is right when it
holds an account of an affected true person, and each true person is found by one of them only.
"""

import argparse
import json
import shutil
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Final

import polars as pl

from amends.cli import cli
from oracle import consult
from oracle_reasons import Reason, reasons
from scores import Accuracy, Score, beside, pairs_in

__all__ = ["Accuracy", "Score", "exports", "measure", "run_amends"]

PRACTICE: Final = Path(__file__).parent.parent / "tests" / "cases" / "historical"
WORLDS: Final = ("mild", "middle", "harsh")
GOOD: Final = 0.99
"""Where the oracle's own precision or recall is less, it is said why."""


def measure(
    case: Path, matches: pl.DataFrame, accounts: pl.DataFrame, affected: pl.DataFrame
) -> Accuracy:
    """Compare the three exports of *case* (see the contract) with its truth files."""
    truth_rows = pl.read_csv(case / "truth-rows.csv", infer_schema=False).with_columns(
        pl.col("row").cast(pl.Int64)
    )
    truth_accounts = pl.read_csv(case / "truth-accounts.csv", infer_schema=False)
    linked = accounts.select("product", "account_id", "person_id").join(
        truth_accounts, on=["product", "account_id"], how="left"
    )
    holders = truth_accounts.select("person").unique()
    affected_truth = truth_rows.join(holders, on="person", how="semi").select("person").unique()
    given = affected["person_id"].n_unique()
    return Accuracy(
        rows=_rows(matches, truth_rows, linked, holders),
        account_pairs=_pairs(linked),
        affected=Score(
            right=linked.join(affected, on="person_id", how="semi")
            .join(affected_truth, on="person", how="semi")
            .pipe(_one_to_one),
            given=given,
            true=affected_truth.height,
        ),
        count_error=given / max(affected_truth.height, 1) - 1,
    )


def _rows(
    matches: pl.DataFrame, truth: pl.DataFrame, linked: pl.DataFrame, holders: pl.DataFrame
) -> Score:
    matched = matches.filter(pl.col("outcome") == "matched").select(
        "evidence", pl.col("row").cast(pl.Int64), "person_id"
    )
    right = (
        matched.join(truth, on=["evidence", "row"])
        .join(linked.select("person_id", "person").unique(), on=["person_id", "person"], how="semi")
        .height
    )
    true = truth.join(holders, on="person", how="semi").height
    return Score(right=right, given=matched.height, true=true)


def _pairs(linked: pl.DataFrame) -> Score:
    return Score(
        right=pairs_in(linked, "person_id", "person"),
        given=pairs_in(linked, "person_id"),
        true=pairs_in(linked, "person"),
    )


def _one_to_one(linked: pl.DataFrame) -> int:
    """How many true persons have a determined person of their own (most accounts in common)."""
    common = (
        linked.group_by("person_id", "person")
        .len()
        .sort("len", "person_id", "person", descending=[True, False, False])
    )
    best = common.unique("person_id", keep="first", maintain_order=True)
    return int(best["person"].n_unique())


def bands(case: Path, matches: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Per outcome and method: ``rows``, ``of_holders`` (not strangers'), ``right``.

    Right is a row whose person (also one under review) holds an account of its true person, and an
    unmatched one of a stranger.
    """
    truth = pl.read_csv(case / "truth-rows.csv", infer_schema=False)
    owners = pl.read_csv(case / "truth-accounts.csv", infer_schema=False)
    holds = accounts.join(owners, on=["product", "account_id"]).select("person_id", "person")
    known = (
        matches.select("evidence", pl.col("row").cast(pl.String), "outcome", "method", "person_id")
        .join(truth, on=["evidence", "row"], how="left")
        .join(owners.select("person").unique().with_columns(holder=True), on="person", how="left")
        .join(holds.unique().with_columns(hit=True), on=["person_id", "person"], how="left")
    )
    holder = pl.col("holder").fill_null(value=False)
    right = pl.when(pl.col("outcome") == "unmatched").then(~holder).otherwise("hit")
    return (
        known.group_by("outcome", "method")
        .agg(
            pl.len().alias("rows"),
            holder.sum().alias("of_holders"),
            right.fill_null(value=False).sum().alias("right"),
        )
        .sort("rows", "outcome", descending=[True, False])
    )


def exports(case: Path, folder: Path) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Matches, accounts and affected people of a determined case, by way of *folder*."""
    tables = folder / "exported"
    run_amends("export", "all", str(case), "--to", str(tables))
    matches, accounts, affected = (
        pl.read_parquet(tables / f"{what}.parquet") for what in ("matches", "accounts", "affected")
    )
    shutil.rmtree(tables)
    return matches, accounts, affected


def run_amends(*arguments: str) -> None:
    """One command, in this process: what it costs is not what is measured here.

    Raises:
        AmendsError: it refuses.
    """
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        cli.main(arguments, prog_name="amends", standalone_mode=False)


def report(case: Path, title: str, *, as_json: bool) -> None:
    """Print how well a determined case agrees with its truth, beside the oracle."""
    with tempfile.TemporaryDirectory(prefix="amends-accuracy-") as name:
        matches, accounts, affected = exports(case, Path(name))
        ours = measure(case, matches, accounts, affected)
        by_band = bands(case, matches, accounts)
        del matches, accounts, affected
        oracle = consult(case, Path(name))
        why = reasons(oracle)
    if as_json:
        figures = {
            "case": title,
            "ours": ours.figures(),
            "oracle": oracle.accuracy.figures(),
            "bands": by_band.to_dicts(),
            "oracle_misses": [{"what": r.what, "why": r.cause, "count": r.count} for r in why],
        }
        print(json.dumps(figures))
        return
    print(f"\n{title}\n{beside(ours, oracle.accuracy)}\n")
    print(f"{'outcome':13}{'method':15}{'rows':>12}{'of holders':>12}{'right':>10}")
    for outcome, method, rows, of_holders, right in by_band.iter_rows():
        print(f"{outcome:13}{method or '':15}{rows:>12,}{of_holders:>12,}{right / rows:>10.4f}")
    _explain(oracle.accuracy, why)


def _explain(accuracy: Accuracy, why: list[Reason]) -> None:
    low = [name for name, score in accuracy.scores() if min(score.precision, score.recall) < GOOD]
    if low:
        print(f"\nWhy the oracle is under {GOOD} ({', '.join(low)}):")
        for reason in why:
            print(reason.words())


def _everything(people: list[int], worlds: list[str], seed: int, *, as_json: bool) -> None:
    """Make and determine the practice case and some worlds, one after the other."""
    with tempfile.TemporaryDirectory(prefix="amends-accuracy-") as name:
        practice = Path(name) / "practice"
        shutil.copytree(PRACTICE, practice)
        _determined(practice, "practice case: historical", as_json=as_json)
        for size in people:
            for world in worlds:
                case = Path(name) / world
                made = ("--people", str(size), "--seed", str(seed), "--world", world)
                run_amends("synth", str(case), *made)
                title = f"world {world}: {size:,} people, seed {seed}"
                _determined(case, title, as_json=as_json)


def _determined(case: Path, title: str, *, as_json: bool) -> None:
    run_amends("run", str(case), "--until", "determine")
    report(case, title, as_json=as_json)
    run_amends("remove", str(case), "--yes")
    shutil.rmtree(case)


def main() -> None:
    """Measure the cases that are named, or make all and measure them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path, nargs="*")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--people", type=int, nargs="+", default=[30_000])
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=WORLDS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    for case in arguments.case:
        report(case, case.name, as_json=arguments.json)
    if arguments.all:
        _everything(arguments.people, arguments.worlds, arguments.seed, as_json=arguments.json)


if __name__ == "__main__":
    main()
