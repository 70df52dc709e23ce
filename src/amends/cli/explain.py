"""``amends explain CASE PERSON``: why one person gets what they get, in words."""

from pathlib import Path

import click

from amends.cli.language import language
from amends.cli.output import BY, print_json
from amends.reasons.service import explain as explained
from amends.reasons.words import as_json, told
from amends.vault.opened import open_case


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.argument("person")
@BY
@click.option("--json", "as_json_", is_flag=True, help="Print one JSON object, nothing else.")
def explain(case: Path, person: str, by: str | None, *, as_json_: bool) -> None:
    """Say in words why PERSON is affected and owed the amount, who receives it, and where it is.

    PERSON is an id, its first letters, or the index of an award. No identifying value is shown;
    that somebody looked is entered in the audit trail.
    """
    with open_case(case, by=by) as opened:
        found = explained(opened, person)
    if as_json_:
        print_json(as_json(found))
        return
    for line in told(found, language()):
        click.echo(line)
