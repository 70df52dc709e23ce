"""A summary for people says amounts as money, and people as people."""

import pytest

from amends.cli.output import print_summary
from amends.kernel.summary import StageSummary


def test_minors_are_counted_and_minor_units_are_money(capsys: pytest.CaptureFixture[str]) -> None:
    """Two minors are not two fen."""
    counts = {"payees_minor": 2, "owed_minor": 500_000, "books_balanced": 1}
    print_summary("award", StageSummary(counts=counts), "CNY")
    heading, minors, owed, books = capsys.readouterr().out.splitlines()
    assert heading == "award"
    assert (minors.split(), owed.split(), books.split()) == (
        ["payees", "minor", "2"],
        ["owed", "CNY", "5,000.00"],
        ["books", "balanced", "yes"],
    )
