"""The evidence room, from outside."""

from pathlib import Path

import click

from amends.evidence import service
from amends.vault.opened import open_case


@click.group()
def evidence() -> None:
    """Leaked files and registries in custody."""


@evidence.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def destroy(case: Path, *, yes: bool) -> None:
    """Destroy the evidence room's key and files. Nobody can read them again, Amends included."""
    if not yes:
        click.confirm(
            "Leaked rows and registries in custody will be unreadable. Go on?", abort=True
        )
    with open_case(case) as opened:
        service.destroy(opened)
    click.echo(
        "The evidence room is destroyed. evidence/ and registries/ themselves are untouched."
    )
