"""States, events, papers and doubts of payees in words, for whoever decides about them. Pure."""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Final

from amends.kernel.saying import Said, joined, said
from amends.payees.model import Doubt, Situation
from amends.payees.states import Actor, Event, EvidenceKind, Recipient, StatementKind

SITUATIONS: Final[dict[Situation, Said]] = {
    Situation.IN_REVIEW: said("papers or files contradict each other"),
    Situation.ADULT: said("adult, paid in person"),
    Situation.AGED_8_TO_17: said("8 to 17, has an account and is paid in person"),
    Situation.AGED_8_TO_17_GUARDED: said("8 to 17, paid to the guardian"),
    Situation.UNDER_8: said("under 8, no guardian's account yet"),
    Situation.UNDER_8_GUARDED: said("under 8, paid to the guardian"),
    Situation.INCAPABLE: said("cannot act, no guardian's account yet"),
    Situation.INCAPABLE_GUARDED: said("cannot act, paid to the guardian"),
    Situation.NO_ACCOUNT: said("no account is known"),
    Situation.WALLET_TOO_LOW: said("the wallet's class is too low"),
    Situation.HELD: said("held by the provider"),
    Situation.MISSING: said("missing, no custodian yet"),
    Situation.CUSTODIAN: said("missing, paid to the custodian"),
    Situation.REFUSED: said("does not want the money"),
    Situation.DONATED: said("gives the money away"),
    Situation.DONEE_PAID: said("has given the money away, paid by hand"),
    Situation.DIED_AFTER: said("died after the leak, heirs not settled"),
    Situation.DIED_BEFORE: said("died before the leak, relatives not settled"),
    Situation.ADMINISTRATOR: said("dead, paid to the estate's administrator"),
    Situation.HEIRS: said("dead, paid to the heirs"),
    Situation.HEIRS_PAID: said("dead, every heir paid by hand"),
    Situation.RELATIVE: said("dead, paid to the relative agreed on"),
    Situation.NO_HEIR: said("dead, no heir: goes to the state"),
    Situation.DEPOSIT_PENDING: said("going to a notary"),
    Situation.DEPOSITED: said("lies with a notary"),
    Situation.COLLECTED: said("collected from the notary"),
    Situation.ESCHEATED: said("not collected in time, went to the state"),
}
"""What each state means for the money; docs/reference/payee-states.md has what leads where."""

EVENTS: Final[dict[Event, Said]] = {
    Event.DOUBT_RAISED: said("something is in doubt about this person"),
    Event.FOUND_ADULT: said("looked at: an adult"),
    Event.FOUND_AGED_8_TO_17: said("looked at: 8 to 17 years old"),
    Event.FOUND_UNDER_8: said("looked at: under 8"),
    Event.FOUND_INCAPABLE: said("looked at: a court found that the person cannot act"),
    Event.FOUND_WITHOUT_ACCOUNT: said("looked at: has no account"),
    Event.DIED_AFTER_LEAK: said("died on the day of the leak or later"),
    Event.DIED_BEFORE_LEAK: said("died before the leak"),
    Event.TURNED_EIGHT: said("is 8 now"),
    Event.CAME_OF_AGE: said("is 18 now"),
    Event.LIVES_ON_EARNINGS: said("is 16 or 17 and lives on own earnings"),
    Event.CAPACITY_LOST: said("a court found that the person cannot act"),
    Event.CAPACITY_RESTORED: said("a court found that the person can act again"),
    Event.GUARDIAN_NAMED: said("a guardian has come, and shows it"),
    Event.GUARDIAN_ENDED: said("the guardian is guardian no more"),
    Event.ACCOUNT_NAMED: said("an adult names an account"),
    Event.MINOR_ACCOUNT_NAMED: said("a minor from 8 on names an account of their own"),
    Event.ACCOUNT_LOST: said("the account cannot be used any more"),
    Event.WALLET_CLASS_TOO_LOW: said("the wallet's class is too low for the amount"),
    Event.WALLET_UPGRADED: said("the wallet's class is high enough now"),
    Event.PROVIDER_HOLDS: said("the provider holds the account"),
    Event.HOLD_RELEASED: said("the provider has let the account go"),
    Event.NOT_REACHED: said("the person was not reached"),
    Event.CAME_BACK: said("the person has come back"),
    Event.CUSTODIAN_APPOINTED: said("a custodian of the missing person's property was appointed"),
    Event.CUSTODIAN_ENDED: said("the custodian is custodian no more"),
    Event.REFUSES: said("the person does not want the money"),
    Event.RECONSIDERS: said("the person wants the money after all"),
    Event.DONATES: said("the person gives the money away"),
    Event.DONATION_WITHDRAWN: said("the person takes the gift back"),
    Event.ADMINISTRATOR_APPOINTED: said("the estate has an administrator"),
    Event.ADMINISTRATOR_ENDED: said("the administrator is administrator no more"),
    Event.HEIRS_AGREE: said("all heirs agree on their shares"),
    Event.SMALL_ESTATE: said("a small estate: one heir answers for the others"),
    Event.RELATIVE_AGREED: said("the near relatives agree on one of them"),
    Event.AGREEMENT_DISPUTED: said("the agreement is disputed"),
    Event.NO_HEIR_FOUND: said("no heir was found"),
    Event.HEIR_FOUND: said("an heir was found"),
    Event.HANDED_OVER: said("handed over to the state"),
    Event.PAID_BY_HAND: said("all that was due is paid by hand"),
    Event.DEPOSIT_DECIDED: said("decided: the money goes to a notary"),
    Event.PAYEE_FOUND: said("whoever receives it was found before the deposit"),
    Event.DEPOSIT_MADE: said("the money lies with the notary now"),
    Event.DEPOSIT_COLLECTED: said("collected from the notary by the person"),
    Event.RIGHT_ENDED: said("five years are over: the right to collect has ended"),
}
"""What each event is, as the one who enters it would say."""

