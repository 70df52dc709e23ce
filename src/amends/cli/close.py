"""``amends close`` and ``amends suspense``: the end of days and of a case's books."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from amends.cli.output import BY, print_json, print_summary, say, table_line
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.payouts.reconciling.closing_model import Explanation
from amends.vault.opened import open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Check and show; change nothing.")
_APPROVE_AS = click.option(
    "--approve-as", multiple=True, metavar="USER", help="As in `amends run`."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object and nothing else.")


@click.group()
def close() -> None:
    """Close days of the providers' accounts, and the case's books at the end."""


@close.command()
@_CASE
@click.option(
    "--through",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="Close no later day (default: all whose bill is in).",
)
@BY
@_DRY_RUN
@_JSON
def day(
    case: Path, through: datetime | None, by: str | None, *, dry_run: bool, as_json: bool
) -> None:
    """Close the days whose bill is in, rail by rail.

    Opening balance, movements and closing balance have to be one in the bill, in the books and by
    the provider's word; every day before is closed, and what is unexplained has an owner. A closed
    day gets no new lines.
    """
    from amends.payouts.reconciling import closing  # noqa: PLC0415 -- half a second that the help does not need

    with open_case(case, by=by) as opened:
        last = None if through is None else through.date()
        summary = closing.close_days(opened, last, dry_run=dry_run)
        currency = opened.case.file.currency
    if as_json:
        print_json(asdict(summary))
    else:
        print_summary("close day", summary, currency)


@close.command("case")
@_CASE
@BY
@_DRY_RUN
@_APPROVE_AS
@_JSON
def case_(
    case: Path, by: str | None, approve_as: tuple[str, ...], *, dry_run: bool, as_json: bool
) -> None:
    """Close the case's books; two people approve the figures.

    Only when every clearing account is at zero, every day is closed and the balances agree;
    otherwise it says which accounts, how much and why.
    """
    from amends.payouts.reconciling import closing  # noqa: PLC0415 -- half a second that the help does not need

    with open_case(case, by=by, approve_as=approve_as) as opened:
        summary = closing.close_case(opened, dry_run=dry_run)
        currency = opened.case.file.currency
    if as_json:
        print_json(asdict(summary))
    else:
        print_summary("close case", summary, currency)


@click.command()
@_CASE
@click.argument("exception", required=False)
@click.option("--take", is_flag=True, help="Look after EXCEPTION from now on.")
@click.option(
    "--as",
    "what",
    type=click.Choice([one.value for one in Explanation]),
    help="What EXCEPTION was: the payment itself, less of it, never paid, its return, no return, a "
    "fee, the company's money, for nobody, nothing.",
)
@BY
@_APPROVE_AS
@_JSON
def suspense(  # noqa: PLR0913 -- one parameter per option
    case: Path,
    exception: str | None,
    what: str | None,
    by: str | None,
    approve_as: tuple[str, ...],
    *,
    take: bool,
    as_json: bool,
) -> None:
    """List what nothing explains; take one, or say what it was (two people approve).

    Its money is in the account `suspense` until then. That a payment was never paid, or never came
    back, whatever was answered, is only taken when the provider, asked again, does not contradict.
    """
    from amends.payouts.reconciling import explaining  # noqa: PLC0415 -- half a second that the help does not need
    from amends.payouts.reconciling.explaining_rules import possible  # noqa: PLC0415 -- as above

    if (exception is None) != (what is None and not take) or (take and what is not None):
        raise click.UsageError(said("EXCEPTION and one of --take and --as belong together"))
    with open_case(case, by=by, approve_as=approve_as) as opened:
        currency = opened.case.file.currency
        if exception is not None and take:
            explaining.take(opened, exception)
        elif exception is not None and what is not None:
            explaining.explain(opened, exception, Explanation(what))
        found = explaining.suspense(opened)
        owner = opened.by
    if as_json:
        rows = [
            asdict(one)
            | {name: day and str(day) for name, day in (("day", one.day), ("at", one.at))}
            | {"settled_on": one.settled_on and str(one.settled_on)}
            | {"may_be": [str(what) for what in possible(one)]}
            for one in found
        ]
        print_json({"exceptions": rows})
        return
    if exception is not None:
        say(
            said("{name} is {owner}'s now", name=exception, owner=owner)
            if take
            else said("{name} is explained", name=exception)
        )
    for one in found:
        amount = Money(amount_minor=one.amount_minor, currency=currency).display()
        table_line(f"{one.exception_id}  {said(one.kind)}  {one.owner or '-'}", amount)
    if not found:
        say(said("nothing waits for an explanation"))
