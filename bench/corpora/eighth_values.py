"""Values as the tables of the eighth set write them, all made up."""

import base64
import random

from corpora import values as v
from corpora.values import Maker, one_of

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def around(before: str, maker: Maker, after: str = "") -> Maker:
    """The same between two texts: what a spreadsheet or a fixed width leaves behind."""
    return lambda chance, row: before + maker(chance, row) + after


def padded(maker: Maker, width: int) -> Maker:
    """The same, filled with blanks to the width of a field."""
    return lambda chance, row: maker(chance, row).ljust(width)


def capitals(maker: Maker) -> Maker:
    """The same in capitals."""
    return lambda chance, row: maker(chance, row).upper()


def coded(prefix: str, size: int) -> Maker:
    """A prefix and that many digits."""
    return lambda chance, _row: prefix + v.digits(chance, size)


def between(low: int, high: int) -> Maker:
    """A whole number, the last one included."""
    return lambda chance, _row: str(chance.randint(low, high))


def about(mean: float, spread: float, places: int) -> Maker:
    """A number near a mean."""
    return lambda chance, _row: f"{abs(chance.gauss(mean, spread)):.{places}f}"


def hexes(size: int) -> Maker:
    """That many hexadecimal characters."""
    return lambda chance, _row: "".join(v.pick(chance, "0123456789abcdef") for _ in range(size))


def marked(head: bytes, size: int) -> Maker:
    """Bytes in base64: a template of a reader, with its mark in front."""
    return lambda chance, _row: base64.b64encode(head + chance.randbytes(size)).decode()


def name_pnr(chance: random.Random, row: int) -> str:
    """``ZHANG/WEI MR``."""
    family, given = v.name_pinyin(chance, row).upper().split(" ")
    return f"{family}/{given} {v.pick(chance, ('MR', 'MS', 'MR', 'MS', 'MSTR'))}"


def pinyin_comma(chance: random.Random, row: int) -> str:
    """``ZHANG, WEI``."""
    return v.name_pinyin(chance, row).upper().replace(" ", ", ")


def birth_pnr(chance: random.Random, _row: int) -> str:
    """``12MAR85``."""
    year, month, of_month = v.day(chance, 1945, 2008)
    return f"{of_month:02d}{MONTHS[month - 1]}{year % 100:02d}"


def birth_gedcom(chance: random.Random, _row: int) -> str:
    """``12 MAR 1951``, at times only about."""
    year, month, of_month = v.day(chance, 1880, 1990)
    if chance.random() < 0.2:
        return f"ABT {year}"
    return f"{of_month} {MONTHS[month - 1]} {year}"


def birth_midnight(chance: random.Random, row: int) -> str:
    """A day as a column of moments keeps it."""
    return f"{v.birth(chance, row)} 00:00:00"


def birth_slashes(chance: random.Random, _row: int) -> str:
    """``1985/3/12``."""
    return "{}/{}/{}".format(*v.day(chance, 1945, 2008))


def birth_us(chance: random.Random, _row: int) -> str:
    """``3/12/2009``, of pupils."""
    year, month, of_month = v.day(chance, 2004, 2017)
    return f"{month}/{of_month}/{year}"


def birth_words(chance: random.Random, _row: int) -> str:
    """``March 3, 1990``."""
    year, month, of_month = v.day(chance, 1955, 2007)
    words = "January February March April May June July August September October November December"
    return f"{words.split()[month - 1]} {of_month}, {year}"


def birthday_only(chance: random.Random, _row: int) -> str:
    """``03-12``: for the cake, without a year."""
    return "{1:02d}-{2:02d}".format(*v.day(chance, 2000, 2001))


def compact(chance: random.Random, _row: int) -> str:
    """``20190312`` of recent years."""
    return "{:04d}{:02d}{:02d}".format(*v.day(chance, 2009, 2025))


def month(chance: random.Random, _row: int) -> str:
    """``2024-05``."""
    return "{:04d}-{:02d}".format(*v.day(chance, 2021, 2025)[:2])


def epoch_ms(chance: random.Random, row: int) -> str:
    """Milliseconds since 1970."""
    return v.epoch(chance, row) + v.digits(chance, 3)


def idno_small(chance: random.Random, row: int) -> str:
    """A citizen number whose letter is small."""
    return v.idno(chance, row).lower()


