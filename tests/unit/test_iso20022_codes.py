"""What the bank's words about a payment come to, in whatever order and number they are said."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.payouts.rails.file_model import Said, Word
from amends.payouts.rails.iso20022_codes import ACCEPTED, DUPLICATES, REFUSALS, answer
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    RefusalReason,
    Refused,
    Returned,
    Settled,
    Unknown,
)

AT = datetime(2026, 11, 23, 1, tzinfo=UTC)


def word(kind: Said, status: str = "BOOK", code: str = "", amount_minor: int | None = None) -> Word:
    """One thing that the bank says."""
    return Word(
        kind=kind,
        status=status,
        code=code,
        reference="R",
        amount_minor=amount_minor,
        at=AT if amount_minor else None,
        raw=b"{}",
    )


DEBIT, CREDIT = word(Said.DEBIT, amount_minor=5), word(Said.CREDIT, code="AC04", amount_minor=5)


@pytest.mark.parametrize(("code", "reason"), REFUSALS.items())
@pytest.mark.parametrize("kind", [Said.FILE, Said.PAYMENT])
def test_listed_codes_refuse(kind: Said, code: str, reason: RefusalReason) -> None:
    """Each listed code ends the payment with its reason, at the level of the file or its own."""
    found = answer([word(kind, "RJCT", code)], 5)
    assert isinstance(found, Refused)
    assert (found.reason, found.code) == (reason, code)
    assert found.stops_rail == (reason is RefusalReason.PAYER)


@given(st.from_regex("[A-Z0-9]{0,4}", fullmatch=True), st.sampled_from([Said.FILE, Said.PAYMENT]))
def test_codes_that_nobody_listed_decide_nothing(code: str, kind: Said) -> None:
    """A rejection for a reason that is not in the table is an alarm, never a refusal."""
    if code not in REFUSALS:
        found = answer([word(kind, "RJCT", code)], 5)
        assert isinstance(found, Unknown)
        assert found.advice is Advice.ALARM


@given(st.from_regex("[A-Z0-9]{4}", fullmatch=True))
def test_statuses_that_nobody_listed_decide_nothing(status: str) -> None:
    """A status is known, or an alarm."""
    found = answer([word(Said.PAYMENT, status, "AC01")], 5)
    known = Accepted if status in ACCEPTED else Refused if status == "RJCT" else Unknown
    assert isinstance(found, known)


@pytest.mark.parametrize("code", sorted(DUPLICATES))
def test_a_duplicate_says_that_the_first_one_came(code: str) -> None:
    """Refused as a duplicate, the file keeps what was said of it; alone, it is an alarm."""
    twice = word(Said.FILE, "RJCT", code)
    alone = answer([twice], 5)
    assert isinstance(alone, Unknown)
    assert (alone.advice, alone.code) == (Advice.ALARM, code)
    assert isinstance(answer([word(Said.FILE, "ACCP"), twice], 5), Accepted)
    assert isinstance(answer([twice, DEBIT], 5), Settled)


@pytest.mark.parametrize("code", sorted({*REFUSALS, *DUPLICATES, "", "ZZ99"}))
def test_of_two_copies_that_one_is_rejected_ends_nothing(code: str) -> None:
    """A file that went out twice is rejected: an alarm, whatever the code, until money moves."""
    rejected = word(Said.FILE, "RJCT", code)
    alone = answer([rejected], 5, resent=True)
    assert isinstance(alone, Unknown)
    assert alone.advice is Advice.ALARM
    before = answer([word(Said.FILE, "ACCP"), rejected], 5, resent=True)
    assert isinstance(before, Accepted if code in DUPLICATES else Unknown)
    assert isinstance(answer([rejected, DEBIT], 5, resent=True), Settled)


@pytest.mark.parametrize(("code", "reason"), REFUSALS.items())
def test_of_two_copies_only_what_is_so_of_the_payee_refuses(
    code: str, reason: RefusalReason
) -> None:
    """A payment's own rejection counts where it is about its payee; else it is one copy's."""
    found = answer(
        [word(Said.FILE, "RJCT", code), word(Said.PAYMENT, "RJCT", code)], 5, resent=True
    )
    about_a_copy = reason in {RefusalReason.PAYER, RefusalReason.FAILED}
    assert isinstance(found, Unknown if about_a_copy else Refused)


def test_silence_is_unknown() -> None:
    """Nothing said: wait."""
    assert answer([], 5) == Unknown(advice=Advice.ASK, code="no_answer")


WORDS = st.lists(
    st.builds(
        word,
        st.sampled_from([Said.FILE, Said.PAYMENT]),
        st.sampled_from(["RJCT", "ACCP", "PART", "XXXX"]),
        st.sampled_from(["", "AC01", "DUPL", "ZZ99"]),
    )
    | st.sampled_from([DEBIT, CREDIT, word(Said.DEBIT, amount_minor=6)]),
    max_size=6,
)


@given(WORDS)
def test_money_that_moved_goes_before_every_status(words: list[Word]) -> None:
    """With an entry of the account no status counts, and a payment is refused only without one."""
    found = answer(words, 5)
    moved = [one for one in words if one.amount_minor is not None]
    if not moved:
        assert not isinstance(found, Settled | Returned)
    elif any(one.amount_minor != 5 for one in moved):
        assert isinstance(found, Unknown)
        assert found.advice is Advice.ALARM
    elif any(one.kind is Said.CREDIT for one in moved):
        assert isinstance(found, Returned)
        assert found.code == "AC04"
    else:
        assert isinstance(found, Settled)
        assert found.settled_at == AT


def test_rejected_and_then_accepted_is_for_a_person() -> None:
    """A later status that takes a rejection back decides nothing."""
    found = answer([word(Said.PAYMENT, "RJCT", "AC01"), word(Said.PAYMENT, "ACCP")], 5)
    assert isinstance(found, Unknown)
    assert found.advice is Advice.ALARM
    found = answer([word(Said.PAYMENT, "ACCP"), word(Said.PAYMENT, "RJCT", "AC01")], 5)
    assert isinstance(found, Refused)
