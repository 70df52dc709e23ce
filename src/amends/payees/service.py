"""What the rest of Amends does with payees: settle who is paid, and get the details for paying.

Kept true: every affected person has exactly one decision; at rest, account and name exist only
sealed; settling again changes what became different and nothing else.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime

import polars as pl

from amends.evidence.service import read_people
from amends.governance.model import SYSTEM
from amends.governance.service import audit_in
from amends.kernel.case import PeopleKind
from amends.kernel.ids import PersonId
from amends.kernel.keyed import hmac_sha256
from amends.kernel.summary import StageSummary
from amends.linkage.service import affected_accounts
from amends.payees import rules, store
from amends.payees.model import AccountKind, PayeeState, PaymentDetails
from amends.store.connection import Connection
from amends.vault.opened import OpenCase
from amends.vault.service import Vault

PURPOSE = "payee"
"""What the details are sealed for, with the person as row."""

_SLICE = 100_000
_MARK_BYTES = 16


def settle(opened: OpenCase) -> StageSummary:
    """Decide for every affected person who is paid, or why a person has to look first.

    Once the evidence is destroyed nothing can be decided anew, and what was decided stands.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    if opened.vault.evidence_destroyed:
        with opened.database.reading() as connection:
            counts = store.counts(connection)
        if counts:
            note = "the evidence is destroyed: who is paid stands as it was settled"
            return _summary(counts, new=0, changed=0, notes=(note,))
    return record(opened, _decide(opened))


def record(opened: OpenCase, decisions: pl.DataFrame) -> StageSummary:
    """Keep decisions (the columns of ``rules.decide``); what is kept already stays untouched."""
    with opened.database.unit_of_work() as connection:
        store.lock(connection)
        new, changed = _write(opened, connection, decisions)
        counts = store.counts(connection)
        if new or changed:
            details = {"new": new, "changed": changed}
            audit_in(connection, opened, SYSTEM, "payees settled", details)
    notes = () if new or changed else ("who is paid is settled already",)
    return _summary(counts, new=new, changed=changed, notes=notes)


def _summary(
    counts: dict[tuple[str, str], int], *, new: int, changed: int, notes: tuple[str, ...]
) -> StageSummary:
    """How many are payable, how many are not, and why."""
    payable = sum(number for (state, _), number in counts.items() if state == PayeeState.PAYABLE)
    return StageSummary(
        counts={
            "payees_payable": payable,
            "payees_needs_person": sum(counts.values()) - payable,
            "payees_new": new,
            "payees_changed": changed,
        }
        | {f"payees_{why}": number for (_, why), number in counts.items()},
        notes=notes,
    )


def payment_details(
    opened: OpenCase, connection: Connection, person_ids: Sequence[PersonId]
) -> dict[PersonId, PaymentDetails]:
    """Where the money of these people goes; whoever is not payable is left out.

    Raises:
        SealError: a row was changed by someone who has no key.
    """
    return {
        PersonId(person_id): _unsealed(opened.vault, person_id, sealed)
        for person_id, sealed in store.sealed(connection, person_ids)
    }


def _decide(opened: OpenCase) -> pl.DataFrame:
    """The decisions as the files stand now."""
    case = opened.case.file
    day: date = (case.announced_at or opened.clock.now()).date()
    accounts = affected_accounts(opened, list(rules.FIELDS))
    circumstances = rules.Circumstances(
        deaths=read_people(opened, PeopleKind.DEATH.value),
        guardianships=read_people(opened, PeopleKind.GUARDIANSHIP.value),
        payout_accounts=read_people(opened, PeopleKind.PAYOUT_ACCOUNT.value),
    )
    return rules.decide(accounts, circumstances, day=day, mainland="CN" in case.jurisdictions)


def _write(opened: OpenCase, connection: Connection, decisions: pl.DataFrame) -> tuple[int, int]:
    """Store what is new or changed, slice by slice; how many of each."""
    known = store.known(connection)
    new = changed = 0
    opened.progress.start("settle", decisions.height)
    for part in decisions.iter_slices(_SLICE):
        told = part.with_columns(pl.Series("plain", _plains(part), pl.Binary))
        marks = pl.Series("mark", _marks(opened.vault, told), pl.String)
        marked = told.with_columns(marks).join(known, on="person_id", how="left")
        unknown = pl.col("known_state").is_null()
        differs = pl.any_horizontal(
            pl.col(column).ne_missing(pl.col(f"known_{column}"))
            for column in ("state", "reason", "kind", "mark")
        )
        added, altered = marked.filter(unknown), marked.filter(~unknown & differs)
        now = opened.clock.now()
        store.insert(connection, _rows(opened.vault, added, now))
        if altered.height:
            store.update(connection, list(_rows(opened.vault, altered, now)))
        new, changed = new + added.height, changed + altered.height
        opened.progress.advance(part.height)
    return new, changed


def _rows(vault: Vault, decisions: pl.DataFrame, now: datetime) -> Iterator[store.Row]:
    """Decisions as the table keeps them: details sealed."""
    columns = ("person_id", "state", "reason", "kind", "mark", "plain")
    for person_id, state, reason, kind, mark, plain in decisions.select(columns).iter_rows():
        sealed = vault.seal(plain, PURPOSE, person_id) if mark else None
        yield (person_id, state, reason, kind, sealed, mark and bytes.fromhex(mark), now)


def _marks(vault: Vault, decisions: pl.DataFrame) -> list[str | None]:
    """Per payable person a keyed hash of person and details, in hex; None for the others.

    The person is part of it, so two people with one wallet have nothing in common to see.
    """
    digest = hmac_sha256(vault.derive("payee-mark"))
    return [
        None if plain is None else digest(person_id.encode() + b"\0" + plain)[:_MARK_BYTES].hex()
        for person_id, plain in decisions.select("person_id", "plain").iter_rows()
    ]


def _plains(decisions: pl.DataFrame) -> list[bytes | None]:
    """The details as they are sealed: JSON with sorted keys; None for who is not payable."""
    encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
    return [
        None if row["account"] is None else encode(row).encode()
        for row in decisions.select("account", "account_kind", "name").iter_rows(named=True)
    ]


def _unsealed(vault: Vault, person_id: str, sealed: bytes) -> PaymentDetails:
    """The details that :func:`_plains` wrote."""
    details = json.loads(vault.unseal(sealed, PURPOSE, person_id))
    return PaymentDetails(
        account=str(details["account"]),
        account_kind=AccountKind(details["account_kind"]),
        name=str(details["name"]),
    )
