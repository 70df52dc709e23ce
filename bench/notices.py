"""How fast everybody's notice is written into the outbox, against raw COPY of the same rows.

    python bench/notices.py [PEOPLE ...]      (default: 30000 and 300000)

Made-up people of a made-up determination are awarded, and then told: their texts are made and
linted, each once, and a row is queued for each person. The limit is COPY of these rows into a table
without any key. CPU is ours and the server's together; the peak is that of our process.
"""

from amends.awards.service import award
from amends.notices.service import notify
from determined import (
    determined_case,
    measured,
    of_each_size,
    peak_gib,
    print_beside_raw_copy,
    raw_copy,
)

SIZES = (30_000, 300_000)


def one(people: int) -> dict[str, object]:
    """Everything about one size."""
    with determined_case(people, award) as opened:
        with (
            opened.database.session() as connection,
            measured(connection.info.backend_pid) as figures,
        ):
            counts = notify(opened).counts
        peak = peak_gib()
        assert counts["notices_new"] == people  # noqa: S101 - a benchmark
        raw = raw_copy(opened, "notices.notice")
    texts = counts["notice_texts"]
    return {"figures": figures, "texts": texts, "peak_gib": peak, "raw": raw}


def main() -> None:
    """Measure each size."""
    for people, done in of_each_size(__file__, one, SIZES):
        print(f"{people:,} people, {done['texts']:,} texts")
        print_beside_raw_copy("told: linted and queued", done)


if __name__ == "__main__":
    main()
