"""Rows of awards in the binary form of COPY, and the digest of them. Pure.

Every field of an award has one width, so that a column of millions is written at once, and the
server reads numbers and times as they are instead of parsing texts (PostgreSQL, COPY, "Binary
Format"). The digest of a round is over these very bytes, in the order of the indexes.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.ids import PERSON_ID_BYTES
from amends.store.binary import EPOCH

_CURRENCY_BYTES: Final = 3
_TYPES: Final = {
    "award_index": ">i4",
    "person_id": f"S{PERSON_ID_BYTES}",
    "class": ">i2",
    "amount_minor": ">i8",
    "currency": f"S{_CURRENCY_BYTES}",
    "tranche": ">i4",
    "awarded_at": ">i8",
    "group_no": ">i4",
}
COLUMNS: Final = tuple(_TYPES)
"""The columns of awards.award, in the order of the rows."""

_ROW: Final = np.dtype(
    [("fields", ">i2")]
    + [
        field
        for name, kind in _TYPES.items()
        for field in ((f"{name} length", ">i4"), (name, kind))
    ]
)


def binary_rows(awards: pl.DataFrame) -> bytes:
    """Awards (:data:`COLUMNS`, none empty) as rows of COPY's binary form, without head and tail.

    Raises:
        ValueError: the id of a person, or a currency, has another length.
    """
    rows: npt.NDArray[np.void] = np.zeros(awards.height, _ROW)
    rows["fields"] = len(_TYPES)
    for name, kind in _TYPES.items():
        rows[f"{name} length"] = np.dtype(kind).itemsize
        rows[name] = _values(awards[name], kind)
    return rows.tobytes()


def _values(column: pl.Series, kind: str) -> npt.NDArray[np.generic]:
    """A column as numpy holds it in a row."""
    if isinstance(column.dtype, pl.Datetime):
        epoch = np.datetime64(EPOCH.replace(tzinfo=None), "us")
        since = column.dt.replace_time_zone(None).dt.cast_time_unit("us").to_numpy() - epoch
        return since.astype(np.int64)
    if column.dtype != pl.String:
        return column.to_numpy()
    width = np.dtype(kind).itemsize
    if not (column.str.len_bytes() == width).all():
        raise ValueError(f"{column.name} is not {width} bytes long")
    text = column.str.join("").item() if column.len() else ""
    return np.frombuffer(text.encode(), f"S{width}")