ACTORS: Final[dict[Actor, Said]] = {
    Actor.OFFICER: said("the officer"),
    Actor.PERSON: said("the person"),
    Actor.GUARDIAN: said("the guardian"),
    Actor.RELATIVES: said("the relatives"),
    Actor.COURT: said("a court"),
    Actor.NOTARY: said("the notary"),
    Actor.PROVIDER: said("the provider"),
}
"""Who may say that an event has happened."""

RECIPIENTS: Final[dict[Recipient, Said]] = {
    Recipient.SELF: said("the person"),
    Recipient.GUARDIAN: said("the guardian"),
    Recipient.ADMINISTRATOR: said("the administrator of the estate"),
    Recipient.HEIRS: said("the heirs"),
    Recipient.RELATIVE: said("the relative agreed on"),
    Recipient.CUSTODIAN: said("the custodian"),
    Recipient.DONEE: said("whom the person has named"),
    Recipient.NOTARY: said("the notary"),
    Recipient.STATE: said("the state"),
}
"""Who receives in a state."""

PAPERS: Final[dict[EvidenceKind, Said]] = {
    EvidenceKind.IDENTITY: said("proof of identity"),
    EvidenceKind.HOUSEHOLD_BOOK: said("household register"),
    EvidenceKind.BIRTH_CERTIFICATE: said("birth certificate"),
    EvidenceKind.GUARDIAN_APPOINTMENT: said("appointment of the guardian"),
    EvidenceKind.COURT_FINDING: said("finding of a court"),
    EvidenceKind.DEATH_CERTIFICATE: said("death certificate"),
    EvidenceKind.KINSHIP: said("proof of kinship"),
    EvidenceKind.ADMINISTRATOR_APPOINTMENT: said("appointment of the administrator"),
    EvidenceKind.CUSTODIAN_APPOINTMENT: said("appointment of the custodian"),
    EvidenceKind.DEPOSIT_CERTIFICATE: said("the notary's certificate of deposit"),
    EvidenceKind.HANDOVER_RECEIPT: said("receipt of whoever took it over"),
    EvidenceKind.PAYMENT_RECEIPT: said("the bank's receipt of a payment by hand"),
}
"""Papers that show standing."""

STATEMENTS: Final[dict[StatementKind, Said]] = {
    StatementKind.NO_WAIVER: said("that nothing is waived by the payment"),
    StatementKind.GUARDIAN: said("that the guardian receives it for the ward"),
    StatementKind.EARNINGS: said("that the person lives on own earnings"),
    StatementKind.REFUSAL: said("that the person does not want it"),
    StatementKind.DONATION: said("to whom the person gives it"),
    StatementKind.UNDERTAKING: said("the undertaking to answer for the other heirs"),
    StatementKind.CONSENT: said("the consent of all heirs or relatives"),
}
"""What somebody states in writing."""

