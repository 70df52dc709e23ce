"""Ask money back that was paid too much, match what comes, let go what does not: by two people.

Kept true: what is asked back of a payment is never more than it brought; a movement of the bank is
matched once; every step is in the books in the same transaction; the award stays as it was paid,
and nothing else that is owed to the person becomes less.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from amends.funding import service as funding
from amends.governance.exports import register_in
from amends.governance.model import JSON, Outgoing
from amends.governance.service import audit_in, require_approval, with_signers
from amends.kernel.money import Money
from amends.kernel.saying import Said, in_language, said
from amends.ledger import service as ledger
from amends.ledger.model import BANK, FUNDS, Transfer
from amends.payouts.after_payment import recovery_store
from amends.payouts.after_payment.recovery_rules import (
    Ground,
    Recovery,
    RecoveryError,
    Standing,
    letter,
    payment_of,
)
from amends.store.connection import Connection
from amends.store.files import written_whole
from amends.vault.opened import OpenCase

RECEIVABLE, TO_RECOVER, RECOVERED = "receivable", "to_recover", "recovered"
"""The accounts of the books."""

_BECAUSE = "recovery-because"
_WAIVED = "recovery-waived"
_MOVEMENT = "recovery-movement"


def recoveries(opened: OpenCase) -> list[Recovery]:
    """What is asked back, was, or was let go, in order."""
    with opened.database.reading() as connection:
        return recovery_store.recoveries(connection)


def unfinished(opened: OpenCase) -> tuple[Said, ...]:
    """That recoveries are neither back nor let go, which keeps log and case open; else nothing."""
    with opened.database.reading() as connection:
        return unfinished_in(connection)


def unfinished_in(connection: Connection) -> tuple[Said, ...]:
    """The same, as a transaction sees it."""
    over = (Standing.REPAID, Standing.WAIVED)
    still = [one for one in recovery_store.recoveries(connection) if one.standing not in over]
    if not still:
        return ()
    rest = sum(one.rest.amount_minor for one in still)
    return (
        said(
            "{count:,} recoveries are open, {rest} together: match what comes "
            "(`amends recover repaid`), or let it go for a reason (`amends recover waive`)",
            count=len(still),
            rest=Money(amount_minor=rest, currency=still[0].amount.currency).display(),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Why money was asked back, and why each part of it was let go, in words of people."""

    asked: str
    waived: tuple[str, ...]


def words_of(opened: OpenCase, number: int) -> Words:
    """The reasons that are kept of a recovery; of waivers of before they were kept there is none.

    Raises:
        RecoveryError: no such recovery.
    """
    one = _one(opened, number)
    with opened.database.reading() as connection:
        kept = recovery_store.waivers(connection, number)
    return Words(
        asked=opened.vault.unseal(one.because, _BECAUSE, str(number)).decode(),
        waived=tuple(
            opened.vault.unseal(sealed, _WAIVED, f"{number}:{step}").decode()
            for step, sealed in kept
        ),
    )


def ask_back(
    opened: OpenCase,
    award_index: int,
    amount: Money,
    ground: Ground,
    because: str,
    *,
    dry_run: bool = False,
) -> int | None:
    """Ask *amount* back of a payment of an award; the number of the recovery. None in a dry run.

    Raises:
        RecoveryError: no payment of the award brought so much, or no words.
        WaitingForApprovalError: two people have to sign.
    """
    _require_words(because)
    with opened.database.reading() as connection:
        paid = recovery_store.paid(connection, award_index)
        known = recovery_store.recoveries(connection)
    payment = payment_of(paid, award_index, amount)
    number = len(known) + 1
    if dry_run:
        return None
    words = hmac.digest(opened.vault.derive(_BECAUSE), because.encode(), "sha256").hex()
    body: dict[str, JSON] = {
        "amount_minor": amount.amount_minor,
        "award": award_index,
        "because_hmac": words,
        "case": opened.case.file.id,
        "currency": amount.currency,
        "ground": ground.value,
        "payment": payment,
        "recovery": number,
    }
    proposal = require_approval(opened, "recovery", with_signers(opened, body))
    now = opened.clock.now()
    sealed = opened.vault.seal(because.encode(), _BECAUSE, str(number))
    values = {**body, "recovery_no": number, "because": sealed, "proposal": proposal}
    try:
        with opened.database.unit_of_work() as connection:
            recovery_store.lock(connection)
            recovery_store.insert(connection, values, now)
            _audit(connection, opened, "recovery asked back", number, amount)
            ledger.post(
                connection,
                [_transfer(f"ask:{number}", RECEIVABLE, TO_RECOVER, amount, number, now)],
            )
    except (psycopg.errors.CheckViolation, psycopg.errors.UniqueViolation) as refused:
        raise RecoveryError(_IN_BETWEEN) from refused
    return number


