"""What a table has to have for its role, and which of its rows lack it. Pure.

A registry needs an account id in every row, each once; a row about a person's circumstances needs
product and account id, or an identity number. What lacks it is quarantined.
"""

from collections.abc import Sequence

import polars as pl

from amends.evidence.model import ColumnDecision, Reason, Role, Unread, UnreadError
from amends.evidence.placeholders import says_something
from amends.evidence.seen import Seen
from amends.evidence.table import QUARANTINE, Batch, column
from amends.kernel.categories import code_of, is_category

MASK_BITS = 63
"""Categories that one mask (a signed 64-bit number) can hold."""
OTHER = "OTHER"
"""The last bit of a mask when there are more categories than bits."""


def require_columns(decisions: Sequence[ColumnDecision], role: Role, name: str) -> None:
    """Refuse a table without the columns that its role needs.

    Raises:
        UnreadError: as said.
    """
    fields = {decision.field for decision in decisions}
    if role is Role.REGISTRY and "account_id" not in fields:
        raise UnreadError(
            f"{name}: no column is the account id: if one is, say so in case.toml, for example "
            'columns = { member_code = "account_id" }; else export the table with it',
            Unread.NO_KEY,
        )
    if role is Role.PEOPLE and "idno" not in fields and not {"product", "account_id"} <= fields:
        raise UnreadError(
            f"{name}: its rows name nobody: it needs the columns product and account_id, or idno; "
            'say in case.toml which they are, for example columns = { code = "account_id" }',
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
        ids = batch.rows[self._at["account_id"]]
        missing = ids.is_null()
        again = self._seen.again(ids)
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
    aside = batch.rows.filter(which).select(
        "row",
        "byte_offset",
        pl.lit(str(reason)).alias("reason"),
        pl.lit(0, dtype=pl.Int64).alias("undecodable_bytes"),
    )
    return Batch(
        rows=batch.rows.filter(~which),
        quarantined=pl.concat([batch.quarantined, aside.cast(QUARANTINE)]).sort("row"),  # type: ignore[arg-type]  # the schema is written as classes
        short_rows=batch.short_rows,
    )


def codes_of(fields: Sequence[str]) -> tuple[str, ...]:
    """The categories of these fields, each once, in the order of the bits of a mask."""
    return within_mask(sorted({code_of(field) for field in fields if is_category(field)}))


def within_mask(codes: Sequence[str]) -> tuple[str, ...]:
    """*codes*, the last ones joined as OTHER where there are more than bits."""
    if len(codes) <= MASK_BITS:
        return tuple(codes)
    known = [code for code in codes if code != OTHER]
    return (*known[: MASK_BITS - 1], OTHER)


def mask(decisions: Sequence[ColumnDecision], codes: Sequence[str]) -> pl.Expr:
    """Bit *i* is set where a row has a value of category ``codes[i]``; a placeholder is none."""
    bit_of = {code: bit for bit, code in enumerate(codes)}
    columns_of: dict[int, list[pl.Expr]] = {}
    for decision in decisions:
        if is_category(decision.field):
            bit = bit_of.get(code_of(decision.field), len(codes) - 1)
            there = says_something(pl.col(column(decision.position)), decision.field)
            columns_of.setdefault(bit, []).append(there)
    bits = [
        pl.any_horizontal(columns).cast(pl.Int64) * (1 << bit)
        for bit, columns in columns_of.items()
    ]
    return (pl.sum_horizontal(bits) if bits else pl.lit(0, dtype=pl.Int64)).alias("mask")
