import csv
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from e2e_commands import APPROVALS, Commands

STAGES = ["intake", "determine", "award", "publish", "notify", "pay", "reconcile"]
COLUMNS = {
    "matches": [
        *("evidence", "row", "outcome", "person_id", "product", "account_id"),
        *("method", "probability", "reason"),
    ],
    "accounts": ["product", "account_id", "person_id"],
    "affected": [
        *("person_id", "categories", "products", "rows", "method", "probability", "tranche")
    ],
    "awards": ["award_index", "person_id", "class", "amount_minor", "currency", "state"],
    "payments": [
        *("instruction_id", "award_index", "rail", "provider_reference", "amount_minor"),
        *("currency", "state", "reason", "attempts", "settled_at"),
    ],
    "ledger": [
        *("transfer_id", "debit", "credit", "amount_minor", "currency", "reason", "recorded_at")
    ],
}

Exported = Callable[[str], Path]
TUTORIAL = (Path(__file__).parents[2] / "docs" / "tutorials" / "demo.md").read_text("utf-8")
QUERIES = re.findall(r'amends query demo "([^"]+)"', TUTORIAL)


@pytest.mark.parametrize("what", COLUMNS)
def test_exports_have_the_columns_of_the_contract(what: str, exported: Exported) -> None:
    """Every export has its columns in order, and the csv says the same as the parquet."""
    parquet = pl.read_parquet(exported(f"{what}.parquet"))
    content = exported(f"{what}.csv").read_bytes()
    assert parquet.columns == COLUMNS[what]
    assert not content.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in content
    rows = list(csv.reader(content.decode().splitlines()))
    assert rows[0] == COLUMNS[what]
    assert len(rows) - 1 == parquet.height > 0


def test_all_exports_at_once_are_the_single_ones(
    amends: Commands, finished_case: Path, exported: Exported, tmp_path: Path
) -> None:
    """`export all` writes a file per table into a folder, byte for byte what each alone writes."""
    for _ in range(2):
        amends("export", "all", finished_case, "--to", tmp_path / "all")
    assert {file.name for file in (tmp_path / "all").iterdir()} == {
        f"{what}.parquet" for what in (*COLUMNS, "decisions", "refused", "vouchers")
    }
    for what in COLUMNS:
        single = exported(f"{what}.parquet")
        assert (tmp_path / "all" / single.name).read_bytes() == single.read_bytes()


def test_each_affected_person_has_one_award_in_one_state(exported: Exported) -> None:
    """Nobody is forgotten, nobody is awarded twice, and the states add up to the promise."""
    affected, awards = (
        pl.read_parquet(exported(f"{what}.parquet")) for what in ("affected", "awards")
    )
    assert sorted(affected["person_id"]) == sorted(awards["person_id"])
    assert awards["award_index"].to_list() == list(range(awards.height))
    assert set(awards["amount_minor"]) == {500_000}


def test_nobody_is_paid_twice(exported: Exported) -> None:
    """At most one payment of an award ever left, and its number fits every rail."""
    payments = pl.read_parquet(exported("payments.parquet"))
    gone = payments.filter(pl.col("state").is_in(["settled", "returned", "accepted", "unknown"]))
    assert max(Counter(gone["award_index"]).values()) == 1
    assert payments["instruction_id"].str.contains(r"^[0-9A-Za-z]{1,32}$").all()


def test_every_leaked_row_has_one_outcome(exported: Exported) -> None:
    """Rows are matched, reviewed, unmatched or quarantined with a reason; none is lost."""
    matches = pl.read_parquet(exported("matches.parquet"))
    assert matches.select("evidence", "row").is_unique().all()
    for rows in matches.partition_by("evidence"):
        assert sorted(rows["row"]) == list(range(1, rows.height + 1))
    quarantined = matches.filter(pl.col("outcome") == "quarantined")
    assert quarantined.height > 0
    assert quarantined["reason"].null_count() == 0


def test_running_again_changes_nothing(
    amends: Commands, finished_case: Path, exported: Exported, tmp_path: Path
) -> None:
    """A second run does no work twice: same awards, same payments, same published bytes."""
    site = finished_case / "amends" / "site"
    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    payments = pl.read_parquet(exported("payments.parquet"))
    report = json.loads(amends("run", finished_case, "--json", *APPROVALS).stdout)
    assert [stage["stage"] for stage in report["stages"]] == STAGES
    assert {path: path.read_bytes() for path in site.rglob("*") if path.is_file()} == before
    amends("export", "payments", finished_case, "--to", tmp_path / "again.parquet")
    assert pl.read_parquet(tmp_path / "again.parquet").equals(payments)


