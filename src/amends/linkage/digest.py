"""The digest of a result: the same people found of the same rows, the same digest. Pure.

It is over everything that a determination says of accounts, rows and people, column by column, in
an order that the result itself has. So neither the order of the input nor threads leave a trace.
"""

import hashlib
import json
from functools import partial
from itertools import chain
from typing import Final

import numpy as np
import polars as pl

from amends.kernel.ahead import worked_ahead
from amends.linkage.assign import Ints
from amends.linkage.compiled.strings import octets_of_all
from amends.linkage.model import AFFECTED, MATCHES, Determination

_ACCOUNTS: Final = ("product", "account_id", "person_id")
_SLICE: Final = 200_000
_MILLION: Final = 1_000_000


def result_digest(found: Determination, order: Ints) -> str:
    """SHA-256 (hex) over accounts by *order*, rows by file and row, and people by person id.

    Of each column: its name, its length and the words that it is made of, in alphabetical order,
    as JSON; then, for 200,000 rows after the other, what :func:`_octets` says of the numbers of
    these words, or of the values.

    Args:
        found: the result; matches and affected people are in order.
        order: the accounts by product and account_id.
    """
    digest = hashlib.sha256()
    accounts = ((found.accounts[name], order) for name in _ACCOUNTS)
    matches = ((found.matches[name], None) for name in MATCHES)
    affected = ((found.affected[name], None) for name in AFFECTED)
    for column, rows in chain(accounts, matches, affected):
        values, words = _numbered(column)
        digest.update(json.dumps([column.name, column.len(), words]).encode())
        told = partial(_octets, values, rows)
        for _, parts in worked_ahead(range(0, values.len(), _SLICE), told):
            for octets in parts:
                digest.update(octets)
    return digest.hexdigest()


def _numbered(column: pl.Series) -> tuple[pl.Series, list[str]]:
    """A column of words as numbers of these words; any other as it is, and no words."""
    if not isinstance(column.dtype, pl.Enum | pl.Categorical):
        return column, []
    used = column.unique().drop_nulls()
    words = sorted(used.cast(pl.String))
    return column.cast(pl.Enum(words)).to_physical(), words


def _octets(values: pl.Series, rows: Ints | None, first: int) -> list[memoryview]:
    """Which values are missing (a bit each), and the values, all little-endian.

    Of a slice from the place *first* on, in the order of *rows*. Texts: where each ends (64 bits),
    and all of them as UTF-8. Probabilities in millionths, and numbers: 64 bits each.
    """
    if rows is None:
        values = values.slice(first, _SLICE)
    else:
        values = values.gather(pl.Series(rows[first : first + _SLICE]))
    missing = np.packbits(values.is_null().to_numpy())
    if values.dtype == pl.String:
        octets, bounds = octets_of_all(values)
        return [missing.data, bounds.astype("<i8", copy=False).data, octets.data]
    whole = (values * _MILLION).round() if values.dtype.is_float() else values
    numbers = whole.cast(pl.Int64).fill_null(0).to_numpy()
    return [missing.data, numbers.astype("<i8", copy=False).data]
