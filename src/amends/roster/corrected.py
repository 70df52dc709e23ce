"""Corrections in the log: their entries, the file of each decision, and what stands after them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

import numpy as np

from amends.awards.correcting import Recorded
from amends.governance.model import Approval, Proposal
from amends.kernel.canonical import canonical
from amends.roster import entries
from amends.roster.entries import ANNULLED, OWN, State
from amends.roster.epochs import States
from amends.roster.model import Appended
from amends.roster.rules import Counts

Signed = Mapping[str, tuple[Proposal, Sequence[Approval]]]
"""Proposals with the signatures under them, by digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """What the AWARD and the newest CORRECTION of an award say, by their bytes."""

    award_index: int
    class_awarded: int
    awarded_minor: int
    award_class: int
    amount_minor: int

    @property
    def annulled(self) -> bool:
        """Whether nothing is owed any more."""
        return self.award_class == ANNULLED


def decision_file(number: int, proposal: Proposal, approvals: Iterable[Approval]) -> bytes:
    """``corrections/<n>.json``: what was approved, and by which keys; no name of anybody."""
    return statement_file(proposal, approvals, decision=number)


def statement_file(proposal: Proposal, approvals: Iterable[Approval], **more: int) -> bytes:
    """A published file of what people approved, with the keys and signatures that did."""
    signatures = [
        {"key": one.public_key.hex(), "signature": one.signature.hex()} for one in approvals
    ]
    body = json.loads(proposal.body)
    return canonical({"approvals": signatures, "body": body, "v": 1, **more}).encode()


def appended(corrections: Sequence[Recorded], signed: Signed) -> Appended:
    """The CORRECTION entries of whole decisions, and the files that they cover."""
    log: list[bytes] = []
    files: dict[str, bytes] = {}
    for number, group in groupby(corrections, key=lambda one: one.decision_no):
        rows = list(group)
        content = decision_file(number, *signed[rows[0].proposal_sha256])
        files[f"corrections/{number}.json"] = content
        digest = sha256(content).digest()
        log += [
            entries.correction_entry(
                one.award_index, one.award_class, one.reason.code, one.amount_minor, digest
            )
            for one in rows
        ]
    return Appended(entries=tuple(log), files=files)


def counts_after(counts: Counts, logged: Iterable[Logged]) -> dict[tuple[int, int], int]:
    """How many awards there are of each class and amount after the corrections."""
    after = dict(counts)
    for one in logged:
        after[one.class_awarded, one.awarded_minor] -= 1
        if not one.annulled:
            now = one.award_class, one.amount_minor
            after[now] = after.get(now, 0) + 1
    return {key: count for key, count in sorted(after.items()) if count}


def classes_after(classes: States, logged: Iterable[Logged]) -> States:
    """The class of every award after the corrections."""
    after = classes.copy()
    for one in logged:
        after[one.award_index] = one.award_class
    return after


def own_after(own: Mapping[int, int], logged: Iterable[Logged]) -> dict[int, int]:
    """The amounts of awards that have one of their own after the corrections, by award index."""
    changed = {one.award_index: one for one in logged}
    kept = {index: amount for index, amount in own.items() if index not in changed}
    return kept | {i: one.amount_minor for i, one in changed.items() if one.award_class == OWN}


def states_after(states: States, logged: Iterable[Logged], paid: Mapping[int, int]) -> States:
    """States as they may be published beside corrected awards.

    An annulled award is open; so is one of which something was sent (*paid*, by award) that is
    another amount than the award was corrected to: neither promised only, nor settled.
    """
    after = states.copy()
    for one in logged:
        sent = paid.get(one.award_index, 0)
        if one.annulled or sent not in {0, one.amount_minor}:
            after[one.award_index] = State.OPEN
    return after


def partly_paid(states: States, logged: Iterable[Logged]) -> list[int]:
    """Awards that are open because a payment was less than they were corrected to, or may be."""
    opened = set(np.flatnonzero(states == State.OPEN).tolist())
    return [one.award_index for one in logged if not one.annulled and one.award_index in opened]


def tariff_after(case_json: bytes, corrected: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The amount of each class that the log knows: by case.json, then by corrections."""
    rows = json.loads(case_json).get("tariff", ())  # a file that was tampered with is refused later
    tariff = {int(row["class"]): int(row["amount_minor"]) for row in rows}
    known = {one: amount for one, amount in corrected if one not in {OWN, ANNULLED}}
    return dict(sorted({**tariff, **known}.items()))
