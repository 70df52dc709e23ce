"""Merkle trees of RFC 6962 §2.1: roots, inclusion proofs and consistency proofs, in SHA-256.

Leaves and inner nodes are hashed under different prefixes, and an odd node is promoted, never
doubled. Everything is computed from the hashes of *complete* subtrees (``Node``), so the same code
works on a tree in memory and on tiles on disk.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Literal

import numpy as np
import numpy.typing as npt

from amends.kernel.saying import said

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
MANY = 512
"""So many hashes are worth the compiled ones; fewer are done before these are loaded."""

Node = Callable[[int, int], bytes]
"""``node(height, index)``: the hash over leaves ``[index << height, (index + 1) << height)``."""


class ProofError(Exception):
    """A proof does not lead where it says."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a log entry (RFC 6962 §2.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees (RFC 6962 §2.1)."""
    return sha256(b"\x01" + left + right).digest()


def leaf_hashes(entries: Sequence[bytes]) -> bytes:
    """One hash per log entry, one after the other."""
    if len(entries) < MANY:
        return b"".join([sha256(b"\x00" + entry).digest() for entry in entries])
    sizes = np.array([len(entry) for entry in entries])
    return leaf_hashes_in(np.frombuffer(b"".join(entries), dtype=np.uint8), sizes)


def leaf_hashes_in(octets: npt.NDArray[np.uint8], sizes: npt.NDArray[np.int64]) -> bytes:
    """The same of entries of these sizes, whose octets follow each other."""
    from amends.kernel.compiled.messages import Texts  # noqa: PLC0415 - the compiler: half a second
    from amends.kernel.compiled.sha2 import SHA256  # noqa: PLC0415 - likewise

    texts = Texts(octets, np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)]))
    nothing = np.empty((len(sizes), 0), dtype=np.uint8)
    return SHA256.digests(nothing, texts, head=b"\x00").tobytes()


def parents(hashes: bytes) -> bytes:
    """The level above: one hash per complete pair of *hashes* (flat, 32 bytes each)."""
    step = 2 * HASH_BYTES
    pairs = len(hashes) // step
    if pairs < MANY:
        return b"".join(
            [
                sha256(b"\x01" + hashes[at : at + step]).digest()
                for at in range(0, pairs * step, step)
            ]
        )
    from amends.kernel.compiled.sha2 import SHA256  # noqa: PLC0415 - the compiler: half a second

    rows = np.frombuffer(hashes, dtype=np.uint8, count=pairs * step).reshape(pairs, step)
    return SHA256.digests(rows, head=b"\x01").tobytes()


class Tree:
    """A tree in memory: flat levels of complete subtrees, built from leaf hashes."""

    def __init__(self, leaf_hashes: bytes) -> None:
        self.size = len(leaf_hashes) // HASH_BYTES
        self._levels = [leaf_hashes]
        while len(self._levels[-1]) >= 2 * HASH_BYTES:
            self._levels.append(parents(self._levels[-1]))

    def node(self, height: int, index: int) -> bytes:
        """The hash of a complete subtree."""
        return self._levels[height][index * HASH_BYTES : (index + 1) * HASH_BYTES]

    def root(self, size: int | None = None) -> bytes:
        """The root over the first *size* leaves (all, if not said)."""
        return subtree(self.node, 0, self.size if size is None else size)


def _split(count: int) -> int:
    """The largest power of two smaller than *count* (``count >= 2``)."""
    return 1 << ((count - 1).bit_length() - 1)


def subtree(node: Node, start: int, end: int) -> bytes:
    """``MTH(D[start:end])``; *start* is a multiple of the next power of two of the length."""
    count = end - start
    if count == 0:
        return EMPTY_ROOT
    if count & (count - 1) == 0:
        height = count.bit_length() - 1
        return node(height, start >> height)
    middle = start + _split(count)
    return node_hash(subtree(node, start, middle), subtree(node, middle, end))


def inclusion_proof(node: Node, index: int, size: int) -> list[bytes]:
    """The audit path of leaf *index* in the tree of *size* leaves (RFC 6962 §2.1.1)."""
    if not 0 <= index < size:
        raise ValueError("the leaf is not in the tree")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree(node, middle, end))
            end = middle
        else:
            path.append(subtree(node, start, middle))
            start = middle
    return path[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that *path* leads to from *leaf* (RFC 9162 §2.1.3.2).

    Raises:
        ProofError: *index* lies outside the tree, or the path is longer or shorter than its way.
    """
    if not 0 <= index < size:
        raise ProofError("the index lies outside the tree")
    position, last, result = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofError(said("the proof is too long"))
        if position & 1 or position == last:
            result = node_hash(sibling, result)
            while position & 1 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofError(said("the proof is too short"))
    return result


def consistency_proof(node: Node, old: int, new: int) -> list[bytes]:
    """The proof that the tree of *old* leaves is a prefix of that of *new* (RFC 6962 §2.1.2)."""
    if not 0 < old <= new:
        raise ValueError("a consistency proof leads from a tree that is not empty to a later one")

    def steps(size: int, start: int, end: int, *, whole: bool) -> list[bytes]:
        if size == end - start:
            return [] if whole else [subtree(node, start, end)]
        split = _split(end - start)
        middle = start + split
        if size <= split:
            return [*steps(size, start, middle, whole=whole), subtree(node, middle, end)]
        return [*steps(size - split, middle, end, whole=False), subtree(node, start, middle)]

    return steps(old, 0, new, whole=True)


def verify_consistency(  # noqa: C901 - the steps of RFC 9162, in its order
    *, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> Literal[True]:
    """Check that nothing was changed or removed between two trees (RFC 9162 §2.1.4.2).

    Raises:
        ProofError: the later tree does not contain the earlier one as it was.
    """
    if not 0 < old <= new:
        raise ProofError("the sizes are not in order")
    if old == new:
        if proof or old_root != new_root:
            raise ProofError("two trees of one size differ")
        return True
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise ProofError("the proof is too short")
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    first = second = path[0]
    for step in path[1:]:
        if last == 0:
            raise ProofError("the proof is too long")
        if position & 1 or position == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while position & 1 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            second = node_hash(second, step)
        position, last = position >> 1, last >> 1
    if last or first != old_root or second != new_root:
        raise ProofError("the later tree does not contain the earlier one")
    return True
