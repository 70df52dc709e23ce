import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from amends.evidence import service, store
from amends.evidence.intake import intake, sources_of
from amends.evidence.model import Reason, Unread
from amends.evidence.receiving import Receipt, receive
from amends.evidence.taking import Room
from amends.kernel.errors import InputFileError
from amends.vault.opened import OpenCase
from made_cases import MINIMAL_CASE, OpenedCase
from made_files import sqlite_file, xlsx, zipped
from planted import PEOPLE, assert_no_planted

ONE, TWO, THREE, _ = PEOPLE
CASE = MINIMAL_CASE.replace("evidence/dump.csv", "evidence/dump.zip").replace(
    "registries/im.csv", "registries/im.xlsx"
)
REGISTRY = xlsx(
    {
        "2023": [("account_id", "姓名", "手机号"), ("im1", ONE.name, ONE.phone)],
        "2024": [
            ("account_id", "姓名", "手机号"),
            ("im2", TWO.name, TWO.phone),
            ("im1", ONE.name, ONE.phone),
        ],
        "notes": [("remark",), ("nothing",)],
    }
)


def dump(tmp_path: Path) -> bytes:
    """An archive with tables in three formats, a picture and an empty file."""
    table = (("uid", "手机号"), [["im1", ONE.phone], ["im9", THREE.phone]])
    return zipped(
        {
            "a/users.csv.gz": gzip.compress(f"姓名,手机号\n{ONE.name},{ONE.phone}\n".encode()),
            "b.db": sqlite_file(tmp_path, {"users": table}),
            "logo.png": b"\x89PNG" + os.urandom(100),
            "empty.txt": b"",
            "c.xlsx": xlsx({"S": [("姓名", "邮箱"), (TWO.name, TWO.email)]}),
        }
    )


def files(tmp_path: Path) -> dict[str, bytes]:
    """The case's files."""
    return {"registries/im.xlsx": REGISTRY, "evidence/dump.zip": dump(tmp_path)}


def held(opened: OpenCase) -> dict[str, int]:
    """Path → kept rows of every table."""
    with opened.database.reading() as connection:
        return {one.custody.path: one.custody.kept for one in store.newest_files(connection)}


def test_members_are_taken_and_named(opened_case: OpenedCase, tmp_path: Path) -> None:
    """Every table of an archive has its rows under path!member; what is none is noted."""
    opened = opened_case(CASE, files(tmp_path))
    summary = intake(opened)
    assert held(opened) == {
        "registries/im.xlsx!2023": 1,
        "registries/im.xlsx!2024": 1,
        "evidence/dump.zip!a/users.csv.gz!users.csv": 1,
        "evidence/dump.zip!b.db!users": 2,
        "evidence/dump.zip!c.xlsx!S": 1,
    }
    assert (summary.counts["files"], summary.counts["tables"]) == (2, 5)
    leaked = service.read_leaked(opened, ["phone", "email"])
    assert leaked.select("evidence", "row", "phone").rows()[2] == (
        "evidence/dump.zip!b.db!users",
        2,
        THREE.phone,
    )
    with opened.database.reading() as connection:
        originals = [one.original_no for one in store.newest_files(connection)]
        unread = {one.name: one.reason for _, one in store.unread_members(connection, originals)}
    assert unread == {
        "evidence/dump.zip!empty.txt": Unread.EMPTY,
        "evidence/dump.zip!logo.png": Unread.NOT_A_TABLE,
        "registries/im.xlsx!notes": Unread.NO_KEY,
    }
    assert any("logo.png: holds no table" in note for note in summary.notes)
    assert_no_planted(opened.case.workspace)


def test_account_id_is_unique_across_sheets(opened_case: OpenedCase, tmp_path: Path) -> None:
    """An account id that an earlier sheet of the registry has waits in the later one."""
    opened = opened_case(CASE, files(tmp_path))
    intake(opened)
    assert service.read_accounts(opened, [])["account_id"].to_list() == ["im1", "im2"]
    with opened.database.reading() as connection:
        assert store.reasons(connection) == [
            ("registries/im.xlsx!2024", Reason.DUPLICATE_ACCOUNT_ID, 1)
        ]


def test_second_intake_of_archives_reads_nothing(opened_case: OpenedCase, tmp_path: Path) -> None:
    """An archive that lies in the room is not read again, and its tables stay in their order."""
    opened = opened_case(CASE, files(tmp_path))
    first = intake(opened)
    rows = service.read_leaked(opened, ["phone"])
    assert intake(opened) == first
    assert service.read_leaked(opened, ["phone"]).equals(rows)


