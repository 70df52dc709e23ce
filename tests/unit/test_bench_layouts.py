"""Layouts that benchmarks read from files, and how columns of more than one code are counted."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

import pytest

from amends.kernel.categories import CATEGORIES
from corpora.columns import OTHER, Column, File, files
from corpora.counted import scored
from corpora.eleventh_held_out import ELEVENTH
from corpora.fifteenth_held_out import COMMENTS, FIFTEENTH, tables
from corpora.fourteenth_held_out import FOURTEENTH
from corpora.sixteenth_held_out import SIXTEENTH, SIXTEENTH_COMMENTS
from corpora.tenth_held_out import TENTH, _read
from corpora.thirteenth_held_out import THIRTEENTH
from corpora.twelfth_held_out import TWELFTH
from corpora.values import one_of

CORPORA = Path(__file__).parents[2] / "bench" / "corpora"
KNOWN = {*CATEGORIES, "ACCOUNT_ID", OTHER}
SETS = {
    "tenth": TENTH,
    "eleventh": ELEVENTH,
    "twelfth": TWELFTH,
    "thirteenth": THIRTEENTH,
    "fourteenth": FOURTEENTH,
}
COMMENTED = {"fifteenth": (FIFTEENTH, COMMENTS), "sixteenth": (SIXTEENTH, SIXTEENTH_COMMENTS)}


@pytest.mark.parametrize("name", SETS)
def test_layouts_are_read_whole(name: str) -> None:
    """No line is lost to one of the same name, and every code is one of the list."""
    text = (CORPORA / f"{name}_layouts.txt").read_text(encoding="utf-8")
    assert len(SETS[name]) == sum(not line.startswith("#") for line in text.splitlines())
    _codes_are_known(SETS[name])


def _codes_are_known(layouts: Mapping[str, Sequence[Column]]) -> None:
    for truth in (code for columns in layouts.values() for _, code, _ in columns):
        codes = truth.split("/")
        assert set(codes) <= KNOWN
        assert len(set(codes)) == len(codes)


def test_the_fourteenth_set_has_enough_of_all() -> None:
    """Every code that a column can have stands in five columns of three tables without a doubt.

    Parts of names are names here, and being a child is said of a person, not of a column.
    """
    for code in KNOWN - {"SURNAME", "GIVEN_NAME", "CHILD"}:
        tables = [sum(one == code for _, one, _ in columns) for columns in FOURTEENTH.values()]
        assert sum(tables) >= 5, code
        assert sum(map(bool, tables)) >= 3, code


@pytest.mark.parametrize(
    "layouts",
    [FOURTEENTH, FIFTEENTH, SIXTEENTH],
    ids=["fourteenth", "fifteenth", "sixteenth"],
)
def test_every_column_has_values(layouts: dict[str, Sequence[Column]]) -> None:
    """Its makers make something."""
    for file in files(layouts, [0], 20):
        assert all(map(any, file.columns)), file.layout


@pytest.mark.parametrize("name", COMMENTED)
def test_tables_with_comments_are_read_whole(name: str) -> None:
    """Every line of their file is a table, or a column with a comment of its own."""
    layouts, comments = COMMENTED[name]
    text = (CORPORA / f"{name}_tables.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    columns = [line for line in lines if "=" in line.partition("\t")[0]]
    assert len(layouts) == len(lines) - len(columns)
    assert sum(map(len, layouts.values())) == len(columns)
    assert {layout: len(found) for layout, found in layouts.items()} == {
        layout: len(said) for layout, said in comments.items()
    }
    _codes_are_known(layouts)


def test_a_table_with_comments_is_read() -> None:
    """Each column has its comment: what stands behind the tab, spaces and all, or nothing."""
    assert dict(tables("# x\nen t:\na=-.num\nb=NAME\t name \\n1 full\n\nzh u:\nc=PHONE\t号")) == {
        "en t": [("a=-.num", ""), ("b=NAME", " name \n1 full")],
        "zh u": [("c=PHONE", "号")],
    }


def test_a_column_may_have_more_than_one_code() -> None:
    """Codes stand before the dot, and a dash is nothing of a person."""
    name, columns = _read(
        "en t: a^b=NAME/-.name c=PHONE", {"name": one_of("x"), "PHONE": one_of("y")}
    )
    assert name == "en t"
    assert [(header, code) for header, code, _ in columns] == [
        ("a b", f"NAME/{OTHER}"),
        ("c", "PHONE"),
    ]


def test_any_code_of_a_column_is_right() -> None:
    """An answer that is a second code is right as that code; a wrong one misses the first."""
    truth = ("NAME/USERNAME", "NAME/USERNAME", "PHONE")
    file = File(layout="t", headers=("a", "b", "c"), truth=truth, columns=((), (), ()))

    def tell(_file: File) -> list[str]:
        return ["USERNAME", OTHER, "PHONE"]

    both, _ = scored([file], tell)
    assert both.hit == {"USERNAME": 1, "PHONE": 1}
    assert both.missed == {"NAME": 1}
    assert both.wrong == {OTHER: 1}
    sure, _ = scored([file], tell, doubtful=False)
    assert sure.hit == {"PHONE": 1}
    assert not [*chain(sure.missed, sure.wrong)]
