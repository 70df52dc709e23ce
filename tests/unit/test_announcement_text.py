import json
import re
from dataclasses import replace
from fractions import Fraction
from importlib.resources import files

import pytest

from amends.announcement.document import document, words_of
from amends.announcement.facts import goes_by
from amends.announcement.figures import wrong_figures
from amends.announcement.model import ClassFigures
from amends.announcement.pages import CHECKING, Proof, print_page, web_page
from amends.announcement.phrases import amount_said, count_said, moment, within
from amends.announcement.press import press_markdown, press_text
from amends.announcement.texts import announcement_words, plain_text
from amends.kernel.canonical import canonical
from amends.kernel.casefile import parse_case_file
from amends.kernel.errors import CaseFileError
from amends.kernel.money import Money
from amends.kernel.numerals import chinese, chinese_short, english, english_short, read_number
from amends.kernel.saying import LANGUAGES, Language
from amends.kernel.tariff import flat
from amends.kernel.wording import RuleId, lint, word_rules
from made_announcement import CASE, model_facts, model_figures

PROOF = Proof(
    version=1,
    document_sha256="ab" * 32,
    keys=("cd" * 32, "ef" * 32),
    log_key="example/test+1a2b3c4d+AAAA",
    published="2026-11-21 20:05 +0800",
)
OWN = (
    *("www.example.com", "400-000-0000", "1069000000000000"),
    *("9100000000000000AJ", "9100000000000000BM"),
)


@pytest.mark.parametrize(
    ("number", "zh", "short", "en", "figure"),
    [
        (15_000_000_000, "一百五十亿", "150亿", "fifteen billion", "15 billion"),
        (3_000_000, "三百万", "300万", "three million", "3 million"),
        (1_500_000_000, "十五亿", "15亿", "one billion five hundred million", "1.5 billion"),
        (3_000_123, "三百万零一百二十三", "3,000,123", None, "3,000,123"),
        (1_505_000, "一百五十万五千", "150.5万", None, "1.505 million"),
        (14_938_270_000, "一百四十九亿三千八百二十七万", "149.3827亿", None, "14,938,270,000"),
        (0, "零", "0", "zero", "0"),
    ],
)
def test_numbers_are_said_exactly(
    number: int, zh: str, short: str, en: str | None, figure: str
) -> None:
    """The model case's total is 150 hundred million, not 15."""
    assert chinese(number) == zh
    assert chinese_short(number) == short
    assert en is None or english(number) == en
    assert english_short(number) == figure


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.5亿", 150_000_000), ("3千万", 30_000_000), ("1.5 billion", 1_500_000_000), ("十", 10)],
)
def test_numbers_are_read_as_people_write_them(text: str, number: int) -> None:
    """Mixed forms are numbers, too; words that are none are none."""
    assert read_number(text) == Fraction(number)
    assert read_number("许多") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_says_what_is_promised_to_whom_by_when(language: Language) -> None:
    """The model case in one language: figures, words, day, and what it does not require."""
    text = plain_text(announcement_words(model_facts(), language))
    wanted = {
        "zh": (
            *("300万人", "150亿元", "一百五十亿元", "2026年11月24日20:00（北京时间）"),
            *("3天（72小时）", "不用申领", "不用重新注册", "不放弃任何权利"),
            *("董事长 甲某", "首席执行官 乙某", "对不起", "侵权损害赔偿", "不扣这笔钱"),
        ),
        "en": (
            *("3 million people", "CNY 15 billion", "fifteen billion yuan"),
            *("20:00 on 24 November 2026 (Beijing time)", "3 days (72 hours)", "No claim"),
            *("no new registration", "waives nothing", "Jia Mou, chair", "We are sorry"),
            *("damages for a tort", "not deducted"),
        ),
    }
    for words in wanted[language]:
        assert words in text
    assert lint(text, allowed=OWN) == []
    heads = re.findall(r"^(?:[一二三四五六七八九十]+、|\d+\. )", text, re.MULTILINE)
    assert len(heads) == 11


