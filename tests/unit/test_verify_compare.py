"""Equivocation, played: two histories are shown to two people, and they find out together."""

from hashlib import sha256
from pathlib import Path

import pytest

from amends.kernel.witnessing import RosterSettings, WitnessSource
from amends.roster import entries
from amends.roster.merkle import Tree, consistency_proof, leaf_hash
from amends.roster.policy import policy_text
from amends_verify import compare, verify
from amends_verify.verify import Policy
from made_witness import a_witness, request
from roster_logs import AMOUNT, KEY, MadeLog

NAMES = ("press", "school", "notary")


def other(people: int = 20) -> MadeLog:
    """The history for one person: another one's award is a phantom's."""
    log = MadeLog(people=people).begin()
    log.log[4] = entries.award_entry(0, AMOUNT, sha256(b"a phantom").digest())
    return log


class Room:
    """Three witnesses, two of which have to cosign, and a directory for what people hold."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.witnesses = {
            name: a_witness(directory / name, KEY, name=f"{name}.example/w") for name in NAMES
        }
        settings = RosterSettings(
            witnesses=tuple(
                WitnessSource(name=name, key=one.key.verifier.text, url="https://w.example")
                for name, one in self.witnesses.items()
            ),
            quorum=2,
        )
        self.policy = directory / "policy"
        self.policy.write_text(policy_text(KEY.verifier_key, settings), encoding="utf-8")

    def cosigned(self, log: MadeLog, *names: str, old: int = 0) -> dict[str, int]:
        """Ask these witnesses; their answers. The lines of those who cosign are kept."""
        tree = Tree(b"".join(map(leaf_hash, log.log)))
        answers, lines = {}, ""
        for name in names:
            proof = consistency_proof(tree.node, old, tree.size) if old else ()
            answer = self.witnesses[name].add_checkpoint(request(KEY, tree, old=old, proof=proof))
            answers[name] = answer.status
            lines += answer.body if answer.status == 200 else ""
        self.lines = lines
        return answers

    def hand_out(self, log: MadeLog, name: str, award: int | None = None) -> Path:
        """What a person is given: a receipt of an award, or the checkpoint."""
        path = self.directory / name
        note = log.files()["checkpoint"].decode() if award is None else log.receipt(award)
        path.write_text(note + self.lines, encoding="utf-8")
        return path

    def compare(self, *words: str | Path) -> int:
        """``amends_verify compare``."""
        return compare.main([*map(str, words), "--policy", str(self.policy)])


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """The scene."""
    return Room(tmp_path)


def test_two_people_with_receipts_of_two_histories_find_out(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    """The pair proves it, and shows which witness refused the second history, which did not."""
    honest, second = MadeLog(people=20).begin(), other()
    assert room.cosigned(honest, "press", "school") == {"press": 200, "school": 200}
    anna = room.hand_out(honest, "anna.txt", 3)
    assert verify.receipt(anna.read_bytes(), Policy(room.policy.read_bytes()))
    # press refuses; notary never saw the first one; school lost its state and does not say so.
    room.witnesses["school"] = a_witness(room.directory / "again", KEY, name="school.example/w")
    assert room.cosigned(second, *NAMES) == {"press": 409, "school": 200, "notary": 200}
    ben = room.hand_out(second, "ben.txt", 3)
    assert verify.receipt(ben.read_bytes(), Policy(room.policy.read_bytes()))
    assert room.compare(anna, ben) == 1
    told = capsys.readouterr().err
    assert "TWO HISTORIES of golden.simulated.amends.example" in told
    assert f"Witness press cosigned {anna}, and not {ben}" in told
    assert f"Witness notary cosigned {ben}, and not {anna}" in told
    assert "Witness school cosigned BOTH" in told
    assert [size for _, size, _ in room.witnesses["press"].state.refused()] == [22]


def test_with_honest_witnesses_a_second_history_has_no_quorum(room: Room) -> None:
    """At most one of two histories of a size can be shown to somebody who asks for two of three."""
    room.cosigned(MadeLog(people=20).begin(), "press", "school")
    second = other()
    assert list(room.cosigned(second, *NAMES).values()) == [409, 409, 200]
    ben = room.hand_out(second, "ben.txt", 3)
    with pytest.raises(verify.RosterError, match="missing: press, school"):
        verify.receipt(ben.read_bytes(), Policy(room.policy.read_bytes()))


def test_one_history_compares_equal_at_one_size_and_through_a_copy(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    """Receipts of different days are held against a copy of the log, from which both follow."""
    log = MadeLog(people=20).begin()
    room.cosigned(log, "press", "school")
    anna, checkpoint = room.hand_out(log, "anna.txt", 3), room.hand_out(log, "checkpoint.txt")
    assert room.compare(anna, checkpoint) == 0
    assert "one history" in capsys.readouterr().out
    before = len(log.log)
    log.advance([2] * 20, range(20))
    assert room.cosigned(log, "press", old=before) == {"press": 200}
    later = room.hand_out(log, "later.txt", 5)
    assert room.compare(anna, later) == 1
    assert "--log" in capsys.readouterr().err
    copy = log.write(room.directory / "copy")
    assert room.compare(anna, later, "--log", copy) == 0
    assert "All are beginnings of the copy" in capsys.readouterr().out


def test_a_copy_shows_a_second_history_of_another_size(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ben's receipt is of an earlier day; the log that everybody has now does not begin so."""
    room.cosigned(other(), "notary")
    ben = room.hand_out(other(), "ben.txt", 3)
    log = MadeLog(people=20).begin().advance([2] * 20, range(20))
    assert room.compare(ben, "--log", log.write(room.directory / "copy")) == 1
    assert "TWO HISTORIES" in capsys.readouterr().err


def test_what_the_log_has_not_signed_proves_nothing(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    """A changed receipt, a damaged copy and a copy that is too old are no second history."""
    log = MadeLog(people=20).begin()
    room.cosigned(log, "press", "school")
    anna = room.hand_out(log, "anna.txt", 3)
    forged = room.directory / "forged.txt"
    forged.write_bytes(anna.read_bytes().replace(b"\n22\n", b"\n23\n"))
    assert room.compare(anna, forged) == 1
    assert "NOT COMPARED" in capsys.readouterr().err
    copy = log.write(room.directory / "copy")
    (copy / "tile" / "entries" / "000.p" / "22").write_bytes(b"\0\1\0" * 22)
    assert room.compare(anna, "--log", copy) == 1
    assert "is not what the entries lead to" in capsys.readouterr().err
    old = log.write(room.directory / "old")
    log.advance([2] * 20, range(20))
    room.cosigned(log, "press", old=22)
    assert room.compare(room.hand_out(log, "new.txt", 1), "--log", old) == 1
    assert "newer than" in capsys.readouterr().err
