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