@pytest.mark.parametrize(
    ("character", "holds", "never"),
    [
        ("ex gratia", ("自愿支付", "不扣这笔钱", "每人所得", "致歉与付款"), "赔偿每个人"),
        ("on account of damages", ("先行支付", "算作已付的部分", "致歉与赔偿"), "不扣这笔钱"),
    ],
)
def test_no_sentence_contradicts_the_legal_character(
    character: str, holds: tuple[str, ...], never: str
) -> None:
    """What is paid beside damages is called so nowhere; what is paid in advance counts."""
    case = CASE.replace("senders =", f'legal_character = "{character}"\nsenders =')
    facts = model_facts(case_toml=case)
    text = plain_text(announcement_words(facts, "zh"))
    assert all(words in text for words in holds)
    assert never not in text
    for language in LANGUAGES:
        assert lint(plain_text(announcement_words(facts, language)), allowed=OWN) == []


def test_amounts_that_differ_by_corrections_alone_are_given_no_reason() -> None:
    """The text says by what amounts go only where the tariff does, and by what it goes."""
    base = replace(model_facts(), by=goes_by(flat(Money(amount_minor=500_000, currency="CNY"))))
    low, high = (
        ClassFigures(award_class=n, amount=Money(amount_minor=minor, currency="CNY"), people=30)
        for n, minor in enumerate((500_000, 600_000))
    )
    corrected = replace(base, figures=replace(base.figures, classes=(low, high)))
    case = CASE.replace('preset = "flat"\namount = "CNY 5000.00"', 'preset = "tiers"')
    tiers = parse_case_file(case.replace('per_person = "CNY 5000.00"\n', "")).tariff
    same = (replace(one, amount=tiers.base) for one in tiers.scenarios)
    assert goes_by(replace(tiers, scenarios=tuple(same))) == (), "all get the same, whatever leaked"
    for facts, zh, en in (
        (corrected, "每人5,000元至6,000元，一次", "CNY 5,000 to CNY 6,000 for each person"),
        (
            replace(corrected, by=goes_by(tiers)),
            "每人5,000元至6,000元，按泄露的信息和年龄而定，一次",
            "CNY 5,000 to CNY 6,000, by what leaked and age, for each person",
        ),
    ):
        assert zh in plain_text(announcement_words(facts, "zh"))
        assert en in plain_text(announcement_words(facts, "en"))


def test_sentences_are_short() -> None:
    """Plain language: no Chinese sentence of the text itself is over 60 signs (target 40)."""
    text = plain_text(announcement_words(model_facts(), "zh"))
    body = text[text.index("一、") :]
    sentences = [one for one in re.split(r"[。！？；\n]", body) if "统一社会信用代码" not in one]
    assert max(map(len, sentences)) <= 60


@pytest.mark.parametrize(
    ("written", "language", "right"),
    [
        ("三百万人受影响，每人5000元，合计15亿元。", "zh", "150亿元"),
        ("赔偿总额 1,500,000,000 元。", "zh", "150亿元"),
        ("受影响的用户有30万人。", "zh", "300万"),
        ("三十天内付清赔款。", "zh", "3天"),
        ("共泄露 100万条记录。", "zh", "9,876,543"),
        ("涉及八款产品。", "zh", "2"),
        ("3,000,000 people get CNY 5,000 each, that is CNY 1.5 billion.", "en", "CNY 15 billion"),
        ("We pay two million users.", "en", "3 million"),
        ("Everybody is paid within 30 days.", "en", "3 days"),
        ("{persons} were affected.", "en", "{people}, "),
    ],
)
def test_a_figure_that_disagrees_is_told_the_right_one(
    written: str, language: Language, right: str
) -> None:
    """Off by ten, in digits or words, of people, money, days, records or products."""
    (wrong,) = wrong_figures(written, model_figures(), language)
    assert wrong.right.startswith(right)


