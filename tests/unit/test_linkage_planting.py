from pathlib import Path

import polars as pl
import pytest

from amends.kernel.errors import InputFileError
from amends.linkage.estimate import Side, Stratum
from amends.linkage.model import Determination
from amends.linkage.registered import Registered
from amends.linkage.review import planting

HEAD = "evidence,row,product,account_id\n"


def written(tmp_path: Path, text: str) -> Path:
    """A file of planted rows."""
    path = tmp_path / "planted.csv"
    path.write_text(text, encoding="utf-8")
    return path


def found(matches: list[tuple[str, int, str, str | None]]) -> Determination:
    """A determination in which im/A1 and im/A2 are p1's and im/A3 is p2's."""
    nothing = pl.DataFrame()
    people = ["p1", "p2"]
    numbered = [
        (*row, None if person is None else people.index(person)) for *row, person in matches
    ]
    return Determination(
        people=pl.Series(people),
        accounts=Registered.of(
            pl.DataFrame({"product": ["im"] * 3, "account_id": ["A1", "A2", "A3"]})
        ),
        owner=pl.Series([0, 0, 1]),
        matches=pl.DataFrame(
            numbered, schema=["evidence", "row", "outcome", "person"], orient="row"
        ),
        affected=nothing,
        counts={},
        candidates=nothing,
        doubts=nothing,
        refusals=nothing,
        joined=Stratum(name="", side=Side.JOINED, population=0, expected=0, variance=0),
    )


def test_planted_rows_are_held_against_what_was_found(tmp_path: Path) -> None:
    """Found is the person who holds the account, by whichever; doubts and lost rows are not found.

    A stranger's row that is matched is told apart from a wrong one.
    """
    rows = "d,1,im,A2\nd,2,im,A3\nd,3,im,A1\nd,4,im,A1\nd,5,,\nd,6,,\nd,7,im,A9\nd,99,im,A1\n"
    planted = planting.read_file(written(tmp_path, HEAD + rows), "planted.csv")
    run = found(
        [
            ("d", 1, "matched", "p1"),
            ("d", 2, "matched", "p1"),
            ("d", 3, "review", "p1"),
            ("d", 4, "unmatched", None),
            ("d", 5, "matched", "p2"),
            ("d", 6, "unmatched", None),
            ("d", 7, "matched", "p2"),
        ]
    )
    seen = planting.measured(planted, run)
    assert (seen.rows, seen.found, seen.wrong) == (6, 1, 2)
    assert (seen.strangers, seen.strangers_matched) == (2, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1"),
        ("evidence,row\n", "line 1"),
        (HEAD + "d,1,im\n", "line 2 has 3"),
        (HEAD + "d,1,im,A1\nd,0,im,A1\n", "line 3: row"),
        (HEAD + "d,-1,im,A1\n", "line 2: row"),
        (HEAD + "d,²,im,A1\n", "line 2: row"),
        (HEAD + "d,1,im,\n", "line 2: product"),
        (HEAD + "d,1,im,A1\nd,1,im,A2\n", "line 3 names a row"),
    ],
)
def test_a_bad_file_is_refused_by_line(tmp_path: Path, text: str, message: str) -> None:
    """File and line are named, and no value of a person."""
    with pytest.raises(InputFileError, match=f"planted.csv: {message}") as refusal:
        planting.read_file(written(tmp_path, text), "planted.csv")
    assert "A1" not in str(refusal.value)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    """The message says which key of case.toml names it, or that it is not UTF-8."""
    with pytest.raises(InputFileError, match=r"linkage\.planted"):
        planting.read_file(tmp_path / "none.csv", "none.csv")
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputFileError, match="UTF-8"):
        planting.read_file(tmp_path / "x.csv", "x.csv")


def test_the_digest_does_not_depend_on_the_order_of_lines(tmp_path: Path) -> None:
    """The same rows in another order are the same planted truth; another account is not."""
    digests = [
        planting.digest(planting.read_file(written(tmp_path, HEAD + rows), "x"))
        for rows in ("d,1,im,A1\nd,2,,\n", "d,2,,\nd,1,im,A1\n", "d,1,im,A2\nd,2,,\n")
    ]
    assert digests[0] == digests[1] != digests[2]
