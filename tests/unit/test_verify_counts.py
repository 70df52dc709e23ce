"""A case that shows counts alone: what a stranger can hold against it, and what its auditor can."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

from amends.kernel.witnessing import RosterSettings, Rows, a_recipient
from amends.roster import age, codes, entries, rows
from amends.roster.covered import covered_files
from amends.roster.tiles import bundle
from amends_verify import claim, compare, verify
from amends_verify.audit import Audit
from amends_verify.verify import MALFORMED, Policy, RosterError
from roster_logs import AMOUNT, CODES, MadeLog, case_file

IDENTITY, RECIPIENT = age.new_identity()
FILE = replace(case_file(), roster=RosterSettings(rows=Rows.COUNTS, auditor=RECIPIENT))
POLICY = Policy(MadeLog(people=1).policy.encode())


def verdict(directory: Path) -> str:
    """What the audit says: the sentence, or the reason."""
    try:
        return Audit(directory, POLICY).run()
    except (RosterError, *MALFORMED) as reason:
        return f"no: {reason}"


def begun(people: int = 100) -> MadeLog:
    """A log that hides its rows."""
    return MadeLog(people=people, file=FILE, hides=True).begin()


def hidden() -> MadeLog:
    """A hundred people, sixty of whom were paid; one was corrected to more."""
    log = begun().advance([2] * 60 + [4] * 40, range(60))
    log.correct((99, entries.OWN, 1, AMOUNT + 1))
    return log.advance([2] * 60 + [4] * 39 + [7])


def whole(log: MadeLog) -> MadeLog:
    """The same log as its auditor has it."""
    return replace(log, hides=False)


def test_a_stranger_checks_the_counts_and_is_told_what_was_not_checked(tmp_path: Path) -> None:
    """The sentence says how many entries are hidden, what that leaves open, and who can tell."""
    sentence = verdict(hidden().write(tmp_path))
    assert "100 awards of CNY 500,000.01, as promised" in sentence
    assert "THIS CASE SHOWS COUNTS ALONE: 101 entries are hidden" in sentence
    assert "NOT CHECKED for that: single awards" in sentence
    assert RECIPIENT in sentence
    assert "no commitment stands twice" not in sentence


def test_nothing_of_a_single_award_is_public(tmp_path: Path) -> None:
    """No AWARD, CORRECTION, commitment, state array or decision lies in the public directory."""
    log = hidden()
    directory = log.write(tmp_path)
    content = b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())
    kept = [
        one for one in log.log if one[0] in {entries.EntryType.AWARD, entries.EntryType.CORRECTION}
    ]
    assert len(kept) == 101
    assert not [one for one in kept if one in content or one[-32:] in content]
    assert not (directory / "state").exists()
    assert not (directory / "corrections").exists()


def test_the_auditor_checks_the_whole_log(tmp_path: Path) -> None:
    """Public copy and sealed rows make a log that passes as any other, with its counts."""
    log = hidden()
    public = log.write(tmp_path / "public")
    rows_file = tmp_path / "rows.age"
    rows_file.write_bytes(b"".join(rows.sealed(whole(log).files().items(), RECIPIENT)))
    rows.opened(public, rows_file, IDENTITY, tmp_path / "whole")
    sentence = verdict(tmp_path / "whole")
    assert "no commitment stands twice" in sentence
    assert "CORRECTED: amount_wrong 1" in sentence
    assert "COUNTS ALONE" not in sentence
    with pytest.raises(rows.RowsError, match="already"):
        rows.opened(public, rows_file, IDENTITY, tmp_path / "whole")
    other, _ = age.new_identity()
    with pytest.raises(rows.RowsError, match="another key"):
        rows.opened(public, rows_file, other, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_receipts_are_as_ever(tmp_path: Path) -> None:
    """A receipt verifies; a claim code makes the same one from the hidden log."""
    log = begun(3).claim(dict(enumerate(CODES[:3])))
    made = log.receipt(1)
    assert verify.receipt(made.encode(), POLICY).startswith("Verified: award 1")
    directory = claim.Directory(log.write(tmp_path))
    code = claim.code_of(codes.written(CODES[1]), directory.origin)
    assert claim.receipt(directory, code, {}, categories=True) == made.encode()


def test_a_code_tells_no_amount_that_only_the_hidden_row_has(tmp_path: Path) -> None:
    """An award of an amount of its own has to be asked for."""
    log = MadeLog(people=3, file=FILE, hides=True, own={1: AMOUNT + 1}).begin()
    log.claim(dict(enumerate(CODES[:3])))
    directory = claim.Directory(log.write(tmp_path))
    code = claim.code_of(codes.written(CODES[1]), directory.origin)
    with pytest.raises(RosterError, match="this case hides its rows"):
        claim.receipt(directory, code, {}, categories=True)


def test_two_people_compare_receipts_through_a_hidden_log(tmp_path: Path) -> None:
    """The roots of every size follow from the public copy."""
    log = hidden()
    directory = log.write(tmp_path)
    size = len(log.log)
    root = verify.Policy(log.policy.encode()).checkpoint((directory / "checkpoint").read_bytes())[2]
    assert compare.roots(directory, size, {size})[size] == root


def with_entry(log: MadeLog, entry: bytes) -> MadeLog:
    """The log with one entry more."""
    log.log.append(entry)
    log.sizes.append(len(log.log))
    return log


def shows_a_row(log: MadeLog) -> MadeLog:
    """The log whose first award is shown after all."""

    class Partly(MadeLog):
        def files(self) -> dict[str, bytes]:
            files = super().files()
            name = f"tile/entries/000.p/{len(self.log)}"
            shown = bundle(
                b"" if one[0] == entries.EntryType.AWARD and at != 2 else one
                for at, one in enumerate(self.log)
            )
            return files | {name: shown}

    return Partly(**{name: getattr(log, name) for name in log.__dataclass_fields__})


REFUSED: dict[str, tuple[Callable[[], MadeLog], str]] = {
    "a class with more people": (
        lambda: again(classes={"0": {"count": 101, "amount_minor": 101 * AMOUNT}}),
        "as many as SCOPE says",
    ),
    "a class at another amount": (
        lambda: again(classes={"0": {"count": 100, "amount_minor": 100 * AMOUNT + 1}}),
        "a class is not by the tariff",
    ),
    "another number of awards": (lambda: again(awards=99), "COUNTS differs from its file"),
    "an award after the counts": (
        lambda: with_entry(begun(), entries.award_entry(0, AMOUNT, bytes(32))),
        "more or less is hidden than COUNTS says",
    ),
    "a secret correction": (
        lambda: with_entry(begun(), entries.correction_entry(0, 31, 7, 0, bytes(32))),
        "more or less is hidden than COUNTS says",
    ),
    "rows in part": (lambda: shows_a_row(begun()), "COUNTS is of other entries"),
    "hidden without saying so": (
        lambda: replace(MadeLog(people=3).begin(), hides=True),
        "the case hides no rows",
    ),
    "too many open": (
        lambda: begun(200).advance([7] * 134 + [4] * 66),
        "more are open than small groups make",
    ),
}


def again(**says: object) -> MadeLog:
    """A log whose counts say otherwise."""
    log = begun()
    del log.log[-1], log.sizes[-1]
    log.counted -= 1
    log.count(**says)
    log.sizes.append(len(log.log))
    return log


@pytest.mark.parametrize("name", REFUSED)
def test_counts_that_do_not_bear_the_promise_are_refused(tmp_path: Path, name: str) -> None:
    """Also in the dark the entries are as many as COUNTS says, and sum to SCOPE."""
    made, reason = REFUSED[name]
    assert reason in verdict(made().write(tmp_path))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda stats: stats["classes"]["0"]["settled"].update(count=61), "by its amount"),
        (lambda stats: stats["classes"].pop("0"), "not of every class"),
        (
            lambda stats: stats["classes"]["0"].update(
                returned={"count": -1, "amount_minor": -AMOUNT},
                disputed={"count": 1, "amount_minor": AMOUNT},
            ),
            "by its amount",
        ),
    ],
)
def test_statistics_that_nobody_can_recount_have_to_agree(
    tmp_path: Path, change: Callable[[dict[str, object]], object], reason: str
) -> None:
    """Every class is there, with all of its awards, each at its amount, none below zero."""
    log = begun().advance([2] * 60 + [4] * 40, range(60))
    stats = json.loads(log.covered["stats/1.json"])
    change(stats)
    content = log.covered["stats/1.json"] = verify.canonical(stats)
    log.log[-1] = log.log[-1][:37] + sha256(content).digest() + log.log[-1][69:]
    assert reason in verdict(log.write(tmp_path))


def test_the_auditor_finds_counts_that_are_not_the_rows(tmp_path: Path) -> None:
    """What a stranger cannot see, the auditor does: a hidden award of another class."""
    log = begun()
    log.log[2] = entries.award_entry(0, AMOUNT + 1, bytes(32))
    assert verdict(log.write(tmp_path / "public")).startswith("Verified")
    assert verdict(whole(log).write(tmp_path / "whole")).startswith("no: an AWARD out of place")


def test_a_mirror_asks_for_what_is_public_and_no_more() -> None:
    """No state array and no decision is named by the entries that are shown."""
    log = hidden()
    bundles = [one for name, one in log.files().items() if name.startswith("tile/entries/")]
    named = covered_files(bundles[-1:])
    public = {name for name in log.files() if name.endswith(".json") and name != "case.json"}
    assert set(named) == public | {"case.json"}


def read(file: bytes) -> bytes:
    """What a file of age says to its reader."""
    plain = BytesIO()
    age.opened(BytesIO(file), IDENTITY, plain)
    return plain.getvalue()


def test_age_files_are_read_whole_or_not_at_all() -> None:
    """Of every size; a changed byte, a cut, a longer file are refused, and other keys."""
    for size in (0, 1, 65_535, 65_536, 65_537, 140_000):
        data = bytes(at % 251 for at in range(size))
        file = b"".join(age.sealed([data[:77], data[77:]], RECIPIENT))
        assert read(file) == data
    small = b"".join(age.sealed([b"small"], RECIPIENT))
    wrong = [small[:at] + bytes([small[at] ^ 1]) + small[at + 1 :] for at in range(len(small))]
    for file in [*wrong, small[:-1], small + b"x", b""]:
        with pytest.raises(age.AgeError):
            read(file)
    another_end = RECIPIENT[:-1] + ("p" if RECIPIENT.endswith("q") else "q")
    for text in (RECIPIENT[:-1], RECIPIENT.upper(), IDENTITY, another_end, "age1"):
        with pytest.raises(ValueError, match="key"):
            a_recipient(text)
