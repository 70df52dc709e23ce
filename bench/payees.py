"""How long it takes to settle who is paid for everybody, as the stage does it, beside bare work.

    python bench/payees.py [PEOPLE ...]      (default: 300000 and 3000000)

*Settled*: ``payees.service.settle`` on a case that was taken in and determined: accounts and files
of people are read from the evidence room, matched, decided on, sealed, and written to PostgreSQL.
*Again*: the same with nothing new. *Bare*, the limit: the same columns of the same encrypted files
read and forgotten, the ids of affected people read, and the rows that settling wrote COPYed as they
are into tables without keys and checks; nothing is matched, decided or sealed.

Of 3,000,000 people 25,000 have died and 400,000 are minors; every fifth person has two accounts,
every fourth of these with another number. CPU is ours and the server's together; the peak is that
of our process. Every step is taken in a process of its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from amends.evidence.intake import intake
from amends.evidence.service import accounts_in_parts, input_digest, read_people
from amends.kernel.case import PeopleKind
from amends.kernel.casefile import read_case
from amends.linkage import service as linkage
from amends.linkage import store as linkage_store
from amends.linkage.model import Method
from amends.payees import rules, service
from amends.payees.matching import Circumstances
from amends.store.service import remove_database
from amends.vault.opened import OpenCase, open_case
from apart import peak_mib
from determined import CASE_HEAD, measured, raw_copy

SIZES: Final = (300_000, 3_000_000)
_TABLES: Final = ("payees.payee", "payees.page", "payees.doubt")
_DEAD: Final = 25_000 / 3_000_000
_MINOR: Final = 400_000 / 3_000_000
_GUARDED: Final = 0.95
_NAMED_ACCOUNT: Final = 0.01
_BY_ACCOUNT: Final = 7
_MOVED: Final = 0.25
_SEED: Final = 20261121
_WEIGHTS: Final = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK: Final = np.array(list("10X98765432"))
_CASE: Final = f"""{CASE_HEAD}[[registry]]
product = "music"
path = "music.csv"
[[evidence]]
path = "dump.csv"
[[people]]
kind = "death"
path = "deaths.csv"
[[people]]
kind = "guardianship"
path = "guardianships.csv"
[[people]]
kind = "payout_account"
path = "accounts.csv"
[tariff]
preset = "flat"
amount = "CNY 5000.00"
[[rail]]
kind = "simulator"
protocol = "alipay"
"""


def main() -> None:
    """Print a line for each size and step, and how they grow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", nargs="*", type=int)
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        name, root = arguments.step
        print(json.dumps(_step(name, Path(root), arguments.people)))
        return
    print("people      step        wall s    CPU s   x bare   peak GiB")
    settled = [_compared(people) for people in arguments.people or SIZES]
    for (fewer, less), (more, much) in pairwise(settled):
        print(
            f"{more / fewer:.1f} times the people: {much['cpu_s'] / less['cpu_s']:.1f} times the "
            f"CPU seconds, {much['wall_s'] / less['wall_s']:.1f} times the wall"
        )


def _compared(people: int) -> tuple[int, dict[str, Any]]:
    """A case of so many people: what every step takes, printed; how settling did."""
    with tempfile.TemporaryDirectory(prefix="amends-payees-") as name:
        root = Path(name)
        make_case(root, people)
        try:
            _alone("prepare", root, people)
            done = {step: _alone(step, root) for step in ("settled", "again", "bare")}
        finally:
            remove_database(read_case(root))
    for step, one in done.items():
        print(
            f"{people:<11,} {step:<9} {one['wall_s']:>8.2f} {one['cpu_s']:>8.2f} "
            f"{one['cpu_s'] / done['bare']['cpu_s']:>8.2f} {one['peak_gib']:>10.2f}",
            flush=True,
        )
    print(f"{'':<11} {done['settled']['answer']}")
    return people, done["settled"]


