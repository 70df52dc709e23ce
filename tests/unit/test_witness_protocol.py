import json
import sqlite3
from pathlib import Path

import pytest

from amends_witness import configuration, state
from amends_witness.configuration import ConfigurationError
from amends_witness.deciding import Witness
from amends_witness.limits import Rate
from amends_witness.notes import (
    COSIGNATURE,
    ED25519,
    MalformedError,
    VerifierKey,
    WitnessKey,
    checkpoint,
    verifier_key,
    witness_key,
)
from amends_witness.proofs import EMPTY_ROOT
from amends_witness.requests import submission
from amends_witness.state import Head, State, StateError
from made_witness import NOW_S, a_witness, grown, log_key, request
from made_witness import vector as vector_of

ORIGIN = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
LOG = bytes.fromhex("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f")
VECTORS = {
    # A log's conversation with C2SP's own witness (litewitness, race test): old size → new size.
    (0, 1): (
        (),
        "KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        (
            "UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUb"
            "IQY="
        ),
    ),
    (1, 3): (
        (
            "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        ),
        "RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=",
        (
            "UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx"
            "6go="
        ),
    ),
    (1, 5): (
        (
            "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI=",
            "KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        ),
        "QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=",
        (
            "UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7s"
            "Dww="
        ),
    ),
    (3, 5): (
        (
            "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "KgMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "wgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE=",
            "KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        ),
        "QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=",
        (
            "UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7s"
            "Dww="
        ),
    ),
}


def vector(old: int, new: int) -> bytes:
    """A request of the vectors."""
    proof, root, signature = VECTORS[old, new]
    lines = [f"old {old}", *proof, "", ORIGIN, str(new), root, "", f"\u2014 {ORIGIN} {signature}"]
    return ("\n".join(lines) + "\n").encode()


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    """A witness of one made-up log that has seen nothing."""
    return a_witness(tmp_path)


def test_the_vectors_of_another_witness_have_the_answers_they_have_there(tmp_path: Path) -> None:
    """1 is cosigned, and 3; then 5 from 1 is a conflict that says 3; 5 from 3 is cosigned."""
    made = a_witness(tmp_path)
    key = VerifierKey(name=ORIGIN, kind=ED25519, key=LOG)
    made = Witness(key=made.key, logs={ORIGIN: (key,)}, state=made.state, now_s=made.now_s)
    assert made.add_checkpoint(vector(0, 1)).status == 200
    assert made.add_checkpoint(vector(1, 3)).status == 200
    late = made.add_checkpoint(vector(1, 5))
    assert (late.status, late.body, late.kind) == (409, "3\n", "text/x.tlog.size")
    spoiled = vector(3, 5).replace(b"KgMAAA", b"KgMAAB")
    assert made.add_checkpoint(spoiled).status == 422
    assert made.add_checkpoint(vector(3, 5).replace(b"UgIomw/EO", b"UgIomw/EP")).status == 403
    assert made.add_checkpoint(vector(3, 5)).status == 200


def test_the_keys_of_other_programs_are_read_and_those_that_are_wrong_refused() -> None:
    """A public witness's key is one; a log's key, a wrong id, bad base64 and two parts are none."""
    public = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
    assert verifier_key(public, COSIGNATURE).text == public
    for bad in (
        "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
        public.replace("da77", "da78"),
        "bananas.sigstore.dev+12344556",
        "rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!",
        "rekor.sigstore.dev+12345678+AwEB",
    ):
        with pytest.raises(MalformedError):
            verifier_key(bad, COSIGNATURE)


def test_the_cosignature_of_another_implementation_verifies() -> None:
    """The golden receipt's witness (seed 32 times 02) signs what two verifiers accepted."""
    key = WitnessKey(name="witness0.example", seed=bytes([2]) * 32)
    body = "roster.example/amends/golden\n5\n+YKvCo2plz5lKDhuf+rUDAx7pp9OVHHe/MnIoOoIGI4=\n"
    line = (
        "\u2014 witness0.example o1BONQAAAABq/YbAfWemDo0P+pNcbGWiIycOBwptm4uqqcp5395pxRHxEJ+m"
        "HKPS2J25rxoshMSH6zyhdKJxBDNFPHcCtTeDUN3mAA==\n"
    )
    assert key.cosign(body, 0x6AFD86C0) == line


def test_every_refusal_has_the_status_of_the_protocol(witness: Witness) -> None:
    """400 malformed, 404 unknown log, 403 unknown key, 409 with the size, 422 without a proof."""
    key, five, nine = log_key(), grown(5), grown(9)
    ask = witness.add_checkpoint
    assert ask(b"old 00\n\n" + request(key, five).partition(b"\n\n")[2]).status == 400
    assert ask(request(key, five, old=9, proof=())).status == 400
    assert ask(request(log_key("log.example/other"), five)).status == 404
    stranger = log_key(seed=9)
    assert ask(request(stranger, five)).status == 403
    assert ask(request(key, five, proof=[bytes(32)])).status == 422
    assert ask(request(key, five)).status == 200
    for old in (0, 3):
        answer = ask(request(key, nine, old=old))
        assert (answer.status, answer.body) == (409, "5\n")
    assert ask(request(key, nine, old=5, proof=[bytes(32)])).status == 422
    assert ask(request(key, grown(9, "other"), old=5)).status == 200
    assert witness.state.heads() == [(key.origin, 9)]


def test_of_one_size_one_root_is_signed_and_the_other_kept_as_evidence(witness: Witness) -> None:
    """A second head of a size is refused, then and later; the log's own signature on it stays."""
    key = log_key()
    assert witness.add_checkpoint(request(key, grown(5))).status == 200
    fork = request(key, grown(5, "fork"), old=5, proof=())
    assert witness.add_checkpoint(fork).status == 409
    again = witness.add_checkpoint(request(key, grown(5), old=5))
    assert again.status == 200  # the same head may be cosigned at another time
    assert witness.add_checkpoint(request(key, grown(8), old=5)).status == 200
    assert witness.add_checkpoint(fork).status == 409
    assert [(size, note) for _, size, note in witness.state.refused()] == [
        (5, fork.decode().partition("\n\n")[2])
    ]


def test_the_file_itself_refuses_a_step_back(witness: Witness, tmp_path: Path) -> None:
    """Triggers hold for every process: no smaller size, no second root, no change, no removal."""
    witness.add_checkpoint(request(log_key(), grown(5)))
    for size, root in ((4, bytes(32)), (5, bytes(32))):
        with (
            pytest.raises(sqlite3.IntegrityError),
            witness.state.deciding() as turn,
        ):
            turn.advance(log_key().origin, Head(size=size, root=root), "", 0)
    connection = sqlite3.connect(tmp_path / "witness.db")
    for change in ("UPDATE signed SET size = 1", "DELETE FROM signed"):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(change)
    connection.close()


def test_an_empty_log_may_be_cosigned_and_begins_with_the_empty_root(witness: Witness) -> None:
    """Size 0 has one root."""
    key = log_key()
    empty = f"old 0\n\n{key.checkpoint(0, EMPTY_ROOT)}".encode()
    assert witness.add_checkpoint(empty).status == 200
    assert witness.add_checkpoint(f"old 0\n\n{key.checkpoint(0, bytes(32))}".encode()).status == 409
    assert witness.add_checkpoint(request(key, grown(2))).status == 200


def test_what_the_log_adds_below_its_root_is_cosigned_with_it(witness: Witness) -> None:
    """Extension lines are part of the signed text (C2SP tlog-checkpoint)."""
    key, tree = log_key(), grown(3)
    text = key.checkpoint(3, tree.root()).partition("\n\n")[0] + "\nmore\n"
    answer = witness.add_checkpoint(f"old 0\n\n{key.sign(text)}".encode())
    assert answer.body == witness.key.cosign(text, NOW_S)


def test_signatures_of_strangers_are_ignored_and_wrong_ones_of_the_log_are_not(
    witness: Witness,
) -> None:
    """A note may carry others' signatures; one that names the log's key has to be right."""
    key, other = log_key(), log_key("log.example/two", 2)
    body = request(key, grown(3)).decode()
    strange = other.checkpoint(3, grown(3).root()).rpartition("\n\n")[2]
    wrong = key.checkpoint(3, bytes(32)).rpartition("\n\n")[2]
    assert witness.add_checkpoint((body + wrong).encode()).status == 403
    assert witness.add_checkpoint((body + strange).encode()).status == 200


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("old 0", "Old 0"),
        ("old 0", "old  0"),
        ("old 0", "old +0"),
        ("old 0", "old 0\r"),
        ("old 0\n", "old 0\nAAAA\n"),
        ("old 0\n", "old 0\n" + "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" * 64),
        ("old 0\n", "old 9223372036854775808\n"),
        ("\n3\n", "\n03\n"),
        ("\n3\n", "\n\u0663\n"),
        ("\n3\n", "\n3\n\n"),
        ("=\n\n", "\n\n"),
        ("\u2014 ", "- "),
        ("\u2014 ", "\u2014  "),
        ("\u2014 log", "\u2014 l\tog"),
    ],
)
def test_what_is_not_in_its_form_is_malformed(before: str, after: str, witness: Witness) -> None:
    """Each deviation of a byte or two from the protocol is 400."""
    text = request(log_key(), grown(3)).decode()
    assert before in text
    assert witness.add_checkpoint(text.replace(before, after, 1).encode()).status == 400


