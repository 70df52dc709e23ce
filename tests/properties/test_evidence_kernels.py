import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from amends.evidence.compiled.seen import hash_of
from amends.evidence.compiled.utf8 import lines_in_utf8
from amends.evidence.model import Encoding, Reason
from amends.evidence.readers.cells import trimmed_texts
from amends.evidence.readers.delimited import DelimitedFile
from amends.evidence.readers.dialect import Dialect
from amends.evidence.readers.jsonlines import WHITE_SPACE, JsonLinesFile, parse_line
from amends.evidence.readers.quotes import QuotedLines
from amends.evidence.readers.table import QUARANTINE, TableFile
from amends.evidence.readers.text import (
    Block,
    CountedFile,
    LineReader,
    Spelling,
    _other_reading,
    undecodable_bytes,
)
from amends.evidence.seen import Seen

QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
GB18030_PARTS = st.one_of(
    st.binary(max_size=6),
    st.text(max_size=6).map(lambda text: text.encode("gb18030", "ignore")),
    st.tuples(
        st.integers(0x81, 0xFE),
        st.integers(0x30, 0x39),
        st.integers(0x81, 0xFE),
        st.integers(0, 255),
    ).map(bytes),
    st.tuples(st.integers(0x80, 0xFF), st.integers(0x30, 0xFF)).map(bytes),
    st.sampled_from(
        (b"\n", b"\r", b"\x00", b"a,b", b"\x81\x30", b"\x81\x30\x81", b"\xe3\x32\x9a\x35")
    ),
)
UTF8_PARTS = st.one_of(
    st.binary(max_size=6),
    st.text(max_size=6).map(lambda text: text.encode("utf-8", "ignore")),
    st.tuples(st.integers(0xC0, 0xFF), *[st.integers(0x7F, 0xC0)] * 3).map(bytes),
    st.sampled_from(
        (b"\n", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe0\x80\x80", b"\xf0\x9f\x98")
    ),
)


def lines_of(data: bytes, line_end: int) -> list[bytes]:
    """The lines of a file with their ends."""
    mark = bytes([line_end])
    lines = [line + mark for line in data.split(mark)]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def encoding_of(line: bytes, main: Encoding) -> Encoding:
    """What a line of a file in *main* is read in; test_evidence_encodings.py says why."""
    octets, bounds = np.frombuffer(line, dtype=np.uint8), np.array([0, len(line)])
    if main is not Encoding.UTF8 and lines_in_utf8(octets, bounds)[0]:
        return Encoding.UTF8
    if undecodable_bytes(line, main):
        return _other_reading(line, main) or main
    return main


@QUIET
@given(
    encoding=st.sampled_from((Encoding.UTF8, Encoding.GB18030)),
    line_end=st.sampled_from((10, 13)),
    data=st.data(),
)
def test_kernels_decode_as_pythons_codecs(
    encoding: Encoding, line_end: int, data: st.DataObject
) -> None:
    """Whatever the bytes, each line has the text and undecodable bytes of Python's codec."""
    parts = UTF8_PARTS if encoding is Encoding.UTF8 else GB18030_PARTS
    content = b"".join(data.draw(st.lists(parts, max_size=20)))
    spelling = Spelling(encoding=encoding, mark_bytes=0, line_end=line_end)
    found = Block(data=content, offset=7, spelling=spelling, last=True).lines()
    lines = lines_of(content, line_end)
    codecs = [encoding_of(line, encoding) for line in lines]
    assert [found.line(number) for number in range(len(found))] == [
        line.decode(codec, "replace") for line, codec in zip(lines, codecs, strict=True)
    ]
    assert found.undecodable.tolist() == [
        undecodable_bytes(line, codec) for line, codec in zip(lines, codecs, strict=True)
    ]
    assert found.offsets.tolist() == [
        7 + sum(map(len, lines[:number])) for number in range(len(lines))
    ]


@pytest.mark.parametrize("first", range(0x80, 0x100))
def test_every_code_of_gb18030_is_pythons(first: int) -> None:
    """All codes of two bytes, and every seventh of four, are the characters of Python's codec."""
    codes = [bytes((first, second)) for second in range(256) if second not in (10, *range(48, 58))]
    codes += [
        bytes((first, 0x30 + rest // 1260, 0x81 + rest % 1260 // 10, 0x30 + rest % 10))
        for rest in range(first % 7, 12_600, 7)
    ]
    content = b"".join(code + b"\n" for code in codes)
    spelling = Spelling(encoding=Encoding.GB18030, mark_bytes=0)
    found = Block(data=content, offset=0, spelling=spelling, last=True).lines()
    assert bytes(found.octets).decode() == "".join(
        (code + b"\n").decode("gb18030", "replace") for code in codes
    )


def read(table: TableFile) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]], int]:
    """Rows, quarantined rows, and how many rows are short."""
    batches = list(table.batches())
    rows = [row for batch in batches for row in batch.rows.iter_rows()]
    empty = pl.DataFrame(schema=QUARANTINE)
    quarantined = pl.concat([empty, *(batch.quarantined for batch in batches)])
    return rows, quarantined.rows(), sum(batch.short_rows for batch in batches)


