"""How fast five tariffs are simulated, against a plain count of the same columns in the same run.

    python bench/simulation.py [PEOPLE ...]      (default: 300000 and 3000000)

Made-up people of a made-up determination (that of ``bench/awards.py``). The limit is one ``GROUP
BY`` of what leaked, products and find over the table of people. The second line has a tariff that
looks at ages among the five, and so reads people and dates of birth one by one; the accounts are
made up in memory, so that reading registries is not in it. CPU is ours and the server's together.
"""

import json
import os
import resource
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import polars as pl

from amends.awards import simulating
from amends.kernel.casefile import read_case
from amends.linkage.service import export_affected
from amends.store.service import remove_database
from amends.vault.opened import OpenCase, open_case
from apart import alone
from awards import CASE, SIZES, determine, measured

FIVE = ("case", "flat:3000", "court", "mediation", "flat:5000")
WITH_AGES = (*FIVE[:4], "tiers")
LIMIT = "SELECT categories, products, tranche, count(*) FROM linkage.person GROUP BY 1, 2, 3"


def accounts(opened: OpenCase) -> pl.DataFrame:
    """An account for everybody, with a date of birth."""
    people = pl.DataFrame(export_affected(opened))["person_id"]
    number = pl.int_range(0, people.len(), dtype=pl.Int64)
    return pl.DataFrame({"person_id": people}).select(
        "person_id",
        pl.lit(None, pl.String).alias("idno"),
        pl.format("{}-{}-{}", 1950 + number % 70, number % 12 + 1, number % 28 + 1).alias("birth"),
    )


def one(people: int) -> dict[str, object]:
    """Everything about one size, on a database of its own."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amends-bench-")))
        (root / "case.toml").write_text(CASE, encoding="utf-8")
        (root / "im.csv").write_text("account_id,name,phone\n", encoding="utf-8")
        (root / "dump.csv").write_text("name,phone\n", encoding="utf-8")
        stack.callback(remove_database, read_case(root))
        opened = stack.enter_context(open_case(root))
        if os.fork() == 0:
            determine(opened, people)
            os._exit(0)
        os.wait()
        with opened.database.session() as connection:
            backend = connection.info.backend_pid
            connection.execute(LIMIT).fetchall()  # the table is in memory for both
            with measured(backend) as limit:
                connection.execute(LIMIT).fetchall()
        with opened.database.session() as connection:
            backend = connection.info.backend_pid
            with measured(backend) as five:
                found = simulating.simulate_tariffs(opened, FIVE)
            made = accounts(opened)
            with (
                patch.object(simulating, "affected_accounts", lambda *_: made),
                measured(backend) as ages,
            ):
                simulating.simulate_tariffs(opened, WITH_AGES)
        assert found.people == people  # noqa: S101 - a benchmark
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        return {"limit": limit, "five": five, "ages": ages, "peak_gib": peak}


def main() -> None:
    """Measure each size in a process of its own."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(one(int(sys.argv[2]))))
        return
    for people in [int(size) for size in sys.argv[1:]] or SIZES:
        done = alone(__file__, str(people))
        print(f"{people:,} people")
        for name, words in (
            ("limit", "a plain count by group (the limit)"),
            ("five", "five tariffs"),
            ("ages", "five tariffs, one by age"),
        ):
            times = done[name]
            print(f"  {words:<36}{times['wall_s']:7.2f} s  {times['cpu_s']:7.2f} CPU s")
        print(f"  peak {done['peak_gib']:.2f} GiB, the made-up accounts among it")


if __name__ == "__main__":
    main()
