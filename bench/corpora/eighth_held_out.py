"""The eighth set of layouts, written without looking at the detector.

Whoever wrote it had not opened the detector, its word lists, its tests or its figures: only the
code list of categories, and the seventh set for its form. Column names are such as programmers of
some thirty trades write them; about four columns in ten say nothing of a person. A column for
which two codes could be defended is left out: money paid, employers, persons to call, a home seen
only as a room or a point. Clerks, machines and branches are OTHER, and so is a link to a picture.
The expiry of a card goes with its security code (CVV), a room and the days of a stay with LODGE,
a booking's or payment's number with ORDER. Values are made up.
"""

import base64
import random
from collections.abc import Sequence

from corpora import values as v
from corpora.columns import OTHER, Column
from corpora.values import Maker, one_of

FIRST_RUN = 0.867
"""Macro F1 when the detector first saw this set: 1,212 of 1,329 columns were told right."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def _around(before: str, maker: Maker, after: str = "") -> Maker:
    """The same between two texts: what a spreadsheet or a fixed width leaves behind."""
    return lambda chance, row: before + maker(chance, row) + after


def _padded(maker: Maker, width: int) -> Maker:
    """The same, filled with blanks to the width of a field."""
    return lambda chance, row: maker(chance, row).ljust(width)


def _capitals(maker: Maker) -> Maker:
    """The same in capitals."""
    return lambda chance, row: maker(chance, row).upper()


def _coded(prefix: str, size: int) -> Maker:
    """A prefix and that many digits."""
    return lambda chance, _row: prefix + v.digits(chance, size)


def _between(low: int, high: int) -> Maker:
    """A whole number, the last one included."""
    return lambda chance, _row: str(chance.randint(low, high))


def _about(mean: float, spread: float, places: int) -> Maker:
    """A number near a mean."""
    return lambda chance, _row: f"{abs(chance.gauss(mean, spread)):.{places}f}"


def _hex(size: int) -> Maker:
    """That many hexadecimal characters."""
    return lambda chance, _row: "".join(v.pick(chance, "0123456789abcdef") for _ in range(size))


def _bytes(head: bytes, size: int) -> Maker:
    """Bytes in base64: a template of a reader, with its mark in front."""
    return lambda chance, _row: base64.b64encode(head + chance.randbytes(size)).decode()


def _name_pnr(chance: random.Random, row: int) -> str:
    """``ZHANG/WEI MR``."""
    family, given = v.name_pinyin(chance, row).upper().split(" ")
    return f"{family}/{given} {v.pick(chance, ('MR', 'MS', 'MR', 'MS', 'MSTR'))}"


def _pinyin_comma(chance: random.Random, row: int) -> str:
    """``ZHANG, WEI``."""
    return v.name_pinyin(chance, row).upper().replace(" ", ", ")


def _birth_pnr(chance: random.Random, _row: int) -> str:
    """``12MAR85``."""
    year, month, of_month = v.day(chance, 1945, 2008)
    return f"{of_month:02d}{_MONTHS[month - 1]}{year % 100:02d}"


def _birth_gedcom(chance: random.Random, _row: int) -> str:
    """``12 MAR 1951``, at times only about."""
    year, month, of_month = v.day(chance, 1880, 1990)
    if chance.random() < 0.2:
        return f"ABT {year}"
    return f"{of_month} {_MONTHS[month - 1]} {year}"


def _birth_midnight(chance: random.Random, row: int) -> str:
    """A day as a column of moments keeps it."""
    return f"{v.birth(chance, row)} 00:00:00"


def _birth_slashes(chance: random.Random, _row: int) -> str:
    """``1985/3/12``."""
    return "{}/{}/{}".format(*v.day(chance, 1945, 2008))


def _birth_us(chance: random.Random, _row: int) -> str:
    """``3/12/2009``, of pupils."""
    year, month, of_month = v.day(chance, 2004, 2017)
    return f"{month}/{of_month}/{year}"


def _birth_words(chance: random.Random, _row: int) -> str:
    """``March 3, 1990``."""
    year, month, of_month = v.day(chance, 1955, 2007)
    words = "January February March April May June July August September October November December"
    return f"{words.split()[month - 1]} {of_month}, {year}"


def _birthday_only(chance: random.Random, _row: int) -> str:
    """``03-12``: for the cake, without a year."""
    return "{1:02d}-{2:02d}".format(*v.day(chance, 2000, 2001))


def _compact(chance: random.Random, _row: int) -> str:
    """``20190312`` of recent years."""
    return "{:04d}{:02d}{:02d}".format(*v.day(chance, 2009, 2025))


def _month(chance: random.Random, _row: int) -> str:
    """``2024-05``."""
    return "{:04d}-{:02d}".format(*v.day(chance, 2021, 2025)[:2])


def _epoch_ms(chance: random.Random, row: int) -> str:
    """Milliseconds since 1970."""
    return v.epoch(chance, row) + v.digits(chance, 3)


def _idno_small(chance: random.Random, row: int) -> str:
    """A citizen number whose letter is small."""
    return v.idno(chance, row).lower()


def _idno_pupil(chance: random.Random, row: int) -> str:
    """A citizen number of a child at school."""
    adult = v.idno(chance, row)
    body = f"{adult[:6]}{chance.randrange(2007, 2018)}{adult[10:17]}"
    total = sum(int(digit) * (2 ** (17 - at) % 11) for at, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def _two_phones(chance: random.Random, row: int) -> str:
    """One number, or two in one cell."""
    first = v.mobile(chance, row)
    return first if chance.random() < 0.6 else f"{first}/{v.mobile(chance, row)}"


def _email_pnr(chance: random.Random, row: int) -> str:
    """An address as a reservation writes it: ``LI.WEI//QQ.COM``."""
    return v.email(chance, row).upper().replace("@", "//")