def test_columns_go_for_the_members_that_have_them(opened_case: OpenedCase, tmp_path: Path) -> None:
    """A column named in case.toml is used where a member has it; one that none has is refused."""
    content = files(tmp_path)
    named = 'path = "evidence/dump.zip"\ncolumns = { uid = "order" }'
    opened = opened_case(CASE.replace('path = "evidence/dump.zip"', named), content)
    intake(opened)
    assert service.read_leaked(opened, ["order"])["order"].to_list() == [None, "im1", "im9", None]
    named = named.replace("uid", "nobody")
    opened = opened_case(CASE.replace('path = "evidence/dump.zip"', named), content)
    with pytest.raises(InputFileError, match=r"^evidence/dump.zip: .*nobody, which no table"):
        intake(opened)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            zipped({"a.png": b"\x89PNG", "b": b""}),
            r"none of its 2 members is a table \(a.png \(not_a_table\); b",
        ),
        (zipped({}), "none of its 0 members is a table"),
        (xlsx({"S": []}), "none of its 1 members is a table"),
        (zipped({"a.csv": b"name\nx\n"})[:-30], "damaged or cut short"),
    ],
    ids=["no table", "nothing", "empty sheet", "cut short"],
)
def test_archive_without_a_table_is_refused(
    opened_case: OpenedCase, tmp_path: Path, content: bytes, says: str
) -> None:
    """An archive in which nothing can be read is refused, and nothing of it remains."""
    opened = opened_case(CASE, files(tmp_path) | {"evidence/dump.zip": content})
    with pytest.raises(InputFileError, match=rf"^evidence/dump.zip: .*{says}"):
        intake(opened)
    assert not [path for path in opened.case.evidence_room.rglob("*") if path.is_file()]


def append(path: Path) -> None:
    """Another row."""
    with path.open("ab") as file:
        file.write(b"y,2\n")


def overwrite(path: Path) -> None:
    """Other bytes of the same size, with the old time put back."""
    before = path.stat()
    with path.open("r+b") as file:
        file.write(b"N")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [append, overwrite])
def test_file_that_changes_while_it_is_read_is_refused(
    opened_case: OpenedCase, change: Callable[[Path], None]
) -> None:
    """A file that is written to between the first look and the last is refused."""
    content = {
        "registries/im.csv": b"account_id\nx\n",
        "evidence/dump.csv": b"name,phone\nx,1\n" * 9,
    }
    opened = opened_case(MINIMAL_CASE, content)
    source = sources_of(opened)[1]
    changed: list[int] = []

    def read(size_bytes: int) -> None:
        if not changed:
            change(source.file)
        changed.append(size_bytes)

    room = Room(vault=opened.vault, folder=opened.case.evidence_room)
    receipt = Receipt(taken_by="tester", taken_at=opened.clock.now())
    with pytest.raises(InputFileError, match=r"^evidence/dump.csv: changed while it was read"):
        receive(room, source, 1, [], receipt, read)
    assert not [path for path in opened.case.evidence_room.rglob("*") if path.is_file()]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_dump_in_any_encoding_is_its_tables(
    opened_case: OpenedCase, tmp_path: Path, encoding: str
) -> None:
    """A dump in an archive is its tables, also in an encoding whose bytes look like backslashes."""
    name = f"{ONE.name}乗"  # in GB18030 and UTF-16 it holds the byte of a backslash
    text = (
        "-- MySQL dump\nCREATE TABLE `会员` (`姓名` text, `手机号` text) ENGINE=InnoDB;\n"
        + f"INSERT INTO `会员` VALUES ('{name}','{ONE.phone}'),('x\\'y','{TWO.phone}');\n" * 3  # noqa: S608  # is read, not run
    )
    content = files(tmp_path) | {"evidence/dump.zip": zipped({"a.sql": text.encode(encoding)})}
    opened = opened_case(CASE, content)
    intake(opened)
    leaked = service.read_leaked(opened, ["name", "phone"])
    assert set(leaked["evidence"].to_list()) == {"evidence/dump.zip!a.sql!会员"}
    assert leaked.select("name", "phone").rows() == [(name, ONE.phone), ("x'y", TWO.phone)] * 3
