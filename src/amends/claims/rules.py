"""What a row asks for, and what the tariff gives for a claim. Pure.

Kept true: what one person is granted of a kind never exceeds what the tariff gives for it; parts of
the smallest unit are rounded in the person's favour.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from amends.claims.model import Asked, Claim, ClaimError, Decided, Fault, Placed
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.tariff import MOST_MINOR, LaterClaim, LaterKind, Proof, Tariff

RESULTS = {"accepted": True, "rejected": False}
"""The words for what came of looking at the evidence."""

_HOURS = re.compile(r"(?P<whole>[0-9]{1,4})(?:\.(?P<part>[0-9]{1,2}))?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MINUTES = 60
_HUNDRED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """By what rows are judged. ``leaked_on``: nothing before it is a consequence of the leak."""

    tariff: Tariff
    leaked_on: date
    today: date


def asked(row: Mapping[str, str], limits: Limits) -> Asked | Fault:
    """What a row asks for (cells by column, trimmed), or the first thing that is wrong with it."""
    if row["kind"] not in set(LaterKind):
        return Fault.KIND
    kind = LaterKind(row["kind"])
    rule = limits.tariff.rule_of(kind)
    if rule is None:
        return Fault.NOT_IN_TARIFF
    what = _minutes(row["hours"]) if kind is LaterKind.TIME else _money(row["amount"], limits)
    if isinstance(what, Fault):
        return what
    day = _day(row["date"], limits)
    if isinstance(day, Fault):
        return day
    digest = row["evidence_sha256"].lower()
    wrong = _unproved(row["evidence"], digest, rule.proof)
    return wrong or Asked(
        kind=kind,
        claimed_minor=None if kind is LaterKind.TIME else what,
        minutes=what if kind is LaterKind.TIME else None,
        occurred_on=day,
        accepted=RESULTS[row["evidence"]],
        evidence_sha256=digest or None,
    )


def _unproved(result: str, digest: str, proof: Proof) -> Fault | None:
    """What is wrong with what is said of the evidence."""
    if result not in RESULTS or (digest and not _SHA256.fullmatch(digest)):
        return Fault.EVIDENCE
    return Fault.NO_EVIDENCE if proof is Proof.DOCUMENT and not digest else None


def _money(text: str, limits: Limits) -> int | Fault:
    """An amount like ``1200.00`` or ``CNY 1200.00``, in minor units."""
    currency = limits.tariff.currency
    try:
        money = Money.parse(text if text[:1].isalpha() else f"{currency} {text}")
    except ValueError:
        return Fault.AMOUNT
    if money.currency != currency:
        return Fault.CURRENCY
    return money.amount_minor if 0 < money.amount_minor <= MOST_MINOR else Fault.AMOUNT


def _minutes(text: str) -> int | Fault:
    """Hours like ``2.5``, in minutes."""
    found = _HOURS.fullmatch(text)
    if found is None:
        return Fault.HOURS
    hundredths = int(found["whole"]) * _HUNDRED + int((found["part"] or "").ljust(2, "0"))
    minutes, rest = divmod(hundredths * _MINUTES, _HUNDRED)
    return Fault.HOURS if rest or not minutes else minutes


def _day(text: str, limits: Limits) -> date | Fault:
    """When it was: on or after the day of the leak, and not to come."""
    if not _DAY.fullmatch(text):
        return Fault.DATE
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return Fault.DATE
    if day > limits.today:
        return Fault.FUTURE
    return Fault.BEFORE_LEAK if day < limits.leaked_on else day


def worth(tariff: Tariff, claim: Claim, granted_minor: int) -> int:
    """What the tariff gives for a claim of somebody who was granted so much of its kind before.

    Both in minor units. Zero where the evidence was rejected, the most of one person is reached, or
    the tariff gives nothing for the kind any more.
    """
    rule = tariff.rule_of(claim.asked.kind)
    if rule is None or not claim.asked.accepted:
        return 0
    value, most = _value(rule, claim.asked), _most(rule)
    return value if most is None else max(min(value, most - granted_minor), 0)


def _value(rule: LaterClaim, what: Asked) -> int:
    """What is asked for, by the share or the rate of the tariff."""
    if what.minutes is not None:
        rate = rule.rate.amount_minor if rule.rate else 0
        return -(-rate * what.minutes // _MINUTES)
    assert what.claimed_minor is not None  # noqa: S101 - a claim is of money or of time
    return -(-what.claimed_minor * (rule.share_percent or _HUNDRED) // _HUNDRED)


def _most(rule: LaterClaim) -> int | None:
    """The most of one person's claims of a kind together; None is without end."""
    limits = [rule.most.amount_minor] if rule.most else []
    if rule.most_hours is not None and rule.rate is not None:
        limits.append(rule.rate.amount_minor * rule.most_hours)
    return min(limits, default=None)


