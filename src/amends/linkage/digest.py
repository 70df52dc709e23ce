"""The digest of a result: the same people found of the same rows, the same digest. Pure.

It is over everything that a determination says of accounts, rows and people, column by column, in
an order that the result itself has. So neither the order of the input nor threads leave a trace.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import polars as pl

from amends.kernel.ahead import worked_ahead
from amends.linkage.compiled.lookups import Places, put_at
from amends.linkage.compiled.strings import octets_of_all
from amends.linkage.model import AFFECTED, MATCHES, Determination
from amends.linkage.registered import Registered
from amends.linkage.shelf import Values

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

_SLICE: Final = 200_000
_MILLION: Final = 1_000_000


class Column(NamedTuple):
    """A column: its name, the values that it is made of, and which of them its rows have.

    *rows*: places among the values, missing where the row has none; None: all, in their order.
    *spelled*: words are told as the texts that they are.
    """

    name: str
    values: pl.Series | Values
    rows: pl.Series | None = None
    spelled: bool = False


def result_digest(found: Determination, order: Places, begun: "Hash | None" = None) -> str:
    """SHA-256 (hex) over everybody, accounts by *order*, rows by file and row, and the affected.

    A person is the place of the person's id in alphabetical order, an account its place by *order*.
    Of each column: its name, its length and the words that it is made of, in alphabetical order,
    as JSON; then, for 200,000 rows after the other, what :func:`_octets` says of the numbers of
    these words, or of the values.

    Args:
        found: the result; matches and affected people are in order.
        order: the accounts by product and account_id.
        begun: what :func:`begin` gave of the same people and accounts; it is used up.
    """
    digest = begun or begin(found.people, found.accounts, order)
    owner = iter([Column("person", found.owner, pl.Series(order))])
    _tell(digest, chain(owner, _matches(found, order), _affected(found)))
    return digest.hexdigest()


def begin(people: pl.Series, accounts: Registered, order: Places) -> "Hash":
    """The digest as far as it is of person ids and accounts, before anything is decided."""
    digest, rows = hashlib.sha256(), pl.Series(order)
    columns = (
        Column("people", people),
        Column("product", accounts.product, rows),
        Column("account_id", accounts.account_id, rows),
    )
    _tell(digest, columns)
    return digest


def _tell(digest: "Hash", columns: Iterable[Column]) -> None:
    """Take *columns* into the *digest*."""
    for name, column, rows, spelled in columns:
        values, words = (column, []) if spelled else _numbered(column)
        length = len(values if rows is None else rows)
        digest.update(json.dumps([name, length, words]).encode())
        told = partial(_octets, values, rows)
        for _, parts in worked_ahead(range(0, length, _SLICE), told):
            for octets in parts:
                digest.update(octets)


def _matches(found: Determination, order: Places) -> Iterator[Column]:
    place = np.empty(len(order), dtype=np.int32)
    put_at(place, order, np.arange(len(order), dtype=np.int32))
    yield Column("best", pl.Series(place), found.matches["best"])
    own = (name for name in (*MATCHES, "person") if name in found.matches.columns)
    yield from (Column(name, found.matches[name]) for name in own)


def _affected(found: Determination) -> Iterator[Column]:
    own = ("person", *(name for name in AFFECTED if name != "person_id"))
    return (Column(name, found.affected[name], spelled=True) for name in own)


def _numbered(column: pl.Series | Values) -> tuple[pl.Series | Values, list[str]]:
    """A column of words as numbers of these words; any other as it is, and no words."""
    if isinstance(column, Values) or not isinstance(column.dtype, pl.Enum | pl.Categorical):
        return column, []
    used = column.unique().drop_nulls()
    words = sorted(used.cast(pl.String))
    return column.cast(pl.Enum(words)).to_physical(), words


def _octets(every: pl.Series | Values, rows: pl.Series | None, first: int) -> list[memoryview]:
    """Which values are missing (a bit each), and the values, all little-endian.

    Of a slice of the *rows* from the place *first* on. Texts: where each ends (64 bits), and all of
    them as UTF-8. Probabilities in millionths, and numbers: 64 bits each.
    """
    some = slice(first, first + _SLICE)
    if isinstance(every, Values):
        values = every.whole()[some] if rows is None else every.gather(rows[some].to_numpy())
    else:
        values = every[some] if rows is None else _at(every, rows[some])
    missing = np.packbits(values.is_null().to_numpy())
    if isinstance(values.dtype, pl.Enum):
        values = values.cast(pl.String)
    if values.dtype == pl.String:
        octets, bounds = octets_of_all(values)
        return [missing.data, bounds.astype("<i8", copy=False).data, octets.data]
    whole = (values * _MILLION).round() if values.dtype.is_float() else values
    numbers = whole.cast(pl.Int64).fill_null(0).to_numpy()
    return [missing.data, numbers.astype("<i8", copy=False).data]


def _at(values: pl.Series, rows: pl.Series) -> pl.Series:
    """The *values* at *rows*; accounts mostly stand in their order, one after the other."""
    if rows.null_count() == 0:
        places = rows.to_numpy()
        first, last = int(places[0]), int(places[-1])
        if last - first == len(places) - 1 and (np.diff(places) == 1).all():
            return values.slice(first, len(places))
    return values.gather(rows)
