"""Claims as a stranger checks them, and as their person opens them without Amends."""

import io
import json
import os
import struct
import sys
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from amends.kernel.canonical import canonical
from amends.roster import claims, codes, entries, publication
from amends_verify import claim, verify
from amends_verify.audit import Audit
from amends_verify.verify import RosterError
from roster_logs import CODES, KEY, VALUES, VERIFIER, MadeLog

ALL = dict(enumerate(CODES[:20]))


def log_of(people: int = 20) -> MadeLog:
    """A log with claim buckets and an epoch."""
    return MadeLog(people=people).begin().claim(ALL).advance([2] * people, range(people))


def audit(log: MadeLog, directory: Path, *, whole: bool) -> str:
    """What the stranger's audit says."""
    policy = verify.Policy(log.policy.encode())
    return Audit(log.write(directory), policy).run(claims=whole)


@pytest.mark.parametrize("whole", [False, True])
def test_claim_buckets_are_audited(tmp_path: Path, *, whole: bool) -> None:
    """A log with claim buckets passes, read whole or by their sizes."""
    said = audit(log_of(130), tmp_path, whole=whole)
    assert "Claim buckets: 2 of 32 KiB, " in said
    assert ("32 KiB, read" in said) is whole


def test_a_log_without_claims_says_so(tmp_path: Path) -> None:
    """Nothing is said of buckets that nobody asked for."""
    log = MadeLog(people=20).begin()
    assert "claim buckets" not in audit(log, tmp_path, whole=False)
    assert "publishes no claim buckets" in audit(log, tmp_path, whole=True)


def test_only_the_newest_publication_is_there(tmp_path: Path) -> None:
    """A second CLAIMS takes the first one's place."""
    log = log_of().claim(dict(list(ALL.items())[:5]))
    assert "Claim buckets: 1 of 32 KiB" in audit(log, tmp_path, whole=True)


BUCKET = claims.bucket_path(0)


def _changed(log: MadeLog) -> None:
    data = bytearray(log.covered[BUCKET])
    data[5_000] ^= 1
    log.covered[BUCKET] = bytes(data)


def _longer(log: MadeLog) -> None:
    log.covered[BUCKET] += b"\0"


def _missing(log: MadeLog) -> None:
    del log.covered[BUCKET]


def _more(log: MadeLog) -> None:
    log.covered[claims.bucket_path(1)] = log.covered[BUCKET]


def _other_about(log: MadeLog) -> None:
    log.covered[claims.ABOUT] = log.covered[claims.ABOUT].replace(b'"slots":186', b'"slots":187')


def _other_manifest(log: MadeLog) -> None:
    log.covered[claims.MANIFEST] = bytes(32)


def _published(log: MadeLog, bucket: bytes, *, publication: int = 1, count: int = 1) -> None:
    """Let the log cover this bucket instead, with its right hashes."""
    hashes = sha256(bucket).digest() * count
    about = claims.about(1, hashes)
    log.covered |= {BUCKET: bucket, claims.MANIFEST: hashes, claims.ABOUT: about}
    at = next(at for at, entry in enumerate(log.log) if entry[0] == 6)
    log.log[at] = entries.claims_entry(publication, count, sha256(about).digest())


def _second_first(log: MadeLog) -> None:
    _published(log, log.covered[BUCKET], publication=2)


def _other_count(log: MadeLog) -> None:
    _published(log, log.covered[BUCKET], count=1)
    at = next(at for at, entry in enumerate(log.log) if entry[0] == 6)
    log.log[at] = struct.pack(">BII32s", 6, 1, 2, log.log[at][9:])


