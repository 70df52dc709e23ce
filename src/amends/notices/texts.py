"""The words of a notice, in Chinese and in English, in the order of the law report §3.2. Pure.

Short sentences, one thought each. A text depends on :class:`NoticeFacts` alone, so it can hold no
value of a person: fields are named, never shown.
"""

from collections.abc import Collection
from datetime import date
from typing import assert_never

from amends.kernel.categories import CATEGORIES, label
from amends.kernel.money import Money
from amends.kernel.saying import Language
from amends.notices.model import NoticeFacts, Payment
from amends.payees.model import PayeeKind, Reason

_CREDENTIALS = frozenset({"PWD", "PWDHASH", "SECQA", "TOKEN"})
_IDENTITY = frozenset({"IDNO", "PASSPORT", "BANKCARD", "FACE"})
_CONTACT = frozenset({"PHONE", "EMAIL", "CALLLOG", "CONTACTS", "COMMS"})
_ORDERS = frozenset({"ORDER", "LOGISTICS"})
_PLACE = frozenset({"ADDRESS", "POSTCODE", "TRACK"})

_HARMS = (
    (
        _CREDENTIALS,
        "有人可能用泄露的登录信息进入您的账户。",
        "Someone could use the leaked sign-in details to get into your accounts.",
    ),
    (
        _IDENTITY,
        "有人可能冒用您的名义办事或借钱。",
        "Someone could act or borrow money in your name.",
    ),
    (
        _ORDERS,
        "骗子可能说出您的订单，假装退款或售后。",
        "A fraudster could quote your orders and pretend to arrange a refund.",
    ),
    (
        _CONTACT,
        "骗子可能打电话、发短信或邮件，冒充我们或其他单位。",
        "A fraudster could call or write to you and pretend to be us or an authority.",
    ),
    (
        _PLACE,
        "骗子可能知道您住在哪里，借此取得信任。",
        "A fraudster could know where you live and use it to seem trustworthy.",
    ),
)
_ANY_HARM = (
    "骗子知道这些信息，可能更容易取得您的信任。",
    "A fraudster who knows these things can seem more trustworthy.",
)
_CHANGE_PASSWORD = (
    "更换您在我们这里的密码；别处用了同一个密码的，也请更换。",
    "Change your password with us, and everywhere else where you use the same one.",
)
_HANG_UP = (
    "接到自称客服、理赔或办案的来电，先挂断，再从您平时用的产品里核实。",
    (
        "If someone calls about compensation or an investigation, hang up. Then ask us in the "
        "product that you already use."
    ),
)
_CHECK_CREDIT = (
    "留意账单和信用记录，发现不是本人办理的，请报警。",
    "Watch your bills and your credit record, and report to the police what is not yours.",
)
_CODE = (
    (
        "您会在信里、平时使用的产品里或柜台另外拿到一个凭证码，用它可以取得自己的凭证。"
        "没有它，钱也照样付给您。我们绝不问您要它。"
    ),
    (
        "You get a receipt code by letter, in the product that you already use, or at a counter. "
        "It gets you your own receipt. You are paid without it, and we never ask for it."
    ),
)
_TELL_FAMILY = (
    "把这件事告诉家人，特别是老人和孩子。",
    "Tell your family about this, the old and the young above all.",
)


def notice_text(facts: NoticeFacts, language: Language) -> str:
    """The whole notice in one language: eleven parts in their order."""
    return _chinese(facts) if language == "zh" else _english(facts)


