"""A simulation reads the people of a determination, and touches nothing."""

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from amends.awards.model import PromiseError
from amends.awards.service import award
from amends.awards.simulating import Simulated, simulate_tariffs
from amends.awards.simulation import AgainstFunding
from amends.awards.simulation_words import sheets
from amends.cli import cli
from amends.funding.receiving import import_statements
from amends.kernel.errors import CaseFileError, StageOrderError
from amends.statements.model import Form
from amends.vault.opened import OpenCase
from made_cases import MINIMAL_CASE, OpenedCase
from made_determination import determine_made_up, person
from made_statements import ACCOUNT, line, statement, written

TWO = ("anna", "ben")


def against(found: Simulated) -> AgainstFunding:
    """The first tariff against the funding."""
    assert found.simulations[0].funding is not None
    return found.simulations[0].funding


def database_digest(opened: OpenCase) -> str:
    """SHA-256 over every row of every table."""
    digest = hashlib.sha256()
    with opened.database.reading() as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN "
            "('pg_catalog', 'information_schema') ORDER BY 1"
        ).fetchall()
        for (table,) in tables:
            digest.update(str(table).encode())
            statement = f"COPY (SELECT * FROM {table} AS t ORDER BY t::text) TO STDOUT"  # noqa: S608
            with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
                for block in copy:
                    digest.update(block)
    return digest.hexdigest()


def directory_digest(root: Path) -> dict[str, str]:
    """SHA-256 of every file by its path."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def determined(opened_case: OpenedCase) -> OpenCase:
    """Forty people of the first find, and ten of a later one; five have passwords in it."""
    opened = opened_case(approve_as=TWO)
    determine_made_up(opened, {person(n): "NAME;PHONE" for n in range(30)})
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO linkage.person (run_no, person_id, categories, products, leaked_rows, "
            "method, probability, tranche) SELECT 1, lpad((100 + n)::text, 26, '0'), "
            "CASE WHEN n < 5 THEN 'IDNO;NAME;PWD' ELSE 'IDNO;NAME' END, 'im', 1, 'exact', 1.0, "
            "2 FROM generate_series(0, 9) AS n"
        )
    return opened


def test_nothing_is_simulated_before_anybody_is_determined(opened_case: OpenedCase) -> None:
    """The determination comes first."""
    with pytest.raises(StageOrderError, match="determine"):
        simulate_tariffs(opened_case())


def test_a_simulation_gives_what_award_then_awards_and_touches_nothing(
    determined: OpenCase,
) -> None:
    """Its sum is that of the awards; database and case directory are as before, byte for byte."""
    before = database_digest(determined), directory_digest(determined.case.root)
    names = ("case", "flat:3000", "scenario-factors", "mediation", "court")
    found = simulate_tariffs(determined, names)
    assert (database_digest(determined), directory_digest(determined.case.root)) == before
    assert [one.name for one in found.simulations] == list(names)
    by_name = {one.name: one for one in found.simulations}
    assert by_name["flat:3000"].total.amount_minor == 40 * 300_000
    factors = by_name["scenario-factors"]
    assert {share.amount.amount_minor: share.people for share in factors.amounts} == {
        82_000: 30,
        123_000: 0,
        164_000: 5,
        246_000: 5,
    }
    assert {paid.group.tranche for paid in factors.most} == {2}
    assert by_name["mediation"].people == 40
    summary = award(determined)
    assert summary.counts["owed_minor"] == by_name["case"].total.amount_minor
    assert simulate_tariffs(determined).awarded == 40


def test_the_command_stands_beside_the_stage(
    determined: OpenCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``award simulate CASE`` simulates, and ``award ./simulate`` is a case of that name."""
    root = str(determined.case.root)
    chart = tmp_path / "chart.svg"
    run = CliRunner()
    done = run.invoke(
        cli, ["award", "simulate", root, "--tariff", "court", "--json", "--chart", str(chart)]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["tariffs"][0]["people"] == 40
    assert chart.read_bytes().startswith(b"<?xml")
    shown = run.invoke(cli, ["award", "simulate", root, "--lang", "zh"])
    assert "各赔偿标准对照" in shown.stdout
    refused = run.invoke(cli, ["award", "simulate", root, "--chart", "chart.pdf"])
    assert refused.exit_code == 2
    monkeypatch.chdir(tmp_path)
    (tmp_path / "simulate").symlink_to(root)
    staged = run.invoke(cli, ["award", "./simulate", "--json"])
    assert json.loads(staged.stdout)["stage"] == "award"
    assert "simulate" in run.invoke(cli, ["award", "--help"]).stdout


def test_the_funding_of_a_simulation_is_what_stands_behind_the_promise(
    opened_case: OpenedCase,
) -> None:
    """What statements prove counts, not what case.toml declares; and what is only declared says so.

    The simulation finds short what the promise check refuses, and the other way round.
    """
    text = MINIMAL_CASE.replace("[funding]", f'[funding]\naccount = "{ACCOUNT}"')
    opened = opened_case(text, approve_as=TWO)
    determine_made_up(opened, {person(n): "NAME;PHONE" for n in range(3)})
    declared = simulate_tariffs(opened)
    assert declared.proved is False
    assert against(declared).funding == opened.case.file.funding
    assert against(declared).covered
    path = opened.case.root / "escrow.xml"
    path.write_bytes(written(statement([line(1_499_999, "A")]), Form.CAMT_053))
    import_statements(opened, [path])
    found = simulate_tariffs(opened)
    assert found.proved
    assert (against(found).funding.amount_minor, against(found).short.amount_minor) == (
        1_499_999,
        1,
    )
    with pytest.raises(PromiseError, match="short"):
        award(opened)
    assert any("proved by statements" in note for note in sheets(found, "en")[0].notes)
    assert any("只是申报" in note for note in sheets(declared, "zh")[0].notes)


OWN = """id = "own"
version = "2026-11-29"
kind = "scenario-factors"
title = "Our own"
amount = "CNY 100.00"
[[scenario]]
id = "everybody"
title = "everybody"
[[scenario]]
id = "identity"
title = "identity"
any_of = ["IDNO"]
factor = "1.5"
[[scenario]]
id = "password"
title = "password"
all_of = ["IDNO", "PWD"]
amount = "CNY 120.00"
"""


def test_a_tariff_in_a_file_is_simulated_from_where_the_command_is_called(
    determined: OpenCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its own text, not the case's; the largest scenario counts; a bad file is named by line."""
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "bad.toml").write_text(OWN.replace('"1.5"', '"1/3"'), encoding="utf-8")
    (tmp_path / "folder.toml").mkdir()
    (determined.case.root / "own.toml").write_text(OWN.replace("100.00", "9.00"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = simulate_tariffs(determined, ("own.toml", "case")).simulations[0]
    assert (found.name, found.tariff.version) == ("own.toml", "2026-11-29")
    assert {share.scenario.id: share.people for share in found.scenarios} == {
        "everybody": 30,
        "identity": 10,  # with a password 150 is owed, too, and not 120 or 270
        "password": 0,
    }
    assert found.total.amount_minor == 30 * 10_000 + 10 * 15_000
    with pytest.raises(CaseFileError, match=r"bad\.toml:13: scenario\.2\.factor: 1/3"):
        simulate_tariffs(determined, ("bad.toml",))
    with pytest.raises(CaseFileError, match=r"folder\.toml: cannot be read"):
        simulate_tariffs(determined, ("folder.toml",))
