"""What proves a statement, and a chain of them. Pure."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Literal

from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.statements.model import Form, Problem, Statement, StatementError, outside_period


def check(
    statement: Statement, name: str, *, account: str, currency: str, latest: date
) -> Literal[True]:
    """Refuse a statement that is not of this account, or does not prove its closing balance.

    *latest*: the last day that has begun anywhere.

    Raises:
        StatementError: the first thing that is wrong with it.
    """
    if plain(statement.account) != plain(account):
        raise StatementError(
            Problem.OTHER_ACCOUNT,
            said(
                "{file}: is of the account ending in {theirs}, not of funding.account, which ends "
                "in {ours}; import the statement of the escrow account",
                file=name,
                theirs=plain(statement.account)[-4:],
                ours=plain(account)[-4:],
            ),
        )
    if statement.currency != currency:
        raise StatementError(
            Problem.WRONG_CURRENCY,
            said(
                "{file}: is in {theirs}, and the case pays in {ours}; money has to lie there in "
                "{ours} before it counts",
                file=name,
                theirs=statement.currency,
                ours=currency,
            ),
        )
    _check_days(statement, name, latest)
    _check_sum(statement, name)
    return True


def plain(account: str) -> str:
    """An account number without the spaces and signs that banks write into it."""
    return "".join(sign for sign in account.upper() if sign.isalnum())


def _check_days(statement: Statement, name: str, latest: date) -> None:
    newest = max([statement.last_day, *(line.booked_on for line in statement.lines)])
    if newest > latest:
        raise StatementError(
            Problem.FUTURE,
            said(
                "{file}: reaches to {day}, which has not come yet; a statement proves the past "
                "only",
                file=name,
                day=newest.isoformat(),
            ),
        )
    # MT940 does not say from which day it is, only what the balance before it was.
    earliest = date.min if statement.form is Form.MT940 else statement.first_day
    outside = [
        line.booked_on
        for line in statement.lines
        if not earliest <= line.booked_on <= statement.last_day
    ]
    if outside or statement.first_day > statement.last_day:
        raise outside_period(name, statement.first_day, statement.last_day, len(outside))


def _check_sum(statement: Statement, name: str) -> None:
    """Opening and movements make the closing balance, and no balance is below zero."""
    moved = sum(line.signed_minor for line in statement.lines)
    right = statement.opening_minor + moved
    if right != statement.closing_minor:
        raise StatementError(
            Problem.DOES_NOT_ADD_UP,
            said(
                "{file}: opening {opening} and movements {moved} make {right}, and the closing "
                "balance says {closing}; something is missing or was changed: ask the bank",
                file=name,
                opening=_shown(statement.opening_minor, statement),
                moved=_shown(moved, statement),
                right=_shown(right, statement),
                closing=_shown(statement.closing_minor, statement),
            ),
        )
    if min(statement.opening_minor, statement.closing_minor) < 0:
        raise StatementError(
            Problem.OVERDRAWN,
            said(
                "{file}: the account is overdrawn ({balance}), which is a debt and no funding",
                file=name,
                balance=_shown(min(statement.opening_minor, statement.closing_minor), statement),
            ),
        )


def _shown(amount_minor: int, statement: Statement) -> str:
    return Money(amount_minor=amount_minor, currency=statement.currency).display()


def joined(named: Sequence[tuple[str, Statement]]) -> list[tuple[str, Statement]]:
    """Statements of one account with their files, in order, each beginning where one ended.

    Raises:
        StatementError: one is there twice, overlaps another, or one is missing between two.
    """
    chain = sorted(named, key=lambda pair: _order(pair[1]))
    for (earlier_name, earlier), (name, later) in pairwise(chain):
        _check_pair(earlier_name, earlier, name, later)
    return chain


def _order(statement: Statement) -> tuple[date, int, date]:
    return statement.last_day, statement.number or 0, statement.first_day


def _check_pair(earlier_name: str, earlier: Statement, name: str, later: Statement) -> None:
    """Refuse two neighbours of a chain that do not join."""
    same_days = (earlier.first_day, earlier.last_day) == (later.first_day, later.last_day)
    if same_days and earlier.number == later.number:
        raise StatementError(
            Problem.DUPLICATE_STATEMENT,
            said(
                "{file}: is the statement of {first} to {last} that {other} holds too; one of them "
                "is enough: leave this one out",
                file=name,
                other=earlier_name,
                first=later.first_day.isoformat(),
                last=later.last_day.isoformat(),
            ),
        )
    follows = _follows(earlier, later)
    if later.first_day < earlier.last_day or (later.first_day == earlier.last_day and not follows):
        raise StatementError(
            Problem.OVERLAP,
            said(
                "{file}: begins on {first}, and {other} reaches to {last}; days must not be told "
                "twice: ask the bank for statements that follow each other",
                file=name,
                other=earlier_name,
                first=later.first_day.isoformat(),
                last=earlier.last_day.isoformat(),
            ),
        )
    if earlier.closing_minor != later.opening_minor:
        raise StatementError(
            Problem.GAP,
            said(
                "{file}: opens with {opening}, and the one before it, {other}, closed on {last} "
                "with {closing}; a statement between them is missing: import them together",
                file=name,
                other=earlier_name,
                opening=_shown(later.opening_minor, later),
                last=earlier.last_day.isoformat(),
                closing=_shown(earlier.closing_minor, earlier),
            ),
        )
    if follows is False:
        raise StatementError(
            Problem.GAP,
            said(
                "{file}: is number {number} of the bank's statements, and the one before it, "
                "{other}, is number {before}; a statement between them is missing: import them "
                "together",
                file=name,
                number=later.number,
                other=earlier_name,
                before=earlier.number,
            ),
        )


def _follows(earlier: Statement, later: Statement) -> bool | None:
    """Whether the running numbers follow each other; None where they do not say.

    Banks begin again at 1 with the year, and some number every statement 1.
    """
    if earlier.number is None or later.number is None or later.number == 1:
        return None
    return later.number == earlier.number + 1
