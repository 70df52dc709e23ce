"""Every command that writes a file is run, and what it wrote is looked up in the register."""

import hashlib
from pathlib import Path

import pytest

from amends.awards import service as awards
from amends.cli.exports import _TABLES
from amends.evidence.intake import intake
from amends.governance import exports
from amends.linkage.determine import determine
from amends.payees.service import settle
from amends.roster import service as roster
from amends.vault.opened import open_case
from called import called
from made_cases import MINIMAL_CASE, OpenedCase, people_files, write_case

TWO = ("anna", "ben")


def four_published(root: Path) -> None:
    """Four people with awards, published."""
    write_case(root, MINIMAL_CASE, people_files(4))
    with open_case(root, approve_as=TWO) as opened:
        for step in (intake, determine, settle, awards.award, roster.publish):
            step(opened)


def test_every_file_that_a_command_writes_is_found_in_the_register(
    opened_case: OpenedCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its SHA-256, with recipient and purpose; an answer of the database as it was shown."""
    opened = opened_case(approve_as=TWO, like=four_published)
    root, out = opened.case.root, tmp_path / "out"
    out.mkdir()
    why = ("--recipient", "auditor", "--purpose", "audit")
    called("assessment", root, "--template", out / "a.toml")
    for what in _TABLES:
        called("export", what, root, "--to", out / f"{what}.csv", *why)
    called("export", "model", root, "--to", out / "model.json", *why)
    called("export", "vouchers", root, "--each", "--to", out / "each.parquet", *why)
    called("policy", root, "--to", out / "policy", *why)
    called("receipt", root, "--award", "1", "--to", out / "receipt", *why)
    called("evidence", "report", root, "--to", out / "custody.md", *why)
    called("outgoing", root, "--to", out / "register.csv", *why)
    entered = {one.file_sha256: one for one in exports.exports(opened)}
    for file in out.iterdir():
        assert hashlib.sha256(file.read_bytes()).hexdigest() in entered, file.name
    of_why = [one for one in entered.values() if one.recipient == "auditor"]
    assert len(of_why) == len(list(out.iterdir())) - 1
    each = next(one for one in of_why if one.what == "vouchers_each")
    assert each.weight_millionths == each.rows * 2_000
    capsys.readouterr()
    called("query", root, "SELECT award_index FROM awards.owed ORDER BY 1", "--purpose", "audit")
    shown = capsys.readouterr().out
    last = exports.exports(opened)[-1]
    assert (last.what, last.rows, last.purpose) == ("query", 4, "audit")
    assert last.file_sha256 == hashlib.sha256(shown.encode()).hexdigest()


def test_an_empty_register_says_that_nothing_has_left(
    opened_case: OpenedCase, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever asks is answered, and does not take silence for a failure."""
    called("outgoing", opened_case().case.root)
    assert "nothing has left the case so far" in capsys.readouterr().out