def _work_email(chance: random.Random, row: int) -> str:
    """An address at one company."""
    family, given = v.name_pinyin(chance, row).lower().split(" ")
    return f"{given}.{family}@example-works.com"


def _school_email(chance: random.Random, row: int) -> str:
    """An address at one school district."""
    last = v.last_en(chance, row).lower().replace("'", "")
    return f"{last}{v.digits(chance, 3)}@students.sampleisd.example.org"


def _locator(chance: random.Random, _row: int) -> str:
    """Six characters that name a booking."""
    return v.pick(chance, _LETTERS) + "".join(v.pick(chance, _LETTERS + "2345678") for _ in "12345")


def _qq(chance: random.Random, _row: int) -> str:
    """A number of QQ."""
    return v.pick(chance, "123456789") + v.digits(chance, chance.randrange(6, 10))


def _wechat(chance: random.Random, row: int) -> str:
    """A name at WeChat."""
    if chance.random() < 0.4:
        return "wxid_" + _hex(14)(chance, row)
    return v.name_pinyin(chance, row).replace(" ", "").lower() + v.digits(chance, 3)


def _hero(chance: random.Random, _row: int) -> str:
    """The name of a figure in a game."""
    heads = ("丶", "゛", "", "", "【战】", "S1.")
    middles = ("孤城", "夜雨", "不败", "小熊", "风中", "北极", "清茶", "疾风")
    tails = ("剑客", "法师", "丿", "大魔王", "ovo", "77", "の猫", "")
    return v.pick(chance, heads) + v.pick(chance, middles) + v.pick(chance, tails)


def _nick(chance: random.Random, row: int) -> str:
    """What people call themselves."""
    words = ("想养猫的鱼", "momo", "半糖去冰", "一颗柠檬", "周末去爬山", "晚风", "Sunny", "阿土仔")
    return v.pick(chance, words) + v.pick(chance, ("", "", "~", "_", v.digits(chance, 2), str(row)))


def _jwt(chance: random.Random, row: int) -> str:
    """Three parts with points between."""
    body = base64.urlsafe_b64encode(f'{{"sub":{row + 7001},"exp":{v.epoch(chance, row)}}}'.encode())
    sign = base64.urlsafe_b64encode(chance.randbytes(32))
    return f"eyJhbGciOiJIUzI1NiJ9.{body.decode().rstrip('=')}.{sign.decode().rstrip('=')}"


def _vector(chance: random.Random, _row: int) -> str:
    """What a model makes of a voice."""
    return "[" + ",".join(f"{chance.gauss(0, 0.4):.4f}" for _ in range(24)) + "]"


def _expiry(chance: random.Random, _row: int) -> str:
    """``08/27``."""
    return f"{chance.randrange(1, 13):02d}/{chance.randrange(25, 33)}"


def _balance_packed(chance: random.Random, _row: int) -> str:
    """Cents in fifteen digits and a sign, as old core systems unload them."""
    return f"{int(chance.lognormvariate(12, 2)):015d}+"


def _balance_dots(chance: random.Random, _row: int) -> str:
    """``12,345.67``."""
    return f"{chance.lognormvariate(9, 1.5):,.2f}"


def _principal(chance: random.Random, _row: int) -> str:
    """A round sum that was lent."""
    return f"{chance.randrange(1, 300) * 1000}.00"


def _owed(chance: random.Random, _row: int) -> str:
    """What of it is left."""
    return f"{chance.uniform(0, 280000):.2f}"


def _bank_uk(chance: random.Random, _row: int) -> str:
    """An account of eight digits."""
    return v.digits(chance, 8)


def _account_cn(chance: random.Random, _row: int) -> str:
    """An account of nineteen digits that is no card."""
    return "1" + v.pick(chance, ("0010", "2048", "7301")) + v.digits(chance, 14)


def _street_zh(chance: random.Random, _row: int) -> str:
    """A flat of an estate with its road."""
    roads = ("杜撰路", "假想大道", "样品街", "虚构巷", "莫须有路")
    estates = ("桂语花园", "滨河雅苑", "书香名邸", "幸福里小区")
    block, unit = chance.randrange(1, 36), chance.randrange(1, 4)
    return (
        f"{v.pick(chance, roads)}{chance.randrange(1, 900)}号{v.pick(chance, estates)}"
        f"{block}幢{unit}单元{chance.randrange(1, 30)}0{chance.randrange(1, 5)}"
    )


def _street_us(chance: random.Random, row: int) -> str:
    """A street of the United States, in capitals, some with a flat."""
    street = v.address_en(chance, row).split(",")[0].upper()
    return street + (f" APT {chance.randrange(1, 40)}" if chance.random() < 0.3 else "")


def _zip(chance: random.Random, row: int) -> str:
    """Five digits, or nine."""
    five = v.digits(chance, 5)
    return five if row % 3 else f"{five}-{v.digits(chance, 4)}"


def _zip5(chance: random.Random, _row: int) -> str:
    """Five digits."""
    return v.digits(chance, 5)


def _seconds(chance: random.Random, _row: int) -> str:
    """How long people talk."""
    return str(int(chance.expovariate(1 / 90)) + 1)


def _longitude(chance: random.Random, _row: int) -> str:
    """Degrees east."""
    return f"{chance.uniform(113, 122):.6f}"


def _latitude(chance: random.Random, _row: int) -> str:
    """Degrees north."""
    return f"{chance.uniform(22, 40):.6f}"


