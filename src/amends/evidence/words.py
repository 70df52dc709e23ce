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
    客户编号 客户id passport_id 会员卡号 会员账号 学号 工号 员工编号 职工号 学籍号 病历号 门诊号
    住院号 accid acct_number cust_no customer_no customer_number uin yonghuid yhid hyh hybh
    kehuhao khh xuehao gonghao yuangonghao
name: name full_name fullname real_name realname true_name truename person_name user_real_name
    姓名 真实姓名 名字 用户姓名 客户姓名 会员姓名 持卡人姓名 收件人 收货人 xm xingming
    customer_name client_name member_name holder_name person xingming_name contact_name
    nickname_real 顾客姓名 患者姓名 学生姓名 员工姓名 住客姓名 乘客姓名 旅客姓名 投保人 被保险人
    申请人 户名 账户名 开户名 kehuxingming khxm yhxm buyer_name receiver receiver_name
    recipient_name consignee passenger_name patient_name student_name employee_name nombre nom
    nachname_vorname voller_name 氏名 이름 성명
    cym 曾用名
surname: surname last_name lastname family_name familyname 姓 姓氏 xing nachname apellido
    nom_de_famille
    l_name lname name_last
given_name: given_name givenname first_name firstname forename forenames 名 given ming vorname
    prenom forename_s middle_name
    f_name fname name_first
    second_name
birth: birth dob born birth_date birthdate birthday date_of_birth birth_day born_on dateofbirth
    出生日期 出生年月 出生年月日 生日 出生 csrq year_of_birth chushengriqi shengri csny
    birthdate_ymd geburtsdatum fecha_nacimiento date_naissance bday 生年月日 생년월일 出生时间
    生辰
birth_place: birth_place birthplace place_of_birth pob born_in born_at native_place hometown
    home_town 籍贯 出生地 出生地点 祖籍 户籍地 birth_city city_of_birth birth_town jiguan 原籍
    户籍 户籍所在地 户口所在地 出生省份 出生城市 hukou jg geburtsort
    hkszd jgssx csd csdssx csdxz 籍贯省市县
postcode: postcode post_code postal_code postalcode zip zip_code zipcode zip_postal_code pc 邮编
    邮政编码 邮政编号 yb youbian youzhengbianma plz code_postal 郵便番号
    pincode pin_code zip_no postal home_post
gender: gender sex 性别 xb m_f mf male_female xingbie geschlecht sexe genero 성별
occupation: occupation job profession job_title jobtitle work trade employment career vocation
    职业 工作 职务 岗位 zy calling metier zhiye gongzuo zhiwu beruf profesion 职称 从事职业 工种
    行业岗位 designation
phone: mobile mobile_phone mobilephone mobile_no mobile_number cell cellphone cell_phone msisdn
    手机 手机号 手机号码 移动电话 联系手机 sjh shouji phone phone_no phone_number phonenumber tel
    telephone tel_no tele telephone_number 电话 电话号码 联系电话 联系方式 dianhua contact_phone
    user_phone shoujihao shouji_hao lxdh lianxidianhua dh dhhm sjhm mob mob_no handphone hp
    telefon telefono handynummer portable 电话1 手机1 联系号码 注册手机 注册手机号 绑定手机
    绑定手机号 预留手机号 收件人电话 收货人电话 收件人手机 收货电话 携帯電話 전화번호 휴대폰
    receiver_phone receiver_mobile consignee_phone contact_number contact_no phone1 mobile1
    user_mobile login_phone bind_phone bind_mobile reg_mobile reg_phone
    telphone mobphone mobile_tel phone_num tel_phone
idno: idno id_no idcard id_card id_card_no idcardno idcard_no id_number idnumber national_id
    nationalid national_id_no identity_no identity_number identity_card citizen_id ssn nin 身份证
    身份证号 身份证号码 证件号 证件号码 公民身份号码 sfz sfzh shenfenzheng id_num zjh cert_no
    certno shenfenzhenghao shenfenzhenghaoma sfzhm zjhm zjhao identity id_card_number
    idcardnumber card_id personal_id national_identity social_security_number social_security
    citizen_no resident_id 身份证件号 身份证件号码 公民身份证号 证件编号 居民身份证 居民身份证号
    주민등록번호 hkid personalausweis dni gmsfhm gmsfzh sfhm 公民身份号 soc_sec
