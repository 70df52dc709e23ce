import gzip
import json
import struct
import unicodedata
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from amends.kernel.canonical import canonical
from amends.roster import entries, publication
from amends.roster.commitment import commit, field_digest, normal_value, person_root
from amends.roster.entries import MOVES, State, Total
from amends.roster.note import LogKey
from amends.roster.policy import policy_text
from amends_verify import audit, report, verify
from roster_logs import AMOUNT, BOUND, KEY, VALUES, MadeLog, twenty, vector

SEED = bytes(range(32))


def test_a_checkpoint_is_the_one_that_an_unrelated_program_signed() -> None:
    """A checkpoint made elsewhere from the same key, size and root has the same bytes."""
    key = LogKey(origin="roster.example/amends/golden", seed=bytes([1]) * 32)
    root = bytes.fromhex("f982af0a8da9973e6528386e7fead40c0c7ba69f4e5471defcc9c8a0ea08188e")
    assert key.checkpoint(5, root) == (
        "roster.example/amends/golden\n5\n+YKvCo2plz5lKDhuf+rUDAx7pp9OVHHe/MnIoOoIGI4=\n\n"
        "\u2014 roster.example/amends/golden N5SqmzhErAQ28SVyKFyO30dPl6hqLPgnpH+tDPnbrEJCttN3ry6"
        "TswQCMrxI5G6GkJmSpb00HSH+QsTSpHeZd2Wu2QU=\n"
    )


def test_the_policy_names_the_log_and_asks_for_no_witness() -> None:
    """The policy is C2SP's: comments, the log's key, a quorum."""
    lines = [
        line for line in policy_text(KEY.verifier_key).splitlines() if not line.startswith("#")
    ]
    assert lines == [f"log {KEY.verifier_key}", "quorum none"]
    assert verify.Policy(policy_text(KEY.verifier_key).encode()).logs[KEY.origin][2] == KEY.public


def test_entries_have_their_lengths_and_types() -> None:
    """Every entry has the fixed length of its type, which stands in the first byte."""
    one = Total(count=1, amount_minor=AMOUNT)
    made = [
        entries.case_entry(bytes(32)),
        entries.award_entry(0, AMOUNT, bytes(32)),
        entries.scope_entry(one, bytes(32)),
        entries.batch_entry(1, "alipay", one, bytes(32)),
        entries.state_entry(1, bytes(32), bytes(32), [one] * 8),
    ]
    assert [len(entry) for entry in made] == [33, 46, 45, 50, 165]
    assert [entry[0] for entry in made] == list(range(5))
    assert made[1].hex() == "0100" + "00000000" + "000000000007a120" + "00" * 32


def test_amounts_beyond_the_field_are_refused_not_wrapped() -> None:
    """A negative or overlong amount makes no entry."""
    for amount in (-1, 1 << 64):
        with pytest.raises((struct.error, OverflowError)):
            entries.award_entry(0, amount, bytes(32))


def test_verifier_and_publisher_allow_the_same_moves() -> None:
    """The verifier's table of moves, written apart, is the publisher's."""
    theirs = [frozenset(State(int(code)) for code in row) for row in audit.MOVES]
    assert theirs == [MOVES[state] for state in State]
    assert [name.upper() for name in report.STATES] == [state.name for state in State]


@pytest.mark.parametrize(
    ("field", "found", "kept"),
    [
        ("phone", "１３８００００９９９９", "13800009999"),
        ("phone", "+86 138-0000-9999", "13800009999"),
        ("phone", "+8613800009999", "13800009999"),
        ("phone", None, ""),
        ("idno", " 99010119900101999x ", "99010119900101999X"),
        ("name", unicodedata.normalize("NFD", "Zoë"), "Zoë"),
        ("name", "Ｐｌａｎｔ　Ａ", "Plant A"),
    ],
)
def test_values_are_brought_to_one_form(field: str, found: str | None, kept: str) -> None:
    """Spellings of one value are committed to as one value."""
    assert normal_value(field, found) == kept


def test_two_people_never_share_a_commitment() -> None:
    """The award's number is in the commitment, so equal people with an equal seed still differ."""
    first, _ = commit(BOUND, 0, SEED, "NAME", VALUES)
    second, _ = commit(BOUND, 1, SEED, "NAME", VALUES)
    assert first != second


