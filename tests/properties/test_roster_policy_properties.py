"""Two readings of a policy, written apart: the outsider's verifier and the publisher's own."""

from functools import cache

from hypothesis import example, given, settings
from hypothesis import strategies as st

from amends.kernel.errors import AmendsError
from amends.roster import selfcheck as ours
from amends_verify import verify
from amends_verify.verify import MALFORMED, RosterError
from amends_witness.notes import WitnessKey
from roster_logs import KEY

WITNESSES = {
    name: WitnessKey(name=f"{name.lower()}.example", seed=bytes([70 + at]) * 32)
    for at, name in enumerate("ABCD")
}
NOTE = KEY.checkpoint(5, bytes(32))
BODY = NOTE.partition("\n\n")[0] + "\n"
NAMES = st.sampled_from(["A", "B", "C", "D", "G", "H", "none"])
LINES = st.one_of(
    st.sampled_from([f"witness {name} {key.verifier.text}" for name, key in WITNESSES.items()]),
    st.builds(
        lambda name, how, members: " ".join(["group", name, how, *members]),
        st.sampled_from(["G", "H", "A", "none"]),
        st.sampled_from(["any", "all", "0", "1", "2", "3", "02", "-1", "x"]),
        st.lists(NAMES, max_size=4),
    ),
    st.sampled_from(["", "  # a comment", f"log {KEY.verifier_key}", "quorum", "trust me"]),
)
SOUND = [f"witness {name} {key.verifier.text}" for name, key in WITNESSES.items()]


@cache
def line(name: str) -> str:
    """The cosignature of a witness."""
    return WITNESSES[name].cosign(BODY, 1_795_000_000)


def verdicts(text: str, note: str) -> tuple[bool, bool, bool, bool]:
    """Whether each takes the policy, and by it the checkpoint: verifier, verifier, ours, ours."""
    found = []
    try:
        theirs = verify.Policy(text.encode())
        found.append(True)
        theirs.checkpoint(note.encode())
        found.append(True)
    except (RosterError, *MALFORMED):
        found += [False] * (2 - len(found))
    try:
        mine = ours.parse_policy(text)
        found.append(True)
        ours.accepted(note.encode(), mine)
        found.append(True)
    except AmendsError:
        found += [False] * (4 - len(found))
    return found[0], found[1], found[2], found[3]


@settings(max_examples=150)
@example(["group A any A"], "A")
@given(st.lists(LINES, max_size=6), NAMES)
def test_any_lines_are_a_policy_for_both_or_for_neither(lines: list[str], quorum: str) -> None:
    """Names, groups and numbers of every shape, right or wrong."""
    text = "\n".join([f"log {KEY.verifier_key}", *lines, f"quorum {quorum}", ""])
    theirs, _, mine, _ = verdicts(text, NOTE)
    assert theirs is mine


@settings(max_examples=40)
@given(
    st.integers(1, 3),
    st.integers(1, 2),
    st.lists(st.sampled_from("ABCD"), max_size=5),
    st.sampled_from(["G", "H", "D", "none"]),
)
def test_both_count_the_same_quorum(
    least: int, of_groups: int, signers: list[str], quorum: str
) -> None:
    """A group in a group, witnesses that sign twice, and those that count nowhere."""
    rules = [f"group G {least} A B C", f"group H {of_groups} G D", f"quorum {quorum}"]
    text = "\n".join([f"log {KEY.verifier_key}", *SOUND, *rules, ""])
    _, theirs, _, mine = verdicts(text, NOTE + "".join(map(line, signers)))
    votes = len({"A", "B", "C"}.intersection(signers)) >= least
    wanted = {
        "G": votes,
        "D": "D" in signers,
        "H": votes + ("D" in signers) >= of_groups,
        "none": True,
    }
    assert (theirs, mine) == (wanted[quorum], wanted[quorum])