passport: passport passport_no passport_number 护照 护照号 护照号码 huzhao huzhaohao hzhm
    passport_num 护照编号 reisepass
email: email e_mail mail email_address emailaddress mailbox 邮箱 电子邮箱 电子邮件 邮件 邮箱地址
    email_addr youxiang dianziyouxiang yx dzyx correo e_mail_address mail_address mailaddr
    contact_email user_email login_email 注册邮箱 绑定邮箱 联系邮箱 メール 이메일
address: address addr home_address street_address residence postal_address mailing_address 住址
    地址 家庭住址 家庭地址 联系地址 收货地址 详细地址 居住地址 现住址 dz street dizhi jtzz jtdz
    lxdz xxdz txdz shouhuodizhi zhuzhi adresse direccion anschrift residential_address
    living_address receiver_address delivery_address shipping_address ship_to billing_address
    full_address address_line address_line1 address1 addr1 street1 通讯地址 通信地址 收件地址
    收件人地址 收货人地址 身份证地址 户籍地址 户口地址 常住地址 单位住址 住所 居住地 现居住地
    常住地 住所地址 住所地 住处 家庭详细地址 배송지 주소
    hjdz hkdz zzdz zz xzz xzdz jzdz
username: username user_name login login_name loginname nick nickname nick_name screen_name
    handle user_account 用户名 昵称 登录名 网名 用户昵称 alias display_name yonghuming yhm
    nicheng dengluming benutzername usuario login_id loginid userid_name account_name qq qq号
    qq_no qq_number wechat wechat_id weixin 微信 微信号 wx wxid 抖音号 微博 weibo 网名昵称
    uname u_name usr_name
device: device device_id deviceid imei idfa oaid android_id androidid imsi mac mac_address udid
    设备 设备号 设备id 设备标识 hwid shebei shebeihao imei_no imei1 device_no device_code
    device_sn mac_addr macaddr mac地址 android_device uuid guid 手机串号 串号 设备标识符 设备码
    终端号 serial_number_device advertising_id gaid oaid_md5
bankcard: bankcard bank_card bank_card_no card_no cardno card_number cardnumber bank_account
    bank_account_no bankcardno 银行卡 银行卡号 卡号 银行账号 iban pan yhkh yinhangka yinhangkahao
    kahao kh yhzh bank_card_number bankcard_number bankcard_no bankaccount bank_acct cardnum
    card_num credit_card creditcard debit_card credit_card_number cc_number ccnum 信用卡 信用卡号
    储蓄卡号 借记卡号 结算账号 收款卡号 工资卡号 银行卡账号 银行卡卡号 开户账号 kontonummer
    account_iban
ip: ip ip_address ipaddress ip_addr last_ip login_ip register_ip reg_ip 网络地址 ip地址 ipdizhi
    dengluip register_ip_addr client_ip clientip remote_addr remote_ip source_ip user_ip
    last_login_ip ipv4 ipv6 注册ip 登录ip 最后登录ip ip地址信息
pwd: password pwd passwd pass 密码 passwort mm mima kouling passw passwrd clave contrasena
    mot_de_passe user_pwd user_password login_password login_pwd plain_password plaintext
    登录密码 用户密码 口令 明文密码 支付密码
    upass user_pass userpass upwd upassword
pwdhash: pwdhash password_hash passwordhash pwd_hash hash md5 passwd_hash hashed_password
    密码散列 pass_hash pwdmd5 pwd_md5 md5_password passwordmd5 password_md5 sha1 sha256 bcrypt
    digest hashedpassword encrypted_password 密码md5 加密密码 密文 散列
order: order order_id order_no orderid order_number orders 订单 订单号 订单编号 dingdan
    dingdanhao ddh order_sn ordersn order_code orderno purchase purchases trade_no tradeno
    transaction_id transaction_no 交易号 交易单号 交易流水号 流水号 保单号 policy_no
    policy_number 商品订单号 商品 商品名称 购买商品 购买记录 消费记录 product_bought goods
    goods_name item items
