"""The compiled kernel against the same comparisons in plain Python, on records full of errors."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from amends.linkage import settings
from amends.linkage.comparisons import COMPARISONS, Comparison, Condition, Relation
from amends.linkage.weighing import engine_amends
from amends.linkage.weighing.blocking import Blocks, blocks_of, derive
from amends.linkage.weighing.frequencies import frequencies_of, table_of
from amends.linkage.weighing.learning import Model
from amends.linkage.weighing.probabilistic import ENGINES, train
from amends.linkage.weighing.records import Records
from made_records import dice, numbered, people_with_errors
from plain_conditions import Record, distance, holds

OURS = ENGINES["amends"]


def level_of(comparison: Comparison, left: Record, right: Record) -> int:
    """The first level that holds, counted from 0; else; and after it: missing."""
    if all(left[column] is None or right[column] is None for column in comparison.known):
        return len(comparison.levels) + 1
    for place, level in enumerate(comparison.levels):
        if any(all(holds(c, left, right) for c in every) for every in level.when):
            return place
    return len(comparison.levels)


def compared(table: pl.DataFrame) -> list[Record]:
    """*table* with every column that is compared."""
    columns = {
        *(c.column for x in COMPARISONS for y in x.levels for every in y.when for c in every),
        *(column for x in COMPARISONS for column in x.known),
        *(y.frequency_of for x in COMPARISONS for y in x.levels if y.frequency_of),
    }
    return derive(table, sorted(columns)).to_dicts()


def meeting(table: pl.DataFrame, blocks: Blocks) -> set[tuple[int, int]]:
    """The pairs that share a block, with a witness where its rule asks for one, and may be made."""
    facts = table.select("leaked", "open", "unit").rows()
    each = zip(*(blocks.of_each(own).tolist() for own in blocks.members), strict=True)
    ids = dict(zip(blocks.records.tolist(), each, strict=True))
    said = dict(zip(blocks.records.tolist(), blocks.witnesses.tolist(), strict=True))

    def together(one: int, other: int) -> bool:
        return any(
            a == b != 0
            and (
                not asked.any()
                or any(said[one][at] == said[other][at] != 0 for at in np.flatnonzero(asked))
            )
            for a, b, asked in zip(ids[one], ids[other], blocks.asked, strict=True)
        )

    return {
        (one, other)
        for one, other in combinations(sorted(ids), 2)
        if together(one, other)
        and not (facts[one][0] and facts[other][0])
        and (facts[one][1] or facts[other][1])
        and facts[one][2] != facts[other][2]
    }


def bits_of(model: Model, rated: dict[str, dict[str, float]], left: Record, right: Record) -> float:
    """The evidence of a pair."""
    total = 0.0
    for c, comparison in enumerate(model.comparisons):
        place = level_of(comparison, left, right)
        if place > len(comparison.levels):
            continue
        chance = float(model.chance[c][place])
        level = comparison.levels[place] if place < len(comparison.levels) else None
        if level is not None and level.frequency_of is not None:
            column = level.frequency_of
            shares = rated[column]
            chance = max(
                shares.get(left[column], 1.0),
                shares.get(right[column], 1.0),
                settings.FREQUENCY_FLOOR,
            )
        total += float(np.log2(model.same[c][place]) - np.log2(chance))
    return total


def damaged(count: int, seed: int) -> pl.DataFrame:
    """People and copies of them, of which half are leaked; every third has no national number."""
    throw = dice(seed)
    rows = people_with_errors(throw, count)
    table = numbered(rows, leaked=throw.randrange(count, 2 * count))
    return table.with_columns(
        pl.when("leaked").then(pl.col("record")).otherwise(pl.col("record") // 2).alias("unit"),
        (pl.col("leaked") | (pl.col("record") // 2 % 3 > 0)).alias("open"),
    )


@given(st.integers(0, 10**6), st.integers(8, 24))
@budget(max_examples=12)
@example(1, 24)
def test_pairs_levels_and_bits_are_those_of_plain_python(seed: int, count: int) -> None:
    """The kernel makes the pairs that blocks say, and weighs each as written down."""
    table = damaged(count, seed)
    made = Records.of(table)
    blocks = blocks_of(made)
    model = train(made, blocks, OURS)
    frequencies = frequencies_of(made, model)
    rated = {
        c: {str(value): share for value, share in table_of(made, c, shares).iter_rows()}
        for c, shares in frequencies.items()
    }
    records = compared(table)
    found = OURS.weigh(made, blocks, model, frequencies, at_least_bits=-1e9)
    assert set(found.select("left", "right").rows()) == meeting(table, blocks)
    assert found.height == len(meeting(table, blocks))
    for left, right, bits in found.iter_rows():
        assert bits == pytest.approx(bits_of(model, rated, records[left], records[right]), abs=1e-5)
    counted = OURS.patterns(made, blocks, model.comparisons)
    expected: dict[tuple[int, ...], int] = {}
    for left, right in meeting(table, blocks):
        levels = tuple(
            -1 if (x := level_of(c, records[left], records[right])) > len(c.levels) else x
            for c in model.comparisons
        )
        expected[levels] = expected.get(levels, 0) + 1
    seen: dict[tuple[int, ...], int] = {}
    for at, n in enumerate(counted.n.tolist()):
        pattern = tuple(int(x[at]) for x in counted.level)
        seen[pattern] = seen.get(pattern, 0) + int(n)
    assert seen == expected


TEXT = st.text("ab1*_%!é 王", max_size=7)
HAN = st.text("王李𠮷", min_size=3, max_size=3)


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=30))
@budget(max_examples=80)
@example([("a%c", "a*c"), ("a_c", "abc"), ("a!*", "a!b"), ("**", ""), ("a", "a*")])
@example([("abcde", "abcdefg"), ("ab*", "a*b"), ("王王王王", "王王")])
@example([("a b", "b a"), ("a", "a b c"), ("", " "), ("a  b", "c ")])
def test_masked_cut_and_parted_texts_mean_the_same_to_all(pairs: list[tuple[str, str]]) -> None:
    """A mask, a beginning or a part holds in the kernel, in Splink's SQL and in Python alike."""
    from amends.linkage.compiled import likeness  # noqa: PLC0415

    conditions = (
        Condition(relation=Relation.FITS, column="x"),
        Condition(relation=Relation.BEGINS, column="x", limit=3),
        Condition(relation=Relation.CONTAINED, column="x"),
        Condition(relation=Relation.SHARING, column="x"),
    )
    for one, other in pairs:
        text = np.frombuffer((one + other).encode(), dtype=np.uint8)
        cut, end = len(one.encode()), len(text)
        kernel = (
            likeness.fits(text, 0, cut, cut, end) or likeness.fits(text, cut, end, 0, cut),
            likeness.begins(text, 0, cut, cut, end, 3),
            likeness.contained(text, 0, cut, cut, end)
            or likeness.contained(text, cut, end, 0, cut),
            likeness.sharing(text, 0, cut, cut, end),
        )
        python = tuple(holds(c, {"x": one}, {"x": other}) for c in conditions)
        assert kernel == in_sql(conditions, one, other) == python
        if kernel[3] and one != other:
            heads = likeness.heads_of(text, np.array([0, cut, end]))[:, likeness.SIGNS]
            assert likeness.may_part(*heads.astype(np.uint64))


