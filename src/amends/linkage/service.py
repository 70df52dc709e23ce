"""What the rest of Amends reads of who is affected: the newest finished run, and its files."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa

from amends.evidence.service import (
    read_accounts,
)
from amends.kernel.errors import StageOrderError
from amends.linkage import (
    store,
)
from amends.linkage.model import MATCHES, Run
from amends.vault.opened import OpenCase

_REFUSED = ("refusal", "kind", "reason", "accounts", "product", "account_id")


def affected_accounts(opened: OpenCase, fields: Sequence[str]) -> pl.DataFrame:
    """Every account of an affected person, by account, with *fields* as they were found.

    Columns: ``person_id``, ``account``, ``product``, ``account_id``, then the fields.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    _, folder = _standing(opened)
    with opened.database.reading() as connection:
        people = store.affected(connection, ["person_id"])
    owners = _read(opened, folder / "accounts.parquet", ["product", "account_id", "person_id"])
    accounts = read_accounts(opened, fields)
    known = pl.col("product").cast(accounts.schema["product"], strict=False)
    owners = owners.join(people, on="person_id", how="semi").with_columns(known)
    return accounts.join(owners, on=["product", "account_id"], maintain_order="left").select(
        "person_id", "account", pl.col("product").cast(pl.String), "account_id", *fields
    )


def export_matches(opened: OpenCase) -> pa.Table:
    """A row per leaked record, quarantined ones included, by file and row."""
    _, folder = _standing(opened)
    return opened.vault.read_parquet(folder / "matches.parquet", list(MATCHES))


def export_accounts(opened: OpenCase) -> pa.Table:
    """A row per registry account: whose it is."""
    _, folder = _standing(opened)
    columns = ["product", "account_id", "person_id"]
    return opened.vault.read_parquet(folder / "accounts.parquet", columns)


def export_model(opened: OpenCase) -> dict[str, object]:
    """What was learnt of agreement, as a settings file of Splink; empty if nothing was weighed.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    run, _ = _standing(opened)
    with opened.database.reading() as connection:
        return store.model(connection, run.run_no)


def export_affected(opened: OpenCase) -> pa.Table:
    """A row per affected person: what leaked, and how sure it is."""
    _standing(opened)
    with opened.database.reading() as connection:
        people = store.affected(connection)
    return people.select(
        "person_id",
        "categories",
        "products",
        pl.col("leaked_rows").alias("rows"),
        "method",
        "probability",
        "tranche",
    ).to_arrow()


def export_refused(opened: OpenCase) -> pa.Table:
    """A row per account of every join that exact keys refused: of which kind, and why."""
    _, folder = _standing(opened)
    return opened.vault.read_parquet(folder / "refused.parquet", list(_REFUSED))


def run_folder(opened: OpenCase, digest: str, used: dict[str, object]) -> Path:
    """Where a run's files lie: one folder per input and settings."""
    canonical = json.dumps(used, sort_keys=True, separators=(",", ":"))
    name = hashlib.sha256(f"{digest}\n{canonical}".encode()).hexdigest()[:32]
    return opened.case.evidence_room / "linkage" / name


def _standing(opened: OpenCase) -> tuple[Run, Path]:
    """The newest run and where its files lie."""
    with opened.database.reading() as connection:
        run = store.newest_run(connection)
    if run is None:
        raise StageOrderError("nothing is determined yet: run `amends determine` first")
    return run, run_folder(opened, run.input_digest, run.settings)


def read_run(opened: OpenCase, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """A table of the run that stands: accounts, matches, candidates, doubts, questions and more.

    Raises:
        StageOrderError: nothing is determined yet, or the files of the run are gone.
    """
    _, folder = _standing(opened)
    path = folder / f"{name}.parquet"
    if not path.exists():
        raise StageOrderError(
            "the files of the newest determination are not there: determine again"
        )
    return pl.DataFrame(opened.vault.read_parquet(path, columns))


def standing_run(opened: OpenCase) -> Run:
    """The run that stands.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    return _standing(opened)[0]


def _read(opened: OpenCase, path: Path, columns: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(opened.vault.read_parquet(path, columns))
