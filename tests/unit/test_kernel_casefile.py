from datetime import timedelta
from pathlib import Path

import pytest

from amends.kernel.case import CaseFile, ClockKind, GovernanceSettings, Undecided, given
from amends.kernel.casefile import parse_case_file, read_case
from amends.kernel.errors import CaseFileError
from amends.kernel.money import Money
from amends.kernel.saying import in_language

SMALLEST = """\
[case]
id = "small"
controller = "Example"

[[registry]]
product = "im"
path = "registries/im.csv"

[[evidence]]
path = "evidence/dump.csv"

[tariff]
preset = "flat"
amount = "CNY 5000.00"
"""


def test_the_smallest_case_has_defaults() -> None:
    """Only what the contract requires has to be written."""
    file = parse_case_file(SMALLEST)
    assert file.promise.per_person == Money.parse("CNY 5000.00")
    assert file.promise.pay_within == timedelta(days=3)
    assert file.clock is ClockKind.REAL
    assert file.linkage.threshold == pytest.approx(0.95)
    assert file.linkage.undecided is Undecided.WAIT
    assert file.controller.zh == file.controller.en == "Example"


def test_what_a_stage_needs_is_asked_for_by_its_key() -> None:
    """A missing optional key is an error only when it is needed, and is named then."""
    with pytest.raises(CaseFileError, match=r"funding\.amount is missing"):
        given(parse_case_file(SMALLEST).funding, "funding.amount")


MISTAKES = [
    ('id = "small"', 'id = "Small Case"', 2, "case.id", "lower-case"),
    ('id = "small"', "", 1, "case.id", "is missing"),
    ('controller = "Example"', 'controler = "Example"', 1, "case.controller", "is missing"),
    ('product = "im"', 'product = "im"\ncolour = "red"', 7, "registry.1.colour", "not a key"),
    (
        'path = "evidence/dump.csv"',
        'path = "/etc/passwd"',
        10,
        "evidence.1.path",
        "inside the case",
    ),
    ('path = "evidence/dump.csv"', 'path = "../x"', 10, "evidence.1.path", "inside the case"),
    ('amount = "CNY 5000.00"', 'amount = "5000"', 14, "tariff.amount", "written like"),
    ('amount = "CNY 5000.00"', 'amount = "CNY 0.00"', 14, "tariff.amount", "above zero"),
    ('amount = "CNY 5000.00"', "amount = 5000", 14, "tariff.amount", "quotation marks"),
    (
        'preset = "flat"',
        'preset = "fair"',
        13,
        "tariff.preset",
        "one of: base-loss-time, court, flat",
    ),
    ("[tariff]", "[tarif]", 1, "tariff", "needs a [tariff] table"),
    ("[[evidence]]", "[evidence]", 9, "evidence", "written [[evidence]]"),
    ("[tariff]", "[linkage]\nreview = 1.5\n[tariff]", 13, "linkage.review", "probability"),
    ("[tariff]", "[linkage]\nreview = 0.99\n[tariff]", 13, "linkage.review", "not above threshold"),
    ("[tariff]", '[promise]\npay_within = "3 days"\n[tariff]', 13, "promise.pay_within", "P3D"),
    ("[tariff]", "[promise]\npeople = 0\n[tariff]", 13, "promise.people", "from 1"),
    ("[tariff]", '[[rail]]\nkind = "simulator"\n[tariff]', 12, "rail.1.protocol", "is missing"),
    (
        *("[tariff]", '[[rail]]\nkind = "counter"\nbank_cards = true\n[tariff]', 14),
        *("rail.1.bank_cards", "is not a key here"),
    ),
    ("[tariff]", '[[rail]]\nkind = "cash"\n[tariff]', 13, "rail.1.kind", "one of"),
    ('id = "small"', 'id = "small"\nclock = "simulated"', 1, "case", "announced_at"),
    ('id = "small"', 'id = "small"\nannounced_at = 2026-11-21', 3, "case.announced_at", "offset"),
]


@pytest.mark.parametrize(("old", "new", "line", "key", "words"), MISTAKES)
def test_a_mistake_is_named_by_file_line_and_key(
    old: str, new: str, line: int, key: str, words: str
) -> None:
    """Every mistake says in which file, at which line and key it is, and what would be right."""
    with pytest.raises(CaseFileError) as refusal:
        parse_case_file(SMALLEST.replace(old, new), "case.toml")
    message = str(refusal.value)
    assert message.startswith(f"case.toml:{line}: {key}: ")
    assert words in message


def test_broken_toml_is_a_refusal_with_its_line() -> None:
    """Text that is no TOML is refused with the place where it breaks."""
    with pytest.raises(CaseFileError, match=r"not valid TOML.*line 2"):
        parse_case_file("[case]\nid = \n")


def test_a_simulated_clock_with_a_real_rail_is_refused() -> None:
    """Time may not be made up where money is not."""
    simulated = 'clock = "simulated"\nannounced_at = 2026-11-21T20:00:00+08:00\n[[registry]]'
    text = SMALLEST.replace("[[registry]]", simulated) + '[[rail]]\nkind = "alipay"\n'
    with pytest.raises(CaseFileError, match="simulated clock"):
        parse_case_file(text)


