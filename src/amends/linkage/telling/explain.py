"""The story of one person in words: which accounts, joined by what; which rows, matched how.

Values are masked: enough to recognise what one knows already, not enough to learn it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from amends.evidence.service import accounts_in_parts, leaked_in_parts
from amends.governance.model import SYSTEM
from amends.governance.service import audit
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.linkage import service, store
from amends.linkage.canonical.normalise import FIELDS, normalise
from amends.linkage.exact import KEYS
from amends.linkage.model import MATCHES
from amends.linkage.telling.story import AccountTold, KeyTold, RowTold, Story
from amends.vault.opened import OpenCase

_ROWS_TOLD: Final = 50
_OTHERS_TOLD: Final = 5
_TAIL: Final = 2
_HEAD: Final = 3
_LONG: Final = 8


class UnknownPersonError(AmendsError):
    """A person id that nobody bears in the newest determination."""

    code = "unknown_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keyed:
    """Keys of records: ``name`` (product and account, or file and row), ``kind``, ``key``."""

    accounts: pl.DataFrame
    rows: pl.DataFrame


def explain(opened: OpenCase, person_id: str) -> Story:
    """The story of a person of the newest determination.

    *person_id*: its first letters are enough.

    Raises:
        StageOrderError: nothing is determined yet.
        UnknownPersonError: nobody, or more than one, is named so.
        EvidenceDestroyedError: the evidence is gone.
    """
    run = service.standing_run(opened)
    owners = service.owners(opened)
    own = owners.filter(pl.col("person_id").str.starts_with(person_id))
    if not person_id or own["person_id"].n_unique() != 1:
        raise UnknownPersonError(
            said(
                "{who} called {person_id!r} in the newest determination: `amends export affected "
                "CASE` has the ids",
                who=said("nobody is") if own.is_empty() else said("more than one person is"),
                person_id=person_id,
            )
        )
    whole = str(own["person_id"][0])
    with opened.database.reading() as connection:
        affected = store.affected(connection).filter(pl.col("person_id") == whole)
        moved = store.moved_in(connection, run.run_no)
    matches = service.read_run(opened, "matches", MATCHES)
    rows = matches.filter(pl.col("person_id") == whole).sort("evidence", "row")
    keyed = _keys(opened, own, rows)
    doubts = service.read_run(opened, "doubts")
    audit(opened, SYSTEM, "person explained", {"person": whole, "run": run.run_no})
    return Story(
        person_id=whole,
        run_no=run.run_no,
        categories=tuple(str(affected["categories"][0]).split(";")) if affected.height else (),
        tranche=int(affected["tranche"][0]) if affected.height else None,
        earlier_ids=tuple(moved.filter(pl.col("person_id") == whole)["earlier_id"]),
        accounts=_accounts(own, keyed, doubts),
        joins=_joins(keyed),
        refused=_refused(own, service.read_run(opened, "refused")),
        rows=tuple(
            RowTold(
                where=f"{evidence}, {row}",
                outcome=str(outcome),
                method=str(method),
                reason=str(reason),
                probability=float(probability),
            )
            for evidence, row, outcome, method, reason, probability in rows.head(_ROWS_TOLD)
            .select("evidence", "row", "outcome", "method", "reason", "probability")
            .iter_rows()
        ),
        rows_in_all=rows.height,
    )


def masked(value: str) -> str:
    """A value that only those recognise who know it: its beginning and its last two signs."""
    if len(value) < _LONG:
        return value[:1] + "*" * max(len(value) - 1, 1)
    return value[:_HEAD] + "*" * (len(value) - _HEAD - _TAIL) + value[-_TAIL:]


def _keys(opened: OpenCase, own: pl.DataFrame, rows: pl.DataFrame) -> _Keyed:
    """The exact keys of a person's accounts and rows."""
    places = own.select("product", "account_id")
    accounts = [
        part.with_columns(pl.col("product").cast(pl.String)).join(
            places, on=["product", "account_id"], how="semi"
        )
        for part in accounts_in_parts(opened, ("account_id", *FIELDS))
    ]
    leaked = [
        part.with_columns(pl.col("evidence").cast(pl.String), pl.col("row").cast(pl.Int64)).join(
            rows.select("evidence", pl.col("row").cast(pl.Int64)),
            on=["evidence", "row"],
            how="semi",
        )
        for part in leaked_in_parts(opened, FIELDS)
    ]
    return _Keyed(accounts=_key_table(pl.concat(accounts)), rows=_key_table(pl.concat(leaked)))


