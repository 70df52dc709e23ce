"""Raises after payment: the difference is paid under a number of its own, once, and published."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg
import pytest

from amends.awards import corrections, promised
from amends.awards import service as awards
from amends.awards.correcting import CorrectionError, Reason
from amends.awards.reassessing import reassessed
from amends.evidence.intake import intake
from amends.governance.service import add_operator
from amends.kernel.accounts import AccountKind
from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.ids import PersonId
from amends.ledger.service import balances, check_trial
from amends.linkage.determine import determine
from amends.payees import further
from amends.payees.model import PaymentDetails
from amends.payees.service import settle
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.planning import plan_store, replan_store
from amends.payouts.planning.plan import NOT_THE_ACCOUNT
from amends.payouts.service import export_payments, retry
from amends.payouts.showing.held import held
from amends.roster import closing, site
from amends.roster import service as roster
from amends.vault.opened import OpenCase, open_case
from amends_verify import verify
from amends_verify.audit import Audit
from fake_provider import FakeProvider, Rates
from made_awards import make_awards
from made_cases import MINIMAL_CASE, OpenedCase
from made_corrections import raised
from made_determination import determine_made_up, person

TWO = ("anna", "ben")


def scenario(name: str, amount: int, of: str) -> str:
    """A scenario of a tariff."""
    title = 'title = { zh = "甲", en = "A" }'
    return f'[[tariff.scenario]]\nid = "{name}"\n{title}\namount = "CNY {amount}.00"\n{of}\n'


TARIFF = scenario("any", 1000, "") + scenario("address", 2000, 'any_of = ["ADDRESS"]')
TARIFF += scenario("email", 6000, 'any_of = ["EMAIL"]')
_FILE = '[[evidence]]\npath = "evidence/{name}.csv"\ntranche = {tranche}\n'
_EVIDENCE = '[[evidence]]\npath = "evidence/dump.csv"\n'


def case_toml(tariff: str, *files: tuple[str, int]) -> str:
    """A case with that tariff and these files of evidence, each of a tranche."""
    evidence = "".join(_FILE.format(name=name, tranche=tranche) for name, tranche in files)
    return (
        MINIMAL_CASE.replace("CNY 5000.00", "CNY 1000.00")
        .replace(
            'preset = "flat"\namount = "CNY 1000.00"', f'preset = "scenario-factors"\n{tariff}'
        )
        .replace('per_person = "CNY 1000.00"\n', "")
        .replace(_EVIDENCE, evidence)
    )


CASE = case_toml(TARIFF, ("phone", 1), ("address", 1), ("email", 1))
LATER = case_toml(
    TARIFF + scenario("birth", 7777, 'any_of = ["BIRTH"]'),
    *(("phone", 1), ("address", 1), ("less", 1), ("more", 2), ("birth", 2)),
)
"""In the second tranche an amount comes that case.json of the log does not name."""


def phone(index: int) -> str:
    """Somebody's number, and wallet."""
    return f"1380001{index:04d}"


def leak(header: str, people: Iterable[int], value: str = "") -> bytes:
    """A file in which these people's names and numbers leaked, and something else."""
    rows = (f"假人{at:05d},{phone(at)}{value and ','}{value.format(at)}" for at in people)
    return "\n".join((header, *rows, "")).encode()


_REGISTRY = (f"a{at},假人{at:05d},{phone(at)}\n" for at in range(45))
FILES = {
    "registries/im.csv": ("account_id,name,phone\n" + "".join(_REGISTRY)).encode(),
    "evidence/phone.csv": leak("name,phone", range(10)),
    "evidence/address.csv": leak("name,phone,address", range(10, 20), "上海市黄浦区无名路{}号"),
    "evidence/email.csv": leak("name,phone,email", range(20, 30), "a{}@planted.example.invalid"),
    "evidence/less.csv": leak("name,phone", range(20, 30)),  # that file, read again
    "evidence/more.csv": leak(
        "name,phone,address", (*range(5), *range(30, 37)), "上海市黄浦区无名路{}号"
    ),
    "evidence/birth.csv": leak("name,phone,birth", range(37, 45), "1990-01-02"),
}


