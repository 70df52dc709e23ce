"""All determinations of a case: what they were made with, and how two of them differ."""

from pathlib import Path

import click

from amends.cli.output import BY, print_json, say
from amends.governance.exports import let_show, outgoing
from amends.kernel.saying import said
from amends.linkage.model import Run
from amends.linkage.telling import runs as use
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
        say(
            said(
                "{run_no}  {finished_at:%Y-%m-%d %H:%M} UTC  {affected:,} affected",
                run_no=run.run_no,
                finished_at=run.finished_at,
                affected=run.counts.get("affected", 0),
            )
        )
        say(said("   input    {input_digest}", input_digest=run.input_digest))
        say(said("   settings {digest}", digest=made.get("settings_digest", said("not recorded"))))
        say(said("   result   {result_digest}", result_digest=run.result_digest))
        if made:
            libraries = made.get("libraries")
            named = libraries.items() if isinstance(libraries, dict) else ()
            versions = ", ".join(f"{name} {version}" for name, version in named)
            say(
                said(
                    "   amends {amends}, Python {python}, {versions}; seed {seed}, "
                    "{threads} threads",
                    amends=made.get("amends"),
                    python=made.get("python"),
                    versions=versions,
                    seed=made.get("seed"),
                    threads=made.get("threads"),
                )
            )


@runs.command("diff")
@_CASE
@click.option("--from", "before", type=click.IntRange(min=1), help="Default: the one before --to.")
@click.option("--to", "after", type=click.IntRange(min=1), help="Default: the newest.")
@click.option("--most", default=50, show_default=True, type=click.IntRange(min=0), help="People.")
@BY
@_JSON
def runs_diff(
    case: Path, before: int | None, after: int | None, most: int, by: str | None, *, as_json: bool
) -> None:
    """Hold two determinations against each other, person by person, with reasons."""
    with open_case(case, by=by) as opened:
        found = use.compare(opened, before, after)
        people = found.people if as_json else found.people.head(most)
        leaving = outgoing("runs_diff", people.height, recipient=opened.by)
        for note in let_show(opened, leaving, people.write_ndjson().encode()):
            say(note, err=True)
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
    say(said("determination {before} → {after}", before=found.before, after=found.after))
    for change, count in found.counts.items():
        click.echo(f"  {change:<12}{count:>12,}")
    for row in found.people.head(most).iter_rows(named=True):
        say(_line(row))
    if found.people.height > most:
        say(said("and {height:,} more; --json lists all", height=found.people.height - most))


def _line(row: dict[str, object]) -> str:
    other = f" ({row['other_person_id']})" if row["other_person_id"] else ""
    what = f": {row['before']} → {row['after']}" if row["change"] == "categories" else ""
    return said(
        "  {change} {person_id}{other}, because of {why}{what}",
        change=row["change"],
        person_id=row["person_id"],
        other=other,
        why=row["why"],
        what=what,
    )


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
