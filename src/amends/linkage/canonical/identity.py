"""National numbers: the 18 signs of GB 11643-1999 are a key when they are right; others as text.

The old 15 digits are the same number without century and check digit. Numbers of other countries,
passports and permits are keys of their own form. A number with a wrong check digit is never a key:
where only one slip explains it, what it was is a candidate for the probabilistic stage.
"""

from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.kernel import facts
from amends.linkage.canonical.changes import Change
from amends.linkage.canonical.mending import Mended, mended, or_null, settled

Bytes = npt.NDArray[np.uint8]

EIGHTEEN: Final = r"^[0-9]{17}[0-9X]$"
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""GB 11643-1999, 6.2; ISO 7064 MOD 11-2."""

_CHECKS: Final = np.frombuffer(b"10X98765432", dtype=np.uint8)
_MONTH_DAYS: Final = np.array((0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), dtype=np.int16)
_FEBRUARY: Final = 2
_FIRST_YEAR: Final = 1840
_LAST_YEAR: Final = 2099
_CENTENARIANS: Final = r"^[0-9]{12}99[6-9]$"
"""Sequence numbers that the 15 digits kept for people born before 1900."""

_FOREIGN: Final = r"^[0-9A-Z/]*[0-9][0-9A-Z/]*$"
_FOREIGN_LENGTH: Final = (6, 32)
_NOBODYS: Final = (
    rf"^(?:{'|'.join(f'{sign}+' for sign in '0123456789X')}|0?1234567890?|123456(?:78)?|N/?A0*)$"
)


def texts(found: pl.Series) -> tuple[pl.Series, pl.Series]:
    """National numbers in upper case without separators, and what was changed.

    15 digits become 18; signs like ``×`` at the end are the check digit X; what is masked keeps
    its ``*``.
    """
    result = mended(found, found.str.contains(EIGHTEEN), _mend)
    return result["value"], result["changes"]


def keys(text: pl.Series) -> pl.Series:
    """The exact keys (Int64) of :func:`texts`: the first 17 digits, of a right number; or null.

    Any other national number is hashed to a negative integer; shorter than six signs, masked, or
    one that stands for nobody (zeros), it is no key.
    """
    ours = text.str.contains(EIGHTEEN).fill_null(value=False)
    eighteen = text.filter(ours)
    matrix = signs(eighteen, 18)
    right = (check_signs(matrix) == matrix[:, 17]) & _dated(matrix)
    number = eighteen.str.head(17).cast(pl.Int64).to_numpy()
    values = np.zeros(len(text), dtype=np.int64)
    values[ours.arg_true().to_numpy()] = np.where(right, number, 0)
    key = pl.Series("idno", values)
    if text.null_count() + len(eighteen) == len(text):
        return key.replace(0, None)
    low, high = _FOREIGN_LENGTH
    column = pl.col("text")
    foreign = (
        column.str.contains(_FOREIGN)
        & ~column.str.contains(_NOBODYS)
        & column.str.len_chars().is_between(low, high)
        & ~pl.col("ours")
    )
    hashed = -(column.hash(seed=11) // 4).cast(pl.Int64) - 1
    frame = pl.DataFrame({"text": text, "ours": ours, "key": key})
    return frame.select(
        pl.when(pl.col("key") != 0).then("key").when(foreign).then(hashed).alias("idno")
    ).to_series()


def region(text: pl.Expr) -> pl.Expr:
    """The six digits of the county where a number of 18 signs was first given; else null."""
    return pl.when(text.str.contains(EIGHTEEN)).then(text.str.slice(0, 6))


def signs(text: pl.Series, width: int) -> Bytes:
    """ASCII texts of one *width* as a matrix of bytes, one row each."""
    if not len(text):
        return np.zeros((0, width), dtype=np.uint8)
    array = text.to_arrow().cast(pa.large_string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    start = np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset]
    data = np.frombuffer(array.buffers()[2], dtype=np.uint8)[start : start + len(text) * width]
    return data.reshape(-1, width)


def check_signs(matrix: Bytes) -> Bytes:
    """The 18th sign that each row's first 17 digits ask for, as a byte."""
    total = np.full(len(matrix), -sum(_WEIGHTS) * 48, dtype=np.int32)
    for place, weight in enumerate(_WEIGHTS):
        total += matrix[:, place] * np.int32(weight)
    return _CHECKS[total % 11]


def _dated(matrix: Bytes) -> npt.NDArray[np.bool_]:
    """Which rows have a day that there was in digits 7 to 14."""
    digit = matrix[:, 6:14].T.astype(np.int16) - 48
    year = ((digit[0] * 10 + digit[1]) * 10 + digit[2]) * 10 + digit[3]
    month, day = digit[4] * 10 + digit[5], digit[6] * 10 + digit[7]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    known = np.where(month < len(_MONTH_DAYS), month, 0)
    longest = _MONTH_DAYS[known] - ((month == _FEBRUARY) & ~leap)
    born = (year >= _FIRST_YEAR) & (year <= _LAST_YEAR)
    return np.asarray(born & (day >= 1) & (day <= longest))


