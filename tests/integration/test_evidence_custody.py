import hashlib
from pathlib import Path

import pytest

from amends.evidence import inspection, service
from amends.evidence.intake import intake
from amends.evidence.model import CustodyError
from amends.kernel.errors import StageOrderError
from amends.vault.opened import OpenCase, open_case
from made_cases import MINIMAL_CASE, CaseDirectory
from made_files import zipped
from planted import PEOPLE, PLANTED

ONE, TWO, *_ = PEOPLE
CASE = MINIMAL_CASE.replace(
    'path = "evidence/dump.csv"',
    'path = "evidence/dump.zip"\nsource = "police <cyber unit>, USB | stick 7"\n'
    "received_at = 2026-11-20T10:15:00+08:00",
)
FILES = {
    "registries/im.csv": f"account_id,姓名,手机号\nim1,{ONE.name},{ONE.phone}\n".encode(),
    "evidence/dump.zip": zipped(
        {"a.csv": f"姓名,手机号\n{TWO.name},{TWO.phone}\nx,1,2\n".encode(), "b.png": b"\x89PNG"}
    ),
}


@pytest.fixture
def root(case_directory: CaseDirectory) -> Path:
    """A case whose files were taken in by somebody with a name."""
    root = case_directory(CASE, FILES)
    with open_case(root, by="li.lei") as opened:
        intake(opened)
    return root


def sealed(opened: OpenCase) -> dict[str, Path]:
    """Path in case.toml → its sealed copy."""
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT path, sealed_as FROM evidence.original ORDER BY original_no"
        ).fetchall()
    return {str(path): opened.case.evidence_room / str(name) for path, name in rows}


def test_sealed_copy_is_the_file_as_it_came(root: Path) -> None:
    """The sealed copy of each file opens as its bytes."""
    with open_case(root) as opened:
        for path, copy in sealed(opened).items():
            with opened.vault.read_sealed(copy) as file:
                assert file.read() == FILES[path]


def test_report_says_who_what_when_and_where_from(root: Path) -> None:
    """The report has digest, size, receipt, source, taker, tables and what was done since."""
    with open_case(root, by="han.meimei") as opened:
        inspection.verify(opened)
        text = inspection.custody_report(opened)
    for path, content in FILES.items():
        assert path in text
        assert hashlib.sha256(content).hexdigest() in text
    assert "2026-11-20 02:15:00+00:00" in text
    assert "police &lt;cyber unit>, USB \\| stick 7" in text
    assert text.count(", li.lei") == 2
    assert "| evidence/dump.zip!a.csv | delimited | utf-8 | 2 | 1 | 1 |" in text
    assert "evidence/dump.zip!b.png (not_a_table, 4 bytes" in text
    assert text.count("摘要一致") == 2
    assert "| han.meimei | evidence.verified |" in text
    assert "| li.lei | evidence.taken |" in text
    assert "完整 whole" in text
    assert not [value for value in PLANTED if value in text]


def test_changed_copy_is_found(root: Path) -> None:
    """A sealed copy that was changed or removed is named; the report says so too."""
    with open_case(root) as opened:
        assert inspection.verify(opened).counts["whole"] == 2
        copy = sealed(opened)["evidence/dump.zip"]
        content = copy.read_bytes()
        copy.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(CustodyError, match=r"evidence/dump\.zip are not what was taken in"):
            inspection.verify(opened)
        copy.unlink()
        with pytest.raises(CustodyError, match=r"evidence/dump\.zip"):
            inspection.verify(opened)
        assert "BROKEN OR MISSING" in inspection.custody_report(opened)


def test_superseded_original_stays_in_custody(root: Path) -> None:
    """A file that was replaced keeps its sealed copy and its place in the report."""
    (root / "registries/im.csv").write_bytes(b"account_id,name\nim2,x\n")
    with open_case(root) as opened:
        intake(opened)
        assert inspection.verify(opened).counts["whole"] == 3 + 1  # the leak is read anew with it
        text = inspection.custody_report(opened)
    assert text.count("superseded") == 2
    assert hashlib.sha256(FILES["registries/im.csv"]).hexdigest() in text


def test_destroyed_evidence_is_reported_as_that(root: Path) -> None:
    """After destruction the report still tells the whole chain, and how it ended."""
    with open_case(root, by="li.lei") as opened:
        service.destroy(opened)
        text = inspection.custody_report(opened)
    assert text.count("destroyed with the evidence room") == 2
    assert "| li.lei | evidence.destroyed |" in text


def test_copies_can_be_left_out(case_directory: CaseDirectory) -> None:
    """With sealed_copies = false no copy is kept, and report and verification say so."""
    setting = '\n[custody]\nsealed_copies = false\ntaken_by = "wang.wu"\n'
    with open_case(case_directory(CASE + setting, FILES)) as opened:
        intake(opened)
        assert inspection.verify(opened).counts["without_copy"] == 2
        assert not list(opened.case.evidence_room.rglob("*.sealed"))
        assert inspection.custody_report(opened).count(", wang.wu") == 3


def test_nothing_taken_is_nothing_to_report(case_directory: CaseDirectory) -> None:
    """Before the first intake there is no chain to report or verify."""
    with open_case(case_directory(CASE, FILES)) as opened:
        for use_case in (inspection.verify, inspection.custody_report):
            with pytest.raises(StageOrderError, match="amends intake"):
                use_case(opened)