@pytest.mark.parametrize(
    ("written", "language"),
    [
        ("三百万人，每人 5,000 元，共 15,000,000,000 元，3 天内到账。", "zh"),
        ("我们在两小时内关闭了接口，逐一、每一条都核对过。", "zh"),
        ("{people}人得到{total}。", "zh"),
        ("Three million people get CNY 5,000; CNY 15,000,000,000 in all, within 72 hours.", "en"),
        ("We closed the port within 2 hours and told the police on 20 November 2026.", "en"),
    ],
)
def test_a_figure_that_agrees_may_stand(written: str, language: Language) -> None:
    """In any form; and what counts something else is nobody's figure."""
    assert list(wrong_figures(written, model_figures(), language)) == []


@pytest.mark.parametrize(
    ("rule", "written"),
    [
        (RuleId.WAIVER, "领取后不再追究我们的责任。"),
        (RuleId.WAIVER, "Payment is in full and final settlement of all claims."),
        (RuleId.WAIVER, "Silence is deemed consent."),
        (RuleId.WAIVER, "领取即放弃追诉权，款项不退。"),
        (RuleId.WAIVER, "收下本款项，双方再无争议。"),
        (RuleId.WAIVER, "You release us from all claims, and nothing else is needed."),
        (RuleId.WAIVER, "You hold us harmless; it does not cost you anything."),
        (RuleId.URGENCY_OR_PRIZE, "今天是最后一天。"),
        (RuleId.URGENCY_OR_PRIZE, "A token of our goodwill, while stocks last."),
        (RuleId.URGENCY_OR_PRIZE, "请在截止日期前领取慰问金。"),
        (RuleId.URGENCY_OR_PRIZE, "A voucher and a goodwill gesture await you; act now."),
        (RuleId.CONDITION, "登录领取，先重新注册。"),
        (RuleId.CONDITION, "Claim your share, paid pro rata."),
        (RuleId.APOLOGY, "给您带来不便，敬请谅解。"),
        (RuleId.APOLOGY, "We apologise for any inconvenience to some users."),
        (RuleId.UNCHECKED, "信息未被滥用，今后绝对安全。"),
        (RuleId.UNCHECKED, "There is no evidence of misuse."),
        (RuleId.LINK, "见 https://claims.example.com"),
        (RuleId.VALUE, "比如 13800000000 的用户。"),
    ],
)
def test_words_of_scams_gifts_waivers_and_bad_apologies_are_refused(
    rule: RuleId, written: str
) -> None:
    """Each with a reason and with what to say instead, in both languages."""
    found = [one for one in lint(written) if one.rule is rule]
    assert found
    assert all(one.reason.zh and one.reason.en and one.instead.zh for one in found)


@pytest.mark.parametrize(
    "written",
    [
        "收下这笔钱，不放弃任何权利；以后仍可起诉。",
        "不用申领，不用登录，也不放弃任何权利。",
        "Taking this money waives nothing, and you can still sue.",
        "We never send links, codes or attachments.",
    ],
)
def test_a_clause_that_denies_may_say_the_word(written: str) -> None:
    """That no right is given up has to be said somehow."""
    assert lint(written) == []


def test_no_rule_advises_what_another_refuses() -> None:
    """What the linter proposes passes the linter."""
    for rule in word_rules():
        for advice in (rule.instead.zh, rule.instead.en):
            for quoted in re.findall("“([^”]+)”", advice):
                assert lint(quoted) == [], quoted


@pytest.mark.parametrize("people", [301, 30_244, 3_000_000, 3_000_123])
def test_chinese_writes_digits_and_signs_without_gaps(people: int) -> None:
    """One way of writing on all channels; and no number mixes 万 with digits after it."""
    figures = model_figures(people=people)
    text = plain_text(announcement_words(replace(model_facts(), figures=figures), "zh"))
    ours = text.replace("统一社会信用代码 ", "").replace("每天 9:00 至 21:00", "")
    assert re.findall(r"[0-9] [一-鿿]|[一-鿿] [0-9]", ours) == []
    assert re.findall(r"[0-9][万亿]零?[0-9]", ours) == []
    assert count_said(people, "zh") + "人" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_apology_names_the_fault_and_asks_for_nothing(language: Language) -> None:
    """It says whose fault it is and whose it is not, before the names of who signs."""
    text = plain_text(announcement_words(model_facts(), language))
    heading, signed, fault = {
        "zh": (
            "我们向您道歉",
            "董事长 甲某",
            ("没有保管好", "您没有做错任何事，错在我们。对不起。"),
        ),
        "en": ("7. We are sorry", "Jia Mou, chair", ("did not keep it safe", "The fault is ours.")),
    }[language]
    apology = text[text.index(heading) : text.index(signed)]
    assert all(words in apology for words in fault)
    assert not re.search(r"请您?原谅|请求|forgive us\.", apology)


