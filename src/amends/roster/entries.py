"""Log entries: what the log says, in fixed lengths, big-endian, the type in the first byte.

Byte by byte in docs/formats/roster.md. A type, once written, keeps its meaning for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct

import numpy as np

HASH = "32s"


class EntryType(IntEnum):
    """The first byte of an entry. 7 is reserved: BESPOKE."""

    CASE = 0
    AWARD = 1
    SCOPE = 2
    BATCH = 3
    STATE = 4
    CORRECTION = 5
    CLAIMS = 6
    SEAL = 8
    ERASED = 9


class State(IntEnum):
    """What is published of an award, one byte per award and epoch."""

    PROMISED = 0
    SENT = 1
    SETTLED = 2
    RETURNED = 3
    NEEDS_PERSON = 4
    DISPUTED = 5
    WAIVED = 6
    OPEN = 7


MOVES: dict[State, frozenset[State]] = {
    State.PROMISED: frozenset(State),
    State.SENT: frozenset(State) - {State.PROMISED},
    State.SETTLED: frozenset(State) - {State.PROMISED, State.WAIVED},
    State.RETURNED: frozenset(State) - {State.PROMISED},
    State.NEEDS_PERSON: frozenset(State),
    State.DISPUTED: frozenset(State),
    State.WAIVED: frozenset((State.DISPUTED, State.WAIVED, State.OPEN)),
    State.OPEN: frozenset(State),
}
"""The moves that an award may make from one epoch to a later one. An award of which money was ever
sent is not merely promised again, and nothing leads back from a waiver but a dispute."""

OWN = 30
"""The class of awards that have an amount of their own, each another."""

ANNULLED = 31
"""The class of an award of which nothing is owed any more."""

RAIL_CODES = {"alipay": 1, "wechatpay": 2, "iso20022": 3, "counter": 4}
"""How a BATCH entry names a rail; 0 is any other."""

CASE = Struct(f">B{HASH}")
AWARD = Struct(f">BBIQ{HASH}")
AWARDS = np.dtype(
    [("type", "u1"), ("class", "u1"), ("flags", ">u4"), ("amount", ">u8"), ("commitment", "V32")]
)
"""Rows of AWARD entries."""

SCOPE = Struct(f">BIQ{HASH}")
BATCH = Struct(f">BIBIQ{HASH}")
CORRECTION = Struct(f">BIBBQ{HASH}")
CLAIMS = Struct(f">BII{HASH}")
SEAL = Struct(f">BIQIQIQ{HASH}")
ERASED = Struct(f">B{HASH}")
STATE = Struct(f">BI{HASH}{HASH}" + "IQ" * len(State))


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How many awards or payments, and how much in minor units."""

    count: int
    amount_minor: int

    def __add__(self, other: "Total") -> "Total":
        """The sum of both."""
        return Total(
            count=self.count + other.count, amount_minor=self.amount_minor + other.amount_minor
        )

    def __sub__(self, other: "Total") -> "Total":
        """The difference."""
        return Total(
            count=self.count - other.count, amount_minor=self.amount_minor - other.amount_minor
        )


NOTHING = Total(count=0, amount_minor=0)


def case_entry(case_sha256: bytes) -> bytes:
    """CASE: the hash of ``case.json`` as stored. Index 0, once."""
    return CASE.pack(EntryType.CASE, case_sha256)


def award_entry(award_class: int, amount_minor: int, commitment: bytes) -> bytes:
    """AWARD: class, flags (none are defined), amount, commitment. 46 bytes."""
    return AWARD.pack(EntryType.AWARD, award_class, 0, amount_minor, commitment)


def scope_entry(people: Total, evidence: bytes) -> bytes:
    """SCOPE: people and money of the whole case so far, and the hash of the evidence for it."""
    return SCOPE.pack(EntryType.SCOPE, people.count, people.amount_minor, evidence)


def batch_entry(number: int, rail: str, payments: Total, batch_sha256: bytes) -> bytes:
    """BATCH: number from 1, rail, payments, the hash of ``batches/<number>.json`` as stored."""
    code = RAIL_CODES.get(rail, 0)
    return BATCH.pack(
        EntryType.BATCH, number, code, payments.count, payments.amount_minor, batch_sha256
    )


def correction_entry(
    award_index: int, award_class: int, reason: int, amount_minor: int, decision_sha256: bytes
) -> bytes:
    """CORRECTION: award, class, reason, amount, the hash of ``corrections/<n>.json`` as stored.

    Class ``ANNULLED`` and amount 0 say that nothing is owed any more.
    """
    return CORRECTION.pack(
        EntryType.CORRECTION, award_index, award_class, reason, amount_minor, decision_sha256
    )


def state_entry(
    epoch: int, state_sha256: bytes, stats_sha256: bytes, totals: Sequence[Total]
) -> bytes:
    """STATE: epoch from 1, the hashes of both its files as stored, count and sum of every state."""
    assert len(totals) == len(State)  # noqa: S101 - one total per state
    flat = [number for total in totals for number in (total.count, total.amount_minor)]
    return STATE.pack(EntryType.STATE, epoch, state_sha256, stats_sha256, *flat)


def claims_entry(publication: int, buckets: int, about_sha256: bytes) -> bytes:
    """CLAIMS: publication from 1, how many buckets, the hash of ``claims/claims.json`` as stored.

    The newest one counts; buckets of earlier ones are published no more.
    """
    return CLAIMS.pack(EntryType.CLAIMS, publication, buckets, about_sha256)


def seal_entry(*, owed: Total, settled: Total, deposited: Total, seal_sha256: bytes) -> bytes:
    """SEAL: what is owed, arrived and lies with a notary in the end, the hash of ``seal.json``.

    The last entry of the log, but for ERASED.
    """
    figures = (
        number
        for total in (owed, settled, deposited)
        for number in (total.count, total.amount_minor)
    )
    return SEAL.pack(EntryType.SEAL, *figures, seal_sha256)


def erased_entry(erased_sha256: bytes) -> bytes:
    """ERASED: the hash of ``erased.json``. After a SEAL, once."""
    return ERASED.pack(EntryType.ERASED, erased_sha256)
