"""Money paid too much: asked back by two people, matched once, let go by two; never netted."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from amends.awards import corrections
from amends.cli import cli
from amends.governance.exports import exports
from amends.governance.service import add_operator, approve, pending
from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.money import Money
from amends.ledger.service import balances, check_trial
from amends.payees.model import Situation
from amends.payees.shown import show
from amends.payouts.after_payment import recovery, refusals, waiting
from amends.payouts.after_payment.recovery_rules import Ground, RecoveryError, Standing
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.reconciling.closing import close_case_agreed
from amends.payouts.reconciling.closing_model import NotClosedError
from amends.payouts.service import export_payments
from amends.payouts.showing.held import held
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates
from made_awards import make_awards, person
from made_cases import MINIMAL_CASE, OpenedCase
from made_corrections import paid, raised
from made_determination import determine_made_up

TWO = ("anna", "ben")
BAND = '\n[[governance.band]]\nfrom = "CNY 1.00"\npeople = 3\n'
_LET_GO_AGAIN = """INSERT INTO payouts.recovery_event (recovery_no, step, kind, amount_minor,
    entered_by, because, proposal_sha256, occurred_at)
    VALUES (1, 9, 'waived', 1, 'x', 'x', repeat('0', 64), now())"""
_TOO_MUCH_ASKED = """INSERT INTO payouts.recovery SELECT 2, instruction_id, award_index, 500001,
    currency, 'not_owed', '', repeat('0', 64), now()
    FROM payouts.instruction WHERE award_index = 1"""


def provider_of(opened: OpenCase, **rates: float) -> FakeProvider:
    """A provider with enough money, and these mishaps."""
    return FakeProvider(seed=2, rates=Rates(**rates), now=opened.clock.now, funds_minor=20_000_000)


def money(yuan: int) -> Money:
    """So many yuan."""
    return Money(amount_minor=yuan * 100, currency="CNY")


def in_books(opened: OpenCase, *accounts: str) -> list[int]:
    """The balances of these accounts."""
    with opened.database.reading() as connection:
        assert check_trial(connection)
        found = balances(connection)
    return [found[account] for account in accounts]


def test_recovery_is_asked_matched_and_let_go_beside_the_award(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """Each step is in the books; nothing that is owed becomes less; no fen is asked back twice."""
    opened = opened_case(approve_as=TWO)
    determine_made_up(opened, {person(index): "NAME" for index in range(2)})
    make_awards(opened, 2)
    provider = provider_of(opened)
    asyncio.run(pay_through(opened, provider))
    assert recovery.ask_back(opened, 0, money(1000), Ground.TOO_MUCH, "x", dry_run=True) is None
    assert recovery.recoveries(opened) == []
    assert recovery.ask_back(opened, 0, money(1000), Ground.TOO_MUCH, "wrong class") == 1
    with pytest.raises(RecoveryError, match=r"at most CNY 4,000\.00"):
        recovery.ask_back(opened, 0, money(4500), Ground.NOT_OWED, "x")
    accounts = ("receivable", "to_recover", "recovered")
    assert in_books(opened, *accounts) == [100_000, 100_000, 0]
    recovery.write_letter(opened, 1, tmp_path / "letter.json")
    letter = json.loads((tmp_path / "letter.json").read_bytes())
    assert (letter["amount_minor"], letter["last_day"]) == (100_000, "2029-11-21")
    assert "第九百八十五条" in letter["letter"]["zh"]["law"]
    assert [one.what for one in exports(opened)][-1] == "recovery_letter"
    part = recovery.repaid(opened, 1, money(400), "BANK-77")
    assert (part.standing, part.rest) == (Standing.PARTLY_REPAID, money(600))
    with pytest.raises(RecoveryError, match="matched before"):
        recovery.repaid(opened, 1, money(100), " BANK-77")
    with pytest.raises(RecoveryError, match=r"at most CNY 600\.00"):
        recovery.repaid(opened, 1, money(700), "BANK-78")
    corrections.correct(opened, [raised(0, 600_000)], partial(held, opened))
    counts = asyncio.run(pay_through(opened, provider)).counts  # a raise comes whole, not netted
    assert counts["settled_minor"] == 1_000_000 + 100_000
    (still,) = recovery.unfinished(opened)
    assert "1 recoveries are open, CNY 600.00 together" in still
    with pytest.raises(NotClosedError, match="amends recover waive"):
        close_case_agreed(opened, {"alipay": None}, dry_run=True)
    assert recovery.waive(opened, 1, "spent in good faith").standing is Standing.WAIVED
    assert in_books(opened, *accounts) == [0, 0, 40_000]
    assert recovery.unfinished(opened) == ()
    said_why = CliRunner().invoke(cli, ["recover", "why", str(opened.case.root), "1"]).output
    assert said_why == "asked back: wrong class\nlet go: spent in good faith\n"
    with opened.database.reading() as connection:
        (kept,) = connection.execute(
            "SELECT because FROM payouts.recovery_event WHERE kind = 'waived'"
        ).fetchone() or (b"",)
    assert kept
    assert b"good faith" not in bytes(str(kept), "utf-8")
    with pytest.raises(RecoveryError, match="is over"):
        recovery.waive(opened, 1, "x")
    counts = asyncio.run(reconcile_through(opened, provider)).counts
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1
    for statement in (_LET_GO_AGAIN, _TOO_MUCH_ASKED):
        with (
            pytest.raises(psycopg.errors.CheckViolation),
            opened.database.unit_of_work() as connection,
        ):
            connection.execute(statement.encode())
    told = CliRunner().invoke(cli, ["recover", "list", str(opened.case.root), "--json"])
    assert json.loads(told.output)["recoveries"][0]["standing"] == "waived"


def test_refusals_become_states_that_an_operator_signs(opened_case: OpenedCase) -> None:
    """Nobody is moved by a refusal alone; moved they are owed as before, and not paid again."""
    opened = opened_case(approve_as=TWO)
    for name in ("anna", "ben", "cara"):
        add_operator(opened, name)
    make_awards(opened, 3)
    provider = provider_of(opened, refused=1.0)
    asyncio.run(pay_through(opened, provider))
    assert show(opened, person(0))["situation"] == Situation.ADULT.value
    assert refusals.enter(opened, "cara", dry_run=True).by_reason == {"name_mismatch": 3}
    done = refusals.enter(opened, "cara")
    assert (done.by_reason, done.left) == ({"name_mismatch": 3}, 0)
    assert show(opened, person(0))["situation"] == Situation.NO_ACCOUNT.value
    assert refusals.enter(opened, "cara").by_reason == {}
    assert asyncio.run(pay_through(opened, provider)).counts["needs_person"] == 3
    assert export_payments(opened).num_rows == 3


def test_held_by_a_provider_is_told_with_what_ends_it(opened_case: OpenedCase) -> None:
    """What a provider has taken is listed, longest first, and sent by nobody meanwhile."""
    opened = opened_case(approve_as=TWO)
    make_awards(opened, 3)
    paid(opened, dict.fromkeys(range(3), "accepted"))
    found, many = waiting.holdings(opened, 2)
    assert ([one.award_index for one in found], many) == ([0, 1], 3)
    since = found[0].since
    assert "reconcile" in found[0].told(since)
    confirming = replace(found[0], until=since + timedelta(hours=24))
    assert "remind them" in confirming.told(since)
    assert "time to confirm is over" in confirming.told(since + timedelta(hours=24))
    told = CliRunner().invoke(cli, ["held", str(opened.case.root), "--json"])
    assert json.loads(told.output)["held"] == 3


def test_recovery_of_much_money_needs_as_many_as_its_band(opened_case: OpenedCase) -> None:
    """The proposal says how many sign; the database holds the recovery to that, too."""
    opened = opened_case(MINIMAL_CASE + BAND, approve_as=(*TWO, "cara"))
    make_awards(opened, 1)
    asyncio.run(pay_through(opened, provider_of(opened)))
    unsigned = replace(opened, approve_as=())
    with pytest.raises(WaitingForApprovalError, match="0 of 3"):
        recovery.ask_back(unsigned, 0, money(5), Ground.TOO_MUCH, "wrong class")
    (proposed,) = pending(opened)
    for name in TWO:
        approve(opened, proposed.proposal.digest, name)
    with (
        pytest.raises(psycopg.errors.CheckViolation) as refused,
        opened.database.unit_of_work() as connection,
    ):
        connection.execute(
            "INSERT INTO payouts.recovery SELECT 1, instruction_id, award_index, 500, currency, "
            "'too_much', '', %(digest)s, now() FROM payouts.instruction",
            {"digest": proposed.proposal.digest},
        )
    assert refused.value.diag.constraint_name == "recovery_signed_as_it_is"
    approve(opened, proposed.proposal.digest, "cara")
    assert recovery.ask_back(unsigned, 0, money(5), Ground.TOO_MUCH, "wrong class") == 1
