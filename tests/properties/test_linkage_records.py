"""Records of accounts: gaps filled from the component, each different record once, in order."""

from collections import Counter
from random import Random

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.linkage.accounts import Accounts, Said
from amends.linkage.canonical.normalise import COLUMNS
from amends.linkage.compiled import profiles as kernel
from amends.linkage.residual import records_of
from amends.linkage.shelf import Kept
from amends.linkage.weighing.records import PLACE, Coder

SEEDS = np.array([1, 2], dtype=np.uint64)
FILLED = ("idno", "idno_text", "birth", "gender", "name", "phone", "email")
OTHERWISE = {"phone": "phone_other", "email": "email_pattern"}
NAMES = {"李四": ("四", "李"), "王五": ("五", "王"), "zoe": ("zoe", None), "amy li": ("amy", "li")}

_rows = st.fixed_dictionaries(
    {
        "name": st.sampled_from([None, *NAMES]),
        "idno": st.sampled_from([None, -7, 11, 42]),
        "idno_text": st.sampled_from([None, "b", "a"]),
        "birth": st.sampled_from([None, "19900101", "1985"]),
        "gender": st.sampled_from([None, "m", "f"]),
        "phone": st.sampled_from([None, 13800000001, 13800000002]),
        "email": st.sampled_from([None, "ü@b.cn", "z@b.cn", "é@b.cn"]),
        "phone_other": st.sampled_from([None, None, "1380"]),
        "email_pattern": st.sampled_from([None, None, "*@b.cn"]),
        "first": st.sampled_from([None, "given"]),
    }
)
_components = st.lists(st.lists(_rows, min_size=1, max_size=5), min_size=1, max_size=5)


def _account(row: dict[str, object]) -> dict[str, object]:
    """A canonical account: first and last name go with the name, if there is one."""
    whole = {column: row.get(column) for column in COLUMNS}
    name = row["name"]
    if isinstance(name, str):
        whole["first"], whole["last"] = NAMES[name]
    return whole


def _expected(component: list[dict[str, object]]) -> list[tuple[object, ...]]:
    """The records of one component, by the rule in plain words."""
    known: dict[str, object] = {}
    for column in FILLED:
        counts = Counter(row[column] for row in component if row[column] is not None)
        if counts:  # the first of the commonest: a counter keeps the order in which values come
            known[column] = counts.most_common(1)[0][0]
    found: list[tuple[object, ...]] = []
    for row in component:
        whole = dict(row)
        for column in FILLED:
            if row[column] is None and row.get(OTHERWISE.get(column, column)) is None:
                whole[column] = known.get(column)
        if row["name"] is None and "name" in known:
            whole["first"], whole["last"] = NAMES[str(known["name"])]
        values = tuple(whole[column] for column in COLUMNS)
        if values not in found:
            found.append(values)
    return found


@settings(max_examples=25)
@given(_components, st.randoms(use_true_random=False))
def test_accounts_become_filled_different_records_in_order(
    components: list[list[dict[str, object]]], dice: Random
) -> None:
    """Wherever a component's accounts stand, its records are filled, different and in order."""
    units = [unit for unit, component in enumerate(components) for _ in component]
    dice.shuffle(units)
    rows = [iter(component) for component in components]
    accounts = [_account(next(rows[unit])) for unit in units]
    schema = dict(COLUMNS)
    nobody = pl.DataFrame(schema={"record": pl.Int64, **schema})
    unheard = pl.DataFrame(schema={"unit": pl.Int64, **schema})

    def known(coder: Coder, standing: Kept[np.int32]) -> Accounts:
        codes = coder.codes(pl.DataFrame(accounts, schema=schema))
        each = np.empty(len(accounts), dtype=np.int32)
        each[standing.read()] = np.arange(len(accounts), dtype=np.int32)
        places = {PLACE[column]: own for column, own in codes.items()}
        said = Said(numbers=coder.shelf.put(each), places=places)
        return Accounts(said=[said])

    coder = Coder(SEEDS)
    of_each = coder.shelf.put(np.array(units, dtype=np.int32))
    records, _ = records_of(known, coder, lambda: (nobody, unheard), of_each)
    expected = [
        (unit, *row)
        for unit, component in enumerate(components)
        for row in _expected([_account(one) for one in component])
    ]
    frame = records.frame()
    assert frame.select("unit", *COLUMNS).rows() == expected
    unsure = [row[1 + list(COLUMNS).index("idno")] for row in expected]
    assert frame["open"].to_list() == [one is None or int(str(one)) < 0 for one in unsure]


@given(st.lists(st.integers(-1, 2), min_size=17, max_size=60))
def test_many_equal_records_are_told_as_few_are(values: list[int]) -> None:
    """The way for large components gives what the way for small ones gives."""
    cells = np.array(values, dtype=np.int32).reshape(-1, 1)
    units = kernel.profiles(cells, np.array([0, len(cells)]), np.zeros((0, 4), dtype=np.int32))
    assert cells[: len(units), 0].tolist() == list(dict.fromkeys(values))


def test_one_component_of_all_accounts_is_bounded() -> None:
    """A placeholder that a whole registry shares, with as many different addresses, ends at once.

    Two hundred thousand rows of one component: comparing each with each would take hours.
    """
    count = 200_000
    half = np.random.default_rng(1).permutation(count) // 2
    cells = np.stack([np.full(count, 7), half], axis=1).astype(np.int32)
    cells[::3, 0] = kernel.NONE
    fill = np.zeros((1, 4), dtype=np.int32)
    units = kernel.profiles(cells, np.array([0, count]), fill)
    kept = cells[: len(units)]
    assert len(units) == count // 2
    assert set(kept[:, 0].tolist()) == {7}
    assert kept[:, 1].tolist() == list(dict.fromkeys(half.tolist()))
