"""The sixteenth set of layouts: published tables chosen by subject and by chance.

Gathered from public repositories by trade (hospitals, hotels, couriers, schools, banks, lenders,
insurers, employers, police, courts, games, dating, landlords, telecoms, shops, travel, churches,
unions, tax, cars), not by how clear their headers are, and some by rare categories: SQL schemas
with and without comments, migrations, ORM models, interfaces and headers of CSV files, about half
of them Chinese or pinyin, some Japanese, Spanish, Portuguese, German and Korean. Labelled by the
settled rules alone, by somebody who had seen neither the detector nor an answer of it, and not
touched after the first run. Tables stand whole, with their technical columns, or as far as they
could be seen, under their real names (a few, of which only the list of columns was seen, under
that list's name or the likely one). Columns for which two codes could be defended keep all of them.

``sixteenth_tables.txt`` is written as ``fifteenth_tables.txt``; above each table stands its
repository and path, where the index of public code told them, else its number there.
"""

from collections.abc import Sequence
from pathlib import Path

from corpora import fourteenth_values as made
from corpora.columns import Column
from corpora.fifteenth_held_out import tables
from corpora.tenth_held_out import form, read

FIRST_RUN = 0.863
"""Macro F1 when the detector first saw this set, without comments and doubtful columns."""

FIRST_RUN_WITH_COMMENTS = 0.878
"""The same with the comments of its columns."""

_ALIKE = made.ALIKE | {"cpf": form("###.###.###-##")}

_TABLES = dict(tables(Path(__file__).with_name("sixteenth_tables.txt").read_text(encoding="utf-8")))

SIXTEENTH: dict[str, Sequence[Column]] = read(
    (f"{name}: {' '.join(column for column, _ in columns)}" for name, columns in _TABLES.items()),
    _ALIKE | made.ZH,
    _ALIKE | made.EN,
)

SIXTEENTH_COMMENTS: dict[str, tuple[str, ...]] = {
    name: tuple(comment for _, comment in columns) for name, columns in _TABLES.items()
}
"""Layout → the comments of its columns in their order; empty where there is none."""
