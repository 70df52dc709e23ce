"""``amends recover``: ask money back that was paid too much, match what comes, let go the rest."""

from pathlib import Path

import click

from amends.cli.output import AMOUNT, BY, print_json, say
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.payouts.after_payment import recovery
from amends.payouts.after_payment.recovery_rules import GROUNDS, STANDINGS, Ground, Recovery
from amends.vault.opened import open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))
_NUMBER = click.argument("number", type=click.IntRange(min=1))
_APPROVE = click.option("--approve-as", multiple=True, metavar="USER", help="As in `amends run`.")


@click.group()
def recover() -> None:
    """Ask back what was paid too much or to the wrong person. Nothing else becomes less for it."""


@recover.command("list")
@_CASE
@click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")
def recover_list(case: Path, *, as_json: bool) -> None:
    """List what is asked back: of which award, how much is still out, where it stands."""
    with open_case(case) as opened:
        found = recovery.recoveries(opened)
    if as_json:
        print_json({"recoveries": [_plain(one) for one in found]})
        return
    for one in found:
        say(
            said(
                "{number:>6}  award {award}  {amount}, out {rest}  {ground}  {standing}",
                number=one.recovery_no,
                award=one.award_index,
                amount=one.amount.display(),
                rest=one.rest.display(),
                ground=GROUNDS[one.ground],
                standing=STANDINGS[one.standing],
            )
        )
    say(said("recoveries: {number:,}", number=len(found)))


@recover.command("why")
@_CASE
@_NUMBER
def recover_why(case: Path, number: int) -> None:
    """Say why a recovery was opened, and why it was let go, in the words that are kept sealed."""
    with open_case(case) as opened:
        words = recovery.words_of(opened, number)
    say(said("asked back: {words}", words=words.asked))
    for one in words.waived:
        say(said("let go: {words}", words=one))


@recover.command("ask")
@_CASE
@click.option("--award", type=click.IntRange(min=0), required=True, help="Which award.")
@click.option("--amount", type=AMOUNT, required=True, help='How much, like "CNY 1000.00".')
@click.option("--ground", type=click.Choice([one.value for one in Ground]), required=True)
@click.option("--because", required=True, metavar="TEXT", help="Why in words; kept sealed.")
@click.option("--dry-run", is_flag=True, help="Check; change nothing, ask nobody.")
@_APPROVE
@BY
def recover_ask(  # noqa: PLR0913, PLR0917 - one option each
    case: Path,
    award: int,
    amount: Money,
    ground: str,
    because: str,
    approve_as: tuple[str, ...],
    by: str | None,
    *,
    dry_run: bool,
) -> None:
    """Ask money of a payment back; two people sign. The award stays as it was paid."""
    with open_case(case, by=by, approve_as=approve_as) as opened:
        number = recovery.ask_back(opened, award, amount, Ground(ground), because, dry_run=dry_run)
    if number is None:
        say(said("it can be asked back; nothing was changed"))
    else:
        say(
            said(
                "recovery {number}: `amends recover letter CASE {number} --to FILE` writes what "
                "its letter says",
                number=number,
            )
        )


@recover.command("letter")
@_CASE
@_NUMBER
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), required=True)
@BY
def recover_letter(case: Path, number: int, to: Path, by: str | None) -> None:
    """Write what the letter of a recovery says, in both languages, as JSON."""
    with open_case(case, by=by) as opened:
        recovery.write_letter(opened, number, to)
    say(said("written: {file}; it is in the register of exports", file=to))


@recover.command("repaid")
@_CASE
@_NUMBER
@click.option("--amount", type=AMOUNT, required=True, help='What came, like "CNY 1000.00".')
@click.option(
    "--movement",
    required=True,
    metavar="NAME",
    help="STATEMENT:PLACE of the money that came in; without statements the bank's reference.",
)
@_APPROVE
@BY
def recover_repaid(
    case: Path,
    number: int,
    amount: Money,
    movement: str,
    approve_as: tuple[str, ...],
    by: str | None,
) -> None:
    """Match a movement of the bank with a recovery; two people sign."""
    with open_case(case, by=by, approve_as=approve_as) as opened:
        _told(recovery.repaid(opened, number, amount, movement))


@recover.command("waive")
@_CASE
@_NUMBER
@click.option("--because", required=True, metavar="TEXT", help="Why in words; kept sealed.")
@_APPROVE
@BY
def recover_waive(
    case: Path, number: int, because: str, approve_as: tuple[str, ...], by: str | None
) -> None:
    """Let go what has not come back of a recovery; two people sign."""
    with open_case(case, by=by, approve_as=approve_as) as opened:
        _told(recovery.waive(opened, number, because))


def _told(one: Recovery) -> None:
    say(
        said(
            "recovery {number}: {standing}; out: {rest}",
            number=one.recovery_no,
            standing=STANDINGS[one.standing],
            rest=one.rest.display(),
        )
    )


def _plain(one: Recovery) -> dict[str, object]:
    return {
        "recovery": one.recovery_no,
        "award": one.award_index,
        "payment": one.payment,
        "amount_minor": one.amount.amount_minor,
        "rest_minor": one.rest.amount_minor,
        "currency": one.amount.currency,
        "ground": one.ground.value,
        "standing": one.standing.value,
        "last_day": one.last_day.isoformat(),
    }
