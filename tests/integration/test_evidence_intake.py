import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from amends.evidence import service, store
from amends.evidence.columns import column_reports
from amends.evidence.intake import intake
from amends.evidence.model import How, Reason
from amends.kernel.errors import AmendsError, InputFileError, StageOrderError
from amends.vault.model import EvidenceDestroyedError
from amends.vault.opened import OpenCase, open_case
from made_cases import MINIMAL_CASE, CaseDirectory, OpenedCase
from planted import PEOPLE, PLANTED, assert_no_planted

HISTORICAL = Path(__file__).parents[1] / "cases" / "historical"
CASE = (
    MINIMAL_CASE
    + """
[[registry]]
product = "chat"
path = "registries/chat.parquet"

[[evidence]]
path = "evidence/dump.txt"
columns = { 3 = "pwd" }
tranche = 2
received_at = 2026-11-20T10:15:00+08:00

[[evidence]]
path = "evidence/orders.jsonl"

[[people]]
kind = "death"
path = "people/deaths.csv"
"""
)
ONE, TWO, THREE, FOUR = PEOPLE


def parquet(columns: Mapping[str, list[str | None]]) -> bytes:
    """A Parquet table in memory."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(dict(columns)), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def files() -> dict[str, bytes]:
    """Registries, leaked files and deaths with planted people and some damage."""
    return {
        "registries/im.csv": (
            "account_id,真实姓名,手机号\n"
            f"im1,{ONE.name},{ONE.phone}\n"
            f"im2,{TWO.name},{TWO.phone}\n"
            f"im1,{THREE.name},{THREE.phone}\n"
            f",{FOUR.name},{FOUR.phone}\n"
        ).encode(),
        "registries/chat.parquet": parquet(
            {"uid": ["c1", "c2"], "name": [THREE.name, None], "idno": [THREE.idno, FOUR.idno]}
        ),
        "evidence/dump.csv": (
            f"姓名,手机号,地址\n{ONE.name},{ONE.phone},{ONE.address}\n"
            f"{TWO.name},{TWO.phone},{TWO.address},more\n\n{THREE.name},,\n"
        ).encode("gb18030"),
        "evidence/dump.txt": (
            f"{ONE.name}----{ONE.phone}----secret\n{TWO.name}----{TWO.phone}----\n"
        ).encode(),
        "evidence/orders.jsonl": (
            f'{{"email": "{ONE.email}", "uid": "im1"}}\nnot json\n{{"email": "{TWO.email}"}}\n'
        ).encode("utf-8-sig"),
        "people/deaths.csv": (
            f"product,account_id,idno,died_on\nim,im2,,2025-01-02\n,,{THREE.idno},\n,im1,,\n"
        ).encode(),
    }


def fields_of(opened: OpenCase) -> dict[str, list[str]]:
    """Path → fields of its columns, as the database has them."""
    with opened.database.reading() as connection:
        return {
            file.custody.path: [decision.field for decision in file.custody.columns]
            for file in store.newest_files(connection)
        }


def stored(opened: OpenCase) -> dict[Path, int]:
    """Every file of the evidence room and when it was written."""
    return {
        path: path.stat().st_mtime_ns
        for path in opened.case.evidence_room.rglob("*")
        if path.is_file()
    }


def test_intake_counts_every_record_once(opened_case: OpenedCase) -> None:
    """Accounts, leaked rows, people rows and quarantined rows sum to the records of all files."""
    opened = opened_case(CASE, files())
    summary = intake(opened)
    counts = summary.counts
    assert counts["files"] == 6
    assert (counts["accounts"], counts["leaked_rows"], counts["people_rows"]) == (4, 6, 2)
    assert counts["quarantined"] == 5
    assert counts["records"] == 4 + 6 + 2 + 5
    assert "registries/im.csv: 2 of 4 rows are in quarantine" in summary.notes[0]
    assert service.quarantined(opened).rows() == [
        ("evidence/dump.csv", 2, Reason.TOO_MANY_FIELDS),
        ("evidence/orders.jsonl", 2, Reason.NOT_JSON),
    ]
    with opened.database.reading() as connection:
        assert store.reasons(connection)[:2] == [
            ("registries/im.csv", Reason.DUPLICATE_ACCOUNT_ID, 1),
            ("registries/im.csv", Reason.MISSING_ACCOUNT_ID, 1),
        ]


def test_accounts_come_back_with_the_fields_asked_for(opened_case: OpenedCase) -> None:
    """Accounts are numbered over all registries; a field that a registry lacks is null."""
    opened = opened_case(CASE, files())
    intake(opened)
    accounts = service.read_accounts(opened, ["name", "idno", "email"])
    assert accounts.columns == ["account", "product", "account_id", "name", "idno", "email"]
    assert accounts.rows() == [
        (0, "im", "im1", ONE.name, None, None),
        (1, "im", "im2", TWO.name, None, None),
        (2, "chat", "c1", THREE.name, THREE.idno, None),
        (3, "chat", "c2", None, FOUR.idno, None),
    ]
    assert accounts.sort("product")["product"].to_list() == ["chat", "chat", "im", "im"]


def test_leaked_rows_come_back_with_file_and_row(opened_case: OpenedCase) -> None:
    """Records are numbered over all files; rows keep the number that they have in their file."""
    opened = opened_case(CASE, files())
    intake(opened)
    leaked = service.read_leaked(opened, ["phone", "account_id"])
    assert leaked.columns == ["record", "evidence", "row", "tranche", "phone", "account_id"]
    assert leaked.select("record", "evidence", "row", "tranche").rows() == [
        (0, "evidence/dump.csv", 1, 1),
        (1, "evidence/dump.csv", 3, 1),
        (2, "evidence/dump.txt", 1, 2),
        (3, "evidence/dump.txt", 2, 2),
        (4, "evidence/orders.jsonl", 1, 1),
        (5, "evidence/orders.jsonl", 3, 1),
    ]
    assert leaked["account_id"].to_list() == [None, None, None, None, "im1", None]


def test_categories_are_what_a_record_has(opened_case: OpenedCase) -> None:
    """A record's mask names the categories that it has a value of, and never the account id."""
    opened = opened_case(CASE, files())
    intake(opened)
    codes, masks = service.leaked_categories(opened)
    named = [{code for bit, code in enumerate(codes) if mask >> bit & 1} for mask in masks]
    assert named == [
        {"NAME", "PHONE", "ADDRESS"},
        {"NAME"},
        {"NAME", "PHONE", "PWD"},
        {"NAME", "PHONE"},
        {"EMAIL"},
        {"EMAIL"},
    ]
    assert len(masks) == 6


