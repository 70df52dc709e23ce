"""What rows of claims ask for, and what the tariff gives for them."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.claims.model import Asked, Claim, ClaimError, Fault
from amends.claims.rules import Limits, asked, by_tariff, decided, two_decide, worth
from amends.kernel.money import Money
from amends.kernel.tariff import LaterKind, Proof, Tariff
from amends.kernel.tarifffile import preset
from made_claims import COLUMNS, HOUR, digest, loss, time

TARIFF = preset("base-loss-time")
COURT = preset("court")
LIMITS = Limits(tariff=TARIFF, leaked_on=date(2026, 11, 20), today=date(2026, 11, 24))
MOST_LOSS = 14_200_000
MOST_TIME = 20 * HOUR


def row(cells: dict[str, str]) -> dict[str, str]:
    """A row with all its cells."""
    return dict.fromkeys(COLUMNS, "") | cells


def claim(
    number: int,
    minor: int,
    kind: LaterKind = LaterKind.LOSS,
    *,
    accepted: bool = True,
    granted: int | None = None,
) -> Claim:
    """A claim of one person: of money, or of minutes."""
    timed = kind is LaterKind.TIME
    return Claim(
        claim_no=number,
        person_id="p",
        row_no=number + 1,
        file="claims.csv",
        asked=Asked(
            kind=kind,
            claimed_minor=None if timed else minor,
            minutes=minor if timed else None,
            occurred_on=date(2026, 11, 20),
            accepted=accepted,
            evidence_sha256=digest(number),
        ),
        granted_minor=granted,
    )


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        (loss(1, "-5.00"), Fault.AMOUNT),
        (loss(1, "0.00"), Fault.AMOUNT),
        (loss(1, "10.005"), Fault.AMOUNT),
        (loss(1, ""), Fault.AMOUNT),
        (loss(1, "10000000000000.00"), Fault.AMOUNT),
        (loss(1, "USD 10.00"), Fault.CURRENCY),
        (time("0"), Fault.HOURS),
        (time("-1"), Fault.HOURS),
        (time("0.33"), Fault.HOURS),
        (loss(1, "10.00", kind="grief"), Fault.KIND),
        (loss(1, "10.00", kind="costs"), Fault.NOT_IN_TARIFF),
        (loss(1, "10.00", date="20.11.2026"), Fault.DATE),
        (loss(1, "10.00", date="2026-11-31"), Fault.DATE),
        (loss(1, "10.00", date="2026-11-25"), Fault.FUTURE),
        (loss(1, "10.00", date="2026-11-19"), Fault.BEFORE_LEAK),
        (loss(1, "10.00", evidence="seen"), Fault.EVIDENCE),
        (loss(1, "10.00", evidence_sha256="abc"), Fault.EVIDENCE),
        (loss(1, "10.00", evidence_sha256=""), Fault.NO_EVIDENCE),
    ],
)
def test_a_row_that_is_wrong_says_what_is_wrong(cells: dict[str, str], fault: Fault) -> None:
    """Each of these is set aside for its own reason."""
    assert asked(row(cells), LIMITS) is fault


def test_a_row_that_is_right_is_read() -> None:
    """Money with or without its currency, hours in whole minutes; a statement needs no document."""
    found = asked(row(loss(7, "CNY 1200.5")), LIMITS)
    assert isinstance(found, Asked)
    assert (found.claimed_minor, found.minutes, found.accepted) == (120_050, None, True)
    assert asked(row(loss(7, "1200.50", evidence_sha256=digest(7).upper())), LIMITS) == found
    hours = asked(row(time("2.75", date="2026-11-24")), LIMITS)
    assert isinstance(hours, Asked)
    assert (hours.claimed_minor, hours.minutes, hours.evidence_sha256) == (None, 165, None)


def test_the_tariff_says_what_a_claim_is_worth() -> None:
    """Up to the most of one person; a share, or an hour's rate, rounded in the person's favour."""
    assert worth(TARIFF, claim(1, 100_000), 0) == 100_000
    assert worth(TARIFF, claim(1, 100_000), MOST_LOSS - 1) == 1
    assert worth(TARIFF, claim(1, 100_000), MOST_LOSS) == 0
    assert worth(TARIFF, claim(1, 100_000, accepted=False), 0) == 0
    assert worth(TARIFF, claim(1, 90, LaterKind.TIME), 0) == HOUR * 3 // 2
    assert worth(TARIFF, claim(1, 1, LaterKind.TIME), 0) == 296  # 17,750 / 60 is 295.8
    assert worth(TARIFF, claim(1, 60 * 21, LaterKind.TIME), 0) == MOST_TIME
    assert worth(COURT, claim(1, 101), 0) == 43  # 42 % of 1.01 is 0.4242
    assert worth(COURT, claim(1, 60, LaterKind.TIME), 0) == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 2 * MOST_LOSS)), max_size=12))
def test_nobody_is_granted_more_of_a_kind_than_the_tariff_has(rows: list[tuple[bool, int]]) -> None:
    """However a person's claims come, their sum stays within the most, and fills it first."""
    claims = [
        claim(number, minor, LaterKind.TIME if timed else LaterKind.LOSS)
        for number, (timed, minor) in enumerate(rows, 1)
    ]
    given_for = by_tariff(TARIFF, claims)
    for kind, most in ((LaterKind.LOSS, MOST_LOSS), (LaterKind.TIME, MOST_TIME)):
        own = [one for one in claims if one.asked.kind is kind]
        whole = sum(worth(TARIFF, one, 0) for one in own)
        assert sum(given_for[one.claim_no] for one in own) == min(whole, most)


def test_what_is_decided_is_named_and_waits() -> None:
    """Unknown, decided and worthless claims are refused together, and nothing is decided."""
    claims = [claim(1, 100, granted=100), claim(2, 100), claim(3, 100, accepted=False)]
    with pytest.raises(ClaimError) as refused:
        decided(TARIFF, claims, (1, 2, 9), grant=True)
    assert [line[:10] for line in refused.value.wrong] == ["there is n", "claim 1 is"]
    with pytest.raises(ClaimError, match="gives nothing"):
        decided(TARIFF, claims, (3,), grant=True)
    assert [one.line for one in decided(TARIFF, claims, (), grant=True)] == ["2 100\n"]
    assert [one.line for one in decided(TARIFF, claims, (3, 2), grant=False)] == ["2 0\n", "3 0\n"]


def test_one_person_grants_only_what_the_tariff_lets_one_grant() -> None:
    """Below two_people_from one is enough; a refusal always takes two."""

    def with_limit(limit: Money | None) -> Tariff:
        return replace(
            TARIFF, later=tuple(replace(one, two_people_from=limit) for one in TARIFF.later)
        )

    granted = decided(TARIFF, [claim(1, 50_000)], (), grant=True)
    assert two_decide(with_limit(None), granted)
    assert not two_decide(with_limit(Money.parse("CNY 500.01")), granted)
    assert two_decide(with_limit(Money.parse("CNY 500.00")), granted)
    refused = decided(TARIFF, [claim(1, 50_000)], (1,), grant=False)
    assert two_decide(with_limit(Money.parse("CNY 500.01")), refused)


def test_a_tariff_says_what_proof_it_asks_for() -> None:
    """Without a word of it loss needs a document, and time the person's own word."""
    assert [one.proof for one in TARIFF.later] == [Proof.DOCUMENT, Proof.STATEMENT]
