import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from amends.evidence.model import Encoding, FileFormat, Reason
from amends.evidence.readers.dialect import tell_dialect
from amends.evidence.readers.opening import open_table
from amends.evidence.readers.table import QUARANTINE, ColumnsGrewError
from amends.evidence.readers.text import tell_spelling, undecodable_bytes
from amends.kernel.errors import InputFileError


def read(path: Path, *, all_keys: bool = False) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows and quarantine of a file."""
    with open_table(path, path.name, [], lambda _: None, all_keys=all_keys) as opened:
        batches = list(opened.table.batches())
    return (
        pl.concat([batch.rows for batch in batches]),
        pl.concat([pl.DataFrame(schema=QUARANTINE), *(batch.quarantined for batch in batches)]),
    )


def written(tmp_path: Path, name: str, content: bytes | str) -> Path:
    """A file with that content."""
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_row_with_more_fields_than_its_header_waits(tmp_path: Path) -> None:
    """A row with more fields than the header waits; the rows around it keep their numbers."""
    path = written(tmp_path, "a.csv", "name,phone\nx,1\ny,2,3\n\nz,4\n")
    rows, quarantined = read(path)
    assert rows["row"].to_list() == [1, 3]
    assert quarantined.rows() == [(2, 15, Reason.TOO_MANY_FIELDS, 0)]


def test_row_with_fewer_fields_is_padded(tmp_path: Path) -> None:
    """A row with fewer fields than the header keeps its values, gets nulls, and is counted."""
    path = written(tmp_path, "a.csv", 'name,phone,email\nx,1\n"y",2\nz,3,c@d.cn\n')
    with open_table(path, "a.csv", [], lambda _: None) as opened:
        batches = list(opened.table.batches())
    assert sum(batch.short_rows for batch in batches) == 2
    assert batches[0].rows["c2"].to_list() == [None, None, "c@d.cn"]


@pytest.mark.parametrize(
    ("lines", "kept", "waiting"),
    [
        ('1,"nick,3\n2,b,4\n', [("1", '"nick', "3"), ("2", "b", "4")], []),
        ('1,"abc,3\n2,"def,4\n', [("1", '"abc', "3"), ("2", '"def', "4")], []),
        ('1,"a" b,3\n', [("1", "a b", "3")], []),
        ('1,5" pipe,3\n', [("1", '5" pipe', "3")], []),
        ('1,"a\nb",3\n2,c,4\n', [("1", "a\nb", "3"), ("2", "c", "4")], []),
        ('1,"a,b\nc,d",3\n', [("1", "a,b\nc,d", "3")], []),
        ('1,"a,b,c,d\n2,c,4\n', [("2", "c", "4")], [1]),
        ('1,"a\nb",3,4\n2,c,4\n', [("2", "c", "4")], [1]),
    ],
)
def test_quotation_mark_gone_wrong_swallows_no_rows(
    tmp_path: Path, lines: str, kept: list[tuple[str, ...]], waiting: list[int]
) -> None:
    """An open or misplaced quotation mark costs at most its own row; good quoting is honoured."""
    path = written(tmp_path, "a.csv", "id,name,phone\n" + lines)
    rows, quarantined = read(path)
    assert [row[2:] for row in rows.iter_rows()] == kept
    assert quarantined["row"].to_list() == waiting


def test_offsets_hold_behind_a_record_that_spans_blocks(tmp_path: Path) -> None:
    """A quoted value over many blocks shifts no byte offset of the rows behind it."""
    content = 'id,text\n1,"' + "line\n" * 9 + '"\n2,b\n3,c,d\n4,e\n5,"f\ng"\n6,h,i\n'
    path = written(tmp_path, "a.csv", content)
    with open_table(path, "a.csv", [], lambda _: None, block_bytes=16) as opened:
        batches = list(opened.table.batches())
    quarantined = pl.concat([batch.quarantined for batch in batches])
    assert quarantined.select("row", "byte_offset").rows() == [
        (3, content.index("3,c,d")),
        (6, content.index("6,h,i")),
    ]


def test_undecodable_row_waits_and_its_bytes_are_counted(tmp_path: Path) -> None:
    """A row with bytes that are no character is quarantined; its undecodable bytes are counted."""
    good = "".join(f"张{n},1380000{n:04d}\n" for n in range(50)).encode()
    path = written(tmp_path, "a.csv", "姓名,手机\n".encode() + good + b"\xff\xfe\xfd,1\nok,2\n")
    rows, quarantined = read(path)
    assert len(rows) == 51
    assert quarantined["row"].to_list() == [51]
    assert quarantined["reason"].to_list() == [Reason.UNDECODABLE_BYTES]
    assert quarantined["undecodable_bytes"].to_list() == [3]


def test_json_lines_keep_digits_and_nested_values(tmp_path: Path) -> None:
    """Numbers keep their digits, nested values stay JSON text, bad lines wait with their reason."""
    lines = [
        '{"phone": 13800009999, "rate": 1.50, "tags": ["a", 1], "none": null, "yes": true}',
        "not json",
        "[1]",
        '{"phone": "\\ud83d"}',
        '{"phone": "\\ud842\\udfb7"}',
        "",
        '{"phone": " 1 "}',
    ]
    rows, quarantined = read(written(tmp_path, "a.jsonl", "\n".join(lines)))
    assert rows.select("row", "c0").rows() == [(1, "13800009999"), (5, "𠮷"), (6, "1")]
    assert rows.select("c1", "c2", "c3", "c4").row(0) == ("1.50", '["a",1]', None, "true")
    assert quarantined.select("row", "reason").rows() == [
        (2, Reason.NOT_JSON),
        (3, Reason.NOT_AN_OBJECT),
        (4, Reason.UNDECODABLE_BYTES),
    ]


@pytest.mark.parametrize("bad", ['{"a":"1"},{"a":"2"}', '{"a":"1"},"0",{"a":"2"}'])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_two_objects_on_one_line_are_one_bad_row(tmp_path: Path, bad: str, place: int) -> None:
    """Lines are judged one by one: two objects on a line become neither two rows nor one."""
    lines = ['{"a":"3"}', '{"a":"4"}']
    lines.insert(place, bad)
    rows, quarantined = read(written(tmp_path, "a.jsonl", "\n".join(lines)))
    assert rows["c0"].to_list() == ["3", "4"]
    assert quarantined.select("row", "reason").rows() == [(place + 1, Reason.NOT_JSON)]


def test_key_far_into_json_lines_is_found_by_reading_again(tmp_path: Path) -> None:
    """A key that the beginning of a file does not have asks for a second reading, which has it."""
    path = tmp_path / "a.jsonl"
    line = json.dumps({"name": "x" * 1000})
    path.write_text(f"{line}\n" * 9000 + '{"name": "y", "late": "1"}\n')
    with pytest.raises(ColumnsGrewError):
        read(path)
    rows, _ = read(path, all_keys=True)
    assert rows.select("row", "c1").row(-1) == (9001, "1")


def test_parquet_values_become_the_text_of_a_csv(tmp_path: Path) -> None:
    """Whole numbers, dates, midnights and lists become the text that a csv file would hold."""
    path = tmp_path / "a.parquet"
    table = pa.table(
        {
            "account_id": pa.array([1, 2], pa.int64()),
            "phone": pa.array([13800009999.0, None], pa.float64()),
            "birth": pa.array([date(1990, 1, 2), None]),
            "joined": pa.array([datetime(1990, 1, 2, tzinfo=UTC), None]),
            "tags": pa.array([["a", "b"], None]),
            "raw": pa.array([b"ok", None]),
            "kind": pa.array(["x", " "]).dictionary_encode(),
        }
    )
    pq.write_table(table, path)
    rows, quarantined = read(path)
    assert rows.row(0)[2:] == (
        "1",
        "13800009999",
        "1990-01-02",
        "1990-01-02",
        '["a","b"]',
        "ok",
        "x",
    )
    assert rows.row(1)[2:] == ("2", None, None, None, None, None, None)
    assert quarantined.is_empty()


def test_binary_parquet_value_that_is_no_text_waits(tmp_path: Path) -> None:
    """A binary value that is no UTF-8 puts its row in quarantine."""
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"account_id": ["a", "b"], "raw": [b"\xff", b"ok"]}), path)
    rows, quarantined = read(path)
    assert rows["row"].to_list() == [2]
    assert quarantined.rows() == [(1, None, Reason.UNDECODABLE_BYTES, 0)]


def test_lines_that_end_with_returns_only_are_lines(tmp_path: Path) -> None:
    """A file of carriage returns without line feeds has as many rows as lines."""
    rows, _ = read(written(tmp_path, "a.csv", "name,phone\rx,1\ry,2\r"))
    assert rows.rows() == [(1, 11, "x", "1"), (2, 15, "y", "2")]


@pytest.mark.parametrize(
    ("text", "separator", "width"),
    [
        ("a----b----c\nd--------1619-02-02\n", "----", 3),
        ("a;c\nd;e, f\ng, h, i;k\n", ";", 2),
        ("a||b||c\nd||||e\n", "||", 3),
        ("a\tb\nc\td\n", "\t", 2),
        ("x@y.cn:secret\nz@y.cn:other\n", ":", 2),
        ("13800009999\n13800009998\n", ",", 1),
        ("a::b\nc::d\n", "::", 2),
    ],
)
def test_separator_is_told_from_the_lines(text: str, separator: str, width: int) -> None:
    """The separator is the one under which the lines have equally many fields."""
    dialect = tell_dialect(text.splitlines())
    assert (dialect.separator, dialect.width) == (separator, width)


@pytest.mark.parametrize(
    ("data", "encoding", "mark_bytes"),
    [
        ("姓名\n".encode(), Encoding.UTF8, 0),
        ("姓名\n".encode("utf-8-sig"), Encoding.UTF8, 3),
        ("姓名\n".encode("gb18030"), Encoding.GB18030, 0),
        ("𠮷野\n".encode("gb18030"), Encoding.GB18030, 0),
        ("name\n".encode("utf-16"), Encoding.UTF16_LE, 2),
        ("name,phone\n".encode("utf-16-be"), Encoding.UTF16_BE, 0),
        ("姓名很长的文字\n".encode() * 20 + b"\xff\n", Encoding.UTF8, 0),
        (b"plain\n", Encoding.UTF8, 0),
    ],
)
def test_encoding_is_told_from_the_bytes(data: bytes, encoding: Encoding, mark_bytes: int) -> None:
    """UTF-8 with and without mark, GB18030 and UTF-16 are told apart, also if damaged."""
    spelling = tell_spelling(data, "a.csv")
    assert (spelling.encoding, spelling.mark_bytes) == (encoding, mark_bytes)


def test_undecodable_bytes_are_counted_one_by_one() -> None:
    """Every byte that is part of no character counts."""
    assert undecodable_bytes(b"a\xffb\xc3(\xe5\xbc", Encoding.UTF8) == 4
    assert undecodable_bytes("𠮷".encode("gb18030") + b"\xff", Encoding.GB18030) == 1


def test_text_file_of_json_lines_is_read_as_that(tmp_path: Path) -> None:
    """A .txt file whose lines are objects is read as JSON lines."""
    path = written(tmp_path, "dump.txt", '{"a":"1"}\n{"a":"2"}\n')
    with open_table(path, "dump.txt", [], lambda _: None) as opened:
        assert opened.table.format is FileFormat.JSON_LINES


ZIP = "a.csv"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.csv", None, "there is no such file"),
        ("empty.csv", b"", "is empty"),
        ("blank.csv", b"\xef\xbb\xbf\n \n", "is empty"),
        ("a.parquet", b"name,phone\nx,1\n", "ending says Parquet"),
        ("a.csv", b"PK\x03\x04" + b"x" * 99, "not what its ending says.*Excel"),
        ("a.csv", b"PAR1" + b"x" * 99, "not what its ending says.*Parquet"),
        ("a.gz", b"\x1f\x8b" + b"x" * 99, "is compressed"),
        ("a.csv", bytes(range(256)) * 20, "not a text file"),
        ("a.csv", b'{"a": "1"}\n{"a": "2"}\n', "not what its ending says.*JSON"),
        ("a.csv", b"<!DOCTYPE html><html>\n", "not what its ending says.*web page"),
        ("a.jsonl", b"name,phone\nx,1\n", "not what its ending says.*JSON object"),
        ("a.json", b'[\n"x",\n"y"\n]\n', "not what its ending says.*JSON object"),
    ],
)
def test_file_that_is_no_table_is_refused(
    tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    """A missing, empty or mislabelled file is refused with its name and what to do."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with (
        pytest.raises(InputFileError, match=rf"(?s)^evidence/{name}: .*{says}"),
        open_table(path, f"evidence/{name}", [], lambda _: None) as opened,
    ):
        list(opened.table.batches())


