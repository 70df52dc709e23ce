"""Texts that are plain are what the rules make of them."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.linkage.canonical.changes import Change
from amends.linkage.canonical.normalise import normalise
from amends.linkage.canonical.plain import TOLD, in_small_letters, plain, told
from amends.linkage.compiled.octets import octets_of

RIGHT = {
    "name": ("王伟", "欧阳", "欧阳小红", "诸葛亮", "司马相如"),
    "phone": ("13800000001", "19912345678"),
    "idno": ("990101199001010019", "110105200002290013", "11010519491231002X"),
    "email": ("a@b.cn", "a.b_c%d+e-f@x-y.z.test"),
    "device": ("490154203237518", "ab12cd34"),
    "username": ("zoe_1990", "a.-_"),
}
SIGNS = "aZé0 9X@.-_+*?王某先生欧阳·\u3000"


@pytest.mark.parametrize("field", sorted(RIGHT))
@given(data=st.data())
@settings(max_examples=30)
def test_plain_texts_are_what_the_rules_make_of_them(field: str, data: st.DataObject) -> None:
    """Rules leave them as they are, note no change, and say beside them what is told of them."""
    whole = st.sampled_from(RIGHT[field])
    part = st.lists(st.sampled_from([*SIGNS, *RIGHT[field]]), max_size=4).map("".join)
    texts = data.draw(st.lists(whole | part, max_size=40))
    found = pl.DataFrame({field: texts}, schema={field: pl.String})
    right = plain(field, octets_of(found[field]), np.arange(len(texts)))
    column = "idno_text" if field == "idno" else field
    own, normal = found.filter(pl.Series(right)), normalise(found.filter(pl.Series(right)))
    assert normal[column].cast(pl.String).to_list() == own[field].to_list()
    assert normal["changes"].sum() == 0
    said = told(column, own[field]) if column in TOLD else pl.DataFrame()
    for other in normal.columns:
        if other in said.columns:
            assert said[other].to_list() == normal[other].to_list()
        elif other not in {column, "changes"}:
            assert normal[other].null_count() == len(normal)


@pytest.mark.parametrize("field", sorted(RIGHT))
def test_usual_texts_are_plain(field: str) -> None:
    """What is canonical in the usual way is found to be."""
    texts = pl.Series(RIGHT[field])
    right = plain(field, octets_of(texts), np.arange(len(texts)))
    assert right.all()


@given(
    texts=st.lists(
        st.none()
        | st.sampled_from(["EMULATOR", "IMEI4901", "AAAAAAAA"])
        | st.text("aB3İ: ", max_size=10),
        max_size=30,
    ),
    start=st.integers(0, 3),
)
def test_devices_in_capitals_are_what_they_are_in_small_letters(
    texts: list[str | None], start: int
) -> None:
    """The rules say the same of either, and of those in capitals that their case was folded."""
    found = pa.array(texts, pa.large_string())[start:]
    low, which = in_small_letters("device", octets_of(found)) or (
        found,
        np.zeros(len(found), np.bool_),
    )
    for text, small, changed in zip(
        found.to_pylist(), low.to_pylist(), which.tolist(), strict=True
    ):
        if not changed:
            assert small == (text if low is found else text or "")
            continue
        one = normalise(pl.DataFrame({"device": [text]}))
        assert (small, one["changes"].item()) == (one["device"].item(), Change.CASE_FOLDED)
        assert plain("device", octets_of(pl.Series([small])), np.arange(1)).all()


def test_a_usual_device_in_capitals_is_folded() -> None:
    """And nothing is made of texts without any, nor of other fields."""
    low, which = in_small_letters(
        "device", octets_of(pl.Series(["AB12CD34", "ab12cd34", None]))
    ) or ((), ())
    assert list(which) == [True, False, False]
    assert list(map(str, low)) == ["ab12cd34", "ab12cd34", ""]
    assert in_small_letters("device", octets_of(pl.Series(["ab12cd34"]))) is None
    assert in_small_letters("username", octets_of(pl.Series(["AB12CD34"]))) is None
