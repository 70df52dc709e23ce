"""Values of made-up people for the corpora: names, numbers and words of nobody.

Written apart from the detector: it imports nothing of Amends, and its word lists are its own. Check
digits are computed here a second time. A maker takes a generator of chance and a row number.
"""

import hashlib
import random
import uuid
from collections.abc import Callable

Maker = Callable[[random.Random, int], str]

_FAMILIES = (
    *"王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆"
    "郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜"
    "詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强丘车房岑翦",
    *("欧阳", "上官", "司马", "诸葛", "夏侯", "皇甫", "尉迟", "司徒"),
)
_GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂玉萍红玲芬燕彬凤洁梅琳素云莲真环雪荣爱妹香月莺媛瑞凡佳嘉琼勤珍贞莉桂娣叶璧璐娅琦晶妍茜秋珊莎锦黛青倩婷"
    "姣婉娴瑾颖露瑶怡婵雁蓓纨仪荷丹蓉眉君琴蕊薇菁梦岚苑婕馨瑗琰韵融园艺咏卿聪澜纯毓悦昭冰爽琬茗羽希宁欣飘育滢馥筠柔竹霭凝晓欢霄枫芸菲寒伊亚宜可姬舒影荔枝思"
    "博文浩宇轩子涵梓睿晨阳天佑俊豪鹏飞龙振国建志永健世广义兴良海山仁波贵福生元全胜学祥才发武新利清飞彬富顺信"
)
_MINORITY = (
    "阿依夏木·买合木提",
    "买买提明·吐尔逊",
    "古丽努尔·艾合买提",
    "扎西·多吉",
    "努尔兰·叶尔波力",
)
_FIRST = (
    *("Oliver", "Amelia", "Fiona", "Liam", "Noah", "Ethan", "Mason", "Isabella", "Mia", "Harper"),
    *("Priya", "Arjun", "Omar", "Fatima", "Chloe", "Isla", "Freya", "Oscar", "Alfie", "Theo"),
    *(
        "John",
        "Mary",
        "Robert",
        "Patricia",
        "Michael",
        "Linda",
        "David",
        "Susan",
        "Daniel",
        "Karen",
    ),
    *(
        "Thomas",
        "Emily",
        "Peter",
        "Laura",
        "Stephen",
        "Alice",
        "George",
        "Helen",
        "Rachel",
        "Kevin",
    ),
)
_LAST = (
    *(
        "Smith",
        "Jones",
        "Taylor",
        "Brown",
        "Wilson",
        "Evans",
        "Thomas",
        "Roberts",
        "Johnson",
        "Lewis",
    ),
    *("Walker", "Robinson", "Wood", "Thompson", "White", "Watson", "Jackson", "Wright", "Green"),
    *(
        "O'Brien",
        "Kowalski",
        "Okafor",
        "Fernandez",
        "Schmidt",
        "Rossi",
        "Novak",
        "Haddad",
        "Nakamura",
    ),
    *("Garcia", "Miller", "Davis", "Martin", "Clark", "Hall", "Young", "King", "Hill", "Baker"),
)
_PINYIN = (
    *("Wang", "Li", "Zhang", "Liu", "Chen", "Yang", "Zhao", "Huang", "Zhou", "Wu", "Xu", "Sun"),
    *("Zhu", "Gao", "Lin", "He", "Guo", "Ma", "Luo", "Ouyang"),
)
_PINYIN_GIVEN = (
    *("Wei", "Fang", "Na", "Xiuying", "Min", "Jing", "Qiang", "Lei", "Yang", "Yan", "Xiaoming"),
    *("Jianguo", "Haoran", "Yuxuan", "Meiling", "Zihan", "Tianyu", "Lihua"),
)
_CITIES = (
    *(
        "北京市海淀区",
        "上海市浦东新区",
        "广东省广州市天河区",
        "广东省深圳市南山区",
        "浙江省杭州市西湖区",
    ),
    *("江苏省苏州市姑苏区", "四川省成都市锦江区", "湖北省武汉市洪山区", "山东省青岛市市南区"),
    *("陕西省西安市雁塔区", "河南省郑州市金水区", "云南省昆明市盘龙区", "福建省厦门市思明区"),
    *("重庆市渝北区", "天津市和平区", "辽宁省沈阳市皇姑区", "湖南省长沙市岳麓区"),
)
_ROADS = (
    "文化路",
    "解放大道",
    "人民中路",
    "中山北街",
    "科技二路",
    "学院路",
    "建设大街",
    "和平里",
    "滨江东路",
)
_STREETS = (
    *("Maple Street", "Oak Avenue", "Station Road", "Church Lane", "Victoria Road", "Elm Drive"),
    *(
        "Park View Court",
        "High Street",
        "Mill Lane",
        "Queens Road",
        "Sunset Boulevard",
        "Kings Way",
    ),
)
_TOWNS = ("Leeds", "Bristol", "Springfield", "Portland", "York", "Austin", "Reading", "Dayton")
_HOSTS = (
    "qq.com",
    "163.com",
    "gmail.com",
    "outlook.com",
    "sina.cn",
    "mail.example.org",
    "yeah.net",
)
_PREFIXES: tuple[str, ...] = (
    "130",
    "131",
    "133",
    "135",
    "136",
    "138",
    "139",
    "150",
    "151",
    "155",
    "158",
    "159",
)
_PREFIXES += ("159", "166", "170", "173", "176", "177", "180", "183", "185", "187", "189", "191")
_REGIONS: tuple[str, ...] = (
    "110108",
    "310115",
    "440106",
    "330106",
    "510104",
    "420111",
    "370202",
    "610113",
    "500112",
)
_REGIONS += ("320508", "410105", "530103", "350203", "210105", "430104", "120101", "650102")
_PASSWORDS = ("123456", "qwerty", "iloveyou", "woaini520", "Passw0rd!", "abc12345", "888888")