@pytest.mark.parametrize(
    ("change", "reason", "always"),
    [
        (_changed, "is not what the log says", False),
        (_longer, "not of 32 KiB", True),
        (_missing, "is missing, or is", True),
        (_more, "covered by nothing", True),
        (_other_about, "is not what the log says", True),
        (_other_manifest, "is not what the log says", True),
        (_second_first, "not numbered from 1", True),
        (_other_count, "differs from its CLAIMS", True),
    ],
)
def test_changed_claims_are_found(
    tmp_path: Path, change: Callable[[MadeLog], None], reason: str, *, always: bool
) -> None:
    """Each change is refused with its own sentence; those of contents where they are read."""
    log = MadeLog(people=20).begin().claim(ALL)
    change(log)
    with pytest.raises(RosterError, match=reason):
        audit(log, tmp_path / "whole", whole=True)
    if always:
        with pytest.raises(RosterError, match=reason):
            audit(log, tmp_path / "sizes", whole=False)
    else:
        assert audit(log, tmp_path / "sizes", whole=False)


def opened(directory: Path, code: str, *, categories: bool = True, **values: str) -> bytes:
    """The receipt that a person makes."""
    log = claim.Directory(directory)
    found = claim.code_of(code, log.origin)
    return claim.receipt(log, found, values, categories=categories)


@pytest.mark.parametrize("people", [3, 20, 300, 700])
def test_a_code_leads_to_the_receipt_that_we_write(tmp_path: Path, people: int) -> None:
    """From published files and a code alone comes the same receipt, byte for byte."""
    few = {award: CODES[award % 20] for award in range(min(3, people))}
    log = MadeLog(people=people).begin().claim(few).advance([2] * people, range(people))
    directory = log.write(tmp_path)
    for award, code in few.items():
        made = opened(directory, codes.written(code))
        assert made == log.receipt(award).encode()
        assert made == opened(directory, codes.scan_text(KEY.origin, code))
        assert "Verified: award" in verify.receipt(made, verify.Policy(log.policy.encode()))


def test_a_corrected_award_has_its_corrections(tmp_path: Path) -> None:
    """The receipt of a code carries every correction of its award."""
    log = log_of().correct((0, 1, 1, 600_000), (3, 1, 1, 600_000))
    made = opened(log.write(tmp_path), codes.written(CODES[3]))
    assert made == log.receipt(3).encode()
    assert "CORRECTED" in verify.receipt(made, verify.Policy(log.policy.encode()))


def test_a_person_opens_what_they_choose(tmp_path: Path) -> None:
    """Single fields are opened or kept closed; all receipts prove the same award."""
    log = log_of()
    directory, code = log.write(tmp_path), codes.written(CODES[2])
    policy = verify.Policy(log.policy.encode())
    plain = verify.receipt(opened(directory, code), policy)
    assert "leaked: NAME;PHONE" in plain
    assert "Opened by" not in plain
    closed = opened(directory, code, categories=False)
    assert "leaked: not opened" in verify.receipt(closed, policy)
    assert b64encode(b"NAME;PHONE")[:10] not in closed
    named = opened(directory, code, categories=False, name=" 样本甲 ", phone="+86 138 0000 9753")
    said = verify.receipt(named, policy)
    assert "name '样本甲'" in said
    assert "phone '13800009753'" in said
    assert "idno" not in said


def test_nobody_opens_a_value_that_was_not_committed_to(tmp_path: Path) -> None:
    """Another name is refused by who makes the receipt, and by who checks a forged one."""
    log = log_of()
    directory, code = log.write(tmp_path), codes.written(CODES[2])
    with pytest.raises(RosterError, match="not the name of the award"):
        opened(directory, code, name="别人")
    policy = verify.Policy(log.policy.encode())
    honest = opened(directory, code, name=str(VALUES["name"])).decode().split("\n")
    extra = json.loads(verify.unbase64(honest[1][6:]))
    for field, value in (("name", "别人"), ("email", "a"), ("idno", "x")):
        forged = extra | {"opened": extra["opened"] | {field: [extra["opened"]["name"][0], value]}}
        honest[1] = "extra " + b64encode(canonical(forged).encode()).decode()
        reason = "other fields are opened" if field == "email" else "is not the award's"
        with pytest.raises(RosterError, match=reason):
            verify.receipt("\n".join(honest).encode(), policy)
    for field in ("award", "case", "currency"):
        less = {name: each for name, each in extra["opened"].items() if name != field}
        honest[1] = "extra " + b64encode(canonical(extra | {"opened": less}).encode()).decode()
        with pytest.raises(RosterError, match="other fields are opened"):
            verify.receipt("\n".join(honest).encode(), policy)


