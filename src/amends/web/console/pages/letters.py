"""Letters and notices: who has to be told of a correction, and what anybody was told."""

from amends.access.model import Right
from amends.kernel.errors import AmendsError
from amends.kernel.ids import AwardIndex
from amends.kernel.saying import said
from amends.notices import service as notices
from amends.web.console.desk import ROWS, Desk
from amends.web.console.pages.registry import Page
from amends.web.console.parts import Column, Field, Filters, Note, Part, Table, Text, View, link


def show(desk: Desk) -> View:
    """The notice of an award, and whose notice is older than a correction."""
    award = desk.number("award")
    parts: list[Part] = [
        Filters(
            fields=(
                Field(
                    name="award",
                    label=desk.say(said("Notice of award")),
                    value="" if award is None else str(award),
                ),
            )
        )
    ]
    if award is not None:
        parts += _notice(desk, award)
    untold = notices.untold(desk.opened)
    parts.append(
        Table(
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
                    link(f"/letters?award={one.award_index}", f"{one.award_index:,}"),
                    one.correction_no,
                    one.amount.display(),
                    desk.say(str(one.reason)),
                    desk.time(one.corrected_at),
                )
                for one in untold[:ROWS]
            ],
            empty=desk.say(said("Every notice knows what holds now.")),
            note=desk.say(said("{number:,} in all", number=len(untold))) if untold else "",
        )
    )
    parts.append(
        Note(
            text=desk.say(
                said(
                    "`amends notify CASE` writes notices; `amends codes letters` prints letters "
                    "with claim codes."
                )
            )
        )
    )
    return View(title=desk.say(said("Letters and notices")), parts=parts)


def _notice(desk: Desk, award: int) -> list[Part]:
    try:
        texts = notices.sample(desk.opened, AwardIndex(min(award, 2**31 - 1)))
    except AmendsError as refusal:
        return [Note(text=desk.say(refusal.message), tone="warn")]
    return [
        Text(title=desk.say(title), text=text)
        for title, text in zip((said("Chinese"), said("English")), texts, strict=True)
    ]


PAGES = (Page(path="/letters", right=Right.SEE, show=show),)
