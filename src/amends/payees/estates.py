"""Estates: whether heirs can be paid, which of them are affected too, and what each receives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
import pyarrow as pa

from amends.evidence.service import read_people
from amends.kernel.case import PeopleKind
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.linkage.service import affected_accounts
from amends.payees import heirs as heirs_rules
from amends.payees import moves_store, store
from amends.payees.heirs import Heir
from amends.payees.machine import Move
from amends.payees.model import Doubt, PayeeError, PaymentDetails, Situation
from amends.payees.states import Event
from amends.store.connection import Connection
from amends.vault.opened import OpenCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an operator enters: the event, who enters it, why, and who receives from now on.

    ``payee``: where the money goes, if the new state pays somebody. ``heirs``: likewise, of an
    estate. ``owed``: what the person is owed, to be split or deposited, of award ``award_index``;
    ``came_back``: how much of it came back, ``under_way``: the state of a payment of it. ``on``:
    the day of the event (today).
    ``heirs_checked``: that heirs are affected too has been looked at.
    """

    event: Event
    by: str
    reason: str
    payee: PaymentDetails | None = None
    heirs: Sequence[Heir] = ()
    owed: Money | None = None
    award_index: int | None = None
    came_back: Money | None = None
    under_way: str | None = None
    on: date | None = None
    heirs_checked: bool = False


def check(opened: OpenCase, person_id: str, entry: Entry, day: date) -> None:
    """Heirs can be paid; one who is affected too is queued, and looked at before."""
    if entry.event not in (Event.HEIRS_AGREE, Event.SMALL_ESTATE):
        if entry.heirs:
            raise PayeeError(said("heirs go with heirs_agree or small_estate only"))
        return
    small = entry.event is Event.SMALL_ESTATE
    wrong = heirs_rules.wrong(entry.heirs, day, small_estate=small)
    if wrong is not None:
        raise PayeeError(wrong)
    named = any(heir.idno or heir.account_id for heir in entry.heirs)
    if opened.vault.evidence_destroyed or not named:
        return
    dead, affected = _known(opened, entry.heirs)
    if dead:
        raise PayeeError(
            said(
                "heir {number} is dead by the files of deaths: children represent them (Civil "
                "Code 1128)",
                number=dead[0],
            )
        )
    new = [pair for pair in affected if pair[1] != person_id]
    if new and not entry.heirs_checked:
        with opened.database.unit_of_work() as connection:
            store.lock(connection)
            for number, heir in new:
                if not moves_store.is_heir_seen(connection, person_id, heir):
                    _doubt(opened, connection, "raised", heir, person_id, number)
        raise PayeeError(
            said(
                "heir {number} is affected too and has an award of their own: queued as "
                "heir_is_affected; look that the two are not mixed up, then repeat with "
                "--heirs-checked",
                number=new[0][0],
            )
        )


def _known(opened: OpenCase, heirs: Sequence[Heir]) -> tuple[list[int], list[tuple[int, str]]]:
    """Which heirs (by number) are dead by the files, and which are affected, as whom."""
    from amends.payees.columns import identities  # noqa: PLC0415 -- the compiler: half a second

    keys = identities(pa.array([heir.idno for heir in heirs], pa.large_string()))
    asked = pl.DataFrame(
        {
            "number": range(1, len(heirs) + 1),
            "identity": keys,
            "product": [heir.product for heir in heirs],
            "account_id": [heir.account_id for heir in heirs],
        },
        schema_overrides={"product": pl.String, "account_id": pl.String},
    )
    deaths = read_people(opened, PeopleKind.DEATH.value)
    dead: list[int] = []
    if deaths is not None and "idno" in deaths.columns:
        identity = identities(deaths["idno"].cast(pl.String).to_arrow())
        dead = asked.filter(pl.col("identity").is_in(identity.drop_nulls().implode()))[
            "number"
        ].to_list()
    accounts = affected_accounts(opened, ["idno"])
    accounts = accounts.with_columns(identities(accounts["idno"].to_arrow()).alias("identity"))
    by_number = asked.drop_nulls("identity").join(accounts, on="identity")
    key = ["product", "account_id"]
    by_account = asked.drop_nulls(key).join(accounts, on=key)
    found = pl.concat([one.select("number", "person_id") for one in (by_number, by_account)])
    return dead, [(int(n), str(p)) for n, p in found.unique().sort("number").iter_rows()]


def _doubt(
    opened: OpenCase, connection: Connection, change: str, heir: str, person_id: str, number: int
) -> None:
    """Raise or withdraw that an heir of *person_id* is affected."""
    values = {
        "change": change,
        "doubt": Doubt.HEIR_IS_AFFECTED.value,
        "person_id": heir,
        "file": "heirs",
        "path": person_id,
        "row_no": number,
        "occurred_at": opened.clock.now(),
    }
    moves_store.add(connection, "doubt", values)


def withdraw(opened: OpenCase, connection: Connection, person_id: str, entry: Entry) -> None:
    """An heir who was looked at is no doubt any more."""
    if not entry.heirs_checked:
        return
    for row in moves_store.doubts(connection, None, 1_000_000):
        if row["file"] == "heirs" and row["path"] == person_id:
            _doubt(opened, connection, "withdrawn", row["person_id"], person_id, int(row["row_no"]))


def parts(opened: OpenCase, chosen: Move, entry: Entry) -> tuple[Money, ...]:
    """What each heir receives."""
    if chosen.target is not Situation.HEIRS:
        return ()
    if entry.owed is None:
        raise PayeeError(said("nothing is owed to this person yet: `amends award` comes first"))
    limit = opened.case.file.payees.small_estate
    if chosen.event is Event.SMALL_ESTATE and (
        entry.owed.currency != limit.currency or entry.owed.amount_minor > limit.amount_minor
    ):
        raise PayeeError(
            said(
                "{owed} is above {limit}, up to which three papers do (CN-SMALL)",
                owed=entry.owed.display(),
                limit=limit.display(),
            )
        )
    return tuple(heirs_rules.split(entry.owed, entry.heirs))
