"""What the rest of Amends does with claims: see them, and decide on them.

Kept true: a claim is decided once (a constraint); decision and grant are one transaction; nothing
is granted that the tariff does not give or the money does not cover; two people refuse.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from amends.awards import grants
from amends.claims import rules, store
from amends.claims.model import Claim, ClaimError, Decided, SetAside, State, Wanted
from amends.governance.model import JSON
from amends.governance.service import audit_in, proposal_sha256, require_approval
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.summary import StageSummary
from amends.vault.opened import OpenCase

KIND = "claims"
"""The kind of the proposal."""

_BECAUSE = "claim-because"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All claims, what the tariff gives for those that wait, and rows that are set aside."""

    claims: tuple[Claim, ...]
    given: Mapping[int, Money]
    set_aside: tuple[SetAside, ...]


def standing(opened: OpenCase) -> Standing:
    """How all claims stand."""
    tariff = opened.case.file.tariff
    with opened.database.reading() as connection:
        found = store.claims(connection)
        aside = store.set_aside(connection)
    return Standing(
        claims=tuple(found),
        given={
            number: Money(amount_minor=minor, currency=tariff.currency)
            for number, minor in rules.by_tariff(tariff, found).items()
        },
        set_aside=tuple(aside),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of claims, what the tariff gives for those of them that wait, where it goes on."""

    claims: tuple[Claim, ...]
    given: Mapping[int, Money]
    following: tuple[int, int] | None


def listed(opened: OpenCase, wanted: Wanted, *, most: int) -> Listed:
    """At most so many claims, narrowed and ordered by the database.

    What the tariff gives depends on the other claims of the same people: those are read, too.
    """
    tariff = opened.case.file.tariff
    with opened.database.reading() as connection:
        found = store.page(connection, wanted, most + 1)
        claims = tuple(claim for _, claim in found[:most])
        waiting = {one.claim_no: one.person_id for one in claims if one.state is State.WAITING}
        beside = store.claims_of(connection, waiting.values()) if waiting else []
    given = rules.by_tariff(tariff, beside)
    last = found[most - 1] if len(found) > most else None
    return Listed(
        claims=claims,
        given={
            number: Money(amount_minor=given[number], currency=tariff.currency)
            for number in waiting
        },
        following=None if last is None else (last[0], last[1].claim_no),
    )


def counts(opened: OpenCase) -> dict[State, int]:
    """How many claims are in each state; one that none is in is left out."""
    with opened.database.reading() as connection:
        return store.counts(connection)


def set_aside(opened: OpenCase) -> int:
    """How many rows are set aside."""
    with opened.database.reading() as connection:
        return len(store.set_aside(connection))


def preview(opened: OpenCase, numbers: Sequence[int], *, grant: bool) -> list[Decided]:
    """What would be decided, after all checks; nothing is written and nobody is asked.

    Raises:
        ClaimError: it cannot be decided so.
        PromiseError: the money does not cover what would be granted.
    """
    with opened.database.reading() as connection:
        claims = store.claims(connection)
    decisions = rules.decided(opened.case.file.tariff, claims, numbers, grant=grant)
    grants.refuse_unfunded(opened, _granted(opened, decisions))
    return decisions


def decide(opened: OpenCase, numbers: Sequence[int], *, grant: bool, because: str) -> StageSummary:
    """Grant claims what the tariff gives for them, or refuse them; *because* is kept sealed.

    Without *numbers*: all that wait and for which the tariff gives something.

    Raises:
        ClaimError: it cannot be decided so, or others decided in between.
        PromiseError: the money does not cover what would be granted.
        WaitingForApprovalError: two people have to approve the exact list.
    """
    if not because.strip():
        raise ClaimError([said("say why in words: --because TEXT; it is kept sealed")])
    decisions = preview(opened, numbers, grant=grant)
    if not decisions:
        return StageSummary(
            counts={"claims_decided": 0}, notes=(said("no claim waits that can be granted"),)
        )
    digest = None
    if rules.two_decide(opened.case.file.tariff, decisions):
        proposal = _proposal(opened, decisions, because)
        require_approval(opened, KIND, proposal)
        digest = proposal_sha256(opened, KIND, proposal)
    _record(opened, numbers, decisions, because, digest)
    granted = _granted(opened, decisions)
    refused = sum(one.granted.amount_minor == 0 for one in decisions)
    return StageSummary(
        counts={
            "claims_decided": len(decisions),
            "claims_refused": refused,
            "granted_minor": granted.amount_minor,
        },
        notes=(
            said(
                "`amends award CASE` gives what was granted with first awards, `amends claims "
                "award CASE` adds it to awards that are there"
            ),
        )
        if granted.amount_minor
        else (said("tell the people why, and that they can bring more"),),
    )


def _granted(opened: OpenCase, decisions: Sequence[Decided]) -> Money:
    """What is granted by decisions together."""
    minor = sum(one.granted.amount_minor for one in decisions)
    return Money(amount_minor=minor, currency=opened.case.file.currency)


def _proposal(opened: OpenCase, decisions: Sequence[Decided], because: str) -> dict[str, JSON]:
    """What two people approve: the exact list, by which tariff, and why (by a keyed hash)."""
    lines = "".join(one.line for one in decisions)
    words = hmac.digest(opened.vault.derive(_BECAUSE), f"{lines}{because}".encode(), "sha256")
    return {
        "because_hmac": words.hex(),
        "case": opened.case.file.id,
        "claims": len(decisions),
        "claims_sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "currency": opened.case.file.currency,
        "granted_minor": _granted(opened, decisions).amount_minor,
        "refused": sum(one.granted.amount_minor == 0 for one in decisions),
        "tariff_sha256": opened.case.file.tariff.sha256,
    }


def _record(
    opened: OpenCase,
    numbers: Sequence[int],
    decisions: Sequence[Decided],
    because: str,
    proposal: str | None,
) -> None:
    """Decisions and grants, in one transaction; refuse where others decided in between."""
    tariff, now = opened.case.file.tariff, opened.clock.now()
    grant = any(one.granted.amount_minor for one in decisions)
    with opened.database.unit_of_work() as connection:
        store.lock(connection)
        claims = store.claims(connection)
        if rules.decided(tariff, claims, numbers, grant=grant) != list(decisions):
            raise ClaimError([said("others decided in between; call the same command again")])
        store.insert_decisions(
            connection,
            (
                (
                    one.claim.claim_no,
                    one.granted.amount_minor,
                    opened.vault.seal(because.encode(), _BECAUSE, str(one.claim.claim_no)),
                )
                for one in decisions
            ),
            {
                "tariff_sha256": tariff.sha256,
                "proposal_sha256": proposal,
                "decided_by": opened.by,
                "decided_at": now,
            },
        )
        grants.grant_in(
            connection,
            {
                one.claim.claim_no: (one.claim.person_id, one.granted.amount_minor)
                for one in decisions
                if one.granted.amount_minor
            },
            currency=tariff.currency,
            now=now,
        )
        details: dict[str, JSON] = {
            "claims": len(decisions),
            "granted_minor": sum(one.granted.amount_minor for one in decisions),
            "refused": sum(one.granted.amount_minor == 0 for one in decisions),
        }
        audit_in(connection, opened, opened.by, "claims decided", details)