def test_people_files_come_back_by_kind(opened_case: OpenedCase) -> None:
    """Deaths come back with their fields; a kind without a file is None."""
    opened = opened_case(CASE, files())
    intake(opened)
    deaths = service.read_people(opened, "death")
    assert deaths is not None
    assert deaths.select("row", "product", "account_id", "idno", "died_on").rows() == [
        (1, "im", "im2", None, "2025-01-02"),
        (2, None, None, THREE.idno, None),
    ]
    assert service.read_people(opened, "guardianship") is None


def test_custody_records_what_came_in(opened_case: OpenedCase) -> None:
    """Digest, size, encoding, tranche and time of receipt of a file stand in its custody entry."""
    opened = opened_case(CASE, files())
    intake(opened)
    with opened.database.reading() as connection:
        rows = connection.execute(
            """
            SELECT path, role, encoding, format, size_bytes, tranche, received_at
            FROM evidence.file
            WHERE path LIKE 'evidence/dump%%'
            ORDER BY file_no
            """,
            {},
        ).fetchall()
    received = datetime(2026, 11, 20, 2, 15, tzinfo=UTC)
    assert [row[:4] for row in rows] == [
        ("evidence/dump.csv", "evidence", "gb18030", "delimited"),
        ("evidence/dump.txt", "evidence", "utf-8", "delimited"),
    ]
    assert rows[1][5:] == (2, received)
    assert rows[0][4] == len(files()["evidence/dump.csv"])


def test_second_intake_changes_nothing(opened_case: OpenedCase) -> None:
    """Taking the same files in again reads none of them, writes nothing and says the same."""
    opened = opened_case(CASE, files())
    first = intake(opened)
    before, digest = stored(opened), service.input_digest(opened)
    assert intake(opened) == first
    assert stored(opened) == before
    assert service.input_digest(opened) == digest
    with opened.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM evidence.intake").fetchone() == (1,)