def _chinese(facts: NoticeFacts) -> str:
    who = facts.controller.zh
    found = f"{_day(facts.discovered, 'zh')}，" if facts.discovered else ""
    harmful, advised = _harms(facts, 0), _steps(facts, 0)
    parts = [
        ("我们是谁", f"我们是{who}。您的信息由我们负责保管。"),
        (
            "发生了什么",
            (
                f"{found}我们发现，我们保管的用户信息泄露了。"
                f"{_day(facts.announced, 'zh')}，我们公开说明了此事。"
            ),
        ),
        ("您的哪些信息泄露了", f"{_subject(facts.payment)}：{_fields(facts, 'zh')}。"),
        ("别人可能用来做什么", harmful),
        (
            "我们做了什么",
            (
                "我们封存了泄露的文件，逐条核对了谁受影响。赔偿款已经备好。我们公布了一份名册：谁都能"
                "核对总数，谁也查不到个人。" + (_CODE[0] if facts.coded else "")
            ),
        ),
        ("您现在可以做什么", advised),
        ("道歉", f"我们没有保管好您的信息。您没有做错任何事，错在我们。对不起。\n{who}负责人"),
        ("您会得到什么", _receive_zh(facts)),
        ("您的权利", _rights_zh(facts)),
        (
            "我们怎样联系您",
            "以后的消息，只出现在您平时使用的产品里。我们绝不索要密码、验证码或人脸，也不要求转账、"
            "交费或安装软件。我们不发链接和二维码。"
            + (
                "任何自称“理赔客服”、要求屏幕共享、验证码或转账的，都是诈骗。请挂断电话，拨打96110（反诈专线）或110。"
                if facts.mainland
                else "任何自称“理赔客服”、要求屏幕共享、验证码或转账的，都是诈骗，请报警。"
            ),
        ),
        (
            "怎样找到我们",
            (
                "请在您平时使用的产品里找客服，服务时间以那里写明的为准。您可以要求人工服务。看不清、"
                "听不清或不便上网的，可以请家人陪同。"
            ),
        ),
    ]
    numbers = "一二三四五六七八九十"
    marks = [*numbers, "十一"]
    body = "\n\n".join(f"{m}、{head}\n{text}" for m, (head, text) in zip(marks, parts, strict=True))
    drill = "【模拟演练】这不是真实通知，不涉及真实的人和钱。\n\n" if facts.simulated else ""
    return drill + body + "\n"


def _english(facts: NoticeFacts) -> str:
    who = facts.controller.en
    found = f"On {_day(facts.discovered, 'en')} we found" if facts.discovered else "We found"
    harmful, advised = _harms(facts, 1), _steps(facts, 1)
    parts = [
        ("Who we are", f"We are {who}. We are responsible for your information."),
        (
            "What happened",
            (
                f"{found} that user information in our care had leaked. On "
                f"{_day(facts.announced, 'en')} we said so in public."
            ),
        ),
        ("What of yours leaked", f"{_subject_en(facts.payment)}: {_fields(facts, 'en')}."),
        ("What others could do with it", harmful),
        (
            "What we did",
            (
                "We secured the leaked files and checked, row by row, who is affected. The money "
                "is set aside. We published a roster: anyone can check its totals, and nobody can "
                "look anyone up in it." + (f" {_CODE[1]}" if facts.coded else "")
            ),
        ),
        ("What you can do now", advised),
        (
            "We are sorry",
            (
                "We failed to keep your information safe. You did nothing wrong; the fault is "
                f"ours. We are sorry.\nThe head of {who}"
            ),
        ),
        ("What you receive", _receive_en(facts)),
        ("Your rights", _rights_en(facts)),
        (
            "How we will contact you",
            "Later messages appear only in the product that you already use. We never ask for a "
            "password, a code or a face scan, and never for a transfer, a fee or an app. We never "
            "send links or QR codes. Anyone who claims to be compensation support and asks for "
            "screen sharing, a code or a transfer is a scam: tell the police"
            + (" (96110 or 110)." if facts.mainland else "."),
        ),
        (
            "Where to find us",
            (
                "Ask customer service in the product that you already use, at the hours shown "
                "there. You can ask to speak with a person. Your family may help you."
            ),
        ),
    ]
    body = "\n\n".join(f"{n}. {head}\n{text}" for n, (head, text) in enumerate(parts, start=1))
    drill = (
        "[Simulated exercise] This is no real notice: no real people, no real money.\n\n"
        if facts.simulated
        else ""
    )
    return drill + body + "\n"


