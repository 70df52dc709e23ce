"""``amends log``: what anybody can do with a published log."""

from pathlib import Path

import click

from amends.cli.output import say
from amends.roster.explained import explained


@click.group()
def log() -> None:
    """What a published log says."""


@log.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
def explain(directory: Path) -> None:
    """Say in words what the published log in DIRECTORY says, and how to check it.

    What is promised, to how many people, what is paid and what is open; and what a receipt does not
    prove. It reads the files and believes them: `amends_verify` says whether they are right.
    """
    for line in explained(directory):
        say(line)