def test_whoever_serves_the_files_learns_the_same_of_a_right_and_a_wrong_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files and bytes that are read do not depend on whether a code opens anything."""
    people, those = 1_000, {5: CODES[0], 300: CODES[1], 800: CODES[2]}
    log = MadeLog(people=people).begin().claim(those).advance([2] * people, range(people))
    directory = log.write(tmp_path)
    read: dict[str, int] = {}
    original = Path.read_bytes

    def counted(path: Path) -> bytes:
        data = original(path)
        read[path.relative_to(directory).as_posix()] = len(data)
        return data

    monkeypatch.setattr(Path, "read_bytes", counted)

    def asked(code: int) -> list[tuple[str, int]]:
        """The kind of each file that is read for a code, and its size."""
        read.clear()
        with suppress(RosterError):
            claim.receipt(claim.Directory(directory), codes.packed(code), {}, categories=True)
        return sorted((name.rpartition("/")[0], size) for name, size in read.items())

    wrong = [asked(code) for code in codes.drawn(os.urandom(13 * 300))]
    right = [asked(code) for code in those.values()]
    # Awards stand in the bundle of CASE, in full ones, or in the last: no code tells of another.
    assert all(one in wrong for one in right)
    assert all(one in right for one in wrong)
    assert ("tile/entries", 256 * 48) in right[1]
    assert [size for name, size in right[1] if name == "claims/000"] == [32_768]


def test_one_persons_complete_check_is_650_kb_at_three_million() -> None:
    """Bucket, entry, path, a part of the states, what is small: whatever states people are in."""
    people = 3_000_000
    size = people + 2 + 4_000  # batches, epochs, claims
    level, tiles = size, 0
    while level:
        full, rest = divmod(level, 256)
        tiles += 32 * (256 * bool(full) + rest)  # the entry's tile, and the one at the end
        level = full
    states = np.random.default_rng(1).integers(0, 8, people, dtype=np.uint8)  # no other takes more
    files = publication.state_files(1, states)
    state = len(files["state/1/parts"]) + len(files["state/1/0.bin.gz"])
    buckets = claims.bucket_count(people)
    about = len(claims.about(1, bytes(32 * buckets)))
    small = 4_096 + about  # checkpoint with cosignatures, case.json
    program = len(VERIFIER["verify.py"])
    total = claims.BUCKET_BYTES + 256 * 48 + tiles + state + small + program
    assert max(len(one) for one in files.values()) < state + 1_000, "no other part takes more"
    assert 300_000 < total <= 650_000


def test_the_command_asks_for_the_code_and_never_takes_it_as_an_argument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code and values come from standard input; what is printed holds neither."""
    log, to = log_of(), tmp_path / "receipt"
    directory = log.write(tmp_path / "log")
    code = codes.written(CODES[4])
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{code}\n样本甲\n"))
    assert claim.main(["claim", str(directory), "--to", str(to), "--open", "name"]) == 0
    assert b"tlog-proof@v1" in to.read_bytes()
    for wrong in (codes.written(CODES[30]), "no code", ""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{wrong}\n"))
        assert claim.main(["claim", str(directory), "--to", str(to)]) == 1
    with pytest.raises(SystemExit):
        claim.main(["claim", str(directory), "--to", str(to), "--code", code])
    printed = capsys.readouterr()
    assert "NO RECEIPT: " in printed.err
    assert "样本甲" not in printed.out + printed.err
    assert codes.written(CODES[30]) not in printed.err