_MISSING_ZH = {
    Reason.DECEASED: (
        "登记显示本人已去世，我们向家人致以哀悼。这笔钱归继承人或近亲属，我们会留着。"
        "家人方便时，可以在本人用过的产品里找客服。"
    ),
    Reason.MINOR_WITHOUT_GUARDIAN_ACCOUNT: (
        "这笔钱会留着，不会少。本人未满十八岁，我们还没有监护人的收款账户。"
        "监护人方便时，可以在孩子用的产品里找客服。"
    ),
    Reason.NO_ACCOUNT: (
        "这笔钱为您留着，不会少。我们还没有可以付款的账户。方便时，可以在您平时使用的产品里找客服。"
    ),
    Reason.NO_NAME: (
        "这笔钱为您留着，不会少。我们还没有收款人的姓名。方便时，可以在您平时使用的产品里找客服。"
    ),
    Reason.MANY_ON_ONE_ACCOUNT: (
        "这笔钱为您留着，不会少。登记的账户由很多人共用，我们先要核对。"
        "方便时，可以在您平时使用的产品里找客服。"
    ),
    Reason.IN_REVIEW: (
        "这笔钱为您留着，不会少。登记的情况前后不一致，我们正在人工核对，核对好了就付。"
        "方便时，可以在您平时使用的产品里找客服。"
    ),
    Reason.NO_CAPACITY: (
        "这笔钱会留着，不会少。我们还没有监护人的收款账户。"
        "监护人方便时，可以在本人用的产品里找客服。"
    ),
    Reason.WALLET_TOO_LOW: (
        "这笔钱为您留着，不会少。登记的钱包等级不够，收下后用不出来。"
        "可以在您平时使用的产品里告诉我们一个银行账户，或者先升级钱包。"
    ),
    Reason.HELD: (
        "这笔钱为您留着，不会少。支付机构暂时拦下了这笔款项，我们已在申诉。"
        "方便时，可以在您平时使用的产品里找客服。"
    ),
    Reason.MISSING: (
        "这笔钱为您留着，不会少。我们一直没有联系上您。方便时，可以在您平时使用的产品里找客服。"
    ),
    Reason.REFUSED: (
        "您说过不要这笔钱。钱仍为您留着，您随时可以改变主意，在您平时使用的产品里找客服。"
    ),
    Reason.DONATED: "这笔钱先为您留着，再按您的意思捐出。捐出之前，您随时可以改变主意。",
    Reason.DEPOSIT: (
        "这笔钱为您留着，存在公证处（提存），费用由我们承担。自提存之日起五年内可以领取。"
        "方便时，可以在您平时使用的产品里找客服，问在哪里领、带什么。"
    ),
}
_ASK = "When it suits you, ask customer service in the product that you already use."
_MISSING_EN = {
    Reason.DECEASED: (
        "Our records say that this person has died, and we offer our condolences. The money "
        "goes to the heirs or near relatives, and we keep it for them. When it suits the family, "
        "ask customer service in the product that was used."
    ),
    Reason.MINOR_WITHOUT_GUARDIAN_ACCOUNT: (
        "It is kept in full. The child is under eighteen and we have no guardian's account yet. "
        "When it suits the guardian, ask customer service in the product that the child uses."
    ),
    Reason.NO_ACCOUNT: (
        f"It is kept for you in full. We have no account yet to which we could pay. {_ASK}"
    ),
    Reason.NO_NAME: (
        f"It is kept for you in full. We have no name yet under which we could pay. {_ASK}"
    ),
    Reason.MANY_ON_ONE_ACCOUNT: (
        "It is kept for you in full. Many people share the account on record, so we check first. "
        f"{_ASK}"
    ),
    Reason.IN_REVIEW: (
        "It is kept for you in full. What is on record about you does not agree, so a person looks "
        f"at it, and then we pay. {_ASK}"
    ),
    Reason.NO_CAPACITY: (
        "It is kept in full. We have no guardian's account yet. When it suits the guardian, ask "
        "customer service in the product that the person uses."
    ),
    Reason.WALLET_TOO_LOW: (
        "It is kept for you in full. The wallet on record could not spend it. You can tell us a "
        "bank account in the product that you already use, or upgrade the wallet first."
    ),
    Reason.HELD: (
        "It is kept for you in full. The payment provider holds it back for now, and we have "
        f"appealed. {_ASK}"
    ),
    Reason.MISSING: f"It is kept for you in full. We have not reached you yet. {_ASK}",
    Reason.REFUSED: (
        "You said that you do not want it. It is kept for you all the same, and you can change "
        f"your mind at any time. {_ASK}"
    ),
    Reason.DONATED: (
        "It is kept in full until we give it away, as you wished. Until then you can change your "
        "mind at any time."
    ),
    Reason.DEPOSIT: (
        "It is kept for you in full, deposited with a notary; we bear the fees. It can be "
        f"collected for five years from the day of the deposit. {_ASK}"
    ),
}