def write_letter(opened: OpenCase, number: int, to: Path) -> None:
    """Write what the letter to the payee says, as JSON in both languages, and note that it goes.

    It names the payee by award alone: whoever sends it adds the address.

    Raises:
        RecoveryError: there is no such recovery, or it is over.
    """
    one = _unfinished(opened, number)
    paragraphs = letter(one)
    told = {
        "recovery": one.recovery_no,
        "award": one.award_index,
        "payment": one.payment,
        "amount_minor": one.rest.amount_minor,
        "currency": one.amount.currency,
        "ground": one.ground.value,
        "last_day": one.last_day.isoformat(),
        "letter": {
            language: {name: in_language(text, language) for name, text in paragraphs.items()}
            for language in ("zh", "en")
        },
    }
    content = json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"
    leaving = Outgoing(
        what="recovery_letter",
        rows=1,
        categories=("AMOUNT",),
        recipient="payee",
        purpose=f"追回多付款项 / money paid too much is asked back (recovery {number})",
    )
    with opened.database.unit_of_work() as connection:
        recovery_store.lock(connection)
        values = {"recovery_no": number, "step": one.steps + 1, "kind": "told", "by": opened.by}
        recovery_store.insert_event(connection, values, opened.clock.now())
        register_in(connection, opened, leaving, hashlib.sha256(content).hexdigest())
        with written_whole(to) as aside:
            aside.write_bytes(content)


def repaid(opened: OpenCase, number: int, amount: Money, movement: str) -> Recovery:
    """Match a movement of the bank with what is asked back; how the recovery stands then.

    *movement*: where statements prove the funds, ``STATEMENT:PLACE`` of money that came in; else
    the bank's reference.

    Raises:
        RecoveryError: no such recovery or movement, it was matched before, or it is too much.
        WaitingForApprovalError: two people have to sign.
    """
    one = _unfinished(opened, number)
    _require_within(one, amount)
    with opened.database.reading() as connection:
        proved = funding.evidenced(connection)
        if proved:
            _require_movement(connection, movement, amount)
    mark = hmac.digest(opened.vault.derive(_MOVEMENT), movement.strip().encode(), "sha256")
    source = FUNDS if proved else BANK  # what came in is booked as put in, where statements tell
    return _end(
        opened,
        one,
        ("repayment", "repaid", amount),
        mark=mark,
        pairs=((source, RECEIVABLE), (TO_RECOVER, RECOVERED)),
    )


def waive(opened: OpenCase, number: int, because: str) -> Recovery:
    """Let go what has not come back, for a reason that is kept; how the recovery stands then.

    Raises:
        RecoveryError: no such recovery, it is over, or no words.
        WaitingForApprovalError: two people have to sign.
    """
    _require_words(because)
    one = _unfinished(opened, number)
    return _end(
        opened,
        one,
        ("waiver", "waived", one.rest),
        because=because,
        pairs=((TO_RECOVER, RECEIVABLE),),
    )


