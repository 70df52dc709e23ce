"""Consistency proofs (RFC 6962 §2.1.2): whether a later tree contains an earlier one as it was."""

from collections.abc import Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def _above(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def consistent(
    *, old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether *proof* leads from the tree of *old* leaves to that of *new* (RFC 9162 §2.1.4.2).

    An empty tree is the beginning of every tree, and its proof is empty.
    """
    if old in {0, new}:
        wanted = EMPTY_ROOT if new == 0 else old_root if old else new_root
        return not proof and new_root == wanted
    if not 0 < old < new:
        return False
    steps = list(proof)
    # The way begins at the last subtree that both trees have whole.
    shift = (old & -old).bit_length() - 1
    at, last = (old >> shift) - 1, (new - 1) >> shift
    if at == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = _above(step, before), _above(step, after)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            after = _above(after, step)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root