def test_bytes_that_are_no_text_and_too_many_are_malformed(witness: Witness) -> None:
    """Not UTF-8, no last newline, and more than the bound."""
    body = request(log_key(), grown(3))
    for bad in (body[:-1], b"\xff" + body, body + b"\n" * (1 << 17), b""):
        assert witness.add_checkpoint(bad).status == 400
    with pytest.raises(MalformedError):
        checkpoint(submission(body).text + "\u2014 a " + "A" * 8 + "\n" * 2)


def test_a_key_file_gives_the_key_back_and_a_changed_one_is_refused() -> None:
    """The private key is written as other witnesses write theirs."""
    key = WitnessKey(name="witness.example/w", seed=bytes([2]) * 32)
    assert witness_key(key.text + "\n") == key
    for bad in (key.text[:-2] + "AA", key.text.replace("/w", "/v"), "PRIVATE+KEY+x", ""):
        with pytest.raises(MalformedError) as refusal:
            witness_key(bad)
        assert key.text[-20:] not in str(refusal.value)


def test_a_lost_state_ends_a_witness(tmp_path: Path) -> None:
    """Without its state, or with another's, a witness does not start; nothing is made anew."""
    made = a_witness(tmp_path)
    key = made.key.verifier.text
    with pytest.raises(StateError, match="retires"):
        State(tmp_path / "gone.db", key)
    assert not (tmp_path / "gone.db").exists()
    with pytest.raises(StateError, match="another key"):
        State(tmp_path / "witness.db", key + "x")
    with pytest.raises(StateError, match="not overwritten"):
        state.create(tmp_path / "witness.db", "w", key)
    (tmp_path / "text.db").write_text("no database\n" * 100)
    with pytest.raises(StateError, match="no state"):
        State(tmp_path / "text.db", key)


