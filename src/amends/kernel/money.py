"""Money: integer minor units with a currency. Floats and Decimals only parse and display.

Exponents are those of ISO 4217 (list one): two digits unless the tables below say otherwise.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from amends.kernel.saying import said

_NO_DIGITS = frozenset(
    code
    for line in ("BIF CLP DJF GNF ISK JPY KMF KRW PYG", "RWF UGX UYI VND VUV XAF XOF XPF")
    for code in line.split()
)
_THREE_DIGITS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))
_TEXT = re.compile(r"(?P<currency>[A-Z]{3}) (?P<whole>[0-9]{1,15})(?:\.(?P<part>[0-9]{1,3}))?")


def exponent(currency: str) -> int:
    """Digits after the decimal point, by ISO 4217."""
    if currency in _NO_DIGITS:
        return 0
    return 3 if currency in _THREE_DIGITS else 2


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Money:
    """An amount in minor units (fen, cents) of a currency (three capital letters)."""

    amount_minor: int
    currency: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``CNY 5000.00``.

        Raises:
            ValueError: not that form, or more digits than the currency has.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError(said('an amount is written like "CNY 5000.00"'))
        currency, part = match["currency"], match["part"] or ""
        digits = exponent(currency)
        if len(part) > digits:
            raise ValueError(
                said(
                    "{currency} has at most {digits} digits after the point",
                    currency=currency,
                    digits=digits,
                )
            )
        return cls(amount_minor=int(match["whole"] + part.ljust(digits, "0")), currency=currency)

    def __str__(self) -> str:
        """``CNY 5000.00``: what :meth:`parse` reads."""
        digits = exponent(self.currency)
        sign, amount = ("-" if self.amount_minor < 0 else ""), abs(self.amount_minor)
        whole, part = divmod(amount, 10**digits)
        return f"{self.currency} {sign}{whole}" + (f".{part:0{digits}d}" if digits else "")

    def display(self) -> str:
        """``CNY 15,000,000,000.00``: for people."""
        whole, point, part = str(self)[4:].partition(".")
        return f"{self.currency} {int(whole):,}{point}{part}"

    def __add__(self, other: "Money") -> "Money":
        """The sum, of one currency."""
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add")
        return Money(amount_minor=self.amount_minor + other.amount_minor, currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """The difference, of one currency."""
        return self + Money(amount_minor=-other.amount_minor, currency=other.currency)

    def __mul__(self, count: int) -> "Money":
        """*count* times the amount."""
        return Money(amount_minor=self.amount_minor * count, currency=self.currency)


def allocate(total: Money, weights: Sequence[int]) -> list[Money]:
    """Divide *total* by *weights*: largest remainder, ties by position; the parts sum to the whole.

    Raises:
        ValueError: no positive weight, or a negative one.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must not be negative and need a positive sum")
    parts = [total.amount_minor * weight // whole for weight in weights]
    remainders = [total.amount_minor * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for i in by_remainder[: total.amount_minor - sum(parts)]:
        parts[i] += 1
    return [Money(amount_minor=part, currency=total.currency) for part in parts]
