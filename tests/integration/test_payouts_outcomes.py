"""What a payment became when its answers were wrong: a way out for each, by two people, once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.kernel.saying import in_language
from amends.ledger import service as ledger
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    Direction,
    LineKind,
    NotFound,
    QueryAnswer,
    RefusalReason,
    Refused,
    Returned,
    Settled,
    Unknown,
)
from amends.payouts.reconciling import closing, explaining
from amends.payouts.reconciling.closing_model import (
    Explanation,
    NotClosedError,
    SuspenseError,
)
from amends.payouts.reconciling.explaining_rules import possible
from amends.payouts.sending.record import Result, apply_results
from amends.payouts.service import retry
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates
from made_awards import make_awards
from made_cases import OpenedCase
from made_outcomes import close_case, close_days, only, reconcile, restate

HELD = 100_000_000
NO = Refused(
    provider_reference=None, reason=RefusalReason.FAILED, code="TRADE_CLOSED", raw=b"never"
)
NOBODY_KNOWS = NotFound(raw=b"ORDER_NOT_EXIST")
BACK = Returned(provider_reference=None, returned_at=None, code="REFUND", raw=b"back")
YES = Settled(provider_reference=None, settled_at=None, raw=b"paid")


def told(refused: pytest.ExceptionInfo[NotClosedError | SuspenseError]) -> str:
    """What a refusal says; it is said in Chinese, too."""
    message = refused.value.message
    assert in_language(message, "zh") != in_language(message, "en")
    return in_language(message, "en")


def paid(opened: OpenCase, people: int = 4) -> FakeProvider:
    """Everybody is paid, by the provider's answers."""
    make_awards(opened, people)
    provider = FakeProvider(seed=1, rates=Rates(), now=opened.clock.now, funds_minor=HELD)
    asyncio.run(pay_through(opened, provider))
    return provider


def without_its_line(opened: OpenCase) -> tuple[FakeProvider, InstructionId]:
    """A payment that was settled by its answer, and that no bill shows; days are not closed."""
    provider = paid(opened)
    number = InstructionId(str(provider.lines[0].number))
    restate(provider, provider.lines[1:])
    asyncio.run(reconcile_through(opened, provider))
    return provider, number


def balances(opened: OpenCase) -> dict[str, int]:
    """What the accounts hold."""
    with opened.database.reading() as connection:
        return ledger.balances(connection)


def standing(opened: OpenCase, number: str) -> tuple[object, ...]:
    """State, reason and when it was settled, of a payment."""
    with opened.database.reading() as connection:
        row = connection.execute(
            "SELECT state, reason, settled_at IS NOT NULL FROM payouts.instruction "
            "WHERE instruction_id = %s",
            [number],
        ).fetchone()
    assert row is not None
    return row


def kept(provider: FakeProvider) -> list[int]:
    """How often each payee was paid by the provider's account."""
    numbers = [line.number for line in provider.lines if line.direction is Direction.OUT]
    payees = [provider.orders[number].payee for number in numbers if number]
    return sorted(payees.count(payee) for payee in set(payees))


def test_a_payment_that_was_never_paid_is_owed_and_paid_under_another_number(
    opened_case: OpenedCase,
) -> None:
    """Two people say so, on the provider's word; two sign the next; the number never goes again."""
    opened = opened_case(approve_as=("anna", "bert"))
    provider, number = without_its_line(opened)
    found = only(opened)
    assert (found.kind, possible(found)) == ("missing_at_provider", (Explanation.NOT_PAID,))
    with pytest.raises(SuspenseError, match="has to be closed to"):
        explaining.explain_told(opened, found.exception_id, Explanation.NOT_PAID, NO)
    close_days(opened, provider)
    with pytest.raises(NotClosedError) as open_:
        closing.close_case_agreed(opened, {"alipay": None}, dry_run=True)
    assert "settled − paid_out: CNY 5,000.00" in told(open_)
    with pytest.raises(WaitingForApprovalError):
        explaining.explain_told(
            replace(opened, approve_as=()), found.exception_id, Explanation.NOT_PAID, NO
        )
    explaining.explain_told(opened, found.exception_id, Explanation.NOT_PAID, NO)
    now = balances(opened)
    assert (now["owed"], now["settled"] - now["paid_out"]) == (500_000, 0)
    assert standing(opened, number) == ("refused", "not_paid", False)
    assert asyncio.run(pay_through(opened, provider)).counts["instructions"] == 4
    assert retry(opened, ["not_paid"]).counts == {"planned_again": 1}
    with pytest.raises(WaitingForApprovalError):
        asyncio.run(pay_through(replace(opened, approve_as=()), provider))
    asyncio.run(pay_through(opened, provider))
    assert provider.seen[f"submit {number}"] == 1
    assert close_case(opened, provider)["settled_minor"] == 4 * 500_000
    assert kept(provider) == [1, 1, 1, 1]


