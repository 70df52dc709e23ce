"""What headers mean: the words that companies and leakers write over their columns. Pure.

A word that can mean several things lists them, the likeliest first; the values then decide.
Later words of a line are weaker: where two columns claim one field, the earlier word keeps it.
"""

import re
import unicodedata

_TABLE = """
account_id: account_id accountid acct_id acctid uid user_id userid member_id memberid member_no
    membership_no customer_id customerid cust_id client_id account_no account_number acc_no
    accountno user_no openid open_id 账号id 账户id 用户id 用户编号 会员号 会员编号 会员id 客户号
    客户编号 客户id passport_id
name: name full_name fullname real_name realname true_name truename person_name user_real_name
    姓名 真实姓名 名字 用户姓名 客户姓名 会员姓名 持卡人姓名 收件人 收货人 xm xingming
    customer_name client_name member_name holder_name person xingming_name contact_name
surname: surname last_name lastname family_name familyname 姓 姓氏
given_name: given_name givenname first_name firstname forename forenames 名 given
birth: birth dob born birth_date birthdate birthday date_of_birth birth_day born_on dateofbirth
    出生日期 出生年月 出生年月日 生日 出生 csrq year_of_birth
birth_place: birth_place birthplace place_of_birth pob born_in born_at native_place hometown
    home_town 籍贯 出生地 出生地点 祖籍 户籍地 birth_city city_of_birth birth_town jiguan
postcode: postcode post_code postal_code postalcode zip zip_code zipcode zip_postal_code pc 邮编
    邮政编码 邮政编号 yb
gender: gender sex 性别 xb m_f mf male_female
occupation: occupation job profession job_title jobtitle work trade employment career vocation
    职业 工作 职务 岗位 zy calling metier
phone: mobile mobile_phone mobilephone mobile_no mobile_number cell cellphone cell_phone msisdn
    手机 手机号 手机号码 移动电话 联系手机 sjh shouji phone phone_no phone_number phonenumber tel
    telephone tel_no tele telephone_number 电话 电话号码 联系电话 联系方式 dianhua contact_phone
    user_phone
idno: idno id_no idcard id_card id_card_no idcardno idcard_no id_number idnumber national_id
    nationalid national_id_no identity_no identity_number identity_card citizen_id ssn nin
    身份证 身份证号 身份证号码 证件号 证件号码 公民身份号码 sfz sfzh shenfenzheng id_num zjh cert_no
    certno
passport: passport passport_no passport_number 护照 护照号 护照号码
email: email e_mail mail email_address emailaddress mailbox 邮箱 电子邮箱 电子邮件 邮件 邮箱地址
    email_addr
address: address addr home_address street_address residence postal_address mailing_address
    住址 地址 家庭住址 家庭地址 联系地址 收货地址 详细地址 居住地址 现住址 dz street
username: username user_name login login_name loginname nick nickname nick_name screen_name handle
    user_account 用户名 昵称 登录名 网名 用户昵称 alias display_name
device: device device_id deviceid imei idfa oaid android_id androidid imsi mac mac_address udid
    设备 设备号 设备id 设备标识 hwid
bankcard: bankcard bank_card bank_card_no card_no cardno card_number cardnumber bank_account
    bank_account_no bankcardno 银行卡 银行卡号 卡号 银行账号 iban pan yhkh
ip: ip ip_address ipaddress ip_addr last_ip login_ip register_ip reg_ip 网络地址 ip地址
pwd: password pwd passwd pass 密码 passwort mm
pwdhash: pwdhash password_hash passwordhash pwd_hash hash md5 passwd_hash hashed_password 密码散列
order: order order_id order_no orderid order_number orders 订单 订单号 订单编号
logistics: logistics tracking_no tracking_number waybill 物流 快递单号 运单号
balance: balance account_balance 余额 账户余额
token: token session_token access_token session 令牌
secqa: secqa security_question security_answer 密保 密保问题
died_on: died_on died death_date date_of_death deceased_on dod death deceased 死亡日期 去世日期
    死亡时间
guardian_name: guardian_name guardian 监护人 监护人姓名
guardian_idno: guardian_idno guardian_id guardian_id_no guardian_id_card 监护人身份证 监护人身份证号
    监护人证件号 监护人身份证号码
guardian_account: guardian_account guardian_phone guardian_mobile guardian_wallet 监护人账号
    监护人账户 监护人手机 监护人手机号 监护人电话
payout_account: payout_account payee_account wallet wallet_account alipay alipay_account 收款账号
    收款账户 支付宝 支付宝账号 钱包
product: product product_name app service 产品 产品名称
"""

