"""What a simulated contract allows: named by the command line or the file of faults, or nowhere.

Days and months are the provider's, in Shanghai, on the simulator's clock. For users:
`docs/reference/simulator-*.md`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.tomltable import Table, a_text, a_whole_number

ANY_NUMBER = 0
"""Of calls in a second: the provider counts none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """None: not named, so there is no such limit (or that of the public pages).

    ``transfer_max``: of one transfer. ``day_max``, ``month_max``: of all that the merchant sends.
    ``payee_day_max``, ``payee_month_max``, ``payee_day_count``: of all that one payee receives.
    ``unverified_day_max``: of what a payee receives who has not proved the name.
    ``calls_per_second``: of each kind of call, within any second of the machine's clock.
    """

    transfer_max: Money | None = None
    day_max: Money | None = None
    month_max: Money | None = None
    payee_day_max: Money | None = None
    payee_month_max: Money | None = None
    payee_day_count: int | None = None
    unverified_day_max: Money | None = None
    calls_per_second: int | None = None

    def over(self, others: "Limits") -> "Limits":
        """These, and *others* where these name nothing."""
        named = {
            one.name: getattr(others if getattr(self, one.name) is None else self, one.name)
            for one in fields(Limits)
        }
        return Limits(**named)


ALIPAY = (
    *("transfer_max", "day_max", "month_max"),
    *("payee_day_count", "unverified_day_max", "calls_per_second"),
)
WECHATPAY = (
    *("transfer_max", "day_max", "month_max"),
    *("payee_day_max", "payee_month_max", "payee_day_count", "calls_per_second"),
)
"""Which limits each provider has."""


def read_limits(table: Table, words: Sequence[str], currency: str) -> Limits:
    """The limits among *words* that *table* names."""

    def amount(value: object) -> Money:
        return amount_in(a_text(value), currency)

    found: dict[str, Money | int | None] = {}
    for word in words:
        read: Callable[[object], Money | int] = _COUNTS.get(word, amount)
        found[word] = table.optional(word, read, None)
    return Limits(**found)  # type: ignore[arg-type]  # each word is read as what it is


def _calls(value: object) -> int:
    """Of calls in a second; 0: any number."""
    return (
        ANY_NUMBER if value == ANY_NUMBER and not isinstance(value, bool) else a_whole_number(value)
    )


_COUNTS: dict[str, Callable[[object], int]] = {
    "payee_day_count": a_whole_number,
    "calls_per_second": _calls,
}


def amount_in(text: str, currency: str) -> Money:
    """``CNY 100.00`` or ``100.00``, in *currency*; ``ValueError`` for anything else."""
    amount = Money.parse(text if " " in text else f"{currency} {text}")
    if amount.currency != currency:
        raise ValueError(
            said("is in {currency}, not in {other}", currency=amount.currency, other=currency)
        )
    return amount
