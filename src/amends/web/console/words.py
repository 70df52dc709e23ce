"""Codes of the rooms in words, and how they look."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from amends.kernel.categories import CATEGORIES, code_of, label
from amends.kernel.saying import said
from amends.web import saying
from amends.web.console.desk import Desk
from amends.web.console.parts import Html, Tone, tag
from amends.web.saying import PageLanguage

STATES: Final[Mapping[str, tuple[str, Tone]]] = {
    "planned": (said("planned"), ""),
    "approved": (said("approved"), ""),
    "sending": (said("being sent"), "warn"),
    "unknown": (said("outcome unknown"), "bad"),
    "accepted": (said("accepted by the rail"), "warn"),
    "settled": (said("arrived"), "good"),
    "returned": (said("came back"), "bad"),
    "refused": (said("refused"), "bad"),
    "superseded": (said("replaced by another"), ""),
}
REASONS: Final = {
    "unknown_account": said("no such account"),
    "ambiguous_account": said("several accounts fit"),
    "name_mismatch": said("another name on the account"),
    "not_real_name": said("the account has no verified name"),
    "account_limit": said("a limit of the account"),
    "account_blocked": said("the account is blocked"),
    "account_closed": said("the account is closed"),
    "account_unsuitable": said("an account that takes no such payment"),
    "payee_deceased": said("the payee has died"),
    "payer": said("our own account, contract or file"),
    "not_confirmed": said("not taken in time"),
    "cancelled": said("taken back by us"),
    "failed": said("ended by the rail without a reason"),
    "unlisted": said("ended by the rail for a reason that is not listed"),
    "returned": said("sent back by the payee's side"),
    "no_answer": said("no answer came"),
    "amount_differs": said("the answer states another amount"),
    "request_changed": said("what would be sent again differs: the account changed since"),
}
"""Why a payment ended or hangs, as rails tell it."""
LEFT: Final = {
    "accounts": said("accounts, pseudonymous"),
    "affected": said("who is affected, pseudonymous"),
    "audit": said("audit trail"),
    "awards": said("awards"),
    "codes": said("claim codes"),
    "custody": said("chain of custody"),
    "decisions": said("decision log"),
    "exports": said("register of exports"),
    "ledger": said("books"),
    "log_rows": said("rows of the log"),
    "matches": said("matched rows, pseudonymous"),
    "notices": said("notices"),
    "payments": said("payments"),
    "payout": said("instructions to a rail"),
    "policy": said("policy of the roster"),
    "query": said("answer to a query"),
    "questionnaire": said("questionnaire"),
    "receipt": said("receipt"),
    "report": said("report to the authorities"),
    "receipt_opened": said("receipt with opened values"),
    "refused": said("rows that were set aside"),
    "roster.claims": said("claim buckets"),
    "roster.epoch": said("an epoch of the roster"),
    "roster.publish": said("the roster"),
    "scam_reports": said("reports of suspicious calls"),
    "runs_diff": said("difference of determinations"),
    "claims": said("claims"),
    "exceptions": said("exceptions of reconciliation"),
    "marks": said("how often numbers were reported"),
    "messages": said("messages of the inbox, unopened"),
    "people": said("people by state, pseudonymous"),
    "print_runs": said("print runs"),
    "proposals": said("proposals"),
    "runs": said("determinations"),
    "stage_runs": said("runs of stages"),
    "statements": said("statements of rails"),
    "tables": said("tables in custody"),
    "untold": said("whom somebody has to tell of a correction"),
    "vouchers": said("vouchers"),
    "vouchers_each": said("vouchers, one for each payment"),
}
"""What leaves the case, as the register of exports names it."""
KINDS_OF_EXCEPTION: Final = {
    "missing_at_provider": said("we say it arrived, no statement does"),
    "return_not_proved": said("we say it came back, no statement does"),
    "unknown_to_us": said("on the statement, unknown to us"),
    "amount_differs": said("another amount on the statement"),
    "duplicate_at_provider": said("twice on the statement"),
    "state_differs": said("an answer contradicts what is known"),
    "top_up_unreleased": said("money came to the rail that nobody released"),
    "repeated": said("a line that stood there before"),
    "does_not_add_up": said("the statement does not add up"),
}
EXPLANATIONS: Final = {
    "paid": said("the payment that it names, and the payee has it: a difference is the company's"),
    "paid_short": said("the payment that it names, and the payee has less: the rest is owed"),
    "not_paid": said("never paid, whatever was answered: the person is owed"),
    "returned": said("the return of the payment that it names: the person is owed again"),
    "not_returned": said("it never came back, whatever was answered: the payee has it"),
    "fee": said("a fee of the rail"),
    "top_up": said("the company's own money"),
    "written_off": said("nobody's who is owed it: the company bears it"),
    "checked": said("no money moved by it"),
}
GROUNDS: Final = {
    "person_asked": said("the person asked"),
    "payment_failed": said("a payment failed"),
    "claim": said("a claim is being decided"),
    "correction": said("an award is being corrected"),
    "audit": said("an audit looks at it"),
}
ROLES: Final = {
    "administrator": said("administrator"),
    "caseworker": said("caseworker"),
    "approver": said("approver"),
    "reader": said("reader"),
    "auditor": said("auditor"),
}
CHANGES: Final = {
    "added": said("newly affected"),
    "dropped": said("no longer affected"),
    "merged": said("one with somebody else now"),
    "split": said("apart from somebody now"),
    "categories": said("other kinds of data leaked"),
}
"""What became of a person from one determination to another."""
CAUSES: Final = {
    "later find": said("a later find"),
    "readers' decision": said("decision of the readers"),
    "settings": said("other settings"),
    "files": said("other files"),
    "program": said("another version of the program"),
}
"""Why a person's determination is another one."""
METHODS: Final = {
    "passkey": said("passkey"),
    "totp": said("code"),
    "development": said("development sign-in"),
    "token": said("token of a program"),
}
TRACES: Final = {
    "submission": said("answer to the instruction"),
    "question": said("answer to a question"),
    "callback": said("notification of the rail"),
    "bill_line": said("line of the statement"),
    "exception": said("exception of reconciliation"),
}
_TRACED: Final = {
    "out": said("money out"),
    "in": said("money in"),
    **{name: words for name, (words, _) in STATES.items()},
    **KINDS_OF_EXCEPTION,
}


