"""How fast everybody's notice is written into the outbox, against raw COPY of the same rows.

    python bench/notices.py [PEOPLE ...]      (default: 30000 and 300000)

Made-up people of a made-up determination are awarded, and then told: their texts are made and
linted, each once, and a row is queued for each person. The limit is COPY of these rows into a table
without any key. CPU is ours and the server's together; the peak is that of our process.
"""

import json
import os
import resource
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from amends.awards.service import award
from amends.kernel.casefile import read_case
from amends.notices.service import notify
from amends.store.service import remove_database
from amends.vault.opened import open_case
from apart import alone
from awards import CASE, determine, measured, raw_copy

SIZES = (30_000, 300_000)


def one(people: int) -> dict[str, object]:
    """Everything about one size, on a database of its own."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amends-bench-")))
        (root / "case.toml").write_text(CASE, encoding="utf-8")
        (root / "im.csv").write_text("account_id,name,phone\n", encoding="utf-8")
        (root / "dump.csv").write_text("name,phone\n", encoding="utf-8")
        stack.callback(remove_database, read_case(root))
        opened = stack.enter_context(open_case(root, approve_as=("anna", "bert")))
        if os.fork() == 0:
            determine(opened, people)
            award(opened)
            os._exit(0)
        os.wait()
        with opened.database.session() as connection:
            with measured(connection.info.backend_pid) as figures:
                counts = notify(opened).counts
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        assert counts["notices_new"] == people  # noqa: S101 - a benchmark
        return {
            "notify": figures,
            "texts": counts["notice_texts"],
            "peak_gib": peak,
            "raw": raw_copy(opened, "notices.notice"),
        }


def main() -> None:
    """Measure each size in a process of its own."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(one(int(sys.argv[2]))))
        return
    for people in [int(size) for size in sys.argv[1:]] or SIZES:
        done = alone(__file__, str(people))
        queued, raw = done["notify"], done["raw"]
        print(f"{people:,} people, {done['texts']:,} texts")
        print(
            f"  raw COPY of the rows        {raw['wall_s']:7.2f} s  {raw['cpu_s']:7.2f} CPU s"
            "  (the limit)"
        )
        print(
            f"  told: linted and queued     {queued['wall_s']:7.2f} s  {queued['cpu_s']:7.2f} CPU s"
            f"  {queued['cpu_s'] / raw['cpu_s']:.1f} x the limit; peak {done['peak_gib']:.2f} GiB"
        )


if __name__ == "__main__":
    main()
