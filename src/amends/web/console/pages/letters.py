"""Letters and notices: print runs, who has to be told of a correction, what anybody was told."""

from contextlib import suppress
from typing import Final

from amends.access.model import Right
from amends.governance.telling import reason_told
from amends.kernel.errors import AmendsError
from amends.kernel.ids import AwardIndex
from amends.kernel.saying import said
from amends.notices import printed
from amends.notices import service as notices
from amends.roster import claiming
from amends.web.console import lists
from amends.web.console.desk import ROWS, Desk
from amends.web.console.pages.registry import Page
from amends.web.console.parts import (
    Cell,
    Column,
    Facts,
    Field,
    Note,
    Part,
    Table,
    Text,
    View,
    link,
    long,
)
from amends.web.console.words import choices
from amends.web.listings import people, records
from amends.web.listings.model import Listing

_LAST: Final = 2**31 - 1


def show(desk: Desk) -> View:
    """The notice of an award, and whose notice is older than a correction."""
    award = desk.number("award")
    parts: list[Part] = [
        lists.filters(
            desk,
            Field(
                name="award",
                label=desk.say(said("Notice of award")),
                value="" if award is None else str(award),
            ),
            Field(
                name="what",
                label=desk.say(said("Print runs")),
                value=desk.word("what"),
                choices=choices(desk, printed.RUNS, said("every kind")),
            ),
        )
    ]
    if award is not None:
        parts += _notice(desk, award)
    parts += [
        _queues(desk),
        _runs(desk),
        _untold(desk),
        Note(
            text=desk.say(
                said(
                    "`amends notify CASE` writes notices; `amends codes letters` prints letters "
                    "with claim codes."
                )
            )
        ),
    ]
    return View(title=desk.say(said("Letters and notices")), parts=parts)


def _runs(desk: Desk) -> Table:
    """What was written and printed, newest first: how many, by whom, to which channel."""
    found = printed.runs(
        desk.opened, what=desk.word("what"), before=desk.number("runs"), most=ROWS + 1
    )
    rows = found[:ROWS]
    return Table(
        caption=desk.say(said("Print runs, newest first")),
        columns=(
            Column(label=desk.say(said("When"))),
            Column(label=desk.say(said("What"))),
            Column(label=desk.say(said("Details"))),
            Column(label=desk.say(said("By"))),
        ),
        rows=[
            (
                desk.time(one.occurred_at),
                desk.say(printed.RUNS[one.action]),
                long(one.details),
                one.actor,
            )
            for one in rows
        ],
        empty=desk.say(said("Nothing was written yet: `amends notify CASE`.")),
        following=desk.here(runs=rows[-1].entry_no) if len(found) > ROWS else "",
        following_text=desk.say(said("Older")),
        csv=lists.csv(desk, "/letters/runs.csv"),
    )


def _runs_listing(desk: Desk) -> Listing:
    return records.print_runs(desk.opened, what=desk.word("what"))


def _untold(desk: Desk) -> Table:
    """Whose notice is older than a correction, by award."""
    after = desk.number("after")
    found = notices.untold(
        desk.opened, after=None if after is None else min(after, _LAST), most=ROWS + 1
    )
    rows = found[:ROWS]
    return Table(
        caption=desk.say(said("Whom somebody has to tell of a correction")),
        columns=(
            Column(label=desk.say(said("Award")), figures=True),
            Column(label=desk.say(said("Correction")), figures=True),
            Column(label=desk.say(said("Now")), figures=True),
            Column(label=desk.say(said("Because of"))),
            Column(label=desk.say(said("Since"))),
        ),
        rows=[
            (
                link(f"/letters?award={one.award_index}", str(one.award_index)),
                one.correction_no,
                one.amount.display(),
                desk.say(reason_told(str(one.reason))),
                desk.time(one.corrected_at),
            )
            for one in rows
        ],
        empty=desk.say(said("Every notice knows what holds now.")),
        following=desk.here(after=rows[-1].award_index) if len(found) > ROWS else "",
        following_text=desk.say(said("More")),
        csv=lists.csv(desk, "/letters/untold.csv"),
    )


def _untold_listing(desk: Desk) -> Listing:
    return people.untold(desk.opened)


def _queues(desk: Desk) -> Facts:
    """How many notices there are, and how many letters with codes wait to be printed."""
    written, texts = notices.queued(desk.opened)
    rows: list[tuple[str, Cell]] = [
        (desk.say(said("Notices written")), written),
        (desk.say(said("Different texts among them")), texts),
    ]
    with suppress(AmendsError):
        codes = claiming.standing(desk.opened).counts
        rows += [(desk.say(name.replace("_", " ")), number) for name, number in codes.items()]
    return Facts(title=desk.say(said("How far it is")), rows=rows)


def _notice(desk: Desk, award: int) -> list[Part]:
    try:
        texts = notices.sample(desk.opened, AwardIndex(min(award, _LAST)))
    except AmendsError as refusal:
        return [Note(text=desk.say(refusal.message), tone="warn")]
    return [
        Text(title=desk.say(title), text=text)
        for title, text in zip((said("Chinese"), said("English")), texts, strict=True)
    ]


PAGES = (
    Page(path="/letters", right=Right.SEE, show=show),
    Page(path="/letters/runs.csv", right=Right.EXPORT, show=lists.file(_runs_listing)),
    Page(path="/letters/untold.csv", right=Right.EXPORT, show=lists.file(_untold_listing)),
)
