"""How fast five tariffs are simulated, against a plain count of the same columns in the same run.

    python bench/simulation.py [PEOPLE ...]      (default: 300000 and 3000000)

Made-up people of a made-up determination. The limit is one ``GROUP BY`` of what leaked, products
and find over the table of people. The second line has a tariff that looks at ages among the five,
and so reads people and dates of birth; the accounts are made up in memory, so that reading
registries is not in it. CPU is ours and the server's together.
"""

from unittest.mock import patch

import polars as pl

from amends.awards import simulating
from amends.linkage.service import export_affected
from amends.vault.opened import OpenCase
from determined import determined_case, measured, of_each_size, peak_gib

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
    """Everything about one size."""
    with determined_case(people) as opened:
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
        return {"limit": limit, "five": five, "ages": ages, "peak_gib": peak_gib()}


def main() -> None:
    """Measure each size."""
    for people, done in of_each_size(__file__, one):
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
