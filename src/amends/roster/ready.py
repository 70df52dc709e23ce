"""Compile the kernels of the roster once, so that nobody waits for it at some later moment."""

import numpy as np
import polars as pl

from amends.roster.commitment import HIDDEN, SEED_BYTES, Bound
from amends.roster.committing import commit_columns


def make_ready() -> None:
    """Commit to an award of nobody; what is compiled for it is kept."""
    seeds, empty = np.zeros((1, SEED_BYTES), dtype=np.uint8), pl.Series([""])
    commit_columns(Bound(case="", currency="CNY"), 0, seeds, empty, [empty] * len(HIDDEN))
