"""Claim codes on a real database: issued, published, given out, forgotten, replaced, told of."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psycopg
import pytest

from amends.awards import service as awards
from amends.awards.correcting import Channel
from amends.evidence.intake import intake
from amends.governance import exports
from amends.governance.service import trail
from amends.kernel.errors import StageOrderError, WaitingForApprovalError
from amends.kernel.ids import AwardIndex
from amends.linkage.determine import determine
from amends.notices.service import notify, sample
from amends.payees.service import settle
from amends.roster import buckets, claiming, claims, codes, proving, service, site
from amends.roster.claiming import CodesError, Reason
from amends.roster.model import UnknownValueError
from amends.roster.publication import Chosen
from amends.store.connection import Connection
from amends.vault.opened import OpenCase, open_case
from amends_verify import claim, verify
from amends_verify.audit import Audit
from called import called
from made_cases import MINIMAL_CASE, OpenedCase, people_files, write_case

TWO = ("anna", "ben")
PEOPLE = 30


def published(root: Path) -> None:
    """Thirty people with awards, published."""
    toml = MINIMAL_CASE.replace("CNY 1000000.00", f"CNY {PEOPLE * 5_000}.00")
    write_case(root, toml, people_files(PEOPLE))
    with open_case(root, approve_as=TWO) as opened:
        for step in (intake, determine, settle, awards.award, service.publish):
            step(opened)


def with_codes(root: Path) -> None:
    """The same with codes, and with claim buckets."""
    published(root)
    with open_case(root, approve_as=TWO) as opened:
        claiming.issue(opened)
        claiming.publish_claims(opened)


@pytest.fixture
def opened(opened_case: OpenedCase) -> OpenCase:
    """A case whose roster is out, without codes."""
    return opened_case(approve_as=TWO, like=published)


@pytest.fixture
def coded(opened_case: OpenedCase) -> OpenCase:
    """A case whose claim buckets are out."""
    return opened_case(approve_as=TWO, like=with_codes)


def audited(opened: OpenCase) -> str:
    """What a stranger's audit says of everything that is out."""
    policy = opened.case.root / "policy"
    service.write_policy(opened, policy)
    log = site.log_directory(opened.case)
    return Audit(log, verify.Policy(policy.read_bytes())).run(claims=True)


def given_codes(opened: OpenCase, to: Path, *, again: bool = False) -> dict[int, str]:
    """Codes by award, as they are given out."""
    claiming.give(
        opened, to, channel=Channel.LETTER, recipient="printer", purpose="letters", again=again
    )
    with to.open(encoding="utf-8") as file:
        return {int(row["award_index"]): row["code"] for row in csv.DictReader(file)}


def receipt_by(opened: OpenCase, code: str) -> bytes:
    """The receipt that a person makes of what is published, without us."""
    log = claim.Directory(site.log_directory(opened.case))
    return claim.receipt(log, claim.code_of(code, log.origin), {}, categories=True)


def test_everybodys_code_gets_the_receipt_that_we_would_write(
    coded: OpenCase, tmp_path: Path
) -> None:
    """Each award has one code, all differ, and each leads to its award and to no other."""
    assert "Claim buckets: 1 of 32 KiB, read" in audited(coded)
    given = given_codes(coded, tmp_path / "codes.csv")
    assert sorted(given) == list(range(PEOPLE))
    assert len(set(given.values())) == PEOPLE
    for award in (0, 7, PEOPLE - 1):
        proving.write_receipt(coded, award, tmp_path / "receipt")
        assert receipt_by(coded, given[award]) == (tmp_path / "receipt").read_bytes()


def test_codes_are_drawn_once(opened: OpenCase) -> None:
    """A second call draws none; before the roster is out there is nothing to draw for."""
    first = claiming.issue(opened).counts
    assert (first["codes_issued"], first["codes"], first["codes_missing"]) == (PEOPLE, PEOPLE, 0)
    assert claiming.issue(opened).counts["codes_issued"] == 0


