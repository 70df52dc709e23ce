"""``amends mirror``: a copy of a published log, kept by somebody else, checked to the last byte."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from amends.cli.output import say
from amends.kernel.saying import said
from amends.roster.mirror import mirror as copied
from amends.roster.mirror_source import source_of


@click.command()
@click.argument("source")
@click.argument("to", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--policy",
    "policy_file",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The log's key and witnesses; from elsewhere than the log.",
)
@click.option(
    "--due-days",
    type=click.IntRange(min=0),
    default=7,
    show_default=True,
    help="A checkpoint is due every so many days; 0: never.",
)
def mirror(source: str, to: Path, policy_file: Path, due_days: int) -> None:
    """Copy the published log at SOURCE (an address or a directory) to TO, and check all of it.

    A second call copies what is new, if it follows from what is here, and goes on after a kill. A
    log that shows two histories stops the mirror: both are kept under TO/forks. An overdue
    checkpoint is an alarm of its own (exit 1). Run it every day from a timer.
    """
    done = copied(
        source_of(source),
        to,
        policy_file.read_text(encoding="utf-8", errors="replace"),  # bytes of comments are free
        timedelta(days=due_days),
        now_s=int(time.time()),
    )
    say(
        said(
            "{to}: {size:,} entries, {fetched:,} files fetched",
            to=to / "log",
            size=done.head.size,
            fetched=done.fetched,
        )
    )
    for name, when in done.head.cosigned.items():
        moment = datetime.fromtimestamp(when, UTC)
        say(said("  cosigned by {name}, {moment:%Y-%m-%d %H:%M} UTC", name=name, moment=moment))
