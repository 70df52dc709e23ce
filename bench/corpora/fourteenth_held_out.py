"""The fourteenth set of layouts: published tables as they are, doubtful columns among them.

Gathered from public repositories, other ones than those of earlier sets where that could be seen,
by the names and comments of rare columns, and labelled by the settled rules alone from the tables,
their comments and their neighbours, by somebody who had seen neither the detector nor an answer of
it; then read a second time. Names of layouts are those of tables, sheets, classes or files in
reality (``zh-2 student`` is a second ``student``). Headers are real, in their order, and all of a
table's, technical ones too; a table that could not be seen whole was taken as far as it was seen.

Unlike in the thirteenth, a column for which two codes could be defended was kept, with all of them:
``name=NAME/USERNAME.name``, the likelier one first. An answer that is any of them is right. The
bench gives both figures, without these columns and with them.
"""

from collections.abc import Sequence

from corpora import fourteenth_values as made
from corpora.columns import Column
from corpora.tenth_held_out import layouts

FIRST_RUN = 0.862
"""Macro F1 when the detector first saw this set, without the doubtful columns."""

FIRST_RUN_DOUBTFUL = 0.854
"""The same with the doubtful columns."""

FOURTEENTH: dict[str, Sequence[Column]] = layouts(
    "fourteenth_layouts.txt", made.ALIKE | made.ZH, made.ALIKE | made.EN
)
