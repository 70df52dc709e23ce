import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import psycopg
import pytest

from amends.awards.model import PromiseError
from amends.evidence.intake import intake
from amends.kernel.errors import StageOrderError, WaitingForApprovalError
from amends.linkage.determine import determine
from amends.linkage.service import affected_accounts
from amends.roster import proving, publication, record, service, site, store
from amends.roster.commitment import (
    HIDDEN,
    Bound,
    Opening,
    commitment,
    field_digest,
    nonce_of,
    normal_value,
    root_of,
    salts_of,
)
from amends.roster.entries import State
from amends.roster.epochs import States
from amends.roster.model import (
    ReceiptError,
    RosterDamagedError,
    RosterInequalityError,
    UnknownAwardError,
    UnknownValueError,
)
from amends.roster.publication import Chosen
from amends.store.connection import Connection
from amends.store.service import URL_VARIABLE
from amends.vault.opened import OpenCase, open_case
from amends_verify import verify
from made_cases import CaseDirectory, OpenedCase
from made_roster import (
    AMOUNT,
    TWO,
    awarded,
    files,
    pay_made_up,
    thirty_awarded,
    thirty_published,
    toml,
)
from planted import PLANTED, assert_no_planted


@pytest.fixture
def thirty(opened_case: OpenedCase) -> OpenCase:
    """Thirty people with awards."""
    return opened_case(approve_as=TWO, like=thirty_awarded)


def snapshot(opened: OpenCase) -> dict[str, tuple[bytes, int]]:
    """Bytes and inode of every published file."""
    log = site.log_directory(opened.case)
    return {
        path.relative_to(log).as_posix(): (path.read_bytes(), path.stat().st_ino)
        for path in log.rglob("*")
        if path.is_file()
    }


def contents(opened: OpenCase) -> dict[str, bytes]:
    """Bytes of every published file."""
    return {name: content for name, (content, _) in snapshot(opened).items()}