def test_real_zip_is_refused(tmp_path: Path) -> None:
    """A zip archive that calls itself csv is refused."""
    path = tmp_path / ZIP
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inner.csv", "name\nx\n")
    with pytest.raises(InputFileError, match="zip archive"):
        read(path)


def test_directory_is_refused(tmp_path: Path) -> None:
    """A directory where a table is expected is refused."""
    with pytest.raises(InputFileError, match="is not a file"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("content", "kept", "waiting"),
    [
        ("用户信息表\n导出时间 2024\n\n姓名,手机号\n张三,13800009999\n", [3], [1, 2]),
        ("# made by x\n#\n姓名,手机号\n张三,13800009999\n", [3], [1, 2]),
        ("张三,13800009999\n李四,13800009998\n姓名,手机号\n王五,13800009997\n", [1, 2, 3], []),
        ("note\n张三,13800009999\n姓名,手机号\n王五,13800009997\n", [2, 3], [1]),
    ],
)
@pytest.mark.parametrize("block_bytes", [16, 1 << 20])
def test_header_may_stand_below_other_lines(
    tmp_path: Path, content: str, kept: list[int], waiting: list[int], block_bytes: int
) -> None:
    """Lines above a header wait unless they are rows; the header is no record wherever it is."""
    path = written(tmp_path, "a.csv", content)
    with open_table(path, "a.csv", [], lambda _: None, block_bytes=block_bytes) as opened:
        assert opened.table.headers == ("姓名", "手机号")
        batches = list(opened.table.batches())
    rows = pl.concat([batch.rows for batch in batches])
    quarantined = pl.concat([batch.quarantined for batch in batches])
    assert rows["row"].to_list() == kept
    assert quarantined["row"].to_list() == waiting
    assert set(quarantined["reason"]) <= {Reason.BEFORE_HEADER}
