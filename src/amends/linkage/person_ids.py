"""The ids of people: keyed functions of their first accounts, and their order. Pure.

An id says nothing of anybody outside the case: without the case's key it cannot be made again.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.idcolumn import cut
from amends.kernel.ids import PERSON_ID_BYTES
from amends.kernel.keyed import hmac_sha256
from amends.linkage.assign import Ints

_ALPHABET: Final = np.frombuffer(b"0123456789abcdefghjkmnpqrstvwxyz", dtype=np.uint8)
_DIGEST_WORDS: Final = 4
_WORD_BITS: Final = 64
_SLICE: Final = 200_000
_NOBODY: Final = pl.Series([], dtype=pl.String)
Words = npt.NDArray[np.uint64]


def canonical_accounts(accounts: pl.DataFrame, person: Ints, order: Ints) -> pl.DataFrame:
    """Of every ``person`` the first account: product, account_id, and its ``place`` in *order*.

    *order*: the accounts by product and account_id.
    """
    first = np.full(len(person), -1, dtype=np.int64)
    first[person[order[::-1]]] = np.arange(len(order))[::-1]
    people = np.flatnonzero(first >= 0)
    place = first[people]
    return accounts.select("product", "account_id")[order[place]].with_columns(
        pl.Series("person", people), pl.Series("place", place)
    )


def person_ids(first: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """``person`` and ``person_id``: the same first account has the same id, for this case only.

    HMAC-SHA-256 of product, zero byte, account_id; its first 128 bits in Crockford's base32, lower
    case, 26 signs.
    """
    text = pl.concat_str(pl.col("product").cast(pl.String), "account_id", separator="\0")
    ids = [keyed(part.select(text).to_series(), key) for part in first.iter_slices(_SLICE)]
    return first.select("person").with_columns(pl.concat([_NOBODY, *ids]).alias("person_id"))


def keyed(texts: pl.Series, key: bytes) -> pl.Series:
    """A name of 26 signs for each text: HMAC-SHA-256, 128 bits, Crockford's base32."""
    digests = b"".join(map(hmac_sha256(key), texts.cast(pl.Binary).to_list()))
    if not digests:
        return _NOBODY
    halves = np.frombuffer(digests, dtype=">u8").reshape(-1, _DIGEST_WORDS).astype(np.uint64)
    signs = _ALPHABET[_fives(halves[:, 0], halves[:, 1])]
    return cut(signs)


def _fives(high: Words, low: Words) -> npt.NDArray[np.uint8]:
    """Numbers of 128 bits in digits of five bits, the highest first (its upper two bits are 0)."""
    digits = np.empty((len(high), PERSON_ID_BYTES), dtype=np.uint8)
    for place in range(PERSON_ID_BYTES):
        shift = 5 * (PERSON_ID_BYTES - 1 - place)
        if shift >= _WORD_BITS:
            bits = high >> np.uint64(shift - _WORD_BITS)
        else:
            bits = low >> np.uint64(shift) | high << np.uint64(_WORD_BITS - shift)
        digits[:, place] = bits & np.uint64(31)
    return digits


def alphabetical(person_ids: pl.Series) -> Ints:
    """The order of person ids by the alphabet; all have 26 signs.

    By their first eight signs as one number; few are alike in these, so what is left is short.
    """
    texts = np.frombuffer(
        person_ids.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()[2],
        dtype=f"S{PERSON_ID_BYTES}",
        count=len(person_ids),
    )
    begin = np.ascontiguousarray(texts.view(np.uint8).reshape(-1, PERSON_ID_BYTES)[:, :8])
    nearly = np.argsort(begin.view(">u8").ravel().astype(np.uint64))
    return nearly[np.argsort(texts[nearly], kind="stable")]
