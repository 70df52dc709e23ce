import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.linkage import keys
from amends.linkage.canonical.devices import NOBODYS
from amends.linkage.canonical.normalise import keys as normalised
from amends.linkage.compiled import hashing
from amends.linkage.keys import Names, read
from made_linkage import SEEDS, batch, keys_of

PHONES = "138 0013 8001 1 13800001234 +86 0086 86 - ( ) / ; * x O l １３８ 17951 转8 .0 0"
NUMBERS = "110105 19491231 002 X x 2 × 491231 00000000 11111111 - ' . * AB123456 身份证: ０"
MAILS = "a A b.c + _ - @ .cn .test . , ; < > * mailto: (at) ＠ é @b.cn n@b.cn"
DEVICES = f"SYN 12345678 aa : - _ {{ }} . ( imei IMEI mac * ? ０ f 0000 GAID é {' '.join(NOBODYS)}"
NAMES = "王 小 明 伟 · • 先生 某 * ? □ 生 志 ann lee Ann . xiu 𠮷 ( ) 女 欧阳 Dr"
PIECES = {"phone": PHONES, "idno": NUMBERS, "email": MAILS, "device": DEVICES}


@pytest.mark.parametrize("field", ["phone", "idno", "email", "device"])
@given(data=st.data())
@settings(max_examples=30)
def test_keys_from_octets_are_those_of_the_rules(field: str, data: st.DataObject) -> None:
    """A field as found has the key that its canonical form has, or none where that has none."""
    pieces = st.sampled_from([*PIECES[field].split(), " ", "\u3000"])
    text = st.lists(pieces, min_size=1, max_size=6).map("".join)
    part = pl.DataFrame({field: data.draw(st.lists(text, max_size=40))}, schema={field: pl.String})
    canonical = normalised(part)[field]
    found = read([batch(part)], Names(SEEDS), SEEDS)
    if field == "idno":
        assert found.number.read().tolist() == canonical.fill_null(0).to_list()
    if field in {"phone", "idno"}:
        values = canonical.drop_nulls().to_numpy()
        rows = canonical.is_not_null().arg_true().to_list()
        hashes = [(key, 0) for key in hashing.mixed_all(values).tolist()]
        assert keys_of(found, field) == dict(zip(rows, hashes, strict=True))
        return
    right = read([batch(canonical.to_frame())], Names(SEEDS), SEEDS)
    assert keys_of(found, field) == keys_of(right, field)
    assert sorted(keys_of(found, field)) == canonical.is_not_null().arg_true().to_list()


@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_rules_say_the_same_of_however_many_rows(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows left to the rules keep their keys, whether some or all of a side are looked at."""
    monkeypatch.setattr(keys, "_AT_ONCE", at_once)
    odd = {
        "phone": ["１３８００１３８０００", None, "138(0013)8001", "no phone at all 0"],
        "idno": ["11010519491231002x", "11010519491231002X", "E12345678", None],
        "email": ["<A@b.cn>", "a@b.cn", None, "?"],
    }
    whole = pl.DataFrame(odd, schema=dict.fromkeys(odd, pl.String))
    canonical = normalised(whole)
    found = read([batch(whole[at : at + 1]) for at in range(4)], Names(SEEDS), SEEDS)
    right = read([batch(canonical.select("email"))], Names(SEEDS), SEEDS)
    assert found.number.read().tolist() == canonical["idno"].fill_null(0).to_list()
    assert keys_of(found, "email") == keys_of(right, "email")
    for field in ("phone", "idno"):
        values = canonical[field].drop_nulls().to_numpy()
        rows = canonical[field].is_not_null().arg_true().to_list()
        hashes = [(key, 0) for key in hashing.mixed_all(values).tolist()]
        assert keys_of(found, field) == dict(zip(rows, hashes, strict=True))
        assert len(rows) > 1


@given(
    st.lists(
        st.lists(st.sampled_from(NAMES.split()), min_size=1, max_size=5).map("".join), max_size=40
    )
)
@settings(max_examples=30)
def test_names_of_the_exact_stage_are_those_of_the_rules(found: list[str]) -> None:
    """The dictionary of names gives equal numbers to equal canonical names, and none to none."""
    part = pl.DataFrame({"name": found}, schema={"name": pl.String})
    names, middle = Names(SEEDS), len(found) // 2
    halves = [names.found(batch(half)) for half in (part[:middle], part[middle:])]
    numbers = names.normal(np.concatenate(halves))
    canonical = normalised(part)["name"].to_list()
    known: dict[str, int] = {}
    for number, name in zip(numbers.tolist(), canonical, strict=True):
        assert (number < 0) == (name is None)
        if name is not None:
            assert known.setdefault(name, number) == number
    assert len(set(known.values())) == len(known)


def test_a_name_in_parts_is_the_name_as_a_whole() -> None:
    """Surname and given name have the number of the whole name, also of a side read earlier."""
    names = Names(SEEDS)
    whole = pl.DataFrame({"name": ["王小明", "Li Lei", None, "王小明"]})
    first = names.normal(names.found(batch(whole)))
    parts = pl.DataFrame(
        {"surname": ["王", "Lei", None, "赵"], "given_name": ["小明", "Li", None, "小明"]}
    )
    found = [names.found(batch(parts)), names.found(batch(whole[:1]))]
    second = names.normal(np.concatenate(found))
    assert first.tolist()[0] == first.tolist()[3] == second.tolist()[0] == second.tolist()[4]
    assert first.tolist()[1] == second.tolist()[1] >= 0
    assert first.tolist()[2] == second.tolist()[2] == -1
    assert second.tolist()[3] not in {-1, *first.tolist()}
