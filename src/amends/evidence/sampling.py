"""What a file is, from its first rows: for who prepares a case or asks what a stage will do.

Nothing is kept, sealed or written; bytes that have to be unfolded lie in memory, or sealed in the
system's folder for temporary files. Samples are masked.
"""

import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from amends.evidence.categories.masking import masked_samples
from amends.evidence.categories.placeholders import says_something
from amends.evidence.model import ColumnDecision, FileFormat, Role, Source, UnreadError
from amends.evidence.readers.content import Content
from amends.evidence.readers.members import Member, members
from amends.evidence.readers.opening import open_content, open_member
from amends.evidence.readers.table import Batch, ColumnsGrewError, TableFile, column
from amends.evidence.taking import tell_columns
from amends.kernel.categories import code_of, is_category
from amends.kernel.errors import InputFileError
from amends.kernel.saying import said
from amends.vault.sealed import Spool

UNFOLDED_BYTES = 256 << 20
"""Archives, dumps and workbooks above this are not unfolded for a look."""
MOST_TABLES = 20
"""Tables of one file that are looked at; the others are counted with their bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledColumn:
    """A column, as its first rows tell it. ``filled``: share of them with a value."""

    decision: ColumnDecision
    category: str | None
    filled: float
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledTable:
    """A table of a file. ``records`` is counted where ``exact``, else estimated from its bytes."""

    name: str
    format: FileFormat
    encoding: str
    records: int
    exact: bool
    headed: bool
    columns: tuple[SampledColumn, ...]

    @property
    def fields(self) -> frozenset[str]:
        """The fields that its columns are."""
        return frozenset(column.decision.field for column in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A file: its tables, and what stands in the way of reading it (nothing: it can be read)."""

    path: str
    size_bytes: int
    tables: tuple[SampledTable, ...]
    trouble: tuple[str, ...]

    @property
    def records(self) -> int:
        """Records of all its tables."""
        return sum(table.records for table in self.tables)


def sample(
    file: Path, name: str, role: Role, overrides: Mapping[str, str] | None = None
) -> Sampled:
    """Look at *file*, which people know by *name*. *overrides*: what case.toml says of columns.

    What cannot be read is told in ``trouble``; nothing is raised for it.
    """
    tables: list[SampledTable] = []
    trouble: list[str] = []
    size = 0
    source = Source(path=name, file=file, role=role, overrides=tuple((overrides or {}).items()))
    try:
        content = open_content(file, name)
        size = content.size_bytes
        for found in _tables(content, source):
            if isinstance(found, SampledTable):
                tables.append(found)
            else:
                trouble.append(found)
    except InputFileError as error:
        trouble.append(error.message)
    # members that hold no table are noted at intake; the file itself can be read
    blocking = () if tables else tuple(trouble)
    return Sampled(path=name, size_bytes=size, tables=tuple(tables), trouble=blocking)


def _tables(content: Content, source: Source) -> Iterator[SampledTable | str]:
    spools: list[Spool] = []

    def new_spool() -> Spool:
        if content.size_bytes > UNFOLDED_BYTES:
            raise InputFileError(
                said(
                    "{name}: has more than {size} MiB and is not unfolded for a look; intake reads "
                    "it",
                    name=content.name,
                    size=UNFOLDED_BYTES >> 20,
                )
            )
        spools.append(Spool(Path(tempfile.gettempdir())))
        return spools[-1]

    try:
        with closing(_members(content, new_spool)) as parts:
            for number, member in enumerate(parts):
                if number >= MOST_TABLES:
                    return
                yield _table(member, source)
    finally:
        for spool in spools:
            spool.close()


def _members(content: Content, new_spool: Callable[[], Spool]) -> Generator[Member]:
    for found in members(content, new_spool):
        yield found if isinstance(found, Member) else Member(content=found)


def _table(member: Member, source: Source) -> SampledTable | str:
    read = [0]

    def count(size_bytes: int) -> None:
        read[0] += size_bytes

    try:
        names = [key for key, _ in source.overrides]
        with open_member(member, names, count) as opened:
            return _look(opened.table, member, source, lambda: read[0])
    except (UnreadError, InputFileError) as error:
        return error.message
    except ColumnsGrewError:
        return said("{name}: its later rows have more columns than the first", name=member.name)


def _look(
    table: TableFile, member: Member, source: Source, read: Callable[[], int]
) -> SampledTable:
    batches = table.batches()
    first = next(batches, None)
    after = read()
    more = first is not None and next(batches, None) is not None
    decisions = tell_columns(table, first, source, member, lambda _: {})
    records, exact = _records(member, table, first, after, more=more)
    return SampledTable(
        name=member.name,
        format=table.format,
        encoding=str(table.encoding),
        records=records,
        exact=exact,
        headed=any(header is not None for header in table.headers),
        columns=tuple(_column(first, decision) for decision in decisions),
    )


def _records(
    member: Member, table: TableFile, first: Batch | None, read: int, *, more: bool
) -> tuple[int, bool]:
    """How many records there are, and whether they were counted."""
    if first is None:
        return 0, True
    if not more:
        return first.records, True
    if table.format is FileFormat.PARQUET:
        with member.content.open() as file:
            return int(pq.read_metadata(file).num_rows), True
    size, last = member.content.size_bytes, first.rows["byte_offset"].max()
    if isinstance(last, int) and last:  # where the last row begins: so much hold the rows before it
        return round(size * (first.records - 1) / last), False
    return round(first.records * size / max(read, 1)), False


def _column(first: Batch | None, decision: ColumnDecision) -> SampledColumn:
    category = code_of(decision.field) if is_category(decision.field) else None
    if first is None or not len(first.rows):
        return SampledColumn(decision=decision, category=category, filled=0.0, samples=())
    name = column(decision.position)
    values = first.rows[name]
    there = first.rows.select(says_something(pl.col(name), decision.field)).to_series()
    return SampledColumn(
        decision=decision,
        category=category,
        filled=round(float(there.sum()) / len(values), 3),
        samples=masked_samples(values.filter(there)),
    )
