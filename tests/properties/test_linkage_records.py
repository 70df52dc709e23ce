"""Records of accounts: gaps filled from the component, each different record once, in order."""

from collections import Counter
from random import Random

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.linkage.compiled import records as kernel
from amends.linkage.normalise import COLUMNS
from amends.linkage.residual import records_of
from amends.linkage.texts import coded, plain

FILLED = ("idno", "idno_text", "birth", "gender", "name")
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


def _place(value: object) -> tuple[bool, int, bytes]:
    """Where a value comes in order: none before any, texts by their octets."""
    number = value if isinstance(value, int) else 0
    return value is not None, number, value.encode() if isinstance(value, str) else b""


def _expected(component: list[dict[str, object]]) -> list[tuple[object, ...]]:
    """The records of one component, by the rule in plain words."""
    known: dict[str, object] = {}
    for column in FILLED:
        counts = Counter(row[column] for row in component if row[column] is not None)
        if counts:
            most = max(counts.values())
            values = [value for value in counts if counts[value] == most]
            known[column] = min(values, key=_place)
    found = set()
    for row in component:
        whole = dict(row)
        if row["name"] is None:
            name = known.get("name")
            whole["first"], whole["last"] = NAMES[str(name)] if name else (None, None)
        for column in FILLED:
            whole[column] = row[column] if row[column] is not None else known.get(column)
        found.add(tuple(whole[column] for column in COLUMNS))
    return sorted(
        found,
        key=lambda row: [_place(value) for value in row],
    )


@settings(max_examples=25)
@given(_components, st.randoms(use_true_random=False))
def test_accounts_become_filled_different_ordered_records(
    components: list[list[dict[str, object]]], dice: Random
) -> None:
    """Whatever the order of accounts, a component's records are filled, different and sorted."""
    accounts = [
        (unit, _account(row)) for unit, component in enumerate(components) for row in component
    ]
    dice.shuffle(accounts)
    schema = dict(COLUMNS)
    frame = pl.DataFrame([row for _, row in accounts], schema=schema)
    nobody = pl.DataFrame(schema={"record": pl.Int64, **schema})
    unheard = pl.DataFrame(schema={"unit": pl.Int64, **schema})
    component = np.array([unit for unit, _ in accounts], dtype=np.int64)
    records, _ = records_of(coded(frame), nobody, component, unheard)
    expected = [
        (unit, *row)
        for unit, rows in enumerate(components)
        for row in _expected([_account(one) for one in rows])
    ]
    assert plain(records).select("unit", *COLUMNS).rows() == expected
    unsure = [row[1 + list(COLUMNS).index("idno")] for row in expected]
    assert records["open"].to_list() == [one is None or int(str(one)) < 0 for one in unsure]


def test_one_component_of_all_accounts_is_bounded() -> None:
    """A placeholder that a whole registry shares, with as many different addresses, ends at once.

    Two hundred thousand rows of one component: comparing each with each would take hours.
    """
    count = 200_000
    dice = np.random.default_rng(1)
    cells = np.stack([np.full(count, 7), dice.permutation(count) // 2], axis=1)
    kept, begins = kernel.distinct(cells, np.array([0, count]))
    assert begins.tolist() == [0, count // 2]
    marks = kernel.compared(cells, kept, begins)
    assert marks[kept].tolist() == [[False, True]] * len(kept)
    ranks = np.stack([np.zeros(count), -cells[:, 1]], axis=1).astype(np.int32)
    kernel.sort(cells, ranks, kept, begins)
    assert cells[kept, 1].tolist() == list(range(count // 2 - 1, -1, -1))
    none = np.zeros(count, dtype=np.int32)
    (row,) = kernel.commonest(cells[:, 1].copy(), np.array([0, count]), none, np.zeros(count, bool))
    assert row >= 0
