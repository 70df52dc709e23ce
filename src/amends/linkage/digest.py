"""The digest of a result: the same people found of the same rows, the same digest. Pure.

It is over everything that a determination says of accounts, rows and people, column by column, in
an order that the result itself has. So neither the order of the input nor threads leave a trace.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from amends.linkage.assign import Ints
from amends.linkage.model import Determination

AFFECTED: Final = (
    "person_id",
    "categories",
    "products",
    "leaked_rows",
    "method",
    "probability",
    "tranche",
)
"""The columns of affected people, in their order."""
MATCHES: Final = (
    "evidence",
    "row",
    "outcome",
    "person_id",
    "product",
    "account_id",
    "method",
    "probability",
    "reason",
)
"""The columns of what became of each leaked row, in their order."""
_ACCOUNTS: Final = ("product", "account_id", "person_id")
_SLICE: Final = 200_000
_MILLION: Final = 1_000_000


def result_digest(found: Determination, order: Ints) -> str:
    """SHA-256 (hex) over accounts by *order*, rows by file and row, and people by person id.

    Of each table its length, and of each column its name, then of 200,000 values after the other:
    which are missing (a bit each), and the values as :func:`_octets` says; words that many rows
    have are told once, in alphabetical order, and then by their numbers.

    Args:
        found: the result; matches and affected people are in order.
        order: the accounts by product and account_id.
    """
    digest = hashlib.sha256()
    accounts = (found.accounts[name].gather(order) for name in _ACCOUNTS)
    matches = (found.matches[name] for name in MATCHES)
    affected = (found.affected[name] for name in AFFECTED)
    for table in (accounts, matches, affected):
        for column in table:
            digest.update(f"{column.name} {column.len()}\n".encode())
            if isinstance(column.dtype, pl.Enum | pl.Categorical):
                words = sorted(column.unique().drop_nulls().cast(pl.String))
                digest.update("".join(f"{word}\n" for word in words).encode())
                column = column.cast(pl.Enum(words)).to_physical()
            for first in range(0, column.len(), _SLICE):
                for octets in _octets(column.slice(first, _SLICE)):
                    digest.update(octets)
    return digest.hexdigest()


def _octets(values: pl.Series) -> Iterator[memoryview | bytes]:
    """Which values are missing, and the values.

    Texts: where each ends (64 bits), and all of them as UTF-8; probabilities in millionths, and
    numbers: 64 bits each. All little-endian.
    """
    yield np.packbits(values.is_null().to_numpy()).tobytes()
    if values.dtype == pl.String:
        texts = values.fill_null("").to_arrow(compat_level=pl.CompatLevel.oldest())
        _, ends, octets = texts.buffers()
        bounds = np.frombuffer(ends, dtype="<i8", count=len(texts) + 1)
        yield (bounds - bounds[0]).tobytes()
        yield memoryview(octets)[bounds[0] : bounds[-1]] if octets else b""
    elif values.dtype.is_float():
        yield (values.fill_null(0.0) * _MILLION).round().cast(pl.Int64).to_numpy().astype("<i8").tobytes()
    else:
        yield values.fill_null(0).cast(pl.Int64).to_numpy().astype("<i8").tobytes()