@given(HAN, HAN)
@budget(max_examples=80)
def test_two_of_three_signs_mean_the_same_to_all(one: str, other: str) -> None:
    """Han signs of three and of four octets are told apart in the kernel, in SQL and in Python."""
    from amends.linkage.compiled import likeness  # noqa: PLC0415

    condition = Condition(relation=Relation.TWO_OF_THREE, column="x")
    text = np.frombuffer((one + other).encode(), dtype=np.uint8)
    cut = len(one.encode())
    kernel = likeness.two_of_three(text, 0, cut)
    assert (kernel,) == in_sql([condition], one, other)
    assert kernel == holds(condition, {"x": one}, {"x": other})
    ends = likeness.heads_of(text, np.array([0, cut, len(text)]))[:, likeness.ENDS]
    assert likeness.two_may_be_same(*ends) or not kernel


def in_sql(conditions: Sequence[Condition], one: str, other: str) -> tuple[bool, ...]:
    """What *conditions* say of two texts in Splink's SQL."""
    import duckdb  # noqa: PLC0415

    from amends.linkage.weighing.engine_splink import sql_of  # noqa: PLC0415

    asked = ", ".join(sql_of(condition) for condition in conditions)
    texts = "SELECT ? AS x_l, ? AS x_r"
    rows = duckdb.execute(f"SELECT {asked} FROM ({texts})", [one, other]).fetchall()  # noqa: S608 -- ours
    return tuple(rows[0])


