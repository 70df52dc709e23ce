"""What normalising did to a record, as bits of one number."""

from enum import IntFlag, unique

import polars as pl


@unique
class Change(IntFlag):
    """One kind of change. The values are recorded with runs and never change their meaning."""

    FULL_WIDTH = 1
    """Full-width, half-width and compatibility signs became ordinary ones; invisible ones went."""
    CASE_FOLDED = 2
    SPACES_REMOVED = 4
    SEPARATORS_REMOVED = 8
    """Dashes, dots, commas, brackets."""
    TITLE_REMOVED = 16
    MIDDLE_DOT = 32
    """A dot between the parts of a Han name, whichever of its many forms."""
    PREFIX_REMOVED = 64
    """A country or carrier code before a mobile; ``mailto:`` before a mail address."""
    NOTE_REMOVED = 128
    """A remark, an extension, a display name beside the value."""
    ID_15_TO_18 = 256
    SEVERAL_IN_FIELD = 512
    """The field holds several values: the first that can be a key is it, the others are kept."""
    MASKED = 1024
    """Signs are hidden or unknown: kept as a pattern, no key."""
    PLACEHOLDER = 2048
    """The value stands for nothing (zeros, ``unknown``)."""
    DATE_REWRITTEN = 4096
    RADICALS = 8192
    """Radicals that stand for characters, character references, variation selectors."""


def counted(changes: pl.Series) -> dict[str, int]:
    """How many records have each change, by its name in lower case; none is left out."""
    return {
        change.name.lower(): int((changes & change.value != 0).sum())
        for change in Change
        if change.name is not None
    }


class Tally:
    """How many records of each source have each change, over many parts."""

    def __init__(self) -> None:
        self._seen: list[pl.DataFrame] = []

    def take(self, frame: pl.DataFrame, source: str) -> pl.DataFrame:
        """Count *frame* (``changes``, by its column *source*); gives it without ``changes``.

        A member of an archive counts for the archive. Without the column, *source* is the source.
        """
        named = pl.lit(source)
        if source in frame.columns:
            named = pl.col(source).cast(pl.String).str.split("!").list.first()
        by = frame.group_by(named.alias("source"), "changes").agg(pl.len().alias("records"))
        self._seen.append(by)
        return frame.drop("changes")

    def counts(self) -> dict[str, dict[str, int]]:
        """Source → ``records``, and per kind of change the records that have it, where any do."""
        if not self._seen:
            return {}
        found = pl.concat(self._seen).group_by("source", "changes").agg(pl.col("records").sum())
        own: dict[str, list[tuple[int, int]]] = {}
        for source, bits, records in found.sort("source", "changes").iter_rows():
            own.setdefault(str(source), []).append((int(bits), int(records)))
        return {source: _summed(some) for source, some in own.items()}


def _summed(counted_bits: list[tuple[int, int]]) -> dict[str, int]:
    """Records, and records with each change, of (bits, records)."""
    each = {
        change.name.lower(): sum(records for bits, records in counted_bits if bits & change.value)
        for change in Change
        if change.name is not None
    }
    some = {name: records for name, records in each.items() if records}
    return {"records": sum(records for _, records in counted_bits), **some}
