"""All determinations of a case: what they were made with, and how two of them differ."""

from pathlib import Path

import click

from amends.cli.output import print_json
from amends.linkage import runs as use
from amends.linkage.model import Run
from amends.vault.opened import open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")


@click.group()
def runs() -> None:
    """Determinations one after the other: provenance and differences."""


@runs.command("list")
@_CASE
@_JSON
def runs_list(case: Path, *, as_json: bool) -> None:
    """List every determination with the digests of input, settings and result, and versions."""
    with open_case(case) as opened:
        found = use.runs(opened)
    if as_json:
        print_json([_as_json(run) for run in found])
        return
    for run in found:
        made = run.provenance
        click.echo(
            f"{run.run_no}  {run.finished_at:%Y-%m-%d %H:%M} UTC  "
            f"{run.counts.get('affected', 0):,} affected"
        )
        click.echo(f"   input    {run.input_digest}")
        click.echo(f"   settings {made.get('settings_digest', 'not recorded')}")
        click.echo(f"   result   {run.result_digest}")
        if made:
            libraries = made.get("libraries")
            named = libraries.items() if isinstance(libraries, dict) else ()
            versions = ", ".join(f"{name} {version}" for name, version in named)
            click.echo(
                f"   amends {made.get('amends')}, Python {made.get('python')}, {versions}; seed "
                f"{made.get('seed')}, {made.get('threads')} threads"
            )


@runs.command("diff")
@_CASE
@click.option("--from", "before", type=click.IntRange(min=1), help="Default: the one before --to.")
@click.option("--to", "after", type=click.IntRange(min=1), help="Default: the newest.")
@click.option("--most", default=50, show_default=True, type=click.IntRange(min=0), help="People.")
@_JSON
def runs_diff(
    case: Path, before: int | None, after: int | None, most: int, *, as_json: bool
) -> None:
    """Hold two determinations against each other, person by person, with reasons."""
    with open_case(case) as opened:
        found = use.compare(opened, before, after)
    if as_json:
        print_json(
            {
                "from": found.before,
                "to": found.after,
                "counts": found.counts,
                "people": found.people.to_dicts(),
            }
        )
        return
    click.echo(f"determination {found.before} → {found.after}")
    for change, count in found.counts.items():
        click.echo(f"  {change:<12}{count:>12,}")
    for row in found.people.head(most).iter_rows(named=True):
        click.echo(_line(row))
    if found.people.height > most:
        click.echo(f"and {found.people.height - most:,} more; --json lists all")


def _line(row: dict[str, object]) -> str:
    other = f" ({row['other_person_id']})" if row["other_person_id"] else ""
    what = f": {row['before']} → {row['after']}" if row["change"] == "categories" else ""
    return f"  {row['change']} {row['person_id']}{other}, because of {row['why']}{what}"


def _as_json(run: Run) -> dict[str, object]:
    return {
        "run": run.run_no,
        "finished_at": run.finished_at.isoformat(),
        "input_digest": run.input_digest,
        "result_digest": run.result_digest,
        "counts": run.counts,
        "provenance": run.provenance,
        "stated_error": run.stated_error,
    }
