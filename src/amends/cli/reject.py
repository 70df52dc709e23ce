"""``amends reject``: a plan of payments that nobody will sign ends."""

from dataclasses import asdict
from pathlib import Path

import click

from amends.cli.output import BY, print_json, print_summary
from amends.vault.opened import open_case


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.argument("proposal")
@click.option("--reason", required=True, help="Why, for the decision log; it names nobody.")
@BY
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, nothing else.")
def reject(case: Path, proposal: str, reason: str, by: str | None, *, as_json: bool) -> None:
    """End a plan of payments that waits for signatures: PROPOSAL by its first letters.

    One person is enough, as nothing is paid by it. Its payments end unsent; `amends pay` plans
    them anew, as things are then, and asks for signatures.
    """
    from amends.payouts.planning import rejecting  # noqa: PLC0415 -- half a second the help does not need

    with open_case(case, by=by) as opened:
        summary = rejecting.reject(opened, proposal, reason)
        currency = opened.case.file.currency
    if as_json:
        print_json(asdict(summary))
    else:
        print_summary("reject", summary, currency)