def _key_table(records: pl.DataFrame) -> pl.DataFrame:
    """``name``, ``kind``, ``key`` of every exact key that records carry."""
    canonical = normalise(records)
    columns = ("product", "account_id") if "account_id" in records.columns else ("evidence", "row")
    name = pl.concat_str(columns[0], pl.lit(", "), pl.col(columns[1]).cast(pl.String))
    tables = [
        canonical.drop_nulls(kind).select(
            name.alias("name"),
            pl.lit(kind).alias("kind"),
            pl.col(kind).cast(pl.String).alias("key"),
        )
        for kind in KEYS
    ]
    return pl.concat(tables)


def _joins(keyed: _Keyed) -> tuple[KeyTold, ...]:
    """Keys that two or more of the person's accounts carry."""
    groups = (
        keyed.accounts.sort("name")
        .group_by("kind", "key")
        .agg(pl.col("name"))
        .filter(pl.col("name").list.len() > 1)
        .sort("kind", "key")
    )
    return tuple(
        KeyTold(kind=kind, key=masked(key), accounts=tuple(map(_masked_account, names)), reason="")
        for kind, key, names in groups.iter_rows()
    )


def _refused(own: pl.DataFrame, refusals: pl.DataFrame) -> tuple[KeyTold, ...]:
    """Joins with other people's accounts that were refused, and why."""
    person = str(own["person_id"][0])
    mine = refusals.filter(pl.col("person_id") == person).select("refusal").unique()
    others = (
        refusals.join(mine, on="refusal", how="semi")
        .filter(pl.col("person_id") != person)
        .sort("refusal", "product", "account_id")
        .group_by("refusal", "kind", "reason", maintain_order=True)
        .agg(pl.concat_str("product", pl.lit(", "), "account_id").alias("names"))
    )
    return tuple(
        KeyTold(
            kind=kind,
            key="",
            accounts=tuple(map(_masked_account, names[:_OTHERS_TOLD])),
            reason=reason,
            in_all=len(names),
        )
        for kind, reason, names in others.select("kind", "reason", "names").iter_rows()
    )


def _accounts(own: pl.DataFrame, keyed: _Keyed, doubts: pl.DataFrame) -> tuple[AccountTold, ...]:
    """Every account, and by what it is the person's: a key, a leaked row, or the weighing."""
    names = [
        f"{product}, {account}" for product, account in own.select("product", "account_id").rows()
    ]
    by_key = _linked(names, keyed.accounts)
    by_row = _linked(names, pl.concat([keyed.accounts, keyed.rows]))
    joined = doubts.filter("joined").join(
        own.select("person_id").unique(), on="person_id", how="semi"
    )
    chance = {
        f"{product}, {account}": float(probability)
        for side in ("", "other_")
        for product, account, probability in joined.select(
            f"{side}product", f"{side}account_id", "probability"
        ).iter_rows()
    }
    told = []
    for name in sorted(names):
        how = "first" if len(names) == 1 else "weighing"
        if name in by_key:
            how = "key"
        elif name in by_row:
            how = "row"
        told.append(
            AccountTold(account=_masked_account(name), how=how, probability=chance.get(name))
        )
    return tuple(told)


def _linked(names: Sequence[str], keys: pl.DataFrame) -> set[str]:
    """The accounts (*names*) that keys lead to from another account, over rows if need be."""
    group = {name: {name} for name in {*names, *keys["name"]}}
    for (carriers,) in keys.group_by("kind", "key").agg(pl.col("name")).select("name").iter_rows():
        whole = set().union(*(group[name] for name in carriers))
        for name in whole:
            group[name] = whole
    return {name for name in names if len(group[name] & set(names)) > 1}


def _masked_account(name: str) -> str:
    product, _, account = name.partition(", ")
    return f"{product} {masked(account)}"
