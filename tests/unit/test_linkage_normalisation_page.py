import re
from pathlib import Path

import polars as pl
import pytest

from amends.linkage.canonical.changes import Change
from amends.linkage.canonical.normalise import COLUMNS, normalise
from amends.linkage.weighing.details import DETAILS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "normalisation.md"


def table(mark: str) -> list[list[str]]:
    """The cells of the table that follows *mark* on the page, without header and back quotes."""
    after = PAGE.read_text(encoding="utf-8").split(f"<!-- executed: {mark} -->", 1)[1]
    lines = re.split(r"\n\n", after.strip(), maxsplit=1)[0].splitlines()[2:]
    return [[c.strip().strip("`") for c in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize(
    ("field", "found", "column", "canonical", "changes"),
    table("field, as found, column, canonical, changes"),
)
def test_fields_become_what_the_page_says(
    field: str, found: str, column: str, canonical: str, changes: str
) -> None:
    """Every example of the page is what normalising gives, with the changes that it names."""
    row = normalise(pl.DataFrame({field: [found]})).row(0, named=True)
    assert str(row[column] if row[column] is not None else "·") == canonical
    names = [c.name.lower() for c in Change if row["changes"] & c.value and c.name]
    assert sorted(names) == sorted(changes.split())


@pytest.mark.parametrize(
    ("column", "value", "detail", "expected"),
    table("canonical column, value, detail, becomes"),
)
def test_details_are_what_the_page_says(
    column: str, value: str, detail: str, expected: str
) -> None:
    """Every example of a detail is what its column gives."""
    source, expression = DETAILS[detail]
    assert source == column
    made = pl.DataFrame({column: [value]}, schema={column: COLUMNS[column]}).select(expression)
    assert (made.item() or "·") == expected


def test_the_page_names_every_detail_and_change() -> None:
    """No column of evidence and no bit is missing from the page, and the bits are right."""
    examples = {row[2] for row in table("canonical column, value, detail, becomes")}
    assert examples == set(DETAILS)
    bits = {row[1]: int(row[0]) for row in table("every change")}
    assert bits == {c.name.lower(): c.value for c in Change if c.name}
