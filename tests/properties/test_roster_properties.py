from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.roster.commitment import (
    HIDDEN,
    SHOWN,
    Bound,
    Opening,
    commit,
    commitment,
    nonce_of,
    root_of,
    salts_of,
)
from amends.roster.entries import State, Total
from amends.roster.epochs import FEWEST, shown, sums
from amends.roster.merkle import (
    ProofError,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_from_inclusion,
    verify_consistency,
)
from amends.roster.rules import epoch_findings

BOUND = Bound(case="test", currency="CNY")
SEEDS = st.binary(min_size=32, max_size=32)
VALUES = st.fixed_dictionaries({field: st.none() | st.text(max_size=30) for field in HIDDEN})


def tree_of(size: int) -> Tree:
    """A tree of numbered entries."""
    return Tree(b"".join(leaf_hash(b"%d" % number) for number in range(size)))


@st.composite
def positions(draw: st.DrawFn) -> tuple[int, int]:
    """A number, and a size that is larger."""
    size = draw(st.integers(1, 700))
    return draw(st.integers(0, size - 1)), size


@given(positions())
def test_every_inclusion_proof_leads_to_the_root(position: tuple[int, int]) -> None:
    """From any leaf of any tree the path leads to the root, and from no other place it does."""
    index, size = position
    tree, leaf = tree_of(size), leaf_hash(b"%d" % index)
    path = inclusion_proof(tree.node, index, size)
    assert root_from_inclusion(leaf, index, size, path) == tree.root()
    if size > 1:
        elsewhere = (index + 1) % size
        with suppress(ProofError):
            assert root_from_inclusion(leaf, elsewhere, size, path) != tree.root()


@given(positions(), st.data())
def test_every_consistency_proof_holds_and_no_bit_of_it_is_idle(
    position: tuple[int, int], data: st.DataObject
) -> None:
    """Any earlier tree is proved to be the beginning of a later one; a changed proof is refused."""
    old, size = position[0] + 1, position[1]
    tree = tree_of(size)
    proof = consistency_proof(tree.node, old, size)
    roots = {"old_root": tree.root(old), "new_root": tree.root()}
    assert verify_consistency(old=old, new=size, proof=proof, **roots)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        bit = data.draw(st.integers(0, 255))
        flipped = (int.from_bytes(proof[at], "big") ^ 1 << bit).to_bytes(32, "big")
        with pytest.raises(ProofError):
            verify_consistency(
                old=old, new=size, proof=[*proof[:at], flipped, *proof[at + 1 :]], **roots
            )


@given(SEEDS, st.integers(0, 3_000_000), st.text(max_size=40), VALUES)
def test_an_opening_leads_to_its_commitment(
    seed: bytes, award_index: int, categories: str, values: dict[str, str | None]
) -> None:
    """What is kept of an award, packed and unpacked, comes to the commitment that was published."""
    made, opening = commit(BOUND, award_index, seed, categories, values)
    kept = Opening.unpacked(opening.packed())
    assert kept == opening
    assert commitment(nonce_of(kept.seed), root_of(BOUND, award_index, kept)) == made


@given(SEEDS, SEEDS, VALUES)
def test_the_same_person_under_another_seed_has_another_commitment(
    first: bytes, second: bytes, values: dict[str, str | None]
) -> None:
    """Without the seed a person's values say nothing about a commitment."""
    same = first == second
    one, other = (commit(BOUND, 0, seed, "NAME", values)[0] for seed in (first, second))
    assert (one == other) is same


@given(SEEDS)
def test_nonce_and_salts_of_a_seed_are_all_different(seed: bytes) -> None:
    """A revealed nonce or salt is no part of another one, nor of the seed."""
    drawn = salts_of(seed, SHOWN) + salts_of(seed, HIDDEN)
    nonce = nonce_of(seed)
    drawn += [nonce[:16], nonce[16:], seed[:16], seed[16:]]
    assert len(set(drawn)) == len(drawn) - (seed[:16] == seed[16:])


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6)), max_size=200))
def test_no_state_that_few_people_of_a_class_hold_is_shown(rows: list[tuple[int, int]]) -> None:
    """Every shown state but open has at least 20 people in its class, and shows the truth."""
    classes = np.array([row[0] for row in rows], dtype=np.uint8)
    states = np.array([row[1] for row in rows], dtype=np.uint8)
    published = shown(states, classes)
    for award_class in range(3):
        counts = np.bincount(published[classes == award_class], minlength=len(State))
        assert all(count == 0 or count >= FEWEST for count in counts[: State.OPEN])
    assert all(published[published != State.OPEN] == states[published != State.OPEN])


@given(st.lists(st.integers(0, 6), min_size=1, max_size=300), st.integers(0, 60))
def test_honest_sums_always_satisfy_the_equality(held: list[int], came_back: int) -> None:
    """Whatever the states, batches of all that was ever sent agree with what is shown."""
    states = np.array(held, dtype=np.uint8)
    classes = np.zeros(len(held), dtype=np.uint8)
    lasting = int(np.isin(states, (State.SENT, State.SETTLED)).sum())
    sent = lasting + (came_back if lasting else 0)
    figures = sums(
        states=states,
        published=shown(states, classes),
        classes=classes,
        tariff={0: 500_000},
        batches=Total(count=sent, amount_minor=sent * 500_000),
    )
    everybody = Total(count=len(held), amount_minor=len(held) * 500_000)
    assert epoch_findings(figures, awards=everybody, lasting=figures.lasting) == []
