"""Money that a provider holds: given to it, taken, and neither with the payee nor back.

It is nobody's to send again. A payment that waits for the payee's confirmation ends by itself when
the time is over (the money never left, or comes back), and then goes to the person's next account;
a provider's own hold ends when the provider says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from amends.kernel.ids import AwardIndex, InstructionId
from amends.kernel.money import Money
from amends.kernel.saying import Said, said
from amends.payouts.rails.wechat_codes import CONFIRM_WITHIN
from amends.store.columns import moment, whole
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

_CONFIRM_WITHIN: Final[Mapping[str, timedelta]] = {"wechatpay": CONFIRM_WITHIN}
"""By rail: how long a payee has to confirm; where none is named, the other side says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A payment that a provider has taken. ``until``: when it ends by itself; None: unknown."""

    number: InstructionId
    award_index: AwardIndex
    rail: str
    amount: Money
    since: datetime
    until: datetime | None

    def told(self, now: datetime) -> Said:
        """What to do about it, and when."""
        if self.until is None:
            return said("the provider holds it and says when; `amends reconcile CASE` asks")
        if now < self.until:
            return said(
                "waits for the payee to confirm until {until}: remind them", until=self.until
            )
        return said("the time to confirm is over: `amends reconcile CASE` learns how it ended")


def holdings(opened: OpenCase, most: int) -> tuple[list[Holding], int]:
    """The payments that providers hold, longest first, at most *most*; and how many there are."""
    with opened.database.reading() as connection:
        rows = _held(connection, most)
        many = _count(connection)
    return [_holding(row) for row in rows], many


def _holding(row: tuple[object, ...]) -> Holding:
    number, award, rail, amount, currency, since = row
    began, time = moment(since), _CONFIRM_WITHIN.get(str(rail))
    return Holding(
        number=InstructionId(str(number)),
        award_index=AwardIndex(whole(award)),
        rail=str(rail),
        amount=Money(amount_minor=whole(amount), currency=str(currency)),
        since=began,
        until=None if time is None else began + time,
    )


def _held(connection: Connection, most: int) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT instruction_id, award_index, rail, amount_minor, currency, sent_at "
        "FROM payouts.instruction WHERE state = 'accepted' "
        "ORDER BY sent_at, instruction_id LIMIT %(most)s",
        {"most": most},
    ).fetchall()


def _count(connection: Connection) -> int:
    row = connection.execute(
        "SELECT count(*) FROM payouts.instruction WHERE state = 'accepted'"
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate gives a row
    return whole(row[0])
