"""Notices, from outside."""

from pathlib import Path

import click

from amends.awards.correcting import REASON_WORDS
from amends.cli.output import print_json, say
from amends.kernel.ids import AwardIndex
from amends.kernel.saying import Said, said
from amends.notices import service
from amends.notices.model import Untold
from amends.vault.opened import open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))


@click.group()
def notices() -> None:
    """What everybody is told."""


@notices.command()
@_CASE
@click.option("--award", "award_index", required=True, type=click.IntRange(min=0), help="Index.")
def show(case: Path, award_index: int) -> None:
    """Print the notice of one award, in Chinese and in English, as it was queued."""
    with open_case(case) as opened:
        texts = service.sample(opened, AwardIndex(award_index))
        late = service.untold_of(opened, AwardIndex(award_index))
    for text in texts:
        click.echo(text)
        click.echo()
    if late is not None:
        say(said("The notice is older than this correction: {what}", what=_line(late)), err=True)


@notices.command()
@_CASE
@click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")
def untold(case: Path, *, as_json: bool) -> None:
    """List awards that were corrected after their notice, and of which nobody was told.

    `amends correct CASE --told NUMBER --channel CHANNEL` takes one off the list.
    """
    with open_case(case) as opened:
        found = service.untold(opened)
    if as_json:
        print_json([_as_json(one) for one in found])
        return
    for one in found:
        say(_line(one))
    say(said("{people:,} people have to be told of a correction", people=len(found)))


def _line(one: Untold) -> Said:
    if not one.amount.amount_minor:
        return said(
            "award {award}: annulled ({reason}) on {day}, correction {number}",
            award=one.award_index,
            reason=REASON_WORDS[one.reason],
            day=one.corrected_at.date(),
            number=one.correction_no,
        )
    return said(
        "award {award}: now {amount} ({reason}) since {day}, correction {number}",
        award=one.award_index,
        amount=one.amount.display(),
        reason=REASON_WORDS[one.reason],
        day=one.corrected_at.date(),
        number=one.correction_no,
    )


def _as_json(one: Untold) -> dict[str, object]:
    return {
        "award": one.award_index,
        "correction": one.correction_no,
        "amount_minor": one.amount.amount_minor,
        "currency": one.amount.currency,
        "reason": str(one.reason),
        "corrected_at": one.corrected_at.isoformat(),
    }
