"""What came by the public forms: sealed messages, their answers, reported numbers."""

from collections.abc import Mapping

from amends.access.model import RevealError, Right
from amends.governance import service as governance
from amends.inbox import answering, opening, reported
from amends.inbox.model import AnswerState, Kind, Message
from amends.kernel.saying import said
from amends.web import keyset
from amends.web.api import letters, model
from amends.web.api.calls import Desk
from amends.web.api.operations import asks, does
from amends.web.api.parameters import KindWord, Limit, Place, Table

_LAST = 2**31 - 1


@asks("/inbox", Right.SEE)
def messages(
    desk: Desk, kind: KindWord = "", place: Place = "", limit: Limit = 100
) -> letters.Messages:
    """Messages of the public forms, newest first, unopened; what each sender was told."""
    found = opening.messages(
        desk.opened,
        before=keyset.number_of(place, most=_LAST),
        most=limit + 1,
        kind=Kind(kind) if kind else None,
    )
    rows = found[:limit]
    told = answering.last_told(desk.opened, [one.message_no for one in rows])
    return letters.Messages(
        messages=[_message(one, told) for one in rows],
        next_cursor=keyset.cursor_of((rows[-1].message_no,)) if len(found) > limit else None,
    )


def _message(one: Message, told: Mapping[int, AnswerState]) -> letters.Message:
    return letters.Message(
        number=one.message_no,
        kind=one.kind.value,
        reference=one.reference,
        received_at=one.received_at,
        size_bytes=one.size_bytes,
        told=told[one.message_no].value if one.message_no in told else "",
    )


@asks("/inbox/{number:int}", Right.REVEAL, finds=True)
def message(desk: Desk, number: Table) -> letters.MessageShown:
    """One message, unopened, and what its sender was told.

    Raises:
        UnopenedError: there is no such message.
    """
    found = opening.message(desk.opened, number)
    told = answering.last_told(desk.opened, [number])
    return letters.MessageShown(message=_message(found, told), answers=_told(desk, number))


def _told(desk: Desk, number: int) -> list[letters.Told]:
    return [
        letters.Told(day=one.day, state=one.state.value, words=one.words)
        for one in answering.answers(desk.opened, number)
    ]


@does("/inbox/{number:int}/openings", Right.REVEAL, secret=True)
def read(desk: Desk, number: Table, given: letters.Why) -> letters.Letter:
    """What a message says, after who opens it and why is in the trail.

    Raises:
        UnopenedError: there is no such message.
        DecisionError: the reason carries a person's number.
    """
    governance.refuse_numbers(given.reason)
    letter = opening.open_message(
        desk.opened, number, by=desk.session.operator, reason=given.reason
    )
    return letters.Letter(
        number=number,
        reference=letter.message.reference,
        language=letter.language,
        answers=letter.answers,
        attachments=[
            letters.SentAlong(
                file=one.attachment_id,
                name=one.name,
                media_type=one.media_type,
                size_bytes=one.size_bytes,
            )
            for one in letter.attachments
        ],
        told=_told(desk, number),
    )


@does("/inbox/{number:int}/answers", Right.PROPOSE)
def answer(desk: Desk, number: Table, given: letters.Telling) -> model.Done:
    """Tell the sender of a message how far it is; only their secret code shows it."""
    told = answering.answer(
        desk.opened, number, AnswerState(given.state), given.words, by=desk.session.operator
    )
    return model.Done(status=told.answers[-1].state.value, detail=told.reference)


@asks("/scams", Right.SEE)
def numbers(desk: Desk, limit: Limit = 100) -> letters.ReportedCounts:
    """How often numbers were reported, most first; a mark says that two are the same."""
    found = reported.counts(desk.opened, limit)
    return letters.ReportedCounts(
        reports=opening.counts(desk.opened)[Kind.SCAM],
        with_number=found.reports,
        numbers=found.numbers,
        marks=[letters.Mark(mark=mark, times=times) for mark, times in found.times],
    )


@does("/scams/look-ups", Right.SEE)
def times(desk: Desk, given: letters.Number) -> letters.Times:
    """How often one number was reported.

    Raises:
        RevealError: it is no telephone number.
    """
    found = reported.times(desk.opened, given.number)
    if found is None:
        raise RevealError(said("this is no telephone number"))
    return letters.Times(times=found)


@does("/scams/openings", Right.REVEAL, secret=True)
def opened(desk: Desk, given: letters.Why) -> letters.ReportedNumbers:
    """Reported numbers, after who opens them and why is in the trail."""
    governance.refuse_numbers(given.reason)
    found = opening.open_reports(
        desk.opened, by=desk.session.operator, reason=given.reason, most=reported.MOST_OPENED
    )
    return letters.ReportedNumbers(
        numbers=[
            letters.ReportedNumber(
                number=one.number,
                times=one.times,
                first_day=one.first,
                last_day=one.last,
                references=list(one.references),
            )
            for one in reported.by_number(found)
        ]
    )


@does("/scams/handed-over", Right.REVEAL)
def handed_over(desk: Desk, given: letters.Between) -> model.Done:
    """Tell the senders of reports that the police has them, each once.

    Raises:
        UnopenedError: there are none, or too many for one file.
    """
    reported.require_between(desk.opened, given.first, given.last)
    told = answering.tell_handed_over(
        desk.opened, first=given.first, last=given.last, by=desk.session.operator
    )
    return model.Done(status="told", detail=str(told))
