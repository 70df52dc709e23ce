"""How Chinese wallets write amounts and times: yuan with a point, Shanghai's clock."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from amends.kernel.money import Money, exponent
from amends.kernel.saying import Said, said
from amends.payouts.rails.model import RailUnavailableError

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The wallets' zone; China keeps no summer time."""


class MalformedBillError(RailUnavailableError):
    """A bill that cannot be read as one: nothing of it counts until it was fetched anew."""


def line_text(line: bytes, encoding: str, what: Said) -> str:
    """A line of a bill; *what* it is.

    Raises:
        MalformedBillError: it is not in this encoding.
    """
    try:
        return line.decode(encoding)
    except UnicodeDecodeError as error:
        raise not_text(what, encoding) from error


def not_text(what: Said, encoding: str) -> MalformedBillError:
    """That *what* is not in the encoding of the bill."""
    return MalformedBillError(
        said(
            "{what} is not in {encoding}: it was changed, or is in another encoding",
            what=what,
            encoding=encoding.upper(),
        )
    )


def reads(line: bytes, encoding: str) -> bool:
    """Whether a line is in an encoding."""
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


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
    whole, _, part = text.removeprefix("-" if text.startswith("-") else "+").partition(".")
    figures = whole + part.ljust(digits, "0")
    if len(part) > digits or not whole or not (figures.isascii() and figures.isdigit()):
        raise MalformedBillError(said("an amount is not an amount"))
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
        raise MalformedBillError(said("a time is not a time")) from error


def local_time(moment: datetime) -> str:
    """A moment as bills write it: Shanghai, whole seconds."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def places_of(names: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    """Where the *columns* (theirs → ours) stand in a header.

    Raises:
        MalformedBillError: one is not there.
    """
    for name in columns:
        if name not in names:
            raise MalformedBillError(said("its header lacks the column {column}", column=name))
    return {ours: names.index(theirs) for theirs, ours in columns.items()}


def plain_name(name: str) -> str:
    """A column's name without its note: ``收入金额（+元）`` → ``收入金额``."""
    return re.split(r"[（(]", name)[0]
