"""Move a payee from one state to another: load what is known, decide, record, sign.

Kept true: history is added to and never changed; whoever cannot be paid has no details in force;
nothing is half-done, also where the machine stops in between.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import psycopg

from amends.governance.service import audit_in, present, sign_statement
from amends.kernel.accounts import AccountKind
from amends.kernel.births import born, day_number
from amends.kernel.errors import StageOrderError
from amends.kernel.money import Money
from amends.kernel.saying import joined, said
from amends.ledger import service as ledger
from amends.linkage.service import affected_accounts
from amends.payees import (
    ages,
    by_hand,
    deposits,
    estates,
    moves_store,
    papers,
    reading,
    store,
    words,
)
from amends.payees.estates import REASON, Entry
from amends.payees.machine import MOVES, Move, possible
from amends.payees.model import PayeeError, PayeeKind, PayeeState, PaymentDetails, Situation
from amends.payees.recording import PURPOSE, mark_of, plain_of, stand_apart
from amends.payees.states import ABOUT, Event, EvidenceKind, Recipient
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

_KINDS = {
    Recipient.GUARDIAN: PayeeKind.GUARDIAN,
    Recipient.ADMINISTRATOR: PayeeKind.ADMINISTRATOR,
    Recipient.RELATIVE: PayeeKind.RELATIVE,
    Recipient.CUSTODIAN: PayeeKind.CUSTODIAN,
    Recipient.HEIRS: PayeeKind.HEIR,
}
_NOT_BY_WHO_SIGNED = "account_not_by_who_signed"
_OWN = (PayeeKind.SELF.value, PayeeKind.MINOR.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What was recorded. ``parts``: what each heir receives."""

    move: Move
    happened_on: date
    due_on: date | None
    state: PayeeState
    parts: tuple[Money, ...] = ()


def move(opened: OpenCase, person_id: str, entry: Entry, *, key_file: Path | None = None) -> Moved:
    """Record what happened to a payee, and who receives from now on.

    Raises:
        PayeeError: the event cannot happen in this state, papers or statements are missing, the
            clock has not run out, or heirs cannot be paid; nothing is recorded then, except the
            doubt that an heir is affected too.
        GovernanceError: no such operator, or a wrong key.
    """
    present(opened, entry.by, key_file=key_file, role="caseworker")
    day = day_of(opened, entry)
    if entry.event is Event.PAID_BY_HAND:
        raise PayeeError(said("`amends payee paid` records each payment by hand, and this with it"))
    with opened.database.reading() as connection:
        now = papers.must_exist(connection, person_id)
    chosen_of(Situation(str(now["situation"])), entry.event)
    estates.check(opened, person_id, entry, day)
    try:
        with opened.database.unit_of_work() as connection:
            store.lock(connection)
            done = enter(opened, connection, person_id, entry, key_file)
            if done.move.event is Event.DEPOSIT_MADE:
                rest = by_hand.rest(connection, entry)
                ledger.post(connection, deposits.transfers(rest, opened.clock.now()))
    except psycopg.errors.CheckViolation as refused:
        if refused.diag.constraint_name != _NOT_BY_WHO_SIGNED:
            raise
        raise PayeeError(
            said(
                "{operator} has signed the plan that pays this person: another operator says "
                "where the money goes",
                operator=entry.by,
            )
        ) from None
    return done


def enter(
    opened: OpenCase, connection: Connection, person_id: str, entry: Entry, key_file: Path | None
) -> Moved:
    """Write a move in a transaction that holds the payees lock; the entry's operator is there.

    Raises:
        PayeeError: as :func:`move` does.
    """
    day, today = day_of(opened, entry), opened.clock.now().date()
    stand_apart(opened, connection, person_id)
    now = papers.must_exist(connection, person_id)
    chosen = chosen_of(Situation(str(now["situation"])), entry.event)
    history = moves_store.moves(connection, person_id)
    by_hand.check_begun(connection, person_id, chosen)
    _check_clock(chosen, day, now["since"], history)
    _check_death(opened, chosen, entry)
    _check_age(opened, person_id, chosen, day, history)
    _check_papers(connection, person_id, chosen, entry.by, today)
    parts = estates.parts(opened, chosen, entry)
    details, kind = _details(opened, person_id, chosen, entry, now, history)
    standing = _standing(opened, person_id, chosen.target, kind, details)
    state = PayeeState(str(standing["state"]))
    waits = chosen.clock is not None and state is not PayeeState.PAYABLE
    due = chosen.clock.due(day) if chosen.clock and waits else None
    body = {
        "person": person_id,
        "origin": chosen.origin.value,
        "event": chosen.event.value,
        "target": chosen.target.value,
        "happened_on": day.isoformat(),
        "after": str(len(history)),
    }
    values = {
        "person_id": person_id,
        "origin": chosen.origin.value,
        "event": chosen.event.value,
        "target": chosen.target.value,
        "actor": chosen.actor.value,
        "basis": chosen.basis,
        "entered_by": entry.by,
        "happened_on": day,
        "due_on": due,
        "left_kind": now["kind"],
        "left_sealed": now["sealed"],
        "sealed": opened.vault.seal(_words(entry, parts), REASON, person_id),
        "signature": sign_statement(opened, entry.by, "payee-move", body, key_file=key_file),
        "occurred_at": opened.clock.now(),
    }
    moves_store.add(connection, "move", values)
    moves_store.put(connection, person_id, standing)
    estates.withdraw(opened, connection, person_id, entry)
    audit_in(connection, opened, entry.by, "payee moved", body)
    return Moved(move=chosen, happened_on=day, due_on=due, state=state, parts=parts)


