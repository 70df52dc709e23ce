"""Blocks are those of records that agree; what is left of a mobile is the same, whole or masked."""

import polars as pl
import pytest

from amends.linkage.settings import BLOCKS
from amends.linkage.weighing.blocking import blocks_of, derive
from amends.linkage.weighing.records import Records
from made_records import dice, numbered, people_with_errors

Group = frozenset[int]


def agreeing(table: pl.DataFrame, rule: str) -> set[Group]:
    """The records that agree on all columns of *rule*, wherever two of them may be compared."""
    parts = BLOCKS[rule]
    groups = (
        pl.concat(
            [table, derive(table, parts).select(pl.all().name.prefix("of_"))], how="horizontal"
        )
        .drop_nulls([f"of_{part}" for part in parts])
        .group_by([f"of_{part}" for part in parts])
        .agg("record", "leaked", "open")
        .rows(named=True)
    )
    return {
        frozenset(group["record"])
        for group in groups
        if any(group["open"]) and len(group["record"]) > 1 and not all(group["leaked"])
    }


@pytest.mark.parametrize("seed", range(3))
def test_blocks_are_those_of_records_that_agree(seed: int) -> None:
    """A rule's blocks are the groups of its columns in which a pair may be made; or made before."""
    rows = [
        {**row, "phone": row["phone"][:3] + "*" * 4 + row["phone"][7:]}
        if at % 5 == 0 and len(row.get("phone", "")) == 11
        else row
        for at, row in enumerate(people_with_errors(dice(seed), 150))
    ]
    table = numbered(rows, leaked=40).with_columns(
        (pl.col("leaked") | (pl.col("record") % 4 == 0)).alias("open")
    )
    blocks = blocks_of(Records.of(table), pairs_per_record=10**6)
    made: list[set[Group]] = []
    for (places, number), keys, pairs in zip(
        blocks.members, blocks.keys, blocks.pairs, strict=True
    ):
        records = pl.DataFrame({"record": blocks.records[places], "number": number})
        assert records["record"].is_sorted()
        assert sorted(records["number"].unique()) == list(range(1, len(keys)))
        assert keys[1:].all()
        assert (pairs[1:] > 0).all()
        made.append({frozenset(own) for own in records.group_by("number").agg("record")["record"]})
    for rule in BLOCKS:
        own = agreeing(table, rule)
        if rule in blocks.rules:
            assert own == made[blocks.rules.index(rule)]
        else:
            assert not own or own in made
    assert len(blocks.rules) > 20


def test_what_is_left_of_a_mobile_is_the_same_whole_or_masked() -> None:
    """Zeros in front of what ends it stay; what a mask hides is nothing."""
    table = numbered([{"phone": "13800012345"}, {"phone": "138****2345"}], leaked=1)
    left = derive(table, ["phone_text", "phone_head", "phone_tail", "phone_ends"])
    assert left.rows() == [
        ("13800012345", "1380001", "0012345", "1382345"),
        (None, None, None, "1382345"),
    ]
