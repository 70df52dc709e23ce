from datetime import UTC, datetime

import pytest

from amends.web import leaving


def test_rows_leave_whole_with_moments_in_iso_8601() -> None:
    """A heading, then every row."""
    rows = [("a", 1, datetime(2026, 11, 21, 12, tzinfo=UTC)), ("b,c", None, None)]
    count, content = leaving.csv_of(("name", "number", "at"), rows)
    assert count == 2
    assert content.decode() == 'name,number,at\na,1,2026-11-21T12:00:00+00:00\n"b,c",,\n'
    assert leaving.csv_of(("name",), []) == (0, b"name\n")


def test_a_list_too_long_for_a_file_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gets a part and takes it for all."""
    monkeypatch.setattr(leaving, "MOST_ROWS", 2)
    assert leaving.csv_of(("number",), [(1,), (2,)])[0] == 2
    with pytest.raises(leaving.LongListError, match="more than 2 rows"):
        leaving.csv_of(("number",), ((number,) for number in range(9)))
