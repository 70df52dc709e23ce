"""Corrections of awards: list them, make them, say who was told."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import click

from amends.awards import corrections
from amends.awards.correcting import REASON_WORDS, Channel, Correction, Reason, Wanted
from amends.awards.correction_file import wanted_of
from amends.awards.reassessing import Reassessed, reassessed
from amends.cli.output import AMOUNT, BY, print_json, print_summary, say
from amends.kernel.money import Money
from amends.kernel.saying import Said, said
from amends.payouts.showing.held import held
from amends.vault.opened import OpenCase, open_case


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--award", type=click.IntRange(min=0), help="Which award, by its number.")
@click.option("--amount", type=AMOUNT, help='What is owed instead, like "CNY 6000.00"; 0 annuls.')
@click.option(
    "--reason", type=click.Choice([str(one) for one in Reason]), help="Why; it is public."
)
@click.option("--because", metavar="TEXT", help="Why in words; kept sealed.")
@click.option(
    "--file",
    "list_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Many at once: CSV with award,amount,reason,because.",
)
@click.option(
    "--merged", is_flag=True, help="What follows of people found to be one, or two again."
)
@click.option("--determined", is_flag=True, help="Raises that the newest determination asks for.")
@click.option("--told", type=click.IntRange(min=1), help="Somebody was told of this correction.")
@click.option("--channel", type=click.Choice([str(one) for one in Channel]), help="How.")
@BY
@click.option("--dry-run", is_flag=True, help="Check and show; change nothing, ask nobody.")
@click.option("--approve-as", multiple=True, metavar="USER", help="As in `amends run`.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object and nothing else.")
def correct(  # noqa: PLR0913, PLR0917 - a command has the options it has
    case: Path,
    award: int | None,
    amount: Money | None,
    reason: str | None,
    because: str | None,
    list_file: Path | None,
    told: int | None,
    channel: str | None,
    by: str | None,
    approve_as: tuple[str, ...],
    *,
    merged: bool,
    determined: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Correct awards by two people, with a reason; without options, list corrections.

    Nobody is owed less than what was planned or sent.
    """
    one = _one(award, amount, reason, because)
    if sum((one is not None, list_file is not None, merged, determined, told is not None)) > 1:
        raise click.UsageError(
            said("give one of --award with --amount, --file, --merged, --determined and --told")
        )
    if (told is None) != (channel is None):
        raise click.UsageError(said("--told NUMBER and --channel CHANNEL go together"))
    with open_case(case, by=by, approve_as=approve_as) as opened:
        held_of = partial(held, opened)
        if told is not None and channel is not None:
            _tell(opened, told, Channel(channel), as_json=as_json)
        elif one is not None:
            _make(opened, [one], dry_run=dry_run, as_json=as_json)
        elif list_file is not None:
            _make(opened, wanted_of(list_file), dry_run=dry_run, as_json=as_json)
        elif merged:
            wanted = corrections.proposed(opened, held_of).wanted
            _make(opened, wanted, dry_run=dry_run, as_json=as_json)
        elif determined:
            found = reassessed(opened)
            _make(opened, found.wanted, dry_run=dry_run, as_json=as_json)
            _told_of_others(found, as_json=as_json)
        else:
            _list(opened, award, as_json=as_json)


def _one(
    award: int | None, amount: Money | None, reason: str | None, because: str | None
) -> Wanted | None:
    """The correction that the options ask for, if they do."""
    if amount is None and reason is None and because is None:
        return None
    if award is None or amount is None or reason is None or because is None:
        raise click.UsageError(said("--award, --amount, --reason and --because go together"))
    return Wanted(award_index=award, amount=amount, reason=Reason(reason), because=because)