def reader_of(content: bytes, spelling: Spelling, block_bytes: int) -> LineReader:
    """Reads *content* as a file."""
    file = CountedFile(io.BytesIO(content), lambda _: None)
    return LineReader(file, spelling, "x", block_bytes=block_bytes)


Wanted = tuple[list[tuple[object, ...]], list[tuple[object, ...]], int]


def slowly_read(content: bytes, spelling: Spelling, dialect: Dialect) -> Wanted:
    """What a delimited file holds, line by line with the codec, split and the csv module."""
    lines = lines_of(content, spelling.line_end)
    codecs = [encoding_of(line, spelling.encoding) for line in lines]
    texts = [line.decode(codec, "replace") for line, codec in zip(lines, codecs, strict=True)]
    bad = [undecodable_bytes(line, codec) for line, codec in zip(lines, codecs, strict=True)]
    quoted = {}
    if dialect.quoting:
        marked = [at for at, text in enumerate(texts) if '"' in text]
        whole = QuotedLines(lines=texts, separator=dialect.separator, width=dialect.width)
        quoted = {record.first: record for record in whole.records(marked, final=True)[0]}
    rows: list[tuple[object, ...]] = []
    waiting: list[tuple[object, ...]] = []
    short = number = at = 0
    while at < len(lines):
        record, span = quoted.get(at), 1
        cells: tuple[str, ...] | Reason
        if record is not None:
            cells, span = record.cells, record.span
        elif not texts[at].strip(WHITE_SPACE) and dialect.separator not in texts[at]:
            at += 1
            continue
        else:
            cells = tuple(texts[at].split(dialect.separator))
            cells = cells if len(cells) <= dialect.width else Reason.TOO_MANY_FIELDS
        number += 1
        faults = sum(bad[at : at + span])
        offset = sum(map(len, lines[:at]))
        reason = Reason.UNDECODABLE_BYTES if faults else cells
        if isinstance(reason, Reason):
            waiting.append((number, offset, str(reason), faults))
        else:
            trimmed = [cell.strip(WHITE_SPACE) or None for cell in reason]
            short += len(trimmed) < dialect.width
            rows.append((number, offset, *trimmed, *[None] * (dialect.width - len(trimmed))))
        at += span
    return rows, waiting, short


