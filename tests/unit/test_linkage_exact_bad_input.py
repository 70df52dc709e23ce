from itertools import pairwise

import numpy as np

from amends.linkage.compiled.components import smallest_of
from amends.linkage.compiled.parsing import is_mail
from made_linkage import accounts, decided, linked

LI = "110105198001010016"
WANG = "11010519491231002X"


def test_many_identical_rows_are_one_and_the_same_answer() -> None:
    """A hundred thousand copies of a row have one owner, or none, and the end is near."""
    row = {"phone": "13800001234", "name": "王小明"}
    exact = decided([row, {"phone": "13900001234"}], [row] * 100_000)
    assert exact.owner.tolist() == [0] * 100_000
    assert exact.refused == {}


def test_a_person_may_have_500_accounts() -> None:
    """A national number joins as many accounts as carry it, if no more than the guard's number.

    More are joined where they bear one name; without a name none is guessed.
    """
    named = [{"idno": WANG, "name": "王小明"}] * 500
    assert set(decided(named).component.tolist()) == {0}
    nameless = decided([{"idno": WANG}] * 500)
    assert len(set(nameless.component.tolist())) == 500
    assert nameless.refused == {"idno_on_too_many_accounts": 1}


def test_a_phone_of_ten_thousand_accounts_joins_namesakes_only() -> None:
    """A call centre's number is counted once, written out whole, and gives rows to namesakes."""
    registry = [{"phone": "4000000000", "name": "x"}]
    registry += [{"phone": "13800001234", "name": f"person{i % 5000}"} for i in range(10_000)]
    rows = [{"phone": "13800001234", "name": f"person{i}"} for i in range(10_000)]
    exact = decided(registry, rows)
    assert exact.component[1:].tolist() == [*range(1, 5001), *range(1, 5001)]
    assert exact.owner.tolist() == [*range(1, 5001), *[-1] * 5000]
    assert exact.refused == {"phone_on_too_many_accounts": 1}
    assert exact.refusals["account"].to_list() == list(range(1, 10_001))
    assert set(exact.refusals["accounts"]) == {10_000}


def test_joins_in_a_circle_end() -> None:
    """Keys that lead in a circle make one component, however long it is."""
    circle = [
        {"phone": f"138{i:08d}", "email": f"u{(i + 1) % 4000}@example.test"} for i in range(4000)
    ] + [{"phone": f"138{i:08d}", "email": f"u{i}@example.test"} for i in range(4000)]
    assert set(decided(circle).component.tolist()) == {0}
    nodes = np.arange(10_000)
    assert set(smallest_of(nodes, np.roll(nodes, 1), 10_000).tolist()) == {0}


def test_numbers_in_conflict_are_kept_apart_with_a_reason() -> None:
    """An address of two national numbers joins neither; who was kept apart is written down."""
    exact = decided([{"email": "a@b.cn", "idno": WANG}, {"email": "a@b.cn", "idno": LI}])
    assert exact.component.tolist() == [0, 1]
    assert exact.refusals.rows() == [
        (0, "email", "with_several_numbers", 2, 0),
        (0, "email", "with_several_numbers", 2, 1),
    ]


def test_the_registry_of_another_company_matches_nobody() -> None:
    """A leaked file of strangers alone: every row keeps its place, and none an owner."""
    registry = [{"phone": f"138{i:08d}", "name": f"ours{i}"} for i in range(50)]
    strangers = [{"phone": f"139{i:08d}", "name": f"theirs{i}"} for i in range(80)]
    exact = decided(registry, strangers)
    assert exact.owner.tolist() == [-1] * 80
    assert exact.matched().is_empty()


def test_two_registries_may_have_the_same_account_ids() -> None:
    """An account is its product and its id; who is who does not hang on which file comes first."""
    registry = accounts([{"phone": "13800001234"}, {"phone": "13800001234"}], [1, 1])
    assert registry["account_id"].n_unique() == 1
    result = linked([{"phone": "13800001234"}] * 2, [1, 1], [{"phone": "13800001234"}])
    assert result.person.tolist() == [0, 0]


def test_two_million_texts_without_an_at_sign_are_told_each_by_itself() -> None:
    """A column of words is no column of addresses, and what stands before a word is not read again.

    (It once was, from the first on: this test would then go on for hours.)
    """
    size, words = np.uint64(len("nothinghere")), 2_000_000
    octets = np.frombuffer(b"nothinghere" * words, dtype=np.uint8)
    bounds = np.arange(words + 1, dtype=np.uint64) * size
    assert not any(is_mail(octets, *both) for both in pairwise(bounds))
