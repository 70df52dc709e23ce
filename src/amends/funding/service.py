"""What the rest of Amends does with funding: ask what is there and what is owed, earmark, release.

Kept true: where statements are in custody (``funding.receiving``) they say what is there, in place
of what case.toml declares; no more is released than is earmarked and there.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from amends.funding import rules, store
from amends.funding.model import (
    Day,
    Finding,
    Held,
    Level,
    Position,
    Release,
    ReleaseError,
    UnfundedError,
)
from amends.governance.service import audit_in, require_approval
from amends.kernel.case import CaseFile
from amends.kernel.money import Money
from amends.kernel.saying import Said, said
from amends.ledger import service as ledger
from amends.ledger.model import BANK, EARMARKED, FUNDS, IN_TRANSIT, RELEASED, Transfer
from amends.store.connection import Connection
from amends.vault.opened import SYSTEM, OpenCase

if TYPE_CHECKING:
    from amends.governance.model import JSON

SEALED = "bank-statement"
"""What the bytes of statements are sealed for."""


def position(opened: OpenCase, *, promised_minor: int) -> Position:
    """Funds and obligations now; *promised_minor*: what the promise in force comes to."""
    with opened.database.reading() as connection:
        return position_in(connection, opened.case.file, promised_minor=promised_minor)


def position_in(connection: Connection, file: CaseFile, *, promised_minor: int) -> Position:
    """The same inside a transaction of the caller's."""
    statements, until = store.chain_end(connection)
    return rules.position(
        file,
        ledger.balances(connection),
        statements=statements,
        proved_until=until,
        promised_minor=promised_minor,
    )


def findings(opened: OpenCase, needed: Money) -> list[Finding]:
    """What keeps *needed* from being promised or paid; nothing if it is there."""
    with opened.database.reading() as connection:
        return findings_in(connection, opened.case.file, needed)


def findings_in(connection: Connection, file: CaseFile, needed: Money) -> list[Finding]:
    """The same inside a transaction of the caller's."""
    found = position_in(connection, file, promised_minor=0)
    return rules.findings(found, file.funding, needed.amount_minor)


def backing(opened: OpenCase) -> Money | None:
    """What stands behind the promise: as statements prove it, else as case.toml declares it."""
    found = position(opened, promised_minor=0)
    if found.evidenced:
        return Money(amount_minor=found.funds_minor, currency=found.currency)
    return opened.case.file.funding


def require_proof(opened: OpenCase) -> None:
    """Refuse where real money could move and funding is only declared.

    Raises:
        UnfundedError: it is so.
    """
    found = position(opened, promised_minor=0)
    if not found.counts:
        raise UnfundedError(
            rules.findings(found, opened.case.file.funding, found.obligations_minor)
        )


def evidenced(connection: Connection) -> bool:
    """Whether statements say what is there, inside a transaction of the caller's."""
    return store.chain_end(connection)[0] > 0


def came_in(connection: Connection, name: str) -> Money | None:
    """What a movement into the account brought; *name*: its statement and its place, ``2:14``.

    None where there is none.
    """
    statement, _, place = name.strip().partition(":")
    if not (statement.isascii() and statement.isdigit() and place.isascii() and place.isdigit()):
        return None
    return store.came_in(connection, int(statement), int(place))


def money_on_its_way(connection: Connection) -> str:
    """The account that what arrives at a rail comes from.

    Where statements tell what leaves the bank, it is in transit until both have told of it.
    """
    return IN_TRANSIT if evidenced(connection) else BANK


def earmark_in(connection: Connection, opened: OpenCase, round_no: int, amount: Money) -> None:
    """Set money aside for a round of awards; together with the awards, as the last posting."""
    transfer = Transfer(
        transfer_id=f"earmark:{round_no}",
        debit=FUNDS,
        credit=EARMARKED,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        reason="earmark",
        subject=f"round:{round_no}",
        occurred_at=opened.clock.now(),
    )
    ledger.post(connection, [transfer])


def usable_minor(connection: Connection, rail: str) -> int | None:
    """How much a rail was let have until now; None where funding is declared: no releases then."""
    if not evidenced(connection):
        return None
    return sum(amount for _, name, amount in store.releases(connection) if name == rail)


def releases_to(connection: Connection, rail: str) -> list[tuple[int, int]]:
    """Number and amount of every release to a rail, in order."""
    return [(no, amount) for no, name, amount in store.releases(connection) if name == rail]


