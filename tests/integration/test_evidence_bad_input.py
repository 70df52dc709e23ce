import io
import zipfile
from collections.abc import Callable

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from amends.evidence import service
from amends.evidence.intake import intake
from amends.evidence.model import Reason
from amends.evidence.readers.text import LONGEST_LINE_BYTES
from amends.kernel.errors import InputFileError
from amends.linkage.determine import determine
from amends.linkage.service import export_affected, export_matches
from amends.vault.opened import OpenCase
from made_cases import MINIMAL_CASE, OpenedCase

REGISTRY = "account_id,name,phone\n" + "".join(f"im{n},person{n},138{n:08d}\n" for n in range(40))
COPIES = 200_000


def case_with(opened_case: OpenedCase, content: bytes, name: str = "dump.csv") -> OpenCase:
    """A case with a good registry and that leaked file."""
    path = f"evidence/{name}"
    return opened_case(
        MINIMAL_CASE.replace("evidence/dump.csv", path),
        {"registries/im.csv": REGISTRY.encode(), path: content},
    )


def cut_parquet() -> bytes:
    """A Parquet file without its end."""
    sink = io.BytesIO()
    pq.write_table(pa.table({"phone": [f"138{n:08d}" for n in range(999)]}), sink)
    return sink.getvalue()[:-400]


def bomb() -> bytes:
    """A zip of 300 kB that unfolds into 300 MB."""
    sink = io.BytesIO()
    with (
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("dump.csv", "w", force_zip64=True) as member,
    ):
        member.write(b"phone\n")
        for _ in range(300):
            member.write(b"1" * 1_000_000)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("dump.csv", bytes, "is empty: get it again, or take it out"),
        ("dump.csv", lambda: b"\0" * 9000, "is empty: get it again, or take it out"),
        ("dump.csv", lambda: b"name,phone\n", "has no rows: get it again, or take it out"),
        ("dump.parquet", cut_parquet, "its ending says Parquet, but .*export the table again"),
        ("dump.zip", bomb, "unpack"),
        (
            "dump.csv",
            lambda: b"name,phone\nx,1\n" + b"y" * (LONGEST_LINE_BYTES + 20_000_000),
            r"a line of more than \d+ MiB begins at byte 15; .*: take it out of case.toml, or",
        ),
    ],
    ids=["empty", "zeros", "header alone", "cut Parquet", "zip bomb", "gigantic line"],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(
    opened_case: OpenedCase, name: str, content: Callable[[], bytes], says: str
) -> None:
    """The refusal says which file, where in it, why, and what to do; nothing of it stays."""
    opened = case_with(opened_case, content(), name)
    with pytest.raises(InputFileError, match=rf"^evidence/{name}\S*: .*{says}"):
        intake(opened)
    assert not [path for path in opened.case.evidence_room.rglob("*") if path.is_file()]


def leaked(opened: OpenCase, *fields: str) -> pl.DataFrame:
    """Row numbers and fields of what was kept."""
    return service.read_leaked(opened, fields).select("row", *fields)


def test_one_column_is_a_table(opened_case: OpenedCase) -> None:
    """A list of numbers without header is a table of one column; its rows find their people."""
    content = "".join(f"138{n:08d}\n" for n in range(30)).encode()
    opened = case_with(opened_case, content, "list.txt")
    intake(opened)
    assert leaked(opened, "phone").height == 30
    determine(opened)
    assert pl.DataFrame(export_affected(opened)).height == 30


def test_header_in_the_middle_is_no_row(opened_case: OpenedCase) -> None:
    """A header under rows names the columns of those above it too, and is no record itself."""
    rows = [f"person{n},138{n:08d}\n" for n in range(20)]
    content = "".join([*rows[:9], "name,phone\n", *rows[9:]]).encode()
    opened = case_with(opened_case, content)
    intake(opened)
    table = leaked(opened, "name", "phone")
    waiting = service.quarantined(opened).height
    assert table.height + waiting == 20
    assert table.height == 20
    assert "name" not in table["name"].to_list()


def test_nul_bytes_stop_nothing(opened_case: OpenedCase) -> None:
    """Rows and headers with NULs are read, the rows around them as well, and the case goes on."""
    rows = b"".join(b"person%d,138%08d\n" % (n, n) for n in range(30))
    content = b"na\0me,phone\n" + rows + b"per\0son,13\0\n\0\0\0\n" + rows
    opened = case_with(opened_case, content)
    intake(opened)
    table = leaked(opened, "phone")
    assert table.height + service.quarantined(opened).height in {61, 62}
    assert table["phone"].is_in([f"138{n:08d}" for n in range(30)]).sum() == 60
    determine(opened)
    assert pl.DataFrame(export_affected(opened)).height == 30


def test_strangers_alone_affect_nobody(opened_case: OpenedCase) -> None:
    """Another company's registry is taken in, each row has its outcome, and nobody is affected."""
    content = "account_id,name,phone\n" + "".join(
        f"other{n},stranger{n},139{n:08d}\n" for n in range(300)
    )
    opened = case_with(opened_case, content.encode())
    intake(opened)
    determine(opened)
    matches = pl.DataFrame(export_matches(opened))
    assert matches.height == 300
    assert "matched" not in matches["outcome"].to_list()
    assert pl.DataFrame(export_affected(opened)).is_empty()


def test_many_identical_rows_are_counted_and_read_in_parts(opened_case: OpenedCase) -> None:
    """Copies of one row are each a record of one person; reading holds a bounded part of them."""
    opened = case_with(opened_case, b"name,phone\n" + b"person7,13800000007\n" * COPIES)
    summary = intake(opened)
    assert summary.counts["leaked_rows"] == COPIES
    parts = [part.height for part in service.leaked_in_parts(opened, ["phone"])]
    assert sum(parts) == COPIES
    assert max(parts) <= 131_072
    determine(opened)
    affected = pl.DataFrame(export_affected(opened))
    assert affected["rows"].to_list() == [COPIES]


def test_account_id_of_two_registries_is_two_accounts(opened_case: OpenedCase) -> None:
    """An id that two products use is an account of each; twice in one product, it waits."""
    second = '\n[[registry]]\nproduct = "chat"\npath = "registries/chat.csv"\n'
    opened = opened_case(
        MINIMAL_CASE + second,
        {
            "registries/im.csv": b"account_id,phone\na1,13800000001\na1,13800000002\n",
            "registries/chat.csv": b"account_id,phone\na1,13900000009\n",
            "evidence/dump.csv": b"phone\n13800000001\n13900000009\n",
        },
    )
    intake(opened)
    accounts = service.read_accounts(opened, ["phone"]).select("product", "account_id", "phone")
    assert sorted(accounts.rows()) == [("chat", "a1", "13900000009"), ("im", "a1", "13800000001")]
    determine(opened)
    assert pl.DataFrame(export_affected(opened)).height == 2
    with opened.database.reading() as connection:
        waiting = connection.execute("SELECT row_no, reason FROM evidence.quarantine").fetchall()
    assert waiting == [(2, Reason.DUPLICATE_ACCOUNT_ID)]
