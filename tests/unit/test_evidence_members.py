import os
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from amends.evidence.limits import LIMITS, Limits
from amends.evidence.model import Reason, UnreadError
from amends.evidence.readers.content import Content
from amends.evidence.readers.members import Member, members
from amends.evidence.readers.opening import open_content, open_member
from amends.evidence.readers.table import QUARANTINE
from amends.kernel.errors import InputFileError
from amends.vault.sealed import Spool
from made_files import Cell, Day, Sheets, ods, sqlite_file, xlsx, zipped

ROWS: tuple[tuple[Cell, ...], ...] = (
    ("姓名", "手机号", "出生日期", "余额", "备注"),
    ("张三", 13800009999, Day(32874), 12.5, None),
    ("李四", 13800009998.0, Day(32875), 0.1, "x"),
)
Tables = Mapping[str, tuple[pl.DataFrame, pl.DataFrame]]


def tables(tmp_path: Path, name: str, content: bytes, limits: Limits = LIMITS) -> Tables:
    """Rows and quarantine of each table in a file, by member name."""
    path = tmp_path / name
    path.write_bytes(content)
    found = {}
    opened = open_content(path, name)
    for member in members(opened, lambda: Spool(tmp_path), limits=limits):
        assert isinstance(member, Member)
        with open_member(member, [], lambda _: None) as table:
            batches = list(table.table.batches())
        waiting = [batch.quarantined for batch in batches]
        found[member.name] = (
            pl.concat([batch.rows for batch in batches]),
            pl.concat([pl.DataFrame(schema=QUARANTINE), *waiting]),
        )
    return found


def test_sheets_with_rows_are_members(tmp_path: Path) -> None:
    """Each sheet with rows is a member; numbers keep all digits, days are days."""
    found = tables(tmp_path, "a.xlsx", xlsx({"用户": ROWS, "empty": [], "两": ROWS[:2]}))
    assert list(found) == ["a.xlsx!用户", "a.xlsx!两"]
    rows, _ = found["a.xlsx!用户"]
    assert rows.rows() == [
        (1, None, "张三", "13800009999", "1990-01-01", "12.5", None),
        (2, None, "李四", "13800009998", "1990-01-02", "0.1", "x"),
    ]


def test_ods_is_read_as_xlsx_is(tmp_path: Path) -> None:
    """An OpenDocument sheet gives the same rows."""
    rows: list[tuple[Cell, ...]] = [
        ("姓名", "手机号"),
        ("张三", 13800009999),
        ("李四", "13800009998"),
    ]
    found, _ = tables(tmp_path, "a.ods", ods({"S": rows}))["a.ods!S"]
    assert found.rows() == [(1, None, "张三", "13800009999"), (2, None, "李四", "13800009998")]


def test_title_above_the_header_of_a_sheet_waits(tmp_path: Path) -> None:
    """Rows above the header are quarantined and counted; blank ones are no records."""
    sheet: Sheets = {"S": [("用户信息表 导出",), (None,), *ROWS]}
    rows, quarantined = tables(tmp_path, "a.xlsx", xlsx(sheet))["a.xlsx!S"]
    assert rows["row"].to_list() == [2, 3]
    assert quarantined.select("row", "reason").rows() == [(1, Reason.BEFORE_HEADER)]


def test_workbook_inside_an_archive_is_opened(tmp_path: Path) -> None:
    """A workbook is one document, not an archive of its parts, also inside an archive."""
    content = zipped({"in/a.xlsx": xlsx({"S": ROWS}), "b.csv": "姓名\n张三\n".encode()})
    assert list(tables(tmp_path, "a.zip", content)) == ["a.zip!in/a.xlsx!S", "a.zip!b.csv"]


def test_workbook_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    """A small workbook whose parts unfold without end is refused before it is held."""
    content = zipped(
        {"[Content_Types].xml": b"", "xl/workbook.xml": b"<x/>", "xl/big.xml": bytes(8 << 20)}
    )
    limits = replace(LIMITS, free_bytes=1 << 20)
    with pytest.raises(InputFileError, match=r"^a.xlsx: the workbook unfolds into more"):
        tables(tmp_path, "a.xlsx", content, limits)


