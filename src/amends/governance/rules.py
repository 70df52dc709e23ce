"""Digests, signatures and the chain of the audit trail: values in, values out.

Every hash and every signature begins with its own domain, so that none can stand for another.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from amends.governance.model import (
    JSON,
    Approval,
    AuditEntry,
    DecisionError,
    GovernanceError,
    Need,
    Outgoing,
    Proposal,
)
from amends.kernel.canonical import canonical
from amends.kernel.case import GovernanceSettings
from amends.kernel.categories import CATEGORIES
from amends.kernel.ids import Operator
from amends.kernel.saying import said

FIRST_PREVIOUS = bytes(32)
"""What the first audit entry has for the hash of its predecessor."""

MILLION = 1_000_000
EXPORT_QUOTA = 0.25
"""Sum of weights that may leave of a case on one person's word in 24 hours (law report §1.3,
design). A weight of 1 is serious for anybody, a half already for data from one's duties."""
EXPORT_ALARM = 0.1
"""Sum of weights from which the operator is told (law report §1.3, design)."""
OTHER_RECORDS = 5_000
"""Records of any other kind that are serious (judicial interpretation of 2017 on CL 253-1)."""
RECORDS = {"ACCOUNT": 50, "AMOUNT": 500, "CODE": 500}
"""The threshold of what only Amends holds: payees' accounts are property information (50 records),
what a person was awarded or paid, and the code that opens it, is transaction information (500)."""
CONTACT = frozenset(
    (
        *(
            "PHONE",
            "EMAIL",
            "ADDRESS",
            "BANKCARD",
            "ACCOUNT",
            "USERNAME",
            "IDNO",
            "PASSPORT",
            "PERMIT",
        ),
        "CODE",
    )
)
"""By what a person is reached, paid, proves who they are or opens what is sealed for them: two
people sign (contract)."""

_PROPOSAL = b"amends proposal v1\0"
_APPROVAL = b"amends approval v1\0"
_AUDIT = b"amends audit v1\0"
_STATEMENT = b"amends statement v1\0"
_NUMBERS = re.compile(
    r"(?<![0-9])(?:1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]|[0-9]{15,19})(?![0-9])|[^\s@]+@[^\s@]+\.[^\s@]+"
)
_OPERATOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def proposal(case_id: str, kind: str, body: Mapping[str, JSON]) -> Proposal:
    """The proposal of *body*, with the digest that operators sign."""
    text = canonical(body)
    return Proposal(digest=proposal_digest(case_id, kind, text), kind=kind, body=text)


_MONEY: Final = (
    *("total_minor", "amount_minor", "granted_minor", "raised_minor", "change_minor"),
    "case_total_minor",
)
"""What a proposal calls the money that it is about; the largest counts."""


def need(settings: GovernanceSettings, body: str) -> Need:
    """Who has to sign a proposal, by the money that it is about."""
    content = json.loads(body)
    amounts = [content.get(name) for name in _MONEY]
    money = max((abs(amount) for amount in amounts if isinstance(amount, int)), default=0)
    reached = [band for band in settings.bands if band.least.amount_minor <= money]
    if not reached:
        return Need()
    band = max(reached, key=lambda one: one.least.amount_minor)
    return Need(people=band.people, one_of=band.one_of)


def proposal_digest(case_id: str, kind: str, body: str) -> str:
    """SHA-256 over case, kind and canonical body, in hexadecimal."""
    content = canonical([case_id, kind, body]).encode()
    return hashlib.sha256(_PROPOSAL + content).hexdigest()


def sign(key: Ed25519PrivateKey, digest: str) -> bytes:
    """An operator's approval of a proposal."""
    return key.sign(_APPROVAL + bytes.fromhex(digest))


def valid_approvers(digest: str, approvals: Iterable[Approval]) -> tuple[Operator, ...]:
    """The different operators whose signature over the proposal verifies, by name.

    One key counts once, under whatever names it was stored.
    """
    by_key = {one.public_key: one.operator for one in approvals if _verifies(digest, one)}
    return tuple(sorted(set(by_key.values())))


