"""``amends award CASE`` runs the stage; ``amends award simulate CASE`` says what a tariff would do.

A case directory that is called ``simulate`` is reached as ``./simulate``.
"""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from amends.awards.simulating import OWN, simulate_tariffs
from amends.awards.simulation import LATER_PERCENT
from amends.awards.simulation_json import as_json
from amends.awards.simulation_words import Sheet, sheets
from amends.cli.language import language, spoken
from amends.cli.output import print_json, progress_bars, say
from amends.cli.stages import award as stage
from amends.kernel.saying import said
from amends.store.files import written_whole
from amends.vault.opened import open_case

_ENDINGS = (".svg", ".png")
_HELP = ("-h", "--help")
_WIDTH = 160  # of a file or a pipe


class _Stage(click.Group):
    """A stage with commands beside it: what is not one of their names is the stage's case."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: object,
    ) -> click.Context:
        """The context of the group where a command of it is named, else that of the stage."""
        if args and (args[0] in self.commands or args[0] in _HELP):
            return super().make_context(info_name, args, parent, **extra)
        return spoken(stage).make_context(info_name, args, parent, **extra)

    def get_help(self, ctx: click.Context) -> str:
        """The stage's help, and which commands there are beside it."""
        shown = spoken(stage)
        with click.Context(shown, parent=ctx.parent, info_name=ctx.info_name) as own:
            own.terminal_width, own.max_content_width = ctx.terminal_width, ctx.max_content_width
            formatter = own.make_formatter()
            shown.format_help(own, formatter)
        self.format_commands(ctx, formatter)
        return formatter.getvalue().rstrip("\n")


award = _Stage("award", help=stage.help)


@award.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option(
    "--tariff",
    "tariffs",
    multiple=True,
    metavar="TARIFF",
    help="case (that of case.toml; the default), a preset, a preset with an amount "
    "(flat:3000.00), or a file *.toml. Several stand side by side.",
)
@click.option(
    "--later",
    "later",
    multiple=True,
    type=click.IntRange(min=1, max=1000),
    metavar="PERCENT",
    help="Show what so many % more people in a later find would cost (default: "
    f"{', '.join(map(str, LATER_PERCENT))}).",
)
@click.option(
    "--chart",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Draw it, too: FILE.svg or FILE.png.",
)
@click.option("--json", "as_json_", is_flag=True, help="Print one JSON object, nothing else.")
def simulate(
    case: Path,
    tariffs: tuple[str, ...],
    later: tuple[int, ...],
    chart: Path | None,
    *,
    as_json_: bool,
) -> None:
    """Say what tariffs would cost and give, without touching anything."""
    if chart is not None and chart.suffix.lower() not in _ENDINGS:
        raise click.UsageError(said("--chart is a file that ends with .svg or .png"))
    with progress_bars(quiet=as_json_) as progress, open_case(case, progress=progress) as opened:
        found = simulate_tariffs(opened, tariffs or (OWN,), later_percent=later or LATER_PERCENT)
    if as_json_:
        print_json(as_json(found))
    else:
        console = Console()
        if not console.is_terminal:
            console.width = _WIDTH
        for sheet in sheets(found, language()):
            _print(console, sheet)
    if chart is None:
        return
    from amends.awards.chart import draw  # noqa: PLC0415 -- a second that tables do not need

    form = chart.suffix.lower().removeprefix(".")
    with written_whole(chart) as part:
        note = draw(found.simulations, part, language(), form=form)
    if note is not None:
        say(note, err=True)


def _print(console: Console, sheet: Sheet) -> None:
    """A table; its figures stand to the right."""
    console.print(Text(sheet.heading, style="bold"))
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 2))
    for place, column in enumerate(sheet.columns):
        figures = place and all(_is_figure(row[place]) for row in sheet.rows)
        table.add_column(
            Text(column),
            justify="right" if figures else "left",
            no_wrap=bool(figures),
            overflow="fold",
        )
    for row in sheet.rows:
        table.add_row(*map(Text, row))
    console.print(table)
    for note in sheet.notes:
        console.print(Text(f"  {note}"))
    console.print()


def _is_figure(cell: str) -> bool:
    """Whether a cell is a number, an amount, or empty."""
    bare = cell[4:] if cell[:3].isupper() and cell[3:4] == " " else cell
    return cell in ("", "-") or bare[:1].isdigit()