@pytest.mark.parametrize("cut", [0.9, 0.5, 0.1])
def test_workbook_cut_short_is_refused(tmp_path: Path, cut: float) -> None:
    """A workbook without its end is refused by name."""
    content = xlsx({"S": [*ROWS, (os.urandom(2000).hex(),)]})
    with pytest.raises(InputFileError, match=r"^a.xlsx.*damaged or cut short"):
        tables(tmp_path, "a.xlsx", content[: int(len(content) * cut)])


def test_office_document_without_sheets_is_no_table(tmp_path: Path) -> None:
    """A text document is no table, and the refusal says so."""
    content = zipped({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"})
    with pytest.raises(UnreadError, match=r"^a.docx: is a document or program"):
        tables(tmp_path, "a.docx", content)


@pytest.mark.parametrize("packed", [False, True])
def test_tables_of_a_database_are_members(tmp_path: Path, *, packed: bool) -> None:
    """Each table with rows of an SQLite file is a member, on the disk and in an archive."""
    content = sqlite_file(
        tmp_path,
        {
            "users": (
                ["uid", "手机号", 'odd "name"'],
                [[1, 13800009999, None], ["u2", 1.5e10, b"ok"], ["u3", "", ""]],
            ),
            "empty": (["x"], []),
            "order's": (["id"], [[2.5]]),
        },
    )
    name = "a.db.zip" if packed else "a.db"
    outer = zipped({"a.db": content}) if packed else content
    prefix = "a.db.zip!a.db" if packed else "a.db"
    found = tables(tmp_path, name, outer)
    assert list(found) == [f"{prefix}!users", f"{prefix}!order's"]
    assert found[f"{prefix}!users"][0].rows() == [
        (1, None, "1", "13800009999", None),
        (2, None, "u2", "15000000000", "ok"),
        (3, None, "u3", None, None),
    ]
    assert found[f"{prefix}!order's"][0]["c0"].to_list() == ["2.5"]


def test_database_row_that_is_no_text_waits(tmp_path: Path) -> None:
    """A row with bytes that are no text is quarantined, its bytes counted; an empty one is none."""
    rows: list[list[object]] = [["a", 1], [None, ""], [b"\xff\xfe", 2], ["b", None]]
    content = sqlite_file(tmp_path, {"users": (["uid", "age"], rows)})
    found, quarantined = tables(tmp_path, "a.db", content)["a.db!users"]
    assert found.rows() == [(1, None, "a", "1"), (3, None, "b", None)]
    assert quarantined.rows() == [(2, None, Reason.UNDECODABLE_BYTES, 2)]


def test_database_is_only_read(tmp_path: Path) -> None:
    """Reading makes no journal beside the file and changes no byte of it; its views do not run."""
    content = sqlite_file(tmp_path, {"users": (["uid"], [["a"]])})
    path = tmp_path / "a.db"
    path.write_bytes(content)
    connection = sqlite3.connect(path)
    connection.execute("CREATE VIEW everybody AS SELECT load_extension('x') FROM users")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("INSERT INTO users VALUES ('b')")
    connection.commit()
    connection.close()
    content = path.read_bytes()
    assert list(tables(tmp_path, "a.db", content)) == ["a.db!users"]
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a.db"]
    assert path.read_bytes() == content
    packed = tables(tmp_path, "b.zip", zipped({"a.db": content}))
    assert packed["b.zip!a.db!users"][0]["c0"].to_list() == ["a", "b"]


def test_damaged_database_is_refused(tmp_path: Path) -> None:
    """A database that is cut short or overwritten is refused by name."""
    rows = [[os.urandom(500).hex()] for _ in range(50)]
    content = sqlite_file(tmp_path, {"users": (["uid"], rows)})
    for damaged in (content[:5000], content[:100] + os.urandom(len(content) - 100)):
        with pytest.raises(InputFileError, match=r"^a.db: the SQLite file is damaged"):
            tables(tmp_path, "a.db", damaged)


def test_workbook_without_rows_holds_no_table(tmp_path: Path) -> None:
    """A workbook whose sheets are empty comes as bytes without a table."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx({"S": []}))
    found = list(members(open_content(path, "a.xlsx"), lambda: Spool(tmp_path)))
    assert [type(one) for one in found] == [Content]
