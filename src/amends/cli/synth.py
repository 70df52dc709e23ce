"""The model case, made up."""

from pathlib import Path

import click

from amends.cli.output import print_summary, progress_bars
from amends.kernel.saying import said
from amends.synth.service import World, write_case


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--people",
    default=30_000,
    show_default=True,
    type=click.IntRange(min=1),
    help="How many people are truly affected.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same files.")
@click.option(
    "--world",
    default=World.MIDDLE.value,
    show_default=True,
    type=click.Choice([world.value for world in World]),
    help="How bad the data is.",
)
@click.option(
    "--rate",
    "rates",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set one noise rate (docs/reference/synth.md lists them); repeatable.",
)
def synth(directory: Path, people: int, seed: int, world: str, rates: tuple[str, ...]) -> None:
    """Write the model case: eight registries, four leaked files, people, and the truth."""
    with progress_bars() as progress:
        summary = write_case(
            directory,
            people=people,
            seed=seed,
            world=World(world),
            rates=dict(_rate(text) for text in rates),
            progress=progress,
        )
    print_summary(said("{directory}: the model case", directory=directory), summary, "CNY")


def _rate(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise click.UsageError(
            said("--rate {name}: a rate is written NAME=0.01", name=name)
        ) from None
