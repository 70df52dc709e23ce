import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from amends.awards.service import award
from amends.cli import cli
from amends.evidence.intake import intake
from amends.governance.service import trail
from amends.kernel.errors import AmendsError, StageOrderError, WaitingForApprovalError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.linkage.determine import determine
from amends.linkage.service import affected_accounts
from amends.payees.service import settle
from amends.payouts.after_payment import recovery
from amends.payouts.after_payment.recovery_rules import Ground
from amends.roster import claiming, closing, proving, service, site, store
from amends.roster.commitment import HIDDEN, Opening, field_digest, salts_of
from amends.roster.model import LogSealedError, NotFinalError
from amends.roster.openings import Page
from amends.store.columns import octets, whole
from amends.vault.model import CaseErasedError
from amends.vault.opened import OpenCase, open_case
from amends_verify import verify
from made_cases import OpenedCase, write_case
from made_roster import (
    FILE,
    TWO,
    files,
    pay_made_up,
    thirty_awarded,
    thirty_published,
    toml,
)
from planted import assert_no_planted


@pytest.fixture
def thirty(opened_case: OpenedCase) -> OpenCase:
    """Thirty people with awards, published, and all of them paid."""
    return opened_case(approve_as=TWO, like=thirty_published)


def audited(opened: OpenCase, tmp_path: Path) -> str:
    """What a stranger's audit says, as a process of its own."""
    policy = tmp_path / "policy.txt"
    service.write_policy(opened, policy)
    log = site.log_directory(opened.case)
    command = [sys.executable, "-m", "amends_verify", "all", str(log), "--policy", str(policy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def contents(opened: OpenCase) -> dict[str, bytes]:
    """Bytes of every published file."""
    log = site.log_directory(opened.case)
    found = (path for path in log.rglob("*") if path.is_file())
    return {path.relative_to(log).as_posix(): path.read_bytes() for path in found}


def paid_up(opened: OpenCase, states: dict[str, range]) -> OpenCase:
    """The roster published, and payments as the rail answered."""
    service.publish(opened)
    pay_made_up(opened, states)
    return opened


def pay_again(opened: OpenCase, *, below: int) -> None:
    """Whose payment was refused is paid by another."""
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "UPDATE payouts.payment SET state = 'superseded', live = false "
            "WHERE award_index < %(below)s",
            {"below": below},
        )
        connection.execute(
            "INSERT INTO payouts.payment (instruction_id, award_index, generation, chunk_no, "
            "rail, amount_minor, currency, state, request_sha256, attempts, sent_at, last_sent_at, "
            "settled_at, follows) SELECT 'M' || instruction_id, award_index, 1, chunk_no, rail, "
            "amount_minor, currency, 'settled', request_sha256, 1, sent_at, sent_at, sent_at, "
            "instruction_id "
            "FROM payouts.instruction WHERE award_index < %(below)s",
            {"below": below},
        )


def test_a_seal_lets_out_what_waited_and_ends_the_log(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """Two of thirty had waited for more company: the seal shows their state with the totals."""
    opened = opened_case(approve_as=TWO, like=thirty_awarded)
    paid_up(opened, {"refused": range(2), "settled": range(2, 30)})
    assert service.publish_epoch(opened).counts["roster_epoch"] == 1
    pay_again(opened, below=2)
    assert service.publish_epoch(opened).counts["roster_waiting"] == 2
    done = closing.seal(opened, dry_run=False)
    assert done.counts["roster_epoch"] == 2
    told = audited(opened, tmp_path)
    assert "epoch 2: settled 30" in told
    assert "SEALED: 30 awards of CNY 150,000.00; arrived 30 of CNY 150,000.00" in told
    first = contents(opened)
    again = closing.seal(opened, dry_run=False)
    assert "sealed" in again.notes[0]
    assert contents(opened) == first
    assert_no_planted(opened.case.site)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("planned", "2 awards are not sent"),
        ("accepted", "2 awards are under way"),
        ("returned", "2 awards came back"),
        ("refused", "2 awards wait for a person"),
    ],
)
def test_a_case_with_open_payments_is_not_sealed(
    opened_case: OpenedCase, state: str, words: str
) -> None:
    """It says how many awards are open, and what to do; nothing is written, nobody is asked."""
    opened = opened_case(approve_as=TWO, like=thirty_awarded)
    paid_up(opened, {state: range(2), "settled": range(2, 30)})
    before = contents(opened)
    with pytest.raises(NotFinalError, match=words):
        closing.seal(opened, dry_run=True)
    with pytest.raises(NotFinalError, match="elsewhere"):
        closing.seal(opened, [said("something elsewhere")], dry_run=False)
    assert contents(opened) == before


