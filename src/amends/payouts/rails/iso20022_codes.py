"""What a bank's codes mean for a payer: the table, and what all its words about a payment come to.

Sources: ISO 20022 external code sets, ``ExternalStatusReason1Code`` (pain.002) and
``ExternalReturnReason1Code`` (camt); the project's payout report §1.3. What a bank's own guideline
says goes before this. A code that is not listed is `Unknown`: nobody has read it, so it decides
nothing about money. Pure.
"""

from collections.abc import Sequence

from amends.payouts.rails.file_model import Said, Word
from amends.payouts.rails.model import (
    AMOUNT_DIFFERS,
    Accepted,
    Advice,
    QueryAnswer,
    RefusalReason,
    Refused,
    Returned,
    Settled,
    Unknown,
)

_R = RefusalReason

REFUSALS: dict[str, RefusalReason] = {
    "AC01": _R.UNKNOWN_ACCOUNT,  # IncorrectAccountNumber
    "AC03": _R.UNKNOWN_ACCOUNT,  # InvalidCreditorAccountNumber
    "BE06": _R.UNKNOWN_ACCOUNT,  # UnknownEndCustomer
    "RC01": _R.UNKNOWN_ACCOUNT,  # BankIdentifierIncorrect
    "RC04": _R.UNKNOWN_ACCOUNT,  # InvalidCreditorBankIdentifier
    "AC04": _R.ACCOUNT_CLOSED,  # ClosedAccountNumber
    "AC07": _R.ACCOUNT_CLOSED,  # ClosedCreditorAccountNumber
    "AC06": _R.ACCOUNT_BLOCKED,  # BlockedAccount
    "RR04": _R.ACCOUNT_BLOCKED,  # RegulatoryReason
    "AC14": _R.ACCOUNT_UNSUITABLE,  # InvalidCreditorAccountType
    "AG01": _R.ACCOUNT_UNSUITABLE,  # TransactionForbidden
    "AM02": _R.ACCOUNT_LIMIT,  # NotAllowedAmount
    "BE01": _R.NAME_MISMATCH,  # InconsistentWithEndCustomer
    "RR03": _R.NAME_MISMATCH,  # MissingCreditorNameOrAddress
    "MD07": _R.PAYEE_DECEASED,  # EndCustomerDeceased
    "MS02": _R.FAILED,  # NotSpecifiedReasonCustomerGenerated
    "MS03": _R.FAILED,  # NotSpecifiedReasonAgentGenerated
    "NARR": _R.FAILED,  # Narrative
    "AC02": _R.PAYER,  # InvalidDebtorAccountNumber
    "AC05": _R.PAYER,  # ClosedDebtorAccountNumber
    "AC13": _R.PAYER,  # InvalidDebtorAccountType
    "AG02": _R.PAYER,  # InvalidBankOperationCode
    "AM03": _R.PAYER,  # NotAllowedCurrency
    "AM04": _R.PAYER,  # InsufficientFunds
    "AM10": _R.PAYER,  # InvalidControlSum
    "AM18": _R.PAYER,  # InvalidNumberOfTransactions
    "AM21": _R.PAYER,  # LimitExceeded, agreed between bank and client
    "DS02": _R.PAYER,  # OrderCancelled, by who signs at the bank
    "DT01": _R.PAYER,  # InvalidDate
    "FF01": _R.PAYER,  # InvalidFileFormat
    "RR01": _R.PAYER,  # MissingDebtorAccountOrIdentification
    "TM01": _R.PAYER,  # InvalidCutOffTime
}
"""Rejected for good under this number, and whose trouble it is."""

DUPLICATES = frozenset(("DUPL", "DU01", "DU02", "DU03", "DU04", "DU05", "AM05"))
"""The same is there already. We send nothing but the same bytes again, so the first ones came."""

OF_ONE_COPY = frozenset((_R.PAYER, _R.FAILED))
"""Reasons that say something of a file, a moment or our account, and nothing of the payee: of two
copies of a file they may be about either, and the other one may be paid."""

REJECTED = frozenset(("RJCT",))
ACCEPTED = frozenset(
    "RCVD ACTC ACCP ACSP ACWC ACWP ACSC ACCC PDNG PART PATC".split()  # noqa: SIM905 -- a list of words
)
"""The bank has it and works on it. Only an entry of the account proves that money went."""

NO_ANSWER = "no_answer"
"""Handed over, and the inbox says nothing yet: wait, never send again."""


def answer(words: Sequence[Word], amount_minor: int, *, resent: bool = False) -> QueryAnswer:
    """What the bank's words about a payment come to, in the order in which they were said.

    Entries of the account go before statuses: money that moved is proof. A status of the payment
    goes before one of its file. *resent*: the file went out twice. That one copy is rejected then
    ends nothing, whatever the code: the other one may be on its way.
    """
    debits = [word for word in words if word.kind is Said.DEBIT]
    back = [word for word in words if word.kind is Said.CREDIT]
    if debits or back:
        return _moved(debits, back, amount_minor)
    own = [word for word in words if word.kind is Said.PAYMENT]
    file = [word for word in words if word.kind is Said.FILE]
    first = [word for word in file if word.code not in DUPLICATES]
    if own or first:
        found = _status(own or first)
        if resent and isinstance(found, Refused) and not (own and _is_the_payees(found)):
            return Unknown(advice=Advice.ALARM, code=found.code, raw=found.raw)
        return found
    if file:
        return Unknown(advice=Advice.ALARM, code=file[-1].code, raw=file[-1].raw)
    return Unknown(advice=Advice.ASK, code=NO_ANSWER)


def _is_the_payees(refused: Refused) -> bool:
    """Whether a payment is refused for what would be so of every copy of it."""
    return refused.reason not in OF_ONE_COPY


def _moved(debits: Sequence[Word], back: Sequence[Word], amount_minor: int) -> QueryAnswer:
    """Of a payment for which money moved."""
    last = (*debits, *back)[-1]
    if any(word.amount_minor != amount_minor for word in (*debits, *back)):
        return Unknown(advice=Advice.ALARM, code=AMOUNT_DIFFERS, raw=last.raw)
    if back:
        return Returned(
            provider_reference=last.reference,
            returned_at=last.at,
            code=last.code or "returned",
            raw=last.raw,
        )
    return Settled(provider_reference=last.reference, settled_at=debits[0].at, raw=last.raw)


def _status(words: Sequence[Word]) -> QueryAnswer:
    """Of a payment that has statuses only: rejected, and then not, is a matter for a person."""
    last = words[-1]
    rejections = [word for word in words if word.status in REJECTED]
    if rejections and last.status not in REJECTED:
        return Unknown(advice=Advice.ALARM, code="rejected_and_not", raw=last.raw)
    if rejections:
        reason = REFUSALS.get(last.code)
        if reason is None:
            return Unknown(advice=Advice.ALARM, code=last.code or "RJCT", raw=last.raw)
        return Refused(
            provider_reference=last.reference,
            reason=reason,
            code=last.code,
            raw=last.raw,
            stops_rail=reason is RefusalReason.PAYER,
        )
    if last.status in ACCEPTED:
        return Accepted(provider_reference=last.reference, raw=last.raw)
    return Unknown(advice=Advice.ALARM, code=last.status, raw=last.raw)