def pick(chance: random.Random, words: tuple[str, ...] | str) -> str:
    """One of some words or characters."""
    return words[chance.randrange(len(words))]


def digits(chance: random.Random, size: int) -> str:
    """That many digits."""
    return "".join(pick(chance, "0123456789") for _ in range(size))


def one_of(*words: str) -> Maker:
    """A maker that picks one of some words."""
    return lambda chance, _row: pick(chance, words)


def mixed(*makers: Maker) -> Maker:
    """A maker that picks another maker for each row."""
    return lambda chance, row: makers[chance.randrange(len(makers))](chance, row)


def name_zh(chance: random.Random, _row: int) -> str:
    """A Chinese name of two to four characters, or a minority name."""
    if chance.random() < 0.02:
        return pick(chance, _MINORITY)
    given = pick(chance, _GIVEN) + (pick(chance, _GIVEN) if chance.random() < 0.7 else "")
    return pick(chance, _FAMILIES) + given


def family_zh(chance: random.Random, _row: int) -> str:
    """A surname."""
    return pick(chance, _FAMILIES)


def given_zh(chance: random.Random, _row: int) -> str:
    """A given name."""
    return pick(chance, _GIVEN) + (pick(chance, _GIVEN) if chance.random() < 0.7 else "")


def name_en(chance: random.Random, _row: int) -> str:
    """First and last name, some with an initial."""
    initial = f" {pick(chance, 'ABCDEFGHJKLM')}." if chance.random() < 0.15 else ""
    return f"{pick(chance, _FIRST)}{initial} {pick(chance, _LAST)}"


def name_last_first(chance: random.Random, _row: int) -> str:
    """``Smith, John``."""
    return f"{pick(chance, _LAST)}, {pick(chance, _FIRST)}"


def first_en(chance: random.Random, _row: int) -> str:
    """A first name."""
    return pick(chance, _FIRST)


def last_en(chance: random.Random, _row: int) -> str:
    """A last name."""
    return pick(chance, _LAST)


def name_pinyin(chance: random.Random, _row: int) -> str:
    """``Zhang Wei``."""
    return f"{pick(chance, _PINYIN)} {pick(chance, _PINYIN_GIVEN)}"


def mobile(chance: random.Random, _row: int) -> str:
    """A mainland mobile number, bare."""
    return pick(chance, _PREFIXES) + digits(chance, 8)


