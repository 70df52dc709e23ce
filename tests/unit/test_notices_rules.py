import itertools
import re
from datetime import date

import pytest

from amends.kernel.case import Text
from amends.kernel.money import Money
from amends.kernel.saying import Language
from amends.kernel.wording import RuleId
from amends.notices.model import NoticeFacts, NoticeTextError, Payment
from amends.notices.rules import lint
from amends.notices.texts import notice_text
from amends.payees.model import PayeeKind, Reason

PAYMENTS: tuple[Payment, ...] = (*PayeeKind, *Reason)
LANGUAGES: tuple[Language, ...] = ("zh", "en")


def facts(
    *,
    payment: Payment = PayeeKind.SELF,
    categories: tuple[str, ...] = ("IDNO", "NAME", "PHONE"),
    pay_by: date | None = date(2026, 11, 24),
    mainland: bool = True,
    simulated: bool = False,
    currency: str = "CNY",
) -> NoticeFacts:
    """What a notice says."""
    return NoticeFacts(
        controller=Text(zh="智政集团", en="Zhizheng Group"),
        discovered=date(2026, 11, 20),
        announced=date(2026, 11, 21),
        categories=categories,
        payment=payment,
        amount=Money(amount_minor=500_000, currency=currency),
        pay_by=pay_by,
        mainland=mainland,
        simulated=simulated,
    )


@pytest.mark.parametrize("payment", PAYMENTS)
@pytest.mark.parametrize("mainland", [True, False])
@pytest.mark.parametrize("late", [True, False])
def test_every_notice_passes_its_own_lint(payment: Payment, mainland: bool, late: bool) -> None:  # noqa: FBT001 - parametrized
    """Whoever is told whatever, the text has no link, no request, no urgency and no value."""
    for language in LANGUAGES:
        text = notice_text(
            facts(payment=payment, mainland=mainland, pay_by=None if late else date(2026, 11, 24)),
            language,
        )
        assert lint(text) == []


@pytest.mark.parametrize(
    ("language", "heads"),
    [
        (
            "zh",
            (
                "我们是谁 发生了什么 您的哪些信息泄露了 别人可能用来做什么 我们做了什么 "
                "您现在可以做什么 道歉 您会得到什么 您的权利 我们怎样联系您 怎样找到我们"
            ),
        ),
        (
            "en",
            (
                "Who_we_are What_happened What_of_yours_leaked What_others_could_do_with_it "
                "What_we_did What_you_can_do_now We_are_sorry What_you_receive Your_rights "
                "How_we_will_contact_you Where_to_find_us"
            ),
        ),
    ],
)
def test_a_notice_has_its_eleven_parts_in_order(language: Language, heads: str) -> None:
    """The parts stand in the order of the law report §3.2."""
    text = notice_text(facts(), language)
    places = [text.index(head.replace("_", " ")) for head in heads.split()]
    assert places == sorted(places)
    assert len(places) == 11


def test_a_notice_says_sum_day_and_that_nothing_is_to_be_done() -> None:
    """Whoever is paid reads how much, by when, and that no step is theirs."""
    chinese, english = (notice_text(facts(), language) for language in LANGUAGES)
    assert "5,000.00元" in chinese
    assert "最晚2026年11月24日" in chinese
    assert "您什么都不用做" in chinese
    assert "CNY 5,000.00" in english
    assert "by 24 November 2026" in english
    assert "You do not have to do anything" in english


@pytest.mark.parametrize("reason", list(Reason))
def test_who_waits_reads_that_the_money_is_kept(reason: Reason) -> None:
    """No day is promised to who cannot be paid yet; the sum is named and kept."""
    chinese = notice_text(facts(payment=reason), "zh")
    assert "5,000.00元" in chinese
    assert "留着" in chinese
    assert "11月24日" not in chinese