def by_tariff(tariff: Tariff, claims: Iterable[Claim]) -> dict[int, int]:
    """What the tariff gives for each claim that waits, in minor units, by claim.

    Earlier claims come first, after all that was granted already.
    """
    ordered = sorted(claims, key=lambda one: one.claim_no)
    granted: dict[tuple[str, LaterKind], int] = {}
    for one in ordered:
        key = one.person_id, one.asked.kind
        granted[key] = granted.get(key, 0) + (one.granted_minor or 0)
    found: dict[int, int] = {}
    for one in ordered:
        if one.granted_minor is None:
            key = one.person_id, one.asked.kind
            found[one.claim_no] = worth(tariff, one, granted[key])
            granted[key] += found[one.claim_no]
    return found


def decided(
    tariff: Tariff, claims: Sequence[Claim], numbers: Sequence[int], *, grant: bool
) -> list[Decided]:
    """What is to be decided of the claims with these *numbers*; without any, of all that wait.

    To grant all means all for which the tariff gives something. A claim that is named counts before
    those that are not.

    Raises:
        ClaimError: naming every claim on which that cannot be decided.
    """
    known = {one.claim_no: one for one in claims}
    chosen = [known[number] for number in dict.fromkeys(numbers) if number in known]
    wrong = [
        said("there is no claim {claim}; `amends claims list CASE` has those that are", claim=one)
        for one in numbers
        if one not in known
    ]
    wrong += [
        said("claim {claim} is decided already", claim=one.claim_no)
        for one in chosen
        if one.granted_minor is not None
    ]
    settled = [one for one in claims if one.granted_minor is not None]
    counted = [*settled, *chosen] if numbers else claims
    given = by_tariff(tariff, counted) if not wrong else {}
    if not grant:
        given = dict.fromkeys(given, 0)
    elif numbers:
        wrong += [
            said(
                "claim {claim}: the tariff gives nothing for it, because its evidence was rejected "
                "or the most of one person is reached; refuse it with --refuse",
                claim=number,
            )
            for number, minor in given.items()
            if not minor
        ]
    if wrong:
        raise ClaimError(wrong)
    return [
        Decided(claim=known[number], granted=Money(amount_minor=minor, currency=tariff.currency))
        for number, minor in sorted(given.items())
        if minor or not grant
    ]


def two_decide(tariff: Tariff, decisions: Iterable[Decided]) -> bool:
    """Whether two people have to decide: always on a refusal, and where the tariff asks for it."""

    def alone(one: Decided) -> bool:
        rule = tariff.rule_of(one.claim.asked.kind)
        most = rule.two_people_from if rule else None
        return most is not None and 0 < one.granted.amount_minor < most.amount_minor

    return not all(alone(one) for one in decisions)


Key = tuple[str, ...]


def key(one: Placed) -> Key:
    """What two rows of one claim have in common: the document, or person, kind and day."""
    if one.asked.evidence_sha256 is not None:
        return (one.asked.evidence_sha256,)
    return (one.person_id, one.asked.kind, one.asked.occurred_on.isoformat())


def repeated(one: Placed, other: Placed) -> Fault | None:
    """What is wrong with two rows of one key; None where they are the same claim."""
    if (one.person_id, one.asked) == (other.person_id, other.asked):
        return None
    mine, yours = (
        (each.person_id, each.asked.kind, each.asked.occurred_on) for each in (one, other)
    )
    return Fault.CLAIM_TWICE if mine == yours else Fault.EVIDENCE_USED
