"""Data categories: what of a person can leak, by the codes of the project's law report §4.2.

A field word (``columns`` in case.toml, columns of the evidence room) is a category's code in lower
case. Words that are not in the table are categories of their own (``loyalty_points``).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A kind of data, in both languages."""

    code: str
    zh: str
    en: str


_TABLE = """
NAME|姓名|name
SURNAME|姓|surname
GIVEN_NAME|名|given name
BIRTH|出生日期|date of birth
GENDER|性别|gender
PHONE|手机号|mobile number
EMAIL|邮箱|email address
ADDRESS|住址|home address
BIRTH_PLACE|出生地|place of birth
POSTCODE|邮政编码|postcode
IDNO|身份证号|identity number
PASSPORT|护照号|passport number
BANKCARD|银行卡号|bank card number
USERNAME|用户名|user name
DEVICE|设备号|device identifier
IP|网络地址|network address
PWD|密码|password
PWDHASH|密码散列|password hash
SECQA|密保问题|security question
TOKEN|登录令牌|session token
ORDER|订单|orders
LOGISTICS|物流信息|delivery records
BALANCE|账户余额|account balance
OCCUPATION|职业|occupation
HEALTH|健康信息|health information
TRACK|行踪轨迹|location history
COMMS|通信内容|messages
CALLLOG|通话记录|call records
CONTACTS|通讯录|contacts
FACE|人脸|face image
"""

CATEGORIES: dict[str, Category] = {
    code: Category(code=code, zh=zh, en=en)
    for code, zh, en in (line.split("|") for line in _TABLE.strip().splitlines())
}
"""Known categories by code."""

NO_CATEGORY = frozenset({"account_id"})
"""Field words that say where a record belongs, and are nothing of a person."""

PART_OF: dict[str, str] = {"surname": "name", "given_name": "name"}
"""Field words that are parts of another field."""


def code_of(field: str) -> str:
    """The category code that a field word stands for; parts count as their whole."""
    return PART_OF.get(field, field).upper()


def label(code: str, language: str) -> str:
    """The category's name for a person (``zh`` or ``en``); an unknown one is shown as its code."""
    category = CATEGORIES.get(code)
    if category is None:
        return code
    return category.zh if language == "zh" else category.en
