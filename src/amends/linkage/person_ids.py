"""The ids of people: keyed functions of their first accounts, and their order. Pure.

An id says nothing of anybody outside the case: without the case's key it cannot be made again.
"""

from typing import Final

import numpy as np
import polars as pl

from amends.kernel.ahead import worked_ahead
from amends.kernel.idcolumn import cut
from amends.kernel.ids import PERSON_ID_BYTES
from amends.linkage.assign import Ints
from amends.linkage.compiled.keyed import keyed_signs
from amends.linkage.compiled.lookups import Places, note_firsts
from amends.linkage.compiled.octets import octets_of
from amends.linkage.registered import Registered

_SLICE: Final = 200_000
_NOBODY: Final = pl.Series([], dtype=pl.String)


def canonical_accounts(person: Places, order: Places) -> pl.DataFrame:
    """Of every ``person`` the first ``account``, and its ``place`` in *order*.

    *order*: the accounts by product and account_id.
    """
    first = np.full(len(person), -1, dtype=np.int32)
    note_firsts(person, order, first)
    people = np.flatnonzero(first >= 0)
    place = first[people]
    return pl.DataFrame({"person": people, "account": order[place], "place": place}).cast(pl.UInt32)


def person_ids(first: pl.DataFrame, accounts: Registered, key: bytes) -> pl.DataFrame:
    """``person`` and ``person_id``: the same first account has the same id, for this case only.

    HMAC-SHA-256 of product, zero byte, account_id; its first 128 bits in Crockford's base32, lower
    case, 26 signs.
    """
    text = pl.concat_str(pl.col("product").cast(pl.String), "account_id", separator="\0")

    def named(part: pl.DataFrame) -> pl.Series:
        return keyed(accounts.named(part["account"]).select(text).to_series(), key)

    ids = [some for _, some in worked_ahead(first.iter_slices(_SLICE), named)]
    return first.select("person").with_columns(pl.concat([_NOBODY, *ids]).alias("person_id"))


def keyed(texts: pl.Series, key: bytes) -> pl.Series:
    """A name of 26 signs for each text: HMAC-SHA-256, 128 bits, Crockford's base32."""
    return cut(keyed_signs(octets_of(texts), key))


def alphabetical(person_ids: pl.Series) -> Ints:
    """The order of person ids by the alphabet; all have 26 signs.

    By their first eight signs as one number; who is alike in these, as few are, by all signs.
    """
    texts = np.frombuffer(
        person_ids.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()[2],
        dtype=f"S{PERSON_ID_BYTES}",
        count=len(person_ids),
    )
    begin = np.ascontiguousarray(texts.view(np.uint8).reshape(-1, PERSON_ID_BYTES)[:, :8])
    begin = begin.view(">u8").ravel().astype(np.uint64)
    order = np.argsort(begin)
    starts = np.flatnonzero(np.diff(begin[order], prepend=~begin[order[:1]]))
    bounds = np.append(starts, len(order))
    for run in np.flatnonzero(np.diff(bounds) > 1):
        alike = order[bounds[run] : bounds[run + 1]]
        alike[:] = alike[np.argsort(texts[alike], kind="stable")]
    return order
