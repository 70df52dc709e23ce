"""What a line is, what a statement does to the books, and what the position means. Pure."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from amends.funding.model import (
    Day,
    Explanation,
    Finding,
    FindingKind,
    Level,
    LineClass,
    Position,
    Unexplained,
)
from amends.kernel.case import CaseFile
from amends.kernel.money import Money, allocate
from amends.kernel.saying import Said, said
from amends.ledger.model import (
    BANK,
    DEPOSITED,
    EARMARKED,
    FEES,
    FUNDS,
    IN_TRANSIT,
    OWED,
    PAID_BY_HAND,
    PAID_OUT,
    RELEASED,
    RETURNED,
    SETTLED,
    SUSPENSE,
    Transfer,
)
from amends.statements.model import Direction, Line, Statement

AHEAD = timedelta(hours=14)
"""How far the clocks of the easternmost zone (UTC+14) are ahead of UTC."""

DECLARED = "fund"
"""The reason of the transfers by which awards book declared funding."""

_OTHER_SIDE: Mapping[LineClass, str] = {
    LineClass.PUT_IN: FUNDS,
    LineClass.TO_RAIL: IN_TRANSIT,
    LineClass.FEE: FEES,
    LineClass.UNEXPLAINED: SUSPENSE,
}


def release_reference(case_id: str, release_no: int) -> str:
    """What the order to the bank carries, so that its statement tells which release it was."""
    return f"{case_id.upper()}-R{release_no}"


def class_of(line: Line, case_id: str) -> LineClass:
    """What a movement is.

    Money that comes in was put in by the company; money that goes out without a release or a fee
    behind it has to be explained by a person, and does not count meanwhile.
    """
    told = f"{line.end_to_end_id or ''} {line.reference or ''} {line.text}".upper()
    if re.search(rf"(?<![A-Z0-9-]){re.escape(case_id.upper())}-R[1-9][0-9]*(?![0-9])", told):
        return LineClass.TO_RAIL
    if line.is_fee:
        return LineClass.FEE
    return LineClass.PUT_IN if line.direction is Direction.IN else LineClass.UNEXPLAINED


def line_key(statement: Statement, place: int) -> str:
    """What makes a movement the same in every file; its place, where the bank names none."""
    line = statement.lines[place]
    named = line.reference or f"{statement.identifier} {statement.last_day} {place}"
    parts = (named, line.direction, line.amount_minor, line.booked_on)
    return hashlib.sha256("\n".join(str(part) for part in parts).encode()).hexdigest()


def transfers_of(
    statement_no: int, statement: Statement, case_id: str, now: datetime
) -> Iterator[Transfer]:
    """What a statement does to the books: at most one transfer per class and direction."""
    sums: dict[tuple[LineClass, Direction], int] = {}
    for line in statement.lines:
        key = class_of(line, case_id), line.direction
        sums[key] = sums.get(key, 0) + line.amount_minor
    for (what, direction), amount in sorted(sums.items()):
        other = _OTHER_SIDE[what]
        debit, credit = (BANK, other) if direction is Direction.IN else (other, BANK)
        yield Transfer(
            transfer_id=f"escrow:{statement_no}:{what}:{direction}",
            debit=debit,
            credit=credit,
            amount_minor=amount,
            currency=statement.currency,
            reason="escrow",
            subject=f"escrow:{statement_no}",
            occurred_at=now,
        )


def explaining_transfer(line: Unexplained, what: Explanation, now: datetime) -> Transfer:
    """What an explanation does to the books: out of suspense, to where the money went."""
    accounts = {
        Explanation.TO_RAIL: IN_TRANSIT,
        Explanation.FEE: FEES,
        Explanation.TAKEN_BACK: FUNDS,
        Explanation.TO_NOTARY: PAID_OUT,
        Explanation.BY_HAND: PAID_OUT,
    }
    return Transfer(
        transfer_id=f"escrow:{line.name}:explained",
        debit=accounts[what],
        credit=SUSPENSE,
        amount_minor=line.amount.amount_minor,
        currency=line.amount.currency,
        reason="escrow",
        subject=f"escrow:{line.statement_no}",
        occurred_at=now,
    )


def opening_transfers(
    before: tuple[int, Statement] | None, first: tuple[int, Statement], now: datetime
) -> Iterator[Transfer]:
    """Book the balance with which the chain opens, and take back the one that opened it before."""
    for found, debit, credit, word in (
        (before, FUNDS, BANK, "opening-back"),
        (first, BANK, FUNDS, "opening"),
    ):
        if found is None or before == first or not found[1].opening_minor:
            continue
        number, statement = found
        yield Transfer(
            transfer_id=f"escrow:{number}:{word}",
            debit=debit,
            credit=credit,
            amount_minor=statement.opening_minor,
            currency=statement.currency,
            reason="escrow",
            subject=f"escrow:{number}",
            occurred_at=now,
        )


def position(
    file: CaseFile,
    balances: Mapping[str, int],
    *,
    statements: int,
    proved_until: date | None,
    promised_minor: int,
) -> Position:
    """Funds and obligations from the books."""
    flying = sum(amount for name, amount in balances.items() if name.startswith("in_flight:"))
    at_rails = sum(amount for name, amount in balances.items() if name.startswith("rail:"))
    people = (OWED, SETTLED, RETURNED, DEPOSITED, PAID_BY_HAND)
    obligations = max(sum(balances[name] for name in people) + flying, promised_minor)
    booked = balances[BANK] + balances[IN_TRANSIT] + at_rails + balances[PAID_OUT]
    declared = file.funding
    usable = declared is not None and declared.currency == file.currency
    funds = booked if statements else (declared.amount_minor if declared and usable else 0)
    counts = statements > 0 or not file.demands_evidence
    return Position(
        currency=file.currency,
        declared_minor=declared.amount_minor if declared and usable else None,
        demands_evidence=file.demands_evidence,
        statements=statements,
        proved_until=proved_until,
        funds_minor=funds,
        bank_minor=balances[BANK],
        in_transit_minor=balances[IN_TRANSIT],
        at_rails_minor=at_rails,
        paid_out_minor=balances[PAID_OUT],
        fees_minor=balances[FEES],
        unexplained_minor=balances[SUSPENSE],
        owed_minor=balances[OWED],
        in_flight_minor=flying,
        settled_minor=balances[SETTLED],
        returned_minor=balances[RETURNED],
        deposited_minor=balances[DEPOSITED],
        by_hand_minor=balances[PAID_BY_HAND],
        obligations_minor=obligations,
        earmarked_minor=balances[EARMARKED],
        released_minor=balances[RELEASED],
        level=level(funds, obligations, share=file.escrow.alarm, counts=counts),
    )


def level(funds_minor: int, obligations_minor: int, *, share: float, counts: bool) -> Level:
    """How far the funds reach. From *share* of the funds on, what is owed is told as tight."""
    if not counts:
        return Level.UNPROVED
    if obligations_minor > funds_minor:
        return Level.SHORT
    if obligations_minor and obligations_minor * 1_000_000 >= funds_minor * round(share * 1e6):
        return Level.TIGHT
    return Level.AMPLE


def position_lines(found: Position) -> tuple[tuple[Said, int | None], ...]:
    """The position, a line each: what it is, and minor units; None where nothing proves them."""
    return (
        (said("declared in case.toml"), found.declared_minor),
        (said("funds"), found.funds_minor),
        (said("of which in the bank"), found.bank_minor),
        (said("of which between bank and rail"), found.in_transit_minor),
        (said("of which at rails"), found.at_rails_minor),
        (said("of which paid out, by rails' bills"), found.paid_out_minor),
        (said("charged by the bank"), found.fees_minor),
        (said("not explained"), found.unexplained_minor),
        (said("obligations"), found.obligations_minor),
        (said("of which owed, not under way"), found.owed_minor),
        (said("of which under way"), found.in_flight_minor),
        (said("of which settled"), found.settled_minor),
        (said("of which come back, owed again"), found.returned_minor),
        (said("of which deposited"), found.deposited_minor),
        (said("of which paid by hand"), found.by_hand_minor),
        (said("earmarked, not released"), found.earmarked_minor if found.evidenced else None),
        (said("released to rails"), found.released_minor if found.evidenced else None),
        (said("free"), found.free_minor),
    )


def told(level: Level) -> Said:
    """The level in words."""
    words = {
        Level.AMPLE: said("ample"),
        Level.TIGHT: said("TIGHT: little is left over; put more in before it is short"),
        Level.SHORT: said("SHORT: more is owed than is there"),
        Level.UNPROVED: said(
            "UNPROVED: only declared, and this case demands statements of the bank"
        ),
    }
    return said("funding: {level}", level=words[level])


def findings(found: Position, declared: Money | None, needed_minor: int) -> list[Finding]:
    """What keeps *needed_minor* from being promised or paid; nothing where it is there."""
    needed = Money(amount_minor=needed_minor, currency=found.currency)
    if not found.counts:
        return [
            Finding(
                kind=FindingKind.UNPROVED,
                message=said(
                    "funding is only declared, and this case demands evidence: {needed} are "
                    "needed; set funding.account in case.toml and import the statements of the "
                    "escrow account with `amends funding import CASE FILE`",
                    needed=needed.display(),
                ),
            )
        ]
    if not found.evidenced and declared is None:
        return [
            Finding(
                kind=FindingKind.NONE,
                message=said(
                    "no funding is given, {needed} are needed: give funding.amount in case.toml, "
                    "or import statements with `amends funding import CASE FILE`",
                    needed=needed.display(),
                ),
            )
        ]
    if not found.evidenced and declared and declared.currency != found.currency:
        return [
            Finding(
                kind=FindingKind.CURRENCY,
                message=said(
                    "funding is in {theirs}, {needed} are needed: give funding.amount in {ours}",
                    theirs=declared.currency,
                    needed=needed.display(),
                    ours=found.currency,
                ),
            )
        ]
    if found.funds_minor >= needed_minor:
        return []
    there = Money(amount_minor=found.funds_minor, currency=found.currency)
    return [
        Finding(
            kind=FindingKind.SHORT,
            message=said(
                "funding is short: {there} are there, {needed} are needed, {short} are missing; "
                "put them in and import the bank's statement, or raise funding.amount where the "
                "case is made up",
                there=there.display(),
                needed=needed.display(),
                short=(needed - there).display(),
            ),
        )
    ]


def forecast(found: Position, *, start: date, until: date) -> list[Day]:
    """What has to be paid by the end of each promised day, at an even pace, and what is missing.

    ``short`` against the funds, ``unreleased`` against what rails may use (where releases are
    needed).
    """
    days = max((until - start).days, 1)
    outstanding = Money(amount_minor=max(found.outstanding_minor, 0), currency=found.currency)
    left = found.funds_minor - found.settled_minor - found.given_minor
    usable = found.released_minor - found.settled_minor if found.evidenced else left
    due, told = 0, []
    for number, part in enumerate(allocate(outstanding, [1] * days)):
        due += part.amount_minor
        told.append(
            Day(
                day=start + timedelta(days=number + 1),
                due_minor=due,
                short_minor=max(due - left, 0),
                unreleased_minor=max(due - usable, 0),
            )
        )
    return told


def releasable_minor(found: Position) -> int:
    """How much may be released now: awarded, and there."""
    return max(min(found.awarded_minor, found.funds_minor) - found.released_minor, 0)


def earmark_after(found: Position, release_no: int, now: datetime) -> Iterator[Transfer]:
    """What corrections have changed since the awards, earmarked before a release."""
    change = found.awarded_minor - found.earmarked_minor - found.released_minor
    if change:
        yield Transfer(
            transfer_id=f"earmark:before-release:{release_no}",
            debit=FUNDS if change > 0 else EARMARKED,
            credit=EARMARKED if change > 0 else FUNDS,
            amount_minor=abs(change),
            currency=found.currency,
            reason="earmark",
            subject=f"release:{release_no}",
            occurred_at=now,
        )


def proved_until(statements: Sequence[Statement]) -> date | None:
    """The last day that the chain covers."""
    return max((statement.last_day for statement in statements), default=None)
