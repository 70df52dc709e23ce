"""Amounts and days as statements write them. Pure."""

from datetime import date
from decimal import Decimal, InvalidOperation

from amends.kernel.money import exponent
from amends.kernel.saying import said

_MOST = 10**15  # minor units: more is no account's balance, and does not fit the books


class UnreadableError(Exception):
    """A value that cannot be read. Its one argument says why, and never the value."""


def minor_units(amount: str | Decimal, currency: str) -> int:
    """An unsigned or signed decimal amount as minor units, exactly.

    Raises:
        UnreadableError: not a number, or more digits than the currency has.
    """
    try:
        scaled = Decimal(amount).scaleb(exponent(currency))
    except InvalidOperation:
        raise UnreadableError(said("an amount is not a number")) from None
    if not scaled.is_finite() or abs(scaled) > _MOST:
        raise UnreadableError(said("an amount is not a number of this size"))
    if scaled != scaled.to_integral_value():
        raise UnreadableError(
            said("an amount has more digits than {currency} has", currency=currency)
        )
    return int(scaled)


def day(text: str) -> date:
    """The day of an ISO 8601 date or time, in the zone in which it is written.

    Raises:
        UnreadableError: it is neither.
    """
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise UnreadableError(said("a day is not written like 2026-11-28")) from None


def whole(text: str | None) -> int | None:
    """A count or a running number above zero; None where there is none."""
    text = (text or "").strip()
    return int(text) or None if text.isascii() and text.isdigit() else None


def given(reference: str | None) -> str | None:
    """A reference; None where the bank's word is that there is none (SWIFT; EPC for SEPA)."""
    reference = (reference or "").strip()
    return None if reference in ("", "NONREF", "NOTPROVIDED") else reference
