"""``amends log``: what anybody can do with a published log, and how a case ends its own."""

import os
from pathlib import Path

import click

from amends.claims.model import State
from amends.claims.service import standing
from amends.cli.output import BY, PURPOSE, RECIPIENT, print_json, print_summary, progress_bars, say
from amends.kernel.saying import Said, said
from amends.kernel.summary import StageSummary
from amends.payouts.after_payment import recovery
from amends.roster import auditing, closing
from amends.roster.age import new_identity
from amends.roster.explained import explained
from amends.roster.rows import opened as opened_rows
from amends.store.files import OWNER_ONLY_FILE
from amends.vault.opened import OpenCase, open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))
_TO = click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write.",
)
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
        summary = closing.seal(opened, _open_elsewhere(opened), dry_run=dry_run)
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


@log.command("rows")
@_CASE
@_TO
@RECIPIENT
@PURPOSE
@BY
@_APPROVE_AS
def write_rows(
    case: Path,
    to: Path,
    *,
    recipient: str,
    purpose: str,
    by: str | None,
    approve_as: tuple[str, ...],
) -> None:
    """Write what the public log of CASE hides, for its auditor alone (`rows = "counts"`).

    The file is in the format of age, for the key that case.toml and the log name. With a copy of
    the public log it is the whole log: `amends log open`, or `age -d -i KEY FILE | tar -x -C COPY`.
    """
    with (
        progress_bars() as progress,
        open_case(case, progress=progress, by=by, approve_as=approve_as) as opened,
    ):
        awards, notes = auditing.write_rows(opened, to, recipient=recipient, purpose=purpose)
    for note in notes:
        say(note, err=True)
    say(said("{to}: {awards:,} awards, for the auditor's key alone", to=to, awards=awards))


@log.command("open")
@click.argument("public", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("rows_file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--key",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The auditor's private key.",
)
@click.option("--to", required=True, type=click.Path(path_type=Path), help="The new directory.")
def open_rows(public: Path, rows_file: Path, key: Path, to: Path) -> None:
    """Make the whole log of the PUBLIC one and of what it hides, for an auditor.

    Both have to be of one day. Check what comes out as any log: `python -m amends_verify all`.
    """
    lines = key.read_text(encoding="utf-8").splitlines()
    identity = next((line for line in lines if line.startswith("AGE-SECRET-KEY-")), "")
    files = opened_rows(public, rows_file, identity, to)
    say(
        said(
            "{to}: {files:,} files put in. Check it: `python -m amends_verify all {to} --policy "
            "POLICY`",
            to=to,
            files=files,
        )
    )


@log.command("key")
@click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; nobody else may read it.",
)
def make_key(to: Path) -> None:
    """Make an auditor's key, as `age-keygen` does: the private one in a file, the public one said.

    The company writes the public one into case.toml, as `roster.auditor`.
    """
    identity, recipient = new_identity()
    text = f"# public key: {recipient}\n{identity}\n"
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    click.echo(recipient)


def _open_elsewhere(opened: OpenCase) -> list[Said]:
    """What is open of people's claims, and of money that was paid too much."""
    waiting = sum(one.state is State.WAITING for one in standing(opened).claims)
    told = said("{count:,} claims wait for a decision: `amends claims decide`", count=waiting)
    return [*([told] if waiting else []), *recovery.unfinished(opened)]


def _tell(name: str, summary: StageSummary, currency: str, *, as_json: bool) -> None:
    if as_json:
        print_json({**summary.counts, "notes": list(summary.notes)})
    else:
        print_summary(name, summary, currency)
