import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from amends.evidence.model import Reason
from amends.evidence.readers.opening import open_table
from amends.evidence.readers.table import QUARANTINE

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16")
HEADER = ("account_id", "name", "phone")
LETTERS = st.characters(
    exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs"), exclude_characters="\ufeff"
)
TEXTS = st.one_of(
    st.text(LETTERS, max_size=8),
    st.text(st.sampled_from('ab ,;"\n\r\t|-:#甲𠮷'), max_size=8),
    st.sampled_from(("张三", "13800009999", "𠮷野家", "", '"', '""', "a,b", "O'Neil")),
)
TABLES = st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=12)
QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)


def read_back(
    path: Path, *, block_bytes: int = 1 << 20
) -> tuple[list[tuple[str | None, ...]], list[int], pl.DataFrame]:
    """Values and row numbers of what was kept, and what was quarantined."""
    with open_table(path, path.name, [], lambda _: None, block_bytes=block_bytes) as opened:
        batches = list(opened.table.batches())
        assert opened.counted.size_bytes == path.stat().st_size
    rows = [row for batch in batches for row in batch.rows.iter_rows()]
    quarantined = pl.concat(
        [pl.DataFrame(schema=QUARANTINE), *(one.quarantined for one in batches)]
    )
    assert sum(batch.records for batch in batches) == len(rows) + len(quarantined)
    return [row[2:] for row in rows], [row[0] for row in rows], quarantined


def wanted(table: Sequence[tuple[str, ...]]) -> list[tuple[str | None, ...]]:
    """What a table holds by the room's rule: trimmed, empty is null."""
    trimmed = pl.DataFrame(list(table), schema=["a", "b", "c"], orient="row").select(
        pl.all().str.strip_chars()
    )
    return [tuple(cell or None for cell in row) for row in trimmed.iter_rows()]


@QUIET
@given(
    table=TABLES,
    encoding=st.sampled_from(ENCODINGS),
    quoting=st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
    line_end=st.sampled_from(("\n", "\r\n")),
    separator=st.sampled_from((",", "\t", ";", "|")),
    block_bytes=st.sampled_from((16, 64, 1 << 20)),
)
@example(
    table=[("x", 'a\n""\nb', '"'), ("y", "1,2", "\n")],
    encoding="gb18030",
    quoting=csv.QUOTE_MINIMAL,
    line_end="\r\n",
    separator=",",
    block_bytes=16,
)
@example(
    table=[("", "", "ò")],  # read as Big5 it is an everyday character
    encoding="gb18030",
    quoting=csv.QUOTE_MINIMAL,
    line_end="\n",
    separator=",",
    block_bytes=16,
)
def test_csv_reads_back_what_was_written(  # noqa: PLR0913  # one argument per thing that varies
    tmp_path: Path,
    *,
    table: list[tuple[str, str, str]],
    encoding: str,
    quoting: Literal[0, 1],
    line_end: str,
    separator: str,
    block_bytes: int,
) -> None:
    """Any table of texts, however quoted and spelled, comes back with the same values and rows."""
    if quoting == csv.QUOTE_MINIMAL:  # Python's writer leaves a lone return without quotation marks
        table = [(one.replace("\r", ""), two.replace("\r", ""), three) for one, two, three in table]
        table = [(one, two, three.replace("\r", "")) for one, two, three in table]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=line_end)
    writer.writerow(HEADER)
    writer.writerows(table)
    path = tmp_path / ("table.tsv" if separator == "\t" else "table.csv")
    path.write_bytes(text.getvalue().encode(encoding))
    values, rows, quarantined = read_back(path, block_bytes=block_bytes)
    assert values == wanted(table)
    assert rows == list(range(1, len(table) + 1))
    assert quarantined.is_empty()


@QUIET
@given(
    table=TABLES,
    encoding=st.sampled_from(ENCODINGS),
    ascii_only=st.booleans(),
    block_bytes=st.sampled_from((16, 1 << 20)),
)
def test_json_lines_read_back_what_was_written(
    tmp_path: Path,
    *,
    table: list[tuple[str, str, str]],
    encoding: str,
    ascii_only: bool,
    block_bytes: int,
) -> None:
    """Any table of texts written as JSON lines comes back with the same values and rows."""
    lines = [
        json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=ascii_only) for row in table
    ]
    path = tmp_path / "table.jsonl"
    path.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
    values, rows, quarantined = read_back(path, block_bytes=block_bytes)
    assert values == wanted(table)
    assert rows == list(range(1, len(table) + 1))
    assert quarantined.is_empty()


PLAIN = st.text(LETTERS.filter(lambda letter: letter not in "-_=#|:;,~*^&+/\\$%@!"), max_size=8)


@QUIET
@given(
    table=st.lists(st.tuples(PLAIN, PLAIN, PLAIN), min_size=1, max_size=12),
    encoding=st.sampled_from(ENCODINGS),
    last_line_ends=st.booleans(),
)
def test_text_without_header_reads_back_what_was_written(
    tmp_path: Path, *, table: list[tuple[str, str, str]], encoding: str, last_line_ends: bool
) -> None:
    """Any table written with ---- between its fields and no header comes back, row for row."""
    text = "\n".join("----".join(row) for row in [("甲", "13800009999", "丙"), *table])
    path = tmp_path / "table.txt"
    path.write_bytes((text + "\n" * last_line_ends).encode(encoding))
    values, rows, quarantined = read_back(path)
    assert values[1:] == wanted(table)
    assert rows == list(range(1, len(table) + 2))
    assert quarantined.is_empty()


@QUIET
@given(
    lines=st.lists(
        st.one_of(
            st.binary(max_size=24).map(lambda data: data.replace(b"\n", b"")),
            st.sampled_from(
                (b'x,"y', b"1,2,3,4", b'"a"b,c', b'a","b', "张,三".encode(), b"\xff,a")
            ),
        ),
        max_size=20,
    )
)
def test_no_row_is_lost_whatever_a_file_holds(tmp_path: Path, lines: list[bytes]) -> None:
    """Kept and quarantined rows are numbered from 1 without a gap and cover every record."""
    path = tmp_path / "table.csv"
    good = b"a1,b1,13800009999\n" * 60
    path.write_bytes(b"account_id,name,phone\n" + good + b"".join(line + b"\n" for line in lines))
    _, rows, quarantined = read_back(path)
    numbers = sorted([*rows, *quarantined["row"].to_list()])
    assert numbers == list(range(1, len(numbers) + 1))
    assert set(quarantined["reason"]) <= set(Reason)
    assert len(numbers) >= 60


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_offsets_point_at_the_first_byte_of_a_row(tmp_path: Path, encoding: str) -> None:
    """The byte offset of a quarantined row is where its line begins in the file as it came."""
    text = "姓名,手机号\n张三,1\n𠮷四,2,3\n"
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    _, _, quarantined = read_back(path)
    assert quarantined["byte_offset"].to_list() == [
        text.encode(encoding).index("𠮷".encode(encoding))
    ]
    assert quarantined["row"].to_list() == [2]
