"""``amends deposit``: money for people who cannot be paid, with a notary (提存)."""

from pathlib import Path

import click

from amends.cli.output import BY, print_json, say
from amends.kernel.saying import said
from amends.payouts.after_payment import depositing
from amends.vault.opened import open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))
_ORDER = click.argument("number", type=click.IntRange(min=1))
_KEY = click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The operator's private key (default: in the case's key folder).",
)
_OPERATOR = click.option("--by", required=True, metavar="NAME", help="The operator who enters it.")


@click.group()
def deposit() -> None:
    """Deposit money with a notary for people who cannot be paid (Civil Code 570 to 574)."""


@deposit.command("list")
@_CASE
@click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")
def deposit_list(case: Path, *, as_json: bool) -> None:
    """List orders: with whom, for how many, how many are made, collected, and at their end."""
    with open_case(case) as opened:
        found, waiting = depositing.orders(opened)
    if as_json:
        rows = [
            {
                "order": one.order_no,
                "notary": one.notary,
                "people": one.people,
                "total_minor": one.total.amount_minor,
                "currency": one.total.currency,
                "ordered_on": one.ordered_on.isoformat(),
                "certificate": one.certificate,
                "made": one.made,
                "collected": one.collected,
                "ended": one.ended,
            }
            for one in found
        ]
        print_json({"orders": rows, "waiting": waiting})
        return
    for one in found:
        say(
            said(
                "{number:>4}  {notary}  {total} for {people:,} people, ordered {on}; made "
                "{made:,}, collected {collected:,}, right ended {ended:,}",
                number=one.order_no,
                notary=one.notary,
                total=one.total.display(),
                people=one.people,
                on=one.ordered_on,
                made=one.made,
                collected=one.collected,
                ended=one.ended,
            )
        )
    say(said("people whose deposit is decided and not ordered: {waiting:,}", waiting=waiting))


@deposit.command("order")
@_CASE
@click.option("--notary", required=True, metavar="NAME", help="Which notary office.")
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Where the notary's list goes, as CSV: names and numbers of people.",
)
@click.option("--dry-run", is_flag=True, help="Check; change nothing, write nothing.")
@click.option("--approve-as", multiple=True, metavar="USER", help="As in `amends run`.")
@BY
def deposit_order(
    case: Path,
    notary: str,
    to: Path,
    approve_as: tuple[str, ...],
    by: str | None,
    *,
    dry_run: bool,
) -> None:
    """Order the deposit for everybody of whom it is decided; two people sign the exact list."""
    with open_case(case, by=by, approve_as=approve_as) as opened:
        made = depositing.order(opened, notary, None if dry_run else to)
        waiting = depositing.orders(opened)[1]
    if made is None:
        say(said("{waiting:,} people would be in the order; nothing was changed", waiting=waiting))
        return
    say(
        said(
            "order {number}: {total} for {people:,} people, in {file}; when the certificate is "
            "there: `amends deposit seen CASE {number}`",
            number=made.order_no,
            total=made.total.display(),
            people=made.people,
            file=to,
        )
    )


@deposit.command("seen")
@_CASE
@_ORDER
@click.option("--certificate", required=True, metavar="NUMBER", help="Its number.")
@click.option(
    "--image",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="A copy of the certificate: its digest is kept.",
)
@_OPERATOR
@_KEY
def deposit_seen(
    case: Path, number: int, certificate: str, image: Path, by: str, key_file: Path | None
) -> None:
    """Record that you have seen the notary's certificate of an order."""
    with open_case(case) as opened:
        depositing.see(opened, number, certificate, image, by, key_file=key_file)
    say(said("recorded; another operator types: amends deposit made CASE {number}", number=number))


@deposit.command("made")
@_CASE
@_ORDER
@_OPERATOR
@_KEY
def deposit_made(case: Path, number: int, by: str, key_file: Path | None) -> None:
    """Enter that the money of an order is deposited: it counts as given from then on."""
    with open_case(case) as opened:
        people = depositing.made(opened, number, by, key_file=key_file)
    say(
        said(
            "deposited for {people:,} people; tell them: `amends deposit letters CASE {number}`",
            people=people,
            number=number,
        )
    )


@deposit.command("letters")
@_CASE
@_ORDER
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), required=True)
@BY
def deposit_letters(case: Path, number: int, to: Path, by: str | None) -> None:
    """Write what people are told of their deposit: where it lies, until when, what then."""
    with open_case(case, by=by) as opened:
        people = depositing.write_letters(opened, number, to)
    say(said("letters of {people:,} people: {file}", people=people, file=to))
