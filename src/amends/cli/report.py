"""``amends report``: the report to the authorities as PDF, in both languages."""

from functools import partial
from hashlib import sha256
from pathlib import Path

import click

from amends.cli.output import BY, PURPOSE, print_json, say
from amends.governance import exports
from amends.kernel.saying import LANGUAGES, Language, said
from amends.vault.opened import open_case
from amends.web.reporting import service as reporting


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option(
    "--recipient", required=True, metavar="WHO", help="Which authority gets it; it stands in it."
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write into.",
)
@click.option(
    "--language",
    "only",
    type=click.Choice(LANGUAGES),
    help="One language alone; both without it.",
)
@PURPOSE
@BY
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def report(  # noqa: PLR0913 -- an option each
    case: Path,
    *,
    recipient: str,
    out: Path,
    only: Language | None,
    purpose: str,
    by: str | None,
    as_json: bool,
) -> None:
    """Write the report to the authorities: a PDF in Chinese and one in English, of one moment.

    What leaked and of whom, how sure that is, what is owed, funded and paid, reconciliation, the
    roster, what is open, who decided. PDF/A-3a and PDF/UA-1; the figures are attached for programs.
    Each file is entered in the register of exports (`amends outgoing`).
    """
    written = []
    with open_case(case, by=by) as opened:
        made = reporting.files(opened, (only,) if only else LANGUAGES, recipient=recipient)
        out.mkdir(parents=True, exist_ok=True)
        for file in made:
            write = partial(_write, file.content)
            leaving = reporting.leaving(recipient, purpose)
            exports.let_out(opened, leaving, out / file.name, write)
            written.append(
                {
                    "file": str(out / file.name),
                    "sha256": sha256(file.content).hexdigest(),
                    "size_bytes": len(file.content),
                }
            )
        name = opened.case.file.id
    if as_json:
        print_json({"case": name, "files": written})
        return
    for one in written:
        say(said("{file} is written, SHA-256 {sha256}", file=one["file"], sha256=one["sha256"]))


def _write(content: bytes, part: Path) -> None:
    part.write_bytes(content)