def _end(
    opened: OpenCase,
    one: Recovery,
    what: tuple[str, str, Money],
    *,
    mark: bytes | None = None,
    because: str | None = None,
    pairs: tuple[tuple[str, str], ...],
) -> Recovery:
    """Two people sign that money came back or is let go: (kind of proposal, event, amount).

    *because*: why it is let go; who signs puts their name to a keyed hash of it.
    """
    kind, event, amount = what
    body: dict[str, JSON] = {
        "amount_minor": amount.amount_minor,
        "case": opened.case.file.id,
        "currency": amount.currency,
        "recovery": one.recovery_no,
        "step": one.steps + 1,
    }
    if mark is not None:
        body["movement_hmac"] = mark.hex()
    if because is not None:
        words = hmac.digest(opened.vault.derive(_WAIVED), because.encode(), "sha256")
        body["because_hmac"] = words.hex()
    proposal = require_approval(opened, kind, with_signers(opened, body))
    now, number = opened.clock.now(), one.recovery_no
    values = {
        "recovery_no": number,
        "step": one.steps + 1,
        "kind": event,
        "amount_minor": amount.amount_minor,
        "mark": mark,
        "because": because
        and opened.vault.seal(because.encode(), _WAIVED, f"{number}:{one.steps + 1}"),
        "by": opened.by,
        "proposal": proposal,
    }
    try:
        with opened.database.unit_of_work() as connection:
            recovery_store.lock(connection)
            recovery_store.insert_event(connection, values, now)
            _audit(connection, opened, f"recovery {event}", number, amount)
            ledger.post(
                connection,
                [
                    _transfer(
                        f"{event}:{number}:{one.steps + 1}:{at}", debit, credit, amount, number, now
                    )
                    for at, (debit, credit) in enumerate(pairs)
                ],
            )
    except (psycopg.errors.CheckViolation, psycopg.errors.UniqueViolation) as refused:
        if refused.diag.constraint_name == "recovery_movement_once":
            raise RecoveryError(said("this movement was matched before")) from refused
        raise RecoveryError(_IN_BETWEEN) from refused
    return _one(opened, number)


_IN_BETWEEN = said("something came in between; call the same command again")


def _transfer(
    name: str, debit: str, credit: str, amount: Money, number: int, now: datetime
) -> Transfer:
    return Transfer(
        transfer_id=f"recovery:{name}",
        debit=debit,
        credit=credit,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        reason="recovery",
        subject=f"recovery:{number}",
        occurred_at=now,
    )


def _audit(
    connection: Connection, opened: OpenCase, action: str, number: int, amount: Money
) -> None:
    details: dict[str, JSON] = {"recovery": number, "amount_minor": amount.amount_minor}
    audit_in(connection, opened, opened.by, action, details)


def _one(opened: OpenCase, number: int) -> Recovery:
    with opened.database.reading() as connection:
        found = recovery_store.recoveries(connection, number)
    if not found:
        raise RecoveryError(said("there is no recovery {number}", number=number))
    return found[0]


def _unfinished(opened: OpenCase, number: int) -> Recovery:
    one = _one(opened, number)
    if not one.rest.amount_minor:
        raise RecoveryError(said("recovery {number} is over", number=number))
    return one


def _require_words(because: str) -> None:
    if not because.strip():
        raise RecoveryError(said("say why in words: --because TEXT; it is kept sealed"))


def _require_within(one: Recovery, amount: Money) -> None:
    if not 0 < amount.amount_minor <= one.rest.amount_minor or (
        amount.currency != one.amount.currency
    ):
        raise RecoveryError(
            said(
                "at most {rest} can come back of recovery {number}; what is more was not asked",
                rest=one.rest.display(),
                number=one.recovery_no,
            )
        )


def _require_movement(connection: Connection, movement: str, amount: Money) -> None:
    came_in = funding.came_in(connection, movement)
    if came_in is None or came_in != amount:
        raise RecoveryError(
            said(
                "{movement} is no movement of {amount} into the escrow account: `amends funding "
                "statements CASE` lists statements; give STATEMENT:PLACE of the money that came",
                movement=movement,
                amount=amount.display(),
            )
        )
