"""Sentences with known identifiers, Chinese and English, and sentences with none.

A template has slots ``{kind}``; what a slot was filled with is the truth. ``LOOKED_AT`` templates
are those that patterns were improved on; ``HELD_OUT`` ones are run only to measure.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpora import values as v

_SLOT = re.compile(r"\{(\w+?)(_\w+)?\}")
MAKERS = {
    "name": v.name_zh,
    "name_en": v.name_en,
    "phone": v.mobile_formats,
    "phone_us": v.phone_us,
    "phone_uk": v.phone_uk,
    "phone_line": v.line_zh,
    "idno": v.idno,
    "idno_us": v.ssn,
    "email": v.email,
    "bankcard": v.bankcard,
    "bankcard_spaced": v.bankcard_spaced,
    "address": v.address_zh,
    "address_en": v.address_en,
    "ip": v.ip,
    "ip_6": v.ip6,
    "plate": v.plate,
    "passport": v.passport,
    "device": v.imei,
    "device_mac": v.mac,
    "birth": v.birth_zh,
    "birth_en": v.birth_en,
    "pwd": v.password,
    "order": v.order,
    "time": v.moment,
    "amount": v.amount,
    "sku": v.account("SKU"),
}
NOBODYS = frozenset({"time", "amount", "sku"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A text, its language, and what stands in it: (field, value)."""

    text: str
    language: str
    truth: tuple[tuple[str, str], ...]


def sentences(templates: Sequence[tuple[str, str]], count: int, seed: int) -> Iterator[Sentence]:
    """That many sentences, each template as often as the others."""
    chance = random.Random(f"sentences/{seed}")  # noqa: S311  # made-up values
    for at in range(count):
        language, template = templates[at % len(templates)]
        truth: list[tuple[str, str]] = []

        def fill(slot: "re.Match[str]", at: int = at, truth: list[tuple[str, str]] = truth) -> str:
            kind = slot[1]
            value = MAKERS[kind + (slot[2] or "")](chance, at)
            if kind not in NOBODYS:
                truth.append((kind, value))
            return value

        yield Sentence(text=_SLOT.sub(fill, template), language=language, truth=tuple(truth))


LOOKED_AT: tuple[tuple[str, str], ...] = (
    ("zh", "您好，客户{name}手机{phone}，身份证号{idno}，请尽快处理。"),
    ("zh", "收件人：{name}，电话：{phone}，收货地址：{address}，订单号：{order}。"),
    ("zh", "{time} 用户从 {ip} 登录失败 3 次，已锁定。"),
    ("zh", "请把款打到卡号{bankcard}，户名{name}，谢谢。"),
    ("zh", "昨天的会议推迟到下周三下午，地点不变，请大家安排好时间。"),
    ("zh", "车牌{plate}的车主请尽快挪车，联系电话{phone}。"),
    ("zh", "尊敬的{name}先生，您的密码已重置为：{pwd}，请登录后修改。"),
    ("zh", "本月销售额{amount}元，同比增长百分之八，库存编号{sku}。"),
    ("en", "My name is {name_en}, my phone number is {phone_us} and my SSN is {idno_us}."),
    ("en", "Please ship the order to {address_en}. Contact {email} for questions."),
    ("en", "The meeting has been moved to next Tuesday; the agenda stays the same."),
    ("en", "Card {bankcard_spaced} was declined at {time}; the customer called {phone_uk}."),
    ("en", "Login from {ip} with device {device_mac} succeeded."),
    ("en", "DOB: {birth_en}, email: {email}, password: {pwd}"),
)

HELD_OUT: tuple[tuple[str, str], ...] = (
    ("zh", "我叫{name}，住在{address}，有事打我电话{phone}或者发邮件到{email}。"),
    ("zh", "联系人{name}，座机{phone_line}，手机{phone}。"),
    ("zh", "工单：{name}反映其银行卡{bankcard}被盗刷{amount}元，身份证{idno}已核实。"),
    ("zh", "乘客姓名：{name}，护照号：{passport}，出生日期：{birth}。"),
    ("zh", "{name}，{phone}，{address}"),
    ("zh", "系统于{time}完成备份，共处理数据三万条，未发现异常，详见附件。"),
    ("zh", "感谢您的支持，我们将在三个工作日内回复，客服热线见官网。"),
    ("zh", "设备IMEI：{device}，最近一次登录IP为{ip}，时间{time}。"),
    ("zh", "违停车辆{plate}，已通知车主{name}（{phone}）。"),
    ("zh", "帮我查一下订单{order}到哪里了，收件人是{name}。"),
    ("zh", "用户名不重要，密码: {pwd} 别告诉别人。"),
    ("zh", "货号{sku}的商品单价{amount}元，满三件包邮，活动截止到月底。"),
    ("en", "Dear {name_en}, your appointment is confirmed. We will call you on {phone_uk}."),
    ("en", "Customer: {name_en}; Phone: {phone_us}; Address: {address_en}"),
    ("en", "Refund issued to card number {bankcard_spaced}, receipt sent to {email}."),
    ("en", "Patient {name_en}, born {birth_en}, SSN {idno_us}, was admitted on Monday."),
    ("en", "Server {ip_6} was unreachable between noon and one; engineers restarted it."),
    ("en", "Our quarterly report shows growth of 8 percent, driven by new regions and products."),
    ("en", "Order total was {amount} USD, item {sku}, delivered within two working days."),
    ("en", "The MAC address is {device_mac}; the user wrote from {email} at {time}."),
    ("en", "I live at {address_en}, you can reach me at {phone_us} after six."),
)