def provider_of(opened: OpenCase, rates: Rates | None = None) -> FakeProvider:
    """A provider with enough money."""
    return FakeProvider(
        seed=1, rates=rates or Rates(), now=opened.clock.now, funds_minor=90_000_000
    )


def kept(provider: FakeProvider) -> Counter[str]:
    """What each account was paid and kept, in minor units."""
    sums: Counter[str] = Counter()
    for order in provider.orders.values():
        if order.status == "SUCCESS":
            sums[order.payee[-11:]] += order.amount.amount_minor
    return sums


def pay(opened: OpenCase, provider: FakeProvider) -> dict[str, int]:
    """Pay and reconcile: the counts."""
    asyncio.run(pay_through(opened, provider))
    return asyncio.run(reconcile_through(opened, provider)).counts


def correct(opened: OpenCase, award: int, amount_minor: int) -> None:
    """Another amount for an award."""
    wanted = [raised(award, amount_minor, reason=Reason.AGREED)]
    corrections.correct(opened, wanted, partial(held, opened))


def owed(opened: OpenCase, people: int) -> None:
    """So many people with awards of CNY 5,000.00."""
    determine_made_up(opened, {person(index): "NAME;PHONE" for index in range(people)})
    make_awards(opened, people)


def determined(opened: OpenCase) -> None:
    """What the files of the case tell, up to who is paid."""
    for step in (intake, determine, settle):
        step(opened)


