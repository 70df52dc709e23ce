"""Statements and notifications whose lines are walked, however many they are."""

from dataclasses import dataclass

from amends.statements.lines import Lines, lines_of
from amends.statements.model import Head, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked(Head):
    """A statement; its lines come as columns, some at a time."""

    lines: Lines

    def whole(self) -> Statement:
        """With every line an object. What moves nothing (a fee of zero, a word) is none."""
        return Statement(
            form=self.form,
            account=self.account,
            currency=self.currency,
            identifier=self.identifier,
            number=self.number,
            first_day=self.first_day,
            last_day=self.last_day,
            opening_minor=self.opening_minor,
            closing_minor=self.closing_minor,
            lines=tuple(line for line in self.lines if line.amount_minor),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a bank tells of movements during the day: no balances, so it proves no total."""

    account: str
    currency: str
    identifier: str
    lines: Lines


def walked(statement: Statement) -> Walked:
    """A statement of few lines, as one of many."""
    return Walked(
        form=statement.form,
        account=statement.account,
        currency=statement.currency,
        identifier=statement.identifier,
        number=statement.number,
        first_day=statement.first_day,
        last_day=statement.last_day,
        opening_minor=statement.opening_minor,
        closing_minor=statement.closing_minor,
        lines=lines_of(statement.lines),
    )