def _age_words(chance: random.Random, row: int) -> str:
    """``35岁``, and months of the smallest."""
    if chance.random() < 0.05:
        return f"{chance.randrange(1, 24)}月"
    return f"{v.age(chance, row)}岁"


def _well(chance: random.Random, _row: int) -> str:
    """A well of a laboratory plate."""
    return f"{v.pick(chance, 'ABCDEFGH')}{chance.randrange(1, 13):02d}"


def _term(chance: random.Random, _row: int) -> str:
    """How long a court sends someone to prison."""
    years, months = chance.randrange(0, 12), chance.randrange(1, 12)
    spell = f"有期徒刑{years}年{months}个月" if years else f"拘役{chance.randrange(1, 6)}个月"
    return spell + v.pick(chance, ("", "", ",缓刑二年", ",并处罚金"))


def _version(chance: random.Random, _row: int) -> str:
    """``3.12.0``."""
    return f"{chance.randrange(1, 9)}.{chance.randrange(30)}.{chance.randrange(9)}"


_FLAG = one_of("0", "1")
_YN = one_of("Y", "N", "N")
_TRUE = one_of("true", "false")
_YES_ZH = one_of("是", "否")
_SEX_12 = one_of("1", "2")
_STATE = one_of("00", "00", "10", "90")
_BLANK_WORDS = one_of("同上", "见附件", "已核对", "", "无", "待补")
_COUNTRY_3 = one_of("CHN", "CHN", "CHN", "USA", "GBR", "JPN", "KOR", "DEU")
_COUNTRY_ZH = one_of("中国", "中国", "中国", "韩国", "德国", "法国", "新加坡")
_BANK_ZH = one_of("样品银行城西支行", "虚构农商行", "示例银行营业部")
_TITLE_ZH = one_of("质检员", "财务主管", "仓库管理员", "前端开发", "区域经理", "行政助理", "焊工")
_TITLE_EN = one_of("Forklift Operator", "Pipefitter", "Payroll Clerk", "Electrician", "Welder")
_TRADE_EN = one_of("Farmer", "Blacksmith", "Schoolmaster", "Dressmaker", "Miner", "Clerk")
_FAITH_EN = one_of("Methodist", "Roman Catholic", "Baptist", "Quaker", "Jewish", "Lutheran")
_FAITH_ZH = one_of("无", "佛教", "伊斯兰教", "基督教", "天主教", "道教")
_ICD = one_of("I10.x00", "E11.900", "J45.901", "K29.500", "M51.202", "N97.100", "J18.900")
_ALLERGY = one_of("青霉素", "头孢类", "否认", "磺胺", "海鲜", "花粉")
_SURGERY = one_of("阑尾切除术", "胆囊切除术", "白内障摘除术", "膝关节镜手术", "剖宫产术")
_RACE_US = one_of(
    "White", "Black or African American", "Asian", "Hispanic or Latino", "Two or More"
)
_IMPAIRED_US = one_of("None", "Specific Learning", "Hearing Impairment", "Autism", "Orthopedic")
_IMPAIRED_ZH = one_of("无", "无", "肢体残疾", "听力残疾", "视力残疾", "精神残疾")
_PLACE_EN = one_of("Leeds, Yorkshire", "Dayton, Ohio", "Cork, Ireland", "Gdansk, Poland")
_SAID_ZH = one_of(
    "你到家了吗", "周六一起看电影?", "在的", "昨天说的那件事别告诉她", "[表情]", "晚安"
)
_SAID_EN = one_of(
    "are you still up for friday?", "lol ok", "pls call me when you land", "I told you I'm sorry"
)
_QUESTION = one_of("我的小学班主任是谁", "我母亲的名字", "我最喜欢的歌", "我的出生医院")
_REPLY = one_of("王老师", "刘桂芳", "红豆", "市二院", "陈老师", "海阔天空")
_CRIME = one_of("盗窃罪", "危险驾驶罪", "诈骗罪", "故意伤害罪", "开设赌场罪", "寻衅滋事罪")
_BEFORE = one_of("无前科", "2013年因盗窃被行政拘留10日", "曾因赌博罪被判处拘役", "累犯", "无前科")

