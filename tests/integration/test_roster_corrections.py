from functools import partial
from pathlib import Path

import pytest

from amends.awards import corrections, promised, service
from amends.awards.correcting import Reason, Wanted
from amends.awards.model import PromiseError
from amends.evidence.intake import intake
from amends.governance import exports
from amends.governance.model import Approval, Proposal
from amends.governance.service import signed_proposal
from amends.kernel.errors import AmendsError
from amends.linkage.determine import determine
from amends.payees.service import settle
from amends.payouts.showing.held import held
from amends.preparing.store import unpublished
from amends.roster import proving, site
from amends.roster import service as roster
from amends.roster.entries import State
from amends.store.connection import Connection
from amends.vault.opened import OpenCase, open_case
from amends_verify import verify
from amends_verify.audit import Audit
from made_cases import MINIMAL_CASE, OpenedCase, people_files, write_case
from made_corrections import annul, paid, raised
from made_determination import determine_made_up, person

TWO = ("anna", "ben")


def thirty_awarded(root: Path) -> None:
    """Thirty people with awards."""
    write_case(root, MINIMAL_CASE, people_files(30))
    with open_case(root, approve_as=TWO) as opened:
        for step in (intake, determine, settle, service.award):
            step(opened)


@pytest.fixture
def thirty(opened_case: OpenedCase) -> OpenCase:
    """Thirty people with awards."""
    return opened_case(approve_as=TWO, like=thirty_awarded)


def correct(opened: OpenCase, *wanted: Wanted) -> None:
    """Correct awards, and state the promise anew."""
    corrections.correct(opened, wanted, partial(held, opened))
    promised.restate_promise(opened)


def audited(opened: OpenCase, tmp_path: Path) -> str:
    """What the outsider's audit says."""
    roster.write_policy(opened, tmp_path / "policy")
    policy = verify.Policy((tmp_path / "policy").read_bytes())
    return Audit(site.log_directory(opened.case), policy).run()


def test_a_new_award_is_to_be_published_though_another_was_annulled(thirty: OpenCase) -> None:
    """As many entries as awards that are owed are not everybody's: a check counts who has none."""
    roster.publish(thirty)
    correct(thirty, annul(7, Reason.COURT_DECISION))
    determine_made_up(thirty, {person(1): "NAME;PHONE"}, run_no=2)
    promised.restate_promise(thirty)
    service.award(thirty)
    with thirty.database.reading() as connection:
        assert unpublished(connection) == 1


def test_corrections_are_entries_of_the_roster(thirty: OpenCase, tmp_path: Path) -> None:
    """Before and after publication entries, sums, receipt and audit agree; again is no change."""
    correct(thirty, annul(7, Reason.COURT_DECISION))
    roster.publish(thirty)
    assert "29 awards of CNY 145,000.00" in audited(thirty, tmp_path)
    (entry,) = exports.exports(thirty)
    assert (entry.what, entry.rows) == ("roster.publish", 31)  # awards, and the correction
    more = [raised(3, 600_000), raised(7, 500_000, reason=Reason.AGREED)]
    corrections.correct(thirty, more, partial(held, thirty))
    with pytest.raises(PromiseError):
        roster.publish(thirty)
    promised.restate_promise(thirty)
    summary = roster.publish(thirty)
    assert summary.counts["roster_corrections"] == 3
    assert "court_decision 1, agreed 1" in audited(thirty, tmp_path)
    assert "30 awards of CNY 151,000.00" in audited(thirty, tmp_path)
    proving.write_receipt(thirty, 3, tmp_path / "receipt")
    policy = verify.Policy((tmp_path / "policy").read_bytes())
    receipt = verify.receipt((tmp_path / "receipt").read_bytes(), policy)
    assert "CORRECTED to CNY 6,000.00: amount_wrong" in receipt
    entries = summary.counts["roster_entries"]
    assert roster.publish(thirty).counts["roster_entries"] == entries


def test_states_follow_corrections(thirty: OpenCase, tmp_path: Path) -> None:
    """Paid and then owed more is open, annulled is open, and the sums of the epoch hold."""
    roster.publish(thirty)
    paid(thirty, dict.fromkeys(range(29), "settled"))
    correct(thirty, raised(3, 600_000), annul(29, Reason.COURT_DECISION))
    roster.publish(thirty)
    assert roster.publish_epoch(thirty).counts["roster_epoch"] == 1
    assert "settled 28, open 1" in audited(thirty, tmp_path)
    with thirty.database.reading() as connection:
        row = connection.execute("SELECT released FROM roster.epoch").fetchone()
    assert row is not None
    assert isinstance(row[0], bytes)
    assert [row[0][index] for index in (3, 29)] == [State.OPEN, State.OPEN]


def test_a_correction_that_was_tampered_with_never_goes_out(
    thirty: OpenCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decision without two valid signatures is refused by the outsider's verifier first."""
    roster.publish(thirty)
    correct(thirty, annul(7, Reason.COURT_DECISION))
    with monkeypatch.context() as context:
        context.setattr(roster, "signed_proposal", _one_signature)
        with pytest.raises(AmendsError, match="two"):
            roster.publish(thirty)
    assert roster.publish(thirty).counts["roster_corrections"] == 1


def _one_signature(connection: Connection, digest: str) -> tuple[Proposal, tuple[Approval, ...]]:
    """A proposal with one of its signatures."""
    proposal, approvals = signed_proposal(connection, digest)
    return proposal, approvals[:1]
