"""How fast pairs are weighed: our engine, Splink 5, and one fused statement of SQL in one run.

``python bench/weighing.py --rate ROWS RECORDS ROWS RECORDS --residual ROWS RECORDS``. *Rate*: the
same records, blocks and model, from the frame of records to the frame of scored pairs, none left
out for want of a witness; that all three find the same pairs is checked. *Residual*: leaked rows
against registries with every blocking rule, training included; F1 of the likeliest person at 0.95.
CPU seconds count: wall seconds depend on what else the machine does.
"""

import argparse
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import duckdb
import numpy as np
import polars as pl

from amends.linkage import settings
from amends.linkage.assign import share_out
from amends.linkage.canonical.normalise import COLUMNS
from amends.linkage.weighing.blocking import Blocks, blocks_of, derive
from amends.linkage.weighing.engine_splink import level_sql, missing_sql, needed
from amends.linkage.weighing.frequencies import frequencies_of
from amends.linkage.weighing.learning import Model
from amends.linkage.weighing.probabilistic import ENGINES, Engine, train
from amends.linkage.weighing.records import Records
from scores import Score

LEAST_BITS = 15.0
THRESHOLD = 0.95
FIRST_SIGN, SIGNS, SURNAMES, DAY_0 = 0x4E00, 600, 100, -7_000
BORN_ON_A_DAY = 200
STRANGERS = 0.1
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Seconds of a piece of work."""

    wall_s: float
    cpu_s: float


def timed(work: Callable[[], Result]) -> tuple[Result, Cost]:
    """What *work* gives, and what it costs."""
    wall, cpu = time.perf_counter(), _cpu_s()
    result = work()
    return result, Cost(wall_s=time.perf_counter() - wall, cpu_s=_cpu_s() - cpu)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def made_up(rows: int, known: int) -> tuple[Records, list[int]]:
    """*known* registry records and *rows* leaked ones, and whose each leaked row is (-1: nobody).

    Leaked rows are copies without keys: a third each with a sign of the name, a digit of the birth
    date, or a digit of the mobile wrong; a tenth are strangers.
    """
    dice = np.random.default_rng(20261121)
    person = np.append(np.arange(known), dice.integers(0, known, rows))
    stranger = np.append(np.zeros(known, bool), dice.random(rows) < STRANGERS)
    person[stranger] = known + np.arange(np.count_nonzero(stranger))
    people = int(person.max()) + 1
    weight = 1 / np.arange(1, SURNAMES + 1)
    signs = np.array([chr(FIRST_SIGN + 8 * i) for i in range(SURNAMES + SIGNS)])
    last = signs[dice.choice(SURNAMES, people, p=weight / weight.sum())][person]
    one, two = (signs[SURNAMES + dice.integers(0, SIGNS, people)][person] for _ in range(2))
    day = (DAY_0 + dice.integers(0, max(known // BORN_ON_A_DAY, 1), people))[person]
    phone = (13_000_000_000 + dice.integers(0, 10**9, people))[person]
    gender = np.array(["m", "f"])[dice.integers(0, 2, people)][person]
    street = signs[SURNAMES + dice.integers(0, SIGNS, people)][person]
    leaked = np.arange(known + rows) >= known
    kind = dice.integers(0, 3, known + rows)
    two = np.where(leaked & (kind == 0), signs[SURNAMES + 7], two)
    day = np.where(leaked & (kind == 1), day + 10 - day % 10, day)
    phone = np.where(leaked & (kind == 2), phone ^ 1, phone)
    frame = pl.DataFrame(
        {
            "name": np.char.add(np.char.add(last, one), two),
            "first": np.char.add(one, two),
            "last": last,
            "birth": pl.Series(day.astype(np.int32)).cast(pl.Date).dt.strftime("%Y%m%d"),
            "phone": phone,
            "gender": gender,
            "address": np.char.add(np.char.add(street, one), "路"),
        }
    )
    empty = (pl.lit(None, kind).alias(c) for c, kind in COLUMNS.items() if c not in frame.columns)
    number = pl.int_range(pl.len(), dtype=pl.Int64)
    records = Records.of(
        frame.with_columns(
            *empty, number.alias("unit"), pl.Series("leaked", leaked), pl.Series("open", leaked)
        )
    )
    return records, np.where(stranger, -1, person)[known:].tolist()


def rate(rows: int, known: int) -> None:
    """Pairs per second of the three on the same pairs."""
    records, _ = made_up(rows, known)
    blocks = blocks_of(records, {"birth": ("birth",)}, pairs_per_record=10**6).unasked()
    model = train(records, blocks, ENGINES["amends"])
    rated = frequencies_of(records, model)

    def by(engine: Engine) -> Callable[[], pl.DataFrame]:
        return lambda: engine.weigh(records, blocks, model, rated, at_least_bits=LEAST_BITS)

    by(ENGINES["amends"])()  # compiled once per machine, kept
    ours, our_cost = timed(by(ENGINES["amends"]))
    theirs, their_cost = timed(by(ENGINES["splink"]))
    _, fused_cost = timed(lambda: fused(records, blocks, model))
    same = ours.select("left", "right").equals(theirs.select("left", "right"))
    if not same or not np.allclose(ours["bits"], theirs["bits"], atol=2e-6):
        message = "the engines do not agree"
        raise AssertionError(message)
    pairs = blocks.pairs_made
    print(f"pairs of {rows:,} rows and {known:,} records: {pairs:,}; kept {ours.height:,}")
    costs = {"amends": our_cost, "splink": their_cost, "fused SQL": fused_cost}
    for name, cost in costs.items():
        print(
            f"  {name:10} {cost.cpu_s:8.2f} CPU s {cost.wall_s:8.2f} wall s"
            f" {pairs / cost.cpu_s / 1e6:8.2f} M pairs per CPU s"
            f" {cost.cpu_s / our_cost.cpu_s:6.1f} x ours (CPU)"
            f" {cost.wall_s / our_cost.wall_s:6.1f} (wall)"
        )
    print("  goal       12 M pairs/s on two quiet cores, and 18 x Splink")


def fused(records: Records, blocks: Blocks, model: Model) -> int:
    """The number of pairs of enough weight, by one statement; rare values weigh no more."""
    table = pl.concat(
        [
            derive(_met(records, blocks), needed(model)),
            pl.DataFrame({"b": blocks.of_each(blocks.members[0])}),
        ],
        how="horizontal",
    )
    weights = []
    for c, comparison in enumerate(model.comparisons):
        bits = np.log2(model.same[c] / model.chance[c])
        cases = " ".join(
            f"WHEN {level_sql(level)} THEN {bits[i]:.9f}"
            for i, level in enumerate(comparison.levels)
        )
        weights.append(
            f"CASE WHEN {missing_sql(comparison)} THEN 0 {cases} ELSE {bits[-1]:.9f} END"
        )
    left, right = (
        ", ".join(f'{side}."{c}" AS "{c}_{side}"' for c in table.columns) for side in ("l", "r")
    )
    with duckdb.connect(":memory:", config={"temp_directory": ""}) as connection:
        connection.register("records", table.to_arrow())
        return len(
            connection.sql(
                f"SELECT record_l, record_r, bits FROM (SELECT record_l, record_r, "  # noqa: S608
                f"{' + '.join(weights)} AS bits FROM (SELECT {left}, {right} FROM records l "
                f"JOIN records r ON l.b = r.b AND l.record < r.record AND l.unit <> r.unit "
                f"AND NOT (l.leaked AND r.leaked) AND (l.open OR r.open))) "
                f"WHERE bits >= {LEAST_BITS}"
            ).to_arrow_table()
        )


def _met(records: Records, blocks: Blocks) -> pl.DataFrame:
    """The records that are in a block, as they read."""
    return records.frame()[blocks.records]


def residual(rows: int, known: int) -> None:
    """Everything from records to owners, training included, with the same blocks for both."""
    few, _ = made_up(300, 3_000)
    for engine in ENGINES.values():  # what is loaded once in a process is no part of the work
        _owners(few, blocks_of(few), engine, 3_000)
    records, truth = made_up(rows, known)
    blocks, blocking = timed(lambda: blocks_of(records))
    print(f"residual of {rows:,} rows and {known:,} records: {blocks.pairs_made:,} pairs made")
    print(f"  blocking   {blocking.cpu_s:8.2f} CPU s {blocking.wall_s:8.2f} wall s")
    costs = {}
    for name, engine in ENGINES.items():
        best, cost = timed(lambda engine=engine: _owners(records, blocks, engine, known))  # type: ignore[misc]
        costs[name] = cost
        score = _score(best, truth, known)
        print(
            f"  {name:10} {cost.cpu_s:8.2f} CPU s {cost.wall_s:8.2f} wall s"
            f" {(cost.cpu_s + blocking.cpu_s) / (costs['amends'].cpu_s + blocking.cpu_s):6.1f}"
            f" x ours (CPU, blocking included)  F1 {score.f1:.4f}"
            f" (P {score.precision:.4f} R {score.recall:.4f})"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"  goal       8 x Splink at equal or better F1; peak of both {peak:.2f} GiB")


def _owners(records: Records, blocks: Blocks, engine: Engine, known: int) -> pl.DataFrame:
    model = train(records, blocks, engine)
    rated = frequencies_of(records, model)
    least = settings.LEAST_BITS - float(np.log2(model.prior / (1 - model.prior)))
    pairs = engine.weigh(records, blocks, model, rated, at_least_bits=least)
    meeting = pairs.filter(pl.col("right") >= known).select(
        pl.col("right").alias("row"),
        pl.col("left").alias("person"),
        pl.col("left").alias("unit"),
        "bits",
    )
    return share_out(meeting, records=known).unique("row", keep="first", maintain_order=True)


def _score(best: pl.DataFrame, truth: list[int], known: int) -> Score:
    true = np.array(truth)
    given = best.filter(pl.col("probability") >= THRESHOLD)
    right = true[given["row"].to_numpy() - known] == given["person"].to_numpy()
    return Score(right=int(right.sum()), given=given.height, true=int(np.count_nonzero(true >= 0)))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, nargs="*", default=[])
    parser.add_argument("--residual", type=int, nargs="*", default=[])
    arguments = parser.parse_args()
    for at in range(0, len(arguments.rate), 2):
        rate(*arguments.rate[at : at + 2])
    for at in range(0, len(arguments.residual), 2):
        residual(*arguments.residual[at : at + 2])


if __name__ == "__main__":
    main()
