import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from amends.cli import cli
from amends.kernel.casefile import read_case
from amends.kernel.errors import CaseFileError
from amends.roster import age, auditing, claiming, closing, proving, rows, service, site
from amends.vault.opened import open_case
from amends_verify import verify
from made_cases import OpenedCase
from made_roster import TWO, awarded, files, pay_made_up, toml
from planted import assert_no_planted

IDENTITY, RECIPIENT = age.new_identity()
MISTYPED = "q" if RECIPIENT.endswith("x") else "x"
HIDING = f"""
[roster]
rows = "counts"
auditor = "{RECIPIENT}"
"""


def said(log: Path, policy: Path) -> str:
    """What a stranger's audit says, as a process of its own."""
    command = [sys.executable, "-m", "amends_verify", "all", str(log), "--policy", str(policy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_case_that_shows_counts_alone_from_its_first_entry_to_its_last(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """Published, paid and sealed; the public sees counts, a person a receipt, the auditor all."""
    opened = awarded(opened_case(toml(30) + HIDING, files(30), approve_as=TWO))
    policy, log = tmp_path / "policy", site.log_directory(opened.case)
    service.publish(opened)
    service.write_policy(opened, policy)
    assert "30 entries are hidden" in said(log, policy)
    claiming.issue(opened)
    claiming.publish_claims(opened)
    pay_made_up(opened, {"settled": range(30)})
    service.publish_epoch(opened)
    closing.seal(opened, dry_run=False)
    told = said(log, policy)
    assert "SEALED: 30 awards" in told
    assert RECIPIENT in told
    assert not (log / "state").exists()
    assert_no_planted(opened.case.site)
    receipt = proving.receipt_of(opened, 7)
    asked = verify.Policy(policy.read_bytes())
    assert verify.receipt(receipt.encode(), asked).startswith("Verified: award 7 ")
    assert service.publish(opened).counts["roster_files_written"] == 0
    (log / "checkpoint").unlink()
    assert service.publish(opened).counts["roster_files_written"] == 1
    sealed = tmp_path / "rows.age"
    awards, _ = auditing.write_rows(opened, sealed, recipient="auditor", purpose="audit")
    assert awards == 30
    rows.opened(log, sealed, IDENTITY, tmp_path / "whole")
    whole = said(tmp_path / "whole", policy)
    assert "no commitment stands twice" in whole
    assert "SEALED: 30 awards" in whole


def test_what_a_log_hides_stays_as_it_began(opened_case: OpenedCase, tmp_path: Path) -> None:
    """Another word in case.toml later is refused; a log that shows its rows has none to open."""
    opened = awarded(opened_case(toml(30), files(30), approve_as=TWO))
    service.publish(opened)
    with pytest.raises(rows.RowsError, match="shows its rows"):
        auditing.write_rows(opened, tmp_path / "rows", recipient="auditor", purpose="audit")
    path = opened.case.root / "case.toml"
    path.write_text(path.read_text(encoding="utf-8") + HIDING, encoding="utf-8")
    with (
        open_case(opened.case.root, approve_as=TWO) as later,
        pytest.raises(rows.RowsError, match="says otherwise"),
    ):
        service.publish(later)


@pytest.mark.parametrize(
    "lines",
    [
        'rows = "counts"',
        f'auditor = "{RECIPIENT}"',
        f'rows = "counts"\nauditor = "{RECIPIENT[:-1]}{MISTYPED}"',
        f'rows = "none"\nauditor = "{RECIPIENT}"',
    ],
    ids=["no auditor", "no rows", "no key", "no word"],
)
def test_hidden_rows_need_an_auditor_and_the_other_way_round(
    opened_case: OpenedCase, lines: str
) -> None:
    """case.toml names both or neither, and a key that is one."""
    opened = opened_case()
    path = opened.case.root / "case.toml"
    content = path.read_text(encoding="utf-8") + f"\n[roster]\n{lines}\n"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CaseFileError):
        read_case(opened.case.root)


def test_an_auditor_makes_a_key_and_opens_with_it(tmp_path: Path) -> None:
    """The commands: a key that nobody else reads, made once; a file that is not for it."""
    key = tmp_path / "auditor.key"
    done = CliRunner().invoke(cli, ["log", "key", "--to", str(key)])
    assert done.exit_code == 0, done.output
    assert key.stat().st_mode & 0o077 == 0
    assert done.output.strip() in key.read_text(encoding="utf-8")
    assert CliRunner().invoke(cli, ["log", "key", "--to", str(key)]).exit_code != 0
    public, sealed = tmp_path / "public", tmp_path / "rows.age"
    public.mkdir()
    sealed.write_bytes(b"".join(rows.sealed([("tile/entries/000", b"")], done.output.strip())))
    where = ["--key", str(key), "--to", str(tmp_path / "whole")]
    opened = CliRunner().invoke(cli, ["log", "open", str(public), str(sealed), *where])
    assert opened.exit_code == 0, opened.output
    assert (tmp_path / "whole" / "tile" / "entries" / "000").exists()
