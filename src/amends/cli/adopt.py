"""``amends adopt``: a rail's folder of files is lost, and another takes its place."""

from pathlib import Path

import click

from amends.cli.output import BY, say
from amends.kernel.saying import said
from amends.vault.opened import open_case


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.argument("rail")
@click.option("--reason", required=True, help="What became of the folder, in a few words.")
@click.option("--dry-run", is_flag=True, help="Look whether it may be so; change nothing.")
@click.option("--approve-as", multiple=True, metavar="USER", help="As in `amends run`.")
@BY
def adopt(
    case: Path,
    rail: str,
    reason: str,
    approve_as: tuple[str, ...],
    by: str | None,
    *,
    dry_run: bool,
) -> None:
    """Let the folder that case.toml names take the place of RAIL's, which is lost; two people sign.

    Only where the folder as it last was cannot be had any more. Nothing that was handed over before
    goes out again: it is unknown until a statement or the other side says what became of it.
    """
    from amends.payouts.after_payment import adopting  # noqa: PLC0415 -- half a second the help does not need

    with open_case(case, by=by, approve_as=approve_as) as opened:
        done = adopting.adopt(opened, rail, reason, dry_run=dry_run)
    if done:
        say(said("the folder is {rail}'s from now on", rail=rail))
    else:
        say(said("it may take its place; nothing was changed"))
