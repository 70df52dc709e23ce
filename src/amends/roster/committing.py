"""Commitments of all new awards, some at a time, by as many processes as there are processors.

Hashing short inputs is work of the interpreter, which one thread does at a time; so other processes
do it. What they are given and give back are values and digests, no keys.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.ahead import processors, worked_ahead
from amends.roster.commitment import HIDDEN, SEED_BYTES, Bound, commit_columns, normal_value
from amends.roster.entries import AWARDS, EntryType

AT_ONCE = 50_000
_FEW = 20_000
"""So many awards are committed before other processes have begun."""

_AS_IT_IS = {
    "idno": r"^[0-9]{17}[0-9X]$",
    "name": r"^[\x{4E00}-\x{9FFF}]+$",
    "phone": r"^[0-9]+$",
}
"""Values that have their normal form already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """``entries``: AWARD entries, rows of ``AWARDS``; ``openings``: what is sealed of each."""

    first_award: int
    entries: npt.NDArray[np.void]
    openings: list[bytes]


def committed(bound: Bound, awards: pl.DataFrame, at_once: int = AT_ONCE) -> Iterator[Committed]:
    """Commit to *awards*, in order, each with a seed of its own from the operating system.

    Args:
        bound: what of the case they are bound to.
        awards: award_index (one after the other), class, amount_minor, categories, and the
            ``HIDDEN`` fields as they were found.
        at_once: how many awards are in memory together; changes nothing.
    """
    many = awards.height > _FEW
    workers = processors() if many else 1
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn")) if many else nullcontext()
    with pool as others:

        def work(some: pl.DataFrame) -> tuple[bytes, list[bytes]]:
            seeds = os.urandom(SEED_BYTES * some.height)
            columns = [some["categories"], *(normal(name, some[name]) for name in HIDDEN)]
            asked = bound, some["award_index"][0], seeds, [column.to_list() for column in columns]
            if others is None:
                return commit_columns(*asked)
            return others.submit(commit_columns, *asked).result()

        for some, (commitments, openings) in worked_ahead(
            awards.iter_slices(at_once), work, workers
        ):
            entries = np.zeros(some.height, AWARDS)
            entries["type"] = EntryType.AWARD
            entries["class"] = some["class"].to_numpy()
            entries["amount"] = some["amount_minor"].to_numpy()
            entries["commitment"] = np.frombuffer(commitments, "V32")
            yield Committed(first_award=some["award_index"][0], entries=entries, openings=openings)


def normal(field: str, values: pl.Series) -> pl.Series:
    """:func:`amends.roster.commitment.normal_value` of a column; a missing value is empty."""
    odd = (~values.str.contains(_AS_IT_IS[field])).fill_null(value=True)
    mended = [normal_value(field, value) for value in values.filter(odd)]
    return values.scatter(odd.arg_true(), pl.Series(mended, dtype=pl.String))