def test_two_people_approve_a_seal_and_a_dry_run_asks_nobody(opened_case: OpenedCase) -> None:
    """A dry run shows the totals; without approvals nothing is sealed."""
    opened = opened_case(like=thirty_published)
    shown = closing.seal(opened, dry_run=True)
    assert shown.counts["settled"] == shown.counts["people"] == 30
    assert not [entry for entry in trail(opened, ["proposed"]) if '"seal"' in entry.details]
    with pytest.raises(WaitingForApprovalError, match="30"):
        closing.seal(opened, dry_run=False)
    assert site.VERIFIER in contents(opened)
    assert "seal.json" not in contents(opened)


def test_nothing_is_added_to_a_sealed_log(thirty: OpenCase) -> None:
    """No claims, no epoch; a payment that comes back later is not published. SQL refuses, too."""
    claiming.issue(thirty)
    closing.seal(thirty, dry_run=False)
    before = contents(thirty)
    with pytest.raises(LogSealedError):
        claiming.publish_claims(thirty)
    with thirty.database.unit_of_work() as connection:
        connection.execute(
            "UPDATE payouts.payment SET state = 'returned', returned_at = settled_at"
        )
    assert "not published" in service.publish_epoch(thirty).notes[0]
    assert contents(thirty) == before
    for body in (bytes([2]) + bytes(44), bytes([8]) + bytes(68)):
        with (
            pytest.raises(psycopg.IntegrityError),
            thirty.database.unit_of_work() as connection,
        ):
            store.append(connection, store.size(connection), [body])


def test_keys_are_destroyed_after_the_seal_only_and_by_two(opened_case: OpenedCase) -> None:
    """The order is seal, approval, destruction; until then every key is there."""
    opened = opened_case(like=thirty_published)
    with pytest.raises(StageOrderError, match="seal"):
        closing.erase(opened, dry_run=True)
    with open_case(opened.case.root, approve_as=TWO) as two:
        closing.seal(two, dry_run=False)
    assert "ERASED is published" in closing.erase(opened, dry_run=True).notes[0]
    with pytest.raises(WaitingForApprovalError):
        closing.erase(opened, dry_run=False)
    assert not opened.vault.erased
    assert (opened.case.keys / "case.key").exists()


PEOPLE = 1_000


def a_thousand_sealed(root: Path) -> None:
    """A thousand people, all paid, with codes that can be claimed; the log is sealed."""
    write_case(root, toml(PEOPLE), files(PEOPLE))
    with open_case(root, approve_as=TWO) as opened:
        for step in (intake, determine, settle, award, service.publish, claiming.issue):
            step(opened)
        claiming.publish_claims(opened)
        pay_made_up(opened, {"settled": range(PEOPLE)})
        service.publish_epoch(opened)
        closing.seal(opened, dry_run=False)


