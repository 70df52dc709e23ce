"""What the rest of Amends reads of who is affected: the newest finished run, and its files."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import polars as pl
import pyarrow as pa

from amends.evidence.service import account_batches, input_digest, read_accounts
from amends.governance.model import Facts
from amends.kernel.ahead import worked_ahead
from amends.kernel.errors import StageOrderError
from amends.kernel.saying import said
from amends.linkage import store
from amends.linkage.model import MATCHES, Run
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

Made = TypeVar("Made")
_OWNERS = ("product", "account_id", "person_id")
_PLACES = {"person": ("people", ("person_id",)), "account": ("accounts", ("product", "account_id"))}
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
    owners = _read(opened, folder, "accounts", _OWNERS)
    accounts = read_accounts(opened, fields)
    known = pl.col("product").cast(accounts.schema["product"], strict=False)
    owners = owners.join(people, on="person_id", how="semi").with_columns(known)
    return accounts.join(owners, on=["product", "account_id"], maintain_order="left").select(
        "person_id", "account", pl.col("product").cast(pl.String), "account_id", *fields
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected(Generic[Made]):
    """Affected people by their places, in the order of their ids.

    ``people``: how many. ``accounts``: what was made of accounts. ``ids``: reads the ids of all.
    """

    people: int
    accounts: Iterator[Made]
    ids: Callable[[], pl.Series]


def affected_in_parts(
    opened: OpenCase, fields: Sequence[str], work: Callable[[pa.RecordBatch], Made]
) -> Affected[Made]:
    """What *work* makes of :func:`affected_accounts`, some at a time, in bounded memory.

    *work* is given ``person`` (UInt32: the place among affected people, null where an account is
    nobody's of them), ``product``, then the fields as they were found, of registries that have any;
    it runs ahead in threads of its own.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    run, folder = _standing(opened)
    if run.input_digest != input_digest(opened) or not (folder / "people.parquet").exists():
        return _affected_by_name(opened, fields, work)
    affected = _read(opened, folder, "people", ("affected",))["affected"]
    number = pl.when(affected).then(affected.cum_sum() - 1).cast(pl.UInt32)

    def ids() -> pl.Series:
        return _read(opened, folder, "people", ("person_id",))["person_id"].filter(affected)

    return Affected(
        people=int(affected.sum()),
        accounts=_beside_owners(opened, folder, pl.select(number).to_series(), fields, work),
        ids=ids,
    )


def _affected_by_name(
    opened: OpenCase, fields: Sequence[str], work: Callable[[pa.RecordBatch], Made]
) -> Affected[Made]:
    """The same where the registries are not those that the run was made from."""
    accounts = affected_accounts(opened, [one for one in fields if one != "account_id"])
    ids = accounts["person_id"].unique().sort()
    places = ids.to_frame().with_row_index("person")
    owned = accounts.join(places, on="person_id", maintain_order="left")
    whole = owned.select("person", "product", *fields).to_arrow()
    made = map(work, whole.combine_chunks().to_batches())
    return Affected(people=len(ids), accounts=made, ids=lambda: ids)


def _beside_owners(
    opened: OpenCase,
    folder: Path,
    place: pl.Series,
    fields: Sequence[str],
    work: Callable[[pa.RecordBatch], Made],
) -> Iterator[Made]:
    """Accounts beside whose they are: a run made of these files has all accounts in their order."""
    owner = _read(opened, folder, "accounts", ("person",))["person"]

    def worked(part: pa.RecordBatch) -> Made:
        first = part["account"][0].as_py() if part.num_rows else 0
        person = place.gather(owner.slice(first, part.num_rows)).to_arrow()
        owned = pa.record_batch(
            {"person": person, **{name: part[name] for name in ("product", *fields)}}
        )
        few = 2 * person.null_count > part.num_rows
        return work(owned.filter(person.is_valid()) if few else owned)

    return (made for _, made in worked_ahead(account_batches(opened, fields), worked))


def facts(opened: OpenCase) -> Facts:
    """What an impact assessment is made for: how many people, and how many per category.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    with opened.database.reading() as connection:
        found = facts_in(connection)
    if found is None:
        raise StageOrderError(said("nothing is determined yet: run `amends determine` first"))
    return found


def facts_in(connection: Connection) -> Facts | None:
    """The same inside a transaction of the caller's; None while nothing is determined."""
    run = store.newest_run(connection)
    if run is None:
        return None
    sets = store.people_by_categories(connection)
    per_category: Counter[str] = Counter()
    for categories, people in sets:
        per_category.update(dict.fromkeys(filter(None, categories.split(";")), people))
    return Facts(
        determination=run.run_no,
        people=sum(people for _, people in sets),
        categories=dict(sorted(per_category.items())),
    )


def export_matches(opened: OpenCase) -> pa.Table:
    """A row per leaked record, quarantined ones included, by file and row."""
    _, folder = _standing(opened)
    return _read(opened, folder, "matches", MATCHES).to_arrow()


def export_accounts(opened: OpenCase) -> pa.Table:
    """A row per registry account: whose it is."""
    _, folder = _standing(opened)
    return _read(opened, folder, "accounts", _OWNERS).to_arrow()


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
    return _read(opened, folder, "refused", _REFUSED).to_arrow()


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
        raise StageOrderError(said("nothing is determined yet: run `amends determine` first"))
    return run, run_folder(opened, run.input_digest, run.settings)


def read_run(opened: OpenCase, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """A table of the run that stands: accounts, matches, candidates, doubts, questions and more.

    Raises:
        StageOrderError: nothing is determined yet, or the files of the run are gone.
    """
    _, folder = _standing(opened)
    if not (folder / f"{name}.parquet").exists():
        raise StageOrderError(
            said("the files of the newest determination are not there: determine again")
        )
    return _read(opened, folder, name, columns)


def owners(opened: OpenCase) -> pl.DataFrame:
    """Whose every account is in the run that stands: product, account_id, person_id.

    Raises:
        StageOrderError: as for :func:`read_run`.
    """
    return read_run(opened, "accounts", _OWNERS)


def standing_run(opened: OpenCase) -> Run:
    """The run that stands.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    return _standing(opened)[0]


def _read(
    opened: OpenCase, folder: Path, name: str, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """A table of the run in *folder*, or some of its columns.

    Texts stand where the file has places in other tables of the run.
    """
    path = folder / f"{name}.parquet"
    if columns is None:
        return pl.DataFrame(opened.vault.read_parquet(path))
    wanted = {
        place: (other, [text for text in texts if text in columns])
        for place, (other, texts) in _PLACES.items()
    }
    table = pl.DataFrame(opened.vault.read_parquet(path, [*columns, *wanted]))
    for place, (other, texts) in wanted.items():
        if texts and place in table.columns:  # earlier versions wrote texts
            named = _read(opened, folder, other, texts)
            table = table.with_columns(named[text].gather(table[place]) for text in texts)
    return table.select(columns)
