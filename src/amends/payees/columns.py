"""Columns of registries made comparable, many rows at a time. Pure.

Nearly all values of a registry stand as they should: a column is looked through once, and the rules
of :mod:`amends.payees.reading` work on the rest alone.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.kernel.accounts import AccountKind
from amends.payees.compiled import plain
from amends.payees.reading import FOREIGN, by_rule, identity_key, mobile, person_name, wallet

Flags = npt.NDArray[np.bool_]


def mobiles(values: pa.Array, *, mainland: bool) -> pa.Array:
    """:func:`mobile` of a column."""
    numbers = _mainland(values, mainland=mainland)
    written = numbers > 0
    values = _put(values, written, pa.array(numbers[written]).cast(values.type))
    return _mended(values, numbers != plain.ODD, lambda column: mobile(column, mainland=mainland))


def names(values: pa.Array) -> pa.Array:
    """:func:`person_name` of a column."""
    return _mended(values, plain.names(*flat(values)), person_name)


def identities(values: pa.Array) -> pl.Series:
    """:func:`identity_key` of a column as numbers (UInt64), equal where the keys are.

    Those of citizens are their 17 digits; any other key is a digest of 63 bits, above ``FOREIGN``.
    """
    numbers = plain.citizens(*flat(values))
    found = pl.Series(numbers).cast(pl.UInt64, strict=False)
    odd = (numbers == plain.ODD) & _there(values)
    if not odd.any():
        return found
    key = pl.col("x")
    citizen = pl.when(key.str.contains(r"^[0-9]{17}$")).then(key).cast(pl.UInt64)
    number = pl.coalesce(citizen, pl.when(key.is_not_null()).then(key.hash() | FOREIGN))
    mended = by_rule(by_rule(pl.Series(values.filter(pa.array(odd))), identity_key), number)
    return found.scatter(np.flatnonzero(odd), mended)


def wallets(values: pa.Array, *, mainland: bool) -> tuple[pl.Series, pl.Series]:
    """:func:`wallet` of a column: what names it, and which kind of name that is."""
    usual = _mainland(values, mainland=mainland) == 0
    rules = zip(("account", "kind"), wallet(pl.col("x"), mainland=mainland), strict=True)
    odd = pl.DataFrame({"x": values.filter(pa.array(~usual))})
    read = odd.select(rule.alias(name) for name, rule in rules)
    plainly = pl.DataFrame({"account": values.filter(pa.array(usual))})
    phone = pl.lit(AccountKind.PHONE.value).alias("kind")
    order = np.argsort(np.concatenate([np.flatnonzero(usual), np.flatnonzero(~usual)]))
    told = pl.concat([plainly.with_columns(phone), read])[order]
    return told["account"], told["kind"]


def flat(texts: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Where each of *texts* (large_string) ends, from the first on, and their octets."""
    _, ends, octets = texts.buffers()
    at = np.frombuffer(ends, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return at, np.frombuffer(octets or b"", np.uint8)


def _mainland(values: pa.Array, *, mainland: bool) -> npt.NDArray[np.int64]:
    """What :func:`plain.mobiles` says of *values*, if they can be read as such."""
    return plain.mobiles(*flat(values)) if mainland else np.full(len(values), plain.ODD)


def _there(values: pa.Array) -> Flags:
    """Which of *values* are not null."""
    there: Flags = values.is_valid().to_numpy(zero_copy_only=False)
    return there


def _mended(values: pa.Array, usual: Flags, rule: Callable[[pl.Expr], pl.Expr]) -> Any:  # noqa: ANN401 - Arrow has no types
    """*values* where they are *usual*, what the *rule* makes of them elsewhere."""
    odd = ~usual & _there(values)
    if not odd.any():
        return values
    mended = by_rule(pl.Series(values.filter(pa.array(odd))), rule)
    return _put(values, odd, mended.to_arrow())


def _put(values: pa.Array, where: Flags, others: pa.Array) -> Any:  # noqa: ANN401 - likewise
    """*values* with *others* in these places."""
    if not len(others):
        return values
    instead = np.full(len(values), plain.ODD)
    instead[where] = np.arange(len(others))
    there = _there(values).copy()
    there[where] = _there(others)
    _, bits = pa.array(there).buffers()
    ends, signs = map(pa.py_buffer, plain.spliced(*flat(values), instead, *flat(others)))
    return pa.LargeStringArray.from_buffers(len(values), ends, signs, bits)
