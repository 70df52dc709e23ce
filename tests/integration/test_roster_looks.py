"""Looks of operators at people, published for each of them alone."""

import json
from dataclasses import replace

import pytest

from amends.access.model import Ground
from amends.access.revealing import reveal_in
from amends.roster import closing, looks, service, store
from amends.roster.commitment import SEED_BYTES
from amends.roster.looks import Seen
from amends.vault.opened import OpenCase
from made_cases import OpenedCase
from made_roster import TWO, thirty_published
from planted import assert_no_planted


@pytest.fixture
def opened(opened_case: OpenedCase) -> OpenCase:
    """Thirty people, published and paid."""
    return opened_case(approve_as=TWO, like=thirty_published)


def look(opened: OpenCase, award: int, *fields: str, ground: Ground = Ground.CLAIM) -> str:
    """An operator opens values of the person of an award."""
    with opened.database.unit_of_work() as connection:
        rows = connection.execute(
            "SELECT person_id FROM awards.as_awarded WHERE award_index = %(award)s",
            {"award": award},
        )
        [(person,)] = rows.fetchall()
        anna = replace(opened, by="anna")
        reveal_in(connection, anna, str(person), fields=fields, ground=ground, reason="as they ask")
    return str(person)


def shown_to(opened: OpenCase, award: int) -> list[Seen]:
    """What the person of an award finds in the published files."""
    about = json.loads((opened.case.site / looks.ABOUT).read_bytes())
    files = about["files"]
    rows = (opened.case.site / "looks" / str(files) / str(award % files)).read_bytes()
    return looks.found(rows, seed_of(opened, award))


def seed_of(opened: OpenCase, award: int) -> bytes:
    """What a receipt code opens."""
    with opened.database.reading() as connection:
        [page] = store.openings(connection, award, award + 1)
    return page.opened(opened.vault)[award - page.first_award][:SEED_BYTES]


def test_a_person_finds_who_looked_at_them_and_nobody_else(opened: OpenCase) -> None:
    """After the next publication: what was opened, when and why; neither who nor whose it was."""
    service.publish(opened)
    assert shown_to(opened, 3) == []
    people = [
        look(opened, 3, "name", "account", "account_kind", ground=Ground.PERSON_ASKED),
        look(opened, 17, "message", ground=Ground.PAYMENT_FAILED),
        look(opened, 3, "receipt"),
    ]
    assert shown_to(opened, 3) == []
    service.publish_epoch(opened)
    assert [(one.ground, one.kinds) for one in shown_to(opened, 3)] == [(1, 3), (3, 8)]
    assert [(one.ground, one.kinds) for one in shown_to(opened, 17)] == [(2, 4)]
    assert all(shown_to(opened, award) == [] for award in range(30) if award not in {3, 17})
    folder = opened.case.site / "looks"
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for word in (*people, "anna", "as they ask", "claim"):
        assert word.encode() not in content
    assert_no_planted(folder)


def test_looks_that_were_published_stay_as_they_are(opened: OpenCase) -> None:
    """A further look adds a row, and writes no other anew; nothing new writes nothing."""
    for award in (5, 9, 5):
        look(opened, award, "name")
    service.publish(opened)
    path = opened.case.site / "looks" / "1" / "0"
    before = path.read_bytes()
    written = path.stat().st_mtime_ns
    service.publish(opened)
    assert path.stat().st_mtime_ns == written
    look(opened, 9, "receipt")
    service.publish(opened)
    assert len(rows_of(path.read_bytes()) - rows_of(before)) == 1
    assert rows_of(before) <= rows_of(path.read_bytes())


def rows_of(content: bytes) -> set[bytes]:
    """The rows of a file."""
    return {content[at : at + looks.ROW_BYTES] for at in range(0, len(content), looks.ROW_BYTES)}


def test_files_that_were_lost_or_are_of_another_number_are_mended(
    opened: OpenCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the next publication; where there are many looks, each file has some awards'."""
    for award in range(6):
        look(opened, award, "name")
    service.publish(opened)
    whole = shown_to(opened, 4)
    (opened.case.site / "looks" / "1" / "0").unlink()
    service.publish(opened)
    assert shown_to(opened, 4) == whole
    monkeypatch.setattr(looks, "MOST_ROWS", 3)
    service.publish(opened)
    folder = opened.case.site / "looks"
    assert sorted(path.name for path in folder.iterdir()) == ["2", "looks.json"]
    assert [len(shown_to(opened, award)) for award in range(7)] == [1] * 6 + [0]


def test_looks_stay_when_the_keys_are_destroyed(opened: OpenCase) -> None:
    """Nobody can write them anew then, and who has a code still reads theirs."""
    look(opened, 3, "name")
    service.publish(opened)
    seed = seed_of(opened, 3)
    service.publish_epoch(opened)
    closing.seal(opened, dry_run=False)
    closing.erase(opened, dry_run=False)
    rows = (opened.case.site / "looks" / "1" / "0").read_bytes()
    assert [one.ground for one in looks.found(rows, seed)] == [3]