def test_the_scam_is_named_with_the_hotlines_of_the_mainland_only_there() -> None:
    """In China 96110 and 110 stand in both texts; elsewhere the police are named."""
    for language in LANGUAGES:
        assert "96110" in notice_text(facts(), language)
        assert "96110" not in notice_text(facts(mainland=False), language)
    assert "police" in notice_text(facts(mainland=False), "en")
    assert "“理赔客服”" in notice_text(facts(), "zh")


def test_a_simulated_case_says_so_first() -> None:
    """Nobody can take the text of an exercise for a real notice."""
    assert notice_text(facts(simulated=True), "zh").startswith("【模拟演练】")
    assert notice_text(facts(simulated=True), "en").startswith("[Simulated exercise]")


def test_fields_are_named_and_a_column_heading_is_never_shown() -> None:
    """A heading that is no known category may be somebody's value: it is not shown."""
    text = notice_text(facts(categories=("13800138000", "NAME")), "zh")
    assert "姓名、其他信息" in text
    assert "138" not in text


def test_chinese_sentences_are_short() -> None:
    """A sentence has at most forty characters between stops (plain language)."""
    for payment, categories in itertools.product(PAYMENTS, [("PWD", "ORDER"), ("IDNO", "ADDRESS")]):
        text = notice_text(facts(payment=payment, categories=categories, simulated=True), "zh")
        assert max(map(len, re.split(r"[。：；\n]", text))) <= 45


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (RuleId.CONFIDENTIAL, "请回复收到的验证码。"),
        (RuleId.CONFIDENTIAL, "请提供您的银行卡密码。"),
        (RuleId.CONFIDENTIAL, "请先交纳保证金，再转账。"),
        (RuleId.CONFIDENTIAL, "请下载安装我们的应用。"),
        (RuleId.CONFIDENTIAL, "Please enter the code that we sent you."),
        (RuleId.CONFIDENTIAL, "Share your screen and tell us the PIN."),
        (RuleId.LINK, "详情见 https://pay.example"),
        (RuleId.LINK, "Visit amends-claims.com today."),
        (RuleId.LINK, "We never send links, except http://x.example."),
        (RuleId.LINK, "扫描二维码领取。"),
        (RuleId.LINK, "Write to someone@example.org."),
        (RuleId.LINK, "Click the button below."),
        (RuleId.URGENCY_OR_PRIZE, "请尽快办理，逾期作废。"),
        (RuleId.URGENCY_OR_PRIZE, "恭喜您获得红包。"),
        (RuleId.URGENCY_OR_PRIZE, "Act now: this gift expires."),
        (RuleId.VALUE, "手机号 13800138000。"),
        (RuleId.VALUE, "手机号 138 0013 8000。"),
        (RuleId.VALUE, "手机号 138****8000。"),
        (RuleId.VALUE, "证件号 360426199101010071。"),
        (RuleId.WAIVER, "收款即视为和解。"),
        (RuleId.WAIVER, "By accepting you release the company."),
    ],
)
def test_a_text_of_a_scam_is_found(rule: RuleId, text: str) -> None:
    """Each rule finds what it is for, in both languages."""
    assert rule in {violation.rule for violation in lint(text)}


@pytest.mark.parametrize(
    "text",
    [
        "我们绝不索要验证码。",
        "要求验证码的都是诈骗，请报 96110 或 110。",
        "We never ask you to enter a code.",
        "赔偿款 15,000,000,000.00 元。",
        "合计1.5083亿元，总额 3.0166 亿元。",
        "In all 150.83 million yuan.",
        "Compensation of GBP 100.00 by 24 November 2026.",
        "收下这笔钱，不放弃任何权利。",
        "Change your password.",
    ],
)
def test_a_warning_is_not_taken_for_a_scam(text: str) -> None:
    """Naming what we never do, amounts and days break no rule."""
    assert lint(text) == []


def test_the_refusal_names_rules_and_not_the_text() -> None:
    """The message of a refused text cannot carry what was in it."""
    error = NoticeTextError(lint("手机号 13800138000，请尽快。"))
    assert "AP-03" in str(error)
    assert "138" not in str(error)
    assert all("138" not in violation.found for violation in error.violations)