def release(opened: OpenCase, amount: Money, rail: str | None = None) -> Release:
    """Let a rail use a part of the earmarked money; two people approve exactly this part.

    *rail*: the one of the case, where it has one.

    Raises:
        ReleaseError: funding is only declared, the rail is not the case's, or it is more than is
            there.
        WaitingForApprovalError: two people have to approve it.
    """
    name = _rail(opened, rail)
    with opened.database.reading() as connection:
        number = store.newest_release(connection) + 1
        _check_release(connection, opened, amount)
    body: dict[str, JSON] = {
        "amount_minor": amount.amount_minor,
        "currency": amount.currency,
        "rail": name,
        "release": number,
    }
    require_approval(opened, "release", {"case": opened.case.file.id, **body})
    now = opened.clock.now()
    with opened.database.unit_of_work() as connection:
        store.lock(connection)
        found = _check_release(connection, opened, amount)
        store.insert_release(connection, {**body, "now": now})
        transfer = Transfer(
            transfer_id=f"release:{number}",
            debit=EARMARKED,
            credit=RELEASED,
            amount_minor=amount.amount_minor,
            currency=amount.currency,
            reason="release",
            subject=name,
            occurred_at=now,
        )
        ledger.post(connection, [*rules.earmark_after(found, number, now), transfer])
        audit_in(connection, opened, SYSTEM, "funding released", body)
    reference = rules.release_reference(opened.case.file.id, number)
    return Release(release_no=number, rail=name, amount=amount, reference=reference)


def releasable(found: Position) -> Money:
    """How much may be released now: awarded, there, and not released yet."""
    return Money(amount_minor=rules.releasable_minor(found), currency=found.currency)


def _rail(opened: OpenCase, rail: str | None) -> str:
    names = sorted({settings.protocol for settings in opened.case.file.rails})
    if rail is None and len(names) == 1:
        return names[0]
    if rail is None or rail not in names:
        raise ReleaseError(
            said("name a rail of the case with --rail: {rails}", rails=", ".join(names) or "none")
        )
    return rail


def _check_release(connection: Connection, opened: OpenCase, amount: Money) -> Position:
    """Refuse to release what is not there, or not awarded; the position, where it is both.

    Raises:
        ReleaseError: how much may be released.
    """
    # What is released is for those who are awarded, whatever is promised beside.
    found = position_in(connection, opened.case.file, promised_minor=0)
    if not found.evidenced:
        raise ReleaseError(
            said(
                "funding is only declared: nothing has to be released, and nothing can be; import "
                "statements first"
            )
        )
    most = releasable(found)
    if amount.currency != found.currency or not 0 < amount.amount_minor <= most.amount_minor:
        raise ReleaseError(
            said(
                "{amount} cannot be released: {most} are earmarked, there, and not released yet",
                amount=amount.display(),
                most=most.display(),
            )
        )
    return found


def watch(opened: OpenCase, *, promised_minor: int) -> Position:
    """The position; a change of its level since it was last seen is kept and audited."""
    with opened.database.unit_of_work() as connection:
        found = position_in(connection, opened.case.file, promised_minor=promised_minor)
        newest = store.newest_alarm(connection)
        if found.level is (Level.AMPLE if newest is None else newest.level):
            return found
        store.lock(connection)
        newest = store.newest_alarm(connection)
        number = 1 if newest is None else newest.alarm_no + 1
        figures: dict[str, JSON] = {
            "level": str(found.level),
            "funds_minor": found.funds_minor,
            "obligations_minor": found.obligations_minor,
        }
        store.insert_alarm(connection, {"no": number, "now": opened.clock.now(), **figures})
        audit_in(connection, opened, SYSTEM, "funding level changed", figures)
    return found


def position_lines(found: Position) -> tuple[tuple[Said, int | None], ...]:
    """The position, a line each: what it is, and minor units; None where nothing proves them."""
    return rules.position_lines(found)


def told(level: Level) -> Said:
    """A level in words."""
    return rules.told(level)


def forecast(opened: OpenCase, found: Position) -> list[Day]:
    """What has to be paid by the end of each promised day that is not over yet.

    Nothing before an announcement; of a promise that is over its last day alone.
    """
    file = opened.case.file
    if file.announced_at is None:
        return []
    due_at = file.announced_at + file.promise.pay_within
    today = opened.clock.now().astimezone(file.zone).date()
    first, until = file.announced_at.date(), due_at.date()
    yesterday = today - timedelta(days=1)
    start = max(first, min(yesterday, until - timedelta(days=1)))
    return rules.forecast(found, start=start, until=until)


def statements(opened: OpenCase) -> list[Held]:
    """Every statement in custody, without its lines, in the order of import."""
    with opened.database.reading() as connection:
        return store.held(connection)


def original(opened: OpenCase, sha256: str) -> bytes | None:
    """A file in custody as it came, byte for byte."""
    with opened.database.reading() as connection:
        sealed = store.sealed(connection, sha256)
    return None if sealed is None else opened.vault.unseal(sealed, SEALED, sha256)
