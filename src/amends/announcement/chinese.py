"""The sections of the announcement in Chinese. Pure."""

from amends.announcement.facts import (
    Facts,
    amounts_go_by,
    company_names,
    leaked_kinds,
    own_will,
    own_words,
    shown_classes,
    shown_companies,
)
from amends.announcement.model import Section
from amends.announcement.phrases import amount_said, count_said, day, moment
from amends.kernel.case import LegalCharacter, SetOff
from amends.notices.texts import harms, steps

_CHARACTER = {
    LegalCharacter.TORT_DAMAGES: "这笔钱在法律上是侵权损害赔偿，不是赠与，也不是和解款。",
    LegalCharacter.ON_ACCOUNT: "这笔钱在法律上是先行支付的损害赔偿，不是赠与，也不是和解款。",
    LegalCharacter.EX_GRATIA: "这笔钱是我们自愿支付的，不代替法律规定的赔偿。",
}
_SET_OFF = {
    SetOff.NONE: "以后法院再判我们赔偿的，我们照付，不扣这笔钱。",
    SetOff.PROVEN_LOSS: "以后法院就这次泄露判我们赔偿的，这笔钱算作已付的部分，不够的我们补足。",
}


def sections_zh(facts: Facts) -> tuple[Section, ...]:
    """All sections but the apology, in their order."""
    own = own_words(facts, "zh")
    return (
        _who(facts),
        _what(facts, own),
        Section(
            heading="哪些信息泄露了",
            paragraphs=(
                f"泄露的信息有：{leaked_kinds(facts, 'zh')}。",
                "每个人泄露的信息不完全一样。",
                "您在不在其中，泄露了哪几类，我们会在您平时使用的产品里单独告诉您。",
            ),
        ),
        Section(heading="别人可能用来做什么", items=harms(facts.figures.categories, "zh")),
        _done(facts, own),
        Section(heading="您现在可以做什么", items=steps(facts.figures.categories, "zh")),
        _receive(facts),
        _rights(facts),
        _contacting(facts),
        _finding(facts),
    )


def _who(facts: Facts) -> Section:
    several = len(facts.companies) > 1
    names = company_names(facts, "zh")
    first = f"我们是{facts.controller.zh if several else names[0]}。"
    together = ("这次泄露由以下公司共同负责：",) if several else ()
    products = "、".join(name.zh for name in facts.product_names)
    return Section(
        heading="我们是谁",
        paragraphs=(first, f"涉及的产品：{products}。", *together),
        items=names if several else (),
    )


def _what(facts: Facts, own: dict[str, tuple[str, ...]]) -> Section:
    found = facts.figures.discovered_at
    first = (
        f"{day(found, 'zh')}，我们发现，由我们保管的用户信息泄露了。"
        if found
        else "我们发现，由我们保管的用户信息泄露了。"
    )
    return Section(heading="发生了什么", paragraphs=(first, *own["what_happened"], *own["cause"]))


def _done(facts: Facts, own: dict[str, tuple[str, ...]]) -> Section:
    people, total = count_said(facts.figures.people, "zh"), amount_said(facts.figures.total, "zh")
    return Section(
        heading="我们做了什么",
        items=(
            *own["measures"],
            f"我们逐条核对了泄露的记录，确认有{people}人受影响。",
            *_waiting(facts),
            f"{'款项' if own_will(facts) else '赔偿款'}合计{total}，已经备好。",
            "我们公布了一份名册：谁都可以核对人数、总额和付款，谁也不能从中查到哪一个人。",
        ),
    )


def _waiting(facts: Facts) -> tuple[str, ...]:
    if not facts.figures.waiting:
        return ()
    people = count_said(facts.figures.waiting, "zh")
    same = "钱" if own_will(facts) else "赔偿"
    return (f"另有{people}人还要人工核对，确认受影响的，{same}一分不少。",)


def _receive(facts: Facts) -> Section:
    figures = facts.figures
    each = amount_said(figures.least, "zh")
    if figures.least != figures.most:
        by = amounts_go_by(facts, "zh")
        each = f"{each}至{amount_said(figures.most, 'zh')}" + (f"，按{by}而定" if by else "")
    classes = tuple(
        f"{amount_said(one.amount, 'zh')}：{count_said(one.people, 'zh')}人"
        for one in shown_classes(figures)
    )
    borne = tuple(f"总额中，{name}承担{cost}" for name, cost in shown_companies(facts, "zh"))
    source = facts.source
    return Section(
        heading="您会得到什么",
        paragraphs=(
            f"每人{each}，一次付清，最晚{moment(figures.pay_by, 'zh')}到账。",
            "钱会付到您登记的收款账户，一般是您注册手机号的电子钱包。您什么都不用做。",
            "不用申领，不用登录，不用重新注册，不用买任何东西，也不放弃任何权利。",
            "暂时没有收款账户的，钱为您留着，不会少。",
            "孩子的钱归孩子自己，付给监护人或孩子本人。亲人已经去世的，这笔钱归继承人或近亲属。",
            f"{_CHARACTER[source.legal_character]}依据：{source.basis.zh}。",
            _SET_OFF[source.set_off],
        ),
        items=(*classes, *borne),
    )


def _rights(facts: Facts) -> Section:
    authority = "网信部门" if facts.mainland else "个人信息保护机构"
    return Section(
        heading="您的权利",
        paragraphs=(
            f"您可以向{authority}投诉，可以申请调解，也可以起诉。",
            "收下这笔钱，不放弃任何权利。以后如果有人利用这次泄露骗走您的钱，您还可以要求我们赔偿。",
        ),
    )


def _contacting(facts: Facts) -> Section:
    police = "拨打96110（反诈专线）或110" if facts.mainland else "报警"
    senders = facts.source.contact.senders
    only = "给您个人的消息，只出现在您平时使用的产品里。"
    if senders:
        numbers = "、".join(senders)
        only = f"给您个人的消息，都能在您平时使用的产品里看到。短信只从这些号码发出：{numbers}。"
    return Section(
        heading="我们怎样联系您",
        paragraphs=(
            only,
            "我们的消息里没有链接，也没有二维码。",
            "我们绝不向您要密码、验证码，也绝不要您刷脸、转账、交费或安装软件。",
            "凡是自称“理赔客服”，要您共享屏幕、说出验证码或者转账的，都是诈骗。",
            f"遇到了，请挂断电话，{police}。",
        ),
    )


def _finding(facts: Facts) -> Section:
    contact = facts.source.contact
    lines = []
    if contact.hotline and contact.hours:
        lines.append(f"热线：{contact.hotline}，{contact.hours.zh}，可以直接找人工")
    if contact.app:
        lines.append(f"官方应用：{contact.app.zh}")
    if contact.site:
        lines.append(f"官方网站：{contact.site}（请自己输入网址，不要从消息里打开）")
    return Section(
        heading="怎样找到我们",
        paragraphs=("看不清、听不清或不方便上网的，可以请信得过的家人帮忙。",),
        items=tuple(lines),
    )
