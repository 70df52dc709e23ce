"""``amends held``: payments that a provider has taken and neither paid nor refused."""

from pathlib import Path

import click

from amends.cli.output import print_json, say
from amends.kernel.saying import said
from amends.vault.opened import open_case


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--most", default=20, show_default=True, type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")
def held(case: Path, most: int, *, as_json: bool) -> None:
    """List payments that a provider holds, longest first: which award, until when, what to do.

    None of them is sent again or by another way before it has ended: `amends reconcile` asks.
    """
    from amends.payouts.after_payment import waiting  # noqa: PLC0415 -- half a second that the help does not need

    with open_case(case) as opened:
        found, many = waiting.holdings(opened, most)
        now = opened.clock.now()
    if as_json:
        rows = [
            {
                "award": one.award_index,
                "payment": one.number,
                "rail": one.rail,
                "amount_minor": one.amount.amount_minor,
                "currency": one.amount.currency,
                "since": one.since.isoformat(),
                "until": one.until and one.until.isoformat(),
            }
            for one in found
        ]
        print_json({"held": many, "payments": rows})
        return
    for one in found:
        say(
            said(
                "award {award}  {amount} at {rail} since {since}: {told}",
                award=one.award_index,
                amount=one.amount.display(),
                rail=one.rail,
                since=one.since,
                told=one.told(now),
            )
        )
    say(said("held by providers: {number:,}", number=many))
