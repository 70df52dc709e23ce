"""Planted truth: leaked rows whose account the company knows, to measure a determination by.

The file has a header and four columns: ``evidence`` (as in case.toml), ``row`` (from 1),
``product`` and ``account_id`` of the person whose row it is, both empty where the row is known to
be nobody's. Nothing else reads it: the determination itself never sees it.
"""

import csv
import hashlib
from pathlib import Path
from typing import Final

import polars as pl

from amends.kernel.errors import InputFileError
from amends.kernel.saying import said
from amends.linkage.model import Determination, Outcome
from amends.linkage.review.stating import Planted
from amends.vault.opened import OpenCase

COLUMNS: Final = ("evidence", "row", "product", "account_id")


def read(opened: OpenCase) -> pl.DataFrame | None:
    """The planted rows of the case; None where case.toml names no file.

    Raises:
        InputFileError: the file is missing or not what it should be; file and line are named.
    """
    name = opened.case.file.linkage.planted
    return None if name is None else read_file(opened.case.root / name, name)


def read_file(path: Path, name: str) -> pl.DataFrame:
    """The rows of one file, called *name* in messages.

    Raises:
        InputFileError: as :func:`read`.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputFileError(
            said("{name}: is not there; case.toml names it as linkage.planted", name=name)
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(
            said("{name}: cannot be read as UTF-8 ({error})", name=name, error=type(error).__name__)
        ) from None
    lines = csv.reader(text.splitlines())
    if next(lines, None) != list(COLUMNS):
        raise InputFileError(
            said("{name}: line 1 is not the header {columns}", name=name, columns=",".join(COLUMNS))
        )
    rows: dict[tuple[str, int], tuple[str, str]] = {}
    for number, line in enumerate(lines, start=2):
        if len(line) != len(COLUMNS):
            raise InputFileError(
                said(
                    "{name}: line {number} has {line} columns, four are needed",
                    name=name,
                    number=number,
                    line=len(line),
                )
            )
        evidence, row, product, account = line
        if not row.isascii() or not row.isdigit() or int(row) < 1:
            raise InputFileError(
                said("{name}: line {number}: row is not a number from 1", name=name, number=number)
            )
        if bool(product) != bool(account):
            raise InputFileError(
                said(
                    "{name}: line {number}: product and account_id are given together or "
                    "not at all",
                    name=name,
                    number=number,
                )
            )
        if (evidence, int(row)) in rows:
            raise InputFileError(
                said(
                    "{name}: line {number} names a row that an earlier line has",
                    name=name,
                    number=number,
                )
            )
        rows[evidence, int(row)] = (product, account)
    return pl.DataFrame(
        [(*place, *account) for place, account in rows.items()],
        schema={
            "evidence": pl.String,
            "row": pl.Int64,
            "product": pl.String,
            "account_id": pl.String,
        },
        orient="row",
    )


def digest(planted: pl.DataFrame) -> str:
    """SHA-256 (hex) over the planted rows, in whatever order the file has them."""
    return hashlib.sha256(planted.sort(COLUMNS).write_csv().encode()).hexdigest()


def measured(planted: pl.DataFrame, found: Determination) -> Planted:
    """How a determination did on them.

    A row is found when it is matched to the person who holds its account, wrong when it is matched
    to somebody else. An account or a row that is not there is not found.
    """
    account, place = ["product", "account_id"], ["evidence", "row"]
    known = pl.concat(
        part.with_columns(pl.col("product").cast(pl.String)).join(planted, on=account, how="semi")
        for part in found.accounts_in_parts()
    )
    owners = known.select(*account, pl.col("person").alias("truly"))
    matched = (
        found.matches.filter(pl.col("outcome") == Outcome.MATCHED.value)
        .select(pl.col("evidence").cast(pl.String), pl.col("row").cast(pl.Int64), "person")
        .join(planted, on=place, how="semi")
    )
    judged = planted.join(owners, on=account, how="left").join(matched, on=place, how="left")
    strangers = pl.col("account_id") == ""
    right = pl.col("person").eq(pl.col("truly")).fill_null(value=False)
    return Planted(
        rows=judged.filter(~strangers).height,
        found=judged.filter(~strangers & right).height,
        wrong=judged.filter(~strangers & ~right & pl.col("person").is_not_null()).height,
        strangers=judged.filter(strangers).height,
        strangers_matched=judged.filter(strangers & pl.col("person").is_not_null()).height,
    )