def test_changed_file_is_read_again(opened_case: OpenedCase) -> None:
    """Only a changed file is read again; its old custody entry stays, its old rows do not count."""
    opened = opened_case(CASE, files())
    intake(opened)
    before, digest = stored(opened), service.input_digest(opened)
    (opened.case.root / "evidence/orders.jsonl").write_text('{"email": "new@x.cn"}\n')
    assert intake(opened).counts["leaked_rows"] == 5
    assert service.input_digest(opened) != digest
    assert len(stored(opened).items() - before.items()) == 2  # the rows and the sealed copy
    assert len(stored(opened)) == 13  # the old sealed copy stays
    with opened.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM evidence.custody").fetchone() == (7,)


def test_changed_columns_are_read_again(case_directory: CaseDirectory) -> None:
    """Another word for a column in case.toml reads the file again under that word."""
    root = case_directory(CASE, files())
    with open_case(root) as opened:
        intake(opened)
        digest = service.input_digest(opened)
    (root / "case.toml").write_text(CASE.replace('3 = "pwd"', '3 = "secqa"'))
    with open_case(root) as opened:
        intake(opened)
        assert service.input_digest(opened) != digest
        assert fields_of(opened)["evidence/dump.txt"] == ["name", "phone", "secqa"]


def test_key_of_a_late_object_is_a_field(opened_case: OpenedCase) -> None:
    """A key that only the last object of a large file has comes back as a field, with its value."""
    line = json.dumps({"name": "x" * 1000})
    late = f"{line}\n" * 9000 + '{"name": "y", "loyalty": "gold"}\n'
    opened = opened_case(CASE, {**files(), "evidence/orders.jsonl": late.encode()})
    intake(opened)
    leaked = service.read_leaked(opened, ["loyalty"])
    assert leaked.filter(leaked["loyalty"] == "gold")["row"].to_list() == [9001]
    assert len(stored(opened)) == 12


def test_people_file_may_have_no_rows(opened_case: OpenedCase) -> None:
    """That nobody has died is an answer: a people file may hold its header alone."""
    content = {**files(), "people/deaths.csv": b"product,account_id,died_on\n"}
    opened = opened_case(CASE, content)
    intake(opened)
    deaths = service.read_people(opened, "death")
    assert deaths is not None
    assert deaths.columns == ["path", "row", "product", "account_id", "died_on"]
    assert deaths.is_empty()


def break_rows(root: Path) -> None:
    """A registry with a header and nothing below it."""
    (root / "registries/im.csv").write_text("account_id,name\n")


def remove_deaths(root: Path) -> None:
    """Remove a file that comes last."""
    (root / "people/deaths.csv").unlink()


def break_registry(root: Path) -> None:
    """A registry without account ids."""
    (root / "registries/im.csv").write_text("name,phone\nx,1\n")


def break_evidence(root: Path) -> None:
    """A file that is not what its ending says."""
    (root / "evidence/orders.jsonl").write_bytes(b"PK\x03\x04 and so on")


def break_encoding(root: Path) -> None:
    """A file in no encoding that is read."""
    (root / "evidence/dump.csv").write_bytes(b"name,phone\n" + b"\xff\xfe\x80,\xff\n" * 30)


def break_people(root: Path) -> None:
    """A people file whose rows name nobody."""
    (root / "people/deaths.csv").write_text("died_on\n2025-01-01\n")


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (break_rows, r"^registries/im.csv: has no rows"),
        (remove_deaths, r"^people/deaths.csv: there is no such file"),
        (break_registry, r"^registries/im.csv: no column is the account id"),
        (break_evidence, r"^evidence/orders.jsonl: is not what its ending says"),
        (break_encoding, r"^evidence/dump.csv: its encoding is not understood: 30 of 30 rows"),
        (break_people, r"^people/deaths.csv: its rows name nobody"),
    ],
)
def test_refusal_leaves_nothing_half_done(
    opened_case: OpenedCase, break_it: Callable[[Path], None], says: str
) -> None:
    """One bad file refuses all, with its name; no file and no row of the attempt remains."""
    opened = opened_case(CASE, files())
    break_it(opened.case.root)
    with pytest.raises(InputFileError, match=says):
        intake(opened)
    assert stored(opened) == {}
    with opened.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM evidence.custody").fetchone() == (0,)
    with pytest.raises(StageOrderError, match="amends intake"):
        service.read_accounts(opened, [])


