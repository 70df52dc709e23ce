"""Approvals, the audit trail and the register of exports, on a real database."""

import hashlib
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from amends.governance import exports, rules, shown
from amends.governance import service as governance
from amends.governance.model import AuditBrokenError, GovernanceError
from amends.kernel.casefile import read_case
from amends.kernel.errors import CaseFileError, WaitingForApprovalError
from amends.vault.opened import ApproveAsError, OpenCase, open_case
from made_cases import MINIMAL_CASE, CaseDirectory, OpenedCase, SharedServer

BODY = {"people": 300, "total_minor": 150_000_000}


def _as_root(server: SharedServer, opened: OpenCase) -> psycopg.Connection[tuple[object, ...]]:
    """A connection that may change history, as nobody who works on the case may."""
    name = conninfo_to_dict(opened.database._conninfo)["dbname"]
    return psycopg.connect(make_conninfo(server.root_conninfo, dbname=name))


def _two_operators(opened: OpenCase) -> None:
    """Add two operators."""
    for name in ("first", "second"):
        governance.add_operator(opened, name)


def test_a_decision_waits_until_two_operators_signed_it(opened_case: OpenedCase) -> None:
    """Nothing passes with no approval or one; two different operators let it pass."""
    opened = opened_case()
    _two_operators(opened)
    with pytest.raises(WaitingForApprovalError, match=r"award .* 0 of 2 .*amends approve .* --as"):
        governance.require_approval(opened, "award", BODY)
    governance.approve(opened, None, "first")
    with pytest.raises(WaitingForApprovalError, match=r"1 of 2 approvals \(by first\)"):
        governance.require_approval(opened, "award", BODY)
    assert len(governance.approve(opened, None, "second").approvers) == 2
    governance.require_approval(opened, "award", BODY)
    assert governance.pending(opened) == []


def test_one_operator_counts_once(opened_case: OpenedCase) -> None:
    """An operator who signs twice has given one approval."""
    opened = opened_case()
    _two_operators(opened)
    with pytest.raises(WaitingForApprovalError):
        governance.require_approval(opened, "pay", BODY)
    governance.approve(opened, None, "first")
    assert governance.approve(opened, None, "first").approvers == ("first",)
    with pytest.raises(WaitingForApprovalError, match="1 of 2"):
        governance.require_approval(opened, "pay", BODY)


def test_an_approval_is_of_the_exact_proposal(opened_case: OpenedCase) -> None:
    """Approvals of one figure do not let another figure, or another kind of decision, pass."""
    opened = opened_case()
    _two_operators(opened)
    with pytest.raises(WaitingForApprovalError):
        governance.require_approval(opened, "award", BODY)
    governance.approve(opened, None, "first")
    governance.approve(opened, None, "second")
    with pytest.raises(WaitingForApprovalError, match="0 of 2"):
        governance.require_approval(opened, "award", {**BODY, "people": 301})
    with pytest.raises(WaitingForApprovalError, match="0 of 2"):
        governance.require_approval(opened, "publish", BODY)


def test_a_forged_approval_does_not_count(opened_case: OpenedCase) -> None:
    """A row in the table without the operator's own signature approves nothing."""
    opened = opened_case()
    _two_operators(opened)
    with pytest.raises(WaitingForApprovalError):
        governance.require_approval(opened, "award", BODY)
    governance.approve(opened, None, "first")
    digest = governance.pending(opened)[0].proposal.digest
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO governance.approval (digest, operator, signature, occurred_at) "
            "SELECT digest, 'second', signature, occurred_at FROM governance.approval "
            "WHERE digest = %(digest)s",
            {"digest": digest},
        )
    with pytest.raises(WaitingForApprovalError, match=r"1 of 2 approvals \(by first\)"):
        governance.require_approval(opened, "award", BODY)


def test_operators_of_approve_as_sign_at_once(opened_case: OpenedCase) -> None:
    """With two names given, the decision passes, and both operators exist afterwards."""
    opened = opened_case(approve_as=("one", "two"))
    governance.require_approval(opened, "award", BODY)
    governance.require_approval(opened, "award", BODY)
    assert governance.operators(opened) == ["one", "two"]


