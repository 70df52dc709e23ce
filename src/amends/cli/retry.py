"""``amends retry``: pay again what was refused or came back."""

from dataclasses import asdict
from pathlib import Path

import click

from amends.cli.output import BY, print_json, print_summary
from amends.vault.opened import open_case


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option(
    "--reason",
    "reasons",
    multiple=True,
    metavar="REASON",
    help="Plan a second payment for those that ended for this reason; may be given several times.",
)
@click.option("--dry-run", is_flag=True, help="Show how many there are; plan nothing.")
@BY
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, nothing else.")
def retry(
    case: Path, reasons: tuple[str, ...], by: str | None, *, dry_run: bool, as_json: bool
) -> None:
    """Tell which payments were refused or came back, and plan second ones.

    Where the receiver was changed since, `pay` plans a second payment by itself; with --reason
    whoever is payable is planned as things stand. Two people approve the plan at `pay`; what the
    first payment's number was is never used again.
    """
    from amends.payouts import service  # noqa: PLC0415 -- half a second that the help does not need

    with open_case(case, by=by) as opened:
        summary = service.retry(opened, reasons, dry_run=dry_run)
        currency = opened.case.file.currency
    if as_json:
        print_json(asdict(summary))
    else:
        print_summary("retry", summary, currency)
