"""What a tariff may say, and what is refused, each with file, line and key."""

from pathlib import Path

import pytest

from amends.kernel.casefile import parse_case_file
from amends.kernel.errors import CaseFileError
from amends.kernel.money import Money
from amends.kernel.tariff import LaterKind, Tariff
from amends.kernel.tarifffile import (
    preset,
    preset_names,
    read_tariff_file,
    tariff_from_text,
)

CASE = """[case]
id = "model"
title = "Test"
controller = "Test"
[[registry]]
product = "im"
path = "im.csv"
[[evidence]]
path = "dump.csv"
"""
OWN = """id = "own"
version = "3"
kind = "scenario-factors"
title = "Our own"
amount = "CNY 100.00"
[[age]]
id = "child"
title = "under 14"
from = 0
until = 14
[[age]]
id = "older"
title = "14 and over"
from = 14
[[age]]
id = "unknown"
title = "not known"
[[scenario]]
id = "base"
title = "everybody"
[[scenario]]
id = "orders"
title = "orders"
all_of = ["phone", "ORDER"]
factor = "1.5"
[[scenario]]
id = "child"
title = "children"
ages = ["child"]
amount = "CNY 300.00"
[[precedent]]
id = "EU-1"
title = "BGH"
per_person = "about EUR 100"
source = "law report §5"
certainty = "S2"
"""


def own(tmp_path: Path, text: str = OWN) -> Tariff:
    """A tariff in a file of its own."""
    path = tmp_path / "tariff.toml"
    path.write_text(text, encoding="utf-8")
    return read_tariff_file(path)


def test_presets_have_the_figures_and_precedents_of_the_law_report() -> None:
    """Every preset is whole, names its precedents with source and certainty, and reads back."""
    assert preset_names() == (
        *("base-loss-time", "court", "flat", "mediation"),
        *("scenario-factors", "tiers"),
    )
    for name in preset_names():
        tariff = preset(name)
        assert tariff.id == name
        assert tariff.legal_basis is not None
        assert all(one.source.startswith("law report") for one in tariff.precedents)
        assert all(tariff.precedents_of(scenario) for scenario in tariff.scenarios)
        assert tariff_from_text(tariff.text) == tariff
    factors = [str(amount) for amount in preset("scenario-factors").amounts]
    assert factors == ["CNY 820.00", "CNY 1230.00", "CNY 1640.00", "CNY 2460.00"]


def test_loss_and_time_have_their_place_and_are_not_awarded_now() -> None:
    """Base + loss + time: everybody gets the base; the rest is named as a later claim."""
    tariff = preset("base-loss-time")
    assert tariff.one_amount == Money.parse("CNY 887.50")
    assert [claim.kind for claim in tariff.later] == [LaterKind.LOSS, LaterKind.TIME]
    assert tariff.later[1].most_hours == 20


def test_a_case_puts_its_own_figures_in_place_of_the_preset() -> None:
    """The amount is the case's, in its currency, and the factors multiply it."""
    file = parse_case_file(
        f'{CASE}[tariff]\npreset = "scenario-factors"\namount = "EUR 100.00"\nversion = "2026-11"\n'
    )
    assert file.currency == "EUR"
    assert [str(amount) for amount in file.tariff.amounts] == [
        *("EUR 100.00", "EUR 150.00", "EUR 200.00", "EUR 300.00"),
    ]
    assert file.tariff.version == "2026-11"
    assert file.tariff.sha256 != preset("scenario-factors").sha256
    assert file.promise.per_person is None


def test_a_case_can_bring_scenarios_of_its_own() -> None:
    """What the case writes under a key stands in place of all that the preset has there."""
    file = parse_case_file(
        f'{CASE}[tariff]\npreset = "scenario-factors"\n[[tariff.scenario]]\nid = "all"\n'
        'title = "everybody"\n'
    )
    assert [scenario.id for scenario in file.tariff.scenarios] == ["all"]
    with pytest.raises(
        CaseFileError, match=r"case.toml:15: tariff.scenario.1.factor: .*above zero"
    ):
        parse_case_file(
            f'{CASE}[tariff]\npreset = "scenario-factors"\n\n[[tariff.scenario]]\nid = "all"\n'
            'factor = -1\ntitle = "everybody"\n',
        )