def _make(opened: OpenCase, wanted: Sequence[Wanted], *, dry_run: bool, as_json: bool) -> None:
    """Correct, or show what would be corrected."""
    held_of = partial(held, opened)
    currency = opened.case.file.currency
    if dry_run:
        made = corrections.preview(opened, wanted, held_of)
        if as_json:
            print_json({"would_correct": [_plain(one) for one in made]})
        for one in () if as_json else made:
            say(_line(one, currency))
        return
    summary = corrections.correct(opened, wanted, held_of)
    if as_json:
        print_json({**summary.counts, "notes": list(summary.notes)})
    else:
        print_summary("correct", summary, currency)


def _told_of_others(found: Reassessed, *, as_json: bool) -> None:
    """Whom the newest determination gives less, and who is left to people."""
    if found.less and not as_json:
        say(said("{people:,} people are given less now and keep what they have", people=found.less))
    if found.left and not as_json:
        say(
            said(
                "{people:,} people are given more now, and their amount was decided on by people: "
                "`amends correct CASE --award NUMBER`",
                people=found.left,
            )
        )


def _tell(opened: OpenCase, number: int, channel: Channel, *, as_json: bool) -> None:
    new = corrections.told(opened, number, channel, opened.by)
    if as_json:
        print_json({"correction": number, "channel": str(channel), "new": new})
    else:
        say(said("recorded") if new else said("recorded before"))


def _list(opened: OpenCase, award: int | None, *, as_json: bool) -> None:
    """All corrections, and what waits for one."""
    standing = corrections.standing(opened, partial(held, opened), award_index=award)
    if as_json:
        print_json(
            {
                "corrections": [
                    {
                        "correction": kept.row.correction_no,
                        "award": kept.row.award_index,
                        "before_minor": kept.row.amount_before_minor,
                        "amount_minor": kept.row.amount_minor,
                        "currency": kept.row.currency,
                        "reason": str(kept.row.reason),
                        "because": kept.because,
                        "corrected_at": kept.row.corrected_at.isoformat(),
                        "proposal_sha256": kept.row.proposal_sha256,
                        "told": list(kept.row.told),
                    }
                    for kept in standing.corrections
                ],
                "not_told": standing.not_told,
                "to_correct": len(standing.proposed.wanted),
                "both_stand": list(standing.proposed.both_stand),
                "found_apart_without_award": standing.without_award,
            }
        )
        return
    for kept in standing.corrections:
        row = kept.row
        before, now = (
            Money(amount_minor=minor, currency=row.currency).display()
            for minor in (row.amount_before_minor, row.amount_minor)
        )
        say(
            said(
                "{number:>6}  award {award}  {before} -> {now}  {reason}  told: {told}",
                number=row.correction_no,
                award=row.award_index,
                before=before,
                now=now,
                reason=REASON_WORDS[row.reason],
                told=", ".join(row.told) or said("nobody"),
            )
        )
    say(
        said(
            "corrections: {number:,}; of {not_told:,} nobody was told",
            number=len(standing.corrections),
            not_told=standing.not_told,
        )
    )
    if standing.proposed.wanted:
        say(
            said(
                "{awards:,} awards are to be corrected, because people were found to be one or "
                "apart again: `amends correct CASE --merged`",
                awards=len(standing.proposed.wanted),
            )
        )
    if standing.proposed.both_stand:
        say(
            said(
                "paid beside another award of the same person; both stand: {awards}",
                awards=", ".join(str(index) for index in standing.proposed.both_stand),
            )
        )
    if standing.without_award:
        say(
            said(
                "{people:,} people came out of somebody found to be two and get an award of their "
                "own: `amends award CASE`",
                people=standing.without_award,
            )
        )


def _plain(one: Correction) -> Mapping[str, object]:
    return {
        "award": one.award_index,
        "before_minor": one.amount_before_minor,
        "amount_minor": one.amount_minor,
        "reason": str(one.reason),
    }


def _line(one: Correction, currency: str) -> Said:
    before, now = (
        Money(amount_minor=minor, currency=currency).display()
        for minor in (one.amount_before_minor, one.amount_minor)
    )
    return said(
        "award {award}  {before} -> {now}  {reason}",
        award=one.award_index,
        before=before,
        now=now,
        reason=REASON_WORDS[one.reason],
    )
