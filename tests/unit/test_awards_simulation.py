"""What a tariff would cost is computed from groups, adds up, and is told without a person."""

from pathlib import Path

import polars as pl
import pytest
from defusedxml.ElementTree import parse

from amends.awards.chart import draw
from amends.awards.simulating import Simulated, UnknownTariffError, tariff_named
from amends.awards.simulation import Error, Simulation, simulate
from amends.awards.simulation_json import as_json
from amends.awards.simulation_words import sheets
from amends.kernel.casefile import parse_case_file
from amends.kernel.errors import CaseFileError
from amends.kernel.money import Money
from amends.kernel.saying import LANGUAGES
from amends.kernel.tarifffile import preset
from made_cases import MINIMAL_CASE

FUNDING = Money.parse("CNY 1000000.00")
STATED: dict[str, object] = {
    "estimates": {
        "model": {
            "precision": {"estimate": 0.99, "low": 0.98, "high": 1.0},
            "recall": {"estimate": 0.9, "low": 0.8, "high": 1.0},
            "people": {"estimate": 1100, "low": 1000, "high": 1200},
        }
    },
    "undecided": {"people": 50, "expected_affected": 40.0, "paid": 0},
}


def groups(**people: int) -> pl.DataFrame:
    """Groups by what leaked (``_`` between): how many people are in each."""
    return pl.DataFrame(
        {
            "categories": [name.replace("_", ";") for name in people],
            "jurisdictions": ["CN"] * len(people),
            "age": [""] * len(people),
            "tranche": [1] * len(people),
            "people": list(people.values()),
        }
    )


THOUSAND = groups(NAME_PHONE=700, IDNO_NAME=285, NAME_ORDER_PHONE=10, NAME_PWD=5)


def simulated(
    funding: Money | None = FUNDING, stated: dict[str, object] | None = None
) -> Simulation:
    """A thousand people by the factors of scenarios: 820, 1,230, 1,640 and 2,460 yuan."""
    return simulate(
        "scenario-factors",
        preset("scenario-factors"),
        THOUSAND,
        funding=funding,
        stated=stated or {},
    )


def several(*simulations: Simulation) -> Simulated:
    """Simulations side by side."""
    return Simulated(
        simulations=simulations, run_no=1, people=1000, awarded=0, stated=True, proved=False
    )


def test_people_and_costs_by_amount_add_up_to_the_total() -> None:
    """Each person counts once, at the best scenario; amounts and scenarios give one sum."""
    found = simulated()
    assert {str(share.amount): share.people for share in found.amounts} == {
        "CNY 820.00": 700,
        "CNY 1230.00": 10,
        "CNY 1640.00": 285,
        "CNY 2460.00": 5,
    }
    assert found.total == Money.parse("CNY 1066000.00")
    for shares in (found.amounts, found.scenarios):
        assert sum(share.cost.amount_minor for share in shares) == found.total.amount_minor
        assert sum(share.people for share in shares) == found.people == 1000
    assert found.mean == Money.parse("CNY 1066.00")
    assert [str(money) for money in found.quantiles.values()] == [
        *["CNY 820.00"] * 3,
        *["CNY 1640.00"] * 2,
    ]


def test_the_ends_are_groups_in_words_and_small_ones_have_no_number() -> None:
    """The most is paid to five people, of whom only what leaked is told."""
    found = simulated()
    assert [paid.people for paid in found.most] == [5]
    assert [paid.people for paid in found.least] == [700]
    extremes = sheets(several(found), "en")[2]
    assert extremes.rows == (
        ("most", "CNY 2,460.00", "fewer than 20", "name, password"),
        ("least", "CNY 820.00", "700", "name, mobile number"),
    )
    told = as_json(several(found))["tariffs"]
    assert isinstance(told, list)
    assert told[0]["most_paid"][0]["people"] is None
    assert told[0]["least_paid"][0]["people"] == 700


def test_short_funding_is_shared_pro_rata_and_never_more_than_is_there() -> None:
    """What is missing is named, and what each amount would shrink to."""
    found = simulated().funding
    assert found is not None
    assert not found.covered
    assert found.short == Money.parse("CNY 66000.00")
    assert found.pro_rata[0] == Money.parse("CNY 769.23")
    people = {0: 700, 1: 10, 2: 285, 3: 5}
    shared = sum(found.pro_rata[number].amount_minor * count for number, count in people.items())
    assert 0 <= FUNDING.amount_minor - shared < 1000
    rich = simulated(Money.parse("CNY 2132000.00")).funding
    assert rich is not None
    assert rich.covered
    assert rich.more_people == 1000


@pytest.mark.parametrize("funding", [None, Money.parse("EUR 1000000.00")])
def test_funding_that_is_not_there_or_in_another_currency_is_not_compared(
    funding: Money | None,
) -> None:
    """Nothing is said to be covered."""
    found = simulated(funding)
    assert found.funding is None
    assert all(find.covered is None for find in found.later)


