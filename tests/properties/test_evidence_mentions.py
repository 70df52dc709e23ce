import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.evidence.categories import checksums
from amends.evidence.categories.identifiers import FIELDS, mentions, records_in

TEXTS = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.from_regex(r"(姓名|卡号|name)?[: ：]?[0-9Xx@.\- ]{0,30}", fullmatch=True),
        st.sampled_from(["张伟13800009999", "a@b.cn", "11010519491231002X，李娜", "[2001:db8::1]"]),
    ),
    max_size=8,
)


@settings(max_examples=25)  # patterns are prepared once a process
@given(TEXTS)
def test_mentions_stand_in_their_text_and_apart(texts: list[str]) -> None:
    """A value stands at its offset, apart from others; an identity number passes its check."""
    found = mentions(pl.Series(texts, dtype=pl.String))
    end = (-1, 0)
    for text, start, field, value, confidence in found.iter_rows():
        data = texts[text].encode()
        assert data[start : start + len(value.encode())].decode() == value
        assert (text, start) >= end or text > end[0]
        end = (text, start + len(value.encode()))
        assert 0 < confidence <= 1
        if field == "idno" and len(value) == 18:
            assert checksums.citizen_number(pl.Series([value])).item()


@settings(max_examples=25)  # patterns are prepared once a process
@given(TEXTS.filter(len), st.data())
def test_a_text_is_read_alone(texts: list[str], data: st.DataObject) -> None:
    """What is found in a text, any of them, does not depend on the others or on their order."""
    at = data.draw(st.integers(0, len(texts) - 1))
    alone = mentions(pl.Series([texts[at]], dtype=pl.String)).drop("text")
    found = mentions(pl.Series(texts, dtype=pl.String))
    assert found.filter(text=at).drop("text").rows() == alone.rows()


@settings(max_examples=25)  # patterns are prepared once a process
@given(TEXTS)
def test_records_hold_every_mention_once(texts: list[str]) -> None:
    """The records of a text have all of its mentions, each once, and each text has a record."""
    series = pl.Series(texts, dtype=pl.String)
    records = records_in(series)
    assert records["text"].unique().to_list() == list(range(len(texts)))
    held = records.unpivot(FIELDS, index="text", variable_name="field").drop_nulls("value")
    found = mentions(series).select("text", "field", "value")
    assert sorted(held.rows()) == sorted(found.rows())
