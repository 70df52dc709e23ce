"""A look at a table in custody: its first rows, for pages that mask what they show."""

from typing import Final

from amends.evidence import store
from amends.evidence.model import HeldFile, Role
from amends.governance.service import audit
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.vault.opened import OpenCase

MOST_ROWS: Final = 20
"""Rows of a table that anybody looks at."""


class UnknownFileError(AmendsError):
    """There is no such table in custody."""

    code = "unknown_file"


def held_files(
    opened: OpenCase, *, role: Role | None = None, after: int | None = None, most: int
) -> tuple[HeldFile, ...]:
    """Tables of the newest intake in the order of case.toml, at most so many.

    *role*: of one role alone; *after*: only those behind a file's number.
    """
    with opened.database.reading() as connection:
        return store.newest_files(connection, role=role, after=after, most=most)


def held_file(opened: OpenCase, custody_no: int) -> HeldFile:
    """A table of the newest intake by its number.

    Raises:
        UnknownFileError: there is none.
    """
    with opened.database.reading() as connection:
        files = store.newest_files(connection)
    found = next((file for file in files if file.custody_no == custody_no), None)
    if found is None:
        raise UnknownFileError(said("there is no table {number} in custody", number=custody_no))
    return found


def first_rows(opened: OpenCase, file: HeldFile, most: int) -> list[dict[str, str]]:
    """The first rows of a table, field by field as found; the look is in the audit trail.

    Raises:
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    fields = list(dict.fromkeys(one.field for one in file.custody.columns))
    path = opened.case.evidence_room / file.custody.stored_as
    batch = next(iter(opened.vault.iter_parquet(path, None, most)), None)
    audit(
        opened,
        opened.by,
        "evidence.looked_at",
        {"custody": file.custody_no, "rows": 0 if batch is None else min(batch.num_rows, most)},
    )
    if batch is None:
        return []
    kept = [name for name in batch.schema.names if name in fields]
    rows = batch.slice(0, most).select(kept).to_pylist()
    return [{name: str(value or "") for name, value in row.items()} for row in rows]
