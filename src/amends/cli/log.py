"""``amends log``: what anybody can do with a published log, and how a case ends its own."""

from pathlib import Path

import click

from amends.claims.model import State
from amends.claims.service import standing
from amends.cli.output import BY, print_json, print_summary, progress_bars, say
from amends.kernel.saying import Said, said
from amends.kernel.summary import StageSummary
from amends.roster import closing
from amends.roster.explained import explained
from amends.vault.opened import OpenCase, open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Check and show; change nothing.")
_APPROVE_AS = click.option(
    "--approve-as", multiple=True, metavar="USER", help="As in `amends run`."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object and nothing else.")


@click.group()
def log() -> None:
    """What a published log says, and its end."""


@log.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
def explain(directory: Path) -> None:
    """Say in words what the published log in DIRECTORY says, and how to check it.

    What is promised, to how many people, what is paid and what is open; and what a receipt does not
    prove. It reads the files and believes them: `amends_verify` says whether they are right.
    """
    for line in explained(directory):
        say(line)


@log.command()
@_CASE
@BY
@_DRY_RUN
@_APPROVE_AS
@_JSON
def seal(
    case: Path, by: str | None, approve_as: tuple[str, ...], *, dry_run: bool, as_json: bool
) -> None:
    """Close the log of CASE with its final totals; two people approve them.

    Every payment is final, nothing is open: else it says what is, and what to do. Changes that
    waited because they were few people's are published with it. Nothing is added afterwards.
    """
    with (
        progress_bars(quiet=as_json) as progress,
        open_case(case, progress=progress, by=by, approve_as=approve_as) as opened,
    ):
        summary = closing.seal(opened, _claims_open(opened), dry_run=dry_run)
    _tell("seal", summary, opened.case.file.currency, as_json=as_json)


@log.command()
@_CASE
@BY
@_DRY_RUN
@_APPROVE_AS
@_JSON
def erase(
    case: Path, by: str | None, approve_as: tuple[str, ...], *, dry_run: bool, as_json: bool
) -> None:
    """Destroy the keys of CASE, and have its sealed log say so; two people approve it.

    Afterwards nobody can say whose award is which, this program included. Receipts and claim codes
    that people have stay good. It cannot be undone.
    """
    with (
        progress_bars(quiet=as_json) as progress,
        open_case(case, progress=progress, by=by, approve_as=approve_as) as opened,
    ):
        summary = closing.erase(opened, dry_run=dry_run)
    _tell("erase", summary, opened.case.file.currency, as_json=as_json)


def _claims_open(opened: OpenCase) -> list[Said]:
    """What is open of people's claims."""
    waiting = sum(one.state is State.WAITING for one in standing(opened).claims)
    told = said("{count:,} claims wait for a decision: `amends claims decide`", count=waiting)
    return [told] if waiting else []


def _tell(name: str, summary: StageSummary, currency: str, *, as_json: bool) -> None:
    if as_json:
        print_json({**summary.counts, "notes": list(summary.notes)})
    else:
        print_summary(name, summary, currency)