def test_issuing_goes_on_after_a_kill(
    opened: OpenCase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Pages that were kept stay, the rest is drawn by the next call, and no award gets two."""
    monkeypatch.setattr(claiming, "PAGE_CODES", 8)
    monkeypatch.setattr(claiming, "PAGES_AT_ONCE", 1)
    original, firsts = claiming._add_page, list[int | None]()

    def killed(
        opened: OpenCase, connection: Connection, awards: Sequence[int], first: int | None
    ) -> int:
        firsts.append(first)
        if len(firsts) == 3:
            raise KeyboardInterrupt
        return original(opened, connection, awards, first)

    monkeypatch.setattr(claiming, "_add_page", killed)
    with pytest.raises(KeyboardInterrupt):
        claiming.issue(opened)
    assert claiming.standing(opened).counts["codes"] == 16
    monkeypatch.setattr(claiming, "_add_page", original)
    assert claiming.issue(opened).counts["codes_issued"] == PEOPLE - 16
    claiming.publish_claims(opened)
    given = given_codes(opened, tmp_path / "codes.csv")
    assert len(set(given.values())) == PEOPLE
    assert b"tlog-proof" in receipt_by(opened, given[20])


def test_building_goes_on_after_a_kill(opened: OpenCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Buckets that are whole are not made again, and the result is that of one run."""
    monkeypatch.setattr(claims, "MEAN", 4)
    monkeypatch.setattr(buckets, "SLOTS_AT_ONCE", 8)
    claiming.issue(opened)
    original, made, stop = claims.bucket_file, list[int](), [5]

    def counted(slots: bytes, filler_key: bytes, *, publication: int, bucket: int) -> bytes:
        if stop == [len(made)]:
            raise KeyboardInterrupt
        made.append(bucket)
        return original(slots, filler_key, publication=publication, bucket=bucket)

    monkeypatch.setattr(claims, "bucket_file", counted)
    with pytest.raises(KeyboardInterrupt):
        claiming.publish_claims(opened)
    assert not (site.log_directory(opened.case) / "claims").exists()
    left = set(made[:4])
    made.clear()
    stop.clear()
    assert claiming.publish_claims(opened).counts["claim_buckets"] == 8
    assert left.isdisjoint(made)
    assert "Claim buckets: 8 of 32 KiB, read" in audited(opened)
    assert not (opened.case.workspace / "roster-claims").exists()


def test_a_full_bucket_makes_more_buckets(
    opened: OpenCase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nobody is left out because a bucket has no room: there are more buckets then."""
    original = claims.parts_of

    def with_nine_more(
        awards: claims.Numbers, places: claims.Numbers, packed: Sequence[bytes]
    ) -> claims.Parts:
        made = original(awards, places, packed)
        return claims.Parts(
            owners=np.tile(made.owners, 10),
            numbers=np.concatenate([made.numbers + more for more in range(10)]),
            plain=np.tile(made.plain, (10, 1)),
        )

    monkeypatch.setattr(claims, "parts_of", with_nine_more)
    claiming.issue(opened)
    assert claiming.publish_claims(opened).counts["claim_buckets"] > 1
    for code in given_codes(opened, tmp_path / "codes.csv").values():
        assert receipt_by(opened, code)


def test_publishing_again_changes_nothing_and_restores_what_was_lost(coded: OpenCase) -> None:
    """Lost, changed and shortened buckets come back byte for byte; nothing is appended."""
    directory = site.log_directory(coded.case)
    bucket = directory / claims.bucket_path(0)
    whole, checkpoint = bucket.read_bytes(), (directory / "checkpoint").read_bytes()
    for broken in (None, whole[:-1], b"\0" + whole[1:]):
        bucket.unlink()
        if broken is not None:
            bucket.write_bytes(broken)
        written = claiming.publish_claims(coded).counts["roster_files_written"]
        assert (written, bucket.read_bytes()) == (1, whole)
    assert claiming.publish_claims(coded).counts["roster_files_written"] == 0
    bucket.unlink()
    service.publish(coded)
    assert bucket.read_bytes() == whole
    assert (directory / "checkpoint").read_bytes() == checkpoint


def test_two_people_approve_what_is_published_given_out_and_replaced(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """Without two signatures no bucket, no file with codes and no replacement comes to be."""
    opened = opened_case(like=with_codes)
    to = tmp_path / "codes"
    with pytest.raises(WaitingForApprovalError):
        claiming.revoke(opened, [3], Reason.LOST)
    with pytest.raises(WaitingForApprovalError):
        given_codes(opened, to)
    with pytest.raises(WaitingForApprovalError):
        claiming.write_letters(
            opened, [3], to, with_square=True, recipient="person", purpose="counter"
        )
    assert not to.exists()
    assert claiming.standing(opened).counts["codes_revoked"] == 0


def test_a_replaced_code_opens_nothing_new(coded: OpenCase, tmp_path: Path) -> None:
    """From the next publication on the old code opens nothing and the new one everything."""
    old = given_codes(coded, tmp_path / "old.csv")
    before = receipt_by(coded, old[3])
    made = claiming.revoke(coded, [3, 5], Reason.SEEN_BY_OTHERS)
    assert made.counts["codes_replaced"] == made.counts["codes_revoked"] == 2
    assert made.counts["claims_behind"] == 1
    new = given_codes(coded, tmp_path / "new.csv")
    assert sorted(new) == [3, 5]
    assert receipt_by(coded, old[3]) == before, "until it is published"
    claiming.publish_claims(coded)
    for award in (3, 5):
        with pytest.raises(verify.RosterError, match="opens nothing here"):
            receipt_by(coded, old[award])
        assert f'"award_index":{award}' in _extra(receipt_by(coded, new[award]))
    assert _extra(receipt_by(coded, old[4])), "others keep theirs"
    assert "Claim buckets: 1" in audited(coded)
    policy = verify.Policy((coded.case.root / "policy").read_bytes())
    assert "award 3" in verify.receipt(before, policy), "a receipt stays good"


def test_a_code_is_replaced_as_often_as_need_be(coded: OpenCase, tmp_path: Path) -> None:
    """Of three codes of one award only the newest opens anything."""
    history = [given_codes(coded, tmp_path / "0")[9]]
    for number in (1, 2):
        claiming.revoke(coded, [9], Reason.LOST)
        history.append(given_codes(coded, tmp_path / str(number))[9])
    claiming.publish_claims(coded)
    for old in history[:-1]:
        with pytest.raises(verify.RosterError):
            receipt_by(coded, old)
    assert receipt_by(coded, history[-1])


def test_replacements_are_recorded_and_their_people_told(coded: OpenCase) -> None:
    """Who decided, why and when is kept; whoever nobody told is on the list until somebody did."""
    claiming.revoke(coded, [3, 5], Reason.STOLEN)
    assert claiming.untold(coded) == [(1, 3, Reason.STOLEN), (2, 5, Reason.STOLEN)]
    assert claiming.told(coded, 2, Channel.PHONE)
    assert not claiming.told(coded, 2, Channel.PHONE)
    assert claiming.untold(coded) == [(1, 3, Reason.STOLEN)]
    with pytest.raises(CodesError):
        claiming.told(coded, 3, Channel.PHONE)
    said = [entry.action for entry in trail(coded, ["claim code"])]
    assert said[-2:] == ["claim codes replaced", "claim code told"]


@pytest.mark.parametrize("awards_", [[], [3, 3], [PEOPLE]])
def test_what_cannot_be_replaced_is_refused(coded: OpenCase, awards_: list[int]) -> None:
    """No award, one twice, or one without a code."""
    with pytest.raises(CodesError):
        claiming.revoke(coded, awards_, Reason.LOST)


def test_codes_are_forgotten_when_they_were_given_out(coded: OpenCase, tmp_path: Path) -> None:
    """After that nobody can print them again, and they go on working, also when published anew."""
    given = given_codes(coded, tmp_path / "codes.csv")
    assert given_codes(coded, tmp_path / "again.csv", again=True) == given
    assert claiming.forget(coded) == PEOPLE
    assert claiming.forget(coded) == 0
    with pytest.raises(CodesError):
        given_codes(coded, tmp_path / "later.csv", again=True)
    with pytest.raises(CodesError):
        claiming.write_letters(
            coded, [3], tmp_path / "letter", with_square=False, recipient="x", purpose="y"
        )
    claiming.revoke(coded, [5], Reason.LOST)
    claiming.publish_claims(coded)
    assert '"award_index":3' in _extra(receipt_by(coded, given[3]))


def test_files_with_codes_are_entered_in_the_register(coded: OpenCase, tmp_path: Path) -> None:
    """The register knows how many codes left, to whom, and who signed; the file is its owner's."""
    given_codes(coded, tmp_path / "codes.csv")
    last = exports.exports(coded)[-1]
    assert (last.what, last.rows, last.recipient) == ("codes", PEOPLE, "printer")
    assert last.proposal is not None
    assert (tmp_path / "codes.csv").stat().st_mode & 0o077 == 0


def test_no_code_stands_anywhere_but_in_the_files_that_are_for_it(
    coded: OpenCase, tmp_path: Path
) -> None:
    """Not in the database, the published files, the audit trail, nor in a name of a file."""
    given = given_codes(coded, tmp_path / "codes.csv")
    with coded.database.reading() as connection:
        tables = connection.execute(
            "SELECT schemaname || '.' || tablename FROM pg_tables "
            "WHERE schemaname IN ('roster', 'governance', 'notices', 'awards')"
        ).fetchall()
        dump = b"".join(
            b"".join(bytes(block) for block in _copied(connection, str(name))) for (name,) in tables
        )
    out = b"".join(p.read_bytes() for p in site.log_directory(coded.case).rglob("*") if p.is_file())
    for code in given.values():
        packed = codes.packed(codes.read(code))
        forms = (code.encode(), code.replace("-", "").encode(), packed, packed.hex().encode())
        assert not [form for form in forms if form in dump or form in out]
    assert b"claim codes given out" in dump, "the search sees what there is"


def _copied(connection: psycopg.Connection, table: str) -> list[bytes]:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT".encode()) as copy:
        return [bytes(block) for block in copy]


def test_late_people_get_codes_too(coded: OpenCase) -> None:
    """A publication says of how many awards it is; nothing is missing where all have codes."""
    counts = claiming.standing(coded).counts
    assert counts["codes_missing"] == counts["claims_behind"] == 0
    assert counts["claims_publication"] == 1


def test_epochs_keep_the_buckets(coded: OpenCase) -> None:
    """An epoch after the buckets leaves them where they are, and everything passes."""
    bucket = site.log_directory(coded.case) / claims.bucket_path(0)
    inode = bucket.stat().st_ino
    service.publish_epoch(coded)
    assert bucket.stat().st_ino == inode
    assert "32 KiB, read" in audited(coded)


def test_a_notice_says_that_a_code_comes_and_never_holds_it(
    coded: OpenCase, tmp_path: Path
) -> None:
    """People with a code read how it comes, and that they are paid without it."""
    notify(coded)
    given = given_codes(coded, tmp_path / "codes.csv")
    zh, en = sample(coded, AwardIndex(3))
    assert "没有它，钱也照样付给您" in zh
    assert "paid without it" in en
    assert not [code for code in given.values() if code in zh + en or code[:5] in zh + en]


def test_a_notice_without_a_code_speaks_of_none(opened: OpenCase) -> None:
    """Nobody waits for a code that nobody drew."""
    notify(opened)
    assert "凭证码" not in "".join(sample(opened, AwardIndex(3)))


def test_a_clerk_opens_a_field_that_the_person_shows(opened: OpenCase, tmp_path: Path) -> None:
    """One name of all is an award's; the others are refused, and nobody's data is read for it."""
    policy = tmp_path / "policy"
    service.write_policy(opened, policy)
    said = []
    for number in range(PEOPLE):
        chosen = Chosen(categories=False, values={"name": f" 假人{number:05d}"})
        try:
            made = proving.receipt_of(opened, 3, chosen).encode()
        except UnknownValueError:
            continue
        said.append(verify.receipt(made, verify.Policy(policy.read_bytes())))
    assert len(said) == 1
    assert "leaked: not opened" in said[0]
    assert "Opened by its person: name '假人" in said[0]


def test_before_anything_there_is_nothing_to_publish(opened: OpenCase) -> None:
    """Without codes no buckets; without a roster no codes."""
    with pytest.raises(StageOrderError):
        claiming.publish_claims(opened)


def _extra(receipt: bytes) -> str:
    return verify.unbase64(receipt.decode().split("\n")[1][6:]).decode()


def test_the_commands_speak_both_languages(
    opened_case: OpenedCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command of the group runs, and says in Chinese what it did."""
    root = opened_case(approve_as=TWO, like=published).case.root
    two = ("--approve-as", "anna", "--approve-as", "ben")
    called("codes", "issue", root, "--lang", "zh")
    called("codes", "publish", root, *two, "--lang", "zh")
    called("codes", "give", root, "--to", tmp_path / "c.csv", "--channel", "letter", *two)
    called("codes", "letter", root, "--award", "3", "--to", tmp_path / "l.html", *two)
    called("codes", "forget", root, "--lang", "zh")
    called("codes", "revoke", root, "--award", "3", "--reason", "lost", *two, "--lang", "zh")
    called("codes", "show", root, "--lang", "zh")
    called("codes", "told", root, "--replacement", "1", "--channel", "letter", "--lang", "zh")
    said = capsys.readouterr().out
    assert "凭证码" in said
    called("codes", "show", root, "--json")
    assert json.loads(capsys.readouterr().out)["untold"] == []
    assert "凭证码" in (tmp_path / "l.html").read_text(encoding="utf-8")