def audited(opened: OpenCase, tmp_path: Path) -> str:
    """What a stranger's audit of the published directory says, as a process of its own."""
    policy = tmp_path / "policy.txt"
    service.write_policy(opened, policy)
    log = site.log_directory(opened.case)
    command = [sys.executable, "-m", "amends_verify", "all", str(log), "--policy", str(policy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_roster_is_published_once_and_names_nobody(thirty: OpenCase, tmp_path: Path) -> None:
    """Publishing passes the stranger's audit, shows no planted value, and again changes nothing."""
    summary = service.publish(thirty)
    assert summary.counts["roster_awards"] == 30
    assert summary.counts["roster_entries"] == 32
    said = audited(thirty, tmp_path)
    assert "30 awards of CNY 150,000.00, as promised" in said
    assert "THE CASE IS SIMULATED" in said
    assert_no_planted(thirty.case.site)
    first = snapshot(thirty)
    again = service.publish(thirty)
    assert again.counts["roster_files_written"] == 0
    assert again.counts["roster_entries"] == 32
    assert snapshot(thirty) == first


def test_publish_follows_award_and_epochs_follow_publish(opened_case: OpenedCase) -> None:
    """Out of order, each stage names the one that is missing."""
    opened = opened_case(toml(30), files(30), approve_as=TWO)
    intake(opened)
    determine(opened)
    with pytest.raises(StageOrderError, match="award"):
        service.publish(opened)
    with pytest.raises(StageOrderError, match="publish"):
        service.publish_epoch(opened)


def test_nothing_goes_out_before_two_people_approve(opened_case: OpenedCase) -> None:
    """Without approval there is no file and no entry; the proposal stays the same when asked."""
    opened = opened_case(like=thirty_awarded)
    with open_case(opened.case.root) as alone:
        messages = set()
        for _ in range(2):
            with pytest.raises(WaitingForApprovalError) as waiting:
                service.publish(alone)
            messages.add(str(waiting.value))
    assert len(messages) == 1
    assert not site.log_directory(opened.case).exists()


def test_lost_and_damaged_files_are_restored_from_the_rows(
    thirty: OpenCase, tmp_path: Path
) -> None:
    """Whatever happens to the published files, publish makes them as they were."""
    service.publish(thirty)
    log, first = site.log_directory(thirty.case), contents(thirty)
    for name in sorted(first):
        (log / name).unlink()
        service.publish(thirty)
        assert contents(thirty) == first
    (log / "case.json").write_bytes(b"{}")
    (log / "checkpoint").unlink()
    (log / "checkpoint").mkdir()
    (log / "stray.txt").write_bytes(b"?")
    service.publish(thirty)
    assert contents(thirty) == first
    audited(thirty, tmp_path)


def test_an_opening_leads_to_the_entry_and_to_the_registry(thirty: OpenCase) -> None:
    """What is sealed of an award is the commitment in the log, over the person's own values."""
    service.publish(thirty)
    bound = Bound(case="test", currency="CNY")
    owners = affected_accounts(thirty, HIDDEN)
    with thirty.database.reading() as connection:
        rows = connection.execute(
            "SELECT owed.award_index, entry.body, owed.person_id FROM awards.owed AS owed "
            "JOIN roster.entry AS entry ON entry.entry_index = roster.place_of(owed.award_index) "
            "ORDER BY owed.award_index"
        ).fetchall()
        (page,) = store.openings(connection, 0, 30)
    packed = page.opened(thirty.vault)
    assert len(packed) == len(rows) == 30
    for award_index, body, person_id in rows:
        assert isinstance(body, bytes)
        index = int(str(award_index))
        opening = Opening.unpacked(packed[index])
        made = commitment(nonce_of(opening.seed), root_of(bound, index, opening))
        assert body[14:] == made
        assert opening.categories == "NAME;PHONE"
        person = owners.filter(pl.col("person_id") == str(person_id)).row(0, named=True)
        salts = zip(HIDDEN, salts_of(opening.seed, HIDDEN), strict=True)
        digests = tuple(
            field_digest(name, salt, normal_value(name, person[name])) for name, salt in salts
        )
        assert digests == opening.hidden
    assert len({row[2] for row in rows}) == 30


def test_every_receipt_verifies_and_holds_nothing_of_a_person(
    thirty: OpenCase, tmp_path: Path
) -> None:
    """Each award's receipt passes the verifier by the policy, with no name and no number."""
    service.publish(thirty)
    service.write_policy(thirty, tmp_path / "policy")
    policy = verify.Policy((tmp_path / "policy").read_bytes())
    for index in range(30):
        proving.write_receipt(thirty, index, tmp_path / f"{index}.tlog-proof")
        receipt = (tmp_path / f"{index}.tlog-proof").read_bytes()
        assert f"award {index} of case test" in verify.receipt(receipt, policy)
        opening = verify.unbase64(receipt.decode().splitlines()[1].removeprefix("extra "))
        assert not [value for value in PLANTED if value.encode() in opening]
    with pytest.raises(UnknownAwardError):
        proving.write_receipt(thirty, 30, tmp_path / "none")
    (site.log_directory(thirty.case) / "tile/0/000.p/32").write_bytes(bytes(1024))
    with pytest.raises(RosterDamagedError, match="publish"):
        proving.write_receipt(thirty, 0, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_receipt_stays_good_when_the_log_grows(thirty: OpenCase, tmp_path: Path) -> None:
    """An old receipt verifies for ever; a new one carries the newer checkpoint."""
    service.publish(thirty)
    service.write_policy(thirty, tmp_path / "policy")
    proving.write_receipt(thirty, 3, tmp_path / "old")
    pay_made_up(thirty, {"settled": range(30)})
    service.publish_epoch(thirty)
    proving.write_receipt(thirty, 3, tmp_path / "new")
    policy = verify.Policy((tmp_path / "policy").read_bytes())
    assert "entry 5 of 32" in verify.receipt((tmp_path / "old").read_bytes(), policy)
    assert "entry 5 of 34" in verify.receipt((tmp_path / "new").read_bytes(), policy)


def test_a_small_case_publishes_its_epoch_when_everybody_has_a_state(
    thirty: OpenCase, tmp_path: Path
) -> None:
    """While one award is unpaid nothing is said; then a batch and states; again, no change."""
    service.publish(thirty)
    pay_made_up(thirty, {"settled": range(29)})
    waiting = service.publish_epoch(thirty)
    assert waiting.counts["roster_epoch"] == 0
    assert "no states yet" in audited(thirty, tmp_path)
    pay_made_up(thirty, {"returned": range(29, 30)})
    done = service.publish_epoch(thirty)
    assert (done.counts["roster_epoch"], done.counts["roster_batches"]) == (1, 1)
    assert done.counts["roster_payments"] == 30
    assert "settled 29, open 1" in audited(thirty, tmp_path)
    stats = json.loads((site.log_directory(thirty.case) / "stats/1.json").read_text("utf-8"))
    assert stats["remainder"] == {"amount_minor": AMOUNT, "count": 1}
    first = snapshot(thirty)
    service.publish_epoch(thirty)
    assert snapshot(thirty) == first
    assert_no_planted(thirty.case.site)


def test_late_returns_of_a_few_wait_for_the_seal(thirty: OpenCase) -> None:
    """Two returned payments in a small case are not pointed at."""
    service.publish(thirty)
    pay_made_up(thirty, {"settled": range(30)})
    service.publish_epoch(thirty)
    first = snapshot(thirty)
    with thirty.database.unit_of_work() as connection:
        connection.execute(
            "UPDATE payouts.payment SET state = 'returned', returned_at = settled_at "
            "WHERE award_index < 2"
        )
    summary = service.publish_epoch(thirty)
    assert summary.counts["roster_waiting"] == 2
    assert "wait for the next epoch" in summary.notes[0]
    assert snapshot(thirty) == first


def test_a_late_tranche_is_added_behind_the_epochs(opened_case: OpenedCase, tmp_path: Path) -> None:
    """People who are found later get entries of their own; what was published stays."""
    opened = awarded(opened_case(toml(40), files(30), approve_as=TWO))
    service.publish(opened)
    pay_made_up(opened, {"settled": range(30)})
    service.publish_epoch(opened)
    first = contents(opened)
    for name, content in files(40).items():
        (opened.case.root / name).write_bytes(content)
    awarded(opened)
    summary = service.publish(opened)
    assert summary.counts["roster_awards"] == 40
    later = contents(opened)
    assert {name: later[name] for name in first if name != "checkpoint"} == {
        name: first[name] for name in first if name != "checkpoint"
    }
    assert "40 awards" in audited(opened, tmp_path)
    proving.write_receipt(opened, 39, tmp_path / "late")
    service.write_policy(opened, tmp_path / "policy")
    policy = verify.Policy((tmp_path / "policy").read_bytes())
    assert "award 39" in verify.receipt((tmp_path / "late").read_bytes(), policy)


def tamper(owner: str, statement: bytes) -> None:
    """Change rows as somebody with the owner's rights would who knows how to."""
    with psycopg.connect(owner, options="-c amends.rewriting=on") as connection:
        connection.execute(statement)


def test_no_receipt_goes_out_that_does_not_hold(thirty: OpenCase, tmp_path: Path) -> None:
    """A signature that was changed in the database is found by the publisher's own check."""
    service.publish(thirty)
    tamper(
        os.environ[URL_VARIABLE],
        b"UPDATE roster.checkpoint SET note = overlay(note PLACING 'AAAA' FROM 160)",
    )
    with pytest.raises(ReceiptError, match="signature is wrong"):
        proving.write_receipt(thirty, 3, tmp_path / "none")
    assert not (tmp_path / "none").exists()


TAMPERED = {
    "a smaller award": (
        b"UPDATE roster.entry SET body = overlay(body PLACING '\\x00000000000000ff'::bytea FROM 7) "
        b"WHERE entry_index = 7"
    ),
    "another commitment": (
        b"UPDATE roster.entry SET body = overlay(body PLACING '\\x00ff'::bytea FROM 20) "
        b"WHERE entry_index = 7"
    ),
    "a larger scope": (
        b"UPDATE roster.entry SET body = overlay(body PLACING '\\x000000ff'::bytea FROM 2) "
        b"WHERE entry_index = 1"
    ),
    "a lost entry": (
        b"UPDATE roster.opening_page SET openings = 29; "
        b"DELETE FROM roster.entry WHERE entry_index = 31"
    ),
    "a cut award that is owed": (b"UPDATE awards.award SET amount_minor = 1 WHERE award_index = 3"),
    "another case": b"UPDATE roster.file SET content = '{}' WHERE path = 'case.json'",
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered_rows_never_go_out(case_directory: CaseDirectory, name: str) -> None:
    """Rows that were changed behind the program are refused before any file is touched."""
    with open_case(case_directory(like=thirty_published), approve_as=TWO) as opened:
        first = snapshot(opened)
        tamper(os.environ[URL_VARIABLE], TAMPERED[name])
        for step in (service.publish, service.publish_epoch):
            with pytest.raises(
                (RosterInequalityError, PromiseError),
                match=r"nothing was published|people are owed different amounts",
            ):
                step(opened)
        assert snapshot(opened) == first


def test_an_epoch_comes_as_promised_although_nothing_changed(
    case_directory: CaseDirectory, tmp_path: Path
) -> None:
    """When half of the promised time is over, the states of before are published again, once."""
    with open_case(case_directory(like=thirty_published), approve_as=TWO) as opened:
        first = service.publish_epoch(opened).counts["roster_epoch"]
        for epoch in (first + 1, first + 2):
            older = b"UPDATE roster.checkpoint SET recorded_at = recorded_at - interval '4 days'"
            tamper(os.environ[URL_VARIABLE], older)
            summary = service.publish_epoch(opened)
            assert summary.counts["roster_epoch"] == epoch
            assert "every 7 days" in summary.notes[0]
            assert service.publish_epoch(opened).counts["roster_epoch"] == epoch
        audited(opened, tmp_path)


def test_the_working_role_cannot_rewrite_the_log(thirty: OpenCase) -> None:
    """History has no UPDATE and no DELETE for the program itself."""
    service.publish(thirty)
    for statement in (
        b"UPDATE roster.entry SET body = body",
        b"DELETE FROM roster.entry",
        b"UPDATE roster.checkpoint SET note = ''",
        b"DELETE FROM roster.opening_page",
        b"TRUNCATE roster.file",
    ):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            thirty.database.unit_of_work() as connection,
        ):
            connection.execute(statement)


def test_states_that_no_batch_paid_for_never_go_out(thirty: OpenCase) -> None:
    """A payment of another amount than its award stops the epoch."""
    service.publish(thirty)
    pay_made_up(thirty, {"settled": range(30)})
    tamper(
        os.environ[URL_VARIABLE],
        b"UPDATE payouts.payment SET amount_minor = 499999 WHERE award_index = 0",
    )
    with pytest.raises(RosterInequalityError, match="nothing was published"):
        service.publish_epoch(thirty)
    assert not (site.log_directory(thirty.case) / "state").exists()


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("point", ["verify", "let_out", "replace"])
def test_a_kill_anywhere_ends_in_the_same_log(
    thirty: OpenCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """Before the rows, between rows and files, and among the files: the next call completes it."""

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as context:
        if point == "replace":
            replace = Path.replace
            moved: list[Path] = []

            def some(path: Path, target: Path) -> Path:
                if len(moved) == 2:
                    raise Killed
                moved.append(path)
                return replace(path, target)

            context.setattr(Path, "replace", some)
        else:
            context.setattr(site, point, killed)
        with pytest.raises(Killed):
            service.publish(thirty)
    with thirty.database.reading() as connection:
        rows = connection.execute("SELECT body FROM roster.entry ORDER BY entry_index").fetchall()
    assert len(rows) == (0 if point == "verify" else 32)
    service.publish(thirty)
    with thirty.database.reading() as connection:
        after = connection.execute("SELECT body FROM roster.entry ORDER BY entry_index").fetchall()
    assert point == "verify" or after == rows
    audited(thirty, tmp_path)
    assert not (thirty.case.workspace / "roster-staging").exists()


def next_epoch(opened: OpenCase, **paid: range) -> None:
    """Publish an epoch: of what was paid, or of the states of before since it is promised."""
    pay_made_up(opened, paid)
    older = b"UPDATE roster.checkpoint SET recorded_at = recorded_at - interval '4 days'"
    tamper(os.environ[URL_VARIABLE], older)
    with opened.database.reading() as connection:
        epoch, _ = store.newest_epoch(connection, 30)
    assert service.publish_epoch(opened).counts["roster_epoch"] == epoch + 1


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one whenever all files are made from the rows."""
    times, files = list[int](), store.files

    def counted(connection: Connection) -> Iterator[tuple[str, bytes]]:
        times.append(1)
        return files(connection)

    monkeypatch.setattr(store, "files", counted)
    return times


def test_an_epoch_reads_and_writes_what_it_adds(
    thirty: OpenCase, tmp_path: Path, whole: list[int]
) -> None:
    """What stands is not made again; what comes is what the rows make, and the rest as it was."""
    service.publish(thirty)
    whole.clear()
    for paid in ({"settled": range(30)}, {}, {}):
        before = snapshot(thirty)
        next_epoch(thirty, **paid)
        after = snapshot(thirty)
        assert not whole
        assert {name: after[name] for name in before if name != "checkpoint"} == {
            name: of for name, of in before.items() if name != "checkpoint"
        }
    audited(thirty, tmp_path)
    assert service.publish(thirty).counts["roster_files_written"] == 0
    assert whole
    assert snapshot(thirty) == after


def test_whatever_was_touched_makes_the_next_epoch_read_everything(
    thirty: OpenCase, tmp_path: Path, whole: list[int]
) -> None:
    """Files lost, changed or added, records gone or wrong: all is read, and made right."""
    service.publish(thirty)
    next_epoch(thirty, settled=range(30))
    log, workspace = site.log_directory(thirty.case), thirty.case.workspace
    tile = log / "tile/0/000.p/32"

    def changed() -> None:
        tile.write_bytes(tile.read_bytes()[::-1])

    def linked() -> None:
        tile.replace(tmp_path / "tile")
        tile.symlink_to(tmp_path / "tile")

    def of_another_log() -> None:
        told.write_text(told.read_text().replace('"size": ', '"size": 1'))

    def nothing_found() -> None:
        next(workspace.glob("roster-found*")).unlink()

    def something_else_found() -> None:
        next(workspace.glob("roster-found*")).write_text("{}")

    def touched() -> None:
        os.utime(log / "case.json")

    def broken() -> None:
        told.write_text("{")

    told = workspace / "roster-out.json"
    for harm in (
        tile.unlink,
        changed,
        touched,
        linked,
        told.unlink,
        of_another_log,
        broken,
        nothing_found,
        something_else_found,
    ):
        harm()
        whole.clear()
        next_epoch(thirty)
        assert whole, harm
        audited(thirty, tmp_path)
        whole.clear()
        next_epoch(thirty)
        assert not whole, harm
    (log / "stray.txt").write_bytes(b"?")
    next_epoch(thirty)
    audited(thirty, tmp_path)


@pytest.mark.parametrize("point", ["verify", "let_out", "replace", "remember"])
def test_a_kill_in_an_epoch_ends_in_the_same_log(
    thirty: OpenCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """Wherever it is killed, the next call completes it from the rows, and epochs go on."""
    service.publish(thirty)
    pay_made_up(thirty, {"settled": range(30)})

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as context:
        if point == "replace":
            replace = Path.replace
            moved: list[Path] = []

            def some(path: Path, target: Path) -> Path:
                if len(moved) == 2:
                    raise Killed
                moved.append(path)
                return replace(path, target)

            context.setattr(Path, "replace", some)
        else:
            context.setattr(record if point == "remember" else site, point, killed)
        with pytest.raises(Killed):
            service.publish_epoch(thirty)
    if point in {"let_out", "replace"}:  # the next epoch comes before anybody made files whole
        next_epoch(thirty)
        audited(thirty, tmp_path)
    service.publish_epoch(thirty)
    audited(thirty, tmp_path)
    next_epoch(thirty)
    audited(thirty, tmp_path)
    assert not (thirty.case.workspace / "roster-staging").exists()


def test_a_false_epoch_is_refused_from_the_edge_too(
    thirty: OpenCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """States that the rows do not lead to go out neither by themselves nor with everything."""
    service.publish(thirty)
    pay_made_up(thirty, {"settled": range(30)})
    first = snapshot(thirty)
    made = publication.state_files

    def false(epoch: int, states: States) -> dict[str, bytes]:
        return made(epoch, np.full_like(states, State.RETURNED))

    monkeypatch.setattr(publication, "state_files", false)
    with pytest.raises(RosterInequalityError, match="STATE differs from its array"):
        service.publish_epoch(thirty)
    assert snapshot(thirty) == first


def test_a_crowd_goes_out_while_the_rest_is_unpaid(opened_case: OpenedCase, tmp_path: Path) -> None:
    """Of 1,100 people 1,050 are paid: a batch and states; the other fifty wait for their turn."""
    opened = awarded(opened_case(toml(1_100), files(1_100), approve_as=TWO))
    service.publish(opened)
    pay_made_up(opened, {"settled": range(1_000), "sending": range(1_000, 1_050)})
    summary = service.publish_epoch(opened)
    assert summary.counts["roster_payments"] == 1_050
    assert "promised 50, sent 50, settled 1,000" in audited(opened, tmp_path)
    pay_made_up(opened, {"settled": range(1_050, 1_100)})
    assert service.publish_epoch(opened).counts["roster_epoch"] == 1
    with opened.database.reading() as connection:
        row = connection.execute("SELECT released FROM roster.epoch").fetchone()
    assert row is not None
    assert isinstance(row[0], bytes)
    assert np.bincount(np.frombuffer(row[0], dtype=np.uint8))[State.SENT] == 50


def test_what_is_hidden_is_the_award_s_own_person_s(thirty: OpenCase) -> None:
    """Each of thirty opens the own name and telephone, and not the next one's."""
    service.publish(thirty)
    with thirty.database.reading() as connection:
        people = store.awarded(connection, 0)["person_id"].to_list()
    owners = affected_accounts(thirty, ["name", "phone"])
    told = {row["person_id"]: row for row in owners.iter_rows(named=True)}
    for award, person_id in enumerate(people):
        own = {field: told[person_id][field] for field in ("name", "phone")}
        proving.receipt_of(thirty, award, Chosen(categories=True, values=own))
    other = {"name": told[people[1]]["name"]}
    with pytest.raises(UnknownValueError):
        proving.receipt_of(thirty, 0, Chosen(categories=True, values=other))