ANSWERS: dict[str, tuple[QueryAnswer, str]] = {
    "paid": (YES, "does not say that"),
    "nothing": (Unknown(advice=Advice.ASK, code="timeout"), "does not say that"),
    "at work": (Accepted(provider_reference=None, raw=b"x"), "still at work on"),
    "came back": (BACK, "came back, and that is noted"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_nobody_says_not_paid_against_the_providers_word(
    opened_case: OpenedCase, answer: str
) -> None:
    """While it says paid, nothing, at work or back, five days without a line are not enough."""
    opened = opened_case(approve_as=("anna", "bert"))
    provider, number = without_its_line(opened)
    name = only(opened).exception_id
    close_days(opened, provider)
    word, why = ANSWERS[answer]
    with pytest.raises(SuspenseError) as refused:
        explaining.explain_told(opened, name, Explanation.NOT_PAID, word)
    assert why in told(refused)
    assert standing(opened, number)[0] == ("returned" if answer == "came back" else "settled")
    if answer == "came back":
        assert possible(explaining.waiting(opened, name)) == (Explanation.CHECKED,)
        explaining.explain(opened, name, Explanation.CHECKED)
        assert retry(opened, ["returned"]).counts == {"planned_again": 0}
        assert retry(opened, ["REFUND"]).counts == {"planned_again": 1}


def test_thirty_closed_days_without_a_line_outweigh_the_providers_word(
    opened_case: OpenedCase,
) -> None:
    """Bills are read on while a payment waits for its line; then its statements are the word."""
    opened = opened_case(approve_as=("anna", "bert"))
    provider, number = without_its_line(opened)
    name = only(opened).exception_id
    opened.clock.sleep(timedelta(days=29))
    reconcile(opened, provider)
    close_days(opened, provider)
    explaining.explain_told(opened, name, Explanation.NOT_PAID, YES)
    assert standing(opened, number) == ("refused", "not_paid", False)


def late_line(opened: OpenCase, provider: FakeProvider, number: str) -> None:
    """The provider's account shows the payment after all, today; a day passes."""
    order = provider.orders[number]
    opened.clock.sleep(timedelta(hours=2))
    last = provider.lines[-1]
    late = replace(
        last, number=order.number, amount=order.amount, at=opened.clock.now(), line_id="LATE"
    )
    after = last.balance_after - order.amount
    provider.lines.append(replace(late, direction=Direction.OUT, balance_after=after))
    opened.clock.sleep(timedelta(days=1, hours=12))


def test_a_payment_that_turns_up_after_all_is_not_paid_again(opened_case: OpenedCase) -> None:
    """Its late line is in suspense; nobody is paid again until two people say what it was."""
    opened = opened_case(approve_as=("anna", "bert"))
    provider, number = without_its_line(opened)
    name = only(opened).exception_id
    close_days(opened, provider)
    explaining.explain_told(opened, name, Explanation.NOT_PAID, NOBODY_KNOWS)
    late_line(opened, provider, number)
    reconcile(opened, provider)
    found = only(opened)
    assert (found.kind, found.direction, found.state) == ("state_differs", "out", "refused")
    assert retry(opened, ["not_paid"]).counts == {"planned_again": 0}
    with (
        pytest.raises(psycopg.errors.CheckViolation) as refused,
        opened.database.unit_of_work() as connection,
    ):
        connection.execute(SECOND.encode(), [number, number])
    assert refused.value.diag.constraint_name == "instruction_follows_an_explained_one"
    explaining.explain(opened, found.exception_id, Explanation.PAID)
    assert standing(opened, number) == ("settled", None, True)
    assert close_case(opened, provider)["settled_minor"] == 4 * 500_000
    assert kept(provider) == [1, 1, 1, 1]


SECOND = """
WITH ended AS (
    UPDATE payouts.payment SET state = 'superseded', live = false WHERE instruction_id = %s
), again AS (
    SELECT * FROM payouts.payment WHERE instruction_id = %s
)
INSERT INTO payouts.payment (instruction_id, award_index, generation, chunk_no, rail, amount_minor,
    currency, state, follows) SELECT 'SECOND', award_index, 1, chunk_no, rail, amount_minor,
    currency, 'planned', instruction_id FROM again
"""


def test_a_late_answer_that_it_was_paid_is_an_alarm(opened_case: OpenedCase) -> None:
    """Found never paid, and the provider says paid: somebody looks before anything goes out."""
    opened = opened_case(approve_as=("anna", "bert"))
    provider, number = without_its_line(opened)
    name = only(opened).exception_id
    close_days(opened, provider)
    explaining.explain_told(opened, name, Explanation.NOT_PAID, NO)
    with opened.database.unit_of_work() as connection:
        late = [Result(number=number, answer=YES, asked=True)]
        apply_results(opened, connection, "alipay", late)
    assert standing(opened, number)[0] == "refused"
    found = only(opened)
    assert found.exception_id == f"answer:{number}:refused:settled"
    assert retry(opened, ["not_paid"]).counts == {"planned_again": 0}
    explaining.explain(opened, found.exception_id, Explanation.CHECKED)
    assert retry(opened, ["not_paid"]).counts == {"planned_again": 1}


def test_money_that_turns_up_after_a_second_payment_is_the_companys(
    opened_case: OpenedCase,
) -> None:
    """Two people bear it, the books close; what was paid twice can be asked back."""
    opened = opened_case(approve_as=("anna", "bert"))
    provider, number = without_its_line(opened)
    name = only(opened).exception_id
    close_days(opened, provider)
    explaining.explain_told(opened, name, Explanation.NOT_PAID, NO)
    retry(opened, ["not_paid"])
    asyncio.run(pay_through(opened, provider))
    late_line(opened, provider, number)
    reconcile(opened, provider)
    found = only(opened)
    assert possible(found) == (Explanation.FEE, Explanation.WRITTEN_OFF)
    explaining.explain(opened, found.exception_id, Explanation.WRITTEN_OFF)
    figures = close_case(opened, provider)
    assert (figures["settled_minor"], figures["written_off_minor"]) == (2_000_000, 500_000)


def returned_by_answer(opened: OpenCase) -> tuple[FakeProvider, InstructionId]:
    """A payment that came back by an answer, of which no bill shows the return."""
    provider = paid(opened)
    number = InstructionId(str(provider.lines[0].number))
    with opened.database.unit_of_work() as connection:
        came = replace(BACK, returned_at=opened.clock.now())
        apply_results(
            opened, connection, "alipay", [Result(number=number, answer=came, asked=True)]
        )
    reconcile(opened, provider)
    return provider, number


def test_a_return_that_never_came_is_none(opened_case: OpenedCase) -> None:
    """Nobody is paid again while no bill shows the return; on the provider's word it is settled."""
    opened = opened_case(approve_as=("anna", "bert"))
    provider, number = returned_by_answer(opened)
    found = only(opened)
    assert found.kind == "return_not_proved"
    assert possible(found) == (Explanation.NOT_RETURNED, Explanation.WRITTEN_OFF)
    assert retry(opened, ["REFUND"]).counts == {"planned_again": 0}
    with pytest.raises(SuspenseError) as refused:
        explaining.explain_told(opened, found.exception_id, Explanation.NOT_RETURNED, BACK)
    assert "does not say now that" in told(refused)
    explaining.explain_told(opened, found.exception_id, Explanation.NOT_RETURNED, YES)
    assert standing(opened, number) == ("settled", None, True)
    assert close_case(opened, provider)["settled_minor"] == 4 * 500_000
    opened.clock.sleep(timedelta(hours=1))
    provider.lines.append(
        replace(
            provider.lines[-1],
            number=number,
            direction=Direction.IN,
            kind=LineKind.RETURN,
            balance_after=provider.lines[-1].balance_after + provider.orders[number].amount,
            at=opened.clock.now(),
            line_id="BACK",
        )
    )
    opened.clock.sleep(timedelta(days=1, hours=12))
    reconcile(opened, provider)
    assert standing(opened, number)[0] == "returned"
    assert retry(opened, ["returned"]).counts == {"planned_again": 1}
    asyncio.run(pay_through(opened, provider))
    assert close_case(opened, provider)["settled_minor"] == 4 * 500_000


def test_a_return_that_is_nowhere_is_the_companys_and_the_person_is_paid(
    opened_case: OpenedCase,
) -> None:
    """Written off by two people: it cannot hold a person's money, nor the end of the books."""
    opened = opened_case(approve_as=("anna", "bert"))
    provider, _ = returned_by_answer(opened)
    explaining.explain(opened, only(opened).exception_id, Explanation.WRITTEN_OFF)
    assert retry(opened, ["REFUND"]).counts == {"planned_again": 1}
    asyncio.run(pay_through(opened, provider))
    figures = close_case(opened, provider)
    assert (figures["settled_minor"], figures["written_off_minor"]) == (2_000_000, 500_000)


def test_a_return_that_a_later_bill_shows_explains_itself(opened_case: OpenedCase) -> None:
    """Bills are read on while it is missing; then nothing waits for a person."""
    opened = opened_case(approve_as=("anna", "bert"))
    provider, number = returned_by_answer(opened)
    assert only(opened).kind == "return_not_proved"
    opened.clock.sleep(timedelta(hours=1))
    amount = provider.orders[number].amount
    back = replace(provider.lines[-1], number=number, direction=Direction.IN, kind=LineKind.RETURN)
    after = provider.lines[-1].balance_after + amount
    provider.lines.append(replace(back, at=opened.clock.now(), line_id="BACK", balance_after=after))
    opened.clock.sleep(timedelta(days=1, hours=12))
    assert reconcile(opened, provider)["exceptions"] == 0


def test_money_that_was_paid_short_is_owed_until_the_award_is_raised(
    opened_case: OpenedCase,
) -> None:
    """Of a settled payment by less only its own two readings are possible; the rest is owed."""
    opened = opened_case(approve_as=("anna", "bert"))
    provider = paid(opened)
    first, *others = provider.lines
    less = replace(first, amount=Money(amount_minor=499_000, currency="CNY"))
    restate(provider, [less, *others])
    reconcile(opened, provider)
    found = only(opened)
    assert possible(found) == (Explanation.PAID, Explanation.PAID_SHORT)
    with pytest.raises(SuspenseError):
        explaining.explain(opened, found.exception_id, Explanation.FEE)
    explaining.explain(opened, found.exception_id, Explanation.PAID_SHORT)
    with pytest.raises(NotClosedError) as refused:
        close_case(opened, provider)
    assert "1 payments brought less, CNY 10.00 together" in told(refused)
    assert "amends correct" in told(refused)


def test_money_that_was_paid_too_much_is_the_companys(opened_case: OpenedCase) -> None:
    """The payee has it; the difference is written off, and can be asked back."""
    opened = opened_case(approve_as=("anna", "bert"))
    provider = paid(opened)
    first, *others = provider.lines
    more = replace(first, amount=Money(amount_minor=500_001, currency="CNY"))
    restate(provider, [more, *others])
    reconcile(opened, provider)
    found = only(opened)
    assert possible(found) == (Explanation.PAID,)
    explaining.explain(opened, found.exception_id, Explanation.PAID)
    assert close_case(opened, provider)["written_off_minor"] == 1


def test_a_return_by_less_is_a_return(opened_case: OpenedCase) -> None:
    """The person is owed again, all of it; what the provider kept is the company's loss."""
    opened = opened_case(approve_as=("anna", "bert"))
    provider = paid(opened)
    first = provider.lines[0]
    back = replace(
        first,
        direction=Direction.IN,
        kind=LineKind.RETURN,
        amount=Money(amount_minor=499_000, currency="CNY"),
        at=opened.clock.now() + timedelta(hours=1),
    )
    restate(provider, [*provider.lines, back])
    reconcile(opened, provider)
    found = only(opened)
    assert (found.kind, found.direction) == ("amount_differs", "in")
    explaining.explain(opened, found.exception_id, Explanation.RETURNED)
    assert standing(opened, str(first.number))[0] == "returned"
    assert retry(opened, ["returned"]).counts == {"planned_again": 1}
    asyncio.run(pay_through(opened, provider))
    figures = close_case(opened, provider)
    assert (figures["settled_minor"], figures["written_off_minor"]) == (2_000_000, 1_000)
