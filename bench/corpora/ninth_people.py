"""Names, addresses and days of birth as the tables of the ninth set write them, all made up."""

import random

from corpora import eighth_values as e
from corpora import values as v
from corpora.values import pick

_FAMILIES_TW = tuple("陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴徐周葉蘇莊呂江何羅高蕭")

_GIVEN_TW = (
    *(
        "怡君",
        "家豪",
        "志明",
        "淑芬",
        "雅婷",
        "俊傑",
        "冠宇",
        "欣怡",
        "宗翰",
        "佩珊",
        "承恩",
        "詩涵",
    ),
    *(
        "建宏",
        "美玲",
        "宜蓁",
        "柏翰",
        "惠雯",
        "子軒",
        "麗華",
        "國榮",
        "筱涵",
        "彥廷",
        "秀琴",
        "品妤",
    ),
)

_FAMILIES_HK = (
    *("CHAN", "WONG", "LEUNG", "CHEUNG", "LAU", "NG", "HO", "KWOK", "TSANG", "YEUNG", "TANG"),
    *("LAM", "CHOW", "FUNG", "MAK", "YIP", "SZETO", "AU YEUNG", "POON", "TAM", "SIU", "HUI"),
)

_GIVEN_HK = (
    *("TAI MAN", "SIU MING", "KA YAN", "WAI LUN", "MEI FONG", "CHI KEUNG", "HOI YAN", "YUK LIN"),
    *("KIN WAH", "SHUK YEE", "CHUN HIN", "TSZ CHING", "WING SZE", "PUI SHAN", "HO YIN", "LAI KUEN"),
)

_VORNAMEN = (
    *("Anke", "Jürgen", "Heike", "Torsten", "Uwe", "Sabine", "Björn", "Gisela", "Lukas", "Dörte"),
    *("Matthias", "Renate", "Holger", "Silke", "Ayşe", "Nils", "Brigitte", "Kevin", "Ulrike"),
)

_NACHNAMEN = (
    *("Müller", "Schröder", "Kowalski", "Vogt", "Brinkmann", "Yıldız", "Hoffmann", "Lindner"),
    *("Krüger", "Petersen", "Großmann", "Baumgartner", "Jansen", "Sommer", "Weiß", "Dietrich"),
)

_FORENAMES = (
    *("Siobhan", "Gareth", "Priya", "Owen", "Fatima", "Callum", "Bronwen", "Dwayne", "Imogen"),
    *("Rashid", "Moira", "Declan", "Shanice", "Tobias", "Xiomara", "Earl", "Lourdes", "Kaylee"),
)

_LAST_NAMES = (
    *("Pritchard", "O'Connell", "Adeyemi", "Hargreaves", "Patel", "MacLeod", "Sandoval", "Nowak"),
    *("Whitlock", "Begum", "Castellanos", "Fairbanks", "Okafor", "Threlfall", "Duval", "Espinoza"),
)

_COUNTIES = (
    *("安徽省阜阳市临泉县", "湖南省邵阳市隆回县", "甘肃省定西市陇西县", "贵州省毕节市织金县"),
    *("河北省邢台市巨鹿县", "广西河池市都安县", "四川省达州市宣汉县", "黑龙江省绥化市望奎县"),
)

_VILLAGES = ("柳树", "大洼", "上坪", "石门", "前进", "新庄", "双河", "马家", "枣林", "白水")

_ROADS_TW = ("中正路", "民生東路", "復興南路", "文化一街", "成功路", "光復街", "自強三路")

_DISTRICTS_TW = ("新北市板橋區", "台中市西屯區", "高雄市左營區", "台南市東區", "桃園市中壢區")

_ESTATES_HK = (
    *("Lucky Garden", "Hoi Fai Mansion", "Ming Wah Court", "Kwai Tung Estate", "Silver Bay Tower"),
)

_STREETS_DE = ("Lindenweg", "Bahnhofstr.", "Am Mühlbach", "Goethestraße", "Hauptstr.", "Kirchgasse")

_STREETS_US = ("Larkspur Ln", "W Sycamore St", "County Road 12", "Quail Hollow Dr", "NE 14th Ave")

