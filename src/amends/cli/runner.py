"""``amends runner``: the process that runs the stages operators ask for at the console."""

import signal
import threading
from pathlib import Path
from types import FrameType

import click

from amends.cli.output import say
from amends.kernel.saying import said


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--once", is_flag=True, help="Take what waits now, and end.")
def runner(case: Path, *, once: bool) -> None:
    """Run the stages that operators ask for at the console, until it is stopped (Ctrl-C).

    One at a time, each in a process of its own and in the name of who asked. A stage that is
    stopped goes on where it was when it is asked for again.
    """
    from amends.stages.running import serve  # noqa: PLC0415 -- a second that help needs not

    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    if not once:
        say(said("the runner takes what is asked for at the console"))
    count = serve(case, once=once, stopping=stopping, say=say)
    say(said("{count:,} stages were run", count=count))