def test_a_tariff_of_the_company_stands_in_a_file(tmp_path: Path) -> None:
    """`file` names it; nothing else may stand beside it; the text has one hash."""
    tariff = own(tmp_path)
    case = f'{CASE}[tariff]\nfile = "tariff.toml"\n'
    assert parse_case_file(case, root=tmp_path).tariff == tariff
    assert own(tmp_path, OWN.replace("1.5", "1.50")).sha256 != tariff.sha256
    assert own(tmp_path, f"# a remark\n{OWN}").sha256 == tariff.sha256
    with pytest.raises(CaseFileError, match=r"case.toml:12: tariff.amount: .*stands beside file"):
        parse_case_file(f'{case}amount = "CNY 1.00"\n', root=tmp_path)
    with pytest.raises(CaseFileError, match=r"gone.toml: .*not there"):
        parse_case_file(case.replace("tariff.toml", "gone.toml"), root=tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("from = 14", "from = 13", "overlap: older begins at 13, and the band below it ends at 14"),
        ("from = 14", "from = 15", "gap: who is 14 to 14 years old is in no band"),
        ('from = 14\n[[age]]\nid = "unknown"', 'from = 14\n[[age]]\nid = "else"', "unknown"),
        ("from = 14", "from = 14\nuntil = 60", "gap: who is 60 or older is in no band"),
        ("from = 0\nuntil = 14", "from = 5\nuntil = 5", "not above from"),
        ('ages = ["child"]', 'ages = ["toddler"]', "ids of [[age]]"),
        ('ages = ["child"]', "", "overlap: base and child have the same conditions"),
        (
            'ages = ["child"]',
            'ages = ["child", "older", "unknown"]',
            "overlap: base and child have the same conditions",
        ),
        (
            'ages = ["child"]',
            'all_of = ["PHONE"]\nany_of = ["ORDER"]',
            "overlap: orders and child have the same conditions",
        ),
        (
            'ages = ["child"]',
            'all_of = ["ORDER", "PHONE"]\nany_of = ["PHONE", "NAME"]',
            "overlap: orders and child have the same conditions",
        ),
        ('factor = "1.5"', "factor = 1e300", "the most that Amends counts with"),
        (
            '[[precedent]]\nid = "EU-1"',
            (
                '[[precedent]]\nid = "EU-1"\ntitle = "B"\nper_person = "1"\nsource = "l"\n'
                'certainty = "S"\n[[precedent]]\nid = "EU-1"'
            ),
            "precedent: has two of one id",
        ),
        (
            'id = "base"\ntitle = "everybody"',
            'id = "base"\ntitle = "everybody"\nages = ["older"]',
            (
                "gap: nothing is owed to people of whom only another column leaked (law: any other "
                "law; age: unknown)"
            ),
        ),
        (
            'id = "base"\ntitle = "everybody"',
            'id = "base"\ntitle = "everybody"\njurisdictions = ["CN"]',
            "law: any other law; age: older",
        ),
        ('id = "orders"', 'id = "base"', "two of one id"),
        ('"ORDER"', '"ORDERS"', "ORDERS is not a category"),
        ('amount = "CNY 300.00"', 'amount = "CNY -300.00"', "above zero"),
        ('amount = "CNY 300.00"', 'amount = "CNY 0.00"', "above zero"),
        ('amount = "CNY 300.00"', 'amount = "CNY 300.005"', "2 digits after the point"),
        ('amount = "CNY 300.00"', 'amount = "USD 300.00"', "in USD, and the tariff is in CNY"),
        ('amount = "CNY 300.00"', 'amount = "CNY 1.00"\nfactor = 2', "beside amount"),
        ('factor = "1.5"', 'factor = "1/3"', "1/3 × CNY 100.00 is no whole number"),
        ('factor = "1.5"', "factor = 0", "above zero"),
        ('certainty = "S2"', 'certainty = "sure"', "is one of"),
        ('id = "base"\n', 'id = "base"\nprice = 1\n', "is not a key here"),
        (
            '[[precedent]]\nid = "EU-1"',
            '[[precedent]]\nname = "EU-1"',
            "precedent.1.id: is missing",
        ),
    ],
)
def test_a_tariff_that_is_not_right_is_refused(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    """Overlap, gap, fractions, other currencies, unknown words: each by file, line and reason."""
    assert old in OWN
    with pytest.raises(CaseFileError) as refusal:
        own(tmp_path, OWN.replace(old, new, 1))
    assert str(refusal.value).startswith(f"{tmp_path / 'tariff.toml'}:")
    assert words in str(refusal.value)


TIERS = """id = "own"
version = "1"
kind = "tiers"
title = "Our own"
amount = "CNY 100.00"
own_categories = ["LOYALTY"]
[[tier]]
id = "low"
title = "low"
others = true
[[tier]]
id = "high"
title = "high"
categories = ["HEALTH", "LOYALTY"]
factor = 2
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("others = true", 'categories = ["PHONE"]', "gap: nothing is owed"),
        ("others = true", 'categories = ["HEALTH"]', "overlap: HEALTH is in tier low"),
        ('categories = ["HEALTH", "LOYALTY"]', "others = true", "overlap: tier low has the others"),
        ('own_categories = ["LOYALTY"]\n', "", "LOYALTY is not a category"),
    ],
)
def test_a_category_is_in_one_tier_and_all_are_in_some(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    """Tiers neither overlap nor leave a category out."""
    assert [str(amount) for amount in own(tmp_path, TIERS).amounts] == ["CNY 100.00", "CNY 200.00"]
    with pytest.raises(CaseFileError) as refusal:
        own(tmp_path, TIERS.replace(old, new))
    assert words in str(refusal.value)


def test_more_amounts_than_the_roster_can_tell_apart_are_refused(tmp_path: Path) -> None:
    """The roster's format has 30 classes, beside that of own amounts and that of nothing."""
    more = "".join(
        f'[[scenario]]\nid = "s{n}"\ntitle = "s"\njurisdictions = ["L{n}"]\nfactor = {n}\n'
        for n in range(3, 32)
    )
    with pytest.raises(CaseFileError, match="31 different amounts"):
        own(tmp_path, TIERS + more)


LOSS = '[[later]]\nkind = "loss"\ntitle = "l"\nmost = "CNY 10.00"\n'


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (LOSS + LOSS, "two of them are of one kind"),
        ('[[later]]\nkind = "time"\ntitle = "t"\nmost_hours = 3\n', "time has no rate"),
        (LOSS + 'two_people_from = "USD 1.00"\n', "is not in CNY"),
        (LOSS + 'proof = "image"\n', "is one of: document, statement"),
    ],
)
def test_what_can_be_claimed_later_can_be_judged(tmp_path: Path, more: str, words: str) -> None:
    """One rule of a kind, with what it needs, in the tariff's currency."""
    assert own(tmp_path, TIERS + LOSS).rule_of(LaterKind.LOSS) is not None
    assert own(tmp_path, TIERS + LOSS).rule_of(LaterKind.TIME) is None
    with pytest.raises(CaseFileError, match=words):
        own(tmp_path, TIERS + more)