_STREETS_UK = ("Chapel Lane", "Victoria Terrace", "Mill Road", "The Crescent", "Station Approach")

CENTRES = ("杭州转运中心", "东莞虎门分拨", "武汉江夏中转场", "成都青白江集散", "沈阳苏家屯分拣")

HANDLES = ("lazy", "moon", "tiger", "acid", "nova", "frost", "mochi", "grim", "pixel", "duke")


def name_tw(chance: random.Random, _row: int) -> str:
    """A name in traditional characters."""
    return pick(chance, _FAMILIES_TW) + pick(chance, _GIVEN_TW)


def name_hk(chance: random.Random, _row: int) -> str:
    """``CHAN TAI MAN``, at times with a comma."""
    comma = pick(chance, ("", "", ","))
    return f"{pick(chance, _FAMILIES_HK)}{comma} {pick(chance, _GIVEN_HK)}"


def name_wide(chance: random.Random, row: int) -> str:
    """A Chinese name; one of two characters is spread to the width of three."""
    name = v.name_zh(chance, row)
    return name[0] + "\u3000" + name[1] if len(name) == 2 else name


def name_hidden(chance: random.Random, row: int) -> str:
    """A Chinese name of which a character is hidden."""
    name = v.name_zh(chance, row)
    return name[0] + "*" + name[2:]


def vorname(chance: random.Random, _row: int) -> str:
    """A first name of Germany."""
    return pick(chance, _VORNAMEN)


def nachname(chance: random.Random, _row: int) -> str:
    """A last name of Germany."""
    return pick(chance, _NACHNAMEN)


def forename(chance: random.Random, _row: int) -> str:
    """A first name of Britain or America."""
    return pick(chance, _FORENAMES)


def last_name(chance: random.Random, _row: int) -> str:
    """A last name of Britain or America."""
    return pick(chance, _LAST_NAMES)


def name_west(chance: random.Random, _row: int) -> str:
    """First name and last name, at times with a title."""
    title = pick(chance, ("", "", "", "Mr ", "Mrs ", "Dr "))
    return f"{title}{pick(chance, _FORENAMES)} {pick(chance, _LAST_NAMES)}"


def handle(chance: random.Random, row: int) -> str:
    """A name at a forum or a game."""
    if chance.random() < 0.3:
        return v.username(chance, row)
    word = pick(chance, HANDLES) + pick(chance, ("", "_", "-", "xX")) + pick(chance, HANDLES)
    return word.title() if chance.random() < 0.4 else word + pick(chance, ("", "99", "07", "_"))


def birth_year(chance: random.Random, _row: int) -> str:
    """A year."""
    return str(chance.randint(1940, 2006))


def birth_month(chance: random.Random, _row: int) -> str:
    """``1985.03``."""
    return f"{chance.randint(1945, 2005)}.{chance.randint(1, 12):02d}"


def birth_roc(chance: random.Random, _row: int) -> str:
    """``075/03/12``: years of the Republic."""
    year, month, day = v.day(chance, 1945, 2004)
    return f"{year - 1911:03d}/{month:02d}/{day:02d}"


def birth_dots(chance: random.Random, _row: int) -> str:
    """``12.03.1985``."""
    year, month, day = v.day(chance, 1940, 2004)
    return f"{day:02d}.{month:02d}.{year}"


def birth_us(chance: random.Random, _row: int) -> str:
    """``03/12/1985``: the month first."""
    year, month, day = v.day(chance, 1940, 2004)
    return f"{month:02d}/{day:02d}/{year}"


def birth_iso(chance: random.Random, _row: int) -> str:
    """``1985-03-12T00:00:00.000Z``."""
    year, month, day = v.day(chance, 1950, 2004)
    return f"{year}-{month:02d}-{day:02d}T00:00:00.000Z"


def birth_pupil(chance: random.Random, _row: int) -> str:
    """``20140312``."""
    year, month, day = v.day(chance, 2009, 2017)
    return f"{year}{month:02d}{day:02d}"


def moment_iso(chance: random.Random, _row: int) -> str:
    """``2023-05-06T07:08:09.000Z``."""
    year, month, day = v.day(chance, 2018, 2024)
    hour, minute, second = chance.randrange(24), chance.randrange(60), chance.randrange(60)
    return f"{year}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}.000Z"


