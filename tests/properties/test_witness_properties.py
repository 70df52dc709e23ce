import tempfile
from base64 import b64decode, b64encode
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from amends.roster.merkle import ProofError, consistency_proof, verify_consistency
from amends_verify import verify
from amends_witness.notes import MalformedError, WitnessKey
from amends_witness.proofs import consistent
from amends_witness.requests import submission
from made_witness import a_witness, grown, log_key, request

BODY = request(log_key(), grown(11), old=5)


@given(st.binary(max_size=400))
def test_bytes_of_any_kind_are_read_or_malformed(body: bytes) -> None:
    """The parser has two outcomes for whatever comes."""
    _read(body)


@given(st.integers(0, len(BODY)), st.integers(0, 20), st.binary(max_size=20))
def test_a_request_cut_and_patched_anywhere_is_read_or_malformed(
    at: int, length: int, patch: bytes
) -> None:
    """What is read is written again byte for byte: there is one form of a request."""
    body = BODY[:at] + patch + BODY[at + length :]
    again = _read(body)
    assert again is None or again == body


def _read(body: bytes) -> bytes | None:
    """The request as read, written again; None if it is malformed."""
    try:
        found = submission(body)
    except MalformedError:
        return None
    lines = [f"old {found.old}", *(b64encode(step).decode() for step in found.proof)]
    note = found.checkpoint
    signatures = "".join(
        f"\u2014 {one.name} {b64encode(one.key_id + one.signature).decode()}\n"
        for one in note.signatures
    )
    return ("\n".join(lines) + "\n\n" + note.body + "\n" + signatures).encode()


@given(st.integers(1, 70), st.integers(0, 70), st.data())
def test_proofs_of_every_shape_are_accepted_and_no_other(
    old: int, more: int, data: st.DataObject
) -> None:
    """The witness agrees with the roster's own check, on right proofs and on spoiled ones."""
    tree = grown(old + more)
    proof = consistency_proof(tree.node, old, tree.size)
    case = data.draw(st.sampled_from(["right", "changed", "short", "long", "root", "old root"]))
    old_root, new_root = tree.root(old), tree.root()
    if case == "changed" and proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        proof[at] = bytes(32)
    elif case == "short":
        proof = proof[:-1]
    elif case == "long":
        proof = [*proof, bytes(32)]
    elif case == "root":
        new_root = bytes(32)
    elif case == "old root":
        old_root = bytes(32)
    try:
        expected = bool(
            verify_consistency(
                old=old, new=tree.size, old_root=old_root, new_root=new_root, proof=proof
            )
        )
    except ProofError:
        expected = False
    found = consistent(old=old, old_root=old_root, new=tree.size, new_root=new_root, proof=proof)
    assert found is expected
    if case == "right":
        assert expected


class ManyHistories(RuleBasedStateMachine):
    """A log with three histories asks one witness, in any order, with any old size."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.key = log_key()
        self.witness = a_witness(Path(self.folder.name), self.key)
        self.cosigned: list[tuple[int, bytes]] = []

    @rule(size=st.integers(0, 12), branch=st.sampled_from(["", "a", "b"]), old=st.integers(0, 12))
    def ask(self, size: int, branch: str, old: int) -> None:
        """Ask for a head, as one that knows nothing of the witness's."""
        tree = grown(size, branch)
        answer = self.witness.add_checkpoint(request(self.key, tree, old=old))
        if answer.status == 200:
            self.cosigned.append((size, tree.root()))

    @rule(size=st.integers(0, 12), branch=st.sampled_from(["", "a", "b"]))
    def follow(self, size: int, branch: str) -> None:
        """Ask for a head, from where the witness stands."""
        self.ask(size, branch, dict(self.witness.state.heads()).get(self.key.origin, 0))

    @invariant()
    def one_history(self) -> None:
        """Sizes never fall, and each has one root."""
        sizes = [size for size, _ in self.cosigned]
        assert sizes == sorted(sizes)
        assert len(set(self.cosigned)) == len(set(sizes))

    def teardown(self) -> None:
        """Remove the state."""
        self.folder.cleanup()


ManyHistories.TestCase.settings = settings(max_examples=8, stateful_step_count=15, deadline=None)
TestManyHistories = ManyHistories.TestCase


@given(st.integers(1, 40))
def test_the_outsiders_verifier_takes_what_the_witness_signs(size: int) -> None:
    """Cosignatures of this witness are those that the verifier's own code accepts."""
    key = WitnessKey(name="witness.example/w", seed=bytes([5]) * 32)
    body = log_key().checkpoint(size, grown(size).root()).partition("\n\n")[0] + "\n"
    line = key.cosign(body, 1_795_000_000 + size)
    data = b64decode(line.split(" ")[2])
    time_s = int.from_bytes(data[4:12], "big")
    message = f"cosignature/v1\ntime {time_s}\n{body}".encode()
    assert verify.signed(key.verifier.key, message, data[12:])
