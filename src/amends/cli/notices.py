"""Notices, from outside."""

from pathlib import Path

import click

from amends.kernel.ids import AwardIndex
from amends.notices import service
from amends.vault.opened import open_case


@click.group()
def notices() -> None:
    """What everybody is told."""


@notices.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--award", "award_index", required=True, type=click.IntRange(min=0), help="Index.")
def show(case: Path, award_index: int) -> None:
    """Print the notice of one award, in Chinese and in English."""
    with open_case(case) as opened:
        for text in service.sample(opened, AwardIndex(award_index)):
            click.echo(text)
            click.echo()