def moment_us(chance: random.Random, _row: int) -> str:
    """``5/6/2023 7:08 PM``."""
    year, month, day = v.day(chance, 2016, 2024)
    half = pick(chance, ("AM", "PM"))
    return f"{month}/{day}/{year} {chance.randint(1, 12)}:{chance.randrange(60):02d} {half}"


def day_dots(chance: random.Random, _row: int) -> str:
    """``06.05.2023``."""
    year, month, day = v.day(chance, 2015, 2024)
    return f"{day:02d}.{month:02d}.{year}"


def day_roc(chance: random.Random, _row: int) -> str:
    """``112/05/06`` of recent years."""
    year, month, day = v.day(chance, 2015, 2024)
    return f"{year - 1911}/{month:02d}/{day:02d}"


def day_zh(chance: random.Random, _row: int) -> str:
    """``2023.5.6`` or ``2023/5/6`` of recent years."""
    year, month, day = v.day(chance, 2014, 2024)
    mark = pick(chance, "./")
    return f"{year}{mark}{month}{mark}{day}"


def joined(chance: random.Random, _row: int) -> str:
    """``1998.07``: when somebody joined something."""
    return f"{chance.randint(1975, 2022)}.{chance.randint(1, 12):02d}"


def mobile_tw(chance: random.Random, _row: int) -> str:
    """``0912-345-678``."""
    mark = pick(chance, ("-", "-", ""))
    return f"09{v.digits(chance, 2)}{mark}{v.digits(chance, 3)}{mark}{v.digits(chance, 3)}"


def line_tw(chance: random.Random, _row: int) -> str:
    """``(02)2345-6789``."""
    return f"({pick(chance, ('02', '03', '04', '07'))}){v.digits(chance, 4)}-{v.digits(chance, 4)}"


def mobile_hk(chance: random.Random, _row: int) -> str:
    """Eight digits, some in two groups or with 852."""
    body = pick(chance, "569") + v.digits(chance, 3)
    tail = v.digits(chance, 4)
    return pick(chance, (f"{body}{tail}", f"{body} {tail}", f"+852 {body}{tail}"))


def phone_de(chance: random.Random, _row: int) -> str:
    """``0171/2345678`` or ``+49 30 123456``."""
    if chance.random() < 0.5:
        return f"01{pick(chance, '567')}{v.digits(chance, 1)}/{v.digits(chance, 7)}"
    return f"+49 {chance.randint(30, 899)} {v.digits(chance, 6)}"


def phone_plain(chance: random.Random, _row: int) -> str:
    """Ten digits of North America, bare or with marks."""
    area, tail = f"{chance.randint(201, 989)}", v.digits(chance, 4)
    return pick(chance, (f"{area}555{tail}", f"({area}) 555-{tail}", f"{area}.555.{tail}"))


def idno_hk(chance: random.Random, _row: int) -> str:
    """``A123456(7)``."""
    letter = pick(chance, e.LETTERS)
    body = v.digits(chance, 6)
    total = 36 * 9 + (ord(letter) - 55) * 8
    total += sum(int(body[at]) * (7 - at) for at in range(6))
    return f"{letter}{body}({'0123456789A0'[11 - total % 11]})"


def idno_tw(chance: random.Random, _row: int) -> str:
    """``A123456789``."""
    letters = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
    at = chance.randrange(len(letters))
    body = pick(chance, "12") + v.digits(chance, 7)
    total = (at + 10) // 10 + (at + 10) % 10 * 9
    total += sum(int(body[place]) * (8 - place) for place in range(8))
    return f"{letters[at]}{body}{-total % 10}"


def idno_uk(chance: random.Random, _row: int) -> str:
    """``AB 12 34 56 C``: a national insurance number."""
    letters = pick(chance, "ABCEHJLMNPRS") + pick(chance, "ABCEHJLMNPRS")
    mark = pick(chance, (" ", ""))
    pairs = [v.digits(chance, 2) for _ in range(3)]
    return mark.join((letters, *pairs, pick(chance, "ABCD")))