def day_of(opened: OpenCase, entry: Entry) -> date:
    """The day of the event; a reason is there, too.

    Raises:
        PayeeError: no reason, or a day in the future.
    """
    if not entry.reason.strip():
        raise PayeeError(said("say in a few words why: --reason"))
    today = opened.clock.now().date()
    day = entry.on or today
    if day > today:
        raise PayeeError(said("{day} is in the future: enter what has happened", day=day))
    return day


def _words(entry: Entry, parts: tuple[Money, ...]) -> bytes:
    """Why, and which heir receives what, as it is sealed."""
    heirs = [
        {"name": heir.name, "account": heir.account, "relation": heir.relation}
        | {"share": heir.share, "amount_minor": part.amount_minor}
        for heir, part in zip(entry.heirs, parts, strict=False)
    ]
    return json.dumps({"reason": entry.reason, "heirs": heirs}, ensure_ascii=False).encode()


def chosen_of(origin: Situation, event: Event) -> Move:
    """The arrow.

    Raises:
        PayeeError: there is none; it says which there are.
    """
    found = MOVES.get((origin, event))
    if found is None:
        told = words.named(words.SITUATIONS[origin], origin.value)
        events = ", ".join(one.event for one in possible(origin)) or "-"
        raise PayeeError(
            said(
                "{event} cannot happen now: the payee is in state {state}; what can: {events}",
                event=event.value,
                state=told,
                events=events,
            )
        )
    return found


def _check_clock(chosen: Move, day: date, since: date, history: list[moves_store.Row]) -> None:
    """Time runs forwards, and the five years of a deposit are not cut short."""
    if history and day < since:
        raise PayeeError(
            said("{day} is before {since}, when this state began", day=day, since=since)
        )
    if chosen.event is not Event.RIGHT_ENDED:
        return
    due = history[-1]["due_on"]
    if day <= due:
        raise PayeeError(said("the right to collect lasts until {day} (Civil Code 574)", day=due))


def _check_death(opened: OpenCase, chosen: Move, entry: Entry) -> None:
    """Whether a death came before the leak is not decided against the day that is entered."""
    if entry.on is None:
        return
    file = opened.case.file
    act = (file.announced_at or opened.clock.now()).date()
    why = ages.wrong_death(chosen.event, entry.on, ages.leak_day(file, act))
    if why is not None:
        raise PayeeError(why)


def _check_age(
    opened: OpenCase, person_id: str, chosen: Move, day: date, history: list[moves_store.Row]
) -> None:
    """The person is old enough, and able, by the files as long as there are any."""
    states = [Situation(row[key]) for row in history for key in ("origin", "target")]
    events = [Event(row["event"]) for row in history]
    if not ages.asked(chosen):
        return
    age = _age(opened, person_id, day)
    why = ages.wrong(chosen, age, states or [chosen.origin], events)
    if why is not None:
        raise PayeeError(why)


def _age(opened: OpenCase, person_id: str, day: date) -> int | None:
    """Whole years on a day, by the registries; None where they do not tell."""
    if opened.vault.evidence_destroyed:
        return None
    try:
        theirs = affected_accounts(opened, ["idno", "birth"]).filter(person_id=person_id)
    except StageOrderError:  # settled, and no determination stands
        return None
    known = born(theirs, until=day_number(day))["born"]
    return None if known.is_empty() else (day_number(day) - int(known[0])) // 10_000


