"""`amends verify`: whatever is changed behind the program is found and named."""

import json
import os
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from amends.awards.service import award
from amends.cli.verify import CaseChangedError
from amends.cli.verify import verify as command
from amends.evidence.intake import intake
from amends.store.service import URL_VARIABLE
from amends.vault.opened import open_case
from made_cases import MINIMAL_CASE, MINIMAL_FILES, CaseDirectory, write_case
from made_determination import determine_made_up, person

FILES = {name: content + "\n1,假人一\n".encode() for name, content in MINIMAL_FILES.items()}


def awarded(root: Path) -> None:
    """Files taken in, and twelve people awarded."""
    write_case(root, MINIMAL_CASE, FILES)
    with open_case(root, approve_as=("anna", "ben")) as opened:
        intake(opened)
        determine_made_up(opened, {person(number): "NAME;PHONE" for number in range(12)})
        award(opened)


def verified(case: Path) -> dict[str, object]:
    """What the command prints as JSON."""
    done = CliRunner().invoke(command, [str(case), "--json"], catch_exceptions=False)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_case_as_it_was_written_is_whole(case_directory: CaseDirectory) -> None:
    """Every part is counted, and nothing is broken."""
    found = verified(case_directory(like=awarded))
    assert found["broken"] == []
    counts = found["counts"]
    assert isinstance(counts, dict)
    assert counts["awards_whole"] == 12
    assert counts["sealed_copies_whole"] == len(FILES)
    assert min(counts["audit_entries_whole"], counts["postings_whole"]) > 0
    head = found["audit_head"]
    assert isinstance(head, dict)
    assert head["entry"] >= counts["audit_entries_whole"]
    assert len(bytes.fromhex(head["hash"])) == 32


def test_a_case_without_files_says_so(case_directory: CaseDirectory) -> None:
    """What is not there yet is no break."""
    done = CliRunner().invoke(
        command, [str(case_directory(MINIMAL_CASE, MINIMAL_FILES))], catch_exceptions=False
    )
    assert done.exit_code == 0
    assert "amends intake" in done.stdout


ONE_MORE = (
    "INSERT INTO awards.award (award_index, person_id, class, amount_minor, currency, tranche, "
    "awarded_at) SELECT 12, %(stranger)s, class, amount_minor, currency, tranche, awarded_at "
    "FROM awards.award WHERE award_index = 0"
)
CHANGED = {
    "a higher amount": ("UPDATE awards.award SET amount_minor = 600000 WHERE award_index = 3", 0),
    "another person": (
        "UPDATE awards.award SET person_id = %(stranger)s WHERE award_index = 3",
        0,
    ),
    "an award too few": ("DELETE FROM awards.award WHERE award_index = 11", 0),
    "an award too many": (ONE_MORE, 0),
    "a changed posting": ("UPDATE ledger.transfer SET amount_minor = amount_minor + 1", 1),
    "a changed record": ("UPDATE governance.audit SET actor = 'eve' WHERE entry_no = 2", 2),
}
CODES = ("awards_changed", "ledger_chain", "audit_broken")


@pytest.mark.parametrize("name", CHANGED)
def test_what_was_changed_with_the_owners_rights_is_named(
    case_directory: CaseDirectory, name: str
) -> None:
    """Exit 1, and the part that is not whole; the other parts are still checked."""
    case = case_directory(like=awarded)
    statement, place = CHANGED[name]
    rewriting = "-c amends.rewriting=on"
    with psycopg.connect(os.environ[URL_VARIABLE], options=rewriting) as connection:
        connection.execute(statement.encode(), {"stranger": person(99)})
    done = CliRunner().invoke(command, [str(case), "--json"])
    assert isinstance(done.exception, CaseChangedError)
    assert [one["code"] for one in json.loads(done.stdout)["broken"]] == [CODES[place]]
