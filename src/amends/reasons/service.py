"""Explains one person: why affected, why this amount, who receives it, where the money is.

It reads what the rooms below wrote, decides nothing, and enters in the audit trail that somebody
looked.
"""

from datetime import date
from functools import cached_property

import polars as pl

from amends.awards.correcting import Channel, Reason
from amends.awards.service import award_reason
from amends.governance.service import approvers, audit
from amends.kernel.errors import InputFileError, StageOrderError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.tariff import LaterKind
from amends.linkage.service import owners, read_run, standing_run
from amends.reasons import store
from amends.reasons.model import (
    Affected,
    AwardTold,
    ClaimTold,
    Corrected,
    PayeeTold,
    Payment,
    PaymentState,
    PersonTold,
    RowsFound,
    UnknownPersonError,
)
from amends.store.columns import calendar_day, whole
from amends.vault.model import EvidenceDestroyedError
from amends.vault.opened import OpenCase

_STATES = tuple(PaymentState)
_GONE = (EvidenceDestroyedError, StageOrderError, InputFileError)
_INDEX_DIGITS = 9
_COLUMNS = ("person_id", "evidence", "outcome", "method", "reason", "probability")


class Found:
    """Rows and accounts of the standing determination, read once for however many people."""

    def __init__(self, opened: OpenCase) -> None:
        self._opened = opened
        self._approvers: dict[str, tuple[str, ...]] = {}

    def approvers(self, proposal: str) -> tuple[str, ...]:
        """Who approved a round: its signatures are verified once."""
        if proposal not in self._approvers:
            self._approvers[proposal] = tuple(map(str, approvers(self._opened, proposal)))
        return self._approvers[proposal]

    @cached_property
    def rows(self) -> pl.DataFrame | None:
        """What became of each leaked row; None where that is gone with the evidence."""
        try:
            return read_run(self._opened, "matches", _COLUMNS)
        except _GONE:
            return None

    @cached_property
    def accounts(self) -> pl.DataFrame | None:
        """Whose each account is; None where that is gone with the evidence."""
        try:
            return owners(self._opened)
        except _GONE:
            return None


def explain(opened: OpenCase, who: str, found: Found | None = None) -> PersonTold:
    """Everything about one person.

    Args:
        opened: the case.
        who: a person's id, its first letters, or the index of an award.
        found: what was read already, for whoever asks about many people.

    Raises:
        StageOrderError: nothing is determined yet.
        UnknownPersonError: nobody, or more than one, is named so.
    """
    run_no = standing_run(opened).run_no
    looked = found or Found(opened)
    person_id = _named(opened, who, looked)
    with opened.database.reading() as connection:
        earlier = store.earlier_ids(connection, person_id)
        affected = store.affected(connection, person_id)
        payee = store.payee(connection, person_id)
        awards = store.awards(connection, [person_id, *earlier])
        claims = store.claims(connection, person_id)
    accounts = looked.accounts
    told = PersonTold(
        person_id=person_id,
        run_no=run_no,
        earlier_ids=tuple(earlier),
        affected=None if affected is None else _affected(affected),
        found=None if looked.rows is None else _rows(looked.rows, person_id),
        accounts=None
        if accounts is None
        else accounts.filter(pl.col("person_id") == person_id).height,
        awards=tuple(_award(looked, opened, row, person_id) for row in awards),
        payee=None if payee is None else _payee(payee),
        claims=tuple(map(_claim, claims)),
        products={one.product: one.name for one in opened.case.file.registries if one.name},
    )
    audit(opened, opened.by, "person explained", {"person": person_id, "run": run_no})
    return told


