"""Whose payment was refused or came back is not forgotten: the promise to them is not kept."""

import asyncio
from datetime import timedelta

import psycopg
from click.testing import CliRunner

from amends.cli import cli
from amends.kernel.saying import in_language
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.planning import forecast_store
from amends.payouts.planning.outlook import watch_promise
from amends.payouts.planning.plan import plan_again
from amends.payouts.planning.replanning import replan
from amends.payouts.service import dry_run, last_outlook
from amends.vault.opened import OpenCase
from explained import plan_of
from fake_provider import ZONE, FakeProvider, Rates
from made_awards import make_awards, make_page, person
from made_cases import MINIMAL_CASE, OpenedCase

FUNDS = 100_000_000
NOT_KEPT = "the promise is not kept to {} people: their payment was refused or came back"


def provider_of(opened: OpenCase, **rates: float) -> FakeProvider:
    """A provider with enough money, and these mishaps."""
    return FakeProvider(1, Rates(**rates), opened.clock.now, FUNDS)


def outlooks(opened: OpenCase) -> list[tuple[object, ...]]:
    """What is kept: whether, of how many people, how many are late, and whose payment ended."""
    with opened.database.reading() as connection:
        return connection.execute(
            "SELECT kept, people, late, ended_unpaid FROM payouts.outlook ORDER BY outlook_no"
        ).fetchall()


def refused(opened: OpenCase, people: int) -> FakeProvider:
    """So many people whose payment was refused."""
    make_awards(opened, people)
    provider = provider_of(opened, refused=1.0)
    asyncio.run(pay_through(opened, provider))
    return provider


def test_payouts_whoever_was_refused_counts_beside_those_who_are_still_to_be_paid(
    opened_case: OpenedCase,
) -> None:
    """Ten were refused and five are new: the promise is not kept, and it is said to whom."""
    opened = opened_case(MINIMAL_CASE, approve_as=("anna", "bert"))
    refused(opened, 10)
    make_awards(opened, 5, first=10, declared=False)
    found, sentences = dry_run(opened)
    assert found is not None
    assert (found.people, found.in_time, found.ended_unpaid, found.kept) == (5, 5, 10, False)
    assert sentences[0].startswith("the promise can be kept to those whose payment has not left")
    (told,) = (one for one in sentences if one.startswith(NOT_KEPT.format(10)))
    assert "`amends retry CASE` says why" in told
    assert "被拒或退回" in in_language(told, "zh")
    moved = replan(opened, [provider_of(opened).capabilities], dry_run=True)
    assert any(note.startswith(NOT_KEPT.format(10)) for note in moved.notes)


def test_payouts_where_all_were_refused_nobody_says_that_nobody_is_left(
    opened_case: OpenedCase,
) -> None:
    """The forecast, the outlook at the end of the run, the command and its JSON say what to do."""
    opened = opened_case(MINIMAL_CASE, approve_as=("anna", "bert"))
    provider = refused(opened, 12)
    found, sentences = dry_run(opened)
    assert found is not None
    assert (found.people, found.ended_unpaid, found.kept) == (0, 12, False)
    assert [one.startswith(NOT_KEPT.format(12)) for one in sentences] == [True]
    assert outlooks(opened) == [(False, 0, 0, 12)]
    seen = last_outlook(opened)
    assert seen is not None
    told = seen.told(ZONE)
    assert told[0].endswith(
        "12 of 12 people were late or refused: 12 whose payment was refused or came back"
    )
    assert told[1].startswith("`amends retry CASE` says why")
    root = str(opened.case.root)
    done = CliRunner().invoke(cli, ["pay", root, "--dry-run"], catch_exceptions=False)
    assert NOT_KEPT.format(12) in done.output
    moved = replan(opened, [provider.capabilities], dry_run=True)
    assert moved.notes[0].startswith(NOT_KEPT.format(12))


def test_payouts_an_outlook_does_not_turn_to_kept_while_refused_people_are_unpaid(
    opened_case: OpenedCase,
) -> None:
    """Ten of the late were refused, five are left: another outlook, and it is none that is kept."""
    opened = opened_case(MINIMAL_CASE, approve_as=("anna", "bert"))
    refused(opened, 10)
    make_awards(opened, 5, first=10, declared=False)
    found = watch_promise(opened)
    assert found is not None
    assert not found.kept
    assert [one[0] for one in outlooks(opened)] == [False]