def _alone(step: str, root: Path, *more: int) -> Any:  # noqa: ANN401 -- what the step says
    """What a step says, in a process of its own."""
    command = [sys.executable, __file__, "--step", step, str(root), *map(str, more)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _step(name: str, root: Path, people: list[int]) -> dict[str, object]:
    """Prepare the case, or measure a step on it."""
    with open_case(root) as opened:
        if name == "prepare":
            intake(opened)
            determine(opened, people[0])
            return {}
        with opened.database.session() as connection:
            backend = connection.info.backend_pid
            if name == "bare":
                figures, answer = bare(opened, backend)
            else:
                with measured(backend) as figures:
                    answer = service.settle(opened).counts
                assert bool(answer["payees_new"]) is (name == "settled")  # noqa: S101
    return {**figures, "peak_gib": peak_mib() / 1024, "answer": answer}


def bare(opened: OpenCase, backend: int) -> tuple[dict[str, float], dict[str, int]]:
    """Read what settling reads, and write what it wrote."""
    with measured(backend) as figures:
        rows = sum(part.height for part in accounts_in_parts(opened, ("account_id", *rules.FIELDS)))
        linkage.read_run(opened, "accounts", ["person"])
        linkage.read_run(opened, "people", ["person_id", "affected"])
        for kind in PeopleKind:
            read_people(opened, kind.value)
    for table in _TABLES:
        written = raw_copy(opened, table)
        figures = {key: figures[key] + written[key] for key in figures}
    return figures, {"accounts": rows}


def make_case(root: Path, people: int) -> None:
    """Write the files of a case; nobody reads the leaked one, for people are found by decree."""
    accounts, told = made(people)
    (root / "case.toml").write_text(_CASE, encoding="utf-8")
    (root / "dump.csv").write_text("name,phone\n种植甲乙,13800009999\n", encoding="utf-8")
    columns = ["account_id", "name", "phone", "idno", "birth"]
    for product in ("im", "music"):
        accounts.filter(product=product).select(columns).write_csv(root / f"{product}.csv")
    for name, frame in (
        ("deaths", told.deaths),
        ("guardianships", told.guardianships),
        ("accounts", told.payout_accounts),
    ):
        if frame is not None:
            frame.write_csv(root / f"{name}.csv")


def determine(opened: OpenCase, people: int) -> None:
    """Record a determination by which all are affected, each account the person's who made it."""
    accounts, _ = made(people)
    digest = input_digest(opened)
    folder = linkage.run_folder(opened, digest, {})
    ids = accounts["person_id"].unique().sort()
    place = ids.search_sorted(accounts["person_id"]).cast(pl.UInt32).alias("person")
    tables = {
        "people": pl.DataFrame({"person_id": ids, "affected": True}),
        "accounts": accounts.select("product", "account_id", place),
    }
    for name, table in tables.items():
        opened.vault.write_parquet(table.to_arrow(), folder / f"{name}.parquet")
    affected = ids.to_frame().with_columns(
        categories=pl.lit("NAME;PHONE"),
        products=pl.lit("im"),
        leaked_rows=pl.lit(1),
        method=pl.lit(Method.EXACT.value),
        probability=pl.lit(1.0),
        tranche=pl.lit(1),
    )
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO linkage.run (run_no, input_digest, settings, result_digest, counts, "
            "finished_at) VALUES (1, %(digest)s, '{}', %(digest)s, '{\"waiting\": 0}', now())",
            {"digest": digest},
        )
        linkage_store.insert_people(connection, 1, affected)


def made(people: int, seed: int = _SEED) -> tuple[pl.DataFrame, Circumstances]:
    """Accounts and files of so many made-up people."""
    random = np.random.default_rng(seed)
    numbers = np.arange(people)
    minor = numbers < round(people * _MINOR)
    dead = random.permutation(people)[: max(1, round(people * _DEAD))]
    year = np.where(minor, random.integers(2009, 2026, people), random.integers(1940, 2007, people))
    born = year * 10_000 + random.integers(1, 13, people) * 100 + random.integers(1, 29, people)
    idno = _citizen(numbers, born)
    second = np.flatnonzero(random.random(people) < 0.2)
    owner = np.concatenate([numbers, second])
    moved = (np.arange(len(owner)) >= people) & (random.random(len(owner)) < _MOVED)
    ids = pl.Series(random.choice(2**48, people, replace=False)).cast(pl.String).str.zfill(26)
    frame = pl.DataFrame(
        {
            "person_id": ids.gather(owner),
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


if __name__ == "__main__":
    main()
