"""The digest of a result: the same people found of the same rows, the same digest. Pure.

It is over everything that a determination says of accounts, rows and people, column by column, in
an order that the result itself has. So neither the order of the input nor threads leave a trace.
"""

import hashlib
import json
from collections.abc import Iterator
from itertools import chain
from typing import Final

import numpy as np
import polars as pl

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
    accounts = (found.accounts[name].gather(order) for name in _ACCOUNTS)
    matches = (found.matches[name] for name in MATCHES)
    affected = (found.affected[name] for name in AFFECTED)
    for column in chain(accounts, matches, affected):
        values, words = _numbered(column)
        digest.update(json.dumps([column.name, column.len(), words]).encode())
        for first in range(0, values.len(), _SLICE):
            for octets in _octets(values.slice(first, _SLICE)):
                digest.update(octets)
    return digest.hexdigest()


def _numbered(column: pl.Series) -> tuple[pl.Series, list[str]]:
    """A column of words as numbers of these words; any other as it is, and no words."""
    if not isinstance(column.dtype, pl.Enum | pl.Categorical):
        return column, []
    words = sorted(column.unique().drop_nulls().cast(pl.String))
    return column.cast(pl.Enum(words)).to_physical(), words


def _octets(values: pl.Series) -> Iterator[bytes]:
    """Which values are missing (a bit each), and the values, all little-endian.

    Texts: where each ends (64 bits), and all of them as UTF-8. Probabilities in millionths, and
    numbers: 64 bits each.
    """
    yield np.packbits(values.is_null().to_numpy()).tobytes()
    if values.dtype == pl.String:
        octets, bounds = octets_of_all(values)
        yield bounds.astype("<i8").tobytes()
        yield octets.tobytes()
        return
    whole = (values * _MILLION).round() if values.dtype.is_float() else values
    yield whole.cast(pl.Int64).fill_null(0).to_numpy().astype("<i8").tobytes()
