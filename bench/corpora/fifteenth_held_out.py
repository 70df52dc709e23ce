"""The fifteenth set of layouts: published SQL tables with the comments of their columns.

Gathered from public repositories, other tables than those of earlier sets, by the comments in their
schemas (MySQL, Oracle, PostgreSQL, SQL Server, Hive), and labelled by the settled rules alone from
table, headers, comments and neighbours, by somebody who had seen neither the detector nor an answer
of it. Whole tables with their technical columns, or as far as they could be seen. Comments are as
published, their first 24 signs, also where they mislead, stand at the wrong column, say nothing or
are missing. Columns
for which two codes could be defended keep all of them, as in the fourteenth.

In ``fifteenth_tables.txt`` a line ends in a colon where a table begins; under it a line for each
column: ``header=CODE.maker``, and behind a tab the comment, if there is one. New lines in comments
are written as in SQL, with a backslash.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from corpora import fourteenth_values as made
from corpora.columns import Column
from corpora.tenth_held_out import read

FIRST_RUN = 0.841
"""Macro F1 when the detector first saw this set, without comments and doubtful columns."""

FIRST_RUN_WITH_COMMENTS = 0.873
"""The same when it first heard the comments."""


def tables(text: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each table, an empty line between them: its layout's name, its columns and their comments."""
    for block in text.split("\n\n"):
        name, *lines = (line for line in block.split("\n") if line and not line.startswith("#"))
        yield name.removesuffix(":"), [_column(line) for line in lines]


def _column(line: str) -> tuple[str, str]:
    column, _, comment = line.partition("\t")
    return column, comment.replace("\\n", "\n").replace("\\r", "\r")


_TABLES = dict(tables(Path(__file__).with_name("fifteenth_tables.txt").read_text(encoding="utf-8")))

FIFTEENTH: dict[str, Sequence[Column]] = read(
    (f"{name}: {' '.join(column for column, _ in columns)}" for name, columns in _TABLES.items()),
    made.ALIKE | made.ZH,
    made.ALIKE | made.EN,
)

COMMENTS: dict[str, tuple[str, ...]] = {
    name: tuple(comment for _, comment in columns) for name, columns in _TABLES.items()
}
"""Layout → the comments of its columns in their order; empty where there is none."""
