"""What a table has to have for its role, and which of its rows lack it. Pure.

A registry needs an account id in every row, each once; a row about a person's circumstances needs
product and account id, or an identity number. What lacks it is quarantined.
"""

from collections.abc import Sequence

import polars as pl

from amends.evidence.model import ColumnDecision, Reason, Role, Unread, UnreadError
from amends.evidence.readers.cells import kept
from amends.evidence.readers.table import QUARANTINE, Batch, column
from amends.evidence.seen import Seen
from amends.kernel.saying import said


def require_columns(decisions: Sequence[ColumnDecision], role: Role, name: str) -> None:
    """Refuse a table without the columns that its role needs.

    Raises:
        UnreadError: as said.
    """
    fields = {decision.field for decision in decisions}
    if role is Role.REGISTRY and "account_id" not in fields:
        raise UnreadError(
            said(
                "{name}: no column is the account id: if one is, say so in case.toml, for "
                'example columns = {{ member_code = "account_id" }}; else export the table '
                "with it",
                name=name,
            ),
            Unread.NO_KEY,
        )
    if role is Role.PEOPLE and "idno" not in fields and not {"product", "account_id"} <= fields:
        raise UnreadError(
            said(
                "{name}: its rows name nobody: it needs the columns product and account_id, or "
                "idno; say in case.toml which they are, for example columns = {{ code = "
                '"account_id" }}',
                name=name,
            ),
            Unread.NO_KEY,
        )


class RowChecks:
    """Looks at the rows of one table, batch after batch; remembers the account ids it has seen.

    *seen*: account ids of the tables before it in the same registry; those of this one are added.
    """

    def __init__(
        self, decisions: Sequence[ColumnDecision], role: Role, seen: Seen | None = None
    ) -> None:
        self._role = role
        self._at = {decision.field: column(decision.position) for decision in decisions}
        self._seen = Seen() if seen is None else seen

    def look(self, batch: Batch) -> Batch:
        """The batch with what fails moved to quarantine."""
        if self._role is Role.REGISTRY:
            return self._registry(batch)
        if self._role is Role.PEOPLE:
            return self._people(batch)
        return batch

    def _registry(self, batch: Batch) -> Batch:
        ids = batch.arrow[self._at["account_id"]].combine_chunks()
        missing = pl.Series(ids.is_null())
        again = pl.Series(self._seen.again(ids))
        batch = _set_aside(batch, missing, Reason.MISSING_ACCOUNT_ID)
        return _set_aside(batch, again.filter(~missing), Reason.DUPLICATE_ACCOUNT_ID)

    def _people(self, batch: Batch) -> Batch:
        there = {
            field: batch.rows[self._at[field]].is_not_null()
            if field in self._at
            else pl.Series([False]).new_from_index(0, len(batch.rows))
            for field in ("idno", "product", "account_id")
        }
        keyed = there["idno"] | (there["product"] & there["account_id"])
        return _set_aside(batch, ~keyed, Reason.MISSING_KEY)


def _set_aside(batch: Batch, which: pl.Series, reason: Reason) -> Batch:
    """Move rows to quarantine."""
    if not which.any():
        return batch
    places = pl.DataFrame(batch.arrow.select(["row", "byte_offset"]))
    aside = places.filter(which).with_columns(
        pl.lit(str(reason)).alias("reason"),
        pl.lit(0, dtype=pl.Int64).alias("undecodable_bytes"),
    )
    return Batch(
        rows=kept(batch.arrow, ~which.to_numpy()),
        quarantined=pl.concat([batch.quarantined, aside.cast(QUARANTINE)]).sort("row"),  # type: ignore[arg-type]  # the schema is written as classes
        short_rows=batch.short_rows,
    )
