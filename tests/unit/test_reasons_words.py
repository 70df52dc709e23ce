"""Every kind of payee, reason and state has words, and no sentence carries a value."""

from dataclasses import replace
from datetime import date

import pytest

from amends.awards.model import AwardReason, Group
from amends.kernel.case import Text
from amends.kernel.money import Money
from amends.kernel.tarifffile import preset
from amends.payees.model import PayeeKind, Reason
from amends.reasons.model import (
    Affected,
    AwardTold,
    PayeeTold,
    Payment,
    PaymentState,
    PersonTold,
    RowsFound,
)
from amends.reasons.words import DEPOSITS, REASONS, RECIPIENTS, as_json, told

FACTORS = preset("scenario-factors")


def award(state: PaymentState = PaymentState.OPEN, *, recorded: bool = True) -> AwardTold:
    """Somebody whose phone number and password leaked."""
    amount = Money.parse("CNY 2460.00")
    reason = AwardReason(
        award_index=7,
        round_no=1,
        tariff=FACTORS,
        group=Group(categories=frozenset({"PHONE", "PWD"})),
        scenario="takeover",
        amount=amount,
        proposal_sha256="ab" * 32,
    )
    return AwardTold(
        award_index=7,
        amount=amount,
        tranche=1,
        reason=reason if recorded else None,
        approved_by=("li.na", "wang.wei"),
        payment=Payment(
            state=state,
            reason="ACCOUNT_FROZEN" if state is PaymentState.NEEDS_ATTENTION else None,
            rail=None if state is PaymentState.OPEN else "alipay",
            attempts=1,
            sent_on=date(2026, 11, 22),
            settled_on=None,
        ),
        earlier_id=None,
    )


def person(*awards: AwardTold, payee: PayeeTold | None = None) -> PersonTold:
    """A person with an exact row and one that waits for a reader."""
    exact = RowsFound(
        evidence="dump.csv",
        outcome="matched",
        method="exact",
        reason="key:phone",
        rows=2,
        probability=0.999,
    )
    return PersonTold(
        person_id="p",
        run_no=3,
        earlier_ids=("q",),
        affected=Affected(
            categories=("PHONE", "PWD"),
            products=("im",),
            rows=2,
            method="exact",
            probability=1.0,
            tranche=1,
        ),
        found=(
            exact,
            RowsFound(
                evidence="dump.csv",
                outcome="review",
                method="probabilistic",
                reason="model",
                rows=1,
                probability=0.7,
            ),
        ),
        accounts=2,
        awards=awards,
        payee=payee,
    )


def test_the_story_goes_from_the_rows_to_the_money() -> None:
    """Rows, the scenario that gave the amount, tariff, approval, payee and payment, in order."""
    lines = told(
        person(award(), payee=PayeeTold(state="payable", kind="guardian", reason=None)),
        "en",
    )
    text = "\n".join(lines)
    order = (
        "p is affected, by determination 3",
        "Earlier ids of the same person: q",
        "Rows of dump.csv: 2; mobile number is the same",
        "Rows of dump.csv: 1 that may be this person's",
        "Award 7: CNY 2,460.00.",
        "being contacted: contact or other data leaked: CNY 820.00",
        "the largest of these, not their sum: CNY 2,460.00, by tariff scenario-factors, version 1",
        FACTORS.sha256,
        "by li.na, wang.wei; what they signed is proposal abababababab",
        "The money goes to the guardian, for the person.",
        "The money has not been sent yet.",
    )
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_the_story_is_told_in_chinese() -> None:
    """No sentence of it is left in English."""
    payee = PayeeTold(state="needs_person", kind=None, reason="deceased")
    lines = told(person(award(PaymentState.NEEDS_ATTENTION), payee=payee), "zh")
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in line) for line in lines), lines
    assert "款项待人工处理，赔偿义务不变：本人已去世" in "\n".join(lines)


@pytest.mark.parametrize("situation", DEPOSITS)
def test_money_with_a_notary_is_not_said_to_wait(situation: str) -> None:
    """What is deposited counts as given; only what is still to be deposited stays owed."""
    payee = PayeeTold(state="needs_person", kind=None, reason="deposit", situation=situation)
    text = "\n".join(told(person(award(PaymentState.NEEDS_ATTENTION), payee=payee), "en"))
    assert DEPOSITS[situation] in text
    assert ("stays owed" in text) == (situation == "deposit_pending")
    assert ("Nothing can be sent" in text) == (situation == "deposit_pending")


@pytest.mark.parametrize("state", PaymentState)
def test_every_state_of_payment_has_words(state: PaymentState) -> None:
    """The award's number stands before it."""
    lines = told(person(award(state)), "en")
    assert any(line.startswith("Award 7: ") and not line.endswith("2,460.00.") for line in lines)


def test_every_kind_and_reason_has_words() -> None:
    """Nobody meets a code in place of a sentence."""
    assert {kind.value for kind in PayeeKind} <= set(RECIPIENTS)
    assert {reason.value for reason in Reason} <= set(REASONS)


def test_what_is_not_there_is_said() -> None:
    """Not affected, without an award, without recorded steps, without a payee."""
    nobody = PersonTold(
        person_id="p",
        run_no=3,
        earlier_ids=(),
        affected=None,
        found=None,
        accounts=None,
        awards=(),
        payee=None,
    )
    text = "\n".join(told(nobody, "en"))
    assert "not counted as affected" in text
    assert "no award" in text
    assert "cannot be looked up any more" in text
    old = "\n".join(told(person(award(recorded=False)), "en"))
    assert "its steps are not recorded" in old
    assert "Who receives the money is not settled yet." in old
    made = as_json(person(award(recorded=False)))["awards"]
    assert isinstance(made, list)
    assert made[0]["tariff"] is None


def test_what_is_estimated_is_never_said_to_be_certain() -> None:
    """A probability that rounds to one is said to be at least 99.9 %, and others are cut."""
    found = [
        RowsFound(
            evidence="dump.csv",
            outcome="matched",
            method="probabilistic",
            reason="model",
            rows=1,
            probability=probability,
        )
        for probability in (1.0, 0.99999, 0.98768)
    ]
    text = "\n".join(told(replace(person(), found=tuple(found)), "en"))
    assert "100" not in text
    assert text.count("at least 99.9%") == 2
    assert "at least 98.7%" in text


def test_products_are_named_as_the_public_knows_them() -> None:
    """By name in the reader's language; by code where a case gives no name."""
    named = replace(person(), products={"im": Text(zh="测试输入法", en="Test Input")})
    assert "测试输入法" in "\n".join(told(named, "zh"))
    assert "accounts with Test Input;" in "\n".join(told(named, "en"))
    assert "accounts with im;" in "\n".join(told(person(), "en"))
