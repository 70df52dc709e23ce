"""A person's explanation in sentences, Chinese or English, and as JSON. Pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from amends.awards.assessing import steps
from amends.awards.correcting import CHANNEL_WORDS, REASON_WORDS
from amends.kernel.categories import label
from amends.kernel.saying import LANGUAGES, Language, Said, in_language, joined, said
from amends.kernel.tariff import LaterKind
from amends.reasons.model import (
    Affected,
    AwardTold,
    ClaimTold,
    Corrected,
    PayeeTold,
    PaymentState,
    PersonTold,
    RowsFound,
)

RECIPIENTS: Final = {
    "self": said("the person, on an account in the person's own name"),
    "minor": said("the person, who is a minor and has an account of their own"),
    "guardian": said("the guardian, for the person"),
    "administrator": said("the administrator of the estate"),
    "relative": said("the relative on whom the heirs agreed"),
    "heir": said("the heirs, each a share"),
    "custodian": said("the custodian of the missing person's property"),
}
"""Who receives the money, by kind of payee."""

REASONS: Final = {
    "deceased": said(
        "the person has died, and it is not settled yet who receives it for the heirs"
    ),
    "minor_without_guardian_account": said(
        "the person is a minor, and no account of a guardian is known"
    ),
    "no_account": said("no account is known to which the money can go"),
    "no_name": said("the account is known and the name of its holder is not"),
    "many_on_one_account": said("the same account is named for many people"),
    "in_review": said("files contradict each other about this person, and somebody has to look"),
    "no_capacity": said("the person cannot act, and no account of a guardian is known"),
    "wallet_too_low": said("the class of the person's wallet does not allow the amount"),
    "held": said("the provider holds the account"),
    "missing": said("the person is missing, and no custodian is appointed"),
    "refused": said("the person does not want the money"),
    "donated": said("the person gives the money away"),
    "deposit": said("the money goes to, or lies with, a notary"),
}
"""Why a person has to look first, by reason. Nobody loses the award by one of these."""

DEPOSITS: Final = {
    "deposit_pending": said("The money goes to a notary, and stays owed until it is deposited."),
    "deposited": said(
        "The money lies with a notary, which counts as given (Civil Code 571); it can be collected "
        "there for five years."
    ),
    "collected": said("The money lay with a notary and was collected there."),
    "escheated": said("Nobody could be found to receive the money, and it went to the state."),
}
"""Where the money is that no rail sends, by the state of the payee."""

_GIVEN: Final = ("deposited", "collected", "escheated")

CLAIMED: Final = {
    LaterKind.LOSS: said("loss"),
    LaterKind.TIME: said("time"),
    LaterKind.COSTS: said("costs"),
}
"""What can be claimed, in a word."""

_SUREST: Final = 0.999
"""More is not said of a probability: no likeness is certain."""

_PAYMENTS: Final = {
    PaymentState.OPEN: said("The money has not been sent yet."),
    PaymentState.SENT: said(
        "The money was given to the provider, whose final answer is not there."
    ),
    PaymentState.SETTLED: said("The money has arrived."),
    PaymentState.RETURNED: said("The money came back; it stays owed and is sent again."),
    PaymentState.NEEDS_ATTENTION: said("Nothing can be sent until a person has looked."),
}


def told(person: PersonTold, language: Language) -> list[str]:
    """The sentences, in order: affected, rows, awards with their steps, payee, payment."""
    return [
        f"{'  ' if isinstance(line, _Detail) else ''}{in_language(_bare(line), language)}"
        for line in _lines(person, language)
    ]


@dataclass(frozen=True, slots=True)
class _Detail:
    """A sentence that belongs to the one before it, and is set in."""

    sentence: Said


_Line = Said | _Detail


def _bare(line: _Line) -> Said:
    return line.sentence if isinstance(line, _Detail) else line


def _lines(person: PersonTold, language: Language) -> Iterator[_Line]:
    if person.affected is None:
        yield said(
            "{person} is not counted as affected by determination {run_no}.",
            person=person.person_id,
            run_no=person.run_no,
        )
    else:
        yield from _affected(person, person.affected, language)
    if person.earlier_ids:
        yield said("Earlier ids of the same person: {ids}.", ids=", ".join(person.earlier_ids))
    if person.accounts is not None:
        yield said("Accounts of the person: {accounts:,}.", accounts=person.accounts)
    yield from _found(person, language)
    for award in person.awards:
        yield from _award(award, language)
    if not person.awards:
        yield said("There is no award for this person.")
    yield from map(_claim, person.claims)
    yield from _paid(person)


def _paid(person: PersonTold) -> Iterator[_Line]:
    if person.payee is not None:
        yield payee_words(person.payee)
    elif person.awards:
        yield said("Who receives the money is not settled yet.")
    if person.payee is None or person.payee.situation not in _GIVEN:
        for award in person.awards:
            yield from _payment(award)


def _found(person: PersonTold, language: Language) -> Iterator[_Line]:
    if person.found is None:
        yield said("Which leaked rows they were cannot be looked up any more: the files are gone.")
    for rows in person.found or ():
        yield _Detail(_rows(rows, language))


def _affected(person: PersonTold, affected: Affected, language: Language) -> Iterator[Said]:
    names = [
        person.products[code].in_language(language) if code in person.products else code
        for code in affected.products
    ]
    yield said(
        "{person} is affected, by determination {run_no} (find {tranche}).",
        person=person.person_id,
        run_no=person.run_no,
        tranche=affected.tranche,
    )
    yield said(
        "Leaked rows of this person: {rows:,}; accounts with {products}; of them leaked: {what}.",
        rows=affected.rows,
        products=_listed(names, language),
        what=_listed([label(code, language) for code in affected.categories], language),
    )


def _listed(names: Sequence[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(names) or "-"


def _rows(rows: RowsFound, language: Language) -> Said:
    if rows.outcome == "review":
        return said(
            "Rows of {file}: {rows:,} that may be this person's; a reader has to decide.",
            rows=rows.rows,
            file=rows.evidence,
        )
    how: Said
    if rows.method == "exact":
        kind = label(rows.reason.removeprefix("key:").upper(), language)
        how = said("{kind} is the same and nobody else's", kind=kind)
    elif rows.method == "clerical":
        how = said("readers decided so")
    else:
        sure = min(math.floor(rows.probability * 1000) / 1000, _SUREST)
        how = said("the records are alike, probability at least {sure:.1%}", sure=sure)
    return said("Rows of {file}: {rows:,}; {how}.", rows=rows.rows, file=rows.evidence, how=how)


def _award(award: AwardTold, language: Language) -> Iterator[_Line]:
    yield said("Award {index}: {amount}.", index=award.award_index, amount=award.amount.display())
    if award.earlier_id is not None:
        yield _Detail(
            said("It was given under the earlier id {earlier}.", earlier=award.earlier_id)
        )
    if award.corrected is not None:
        yield _Detail(
            said(
                "It was {awarded} and was changed by correction {number}: {reason}.",
                awarded=award.corrected.awarded.display(),
                number=award.corrected.correction_no,
                reason=REASON_WORDS[award.corrected.reason],
            )
        )
        yield _Detail(_told_of(award.corrected))
    if award.reason is None:
        yield _Detail(said("It is from before tariffs were kept: its steps are not recorded."))
        return
    for step in steps(award.reason.tariff, award.reason.group, language):
        yield _Detail(step)
    yield _Detail(
        said("The text of the tariff has the SHA-256 {sha256}.", sha256=award.reason.tariff.sha256)
    )
    yield _Detail(
        said(
            "Approved in round {round_no} by {names}; what they signed is proposal {proposal}.",
            round_no=award.reason.round_no,
            names=_listed(award.approved_by, language)
            if award.approved_by
            else said("nobody whose signature holds"),
            proposal=award.reason.proposal_sha256[:12],
        )
    )


def _claim(claim: ClaimTold) -> Said:
    """A claim, and what became of it."""
    return said(
        "Claim {number} ({kind}, {day}): {what}.",
        number=claim.claim_no,
        kind=CLAIMED[claim.kind],
        day=claim.occurred_on,
        what=_outcome(claim),
    )


def _outcome(claim: ClaimTold) -> Said:
    if claim.granted is None:
        return said("waits for a decision")
    if not claim.granted.amount_minor:
        return said("refused")
    granted = claim.granted.display()
    if claim.award_index is None:
        return said("{amount} granted, and not awarded yet", amount=granted)
    if claim.correction_no is None:
        return said("{amount} granted, in award {index}", amount=granted, index=claim.award_index)
    return said(
        "{amount} granted, in award {index} by correction {correction}",
        amount=granted,
        index=claim.award_index,
        correction=claim.correction_no,
    )


def _told_of(corrected: Corrected) -> Said:
    """By which channels the person was told of the correction."""
    if not corrected.told:
        return said("Nobody has told the person of the correction yet.")
    words = joined((CHANNEL_WORDS[one] for one in corrected.told), ", ")
    return said("The person was told of the correction {how}.", how=words)


def payee_words(payee: PayeeTold) -> Said:
    """Who receives the money, or why nobody does yet."""
    if payee.state == "payable":
        kind = str(payee.kind)
        return said("The money goes to {who}.", who=RECIPIENTS.get(kind, kind))
    if payee.situation in DEPOSITS:
        return DEPOSITS[payee.situation]
    return said(
        "The money waits for somebody to look, and stays owed: {why}.", why=_why(payee.reason)
    )


def _why(reason: str | None) -> str:
    return REASONS.get(str(reason), str(reason))


def _payment(award: AwardTold) -> Iterator[_Line]:
    payment = award.payment
    if payment is None:
        yield said("Award {index}: nothing is owed any more.", index=award.award_index)
        return
    state = _PAYMENTS[payment.state]
    yield said("Award {index}: {state}", index=award.award_index, state=state)
    if payment.amount is not None:
        yield _Detail(
            said(
                "That is {amount} of it; {rest} was added by a correction since, is owed, and is "
                "not paid yet.",
                amount=payment.amount.display(),
                rest=(award.amount - payment.amount).display(),
            )
        )
    if payment.rail is not None:
        yield _Detail(
            said(
                "By {rail}, instruction {attempts}; sent on {sent}, settled on {settled}.",
                rail=payment.rail,
                attempts=payment.attempts,
                sent=payment.sent_on or "-",
                settled=payment.settled_on or "-",
            )
        )
        if payment.reason is not None:
            yield _Detail(said("The provider's reason: {reason}.", reason=payment.reason))


def as_json(person: PersonTold) -> dict[str, object]:
    """The same as values and as words in both languages."""
    return {
        "person_id": person.person_id,
        "run": person.run_no,
        "earlier_ids": list(person.earlier_ids),
        "affected": None
        if person.affected is None
        else {
            "categories": list(person.affected.categories),
            "products": list(person.affected.products),
            "rows": person.affected.rows,
            "method": person.affected.method,
            "probability": person.affected.probability,
            "tranche": person.affected.tranche,
        },
        "awards": [_award_as_json(award) for award in person.awards],
        "claims": [
            {
                "claim": claim.claim_no,
                "kind": claim.kind.value,
                "day": claim.occurred_on.isoformat(),
                "granted_minor": None if claim.granted is None else claim.granted.amount_minor,
                "award_index": claim.award_index,
                "correction": claim.correction_no,
            }
            for claim in person.claims
        ],
        "payee": None
        if person.payee is None
        else {
            "state": person.payee.state,
            "kind": person.payee.kind,
            "reason": person.payee.reason,
        },
        "words": {each: told(person, each) for each in LANGUAGES},
    }


def _award_as_json(award: AwardTold) -> dict[str, object]:
    found = award.reason
    return {
        "award_index": award.award_index,
        "amount_minor": award.amount.amount_minor,
        "currency": award.amount.currency,
        "tranche": award.tranche,
        "corrected": None
        if award.corrected is None
        else {
            "correction": award.corrected.correction_no,
            "reason": award.corrected.reason.value,
            "awarded_minor": award.corrected.awarded.amount_minor,
            "told": [str(one) for one in award.corrected.told],
        },
        "payment": None if award.payment is None else award.payment.state.value,
        "rail": None if award.payment is None else award.payment.rail,
        "approved_by": list(award.approved_by),
        "tariff": None
        if found is None
        else {
            "id": found.tariff.id,
            "version": found.tariff.version,
            "sha256": found.tariff.sha256,
            "scenario": found.scenario,
            "proposal_sha256": found.proposal_sha256,
            "round": found.round_no,
        },
    }
