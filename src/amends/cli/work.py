"""``amends work``: a second pair of hands for `amends pay`."""

from pathlib import Path

import click

from amends.cli.output import BY, print_summary, progress_bars
from amends.vault.opened import open_case


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option(
    "--share",
    required=True,
    type=click.FloatRange(0, 1, min_open=True),
    help="Of the calls a second that each rail allows; those of all commands make 1 at most.",
)
@BY
def work(case: Path, share: float, by: str | None) -> None:
    """Send what is approved, beside `amends pay` and others, on this machine or another.

    They share a database (AMENDS_DATABASE_URL) and the case's folder with its keys, and need no
    coordinator: each takes what nobody else has taken. It plans nothing and asks for no approval.
    """
    from amends.payouts import service  # noqa: PLC0415 -- half a second that the help does not need

    with progress_bars() as progress, open_case(case, progress=progress, by=by) as opened:
        summary = service.work(opened, share)
        currency = opened.case.file.currency
    print_summary("pay", summary, currency)
