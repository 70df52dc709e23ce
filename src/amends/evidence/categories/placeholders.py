r"""What stands where nothing is known: ``null`` ``N/A`` ``无`` ``-`` ``\N`` ``00000000``. Pure.

A cell with such a value leaked nothing. The value itself stays as it was found; it only counts for
no category and tells nothing about its column.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import polars as pl

from amends.evidence.compiled.values import ENDS, Words

_WORDS = r"""
    null nil none nan n/a na #n/a n.a. undefined unknown unspecified missing blank empty void
    (null) <null> \n [] {} "" '' - -- --- — —— _ . .. ... * ** *** **** ? ?? / // \ xx xxx #null!
    #ref! #value! not_available 0000-00-00 00:00:00 0001-01-01 0000/00/00 00/00/0000
    0000-00-00t00:00:00 无 暂无 没有 未知 不详 不明 未填 未填写 未提供 未登记 未设置 空 空白 保密
    匿名 待补 待补充 待完善 缺失 不适用 略 なし 없음
"""
_PHRASES = ("not available", "not provided", "no data", "0000-00-00 00:00:00", "not applicable")
NOTHING: Final = tuple(
    sorted(
        {
            spelled
            for word in (*_WORDS.split(), *_PHRASES)
            for spelled in (word, word.upper(), word.capitalize(), word.title())
        }
        | {"NaN", "NaT", "None"}
    )
)
"""Texts that say that there is nothing, in the spellings that programs and people use."""

ZERO_IS_NOTHING: Final = frozenset(
    {
        *("name", "surname", "given_name", "phone", "idno", "email", "passport", "permit", "birth"),
        *("bankcard", "address", "postcode", "device", "username", "plate", "ip", "birth_place"),
        *("occupation", "pwdhash", "employer", "age"),
    }
)
"""Fields in which zeros are no value: there is no mobile number 0, but there is a balance of 0."""


_ZEROS: Final = (
    *("0" * size for size in range(1, 21)),
    *(digit * size for digit in "123456789" for size in range(11, 20)),
)
"""Zeros, and one digit again and again where at least a mobile number should be."""


def says_something(column: pl.Expr, field: str) -> pl.Expr:
    """Whether cells of a column (String, null where empty) hold a value of *field* (Boolean)."""
    return (~column.is_in(_nothing(field))).fill_null(value=False)


def words_of_nothing(field: str) -> Words:
    """What stands for no value of *field*, for the kernel that looks at whole columns."""
    return _words(_nothing(field))


def _nothing(field: str) -> tuple[str, ...]:
    return NOTHING + _ZEROS if field in ZERO_IS_NOTHING else NOTHING


@cache
def _words(texts: Sequence[str]) -> Words:
    words = sorted({text.encode() for text in texts}, key=len)
    lengths = np.array([len(word) for word in words])
    ends = np.zeros((ENDS, ENDS), np.bool_)
    for word in words:
        ends[word[0], word[-1]] = True
    return Words(
        octets=np.frombuffer(b"".join(words), dtype=np.uint8),
        bounds=np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths))),
        first=np.searchsorted(lengths, np.arange(lengths[-1] + 2)),
        ends=ends.ravel(),
    )


def without_placeholders(values: pl.Series) -> pl.Series:
    """The values that say something, whatever the field is."""
    return values.filter(values.is_not_null() & ~values.is_in(list(NOTHING)))