@pytest.mark.parametrize("name", ["announcement_web.css", "announcement_print.css"])
def test_nothing_that_people_read_is_small(name: str) -> None:
    """No text under 1rem on a screen; on paper under 12pt only digest and keys."""
    style = files("amends.announcement").joinpath(name).read_text(encoding="utf-8")
    small = [
        rule[: rule.index("{")].strip()
        for rule in style.splitlines()
        for size, unit in re.findall(r"font(?:-size)?: (?:\d+ )?([\d.]+)(rem|pt)", rule)
        if float(size) < {"rem": 1, "pt": 12}[unit]
    ]
    assert small == ([".proof"] if "print" in name else [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_have_the_contrast_that_weak_eyes_need(scheme: str) -> None:
    """WCAG 2.2 AA, 1.4.3: text and links at least 4.5 to 1 on both grounds of the page."""
    style = files("amends.announcement").joinpath("announcement_web.css").read_text("utf-8")
    before, after = style.split("@media (prefers-color-scheme: dark)", 1)
    colours = dict(re.findall(r"--(\w+): (#\w+)", before if scheme == "light" else after[:400]))
    for ground in ("paper", "shade"):
        for ink in ("ink", "quiet", "link"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours, ``#rgb`` or ``#rrggbb``."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """WCAG's relative luminance, 0 to 1."""
    digits = colour.removeprefix("#")
    digits = "".join(sign * 2 for sign in digits) if len(digits) == 3 else digits
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_channel_says_how_to_check_it(language: Language) -> None:
    """The same sentence over the same digest and keys: web, paper and press."""
    words = announcement_words(model_facts(), language)
    channels = (web_page, print_page, press_text)
    for made in (channel(words, PROOF).decode() for channel in channels):
        assert CHECKING[language] in made
        for shown in (PROOF.document_sha256, PROOF.log_key, *PROOF.keys):
            assert shown in made


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_whole_in_themselves(language: Language) -> None:
    """No script, no third party, one style that the page's own policy names by its hash."""
    words = announcement_words(model_facts(simulated=True), language)
    for page in (web_page(words, PROOF).decode(), print_page(words, PROOF).decode()):
        assert "<script" not in page
        assert "http:" not in page
        assert "https:" not in page
        assert "src=" not in page
        assert "default-src 'none'; style-src 'sha256-" in page
        assert f'<html lang="{ {"zh": "zh-Hans", "en": "en"}[language] }">' in page
        assert page.count("<h1>") == 1
        assert "style=" not in page
        assert words.exercise is not None
        assert words.exercise in page
        for section in words.sections:
            assert f"<h2>{section.heading}</h2>" in page


def test_no_line_ends_between_a_currency_and_its_amount() -> None:
    """On a narrow phone, too."""
    page = web_page(announcement_words(model_facts(), "en"), PROOF).decode()
    assert "CNY&nbsp;5,000" in page
    assert not re.search("CNY [0-9]", page[page.index("<body>") :])


def test_what_people_write_is_escaped_on_every_page() -> None:
    """A name with signs of HTML or Markdown is a name."""
    facts = model_facts(case_toml=CASE.replace("甲某", "<b>甲*某</b>"))
    words = announcement_words(facts, "zh")
    for page in (web_page(words, PROOF), print_page(words, PROOF)):
        assert "<b>" not in page.decode()
    assert r"\<b\>甲\*某" in press_markdown(words, PROOF).decode()
    assert "<b>甲*某</b>" in press_text(words, PROOF).decode()


def test_a_document_holds_its_words() -> None:
    """Pages of any version are made from the signed document alone."""
    facts = model_facts()
    body = canonical(document(facts, case_id="test", keys={"jia": b"k" * 32}, supersedes=None))
    content = json.loads(body)
    for language in LANGUAGES:
        assert words_of(content, language) == announcement_words(facts, language)
    assert [one["key"] for one in content["signatories"]] == [(b"k" * 32).hex(), None]
    assert canonical(content) == body


def test_amounts_and_times_of_other_currencies_and_zones() -> None:
    """A yuan sign stands for yuan only, and Beijing time for Beijing's offset only."""
    figures = model_figures()
    assert amount_said(Money.parse("JPY 3300"), "zh") == "JPY 3,300"
    assert amount_said(Money.parse("CNY 125.50"), "zh") == "125.50元"
    assert amount_said(Money.parse("CNY 125.50"), "en") == "CNY 125.50"
    assert within(figures.pay_within / 2, "en") == "36 hours"
    assert moment(figures.pay_by.astimezone(tz=None), "zh").startswith("2026年")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('share = "1/3"', 'share = "1/2"', "company: has shares that add up to 7/6; right is 1"),
        ('share = "1/3"', "", "company: has shares for some only"),
        ('share = "1/3"', 'share = "x"', 'share: is a fraction like "1/3"'),
        ('share = "1/3"', "share = 1001", "share: is more than 0 and at most 1"),
        ("00BM", "00BX", "registration: has check character X; by GB 32100 it would be M"),
        ("000BM", "000IM", "registration: has a letter that GB 32100 does not use"),
        ('id = "mail"', 'id = "input"', "company: has one id twice"),
        ('company = "mail"', 'companie = "mail"', "companie: is not a key here"),
        ('product = "mail"', 'product = "mail2"\nfoo = 1', "foo: is not a key here"),
        ('operator = "yi"', 'operator = "jia"', "signatories: names one operator twice"),
        ('role = { zh = "董事长", en = "chair" }', 'role = "董事长"', "said in both languages"),
        ('hotline = "400-000-0000"', "", "hotline: is missing: PIPL art. 57"),
        ('"www.example.com"', '"https://x.example/pay"', "site: is made of a host name alone"),
        ('operator = "yi"', "", "entry 2 has no operator"),
        (
            "senders =",
            'legal_character = "on account of damages"\nset_off = "none"\nsenders =',
            "set_off: contradicts legal_character: what is paid on account",
        ),
        (
            "senders =",
            'legal_character = "ex gratia"\nset_off = "proven loss"\nsenders =',
            "set_off: contradicts legal_character: what is paid ex gratia",
        ),
    ],
)
def test_errors_in_the_case_file_name_file_line_and_key(old: str, new: str, problem: str) -> None:
    """Bad input gets a clear error."""
    assert old in CASE
    with pytest.raises(CaseFileError) as refused:
        parse_case_file(CASE.replace(old, new, 1))
    assert re.match(r"case\.toml:\d+: ", str(refused.value))
    assert problem in str(refused.value)


def test_a_company_without_a_signatory_is_refused() -> None:
    """Joint signatories: each company signs."""
    text = CASE[: CASE.rindex("[[announcement.signatories]]")]
    with pytest.raises(CaseFileError, match="nobody who signs for company mail"):
        parse_case_file(text)


def test_a_registry_names_a_company_that_is_there() -> None:
    """With several companies each registry has to say whose it is."""
    with pytest.raises(CaseFileError, match="number 2 has no company; it is one of: input, mail"):
        parse_case_file(CASE.replace('company = "mail"\n', "", 1))
    with pytest.raises(CaseFileError, match='number 2 has company = "post"'):
        parse_case_file(CASE.replace('company = "mail"\n', 'company = "post"\n', 1))


def test_a_case_without_companies_has_one() -> None:
    """The controller bears everything."""
    text = (
        CASE[: CASE.index("[[company]]")]
        .replace('company = "input"\n', "")
        .replace('company = "mail"\n', "")
    )
    (company,) = parse_case_file(text).companies
    assert (company.id, company.name.zh, company.share) == ("controller", "测试集团", Fraction(1))
