"""Compile all kernels of linkage once, so that nobody waits for it at some later moment."""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from amends.kernel.case import LinkageSettings
from amends.linkage.canonical.normalise import FIELDS
from amends.linkage.linking import Parts, link
from amends.linkage.links import Links
from amends.linkage.person_ids import canonical_accounts, person_ids
from amends.linkage.registered import Registered
from amends.linkage.rules import Terms, determination, in_order
from amends.linkage.shelf import Shelf


def make_ready() -> None:
    """Link and decide a few people who do not exist; what is compiled for it is kept."""
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
    accounts, rows = _parts(people, "account"), _parts(people[::2], "record")
    linked = link(accounts, rows, lambda _: None)
    known = Registered.of(pl.concat(map(pl.DataFrame, accounts(("account_id",)))))
    ids = person_ids(canonical_accounts(linked.person, linked.order), known, bytes(32))
    place = (pl.lit("file").alias("evidence"), (pl.col("record") + 1).alias("row"))
    tranche = pl.lit(1).alias("tranche")
    taken = pl.concat(map(pl.DataFrame, rows(()))).select("record", *place, tranche)
    lost = pl.DataFrame(schema={"evidence": pl.String, "row": pl.Int64, "reason": pl.String})
    leaked = in_order([taken], lost, ["NAME"], np.ones(taken.height, dtype=np.int32))
    links = Links(linked.rows, Shelf())
    terms = Terms(settings=LinkageSettings())
    determination(known, leaked, linked, links, terms, ids.sort("person_id"))


def _parts(rows: Sequence[dict[str, str]], number: str) -> Parts:
    """What reads *rows*, numbered from 0."""
    table = pl.DataFrame(rows, schema=dict.fromkeys(FIELDS, pl.String)).with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias(number),
        pl.lit("im").alias("product"),
        pl.int_range(pl.len()).cast(pl.String).alias("account_id"),
    )

    def read(fields: Sequence[str]) -> Iterator[pa.RecordBatch]:
        yield from table.select(number, "product", *fields).to_arrow().to_batches()

    return read
