"""Use cases over all determinations of a case: list them, and hold two against each other."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.linkage import store
from amends.linkage.model import Run
from amends.linkage.telling import difference
from amends.vault.opened import OpenCase


class UnknownRunError(AmendsError):
    """A number that no determination of the case has."""

    code = "unknown_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two runs held against each other; ``people``: ``difference.DIFFERENCES``."""

    before: int
    after: int
    people: pl.DataFrame

    @property
    def counts(self) -> dict[str, int]:
        """How many people per kind of change."""
        found = dict(self.people.group_by("change").len().iter_rows())
        return {change.value: int(found.get(change.value, 0)) for change in difference.Change}

    def changed(self, change: str) -> pl.DataFrame:
        """The people of one kind of change; of every kind where it is empty."""
        return self.people.filter(pl.col("change") == change) if change else self.people


def runs(opened: OpenCase) -> list[Run]:
    """Every determination of the case, oldest first."""
    with opened.database.reading() as connection:
        return store.runs(connection)


def page(opened: OpenCase, *, before: int | None = None, most: int) -> list[Run]:
    """At most so many of them, newest first; *before*: only those below a number."""
    with opened.database.reading() as connection:
        return store.runs_page(connection, before=before, most=most)


def run(opened: OpenCase, number: int) -> Run:
    """One of them.

    Raises:
        UnknownRunError: there is none of this number.
    """
    found = page(opened, before=number + 1, most=1) if 0 < number < _NO_RUN else []
    if not found or found[0].run_no != number:
        raise UnknownRunError(said("there is no determination {number}", number=number))
    return found[0]


_NO_RUN: Final = 2**31 - 1


def compare(opened: OpenCase, before: int | None = None, after: int | None = None) -> Difference:
    """Two runs person by person: by default the newest and the one before.

    Raises:
        UnknownRunError: there is no such run, or they are not in order.
    """
    known = {run.run_no: run for run in runs(opened)}
    last = after if after is not None else max(known, default=0)
    first = before if before is not None else last - 1
    for number in (first, last):
        if number not in known:
            raise UnknownRunError(
                said(
                    "there is no determination {number}: `amends runs list CASE` lists them",
                    number=number,
                )
            )
    if first >= last:
        raise UnknownRunError(
            said(
                "--from {first} has to be an earlier determination than --to {last}",
                first=first,
                last=last,
            )
        )
    with opened.database.reading() as connection:
        steps = [store.moved_in(connection, number) for number in range(first + 1, last + 1)]
        one, other = (store.people_of(connection, number) for number in (first, last))
    caused = difference.causes(_identity(known[first]), _identity(known[last]))
    people = difference.differences(one, other, difference.followed(steps), caused)
    return Difference(before=first, after=last, people=people)


def _identity(run: Run) -> dict[str, object]:
    """What a run depends on."""
    return {"input_digest": run.input_digest, "settings": run.settings}
