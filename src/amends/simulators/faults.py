"""What goes wrong when: read from a TOML file, decided by a hash, the same after every restart.

Whether a kind of fault meets a payment depends only on the seed, the kind, and the payment's
number (or the payee's account): never on time, order or chance. For users it is described in
`docs/reference/simulator-*.md`. Which kinds a simulator knows, and what each of them means there,
is the simulator's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from amends.kernel.saying import said
from amends.kernel.tomltable import Table, a_duration, a_whole_number, read_table, texts
from amends.simulators.limits import Limits, read_limits

_Value = TypeVar("_Value")
_WHOLE = 1 << 64


class CallFault(StrEnum):
    """What can happen to a call, whatever it asks for."""

    HTTP_500 = "http_500"
    LOST_REQUEST = "lost_request"
    LOST_ANSWER = "lost_answer"
    SYSTEM_ERROR = "system_error"
    BAD_SIGNATURE = "bad_signature"
    SLOW = "slow"


class PayeeFault(StrEnum):
    """What can be wrong with a payee."""

    PAYEE_UNKNOWN = "payee_unknown"
    NAME_MISMATCH = "name_mismatch"
    NOT_REAL_NAME = "not_real_name"
    UNVERIFIED = "unverified"
    PAYEE_BLOCKED = "payee_blocked"


class OrderFault(StrEnum):
    """What can become of an order after it was taken, or be said of it."""

    DEALING = "dealing"
    RETURNED = "returned"
    QUERY_NOT_EXIST_FIRST = "query_not_exist_first"
    CONFIRMED_LATE = "confirmed_late"
    NEVER_CONFIRMED = "never_confirmed"
    ANSWER_WRONG_AMOUNT = "answer_wrong_amount"


class BillFault(StrEnum):
    """What can be wrong with a line of the bill."""

    BILL_MISSING = "bill_missing"
    BILL_DUPLICATE = "bill_duplicate"
    BILL_WRONG_AMOUNT = "bill_wrong_amount"


class CallbackFault(StrEnum):
    """What can happen to a notification."""

    CALLBACK_LOST = "callback_lost"
    CALLBACK_DUPLICATE = "callback_duplicate"
    CALLBACK_LATE = "callback_late"
    CALLBACK_FORGED = "callback_forged"


Fault = CallFault | PayeeFault | OrderFault | BillFault | CallbackFault
"""A kind of fault; its word is the table's name in the file."""

ON_TRANSFER = frozenset(("transfer",))


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """When a kind of fault happens, and how. Which of the settings a kind has: `EXTRAS`."""

    rate: float = 0.0
    only: frozenset[str] = frozenset()
    attempts: int = 1
    on: frozenset[str] = ON_TRANSFER
    done: float = 0.5
    delay: timedelta = timedelta(seconds=2)
    after: timedelta = timedelta(minutes=5)
    fail: float = 0.0
    repeats: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """All rules of a file, and the limits that it names. Without a file nothing goes wrong."""

    seed: int = 0
    rules: dict[Fault, FaultRule] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def rule(self, fault: Fault, subject: str) -> FaultRule | None:
        """The rule of *fault* if it meets *subject* (a number, or a payee's account)."""
        rule = self.rules.get(fault)
        if rule is None or subject in rule.only:
            return rule
        return rule if rule.rate and self.share(fault, subject) < rule.rate else None

    def share(self, purpose: str, subject: str) -> float:
        """A number from 0 (included) to 1 (excluded) that stands for *purpose* and *subject*."""
        return share_of(self.seed, purpose, subject)


def share_of(seed: int, purpose: str, subject: str) -> float:
    """A number from 0 (included) to 1 (excluded), always the same for the same three."""
    text = f"{seed}\0{purpose}\0{subject}".encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") / _WHOLE


def read_faults(
    path: Path, kinds: Sequence[Fault], limits: Sequence[str] = (), currency: str = "CNY"
) -> Faults:
    """The rules in the file at *path*, of these *kinds*, and its *limits* in *currency*.

    Raises:
        CaseFileError: something in it is not right; the message names file, line and key.
    """
    missing = said("{path}: there is no such file of faults", path=path)
    table = read_table(path, missing=missing)
    rules = {fault: _rule(fault, table.table(fault, required=False)) for fault in kinds}
    seed = table.optional("seed", _seed, 0)
    named = Limits()
    if limits:
        named = read_limits(table.table("limits", required=False), limits, currency)
    table.refuse_unknown_keys()
    found = {fault: rules[fault] for fault in kinds if fault in table}
    return Faults(seed=seed, rules=found, limits=named)


EXTRAS: dict[Fault, tuple[str, ...]] = {
    **dict.fromkeys(CallFault, ("attempts", "on")),
    CallFault.HTTP_500: ("attempts", "on", "done"),
    CallFault.SYSTEM_ERROR: ("attempts", "on", "done"),
    CallFault.SLOW: ("attempts", "on", "delay"),
    OrderFault.DEALING: ("after", "fail"),
    OrderFault.RETURNED: ("after",),
    OrderFault.CONFIRMED_LATE: ("after",),
    OrderFault.QUERY_NOT_EXIST_FIRST: ("attempts",),
    CallbackFault.CALLBACK_DUPLICATE: ("repeats",),
    CallbackFault.CALLBACK_LATE: ("delay",),
}


_AFTER: dict[Fault, timedelta] = {
    OrderFault.RETURNED: timedelta(hours=30),
    OrderFault.CONFIRMED_LATE: timedelta(hours=20),
}


def _rule(fault: Fault, words: Table) -> FaultRule:
    """The table of one kind of fault."""
    plain, extras = FaultRule(), EXTRAS.get(fault, ())

    def extra(name: str, read: Callable[[object], _Value], default: _Value) -> _Value:
        return words.optional(name, read, default) if name in extras else default

    return FaultRule(
        rate=words.optional("rate", _share, plain.rate),
        only=words.optional("only", _subjects, plain.only),
        attempts=extra("attempts", a_whole_number, plain.attempts),
        on=extra("on", _calls, plain.on),
        done=extra("done", _share, plain.done),
        delay=extra("delay", a_duration, plain.delay),
        after=extra("after", a_duration, _AFTER.get(fault, plain.after)),
        fail=extra("fail", _share, plain.fail),
        repeats=extra("repeats", a_whole_number, plain.repeats),
    )


def _share(value: object) -> float:
    """A share: from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("is a share: from 0 to 1")
    return float(value)


def _seed(value: object) -> int:
    """Any whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("is a whole number")  # noqa: TRY004  # the file's mistake
    return value


def _subjects(value: object) -> frozenset[str]:
    """Numbers, or payees' accounts."""
    return frozenset(texts(value))


def _calls(value: object) -> frozenset[str]:
    """Which calls a fault of a call meets."""
    calls = frozenset(texts(value))
    if not calls <= {"transfer", "query"}:
        raise ValueError('is a list of "transfer" and "query"')
    return calls
