"""How Chinese wallets write amounts and times: yuan with a point, Shanghai's clock."""

from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from amends.kernel.money import Money, exponent
from amends.payouts.rails.model import Direction, StatementLine

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The wallets' zone; China keeps no summer time."""


class MalformedBillError(ValueError):
    """A bill that cannot be read as one."""


def amount_of(text: str, currency: str) -> Money:
    """An amount in yuan with the currency's digits, sign included.

    Raises:
        MalformedBillError: not an amount.
    """
    return Money(amount_minor=minor_of(text, exponent(currency)), currency=currency)


def minor_of(text: str, digits: int) -> int:
    """Minor units of an amount with at most *digits* digits after the point.

    Raises:
        MalformedBillError: not an amount.
    """
    whole, _, part = text.lstrip("+-").partition(".")
    figures = whole + part.ljust(digits, "0")
    if len(part) > digits or not whole or not (figures.isascii() and figures.isdigit()):
        raise MalformedBillError("an amount is not an amount")
    return -int(figures) if text.startswith("-") else int(figures)


@lru_cache(maxsize=4096)
def line_time(text: str) -> datetime:
    """A bill's time (Shanghai), as an aware UTC one; many lines share a second.

    Raises:
        MalformedBillError: not a time.
    """
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedBillError("a time is not a time") from error


def local_time(moment: datetime) -> str:
    """A moment as bills write it: Shanghai, whole seconds."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def balance_before(line: StatementLine) -> Money:
    """What the account held just before *line*."""
    if line.direction is Direction.IN:
        return line.balance_after - line.amount
    return line.balance_after + line.amount
