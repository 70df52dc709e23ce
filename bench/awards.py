"""How fast people and a tariff become awards in the ledger, against raw COPY of the same rows.

    python bench/awards.py [PEOPLE ...]      (default: 300000 and 3000000)

Made-up people of a made-up determination, by a tariff with a factor for each scenario: grouped,
assessed, approved, numbered by lot, written with their reasons, funded, and booked by groups. The
limit is COPY of the rows of awards and of transfers into tables without any key. CPU is ours and
the server's together; the peak is that of our process.
"""

from amends.awards.service import award
from determined import (
    determined_case,
    measured,
    of_each_size,
    peak_gib,
    print_beside_raw_copy,
    raw_copy,
)


def one(people: int) -> dict[str, object]:
    """Everything about one size."""
    with determined_case(people) as opened:
        with (
            opened.database.session() as connection,
            measured(connection.info.backend_pid) as figures,
        ):
            counts = award(opened).counts
        peak = peak_gib()
        assert counts["awards_new"] == people  # noqa: S101 - a benchmark
        raw = [raw_copy(opened, table) for table in ("awards.award", "ledger.transfer")]
    limit = {key: sum(each[key] for each in raw) for key in ("wall_s", "cpu_s")}
    return {"figures": figures, "peak_gib": peak, "raw": limit}


def main() -> None:
    """Measure each size."""
    for people, done in of_each_size(__file__, one):
        print(f"{people:,} people")
        print_beside_raw_copy("awarded, funded and booked", done)


if __name__ == "__main__":
    main()
