"""Device numbers: letters and digits in lower case; what all devices may answer is none.

IMEI (3GPP TS 23.003: 15 digits, the last by Luhn; with a software version 16), MEID (14 hex),
MAC (12 hex), advertising ids (IDFA, OAID: UUIDs).
"""

from typing import Final

import numpy as np
import polars as pl

from amends.linkage.canonical.changes import Change
from amends.linkage.canonical.identity import signs
from amends.linkage.canonical.mending import INVISIBLE, Mended, mended, settled

_LEAST: Final = 8
_LOWER: Final = r"^[0-9a-z]{8,}$"
_ALIKE: Final = "|".join(f"{sign}+" for sign in "0123456789abcdefghijklmnopqrstuvwxyz")
NOBODYS: Final = (
    "undefined",
    "nullnull",
    "emulator",
    "defaultid",
    "9774d56d682e549c",  # of all devices with a faulty Android 2.2
    "020000000000",  # what Android answers who may not see the MAC address
    "004999010640000",  # the emulator's
    "12345678",
    "123456789",
    "1234567890",
    "0123456789",
    "123456789012345",
    "012345678912345",
    "0123456789abcdef",
    "1234567890abcdef",
    "deadbeefdeadbeef",
)
"""Canonical numbers that all devices may answer, beside those of one sign alone."""

_LABELS: Final = ("imei", "meid", "idfa", "oaid", "mac", "gaid")
BEGINS: Final = np.unique([int.from_bytes(text[:3].encode()) for text in (*NOBODYS, *_LABELS)])
"""The first three octets, as one number, of what the rules have to look at: see ``is_device``."""

_NOBODYS: Final = rf"^(?:{_ALIKE}|{'|'.join(NOBODYS)})$"
_NONE: Final = pl.lit(0, pl.UInt32)
_PLACEHOLDER: Final = pl.lit(Change.PLACEHOLDER.value, pl.UInt32)
_CASE_FOLDED: Final = pl.lit(Change.CASE_FOLDED.value, pl.UInt32)


def numbers(found: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Device numbers without case and separators (null where none), and what was changed."""
    low = found.str.to_lowercase()
    plain = low.str.contains(_LOWER).fill_null(value=False)
    cased = (low != found) & plain
    start = pl.select(pl.when(plain).then(low).otherwise(found)).to_series()
    result = mended(start, plain | found.is_null(), _mend)
    nobodys = pl.col("value").str.contains(_NOBODYS)
    done = result.select(
        pl.when(~nobodys).then("value").alias("value"),
        pl.col("changes")
        | pl.when(nobodys).then(_PLACEHOLDER).otherwise(_NONE)
        | pl.when(cased).then(_CASE_FOLDED).otherwise(_NONE),
    )
    return done["value"], done["changes"]


def _mend(found: pl.Series) -> pl.DataFrame:
    return settled(found, _LOWER, _steps)


def _steps(found: Mended) -> Mended:
    """From a number as found to its canonical form."""
    text = found.then(
        Change.FULL_WIDTH, lambda t: t.str.normalize("NFKC").str.replace_all(INVISIBLE, "")
    )
    text = text.then(Change.CASE_FOLDED, lambda t: t.str.to_lowercase().str.normalize("NFKC"))
    text = text.then(Change.SEPARATORS_REMOVED, lambda t: t.str.replace_all(r"[\s:\-_.{}()]", ""))
    text = text.then(
        Change.PREFIX_REMOVED, lambda t: t.str.replace(rf"^(?:{'|'.join(_LABELS)})", "")
    )
    return text.note(Change.MASKED, pl.col("value").str.contains(r"[*?]")).then(
        Change.PLACEHOLDER,
        lambda t: pl.when((t.str.len_chars() >= _LEAST) & ~t.str.contains(r"[*?]")).then(t),
    )


def kind(device: pl.Series) -> pl.Series:
    """What a canonical number looks like: ``imei`` ``meid`` ``mac`` ``uuid``; else null."""
    frame = device.alias("text").to_frame()
    text = pl.col("text")
    fifteen = device.str.contains("^[0-9]{15}$").fill_null(value=False)
    right = np.zeros(len(device), dtype=np.bool_)
    right[fifteen.arg_true().to_numpy()] = _luhn(device.filter(fifteen))
    return frame.select(
        pl.when(pl.Series(right))
        .then(pl.lit("imei"))
        .when(text.str.contains("^[a-f][0-9a-f]{13}$"))
        .then(pl.lit("meid"))
        .when(text.str.contains("^[0-9a-f]{12}$") & text.str.contains("[a-f]"))
        .then(pl.lit("mac"))
        .when(text.str.contains("^[0-9a-f]{32}$"))
        .then(pl.lit("uuid"))
        .alias("device_kind")
    ).to_series()


def _luhn(imei: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of the numbers of 15 digits end in their check digit (ISO/IEC 7812-1)."""
    digit = signs(imei, 15).astype(np.int64) - 48
    digit[:, 1::2] *= 2
    digit[digit > 9] -= 9  # noqa: PLR2004 -- the sum of the two digits of an even place
    return np.asarray(digit.sum(axis=1) % 10 == 0)