def linked(opened: OpenCase) -> int:
    """Of how many people that are known by name and number the stores tell the award.

    By every way that the company had: its determination and the person's id, which is computed from
    an account under the case's key; the opening of each award, tried with the known values; the
    values themselves, anywhere in the database or in the files that are left.
    """
    registry = files(PEOPLE)[FILE].decode().splitlines()[1:]
    rows = [line.split(",") for line in registry]
    known = {account: {"name": name, "phone": phone} for account, name, phone in rows}
    found: set[str] = set()
    with suppress(AmendsError):
        found |= set(affected_accounts(opened, ("phone",))["account_id"])
    with opened.database.reading() as connection:
        rows_of_pages = connection.execute(
            "SELECT first_award, first_entry, openings, sealed FROM roster.opening_page"
        ).fetchall()
        tables = connection.execute(
            "SELECT schemaname || '.' || tablename FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        dump = "\n".join(
            str(row)
            for (table_name,) in tables
            for row in connection.execute(f"SELECT t::text FROM {table_name} AS t")  # noqa: S608
        )
    for first, entry, count, sealed in rows_of_pages:
        page = Page(
            first_award=whole(first),
            first_entry=whole(entry),
            openings=whole(count),
            sealed=octets(sealed),
        )
        with suppress(AmendsError):
            for opening in map(Opening.unpacked, page.opened(opened.vault)):
                salt = salts_of(opening.seed, HIDDEN)[HIDDEN.index("phone")]
                committed = opening.hidden[HIDDEN.index("phone")]
                found |= {
                    account
                    for account, values in known.items()
                    if field_digest("phone", salt, values["phone"]) == committed
                }
    kept = [path for path in opened.case.workspace.rglob("*") if path.is_file()]
    text = dump.encode() + b"".join(path.read_bytes() for path in kept)
    found |= {
        account
        for account, values in known.items()
        if any(value.encode() in text for value in values.values())
    }
    return len(found)


def test_after_erasure_nobody_of_a_thousand_is_linked_to_an_award(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """Before, the company's tools link all of 1,000 people; afterwards 0 from all of its stores."""
    opened = opened_case(approve_as=TWO, like=a_thousand_sealed)
    policy = tmp_path / "policy"
    service.write_policy(opened, policy)
    receipt = proving.receipt_of(opened, 7)
    assert linked(opened) == PEOPLE
    with open_case(opened.case.root, approve_as=TWO) as closer:
        closing.erase(closer, dry_run=False)
        assert linked(closer) == 0
    with open_case(opened.case.root, approve_as=TWO) as later:
        assert linked(later) == 0
        for lost in (
            lambda: proving.receipt_of(later, 7),
            lambda: later.vault.derive("person-id"),
            lambda: later.vault.seal(b"", "any", "row"),
        ):
            with pytest.raises(CaseErasedError):
                lost()
        assert "ERASED" in audited(later, tmp_path)
        before = contents(later)
        assert "destroyed" in closing.erase(later, dry_run=False).notes[0]
        assert contents(later) == before
    asked = verify.Policy(policy.read_bytes())
    assert verify.receipt(receipt.encode(), asked).startswith("Verified: award 7 ")


@pytest.mark.parametrize("after", ["destroy_evidence", "_shred", "destroy_case"])
def test_a_kill_during_erasure_is_mended_by_the_next_call(
    thirty: OpenCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    """Keys first, then the log: whatever a kill left, the same command ends in the same."""
    closing.seal(thirty, dry_run=False)
    original = getattr(type(thirty.vault), after)

    class KilledError(Exception):
        pass

    def kill(*args: object, **named: object) -> None:
        original(*args, **named)
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(type(thirty.vault), after, kill)
        with pytest.raises(KilledError):
            closing.erase(thirty, dry_run=False)
    assert "erased.json" not in contents(thirty)
    with open_case(thirty.case.root, approve_as=TWO) as opened:
        closing.erase(opened, dry_run=False)
        assert "ERASED" in audited(opened, tmp_path)
        assert not (opened.case.keys / "case.key").exists()
        assert not (opened.case.keys / "evidence.key").exists()


def test_a_log_is_not_sealed_while_money_is_asked_back(opened_case: OpenedCase) -> None:
    """An open recovery is named with what ends it; let go for a reason, the log can be sealed."""
    opened = opened_case(approve_as=TWO, like=thirty_published)
    asked = Money(amount_minor=100, currency="CNY")
    assert recovery.ask_back(opened, 0, asked, Ground.NOT_OWED, "a wrong class") == 1
    sealing = ["log", "seal", str(opened.case.root), "--dry-run"]
    refused = CliRunner().invoke(cli, sealing)
    assert isinstance(refused.exception, NotFinalError)
    assert "1 recoveries are open, CNY 1.00 together" in str(refused.exception)
    recovery.waive(opened, 1, "spent in good faith")
    assert CliRunner().invoke(cli, sealing).exit_code == 0
