"""Rows of looks: found by the seed of their award, and by nothing else."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from amends.access.model import Ground
from amends.roster.looks import ABOUT, MOST_ROWS, ROW_BYTES, Kind, Seen, files_of, found, row

AT = datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)
FORMAT = Path(__file__).parents[2] / "docs" / "formats" / "claims.md"
MINE, OTHER = bytes(range(32)), bytes(32)


def test_a_row_is_what_the_format_says() -> None:
    """The example of docs/formats/claims.md."""
    seen = Seen.of(("name", "account", "account_kind"), Ground.PERSON_ASKED, AT)
    assert seen.packed().hex() == "000000006b0187c50100030000000000"
    made = row(MINE, 0, seen).hex()
    assert made == "a5f7470f351e06c370c1ecdf390c176b83bae27ee23bfa9656232b6dcbcf4b9d"
    assert f"`{made}`" in FORMAT.read_text(encoding="utf-8")


def test_a_seed_finds_its_own_looks_in_their_order_and_no_others() -> None:
    """Whatever stands between them; rows of one person have nothing in common."""
    looks = [Seen.of((field,), ground, AT) for field, ground in _KINDS]
    rows = [row(MINE, number, seen) for number, seen in enumerate(looks)]
    others = [row(OTHER, number, seen) for number, seen in enumerate(looks)]
    file = b"".join(sorted(rows + others))
    assert found(file, MINE) == looks
    assert found(file, OTHER) == looks
    assert found(file, b"\1" * 32) == []
    assert found(b"", MINE) == []
    marks = {one[at : at + 8] for one in rows + others for at in range(0, ROW_BYTES, 8)}
    assert len(marks) == 4 * len(rows + others)


_KINDS = [
    ("message", Ground.PAYMENT_FAILED),
    ("message", Ground.PAYMENT_FAILED),
    ("receipt", Ground.CLAIM),
    ("name", Ground.CORRECTION),
    ("something new", Ground.AUDIT),
]


def test_every_ground_and_field_is_told() -> None:
    """A ground has its number; a field without a bit of its own is not left out."""
    grounds = {Seen.of(("name",), ground, AT).ground for ground in Ground}
    assert len(grounds) == len(Ground)
    assert Seen.of(("something new",), Ground.AUDIT, AT).kinds is Kind.OTHER
    assert Seen.of(("name", "receipt"), Ground.AUDIT, AT).kinds == Kind.NAME | Kind.RECEIPT


@pytest.mark.parametrize(("looks", "files"), [(0, 1), (MOST_ROWS, 1), (MOST_ROWS + 1, 2)])
def test_files_stay_small_and_an_award_knows_its_own(looks: int, files: int) -> None:
    """Each is at most what a phone fetches; of many, the award says which."""
    made = {award: [award.to_bytes(ROW_BYTES, "big")] for award in range(3, looks + 3)}
    written = dict(files_of(made, date(2026, 11, 21)))
    about = json.loads(written.pop(ABOUT))
    assert about == {"day": "2026-11-21", "files": files, "looks": looks, "v": 1}
    assert sorted(written) == sorted(f"looks/{files}/{number}" for number in range(files))
    assert sum(map(len, written.values())) == looks * ROW_BYTES
    assert max(map(len, written.values())) <= MOST_ROWS * ROW_BYTES
    for award, (one,) in made.items():
        assert one in written[f"looks/{files}/{award % files}"]


def test_no_file_is_long_however_awards_fall() -> None:
    """Awards that would share a file are parted; what one award has is never parted."""
    even = {award: [award.to_bytes(ROW_BYTES, "big")] for award in range(0, 4 * MOST_ROWS, 2)}
    written = dict(files_of(even, date(2026, 11, 21)))
    del written[ABOUT]
    assert max(map(len, written.values())) == MOST_ROWS * ROW_BYTES
    one = {7: [number.to_bytes(ROW_BYTES, "big") for number in range(MOST_ROWS + 1)]}
    assert sorted(dict(files_of(one, date(2026, 11, 21)))) == ["looks/1/0", ABOUT]
