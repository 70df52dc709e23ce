"""Values as an operator may see them: their form and their first character. Pure.

``张伟`` becomes ``张*``, ``13800009999`` becomes ``1##########``, ``a@b.cn`` becomes ``a@*.**``.
What is one character long shows its class alone. A digit is ``#``, any other letter ``*``, and of
marks only those that tell a format stay.
"""

import re
from typing import Final

import polars as pl

LONGEST: Final = 24
"""Characters after which a masked value ends with ``…``: the length of a text tells, too."""
_KEPT = "@.-_/:·+ "
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_MARK = re.compile(rf"[^#*{re.escape(_KEPT)}]")


def masked(value: str) -> str:
    """One value, masked."""
    shape = _MARK.sub("?", _LETTER.sub("*", _DIGIT.sub("#", value.replace("#", "?"))))
    shown = shape if len(value) <= 1 else value[0] + shape[1:]
    return shown if len(shown) <= LONGEST else shown[:LONGEST] + "…"


def masked_samples(values: pl.Series, count: int = 3) -> tuple[str, ...]:
    """Up to *count* masked values, the most frequent first, whatever the order of the rows."""
    shapes = values.drop_nulls().unique().map_elements(masked, return_dtype=pl.String)
    counted = shapes.value_counts().sort(["count", values.name], descending=[True, False])
    return tuple(counted[values.name].head(count).to_list())
