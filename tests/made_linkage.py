"""Records for tests of linkage: dictionaries in, what the stages read or decide out."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from amends.linkage.canonical.normalise import FIELDS
from amends.linkage.compiled.entries import Hashes
from amends.linkage.exact import Exact, decide
from amends.linkage.keys import Names, Side, read
from amends.linkage.linking import Linked, link

SEEDS = np.array([3, 5], dtype=np.uint64)


def found(rows: Sequence[Mapping[str, str]], number: str) -> pl.DataFrame:
    """Records as found, numbered from 0."""
    table = pl.DataFrame(rows, schema=dict.fromkeys(FIELDS, pl.String)).with_row_index(number)
    return table.with_columns(pl.col(number).cast(pl.Int64))


def accounts(rows: Sequence[Mapping[str, str]], names: Sequence[int]) -> pl.DataFrame:
    """Accounts with ids that do not depend on where they stand."""
    ids = pl.Series("account_id", [f"A{name:05d}" for name in names], dtype=pl.String)
    return found(rows, "account").with_columns(ids, pl.lit("im").alias("product"))


def parts(
    table: pl.DataFrame, *always: str, rows: int = 7
) -> Callable[[Sequence[str]], Iterator[pa.RecordBatch]]:
    """What reads a table some rows at a time."""

    def read_parts(fields: Sequence[str]) -> Iterator[pa.RecordBatch]:
        some = table.select(*always, *(field for field in fields if field in table.columns))
        return (batch(some.slice(at, rows)) for at in range(0, max(some.height, 1), rows))

    return read_parts


def batch(table: pl.DataFrame) -> pa.RecordBatch:
    """A table as the evidence room gives it."""
    return pa.RecordBatch.from_pydict(
        {column.name: column.to_arrow() for column in table}, table.to_arrow().schema
    )


def keys_of(side: Side, kind: str) -> dict[int, tuple[int, int]]:
    """Row → both hashes of the key that was read."""
    found: dict[int, tuple[int, int]] = {}
    for some in side.columns[kind]:
        checks = some.checks if len(some.checks) else np.zeros(len(some.nodes), np.uint32)
        both = zip(some.keys.tolist(), checks.tolist(), strict=True)
        found.update(zip(some.nodes.tolist(), both, strict=True))
    return found


def decided(
    registry: Sequence[Mapping[str, str]],
    rows: Sequence[Mapping[str, str]] = (),
    seeds: Hashes = SEEDS,
) -> Exact:
    """What exact keys say of accounts and leaked rows."""
    names = Names(seeds)
    known = read([batch(found(registry, "account"))], names, seeds)
    leaked = read([batch(found(rows, "record"))], names, seeds)
    return decide(known, leaked, names.texts())


def linked(
    registry: Sequence[Mapping[str, str]],
    names: Sequence[int],
    rows: Sequence[Mapping[str, str]],
    at_once: int = 7,
) -> Linked:
    """The whole determination of accounts (with ids made of *names*) and leaked rows."""
    known = accounts(registry, names)
    return link(
        parts(known, "account", "product", rows=at_once),
        parts(found(rows, "record"), "record", rows=at_once),
        lambda _: None,
    )