def _receive_zh(facts: NoticeFacts) -> str:
    """Sum, day, where it arrives; or what is missing, and that the money is kept."""
    amount = _amount_zh(facts.amount)
    if facts.pay_by is None:
        day = "约定的日期已过，我们为此道歉，这笔钱正在支付。"
    else:
        day = f"最晚{_day(facts.pay_by, 'zh')}到账。"
    if isinstance(facts.payment, Reason):
        return f"赔偿款{amount}。{_MISSING_ZH[facts.payment]}"
    match facts.payment:
        case PayeeKind.SELF:
            return (
                f"赔偿款{amount}。{day}款项付到您登记的收款账户，一般是您注册手机号的电子钱包。"
                "您什么都不用做。"
            )
        case PayeeKind.GUARDIAN:
            return (
                f"赔偿款{amount}，归未成年人所有。{day}款项付到登记的监护人账户，由监护人代收。"
                "您什么都不用做。"
            )
        case PayeeKind.MINOR:
            return (
                f"赔偿款{amount}，归您本人所有。{day}款项付到您登记的收款账户，"
                "一般是您注册手机号的电子钱包。您什么都不用做。您未满十八岁，请把这封信给监护人看。"
            )
        case PayeeKind.CUSTODIAN:
            return f"赔偿款{amount}，归本人所有。{day}款项付给法院指定的财产代管人。"
        case PayeeKind.ADMINISTRATOR | PayeeKind.HEIR | PayeeKind.RELATIVE:
            return f"赔偿款{amount}。{day}款项付给按法律和家人约定领取的人。"
        case _:
            assert_never(facts.payment)


def _receive_en(facts: NoticeFacts) -> str:
    """The same in English."""
    amount = facts.amount.display()
    if facts.pay_by is None:
        day = "The promised day has passed, and we are sorry; the payment is under way."
    else:
        day = f"It arrives by {_day(facts.pay_by, 'en')}."
    if isinstance(facts.payment, Reason):
        return f"Compensation of {amount}. {_MISSING_EN[facts.payment]}"
    match facts.payment:
        case PayeeKind.SELF:
            return (
                f"Compensation of {amount}. {day} It goes to the account on record for you, "
                "usually the wallet of the mobile number you registered with. You do not have to "
                "do anything."
            )
        case PayeeKind.GUARDIAN:
            return (
                f"Compensation of {amount}, which belongs to the child. {day} It goes to the "
                "guardian's account on record, for the child. You do not have to do anything."
            )
        case PayeeKind.MINOR:
            return (
                f"Compensation of {amount}, which belongs to you. {day} It goes to the account on "
                "record for you, usually the wallet of the mobile number you registered with. "
                "You do not have to do anything. You are under eighteen: please show this to your "
                "guardian."
            )
        case PayeeKind.CUSTODIAN:
            return (
                f"Compensation of {amount}, which belongs to the person. {day} It goes to the "
                "custodian whom the court has named."
            )
        case PayeeKind.ADMINISTRATOR | PayeeKind.HEIR | PayeeKind.RELATIVE:
            return (
                f"Compensation of {amount}. {day} It goes to whoever receives it by law and by "
                "agreement of the family."
            )
        case _:
            assert_never(facts.payment)