@given(
    st.sampled_from(["12", "0123456789"]).flatmap(
        lambda few: st.lists(st.sampled_from(few), min_size=7, max_size=12)
    ),
    st.integers(0, 11),
    st.data(),
)
@budget(max_examples=300)
@example(list("121121121"), 3, None)
def test_heads_of_texts_never_refuse_what_the_whole_texts_allow(
    signs: list[str], at: int, data: st.DataObject | None
) -> None:
    """Texts of a slip or two are never told apart beforehand, nor those of one beginning."""
    from amends.linkage.compiled import likeness  # noqa: PLC0415

    one = "".join(signs)
    at = min(at, len(one) - 1)
    slipped = [
        one[:at] + one[at + 1 :],
        one[:at] + "3" + one[at:],
        one[:at] + "3" + one[at + 1 :],
        one[:at] + one[at + 1 : at + 2] + one[at] + one[at + 2 :],
    ]
    texts = [one, *slipped, one[: max(at, 4)]]
    more = "".join(data.draw(st.lists(st.sampled_from("12"), max_size=12))) if data else ""
    texts += [more, *(text[::-1].replace("12", "21", 1)[::-1] for text in slipped)]
    offsets = np.append(0, np.cumsum([len(text) for text in texts]))
    octets = np.frombuffer("".join(texts).encode(), dtype=np.uint8)
    heads = likeness.heads_of(octets, offsets)
    signs_, ends = heads[:, likeness.SIGNS], heads[:, likeness.ENDS]
    steps, each = heads[:, likeness.STEPS], likeness.STEPS_OF_A_SLIP
    for i in range(1, len(texts)):
        assert likeness.place(heads[i, likeness.PLACE]) == (offsets[i], offsets[i + 1])
        slipped_by = distance(one.encode(), texts[i].encode())
        refused = likeness.both_ends_differ(ends[0], ends[i], len(one), len(texts[i]))
        assert not refused or slipped_by > 1
        for most in (1, 2):
            may = likeness.may_slip(signs_[0], signs_[i], most, 1)
            may &= likeness.may_slip(steps[0], steps[i], most, each)
            assert may or slipped_by > most
        if len(texts[i]) >= 4 and one.startswith(texts[i]):
            assert not likeness.starts_differ(ends[0], ends[i])


def test_any_number_of_threads_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread, two or five: the same pairs, bits and patterns, to the last bit."""
    monkeypatch.setattr(settings, "PAIRS_AT_ONCE", 20)
    table = damaged(80, 5)
    made = Records.of(table)
    blocks = blocks_of(made)
    results = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(engine_amends, "processors", lambda n=threads: n)
        model = train(made, blocks, OURS)
        frequencies = frequencies_of(made, model)
        pairs = OURS.weigh(made, blocks, model, frequencies, at_least_bits=-60.0)
        patterns = OURS.patterns(made, blocks, model.comparisons)
        results.append((pairs, [s.tolist() for s in (*model.same, *model.chance)], patterns))
    (pairs, shares, patterns), *others = results
    assert pairs.height > 50
    for more, other_shares, other_patterns in others:
        assert more.equals(pairs)
        assert other_shares == shares
        assert other_patterns.n.tolist() == patterns.n.tolist()
        for mine, yours in zip(patterns.level, other_patterns.level, strict=True):
            assert mine.tolist() == yours.tolist()
