"""Texts of millions of rows as numbers of common dictionaries, one for each canonical column.

A text that many rows have is kept once, and every row is four bytes instead of sixteen and more;
equal texts are equal numbers in all frames, so that joins and groups need no text. Only what looks
at the letters makes texts of them again, a part of the rows at a time.
"""

import polars as pl
import polars.selectors as cs

from amends.linkage.normalise import COLUMNS


def coded(frame: pl.DataFrame) -> pl.DataFrame:
    """*frame* with its canonical texts as numbers."""
    return frame.with_columns(
        pl.col(name).cast(pl.Categorical(pl.Categories(f"amends.{name}")))
        for name, kind in COLUMNS.items()
        if kind == pl.String and name in frame.columns
    )


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """*frame* with its texts as texts."""
    return frame.with_columns(cs.categorical().cast(pl.String))
