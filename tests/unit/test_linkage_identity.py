import hashlib
from collections.abc import Sequence

import numpy as np
import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from amends.linkage import identity
from amends.linkage.assign import Ints
from amends.linkage.identity import NAMES, Before
from amends.linkage.registered import Registered

PLACES = [("im", f"A{number}") for number in range(8)]


def natural(place: tuple[str, str]) -> str:
    """A stand-in for the keyed function of an account."""
    return hashlib.sha256("\0".join(place).encode()).hexdigest()[:26]


class Case:
    """A case that is determined again and again; who is who and who is affected is given."""

    def __init__(self) -> None:
        """Nothing is determined yet."""
        self.names = pl.DataFrame(schema=NAMES)
        self.earlier: dict[int, str] = {}
        self.run_no = 0
        self.moved = pl.DataFrame(schema=identity.MOVED)
        self.one: dict[str, str] = {}  # as the view linkage.merged
        self.affected: set[str] = set()
        self.dropped = 0

    def before(self, present: list[int], order: Ints) -> Before:
        """What the runs until now leave for accounts that are there."""
        at = {place: i for i, place in enumerate(PLACES)}
        names = {name: i for i, name in enumerate(self.names["person_id"])}
        givers = [at[place] for place in self.names.select("product", "account_id").rows()]
        left = [
            (names[name], present.index(account))
            for account, name in self.earlier.items()
            if name in names and account in present
        ]
        name, account = np.array(left, dtype=np.int32).reshape(-1, 2).T
        there = np.array([present.index(a) if a in present else -1 for a in givers], dtype=np.int64)
        one = pl.DataFrame(
            list(self.one.items()), schema=self.moved.drop("change").schema, orient="row"
        )
        return Before(
            names=self.names,
            bearers=identity.bearers(there, name, account, order),
            name=name,
            account=account,
            affected=np.array([names[one] for one in sorted(self.affected)], dtype=np.int32),
            one=one,
        )

    def determine(
        self, groups: Sequence[Sequence[int]], affected: Sequence[int] | None = None
    ) -> dict[int, str]:
        """Person id per account; a group is affected when one of its accounts is in *affected*."""
        self.run_no += 1
        present = sorted(account for group in groups for account in group)
        accounts = pl.DataFrame(
            [PLACES[a] for a in present],
            schema={"product": pl.String, "account_id": pl.String},
            orient="row",
        )
        person = np.array([present.index(min(g)) for a in present for g in groups if a in g])
        first = accounts.select(pl.Series("person", person), "product", "account_id").unique(
            "person", keep="first", maintain_order=True
        )
        own = first.select("person").with_columns(
            pl.Series(
                "person_id", [natural(p) for p in first.select("product", "account_id").rows()]
            )
        )
        order = np.arange(len(present))
        before = self.before(present, order)
        ids = identity.keep_names(person, own, before)
        assert ids["person_id"].is_unique().all(), "an id never means two people"
        named = accounts.with_columns(pl.Series("person", person)).join(
            ids, on="person", maintain_order="left"
        )
        found = {a: str(named["person_id"][at]) for at, a in enumerate(present)}
        hit = {found[a] for a in (present if affected is None else affected) if a in found}
        place = np.searchsorted(ids["person"].to_numpy(), person)
        self.moved = identity.moves(place, ids, before)
        for _earlier, now, change in self.moved.rows():
            if change == "split":
                self.one.pop(now, None)
        self.one |= {
            earlier: now for earlier, now, change in self.moved.rows() if change == "merged"
        }
        people = ids["person_id"].is_in(sorted(hit)).arg_true()
        self.dropped = identity.dropped(ids["name"].gather(people), self.moved, before)
        merged = {earlier for earlier, _, change in self.moved.rows() if change == "merged"}
        assert self.dropped == len(self.affected - hit - merged)
        self.affected = hit
        numbered = first.with_row_index("place").with_columns(account=pl.col("place"))
        new = identity.named_first(
            numbered, Registered.of(first), ids, identity.unnamed(numbered, ids, people)
        )
        self.names = identity.with_new(self.names, new, self.run_no)
        self.earlier = {present[i]: str(borne) for i, borne in enumerate(named["person_id"])}
        return found


def test_a_person_keeps_the_name_when_an_earlier_account_turns_up() -> None:
    """An account that sorts before all others does not rename somebody who was affected."""
    case = Case()
    before = case.determine([[0], [1, 2]], affected=[1])
    after = case.determine([[0, 1, 2]])
    assert after[0] == after[1] == before[1]
    assert case.moved.is_empty(), "nobody who was ever affected has gone"


def test_who_is_affected_no_more_is_dropped_unless_merged() -> None:
    """Of three one stays, one is the same as another now, and one has no rows any more."""
    case = Case()
    case.determine([[0], [1], [2], [3]], affected=[0, 1, 2])
    case.determine([[0, 1], [2], [3]], affected=[0, 3])
    assert case.dropped == 1


