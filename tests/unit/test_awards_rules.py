from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from amends.awards.model import FindingKind, PromiseError
from amends.awards.rules import (
    awards_table,
    check_promise,
    people_digest,
    permutation,
    right_promise,
    with_amounts,
)
from amends.kernel.case import Promise
from amends.kernel.money import Money
from amends.kernel.tariff import flat

THREE_DAYS = timedelta(days=3)


def yuan(text: str) -> Money:
    """An amount in yuan."""
    return Money.parse(f"CNY {text}")


FLAT = flat(yuan("5000.00"))


def promised(
    people: int | None = None, per_person: str = "5000.00", total: str | None = None
) -> Promise:
    """A promise in yuan."""
    return Promise(
        per_person=yuan(per_person),
        pay_within=THREE_DAYS,
        people=people,
        total=None if total is None else yuan(total),
    )


def test_the_announcement_that_said_one_and_a_half_billion_is_refused() -> None:
    """3,000,000 × 5,000 is 15 billion: that comes first, with the right figure beside it."""
    findings = check_promise(
        promised(3_000_000, total="1500000000.00"),
        tariff=FLAT,
        people=3_000_000,
    )
    assert [finding.kind for finding in findings] == [FindingKind.PRODUCT, FindingKind.TOTAL]
    assert "3,000,000 × CNY 5,000.00 = CNY 15,000,000,000.00" in findings[0].message
    assert "CNY 1,500,000,000.00" in findings[0].message
    refusal = PromiseError(findings)
    assert refusal.code == "promise"
    assert str(refusal).index("15,000,000,000.00") < str(refusal).index("1,500,000,000.00")
    assert "amends promise CASE --restate" in str(refusal)


@pytest.mark.parametrize(
    "promise",
    [
        promised(),
        promised(3),
        promised(total="15000.00"),
        promised(3, total="15000.00"),
    ],
)
def test_a_promise_that_adds_up_has_no_findings(promise: Promise) -> None:
    """What is not promised is not checked; what is promised holds."""
    assert check_promise(promise, tariff=FLAT, people=3) == []


def test_everything_that_fails_is_named_in_one_go() -> None:
    """Product, people, amount and total are all named, each with the right figure."""
    findings = check_promise(
        promised(4, per_person="4000.00", total="15999.99"),
        tariff=FLAT,
        people=3,
    )
    assert [finding.kind.value for finding in findings] == [
        "product",
        "people",
        "per_person",
        "total",
    ]
    right = ("16,000.00", "3 have an award or get one", "5,000.00", "15,000.00")
    assert all(text in finding.message for text, finding in zip(right, findings, strict=True))


def test_currencies_that_differ_are_named() -> None:
    """Amounts in two currencies are never compared as numbers."""
    promise = Promise(
        per_person=yuan("5000.00"),
        pay_within=THREE_DAYS,
        people=3,
        total=Money.parse("USD 15000.00"),
    )
    kinds = [finding.kind.value for finding in check_promise(promise, tariff=FLAT, people=3)]
    assert kinds == ["product", "currency", "total"]


def test_the_right_promise_has_no_findings() -> None:
    """What `--restate` proposes without figures passes the check."""
    right = right_promise(promised(9, total="1.00"), tariff=FLAT, people=3)
    assert right == promised(3, total="15000.00")


def test_awards_are_numbered_from_where_the_last_round_ended() -> None:
    """Indexes are dense, in the given order, and each award has one transfer."""
    people = pl.DataFrame({"person_id": ["b", "a"], "tranche": [2, 1], "group_no": [2, 1]})
    groups = pl.DataFrame({"class": [0, 1], "amount_minor": [500_000, 600_000]})
    awards = awards_table(
        with_amounts(people, groups, before=3),
        currency="CNY",
        first_index=7,
        awarded_at=datetime(2026, 11, 22, tzinfo=UTC),
    )
    assert awards.select("class", "group_no").rows() == [(1, 5), (0, 4)]
    assert awards.select("award_index", "person_id", "tranche").rows() == [(7, "b", 2), (8, "a", 1)]


def test_the_digest_says_who_and_not_in_which_order() -> None:
    """An approval is for a set of people."""
    assert people_digest(["b", "a"]) == people_digest(["a", "b"]) != people_digest(["a"])


def test_the_order_follows_the_random_bits() -> None:
    """Things are sorted by their 128 bits."""
    keys = [3, 1, 2]
    assert permutation(b"".join(key.to_bytes(16, "little") for key in keys)).tolist() == [1, 2, 0]
    alike = [7 + (high << 64) for high in (3, 1, 2)]
    assert permutation(b"".join(key.to_bytes(16, "little") for key in alike)).tolist() == [1, 2, 0]
