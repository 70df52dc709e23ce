from collections.abc import Mapping

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from amends.linkage.identity import MOVED
from amends.linkage.telling.difference import Causes, causes, differences, followed, notes

NOTHING = Causes(files=False, settings=False, readers=False)
People = Mapping[str, tuple[str, int, str]]


def people(known: People) -> pl.DataFrame:
    """People of a run: id → categories, tranche, method."""
    return pl.DataFrame(
        [(person, *rest) for person, rest in known.items()],
        schema={
            "person_id": pl.String,
            "categories": pl.String,
            "tranche": pl.Int64,
            "method": pl.String,
        },
        orient="row",
    )


def moved(*moves: tuple[str, str, str]) -> pl.DataFrame:
    """Who was merged or split."""
    return pl.DataFrame(moves, schema=MOVED, orient="row")


def told(
    before: People, after: People, moves: pl.DataFrame | None = None, why: Causes = NOTHING
) -> list[tuple[object, ...]]:
    """Change, person, other person, why."""
    found = differences(people(before), people(after), moved() if moves is None else moves, why)
    return found.select("change", "person_id", "other_person_id", "why").rows()


ONE = ("NAME", 1, "exact")


def test_every_kind_of_change_is_told_with_its_reason() -> None:
    """A later find adds, readers add, files change categories, who is gone is dropped or merged."""
    files = Causes(files=True, settings=False, readers=False)
    before = {"a": ONE, "b": ONE, "c": ONE, "d": ONE}
    after = {
        "a": ONE,
        "b": ("NAME;PHONE", 1, "exact"),
        "e": ("NAME", 2, "exact"),
        "f": ("NAME", 1, "clerical"),
        "g": ONE,
    }
    moves = moved(("c", "a", "merged"), ("a", "g", "split"))
    assert told(before, after, moves, files) == [
        ("added", "e", None, "later find"),
        ("added", "f", None, "readers' decision"),
        ("categories", "b", None, "files"),
        ("dropped", "d", None, "files"),
        ("merged", "c", "a", "files"),
        ("split", "g", "a", "files"),
    ]


def test_reasons_are_what_differs() -> None:
    """Readers before files before settings; with nothing of these it was the program."""
    for caused, why in (
        (Causes(files=True, settings=True, readers=True), "readers' decision"),
        (Causes(files=False, settings=True, readers=False), "settings"),
        (NOTHING, "program"),
    ):
        assert told({"a": ONE}, {}, why=caused) == [("dropped", "a", None, why)]


def test_causes_are_read_off_what_runs_depend_on() -> None:
    """A sample changes nothing that is found, and is no cause."""
    one = {"input_digest": "x", "settings": {"case": {"readers": "r", "sample": 0}, "method": 1}}
    sampled = {**one, "settings": {"case": {"readers": "r", "sample": 3}, "method": 1}}
    assert causes(one, sampled) == NOTHING
    read = {**one, "settings": {"case": {"readers": "s", "sample": 0}, "method": 1}}
    assert causes(one, read) == Causes(files=False, settings=False, readers=True)
    other = {"input_digest": "y", "settings": {"case": {"readers": "r"}, "method": 2}}
    assert causes(one, other) == Causes(files=True, settings=True, readers=False)


def test_moves_are_followed_over_several_runs() -> None:
    """Merged into somebody who is merged later: one move to where the person is in the end."""
    steps = [moved(("a", "b", "merged"), ("x", "y", "split")), moved(("b", "c", "merged"))]
    assert followed(steps).rows() == [
        ("a", "c", "merged"),
        ("b", "c", "merged"),
        ("x", "y", "split"),
    ]
    assert followed([]).is_empty()
    back = followed([moved(("a", "b", "merged")), moved(("b", "a", "merged"))])
    assert back.rows() == [("b", "a", "merged")], "who is back was not merged"


def test_a_summary_says_who_is_gone_and_that_awards_stay() -> None:
    """Nothing is said where nobody has moved."""
    assert notes(0, moved()) == []
    lines = notes(2, moved(("a", "b", "merged"), ("b", "c", "split")))
    assert len(lines) == 3
    assert "keeps it" in lines[0]
    assert "awarded again" in lines[1]


ids = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.tuples(
        st.sampled_from(["NAME", "NAME;PHONE"]),
        st.integers(1, 2),
        st.sampled_from(["exact", "clerical"]),
    ),
)


@given(
    ids,
    ids,
    st.lists(
        st.tuples(
            st.sampled_from("abcdefgh"),
            st.sampled_from("abcdefgh"),
            st.sampled_from(["merged", "split"]),
        ).filter(lambda move: move[0] != move[1]),
        max_size=6,
        unique=True,
    ),
)
def test_nobody_is_left_out_of_a_difference(
    before: People, after: People, moves: list[tuple[str, str, str]]
) -> None:
    """Whoever is in one run alone, or has other categories, stands there once; nobody else does."""
    found = told(before, after, moved(*moves))
    expected = set(before) ^ set(after)
    expected |= {p for p in set(before) & set(after) if before[p][0] != after[p][0]}
    assert sorted(str(row[1]) for row in found) == sorted(expected)
    assert all(row[3] for row in found)
