"""The promise: what was announced, whether it adds up, and how it is changed."""

from pathlib import Path

import click

from amends.awards import promised
from amends.cli.output import AMOUNT, say
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.vault.opened import open_case


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--restate", is_flag=True, help="Change what is promised; two people approve.")
@click.option("--people", type=click.IntRange(min=1), help="How many people are promised it.")
@click.option("--per-person", type=AMOUNT, help='Like "CNY 5000.00".')
@click.option("--total", type=AMOUNT, help='Like "CNY 15000000000.00".')
@click.option("--approve-as", multiple=True, metavar="USER", help="As in `amends run`.")
def promise(
    case: Path,
    people: int | None,
    per_person: Money | None,
    total: Money | None,
    approve_as: tuple[str, ...],
    *,
    restate: bool,
) -> None:
    """Show the promise in force and whether it adds up; with --restate, change it.

    --restate without figures proposes the ones that are right.
    """
    with open_case(case, approve_as=approve_as) as opened:
        if restate:
            promised.restate_promise(opened, people=people, per_person=per_person, total=total)
        in_force = promised.in_force(opened)
        if in_force.per_person is not None:
            say(said("per person  {per_person}", per_person=in_force.per_person.display()))
        if in_force.people is not None:
            say(said("people      {people:,}", people=in_force.people))
        if in_force.total is not None:
            say(said("total       {total}", total=in_force.total.display()))
        promised.check_promise(opened)
    say(said("The promise adds up."))