_SEVERAL = """
account: account_id username phone email
acct: account_id username phone email
账号: account_id username phone email
账户: account_id username phone email
帐号: account_id username phone email
帐户: account_id username phone email
编号: account_id idno
member: name username account_id
visitor: name username account_id
subscriber: name username account_id
customer: name username account_id
client: name username account_id
reader: name username account_id
user: username name account_id
guest: name username
patron: name username
attendee: name username
donor: name username
author: name username
holder: name username
owner: name username
who: name username
contact: name phone email
recipient: name phone
会员: name username account_id
用户: username name account_id
客户: name username account_id
id: account_id idno username
no: account_id idno
number: phone idno account_id
code: account_id postcode
key: account_id
place: birth_place address
from: birth_place address
town: birth_place address
city: birth_place address
location: birth_place address
origin: birth_place address
home: birth_place address
area: birth_place address
region: birth_place address
birth_location: birth_place
城市: birth_place address
地区: birth_place address
post: postcode email occupation
title: occupation name
role: occupation
position: occupation
date: birth
day: birth
"""

_DIFFERENT = """
    created created_at create_time updated updated_at registered registered_at register_time
    reg_time reg_date last_login last_login_at login_time last_seen joined joined_on
    signup_date modified deleted_at status state level points expires expiry visited
    visit_date 注册时间 创建时间 更新时间 最后登录 登录时间 状态 等级 积分 row record
"""
KNOWN_TO_DIFFER = frozenset(_DIFFERENT.split())
"""Headers of columns that are nothing of the table above, whatever their values look like."""

SOMEONE_ELSE = re.compile(
    "emergency|parent|father|mother|guardian|spouse|referr|recommend|invite|next_of_kin"
    "|紧急|联系人|推荐|邀请|父|母|配偶|监护"
)
"""Unknown headers with such a word speak of another person than the row's."""

_BREAK = re.compile(r"[^0-9a-z\u3400-\u9fff\U00020000-\U0003ffff]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PLACEHOLDER = re.compile(r"(col|column|field|f|c|var|x|unnamed|列|字段|_)*_*\d*")


def word_of(header: str) -> str:
    """The header in lower case, with one ``_`` for what is neither letter nor digit."""
    text = unicodedata.normalize("NFKC", header)
    return _BREAK.sub("_", _CAMEL.sub("_", text).lower()).strip("_")


def _read(table: str) -> dict[str, tuple[str, ...]]:
    fields: dict[str, tuple[str, ...]] = {}
    for line in table.strip().replace("\n    ", " ").splitlines():
        word, _, rest = line.partition(":")
        fields[word] = tuple(rest.split())
    return fields


FIELD_OF: dict[str, str] = {}
"""Header word → its one field."""
STRENGTH: dict[str, int] = {}
"""Header word → its place in its field's line, from 0: smaller is stronger."""
for _field, _words in _read(_TABLE).items():
    for _place, _word in enumerate(_words):
        FIELD_OF.setdefault(_word, _field)
        STRENGTH.setdefault(_word, _place)
for _word, _field in list(FIELD_OF.items()):
    FIELD_OF.setdefault(_word.replace("_", ""), _field)
    STRENGTH.setdefault(_word.replace("_", ""), STRENGTH[_word])

SEVERAL: dict[str, tuple[str, ...]] = _read(_SEVERAL)
"""Header word → the fields that it can mean."""


def is_known(header: str) -> bool:
    """Whether a header is one of the words above."""
    word = word_of(header)
    return (
        word in FIELD_OF
        or word in SEVERAL
        or word in KNOWN_TO_DIFFER
        or word.replace("_", "") in FIELD_OF
    )


def is_placeholder(header: str) -> bool:
    """Whether a header says nothing: empty, ``column_3``, ``f2``, ``Unnamed: 0``."""
    return _PLACEHOLDER.fullmatch(word_of(header)) is not None
