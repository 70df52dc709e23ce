"""Texts that are canonical as they stand, told from their octets, and what they tell beside.

Most texts are. The rules of :mod:`~amends.linkage.canonical.normalise` say the same of them, and
change nothing, only slower.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.linkage.canonical import names
from amends.linkage.canonical.devices import BEGINS
from amends.linkage.canonical.normalise import USERNAME_SIGNS, from_identity
from amends.linkage.compiled import columns, hashing
from amends.linkage.compiled.entries import Bytes, Integers
from amends.linkage.compiled.octets import Octets


def _only(signs: bytes) -> Bytes:
    """Per octet itself where it is one of *signs*, else odd."""
    table = np.full(256, hashing.ODD, dtype=np.uint8)
    table[list(signs)] = list(signs)
    return table


_SMALL: Final = b"abcdefghijklmnopqrstuvwxyz0123456789"
_KINDS: Final[Mapping[str, tuple[int, Bytes]]] = {
    "name": (columns.NAME, _only(b"")),
    "phone": (columns.PHONE, _only(b"")),
    "idno": (columns.IDNO, _only(b"")),
    "email": (columns.EMAIL, _only(_SMALL + b"@._%+-")),
    "device": (columns.DEVICE, _only(_SMALL)),
    "username": (columns.USERNAME, _only(_SMALL + b"._-")),
}

_FOLDED: Final = _KINDS["device"][1].copy()
_FOLDED[ord("A") : ord("Z") + 1] = _FOLDED[ord("a") : ord("z") + 1]

TOLD: Final = ("name", "idno_text")
"""Canonical columns whose plain values tell something of others."""


def plain(field: str, texts: Octets, rows: Integers) -> npt.NDArray[np.bool_]:
    """Which *texts* of a field at *rows* are plain: canonical as they stand.

    Of fields that nobody tells so, none.
    """
    if field not in _KINDS:
        return np.zeros(len(rows), dtype=np.bool_)
    kind, signs = _KINDS[field]
    return columns.plain(texts, rows, kind, signs, BEGINS, USERNAME_SIGNS)


def in_small_letters(field: str, texts: Octets) -> tuple[pa.Array, npt.NDArray[np.bool_]] | None:
    """*texts* of devices in small letters where only that is missing to plain ones, and which.

    Null is empty. Of other fields, and where there are none, nothing.
    """
    if field != "device":
        return None
    size = len(texts.bounds) - 1
    made = np.empty(texts.bounds[-1] - texts.bounds[0], dtype=np.uint8)
    bounds, which = np.zeros(size + 1, dtype=np.int64), np.zeros(size, dtype=np.bool_)
    columns.fold_devices(texts, _FOLDED, BEGINS, made, bounds, which)
    if not which.any():
        return None
    parts = [None, pa.py_buffer(bounds), pa.py_buffer(made[: bounds[-1]])]
    return pa.Array.from_buffers(pa.large_string(), size, parts), which


def told(column: str, values: pl.Series) -> pl.DataFrame:
    """What plain *values* of a column say of others (of :data:`TOLD`, else nothing)."""
    frame = values.alias(column).to_frame()
    if column == "name":
        return frame.select(names.plain_parts(pl.col("name")))
    nothing = (pl.lit(None, pl.String).alias(other) for other in ("birth", "gender"))
    idno = pl.col("idno_text").str.head(17).cast(pl.Int64).alias("idno")
    return frame.with_columns(idno, *nothing).select("idno", *from_identity())
