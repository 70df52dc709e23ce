"""How long it takes to settle who is paid for everybody, beside a plain scan and join.

    python bench/payees.py [PEOPLE ...]

*Ours*: from the accounts of affected people, deaths, guardianships and payout accounts, in memory,
to one decision for each person and the doubts for review (``payees.rules.decide``). *Plain*: the
same frames read once, one row kept for each person, and the three files joined to it by product
and account: no number is read, no age counted, nobody compared.

Of 3,000,000 people 25,000 have died and 400,000 are minors; every fifth person has two accounts,
every fourth of these with another number. Each figure is taken in a process of its own. CPU is user
and system time of all threads.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from amends.payees import rules
from amends.payees.matching import Circumstances

SIZES: Final = (300_000, 3_000_000)
WAYS: Final = ("plain", "ours")
DAY: Final = date(2026, 11, 21)
_DEAD: Final = 25_000 / 3_000_000
_MINOR: Final = 400_000 / 3_000_000
_GUARDED: Final = 0.95
_NAMED_ACCOUNT: Final = 0.01
_BY_ACCOUNT: Final = 7
_MOVED: Final = 0.25
_SEED: Final = 20261121
_WEIGHTS: Final = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK: Final = np.array(list("10X98765432"))
_KIB_PER_GIB: Final = 1 << 20


def main() -> None:
    """Print a line for each size and way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", nargs="*", type=int)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(_measured(arguments.one[0], int(arguments.one[1]))))
        return
    print("people      way      wall s   CPU s   x plain   peak GiB   input GiB")
    for people in arguments.people or SIZES:
        plain, ours = (_apart(way, people) for way in WAYS)
        for way, cost in zip(WAYS, (plain, ours), strict=True):
            ratio = cost["cpu_s"] / plain["cpu_s"] if plain["cpu_s"] else float("nan")
            print(
                f"{people:<11,} {way:<8} {cost['wall_s']:>6.2f} {cost['cpu_s']:>7.2f} "
                f"{ratio:>9.1f} {cost['peak_gib']:>10.2f} {cost['input_gib']:>11.2f}"
            )
        print(f"{'':<11} {ours['counts']}")


def _apart(way: str, people: int) -> dict[str, float]:
    """What a fresh process measures."""
    command = [sys.executable, str(Path(__file__)), "--one", way, str(people)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def _measured(way: str, people: int) -> dict[str, object]:
    """Seconds and memory of one way."""
    accounts, told = made(people)
    before = _peak_gib()
    wall, cpu = time.perf_counter(), time.process_time()
    counts = _plain(accounts, told) if way == "plain" else _ours(accounts, told)
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "peak_gib": _peak_gib(),
        "input_gib": before,
        "counts": counts,
    }


def _plain(accounts: pl.DataFrame, told: Circumstances) -> dict[str, int]:
    """Scan and join: every column read, a row a person, three joins by product and account."""
    one = accounts.unique("person_id", keep="first")
    key = ["product", "account_id"]
    for number, rows in enumerate((told.deaths, told.guardianships, told.payout_accounts)):
        if rows is None:
            continue
        few = rows.unique(key).with_columns(pl.lit(value=True).alias(f"file{number}"))
        one = one.join(few, on=key, how="left", suffix=f"_{number}")
    return {"people": one.height}


def _ours(accounts: pl.DataFrame, told: Circumstances) -> dict[str, int]:
    """The decisions, counted."""
    decisions = rules.decide(accounts, told, rules.Limits(day=DAY), mainland=True).decisions
    grouped = decisions.group_by(pl.coalesce("reason", "kind").alias("why")).len().sort("why")
    return {str(why): int(number) for why, number in grouped.iter_rows()}


def made(people: int) -> tuple[pl.DataFrame, Circumstances]:
    """Accounts and files of so many made-up people."""
    random = np.random.default_rng(_SEED)
    numbers = np.arange(people)
    minor = numbers < round(people * _MINOR)
    dead = random.permutation(people)[: max(1, round(people * _DEAD))]
    year = np.where(minor, random.integers(2009, 2026, people), random.integers(1940, 2007, people))
    born = year * 10_000 + random.integers(1, 13, people) * 100 + random.integers(1, 29, people)
    idno = _citizen(numbers, born)
    second = np.flatnonzero(random.random(people) < 0.2)
    owner = np.concatenate([numbers, second])
    moved = (np.arange(len(owner)) >= people) & (random.random(len(owner)) < _MOVED)
    frame = pl.DataFrame(
        {
            "person_id": pl.Series(owner).cast(pl.String).str.zfill(26),
            "product": pl.Series(np.where(np.arange(len(owner)) < people, "im", "music")),
            "account_id": pl.Series(np.arange(len(owner))).cast(pl.String),
            "name": _names(owner),
            "surname": pl.Series([None], dtype=pl.String).new_from_index(0, len(owner)),
            "given_name": pl.Series([None], dtype=pl.String).new_from_index(0, len(owner)),
            "phone": pl.Series(13_000_000_000 + owner + moved * 2_000_000_000).cast(pl.String),
            "idno": idno.gather(owner),
            "birth": pl.Series([None], dtype=pl.String).new_from_index(0, len(owner)),
        }
    )
    wards = np.flatnonzero(minor & (random.random(people) < _GUARDED))
    guardians = people - 1 - wards  # all of them adults
    chosen = random.permutation(people)[: max(1, round(people * _NAMED_ACCOUNT))]
    return frame, Circumstances(
        deaths=_keys(dead, idno).with_columns(pl.lit("2026-02-03").alias("died_on")),
        guardianships=_keys(wards, idno).with_columns(
            _names(guardians).alias("guardian_name"),
            idno.gather(guardians).alias("guardian_idno"),
            pl.Series(13_000_000_000 + guardians).cast(pl.String).alias("guardian_account"),
        ),
        payout_accounts=_keys(chosen, idno).with_columns(
            pl.Series(19_000_000_000 + chosen).cast(pl.String).alias("payout_account"),
        ),
    )


def _names(numbers: np.ndarray) -> pl.Series:
    """Names of three signs that nobody bears."""
    parts = (0x4E00 + numbers % 400, 0x5E00 + numbers // 400 % 400, 0x6E00 + numbers // 7 % 400)
    return pl.Series(np.stack(parts, axis=1).astype(np.uint32).view("U3").ravel())


def _keys(numbers: np.ndarray, idno: pl.Series) -> pl.DataFrame:
    """How rows of files name their person: seven of ten by account, the others by number."""
    by_account = pl.Series(np.arange(len(numbers)) % 10 < _BY_ACCOUNT)
    return pl.DataFrame(
        {"number": numbers, "idno": idno.gather(numbers), "by_account": by_account}
    ).select(
        pl.when("by_account").then(pl.lit("im")).alias("product"),
        pl.when("by_account").then(pl.col("number").cast(pl.String)).alias("account_id"),
        pl.when(~pl.col("by_account")).then("idno").alias("idno"),
    )


def _citizen(numbers: np.ndarray, born: np.ndarray) -> pl.Series:
    """National numbers that check, one for each person."""
    head = (110_000 + numbers // 1000 % 10_000).astype("U6")
    tail = np.char.zfill((numbers % 1000).astype("U3"), 3)
    whole = np.char.add(np.char.add(head, born.astype("U8")), tail)
    digits = (
        np.ascontiguousarray(whole.astype("U17"))
        .view("U1")
        .reshape(len(numbers), 17)
        .astype(np.int64)
    )
    return pl.Series(np.char.add(whole, _CHECK[digits @ _WEIGHTS % 11]))


def _peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_PER_GIB


if __name__ == "__main__":
    main()