logistics: logistics tracking_no tracking_number waybill 物流 快递单号 运单号 wuliu kuaidi
    kuaididanhao express_no express_number waybill_no shipment shipment_no tracking courier_no
    物流单号 快递 快递号 运单编号 包裹号
balance: balance account_balance 余额 账户余额 yue zhye wallet_balance 存款 资产 总资产 账户金额
    可用余额 钱包余额 assets deposit deposits available_balance
token: token session_token access_token session 令牌 refresh_token api_key apikey secret_key
    session_id sessionid cookie jwt auth_token 会话 令牌值 access_key
secqa: secqa security_question security_answer 密保 密保问题 secret_question secret_answer
    security_q security_a 密保答案 密保问题答案 安全问题 安全问题答案
died_on: died_on died death_date date_of_death deceased_on dod death deceased 死亡日期 去世日期
    死亡时间
guardian_name: guardian_name guardian 监护人 监护人姓名
guardian_idno: guardian_idno guardian_id guardian_id_no guardian_id_card 监护人身份证
    监护人身份证号 监护人证件号 监护人身份证号码
guardian_account: guardian_account guardian_phone guardian_mobile guardian_wallet 监护人账号
    监护人账户 监护人手机 监护人手机号 监护人电话
payout_account: payout_account payee_account wallet wallet_account alipay alipay_account 收款账号
    收款账户 支付宝 支付宝账号 钱包
product: product product_name app service 产品 产品名称
permit: travel_permit hk_macau_permit 港澳通行证 港澳通行证号 台胞证 台胞证号 回乡证 回乡证号
    通行证 通行证号 通行证号码 往来港澳通行证 居住证 居住证号 residence_permit
plate: plate_no plate_number license_plate licence_plate car_plate car_no vehicle_no plate 车牌
    车牌号 车牌号码 车号 chepai chepaihao cph kennzeichen registration_plate
employer: employer company company_name work_unit workplace work_place employer_name organisation
    organization 单位 工作单位 公司 公司名称 单位名称 所在单位 就职公司 就职单位 任职单位 danwei
    gongzuodanwei gzdw gongsi firma
    fwcs 服务处所 单位全称
education: education degree edu_level education_level highest_degree qualification 学历 最高学历
    学位 文化程度 教育程度 受教育程度 xueli xl whcd
marital: marital marital_status marriage married civil_status 婚姻 婚姻状况 婚姻状态 婚否 婚况
    hunyin hyzk hunyinzhuangkuang
ethnicity: ethnicity ethnic ethnic_group race nation_group 民族 族别 minzu mz
nationality: nationality citizenship country_of_citizenship 国籍 国别 guoji staatsangehörigkeit
age: age 年龄 岁数 nianling nl alter edad
income: income salary annual_income monthly_income wage 收入 年收入 月收入 月薪 工资 薪资 薪水
    年薪 shouru gongzi yuexin
blood_type: blood_type blood blood_group 血型 xuexing xx
height: height height_cm 身高 shengao sg
weight: weight weight_kg 体重 tizhong tz
health: health diagnosis disease illness medical_history medical condition_medical symptom
    symptoms allergies allergy chronic_disease 病史 诊断 诊断结果 疾病 疾病名称 病症 既往病史
    过敏史 健康状况 症状 病情 主诉 用药 zhenduan jibing bingshi
    health_status health_condition health_state
location: location_point gps gps_point coordinates coordinate geo geo_point latlng lat_lng
    lat_lon latlon 经纬度 坐标 定位 gps坐标 位置坐标 last_location
track: track trajectory travel_history route location_history 轨迹 行踪 行程 行踪轨迹 出行记录
lodge: lodge hotel hotel_name hotel_stay check_in checkin room_no 酒店 酒店名称 入住酒店 住宿
    住宿记录 入住记录 房号 房间号 开房记录
comms: comms message messages chat chat_content sms sms_content content_of_message 聊天记录
    聊天内容 短信 短信内容 通信内容 私信
