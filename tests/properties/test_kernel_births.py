"""Dates of birth read by their form are those that the patterns read, of every text."""

from collections import Counter

import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from amends.kernel.births import birth_number, born, number_says, proved, told

DIGITS = st.text("0123456789", min_size=2, max_size=2)
SIGNS = "0123456789-/. Xx年月日０９"
MARKS = st.sampled_from(["-", "/", ".", "", " ", "年", "x", "0"])
TIMES = st.sampled_from(["", " ", "日", " 00:00:00", "T08:30", "0", "．"])


@st.composite
def likely(draw: st.DrawFn) -> str:
    """A text that is nearly a date of birth."""
    year = draw(DIGITS) + draw(DIGITS)
    first, second = draw(MARKS), draw(MARKS)
    return f"{year}{first}{draw(DIGITS)}{second}{draw(DIGITS)}{draw(TIMES)}"


@st.composite
def numbered(draw: st.DrawFn) -> str:
    """A text that is nearly a national number."""
    year = draw(st.sampled_from(["19", "20", "", "00"]))
    middle = "".join(draw(DIGITS) for _ in range(3))
    tail = draw(
        st.sampled_from(["123", "123X", "123x", "1234", "12３4", "12 3X", "123-4", "1234 "])
    )
    return f"{draw(st.sampled_from(['110105', ' 110105', '1１0105']))}{year}{middle}{tail}"


TEXTS = st.lists(
    st.none()
    | likely()
    | numbered()
    | st.text(SIGNS, min_size=7, max_size=19)
    | st.text(max_size=11)
    | st.dates().map(str),
    max_size=30,
)


@given(TEXTS)
@example(["2001-00-10", "2001-13-10", "2001-01-32", "2001/12/31", "20010203", "00000101"])
@example(["11010520010203123X", "110105200102031234", "110105010203123", "110105001303123"])
@example(["2001年2月3日", " 2001-02-03", "２００１-０２-０３", "2001-2-3", "é01-02-03"])
def test_forms_and_patterns_read_the_same(values: list[str | None]) -> None:
    """Whatever the text: nothing, nearly a date, a number, wide digits, blanks around it."""
    texts = pl.Series("x", values, pl.String)
    plain = pl.col("x").str.normalize("NFKC").str.strip_chars()
    by_patterns = texts.to_frame().select(
        birth_number(plain).alias("told"), number_says(plain).alias("proved")
    )
    assert told(texts).to_list() == by_patterns["told"].to_list()
    assert proved(texts).to_list() == by_patterns["proved"].to_list()


DAYS = st.sampled_from([None, "1990-01-02", "1990/1/2", "1991-05-06", "2030-01-01", "?"])
NUMBERS = st.sampled_from(
    [None, "11010519900102123X", "110105910506123", "110105203001011234", "-"]
)
UNTIL = 20261121


@given(st.lists(st.tuples(st.sampled_from("abc"), NUMBERS, DAYS), max_size=14))
def test_a_number_counts_before_a_date_and_the_commonest_before_the_earliest(
    accounts: list[tuple[str, str | None, str | None]],
) -> None:
    """Among several dates: that of a number, that of most accounts, the earliest."""
    days = {None: None, "1990-01-02": 19900102, "1990/1/2": 19900102, "1991-05-06": 19910506}
    days |= {"2030-01-01": 20300101, "?": None}
    numbers = {None: None, "11010519900102123X": 19900102, "110105910506123": 19910506}
    numbers |= {"110105203001011234": 20300101, "-": None}
    seen: Counter[tuple[str, bool, int]] = Counter()
    for person, number, day in accounts:
        by_number = numbers[number] is not None
        found = numbers[number] if by_number else days[day]
        if found is not None and found <= UNTIL:
            seen[person, by_number, found] += 1
    expected: dict[str, int] = {}
    for (person, _, likeliest), _ in sorted(
        seen.items(), key=lambda one: (not one[0][1], -one[1], one[0][2])
    ):
        expected.setdefault(person, likeliest)
    table = pl.DataFrame(
        accounts,
        schema={"person_id": pl.String, "idno": pl.String, "birth": pl.String},
        orient="row",
    )
    assert dict(born(table, until=UNTIL).iter_rows()) == expected
