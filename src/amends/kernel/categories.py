"""Data categories: what of a person can leak, each with how grave that is.

A field word (``columns`` in case.toml, columns of the evidence room) is a category's code in lower
case. Words that are not in the table are categories of their own (``loyalty_points``).

Source: the project's law report §4.2, whose list is complete here (``listed``). What the columns
hold: ``dpv`` names terms of the W3C Data Privacy Vocabulary 2.3, extension ``pd``; ``cn`` follows
GB/T 45574-2025 annex A as summarised there; ``eu`` GDPR articles 9 and 10; ``crime_records`` the
thresholds of the judicial interpretation of 2017 on Criminal Law article 253-1; ``weight`` is the
project's own. They are to be confirmed by counsel; a case can be graver than its categories.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Sensitive(StrEnum):
    """Whether GB/T 45574-2025 lists a category as sensitive."""

    NO = "no"
    YES = "yes"
    JUDGE = "judge"  # clause 4: where the consequences are those of sensitive data


class Special(StrEnum):
    """Whether the GDPR gives a category special protection."""

    NO = "no"
    ARTICLE_9 = "art9"
    ARTICLE_10 = "art10"


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A kind of data, in both languages.

    ``crime_records``: from so many records unlawful providing is a serious crime; 0 where that
    depends on what comes with it. ``weight``: what it adds to a fraud, from 1 to 5.
    ``listed_as``: its code in the law report; None for what the report does not list.
    """

    code: str
    zh: str
    en: str
    dpv: str
    cn: Sensitive
    eu: Special
    crime_records: int
    weight: int
    listed_as: str | None


# code | 中文 | English | DPV terms | cn | eu | crime_records | weight | code in the report (= same)
_TABLE = """
NAME|姓名|name|Name|no|no|5000|1|=
BIRTH|出生日期|date of birth|BirthDate|no|no|5000|2|=
GENDER|性别|gender|Gender|no|no|5000|1|=
PHONE|手机号|mobile number|TelephoneNumber|no|no|5000|2|=
EMAIL|邮箱|email address|EmailAddress|no|no|5000|1|=
ADDRESS|住址|home address|PhysicalAddress|no|no|5000|2|ADDR
IDNO|身份证号|identity number|OfficialID|no|no|5000|4|=
IDPHOTO|身份证照片|photo of the identity card|OfficialID, Picture|yes|no|5000|5|=
PASSPORT|护照号|passport number|Passport|no|no|5000|4|=
FACE|人脸|face image|FacialPrint|yes|art9|5000|5|=
FINGER|指纹|fingerprint|Fingerprint|yes|art9|5000|5|=
VOICE|声纹|voice print|Biometric|yes|art9|5000|4|=
GENE|基因|genetic data|Genetic|yes|art9|500|4|=
RELIGION|宗教信仰|religion|Religion|yes|art9|5000|3|=
DISABILITY|残障身份|disability|Disability|yes|art9|5000|3|=
SECRETJOB|不宜公开的职业|occupation not fit to publish|Job|yes|no|5000|4|=
HEALTH|健康信息|health information|Health, HealthRecord|yes|art9|500|4|=
BANKCARD|银行卡号|bank card number|BankAccount, PaymentCardNumber|judge|no|50|4|BANKACC
BALANCE|存款、资产|balance and assets|FinancialStatus|judge|no|50|4|=
CVV|卡安全码、有效期|card security code or end date|PaymentCardExpiry, PINCode|yes|no|50|5|=
PWD|密码|password|Password|judge|no|5000|5|=
PWDHASH|处理过的密码（散列值）|scrambled password (hash)|Password|judge|no|5000|3|=
SECQA|密保问题|security question|SecretText|judge|no|5000|4|=
TOKEN|登录令牌|session token|Authenticating|judge|no|5000|4|=
CREDIT|征信|credit record|CreditRecord|yes|no|50|4|=
LOAN|贷款|loans|LoanRecord|judge|no|50|4|=
TRACK|行踪轨迹|location history|GPSCoordinate, TravelHistory|yes|no|50|4|=
LODGE|住宿记录|hotel stays|TravelHistory|judge|no|500|4|=
COMMS|通信内容|messages|EmailContent, SocialMediaCommunication|judge|no|50|4|=
CALLLOG|通话记录|call records|CallLog|judge|no|500|3|=
ORDER|订单|orders|Transaction, Purchase|no|no|500|4|=
LOGISTICS|物流信息|delivery records|Transaction|no|no|500|4|=
CONTACTS|通讯录|contacts|Relationship, Friend|judge|no|5000|3|=
CRIME|犯罪记录|criminal record|CriminalConviction|yes|art10|5000|4|=
SEX|性取向、性生活|sexual orientation or life|Sexual|yes|art9|5000|5|=
UNION|工会|trade union membership|TradeUnionMembership|no|art9|5000|2|=
POLITIC|政治观点|political opinion|PoliticalOpinion|judge|art9|5000|3|=
DEVICE|设备号|device identifier|IPAddress, MACAddress|no|no|5000|1|=
CHILD|14 岁以下|of a child under 14|Age|yes|no|0|2|=
SURNAME|姓|surname|Name|no|no|5000|1|
GIVEN_NAME|名|given name|Name|no|no|5000|1|
BIRTH_PLACE|出生地、籍贯|place of birth|BirthPlace|no|no|5000|1|
POSTCODE|邮政编码|postcode|PhysicalAddress|no|no|5000|1|
IP|网络地址|network address|IPAddress|no|no|5000|1|
USERNAME|用户名|user name|Username|no|no|5000|1|
PERMIT|出入境通行证号|travel permit number|OfficialID|no|no|5000|4|
PLATE|车牌号|vehicle plate|VehicleData|no|no|5000|2|
OCCUPATION|职业|occupation|Job|no|no|5000|1|
EMPLOYER|工作单位|employer|CurrentEmployment|no|no|5000|1|
EDUCATION|学历|education|Education|no|no|5000|1|
MARITAL|婚姻状况|marital status|MaritalStatus|judge|no|5000|1|
ETHNICITY|民族|ethnic group|Ethnicity|judge|art9|5000|2|
NATIONALITY|国籍|nationality|Nationality|no|no|5000|1|
AGE|年龄|age|Age|no|no|5000|1|
INCOME|收入|income|Income|judge|no|50|3|
"""