def test_of_two_that_are_one_the_earlier_affected_survives() -> None:
    """The name of whoever was affected first is kept, and the other is recorded as merged."""
    case = Case()
    case.determine([[0], [1]], affected=[1])
    before = case.determine([[0], [1]], affected=[0, 1])
    after = case.determine([[0, 1]])
    assert after[0] == before[1]
    assert case.moved.rows() == [(before[0], before[1], "merged")]


def test_of_a_parted_person_the_part_with_the_name_giver_keeps_the_name() -> None:
    """The other part gets a name of its own, and is recorded as split from the first."""
    case = Case()
    before = case.determine([[0, 1, 2]])
    after = case.determine([[0], [1, 2]])
    assert after[0] == before[0]
    assert after[1] == after[2] == natural(PLACES[1])
    assert case.moved.rows() == [(before[0], after[1], "split")]


def test_a_name_does_not_leave_with_the_account_that_gave_it() -> None:
    """When the name-giver's account is closed, the rest of the person keeps the name."""
    case = Case()
    before = case.determine([[0, 1], [2]])
    after = case.determine([[1], [2]])
    assert after[1] == before[0]
    again = case.determine([[0], [1], [2]])
    assert again[0] == before[0], "the name returns to its giver"
    assert again[1] != before[0]


def test_who_was_parted_and_is_one_again_has_the_first_name() -> None:
    """Merging back gives the name that was there first."""
    case = Case()
    before = case.determine([[0, 1]])
    case.determine([[0], [1]])
    assert case.determine([[0, 1]])[1] == before[0]


FINDS = st.lists(
    st.tuples(
        st.lists(st.integers(0, 4), min_size=8, max_size=8),
        st.sets(st.integers(0, 7)),
        st.sets(st.integers(0, 7), max_size=3),
    ),
    min_size=2,
    max_size=5,
)
"""Runs one after the other: who is who, whose rows leaked, whose accounts are closed."""


@given(FINDS)
def test_nobody_who_was_affected_vanishes(
    runs: list[tuple[list[int], set[int], set[int]]],
) -> None:
    """Every id that was ever affected is borne, or recorded as merged, while an account is left.

    Ids are unique through any joins, partings and closed accounts.
    """
    case = Case()
    before: dict[int, str] = {}
    for labels, affected, gone in runs:
        groups: dict[int, list[int]] = {}
        for account, label in enumerate(labels):
            if account not in gone:
                groups.setdefault(label, []).append(account)
        ever = set(case.names["person_id"])
        found = case.determine(list(groups.values()), affected=sorted(affected))
        there = {i for a, i in before.items() if a in found and i in ever}
        merged = set(case.moved.filter(pl.col("change") == "merged")["earlier_id"])
        assert there <= set(found.values()) | merged
        before = found


def _now(one: dict[str, str], name: str) -> str:
    """Whoever is one with *name*, of several the last: the view ``linkage.former``."""
    while name in one:
        name = one[name]
    return name


APART = (
    ([0] * 8, {0}, set[int]()),
    ([1] * 3 + [0] * 5, {3}, set[int]()),
    ([0] * 8, set[int](), set[int]()),
)
"""Two who are one, are parted and one of them awarded, and are one again."""


@given(FINDS, st.lists(st.booleans(), min_size=5, max_size=5))
@example([*APART, ([0, 0, 0, 1, 0, 0, 0, 0], {0}, set())], [False, True, False, True, False])
@example(
    [*APART, ([0] * 8, set(), {3}), ([0, 0, 0, 1, 0, 0, 0, 0], {0}, set())],
    [False, True, False, False, True],
)
def test_nobody_is_awarded_twice_through_any_joins_and_partings(
    runs: list[tuple[list[int], set[int], set[int]]], awarding: list[bool]
) -> None:
    """Whoever is one with somebody awarded gets no other award; everybody else affected gets one.

    Awarded is as the stage does: who is affected, bears no awarded id, and has taken in nobody who
    does (the view ``linkage.former``). Awards once made are never taken back. Accounts may be
    closed and come back; who holds an award is said by those that are open.
    """
    case = Case()
    awards: dict[str, int] = {}  # id → the account that gave the name
    for (labels, affected, gone), award_now in zip(runs, awarding, strict=False):
        groups: dict[int, list[int]] = {}
        for account, label in enumerate(labels):
            if account not in gone:
                groups.setdefault(label, []).append(account)
        found = case.determine(list(groups.values()), affected=sorted(affected))
        hit = {found[account] for account in affected if account in found}
        taken_in = {_now(case.one, name) for name in awards if name in case.one}
        due = hit - awards.keys() - taken_in if award_now else set()
        givers = {natural(place): at for at, place in enumerate(PLACES)}
        for group in groups.values():
            names = {found[account] for account in group}
            held = [name for name, giver in awards.items() if giver in group]
            assert len(names) == 1
            assert not (held and names & due), "one who holds an award gets no other"
            if award_now and not held and names & hit:
                assert names & due or gone, "who is affected and holds none is not passed over"
        awards |= {name: givers[name] for name in due}
