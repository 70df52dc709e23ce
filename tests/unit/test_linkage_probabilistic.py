import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from splink import SettingsCreator

from amends.linkage import settings
from amends.linkage.canonical.normalise import FIELDS, normalise
from amends.linkage.weighing import engine_splink
from amends.linkage.weighing.blocking import Blocks, blocks_of
from amends.linkage.weighing.frequencies import frequencies_of, others_with
from amends.linkage.weighing.learning import PAIRS, Model, share_of_pairs
from amends.linkage.weighing.probabilistic import ENGINES, Engine, as_splink, train
from amends.linkage.weighing.records import Records


def records(*rows: dict[str, str], leaked: int = 0) -> Records:
    """Records for comparison, the last *leaked* of them from a leaked file."""
    frame = normalise(pl.DataFrame(rows, schema=dict.fromkeys(FIELDS, pl.String)))
    number = pl.int_range(pl.len(), dtype=pl.Int64)
    return Records.of(
        frame.with_columns(
            number.alias("unit"),
            (number >= len(rows) - leaked).alias("leaked"),
            pl.lit(value=True).alias("open"),
        )
    )


def people(count: int) -> list[dict[str, str]]:
    """Different people."""
    return [
        {"name": f"given{i % 7} surname{i}", "birth": f"19{i % 90 + 10}-03-{i % 27 + 1:02d}"}
        for i in range(count)
    ]


OURS, SPLINK = ENGINES["amends"], ENGINES["splink"]


def weigh(table: Records, blocks: Blocks, model: Model, *, at_least_bits: float) -> pl.DataFrame:
    """What our engine finds."""
    rated = frequencies_of(table, model)
    return OURS.weigh(table, blocks, model, rated, at_least_bits=at_least_bits)


def test_a_record_of_the_same_person_outweighs_everybody_else() -> None:
    """The same name and day weigh more than anything else that the case holds."""
    table = records(*people(60), *people(60)[:20], leaked=20)
    blocks = blocks_of(table)
    pairs = weigh(table, blocks, train(table, blocks, OURS), at_least_bits=0.0)
    best = (
        pairs.filter(pl.col("right") >= 60)
        .sort("bits", descending=True)
        .unique("right", keep="first")
    )
    assert (best["right"] - best["left"]).to_list() == [60] * 20


def test_leaked_records_are_not_compared_with_each_other() -> None:
    """No pair of two leaked records is made."""
    table = records(*people(10), *people(5), *people(5), leaked=10)
    blocks = blocks_of(table)
    pairs = weigh(table, blocks, train(table, blocks, OURS), at_least_bits=-99.0)
    assert pairs.filter(pl.col("left") >= 10).is_empty()


@pytest.mark.parametrize("engine", [OURS, SPLINK], ids=lambda engine: engine.name)
def test_records_that_share_blocks_and_meet_nobody_are_weighed_as_nothing(engine: Engine) -> None:
    """Where all records of every block are of one unit, there are no pairs."""
    table = records(*people(10), *people(10), leaked=10)
    blocks = blocks_of(table)
    model = train(table, blocks, OURS)
    alone = replace(table, unit=np.zeros_like(table.unit))
    pairs = engine.weigh(alone, blocks, model, frequencies_of(alone, model), at_least_bits=-99.0)
    assert pairs.equals(pl.DataFrame(schema=PAIRS))


def test_the_same_records_give_the_same_weights() -> None:
    """Training and weighing draw nothing: twice the same, to the last digit."""
    table = records(*people(50), *people(50)[::2], leaked=25)
    blocks = blocks_of(table)
    one, other = (
        weigh(table, blocks, train(table, blocks, OURS), at_least_bits=0.0) for _ in range(2)
    )
    assert one.equals(other)


def test_rules_may_be_weighed_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few records Splink gets at once, pairs and weights are the same."""
    table = records(*people(50), *people(50)[::2], leaked=25)
    blocks = blocks_of(table)
    model = train(table, blocks, OURS)
    rated = frequencies_of(table, model)
    whole = SPLINK.weigh(table, blocks, model, rated, at_least_bits=-9.0)
    monkeypatch.setattr(engine_splink, "RECORDS_AT_ONCE", 1)
    assert SPLINK.weigh(table, blocks, model, rated, at_least_bits=-9.0).equals(whole)


def test_a_level_that_never_occurs_is_no_end_of_training() -> None:
    """Where nobody agrees on anything the prior and the floor hold."""
    table = records(*({"name": f"a{i} b{i}", "gender": "m"} for i in range(12)))
    model = train(table, blocks_of(table), OURS)
    for shares in (*model.same, *model.chance):
        assert np.all(shares > 0)
        assert shares.sum() == pytest.approx(1.0, abs=1e-3)


def test_a_common_value_makes_no_candidates() -> None:
    """A block that makes more pairs than it may is left out, whatever the budget."""
    many = records(*[{"postcode": "100000"}] * 500)
    assert blocks_of(many).rules == ()


def test_a_rule_that_makes_the_blocks_of_an_earlier_one_is_left_out() -> None:
    """All pairs of the later rule are the earlier's; with one block of its own it is whole."""
    each = [{"name": f"given surname{i}", "birth": f"19{i + 10}-03-04"} for i in range(20)]
    rules = {"name": ("name",), "birth": ("birth",), "both": ("name", "birth")}
    blocks = blocks_of(records(*each, *each, leaked=20), rules)
    assert blocks.rules == ("name",)
    assert len(blocks.members) == len(blocks.keys) == len(blocks.pairs) == 1
    assert blocks.pairs_made == 20
    one = {"name": "somebody else", "birth": each[0]["birth"]}
    blocks = blocks_of(records(*each, one, *each, leaked=20), rules)
    assert blocks.rules == ("name", "birth")
    assert [int(pairs.sum()) for pairs in blocks.pairs] == [20, 22]


def test_the_model_is_a_splink_settings_file() -> None:
    """What was learnt can be written down and read by Splink elsewhere."""
    table = records(*people(30), *people(10), leaked=10)
    model = train(table, blocks_of(table), OURS)
    written = json.loads(json.dumps(as_splink(model)))
    read = SettingsCreator.from_path_or_dict(written).get_settings("duckdb")
    assert {c.output_column_name for c in read.comparisons} == {"birth", "name"}
    assert json.loads(json.dumps(settings.recorded("amends")))["engine"].startswith("amends")


def test_a_value_of_one_person_only_is_as_rare_as_its_column_says() -> None:
    """Where values are hardly ever shared, one that nobody shares is rarer than half a record."""
    twice, twice_too, once = others_with(np.array([50, 50, 1]), 2.0).tolist()
    assert twice == twice_too == pytest.approx(48 / 101)
    assert once == pytest.approx(settings.HALF / 101)
    unique = others_with(np.ones(100, dtype=np.int64), 2.0)
    assert unique.max() == pytest.approx(settings.LEAST_SHARED / 100)


def test_the_share_of_same_pairs_is_what_the_weights_give() -> None:
    """Ten sure pairs among a million are ten in a million."""
    bits = np.array([60.0] * 10 + [-60.0] * 100)
    assert share_of_pairs(bits, np.ones(110), 1e6) == pytest.approx(1e-5, rel=1e-3)