def test_fields_keep_their_borders() -> None:
    """Letters that move from a name to its value make another digest."""
    salt = bytes(16)
    assert field_digest("ab", salt, "c") != field_digest("a", salt, "bc")
    assert person_root([b"a" * 32, b"b" * 32]) == person_root([b"b" * 32, b"a" * 32])


def test_a_missing_field_looks_like_a_present_one() -> None:
    """A receipt has as many digests for people of whom less is known."""
    _, known = commit(BOUND, 0, SEED, "NAME", VALUES)
    _, unknown = commit(BOUND, 0, SEED, "NAME", {})
    assert [len(d) for d in known.hidden] == [len(d) for d in unknown.hidden] == [32, 32, 32]
    assert not set(known.hidden) & set(unknown.hidden)


def test_a_receipt_holds_no_name_and_no_number() -> None:
    """The opening in a receipt names the case and what leaked, and nobody's details."""
    log = twenty()
    line = log.receipt(7).splitlines()[1].removeprefix("extra ")
    opening = json.loads(verify.unbase64(line))
    assert set(opening["opened"]) == {"award", "case", "categories", "currency"}
    seed = log.openings[7].seed
    for value in (*map(str, VALUES.values()), seed.hex(), b64encode(seed).decode()):
        assert value not in json.dumps(opening, ensure_ascii=False)


def test_nothing_published_depends_on_a_person_without_the_seed() -> None:
    """Of all a person's values, plain, masked or hashed, nothing stands in the published files."""
    published = b"".join(twenty().files().values())
    for field, found in VALUES.items():
        for value in {str(found), normal_value(field, found)}:
            needles = [value.encode(), value[-6:].encode() if field != "name" else value.encode()]
            needles += [
                sha256(value.encode()).digest(),
                sha256(value.encode()).hexdigest().encode(),
            ]
            assert not [needle for needle in needles if needle in published]


def test_a_state_file_has_no_time_in_it() -> None:
    """The same states are the same bytes, whenever they are written."""
    log = twenty()
    packed = log.covered["state/1/0.bin.gz"]
    assert packed[:10].hex() == "1f8b08000000000000ff"
    assert gzip.decompress(packed) == bytes([State.SETTLED]) * 20
    assert twenty().files() == log.files()


def test_json_is_in_one_form() -> None:
    """Keys are sorted, nothing is blank, letters stay letters."""
    assert canonical({"b": 1, "a": "案"}) == '{"a":"案","b":1}'
    case = json.loads(twenty().covered["case.json"])
    assert case["simulated"] == {"rails": True, "time": True}
    assert case["promise"] == {
        "people": 20,
        "per_person_minor": AMOUNT,
        "total_minor": 20 * AMOUNT,
    }


def test_the_log_only_grows() -> None:
    """What was an entry stays that entry, at its place, whatever follows."""
    before = MadeLog(people=20).begin().log
    assert twenty().log[: len(before)] == before


def test_the_vector_of_the_format_page_is_what_the_program_makes() -> None:
    """docs/formats/roster-vector.json is this log, byte for byte; its receipt verifies."""
    page = Path(__file__).parents[2] / "docs" / "formats" / "roster-vector.json"
    text = page.read_text(encoding="utf-8")
    made = vector()
    assert json.loads(text) == made
    policy = verify.Policy(str(made["policy"]).encode())
    assert "award 1 of case golden" in verify.receipt(str(made["receipt_1"]).encode(), policy)


@pytest.mark.parametrize("kinds", [1, 2, 5])
@pytest.mark.parametrize("awards", [0, 3, 70_000])
def test_states_are_one_gzip_member(kinds: int, awards: int) -> None:
    """However they are packed: a byte per award comes out, and mixed ones take less than usual."""
    states = np.random.default_rng(kinds).integers(0, kinds, awards, dtype=np.uint8).tobytes()
    files = publication.state_files(1, np.frombuffer(states, dtype=np.uint8))
    packed = files.get("state/1/0.bin.gz", gzip.compress(b""))
    assert gzip.decompress(packed) == states
    usual = len(gzip.compress(states, 9 if awards < 10 else 6))
    assert len(packed) <= usual * (0.95 if kinds == 5 and awards > 10 else 1)