def _named(opened: OpenCase, who: str, found: Found) -> str:
    """The one person who is meant."""
    with opened.database.reading() as connection:
        if who.isascii() and who.isdigit() and len(who) <= _INDEX_DIGITS:
            holder = store.holder_of(connection, int(who))
            if holder is None:
                raise UnknownPersonError(said("there is no award {index}", index=who))
            return holder
        named = store.people_named(connection, who) if who else []
    if not named and who and found.accounts is not None:
        own = found.accounts.filter(pl.col("person_id").str.starts_with(who))
        named = own["person_id"].unique().to_list()
    if len(named) == 1:
        return named[0]
    if named:
        raise UnknownPersonError(
            said("more than one person's id begins with {who}: give more of it", who=who)
        )
    raise UnknownPersonError(
        said(
            "nobody is called {who}: `amends export affected CASE` has the ids of everybody who is "
            "affected, `amends export awards CASE` the indexes of awards",
            who=repr(who),
        )
    )


def _affected(row: store.Row) -> Affected:
    return Affected(
        categories=_words(row["categories"]),
        products=_words(row["products"]),
        rows=int(str(row["leaked_rows"])),
        method=str(row["method"]),
        probability=float(str(row["probability"])),
        tranche=int(str(row["tranche"])),
    )


def _rows(rows: pl.DataFrame, person_id: str) -> tuple[RowsFound, ...]:
    """The person's rows by file and by what made them the person's."""
    key = ("evidence", "outcome", "method", "reason")
    own = rows.filter(pl.col("person_id") == person_id).with_columns(pl.col(key).cast(pl.String))
    counted = own.group_by(key).agg(pl.len(), pl.col("probability").min()).sort(key)
    return tuple(
        RowsFound(
            evidence=evidence,
            outcome=outcome,
            method=method or "",
            reason=reason or "",
            rows=number,
            probability=float(probability or 0.0),
        )
        for evidence, outcome, method, reason, number, probability in counted.iter_rows()
    )


def _award(found: Found, opened: OpenCase, row: store.Row, person_id: str) -> AwardTold:
    holder = str(row["person_id"])
    reason = award_reason(opened, holder)
    currency = str(row["currency"])
    return AwardTold(
        award_index=int(str(row["award_index"])),
        amount=Money(amount_minor=int(str(row["amount_minor"])), currency=currency),
        tranche=int(str(row["tranche"])),
        reason=reason,
        approved_by=() if reason is None else found.approvers(reason.proposal_sha256),
        payment=None if row["state_code"] is None else _payment(row),
        earlier_id=None if holder == person_id else holder,
        corrected=None
        if row["correction_no"] is None
        else Corrected(
            correction_no=int(str(row["correction_no"])),
            reason=Reason(str(row["corrected_for"])),
            awarded=Money(amount_minor=int(str(row["awarded_minor"])), currency=currency),
            told=_channels(row["told"]),
        ),
    )


def _payment(row: store.Row) -> Payment:
    held, owed = row["held_minor"], int(str(row["amount_minor"]))
    return Payment(
        amount=Money(amount_minor=int(str(held)), currency=str(row["currency"]))
        if held is not None and int(str(held)) < owed
        else None,
        state=_STATES[int(str(row["state_code"]))],
        reason=_text(row["reason"]),
        rail=_text(row["rail"]),
        attempts=int(str(row["attempts"])),
        sent_on=_day(row["sent_day"]),
        settled_on=_day(row["settled_day"]),
    )


def _claim(row: store.Row) -> ClaimTold:
    granted, award, correction = (
        None if row[name] is None else whole(row[name])
        for name in ("granted_minor", "award_index", "correction_no")
    )
    return ClaimTold(
        claim_no=whole(row["claim_no"]),
        kind=LaterKind(str(row["kind"])),
        occurred_on=calendar_day(row["occurred_on"]),
        granted=None
        if granted is None
        else Money(amount_minor=granted, currency=str(row["currency"])),
        award_index=award,
        correction_no=correction,
    )


def _channels(value: object) -> tuple[Channel, ...]:
    return tuple(Channel(str(one)) for one in value) if isinstance(value, list) else ()


def _payee(row: store.Row) -> PayeeTold:
    return PayeeTold(
        state=str(row["state"]),
        kind=_text(row["kind"]),
        reason=_text(row["reason"]),
        situation=_text(row["situation"]) or "",
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else None


def _words(value: object) -> tuple[str, ...]:
    return tuple(word for word in str(value or "").split(";") if word)
