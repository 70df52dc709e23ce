"""Arrays in the binary form of COPY, made of whole columns: no value becomes an object.

Source: PostgreSQL, ``array_recv`` and ``textrecv``: dimensions, whether there are NULLs, the type;
length and lower bound of the one dimension; and each value after its length in bytes.
"""

import struct
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

_NULL: Final = -1
_FORMS: Final = {
    "int2": (21, ">i2"),
    "int4": (23, ">i4"),
    "int8": (20, ">i8"),
    "timestamptz": (1184, ">i8"),
    '"char"': (18, "u1"),
}
_TEXT: Final = 25
_LENGTH_BYTES: Final = 4
_SHORT: Final = pl.Series([f"\0\0\0{chr(size)}" for size in range(128)])
"""Lengths that are text themselves, so that they can be put before texts as a column."""


def row(*fields: bytes | None) -> bytes:
    """A row of fields, as ``binary.copy_in`` takes it. None: NULL."""
    parts = [struct.pack(">h", len(fields))]
    for one in fields:
        if one is None:
            parts.append(struct.pack(">i", _NULL))
        else:
            parts += (struct.pack(">i", len(one)), one)
    return b"".join(parts)


def whole(value: int) -> bytes:
    """An integer, or a date (in days since 2000-01-01)."""
    return struct.pack(">i", value)


def array_of(kind: str, values: npt.ArrayLike) -> bytes:
    """An array of values that all have one length, by the name of their type."""
    oid, form = _FORMS[kind]
    given = np.asarray(values)
    block: npt.NDArray[np.void] = np.empty(len(given), np.dtype([("length", ">i4"), ("it", form)]))
    block["length"] = np.dtype(form).itemsize
    block["it"] = given
    return _head(oid, len(given)) + block.tobytes()


def text_array(values: pl.Series) -> bytes:
    """An array of texts, NULL where there is none."""
    sizes = values.str.len_bytes()
    if sizes.null_count() or int(str(sizes.max())) >= len(_SHORT):
        parts: list[bytes] = []
        for text in values:
            octets = b"" if text is None else text.encode()
            parts += (struct.pack(">i", _NULL if text is None else len(octets)), octets)
        return _head(_TEXT, len(values), nulls=bool(sizes.null_count())) + b"".join(parts)
    if sizes.min() == sizes.max():
        return _head(_TEXT, len(values)) + _even(values, int(str(sizes.max())))
    told = str((_SHORT.gather(sizes) + values).str.join().item())
    return _head(_TEXT, len(values)) + told.encode()


def _even(values: pl.Series, size: int) -> bytes:
    """Texts of one length, each after it."""
    block: npt.NDArray[np.uint8] = np.empty((len(values), _LENGTH_BYTES + size), np.uint8)
    block[:, :_LENGTH_BYTES] = np.frombuffer(struct.pack(">i", size), np.uint8)
    text = np.frombuffer(values.str.join().item().encode(), np.uint8)
    block[:, _LENGTH_BYTES:] = text.reshape(len(values), size)
    return block.tobytes()


def _head(oid: int, length: int, *, nulls: bool = False) -> bytes:
    return struct.pack(">iiIii", 1, int(nulls), oid, length, 1)
