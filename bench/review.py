"""What it costs to make the readers' queue, and to look for the rows of somebody who was missed.

``python bench/review.py --questions 30000 300000``. The rows are made up; each is one question, and
each is a row that is nobody's. The queue stands beside a plain sort of the same rows, the look
beside normalising them, which it cannot do without.
"""

import argparse
import time

import numpy as np
import polars as pl

from amends.kernel.case import LinkageSettings
from amends.linkage.canonical.normalise import normalise
from amends.linkage.review.fitting import fitting
from amends.linkage.review.questions import open_rows, queue
from amends.linkage.strata import UNITS


def _matches(count: int) -> pl.DataFrame:
    """Rows under review, two of a person on average."""
    dice = np.random.default_rng(1)
    people = dice.integers(0, max(count // 2, 1), count)
    return pl.DataFrame(
        {
            "evidence": ["dump"] * count,
            "row": np.arange(1, count + 1),
            "outcome": ["review"] * count,
            "person": people.astype(np.uint32),
            "person_id": [f"{person:026d}" for person in people],
            "product": ["im"] * count,
            "account_id": [str(person) for person in people],
            "method": ["probabilistic"] * count,
            "probability": dice.uniform(0.6, 0.95, count).round(6),
        }
    )


def _look(count: int) -> None:
    """Look for rows that fit what one person shows among *count* rows that are nobody's."""
    dice = np.random.default_rng(2)
    rows = pl.DataFrame(
        {
            "name": [
                chr(0x4E00 + a) + chr(0x5000 + b) for a, b in dice.integers(0, 99, (count, 2))
            ],
            "phone": [str(13_000_000_000 + number) for number in dice.integers(0, 10**9, count)],
            "birth": [f"19{50 + at % 50}0{1 + at % 9}1{at % 9}" for at in range(count)],
            "address": [f"北京市朝阳区建国路{number % 999}号" for number in range(count)],
        }
    )
    told = normalise(rows.head(1))
    fitting(told, told)  # reads dictionaries, once
    began = time.process_time()
    normal = normalise(rows)
    limit, began = time.process_time() - began, time.process_time()
    found = fitting(normal, told)
    cost = time.process_time() - began
    print(
        f"look for one person among {count:,} rows: {cost:.2f} CPU s, {found.height:,} fit "
        f"(normalising them: {limit:.2f} CPU s)"
    )


def main() -> None:
    """Measure both sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, nargs=2, default=[30_000, 300_000])
    for count in parser.parse_args().questions:
        matches = _matches(count)
        began, wall = time.process_time(), time.perf_counter()
        matches.sort("probability", "person_id", "row")
        limit, began = time.process_time() - began, time.process_time()
        rows = open_rows(matches, LinkageSettings())
        made = queue(rows, pl.DataFrame(schema=UNITS), {"dump": "0" * 64}, b"k" * 32)
        cost, wall = time.process_time() - began, time.perf_counter() - wall
        print(
            f"queue of {made.height:,} questions: {cost:.2f} CPU s, {wall:.2f} wall s "
            f"(sorting the same rows: {limit:.2f} CPU s)"
        )
        _look(count)


if __name__ == "__main__":
    main()