@pytest.mark.parametrize("wallet", ["alipay", "wechatpay"])
@pytest.mark.parametrize("simulated", [True, False])
def test_a_wallet_pays_in_yuan_only(wallet: str, *, simulated: bool) -> None:
    """Its orders say an amount and no currency: of another tariff they would be taken for yuan."""
    key = "protocol" if simulated else "kind"
    named = f'kind = "simulator"\nprotocol = "{wallet}"' if simulated else f'kind = "{wallet}"'
    first = '[[rail]]\nkind = "counter"\ndrop = "counter"\n'
    rails = f"{first}[[rail]]\n{named}\n"
    assert len(parse_case_file(SMALLEST + rails).rails) == 2
    dollars = SMALLEST.replace("CNY", "USD")
    with pytest.raises(CaseFileError) as refused:
        parse_case_file(dollars + rails)
    told = in_language(refused.value.message, "en")
    line = (dollars + rails[: rails.index(f'\n{key} = "{wallet}')]).count("\n") + 2
    assert f'case.toml:{line}: rail.2.{key}: "{wallet}" pays in CNY and in nothing else' in told
    assert "USD" in told
    assert in_language(refused.value.message, "zh") != told
    assert len(parse_case_file(dollars + first).rails) == 1


def test_a_directory_without_case_file_is_refused(tmp_path: Path) -> None:
    """A directory that is no case says how to make one."""
    with pytest.raises(CaseFileError, match="amends synth"):
        read_case(tmp_path)


def test_both_languages_are_read() -> None:
    """Texts in two languages are kept apart."""
    file: CaseFile = parse_case_file(
        SMALLEST.replace('"Example"', '{ zh = "示例", en = "Example" }')
    )
    assert (file.controller.zh, file.controller.en) == ("示例", "Example")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('assessment = "never"', "governance.assessment: is one of: real, required"),
        ("export_quota = 0", "governance.export_quota: is a number above zero"),
        ('export_quota = "many"', "governance.export_quota: is a number above zero"),
        ("export_quota = nan", "governance.export_quota: is a number above zero"),
        ('accounts = "2241"', "governance.accounts: is a table"),
        ('accounts = { owed = "2241" }', "governance.accounts: is made of a code, a space"),
    ],
)
def test_a_mistake_in_the_governance_of_a_case_is_named(line: str, message: str) -> None:
    """Gate, quota and accounts of the books are checked when the case is read."""
    with pytest.raises(CaseFileError, match=message):
        parse_case_file(f"{SMALLEST}\n[governance]\n{line}\n")


def test_the_governance_of_a_case_has_defaults() -> None:
    """The gate is for real cases, the quota is the program's, the chart the usual one."""
    assert parse_case_file(SMALLEST).governance == GovernanceSettings()
    file = parse_case_file(SMALLEST + '[governance.accounts]\n"rail:alipay" = "1012 存款"\n')
    assert file.governance.accounts == {"rail:alipay": "1012 存款"}


CALLBACKS = (
    SMALLEST
    + """
[pay.callbacks]
url = "https://pay.example.com/amends"
listen = "[::1]:8480"
"""
)


def test_where_notifications_come_to_is_a_public_address_and_one_of_the_machine() -> None:
    """Both are read; the second may be left to machines; without the table there are none."""
    found = parse_case_file(CALLBACKS).callbacks
    assert found is not None
    assert (found.url, found.listen) == ("https://pay.example.com/amends/", ("::1", 8480))
    found = parse_case_file(CALLBACKS.replace('listen = "[::1]:8480"', "")).callbacks
    assert found is not None
    assert found.listen is None
    assert parse_case_file(SMALLEST).callbacks is None


@pytest.mark.parametrize(
    ("line", "other", "message"),
    [
        ("https://pay", "http://pay", r"pay\.callbacks\.url: is a public https address"),
        ("com/amends", "com/amends?case=1", r"pay\.callbacks\.url: is a public https address"),
        ("com/amends", "com/amends#1", r"pay\.callbacks\.url: is a public https address"),
        ("https://pay", "https://me:secret@pay", r"pay\.callbacks\.url: is a public https address"),
        ("https://pay.example.com", "https://", r"pay\.callbacks\.url: is a public https address"),
        ("[::1]:8480", "127.0.0.1", r"pay\.callbacks\.listen: is an address and a port"),
        ("[::1]:8480", "127.0.0.1:0", r"pay\.callbacks\.listen: is an address and a port"),
        ("[::1]:8480", "127.0.0.1:65536", r"pay\.callbacks\.listen: is an address and a port"),
        ("[::1]:8480", ":8480", r"pay\.callbacks\.listen: is an address and a port"),
        ('url = "https://pay.example.com/amends"', "", r"pay\.callbacks\.url: is missing"),
        ("listen", "listens", r"pay\.callbacks\.listens: is not a key here"),
    ],
)
def test_a_mistake_in_where_notifications_come_to_is_named(
    line: str, other: str, message: str
) -> None:
    """No provider is ever told an address that is not private, or none."""
    with pytest.raises(CaseFileError, match=message):
        parse_case_file(CALLBACKS.replace(line, other))
