import pytest

from amends.cli import _report_internal_error
from planted import PLANTED


def test_an_internal_error_tells_where_and_not_what(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last resort names the kind of error and the lines of code; its message may hold data."""
    monkeypatch.delenv("AMENDS_DEBUG", raising=False)
    try:
        int(PLANTED[0])
    except ValueError as error:
        _report_internal_error(error)
    said = capsys.readouterr().err
    assert said.startswith("internal: ValueError")
    assert "test_cli_errors.py" in said
    assert not [value for value in PLANTED if value in said]
