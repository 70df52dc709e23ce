"""A case with an announcement of two companies, and its people, for tests."""

import json
from collections.abc import Mapping

from amends.announcement.facts import Facts
from amends.announcement.model import ClassFigures, CompanyFigures, Figures
from amends.kernel.casefile import parse_case_file
from amends.kernel.money import Money
from amends.vault.opened import OpenCase
from made_cases import MINIMAL_CASE

CASE = (
    MINIMAL_CASE.replace(
        'path = "registries/im.csv"\n',
        """path = "registries/im.csv"
name = { zh = "测试输入法", en = "Test Input" }
company = "input"

[[registry]]
product = "mail"
path = "registries/mail.csv"
name = { zh = "测试邮箱", en = "Test Mail" }
company = "mail"
""",
    )
    + """
[[company]]
id = "input"
name = { zh = "测试输入法有限公司", en = "Test Input Ltd" }
registration = "9100000000000000AJ"
share = "2/3"

[[company]]
id = "mail"
name = { zh = "测试邮箱有限公司", en = "Test Mail Ltd" }
registration = "9100000000000000BM"
share = "1/3"

[announcement]
what_happened.zh = "有人复制了一份备份文件，并在网上出售。"
what_happened.en = "Somebody copied a backup file and offered it for sale online."
cause.zh = "备份服务器的访问权限设得太宽，这是我们的错。"
cause.en = "Too many accounts could read the backup server. That was our mistake."
site = "www.example.com"
app = { zh = "测试输入法", en = "Test Input" }
hotline = "400-000-0000"
hours = { zh = "每天 9:00 至 21:00", en = "daily from 9:00 to 21:00" }
senders = ["1069000000000000"]
basis.zh = "《个人信息保护法》第六十九条、《民法典》第一千一百六十五条"
basis.en = "PIPL art. 69, Civil Code art. 1165"

[[announcement.measures]]
zh = "我们关闭了那台备份服务器，换掉了全部访问密钥。"
en = "We closed that backup server and replaced all access keys."

[[announcement.measures]]
zh = "我们向公安机关报了案，向网信部门报告了此事。"
en = "We reported this to the police and to the cyberspace administration."

[[announcement.signatories]]
name = { zh = "甲某", en = "Jia Mou" }
role = { zh = "董事长", en = "chair" }
company = "input"
operator = "jia"

[[announcement.signatories]]
name = { zh = "乙某", en = "Yi Mou" }
role = { zh = "首席执行官", en = "chief executive" }
company = "mail"
operator = "yi"
"""
)
"""Joint announcement of two companies; every word in it may be said."""

FILES: Mapping[str, bytes] = {
    "registries/im.csv": b"account_id,name,phone\n",
    "registries/mail.csv": b"account_id,name,phone\n",
    "evidence/dump.csv": b"name,phone\n",
}


def model_figures(*, people: int = 3_000_000, amount_minor: int = 500_000) -> Figures:
    """The figures of the model case."""
    file = parse_case_file(CASE)
    amount = Money(amount_minor=amount_minor, currency="CNY")
    total = amount * people
    assert file.announced_at is not None
    half = Money(amount_minor=total.amount_minor // 2, currency="CNY")
    return Figures(
        people=people,
        unawarded=0,
        waiting=0,
        total=total,
        classes=(ClassFigures(award_class=0, amount=amount, people=people),),
        companies=(
            CompanyFigures(company="input", people=people, cost=half),
            CompanyFigures(company="mail", people=people // 3, cost=total - half),
        ),
        categories=("NAME", "PHONE", "IDNO", "PWDHASH", "ORDER"),
        records=9_876_543,
        products=2,
        discovered_at=file.discovered_at,
        announced_at=file.announced_at,
        pay_within=file.promise.pay_within,
    )


def model_facts(*, version: int = 1, case_toml: str = CASE, simulated: bool = False) -> Facts:
    """What the text of the model case depends on."""
    file = parse_case_file(case_toml)
    assert file.announcement is not None
    return Facts(
        version=version,
        controller=file.controller,
        companies=file.companies,
        product_names=tuple(one.name for one in file.registries if one.name),
        figures=model_figures(),
        source=file.announcement,
        mainland=True,
        simulated=simulated,
    )


def let_roster_out(opened: OpenCase) -> None:
    """A published roster, as far as the announcement looks at it."""
    log = opened.case.site / "log"
    log.mkdir(parents=True)
    (log / "checkpoint").write_text(json.dumps("made up"), encoding="utf-8")