def test_a_stranger_accepts_roster_and_receipt(amends: Commands, finished_case: Path) -> None:
    """The stand-alone verifier accepts the log and a receipt, also as the single file shipped."""
    policy, receipt = finished_case / "policy.txt", finished_case / "receipt.txt"
    amends("policy", finished_case, "--to", policy)
    amends("receipt", finished_case, "--award", "3", "--to", receipt)
    log = finished_case / "amends" / "site" / "log"
    module = [sys.executable, "-m", "amends_verify"]
    shipped = [sys.executable, "-I", str(log / "verify.py")]
    for verifier in (module, shipped):
        amends.run([*verifier, "all", str(log), "--policy", str(policy)])
        amends.run([*verifier, "receipt", str(receipt), "--policy", str(policy)])
    receipt.write_bytes(receipt.read_bytes().replace(b"\nindex 5\n", b"\nindex 6\n"))
    amends.run([*module, "receipt", str(receipt), "--policy", str(policy)], code=1)


def test_no_export_of_the_six_holds_a_contact(finished_case: Path, exported: Exported) -> None:
    """Mobile numbers and identity numbers of the registries stand in no export."""
    numbers: set[str] = set()
    for path in sorted((finished_case / "registries").glob("*.csv")):
        content = path.read_bytes()
        encoding = "gb18030" if path.stem == "games" else "utf-8"
        for row in csv.reader(content.decode(encoding).splitlines()):
            numbers.update(cell for cell in row if len(cell) in {11, 18} and cell[:-1].isdigit())
    assert len(numbers) > 100
    for what in COLUMNS:
        export = exported(f"{what}.csv").read_text(encoding="utf-8")
        assert not [number for number in numbers if number in export]


def test_the_first_stage_that_asks_waits_for_two_people(
    amends: Commands, fresh_case: Callable[[str], Path]
) -> None:
    """Without approvals the journey stops at `award` with exit 3, and goes on after two."""
    case = fresh_case("waits")
    waiting = amends("run", case, "--json", "--until", "award", code=3)
    report = json.loads(waiting.stdout)
    assert (report["status"], report["stage"]) == ("waiting", "award")
    assert waiting.stderr.splitlines()[-1].startswith("waiting_for_approval: ")
    for name in ("zhao", "qian"):
        amends("operator", "add", case, name)
    amends("approve", case, "--as", "zhao")
    amends("award", case, code=3)
    amends("approve", case, "--as", "zhao")
    amends("award", case, code=3)
    amends("approve", case, "--as", "qian")
    amends("award", case)


def test_one_person_cannot_approve_alone(
    amends: Commands, fresh_case: Callable[[str], Path]
) -> None:
    """`--approve-as` with one name twice is one name."""
    case = fresh_case("alone")
    same = ("--approve-as", "li.na", "--approve-as", "li.na")
    assert amends("run", case, "--until", "award", *same, code=None).returncode in {1, 3}


def test_wrong_usage_is_exit_2(amends: Commands, finished_case: Path) -> None:
    """Unknown commands, options and stages are wrong usage."""
    amends("sing", code=2)
    amends("run", finished_case, "--until", "heaven", code=2)
    amends("export", "everything", finished_case, "--to", "x.csv", code=2)


def test_a_case_that_is_not_there_is_refused(amends: Commands, tmp_path: Path) -> None:
    """A directory without case.toml is a refusal of one line with its code, also as JSON."""
    done = amends("run", tmp_path, "--json", code=1)
    assert done.stderr.startswith("case_file: ")
    assert done.stderr.count("\n") == 1
    assert json.loads(done.stdout)["code"] == "case_file"


def test_destroyed_evidence_cannot_be_read_again(
    amends: Commands, fresh_case: Callable[[str], Path]
) -> None:
    """After `evidence destroy` nothing reads the room, and everything published still verifies."""
    case = fresh_case("destroyed")
    amends("run", case, "--until", "publish", *APPROVALS)
    amends("evidence", "destroy", case, "--yes")
    done = amends("export", "matches", case, "--to", case / "m.csv", code=1)
    assert done.stderr.startswith("evidence_destroyed: ")
    assert not list((case / "amends" / "evidence").rglob("*.parquet"))
    policy = case / "policy.txt"
    amends("policy", case, "--to", policy)
    log = case / "amends" / "site" / "log"
    subprocess.run(
        [sys.executable, "-m", "amends_verify", "all", str(log), "--policy", str(policy)],
        check=True,
        capture_output=True,
    )


def test_removing_a_case_leaves_the_companys_files(
    amends: Commands, fresh_case: Callable[[str], Path]
) -> None:
    """`amends remove` takes what Amends made, also outside the case, and nothing else."""
    case = fresh_case("removed")
    before = {path: path.read_bytes() for path in case.rglob("*") if path.is_file()}
    amends("run", case, "--until", "intake")
    amends("remove", case, "--yes")
    assert {path: path.read_bytes() for path in case.rglob("*") if path.is_file()} == before


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
