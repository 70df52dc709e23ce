"""People, what they claim and send, whom somebody has to tell: the lists as files.

Kept true: people stand there by their id in the case, messages by what is told of them unopened;
nobody's values and nobody's words.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from amends.claims import service as claim_service
from amends.claims.model import Wanted
from amends.inbox import answering, opening, reported
from amends.inbox.model import Kind, Message
from amends.linkage.telling import runs
from amends.linkage.telling.difference import DIFFERENCES
from amends.notices import service as notices
from amends.payees.model import Situation
from amends.vault.opened import OpenCase
from amends.web import people as people_shown
from amends.web.listings.model import AT_ONCE, Listing, through

_PERSON: Final = ("person_id", "since", "due_on", "state")
_CLAIM: Final = (
    *("claim", "person_id", "kind", "state", "occurred_on"),
    *("asked_minor", "asked_minutes", "given_minor"),
)
_MESSAGE: Final = ("number", "kind", "reference", "received_at", "told", "size_bytes")
_UNTOLD: Final = ("award", "correction", "amount_minor", "currency", "reason", "corrected_at")
_MARK: Final = ("mark", "times")


def people(opened: OpenCase, situation: Situation) -> Listing:
    """People in a state, as their list has them."""
    rows = ([one[name] for name in _PERSON] for one in people_shown.every(opened, situation))
    return Listing(what="people", columns=_PERSON, rows=rows)


def claims(opened: OpenCase, wanted: Wanted) -> Listing:
    """Claims, narrowed and sorted; what the tariff gives for those that wait."""
    return Listing(what="claims", columns=_CLAIM, rows=_claims(opened, wanted))


def _claims(opened: OpenCase, wanted: Wanted) -> Iterator[tuple[object, ...]]:
    page = claim_service.listed(opened, wanted, most=AT_ONCE)
    while True:
        for one in page.claims:
            waits = page.given.get(one.claim_no)
            yield (
                one.claim_no,
                one.person_id,
                one.asked.kind.value,
                one.state.value,
                one.asked.occurred_on,
                one.asked.claimed_minor,
                one.asked.minutes,
                one.granted_minor if waits is None else waits.amount_minor,
            )
        if page.following is None:
            return
        page = claim_service.listed(opened, replace(wanted, after=page.following), most=AT_ONCE)


def messages(opened: OpenCase, kind: Kind | None) -> Listing:
    """Messages of the public forms, unopened, the newest first."""
    return Listing(what="messages", columns=_MESSAGE, rows=_messages(opened, kind))


def _messages(opened: OpenCase, kind: Kind | None) -> Iterator[tuple[object, ...]]:
    before = None
    while True:
        page = opening.messages(opened, before=before, most=AT_ONCE, kind=kind)
        told = answering.last_told(opened, [one.message_no for one in page])
        for one in page:
            yield _message(one, str(told.get(one.message_no, "")))
            before = one.message_no
        if len(page) < AT_ONCE:
            return


def _message(one: Message, told: str) -> tuple[object, ...]:
    return one.message_no, one.kind.value, one.reference, one.received_at, told, one.size_bytes


def marks(opened: OpenCase) -> Listing:
    """How often each number was reported, most first; which numbers they are it does not say."""
    rows = through(
        lambda last: (
            reported.counts(
                opened, AT_ONCE, after=None if last is None else (last[1], last[0])
            ).times
        )
    )
    return Listing(what="marks", columns=_MARK, rows=rows)


def untold(opened: OpenCase) -> Listing:
    """Awards whose correction somebody has to tell, by award."""
    found = through(
        lambda last: notices.untold(
            opened, after=None if last is None else last.award_index, most=AT_ONCE
        )
    )
    rows = (
        (
            one.award_index,
            one.correction_no,
            one.amount.amount_minor,
            one.amount.currency,
            str(one.reason),
            one.corrected_at,
        )
        for one in found
    )
    return Listing(what="untold", columns=_UNTOLD, rows=rows)


def differences(opened: OpenCase, before: int | None, after: int | None, *, change: str) -> Listing:
    """People whose determination changed, by what changed and id.

    Raises:
        UnknownRunError: there is no such run, or they are not in order.
    """
    found = runs.compare(opened, before, after).changed(change)
    return Listing(what="runs_diff", columns=tuple(DIFFERENCES), rows=found.iter_rows())
