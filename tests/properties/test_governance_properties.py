"""What holds for every proposal and every audit trail."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from amends.governance import rules
from amends.governance.keys import public_bytes
from amends.governance.model import JSON, Approval, AuditEntry
from amends.kernel.canonical import canonical
from amends.kernel.ids import Operator

KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(3)]
BODIES = st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=4)
DETAILS = st.lists(st.dictionaries(st.sampled_from("abc"), st.integers()), min_size=2, max_size=6)


@given(BODIES, BODIES)
def test_two_bodies_share_a_digest_only_if_they_are_equal(
    one: dict[str, JSON], other: dict[str, JSON]
) -> None:
    """The digest says the body, whatever order its keys were written in."""
    first = rules.proposal("case", "award", one)
    assert first == rules.proposal("case", "award", dict(reversed(one.items())))
    assert (first.digest == rules.proposal("case", "award", other).digest) == (one == other)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=6))
def test_approvers_are_the_different_keys_that_signed_this(signed: list[tuple[int, bool]]) -> None:
    """However often and under however many names a key signed, it counts once."""
    this = rules.proposal("case", "pay", {"n": 1}).digest
    that = rules.proposal("case", "pay", {"n": 2}).digest
    approvals = [
        Approval(
            operator=Operator(f"name{position}"),
            public_key=public_bytes(KEYS[number]),
            signature=rules.sign(KEYS[number], this if right else that),
        )
        for position, (number, right) in enumerate(signed)
    ]
    counted = rules.valid_approvers(this, approvals)
    assert len(counted) == len({number for number, right in signed if right})


@given(DETAILS, st.data())
def test_any_change_of_the_audit_trail_breaks_it(
    details: list[dict[str, int]], data: st.DataObject
) -> None:
    """A trail as written has no break; with one entry changed, moved or removed it has."""
    trail = _trail(details)
    assert rules.first_break(trail) is None
    position = data.draw(st.integers(0, len(trail) - 2))
    entry, entry_hash = trail[position]
    assert rules.first_break(trail[:position] + trail[position + 1 :]) == position + 1
    changed = replace(entry, actor=entry.actor + "x")
    trail[position] = (changed, entry_hash)
    assert rules.first_break(trail) == position + 1
    # Hashing the changed entry anew only moves the break to its successor.
    trail[position] = (changed, rules.entry_hash(changed))
    assert rules.first_break(trail) == position + 2


def _trail(details: list[dict[str, int]]) -> list[tuple[AuditEntry, bytes]]:
    """An audit trail with these details."""
    trail: list[tuple[AuditEntry, bytes]] = []
    start = datetime(2026, 11, 21, 12, tzinfo=UTC)
    for number, one in enumerate(details, start=1):
        entry = AuditEntry(
            entry_no=number,
            occurred_at=start + timedelta(seconds=number),
            actor="tester",
            action="counted",
            details=canonical(one),
            previous=trail[-1][1] if trail else rules.FIRST_PREVIOUS,
        )
        trail.append((entry, rules.entry_hash(entry)))
    return trail
