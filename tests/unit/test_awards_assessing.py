"""What a tariff gives to whom, and why in words."""

import struct
from datetime import UTC, date, datetime

import polars as pl
import pytest

from amends.awards.assessing import (
    age_band,
    assess,
    assess_groups,
    classes,
    group_of,
    steps,
)
from amends.awards.correcting import OWN
from amends.awards.model import Group, TariffError
from amends.awards.rows import COLUMNS, binary_rows
from amends.awards.rules import class_numbers, refuse_other_currency, with_classes
from amends.kernel.births import born, number_says
from amends.kernel.money import Money
from amends.kernel.saying import in_language
from amends.kernel.tariff import flat
from amends.kernel.tarifffile import preset

FACTORS = preset("scenario-factors")
TIERS = preset("tiers")


def amount(*categories: str, age: str = "") -> str:
    """What the factors give for these categories."""
    tariff = TIERS if age else FACTORS
    return str(assess(tariff, Group(categories=frozenset(categories), age=age)).amount)


def test_the_sum_of_a_person_is_the_largest_scenario_not_a_sum_over_fields() -> None:
    """Every further category can raise the scenario, and none is added on top."""
    assert amount("NAME") == amount("NAME", "EMAIL", "GENDER") == "CNY 820.00"
    assert amount("PHONE", "ORDER") == "CNY 1230.00"
    assert amount("EMAIL", "ORDER") == "CNY 820.00"
    assert amount("PHONE", "ORDER", "IDNO") == "CNY 1640.00"
    assert amount("PHONE", "ORDER", "IDNO", "PWDHASH", "FACE") == "CNY 2460.00"
    assert amount("A_COLUMN_OF_THEIR_OWN") == amount() == "CNY 820.00"


def test_a_child_gets_the_tier_of_children_unless_another_is_higher() -> None:
    """Age is a condition like any other; the unknown are no children."""
    assert amount("PHONE", age="child") == "CNY 480.00"
    assert amount("HEALTH", age="child") == "CNY 1680.00"
    assert amount("PHONE", age="unknown") == amount("PHONE", age="older") == "CNY 144.00"


def test_groups_are_assessed_with_class_and_scenario() -> None:
    """Classes number the amounts of the tariff, the smallest first, or as the case has them."""
    groups = pl.DataFrame(
        {
            "group_no": [1, 2],
            "categories": ["IDNO;NAME", "NAME"],
            "jurisdictions": "CN",
            "age": "",
            "tranche": 1,
            "people": [2, 3],
        }
    )
    assessed = assess_groups(FACTORS, groups).select("scenario", "class", "amount_minor")
    assert assessed.rows() == [("identity", 2, 164_000), ("contact", 0, 82_000)]
    numbers = class_numbers({0: Money.parse("CNY 1640.00")}, FACTORS)
    again = with_classes(assess_groups(FACTORS, groups), numbers)
    assert again["class"].to_list() == [0, OWN]


def test_what_was_awarded_before_keeps_its_class_and_currency() -> None:
    """The roster has one meaning of a class; a case has one currency."""
    assert (
        class_numbers({}, FACTORS) == class_numbers(classes(FACTORS), FACTORS) == classes(FACTORS)
    )
    refuse_other_currency([], FACTORS)
    with pytest.raises(TariffError, match="CNY, and people were awarded in USD"):
        refuse_other_currency(["USD"], FACTORS)


def test_the_steps_can_be_said_in_both_languages() -> None:
    """What leaked, what applies, that it is the largest and not the sum, what can come later."""
    group = Group(categories=frozenset({"PHONE", "IDNO"}), age="child")
    english = steps(TIERS, group)
    assert english[0] == "What leaked: identity number, mobile number"
    assert "under 14" in english[1]
    assert "largest of these, not their sum: CNY 480.00, by tariff tiers, version 1" in english[-1]
    chinese = [in_language(step, "zh") for step in steps(TIERS, group, "zh")]
    assert chinese[0] == "泄露的数据：身份证号、手机号"
    assert "不相加：CNY 480.00" in chinese[-1]
    later = steps(preset("base-loss-time"), Group(categories=frozenset({"NAME"})))
    assert later[-1] == "Can be claimed later, with proof: time spent on the leak"


def test_ages_are_counted_on_the_birthday_and_the_unknown_have_a_band() -> None:
    """13 until the day before the 14th birthday; a date in the future is not known."""
    days = pl.DataFrame({"born": [20121121, 20121122, 20131121, None, 20270101, 19000101]})
    bands = days.select(age_band(pl.col("born"), TIERS.ages, date(2026, 11, 21)).alias("age"))
    assert bands["age"].to_list() == ["older", "child", "child", "unknown", "unknown", "older"]
    none = days.select(age_band(pl.col("born"), (), date(2026, 11, 21)).alias("age"))
    assert set(none["age"]) == {""}


def test_a_date_of_birth_is_taken_from_the_number_before_what_products_were_told() -> None:
    """15 and 18 digits; a date that is none, or comes after the day, is not known."""
    accounts = pl.DataFrame(
        {
            "person_id": ["a", "a", "b", "c", "d", "e"],
            "idno": ["11010119900307123X", None, "110101900307123", "x", None, None],
            "birth": ["2001-01-01", "2001-01-01", None, "1999/2/3", "1999-13-01", "2030-01-01"],
        }
    )
    known = born(accounts, until=20261121).sort("person_id")
    assert known.rows() == [("a", 19900307), ("b", 19900307), ("c", 19990203)]
    assert pl.select(number_says(pl.lit("１１０１０１１９９００３０７１２３X"))).item() is None


def test_rows_go_out_as_postgresql_reads_them() -> None:
    """Number of fields, then width and value of each, big-endian; times count from 2000."""
    awards = pl.DataFrame(
        {
            "award_index": [7],
            "person_id": ["p" * 26],
            "class": [2],
            "amount_minor": [500_000],
            "currency": ["CNY"],
            "tranche": [1],
            "awarded_at": [datetime(2000, 1, 1, 0, 0, 1, tzinfo=UTC)],
            "group_no": [3],
        }
    ).select(COLUMNS)
    row = binary_rows(awards)
    fields, rest = struct.unpack(">h", row[:2])[0], row[2:]
    values = []
    while rest:
        (width,) = struct.unpack(">i", rest[:4])
        values.append(rest[4 : 4 + width])
        rest = rest[4 + width :]
    assert fields == len(values) == 8
    assert values[1] == b"p" * 26
    assert values[4] == b"CNY"
    numbers = [int.from_bytes(values[at]) for at in (0, 2, 3, 5, 6, 7)]
    assert numbers == [7, 2, 500_000, 1, 1_000_000, 3]
    with pytest.raises(ValueError, match="26 bytes"):
        binary_rows(awards.with_columns(person_id=pl.lit("short")))


def test_a_group_reads_back_from_its_row() -> None:
    """Texts are separated by semicolons; empty ones are none."""
    row = {"categories": "IDNO;NAME", "jurisdictions": "", "age": "", "tranche": 2}
    assert group_of(row) == Group(categories=frozenset({"IDNO", "NAME"}), tranche=2)
    assert flat(Money.parse("CNY 1.00")).one_amount == Money.parse("CNY 1.00")
