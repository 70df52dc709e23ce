import random
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amends.linkage.canonical import dates, devices, identity, mail, mobiles, names, places
from amends.linkage.canonical.normalise import COLUMNS, FIELDS, KEY_COLUMNS, keys, normalise
from amends.linkage.weighing.details import details

ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=24)
_PIECES = """
张 伟 王 小 明 欧阳 先生 某 · • * ? □ 𠮷 龙 \u200b 　 - ( ) ， ０ １３８ 138 0013 8001
+86 0086 86 / ; @ a b .cn
X x × 110105 19491231 002 2026 年 月 日 3 5 农历 民国 省
市 区 县 北京 浙江 朝阳 路 号 一 十 Dr. O' é İ ﬁ ㎏ ⻢ ⿰
&#20320; 00:00 T : AA ff 0000 unknown
"""
PIECES = st.lists(st.sampled_from([*_PIECES.split(), " ", "\u3000", "\u0304"]), max_size=10)
TEXT = ANYTHING | PIECES.map("".join)
ROW = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, TEXT))

FORMS: dict[str, Callable[[pl.Series], pl.Series]] = {
    "name": lambda found: pl.select(
        pl.coalesce(names.names(found)[0], names.names(found)[1])
    ).to_series(),
    "phone": lambda found: mobiles.phones(found)[0].cast(pl.String),
    "idno": lambda found: identity.texts(found)[0],
    "email": lambda found: mail.addresses(found)[0],
    "device": lambda found: devices.numbers(found)[0],
    "birth": lambda found: dates.births(found)[0],
    "address": lambda found: places.addresses(found)[0],
}


def frame(rows: list[dict[str, str]]) -> pl.DataFrame:
    """Records as they are read, numbered."""
    table = pl.DataFrame(rows, schema=dict.fromkeys(FIELDS, pl.String))
    return table.with_row_index("record")


@pytest.mark.parametrize("field", FORMS)
@given(found=st.lists(TEXT | st.none(), max_size=40))
@settings(max_examples=20)
def test_a_canonical_form_is_its_own(field: str, found: list[str | None]) -> None:
    """What was normalised once does not change when it is normalised again."""
    once = FORMS[field](pl.Series(found, dtype=pl.String))
    assert FORMS[field](once).to_list() == once.to_list()


@given(st.lists(ROW, max_size=6), st.randoms())
@settings(max_examples=15)
def test_a_record_does_not_depend_on_its_neighbours(
    rows: list[dict[str, str]], dice: random.Random
) -> None:
    """Shuffled, or one by one, the same records have the same canonical columns and details."""
    whole = details(normalise(frame(rows)))
    order = list(range(len(rows)))
    dice.shuffle(order)
    turned = details(normalise(frame([rows[i] for i in order])))
    assert turned.drop("record").equals(whole[order].drop("record"))
    alone = [details(normalise(frame([row]))) for row in rows]
    if alone:
        assert pl.concat(alone).drop("record").equals(whole.drop("record"))


@given(st.lists(ROW, max_size=6))
@settings(max_examples=15)
@example([{"phone": "138" + "0" * 300}])
@example([{"idno": "1" * 10_000, "birth": "9" * 400}])
def test_keys_are_those_of_the_whole(rows: list[dict[str, str]]) -> None:
    """The exact stage sees what the probabilistic one sees; and no text makes either fail."""
    found = frame(rows)
    whole = normalise(found)
    assert keys(found).drop("changes").equals(whole.select("record", *KEY_COLUMNS))
    assert whole.columns == ["record", *COLUMNS, "changes"]
    assert [whole.schema[name] for name in COLUMNS] == list(COLUMNS.values())


@given(st.lists(TEXT, max_size=40))
@settings(max_examples=15)
def test_what_is_hidden_is_no_key(found: list[str]) -> None:
    """A name or mail address with a hidden sign is a pattern, and a pattern alone."""
    table = pl.Series(found, dtype=pl.String)
    name, pattern, _ = names.names(table)
    assert not (name.is_not_null() & pattern.is_not_null()).any()
    assert not name.str.contains(r"[*?]").any()
    assert not mail.addresses(table)[0].str.contains("*", literal=True).any()
    assert not devices.numbers(table)[0].str.contains(r"[*?]").any()


@given(st.integers(0, 2**63), st.integers(0, 16), st.integers(1, 9))
@settings(max_examples=15)
def test_a_repaired_number_is_right_and_one_slip_away(draw: int, at: int, by: int) -> None:
    """A candidate has its check digit, and differs in one digit or two neighbours."""
    year, month, day = 1930 + draw % 80, 1 + draw // 80 % 12, 1 + draw // 960 % 28
    body = f"110105{year}{month:02}{day:02}{draw // 26_880 % 999 + 1:03}"
    right = identity.texts(pl.Series([body[:6] + body[8:]]))[0][0] if year < 2000 else None
    whole = right or (body + chr(identity.check_signs(identity.signs(pl.Series([body]), 17))[0]))
    wrong = whole[:at] + str((int(whole[at]) + by) % 10) + whole[at + 1 :]
    assert identity.keys(pl.Series([wrong]))[0] is None
    candidate = identity.candidates(pl.Series([wrong]))[0]
    if candidate is not None:
        assert identity.keys(pl.Series([candidate]))[0] is not None
        differing = [i for i in range(18) if candidate[i] != wrong[i]]
        assert len(differing) == 1 or (
            len(differing) == 2
            and differing[1] == differing[0] + 1
            and sorted(candidate) == sorted(wrong)
        )