def _mend(found: pl.Series) -> pl.DataFrame:
    return settled(found, EIGHTEEN, _steps)


def _steps(found: Mended) -> Mended:
    """From a number as found to its canonical form."""
    text = found.then(
        Change.FULL_WIDTH,
        lambda t: t.str.normalize("NFKC").str.replace_all(r"[\p{Cf}\p{Cc}--[\t\n\r]]", ""),
    )
    text = text.then(Change.CASE_FOLDED, lambda t: t.str.to_uppercase().str.normalize("NFKC"))
    text = text.then(
        Change.SEPARATORS_REMOVED,
        lambda t: (
            t.str.replace_all(r"[\s\-‐‑‒–—―−.'’‘`_:]", "")
            .str.replace_all("[＊✱∗●•]", "*")
            .str.replace(r"^([0-9]{17})[×✕✖╳Х]$", "${1}X")
        ),
    )
    text = text.then(
        Change.PREFIX_REMOVED,
        lambda t: t.str.replace(r"^(?:身份证号码?|身份证|ID(?:NO)?)([0-9]{15})", "$1"),
    )
    return (
        text.then(Change.ID_15_TO_18, _eighteen)
        .then(Change.PLACEHOLDER, or_null)
        .note(Change.MASKED, pl.col("value").str.contains("*", literal=True))
    )


def _eighteen(text: pl.Expr) -> pl.Expr:
    """15 digits as 18: 19 before the year, or 18 where the sequence number says so."""
    century = pl.when(text.str.contains(_CENTENARIANS)).then(pl.lit("18")).otherwise(pl.lit("19"))
    body = text.str.slice(0, 6) + century + text.str.slice(6, 9)
    checked = body.map_batches(_with_check, return_dtype=pl.String)
    return pl.when(text.str.contains(r"^[0-9]{15}$")).then(checked).otherwise(text)


def _with_check(body: pl.Series) -> pl.Series:
    """17 digits with the 18th sign; what is not 17 digits is null."""
    fine = body.str.contains(r"^[0-9]{17}$").fill_null(value=False)
    checks = check_signs(signs(body.filter(fine), 17))
    index = np.full(len(body), len(checks), dtype=np.int64)
    index[fine.arg_true().to_numpy()] = np.arange(len(checks))
    signs_ = pl.Series([chr(c) for c in checks.tolist()] + [None], dtype=pl.String)
    return body + signs_.gather(index)


def candidates(text: pl.Series) -> pl.Series:
    """The right number (18 signs) that a wrong one was, where exactly one slip explains it.

    A slip is one wrong digit, or two neighbours exchanged. It must lead to a day that there was;
    one within the first six digits must lead to a county that there is (the region of a number is
    that of its first registration, so one that was not touched is not judged). Most wrong numbers
    have several explanations, and then there is no candidate.
    """
    wrong = text.str.contains(EIGHTEEN) & keys(text).is_null()
    distinct = text.filter(wrong.fill_null(value=False)).unique()
    repaired = {found: repair for found in distinct.to_list() if (repair := _repair(found))}
    if not repaired:
        return pl.Series("idno_candidate", [None] * len(text), dtype=pl.String)
    return text.replace_strict(repaired, default=None, return_dtype=pl.String).alias(
        "idno_candidate"
    )


def _repair(text: str) -> str | None:
    found = {other for other in _slips(text) if _plausible(other, text)}
    return found.pop() if len(found) == 1 else None


def _slips(text: str) -> set[str]:
    """Every text that one slip makes of *text*, the check digit being right."""
    result = set()
    for at in range(18):
        for sign in "0123456789X" if at == 17 else "0123456789":  # noqa: PLR2004 -- the last sign
            result.add(text[:at] + sign + text[at + 1 :])
    for at in range(17):
        result.add(text[:at] + text[at + 1] + text[at] + text[at + 2 :])
    result.discard(text)
    return {other for other in result if other[:17].isdigit() and other[17] == _check(other)}


def _check(text: str) -> str:
    weighed = zip(text[:17], _WEIGHTS, strict=True)
    return chr(_CHECKS[sum(int(digit) * weight for digit, weight in weighed) % 11])


def _plausible(text: str, found: str) -> bool:
    try:
        born = date.fromisoformat(f"{text[6:10]}-{text[10:12]}-{text[12:14]}")
    except ValueError:
        return False
    known = text[:6] == found[:6] or text[:6] in facts.divisions()
    return _FIRST_YEAR <= born.year <= _LAST_YEAR and known and text[14:17] != "000"
