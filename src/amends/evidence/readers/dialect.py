"""How a delimited text file separates its fields, told from a sample of its lines. Pure."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

SINGLE = (",", "\t", ";", "|", "\x01", "\x1f", "^", "#")
LAST_RESORT = (":",)
"""Only where nothing else separates: a colon also stands in times and addresses."""
_RUN = re.compile(r"([-_=#|:;,~*^&+/\\$%@!])\1{1,7}")
SAMPLE_RECORDS = 1000
AGREE_SHARE = 0.8
"""A separator counts when at least this share of the records has one number of fields."""
_QUOTING = frozenset(SINGLE) | frozenset(LAST_RESORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The separator (one or several characters) and the number of fields of most records."""

    separator: str
    width: int

    @property
    def quoting(self) -> bool:
        """Whether values may stand in quotation marks."""
        return self.separator in _QUOTING


def tell_dialect(lines: Sequence[str], expected: str = ",") -> Dialect:
    """The dialect under which most of *lines* (blank ones left out) have equally many fields.

    *expected*: the separator that the file's ending promises; it wins where it fits.
    """
    best: tuple[tuple[float, ...], Dialect] | None = None
    for separator in (*SINGLE, *_runs(lines)):
        share, width = _agreement(lines, separator)
        if width <= 1 or share < AGREE_SHARE:
            continue
        rank = (round(share, 2), separator == expected, len(separator), width)
        if best is None or rank > best[0]:
            best = rank, Dialect(separator=separator, width=width)
    if best is not None:
        return best[1]
    for separator in (expected, *SINGLE, *LAST_RESORT):
        share, width = _agreement(lines, separator)
        if width > 1 and share >= AGREE_SHARE:
            return Dialect(separator=separator, width=width)
    return _least_bad(lines, expected)


def _least_bad(lines: Sequence[str], expected: str) -> Dialect:
    """No separator fits well: the one with the largest share that has fields at all."""
    ranked = []
    for separator in (*SINGLE, *_runs(lines)):
        share, width = _agreement(lines, separator)
        if width > 1:
            ranked.append(((share, separator == expected), separator, width))
    if not ranked:
        return Dialect(separator=expected, width=1)
    _, separator, width = max(ranked)
    return Dialect(separator=separator, width=width)


def split_records(lines: Iterable[str], dialect: Dialect, limit: int) -> list[list[str]]:
    """The first records of *lines*, for looking at; reading proper is `delimited`'s."""
    if not dialect.quoting:
        return [line.rstrip("\r\n").split(dialect.separator) for line in islice(lines, limit)]
    reader = csv.reader(lines, delimiter=dialect.separator)
    records: list[list[str]] = []
    while len(records) < limit:
        try:
            records.append(next(reader))
        except StopIteration:
            break
        except csv.Error:
            continue
    return [record for record in records if record]


def _agreement(lines: Sequence[str], separator: str) -> tuple[float, int]:
    """The most frequent number of fields, and the share of records that have it."""
    dialect = Dialect(separator=separator, width=0)
    widths = Counter(len(record) for record in split_records(lines, dialect, SAMPLE_RECORDS))
    if not widths:
        return 0.0, 0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return count / widths.total(), width


def _runs(lines: Sequence[str]) -> list[str]:
    """Runs of one mark that may be separators: the shortest of each mark that most lines have."""
    lengths: dict[str, Counter[int]] = {}
    for line in lines:
        for run in {match.group(0) for match in _RUN.finditer(line)}:
            lengths.setdefault(run[0], Counter())[len(run)] += 1
    enough = len(lines) / 2
    return [
        mark * min(length for length, count in found.items() if count * 20 >= found.total())
        for mark, found in lengths.items()
        if found.total() >= enough
    ]
