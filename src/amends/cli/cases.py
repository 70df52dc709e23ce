"""The case directory as a whole."""

import shutil
from pathlib import Path

import click

from amends.cli.output import confirm, say
from amends.kernel.casefile import read_case
from amends.kernel.saying import said
from amends.store.service import remove_database


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(case: Path, *, yes: bool) -> None:
    """Remove everything that Amends made for a case: database, keys, evidence room, site."""
    if not yes:
        confirm(said("{case}: database, keys and everything published go. Go on?", case=case))
    found = read_case(case)
    remove_database(found)
    shutil.rmtree(found.workspace, ignore_errors=True)
    say(said("{case}: what Amends made is removed; your own files are untouched", case=case))
