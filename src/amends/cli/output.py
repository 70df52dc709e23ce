"""What commands print: bars on standard error, summaries on standard output."""

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from amends.cli.language import language
from amends.kernel.money import Money
from amends.kernel.progress import SILENCE
from amends.kernel.progress import Progress as ProgressListener
from amends.kernel.saying import in_language, said
from amends.kernel.summary import StageSummary

_AMOUNT = "_minor"
_PEOPLE = "payees_minor"  # minors, not the smallest units of money
_ANSWERS = ("_balanced", "_agrees")  # counts that are 1 for yes


class _Bars:
    """Draws a bar for each piece of work."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def start(self, label: str, total: int | None = None) -> None:
        """Begin a bar; the one before is complete."""
        self.finish()
        self._task = self._bars.add_task(in_language(label, language()), total=total)

    def advance(self, units: int = 1) -> None:
        """Move the bar."""
        if self._task is not None:
            self._bars.advance(self._task, units)

    def tell(self, message: str) -> None:
        """Say it above the bars."""
        text = in_language(message, language())
        self._bars.console.print(text, markup=False, highlight=False)

    def finish(self) -> None:
        """Fill the bar of the piece that is over."""
        if self._task is not None:
            task = self._bars.tasks[self._task]
            self._bars.update(self._task, total=task.completed or 1, completed=task.completed or 1)


class _Lines:
    """Says each piece of work in a line, where there is no terminal to draw on."""

    def __init__(self) -> None:
        self._label = ""
        self._done = 0
        self._began = 0.0

    def start(self, label: str, total: int | None = None) -> None:
        """Say how the piece before went."""
        del total
        self.finish()
        self._label, self._done, self._began = in_language(label, language()), 0, time.monotonic()

    def advance(self, units: int = 1) -> None:
        """Count."""
        self._done += units

    def tell(self, message: str) -> None:
        """Say it now, not when the piece is over."""
        for line in in_language(message, language()).splitlines():
            click.echo(f"  {line}", err=True)

    def finish(self) -> None:
        """Say what was done, and how long it took."""
        if self._label:
            took = time.monotonic() - self._began
            done = f"{self._done:,}" if self._done else in_language(said("done"), language())
            click.echo(f"  {self._label}: {done} ({took:.1f} s)", err=True)
        self._label = ""


@contextmanager
def progress_bars(*, quiet: bool = False) -> Iterator[ProgressListener]:
    """Bars on a terminal, lines elsewhere, nothing when *quiet*."""
    console = Console(stderr=True)
    if quiet:
        yield SILENCE
    elif console.is_terminal:
        columns = (TextColumn("  {task.description:<34}"), BarColumn(), MofNCompleteColumn())
        with Progress(
            *columns,
            TimeElapsedColumn(),
            console=console,
            redirect_stdout=sys.stdout.isatty(),  # a summary that is piped stays in the pipe
        ) as live:
            bars = _Bars(live)
            yield bars
            bars.finish()
    else:
        lines = _Lines()
        yield lines
        lines.finish()


BY = click.option(
    "--by", metavar="NAME", help="Who is at work (default: the user of the operating system)."
)

RECIPIENT = click.option(
    "--recipient", default="", metavar="WHO", help="To whom it goes, for the register of exports."
)
PURPOSE = click.option(
    "--purpose", default="", metavar="WHY", help="What for, for the register of exports."
)


class _Amount(click.ParamType[Money]):
    """An amount on the command line."""

    name = "amount"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Money:
        """Read ``CNY 5000.00``."""
        if isinstance(value, Money):
            return value
        try:
            return Money.parse(str(value))
        except ValueError as error:
            return self.fail(error.args[0], param, ctx)  # a sentence; as a text it is English


AMOUNT = _Amount()
"""The type of an argument like ``CNY 5000.00``."""


def print_json(content: object) -> None:
    """One JSON object and nothing else."""
    click.echo(json.dumps(content, ensure_ascii=False))


def say(text: str, *, err: bool = False) -> None:
    """Print a sentence in the language that the command line speaks."""
    click.echo(in_language(text, language()), err=err)


def confirm(text: str) -> None:
    """Ask whether to go on, and stop where the answer is no."""
    _let_interrupt()
    click.confirm(in_language(text, language()), abort=True)


def ask(text: str, default: str | None = None) -> str:
    """Ask for a text."""
    _let_interrupt()
    return str(click.prompt(in_language(text, language()), default=default))


def _let_interrupt() -> None:
    """Let Ctrl-C end a question at once.

    Polars wraps the handler of SIGINT in one that has the system take up the read again: nothing
    would happen before the next Enter.
    """
    signal.siginterrupt(signal.SIGINT, True)  # noqa: FBT003 -- as the library has it


def table_line(name: str, value: str) -> None:
    """Print a name and what it is, the second column flush right."""
    label = in_language(name, language())
    click.echo(f"  {label}{' ' * (36 - cell_len(label))} {' ' * (28 - cell_len(value))}{value}")


def print_summary(stage: str, summary: StageSummary, currency: str) -> None:
    """A stage's counts for people: a line each, amounts as money."""
    click.echo(click.style(in_language(stage, language()), bold=True))
    for name, value in summary.counts.items():
        table_line(_words(name), _value(name, value, currency))
    for note in summary.notes:
        click.echo(f"  {in_language(note, language())}")


def _words(name: str) -> str:
    return (name.removesuffix(_AMOUNT) if _is_amount(name) else name).replace("_", " ")


def _is_amount(name: str) -> bool:
    return name.endswith(_AMOUNT) and name != _PEOPLE


def _value(name: str, value: int, currency: str) -> str:
    if _is_amount(name):
        return Money(amount_minor=value, currency=currency).display()
    if name.endswith(_ANSWERS):
        return in_language(said("yes") if value else said("NO"), language())
    return f"{value:,}"