def test_refusal_keeps_the_intake_before_it(opened_case: OpenedCase) -> None:
    """After a refused second intake, everything reads as after the first."""
    opened = opened_case(CASE, files())
    intake(opened)
    before = stored(opened)
    (opened.case.root / "registries/im.csv").write_text("account_id,name\nim9,x\n")
    break_evidence(opened.case.root)
    with pytest.raises(InputFileError):
        intake(opened)
    assert stored(opened) == before
    assert len(service.read_accounts(opened, [])) == 4


def test_refusals_repeat_no_value(opened_case: OpenedCase) -> None:
    """A refusal quotes nothing from the file that it refuses."""
    opened = opened_case(CASE, files())
    (opened.case.root / "registries/im.csv").write_text(f"{ONE.name},{ONE.phone}\nx,1\n")
    with pytest.raises(AmendsError) as refusal:
        intake(opened)
    assert ONE.name not in str(refusal.value)
    assert ONE.phone not in str(refusal.value)


def test_no_leaked_value_lies_in_clear(opened_case: OpenedCase) -> None:
    """Neither the evidence room nor the database's evidence schema holds a person's value."""
    opened = opened_case(CASE, files())
    intake(opened)
    assert_no_planted(opened.case.workspace)
    with opened.database.reading() as connection:
        rows = connection.execute(
            """
            SELECT custody::text FROM evidence.custody AS custody
            UNION ALL SELECT waiting::text FROM evidence.quarantined_row AS waiting
            UNION ALL SELECT held::text FROM evidence.intake_file AS held
            UNION ALL SELECT original::text FROM evidence.original AS original
            UNION ALL SELECT member::text FROM evidence.unread_member AS member
            """
        )
        text = " ".join(str(row[0]) for row in rows)
    assert "orders.jsonl" in text
    assert not [value for value in PLANTED if value in text]


def test_destroyed_evidence_cannot_be_read(opened_case: OpenedCase) -> None:
    """After destruction nothing is left to read, reading and intake refuse, and it is audited."""
    opened = opened_case(CASE, files())
    intake(opened)
    summary = service.destroy(opened)
    assert summary.counts == {"files_removed": 12}
    assert any("originals" in note for note in summary.notes)
    assert stored(opened) == {}
    with pytest.raises(EvidenceDestroyedError):
        service.read_leaked(opened, ["phone"])
    with pytest.raises(EvidenceDestroyedError):
        intake(opened)
    with opened.database.reading() as connection:
        row = connection.execute(
            "SELECT count(*) FROM governance.audit WHERE action = 'evidence.destroyed'"
        ).fetchone()
    assert row == (1,)


def test_stray_files_of_a_killed_intake_are_removed(opened_case: OpenedCase) -> None:
    """What a killed intake left in the room is gone after the next one."""
    opened = opened_case(CASE, files())
    stray = opened.case.evidence_room / "leaked" / ".007-abc.parquet.0011"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"half")
    intake(opened)
    assert not stray.exists()


def test_historical_case_is_told_without_help(case_directory: CaseDirectory) -> None:
    """In the practice case every column of every file is told, most by header or shared values."""
    content = {
        path.relative_to(HISTORICAL).as_posix(): path.read_bytes()
        for path in HISTORICAL.glob("*/*")
    }
    root = case_directory((HISTORICAL / "case.toml").read_text(encoding="utf-8"), content)
    wanted = {"name", "birth", "birth_place", "postcode", "gender", "occupation"}
    with open_case(root) as opened:
        summary = intake(opened)
        fields = fields_of(opened)
    assert (summary.counts["accounts"], summary.counts["leaked_rows"]) == (5570, 4681)
    assert set(fields["evidence/archive-members.csv"]) == wanted
    assert set(fields["evidence/museum-visitors.jsonl"]) == wanted
    assert fields["evidence/press-subscribers.txt"] == ["name", "postcode", "birth", "birth_place"]


