"""Payments that wait for their payees are taken back: signed, written down, ended by a word."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from amends.cli import cli
from amends.governance.service import add_operator
from amends.kernel.accounts import AccountKind
from amends.kernel.errors import WaitingForApprovalError
from amends.payees import further
from amends.payees.model import PaymentDetails
from amends.payouts.after_payment.revoking import RevokeError, revoke, revoke_through
from amends.payouts.paying import pay_through, reconcile_through
from confirming_provider import openid, waiting_for_payees
from fake_provider import FakeProvider, Rates
from made_awards import make_awards, person
from made_cases import MINIMAL_CASE, OpenedCase

CASE = MINIMAL_CASE + '\n[[rail]]\nkind = "simulator"\nprotocol = "wechatpay"\n'


def test_what_waits_is_taken_back_and_goes_to_the_next_account(opened_case: OpenedCase) -> None:
    """Two never left, one had just confirmed, of one nobody knows; then the next account."""
    opened = opened_case(CASE)
    for name in ("anna", "ben", "cara"):
        add_operator(opened, name)
    make_awards(opened, 4, account_kind="openid")
    phone = PaymentDetails(account="13900000000", account_kind=AccountKind.PHONE, name="假人")
    assert further.name(opened, person(0), phone, 2, "cara")
    signing = replace(opened, approve_as=("anna", "ben"))
    waits = waiting_for_payees(opened, confirmed={openid(2)}, silent={openid(3)})
    phones = FakeProvider(
        seed=1,
        rates=Rates(),
        now=opened.clock.now,
        funds_minor=20_000_000,
        account_kinds=frozenset((AccountKind.PHONE,)),
    )
    rails = (phones, waits)
    assert asyncio.run(pay_through(signing, *rails)).counts["accepted"] == 4

    def back(*, by_two: bool = True, dry_run: bool = False, days: int = 0) -> dict[str, int]:
        case, held_for = signing if by_two else opened, timedelta(days=days)
        taking = revoke_through(case, rails, "late", held_for=held_for, dry_run=dry_run)
        return dict(asyncio.run(taking).counts)

    assert back(by_two=False, dry_run=True) == {"to_revoke": 4}
    with pytest.raises(RevokeError, match="nothing waits"):
        back(days=9)
    with pytest.raises(WaitingForApprovalError):
        back(by_two=False)
    assert not waits.cancels
    assert back() == {"accepted": 1, "refused": 2, "settled": 1}
    assert sorted(waits.cancels) == [openid(at) for at in range(4)]
    waits.silent.clear()
    assert back(by_two=False) == {"refused": 1}  # signed before, written down, and asked again
    assert waits.cancels[4:] == [openid(3)]
    counts = asyncio.run(pay_through(signing, *rails)).counts
    assert (counts["settled"], counts["refused"], counts["accepted"]) == (2, 2, 0)
    assert [one.payee for one in phones.orders.values()] == ["13900000000"]
    counts = asyncio.run(reconcile_through(signing, *rails)).counts
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT award_index, state_code, reason FROM payouts.award_standing ORDER BY 1"
        ).fetchall()
        kept = connection.execute(
            "SELECT payments, reason, (SELECT count(*) FROM payouts.revoked) "
            "FROM payouts.revocation"
        ).fetchall()
    assert rows == [(0, 2, None), (1, 4, "cancelled"), (2, 2, None), (3, 4, "cancelled")]
    assert kept == [(4, "late", 4)]


def test_where_nobody_has_to_confirm_nothing_is_taken_back(opened_case: OpenedCase) -> None:
    """Alipay pays by itself: the command says so, in its language."""
    opened = opened_case(approve_as=("anna", "ben"))
    with pytest.raises(RevokeError, match="no rail of this case lets"):
        revoke(opened, "x")
    done = CliRunner().invoke(cli, ["revoke", str(opened.case.root), "--reason", "x"])
    assert done.exit_code == 1
