"""Writes the model case."""

from collections.abc import Mapping
from pathlib import Path

from amends.kernel.progress import SILENCE, Progress
from amends.kernel.saying import said
from amends.kernel.summary import StageSummary
from amends.synth.circumstances import write_deaths, write_guardianships
from amends.synth.documents import write_documents
from amends.synth.draws import Draws
from amends.synth.files import TextFile, whole_directory
from amends.synth.leakfiles import leaks_of
from amends.synth.leaks import strangers_in, write_leaks
from amends.synth.model import PEOPLE_MAX, Rates, SynthError, World, rates_of
from amends.synth.people import Population
from amends.synth.registries import write_registries

__all__ = ["Rates", "SynthError", "World", "population_of", "write_case"]


def write_case(
    directory: Path,
    *,
    people: int = 30_000,
    seed: int = 1,
    world: World = World.MIDDLE,
    rates: Mapping[str, float] | None = None,
    progress: Progress = SILENCE,
) -> StageSummary:
    """Write the model case with exactly *people* affected people to *directory*.

    The same settings write the same bytes. Memory does not grow with *people*.

    Args:
        directory: new, empty, or an earlier made-up case that Amends has not begun to work on.
        people: who hold an account and have a leaked row that is really theirs.
        seed: of all draws.
        world: how bad the data is.
        rates: single rates by name (:class:`Rates`), over the world's.
        progress: is told accounts, leaked rows, deaths and guardianships.

    Raises:
        SynthError: settings that cannot be, or a directory that holds something else.
    """
    population = population_of(people=people, seed=seed, rates=rates_of(world, rates))
    with whole_directory(directory) as root:
        with TextFile(root / "truth-accounts.csv") as truth:
            truth.line("product,account_id,person")
            accounts = write_registries(root, population, truth, progress)
        with TextFile(root / "truth-rows.csv") as truth:
            truth.line("evidence,row,person")
            rows = write_leaks(root, population, truth, progress)
        deaths = write_deaths(root, population, progress)
        guardianships = write_guardianships(root, population, progress)
        leaks = leaks_of(population.rates.sql_dump)
        write_documents(root, leaks, people=people, seed=seed, world=world, rates=rates or {})
    return StageSummary(
        counts={
            "people": people,
            "registered": population.registered,
            "accounts": accounts,
            "leaked_rows": rows.rows,
            "strangers": rows.strangers,
            "duplicates": rows.duplicates,
            "malformed": rows.malformed,
            "deaths": deaths,
            "guardianships": guardianships,
        },
        notes=(said("Everybody in this case is made up."),),
    )


def population_of(*, people: int, seed: int, rates: Rates) -> Population:
    """The people of a case with these settings.

    Raises:
        SynthError: fewer than one, or more than there are mobile numbers for.
    """
    if not 1 <= people <= PEOPLE_MAX:
        raise SynthError(
            said(
                "{people} people cannot be made up; from 1 to {people_max} can",
                people=people,
                people_max=PEOPLE_MAX,
            )
        )
    return Population(
        draws=Draws(seed),
        rates=rates,
        affected=people,
        registered=people + round(people * rates.registered_only),
        strangers=sum(strangers_in(people, rates, leaks_of(rates.sql_dump))),
    )
