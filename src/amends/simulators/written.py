"""How Chinese wallets write times and amounts, from the provider's side."""

import json
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from amends.kernel.money import Money, exponent

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
DAY_MS = 86_400_000

Fields = dict[str, object]
"""The content of an answer."""

COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""How gateways write JSON."""

SORTED = json.JSONEncoder(sort_keys=True, ensure_ascii=False)
"""The same content, the same text."""

_USUAL_DIGITS = 2


def yuan(amount_minor: int, currency: str) -> str:
    """``5000.00``."""
    if amount_minor >= 0 and exponent(currency) == _USUAL_DIGITS:  # a bill has many lines
        return f"{amount_minor // 100}.{amount_minor % 100:02d}"
    return str(Money(amount_minor=amount_minor, currency=currency))[4:]


def local_time(moment_ms: int) -> str:
    """A moment as bills write it: Shanghai, whole seconds."""
    return _local_time(moment_ms // 1000)


@lru_cache(maxsize=256)
def read_time(text: str) -> int:
    """What `local_time` wrote, as milliseconds; ``ValueError`` for anything else."""
    moment = datetime.fromisoformat(text)
    return int(moment.replace(tzinfo=SHANGHAI).timestamp()) * 1000


def day_start(moment_ms: int) -> int:
    """The midnight in Shanghai before a moment."""
    moment = datetime.fromtimestamp(moment_ms // 1000, SHANGHAI)
    return int(moment.replace(hour=0, minute=0, second=0).timestamp()) * 1000


def month_start(moment_ms: int) -> int:
    """The midnight in Shanghai with which the month of a moment begins."""
    moment = datetime.fromtimestamp(moment_ms // 1000, SHANGHAI)
    return int(moment.replace(day=1, hour=0, minute=0, second=0).timestamp()) * 1000


@lru_cache(maxsize=4096)
def _local_time(moment_s: int) -> str:
    moment = datetime.fromtimestamp(moment_s, UTC).astimezone(SHANGHAI)
    return moment.strftime("%Y-%m-%d %H:%M:%S")
