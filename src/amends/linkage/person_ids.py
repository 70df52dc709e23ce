"""The ids of people: keyed functions of their first accounts, and their order. Pure.

An id says nothing of anybody outside the case: without the case's key it cannot be made again.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from amends.kernel.keyed import hmac_sha256
from amends.linkage.assign import Ints

_ALPHABET: Final = np.frombuffer(b"0123456789abcdefghjkmnpqrstvwxyz", dtype=np.uint8)
_DIGEST_BYTES: Final = 16
_SIGNS: Final = 26
_SLICE: Final = 200_000
_NOBODY: Final = pl.Series([], dtype=pl.String)


def canonical_accounts(accounts: pl.DataFrame, person: Ints, order: Ints) -> pl.DataFrame:
    """``person`` and the product and account_id of its first account, by product and account_id.

    *order*: the accounts by product and account_id.
    """
    first = np.full(len(person), -1, dtype=np.int64)
    backwards = order[::-1]
    first[person[backwards]] = backwards
    people = np.flatnonzero(first >= 0)
    return accounts.select("product", "account_id")[first[people]].insert_column(
        0, pl.Series("person", people)
    )


def person_ids(first: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """``person`` and ``person_id``: the same first account has the same id, for this case only.

    HMAC-SHA-256 of product, zero byte, account_id; its first 128 bits in Crockford's base32, lower
    case, 26 signs.
    """
    texts = [
        keyed(
            (
                f"{product}\0{account}"
                for product, account in part.select("product", "account_id").iter_rows()
            ),
            key,
        )
        for part in first.iter_slices(_SLICE)
    ]
    return first.select("person").with_columns(pl.concat([_NOBODY, *texts]).alias("person_id"))


def keyed(texts: Iterable[str], key: bytes) -> pl.Series:
    """A name of 26 signs for each text: HMAC-SHA-256, 128 bits, Crockford's base32."""
    keyed_digest = hmac_sha256(key)
    digests = b"".join(keyed_digest(text.encode())[:_DIGEST_BYTES] for text in texts)
    if not digests:
        return _NOBODY
    octets = np.frombuffer(digests, dtype=np.uint8).reshape(-1, _DIGEST_BYTES)
    bits = np.unpackbits(octets, axis=1)
    padded = np.concatenate([np.zeros((len(bits), 2), dtype=np.uint8), bits], axis=1)
    values = padded.reshape(-1, _SIGNS, 5) @ np.array([16, 8, 4, 2, 1], dtype=np.uint8)
    ends = np.arange(0, values.size + 1, _SIGNS)
    text = pa.LargeStringArray.from_buffers(
        len(values), pa.py_buffer(ends), pa.py_buffer(_ALPHABET[values])
    )
    return pl.Series(text)


def alphabetical(person_ids: pl.Series) -> Ints:
    """The order of person ids by the alphabet; all have 26 signs.

    By their first eight signs as one number; few are alike in these, so what is left is short.
    """
    texts = np.frombuffer(
        person_ids.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()[2],
        dtype=f"S{_SIGNS}",
        count=len(person_ids),
    )
    begin = np.ascontiguousarray(texts.view(np.uint8).reshape(-1, _SIGNS)[:, :8])
    nearly = np.argsort(begin.view(">u8").ravel().astype(np.uint64))
    return nearly[np.argsort(texts[nearly], kind="stable")]
