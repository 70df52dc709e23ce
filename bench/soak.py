"""Long runs that look for what short ones miss: ``make soak``.

Part one kills whole journeys with SIGKILL at random events, seed after seed, in harsh worlds, and
holds the outcome against the provider's own books. Part two changes a random byte in each file of
a published log, and adds and removes files; the stand-alone verifier has to find every change.
"""

import argparse
import os
import random
import shutil
import sqlite3
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import polars as pl

from amends_verify.verify import main as verify
from demo import MONEY_OUT

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from e2e_commands import APPROVALS, Commands, commands_in

EVENTS = ("before-commit", "after-commit", "before-rename", "after-rename")
STAGES = ("intake", "determine", "award", "publish", "notify", "pay", "reconcile")


def main() -> None:
    """Run both parts; exit with 1 and the seed at the first thing that is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--log", type=Path, help="part two takes this case's log")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="amends-soak-") as name,
        commands_in(os.environ) as amends,
    ):
        last = Path()
        for seed in range(1, arguments.seeds + 1):
            last = Path(name) / f"seed-{seed}"
            kills = _killed_journey(amends, last, seed, arguments.people)
            print(f"seed {seed}: {kills} kills, nobody paid twice, nobody forgotten", flush=True)
            if seed < arguments.seeds:
                amends("remove", last, "--yes")
        found = _changed_bytes(amends, arguments.log or last)
        print(f"{found} changes of the published log, all found")
        if arguments.seeds:
            amends("remove", last, "--yes")


def _killed_journey(amends: Commands, case: Path, seed: int, people: int) -> int:
    """Run a journey that is killed at random; how often it was."""
    chance = random.Random(seed)  # noqa: S311  # reproducible by seed, no secret
    size = ("--people", str(people), "--seed", str(seed), "--world", "harsh")
    amends("synth", case, *size)
    kills = 0
    for stage in STAGES:
        for _ in range(chance.randrange(4)):
            event, nth = chance.choice(EVENTS), chance.randrange(1, 12)
            kills += amends.killed_at(event, nth, stage, case, *APPROVALS).returncode < 0
        amends(stage, case, *APPROVALS)
    amends("export", "all", case, "--to", case / "all")
    awards, payments, affected = (
        pl.read_parquet(case / "all" / f"{what}.parquet")
        for what in ("awards", "payments", "affected")
    )
    paid = payments.filter(pl.col("state").is_in(["settled", "returned"]))
    books = next((case / "amends" / "simulators" / "alipay").glob("*.sqlite"))
    with sqlite3.connect(f"file:{books}?mode=ro", uri=True) as connection:
        theirs = connection.execute(MONEY_OUT).fetchall()
    wrong = [
        name
        for name, holds in {
            "everybody affected has an award": set(affected["person_id"])
            == set(awards["person_id"]),
            "nobody has two": awards["person_id"].is_unique().all(),
            "nobody is paid twice": paid["award_index"].is_unique().all(),
            "the provider paid the same numbers": sorted(number for number, _ in theirs)
            == sorted(paid["instruction_id"]),
            "and the same sum": sum(amount for _, amount in theirs) == paid["amount_minor"].sum(),
        }.items()
        if not holds
    ]
    if wrong:
        sys.exit(f"seed {seed}: does not hold: {'; '.join(wrong)}")
    return kills


def _changed_bytes(amends: Commands, case: Path) -> int:
    """Change, add, remove one thing at a time in a copy of the log; how many changes were found."""
    policy = case / "soak-policy.txt"
    amends("policy", case, "--to", policy)
    chance = random.Random(1)  # noqa: S311  # reproducible, no secret
    changes = 1
    with tempfile.TemporaryDirectory(prefix="amends-soak-log-") as name:
        log = Path(name) / "log"
        shutil.copytree(case / "amends" / "site" / "log", log)
        _verify(log, policy, accepted=True, what="the log as published")
        files = sorted(path for path in log.rglob("*") if path.is_file())
        for path in files:
            content = path.read_bytes()
            at = chance.randrange(len(content))
            changed = bytearray(content)
            changed[at] ^= 1 << chance.randrange(8)
            path.write_bytes(bytes(changed))
            changes += 1
            _verify(log, policy, accepted=False, what=f"{path.relative_to(log)} byte {at}")
            if not path.parent.name.endswith(".p"):  # partial tiles of earlier sizes may go
                path.unlink()
                changes += 1
                _verify(log, policy, accepted=False, what=f"{path.relative_to(log)} removed")
            path.write_bytes(content)
        (log / "one-more.txt").write_text("not of the log")
        _verify(log, policy, accepted=False, what="a file added")
    return changes


def _verify(log: Path, policy: Path, *, accepted: bool, what: str) -> None:
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        code = verify(["all", str(log), "--policy", str(policy)])
    if (code == 0) != accepted:
        sys.exit(f"the verifier {'refuses' if accepted else 'accepts'}: {what}")


if __name__ == "__main__":
    main()
