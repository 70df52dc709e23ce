"""``amends halt`` and ``amends resume``: the switch of paying."""

from pathlib import Path

import click

from amends.cli.output import BY, say
from amends.kernel.saying import said
from amends.vault.opened import open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))


@click.command()
@_CASE
@click.option("--reason", required=True, help="Why, in a few words; everybody reads it.")
@click.option(
    "--withdraw", is_flag=True, help="Also take back what was handed over, where it can be."
)
@BY
def halt(case: Path, reason: str, by: str | None, *, withdraw: bool) -> None:
    """Halt payments at once: nothing leaves any more, also where a command is sending.

    One person is enough. What was handed over already is asked about as ever; with --withdraw files
    that nobody has fetched are withdrawn, and payments that wait for their payees are cancelled.
    """
    from amends.payouts.after_payment import stopping  # noqa: PLC0415 -- half a second
    from amends.payouts.sending import switch  # noqa: PLC0415 -- that the help does not need

    with open_case(case, by=by) as opened:
        say(switch.halt(opened, reason, withdraws=withdraw).told())
        for told in stopping.take_back(opened) if withdraw else ():
            say(told)


@click.command()
@_CASE
@click.option("--approve-as", multiple=True, metavar="USER", help="As in `amends run`.")
@BY
def resume(case: Path, approve_as: tuple[str, ...], by: str | None) -> None:
    """Let halted payments go on; two people sign. `amends pay` then sends what is left."""
    from amends.payouts.sending import switch  # noqa: PLC0415 -- half a second that the help does not need

    with open_case(case, by=by, approve_as=approve_as) as opened:
        went_on = switch.resume(opened)
    if went_on:
        say(said("payments go on: `amends pay` sends what is left"))
    else:
        say(said("payments are not halted"))
