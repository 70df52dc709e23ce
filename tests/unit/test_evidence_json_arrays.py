import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amends.evidence.model import FileFormat, Reason
from amends.evidence.readers.jsonarray import looks_like_array
from amends.evidence.readers.members import Member, members
from amends.evidence.readers.opening import open_content, open_member
from amends.evidence.readers.table import QUARANTINE
from amends.vault.sealed import Spool

PEOPLE = [
    {"name": "张三", "phone": 13800009999, "at": {"city": "甲", "tags": ["a", 1.50], "no": {}}},
    {"name": '引"号\\', "phone": None, "late": True},
]


def read(tmp_path: Path, content: bytes, name: str = "a.json") -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows under their keys, and quarantine."""
    (tmp_path / name).write_bytes(content)
    found = members(open_content(tmp_path / name, name), lambda: Spool(tmp_path))
    member = next(found)
    assert isinstance(member, Member)
    assert member.name == name
    with open_member(member, [], lambda _: None, all_keys=True) as opened:
        assert opened.table.format is FileFormat.JSON_ARRAY
        headers = [str(header) for header in opened.table.headers]
        batches = list(opened.table.batches())
    rows = pl.concat([pl.DataFrame(batch.rows) for batch in batches])
    rows.columns = ["row", "byte_offset", *headers]
    waiting = [batch.quarantined for batch in batches]
    return rows, pl.concat([pl.DataFrame(schema=QUARANTINE), *waiting])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("shape", ["array", "wrapped", "one by one"])
def test_objects_of_an_array_are_records(
    tmp_path: Path, shape: str, indent: int | None, encoding: str
) -> None:
    """Objects in an array, inside an object or over lines are records; inner ones give a.b."""
    texts = [json.dumps(one, ensure_ascii=False, indent=indent) for one in PEOPLE]
    content = {
        "array": f"[{', '.join(texts)}]",
        "wrapped": f'{{"code": 0, "RECORDS": [{",".join(texts)}\n], "end": "]"}}',
        "one by one": "\n".join(json.dumps(one, ensure_ascii=False, indent=1) for one in PEOPLE),
    }[shape]
    rows, quarantined = read(tmp_path, content.encode(encoding))
    assert quarantined.is_empty()
    assert rows.drop("byte_offset").to_dicts() == [
        {
            "row": 1,
            "name": "张三",
            "phone": "13800009999",
            "at.city": "甲",
            "at.tags": '["a",1.5]',
            "at.no": "{}",
            "late": None,
        },
        {
            "row": 2,
            "name": '引"号\\',
            "phone": None,
            "at.city": None,
            "at.tags": None,
            "at.no": None,
            "late": "true",
        },
    ]


def test_what_is_no_object_waits(tmp_path: Path) -> None:
    """Other values in the array, bad bytes, and an object cut off by the end, wait and count."""
    content = b'[{"a":"1"},2,"x",{"a":"\xff"},{"a":"3"},[4],{"a":"5'
    rows, quarantined = read(tmp_path, content)
    assert rows.select("row", "a").rows() == [(1, "1"), (5, "3")]
    assert quarantined.select("row", "byte_offset", "reason", "undecodable_bytes").rows() == [
        (2, 11, Reason.NOT_AN_OBJECT, 0),
        (3, 13, Reason.NOT_AN_OBJECT, 0),
        (4, 17, Reason.UNDECODABLE_BYTES, 1),
        (6, 37, Reason.NOT_AN_OBJECT, 0),
        (7, 41, Reason.NOT_JSON, 0),
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    objects=st.lists(
        st.fixed_dictionaries({"a": st.text(), "b": st.text() | st.integers() | st.none()}),
        min_size=1,
        max_size=8,
    ),
    indent=st.sampled_from((None, 1)),
)
def test_any_array_reads_back(
    tmp_path: Path, objects: list[dict[str, object]], indent: int | None
) -> None:
    """Any array of objects has as many records as objects, each with its values."""
    rows, quarantined = read(tmp_path, json.dumps(objects, indent=indent).encode())
    assert sorted([*rows["row"], *quarantined["row"]]) == list(range(1, len(objects) + 1))
    assert set(quarantined["reason"]) <= {Reason.UNDECODABLE_BYTES}
    values = rows.select("row", pl.col("b") if "b" in rows.columns else pl.lit(None)).rows()
    for row, value in values:
        meant = objects[row - 1]["b"]
        assert not isinstance(meant, int) or value == str(meant)


@pytest.mark.parametrize(
    ("text", "is_array"),
    [
        ('[\n {"a": 1}]', True),
        ('{"data": [{"a": 1}]}', True),
        ('{"n": 1, "tags": [{"a": 1}]}\n{"n": 2, "tags": []}\n', False),
        ('{"a": 1}\n{"a": 2}\n', False),
        ("[1, 2]", False),
        ('{\n  "a": 1\n}', True),
    ],
)
def test_array_is_told_from_lines(text: str, *, is_array: bool) -> None:
    """JSON lines stay lines, also if their objects hold arrays."""
    assert looks_like_array(text) is is_array
