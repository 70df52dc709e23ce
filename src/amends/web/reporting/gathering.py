"""Reads what the report holds from every room, for one moment.

Rooms are read one after the other; while payments go out, figures of two of them can be seconds
apart, and the report says so. It reads no value of a person, and nothing of it is written down.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

from amends.access import service as access
from amends.announcement import service as announcement
from amends.announcement.gathering import figures_of
from amends.announcement.model import NoAnnouncementError
from amends.awards import promised
from amends.awards import service as awards
from amends.awards.model import TariffError
from amends.claims import service as claims
from amends.evidence import service as evidence
from amends.evidence.model import HeldFile, Role
from amends.funding import service as funding
from amends.funding.model import Position
from amends.governance import decisions
from amends.governance import shown as governance
from amends.inbox import opening as inbox
from amends.kernel.errors import CaseFileError, StageOrderError
from amends.linkage import service as linkage
from amends.linkage.review import service as review
from amends.notices import service as notices
from amends.payees import shown as payees
from amends.payouts import figures as paying
from amends.payouts.showing import shown as payouts
from amends.vault.model import EvidenceDestroyedError
from amends.vault.opened import OpenCase
from amends.web.reporting.model import Bill, Gathered, Open, Payments
from amends.web.site.gathering import gather as published
from amends.web.site.pages import MENU

Found = TypeVar("Found")
_NOT_YET: Final = (
    CaseFileError,
    EvidenceDestroyedError,
    NoAnnouncementError,
    StageOrderError,
    TariffError,
)
"""A stage has not come to it, or case.toml does not say it yet."""
_WAITS: Final = "waiting"


def gather(opened: OpenCase, recipient: str) -> Gathered:
    """The state of the case, for a report to *recipient*.

    Raises:
        NotPublishedError: a published file cannot be read.
    """
    file = opened.case.file
    made_at = opened.clock.now().replace(microsecond=0)
    run = _if_there(linkage.standing_run, opened)
    reviewed = _if_there(review.report, opened)
    found = claims.standing(opened).claims
    by_state = Counter(one.state.value for one in found)
    planted = run.stated_error.get("planted") if run else None
    return Gathered(
        file=file,
        made_at=made_at,
        recipient=recipient,
        by=opened.by,
        simulated=opened.clock.simulated or file.made_up,
        site=published(opened.case, MENU),
        held=tuple(_if_there(_held, opened) or ()),
        determined=_if_there(linkage.facts, opened),
        counts=run.counts if run else {},
        stated=reviewed.statement if reviewed else run.stated_error if run else {},
        planted=planted if isinstance(planted, dict) else None,
        figures=_if_there(figures_of, opened),
        owed=_if_there(promised.standing_and_awarded, opened),
        awarded=awards.made(opened),
        promise=promised.in_force(opened),
        position=_position(opened),
        payments=_payments(opened),
        notices=notices.queued(opened),
        claims=dict(sorted(by_state.items())),
        payees=payees.counted(opened),
        open=Open(
            proposals=sum(one.waiting for one in governance.proposals(opened)),
            review_items=reviewed.open_items if reviewed else None,
            claims=by_state[_WAITS],
            messages=sum(inbox.counts(opened).values()),
            untold=len(notices.untold(opened)),
            last_promised=_last_promised(opened),
        ),
        tax=decisions.tax_position(opened),
        announcement=_if_there(announcement.draft, opened),
        operators=tuple(access.accounts(opened)),
        decisions=tuple(decisions.log(opened)),
    )


def _if_there(read: Callable[[OpenCase], Found], opened: OpenCase) -> Found | None:
    """What *read* finds; None where its stage has not brought it yet."""
    try:
        return read(opened)
    except _NOT_YET:
        return None


def _held(opened: OpenCase) -> list[HeldFile]:
    return evidence.held(opened, Role.EVIDENCE)


def _position(opened: OpenCase) -> Position:
    with opened.database.reading() as connection:
        minor = promised.promised_minor_in(connection, opened.case.file)
        return funding.position_in(connection, opened.case.file, promised_minor=minor)


def _payments(opened: OpenCase) -> Payments:
    funnel = payouts.funnel(opened)
    rails = list(dict.fromkeys(rail for rail, *_ in funnel.states))
    return Payments(
        states=funnel.states,
        counts=paying.figures(opened, rails) if rails else {},
        bills=tuple(
            Bill(rail=rail, day=day, opening_minor=before, closing_minor=after, lines=lines)
            for rail, day, before, after, lines, _ in payouts.bills(opened)
        ),
        exceptions=payouts.open_exceptions(opened),
    )


def _last_promised(opened: OpenCase) -> datetime | None:
    """When everybody has the money, as promised."""
    file = opened.case.file
    if file.announced_at is None:
        return None
    return (file.announced_at + file.promise.pay_within).astimezone(file.zone)
