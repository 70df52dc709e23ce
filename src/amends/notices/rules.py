"""Lint for every outgoing text: what a scam would say, a notice never says. Pure.

The rules are those of the law report §3.1: AP-01 asks for no secret, AP-02 no link, AP-03 no
urgency and no prize; and two of our own: no waiver, and no digits that could be somebody's value.
A sentence that denies ("we never ask for…") or names the scam may use the words of AP-01, of links
and of waivers; an address itself, a prize and an urgency stand in no sentence at all.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from amends.notices.model import RuleId, Violation

_SENTENCE_END = re.compile(r"(?<=[。！？；!?])|(?<=[.;])\s|\n")
_DENIES = re.compile(
    r"不|没有|无需|无须|从未|骗|\b(?:never|not|no|nobody|nothing|without|scam|fraud)\b",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"验证码|校验码|密码|口令|安全码|身份证照|人脸|刷脸|屏幕共享|共享屏幕|转账|汇款|手续费|保证金"
    r"|解冻费|下载|安装"
    r"|\b(?:passwords?|PINs?|CVV|passcodes?|codes?|OTP|face scan|selfie|screen shar\w+"
    r"|share your screen|transfers?|fees?|deposits?|install|download)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"提供|输入|发送|发给|告知|告诉|回复|填写|上传|提交|出示|共享|转到|转账|汇款|缴|交纳|支付手续费"
    r"|下载|安装"
    r"|\b(?:enter|send|provide|reply|tell|give|submit|upload|type|share|pay|transfer|install"
    r"|download|confirm|verify)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"https?:|\bwww\.|[\w.+-]+@[\w-]+|\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\."
    r"(?:com|cn|net|org|io|gov|edu|info|top|xyz|vip|shop|app|me|cc|co|uk|eu|link|site|online)\b",
    re.IGNORECASE,
)
_LINK_WORD = re.compile(
    r"二维码|扫码|扫一扫|点击|链接|附件|\b(?:QR|click|tap here|links?|attachments?)\b",
    re.IGNORECASE,
)
_URGENCY_OR_PRIZE = re.compile(
    r"立即|立刻|马上|赶快|赶紧|尽快|逾期|过期|限时|截止|最后机会|倒计时|视为放弃"
    r"|中奖|奖品|奖金|红包|礼品|礼金|礼物|赠送|优惠|代金券|抵用券|福利|恭喜|抽奖|免费领"
    r"|\b(?:urgent\w*|immediate\w*|hurry|act (?:now|before)|last chance|final notice|expir\w+"
    r"|deadline|limited time|prizes?|gifts?|rewards?|vouchers?|coupons?|bonus|congratulations"
    r"|winners?|lucky|lottery|free of charge)\b",
    re.IGNORECASE,
)
_WAIVER = re.compile(
    r"放弃|免除|不再追究|不得起诉|和解"
    r"|\b(?:waive\w*|releas\w+|full and final|settlement|give up)\b",
    re.IGNORECASE,
)
_HARMLESS_DIGITS = re.compile(
    r"[A-Z]{3} \d{1,3}(?:,\d{3})*(?:\.\d{1,3})?"  # CNY 5,000.00
    r"|\d{1,3}(?:,\d{3})*(?:\.\d{1,3})? ?元"
    r"|\d{4}年\d{1,2}月\d{1,2}日|\d{1,2} [A-Z][a-z]+ \d{4}"
    r"|(?<!\d)(?:96110|110|12321)(?!\d)"
)
_DIGITS = re.compile(r"\d(?:[\s.\-]?\d){4,}|\d*[*＊]{2,}\d*")


def lint(text: str) -> list[Violation]:
    """Every rule that *text* breaks, in the order of the text's sentences."""
    found = [violation for sentence in _sentences(text) for violation in _sentence(sentence)]
    bare = _HARMLESS_DIGITS.sub("#", text)
    found += [
        Violation(rule=RuleId.VALUE, found=f"{len(match.group())} characters")
        for match in _DIGITS.finditer(bare)
    ]
    return found


def _sentences(text: str) -> Iterator[str]:
    """The sentences of a text in either language."""
    return (part for part in _SENTENCE_END.split(text) if part and part.strip())


@lru_cache(maxsize=1 << 14)
def _sentence(sentence: str) -> tuple[Violation, ...]:
    """What one sentence breaks. Most sentences stand in every notice: each is looked at once."""
    return tuple(_broken_by(sentence))


def _broken_by(sentence: str) -> Iterator[Violation]:
    for match in _URGENCY_OR_PRIZE.finditer(sentence):
        yield _violation(RuleId.URGENCY_OR_PRIZE, match)
    for match in _ADDRESS.finditer(sentence):
        yield _violation(RuleId.LINK, match)
    if _DENIES.search(sentence):
        return
    if (secret := _SECRET.search(sentence)) and _REQUEST.search(sentence):
        yield _violation(RuleId.CONFIDENTIAL, secret)
    for match in _LINK_WORD.finditer(sentence):
        yield _violation(RuleId.LINK, match)
    for match in _WAIVER.finditer(sentence):
        yield _violation(RuleId.WAIVER, match)


def _violation(rule: RuleId, match: re.Match[str]) -> Violation:
    return Violation(rule=rule, found=match.group())
