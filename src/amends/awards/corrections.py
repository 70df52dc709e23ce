"""Correct awards: by two people over the exact list, with a reason, and in the books at once.

Kept true: an award row never changes; what is owed is the award with its newest correction; nobody
is owed less than what was planned or sent; corrections, decision and books are one transaction.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import psycopg

from amends.awards import corrections_store, store
from amends.awards.correcting import (
    Channel,
    Correction,
    CorrectionError,
    Held,
    Present,
    Proposed,
    Reason,
    Recorded,
    Wanted,
    checked,
    corrections_of,
    list_digest,
    proposed_for_one,
)
from amends.awards.promised import refuse, right_promise, unfunded
from amends.governance.model import JSON
from amends.governance.service import audit_in, proposal_sha256, require_approval
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.summary import StageSummary
from amends.ledger.model import COMPENSATION, OWED, Transfer
from amends.ledger.service import post
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

KIND = "correction"
"""The kind of the proposal."""

_SHOWN = 20
_BECAUSE = "correction-because"

HeldOf = Callable[[Sequence[int]], Mapping[int, Held]]
"""Asks payouts what is planned, under way or sent of awards."""

Also = Callable[[Connection, Mapping[int, int]], None]
"""Writes what belongs into the transaction of corrections: the number of each, by award."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A correction as it stands, with its reason in words and how the person was told of it."""

    row: Recorded
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All corrections, and what waits for one.

    ``proposed``: what follows of people found to be one, or apart again; ``without_award``: people
    who came out of somebody and get an award of their own at the next ``award``.
    """

    corrections: tuple[Kept, ...]
    proposed: Proposed
    without_award: int

    @property
    def not_told(self) -> int:
        """Corrections of which nobody was told."""
        return sum(not kept.row.told for kept in self.corrections)


def standing(opened: OpenCase, held_of: HeldOf, *, award_index: int | None = None) -> Standing:
    """What was corrected, and what people found to be one, or two, ask for."""
    with opened.database.reading() as connection:
        rows = corrections_store.corrections(connection, award_index=award_index)
        without_award = corrections_store.new_of_two(connection)
    return Standing(
        corrections=tuple(Kept(row=row, because=_unsealed(opened, row)) for row in rows),
        proposed=proposed(opened, held_of),
        without_award=without_award,
    )


def recorded(connection: Connection, *, after: int) -> list[Recorded]:
    """Corrections with a number above *after*, in order."""
    return corrections_store.corrections(connection, after=after)


def proposed(opened: OpenCase, held_of: HeldOf) -> Proposed:
    """Corrections that follow of the newest determination: annulled, raised and restored awards."""
    currency = opened.case.file.currency
    with opened.database.reading() as connection:
        groups = corrections_store.people_with_several(connection)
        standing = corrections_store.present(connection, [i for group in groups for i in group])
        apart = corrections_store.annulled_and_apart(connection)
    held = held_of(list(standing))
    wanted: list[Wanted] = []
    both_stand: list[int] = []
    for group in groups:
        one = proposed_for_one([standing[index] for index in group], held, currency)
        wanted += one.wanted
        both_stand += one.both_stand
    wanted += [
        Wanted(
            award_index=index,
            amount=Money(amount_minor=amount, currency=currency),
            reason=Reason.ONE_WAS_TWO,
            because=said("found to be a person of their own again"),
        )
        for index, amount in apart
    ]
    return Proposed(wanted=tuple(wanted), both_stand=tuple(both_stand))


def preview(opened: OpenCase, wanted: Sequence[Wanted], held_of: HeldOf) -> list[Correction]:
    """What a list would correct, after all checks; nothing is written and nobody is asked.

    Raises:
        CorrectionError: something is wrong with the list.
        PromiseError: the money does not cover what would be owed.
    """
    return _checked(opened, wanted, held_of)


def correct(
    opened: OpenCase, wanted: Sequence[Wanted], held_of: HeldOf, also: Also | None = None
) -> StageSummary:
    """Correct awards; nothing at all where anything is wrong with the list.

    *also*: writes in the same transaction what the corrections are made for.

    Raises:
        CorrectionError: something is wrong with the list.
        PromiseError: the money does not cover what would be owed.
        WaitingForApprovalError: two people have to approve the exact list.
    """
    made = _checked(opened, wanted, held_of)
    if not made:
        return _summary(opened, made, held_of)
    with opened.database.reading() as connection:
        _, newest = corrections_store.newest_numbers(connection)
    proposal = _proposal(opened, made, newest + 1)
    require_approval(opened, KIND, proposal)
    digest = proposal_sha256(opened, KIND, proposal)
    try:
        _record(opened, made, first=newest + 1, proposal=digest, also=also)
    except (psycopg.errors.CheckViolation, psycopg.errors.UniqueViolation) as refused:
        raise CorrectionError(
            [said("payments or corrections came in between; call the same command again")]
        ) from refused
    return _summary(opened, made, held_of)


def told(opened: OpenCase, correction_no: int, channel: Channel, by: str) -> bool:
    """Record that the person was told of a correction; False when that is recorded already.

    Raises:
        CorrectionError: there is no such correction.
    """
    with opened.database.unit_of_work() as connection:
        if not corrections_store.corrections(connection, after=correction_no - 1)[:1] or (
            correction_no < 1
        ):
            raise CorrectionError([said("there is no correction {number}", number=correction_no)])
        now = opened.clock.now()
        new = corrections_store.insert_told(connection, correction_no, channel, by, now)
        if new:
            details: dict[str, JSON] = {"correction": correction_no, "channel": str(channel)}
            audit_in(connection, opened, by, "correction told", details)
    return new


def _checked(opened: OpenCase, wanted: Sequence[Wanted], held_of: HeldOf) -> list[Correction]:
    """The corrections of a list that nothing is wrong with."""
    currency = opened.case.file.currency
    indexes = [one.award_index for one in wanted]
    with opened.database.reading() as connection:
        now = corrections_store.present(connection, indexes)
        known = store.classes(connection)
    checked(wanted, now, held_of(indexes), currency)
    _some_award_stays(wanted, now)
    made = corrections_of(wanted, now, known)
    _refuse_unfunded(opened, sum(one.change_minor for one in made))
    return made


def _some_award_stays(wanted: Sequence[Wanted], now: Mapping[int, Present]) -> None:
    """Of awards of one person not all are annulled."""
    gone = {
        one.award_index
        for one in wanted
        if one.reason is Reason.TWO_WERE_ONE and one.amount.amount_minor == 0
    }
    wrong = [
        said(
            "award {award}: all awards of this person would be annulled; one of them has to stay",
            award=index,
        )
        for index in sorted(gone)
        if gone.issuperset(now[index].one_person_with)
    ]
    if wrong:
        raise CorrectionError(wrong)


def _refuse_unfunded(opened: OpenCase, change_minor: int) -> None:
    """Refuse to owe more than there is money for."""
    right = right_promise(opened)
    if change_minor <= 0 or right.total is None:
        return
    more = Money(amount_minor=change_minor, currency=right.total.currency)
    refuse(unfunded(opened, right.total + more))


def _proposal(opened: OpenCase, made: Sequence[Correction], first: int) -> dict[str, JSON]:
    """What two people approve. It becomes public with the corrections; why in words does not."""
    words = "".join(f"{one.award_index} {one.because}\n" for one in made)
    because = hmac.digest(opened.vault.derive(_BECAUSE), words.encode(), "sha256")
    body: dict[str, JSON] = {
        "annulled": sum(one.amount_minor == 0 for one in made),
        "because_hmac": because.hex(),
        "case": opened.case.file.id,
        "change_minor": sum(one.change_minor for one in made),
        "corrections": len(made),
        "corrections_sha256": list_digest(one.head for one in made),
        "currency": opened.case.file.currency,
        "first_correction": first,
        "reason": ", ".join(sorted({str(one.reason) for one in made})),
    }
    raised = sum(max(0, one.change_minor) for one in made)
    if raised not in {0, body["change_minor"]}:
        body["raised_minor"] = raised  # what goes up is not hidden by what goes down beside it
    if len(made) <= _SHOWN:
        body["awards"] = [
            [one.award_index, one.amount_before_minor, one.amount_minor, str(one.reason)]
            for one in made
        ]
    return body


def _record(
    opened: OpenCase,
    made: Sequence[Correction],
    *,
    first: int,
    proposal: str,
    also: Also | None,
) -> None:
    """Decision, corrections and books, and what is written beside them, in one transaction."""
    now, currency = opened.clock.now(), opened.case.file.currency
    with opened.database.unit_of_work() as connection:
        corrections_store.lock(connection)
        decision, newest = corrections_store.newest_numbers(connection)
        _still(connection, made, newest + 1 == first)
        change = sum(one.change_minor for one in made)
        corrections_store.insert_decision(
            connection,
            {
                "decision_no": decision + 1,
                "proposal_sha256": proposal,
                "corrections": len(made),
                "change_minor": change,
                "currency": currency,
                "decided_at": now,
            },
        )
        rows = (
            (no, one, opened.vault.seal(one.because.encode(), _BECAUSE, str(no)))
            for no, one in enumerate(made, first)
        )
        corrections_store.insert_corrections(
            connection, rows, decision_no=decision + 1, currency=currency, now=now
        )
        if also is not None:
            also(connection, {one.award_index: no for no, one in enumerate(made, first)})
        details: dict[str, JSON] = {"corrections": len(made), "change_minor": change}
        audit_in(connection, opened, opened.by, "awards corrected", details)
        post(
            connection,
            [
                Transfer(
                    transfer_id=f"correction:{no}",
                    debit=COMPENSATION if one.change_minor > 0 else OWED,
                    credit=OWED if one.change_minor > 0 else COMPENSATION,
                    amount_minor=abs(one.change_minor),
                    currency=currency,
                    reason="correction",
                    subject=f"award:{one.award_index}",
                    occurred_at=now,
                )
                for no, one in enumerate(made, first)
            ],
        )


def _still(connection: Connection, made: Sequence[Correction], newest: bool) -> None:  # noqa: FBT001 - one caller
    """Refuse when awards were corrected otherwise since the list was checked."""
    now = corrections_store.present(connection, [one.award_index for one in made])
    if not newest or any(
        now[one.award_index].step + 1 != one.step
        or now[one.award_index].amount_minor != one.amount_before_minor
        for one in made
    ):
        raise CorrectionError(
            [said("payments or corrections came in between; call the same command again")]
        )


def _unsealed(opened: OpenCase, row: Recorded) -> str:
    return opened.vault.unseal(row.because, _BECAUSE, str(row.correction_no)).decode()


def _summary(opened: OpenCase, made: Sequence[Correction], held_of: HeldOf) -> StageSummary:
    """What was corrected, and what has to follow."""
    held = held_of([one.award_index for one in made])
    with opened.database.reading() as connection:
        owed_minor = store.total_minor(connection)
    unpaid = sum(
        max(0, one.amount_minor - held[one.award_index].amount_minor)
        for one in made
        if one.award_index in held
    )
    currency = opened.case.file.currency
    notes = []
    if not made:
        notes.append(said("nothing to correct"))
    else:
        notes.append(
            said(
                "`amends promise CASE --restate` states the promise anew where figures changed; "
                "`amends publish CASE` makes the corrections public"
            )
        )
        notes.append(
            said(
                "tell the people: `amends notices untold CASE` lists those whose notice said "
                "otherwise; `amends correct CASE --told NUMBER --channel CHANNEL` records it"
            )
        )
    if unpaid:
        notes.append(
            said(
                "{amount} is owed on top of payments that were planned or sent before: `amends pay "
                "CASE` plans the difference when they have arrived, and two people sign it",
                amount=Money(amount_minor=unpaid, currency=currency).display(),
            )
        )
    return StageSummary(
        counts={
            "corrections": len(made),
            "annulled": sum(one.amount_minor == 0 for one in made),
            "raised": sum(one.change_minor > 0 for one in made),
            "lowered": sum(one.change_minor < 0 for one in made),
            "change_minor": sum(one.change_minor for one in made),
            "owed_minor": owed_minor,
            "owed_beside_payment_minor": unpaid,
        },
        notes=tuple(notes),
    )