def traced(desk: Desk, told: str) -> str:
    """What came in about a payment, in words where they are known."""
    return " · ".join(desk.say(_TRACED.get(word, word)) for word in told.split())


def state(desk: Desk, code: str) -> Html:
    """The state of a payment."""
    words, tone = STATES.get(code, (code, ""))
    return tag(desk.say(words), tone)


def reason(desk: Desk, code: str | None) -> str:
    """Why a payment ended, in words where they are known."""
    return desk.say(REASONS.get(code, code)) if code else ""


def choices(desk: Desk, words: Mapping[str, str], every: str) -> tuple[tuple[str, str], ...]:
    """What a filter offers: everything first."""
    return _choices(tuple(words.items()), every, desk.language)


@lru_cache(256)
def _choices(
    words: tuple[tuple[str, str], ...], every: str, language: PageLanguage
) -> tuple[tuple[str, str], ...]:
    """The same for everybody of a language."""
    return tuple((code, saying.sentence(text, language)) for code, text in (("", every), *words))


def kind_of_data(desk: Desk, field: str) -> str:
    """A field or a code of a category in words; one that is no category as it is written."""
    code = code_of(field.lower())
    return label(code, saying.spoken(desk.language)) if code in CATEGORIES else field


def kinds_of_data(desk: Desk, codes: str) -> str:
    """Codes with semicolons between in words."""
    between = ", " if desk.language == "en" else "、"
    return between.join(kind_of_data(desk, code) for code in codes.split(";") if code)