def test_a_caller_has_so_many_requests_a_minute_and_others_theirs() -> None:
    """The bucket fills evenly, and nobody is remembered after a minute of silence."""
    rate = Rate(per_minute=2)
    assert [rate.allows("a", 0.0) for _ in range(3)] == [True, True, False]
    assert rate.allows("b", 0.0)
    assert rate.allows("a", 31.0)
    assert not rate.allows("a", 32.0)
    assert rate.allows("c", 200.0)
    assert list(rate._left) == ["c"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("listen = 1", "text"),
        ('listen = "7380"', "7380"),
        ('listen = "127.0.0.1:70000"', "7380"),
        ("connections = 0", "whole number"),
        ("conections = 1", "unknown keys"),
        ("", r"no \[\[log\]\]"),
        ('[[log]]\nkey = "x"', "form"),
        ('[[log]]\nkeys = "x"', "origin"),
        ("= 1", "no TOML"),
    ],
)
def test_a_configuration_says_what_is_wrong_with_it(text: str, says: str, tmp_path: Path) -> None:
    """File and key are named, in Chinese and English."""
    file = tmp_path / "witness.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=says) as refusal:
        configuration.read(file)
    assert str(file) in str(refusal.value)


def test_a_log_may_have_two_keys_and_an_origin_of_its_own(tmp_path: Path) -> None:
    """Both keys may sign, under the origin that the configuration gives."""
    one, two = log_key(), log_key("log.example/two", 2)
    file = tmp_path / "witness.toml"
    lines = [f'[[log]]\nkey = "{one.verifier_key}"', f'[[log]]\nkey = "{two.verifier_key}"']
    file.write_text("\n".join([*lines, f'origin = "{one.origin}"']), encoding="utf-8")
    read = configuration.read(file)
    assert [key.name for key in read.logs[one.origin]] == [one.origin, two.origin]


def test_the_published_vector_is_what_the_witness_says(tmp_path: Path) -> None:
    """docs/formats/witness-vector.json, request by request and byte by byte."""
    file = Path(__file__).parents[2] / "docs" / "formats" / "witness-vector.json"
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written == vector_of(tmp_path)
    statuses = [step["status"] for step in written["conversation"]]
    assert statuses == [200, 409, 422, 200, 200, 409, 400, 404, 403, 400]
