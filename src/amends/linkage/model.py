"""What linkage decides: outcomes of leaked rows, methods, reasons."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import polars as pl

from amends.linkage.estimate import Stratum

if TYPE_CHECKING:  # it needs the compiler, which not every command loads
    from amends.linkage.registered import Registered

CANDIDATES: Final = pl.Schema(
    {"record": pl.Int64, "person": pl.Int64, "best": pl.Int64, "probability": pl.Float64}
)
"""Whose a leaked row may be: see :class:`~amends.linkage.linking.Linked`."""

DOUBTS: Final = pl.Schema(
    {
        "left": pl.Int64,
        "right": pl.Int64,
        "probability": pl.Float64,
        "joined": pl.Boolean,
        "reason": pl.String,
    }
)
"""Which accounts may be one person or two: see :class:`~amends.linkage.linking.Linked`."""


AFFECTED: Final = (
    "person_id",
    "categories",
    "products",
    "leaked_rows",
    "method",
    "probability",
    "tranche",
)
"""The columns of affected people, in their order."""
MATCHES: Final = (
    "evidence",
    "row",
    "outcome",
    "person_id",
    "product",
    "account_id",
    "method",
    "probability",
    "reason",
)
"""The columns of what became of each leaked row, in their order."""


class Outcome(StrEnum):
    """What became of a leaked record."""

    MATCHED = "matched"
    REVIEW = "review"
    UNMATCHED = "unmatched"
    QUARANTINED = "quarantined"


class Method(StrEnum):
    """How a match was found."""

    EXACT = "exact"
    PROBABILISTIC = "probabilistic"
    CLERICAL = "clerical"


OUTCOMES: Final = pl.Enum(Outcome)
METHODS: Final = pl.Enum(Method)
REASONS: Final = pl.Categorical(pl.Categories("amends.reason", physical=pl.UInt16))
"""Words that millions of rows have are kept as numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished determination, as recorded.

    ``provenance``: what it was made with, and under ``normalised`` how often values were changed
    (``registries`` and ``evidence``, by source and kind). ``stated_error``: how right it says it
    is.
    """

    run_no: int
    input_digest: str
    settings: dict[str, object]
    result_digest: str
    counts: dict[str, int]
    provenance: dict[str, object]
    stated_error: dict[str, object]
    notes: tuple[str, ...]
    finished_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Determination:
    """What a run found, before it is recorded.

    People and accounts are numbers here: ``person`` is the place of a person's id in ``people``,
    which is in alphabetical order, and ``best`` the place of an account. Texts of millions of rows
    are gathered where they are written, some rows at a time.

    ``people``: person_id. ``owner``: per account its person. ``matches``, by evidence and row:
    record (null: quarantined), evidence, row, outcome, person, best, method, probability, reason.
    ``affected``, by person_id: person, and the columns of ``linkage.person``
    without the run; and the ``strength`` of the strongest row. ``candidates``: record, evidence,
    row, person_id, product, account_id, probability of weighed rows. ``doubts``: product,
    account_id, person_id, the same of the other (``other_…``), probability, joined, reason.
    ``refusals``: refusal, kind, reason, accounts, product, account_id, person_id of refused joins.
    ``joined``: the affected people with several accounts.
    """

    people: pl.Series
    accounts: "Registered"
    owner: pl.Series
    matches: pl.DataFrame
    affected: pl.DataFrame
    counts: dict[str, int]
    candidates: pl.DataFrame
    doubts: pl.DataFrame
    refusals: pl.DataFrame
    joined: Stratum

    def matches_in_full(self, some: pl.DataFrame) -> pl.DataFrame:
        """*some* of the matches with ``person_id``, ``product`` and ``account_id``."""
        named = some.with_columns(self.people.gather(some["person"]).alias("person_id"))
        return named.hstack(self.accounts.named(some["best"]))

    def accounts_in_parts(self) -> Iterator[pl.DataFrame]:
        """``product``, ``account_id`` and ``person`` of all accounts, some at a time."""
        first = 0
        for part in self.accounts.parts():
            yield part.with_columns(self.owner[first : first + part.height].alias("person"))
            first += part.height