@QUIET
@given(
    pieces=st.lists(
        st.one_of(
            st.sampled_from(
                (b",", b'"', b"\n", b"\r\n", b'""', b'","', b"\r", b"----", b"\t", b"--")
            ),
            st.sampled_from(
                (b" ", b"\x00", "　".encode(), b"\xc2\x85", b"\xff", "甲乙".encode(), b"abc")
            ),
            st.binary(max_size=3),
        ),
        max_size=60,
    ),
    separator=st.sampled_from((",", "\t", "----", ":")),
    width=st.integers(1, 4),
    line_end=st.sampled_from((10, 10, 13)),
    block_bytes=st.sampled_from((7, 16, 64, 1 << 20)),
    encoding=st.sampled_from((Encoding.UTF8, Encoding.GB18030)),
)
@example(
    pieces=[b'a,"b\n', b'c"\n', b'd,"e', b"\n" * 3, b'f",g\n', b'"'],
    separator=",",
    width=2,
    line_end=10,
    block_bytes=7,
    encoding=Encoding.UTF8,
)
@example(
    pieces=[b"\n", b'"', b",", b"\n"],
    separator=",",
    width=1,
    line_end=13,
    block_bytes=7,
    encoding=Encoding.UTF8,
)
def test_kernel_splits_as_the_csv_module(  # one argument per thing that varies
    *,
    pieces: list[bytes],
    separator: str,
    width: int,
    line_end: int,
    block_bytes: int,
    encoding: Encoding,
) -> None:
    """Rows, places, reasons and short rows are those of a slow reader, wherever blocks end."""
    content = b"".join(pieces)
    spelling = Spelling(encoding=encoding, mark_bytes=0, line_end=line_end)
    dialect = Dialect(separator=separator, width=width)
    reader = reader_of(content, spelling, block_bytes)
    assert read(DelimitedFile(reader, encoding, dialect, None)) == slowly_read(
        content, spelling, dialect
    )


JSON_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=True),
        st.text(max_size=8),
        st.sampled_from(("\ud83d", " 　x　 ", "\u0000", '"\\/\b\f\n\r\t', "𠮷")),
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=3,
)
JSON_LINES = st.one_of(
    st.tuples(
        st.dictionaries(st.sampled_from(("a", "姓名", 'k"\\', "é")), JSON_VALUES),
        st.booleans(),
        st.sampled_from(((",", ":"), (", ", ": "), (" ,\t", " :\t"))),
    ).map(lambda one: json.dumps(one[0], ensure_ascii=one[1], separators=one[2])),
    st.sampled_from(
        ("", " 　", "{}", "{ }", '{"a":1} x', '{"a":01}', '{"a":-}', '{"a":1.}', "[1]")
    ),
    st.sampled_from(('{"a":1,"a":2}', '{"a":"x","a":null}', '{"a":nul}', '{"a":1e5}', '{"a":+1}')),
    st.sampled_from(
        ('{"a":"\t"}', '{"a":"\\u00e9\\uD842\\uDFB7"}', '{"a":"\\uD842"}', '{"\\u0061":1}')
    ),
    st.sampled_from(
        ('{"a":"\\x"}', '{"a":"', '{"a"', '{"a":1,}', '{"a":Infinity}', '{"a":"\\u12"}')
    ),
    st.sampled_from(('{"a":true}', '{"a":false}', '{"a":falsey}', '{"a": 1 }', '{"a":1}{"a":2}')),
    st.text(max_size=10),
)


def slowly_judged(texts: list[str], keys: tuple[str, ...]) -> Iterator[tuple[object, ...] | None]:
    """What each line holds by Python's json module; None for a line that is no record."""
    for text in texts:
        line = text.strip(WHITE_SPACE)
        parsed = parse_line(line) if line else None
        if isinstance(parsed, dict):
            yield tuple((parsed.get(key) or "").strip(WHITE_SPACE) or None for key in keys)
        else:
            yield None if parsed is None else (parsed,)


@QUIET
@given(lines=st.lists(JSON_LINES, max_size=12), block_bytes=st.sampled_from((8, 64, 1 << 20)))
def test_kernel_reads_objects_as_the_json_module(lines: list[str], block_bytes: int) -> None:
    """Values, rows and reasons are those of Python's json module, line by line."""
    content = "".join(line.replace("\n", " ") + "\n" for line in lines).encode("utf-8", "replace")
    texts = [line.decode() for line in lines_of(content, 10)]
    keys = ("a", "姓名", 'k"\\', "é")
    spelling = Spelling(encoding=Encoding.UTF8, mark_bytes=0)
    others = {key for text in texts for key in _keys(text)} - set(keys)
    table = JsonLinesFile(
        reader_of(content, spelling, block_bytes), "utf-8", (*keys, *sorted(others))
    )
    rows, waiting, _ = read(table)
    judged = [one for one in slowly_judged(texts, (*keys, *sorted(others))) if one is not None]
    assert [(row[0], *row[2:]) for row in rows] == [
        (number, *one)
        for number, one in enumerate(judged, start=1)
        if not isinstance(one[0], Reason)
    ]
    assert [(row[0], row[2]) for row in waiting] == [
        (number, str(one[0]))
        for number, one in enumerate(judged, start=1)
        if isinstance(one[0], Reason)
    ]