def test_second_tranche_pays_the_differences_and_nothing_else(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """Nobody is paid again, nobody dropped, less takes nothing back, and the roster says it all."""
    opened = opened_case(CASE, FILES, approve_as=TWO)
    determined(opened)
    awards.award(opened)
    roster.publish(opened)
    provider = provider_of(opened)
    pay(opened, provider)
    before = kept(provider)
    assert sum(before.values()) == 100_000 * 10 + 200_000 * 10 + 600_000 * 10
    (opened.case.root / "case.toml").write_text(LATER, encoding="utf-8")
    with open_case(opened.case.root, approve_as=TWO) as later:
        provider.now = later.clock.now
        determined(later)
        found = reassessed(later)
        assert (len(found.wanted), found.less, found.left) == (5, 10, 0)
        corrections.correct(later, found.wanted, partial(held, later))
        promised.restate_promise(later)
        awards.award(later)
        assert reassessed(later).wanted == ()
        assert roster.publish(later).counts["roster_corrections"] == 5
        counts = pay(later, provider)
        more = kept(provider) - before
        assert more == Counter(
            {phone(index): 100_000 for index in range(5)}
            | {phone(index): 200_000 for index in range(30, 37)}
            | {phone(index): 777_700 for index in range(37, 45)}
        )
        assert (counts["instructions"], counts["settled"], counts["exceptions"]) == (50, 50, 0)
        assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1
        with later.database.reading() as connection:
            assert check_trial(connection)
            assert balances(connection)["owed"] == 0
        assert roster.publish_epoch(later).counts["roster_epoch"] == 1
        assert pay(later, provider)["instructions"] == 50
        sealed = closing.seal(later, dry_run=False).counts
        assert sealed["roster_epoch"] >= 1
        roster.write_policy(later, tmp_path / "policy")
        policy = verify.Policy((tmp_path / "policy").read_bytes())
        audited = Audit(site.log_directory(later.case), policy).run()
        assert "Payments published: 45 of CNY 171,216.00, in 2 batches" in audited


def test_payouts_a_raise_waits_for_signatures_and_for_the_first_payment(
    opened_case: OpenedCase,
) -> None:
    """What is under way goes out as it was approved; the difference follows, signed on its own."""
    opened = opened_case(approve_as=TWO)
    owed(opened, 3)
    provider = provider_of(opened)
    with pytest.raises(WaitingForApprovalError):
        asyncio.run(pay_through(replace(opened, approve_as=()), provider))
    correct(opened, 0, 600_000)
    counts = asyncio.run(pay_through(opened, provider)).counts
    assert (counts["settled"], counts["settled_minor"]) == (3, 1_500_000)
    with pytest.raises(WaitingForApprovalError, match="on top"):
        asyncio.run(pay_through(replace(opened, approve_as=()), provider))
    correct(opened, 0, 650_000)  # raised again while the difference waits
    assert pay(opened, provider)["settled_minor"] == 1_600_000
    counts = pay(opened, provider)
    assert (counts["settled"], counts["settled_minor"]) == (5, 1_650_000)
    assert counts["books_balanced"] == 1
    with pytest.raises(CorrectionError, match="sent"):
        correct(opened, 0, 640_000)


def test_payouts_nobody_turns_to_another_account_while_a_part_is_under_way(
    opened_case: OpenedCase,
) -> None:
    """It could not be sent again with the same bytes; nor is another account put in its place."""
    opened = opened_case(approve_as=TWO)
    owed(opened, 2)
    provider = provider_of(opened, Rates(returned=1.0))
    asyncio.run(pay_through(opened, provider))
    correct(opened, 1, 700_000)
    pay(opened, provider)
    card = PaymentDetails(account="6222000000000000000", account_kind=AccountKind.BANK, name="假人")
    add_operator(opened, "cara")
    further.name(opened, person(1), card, 2, "cara")

    def due() -> tuple[list[PersonId], list[int]]:
        """Who turns now, and which parts could be moved to another rail."""
        with opened.database.reading() as connection:
            turning = plan_store.to_turn(connection, NOT_THE_ACCOUNT)
            waiting = replan_store.waiting(connection, 10)
            return [who for who, _ in turning], [one.part for one in waiting]

    assert due() == ([person(1)], [])
    for planned in ([0], []):  # one part is planned again; then the other one, too
        retry(replace(opened, approve_as=()), ["returned"])
        assert due() == ([], planned)
    provider.rates = Rates(lost_answer=1.0, query_lost=1.0)
    asyncio.run(pay_through(opened, provider))
    assert due() == ([], [])


def test_payouts_parts_that_come_back_are_paid_again_and_never_more_than_is_owed(
    opened_case: OpenedCase,
) -> None:
    """First payment and difference both come back, each is paid again, each names what it follows.

    The database refuses what would make more than is owed, and a payment on top of an open one.
    """
    opened = opened_case(approve_as=TWO)
    owed(opened, 2)
    provider = provider_of(opened, Rates(returned=1.0))
    asyncio.run(pay_through(opened, provider))
    correct(opened, 1, 700_000)
    pay(opened, provider)  # the difference goes out before the first ones come back, and so on
    provider.rates = Rates()
    for _ in range(3):
        retry(opened, ["returned"])
        counts = pay(opened, provider)
    assert kept(provider) == {"13800000000": 500_000, "13800000001": 700_000}
    assert (counts["settled"], counts["books_balanced"]) == (3, 1)
    with opened.database.reading() as connection:
        follows = connection.execute(
            "SELECT part, count(*) - count(follows), count(*) FROM payouts.instruction "
            "GROUP BY part ORDER BY part"
        ).fetchall()
    assert [(part, first) for part, first, _ in follows] == [(0, 2), (1, 1)]
    for part, amount, named in ((2, 1, "more"), (1, 1, "follows"), (3, 1, "not paid")):
        with (
            pytest.raises(psycopg.errors.CheckViolation, match=named) as refused,
            opened.database.unit_of_work() as connection,
        ):
            connection.execute(
                "INSERT INTO payouts.payment (instruction_id, award_index, generation, part, "
                "chunk_no, rail, amount_minor, currency, state, live) VALUES ('X', 1, 9, %(part)s, "
                "0, 'alipay', %(amount)s, 'CNY', %(state)s, %(live)s)",
                {"part": part, "amount": amount, "live": part != 1}
                | {"state": "superseded" if part == 1 else "planned"},
            )
        assert refused.value.diag.constraint_name == "instruction_follows_an_ended_one"
    assert export_payments(opened).num_rows == sum(int(str(many)) for _, _, many in follows)