def mobile_formats(chance: random.Random, row: int) -> str:
    """The same as people write it."""
    bare = mobile(chance, row)
    forms: tuple[str, ...] = (bare, bare, f"+86{bare}", f"+86 {bare}", f"0086{bare}", f"86-{bare}")
    forms += (f"{bare[:3]}-{bare[3:7]}-{bare[7:]}", f"{bare[:3]} {bare[3:7]} {bare[7:]}")
    return pick(chance, forms)


def line_zh(chance: random.Random, _row: int) -> str:
    """A mainland line with its area."""
    return pick(chance, ("010", "021", "0571", "0755", "028")) + "-" + digits(chance, 8)


def phone_us(chance: random.Random, _row: int) -> str:
    """A North American number."""
    area, three, four = str(chance.randrange(201, 989)), digits(chance, 3), digits(chance, 4)
    return pick(
        chance, (f"({area}) {three}-{four}", f"{area}-{three}-{four}", f"+1{area}{three}{four}")
    )


def phone_uk(chance: random.Random, _row: int) -> str:
    """A British mobile."""
    rest = digits(chance, 9)
    return pick(chance, (f"07{rest[:3]} {rest[3:9]}", f"+447{rest}", f"07{rest}"))


def email(chance: random.Random, row: int) -> str:
    """An address at a host that many use."""
    word = f"{pick(chance, _PINYIN_GIVEN)}{pick(chance, ('', '.', '_'))}{chance.randrange(9999)}"
    return f"{word.lower() if row % 9 else word}@{pick(chance, _HOSTS)}"


def day(chance: random.Random, first: int, last: int) -> tuple[int, int, int]:
    """Year, month and day."""
    return chance.randrange(first, last), chance.randrange(1, 13), chance.randrange(1, 29)


def birth(chance: random.Random, _row: int) -> str:
    """``1990-01-02``."""
    return "{:04d}-{:02d}-{:02d}".format(*day(chance, 1945, 2008))


def birth_compact(chance: random.Random, _row: int) -> str:
    """``19900102``."""
    return "{:04d}{:02d}{:02d}".format(*day(chance, 1945, 2008))


def birth_zh(chance: random.Random, _row: int) -> str:
    """``1990年1月2日``."""
    return "{}年{}月{}日".format(*day(chance, 1945, 2008))


def birth_en(chance: random.Random, _row: int) -> str:
    """``02/01/1990``."""
    return "{2:02d}/{1:02d}/{0:04d}".format(*day(chance, 1945, 2006))


def moment(chance: random.Random, _row: int) -> str:
    """A time of day of recent years."""
    date = "{:04d}-{:02d}-{:02d}".format(*day(chance, 2014, 2025))
    return (
        f"{date} {chance.randrange(24):02d}:{chance.randrange(60):02d}:{chance.randrange(60):02d}"
    )


def recent(chance: random.Random, _row: int) -> str:
    """A recent day."""
    return "{:04d}-{:02d}-{:02d}".format(*day(chance, 2015, 2025))


def epoch(chance: random.Random, _row: int) -> str:
    """Seconds since 1970."""
    return str(chance.randrange(1_400_000_000, 1_740_000_000))


def idno(chance: random.Random, _row: int) -> str:
    """A citizen number with its check digit."""
    body = pick(chance, _REGIONS) + "{:04d}{:02d}{:02d}".format(*day(chance, 1945, 2008))
    body += digits(chance, 3)
    total = sum(int(d) * (2 ** (17 - at) % 11) for at, d in enumerate(body))
    return body + "10X98765432"[total % 11]


def idno_old(chance: random.Random, _row: int) -> str:
    """A citizen number of 15 digits."""
    year, month, of_month = day(chance, 1945, 1985)
    return f"{pick(chance, _REGIONS)}{year % 100:02d}{month:02d}{of_month:02d}{digits(chance, 3)}"


def ssn(chance: random.Random, _row: int) -> str:
    """A social security number of the United States."""
    area, group, serial = chance.randrange(1, 665), chance.randrange(1, 99), digits(chance, 4)
    return f"{area:03d}-{group:02d}-{serial}"


def luhn(body: str) -> str:
    """The check digit of ISO/IEC 7812-1."""
    total = 0
    for at, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if at % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def bankcard(chance: random.Random, _row: int) -> str:
    """A UnionPay card."""
    body = pick(chance, ("622848", "621700", "622202", "621661", "622588", "955880")) + digits(
        chance, 12
    )
    return body + luhn(body)


