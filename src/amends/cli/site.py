"""The public site: baked from what is published."""

from pathlib import Path

import click

from amends.cli.output import print_json, print_summary
from amends.kernel.casefile import read_case
from amends.web.site.service import bake


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def site(case: Path, *, as_json: bool) -> None:
    """Bake the public site into the published directory: pages, figures, feed.

    It reads case.toml and what is published, nothing that is secret, and writes only what changed.
    Anything serves the directory; `amends serve` adds the forms.
    """
    opened = read_case(case)
    summary = bake(opened)
    if as_json:
        print_json({"case": opened.file.id, "counts": summary.counts})
    else:
        print_summary("site", summary, opened.file.currency)
