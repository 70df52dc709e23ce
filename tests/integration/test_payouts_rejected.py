"""Plans that somebody says no to: nobody signs them any more, and their payments are paid anew."""

import asyncio
import json

import psycopg
import pytest
from click.testing import CliRunner

from amends.cli import cli
from amends.governance import decisions, shown
from amends.governance.model import DecisionError, GovernanceError
from amends.governance.service import add_operator, approve, pending, require_approval, trail
from amends.kernel.accounts import AccountKind
from amends.kernel.errors import WaitingForApprovalError
from amends.payouts.paying import pay_through, reconcile_through, work_through
from amends.payouts.planning import plan_store, reject_store
from amends.payouts.planning.rejecting import reject
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates
from made_awards import AMOUNT_MINOR, make_awards
from made_cases import MINIMAL_CASE, OpenedCase

FIRST = MINIMAL_CASE + "\n[pay]\nfirst = 2\n"
WHY = "the bank's quota is not agreed yet"


def provider(opened: OpenCase) -> FakeProvider:
    """A provider without mishaps."""
    return FakeProvider(
        seed=1,
        rates=Rates(),
        now=opened.clock.now,
        funds_minor=20 * AMOUNT_MINOR,
        account_kinds=frozenset((AccountKind.PHONE,)),
    )


def waits(opened: OpenCase, alipay: FakeProvider) -> str:
    """The digest of the one plan that waits when paying was tried."""
    with pytest.raises(WaitingForApprovalError):
        asyncio.run(pay_through(opened, alipay))
    (waiting,) = pending(opened)
    return waiting.proposal.digest


def prepared(opened: OpenCase) -> FakeProvider:
    """Two who may sign, ten who are owed, and who pays them."""
    for name in ("anna", "bert"):
        add_operator(opened, name)
    make_awards(opened, 10)
    return provider(opened)


def test_what_is_rejected_is_planned_anew_and_paid_once(opened_case: OpenedCase) -> None:
    """The first plan never goes out, also where one person had signed it; the second pays all."""
    opened = opened_case()
    alipay = prepared(opened)
    first = waits(opened, alipay)
    approve(opened, first, "anna")
    assert reject(opened, first[:12], WHY).counts == {"ended_unsent": 10}
    assert not pending(opened)
    assert not shown.proposal(opened, first)[0].waiting
    with pytest.raises(GovernanceError, match="rejected"):
        approve(opened, first, "bert")
    asyncio.run(work_through(opened, alipay))
    assert not alipay.orders
    second = waits(opened, alipay)
    assert second != first
    for name in ("anna", "bert"):
        approve(opened, second, name)
    counts = asyncio.run(pay_through(opened, alipay)).counts
    assert len(alipay.orders) == 10
    assert set(alipay.paid().values()) == {1}
    counts = asyncio.run(reconcile_through(opened, alipay)).counts
    assert (counts["settled"], counts["exceptions"], counts["books_balanced"]) == (10, 0, 1)
    body = json.loads(shown.proposal(opened, second)[0].proposal.body)
    assert (body["plan"], body["again"], body["case_total_minor"]) == (2, 1, 10 * AMOUNT_MINOR)


def test_a_rejection_is_audited_and_its_reason_logged(opened_case: OpenedCase) -> None:
    """By whom, which plan, how many; why stands in the log of decisions, and names nobody."""
    opened = opened_case()
    alipay = prepared(opened)
    digest = waits(opened, alipay)
    with pytest.raises(DecisionError, match="number"):
        reject(opened, digest, "13800138000 called")
    with pytest.raises(DecisionError, match="empty"):
        reject(opened, digest, " ")
    assert pending(opened)
    reject(opened, digest, WHY)
    (entry,) = trail(opened, ["plan rejected"])
    assert (entry.actor, json.loads(entry.details)) == (opened.by, {"plan": 1, "count": 10})
    assert [(one.what, one.reason) for one in decisions.log(opened)] == [
        (f"refused pay {digest[:12]}", WHY)
    ]


def test_what_was_approved_or_rejected_is_not_rejected(opened_case: OpenedCase) -> None:
    """Neither twice, nor once two have signed and it goes out, nor what is no plan at all."""
    opened = opened_case()
    alipay = prepared(opened)
    first = waits(opened, alipay)
    reject(opened, first, WHY)
    with pytest.raises(GovernanceError, match="plan 1 was approved or rejected"):
        reject(opened, first, WHY)
    second = waits(opened, alipay)
    for name in ("anna", "bert"):
        approve(opened, second, name)
    asyncio.run(pay_through(opened, alipay))
    with pytest.raises(GovernanceError, match="plan 2 was approved or rejected"):
        reject(opened, second, WHY)
    with pytest.raises(WaitingForApprovalError):
        require_approval(opened, "promise", {"switch": 1})
    (other,) = pending(opened)
    with pytest.raises(GovernanceError, match="no plan of payments"):
        reject(opened, other.proposal.digest, WHY)


def test_a_first_batch_that_is_rejected_is_a_first_batch_again(opened_case: OpenedCase) -> None:
    """It is not taken for one that has ended: two are proposed anew, not the other eight."""
    opened = opened_case(FIRST)
    alipay = prepared(opened)
    for _ in range(2):
        digest = waits(opened, alipay)
        assert json.loads(shown.proposal(opened, digest)[0].proposal.body)["count"] == 2
        reject(opened, digest, WHY)
    assert json.loads(shown.proposal(opened, waits(opened, alipay))[0].proposal.body)["count"] == 2


def test_the_command_ends_a_plan(opened_case: OpenedCase) -> None:
    """By the beginning of its proposal; the figures, and what comes next."""
    opened = opened_case()
    digest = waits(opened, prepared(opened))
    called = ["reject", str(opened.case.root), digest[:12], "--reason", WHY, "--json"]
    done = CliRunner().invoke(cli, called)
    assert json.loads(done.output)["counts"] == {"ended_unsent": 10}
    assert not pending(opened)


def test_the_database_keeps_what_was_rejected_from_going_out(opened_case: OpenedCase) -> None:
    """No approval, no signature, no way back, and no rejection that leaves payments planned."""
    opened = opened_case()
    alipay = prepared(opened)
    digest = waits(opened, alipay)
    now = opened.clock.now()
    with (
        pytest.raises(psycopg.errors.CheckViolation) as whole,
        opened.database.unit_of_work() as connection,
    ):
        reject_store.reject(connection, 1, now)
    for name in ("anna", "bert"):
        approve(opened, digest, name)
    reject(opened, digest, WHY)
    with opened.database.unit_of_work() as connection:
        assert plan_store.approve_plan(connection, 1, digest, now) == 0
    assert whole.value.diag.constraint_name == "plan_rejected_as_a_whole"
    attacks = {
        "plan_approved_or_rejected": "UPDATE payouts.plan SET approved_at = now(), "
        "proposal_sha256 = (SELECT digest FROM governance.proposal)",
        "plan_rejected_as_a_whole": "UPDATE payouts.plan SET rejected_at = NULL",
        "approval_not_of_a_rejected": "INSERT INTO governance.operator (name, public_key, "
        "occurred_at) VALUES ('cleo', sha256('c'), now()); INSERT INTO governance.approval "
        "(digest, operator, signature, occurred_at) SELECT digest, 'cleo', "
        "sha256('a') || sha256('b'), now() FROM governance.proposal",
    }
    for constraint, statement in attacks.items():
        with (
            pytest.raises(psycopg.errors.CheckViolation) as refused,
            opened.database.unit_of_work() as connection,
        ):
            connection.execute(statement.encode())
        assert refused.value.diag.constraint_name == constraint
