"""The money behind the promise: what is there, what is owed, proof from the bank, releases."""

from dataclasses import asdict
from pathlib import Path

import click

from amends.awards import promised
from amends.cli.output import AMOUNT, BY, print_json, progress_bars, say, table_line
from amends.funding import explaining, receiving, service
from amends.funding.model import Day, Explanation, Level, Position, UnfundedError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.vault.opened import open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object and nothing else.")


class _Funding(click.Group):
    """``amends funding CASE`` is ``amends funding show CASE``."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Put in ``show`` where the first word is no command."""
        if args and args[0] not in self.commands:
            args = ["show", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_Funding)
def funding() -> None:
    """What is there, what is owed against it; proof from the bank; release in parts."""


@funding.command()
@_CASE
@click.option("--strict", is_flag=True, help="Exit with 1 where it is tight, too.")
@_JSON
def show(case: Path, *, strict: bool, as_json: bool) -> None:
    """Show funds, obligations, what is free, and the promised days; exit with 1 where short.

    `amends funding CASE` is the same.
    """
    with open_case(case) as opened:
        found = promised.funds(opened)
        days = service.forecast(opened, found)
        wrong = service.findings(
            opened, Money(amount_minor=found.obligations_minor, currency=found.currency)
        )
    if as_json:
        print_json(_as_json(found, days, [finding.message for finding in wrong]))
    else:
        _print(found, days)
    if wrong:
        raise UnfundedError(wrong)
    if strict and found.level is Level.TIGHT:
        click.get_current_context().exit(1)


@funding.command("import")
@_CASE
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@BY
@_JSON
def import_(case: Path, files: tuple[Path, ...], by: str | None, *, as_json: bool) -> None:
    """Take the bank's statements (camt.053, MT940, CSV) into custody; all FILES or none.

    Without FILES: what lies in the case's folder funding/.
    """
    with progress_bars() as progress, open_case(case, progress=progress, by=by) as opened:
        done = receiving.import_statements(opened, files)
        found = promised.funds(opened)
    if as_json:
        print_json({**asdict(done), "proved_until": _day(found), "funds_minor": found.funds_minor})
        return
    say(
        said(
            "{statements:,} statements with {lines:,} movements taken; {known:,} files were known",
            statements=done.statements,
            lines=done.lines,
            known=done.known,
        )
    )
    if done.unexplained:
        say(
            said(
                "{count:,} movements out of the account are not explained and do not count",
                count=done.unexplained,
            )
        )
    say(
        said(
            "proved to {day}: {funds}",
            day=_day(found) or "-",
            funds=_money(found, found.funds_minor),
        )
    )


@funding.command()
@_CASE
@click.argument("amount", type=AMOUNT)
@click.option("--rail", metavar="RAIL", help="Which rail (default: the only one of the case).")
@click.option("--approve-as", multiple=True, metavar="USER", help="As in `amends run`.")
def release(case: Path, amount: Money, rail: str | None, approve_as: tuple[str, ...]) -> None:
    """Let a rail use AMOUNT of the earmarked money; two people approve exactly that."""
    with open_case(case, approve_as=approve_as) as opened:
        done = service.release(opened, amount, rail)
        promised.funds(opened)
    say(
        said(
            "release {number}: {amount} to {rail}; write {reference} on the order to the bank",
            number=done.release_no,
            amount=done.amount.display(),
            rail=done.rail,
            reference=done.reference,
        )
    )


@funding.command()
@_CASE
@click.argument("movement", required=False)
@click.option(
    "--as",
    "what",
    type=click.Choice([one.value for one in Explanation]),
    help="What MOVEMENT was: to a rail, a fee, taken back by the company, to a notary.",
)
@click.option("--approve-as", multiple=True, metavar="USER", help="As in `amends run`.")
def explain(
    case: Path, movement: str | None, what: str | None, approve_as: tuple[str, ...]
) -> None:
    """List movements out of the account that nothing explains; with MOVEMENT and --as explain one.

    Two people approve. Until then the money does not count.
    """
    if (movement is None) != (what is None):
        raise click.UsageError(said("MOVEMENT and --as go together"))
    with open_case(case, approve_as=approve_as) as opened:
        if movement is not None and what is not None:
            explaining.explain(opened, movement, Explanation(what))
            promised.funds(opened)
        waiting = explaining.unexplained(opened)
    for one in waiting:
        click.echo(
            f"{one.name:<10} {one.booked_on}  {one.amount.display():>28}  {one.reference or '-'}"
        )
    say(said("{count:,} movements are not explained", count=len(waiting)))


@funding.command()
@_CASE
@_JSON
def statements(case: Path, *, as_json: bool) -> None:
    """List the statements in custody."""
    with open_case(case) as opened:
        held = service.statements(opened)
    if as_json:
        print_json(
            {
                "statements": [
                    {
                        "statement": one.statement_no,
                        "file": one.name,
                        "sha256": one.sha256,
                        "form": one.statement.form,
                        "number": one.statement.number,
                        "first_day": one.statement.first_day.isoformat(),
                        "last_day": one.statement.last_day.isoformat(),
                        "opening_minor": one.statement.opening_minor,
                        "closing_minor": one.statement.closing_minor,
                    }
                    for one in held
                ]
            }
        )
        return
    for one in held:
        closing = Money(amount_minor=one.statement.closing_minor, currency=one.statement.currency)
        click.echo(
            f"{one.statement_no:>4}  {one.statement.first_day}  {one.statement.last_day}  "
            f"{closing.display():>28}  {one.statement.form:<8}  {one.sha256[:16]}  {one.name}"
        )


def _print(found: Position, days: list[Day]) -> None:
    """The position for people, a line each."""
    for name, amount in service.position_lines(found):
        if amount is not None:
            table_line(name, _money(found, amount))
    for one in days:
        table_line(said("due by the end of {day}", day=one.day), _money(found, one.due_minor))
        if one.short_minor:
            table_line(said("missing for it"), _money(found, one.short_minor))
        elif found.evidenced and one.unreleased_minor:
            table_line(said("still to be released for it"), _money(found, one.unreleased_minor))
    say(service.told(found.level))
    if found.evidenced:
        say(
            said("proved by {count:,} statements to {day}", count=found.statements, day=_day(found))
        )


def _money(found: Position, amount_minor: int) -> str:
    return Money(amount_minor=amount_minor, currency=found.currency).display()


def _day(found: Position) -> str | None:
    return found.proved_until.isoformat() if found.proved_until else None


def _as_json(found: Position, days: list[Day], wrong: list[str]) -> dict[str, object]:
    return {
        **asdict(found),
        "proved_until": _day(found),
        "evidenced": found.evidenced,
        "free_minor": found.free_minor,
        "outstanding_minor": found.outstanding_minor,
        "forecast": [{**asdict(one), "day": one.day.isoformat()} for one in days],
        "findings": wrong,
    }