@pytest.mark.parametrize("names", [("one",), ("one", "one")])
def test_approve_as_needs_two_different_people(
    opened_case: OpenedCase, names: tuple[str, ...]
) -> None:
    """One name, also given twice, is refused and signs nothing."""
    opened = opened_case(approve_as=names)
    with pytest.raises(ApproveAsError, match="two different operators"):
        governance.require_approval(opened, "award", BODY)
    assert governance.operators(opened) == []


def test_approve_as_is_refused_where_money_could_move(case_directory: CaseDirectory) -> None:
    """A case with a rail that is no simulator does not open with --approve-as."""
    toml = MINIMAL_CASE.replace('kind = "simulator"', 'kind = "alipay"')
    root = case_directory(toml.replace('clock = "simulated"', 'clock = "real"'))
    with (
        pytest.raises(ApproveAsError, match="every rail is a simulator"),
        open_case(root, approve_as=("one", "two")),
    ):
        pass


def test_an_operator_key_is_the_operators_own(opened_case: OpenedCase, tmp_path: Path) -> None:
    """A key can lie elsewhere, is readable by its owner only, and signs for its operator only."""
    opened = opened_case()
    _two_operators(opened)
    elsewhere = tmp_path / "third.pem"
    assert governance.add_operator(opened, "third", key_file=elsewhere) == elsewhere
    assert elsewhere.stat().st_mode & 0o777 == 0o600
    with pytest.raises(WaitingForApprovalError):
        governance.require_approval(opened, "award", BODY)
    with pytest.raises(GovernanceError, match="not the key of operator first"):
        governance.approve(opened, None, "first", key_file=elsewhere)
    assert governance.approve(opened, None, "third", key_file=elsewhere).approvers == ("third",)


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "x" * 65])
def test_an_operator_name_is_no_path(opened_case: OpenedCase, name: str) -> None:
    """Names that would leave the folder of keys are refused."""
    with pytest.raises(GovernanceError, match="cannot be an operator's name"):
        governance.add_operator(opened_case(), name)


def test_the_audit_trail_shows_every_change(opened_case: OpenedCase, server: SharedServer) -> None:
    """A changed detail, a changed time and a missing entry are each found by number."""
    opened = opened_case()
    for number in range(4):
        governance.audit(opened, "tester", "counted", {"number": number})
    assert governance.verify_audit(opened)
    for change in (
        "UPDATE governance.audit SET details = '{\"number\":7}' WHERE entry_no = 3",
        "UPDATE governance.audit SET occurred_at = occurred_at + '1 us' WHERE entry_no = 3",
        "DELETE FROM governance.audit WHERE entry_no = 3",
    ):
        with _as_root(server, opened) as connection:
            connection.execute(
                "CREATE TABLE kept AS SELECT * FROM governance.audit WHERE entry_no = 3"
            )
            connection.execute(change.encode())
        with pytest.raises(AuditBrokenError, match="entry 3"):
            governance.verify_audit(opened)
        with _as_root(server, opened) as connection:
            connection.execute("DELETE FROM governance.audit WHERE entry_no = 3")
            connection.execute("INSERT INTO governance.audit SELECT * FROM kept")
            connection.execute("DROP TABLE kept")
        assert governance.verify_audit(opened)


def test_an_export_is_registered_and_audited(opened_case: OpenedCase, tmp_path: Path) -> None:
    """A file that leaves stands in the register, and moves the head of the audit trail."""
    opened = opened_case()
    before = governance.audit_head(opened)
    digest = hashlib.sha256(b"file").hexdigest()
    leaving = exports.outgoing("awards", 300)
    exports.let_out(opened, leaving, tmp_path / "a", lambda part: part.write_bytes(b"file"))
    assert [(one.what, one.file_sha256, one.rows) for one in exports.exports(opened)] == [
        ("awards", digest, 300)
    ]
    assert governance.audit_head(opened) != before


BANDS = (
    MINIMAL_CASE
    + """
[[governance.band]]
from = "CNY 1000000.00"
people = 3
one_of = ["cfo"]

[[governance.band]]
from = "CNY 2000000.00"
people = 4
"""
)


