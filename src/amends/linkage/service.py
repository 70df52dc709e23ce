"""Use cases of linkage: determine who is affected, and what others may read of it.

What holds: a finished run is never changed; a run with the input and settings of the newest one is
not made again. Files of a run are written first, under a name made of input and settings, and
count once the run is in the database.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import polars as pl
import polars.selectors as cs
import pyarrow as pa

from amends.evidence.service import (
    accounts_in_parts,
    input_digest,
    leaked_categories,
    leaked_in_parts,
    quarantined,
    read_accounts,
    read_leaked,
)
from amends.kernel.errors import StageOrderError
from amends.kernel.summary import StageSummary
from amends.linkage import rules, settings, store
from amends.linkage.linking import Linked, link
from amends.linkage.model import Determination, Leaked, Run
from amends.vault.opened import OpenCase

_SLICE = 200_000
_MATCHES = (
    "evidence",
    "row",
    "outcome",
    "person_id",
    "product",
    "account_id",
    "method",
    "probability",
    "reason",
)
_REFUSED = ("refusal", "kind", "reason", "accounts", "product", "account_id")


def determine(opened: OpenCase) -> StageSummary:
    """Find out who is affected and what of each person leaked.

    Raises:
        StageOrderError: nothing was taken in yet.
        EvidenceDestroyedError: the evidence is gone.
    """
    digest, used = input_digest(opened), _settings(opened)
    with opened.database.reading() as connection:
        newest = store.newest_run(connection)
    if newest and newest.input_digest == digest and newest.settings == used:
        return StageSummary(
            counts=newest.counts, notes=("Nothing has changed since: it was determined before.",)
        )
    found, linked, refused = _find(opened)
    folder = _folder(opened, digest, used)
    _write(opened, folder, accounts=found.accounts, matches=found.matches, refused=refused)
    run = Run(
        run_no=newest.run_no + 1 if newest else 1,
        input_digest=digest,
        settings=used,
        result_digest=_result_digest(found),
        counts=found.counts,
    )
    with opened.database.unit_of_work() as connection:
        store.insert_run(connection, run, dict(linked.model), opened.clock.now())
        store.insert_people(connection, run.run_no, found.affected)
    _remove_others(folder)
    return StageSummary(counts=found.counts)


def affected_accounts(opened: OpenCase, fields: Sequence[str]) -> pl.DataFrame:
    """Every account of an affected person, by account, with *fields* as they were found.

    Columns: ``person_id``, ``account``, ``product``, ``account_id``, then the fields.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    _, folder = _standing(opened)
    with opened.database.reading() as connection:
        people = store.affected(connection).select("person_id")
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
    return opened.vault.read_parquet(folder / "matches.parquet", list(_MATCHES))


def export_accounts(opened: OpenCase) -> pa.Table:
    """A row per registry account: whose it is."""
    _, folder = _standing(opened)
    columns = ["product", "account_id", "person_id"]
    return opened.vault.read_parquet(folder / "accounts.parquet", columns)


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


def _find(opened: OpenCase) -> tuple[Determination, Linked, pl.DataFrame]:
    """Read, link, decide; and the joins that were refused."""
    secret = opened.vault.derive("linkage-hashes")
    linked = link(
        partial(accounts_in_parts, opened),
        partial(_leaked_in_parts, opened),
        opened.progress.start,
        opened.case.file.linkage.engine.value,
        (int.from_bytes(secret[:8]), int.from_bytes(secret[8:16])),
    )
    opened.progress.start("write down who is affected")
    lean = read_accounts(opened, ())
    first = rules.canonical_accounts(lean, linked.person)
    codes, masks = leaked_categories(opened)
    records = Leaked(
        rows=read_leaked(opened, ()),
        lost=quarantined(opened),
        codes=codes,
        masks=masks,
    )
    ids = rules.person_ids(first, opened.vault.derive("person-id"))
    found = rules.determination(lean, records, linked, opened.case.file.linkage, ids)
    named = lean.select("account", "product", "account_id")
    refused = linked.refusals.join(named, on="account", how="left", maintain_order="left")
    return found, linked, refused.select(_REFUSED)


def _leaked_in_parts(opened: OpenCase, fields: Sequence[str]) -> Iterator[pl.DataFrame]:
    """``record`` and *fields* of all leaked rows."""
    for part in leaked_in_parts(opened, fields):
        yield part.select("record", *fields)


def _settings(opened: OpenCase) -> dict[str, object]:
    """Everything that the result depends on beside the input, as JSON."""
    case = opened.case.file.linkage
    own = {"threshold": case.threshold, "review": case.review, "undecided": case.undecided.value}
    plain: dict[str, object] = json.loads(
        json.dumps({"case": own, "method": settings.recorded(case.engine.value)})
    )
    return plain


def _folder(opened: OpenCase, digest: str, used: dict[str, object]) -> Path:
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
    return run, _folder(opened, run.input_digest, run.settings)


def _write(opened: OpenCase, folder: Path, **tables: pl.DataFrame) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, table in tables.items():
        schema = _texts(table.clear()).to_arrow().schema
        batches = (
            batch
            for part in table.iter_slices(_SLICE)
            for batch in _texts(part).to_arrow().cast(schema).to_batches()
        )
        opened.vault.write_parquet(batches, folder / f"{name}.parquet", schema)


def _texts(table: pl.DataFrame) -> pl.DataFrame:
    """What leaves the room: words as texts, not as numbers of ours."""
    return table.with_columns((cs.categorical() | cs.enum()).cast(pl.String))


def _read(opened: OpenCase, path: Path, columns: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(opened.vault.read_parquet(path, columns))


def _remove_others(folder: Path) -> None:
    """Files of earlier runs no longer count; nothing of anybody is kept longer than it is used."""
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other)


def _result_digest(found: Determination) -> str:
    """SHA-256 over the result in canonical order: the same people found, the same digest."""
    digest = hashlib.sha256()
    for frame in (
        found.accounts.select("product", "account_id", "person_id"),
        found.matches.select(_MATCHES),
        found.affected.select(sorted(found.affected.columns)),
    ):
        for part in frame.sort(pl.all()).iter_slices(_SLICE):
            digest.update(part.write_csv(float_precision=6).encode())
    return digest.hexdigest()