def idno_pupil(chance: random.Random, row: int) -> str:
    """A citizen number of a child at school."""
    adult = v.idno(chance, row)
    body = f"{adult[:6]}{chance.randrange(2007, 2018)}{adult[10:17]}"
    total = sum(int(digit) * (2 ** (17 - at) % 11) for at, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def two_phones(chance: random.Random, row: int) -> str:
    """One number, or two in one cell."""
    first = v.mobile(chance, row)
    return first if chance.random() < 0.6 else f"{first}/{v.mobile(chance, row)}"


def email_pnr(chance: random.Random, row: int) -> str:
    """An address as a reservation writes it: ``LI.WEI//QQ.COM``."""
    return v.email(chance, row).upper().replace("@", "//")


def work_email(chance: random.Random, row: int) -> str:
    """An address at one company."""
    family, given = v.name_pinyin(chance, row).lower().split(" ")
    return f"{given}.{family}@example-works.com"


def school_email(chance: random.Random, row: int) -> str:
    """An address at one school district."""
    last = v.last_en(chance, row).lower().replace("'", "")
    return f"{last}{v.digits(chance, 3)}@students.sampleisd.example.org"


def locator(chance: random.Random, _row: int) -> str:
    """Six characters that name a booking."""
    return v.pick(chance, LETTERS) + "".join(v.pick(chance, LETTERS + "2345678") for _ in "12345")


def qq(chance: random.Random, _row: int) -> str:
    """A number of QQ."""
    return v.pick(chance, "123456789") + v.digits(chance, chance.randrange(6, 10))


def wechat(chance: random.Random, row: int) -> str:
    """A name at WeChat."""
    if chance.random() < 0.4:
        return "wxid_" + hexes(14)(chance, row)
    return v.name_pinyin(chance, row).replace(" ", "").lower() + v.digits(chance, 3)


def hero(chance: random.Random, _row: int) -> str:
    """The name of a figure in a game."""
    heads = ("丶", "゛", "", "", "【战】", "S1.")
    middles = ("孤城", "夜雨", "不败", "小熊", "风中", "北极", "清茶", "疾风")
    tails = ("剑客", "法师", "丿", "大魔王", "ovo", "77", "の猫", "")
    return v.pick(chance, heads) + v.pick(chance, middles) + v.pick(chance, tails)


def nick(chance: random.Random, row: int) -> str:
    """What people call themselves."""
    words = ("想养猫的鱼", "momo", "半糖去冰", "一颗柠檬", "周末去爬山", "晚风", "Sunny", "阿土仔")
    return v.pick(chance, words) + v.pick(chance, ("", "", "~", "_", v.digits(chance, 2), str(row)))


def jwt(chance: random.Random, row: int) -> str:
    """Three parts with points between."""
    body = base64.urlsafe_b64encode(f'{{"sub":{row + 7001},"exp":{v.epoch(chance, row)}}}'.encode())
    sign = base64.urlsafe_b64encode(chance.randbytes(32))
    return f"eyJhbGciOiJIUzI1NiJ9.{body.decode().rstrip('=')}.{sign.decode().rstrip('=')}"


def vector(chance: random.Random, _row: int) -> str:
    """What a model makes of a voice."""
    return "[" + ",".join(f"{chance.gauss(0, 0.4):.4f}" for _ in range(24)) + "]"


def expiry(chance: random.Random, _row: int) -> str:
    """``08/27``."""
    return f"{chance.randrange(1, 13):02d}/{chance.randrange(25, 33)}"


def balance_packed(chance: random.Random, _row: int) -> str:
    """Cents in fifteen digits and a sign, as old core systems unload them."""
    return f"{int(chance.lognormvariate(12, 2)):015d}+"


def balance_dots(chance: random.Random, _row: int) -> str:
    """``12,345.67``."""
    return f"{chance.lognormvariate(9, 1.5):,.2f}"


def principal(chance: random.Random, _row: int) -> str:
    """A round sum that was lent."""
    return f"{chance.randrange(1, 300) * 1000}.00"


def owed(chance: random.Random, _row: int) -> str:
    """What of it is left."""
    return f"{chance.uniform(0, 280000):.2f}"


def bank_uk(chance: random.Random, _row: int) -> str:
    """An account of eight digits."""
    return v.digits(chance, 8)


def account_cn(chance: random.Random, _row: int) -> str:
    """An account of nineteen digits that is no card."""
    return "1" + v.pick(chance, ("0010", "2048", "7301")) + v.digits(chance, 14)


def street_zh(chance: random.Random, _row: int) -> str:
    """A flat of an estate with its road."""
    roads = ("杜撰路", "假想大道", "样品街", "虚构巷", "莫须有路")
    estates = ("桂语花园", "滨河雅苑", "书香名邸", "幸福里小区")
    block, unit = chance.randrange(1, 36), chance.randrange(1, 4)
    return (
        f"{v.pick(chance, roads)}{chance.randrange(1, 900)}号{v.pick(chance, estates)}"
        f"{block}幢{unit}单元{chance.randrange(1, 30)}0{chance.randrange(1, 5)}"
    )


def street_us(chance: random.Random, row: int) -> str:
    """A street of the United States, in capitals, some with a flat."""
    street = v.address_en(chance, row).split(",")[0].upper()
    return street + (f" APT {chance.randrange(1, 40)}" if chance.random() < 0.3 else "")


def zip_long(chance: random.Random, row: int) -> str:
    """Five digits, or nine."""
    five = v.digits(chance, 5)
    return five if row % 3 else f"{five}-{v.digits(chance, 4)}"


def zip5(chance: random.Random, _row: int) -> str:
    """Five digits."""
    return v.digits(chance, 5)


def seconds(chance: random.Random, _row: int) -> str:
    """How long people talk."""
    return str(int(chance.expovariate(1 / 90)) + 1)


def longitude(chance: random.Random, _row: int) -> str:
    """Degrees east."""
    return f"{chance.uniform(113, 122):.6f}"


def latitude(chance: random.Random, _row: int) -> str:
    """Degrees north."""
    return f"{chance.uniform(22, 40):.6f}"


def age_words(chance: random.Random, row: int) -> str:
    """``35岁``, and months of the smallest."""
    if chance.random() < 0.05:
        return f"{chance.randrange(1, 24)}月"
    return f"{v.age(chance, row)}岁"


def well(chance: random.Random, _row: int) -> str:
    """A well of a laboratory plate."""
    return f"{v.pick(chance, 'ABCDEFGH')}{chance.randrange(1, 13):02d}"


def term(chance: random.Random, _row: int) -> str:
    """How long a court sends someone to prison."""
    years, months = chance.randrange(0, 12), chance.randrange(1, 12)
    spell = f"有期徒刑{years}年{months}个月" if years else f"拘役{chance.randrange(1, 6)}个月"
    return spell + v.pick(chance, ("", "", ",缓刑二年", ",并处罚金"))


def version(chance: random.Random, _row: int) -> str:
    """``3.12.0``."""
    return f"{chance.randrange(1, 9)}.{chance.randrange(30)}.{chance.randrange(9)}"


FLAG = one_of("0", "1")
YN = one_of("Y", "N", "N")
TRUE = one_of("true", "false")
YES_ZH = one_of("是", "否")
SEX_12 = one_of("1", "2")
STATE = one_of("00", "00", "10", "90")
BLANK_WORDS = one_of("同上", "见附件", "已核对", "", "无", "待补")
COUNTRY_3 = one_of("CHN", "CHN", "CHN", "USA", "GBR", "JPN", "KOR", "DEU")
COUNTRY_ZH = one_of("中国", "中国", "中国", "韩国", "德国", "法国", "新加坡")
BANK_ZH = one_of("样品银行城西支行", "虚构农商行", "示例银行营业部")
TITLE_ZH = one_of("质检员", "财务主管", "仓库管理员", "前端开发", "区域经理", "行政助理", "焊工")
TITLE_EN = one_of("Forklift Operator", "Pipefitter", "Payroll Clerk", "Electrician", "Welder")
TRADE_EN = one_of("Farmer", "Blacksmith", "Schoolmaster", "Dressmaker", "Miner", "Clerk")
FAITH_EN = one_of("Methodist", "Roman Catholic", "Baptist", "Quaker", "Jewish", "Lutheran")
FAITH_ZH = one_of("无", "佛教", "伊斯兰教", "基督教", "天主教", "道教")
ICD = one_of("I10.x00", "E11.900", "J45.901", "K29.500", "M51.202", "N97.100", "J18.900")
ALLERGY = one_of("青霉素", "头孢类", "否认", "磺胺", "海鲜", "花粉")
SURGERY = one_of("阑尾切除术", "胆囊切除术", "白内障摘除术", "膝关节镜手术", "剖宫产术")
RACE_US = one_of("White", "Black or African American", "Asian", "Hispanic or Latino", "Two or More")
IMPAIRED_US = one_of("None", "Specific Learning", "Hearing Impairment", "Autism", "Orthopedic")
IMPAIRED_ZH = one_of("无", "无", "肢体残疾", "听力残疾", "视力残疾", "精神残疾")
PLACE_EN = one_of("Leeds, Yorkshire", "Dayton, Ohio", "Cork, Ireland", "Gdansk, Poland")
SAID_ZH = one_of(
    "你到家了吗", "周六一起看电影?", "在的", "昨天说的那件事别告诉她", "[表情]", "晚安"
)
SAID_EN = one_of(
    "are you still up for friday?", "lol ok", "pls call me when you land", "I told you I'm sorry"
)
QUESTION = one_of("我的小学班主任是谁", "我母亲的名字", "我最喜欢的歌", "我的出生医院")
REPLY = one_of("王老师", "刘桂芳", "红豆", "市二院", "陈老师", "海阔天空")
CRIME = one_of("盗窃罪", "危险驾驶罪", "诈骗罪", "故意伤害罪", "开设赌场罪", "寻衅滋事罪")
BEFORE = one_of("无前科", "2013年因盗窃被行政拘留10日", "曾因赌博罪被判处拘役", "累犯", "无前科")
