import gzip
import io
import lzma
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amends.evidence.limits import Limits
from amends.evidence.readers.members import Member, members
from amends.evidence.readers.opening import open_content, open_member
from amends.evidence.readers.table import ColumnsGrewError
from amends.kernel.errors import InputFileError
from amends.vault.sealed import Spool
from made_files import Cell, seven_zipped, sqlite_file, tarred, xlsx, zipped

QUIET = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=40,
)
SMALL = Limits(free_bytes=1 << 20, ratio=50, total_bytes=8 << 20, members=50, held_bytes=4 << 20)
TABLE = "姓名,手机号\n张三,13800009999\n李四,13800009998\n"
ROWS: list[list[Cell]] = [["姓名", "手机号"], ["张三", 13800009999], ["李四", None]]


def parquet() -> bytes:
    """A small Parquet file."""
    sink = io.BytesIO()
    pq.write_table(pa.table({"name": ["a", "b"] * 50, "phone": list(range(100))}), sink)
    return sink.getvalue()


def database() -> bytes:
    """A small SQLite file."""
    with TemporaryDirectory() as name:
        rows: list[list[object]] = [["a", 1], ["b", None]] * 20
        return sqlite_file(Path(name), {"users": (["name", "phone"], rows)})


MAKERS: dict[str, Callable[[], bytes]] = {
    "a.csv": TABLE.encode,
    "b.csv": lambda: TABLE.encode("gb18030"),
    "a.txt": lambda: TABLE.replace(",", "----").encode(),
    "a.jsonl": lambda: b'{"name": "a", "phone": 1}\n{"name": "b"}\n',
    "a.json": lambda: b'[{"name": "a", "at": {"x": [1]}}, {"name": "b"}]',
    "a.sql": lambda: b"-- MySQL\nINSERT INTO `u` VALUES (1,'a\\'b'),(2,NULL);\n" * 3,
    "b.sql": lambda: b"COPY u (a, b) FROM stdin;\n1\tx\n2\t\\N\n\\.\n",
    "a.xlsx": lambda: xlsx({"S": ROWS}),
    "a.db": database,
    "a.parquet": parquet,
    "a.zip": lambda: zipped({"a.csv": TABLE.encode(), "b.xlsx": xlsx({"S": ROWS})}),
    "a.tar": lambda: tarred({"a.csv": TABLE.encode()}),
    "a.7z": lambda: seven_zipped({"a.csv": TABLE.encode() * 5}),
    "a.csv.gz": lambda: gzip.compress(TABLE.encode()),
    "a.csv.xz": lambda: lzma.compress(TABLE.encode()),
    "a.eml": lambda: b"From: A <a@example.com>\nTo: b@example.com\nDate: x\n\n13800138000\n",
}


@cache
def made(name: str) -> bytes:
    """A good file of that kind."""
    return MAKERS[name]()


def look_at(folder: Path, name: str, content: bytes) -> int:
    """Read everything in a file as intake does; returns its records."""
    path = folder / name
    path.write_bytes(content)
    records = 0
    for member in members(open_content(path, name), lambda: Spool(folder), limits=SMALL):
        if not isinstance(member, Member):
            continue
        for all_keys in (False, True):
            numbers: list[int] = []
            try:
                with open_member(member, [], lambda _: None, all_keys=all_keys) as opened:
                    width = len(opened.table.headers)
                    for batch in opened.table.batches():
                        assert batch.rows.width == width + 2
                        numbers += [*batch.rows["row"], *batch.quarantined["row"]]
            except ColumnsGrewError:
                continue
            assert sorted(numbers) == list(range(1, len(numbers) + 1)), member.name
            records += len(numbers)
            break
    return records


def refusal_of(folder: Path, name: str, content: bytes) -> str | None:
    """What a refusal of the file says; None where it is read."""
    try:
        look_at(folder, name, content)
    except InputFileError as refusal:
        return str(refusal)
    return None


@pytest.mark.parametrize("name", MAKERS)
def test_good_file_has_records(tmp_path: Path, name: str) -> None:
    """What the others damage is read while it is whole."""
    assert look_at(tmp_path, name, made(name)) > 0


@QUIET
@given(name=st.sampled_from(sorted(MAKERS)), content=st.binary(max_size=400), magic=st.booleans())
def test_any_bytes_are_read_or_refused(
    tmp_path: Path, name: str, content: bytes, *, magic: bool
) -> None:
    """Whatever the bytes under whatever name: records numbered without a gap, or a refusal."""
    says = refusal_of(tmp_path, name, made(name)[:8] + content if magic else content)
    assert says is None or says.startswith(name)


@QUIET
@given(
    name=st.sampled_from(sorted(MAKERS)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6),
    cut=st.floats(0, 1),
)
def test_damaged_files_are_read_or_refused(
    tmp_path: Path, name: str, changes: list[tuple[float, int]], cut: float
) -> None:
    """A good file with bytes changed and its end cut off is read or refused, and nothing hangs."""
    content = bytearray(made(name))
    for place, byte in changes:
        content[int(place * (len(content) - 1))] = byte
    end = int(len(content) * (0.3 + 0.7 * cut)) + 1
    says = refusal_of(tmp_path, name, bytes(content[:end]))
    assert says is None or says.startswith(name)
