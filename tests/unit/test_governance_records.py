"""Questionnaires are read whole, weights follow the law, and quotas want two people."""

import re
from dataclasses import replace
from datetime import date

import pytest

from amends.governance import questionnaire, rules, telling
from amends.governance.decisions import DEFAULTS
from amends.governance.exports import KNOWN, outgoing
from amends.governance.model import JSON, AssessmentError, DecisionError, Facts, Outgoing, Purpose
from amends.kernel.canonical import canonical
from amends.kernel.case import LegalCharacter
from amends.kernel.saying import in_language
from made_assessment import answered

TODAY = date(2026, 11, 21)
FACTS = Facts(determination=2, people=3_000, categories={"NAME": 3_000, "IDNO": 12, "X_Y": 1})


def template() -> str:
    """The questionnaire of a small case."""
    return questionnaire.template("model", FACTS, DEFAULTS[LegalCharacter.TORT_DAMAGES], TODAY)


def read(text: str, today: date = TODAY) -> questionnaire.Answered:
    """An answered one, read."""
    return questionnaire.read(text, "a.toml", case_id="model", today=today)


def test_a_template_is_filled_with_what_is_known_and_read_back_when_answered() -> None:
    """Facts come back as they were written; the report is kept for three years at least."""
    complete = read(answered(template()))
    assert complete.facts == FACTS
    assert complete.purposes == tuple(Purpose)
    assert complete.keep_until == date(2029, 11, 21)
    for words in ("身份证号 / identity number", "PIPL 25", "侵权损害赔偿"):
        assert words in template()


def test_a_basis_of_several_lines_leaves_the_template_whole() -> None:
    """What somebody wrote of the tax stays in its comment."""
    several = replace(DEFAULTS[LegalCharacter.TORT_DAMAGES], basis="letter no. 7\npurposes = []")
    assert read(answered(questionnaire.template("model", FACTS, several, TODAY))).facts == FACTS


def test_an_assessment_of_a_leap_day_is_kept_to_the_first_of_march() -> None:
    """Three years after a day that comes every four years there is a day, too."""
    text = answered(template()).replace("2026-11-21", "2024-02-29")
    assert read(text).keep_until == date(2027, 3, 1)


def test_everything_that_is_not_answered_is_named_at_once_with_its_line() -> None:
    """An untouched template is refused with every blank, in both languages."""
    with pytest.raises(AssessmentError) as refused:
        read(template())
    text = str(refused.value)
    asked = [*questionnaire.asked("question"), *questionnaire.asked("risk")]
    assert [one.id for one in asked if f"{one.id}" not in text] == []
    number = template().splitlines().index('necessity = ""') + 1
    assert f"a.toml:{number}: answers.necessity: is not answered" in text
    chinese = in_language(refused.value.args[0], "zh")
    assert f"a.toml:{number}：answers.necessity：尚未填写" in chinese


MISTAKES = [
    (r'^case = "model"$', 'case = "other"', "not this case"),
    (r"^purposes = .*$", 'purposes = ["win"]', "names stages of"),
    (r"^purposes = .*$", "purposes = []", "names stages of"),
    (r"^assessed_on = .*$", "assessed_on = 2026-11-22", "not in the future"),
    (r"^keep_years = 3", "keep_years = 2", "from 3"),
    (r"^people = 3000$", "people = -1", "as Amends wrote it"),
    (r"^people = 3000$", "people = true", "as Amends wrote it"),
    (r"^people = 3000$", "", "as Amends wrote it"),
    (r"^\[answers\]$", '[answers]\nhope = "much"', "answers.hope: is not a key"),
    (r"^\[answers\]$", '[risks.luck]\nharm = "low"\n[answers]', "risks.luck: is not a key"),
    (r'^remaining = "low"$', 'remaining = "high"', "too high to begin"),
    (r'^harm = "low"$', 'harm = "none"', "one of: low, medium, high"),
    (r"^necessity = .*$", 'necessity = " … "', "answers.necessity: is not answered"),
    (r"^case = ", "colour = 1\ncase = ", "colour: is not a key"),
    (r"^case = ", "case = = ", "not valid TOML"),
]


@pytest.mark.parametrize(("pattern", "instead", "message"), MISTAKES)
def test_a_wrong_answer_is_refused_by_its_key(pattern: str, instead: str, message: str) -> None:
    """What is wrong, and where, is said."""
    text, changed = re.subn(pattern, instead, answered(template()), flags=re.MULTILINE)
    assert changed
    with pytest.raises(AssessmentError, match=re.escape(message)):
        read(text)


def test_only_what_its_purposes_ask_has_to_be_answered() -> None:
    """An assessment for paying is not asked about publication."""
    text = answered(template(), '["pay"]')
    text = re.sub(r"^publication = .*$", 'publication = ""', text, flags=re.MULTILINE)
    assert read(text).purposes == (Purpose.PAY,)