def _check_papers(
    connection: Connection, person_id: str, chosen: Move, operator: str, today: date
) -> None:
    """What the rule asks for is there, valid, and seen by somebody else than who moves."""
    seen = [
        row
        for row in moves_store.evidence(connection, person_id)
        if row["result"] == "accepted" and (row["expires_on"] is None or row["expires_on"] >= today)
    ]
    there = {EvidenceKind(row["kind"]) for row in seen}
    lacking = [group for group in chosen.papers if not group & there]
    stated = {row["kind"] for row in moves_store.statements(connection, person_id)}
    unsaid = [kind for kind in chosen.statements if kind.value not in stated]
    if lacking or unsaid:
        raise PayeeError(
            said(
                "{event} needs what is not there yet: {needed}; `amends payee evidence` records a "
                "paper that was seen, `amends payee statement` what was stated",
                event=chosen.event.value,
                needed=joined(words.needed(lacking, unsaid), "; "),
            )
        )
    others = {EvidenceKind(row["kind"]) for row in seen if row["seen_by"] != operator}
    if any(not group & others for group in chosen.papers):
        raise PayeeError(
            said(
                "{operator} has seen the papers: another operator enters {event}",
                operator=operator,
                event=chosen.event.value,
            )
        )


def _details(
    opened: OpenCase,
    person_id: str,
    chosen: Move,
    entry: Entry,
    now: moves_store.Row,
    history: list[moves_store.Row],
) -> tuple[bytes | None, str | None]:
    """Sealed details and kind of who receives from now on; None where nobody can be paid."""
    about = ABOUT[chosen.target]
    if about.recipient is Recipient.HEIRS and len(entry.heirs) == 1:
        one = entry.heirs[0]
        payee = details_of(one.account, one.name, mainland="CN" in opened.case.file.jurisdictions)
        return _sealed(opened, person_id, payee), PayeeKind.HEIR.value
    if about.reason is not None or about.recipient is None:
        if entry.payee is not None:
            raise PayeeError(
                said(
                    "nobody is paid in state {state}: leave out --payee", state=chosen.target.value
                )
            )
        return None, None
    own = PayeeKind.MINOR if chosen.target is Situation.AGED_8_TO_17 else PayeeKind.SELF
    kind = _KINDS.get(about.recipient, own).value
    if entry.payee is not None:
        return _sealed(opened, person_id, entry.payee), kind
    before = [(row["left_kind"], row["left_sealed"]) for row in history]
    known = [sealed for one, sealed in (*before, (now["kind"], now["sealed"])) if _like(one, kind)]
    if not known:
        raise PayeeError(
            said(
                "who receives in state {state} is not known: name account and holder with --payee",
                state=chosen.target.value,
            )
        )
    return bytes(known[-1]), kind


def _like(left: object, kind: str) -> bool:
    """Whether details of one kind serve for the other: a person's own stay their own."""
    return left == kind or (left in _OWN and kind in _OWN)


def details_of(account: str, name: str, *, mainland: bool) -> PaymentDetails:
    """Where money goes, as an operator enters it.

    Raises:
        PayeeError: the account is written as none that is known.
    """
    rules = (*reading.wallet(pl.lit(account), mainland=mainland), reading.person_name(pl.lit(name)))
    read, kind, holder = (pl.select(rule).item() for rule in rules)
    if read is None or holder is None:
        raise PayeeError(
            said(
                "the account is written as none that can be paid to (docs/reference/payees.md), or "
                "the holder has no name"
            )
        )
    return PaymentDetails(account=str(read), account_kind=AccountKind(kind), name=str(holder))


def _sealed(opened: OpenCase, person_id: str, payee: PaymentDetails) -> bytes:
    """The details as the table keeps them."""
    plain = plain_of(payee.account, payee.account_kind.value, payee.name)
    return opened.vault.seal(plain, PURPOSE, person_id)


def _standing(
    opened: OpenCase,
    person_id: str,
    target: Situation,
    kind: str | None,
    sealed: bytes | None,
) -> dict[str, object]:
    """The row of who receives: with details, or with the reason why nobody does."""
    if sealed is None:
        reason = ABOUT[target].reason
        assert reason is not None  # noqa: S101 - a state pays somebody or has a reason
        return {
            "state": PayeeState.NEEDS_PERSON.value,
            "reason": reason.value,
            **dict.fromkeys(("kind", "sealed", "details_mark")),
        }
    plain = opened.vault.unseal(sealed, PURPOSE, person_id)
    return {
        "state": PayeeState.PAYABLE.value,
        "reason": None,
        "kind": kind,
        "sealed": sealed,
        "details_mark": mark_of(opened.vault, person_id, plain),
    }
