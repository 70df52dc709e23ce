"""What it costs to make the readers' queue, at two sizes, beside a plain sort of the same rows.

``python bench/review.py --questions 30000 300000``. The rows are made up; each is one question.
"""

import argparse
import time

import numpy as np
import polars as pl

from amends.kernel.case import LinkageSettings
from amends.linkage.questions import queue

_DOUBTS = {
    name: pl.String
    for side in ("", "other_")
    for name in (f"{side}product", f"{side}account_id", f"{side}person_id")
} | {"probability": pl.Float64, "joined": pl.Boolean, "reason": pl.String}


def _matches(count: int) -> pl.DataFrame:
    """Rows under review, two of a person on average."""
    dice = np.random.default_rng(1)
    people = dice.integers(0, max(count // 2, 1), count)
    return pl.DataFrame(
        {
            "evidence": ["dump"] * count,
            "row": np.arange(1, count + 1),
            "outcome": ["review"] * count,
            "person_id": [f"{person:026d}" for person in people],
            "product": ["im"] * count,
            "account_id": [str(person) for person in people],
            "method": ["probabilistic"] * count,
            "probability": dice.uniform(0.6, 0.95, count).round(6),
        }
    )


def main() -> None:
    """Measure both sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, nargs=2, default=[30_000, 300_000])
    nobody = pl.DataFrame(schema={"person_id": pl.String})
    for count in parser.parse_args().questions:
        matches = _matches(count)
        began, wall = time.process_time(), time.perf_counter()
        matches.sort("probability", "person_id", "row")
        limit, began = time.process_time() - began, time.process_time()
        made = queue(
            matches,
            pl.DataFrame(schema=_DOUBTS),
            nobody,
            LinkageSettings(),
            {"dump": "0" * 64},
            b"k" * 32,
        )
        cost, wall = time.process_time() - began, time.perf_counter() - wall
        print(
            f"queue of {made.height:,} questions: {cost:.2f} CPU s, {wall:.2f} wall s "
            f"(sorting the same rows: {limit:.2f} CPU s)"
        )


if __name__ == "__main__":
    main()
