"""Pages by key: nothing is shown twice or left out, whatever comes and goes meanwhile."""

from hypothesis import given
from hypothesis import strategies as st

from amends.web.keyset import Key, cursor_of, key_of, page

_ROWS = st.lists(
    st.tuples(st.integers(-3, 3), st.text(max_size=3)), max_size=30, unique_by=lambda row: row
)


def _key(row: tuple[int, str]) -> Key:
    return row


@given(rows=_ROWS, most=st.integers(1, 7), way=st.sampled_from(["", "-"]), lost=st.data())
def test_a_walk_shows_every_row_once(
    rows: list[tuple[int, str]], most: int, way: str, lost: st.DataObject
) -> None:
    """In order, in both directions; rows that go meanwhile, also the last shown, move no other."""
    down = way == "-"
    seen: list[tuple[int, str]] = []
    left, after = set(rows), ""
    while True:
        found = page(left, _key, after=after, most=most, down=down)
        seen += found.rows
        after = found.following
        if not after:
            break
        going = lost.draw(st.lists(st.sampled_from(seen), max_size=3))
        left -= set(going)
    assert seen == sorted(set(rows), reverse=down)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_what_is_no_cursor_is_the_beginning(text: str) -> None:
    """No word of an address breaks a list."""
    rows = [(1, "a"), (2, "b")]
    found = page(rows, _key, after=text, most=5)
    match key_of(text):
        case (int(number), str(word)):
            assert found.rows == [row for row in rows if row > (number, word)]
        case _:
            assert found.rows == rows


@given(st.lists(st.integers() | st.text()).map(tuple))
def test_cursors_come_back(key: Key) -> None:
    """A cursor names its key."""
    assert key_of(cursor_of(key)) == key
