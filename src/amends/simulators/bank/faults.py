"""What goes wrong when at the bank: read from a TOML file, decided by a hash, always the same.

Whether a kind of fault meets a payment, an account, a file or a day depends on the seed, the kind
and that subject alone. For users it is described in `docs/reference/simulator-bank.md`.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from amends.kernel.saying import said
from amends.kernel.tomltable import Table, a_duration, read_table, texts
from amends.simulators.faults import share_of

_WHOLE = 1 << 64


class Fault(StrEnum):
    """A kind of fault; its word is the table's name in the file. The subject stands beside it."""

    FILE_LOST = "file_lost"  # file
    FILE_REJECTED = "file_rejected"  # file
    SILENT = "silent"  # file
    REPORT_LATE = "report_late"  # file
    REPORT_TRUNCATED = "report_truncated"  # file
    ACCOUNT_UNKNOWN = "account_unknown"  # payee's account
    ACCOUNT_CLOSED = "account_closed"  # payee's account
    ACCOUNT_FROZEN = "account_frozen"  # payee's account
    NAME_MISMATCH = "name_mismatch"  # payee's account
    PAYMENT_REJECTED = "payment_rejected"  # number
    RETURNED = "returned"  # number
    BOOKED_WRONG_AMOUNT = "booked_wrong_amount"  # number
    LINE_MISSING = "line_missing"  # number
    LINE_DUPLICATE = "line_duplicate"  # number
    LINE_WRONG_AMOUNT = "line_wrong_amount"  # number
    STATEMENT_LATE = "statement_late"  # day
    STATEMENT_TRUNCATED = "statement_truncated"  # day
    NEVER_COMES = "never_comes"  # number, at a counter
    UNIDENTIFIED = "unidentified"  # number, at a counter
    OTHER_DOCUMENT = "other_document"  # number, at a counter
    COLLECTS_TWICE = "collects_twice"  # number, at a counter


ACCOUNT_CODES = {
    Fault.ACCOUNT_UNKNOWN: "AC01",
    Fault.ACCOUNT_CLOSED: "AC04",
    Fault.ACCOUNT_FROZEN: "AC06",
    Fault.NAME_MISMATCH: "BE01",
}
"""How the bank says that a payee's account takes no money."""

_CODES = {
    Fault.FILE_REJECTED: "FF01",
    Fault.PAYMENT_REJECTED: "MS03",
    Fault.RETURNED: "AC04",
}
_DELAYS = {
    Fault.REPORT_LATE: timedelta(hours=6),
    Fault.RETURNED: timedelta(days=2),
    Fault.STATEMENT_LATE: timedelta(days=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """When a kind of fault happens; its code and delay, where the kind has one."""

    rate: float = 0.0
    only: frozenset[str] = frozenset()
    code: str = ""
    after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """All rules of a file. Without a file nothing goes wrong."""

    seed: int = 0
    rules: dict[Fault, FaultRule] = field(default_factory=dict)

    def rule(self, fault: Fault, subject: str) -> FaultRule | None:
        """The rule of *fault* if it meets *subject*."""
        rule = self.rules.get(fault)
        if rule is None or subject in rule.only:
            return rule
        return rule if share_of(self.seed, fault, subject) < rule.rate else None


def read_faults(path: Path) -> Faults:
    """The rules in the file at *path*.

    Raises:
        CaseFileError: something in it is not right; the message names file, line and key.
    """
    missing = said("{path}: there is no such file of faults", path=path)
    table = read_table(path, missing=missing)
    rules = {fault: _rule(fault, table.table(fault, required=False)) for fault in Fault}
    seed = table.optional("seed", _seed, 0)
    table.refuse_unknown_keys()
    return Faults(seed=seed, rules={fault: rules[fault] for fault in Fault if fault in table})


def _rule(fault: Fault, words: Table) -> FaultRule:
    """The table of one kind of fault."""
    code, delay = _CODES.get(fault, ""), _DELAYS.get(fault, timedelta(0))
    return FaultRule(
        rate=words.optional("rate", _share, 0.0),
        only=words.optional("only", _subjects, frozenset()),
        code=words.optional("code", _code, code) if code else "",
        after=words.optional("after", a_duration, delay) if delay else delay,
    )


def _subjects(value: object) -> frozenset[str]:
    return frozenset(texts(value))


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(said("is a share: from 0 to 1"))
    return float(value)


def _seed(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(said("is a whole number"))  # noqa: TRY004 -- the file's mistake
    return value


def _code(value: object) -> str:
    if not isinstance(value, str) or re.fullmatch(r"[0-9A-Z]{4}", value) is None:
        raise ValueError(said('is a code of four letters or digits, like "AC04"'))
    return value