def _rights_zh(facts: NoticeFacts) -> str:
    authority = "网信部门" if facts.mainland else "个人信息保护机构"
    return (
        f"您可以向{authority}投诉，可以申请调解，也可以起诉。收下这笔钱，不放弃任何权利。"
        "以后有人利用这次泄露骗走您的钱，您可以再向我们要求赔偿。"
    )


def _rights_en(facts: NoticeFacts) -> str:
    authority = (
        "the cyberspace administration" if facts.mainland else "the data protection authority"
    )
    return (
        f"You can complain to {authority}, ask for mediation, or sue. Taking this money waives "
        "nothing. If someone later uses this leak to defraud you, you can claim that loss from us."
    )


_OF_THE_DEAD = (
    Reason.DECEASED,
    *(PayeeKind.ADMINISTRATOR, PayeeKind.HEIR, PayeeKind.RELATIVE),
)


def _subject(payment: Payment) -> str:
    """Whose information it is."""
    if payment in (PayeeKind.GUARDIAN, Reason.MINOR_WITHOUT_GUARDIAN_ACCOUNT):
        return "您监护的未成年人的信息"
    return "逝者的信息" if payment in _OF_THE_DEAD else "您的信息"


def _subject_en(payment: Payment) -> str:
    """The same in English."""
    if payment in (PayeeKind.GUARDIAN, Reason.MINOR_WITHOUT_GUARDIAN_ACCOUNT):
        return "Of the child in your care"
    return "Of the person who has died" if payment in _OF_THE_DEAD else "Your information"


def _fields(facts: NoticeFacts, language: Language) -> str:
    """The leaked fields by name; never a column's own heading, which may be somebody's value."""
    names = [label(code, language) for code in facts.categories if code in CATEGORIES]
    if not facts.categories:
        names = ["您在我们这里有账户这件事" if language == "zh" else "that you have an account"]
    elif len(names) < len(facts.categories):
        names.append("其他信息" if language == "zh" else "other information")
    return ("、" if language == "zh" else ", ").join(names)


def harms(categories: Collection[str], language: Language) -> tuple[str, ...]:
    """What leaked fields of these codes allow, most serious first."""
    leaked, column = set(categories), 0 if language == "zh" else 1
    found = tuple((zh, en)[column] for codes, zh, en in _HARMS if leaked & codes)
    return found or (_ANY_HARM[column],)


def steps(categories: Collection[str], language: Language) -> tuple[str, ...]:
    """The three most useful things to do, ranked."""
    first = [_CHANGE_PASSWORD] if _CREDENTIALS & set(categories) else []
    ranked = [*first, _HANG_UP, _CHECK_CREDIT, _TELL_FAMILY]
    return tuple(step[0 if language == "zh" else 1] for step in ranked[:3])


def _harms(facts: NoticeFacts, column: int) -> str:
    """The harms in a paragraph."""
    return ("" if column == 0 else " ").join(harms(facts.categories, ("zh", "en")[column]))


def _steps(facts: NoticeFacts, column: int) -> str:
    """The steps with their ranks."""
    ranked = enumerate(steps(facts.categories, ("zh", "en")[column]), start=1)
    return "\n".join(f"({rank}) {step}" for rank, step in ranked)


def _amount_zh(amount: Money) -> str:
    """``5,000.00元`` for yuan, else with the currency's code."""
    shown = amount.display()
    return f"{shown[4:]}元" if amount.currency == "CNY" else shown


def _day(day: date, language: Language) -> str:
    """A day in words of the language, independent of the machine's locale."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
