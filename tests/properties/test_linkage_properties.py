import random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.linkage import settings as numbers
from amends.linkage.assign import cluster, components
from made_linkage import decided, linked

NAMES = ("王小明", "王小红", "李大伟", "李大卫", "赵敏")
NUMBERS = ("11010519491231002X", "110105198001010016", "110105491231002")
ACCOUNT = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(NAMES),
        "phone": st.integers(0, 4).map(lambda n: f"1380000000{n}"),
        "email": st.integers(0, 4).map(lambda n: f"p{n}@example.test"),
        "idno": st.sampled_from(NUMBERS),
    },
)


def groups(labels: list[int], names: list[int]) -> set[frozenset[int]]:
    """The division that *labels* make of *names*."""
    found: dict[int, set[int]] = {}
    for label, name in zip(labels, names, strict=True):
        found.setdefault(label, set()).add(name)
    return {frozenset(group) for group in found.values()}


@given(st.lists(ACCOUNT, max_size=14), st.lists(ACCOUNT, max_size=8), st.randoms())
@settings(max_examples=60)
def test_exact_matching_does_not_depend_on_the_order(
    accounts: list[dict[str, str]], rows: list[dict[str, str]], dice: random.Random
) -> None:
    """However accounts and rows are shuffled, the same ones belong together."""
    order = list(range(len(accounts)))
    dice.shuffle(order)
    one, other = decided(accounts, rows), decided([accounts[i] for i in order], rows)
    assert groups(one.component.tolist(), list(range(len(accounts)))) == groups(
        other.component.tolist(), order
    )
    assert one.refused == other.refused
    here, there = one.matched(), other.matched()
    assert here["record"].to_list() == there["record"].to_list()
    for mine, yours in zip(here["component"], there["component"], strict=True):
        assert one.component[order[yours]] == mine


@given(st.integers(1, 30), st.data())
def test_components_are_those_of_an_independent_search(nodes: int, data: st.DataObject) -> None:
    """The same groups as a plain walk over the graph, each named by its smallest member."""
    node = st.integers(0, nodes - 1)
    edges = data.draw(st.lists(st.tuples(node, node), max_size=40))
    left, right = (np.array([e[i] for e in edges], dtype=np.int64) for i in (0, 1))
    found = components(left, right, nodes)
    neighbours: dict[int, set[int]] = {n: set() for n in range(nodes)}
    for a, b in edges:
        neighbours[a].add(b)
        neighbours[b].add(a)
    for start in range(nodes):
        seen, todo = {start}, [start]
        while todo:
            for other in neighbours[todo.pop()] - seen:
                seen.add(other)
                todo.append(other)
        assert found[start] == min(seen)


@given(st.data())
def test_clusters_never_hold_two_national_numbers(data: st.DataObject) -> None:
    """Whatever the weights, accounts with numbers of their own stay apart."""
    units = data.draw(st.integers(1, 12))
    node = st.integers(0, units - 1)
    drawn = data.draw(
        st.dictionaries(st.tuples(node, node), st.floats(-30, 60, allow_nan=False), max_size=30)
    )
    numbered = np.array(data.draw(st.lists(st.booleans(), min_size=units, max_size=units)))
    rows = [
        (a, b, bits) for (a, b), bits in drawn.items() if a < b and not (numbered[a] & numbered[b])
    ]
    schema = {"left": pl.Int64, "right": pl.Int64, "bits": pl.Float64}
    pairs = pl.DataFrame(rows, schema=schema, orient="row")
    person = cluster(pairs, units, 0.01, numbered)
    assert np.bincount(person[numbered], minlength=units).max(initial=0) <= 1
    assert all(person[p] == p for p in person)


@given(st.integers(0, 10**6), st.integers(3, 14))
def test_groups_are_divided_as_by_scipys_average_linkage(seed: int, units: int) -> None:
    """The same parts, of random weights without ties, beside a group that needs no division."""
    from scipy.cluster.hierarchy import fcluster, linkage  # noqa: PLC0415

    dice = np.random.default_rng(seed)
    left, right = np.triu_indices(units, 1)
    bits = dice.uniform(-30, 60, len(left))
    rows = list(zip(left.tolist(), right.tolist(), bits.tolist(), strict=True))
    schema = {"left": pl.Int64, "right": pl.Int64, "bits": pl.Float64}
    pairs = pl.DataFrame([*rows, (units, units + 1, 90.0)], schema=schema, orient="row")
    nobody = np.zeros(units + 2, dtype=np.bool_)
    person = cluster(pairs.sample(fraction=1.0, shuffle=True, seed=seed), units + 2, 0.01, nobody)
    assert person[units] == person[units + 1] == units
    prior = float(np.log2(0.01 / 0.99))
    need = float(np.log2(numbers.JOIN_PROBABILITY / (1 - numbers.JOIN_PROBABILITY)))
    part = fcluster(linkage(200.0 - (bits + prior), method="average"), 200.0 - need, "distance")
    assert [[p == q for q in person[:units]] for p in person[:units]] == [
        [p == q for q in part] for p in part
    ]


def test_the_whole_does_not_depend_on_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shuffled registries and leaks give the same persons and the same owners of rows.

    Also where the model learns from samples only.
    """
    monkeypatch.setattr(numbers, "RANDOM_PAIRS", 400)
    monkeypatch.setattr(numbers, "TRAINING_PAIRS", 120)
    dice = random.Random(7)  # noqa: S311 -- a test's shuffle
    surnames, given_names = "赵钱孙李周吴郑王冯陈", "伟芳娜敏静丽强磊军洋"
    accounts = [
        {
            "name": dice.choice(surnames) + dice.choice(given_names) + dice.choice(given_names),
            "birth": f"19{dice.randrange(50, 99)}0{dice.randrange(1, 9)}1{dice.randrange(9)}",
            "address": f"虚构路{dice.randrange(99)}号",
        }
        for _ in range(150)
    ]
    rows = [dict(accounts[i]) for i in range(0, 150, 2)]
    for row in rows[::3]:
        row["address"] = "无名街1号"
    accounts += [dict(account) for account in accounts[:40]]
    order, turn = list(range(len(accounts))), list(range(len(rows)))
    dice.shuffle(order)
    dice.shuffle(turn)
    one = linked(accounts, range(len(order)), rows)
    other = linked([accounts[i] for i in order], order, [rows[i] for i in turn])
    assert groups(one.person.tolist(), list(range(len(accounts)))) == groups(
        other.person.tolist(), order
    )
    mine = {
        r: (int(one.person[p]), x)
        for r, p, x in one.rows.select("record", "person", "probability").iter_rows()
    }
    yours = {
        turn[r]: (int(one.person[order[p]]), x)
        for r, p, x in other.rows.select("record", "person", "probability").iter_rows()
    }
    assert mine == yours
    assert len(mine) > 60
