"""A check reads a database that is up, and starts none."""

import hashlib
from pathlib import Path

import pytest

from amends.awards import service as awards
from amends.kernel.casefile import read_case
from amends.preparing.checking import check, in_words
from amends.store.standing import Absent, standing_database
from amends.vault.opened import open_case
from commands import MakeCase, place_at
from made_cases import MINIMAL_CASE, OpenedCase
from made_determination import determine_made_up, person

TWO = ("anna", "ben")


def files_of(root: Path) -> dict[str, str]:
    """Every file with its digest."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def words(root: Path) -> str:
    """The report in English."""
    return "\n".join(in_words(check(root, "en"), "en"))


def test_a_check_tells_what_was_done(opened_case: OpenedCase) -> None:
    """People, awards and money come from the database; a promise of other people is refused."""
    opened = opened_case(approve_as=TWO)
    root = opened.case.root
    assert "nobody is determined yet" in words(root)
    determine_made_up(opened, {person(number): "NAME;PHONE" for number in range(7)})
    wrong = MINIMAL_CASE.replace('pay_within = "P3D"', 'pay_within = "P3D"\npeople = 8')
    (root / "case.toml").write_text(wrong, encoding="utf-8")
    assert check(root, "en").refused
    assert "people: 8 are promised, 7 have an award or get one" in words(root)
    (root / "case.toml").write_text(MINIMAL_CASE, encoding="utf-8")
    awards.award(opened)
    before = files_of(root)
    report = check(root, "en")
    assert report.figures["affected"] == report.figures["awards"] == 7
    assert "7 awards, CNY 35,000.00 owed" in words(root)
    assert files_of(root) == before


def test_a_database_of_another_case_is_not_read(
    opened_case: OpenedCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AMENDS_DATABASE_URL may point to another case, or to nothing."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "case.toml").write_text(
        MINIMAL_CASE.replace('id = "', 'id = "other-'), encoding="utf-8"
    )
    opened_case()
    assert "affected" not in check(other, "en").figures
    monkeypatch.setenv("AMENDS_DATABASE_URL", "host=127.0.0.1 port=1 dbname=x connect_timeout=1")
    assert "affected" not in check(other, "en").figures


def test_a_server_that_is_down_stays_down(embedded_case: MakeCase) -> None:
    """While a command works its database is read; afterwards the files alone tell."""
    root = embedded_case()
    with open_case(root), standing_database(read_case(root)) as connection:
        assert not isinstance(connection, Absent)
    place = place_at(root)
    assert not (place.data / "postmaster.pid").exists()
    before = files_of(root)
    assert "affected" not in check(root, "en").figures
    assert not (place.data / "postmaster.pid").exists()
    assert files_of(root) == before
