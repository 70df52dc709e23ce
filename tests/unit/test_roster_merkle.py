from collections.abc import Sequence

import pytest
from pymerkle import InmemoryTree

from amends.roster.merkle import (
    EMPTY_ROOT,
    ProofError,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    leaf_hashes,
    node_hash,
    parents,
    root_from_inclusion,
    verify_consistency,
)
from amends.roster.tiles import (
    WIDTH,
    TileTree,
    bundle,
    bundle_hashes,
    kept_tiles,
    partial_tiles,
    split_bundle,
    tile_path,
)
from rfc6962 import LEAVES, ROOTS


def tree_of(entries: Sequence[bytes]) -> Tree:
    """A tree over entries."""
    return Tree(b"".join(leaf_hash(entry) for entry in entries))


def numbered(count: int) -> list[bytes]:
    """As many different entries."""
    return [b"entry %d" % number for number in range(count)]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    """Roots over the reference entries of RFC 6962's implementation are the published ones."""
    assert tree_of(LEAVES[:size]).root().hex() == ROOTS[size - 1]
    assert tree_of(LEAVES).root(size).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    """A tree without leaves has SHA-256 of no bytes for root (RFC 6962 §2.1)."""
    assert tree_of([]).root() == EMPTY_ROOT


@pytest.mark.parametrize("size", [*range(1, 40), 255, 256, 257, 300])
def test_roots_equal_those_of_another_implementation(size: int) -> None:
    """pymerkle, written by others, comes to the same roots."""
    oracle = InmemoryTree(algorithm="sha256")
    for entry in numbered(size):
        oracle.append_entry(entry)
    assert tree_of(numbered(size)).root() == oracle.get_root()


def test_leaves_and_nodes_are_told_apart() -> None:
    """An entry made of two hashes has not the hash of the node over them."""
    left, right = leaf_hash(b"left"), leaf_hash(b"right")
    assert leaf_hash(left + right) != node_hash(left, right)


def test_an_odd_leaf_is_promoted_not_doubled() -> None:
    """A tree of three is not the tree in which the third leaf stands twice."""
    three = numbered(3)
    assert tree_of(three).root() != tree_of([*three, three[2]]).root()


def test_a_proof_of_another_length_is_refused() -> None:
    """A path one step longer or shorter leads nowhere; an index outside the tree has none."""
    tree, entry = tree_of(numbered(11)), numbered(11)[6]
    path = inclusion_proof(tree.node, 6, 11)
    with pytest.raises(ProofError, match="too short"):
        root_from_inclusion(leaf_hash(entry), 6, 11, path[:-1])
    with pytest.raises(ProofError, match="too long"):
        root_from_inclusion(leaf_hash(entry), 6, 11, [*path, path[0]])
    for index in (-1, 11, 12):
        with pytest.raises(ProofError, match="outside"):
            root_from_inclusion(leaf_hash(entry), index, 11, path)
        with pytest.raises(ValueError, match="not in the tree"):
            inclusion_proof(tree.node, index, 11)


def test_consistency_of_a_tree_with_itself_needs_no_proof() -> None:
    """Two trees of one size agree exactly if their roots are equal, and then prove nothing."""
    root, other = tree_of(numbered(5)).root(), tree_of(LEAVES[:5]).root()
    assert verify_consistency(old=5, new=5, old_root=root, new_root=root, proof=[])
    for new_root, proof in ((other, []), (root, [root])):
        with pytest.raises(ProofError):
            verify_consistency(old=5, new=5, old_root=root, new_root=new_root, proof=proof)


def test_consistency_from_nothing_or_backwards_is_refused() -> None:
    """Neither an empty tree nor a larger one is the beginning of a tree."""
    tree = tree_of(numbered(8))
    for old in (0, 9):
        with pytest.raises(ProofError, match="order"):
            verify_consistency(old=old, new=8, old_root=EMPTY_ROOT, new_root=tree.root(), proof=[])
        with pytest.raises(ValueError, match="not empty"):
            consistency_proof(tree.node, old, 8)


@pytest.mark.parametrize("old", range(1, 17))
def test_a_dropped_or_changed_entry_breaks_consistency(old: int) -> None:
    """A later tree that lacks or alters an earlier entry cannot be proved to follow from it."""
    honest = tree_of(numbered(16)).root(old)
    changed = numbered(17)
    changed[old // 2] = b"reduced"
    dropped = [*numbered(18)[: old // 2], *numbered(18)[old // 2 + 1 :]]
    for later in (tree_of(changed), tree_of(dropped)):
        proof = consistency_proof(later.node, old, 17)
        with pytest.raises(ProofError):
            verify_consistency(old=old, new=17, old_root=honest, new_root=later.root(), proof=proof)


def test_tile_paths_are_those_of_the_format() -> None:
    """The examples of C2SP tlog-tiles: three digits an element, all but the last with an x."""
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path(None, 273, 112) == "tile/entries/273.p/112"
    assert tile_path(2, 0, 1) == "tile/2/000.p/1"


def test_the_tiles_of_seventy_thousand_entries() -> None:
    """The example of C2SP tlog-tiles: partial tiles of widths 112, 17 and 1."""
    assert list(partial_tiles(70_000)) == [(None, 273, 112), (0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert list(partial_tiles(256)) == [(1, 0, 1)]


def test_partial_tiles_stay_until_the_full_one_exists() -> None:
    """Each checkpoint's partial tiles are kept, and go when the tile is full."""
    names = {tile_path(*tile) for tile in kept_tiles([5, 200])}
    assert {"tile/0/000.p/5", "tile/0/000.p/200", "tile/entries/000.p/5"} <= names
    later = {tile_path(*tile) for tile in kept_tiles([5, 200, 256])}
    assert later == {"tile/entries/000", "tile/0/000", "tile/1/000.p/1"}


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600, 66_000])
def test_a_tree_of_tiles_has_the_hashes_of_the_tree_in_memory(size: int) -> None:
    """Whether leaves come in bundles of 256 or in odd portions, roots are the same."""
    entries, tiles = numbered(size), TileTree()
    for first in range(0, size, 200):
        tiles.append(entries[first : first + 200])
    tree = tree_of(entries)
    assert tiles.size == size
    for height in range(size.bit_length()):
        assert tiles.node(height, 0) == tree.node(height, 0)
    last = (size - 1) // WIDTH
    assert tiles.tile(0, last, (size - 1) % WIDTH + 1)[:32] == leaf_hash(entries[last * WIDTH])


def test_bundles_come_apart_as_they_were_put_together() -> None:
    """Entries of any length keep their borders: each stands after its length."""
    entries = [b"", b"a", b"\x00" * 300, b"bc"]
    assert split_bundle(bundle(entries)) == entries


@pytest.mark.parametrize("entries", [1, WIDTH, 3 * WIDTH, 5 * WIDTH + 7])
def test_hashes_of_bundles_are_those_of_their_entries(entries: int) -> None:
    """Of few and of many, and of entries of every length."""
    log = [bytes([number % 251] * (1 + number % 300)) for number in range(entries)]
    cut = [bundle(log[first : first + WIDTH]) for first in range(0, entries, WIDTH)]
    assert bundle_hashes(cut) == leaf_hashes(log) == b"".join(map(leaf_hash, log))


def test_parents_of_many_are_those_of_each_pair() -> None:
    """The last hash of an odd number has none."""
    hashes = [leaf_hash(bytes([number % 256])) for number in range(4 * WIDTH + 1)]
    pairs = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, 4 * WIDTH, 2)]
    assert parents(b"".join(hashes)) == b"".join(pairs)
