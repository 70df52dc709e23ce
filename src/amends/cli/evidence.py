"""The evidence room, from outside."""

from pathlib import Path

import click

from amends.cli.language import language as chosen
from amends.cli.output import (
    BY,
    PURPOSE,
    RECIPIENT,
    confirm,
    print_json,
    print_summary,
    progress_bars,
    say,
)
from amends.evidence import inspection, service
from amends.evidence.categories.texts import category_label, question, why
from amends.evidence.columns import ColumnReport, column_reports
from amends.governance.exports import let_out, outgoing
from amends.kernel.saying import LANGUAGES, Language, said
from amends.vault.opened import open_case


@click.group()
def evidence() -> None:
    """Leaked files and registries in custody."""


@evidence.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--language", type=click.Choice(["zh", "en"]), hidden=True, help="As --lang.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object and nothing else.")
def columns(case: Path, *, language: Language | None, as_json: bool) -> None:
    """How every column was told: field, category, confidence, why; samples are masked.

    What is in doubt is asked at the end; the answer goes into case.toml.
    """
    spoken: Language = language or chosen()
    with open_case(case) as opened:
        reports = column_reports(opened)
    if as_json:
        print_json({"case": str(case), "columns": [_as_json(report) for report in reports]})
        return
    for path in dict.fromkeys(report.path for report in reports):
        click.echo(click.style(path, bold=True))
        for report in reports:
            if report.path == path:
                _print(report, spoken)
    asked = [question(report.decision, report.path, spoken) for report in reports]
    for line in filter(None, asked):
        click.echo(click.style("? ", fg="yellow") + line)


def _as_json(report: ColumnReport) -> dict[str, object]:
    decision = report.decision
    return {
        "path": report.path,
        "position": decision.position + 1,
        "column": decision.column,
        "field": decision.field,
        "category": report.category,
        "label": {lang: category_label(decision, lang) for lang in LANGUAGES},
        "confidence": decision.confidence,
        "how": str(decision.how),
        "why": {lang: why(decision, lang) for lang in LANGUAGES},
        "filled": report.filled,
        "samples": list(report.samples),
        "instead": list(decision.instead),
        "asks": decision.asks,
    }


def _print(report: ColumnReport, language: Language) -> None:
    decision = report.decision
    label = category_label(decision, language)
    click.echo(
        f"  {decision.position + 1:>3} {decision.column} → {decision.field} · {label} · "
        f"{decision.confidence:.2f} · {why(decision, language)}"
    )
    filled = f"{report.filled:.0%}"
    shown = "  ".join(report.samples)
    click.echo(f"      {'有值' if language == 'zh' else 'filled'} {filled}  {shown}")


@evidence.command()
@click.argument("case", type=click.Path(path_type=Path))
@BY
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, nothing else.")
def verify(case: Path, by: str | None, *, as_json: bool) -> None:
    """Open every sealed copy and hold its digest against the one recorded when it came in."""
    with progress_bars() as progress, open_case(case, progress=progress, by=by) as opened:
        summary = inspection.verify(opened)
        if as_json:
            print_json({"case": opened.case.file.id, "counts": summary.counts})
        else:
            print_summary("verify", summary, opened.case.file.currency)


@evidence.command("report")
@click.argument("case", type=click.Path(path_type=Path))
@BY
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), help="The file to write (Markdown)."
)
@RECIPIENT
@PURPOSE
def custody_report(
    case: Path, by: str | None, to: Path | None, *, recipient: str, purpose: str
) -> None:
    """Write the chain of custody: every file, who took it in, what was read, what was done since.

    Chinese and English. Names of files, digests and counts; no value of a person.
    """
    with progress_bars() as progress, open_case(case, progress=progress, by=by) as opened:
        text = inspection.custody_report(opened)
        if to is None:
            click.echo(text, nl=False)
            return
        files = text.count("\n## ")
        leaving = outgoing("custody", files, recipient=recipient, purpose=purpose)
        for note in let_out(opened, leaving, to, lambda part: part.write_bytes(text.encode())):
            say(note, err=True)
    say(said("{to}: the chain of custody", to=to))


@evidence.command()
@click.argument("case", type=click.Path(path_type=Path))
@BY
@click.option("--yes", is_flag=True, help="Do not ask.")
def destroy(case: Path, by: str | None, *, yes: bool) -> None:
    """Destroy the evidence room's key and files. Nobody can read them again, Amends included."""
    if not yes:
        confirm(said("Leaked rows and registries in custody will be unreadable. Go on?"))
    with open_case(case, by=by) as opened:
        service.destroy(opened)
    say(said("The evidence room is destroyed. evidence/ and registries/ themselves are untouched."))
