"""Compile all kernels of linkage once, so that nobody waits for it at some later moment."""

from collections.abc import Iterator, Sequence

import polars as pl

from amends.linkage.linking import Parts, link
from amends.linkage.normalise import FIELDS


def make_ready() -> None:
    """Link a few people who do not exist; what is compiled for it is kept."""
    people = [
        {
            "name": f"person{number % 5} family{number % 3}",
            "phone": f"1380000{number % 12:04d}",
            "email": f"p{number % 9}@example.invalid",
            "birth": f"19{50 + number % 40}-0{1 + number % 9}-1{number % 9}",
            "address": f"road {number % 7}",
            "device": f"device-{number:04d}",
        }
        for number in range(60)
    ]
    link(_parts(people, "account"), _parts(people[::2], "record"), lambda _: None)


def _parts(rows: Sequence[dict[str, str]], number: str) -> Parts:
    """What reads *rows*, numbered from 0."""
    table = pl.DataFrame(rows, schema=dict.fromkeys(FIELDS, pl.String)).with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias(number),
        pl.lit("im").alias("product"),
        pl.int_range(pl.len()).cast(pl.String).alias("account_id"),
    )

    def read(fields: Sequence[str]) -> Iterator[pl.DataFrame]:
        yield table.select(number, "product", *fields)

    return read