def test_the_stated_error_is_money() -> None:
    """The interval of the count, wrong and missed people, and those who wait, at the mean."""
    errors = {cost.error: cost for cost in simulated(stated=STATED).errors}
    assert errors[Error.COUNT].money.estimate == 1100 * 106_600
    assert errors[Error.COUNT].money.high == 1200 * 106_600
    wrong = errors[Error.WRONG].people
    assert (wrong.low, wrong.estimate, wrong.high) == (0, 10, 20)
    missed = errors[Error.MISSED].people
    assert (missed.low, missed.estimate, missed.high) == (0, 110, 250)
    waiting = errors[Error.WAITING].people
    assert (waiting.low, waiting.estimate, waiting.high) == (0, 40, 50)
    assert simulated().errors == ()


def test_later_finds_cost_the_mean_and_lie_between_the_ends_of_the_tariff() -> None:
    """A find of 10 % more people."""
    find = next(find for find in simulated().later if find.percent == 10)
    assert find.people == 100
    assert find.cost == Money.parse("CNY 106600.00")
    assert (find.least, find.most) == (
        Money.parse("CNY 82000.00"),
        Money.parse("CNY 246000.00"),
    )
    assert find.covered is False


def test_tariffs_stand_side_by_side_with_precedents_in_both_languages() -> None:
    """A row a tariff, and every precedent that one of them names."""
    court = simulate("court", preset("court"), THOUSAND, funding=FUNDING, stated=STATED)
    both = several(simulated(stated=STATED), court)
    first, *_, last = sheets(both, "en")
    assert [row[:2] for row in first.rows] == [
        ("scenario-factors", "CNY 1,066,000.00"),
        ("court", "CNY 1,000,000.00"),
    ]
    averages = "scenario-factors (CNY 1,066.00), court (CNY 1,000.00)"
    named = {row[0]: row[-1] for row in last.rows}
    assert (named["CN-1"], named["CN-2"]) == (averages, averages)  # whatever each says of it
    assert named["CN-3"] == "court (CNY 1,000.00)"
    chinese = sheets(both, "zh")
    assert chinese[0].heading == "各赔偿标准对照"
    assert "缺 CNY 66,000.00" in chinese[0].rows[0][-1]


def test_what_can_be_claimed_later_is_told_and_is_in_no_figure() -> None:
    """Each claim with its limits, and that nothing of it is awarded, promised or funded."""
    later = preset("base-loss-time")
    found = simulate("later", later, THOUSAND, funding=FUNDING, stated=STATED)
    assert found.total == later.base * 1000
    english, chinese = (sheets(several(found), language)[1].notes for language in LANGUAGES[::-1])
    assert english == (
        "Can be claimed later, with proof, on top: documented loss (at most CNY 142,000.00 each)",
        (
            "Can be claimed later, with proof, on top: time spent on the leak (at most 20 hours, "
            "CNY 177.50 an hour)"
        ),
        "Nothing of what can be claimed later is in these figures: none is granted.",
    )
    assert "处理泄露所花的时间（至多 20 小时、每小时 CNY 177.50）" in chinese[1]
    assert sheets(several(simulated()), "en")[1].notes == ()


def test_the_chart_is_text_and_the_same_each_time(tmp_path: Path) -> None:
    """An SVG whose texts can be read and searched, without a date in it."""
    files = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for file in files:
        draw([simulated(stated=STATED)], file, "en", form="svg")
    assert files[0].read_bytes() == files[1].read_bytes()
    texts = [element.text or "" for element in parse(files[0]).iter() if "text" in element.tag]
    assert "CNY 1,066,000.00" in texts
    assert "funding: CNY 1,000,000.00" in texts
    assert "700 (70.0%)" in texts


def test_without_a_chinese_font_the_chart_is_english_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No boxes in place of signs."""
    monkeypatch.setattr("matplotlib.font_manager.get_font_names", lambda: ["DejaVu Sans"])
    note = draw([simulated()], tmp_path / "chart.svg", "zh", form="svg")
    assert note is not None
    assert "No Chinese font" in note
    assert "funding" in (tmp_path / "chart.svg").read_text()


def test_a_tariff_is_named_by_preset_amount_or_file(tmp_path: Path) -> None:
    """``case``, ``flat:3000``, ``flat:CNY 3000.00``, and a file."""
    file = parse_case_file(MINIMAL_CASE)
    assert tariff_named("case", file) == file.tariff
    assert tariff_named("flat:3000", file).amounts == (Money.parse("CNY 3000.00"),)
    assert tariff_named("flat:CNY 3000.00", file) == tariff_named("flat:3000", file)
    assert tariff_named("court", file) == preset("court")
    with pytest.raises(CaseFileError, match="not there"):
        tariff_named(str(tmp_path / "own.toml"), file)


@pytest.mark.parametrize("name", ["generous", "flat:much", "flat:0", "flat:3000.001", "flat:-5"])
def test_a_tariff_that_is_none_is_refused(name: str) -> None:
    """What can be named is said."""
    with pytest.raises(UnknownTariffError):
        tariff_named(name, parse_case_file(MINIMAL_CASE))