@pytest.mark.parametrize(
    ("people", "categories", "fits"),
    [
        (3_299, {"NAME", "IDNO", "X_Y"}, True),
        (10, {"NAME", "IDNO", "X_Y"}, True),
        (3_300, {"NAME", "IDNO", "X_Y"}, False),
        (3_000, {"NAME", "IDNO"}, False),
        (3_000, {"NAME", "IDNO", "X_Y", "PWD"}, False),
    ],
)
def test_an_assessment_fits_until_the_facts_change(
    people: int, categories: set[str], *, fits: bool
) -> None:
    """Ten in a hundred people more, or other categories, want a new one."""
    now = Facts(determination=3, people=people, categories=dict.fromkeys(categories, 1))
    assert (questionnaire.outdated(FACTS, now) is None) is fits


@pytest.mark.parametrize(
    ("categories", "rows"),
    [(("TRACK",), 50), (("ORDER",), 500), (("NAME", "PHONE"), 5_000), (("NAME", "BALANCE"), 50)],
)
def test_a_row_weighs_by_its_gravest_category(categories: tuple[str, ...], rows: int) -> None:
    """50, 500 and 5,000 records are one serious case, by kind."""
    assert rules.weight_millionths(rows, categories) == rules.MILLION
    assert rules.weight_millionths(rows, ()) == 0


def test_a_category_of_the_companys_own_weighs_as_any_other() -> None:
    """What no law names is counted all the same; what depends on others (0) is, too."""
    assert rules.weight_millionths(5_000, ("LOYALTY_POINTS",)) == rules.MILLION
    assert rules.weight_millionths(5_000, ("CHILD",)) == rules.MILLION


def needs_two(leaving: Outgoing, before: int = 0, quota: float | None = None) -> tuple[bool, bool]:
    """Whether two people sign, in a real and in a made-up case."""
    real, made_up = (
        rules.needs_two(leaving, before=before, quota=quota, made_up=made_up)
        for made_up in (False, True)
    )
    return real, made_up


def test_above_the_quota_two_people_sign() -> None:
    """A quarter of a serious case in a day on one person's word, and no row more."""
    assert needs_two(outgoing("refused", 1_250)) == (False, False)
    assert needs_two(outgoing("refused", 1_251)) == (True, False)
    assert needs_two(outgoing("refused", 1), before=250_000) == (True, False)
    assert needs_two(outgoing("policy", 10**9), before=10**9) == (False, False)


def test_what_the_contract_exempts_needs_nobody_unless_the_case_sets_a_quota() -> None:
    """The six tables and receipts go on as promised; a quota in case.toml is stricter."""
    exempt = [what for what, one in KNOWN.items() if one.contract]
    assert {*exempt} >= {"matches", "accounts", "affected", "awards", "payments", "ledger"}
    for what in exempt:
        assert needs_two(outgoing(what, 10**7)) == (False, False)
    assert needs_two(outgoing("accounts", 5_001), quota=1.0) == (True, True)
    assert needs_two(outgoing("accounts", 5_000), quota=1.0) == (False, False)


def test_contact_and_payment_details_always_need_two_people() -> None:
    """One row with a telephone number is enough, in every case."""
    assert needs_two(Outgoing(what="x", rows=1, categories=("NAME", "PHONE"))) == (True, True)
    assert needs_two(Outgoing(what="x", rows=1, categories=("ACCOUNT",))) == (True, True)


@pytest.mark.parametrize(
    "text", ["call 13800000000", "idno 110101199001011234", "6222020000000000000", "a@b.example"]
)
def test_the_log_refuses_what_looks_like_a_persons_number(text: str) -> None:
    """Numbers and addresses of people do not get into reasons."""
    with pytest.raises(DecisionError, match="looks like"):
        rules.refuse_numbers(text)


@pytest.mark.parametrize("text", ["15,000,000,000 fen", "award 12345678", "2026-11-21", "150 亿元"])
def test_the_log_takes_counts_days_and_amounts(text: str) -> None:
    """What a reason needs to say can be said."""
    rules.refuse_numbers(text)


def test_what_is_signed_is_told_as_people_read_it() -> None:
    """Amounts as money and not in fen, by how many people; codes and digests stay in the text."""
    body: dict[str, JSON] = {
        "case": "model",
        "currency": "CNY",
        "people": 3_000_000,
        "people_by_amount_minor": {"100000": 1_000_000, "50000": 2_000_000},
        "total_minor": 200_000_000_000,
        "tariff": "tiers 1",
        "tariff_sha256": "ab" * 32,
        "first_index": 0,
    }
    assert telling.told(canonical(body), "USD") == (
        "people: 3,000,000; by amount: CNY 500.00 to 2,000,000 people, CNY 1,000.00 to 1,000,000 "
        "people; total: CNY 2,000,000,000.00; tariff: tiers 1"
    )
    chinese = in_language(telling.told(canonical(body), "USD"), "zh")
    assert chinese.startswith("人数：3,000,000；按金额：2,000,000 人各 CNY 500.00、1,000,000 人各")
    changed: dict[str, JSON] = {"awards": [[n, 500_000, 600_000, "agreed"] for n in range(7)]}
    told = telling.told(canonical(changed), "CNY")
    assert told.startswith("awards: award 0: CNY 5,000.00 → CNY 6,000.00, award 1: ")
    assert told.endswith(", 2 more")
