"""Lines of a bill as rows of ``payouts.line_pack``: thousands together, a column each an array.

The columns go into the database as they are; no line becomes an object, and none has a row.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Final

import polars as pl

from amends.payouts.rails.columns import LINES
from amends.payouts.rails.model import Direction, LineKind
from amends.store import binary
from amends.store.binary_arrays import array_of, row, text_array, whole
from amends.store.connection import Connection

LINES_IN_PACK: Final = 1 << 13
"""Lines of every pack but the last; the database knows it, too."""

KINDS: Final = {
    LineKind.TRANSFER: "t",
    LineKind.RETURN: "r",
    LineKind.TOP_UP: "u",
    LineKind.FEE: "f",
    LineKind.OTHER: "o",
}
"""Kinds as packs have them."""

_COLUMNS: Final = (
    *("rail", "day", "first_place", "lowest_line", "highest_line", "lowest_number"),
    *("highest_number", "line_ids", "numbers", "provider_references", "kinds", "moved_minor"),
    *("balances_minor", "occurred_at"),
)
_EPOCH_US: Final = int((binary.EPOCH - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 10**6
_LETTERS: Final = {str(kind): ord(letter) for kind, letter in KINDS.items()}


def insert_packs(
    connection: Connection, rail: str, day: date, batches: Iterable[pl.DataFrame]
) -> None:
    """Keep a bill's lines (``columns.LINES``), in its order.

    They come all at once, or not at all: the database counts them.
    """
    binary.copy_in(connection, "payouts.line_pack", _COLUMNS, _packs(rail, day, batches))


def _packs(rail: str, day: date, batches: Iterable[pl.DataFrame]) -> Iterator[bytes]:
    place, rest = 1, pl.DataFrame(schema=LINES)
    for batch in batches:
        lines = pl.concat((rest, batch.select(*LINES).cast(LINES)))
        while lines.height >= LINES_IN_PACK:
            yield _pack(rail, day, place, lines[:LINES_IN_PACK])
            place, lines = place + LINES_IN_PACK, lines[LINES_IN_PACK:]
        rest = lines
    if rest.height:
        yield _pack(rail, day, place, rest)


def _pack(rail: str, day: date, first_place: int, lines: pl.DataFrame) -> bytes:
    came = pl.col("direction") == str(Direction.IN)
    plain = lines.select(
        "line_id",
        number=pl.col("number").fill_null(""),
        kind=pl.col("kind").replace_strict(_LETTERS, return_dtype=pl.UInt8),
        moved=pl.when(came).then("amount_minor").otherwise(-pl.col("amount_minor")),
        balance="balance_after_minor",
        at=pl.col("at").dt.timestamp("us") - _EPOCH_US,
    )
    return row(
        rail.encode(),
        whole((day - binary.EPOCH.date()).days),
        whole(first_place),
        *_edges(lines["line_id"]),
        *_edges(lines["number"]),
        text_array(plain["line_id"]),
        text_array(plain["number"]),
        text_array(lines["reference"]),
        array_of('"char"', plain["kind"].to_numpy()),
        array_of("int8", plain["moved"].to_numpy()),
        array_of("int8", plain["balance"].to_numpy()),
        array_of("timestamptz", plain["at"].to_numpy()),
    )


def _edges(texts: pl.Series) -> tuple[bytes | None, bytes | None]:
    """The first and the last of texts by their bytes, as the database orders them."""
    lowest, highest = texts.min(), texts.max()
    return (
        None if lowest is None else str(lowest).encode(),
        None if highest is None else str(highest).encode(),
    )