def statement_digest(case_id: str, kind: str, body: Mapping[str, JSON]) -> str:
    """SHA-256 over case, kind and canonical body of what an operator states, in hexadecimal."""
    content = canonical([case_id, kind, canonical(body)]).encode()
    return hashlib.sha256(_STATEMENT + content).hexdigest()


def sign_statement(key: Ed25519PrivateKey, digest: str) -> bytes:
    """An operator's signature under a statement; it is no approval of anything."""
    return key.sign(_STATEMENT + bytes.fromhex(digest))


def states(public_key: bytes, digest: str, signature: bytes) -> bool:
    """Whether the holder of the key signed the statement."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(
            signature, _STATEMENT + bytes.fromhex(digest)
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def checked_operator(name: str) -> Operator:
    """The name, if it can be an operator's.

    Raises:
        GovernanceError: it cannot; it becomes a file name.
    """
    if _OPERATOR.fullmatch(name) is None:
        raise GovernanceError(
            said(
                "{name!r} cannot be an operator's name: use at most 64 letters, digits, '.', "
                "'_', '-'",
                name=name,
            )
        )
    return Operator(name)


def refuse_numbers(text: str) -> None:
    """Refuse a text of the log that carries a mobile, identity or card number or an e-mail address.

    Raises:
        DecisionError: it does.
    """
    if _NUMBERS.search(text):
        raise DecisionError(
            said(
                "the text carries what looks like a person's number or address: name awards and "
                "counts instead, and write amounts with separators"
            )
        )


def weight_millionths(rows: int, categories: Iterable[str]) -> int:
    """What rows weigh in millionths of a serious case: each by its gravest category.

    50, 500 or 5,000 records are one, by kind (judicial interpretation of 2017 on Criminal Law
    article 253-1, articles 5 and 11: a person's data is counted as found).
    """
    thresholds = [_records(code) for code in categories]
    return rows * MILLION // min(thresholds) if thresholds else 0


def needs_two(outgoing: Outgoing, *, before: int, quota: float | None, made_up: bool) -> bool:
    """Whether two people have to sign what leaves. *before*: millionths of the last 24 hours.

    Contact and payment details always want two (contract). Where case.toml sets a quota it holds
    for everything; else the default holds for real cases, and not for what the contract exempts.
    """
    if set(outgoing.categories) & CONTACT:
        return True
    weight = weight_millionths(outgoing.rows, outgoing.categories)
    if weight == 0 or (quota is None and (made_up or outgoing.contract)):
        return False
    return before + weight > (quota or EXPORT_QUOTA) * MILLION


def entry_hash(entry: AuditEntry) -> bytes:
    """The hash that the next entry of the audit trail carries."""
    content = canonical(
        [
            entry.entry_no,
            entry.occurred_at.astimezone(UTC).isoformat(timespec="microseconds"),
            entry.actor,
            entry.action,
            entry.details,
        ]
    )
    return hashlib.sha256(_AUDIT + entry.previous + content.encode()).digest()


def first_break(entries: Iterable[tuple[AuditEntry, bytes]]) -> int | None:
    """The number of the first entry that does not follow from the one before; None if all do."""
    previous = FIRST_PREVIOUS
    for expected_no, (entry, stored_hash) in enumerate(entries, start=1):
        follows = entry.entry_no == expected_no and entry.previous == previous
        if not follows or entry_hash(entry) != stored_hash:
            return expected_no
        previous = stored_hash
    return None


def _records(code: str) -> int:
    """From how many records of a category it is serious."""
    known = CATEGORIES.get(code)
    records = RECORDS.get(code) or (known.crime_records if known else OTHER_RECORDS)
    return records or OTHER_RECORDS


def _verifies(digest: str, approval: Approval) -> bool:
    """Whether the stored signature is this operator's over this proposal."""
    key = Ed25519PublicKey.from_public_bytes(approval.public_key)
    try:
        key.verify(approval.signature, _APPROVAL + bytes.fromhex(digest))
    except InvalidSignature:
        return False
    return True
