"""A summary for people says amounts as money, and people as people."""

import pytest

from amends.cli.output import print_summary, progress_bars
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


def test_what_people_have_to_know_is_said_while_the_work_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not when the piece of work is over: an alarm of paying may be hours before that."""
    with progress_bars() as progress:
        progress.start("pay")
        progress.advance(7)
        progress.tell("the promise cannot be kept\nenough would be: more")
        assert capsys.readouterr().err == "  the promise cannot be kept\n  enough would be: more\n"
    assert capsys.readouterr().err.startswith("  pay: 7 (")
