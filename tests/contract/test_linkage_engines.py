"""What every engine promises, and that both give the same: one suite for both."""

from collections import Counter

import numpy as np
import polars as pl
import pytest

from amends.linkage.settings import WITNESSES
from amends.linkage.weighing.blocking import Blocks, blocks_of, derive, sources
from amends.linkage.weighing.frequencies import frequencies_of
from amends.linkage.weighing.probabilistic import ENGINES, Engine, train
from amends.linkage.weighing.records import Records
from made_records import dice, numbered, people_with_errors


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    return ENGINES[request.param]


def test_pairs_are_those_that_may_be_made(engine: Engine) -> None:
    """No two leaked records, no two of a unit, no two with numbers; each pair once, in order."""
    rows = people_with_errors(dice(1), 40)
    table = numbered(rows, leaked=25).with_columns(
        pl.when("leaked").then(pl.col("record")).otherwise(pl.col("record") // 2).alias("unit"),
        (pl.col("leaked") | (pl.col("record") % 3 > 0)).alias("open"),
    )
    made = Records.of(table)
    blocks = blocks_of(made)
    model = train(made, blocks, engine)
    pairs = engine.weigh(made, blocks, model, frequencies_of(made, model), at_least_bits=-99.0)
    assert pairs.height > 100
    assert pairs.select("left", "right").equals(
        pairs.select("left", "right").unique().sort("left", "right")
    )
    one, other = (table[pairs[side]] for side in ("left", "right"))
    assert (pairs["left"] < pairs["right"]).all()
    assert not (one["leaked"] & other["leaked"]).any()
    assert (one["open"] | other["open"]).all()
    assert (one["unit"] != other["unit"]).all()


def test_a_limit_only_leaves_out(engine: Engine) -> None:
    """Pairs of enough bits are the same whatever is left out."""
    table = numbered(people_with_errors(dice(2), 60), leaked=30)
    made = Records.of(table)
    blocks = blocks_of(made)
    model = train(made, blocks, engine)
    rated = frequencies_of(made, model)
    every = engine.weigh(made, blocks, model, rated, at_least_bits=-99.0)
    some = engine.weigh(made, blocks, model, rated, at_least_bits=4.0)
    assert 0 < some.height < every.height
    assert some.equals(every.filter(pl.col("bits") >= 4.0))


def test_nothing_to_compare_is_no_pairs(engine: Engine) -> None:
    """Records that meet nobody give an empty table and no error."""
    table = numbered([{"name": f"a{i} b{i}"} for i in range(4)], leaked=0)
    made = Records.of(table)
    blocks = blocks_of(made)
    model = train(made, blocks, engine)
    pairs = engine.weigh(made, blocks, model, frequencies_of(made, model), at_least_bits=-99.0)
    assert pairs.is_empty()
    assert pairs.columns == ["left", "right", "bits"]


def test_a_loose_rule_asks_for_a_witness(engine: Engine) -> None:
    """Who shares a day of birth alone is not weighed; another column that agrees is enough."""
    crowd = [{"name": f"a{i} b{i}", "email": f"c{i}@d.test", "birth": "1950-05-05"} for i in "pqrs"]
    rows = [
        {"name": "liz smith", "email": "lizsmith@one.test", "birth": "1970-02-03"},
        {"name": "jon lee", "email": "leejon@two.test", "birth": "1970-02-03"},
        {"name": "e smythe", "email": "lizsmiht@one.test", "birth": "1970-02-03"},
        *crowd,
    ]
    made = Records.of(numbered(rows, leaked=0))
    blocks = blocks_of(made)
    model = train(made, blocks, engine)
    pairs = engine.weigh(made, blocks, model, frequencies_of(made, model), at_least_bits=-99.0)
    found = pairs.filter(pl.col("left") < 3).select("left", "right").rows()
    assert found == [(0, 2)], "liz and e, whose addresses begin alike"


def test_witnesses_agree_where_columns_do() -> None:
    """Eight bits of a column are alike where it is, and 0 where it says nothing."""
    made = Records.of(numbered(people_with_errors(dice(7), 80), leaked=40))
    blocks = blocks_of(made)
    columns = [c for c in WITNESSES if not all(made.empty(of) for of in sources(c))]
    assert blocks.witnesses.shape[1] == len(columns)
    texts = derive(made.some(blocks.records).frame(), columns)
    for at, column in enumerate(columns):
        eight = pl.Series("eight", blocks.witnesses[:, at])
        assert ((eight == 0) == texts[column].is_null()).all()
        assert pl.DataFrame([texts[column], eight]).n_unique() == texts[column].n_unique()


@pytest.mark.parametrize("seed", [3, 4])
def test_both_engines_say_the_same(seed: int) -> None:
    """The same levels of every pair, so the same model; and the same bits, rare values included."""
    table = numbered(people_with_errors(dice(seed), 120), leaked=70)
    made = Records.of(table)
    blocks = blocks_of(made)
    ours, theirs = (train(made, blocks, ENGINES[name]) for name in ("amends", "splink"))
    for mine, yours in zip(ours.same + ours.chance, theirs.same + theirs.chance, strict=True):
        assert np.allclose(mine, yours, rtol=1e-9)
    assert ours.prior == pytest.approx(theirs.prior)
    rated = frequencies_of(made, ours)
    one, other = (
        ENGINES[name].weigh(made, blocks, ours, rated, at_least_bits=-99.0)
        for name in ("amends", "splink")
    )
    assert one.height > 300
    assert one.select("left", "right").equals(other.select("left", "right"))
    assert np.allclose(one["bits"].to_numpy(), other["bits"].to_numpy(), atol=2e-6)


def test_samples_share_out_all_pairs(engine: Engine) -> None:
    """A pair is in one sample of so many, with all rules that make it, however many these are."""
    made = Records.of(numbered(people_with_errors(dice(7), 80), leaked=40))
    blocks = blocks_of(made)
    comparisons = train(made, blocks, engine).comparisons

    def counted(some: Blocks) -> Counter[tuple[object, ...]]:
        found = engine.patterns(made, some, comparisons)
        levels = (*(x.tolist() for x in found.level), *(x.tolist() for x in found.rules.values()))
        return Counter(dict(zip(zip(*levels, strict=True), found.n.tolist(), strict=True)))

    parts = [counted(blocks.sample(3, which)) for which in range(3)]
    assert all(parts)
    assert sum(parts, Counter()) == counted(blocks)


def test_records_that_may_forget_give_the_same_pairs(engine: Engine) -> None:
    """Whether records are spent or not: pairs and bits are the same, and units and sides stay."""
    table = numbered(people_with_errors(dice(5), 80), leaked=40).with_columns(
        pl.when("leaked").then(pl.col("record")).otherwise(pl.col("record") // 2).alias("unit"),
        (pl.col("leaked") | (pl.col("record") % 3 > 0)).alias("open"),
    )
    kept, spent = Records.of(table), Records.of(table)
    blocks = blocks_of(kept)
    model = train(kept, blocks, engine)
    rated = frequencies_of(kept, model)
    codes = {column: kept.codes(column).copy() for column in kept.values}
    one, other = (
        engine.weigh(made, blocks, model, rated, at_least_bits=-99.0, spend=made is spent)
        for made in (kept, spent)
    )
    assert one.height > 100
    assert one.equals(other)
    assert spent.unit.tolist() == kept.unit.tolist() == table["unit"].to_list()
    assert spent.sides.tolist() == kept.sides.tolist()
    assert set(kept.values) == set(codes)
    assert all(kept.codes(column).tolist() == codes[column].tolist() for column in codes)


def test_our_engine_lets_go_of_what_it_has_prepared() -> None:
    """Records that may forget do forget every column that was compared."""
    made = Records.of(numbered(people_with_errors(dice(6), 40), leaked=20))
    blocks = blocks_of(made)
    model = train(made, blocks, ENGINES["amends"])
    rated = frequencies_of(made, model)
    compared = {
        made_of for c in model.comparisons for column in c.known for made_of in sources(column)
    }
    assert compared <= set(made.values)
    ENGINES["amends"].weigh(made, blocks, model, rated, at_least_bits=0.0, spend=True)
    assert not compared & (set(made.values) | set(made.places))
