"""Tells senders what becomes of their messages, and clears away files that nobody sent.

Kept true: what a sender is told lies beside the message under the sender's secret alone, all of it
of one size; who wrote it stands in the audit trail. It passes the rules for texts to the public:
nobody is asked for a code, a link or money in our name.
"""

from collections.abc import Sequence
from typing import Final

from amends.governance.service import audit_in, refuse_numbers
from amends.inbox import store
from amends.inbox.model import (
    ANSWERS,
    LONGEST_WORDS,
    Answer,
    AnswerError,
    AnswerState,
    Message,
    Told,
    UnopenedError,
)
from amends.inbox.rules import way_back
from amends.inbox.sealing import sealed_told
from amends.kernel.saying import both, said
from amends.kernel.wording import lint
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

_AT_ONCE: Final = 500
"""So many senders are told in one transaction."""


def answer(
    opened: OpenCase, message_no: int, state: AnswerState, words: str = "", *, by: str
) -> Told:
    """Tell the sender of a message how far it is. *words*: what they need to know beside it.

    Raises:
        UnopenedError: there is no such message.
        AnswerError: it is no state of such a message, or the words may not be written.
        DecisionError: the words carry somebody's number.
    """
    words = " ".join(words.split())
    _check(opened, state, words)
    with opened.database.unit_of_work() as connection:
        store.lock_answers(connection)
        found = store.message(connection, message_no)
        if found is None:
            raise UnopenedError(
                said("there is no message {message_no} in the inbox", message_no=message_no)
            )
        if state not in ANSWERS[found[0].kind]:
            raise AnswerError(
                said(
                    "a message of this kind can be: {states}",
                    states=", ".join(one.value for one in ANSWERS[found[0].kind]),
                )
            )
        told = _add(connection, found[0], state, words)
        details = {"message_no": message_no, "state": state.value, "words": words}
        audit_in(connection, opened, by, "inbox message answered", details)
    return told


def answers(opened: OpenCase, message_no: int) -> list[Answer]:
    """What the sender of a message was told, the oldest first."""
    with opened.database.reading() as connection:
        return store.answers(connection, message_no)


def last_told(opened: OpenCase, message_nos: Sequence[int]) -> dict[int, AnswerState]:
    """What the senders of these messages were told last; who was told nothing is not in it."""
    with opened.database.reading() as connection:
        return store.last_answers(connection, message_nos)


def tell_handed_over(opened: OpenCase, *, first: int, last: int, by: str) -> int:
    """Tell the senders of reports *first* to *last* that they are with the police; how many.

    Who was told so before is not told again.
    """
    count = 0
    while True:
        with opened.database.unit_of_work() as connection:
            store.lock_answers(connection)
            found = store.not_handed_over(connection, _AT_ONCE, first=first, last=last)
            for one in found:
                _add(connection, one, AnswerState.HANDED_OVER, "")
            if found:
                details = {
                    "messages": len(found),
                    "first": found[0].message_no,
                    "last": found[-1].message_no,
                }
                audit_in(connection, opened, by, "inbox reports handed over", details)
        count += len(found)
        if len(found) < _AT_ONCE:
            return count


def note_reading(connection: Connection, *messages: Message) -> None:
    """Tell senders that somebody reads their message, the first time that somebody does."""
    store.lock_answers(connection)
    known = store.last_answers(connection, [one.message_no for one in messages])
    for one in messages:
        if one.message_no not in known:
            _add(connection, one, AnswerState.READING, "")


def clear_away(opened: OpenCase) -> int:
    """Delete sealed files whose message has not come for a week; how many there were."""
    with opened.database.unit_of_work() as connection:
        return store.clear_unsent(connection)


def _add(connection: Connection, message: Message, state: AnswerState, words: str) -> Told:
    mark = store.secret_mark_of(connection, message.message_no)
    assert mark is not None  # noqa: S101 - the message was read in this transaction
    number = len(store.answers(connection, message.message_no)) + 1
    store.add_answer(connection, message.message_no, number, state, words)
    told = Told(
        kind=message.kind,
        reference=message.reference,
        answers=tuple(store.answers(connection, message.message_no)),
    )
    store.show(connection, way_back(mark), sealed_told(told, mark))
    return told


def _check(opened: OpenCase, state: AnswerState, words: str) -> None:
    """The words say enough, not too much, and nothing that a fraudster would say.

    Raises:
        AnswerError, DecisionError: they do not.
    """
    if len(words) > LONGEST_WORDS:
        raise AnswerError(said("write at most {most} characters", most=LONGEST_WORDS))
    if not words and state in {AnswerState.MORE_NEEDED, AnswerState.REFUSED}:
        raise AnswerError(said("write what is missing, or the reasons: the sender has to know"))
    refuse_numbers(words)
    source = opened.case.file.announcement
    allowed = (
        [one for one in (source.contact.hotline, source.contact.site) if one] if source else []
    )
    wrong = lint(words, allowed=allowed)
    if wrong:
        raise AnswerError(
            said(
                "the words “{found}” may not be written to anybody: {reason}; {instead}",
                found=wrong[0].found,
                reason=both(zh=wrong[0].reason.zh, en=wrong[0].reason.en),
                instead=both(zh=wrong[0].instead.zh, en=wrong[0].instead.en),
            )
        )