def test_payouts_a_last_outlook_says_that_nobody_waits(opened_case: OpenedCase) -> None:
    """Refused, planned again and paid: the broken one does not stand for ever; it is said once."""
    opened = opened_case(MINIMAL_CASE, approve_as=("anna", "bert"))
    provider = refused(opened, 4)
    provider.rates = Rates()
    assert plan_again(opened, [provider.capabilities], _reasons(opened)) == 4
    counts = asyncio.run(pay_through(opened, provider)).counts
    assert counts["settled"] == 4
    assert outlooks(opened) == [(False, 0, 0, 4), (True, 0, 0, 0)]
    assert watch_promise(opened) is None
    assert dry_run(opened)[0] is None
    seen = last_outlook(opened)
    assert seen is not None
    (told,) = seen.told(ZONE)
    assert told.startswith("seen while money went out: nobody waits for a payment since")
    assert "after" not in told
    assert seen.in_time


def test_payouts_a_last_outlook_after_the_promised_day_says_so(opened_case: OpenedCase) -> None:
    """Everybody has the money in the end, a month late: nobody reads that the promise was kept."""
    opened = opened_case(MINIMAL_CASE, approve_as=("anna", "bert"))
    provider = refused(opened, 2)
    opened.clock.sleep(timedelta(days=31))
    assert plan_again(opened, [provider.capabilities], _reasons(opened)) == 2
    provider.rates = Rates()
    asyncio.run(pay_through(opened, provider))
    seen = last_outlook(opened)
    assert seen is not None
    (told,) = seen.told(ZONE)
    assert "nobody waits for a payment since" in told
    assert "and that is after the promised" in told
    assert not seen.in_time


def test_payouts_what_comes_back_after_it_was_paid_is_an_outlook_of_reconciling(
    opened_case: OpenedCase,
) -> None:
    """All were paid in time and all comes back: `reconcile` keeps an outlook that says so, once."""
    opened = opened_case(MINIMAL_CASE, approve_as=("anna", "bert"))
    make_awards(opened, 3)
    provider = provider_of(opened, returned=1.0)
    asyncio.run(pay_through(opened, provider))
    assert outlooks(opened) == []
    opened.clock.sleep(timedelta(days=4))
    for _ in range(2):
        counts = asyncio.run(reconcile_through(opened, provider)).counts
        assert counts["returned"] == 3
        assert outlooks(opened) == [(False, 0, 0, 3)]


def _reasons(opened: OpenCase) -> list[str]:
    """For what payments ended."""
    with opened.database.reading() as connection:
        rows = connection.execute("SELECT DISTINCT reason FROM payouts.instruction").fetchall()
    return [str(reason) for (reason,) in rows]


def test_payouts_whoever_is_not_payable_any_more_is_not_counted(opened_case: OpenedCase) -> None:
    """Of three who were refused one has died: no second payment is their way to the money."""
    opened = opened_case(MINIMAL_CASE, approve_as=("anna", "bert"))
    refused(opened, 3)
    with psycopg.connect(opened.database.conninfo) as owner:
        owner.execute(
            b"UPDATE payees.payee SET state = 'needs_person', reason = 'deceased', kind = NULL, "
            b"sealed = NULL, details_mark = NULL "
            b"WHERE person_id = (SELECT min(person_id) FROM payees.payee)"
        )
    found, _ = dry_run(opened)
    assert found is not None
    assert found.ended_unpaid == 2


def test_payouts_each_whose_payment_ended_is_looked_up_and_nobody_else(
    opened_case: OpenedCase,
) -> None:
    """Forty in twenty pages: pages are not unpacked for them, and each is looked up."""
    opened = opened_case(MINIMAL_CASE, approve_as=("anna", "bert"))
    for first in range(0, 40, 2):
        make_page(opened, range(first, first + 2))
    for index in range(40):
        make_awards(opened, 1, first=index, declared=index == 0, whose=person(index))
    asyncio.run(pay_through(opened, provider_of(opened, refused=1.0)))
    with opened.database.reading() as connection:
        assert forecast_store.ended_unpaid(connection) == 40
        told = plan_of(connection, forecast_store.ended_unpaid)
    assert "unnest" not in told
