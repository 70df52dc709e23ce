"""Signed answers of wallets that state another amount than was ordered."""

import asyncio
from dataclasses import dataclass, field

import pytest

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.paying import pay_through
from amends.payouts.rails.model import AMOUNT_DIFFERS, Advice, QueryAnswer, Unknown
from amends.payouts.reconciling.explaining import suspense
from amends.payouts.sending.questions import ask_about
from amends.payouts.sending.recording import recording
from amends.payouts.service import pay, reconcile_payments
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates
from made_awards import make_awards
from made_cases import MINIMAL_CASE, OpenedCase


@dataclass(slots=True)
class Told(FakeProvider):
    """Keeps what questions say was ordered; the answers to transfers are lost."""

    told: list[Money | None] = field(default_factory=list)

    async def query(self, number: InstructionId, amount: Money | None = None) -> QueryAnswer:
        """The same, and keep it."""
        self.told.append(amount)
        return await FakeProvider.query(self, number)


def test_payouts_every_question_says_what_was_ordered(opened_case: OpenedCase) -> None:
    """Those about open payments as those that a notification is a reason for."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 3)
    ordered = Money.parse("CNY 5000.00")
    provider = Told(1, Rates(lost_answer=1.0), opened.clock.now, 100_000_000)
    asyncio.run(pay_through(opened, provider))
    assert len(provider.told) >= 3
    assert set(provider.told) == {ordered}
    provider.told.clear()
    numbers = [InstructionId(number) for number in provider.orders]

    async def ask() -> None:
        with opened.database.session() as session:
            async with recording(opened, provider, session) as recorder:
                await ask_about(opened, provider, recorder, numbers)

    asyncio.run(ask())
    assert provider.told == [ordered] * 3


@dataclass(slots=True)
class Another(FakeProvider):
    """Whose answers to questions state another amount."""

    async def query(self, number: InstructionId, amount: Money | None = None) -> QueryAnswer:
        """Whatever was asked about."""
        del number, amount
        return Unknown(advice=Advice.ALARM, code=AMOUNT_DIFFERS, raw=b"another amount")


def test_payouts_another_amount_of_what_is_worked_on_alarms(opened_case: OpenedCase) -> None:
    """A payment that waits for its payee stays accepted, and says what is wrong with it."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 2)
    provider = Another(1, Rates(dealing=1.0), opened.clock.now, 100_000_000)
    for _ in range(2):
        asyncio.run(pay_through(opened, provider))
        assert payments(opened) == {("accepted", "amount_differs", "alarm", 1, None)}


def test_payouts_another_amount_of_what_is_settled_waits_for_a_person(
    opened_case: OpenedCase,
) -> None:
    """The answer to the transfer stated none: it stays settled, and somebody has to look."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 2)
    provider = Another(1, Rates(), opened.clock.now, 100_000_000)
    asyncio.run(pay_through(opened, provider))
    numbers = [InstructionId(number) for number in provider.orders]

    async def ask() -> None:
        with opened.database.session() as session:
            async with recording(opened, provider, session) as recorder:
                await ask_about(opened, provider, recorder, numbers)

    for _ in range(2):
        asyncio.run(ask())
    assert [(one.kind, one.state) for one in suspense(opened)] == [("state_differs", "settled")] * 2


WRONG = "[answer_wrong_amount]\nrate = 1.0\n"
LOST = WRONG + "[lost_answer]\nrate = 1.0\n"


def payments(opened: OpenCase) -> set[tuple[object, ...]]:
    """State, reason, advice and attempts of payments; each once."""
    with opened.database.reading() as connection:
        return set(
            connection.execute(
                "SELECT state, reason, advice, attempts, settled_at FROM payouts.instruction"
            )
        )


@pytest.mark.whole
@pytest.mark.parametrize("faults", [WRONG, LOST])
@pytest.mark.parametrize("rail", ["alipay", "wechatpay"])
def test_payouts_an_answer_with_another_amount_is_an_alarm(
    opened_case: OpenedCase, rail: str, faults: str
) -> None:
    """Whether a transfer or a question says so: neither settled nor sent again; the bill proves."""
    case = MINIMAL_CASE.replace('"alipay"', f'"{rail}"\nfaults = "faults.toml"')
    opened = opened_case(case, approve_as=("anna", "bert"))
    (opened.case.root / "faults.toml").write_text(faults, encoding="utf-8")
    make_awards(opened, 3, account_kind="phone" if rail == "alipay" else "openid")
    for _ in range(2):
        counts = pay(opened).counts
        assert payments(opened) == {("unknown", "amount_differs", "alarm", 1, None)}
    assert (counts["settled"], counts["open"], counts["books_balanced"]) == (0, 3, 1)
    counts = reconcile_payments(opened).counts
    assert (counts["settled"], counts["exceptions"], counts["rail_balance_agrees"]) == (3, 0, 1)
