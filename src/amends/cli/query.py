"""Questions to the database of a case, in SQL: read-only, and identifying fields stay sealed."""

from pathlib import Path

import click
import psycopg
from rich.console import Console
from rich.table import Table
from rich.text import Text

from amends.cli.output import BY, PURPOSE, say
from amends.governance.exports import let_show, outgoing
from amends.vault.opened import open_case


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.argument("sql")
@PURPOSE
@BY
def query(case: Path, sql: str, *, purpose: str, by: str | None) -> None:
    """Ask the case's database in SQL: read-only; names and accounts in it are sealed.

    The answer is entered in the register of exports (`amends outgoing`) before it is shown.
    """
    table = Table(box=None, header_style="bold", pad_edge=False)
    console = Console(soft_wrap=True)
    with open_case(case, by=by) as opened:
        with opened.database.reading() as connection:
            try:
                answer = connection.execute(sql.encode())
            except psycopg.Error as error:
                raise click.UsageError(str(error).splitlines()[0]) from None
            for column in answer.description or ():
                table.add_column(Text(column.name))
            for row in answer:
                table.add_row(*map(_shown, row))
        with console.capture() as captured:
            console.print(table)
        text = captured.get()
        leaving = outgoing("query", table.row_count, recipient=opened.by, purpose=purpose)
        for note in let_show(opened, leaving, text.encode()):
            say(note, err=True)
    click.echo(text, nl=False)


def _shown(value: object) -> Text:
    """A value as it stands, none of it markup; bytes are hexadecimal, as psql writes them."""
    if isinstance(value, bytes):
        return Text(f"\\x{value.hex()}")
    return Text("" if value is None else str(value))