calllog: calllog call_log call_record call_records call_history 通话记录 通话详单 话单 通话清单
contacts: contacts address_book phonebook contact_list friends friend_list 通讯录 好友列表 好友
    联系人列表
face: face face_id face_image face_photo face_feature photo portrait selfie 人脸 人脸照片
    人脸图像 人脸特征 头像照片 照片
finger: finger fingerprint fingerprints 指纹 指纹特征
voice: voice voiceprint voice_print 声纹 声音特征
gene: gene genetic genome dna 基因 基因型 基因检测
religion: religion faith religious_belief 宗教 宗教信仰 信仰 zongjiao
    zjxy
disability: disability disabled disability_level 残疾 残疾类别 残疾等级 残障 残疾证号
secretjob: secretjob
idphoto: idphoto id_photo id_card_photo idcard_photo idcard_front idcard_back id_card_front
    id_card_image 身份证照片 身份证正面 身份证反面 身份证正面照 证件照
cvv: cvv cvv2 cvc security_code card_expiry expiry_date_card card_exp valid_thru exp_date
    card_expire 安全码 卡有效期 有效期 cvv码
credit: credit credit_score credit_record creditscore 征信 信用分 芝麻分 芝麻信用 信用评分
    征信记录
loan: loan loan_amount loans debt loan_record 贷款 贷款金额 借款 借款金额 欠款 逾期金额 贷款记录
crime: crime criminal_record conviction convictions criminal 犯罪记录 违法犯罪记录 前科
sex: sexual_orientation sexuality sexual_preference 性取向
union: trade_union union_member union_membership 工会 工会会员
politic: political_status political_affiliation party_member political_opinion 政治面貌 党派
    zhengzhimianmao zzmm
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
    reg_time reg_date last_login last_login_at login_time last_seen joined joined_on signup_date
    modified deleted_at status state level points expires expiry visited visit_date remark
    remarks note notes comment memo version ver type category amount price total qty quantity
    count score url link website user_agent useragent browser os platform channel source seq
    index serial serial_no row_no 序号 编码 备注 说明 金额 价格 数量 总价 类型 类别 渠道 来源
    版本 浏览器 操作系统 网址 链接 beizhu xuhao jine zhuangtai shijian is_vip vip 是否会员
    last_update timestamp ts time 下单时间 支付时间 付款时间 交易时间 创建日期 注册日期 更新日期
    最近登录 最近登录时间 order_time pay_time deal_time order_date payment_date register_date
    regdate reg_at signup_at signup_time 注册时间 创建时间 更新时间 最后登录 登录时间 状态 等级
    积分 row record
"""
KNOWN_TO_DIFFER = frozenset(_DIFFERENT.split())
"""Headers of columns that are nothing of the table above, whatever their values look like."""

SOMEONE_ELSE = re.compile(
    "emergency|guarantor|parent|father|mother|guardian|spouse|husband|wife|child|kin|relative|referr|referee"
    "|recommend|invite|agent|operator|seller|sender|courier|salesman|doctor|teacher|manager|witness"
    "|紧急|联系人|推荐|邀请|父|母|配偶|监护|家长|亲属|亲戚|子女|丈夫|妻子|担保|介绍人|经办|操作员|客服|业务员|销售员"
    "|快递员|配送员|骑手|主治|班主任|经理|代理|辅导员"
    "|^emer|lover|jinji|lianxiren|jiazhang|fuqin|muqin|peiou|tuijian|yaoqing|jianhuren|qinshu|zinv"
    "|danbao|jieshaoren|jingbanren|caozuoyuan|kefu|yewuyuan|kuaidiyuan|banzhuren|fudaoyuan"
)
"""Unknown headers with such a word speak of another person than the row's."""

CLOSED = frozenset(
    {
        *("name", "surname", "given_name", "phone", "email", "idno", "bankcard", "ip", "birth"),
        *("gender", "postcode", "address", "birth_place", "occupation", "plate", "passport"),
    }
)
"""Fields whose values are of their own form: a header can be wrong about them.

Names of accounts are not: people use their mobile number or e-mail address for those.
"""