EIGHTH: dict[str, Sequence[Column]] = {
    "outpatients, initials": (
        ("BRID", "ACCOUNT_ID", v.account("")),
        ("JZKH", "ACCOUNT_ID", v.account("MZ")),
        ("BRXM", "NAME", v.name_zh),
        ("BRXB", "GENDER", _SEX_12),
        ("CSNY", "BIRTH", _birth_midnight),
        ("SFZH", "IDNO", v.idno),
        ("LXDH", "PHONE", v.mixed(v.mobile, v.mobile, v.line_zh)),
        ("JTZZ", "ADDRESS", v.address_zh),
        ("ZDMC", "HEALTH", v.illness_zh),
        ("ICD10", "HEALTH", _ICD),
        ("YWGM", "HEALTH", _ALLERGY),
        ("KSDM", OTHER, one_of("0301", "0417", "1102", "2205")),
        ("YSGH", OTHER, _coded("D", 4)),
        ("GHLB", OTHER, one_of("1", "2", "3", "9")),
        ("ZFPB", OTHER, _FLAG),
        ("JLSJ", OTHER, v.moment),
    ),
    "results of a laboratory": (
        ("SAMPLE_NO", OTHER, _coded("", 10)),
        ("PAT_NAME", "NAME", v.name_zh),
        ("PAT_SEX", "GENDER", v.gender_zh),
        ("PAT_AGE", "AGE", _age_words),
        ("CLIN_DIAG", "HEALTH", v.illness_zh),
        ("ITEM_RESULT", "HEALTH", v.mixed(_about(5.2, 1.6, 2), one_of("阴性(-)", "弱阳性(±)"))),
        ("REF_RANGE", OTHER, one_of("3.9-6.1", "<5.2", "0-40", "阴性")),
        ("UNIT", OTHER, one_of("mmol/L", "U/L", "g/L", "10^9/L")),
        ("INSTR_ID", OTHER, one_of("AU5800-1", "AU5800-2", "XN-9000")),
        ("REAGENT_LOT", OTHER, _coded("L", 6)),
        ("PRINT_CNT", OTHER, _between(0, 3)),
        ("AUDIT_TIME", OTHER, v.moment),
    ),
    "bookings of an airline": (
        ("RecordLocator", "ORDER", _locator),
        ("TicketNumber", "ORDER", _coded("999-", 10)),
        ("PaxName", "NAME", _name_pnr),
        ("DOB", "BIRTH", _birth_pnr),
        ("Gender", "GENDER", v.gender_letter),
        ("DocNumber", "PASSPORT", v.passport),
        ("DocNationality", "NATIONALITY", _COUNTRY_3),
        ("FFNumber", "ACCOUNT_ID", v.account("CA00")),
        ("CTCM", "PHONE", _around("86", v.mobile)),
        ("CTCE", "EMAIL", _email_pnr),
        ("SegStatus", OTHER, one_of("HK", "HX", "UN", "RR")),
        ("CabinClass", OTHER, one_of("Y", "M", "K", "J", "F")),
        ("OfficeId", OTHER, one_of("PEK099", "SHA118", "CAN001")),
        ("QueueNo", OTHER, _between(1, 99)),
    ),
    "guests of a hotel": (
        ("客人姓名", "NAME", v.mixed(v.name_zh, v.name_zh, v.name_pinyin)),
        ("性别", "GENDER", v.gender_zh),
        ("证件种类", OTHER, one_of("11", "14", "93")),
        ("证件号码", "IDNO", v.idno),
        ("国籍", "NATIONALITY", _COUNTRY_ZH),
        ("手机", "PHONE", v.mobile_formats),
        ("入住房号", "LODGE", _between(301, 2419)),
        ("入住时间", "LODGE", v.moment),
        ("离店时间", "LODGE", v.moment),
        ("会员卡号", "ACCOUNT_ID", v.account("88")),
        ("登记单打印次数", OTHER, _between(0, 3)),
        ("房价码", OTHER, one_of("RAC", "COR1", "OTA2", "WLK")),
        ("夜审标志", OTHER, _YN),
        ("备注", OTHER, _BLANK_WORDS),
    ),
    "pupils of a district": (
        ("StudentNbr", "ACCOUNT_ID", v.account("")),
        ("LegalLastName", "NAME", v.last_en),
        ("LegalFirstName", "NAME", v.first_en),
        ("StuDOB", "BIRTH", _birth_us),
        ("FedRaceDesc", "ETHNICITY", _RACE_US),
        ("PrimaryDisability", "DISABILITY", _IMPAIRED_US),
        ("MailStreet", "ADDRESS", _street_us),
        ("MailZip", "POSTCODE", _zip),
        ("StuEmail", "EMAIL", _school_email),
        ("HomeroomCd", OTHER, _well),
        ("BusRte", OTHER, _between(1, 60)),
        ("DaysAbs", OTHER, _about(4, 3, 1)),
        ("LockerNbr", OTHER, _between(100, 999)),
        ("EnrollSts", OTHER, one_of("A", "I", "T")),
    ),
    "pupils of a county": (
        ("全国学籍号", "ACCOUNT_ID", v.account("G33")),
        ("学生姓名", "NAME", v.name_zh),
        ("学生性别", "GENDER", v.gender_zh),
        ("民族", "ETHNICITY", v.ethnicity_zh),
        ("身份证件号", "IDNO", _around("'", _idno_pupil)),
        ("出生地", "BIRTH_PLACE", v.native_place),
        ("班级代码", OTHER, _coded("2023", 2)),
        ("座号", OTHER, _between(1, 55)),
        ("是否走读", OTHER, _YES_ZH),
        ("入学年月", OTHER, _month),
        ("转入标记", OTHER, _FLAG),
    ),
    "rides": (
        ("orderId", "ORDER", v.order),
        ("passengerUid", "ACCOUNT_ID", v.account("28")),
        ("passengerPhone", "PHONE", v.mobile),
        ("driverName", "NAME", v.name_zh),
        ("driverIdCard", "IDNO", v.idno),
        ("licensePlate", "PLATE", v.plate),
        ("startLngLat", "TRACK", v.point),
        ("endLngLat", "TRACK", v.point),
        ("carpoolFlag", OTHER, _FLAG),
        ("surgeFactor", OTHER, one_of("1.0", "1.0", "1.2", "1.5")),
        ("evalStars", OTHER, _between(1, 5)),
        ("couponBatch", OTHER, _coded("CB", 5)),
        ("appVer", OTHER, _version),
    ),
    "boxes in vehicles": (
        ("term_imei", "DEVICE", v.imei),
        ("car_no", "PLATE", v.plate),
        ("gps_lng", "TRACK", _longitude),
        ("gps_lat", "TRACK", _latitude),
        ("sat_cnt", OTHER, _between(4, 18)),
        ("volt", OTHER, _about(24.3, 0.6, 1)),
        ("fence_id", OTHER, _between(1, 400)),
        ("proto", OTHER, one_of("JT808", "GT06")),
        ("crc16", OTHER, _hex(4)),
    ),
    "waybills": (
        ("运单号", "LOGISTICS", _coded("SX", 13)),
        ("寄件人", "NAME", v.name_zh),
        ("寄件手机", "PHONE", v.mobile),
        ("收件人", "NAME", v.name_zh),
        ("收件电话", "PHONE", v.mobile_formats),
        ("收件地址(详细)", "ADDRESS", v.address_zh),
        ("收件邮编", "POSTCODE", v.postcode_zh),
        ("重量(kg)", OTHER, _about(1.4, 0.9, 2)),
        ("件数", OTHER, _between(1, 4)),
        ("揽收网点编码", OTHER, _coded("57", 4)),
        ("面单打印次数", OTHER, _between(1, 2)),
    ),
    "claims of an insurer": (
        ("INSURED_NAME", "NAME", v.name_zh),
        ("INSURED_CERT_NO", "IDNO", v.idno),
        ("INSURED_BIRTHDAY", "BIRTH", _birth_slashes),
        ("INSURED_SEX", "GENDER", v.gender_letter),
        ("REPORT_MOBILE", "PHONE", v.mobile),
        ("DIAG_CD", "HEALTH", _ICD),
        ("DIAG_DESC", "HEALTH", v.illness_zh),
        ("SURG_NAME", "HEALTH", _SURGERY),
        ("PAYEE_ACCT_NO", "BANKCARD", v.bankcard),
        ("PAYEE_BANK", OTHER, _BANK_ZH),
        ("CASE_ST", OTHER, _STATE),
        ("IMG_CNT", OTHER, _between(1, 30)),
        ("ADJ_REASON_CD", OTHER, one_of("R01", "R07", "R12")),
        ("ETL_BATCH_ID", OTHER, _compact),
    ),
    "core of a bank": (
        ("CIFNO", "ACCOUNT_ID", v.account("000")),
        ("CUSTNM", "NAME", _padded(v.name_zh, 20)),
        ("IDTFTP", OTHER, one_of("01", "01", "03")),
        ("IDTFNO", "IDNO", _padded(v.idno, 20)),
        ("ACCTNO", "BANKCARD", _account_cn),
        ("CRDNO", "BANKCARD", v.bankcard),
        ("CURBAL", "BALANCE", _balance_packed),
        ("AVLBAL", "BALANCE", _balance_packed),
        ("CCYCOD", OTHER, one_of("CNY", "CNY", "USD")),
        ("OPNDAT", OTHER, _compact),
        ("BRCHNO", OTHER, _coded("33", 4)),
        ("ACCTST", OTHER, one_of("A", "A", "C", "D")),
        ("TLRNO", OTHER, _coded("T", 5)),
        ("MACVAL", OTHER, _capitals(_hex(16))),
    ),
    "borrowers, initials": (
        ("jkrxm", "NAME", v.name_zh),
        ("zjhm", "IDNO", _idno_small),
        ("sjhm", "PHONE", v.mobile),
        ("hyzk", "MARITAL", v.marital_zh),
        ("xl", "EDUCATION", v.education_zh),
        ("zy", "OCCUPATION", v.job_zh),
        ("jzdz", "ADDRESS", v.address_zh),
        ("dkje", "LOAN", _principal),
        ("dkye", "LOAN", _owed),
        ("hkkh", "BANKCARD", v.bankcard),
        ("zxpf", "CREDIT", _between(350, 950)),
        ("jgbh", OTHER, _coded("JG", 4)),
        ("pch", OTHER, _coded("2024", 6)),
        ("shzt", OTHER, one_of("0", "1", "2", "9")),
        ("czybh", OTHER, _coded("", 4)),
    ),
    "subscribers": (
        ("SERV_NBR", "PHONE", v.mobile),
        ("CUST_NAME", "NAME", v.name_zh),
        ("CERT_TYPE", OTHER, one_of("IdCard", "IdCard", "PLA")),
        ("CERT_NBR", "IDNO", v.idno),
        ("CERT_ADDR", "ADDRESS", v.address_zh),
        ("SERV_PWD", "PWD", _coded("", 6)),
        ("TERM_IMEI", "DEVICE", v.imei),
        ("PROD_OFFER_ID", OTHER, _coded("8000", 5)),
        ("STATE_CD", OTHER, one_of("00A", "00X", "00H")),
        ("LAN_ID", OTHER, one_of("571", "574", "577")),
        ("EFF_DATE", OTHER, v.moment),
        ("OPER_SEQ", OTHER, v.row_number),
    ),
    "records of calls": (
        ("BILL_NBR", "PHONE", v.mobile),
        ("CALL_DURATION", "CALLLOG", _seconds),
        ("USER_IMEI", "DEVICE", v.imei),
        ("RATE_PLAN_CD", OTHER, one_of("RP01", "RP02", "RP88")),
        ("SWITCH_ID", OTHER, _coded("MSC", 2)),
        ("SRC_FILE", OTHER, _around("GSM_", _compact, ".dat")),
        ("ERR_CD", OTHER, one_of("0", "0", "0", "E104")),
        ("REC_SEQ", OTHER, v.row_number),
    ),
    "export of a network of friends": (
        ("user.id_str", "ACCOUNT_ID", v.account("1000")),
        ("user.screen_name", "USERNAME", v.username),
        ("user.full_name", "NAME", v.name_en),
        ("user.birthday", "BIRTH", _birth_words),
        ("user.relationship_status", "MARITAL", v.marital_en),
        ("user.religious_views", "RELIGION", _FAITH_EN),
        ("user.political_views", "POLITIC", one_of("liberal", "conservative", "green", "moderate")),
        ("message.text", "COMMS", _SAID_EN),
        ("login.ip_addr", "IP", v.mixed(v.ip, v.ip, v.ip6)),
        ("session.cookie", "TOKEN", _hex(40)),
        ("user.followers_count", OTHER, _between(0, 5000)),
        ("user.is_verified", OTHER, _TRUE),
        ("post.media_sha1", OTHER, v.sha1),
        ("user.lang", OTHER, one_of("en", "en-GB", "es", "fr")),
    ),
    "owners of an estate": (
        ("业主姓名", "NAME", v.name_zh),
        ("联系电话(多个以/隔开)", "PHONE", _two_phones),
        ("身份证号码", "IDNO", _around("\t", v.idno)),
        ("房屋坐落", "ADDRESS", _street_zh),
        ("登记车牌", "PLATE", v.plate),
        ("物业费单价(元/㎡·月)", OTHER, one_of("1.80", "2.20", "2.85", "3.50")),
        ("水表上期读数", OTHER, _between(20, 1900)),
        ("交房日期", OTHER, v.recent),
        ("是否空置", OTHER, _YES_ZH),
        ("管家编号", OTHER, _coded("GJ", 3)),
        ("备注", OTHER, _BLANK_WORDS),
    ),
    "residents of a grid": (
        ("公民姓名", "NAME", v.name_zh),
        ("曾用名", "NAME", v.name_zh),
        ("公民身份号码", "IDNO", v.idno),
        ("民族", "ETHNICITY", v.ethnicity_zh),
        ("宗教信仰", "RELIGION", _FAITH_ZH),
        ("文化程度", "EDUCATION", v.education_zh),
        ("婚姻状况", "MARITAL", v.marital_zh),
        ("血型", "HEALTH", v.blood_zh),
        ("残疾类别", "DISABILITY", _IMPAIRED_ZH),
        ("籍贯", "BIRTH_PLACE", v.native_place),
        ("现住址", "ADDRESS", v.address_zh),
        ("网格编码", OTHER, _coded("WG33010", 4)),
        ("采集方式", OTHER, one_of("入户", "自主申报", "数据共享")),
        ("注销标识", OTHER, _FLAG),
        ("入库批次", OTHER, _coded("PC", 8)),
    ),
    "payroll": (
        ("工号", "ACCOUNT_ID", v.account("E")),
        ("姓名(中文)", "NAME", v.name_zh),
        ("Name (Passport)", "NAME", _pinyin_comma),
        ("职务 Title", "OCCUPATION", _TITLE_ZH),
        ("Work Email", "EMAIL", _work_email),
        ("婚否", "MARITAL", one_of("已婚", "未婚", "离异")),
        ("政治面貌", "POLITIC", v.politic),
        ("最高学历", "EDUCATION", v.education_zh),
        ("工资卡号", "BANKCARD", _around("'", v.bankcard)),
        ("Cost Center", OTHER, _coded("CC-", 4)),
        ("Pay Cycle", OTHER, _month),
        ("实际出勤(天)", OTHER, _about(20, 2, 1)),
        ("调休余额(h)", OTHER, _about(8, 6, 1)),
        ("审批状态", OTHER, one_of("已审批", "待审批", "退回")),
    ),
    "tree of a family": (
        ("GIVN", "NAME", v.first_en),
        ("SURN", "NAME", _capitals(v.last_en)),
        ("SEX", "GENDER", one_of("M", "F", "U")),
        ("BIRT_DATE", "BIRTH", _birth_gedcom),
        ("BIRT_PLAC", "BIRTH_PLACE", _PLACE_EN),
        ("OCCU", "OCCUPATION", _TRADE_EN),
        ("RELI", "RELIGION", _FAITH_EN),
        ("SOUR_REF", OTHER, _around("@S", _between(1, 300), "@")),
        ("MEDIA_CRC", OTHER, _hex(8)),
        ("QUAY", OTHER, _between(0, 3)),
        ("CHAN_TIME", OTHER, v.moment),
    ),
    "kits of a genealogist": (
        ("tester_name", "NAME", v.name_en),
        ("tester_email", "EMAIL", v.email),
        ("y_haplogroup", "GENE", one_of("R1b-M269", "I1-M253", "O2-M122", "J2-M172", "E1b1b")),
        ("mt_haplogroup", "GENE", one_of("H1a", "U5b2", "D4b", "K1a4", "T2b", "J1c3")),
        ("rs4988235_genotype", "GENE", one_of("AA", "AG", "GG", "--")),
        ("call_rate", OTHER, _about(0.985, 0.006, 4)),
        ("chip_version", OTHER, one_of("v4", "v5", "GSA-3")),
        ("plate_well", OTHER, _well),
        ("lot", OTHER, _coded("KL", 5)),
        ("consent_form_rev", OTHER, one_of("2019a", "2021b", "2023a")),
        ("raw_file_sha", OTHER, v.sha1),
    ),
    "couples of a fertility clinic": (
        ("女方姓名", "NAME", v.name_zh),
        ("女方身份证", "IDNO", v.idno),
        ("女方年龄(岁)", "AGE", _between(23, 46)),
        ("男方姓名", "NAME", v.name_zh),
        ("男方手机", "PHONE", v.mobile),
        ("不孕原因", "HEALTH", one_of("输卵管因素", "多囊卵巢综合征", "少弱精症", "不明原因")),
        ("AMH(ng/mL)", "HEALTH", _about(2.6, 1.4, 2)),
        ("既往妊娠史", "HEALTH", one_of("G0P0", "G1P0", "G2P1", "G3P1", "自然流产1次")),
        ("获卵数(枚)", "HEALTH", _between(0, 24)),
        ("培养箱编号", OTHER, one_of("INC-01", "INC-02", "INC-05")),
        ("冻存管位置", OTHER, _around("罐3-", _well)),
        ("建档日期", OTHER, v.recent),
        ("随访次数", OTHER, _between(0, 6)),
    ),
    "members of a gym": (
        ("memberNo", "ACCOUNT_ID", v.account("VIP")),
        ("trueName", "NAME", v.name_zh),
        ("sex", "GENDER", _FLAG),
        ("bday", "BIRTH", _birthday_only),
        ("mobileNo", "PHONE", v.mobile),
        ("faceFeature", "FACE", _bytes(b"FACE\x05", 96)),
        ("fingerTpl", "FINGER", _bytes(b"SS21", 80)),
        (
            "healthNote",
            "HEALTH",
            one_of("腰椎间盘突出", "高血压", "术后半年", "膝盖半月板损伤", "无"),
        ),
        ("lockerNo", OTHER, _well),
        ("remainTimes", OTHER, _between(0, 60)),
        ("coachId", OTHER, _between(1, 40)),
        ("freezeFlag", OTHER, _FLAG),
        ("storeCode", OTHER, one_of("HZ01", "HZ02", "NB01")),
        ("rowVersion", OTHER, _around("0x", _hex(16))),
    ),
    "workshop of a dealer": (
        ("车主姓名", "NAME", v.name_zh),
        ("车主手机", "PHONE", v.mobile),
        ("车主证件号", "IDNO", v.idno),
        ("牌照号", "PLATE", v.plate),
        ("通讯地址", "ADDRESS", v.address_zh),
        ("车主微信", "USERNAME", _wechat),
        ("外观颜色", OTHER, one_of("珍珠白", "曜石黑", "星空蓝", "极地银")),
        ("进厂里程(km)", OTHER, _between(1200, 180000)),
        ("油量", OTHER, one_of("1/4", "1/2", "3/4", "满")),
        ("接待员工号", OTHER, _coded("SA", 3)),
        ("结算标志", OTHER, _YN),
        ("返修次数", OTHER, _between(0, 2)),
    ),
    "profiles of a dating app": (
        ("uid", "ACCOUNT_ID", v.account("7")),
        ("nick", "USERNAME", _nick),
        ("wx_no", "USERNAME", _wechat),
        ("gender", "GENDER", _SEX_12),
        ("sexual_orientation", "SEX", one_of("异性恋", "同性恋", "双性恋", "不愿透露")),
        ("marital_history", "MARITAL", v.marital_zh),
        ("religion", "RELIGION", _FAITH_ZH),
        ("edu_level", "EDUCATION", v.education_zh),
        ("job_title", "OCCUPATION", _TITLE_ZH),
        ("last_msg_content", "COMMS", _SAID_ZH),
        ("idfa", "DEVICE", v.idfa),
        ("avatar", OTHER, v.url),
        ("swipe_cnt", OTHER, _between(0, 900)),
        ("vip_lv", OTHER, _between(0, 5)),
        ("ab_bucket", OTHER, one_of("A", "B", "ctrl")),
    ),
    "candidates of a job board": (
        ("candidate_name", "NAME", v.mixed(v.name_zh, v.name_pinyin)),
        ("candidate_tel", "PHONE", v.mobile_formats),
        ("e_mail", "EMAIL", v.email),
        ("birth_ym", "BIRTH", lambda chance, row: v.birth(chance, row)[:7]),
        ("highest_degree", "EDUCATION", v.education_zh),
        ("current_position", "OCCUPATION", _TITLE_ZH),
        ("party_status", "POLITIC", v.politic),
        ("native_province", "BIRTH_PLACE", v.province),
        ("resume_md5", OTHER, v.md5),
        ("parse_state", OTHER, one_of("DONE", "DONE", "FAIL", "PENDING")),
        ("src_channel", OTHER, one_of("app", "h5", "内推", "校招")),
        ("viewed_times", OTHER, _between(0, 120)),
        ("refreshed_at", OTHER, v.moment),
    ),
    "accounts of a game": (
        ("passport", "USERNAME", v.username),
        ("pwdmd5", "PWDHASH", v.md5),
        ("secmail", "EMAIL", v.email),
        ("secques", "SECQA", _QUESTION),
        ("secansw", "SECQA", _REPLY),
        ("rolename", "USERNAME", _hero),
        ("sfz", "IDNO", v.idno),
        ("bindqq", "USERNAME", _qq),
        ("regip", "IP", v.ip),
        ("devmac", "DEVICE", v.mac),
        ("fcm", OTHER, _FLAG),
        ("zoneid", OTHER, _between(1, 480)),
        ("lv", OTHER, _between(1, 120)),
        ("guildid", OTHER, _coded("", 6)),
        ("logouttm", OTHER, v.epoch),
    ),
    "payments of a gateway": (
        ("merchant_order_no", "ORDER", v.order),
        ("card_pan", "BANKCARD", v.bankcard_spaced),
        ("card_cvc", "CVV", _coded("", 3)),
        ("card_exp", "CVV", _expiry),
        ("cardholder", "NAME", _capitals(v.name_en)),
        ("billing_zip", "POSTCODE", _zip5),
        ("payer_email", "EMAIL", v.email),
        ("client_ip", "IP", v.ip),
        ("acquirer_id", OTHER, one_of("ACQ01", "ACQ02", "ACQ07")),
        ("resp_code", OTHER, _STATE),
        ("notify_url", OTHER, v.url),
        ("sign", OTHER, _capitals(v.md5)),
        ("retry", OTHER, _between(0, 5)),
        ("settle_batch", OTHER, _compact),
    ),
    "cloud of a smart home": (
        ("login_email", "EMAIL", v.email),
        ("pass_digest", "PWDHASH", v.bcrypt),
        ("refreshToken", "TOKEN", _jwt),
        ("wifi_password", "PWD", v.password),
        ("hubMac", "DEVICE", v.mac),
        ("wanIp", "IP", v.ip),
        ("voiceprint_vec", "VOICE", _vector),
        ("fw", OTHER, _version),
        ("rssi", OTHER, _between(-90, -30)),
        ("sceneId", OTHER, _coded("sc_", 6)),
        ("online", OTHER, _TRUE),
        ("lastSeenMs", OTHER, _epoch_ms),
        ("tzOffset", OTHER, one_of("+08:00", "+00:00", "-05:00")),
    ),
    "accused before a court": (
        ("被告人", "NAME", v.name_zh),
        ("被告人性别", "GENDER", v.gender_zh),
        ("出生年月日", "BIRTH", v.birth_zh),
        ("民族", "ETHNICITY", v.ethnicity_zh),
        ("文化水平", "EDUCATION", v.education_zh),
        ("职业", "OCCUPATION", v.job_zh),
        ("住所地", "ADDRESS", v.address_zh),
        ("指控罪名", "CRIME", _CRIME),
        ("判处刑罚", "CRIME", _term),
        ("前科劣迹", "CRIME", _BEFORE),
        ("法院代码", OTHER, _coded("33", 2)),
        ("审判庭", OTHER, one_of("第一法庭", "第三法庭", "第七法庭")),
        ("卷宗页数", OTHER, _between(30, 900)),
        ("归档标识", OTHER, _FLAG),
    ),
    "workers of a union": (
        ("LNAME", "NAME", v.last_en),
        ("FNAME", "NAME", v.first_en),
        ("SSN", "IDNO", v.ssn),
        ("UNION_AFFIL", "UNION", one_of("Pipe Trades Local 12", "Teamsters", "Not a member")),
        ("JOB_CLASSIF", "OCCUPATION", _TITLE_EN),
        ("HOME_PH", "PHONE", v.phone_us),
        ("ADDR_LN1", "ADDRESS", _street_us),
        ("ST", OTHER, one_of("OH", "TX", "OR", "IL")),
        ("ZIP5", "POSTCODE", _zip5),
        ("SHIFT", OTHER, one_of("1", "2", "3", "SWING")),
        ("MAIL_PREF", OTHER, one_of("E", "P", "B")),
        ("UPD_PGM", OTHER, one_of("MBR010", "MBR220", "CONV")),
        ("UPD_DT", OTHER, _compact),
    ),
    "donors of a charity": (
        ("DonorRef", "ACCOUNT_ID", v.account("D")),
        ("Forename(s)", "NAME", v.first_en),
        ("Surname", "NAME", v.last_en),
        ("Address 1", "ADDRESS", v.address_en),
        ("Post Code", "POSTCODE", v.postcode_uk),
        ("Mobile Tel", "PHONE", v.phone_uk),
        ("E-mail", "EMAIL", v.email),
        ("DD Account No", "BANKCARD", _bank_uk),
        ("Faith", "RELIGION", _FAITH_EN),
        ("Gift Aid?", OTHER, _YN),
        ("Appeal Code", OTHER, one_of("XMAS22", "SPR23", "FLOOD", "LEGACY")),
        ("Do Not Mail", OTHER, _YN),
        ("Mailing Batch", OTHER, _coded("MB", 4)),
        ("Notes", OTHER, one_of("", "see file", "checked", "n/a")),
    ),
    "travellers of a group, pinyin": (
        ("tuan_hao", OTHER, _coded("TH2024", 4)),
        ("xing_ming", "NAME", v.name_zh),
        ("ying_wen_ming", "NAME", _pinyin_comma),
        ("xing_bie", "GENDER", v.gender_zh),
        ("chu_sheng_ri_qi", "BIRTH", v.birth_compact),
        ("chu_sheng_di", "BIRTH_PLACE", v.native_place),
        ("guo_ji", "NATIONALITY", _COUNTRY_ZH),
        ("hu_zhao_hao", "PASSPORT", v.passport),
        ("shou_ji", "PHONE", v.mobile),
        ("wei_xin", "USERNAME", _wechat),
        ("fang_cha", OTHER, one_of("拼房", "单间", "不占床")),
        ("che_ci_xu_hao", OTHER, _between(1, 4)),
        ("ling_dui_bian_hao", OTHER, _coded("LD", 3)),
        ("yi_shou_qi", OTHER, _YES_ZH),
    ),
    "holders of savings": (
        ("客户编号", "ACCOUNT_ID", v.account("C")),
        ("客户名称", "NAME", v.name_zh),
        ("存款余额(元)", "BALANCE", _balance_dots),
        ("理财持仓市值", "BALANCE", _balance_dots),
        ("贷款余额", "LOAN", _owed),
        ("征信评分", "CREDIT", _between(350, 950)),
        ("网银登录名", "USERNAME", v.username),
        ("预留手机", "PHONE", v.mobile),
        ("机构号", OTHER, _coded("0", 4)),
        ("短信签约", OTHER, _YES_ZH),
        ("对账单打印次数", OTHER, _between(0, 12)),
        ("数据日期", OTHER, _compact),
    ),
    "no header: a forum": (
        (None, OTHER, v.row_number),
        (None, "USERNAME", v.username),
        (None, "EMAIL", v.email),
        (None, "PWDHASH", v.bcrypt),
        (None, "IP", v.ip),
        (None, OTHER, v.epoch),
        (None, OTHER, _between(0, 400)),
        (None, OTHER, _FLAG),
    ),
    "no header: a shop": (
        (None, "NAME", v.name_zh),
        (None, "PHONE", v.mobile),
        (None, "ADDRESS", v.address_zh),
        (None, OTHER, v.moment),
        (None, OTHER, v.memo),
        (None, OTHER, one_of("WAIT_SEND", "FINISHED", "CLOSED")),
    ),
}
