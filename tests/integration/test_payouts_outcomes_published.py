"""Outcomes in the rest of the case: the published log, and the raise of what was missing."""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path

from amends.awards import corrections
from amends.kernel.money import Money
from amends.payouts.paying import pay_through
from amends.payouts.rails.model import RefusalReason, Refused
from amends.payouts.reconciling import explaining
from amends.payouts.reconciling.closing_model import Explanation
from amends.payouts.service import retry
from amends.payouts.showing.held import held
from amends.roster import closing as sealing
from amends.roster import service as roster
from amends.roster import site
from amends_verify import verify
from amends_verify.audit import Audit
from fake_provider import FakeProvider, Rates
from made_awards import make_awards
from made_cases import OpenedCase
from made_corrections import raised
from made_determination import determine_made_up, person
from made_outcomes import close_case, close_days, only, reconcile, restate
from made_roster import TWO, thirty_awarded

NO = Refused(
    provider_reference=None, reason=RefusalReason.FAILED, code="TRADE_CLOSED", raw=b"never"
)


def test_an_award_that_was_published_as_paid_and_never_was_ends_as_paid(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """The log said settled; it goes on from there, agrees with itself, and is sealed."""
    opened = opened_case(approve_as=TWO, like=thirty_awarded)
    roster.publish(opened)
    provider = FakeProvider(seed=1, rates=Rates(), now=opened.clock.now, funds_minor=15_000_000)
    asyncio.run(pay_through(opened, provider))
    restate(provider, provider.lines[1:])
    reconcile(opened, provider)
    roster.publish(opened)
    found = only(opened)
    close_days(opened, provider)
    explaining.explain_told(opened, found.exception_id, Explanation.NOT_PAID, NO)
    roster.publish(opened)
    assert retry(opened, ["not_paid"]).counts == {"planned_again": 1}
    asyncio.run(pay_through(opened, provider))
    assert close_case(opened, provider)["settled_minor"] == 15_000_000
    roster.publish(opened)
    sealing.seal(opened, dry_run=False)
    roster.write_policy(opened, tmp_path / "policy")
    policy = verify.Policy((tmp_path / "policy").read_bytes())
    audited = Audit(site.log_directory(opened.case), policy).run()
    assert "Payments published: " in audited


def test_what_was_missing_of_a_payment_is_paid_on_top_and_the_case_closes(
    opened_case: OpenedCase,
) -> None:
    """The award is raised by the rest; what was written off for the company pays for it."""
    opened = opened_case(approve_as=("anna", "bert"))
    determine_made_up(opened, {person(index): "NAME;PHONE" for index in range(3)})
    make_awards(opened, 3)
    provider = FakeProvider(seed=1, rates=Rates(), now=opened.clock.now, funds_minor=90_000_000)
    asyncio.run(pay_through(opened, provider))
    first, *others = provider.lines
    less = replace(first, amount=Money(amount_minor=499_000, currency="CNY"))
    restate(provider, [less, *others])
    reconcile(opened, provider)
    explaining.explain(opened, only(opened).exception_id, Explanation.PAID_SHORT)
    index = next(
        at for at in range(3) if provider.orders[str(first.number)].payee.endswith(f"{at}")
    )
    corrections.correct(opened, [raised(index, 501_000)], partial(held, opened))
    asyncio.run(pay_through(opened, provider))
    figures = close_case(opened, provider)
    assert (figures["settled_minor"], figures["written_off_minor"]) == (1_501_000, -1_000)
    assert sum(line.amount.amount_minor for line in provider.lines) == 1_500_000