DOUBTS: Final[dict[Doubt, tuple[Said, Said]]] = {
    Doubt.DEATH_IN_FUTURE: (
        said("the day of death is after the day that counts; nobody is paid for this person yet"),
        said("ask whoever gave the list for the right day; mend the row, or take it out"),
    ),
    Doubt.DEATH_DATES_DIFFER: (
        said("rows name different days of death for one person; nobody is paid yet"),
        said("look at the death certificate; leave the right row only"),
    ),
    Doubt.DEATH_WITHOUT_DATE: (
        said(
            "the row has no day of death that can be read, so that nobody knows whether it was "
            "before the leak; nobody is paid yet"
        ),
        said("put the day in, like 2026-01-31"),
    ),
    Doubt.NAME_DIFFERS: (
        said("the name in the row is none of the person's names in the registries"),
        said("see whether the row is about this person; mend its name or its number"),
    ),
    Doubt.CHECK_DIGIT: (
        said("the identity number in the row has a wrong last digit (GB 11643)"),
        said("ask for the right number; it may be somebody else's"),
    ),
    Doubt.TWO_PEOPLE: (
        said(
            "the row is about two people: its number is of two, or of another one than its account"
        ),
        said("find out whom it means; leave the keys of that person only"),
    ),
    Doubt.GUARDIAN_IS_MINOR: (
        said("the guardian in the row is younger than 18; the row is left out"),
        said("name a guardian who is of age"),
    ),
    Doubt.GUARDIAN_IS_DEAD: (
        said("the guardian in the row has died; the row is left out"),
        said("name another guardian; parents come first, then grandparents (Civil Code 27)"),
    ),
    Doubt.GUARDIAN_IN_CIRCLE: (
        said("guardians are each other's wards, or lead to such; the rows are left out"),
        said("find out who guards whom; a ward cannot be a guardian"),
    ),
    Doubt.ACCOUNT_OF_TWO: (
        said("two people name one account for the payment; neither is paid yet"),
        said("ask both whose it is; everybody names an account of their own"),
    ),
    Doubt.ACCOUNTS_DIFFER: (
        said("rows name different accounts for the payment to one person; nobody is paid yet"),
        said("ask the person which one it is; leave that row only"),
    ),
    Doubt.ACCOUNT_UNREADABLE: (
        said(
            "the account in the row is none that a way to pay of this case takes, or mistyped; "
            "nobody is paid yet"
        ),
        said("ask for another; docs/reference/payees.md says how each kind is written"),
    ),
    Doubt.LIMIT_UNREADABLE: (
        said(
            "the row's wallet limit is no amount, or its class is none of I, II and III; nobody is "
            "paid yet"
        ),
        said("write the limit like 2000.00, the class like II, or leave both empty"),
    ),
    Doubt.MANY_WARDS: (
        said("one guardian receives for more wards than a family has; none of them is paid yet"),
        said(
            "look whether it is a home or a school, or somebody who collects (Civil Code 35); "
            "payees.wards_per_guardian sets the limit"
        ),
    ),
    Doubt.HEIR_IS_AFFECTED: (
        said("an heir has an award of their own; the shares are not recorded yet"),
        said("look that the two are not mixed up, then enter the heirs again with --heirs-checked"),
    ),
}
"""What is wrong and what it means meanwhile; and what to do."""

AFTERWARDS: Final = said(
    "After mending a file: `amends intake CASE`, then `amends award CASE`; the doubt is withdrawn. "
    "If the file is right: `amends payee move CASE PERSON EVENT` (`amends payee show` names the "
    "events)."
)
"""How a doubt ends."""


def named(words: Said, code: str) -> Said:
    """The words, and the code that commands and JSON have for them."""
    return said("{words} ({code})", words=words, code=code)


def paper_named(kinds: Iterable[EvidenceKind]) -> Said:
    """One paper, of any of these kinds."""
    return either([named(PAPERS[kind], kind.value) for kind in sorted(kinds)])


def needed(
    papers: Iterable[Iterable[EvidenceKind]], statements: Iterable[StatementKind]
) -> list[Said]:
    """The papers and statements that a move needs, or lacks."""
    asked = [said("paper: {paper}", paper=paper_named(kinds)) for kinds in papers]
    stated = [
        said("statement: {statement}", statement=named(STATEMENTS[kind], kind.value))
        for kind in sorted(statements)
    ]
    return asked + stated


def either(parts: Sequence[Said]) -> Said:
    """This or that."""
    return reduce(lambda left, right: said("{left} or {right}", left=left, right=right), parts)


def row_named(path: str, row: int) -> Said:
    """Where a row of a file stands; 0: no single row tells it."""
    if not row:
        return joined([path])
    return said("{path}, row {row} of the data", path=path, row=row)
