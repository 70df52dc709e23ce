"""``amends resend``: a file that a bank or counter never got goes out again."""

from pathlib import Path

import click

from amends.cli.output import BY, say
from amends.kernel.saying import said
from amends.vault.opened import open_case


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.argument("file")
@click.option("--reason", required=True, help="Who says that it never came, in a few words.")
@click.option("--dry-run", is_flag=True, help="Look whether it may go out again; change nothing.")
@click.option("--approve-as", multiple=True, metavar="USER", help="As in `amends run`.")
@BY
def resend(
    case: Path,
    file: str,
    reason: str,
    approve_as: tuple[str, ...],
    by: str | None,
    *,
    dry_run: bool,
) -> None:
    """Let FILE, which the bank says it never got, go out again byte for byte; two people sign.

    FILE is its name in the outbox without ending. `amends reconcile` or `amends pay` then hands it
    over. A file that lies in the outbox still, or was answered, is refused.
    """
    from amends.payouts.after_payment import resending  # noqa: PLC0415 -- half a second the help does not need

    with open_case(case, by=by, approve_as=approve_as) as opened:
        rail = resending.resend(opened, file, reason, dry_run=dry_run)
    if rail is None:
        say(said("it may go out again; nothing was changed"))
    else:
        say(
            said("{file} goes out again by {rail} at `amends reconcile CASE`", file=file, rail=rail)
        )
