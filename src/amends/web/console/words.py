"""Codes of the rooms in words, and how they look."""

from collections.abc import Mapping
from typing import Final

from amends.kernel.saying import said
from amends.web.console.desk import Desk
from amends.web.console.parts import Html, Tone, tag

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
KINDS_OF_EXCEPTION: Final = {
    "missing_at_provider": said("we say it arrived, no statement does"),
    "unknown_to_us": said("on the statement, unknown to us"),
    "amount_differs": said("another amount on the statement"),
    "duplicate_at_provider": said("twice on the statement"),
    "state_differs": said("an answer contradicts what is known"),
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


def state(desk: Desk, code: str) -> Html:
    """The state of a payment."""
    words, tone = STATES.get(code, (code, ""))
    return tag(desk.say(words), tone)


def choices(desk: Desk, words: Mapping[str, str], every: str) -> list[tuple[str, str]]:
    """What a filter offers: everything first."""
    return [("", desk.say(every)), *((code, desk.say(text)) for code, text in words.items())]
