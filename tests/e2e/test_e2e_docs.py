import re
from pathlib import Path

import pytest

from e2e_commands import Commands

TUTORIAL = (Path(__file__).parents[2] / "docs" / "tutorials" / "demo.md").read_text("utf-8")
QUERIES = re.findall(r'amends query demo "([^"]+)"', TUTORIAL)


@pytest.mark.parametrize("sql", QUERIES)
def test_the_tutorials_queries_answer(sql: str, amends: Commands, finished_case: Path) -> None:
    """Every question that the tutorial asks the books has an answer of at least a heading."""
    assert amends("query", finished_case, sql).stdout.strip()


def test_a_query_cannot_write(amends: Commands, finished_case: Path) -> None:
    """The door for questions is read-only."""
    done = amends("query", finished_case, "DELETE FROM ledger.transfer", code=2)
    assert "read-only" in done.stderr


def test_what_looks_like_markup_is_shown_as_it_stands(
    amends: Commands, finished_case: Path
) -> None:
    """Brackets in an answer are no instructions to the terminal; sealed bytes are hexadecimal."""
    sql = "SELECT '[/red]' AS \"[/x]\", '\\x5b2f5d'::bytea AS sealed"
    assert amends("query", finished_case, sql).stdout.split() == [
        "[/x]",
        "sealed",
        "[/red]",
        "\\x5b2f5d",
    ]
