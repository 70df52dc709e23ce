"""``amends revoke``: payments that wait for their payees are taken back."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click

from amends.cli.output import BY, print_json, print_summary
from amends.vault.opened import open_case


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--reason", required=True, help="Why, in a few words: whoever signs reads it.")
@click.option(
    "--held-for",
    "hours",
    default=0.0,
    metavar="HOURS",
    type=click.FloatRange(min=0),
    help="Only what has waited so long already.",
)
@click.option(
    "--award",
    "awards",
    multiple=True,
    metavar="N",
    type=click.IntRange(min=0),
    help="Only of this award; may be given several times.",
)
@click.option("--dry-run", is_flag=True, help="Tell how many wait; take nothing back.")
@click.option("--approve-as", multiple=True, metavar="USER", help="As in `amends run`.")
@BY
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, nothing else.")
def revoke(  # noqa: PLR0913 -- the options of the command
    case: Path,
    reason: str,
    hours: float,
    awards: tuple[int, ...],
    approve_as: tuple[str, ...],
    by: str | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take payments back that their payees have not confirmed (WeChat Pay); two people sign.

    Only the provider's own word ends one: taken back, confirmed just before, or not known yet.
    What was taken back goes to the person's next account at `amends pay`, where there is one.
    """
    from amends.payouts.after_payment import revoking  # noqa: PLC0415 -- half a second the help does not need

    with open_case(case, by=by, approve_as=approve_as) as opened:
        held_for = timedelta(hours=hours)
        summary = revoking.revoke(opened, reason, held_for=held_for, awards=awards, dry_run=dry_run)
        currency = opened.case.file.currency
    if as_json:
        print_json(asdict(summary))
    else:
        print_summary("revoke", summary, currency)