MEASURED = frozenset({"height", "weight", "age"})
"""Fields that other things have as well: a parcel has a weight."""

_COMMON = """
    name title id account no number code key photo mail tel user member status nation company age
    race work trade day owner track geo route content face voice credit loan order item items
    goods purchase digest cookie session hash identity
"""
_NO_ENDINGS = frozenset(_COMMON.split())
_NO_ENDINGS_HAN = frozenset(
    ("公司", "单位", "商品", "照片", "定位", "坐标", "快递", "物流", "工作", "住宿")
)
"""Words that mean something else behind another word: a *file name* is nobody's name."""

_NOBODY_FIRST = re.compile(
    "company|corp|shop|store|merchant|warehouse|branch|office|bank|school|hotel|product|file|event"
    "|app|brand|site|server|parcel|package|cargo|vehicle|公司|企业|门店|店铺|商家|商户|商品|仓库|网点|酒店|学校|银行|系统|平台|品牌"
    "|快递公司|物流公司"
)
"""Headers that begin so speak of a company or a thing, whatever they end with."""
_OF_A_PERSON = re.compile(
    "(?:player|patient|employee|emp|student|stu|staff|driver|buyer|passenger|subscriber|guest"
    "|visitor|customer|client|member|reader|person|people|user|card_?holder|donor|tenant|worker"
    "|profile|account|accnt|acct)_?(?:id|no|number|num|code)"
    "|(?:job|badge|roll|enrol{1,2}ment|admission|matriculation)_?(?:no|number|num)"
)
_NUMBER_OF = re.compile(
    r"_?(?:id|no|nr|num|number|code|sn|haoma|bianhao|hao|号|号码|编号|编码|单号|序列号)$"
)
_NUMBERED_FIELDS = frozenset(
    {"order", "logistics", "device", "passport", "permit", "plate", "bankcard", "idno", "phone"}
)
"""Fields that one word names, and the same word with *number* behind it as well."""
_UNIT = re.compile(r"_(?:cm|kg|m|岁|元|rmb|cny|usd|公斤|千克|厘米|yyyy_?mm_?dd)$")

_BREAK = re.compile(r"[^0-9a-z\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff]+")
_HAN = re.compile("[\u3400-\u9fff]")
_LAST_NUMBER = re.compile(r"_?\d+$")
_SHORTEST_ENDING = 2
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


def field_by_ending(word: str) -> str | None:
    """The field that the last part of an unknown header means: ``buyer_mobile``, ``客户手机号码``.

    A number behind (``mobile_1``) or a unit (``height_cm``) counts for nothing. None where the
    ending is too common a word, or the header begins with a company or a thing.
    """
    bare = _UNIT.sub("", _LAST_NUMBER.sub("", word))
    stem = _NUMBER_OF.sub("", bare)
    if bare in FIELD_OF:
        return FIELD_OF[bare]
    if stem != bare and stem not in _NO_ENDINGS_HAN and FIELD_OF.get(stem) in _NUMBERED_FIELDS:
        return FIELD_OF[stem]
    if _OF_A_PERSON.fullmatch(bare):
        return "account_id"
    return None if _NOBODY_FIRST.match(bare) else _by_last_part(bare)


def _by_last_part(word: str) -> str | None:
    """The longest known word at the end of a header."""
    parts = word.split("_")
    for first in range(1, len(parts)):
        ending = "_".join(parts[first:])
        if ending in FIELD_OF and ending not in _NO_ENDINGS:
            return FIELD_OF[ending]
    tail = parts[-1]
    for first in range(1, len(tail) - _SHORTEST_ENDING + 1) if _HAN.search(tail) else ():
        if tail[first:] in FIELD_OF and tail[first:] not in _NO_ENDINGS_HAN:
            return FIELD_OF[tail[first:]]
    return None


def begins_with_a_thing(word: str) -> bool:
    """Whether a header speaks of a company or a thing, whatever it ends with."""
    return _NOBODY_FIRST.match(word) is not None


def names_a_number(word: str) -> bool:
    """Whether a header says that its values are numbers of something; codes are of anything."""
    return _NUMBER_OF.search(word) is not None and not word.endswith("code")


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
