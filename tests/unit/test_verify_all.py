import functools
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from amends.roster import entries, publication
from amends.roster.entries import State, Total
from amends.roster.note import LogKey
from amends_verify import audit, tiles, verify
from amends_verify.audit import Audit
from amends_verify.verify import MALFORMED, Policy, RosterError
from false_epochs import FALSE_EPOCHS, false_epoch, hundred
from roster_logs import AMOUNT, KEY, VERIFIER, MadeLog, twenty

POLICY = Policy(twenty().policy.encode())


@pytest.fixture(autouse=True)
def _remembered_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each signature is computed once: the same question has the same answer."""
    monkeypatch.setattr(verify, "signed", functools.cache(verify.signed))


def verdict(directory: Path) -> str:
    """What the audit says: the sentence, or the reason."""
    try:
        return Audit(directory, POLICY).run()
    except (RosterError, *MALFORMED) as reason:
        return f"no: {reason}"


def accepted(directory: Path) -> bool:
    """Whether the audit passes."""
    return verdict(directory).startswith("Verified")


def test_an_honest_log_is_accepted_and_its_limits_are_said(tmp_path: Path) -> None:
    """The sentence holds figures and states, that time is simulated, and what is not proved."""
    sentence = verdict(hundred().write(tmp_path))
    assert "100 awards of CNY 500,000.00, as promised" in sentence
    assert "settled 40, returned 20, needs_person 40" in sentence
    assert "THE CASE IS SIMULATED: rails, time" in sentence
    assert "Not checked: that banks paid" in sentence


@pytest.mark.parametrize("people", [1, 19, 253, 254, 255, 510, 700])
def test_logs_of_every_shape_are_accepted(tmp_path: Path, people: int) -> None:
    """Full and partial tiles at every border, with the partial ones of earlier checkpoints."""
    log = MadeLog(people=people).begin()
    log.advance([1] * people, range(people)).advance([2] * people)
    assert accepted(log.write(tmp_path))


def files_of(directory: Path) -> list[Path]:
    """Every file of a directory."""
    return sorted(path for path in directory.rglob("*") if path.is_file())


def test_every_changed_byte_of_every_file_is_found(tmp_path: Path) -> None:
    """A byte changed anywhere in a published log of five people fails the audit.

    The verifier in it is cut to its first lines here, for time; the next test takes it whole.
    """
    paid = (
        MadeLog(people=5)
        .begin({name: file[:300] for name, file in VERIFIER.items()})
        .advance([2] * 5, range(5))
    )
    paid.advance([2] * 3 + [3] * 2).write(tmp_path)
    assert accepted(tmp_path)
    missed = []
    for path in files_of(tmp_path):
        content = path.read_bytes()
        for at in range(len(content)):
            changed = content[at] ^ (1 << at % 8)
            path.write_bytes(content[:at] + bytes([changed]) + content[at + 1 :])
            if accepted(tmp_path):
                missed.append((path.name, at))
        path.write_bytes(content)
    assert missed == []
    assert accepted(tmp_path)


@pytest.mark.parametrize("name", VERIFIER)
def test_a_changed_byte_of_the_published_verifier_is_found(tmp_path: Path, name: str) -> None:
    """At positions all over the verifier that the directory ships, a changed byte is found."""
    path = twenty().write(tmp_path) / name
    content = path.read_bytes()
    for at in range(0, len(content), 97):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert not accepted(tmp_path)


def test_every_cut_file_and_every_longer_file_is_found(tmp_path: Path) -> None:
    """No file may be shorter at either end, empty, longer, or missing.

    Missing may be what C2SP tlog-tiles lets a log delete: partial tiles of earlier checkpoints.
    """
    twenty().write(tmp_path)
    missed = []
    for path in files_of(tmp_path):
        content = path.read_bytes()
        ends = (b"", content[:-1], content[1:], content + b"\0", content + b"\n", content * 2)
        for other in ends:
            path.write_bytes(other)
            if accepted(tmp_path):
                missed.append((path.name, len(other)))
        path.unlink()
        if accepted(tmp_path) is not (path.name in {"22", "24"}):
            missed.append((path.name, -1))
        path.write_bytes(content)
    assert missed == []


@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        ".hidden",
        "state/3/0.bin.gz",
        "state/1/1.bin.gz",
        "state/01/parts",
        "batches/2.json",
        "tile/0/001.p/1",
        "tile/0/000",
        "tile/0/000.p/023",
        "tile/00/000.p/22",
        "tile/0/x000/000.p/22",
        "tile/1/000.p/1",
        "tile/9/000",
        "tile/entries/000.p/26",
        "tile/entries/000.p/0",
        "claims/0/0",
    ],
)
def test_every_added_file_is_found(tmp_path: Path, name: str) -> None:
    """A file that nothing in the log covers fails the audit, whatever it is called."""
    path = twenty().write(tmp_path) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((tmp_path / "tile/0/000.p/22").read_bytes())
    assert not accepted(tmp_path)


def test_a_link_or_a_pipe_is_no_file(tmp_path: Path) -> None:
    """Only ordinary files are published."""
    twenty().write(tmp_path)
    (tmp_path / "copy.json").symlink_to(tmp_path / "case.json")
    assert not accepted(tmp_path)
    (tmp_path / "copy.json").unlink()
    os.mkfifo(tmp_path / "pipe")
    assert not accepted(tmp_path)
    (tmp_path / "pipe").unlink()
    (tmp_path / "case.json").rename(tmp_path.parent / "elsewhere.json")
    (tmp_path / "case.json").symlink_to(tmp_path.parent / "elsewhere.json")
    assert not accepted(tmp_path)


def people_of(people: int) -> bytes:
    """A SCOPE of so many."""
    return entries.scope_entry(Total(count=people, amount_minor=people * AMOUNT), bytes(32))


def award(log: MadeLog, *, award_class: int = 0, amount: int = AMOUNT) -> bytes:
    """The award at entry 50, as it is or otherwise."""
    return entries.award_entry(award_class, amount, log.log[50][14:])


Change = Callable[[MadeLog], list[bytes]]
FRAUDS: dict[str, Change] = {
    "a person dropped": lambda log: log.log[:-1],
    "an amount cut": lambda log: [*log.log[:50], award(log, amount=1), *log.log[51:]],
    "an amount raised": lambda log: [*log.log[:50], award(log, amount=AMOUNT + 1), *log.log[51:]],
    "a class invented": lambda log: [*log.log[:50], award(log, award_class=1), *log.log[51:]],
    "flags set": lambda log: [
        *log.log[:50],
        log.log[50][:5] + b"\1" + log.log[50][6:],
        *log.log[51:],
    ],
    "one leaf for two people": lambda log: [*log.log[:50], log.log[51], *log.log[51:]],
    "a phantom": lambda log: [*log.log, entries.award_entry(0, AMOUNT, bytes(32))],
    "scope and people cut": lambda log: [log.log[0], people_of(99), *log.log[2:-1]],
    "scope after the awards": lambda log: [log.log[0], *log.log[2:], log.log[1]],
    "no scope": lambda log: [log.log[0], *log.log[2:]],
    "a smaller scope later": lambda log: [*log.log, people_of(50)],
    "a larger scope unmet": lambda log: [*log.log, people_of(101)],
    "two cases": lambda log: [*log.log, log.log[0]],
    "an entry of an unknown type": lambda log: [*log.log, b"\x07" + bytes(40)],
    "an empty entry": lambda log: [*log.log, b""],
    "an award with a byte more": lambda log: [*log.log[:50], award(log) + b"\0", *log.log[51:]],
    "no awards at all": lambda log: log.log[:1],
}


def fraud(change: Change) -> MadeLog:
    """A log that its own company falsified before it signed."""
    log = MadeLog(people=100).begin()
    log.log = change(log)
    log.sizes = [len(log.log)]
    return log


@pytest.mark.parametrize("name", FRAUDS)
def test_a_falsified_log_is_found_though_it_is_well_signed(tmp_path: Path, name: str) -> None:
    """What the company itself falsifies and signs, a stranger finds."""
    honest = fraud(lambda log: log.log)
    assert accepted(honest.write(tmp_path / "honest"))
    assert not accepted(fraud(FRAUDS[name]).write(tmp_path / "false"))


def test_the_same_log_again_is_accepted_when_it_is_told_of_more_people(tmp_path: Path) -> None:
    """A later find adds a larger SCOPE and its awards behind everything else."""
    log = hundred()
    log.log.append(people_of(120))
    for number in range(20):
        log.log.append(entries.award_entry(0, AMOUNT, sha256(b"late %d" % number).digest()))
    log.people = 120
    log.sizes.append(len(log.log))
    log.advance([2] * 40 + [3] * 20 + [4] * 40 + [0] * 20)
    assert "120 awards" in verdict(log.write(tmp_path))


@pytest.mark.parametrize("name", FALSE_EPOCHS)
def test_a_falsified_epoch_is_found_though_its_hashes_fit(tmp_path: Path, name: str) -> None:
    """States and sums that do not follow from the log are found."""
    assert accepted(false_epoch(lambda _, __: None).write(tmp_path / "honest"))
    assert not accepted(false_epoch(FALSE_EPOCHS[name]).write(tmp_path / "false"))


def test_states_come_in_parts_of_which_none_is_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File i of N holds the awards i, N + i, …, for whatever N the rule gives, and no other."""
    for module in (publication, tiles):
        monkeypatch.setattr(module, "MOST_STATES", 40)
    states = [2, 3, 4, 2, 2] * 20
    log = MadeLog(people=100).begin().advance([2] * 100, range(100)).advance(states)
    parts = [log.covered[f"state/2/{part}.bin.gz"] for part in range(3)]
    opened = [gzip.decompress(part) for part in parts]
    assert [opened[award % 3][award // 3] for award in range(100)] == states
    assert [len(part) for part in opened] == [34, 33, 33]
    assert accepted(log.write(tmp_path / "parts"))
    for most in (20, 200):  # a part of few awards would say whose state is asked for
        monkeypatch.setattr(tiles, "MOST_STATES", most)
        assert "more or fewer parts" in verdict(tmp_path / "parts")
    monkeypatch.setattr(tiles, "MOST_STATES", 40)
    (tmp_path / "parts/state/2/1.bin.gz").write_bytes(parts[2])
    assert "1.bin.gz is not what the log says" in verdict(tmp_path / "parts")
    for awards in (1, 40, 41, 79, 80, 81, 1_000):
        count = -(-awards // 40)
        assert min(len(range(part, awards, count)) for part in range(count)) >= min(awards, 20)


EPOCHS: dict[str, tuple[list[int], int, list[int], bool]] = {
    # what it is: states first, number paid, states later, whether it is so
    "a return": ([2] * 100, 100, [2] * 80 + [3] * 20, True),
    "paid back to a promise": ([2] * 100, 100, [0] * 20 + [2] * 80, False),
    "sent, then never sent": ([1] * 100, 100, [0] * 100, False),
    "a waiver after payment": ([2] * 100, 100, [6] * 20 + [2] * 80, False),
    "a waiver undone": ([6] * 20 + [0] * 80, 0, [0] * 100, False),
    "settled without a batch": ([2] * 100, 0, [2] * 100, False),
    "more settled than batched": ([2] * 100, 60, [2] * 100, False),
}


@pytest.mark.parametrize("name", EPOCHS)
def test_moves_and_sums_that_cannot_be_are_found(tmp_path: Path, name: str) -> None:
    """An award makes only the moves of the table, and nobody is paid outside a batch."""
    first, paid, later, possible = EPOCHS[name]
    log = MadeLog(people=100).begin().advance(first, range(paid)).advance(later)
    assert accepted(log.write(tmp_path)) is possible


def test_a_state_that_gives_a_few_people_away_is_found(tmp_path: Path) -> None:
    """Nineteen people of a class in a state of their own is a fault of the publisher."""
    log = MadeLog(people=100).begin()
    honest = log.advance([2] * 81 + [3] * 19, range(100))
    assert "open 19" in verdict(honest.write(tmp_path / "honest"))
    naked = bytes([2] * 81 + [3] * 19)
    packed = gzip.compress(naked, mtime=0)
    parts = sha256(packed).digest()
    log.covered |= {"state/1/0.bin.gz": packed, "state/1/parts": parts}
    log.log[-1] = log.log[-1][:5] + sha256(parts).digest() + log.log[-1][37:]
    assert verdict(log.write(tmp_path / "false")) == "no: a state of few people is shown"
    assert State.OPEN == audit.OPEN


def test_a_case_that_names_another_key_is_found(tmp_path: Path) -> None:
    """case.json repeats the log's key, and has to agree with the policy that was brought."""
    log = MadeLog(people=30).begin()
    case = json.loads(log.covered["case.json"])
    case["log"] = LogKey(origin=KEY.origin, seed=bytes([9]) * 32).verifier_key
    log.covered["case.json"] = verify.canonical(case)
    log.log[0] = entries.case_entry(sha256(log.covered["case.json"]).digest())
    assert "another log key" in verdict(log.write(tmp_path))


def test_a_simulated_case_cannot_pass_for_a_real_one(tmp_path: Path) -> None:
    """Whether money and time are real stands in the log's name and in case.json, and agrees."""
    log = MadeLog(people=30).begin()
    case = json.loads(log.covered["case.json"])
    case["simulated"] = {"rails": False, "time": False}
    log.covered["case.json"] = verify.canonical(case)
    log.log[0] = entries.case_entry(sha256(log.covered["case.json"]).digest())
    assert "whether this is simulated" in verdict(log.write(tmp_path))


def test_cosignatures_of_unknown_witnesses_say_nothing(tmp_path: Path) -> None:
    """The one thing that may be added: a signature that the policy does not name."""
    checkpoint = twenty().write(tmp_path) / "checkpoint"
    with checkpoint.open("a", encoding="utf-8") as file:
        file.write(f"\u2014 witness.example {'A' * 96}\n")
    assert accepted(tmp_path)


@pytest.mark.parametrize("alone", [("-I", "-S"), ()])
def test_the_published_verifier_runs_alone(tmp_path: Path, alone: tuple[str, ...]) -> None:
    """The two files that the directory ships check it, also isolated from all that is installed.

    They leave nothing behind there: the second run finds the directory as it was.
    """
    log = hundred().write(tmp_path / "log")
    (tmp_path / "policy").write_text(hundred().policy, encoding="utf-8")
    command = [sys.executable, *alone, "verify.py", "all", ".", "--policy", "../policy"]
    for _ in range(2):
        done = subprocess.run(command, cwd=log, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert "Verified" in done.stdout
    (log / "stats/1.json").write_bytes(b"{}")
    done = subprocess.run(command, cwd=log, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("NOT VERIFIED: stats/1.json is not what the log says")


def test_a_receipt_needs_the_first_file_alone(tmp_path: Path) -> None:
    """verify.py without audit.py checks a receipt, and says what it lacks for a whole log."""
    log = twenty().write(tmp_path / "log")
    (tmp_path / "policy").write_text(twenty().policy, encoding="utf-8")
    (tmp_path / "receipt").write_text(twenty().receipt(3), encoding="utf-8")
    (tmp_path / "verify.py").write_bytes(VERIFIER["verify.py"])

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-I", "verify.py", *words, "--policy", "policy"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "award 3 of case golden" in run("receipt", "receipt").stdout
    lacking = run("all", str(log))
    assert (lacking.returncode, lacking.stdout) == (1, "")
    assert lacking.stderr.startswith("NOT VERIFIED: No module named")
    assert "audit" in lacking.stderr
    assert lacking.stderr.count("\n") == 1


def older(log: MadeLog, *names: str) -> MadeLog:
    """The log as it was when the verifier had fewer files: case.json does not name these."""
    case = json.loads(log.covered["case.json"])
    for name in names:
        del case[f"{name}_sha256"], log.covered[f"{name}.py"]
    log.covered["case.json"] = verify.canonical(case)
    log.log[0] = entries.case_entry(sha256(log.covered["case.json"]).digest())
    return log


@pytest.mark.parametrize("missing", [("audit", "report", "tiles", "zh"), ("report",)])
def test_an_older_log_is_accepted_with_the_files_that_it_ships(
    tmp_path: Path, missing: tuple[str, ...]
) -> None:
    """Of one file, or without report.py; one that it does not name is covered by nothing."""
    path = older(hundred(), *missing).write(tmp_path)
    name = f"{missing[0]}.py"
    assert not (path / name).exists()
    assert accepted(path)
    (path / name).write_bytes(VERIFIER[name])
    assert verdict(path) == f"no: covered by nothing in the log: ['{name}']"


def test_the_verifier_runs_as_a_module_and_speaks_of_claims(tmp_path: Path) -> None:
    """`python -m amends_verify` is the same program; without claim buckets it says so."""
    hundred().write(tmp_path / "log")
    (tmp_path / "policy").write_text(hundred().policy, encoding="utf-8")
    arguments = ["all", str(tmp_path / "log"), "--policy", str(tmp_path / "policy"), "--claims"]
    done = subprocess.run(
        [sys.executable, "-m", "amends_verify", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "no claim buckets" in done.stdout


def test_the_tree_is_judged_by_its_own_command(tmp_path: Path) -> None:
    """`python tiles.py`, beside a log: whether this is what was signed, and not what it says."""
    log = hundred()
    path, policy = log.write(tmp_path / "log"), tmp_path / "policy"
    policy.write_text(log.policy, encoding="utf-8")

    def said(*command: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, *command, str(path), "--policy", str(policy)],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    alone = "-I", str(path / "tiles.py")
    code, told = said(*alone)
    assert code == 0
    assert told.startswith(f"Verified: {len(log.log)} entries and all tiles are those that golden.")
    assert said("-m", "amends_verify", "tree") == (code, told)
    assert "Not checked: what the entries say, and " in told
    (path / "stats" / "1.json").write_bytes(b"{}")  # that is for audit.py to see
    assert said(*alone) == (code, told)
    assert not accepted(path)
    (path / "tile" / "1" / "x001").mkdir(parents=True)
    (path / "tile" / "1" / "x001" / "000").write_bytes(bytes(32))
    reason = "NOT VERIFIED: covered by nothing in the log: ['tile/1/x001/000']\n"
    assert said(*alone) == (1, reason)
    (path / "tile" / "1" / "x001" / "000").unlink()
    bundle = next(one for one in (path / "tile" / "entries").rglob("*") if one.is_file())
    bundle.write_bytes(bundle.read_bytes()[:-1] + b"x")
    assert said(*alone)[0] == 1


def test_a_directory_that_is_none_is_refused(tmp_path: Path) -> None:
    """An empty or missing directory is not verified."""
    assert not accepted(tmp_path)
    assert not accepted(tmp_path / "none")


MOST = 7 * 19
"""How many awards of a class small groups can make open: seven states of nineteen each."""


@pytest.mark.parametrize(("opened", "fits"), [(MOST, True), (MOST + 1, False)])
def test_no_more_are_open_than_small_groups_make(
    tmp_path: Path, opened: int, *, fits: bool
) -> None:
    """Whoever hides the unpaid as open can hide seven states of nineteen, and not one more."""
    log = MadeLog(people=200).begin().advance([7] * opened + [4] * (200 - opened))
    reason = "no: more are open than small groups make"
    assert (verdict(log.write(tmp_path)) == reason) is not fits


def test_each_correction_may_open_an_award(tmp_path: Path) -> None:
    """An award of which less was sent than is owed by now is open, too."""
    log = MadeLog(people=200).begin().correct((0, entries.OWN, 1, AMOUNT + 1))
    log.advance([4] + [7] * (MOST + 1) + [4] * (198 - MOST))
    assert accepted(log.write(tmp_path))


def with_case(log: MadeLog, **said: object) -> MadeLog:
    """The log with another case.json."""
    case = json.loads(log.covered["case.json"]) | said
    log.covered["case.json"] = verify.canonical(case)
    log.log[0] = entries.case_entry(sha256(log.covered["case.json"]).digest())
    return log


RAILS_ALONE = {"rails": True, "time": False}


@pytest.mark.parametrize(
    ("said", "loud"),
    [
        ({"pay_by": "2026-11-21T12:00:00Z"}, True),
        ({"pay_by": "2026-11-22T12:00:00Z"}, False),
        ({"pay_by": None}, False),
        ({"pay_by": "2026-11-21T12:00:00Z", "simulated": RAILS_ALONE}, True),
        ({"pay_by": "9999-12-31T12:00:00Z", "simulated": RAILS_ALONE}, False),
    ],
)
def test_a_deadline_that_has_passed_is_said_loudly(
    tmp_path: Path, said: dict[str, object], *, loud: bool
) -> None:
    """By the reader's own calendar; by the newest batch's day where the log's time is made up."""
    sentence = verdict(with_case(hundred(), **said).write(tmp_path))
    assert sentence.startswith("Verified")
    words = "OVERDUE since 2026-11-21: 60 awards of CNY 300,000.00 are not shown as arrived"
    assert (words in sentence) is loud


def test_nothing_is_overdue_of_whom_all_has_arrived(tmp_path: Path) -> None:
    """Everybody is shown as paid: the deadline says nothing."""
    log = MadeLog(people=60).begin().advance([2] * 60, range(60))
    sentence = verdict(with_case(log, pay_by="2026-01-01T00:00:00Z").write(tmp_path))
    assert "OVERDUE" not in sentence
