"""Claim codes: issue them, publish the buckets, give codes out, replace lost ones."""

from pathlib import Path

import click

from amends.awards.correcting import Channel
from amends.cli.output import (
    BY,
    PURPOSE,
    RECIPIENT,
    print_json,
    print_summary,
    progress_bars,
    say,
)
from amends.kernel.saying import Said, said
from amends.kernel.summary import StageSummary
from amends.roster import claiming
from amends.roster.claiming import Reason
from amends.vault.opened import OpenCase, open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")
_APPROVE = click.option("--approve-as", multiple=True, metavar="USER", help="As in `amends run`.")
_TO = click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write.",
)
_CHANNELS = click.Choice([str(one) for one in Channel])
_WORDS = {
    Reason.LOST: said("lost"),
    Reason.NOT_DELIVERED: said("not delivered"),
    Reason.MISPRINTED: said("misprinted"),
    Reason.SEEN_BY_OTHERS: said("seen by others"),
    Reason.STOLEN: said("stolen"),
    Reason.ASKED: said("the person asked"),
}


@click.group()
def codes() -> None:
    """Claim codes, by which people get their receipts from public files."""


@codes.command()
@_CASE
@BY
@_JSON
def issue(case: Path, by: str | None, *, as_json: bool) -> None:
    """Draw a code for every award in the log that has none; a second call goes on."""
    with progress_bars(quiet=as_json) as progress, open_case(case, progress=progress, by=by) as on:
        _show(on, said("codes issue"), claiming.issue(on), as_json=as_json)


@codes.command()
@_CASE
@BY
@_APPROVE
@_JSON
def publish(case: Path, by: str | None, approve_as: tuple[str, ...], *, as_json: bool) -> None:
    """Publish everybody's opening, sealed under their codes; two people approve."""
    with (
        progress_bars(quiet=as_json) as progress,
        open_case(case, progress=progress, by=by, approve_as=approve_as) as on,
    ):
        _show(on, said("codes publish"), claiming.publish_claims(on), as_json=as_json)


@codes.command()
@_CASE
@_TO
@click.option("--channel", required=True, type=_CHANNELS, help="How people will get them.")
@click.option("--again", is_flag=True, help="Also those that were given out before.")
@RECIPIENT
@PURPOSE
@BY
@_APPROVE
def give(  # noqa: PLR0913 -- an option each
    case: Path,
    to: Path,
    *,
    channel: str,
    again: bool,
    recipient: str,
    purpose: str,
    by: str | None,
    approve_as: tuple[str, ...],
) -> None:
    """Write the codes that wait to a CSV file: award_index, code, scan. Two people sign.

    It names nobody. Whoever prints gets names and addresses another way and joins them by award.
    """
    with open_case(case, by=by, approve_as=approve_as) as opened:
        rows, notes = claiming.give(
            opened,
            to,
            channel=Channel(channel),
            recipient=recipient,
            purpose=purpose,
            again=again,
        )
    for note in notes:
        say(note, err=True)
    say(said("{to}: {rows:,} codes; `amends codes forget CASE` when it arrived", to=to, rows=rows))


@codes.command()
@_CASE
@BY
@_JSON
def forget(case: Path, by: str | None, *, as_json: bool) -> None:
    """Delete the codes that were given out. They go on working; nobody can print them again."""
    with open_case(case, by=by) as opened:
        forgotten = claiming.forget(opened)
    if as_json:
        print_json({"codes_forgotten": forgotten})
    else:
        say(said("{codes:,} codes are forgotten", codes=forgotten))


@codes.command()
@_CASE
@click.option(
    "--award",
    "awards",
    required=True,
    multiple=True,
    type=click.IntRange(min=0),
    help="Index; may be given several times.",
)
@_TO
@click.option("--square", is_flag=True, help="With a QR code: for counter or app, not by post.")
@RECIPIENT
@PURPOSE
@BY
@_APPROVE
def letter(  # noqa: PLR0913 -- an option each
    case: Path,
    awards: tuple[int, ...],
    to: Path,
    *,
    square: bool,
    recipient: str,
    purpose: str,
    by: str | None,
    approve_as: tuple[str, ...],
) -> None:
    """Write the page that tells a person the code: HTML, a sheet of A4 each. Two people sign."""
    with open_case(case, by=by, approve_as=approve_as) as opened:
        notes = claiming.write_letters(
            opened, awards, to, with_square=square, recipient=recipient, purpose=purpose
        )
    for note in notes:
        say(note, err=True)
    say(said("{to}: print it, hand it over, and destroy the file", to=to))


@codes.command()
@_CASE
@click.option(
    "--award",
    "awards",
    required=True,
    multiple=True,
    type=click.IntRange(min=0),
    help="Index; any number.",
)
@click.option(
    "--reason",
    required=True,
    type=click.Choice([str(one) for one in Reason]),
    help="Why; it is recorded, not published.",
)
@BY
@_APPROVE
@_JSON
def revoke(
    case: Path,
    awards: tuple[int, ...],
    reason: str,
    *,
    by: str | None,
    approve_as: tuple[str, ...],
    as_json: bool,
) -> None:
    """Replace the codes of awards by new ones; two people approve.

    `amends codes publish` makes it count: the old code opens nothing that is published then.
    """
    with open_case(case, by=by, approve_as=approve_as) as opened:
        made = claiming.revoke(opened, awards, Reason(reason))
        _show(opened, said("codes revoke"), made, as_json=as_json)


@codes.command()
@_CASE
@click.option("--replacement", required=True, type=click.IntRange(min=1), help="Its number.")
@click.option("--channel", required=True, type=_CHANNELS, help="How.")
@BY
@_JSON
def told(case: Path, replacement: int, channel: str, by: str | None, *, as_json: bool) -> None:
    """Record that the person was told of the new code."""
    with open_case(case, by=by) as opened:
        new = claiming.told(opened, replacement, Channel(channel))
    if as_json:
        print_json({"replacement": replacement, "channel": channel, "new": new})
    else:
        say(said("recorded") if new else said("recorded before"))


@codes.command()
@_CASE
@_JSON
def show(case: Path, *, as_json: bool) -> None:
    """Count codes and buckets, and list replaced codes of which nobody was told."""
    with open_case(case) as opened:
        missing = claiming.untold(opened)
        summary = claiming.standing(opened)
        if as_json:
            rows = [
                {"replacement": number, "award": award, "reason": str(reason)}
                for number, award, reason in missing
            ]
            print_json({**summary.counts, "untold": rows})
            return
        for number, award, reason in missing:
            say(_line(number, award, reason))
        print_summary(said("codes"), summary, opened.case.file.currency)


def _line(number: int, award: int, reason: Reason) -> Said:
    return said(
        "replacement {number}: award {award} has a new code ({reason}), and nobody told the person",
        number=number,
        award=award,
        reason=_WORDS[reason],
    )


def _show(opened: OpenCase, name: Said, summary: StageSummary, *, as_json: bool) -> None:
    if as_json:
        print_json({**summary.counts, "notes": list(summary.notes)})
    else:
        print_summary(name, summary, opened.case.file.currency)