def bankcard_spaced(chance: random.Random, _row: int) -> str:
    """A Visa or Mastercard card, in groups."""
    body = pick(chance, ("4", "52", "54")) + digits(chance, 14)
    number = body[:15] + luhn(body[:15])
    return " ".join(number[at : at + 4] for at in range(0, 16, 4))


def passport(chance: random.Random, _row: int) -> str:
    """A Chinese passport."""
    return pick(chance, "EG") + digits(chance, 8)


def permit(chance: random.Random, _row: int) -> str:
    """A travel permit of Hong Kong or Macao."""
    return pick(chance, "HMC") + digits(chance, 8)


def plate(chance: random.Random, _row: int) -> str:
    """A vehicle plate, old or new form."""
    tail = "".join(pick(chance, "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(5))
    green = pick(chance, "DF") + digits(chance, 5)
    return (
        pick(chance, "京沪粤浙苏川鄂鲁")
        + pick(chance, "ABCDEF")
        + pick(chance, (tail, tail, green))
    )


def ip(chance: random.Random, _row: int) -> str:
    """IPv4."""
    return ".".join(str(chance.randrange(1, 255)) for _ in range(4))


def ip6(chance: random.Random, _row: int) -> str:
    """IPv6."""
    return ":".join(f"{chance.randrange(65536):x}" for _ in range(8))


def imei(chance: random.Random, _row: int) -> str:
    """An IMEI."""
    body = pick(chance, ("35", "86")) + digits(chance, 12)
    return body + luhn(body)


def mac(chance: random.Random, _row: int) -> str:
    """A MAC address."""
    return ":".join(f"{chance.randrange(256):02X}" for _ in range(6))


def idfa(chance: random.Random, _row: int) -> str:
    """An advertising identifier."""
    return str(uuid.UUID(int=chance.getrandbits(128))).upper()


def md5(chance: random.Random, _row: int) -> str:
    """A digest."""
    return hashlib.sha256(digits(chance, 9).encode()).hexdigest()[:32]


def sha1(chance: random.Random, _row: int) -> str:
    """A longer digest."""
    return hashlib.sha256(digits(chance, 9).encode()).hexdigest()[:40]


def bcrypt(chance: random.Random, _row: int) -> str:
    """What bcrypt writes."""
    letters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "$2b$12$" + "".join(pick(chance, letters) for _ in range(53))


def password(chance: random.Random, _row: int) -> str:
    """A password, of which some are frequent."""
    if chance.random() < 0.12:
        return pick(chance, _PASSWORDS)
    word = pick(chance, _PINYIN_GIVEN).lower()
    odd = pick(chance, ("", "", "!", "@", "#", "."))
    return word + str(chance.randrange(10, 99999)) + odd


def username(chance: random.Random, row: int) -> str:
    """A handle."""
    word = pick(chance, _PINYIN_GIVEN if row % 2 else _FIRST).lower()
    return (
        word
        + pick(chance, ("_", "", ".", "-"))
        + pick(chance, ("", "cn", "x", "king"))
        + str(chance.randrange(1, 99999))
    )


def address_zh(chance: random.Random, _row: int) -> str:
    """A Chinese address."""
    house = f"{chance.randrange(1, 400)}号"
    flat = f"{chance.randrange(1, 30)}栋{chance.randrange(1, 5)}单元{chance.randrange(101, 3204)}室"
    return (
        pick(chance, _CITIES)
        + pick(chance, _ROADS)
        + house
        + (flat if chance.random() < 0.7 else "")
    )


def address_en(chance: random.Random, _row: int) -> str:
    """An English address."""
    return f"{chance.randrange(1, 2500)} {pick(chance, _STREETS)}, {pick(chance, _TOWNS)}"


def postcode_zh(chance: random.Random, _row: int) -> str:
    """Six digits."""
    return pick(chance, ("10", "20", "31", "51", "61", "43", "71", "65")) + digits(chance, 4)


def postcode_uk(chance: random.Random, _row: int) -> str:
    """``LS1 4AB``."""
    area = pick(chance, ("LS", "BS", "YO", "M", "EH", "SW", "B"))
    inward = f"{chance.randrange(1, 9)}{pick(chance, 'ABDEFGHJ')}{pick(chance, 'ABDEFGHJ')}"
    return f"{area}{chance.randrange(1, 20)} {inward}"


def order(chance: random.Random, row: int) -> str:
    """An order's number: a day, then a count."""
    return (
        "{:04d}{:02d}{:02d}".format(*day(chance, 2018, 2025))
        + f"{row * 7 + 100000:08d}"
        + digits(chance, 2)
    )


def account(prefix: str) -> Maker:
    """Account ids with a prefix."""
    return lambda _chance, row: f"{prefix}{row * 3 + 1000:07d}"


def amount(chance: random.Random, _row: int) -> str:
    """A sum of money."""
    return f"{chance.lognormvariate(5, 1):.2f}"


def point(chance: random.Random, _row: int) -> str:
    """A latitude and a longitude."""
    return f"{chance.uniform(20, 45):.6f},{chance.uniform(80, 130):.6f}"


def height(chance: random.Random, _row: int) -> str:
    """Centimetres."""
    return str(round(chance.gauss(168, 8)))


def weight(chance: random.Random, _row: int) -> str:
    """Kilograms."""
    return f"{chance.gauss(65, 11):.1f}"


def age(chance: random.Random, _row: int) -> str:
    """Years."""
    return str(chance.randrange(16, 90))


def url(chance: random.Random, row: int) -> str:
    """A page."""
    return f"https://shop.example.org/item/{row}?k={digits(chance, 4)}"


def row_number(_chance: random.Random, row: int) -> str:
    """The number of the row."""
    return str(row + 1)


gender_zh = one_of("男", "女")
gender_en = one_of("Male", "Female")
gender_letter = one_of("M", "F")
education_zh = one_of("小学", "初中", "高中", "大专", "本科", "硕士", "博士")
education_en = one_of("High School", "Bachelor", "Master", "PhD", "Diploma")
marital_zh = one_of("已婚", "未婚", "离异", "丧偶")
marital_en = one_of("single", "married", "divorced", "widowed")
ethnicity_zh = one_of("汉族", "汉族", "汉族", "回族", "满族", "壮族", "苗族", "维吾尔族", "朝鲜族")
blood = one_of("A", "B", "O", "AB")
blood_zh = one_of("A型", "B型", "O型", "AB型")
job_zh = one_of(
    "教师",
    "软件工程师",
    "会计",
    "司机",
    "销售经理",
    "护士",
    "公务员",
    "个体户",
    "学生",
    "厨师",
    "农民",
    "律师",
)
job_en = one_of(
    "teacher",
    "software engineer",
    "nurse",
    "accountant",
    "sales manager",
    "driver",
    "chef",
    "lawyer",
)
illness_zh = one_of(
    "高血压", "2型糖尿病", "慢性胃炎", "偏头痛", "哮喘", "腰椎间盘突出症", "冠心病", "肺炎"
)
illness_en = one_of(
    "hypertension", "type 2 diabetes", "asthma", "migraine", "fractured wrist", "depression"
)
employer_zh = one_of(
    "示例科技有限公司", "样品贸易集团", "假想市第二中学", "虚构大学", "杜撰建筑工程公司", "某某银行"
)
employer_en = one_of(
    "Acme Widgets Ltd", "Globex Corporation", "Initech LLC", "Sample University", "Umbrella Group"
)
province = one_of(
    "河北省", "山西省", "吉林省", "安徽省", "江西省", "贵州省", "甘肃省", "广西壮族自治区"
)
native_place = one_of(
    "湖南长沙", "江苏南京", "四川成都", "河北石家庄", "广东梅州", "浙江温州", "山东临沂"
)
politic = one_of("群众", "中共党员", "共青团员")
level = one_of("gold", "silver", "bronze", "normal")
status = one_of("0", "1", "1", "1", "2")
product = one_of("连衣裙 红色 M", "蓝牙耳机", "儿童绘本套装", "机械键盘 87 键", "保温杯 500ml")
courier = one_of("顺丰", "中通", "圆通", "韵达", "EMS")
memo = one_of("尽快发货", "周末送达", "放门口", "", "", "无", "请电话联系")