def test_who_signs_depends_on_the_amount(opened_case: OpenedCase) -> None:
    """Three sign a million, the chief of finance among them; four sign two; two a small sum."""
    opened = opened_case(BANDS)
    for name in ("first", "second", "third", "cfo"):
        governance.add_operator(opened, name)
    with pytest.raises(WaitingForApprovalError, match=r"0 of 3 \(one of cfo among them\)"):
        governance.require_approval(opened, "award", BODY)
    for name in ("first", "second", "third"):
        governance.approve(opened, None, name)
    with pytest.raises(WaitingForApprovalError, match="3 of 3"):
        governance.require_approval(opened, "award", BODY)
    assert governance.approve(opened, None, "cfo").signed
    governance.require_approval(opened, "award", BODY)
    needs = {
        minor: rules.need(opened.case.file.governance, f'{{"total_minor":{minor}}}').people
        for minor in (99_999_999, 100_000_000, 199_999_999, 200_000_000)
    }
    assert needs == {99_999_999: 2, 100_000_000: 3, 199_999_999: 3, 200_000_000: 4}


def test_at_once_means_as_many_as_the_amount_asks_for(opened_case: OpenedCase) -> None:
    """--approve-as with two names is refused where three have to sign."""
    opened = opened_case(BANDS, approve_as=("first", "cfo"))
    with pytest.raises(ApproveAsError, match="one of cfo"):
        governance.require_approval(opened, "award", BODY)


def test_a_band_of_one_person_is_no_band(case_directory: CaseDirectory) -> None:
    """case.toml cannot let anybody decide alone."""
    with pytest.raises(CaseFileError, match="nobody decides alone"):
        read_case(case_directory(BANDS.replace("people = 3", "people = 1")))


def test_who_proposes_does_not_sign(opened_case: OpenedCase) -> None:
    """Neither the command nor the database lets the maker be one of the two."""
    opened = replace(opened_case(), by="first")
    _two_operators(opened)
    governance.add_operator(opened, "third")
    with pytest.raises(WaitingForApprovalError):
        governance.require_approval(opened, "award", BODY)
    with pytest.raises(GovernanceError, match="first has proposed this"):
        governance.approve(opened, None, "first")
    (waiting,) = governance.pending(opened)
    with (
        pytest.raises(psycopg.errors.CheckViolation) as refused,
        opened.database.unit_of_work() as connection,
    ):
        connection.execute(
            "INSERT INTO governance.approval (digest, operator, signature, occurred_at) "
            "VALUES (%s, 'first', %s, now())",
            [waiting.proposal.digest, b"s" * 64],
        )
    assert refused.value.diag.constraint_name == "approval_not_by_its_maker"
    for name in ("second", "third"):
        governance.approve(opened, None, name)
    governance.require_approval(opened, "award", BODY)


def test_whose_signature_does_not_count_is_shown_as_that(opened_case: OpenedCase) -> None:
    """Barred after they signed: one of two has signed for those who look as for who pays."""
    opened = opened_case()
    _two_operators(opened)
    with pytest.raises(WaitingForApprovalError):
        governance.require_approval(opened, "pay", BODY)
    for name in ("first", "second"):
        digest = governance.approve(opened, None, name).proposal.digest
    (whole,) = shown.proposals(opened)
    assert (whole.approved, whole.approvers) == (True, ("first", "second"))
    with pytest.raises(WaitingForApprovalError, match=r"1 of 2 approvals \(by second\)"):
        governance.require_approval(opened, "pay", BODY, {"first"})
    (listed,) = shown.page(opened, shown.Wanted(approved=False), most=9).rows
    for one in (listed, *shown.proposals(opened), shown.proposal(opened, digest)[0]):
        assert (one.approved, one.approvers) == (False, ("second",))
        assert [each.operator for each in one.signed] == ["first", "second"]
        assert [one.waits_for(name) for name in ("first", "second", "third")] == [
            False,
            False,
            True,
        ]
    assert shown.page(opened, shown.Wanted(approved=True), most=9).rows == []