def idno_quoted(chance: random.Random, row: int) -> str:
    """A citizen number with the mark that keeps a spreadsheet from counting with it."""
    return pick(chance, ("'", "", "\t")) + v.idno(chance, row)


def ssn_bare(chance: random.Random, row: int) -> str:
    """Nine digits."""
    return v.ssn(chance, row).replace("-", "")


def passport_any(chance: random.Random, row: int) -> str:
    """Passports of several countries."""
    if chance.random() < 0.4:
        return v.passport(chance, row)
    return pick(chance, ("", "M", "K", "C0", "PA", "X")) + v.digits(chance, 8)


def permit_mainland(chance: random.Random, _row: int) -> str:
    """What mainlanders carry to Hong Kong: ``C`` and eight digits."""
    return pick(chance, ("C", "C", "CA", "W")) + v.digits(chance, 7) + pick(chance, "0123456789")


def permit_taiwan(chance: random.Random, _row: int) -> str:
    """What mainlanders carry to Taiwan: ``L`` or ``T`` and eight digits."""
    return pick(chance, "LT") + v.digits(chance, 8)


def permit_tw(chance: random.Random, _row: int) -> str:
    """What people of Taiwan carry: eight digits, some with an issue number."""
    return v.digits(chance, 8) + pick(chance, ("", "", "01", "(B)"))


def permit_return(chance: random.Random, _row: int) -> str:
    """What people of Hong Kong and Macao carry."""
    return pick(chance, "HHM") + v.digits(chance, 8) + pick(chance, ("", "01", "02"))


def email_west(chance: random.Random, row: int) -> str:
    """An address of name and number, some in capitals."""
    name = f"{forename(chance, row)}.{last_name(chance, row)}".replace("'", "").lower()
    host = pick(chance, ("gmail.com", "btinternet.com", "web.de", "aol.com", "proton.me"))
    made = f"{name}{pick(chance, ('', '', '1', '77'))}@{host}"
    return made.upper() if chance.random() < 0.1 else made


def email_tw(chance: random.Random, row: int) -> str:
    """An address at a host of Taiwan or Hong Kong."""
    host = pick(chance, ("yahoo.com.tw", "gmail.com", "hotmail.com", "netvigator.com"))
    return f"{v.username(chance, row)}@{host}"


def address_village(chance: random.Random, _row: int) -> str:
    """A house of a village."""
    county = pick(chance, (*_COUNTIES, "", ""))
    group = pick(chance, "一二三四五六七八")
    return f"{county}{pick(chance, _VILLAGES)}村{group}组{chance.randint(1, 120)}号"


def address_tw(chance: random.Random, _row: int) -> str:
    """A flat of Taiwan."""
    number, floor = chance.randint(1, 400), chance.randint(2, 14)
    return f"{pick(chance, _DISTRICTS_TW)}{pick(chance, _ROADS_TW)}{number}號{floor}樓"


def address_hk(chance: random.Random, _row: int) -> str:
    """A flat of Hong Kong."""
    flat, floor = pick(chance, "ABCDEFGH"), chance.randint(1, 40)
    return f"Flat {flat}, {floor}/F, Block {chance.randint(1, 9)}, {pick(chance, _ESTATES_HK)}"


def address_de(chance: random.Random, _row: int) -> str:
    """``Lindenweg 12 a``."""
    return (
        f"{pick(chance, _STREETS_DE)} {chance.randint(1, 140)}{pick(chance, ('', '', ' a', 'b'))}"
    )


def address_us(chance: random.Random, _row: int) -> str:
    """``4120 Larkspur Ln Apt 3``."""
    flat = pick(chance, ("", "", f" Apt {chance.randint(1, 40)}", f" #{chance.randint(1, 40)}"))
    return f"{chance.randint(10, 9900)} {pick(chance, _STREETS_US)}{flat}"


def address_uk(chance: random.Random, _row: int) -> str:
    """``Flat 2, 14 Chapel Lane, Leeds``."""
    flat = pick(chance, ("", "", "Flat 2, ", "Rose Cottage, "))
    town = pick(chance, ("Leeds", "Swansea", "Paisley", "Norwich"))
    return f"{flat}{chance.randint(1, 180)} {pick(chance, _STREETS_UK)}, {town}"