def _read(line: str) -> Category:
    code, zh, en, dpv, cn, eu, crime_records, weight, listed = line.split("|")
    return Category(
        code=code,
        zh=zh,
        en=en,
        dpv=dpv,
        cn=Sensitive(cn),
        eu=Special(eu),
        crime_records=int(crime_records),
        weight=int(weight),
        listed_as=code if listed == "=" else listed or None,
    )


CATEGORIES: dict[str, Category] = {
    category.code: category for category in map(_read, _TABLE.strip().splitlines())
}
"""Known categories by code, those of the report first."""

NO_CATEGORY = frozenset({"account_id", "serial"})
"""Field words that say where a record belongs, and are nothing of a person."""

PART_OF: dict[str, str] = {
    "surname": "name",
    "given_name": "name",
    "blood_type": "health",
    "height": "health",
    "weight": "health",
    "location": "track",
}
"""Field words that are parts of another field."""

SAME_AS: dict[str, str] = {
    category.listed_as.lower(): category.code.lower()
    for category in CATEGORIES.values()
    if category.listed_as and category.listed_as != category.code
}
"""The report's codes that differ from ours, as field words: ``addr`` is ``address``."""

_NUMBERED = re.compile(r"_\d+$")


def field_word(word: str) -> str:
    """The field that a word means: the report's own codes mean ours."""
    return SAME_AS.get(word, word)


def code_of(field: str) -> str:
    """The category code that a field word stands for.

    Parts count as their whole, and a second column of a kind (``phone_2``) as its kind.
    """
    known = field_word(_NUMBERED.sub("", field))
    if known in PART_OF or known.upper() in CATEGORIES or known in NO_CATEGORY:
        return PART_OF.get(known, known).upper()
    return field.upper()


def is_category(field: str) -> bool:
    """Whether a field says anything of a person; numbers of records and accounts do not."""
    return _NUMBERED.sub("", field) not in NO_CATEGORY


def label(code: str, language: str) -> str:
    """The category's name for a person (``zh`` or ``en``); an unknown one is shown as its code."""
    category = CATEGORIES.get(code)
    if category is None:
        return code
    return category.zh if language == "zh" else category.en
