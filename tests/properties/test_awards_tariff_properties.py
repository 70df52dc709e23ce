"""Whatever a tariff says: nobody falls through, more leaked is never worth less, sums add up."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from amends.awards.assessing import assess, assess_groups
from amends.awards.model import Group, TariffError
from amends.awards.rules import sum_of, with_amounts
from amends.kernel.categories import CATEGORIES
from amends.kernel.money import Money
from amends.kernel.tariff import Scenario, Tariff, TariffKind
from amends.kernel.tarifffile import preset, preset_names
from amends.kernel.tariffgaps import ELSEWHERE, uncovered
from amends.kernel.text import Text

TITLE = Text(zh="测", en="test")
CODES = ("NAME", "PHONE", "IDNO", "ORDER", "HEALTH", "A_COLUMN_OF_THEIR_OWN")
SETS = st.frozensets(st.sampled_from(CODES), min_size=1)
LAWS = st.frozensets(st.sampled_from(("CN", "DE")))
PRESETS = st.sampled_from(preset_names()).map(preset)


@st.composite
def scenarios(draw: st.DrawFn) -> list[Scenario]:
    """Some scenarios with conditions of every kind, perhaps with gaps."""
    return [
        Scenario(
            id=f"s{number}",
            title=TITLE,
            amount=Money(amount_minor=draw(st.integers(1, 10**6)), currency="CNY"),
            all_of=draw(st.frozensets(st.sampled_from(CODES[:4]), max_size=2)),
            any_of=draw(st.frozensets(st.sampled_from(CODES[:5]), max_size=2)),
            jurisdictions=draw(LAWS),
        )
        for number in range(draw(st.integers(1, 5)))
    ]


def tariff_of(found: list[Scenario]) -> Tariff:
    """A tariff of these scenarios."""
    base = found[0].amount
    return Tariff(
        id="t",
        version="1",
        kind=TariffKind.FLAT,
        title=TITLE,
        base=base,
        scenarios=tuple(found),
        text="{}",
    )


@given(scenarios(), SETS, LAWS)
def test_a_tariff_without_a_gap_gives_everybody_something(
    found: list[Scenario], leaked: frozenset[str], laws: frozenset[str]
) -> None:
    """The check of single categories is enough for every set of them, under any laws."""
    tariff = tariff_of(found)
    laws = laws or frozenset({ELSEWHERE})
    if uncovered(tariff) is None:
        best = assess(tariff, Group(categories=leaked, jurisdictions=laws))
        assert best.amount == max(scenario.amount for scenario in best.apply)
        return
    missed = 0
    for code in (*CATEGORIES, "-"):
        for law in ("CN", "DE", ELSEWHERE):
            group = Group(categories=frozenset({code}), jurisdictions=frozenset({law}))
            try:
                assess(tariff, group)
            except TariffError:
                missed += 1
    assert missed


@given(PRESETS, SETS, SETS, st.sampled_from(("child", "older", "unknown")))
def test_more_leaked_is_never_worth_less_and_nothing_is_added_up(
    tariff: Tariff, some: frozenset[str], more: frozenset[str], age: str
) -> None:
    """The amount of a union is at least that of each part, and is an amount of the tariff."""
    parts = [assess(tariff, Group(categories=each, age=age)).amount for each in (some, more)]
    both = assess(tariff, Group(categories=some | more, age=age)).amount
    assert both >= max(parts)
    assert both in tariff.amounts


@given(PRESETS, st.lists(SETS, min_size=1, max_size=40))
def test_the_sum_over_groups_is_the_sum_over_people(
    tariff: Tariff, people: list[frozenset[str]]
) -> None:
    """Counting by groups, and each person by itself, come to the same fen."""
    texts = [";".join(sorted(leaked)) for leaked in people]
    groups = (
        pl.DataFrame({"categories": texts})
        .group_by("categories")
        .agg(pl.len().cast(pl.Int64).alias("people"))
        .sort("categories")
        .with_row_index("group_no", offset=1)
        .with_columns(jurisdictions=pl.lit(""), age=pl.lit("unknown"), tranche=1)
    )
    assessed = assess_groups(tariff, groups)
    place = {text: number for number, text in enumerate(groups["categories"], 1)}
    each = pl.DataFrame(
        {"person_id": range(len(texts)), "group_no": [place[text] for text in texts]}
    )
    written = with_amounts(each, assessed, before=0)
    alone = [assess(tariff, Group(categories=one, age="unknown")).amount for one in people]
    assert written["amount_minor"].to_list() == [money.amount_minor for money in alone]
    assert sum_of(assessed) == sum(money.amount_minor for money in alone)