def test_headers_that_say_nothing_are_told_by_shared_values(case_directory: CaseDirectory) -> None:
    """Without help from case.toml, under headers of no list, registry values tell the columns."""
    content = {
        path.relative_to(HISTORICAL).as_posix(): path.read_bytes()
        for path in HISTORICAL.glob("*/*")
    }
    leaked = content["evidence/archive-members.csv"].decode("utf-8-sig").partition("\n")[2]
    content["evidence/archive-members.csv"] = f"Sitter,When,Locale,C,X,Craft\n{leaked}".encode()
    case = (HISTORICAL / "case.toml").read_text(encoding="utf-8")
    case = "\n".join(line for line in case.splitlines() if not line.startswith("columns"))
    with open_case(case_directory(case, content)) as opened:
        intake(opened)
        fields = fields_of(opened)
    told = ["name", "birth", "birth_place", "postcode", "gender", "occupation"]
    assert fields["evidence/archive-members.csv"] == told
    assert fields["evidence/press-subscribers.txt"] == ["name", "postcode", "birth", "birth_place"]


class Heard:
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.total: int | None = 0
        self.done = 0

    def start(self, label: str, total: int | None = None) -> None:
        """Remember the total."""
        assert label == "intake"
        self.total = total

    def advance(self, units: int = 1) -> None:
        """Add up."""
        self.done += units

    def tell(self, message: str) -> None:
        """Nothing has to be told."""
        raise AssertionError(message)


def test_progress_counts_the_bytes_of_all_files(case_directory: CaseDirectory) -> None:
    """Progress ends where the sizes of all files sum to, at first and when nothing is new."""
    root = case_directory(CASE, files())
    sizes = sum(len(content) for content in files().values())
    for _ in range(2):
        heard = Heard()
        with open_case(root, progress=heard) as opened:
            intake(opened)
        assert (heard.total, heard.done) == (sizes, sizes)


def test_columns_are_shown_with_masked_samples(opened_case: OpenedCase) -> None:
    """Every column of every file has a field, a reason and samples that show no value."""
    opened = opened_case(CASE, files())
    intake(opened)
    reports = column_reports(opened)
    told = {(one.path, one.decision.field): one for one in reports}
    phone = told["evidence/dump.csv", "phone"]
    assert phone.category == "PHONE"
    assert phone.decision.how is How.HEADER
    assert phone.filled == pytest.approx(2 / 3, abs=0.2)
    assert phone.samples == ("1##########",)
    assert told["registries/im.csv", "account_id"].category is None
    assert told["evidence/dump.txt", "pwd"].decision.rule == "override"
    assert [text for text in PLANTED if text in str(reports)] == []


def test_placeholders_leak_nothing_from_end_to_end(opened_case: OpenedCase) -> None:
    """A row of placeholders has no category, and the second column of a kind has the kind's."""
    leaked = (
        "姓名,手机号,备用手机,邮箱\n"
        f"{ONE.name},null,{ONE.phone},N/A\n"
        f"无,00000000,-,\\N\n"
        f"{TWO.name},{TWO.phone},{TWO.phone},{TWO.email}\n"
    )
    opened = opened_case(CASE, files() | {"evidence/dump.csv": leaked.encode()})
    intake(opened)
    codes, masks = service.leaked_categories(opened)
    named = [{code for bit, code in enumerate(codes) if mask >> bit & 1} for mask in masks]
    assert named[:3] == [{"NAME", "PHONE"}, set(), {"NAME", "PHONE", "EMAIL"}]


def test_more_categories_than_bits_are_other(opened_case: OpenedCase) -> None:
    """Of a hundred columns of their own the last share a bit; known categories keep theirs."""
    headers = ["姓名", *(f"own{number:03d}x" for number in range(100))]
    rows = [",".join([ONE.name, *("v" for _ in range(100))]), ",".join([TWO.name, *[""] * 100])]
    leaked = "\n".join([",".join(headers), *rows, ""])
    opened = opened_case(CASE, files() | {"evidence/dump.csv": leaked.encode()})
    intake(opened)
    codes, masks = service.leaked_categories(opened)
    assert len(codes) == 63
    assert codes[-1] == "OTHER"
    named = [{code for bit, code in enumerate(codes) if mask >> bit & 1} for mask in masks]
    assert "OTHER" in named[0]
    assert named[1] == {"NAME"}
