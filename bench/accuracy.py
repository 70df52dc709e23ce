"""How well a determination agrees with a known truth: rows, account pairs, affected persons.

Reads ``truth-rows.csv`` and ``truth-accounts.csv`` of a made-up or practice case; nothing under
``src`` does. ``python bench/accuracy.py CASE [--json]``.

Definitions. *Rows*: a matched row is right when the person that it is given holds an account of its
true person; a matched stranger's row is wrong; a row of an account holder that is not matched is
missed. *Account pairs*: two accounts given one person, against two accounts of one true person.
*Affected*: persons who hold an account and have a leaked row; a determined person is right when it
holds an account of an affected true person, and each true person is found by one of them only.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Precision, recall and their harmonic mean, with the numbers that they are made of."""

    right: int
    given: int
    true: int

    @property
    def precision(self) -> float:
        """Share of what was given that is right."""
        return self.right / self.given if self.given else 1.0

    @property
    def recall(self) -> float:
        """Share of what is true that was found."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How a determination compares with the truth; ``count_error`` is relative."""

    rows: Score
    account_pairs: Score
    affected: Score
    count_error: float


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
    def count(*by: str) -> int:
        sizes = linked.drop_nulls(by).group_by(by).len()["len"].cast(pl.Int64)
        return int((sizes * (sizes - 1) // 2).sum())

    return Score(right=count("person_id", "person"), given=count("person_id"), true=count("person"))


def _one_to_one(linked: pl.DataFrame) -> int:
    """How many true persons have a determined person of their own (most accounts in common)."""
    common = (
        linked.group_by("person_id", "person")
        .len()
        .sort("len", "person_id", "person", descending=[True, False, False])
    )
    best = common.unique("person_id", keep="first", maintain_order=True)
    return int(best["person"].n_unique())


def _export(case: Path, what: str, folder: Path) -> pl.DataFrame:
    program = Path(sys.executable).with_name("amends")
    target = folder / f"{what}.parquet"
    subprocess.run(
        [program, "export", what, case, "--to", target], check=True, stdout=subprocess.DEVNULL
    )
    return pl.read_parquet(target)


def show(name: str, accuracy: Accuracy) -> str:
    """A table for people."""
    lines = [f"{name}", f"{'':16}{'precision':>10}{'recall':>10}{'F1':>10}"]
    for label, score in (
        ("rows", accuracy.rows),
        ("account pairs", accuracy.account_pairs),
        ("affected", accuracy.affected),
    ):
        figures = f"{score.precision:10.4f}{score.recall:10.4f}{score.f1:10.4f}"
        lines.append(f"{label:16}{figures}  ({score.right} of {score.given} given, {score.true})")
    lines.append(f"{'count error':16}{accuracy.count_error:+10.2%}")
    return "\n".join(lines)


def main() -> None:
    """Export, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        frames = [
            _export(arguments.case, what, Path(folder))
            for what in ("matches", "accounts", "affected")
        ]
    accuracy = measure(arguments.case, *frames)
    if arguments.json:
        scores = {
            name: {"precision": s.precision, "recall": s.recall, "f1": s.f1, **asdict(s)}
            for name, s in (
                ("rows", accuracy.rows),
                ("account_pairs", accuracy.account_pairs),
                ("affected", accuracy.affected),
            )
        }
        print(json.dumps({**scores, "count_error": accuracy.count_error}))
    else:
        print(show(arguments.case.name, accuracy))


if __name__ == "__main__":
    main()
