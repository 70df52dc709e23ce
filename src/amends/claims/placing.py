"""Whose the rows of a table of claims are: by the person's id, or matched as payees' files are.

Kept true: a row is one affected person's, or it is set aside with what is in the way.
"""

from collections.abc import Mapping

import polars as pl

from amends.claims import store
from amends.claims.model import Fault
from amends.evidence.service import read_accounts
from amends.linkage.service import affected_accounts
from amends.payees.columns import identities, names
from amends.payees.matching import placed
from amends.payees.reading import wrong_digits
from amends.vault.opened import OpenCase

Cells = Mapping[str, str]

_WHOSE = ("product", "account_id", "idno", "name")
_ACCOUNT = ["product", "account_id"]
_FIELDS = ["account_id", "idno", "name"]


def people_of(opened: OpenCase, rows: Mapping[int, Cells]) -> dict[int, str | Fault]:
    """The person of each row, by its number, or why nobody is.

    Raises:
        StageOrderError: nothing is determined yet.
        EvidenceDestroyedError: rows name accounts, and these can be looked up no more.
    """
    called = {row_no: cells["person"] for row_no, cells in rows.items() if cells["person"]}
    others = {row_no: cells for row_no, cells in rows.items() if row_no not in called}
    with opened.database.reading() as connection:
        known = store.people_called(connection, sorted(set(called.values())))
    return {row_no: _called(known.get(given)) for row_no, given in called.items()} | (
        _matched(opened, others) if others else {}
    )


def _called(found: tuple[str, bool] | None) -> str | Fault:
    if found is None:
        return Fault.PERSON_UNKNOWN
    person, affected = found
    return person if affected else Fault.NOT_AFFECTED


def _matched(opened: OpenCase, rows: Mapping[int, Cells]) -> dict[int, str | Fault]:
    """The same of rows that name an account or a number."""
    told = _comparable(rows)
    affected = affected_accounts(opened, ["idno", "name"])
    ids = affected["person_id"].unique().sort()
    numbered = affected.with_columns(
        pl.col("person_id").replace_strict(ids, pl.int_range(ids.len(), eager=True)).alias("person")
    )
    matched = _placed(numbered, told)
    found: dict[int, str | Fault] = {
        row_no: Fault(doubt) if doubt else ids[person]
        for row_no, person, doubt in matched.select("row_no", "person", "doubt").iter_rows()
    }
    missing = told.filter(~pl.col("row_no").is_in(list(found)))
    if missing.height:
        every = read_accounts(opened, _FIELDS).with_columns(
            pl.col("product").cast(pl.String), pl.col("account").alias("person")
        )
        there = set(_placed(every, missing)["row_no"])
        found |= {
            row_no: Fault.NOT_AFFECTED if row_no in there else Fault.PERSON_UNKNOWN
            for row_no in missing["row_no"]
        }
    return found


def _comparable(rows: Mapping[int, Cells]) -> pl.DataFrame:
    """Rows as :func:`amends.payees.matching.placed` takes them, with their ``row_no``."""
    texts = pl.DataFrame(
        [(row_no, *(cells[name] or None for name in _WHOSE)) for row_no, cells in rows.items()],
        schema={"row_no": pl.Int64, **dict.fromkeys(_WHOSE, pl.String)},
        orient="row",
    )
    identity = identities(texts["idno"].to_arrow())
    return texts.with_row_index("place").with_columns(
        identity.alias("identity"),
        wrong_digits(texts["idno"], identity).alias("wrong_digit"),
        pl.Series("row_name", names(texts["name"].to_arrow())),
    )


def _placed(accounts: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """*rows* with the person that each may be about, and the doubt of that.

    ``accounts``: person (a number), product, account_id, idno, name as they were found.
    """
    comparable = accounts.select(
        pl.col("person").cast(pl.UInt32),
        *_ACCOUNT,
        identities(accounts["idno"].to_arrow()).alias("identity"),
        pl.Series("name", names(accounts["name"].to_arrow())),
    )
    naming = rows.select("place", *_ACCOUNT).drop_nulls()
    by_account = naming.join(comparable, on=_ACCOUNT).select("place", "person").unique()
    return placed(comparable, by_account, rows)
