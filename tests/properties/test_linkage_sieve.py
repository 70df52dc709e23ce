"""What is left of pairs at a glance are all that may weigh enough, whatever is compared."""

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from amends.linkage.canonical.normalise import COLUMNS
from amends.linkage.comparisons import Comparison, Condition, Level, Relation
from amends.linkage.compiled import sieve
from amends.linkage.weighing.blocking import Blocks, blocks_of
from amends.linkage.weighing.engine_amends import Prepared
from amends.linkage.weighing.frequencies import frequencies_of
from amends.linkage.weighing.learning import Model
from amends.linkage.weighing.probabilistic import ENGINES, train
from amends.linkage.weighing.records import Records
from made_records import dice, numbered, people_with_errors
from plain_conditions import distance, holds

OURS = ENGINES["amends"]
ENOUGH = 1.0
HAN = st.text("王李𠮷", min_size=3, max_size=3)
ASKED = [
    Condition(relation=Relation.SLIPS, column="address", limit=1),
    Condition(relation=Relation.SLIPS, column="address", limit=2),
    Condition(relation=Relation.BEGINS, column="address", limit=4),
    Condition(relation=Relation.BEGINS, column="address", limit=7),
    Condition(relation=Relation.FITS, column="address"),
    Condition(relation=Relation.CONTAINED, column="address"),
    Condition(relation=Relation.SHARING, column="address"),
]


def all_of(columns: dict[str, list[str]]) -> tuple[Records, Blocks]:
    """Records of these texts, all of one block, the first leaked."""
    count = len(next(iter(columns.values())))
    number = pl.int_range(count, dtype=pl.Int64, eager=True)
    frame = pl.DataFrame({**columns, "gender": ["m"] * count, "unit": number})
    empty = (pl.lit(None, kind).alias(c) for c, kind in COLUMNS.items() if c not in frame.columns)
    records = Records.of(
        frame.with_columns(*empty, leaked=pl.Series(number == 0), open=pl.lit(value=True))
    )
    return records, blocks_of(records, {"all": ("gender",)}, pairs_per_record=10**6)


def model_of(*conditions: Condition) -> Model:
    """A comparison for each of *conditions*; where all are met a pair weighs enough."""
    comparisons = tuple(
        Comparison(
            name=condition.relation,
            known=(condition.column,),
            levels=(Level(label="met", when=((condition,),), agrees_if_same=0.9),),
            else_if_same=0.1,
        )
        for condition in conditions
    )
    shares = np.array([0.9, 0.1]), np.array([0.1, 0.9])
    same, chance = ((one,) * len(comparisons) for one in shares)
    return Model(comparisons=comparisons, same=same, chance=chance, prior=0.5)


def met(columns: dict[str, list[str]], condition: Condition) -> None:
    """Pairs that our engine keeps are those that meet the condition in plain Python."""
    texts = columns[condition.column]
    records, blocks = all_of(columns)
    found = OURS.weigh(records, blocks, model_of(condition), {}, at_least_bits=ENOUGH)
    expected = [
        (i, j)
        for i in range(len(texts))
        for j in range(i + 1, len(texts))
        if holds(condition, {condition.column: texts[i]}, {condition.column: texts[j]})
    ]
    assert found.select("left", "right").rows() == expected


SIGNS = st.sampled_from(["12", "012345", "1* ", "a é", "王李*"])
TEXTS = SIGNS.flatmap(lambda few: st.text(few, min_size=1, max_size=12))


def slipped(text: str, at: int) -> list[str]:
    """*text* with a sign gone, one more, another one, and two in each other's place."""
    at = min(at, len(text) - 1)
    return [
        text[:at] + text[at + 1 :],
        text[:at] + "3" + text[at:],
        text[:at] + "3" + text[at + 1 :],
        text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :],
    ]


@pytest.mark.parametrize("asked", ASKED, ids=lambda c: f"{c.relation} {c.limit:.0f}")
@given(TEXTS, st.lists(TEXTS, max_size=4), st.integers(0, 12))
@budget(max_examples=25)
@example("12345678", [], 3)
@example("12345678", ["1234567*"], 4)
def test_who_meets_a_condition_is_not_left_out(
    asked: Condition, text: str, others: list[str], at: int
) -> None:
    """Texts that slipped, are masked, cut, or parted, are compared with all others."""
    once, more = slipped(text, at), slipped(text, at + 4)
    texts = [text, *once, *more, *others, text[:7], text[::-1], f"{text} {text[:3]}"]
    assert any(distance(text.encode(), other.encode()) == 1 for other in once)
    met({"address": [one or "0" for one in texts]}, asked)


@given(st.lists(HAN, min_size=2, max_size=9))
@budget(max_examples=40)
def test_two_of_three_signs_are_seen(names: list[str]) -> None:
    """Also where the first or the last differs, and where a sign has four octets."""
    records, blocks = all_of({"name": names})
    condition = Condition(relation=Relation.TWO_OF_THREE, column="han_three")
    model = model_of(condition)
    found = OURS.weigh(records, blocks, model, {}, at_least_bits=ENOUGH)
    expected = [
        (i, j)
        for i in range(len(names))
        for j in range(i + 1, len(names))
        if sum(map(str.__eq__, names[i], names[j])) > 1
    ]
    assert found.select("left", "right").rows() == expected


@pytest.mark.parametrize("least", [-5.0, 0.0, 5.0, 12.0, 20.0])
def test_a_limit_leaves_out_no_pair_of_as_many_bits(least: float) -> None:
    """With all comparisons, and rare values that weigh more."""
    made = Records.of(numbered(people_with_errors(dice(9), 150), leaked=120))
    blocks = blocks_of(made).unasked()
    model = train(made, blocks, OURS)
    rated = frequencies_of(made, model)
    every = OURS.weigh(made, blocks, model, rated, at_least_bits=-99.0)
    some = OURS.weigh(made, blocks, model, rated, at_least_bits=least)
    assert 0 < some.height < every.height
    assert some.equals(every.filter(pl.col("bits") >= least))


def test_most_of_those_who_differ_are_seen_to_at_a_glance() -> None:
    """Numbers of which neither end is the same are left; equal ones, and one slip, are not."""
    numbers = ["13912345678", "13987654321", "13912345687", "15512345678", "13912345678"]
    records, _ = all_of({"device": numbers})
    condition = Condition(relation=Relation.SLIPS, column="device", limit=1)
    model = model_of(condition)
    prepared = Prepared(records, np.arange(len(numbers), dtype=np.int32), model.comparisons)
    others = np.arange(1, len(numbers), dtype=np.int32)
    pairs = np.zeros(len(others), dtype=np.int32), others
    count = sieve.sieved(
        prepared.fields, prepared.program, prepared.weights(model, {}), pairs, ENOUGH
    )
    assert pairs[1][:count].tolist() == [2, 3, 4]