def _keys(text: str) -> set[str]:
    parsed = parse_line(text.strip(WHITE_SPACE))
    return set(parsed) if isinstance(parsed, dict) else set()


@QUIET
@given(
    texts=st.lists(
        st.none() | st.text(st.sampled_from("a甲\u3000 \t\x85\xa0\u2009\u200b𠮷"), max_size=6)
    )
)
def test_texts_are_trimmed_of_unicode_white_space(texts: list[str | None]) -> None:
    """Trimming takes what Unicode calls white space, on both sides, and leaves null for nothing."""
    array = pl.Series(["x", *texts], dtype=pl.String).to_arrow(compat_level=pl.CompatLevel.oldest())
    assert trimmed_texts(array.slice(1)).to_pylist() == [
        (text or "").strip(WHITE_SPACE) or None for text in texts
    ]


@QUIET
@given(
    parts=st.lists(
        st.lists(
            st.none() | st.sampled_from([f"{n:x}" * (n % 20) for n in range(3000)]), max_size=900
        ),
        max_size=6,
    )
)
def test_seen_texts_are_those_of_a_set(parts: list[list[str | None]]) -> None:
    """A text was seen if it stood further up; what is forgotten was not seen."""
    seen = Seen()
    wanted: set[str | None] = set()
    for part in parts:
        before, known = set(wanted), seen.known
        for _ in range(2):  # the second time after having forgotten the first
            seen.forget(known)
            wanted = set(before)
            again = []
            for text in part:
                again.append(bool(text) and text in wanted)
                wanted |= {text} if text else set()
            assert seen.again(pa.array(part, pa.large_string())).tolist() == again
        assert seen.known == len(wanted)


def test_csv_module_and_kernel_agree_on_a_large_table(tmp_path: Path) -> None:
    """A table of every kind of cell comes back as the csv module reads it, over many blocks."""
    draw = np.random.default_rng(7)
    cells = ["", "x", "甲乙丙", 'a"b', "a,b", 'say ""hi""', " pad ", "line\nline", "0" * 40]
    table = [[cells[at] for at in row] for row in draw.integers(0, len(cells), (4000, 5))]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(table)
    path = tmp_path / "a.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    spelling = Spelling(encoding=Encoding.UTF8, mark_bytes=0)
    reader = reader_of(path.read_bytes(), spelling, 1 << 12)
    rows, waiting, _ = read(DelimitedFile(reader, "utf-8", Dialect(separator=",", width=5), None))
    assert not waiting
    wanted = [[cell.strip() or None for cell in row] for row in table]
    assert [list(row[2:]) for row in rows] == wanted


@pytest.mark.parametrize("form", ["SYN-IM-{:09d}", "{:d}", "user{:x}@example.invalid", "{:020d}"])
def test_numbered_ids_spread_over_the_table(form: str) -> None:
    """Ids that differ in their last letters fall on different places: no registry is slow."""
    places, beginnings = set(), set()
    for number in range(1 << 14):
        text = np.frombuffer(form.format(number).encode(), dtype=np.uint8)
        places.add(int(hash_of(text, 0, len(text))) >> 50)  # a table goes by the highest bits
        beginnings.add(int(hash_of(text, 0, len(text))) >> 32)
    assert len(places) > 0.6 * (1 << 14)  # 0.632 where places are drawn by lot
    assert len(beginnings) > 0.999 * (1 << 14)
