"""Files with known columns: layouts of many kinds, with the damage of real leaks.

A column is (header or None, category, maker); ``OTHER`` is what says nothing of a person by a
category of the list. Where two could be defended it names both (``NAME/USERNAME``), the likelier
one first, and an answer that is either is right. Layouts stand in ``looked_at.py`` and the files
of held-out sets.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpora import values as v
from corpora.values import Maker

Column = tuple[str | None, str, Maker]
OTHER = "OTHER"
_NOTHING = ("", "", "null", "无", "-", "N/A", "\\N")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A made-up file: headers, true categories, and columns of values.

    ``table``: what it is called where it comes from; empty where nobody knows. ``comments``: what
    it says of its columns, where it says anything.
    """

    layout: str
    headers: tuple[str | None, ...]
    truth: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    table: str = ""
    comments: tuple[str, ...] = ()


def table_names() -> dict[str, str]:
    """Layout → what such a table would be called (``table_names.txt``).

    Written by hand for the eighth to the twelfth set before the detector saw a name. A layout's own
    name describes it, which tells more than names of tables do, so every fourth tells nothing here.
    """
    text = Path(__file__).with_name("table_names.txt").read_text(encoding="utf-8")
    pairs = (line.rpartition(": ") for line in text.splitlines() if not line.startswith("#"))
    return {layout: name for layout, _, name in pairs}


def files(
    layouts: "dict[str, Sequence[Column]]",
    seeds: Sequence[int],
    rows: int,
    tables: Mapping[str, str] | None = None,
    comments: Mapping[str, tuple[str, ...]] | None = None,
) -> Iterator[File]:
    """Every layout with every seed: each time other values, and other damage.

    *tables*: what the tables of some layouts are called; *comments*: what these say of columns.
    """
    called, said = tables or {}, comments or {}
    for layout, columns in layouts.items():
        for seed in seeds:
            chance = random.Random(f"{layout}/{seed}")  # noqa: S311  # made-up values
            made = [[maker(chance, row) for row in range(rows)] for _, _, maker in columns]
            _damage(chance, made, rows)
            yield File(
                layout=layout,
                headers=tuple(header for header, _, _ in columns),
                truth=tuple(category for _, category, _ in columns),
                columns=tuple(map(tuple, made)),
                table=called.get(layout, ""),
                comments=said.get(layout, ()),
            )


def _damage(chance: random.Random, columns: list[list[str]], rows: int) -> None:
    """Empty cells, words for nothing, slips, and rows whose cells changed places."""
    empty, slip, swap = (chance.uniform(0, most) for most in (0.3, 0.06, 0.03))
    for column in columns:
        for row in range(rows):
            if chance.random() < empty:
                column[row] = v.pick(chance, _NOTHING)
            elif column[row] and chance.random() < slip:
                at = chance.randrange(len(column[row]))
                column[row] = column[row][:at] + v.pick(chance, "0a7x") + column[row][at + 1 :]
    for row in range(rows):
        if len(columns) > 1 and chance.random() < swap:
            one, other = chance.sample(range(len(columns)), 2)
            columns[one][row], columns[other][row] = columns[other][row], columns[one][row]
