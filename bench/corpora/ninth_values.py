"""Values as the tables of the ninth set write them, all made up."""

import json
import random
import string

from corpora import eighth_values as e
from corpora import values as v
from corpora.values import Maker, one_of, pick

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
_CENTRES = ("杭州转运中心", "东莞虎门分拨", "武汉江夏中转场", "成都青白江集散", "沈阳苏家屯分拣")
_HANDLES = ("lazy", "moon", "tiger", "acid", "nova", "frost", "mochi", "grim", "pixel", "duke")


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
    word = pick(chance, _HANDLES) + pick(chance, ("", "_", "-", "xX")) + pick(chance, _HANDLES)
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


def postcode_tw(chance: random.Random, _row: int) -> str:
    """Three, five or six digits."""
    return str(chance.randint(100, 983)) + pick(chance, ("", "", v.digits(chance, 2)))


def postcode_de(chance: random.Random, _row: int) -> str:
    """Five digits, some with a zero in front."""
    return f"{chance.randint(1067, 99998):05d}"


def plate_uk(chance: random.Random, _row: int) -> str:
    """``AB12 CDE``."""
    letters = "".join(pick(chance, e.LETTERS) for _ in range(5))
    return f"{letters[:2]}{chance.randint(2, 74):02d} {letters[2:]}"


def plate_tw(chance: random.Random, _row: int) -> str:
    """``ABC-1234``."""
    return "".join(pick(chance, e.LETTERS) for _ in range(3)) + "-" + v.digits(chance, 4)


def mac_dashes(chance: random.Random, row: int) -> str:
    """``AA-BB-CC-DD-EE-FF``."""
    return v.mac(chance, row).upper().replace(":", "-")


def imei_pair(chance: random.Random, row: int) -> str:
    """One IMEI, or two of one telephone."""
    first = v.imei(chance, row)
    return first if chance.random() < 0.6 else f"{first},{v.imei(chance, row)}"


def iban(chance: random.Random, _row: int) -> str:
    """A German IBAN, with blanks or without."""
    body = v.digits(chance, 18)
    check = 98 - int(body + "131400") % 97
    made = f"DE{check:02d}{body}"
    if chance.random() < 0.5:
        return made
    return " ".join(made[at : at + 4] for at in range(0, len(made), 4))


def bank_hk(chance: random.Random, _row: int) -> str:
    """``012-345-6-789012``."""
    return (
        f"{pick(chance, ('012', '024', '004', '388'))}-{v.digits(chance, 3)}-{v.digits(chance, 6)}"
    )


def card_bare(chance: random.Random, _row: int) -> str:
    """Sixteen digits of Visa or Mastercard."""
    body = pick(chance, ("4", "51", "53", "55"))
    body += v.digits(chance, 15 - len(body))
    return body + v.luhn(body)


def expiry_long(chance: random.Random, _row: int) -> str:
    """``08/2027`` or ``8/2027``."""
    return f"{chance.randint(1, 12)}/{chance.randint(2022, 2031)}"


def expiry_packed(chance: random.Random, _row: int) -> str:
    """``2708``: year and month."""
    return f"{chance.randint(22, 31)}{chance.randint(1, 12):02d}"


def security_code(chance: random.Random, _row: int) -> str:
    """Three digits, four for some cards."""
    return v.digits(chance, 3 if chance.random() < 0.92 else 4)


def wealth(chance: random.Random, _row: int) -> str:
    """What somebody owns."""
    return f"{chance.lognormvariate(10, 1.6):.2f}"


def wealth_words(chance: random.Random, _row: int) -> str:
    """``12.5万``."""
    return f"{chance.lognormvariate(2.5, 1):.1f}万"


def lent(chance: random.Random, _row: int) -> str:
    """What a small lender gives."""
    return f"{chance.choice((500, 1000, 1500, 2000, 3000, 5000, 8000, 12000))}.00"


def score(chance: random.Random, _row: int) -> str:
    """A score of a credit bureau."""
    return str(min(850, max(350, round(chance.gauss(655, 80)))))


def wage(chance: random.Random, _row: int) -> str:
    """What somebody earns in a month."""
    return f"{chance.lognormvariate(8.8, 0.4):.2f}"


def pressure(chance: random.Random, _row: int) -> str:
    """``128/82``."""
    return f"{round(chance.gauss(126, 14))}/{round(chance.gauss(80, 9))}"


def markers(chance: random.Random, _row: int) -> str:
    """Several markers of one person."""
    names = ("D3S1358", "vWA", "D16S539", "CSF1PO", "TPOX", "D18S51")
    return ";".join(f"{name}:{chance.randint(7, 20)},{chance.randint(7, 20)}" for name in names)


def variant(chance: random.Random, _row: int) -> str:
    """What differs in a gene of somebody."""
    gene = pick(chance, ("BRCA2", "GJB2", "SLC26A4", "HBB", "EGFR", "MTHFR"))
    base = pick(chance, ("A>G", "C>T", "G>A", "delAG", "dupC"))
    return f"{gene} c.{chance.randint(20, 6000)}{base}{pick(chance, ('', ' 杂合', ' 纯合'))}"


def tissue(chance: random.Random, _row: int) -> str:
    """A tissue type: ``A*02:07,A*11:01``."""
    first, second = chance.randint(1, 33), chance.randint(1, 68)
    return f"A*{first:02d}:{chance.randint(1, 9):02d},B*{second:02d}:{chance.randint(1, 9):02d}"


def in_hex(head: str, size: int) -> Maker:
    """Bytes as a database dump writes them, with their first bytes given."""
    return lambda chance, _row: head + chance.randbytes(size).hex().upper()


def floats(size: int) -> Maker:
    """A vector of numbers between -1 and 1, as JSON."""
    return lambda chance, _row: json.dumps([round(chance.uniform(-1, 1), 5) for _ in range(size)])


def text64(size: int) -> Maker:
    """That many letters, digits and dashes, as keys are written for the web."""
    signs = string.ascii_letters + string.digits + "-_"
    return lambda chance, _row: "".join(pick(chance, signs) for _ in range(size))


def upper_hex(size: int) -> Maker:
    """That many hexadecimal characters in capitals."""
    return e.capitals(e.hexes(size))


def django_hash(chance: random.Random, row: int) -> str:
    """``pbkdf2_sha256$260000$salt$digest``."""
    return f"pbkdf2_sha256$260000${text64(22)(chance, row)}${text64(43)(chance, row)}="


def phpass(chance: random.Random, row: int) -> str:
    """``$P$B`` or ``$H$9`` and thirty characters."""
    return pick(chance, ("$P$B", "$H$9")) + text64(30)(chance, row).replace("-", ".")


def argon(chance: random.Random, row: int) -> str:
    """What argon2 writes."""
    return f"$argon2id$v=19$m=65536,t=3,p=4${text64(22)(chance, row)}${text64(43)(chance, row)}"


def digest_salted(chance: random.Random, row: int) -> str:
    """A digest and its salt with a colon between, as older shops keep it."""
    return f"{v.md5(chance, row)}:{text64(8)(chance, row)}"


def pin(chance: random.Random, _row: int) -> str:
    """A password of digits that a machine or a line takes."""
    return (
        pick(chance, ("123456", "888888", "1234")) if chance.random() < 0.2 else v.digits(chance, 6)
    )


def password_west(chance: random.Random, row: int) -> str:
    """A password of a word, a number and a mark."""
    if chance.random() < 0.15:
        return pick(chance, ("password1", "letmein", "sunshine", "Liverpool1", "abc123", "dragon"))
    word = pick(chance, (*_HANDLES, forename(chance, row).lower(), "summer", "chelsea", "buster"))
    return word.capitalize() + str(chance.randint(1, 2010)) + pick(chance, ("", "!", "$", "?", ""))


def bearer(chance: random.Random, row: int) -> str:
    """A web token as a header carries it."""
    return "Bearer " + e.jwt(chance, row)


def book(chance: random.Random, row: int) -> str:
    """An address book as an app uploads it."""
    return json.dumps(
        [
            {
                "name": pick(chance, (v.name_zh(chance, row), "妈", "快递小哥", "老王")),
                "tel": v.mobile(chance, row),
            }
            for _ in range(chance.randint(1, 4))
        ],
        ensure_ascii=False,
    )


def book_west(chance: random.Random, row: int) -> str:
    """An address book as one line of text."""
    people = (f"{name_west(chance, row)} <{email_west(chance, row)}>" for _ in range(3))
    return "; ".join(people)


def friends(chance: random.Random, _row: int) -> str:
    """The numbers of somebody's friends."""
    return ",".join(str(chance.randint(10000, 9999999)) for _ in range(chance.randint(1, 9)))


def friends_zh(chance: random.Random, row: int) -> str:
    """Friends by the names that somebody gave them."""
    return "、".join(e.nick(chance, row) for _ in range(chance.randint(2, 5)))


def calls(chance: random.Random, row: int) -> str:
    """Calls of a telephone as an app uploads them."""
    return json.dumps(
        [
            {"n": v.mobile(chance, row), "t": pick(chance, ("in", "out", "missed")),
             "d": chance.randint(0, 900)}
            for _ in range(chance.randint(1, 3))
        ]
    )  # fmt: skip


def texts(chance: random.Random, row: int) -> str:
    """Short messages of a telephone as an app uploads them."""
    return json.dumps(
        [{"from": v.mobile(chance, row), "body": CHAT_ZH(chance, row)} for _ in range(2)],
        ensure_ascii=False,
    )


def trace(chance: random.Random, _row: int) -> str:
    """Points of a journey, with a bar between."""
    east, north = chance.uniform(103, 121), chance.uniform(23, 40)
    points = []
    for _ in range(chance.randint(4, 8)):
        east, north = east + chance.gauss(0, 0.003), north + chance.gauss(0, 0.003)
        points.append(f"{east:.5f},{north:.5f}")
    return "|".join(points)


def point_json(chance: random.Random, _row: int) -> str:
    """Where somebody was, as JSON."""
    east, north = round(chance.uniform(-120, -75), 6), round(chance.uniform(28, 47), 6)
    return json.dumps({"lat": north, "lng": east, "acc": chance.randint(5, 80)})


def place_wkt(chance: random.Random, _row: int) -> str:
    """``POINT(116.39 39.9)``."""
    return f"POINT({chance.uniform(98, 122):.6f} {chance.uniform(22, 42):.6f})"


def waybill(chance: random.Random, _row: int) -> str:
    """A parcel's number of one of three carriers."""
    return pick(chance, ("SF", "YT", "JDV", "77", "43")) + v.digits(chance, 13)


def waybill_post(chance: random.Random, _row: int) -> str:
    """``RB123456789GB``."""
    kind = pick(chance, ("RB", "LX", "EE", "CP"))
    return f"{kind}{v.digits(chance, 9)}{pick(chance, ('GB', 'US', 'DE', 'HK'))}"


def scan_zh(chance: random.Random, row: int) -> str:
    """Where a parcel was last seen."""
    doing = pick(chance, ("已发出，下一站送达", "已到达", "派件中", "已签收，签收人：本人"))
    return f"{v.recent(chance, row)} 【{pick(chance, _CENTRES)}】{doing}"


def dish(chance: random.Random, _row: int) -> str:
    """What was ordered for supper."""
    dishes = (
        "黄焖鸡米饭",
        "螺蛳粉",
        "皮蛋瘦肉粥",
        "麻辣烫(微辣)",
        "冰美式",
        "烤冷面",
        "酸菜鱼单人餐",
    )
    return "+".join(f"{pick(chance, dishes)}x{chance.randint(1, 3)}" for _ in range(2))


def goods(chance: random.Random, _row: int) -> str:
    """Articles of a basket, by number and count."""
    return "|".join(
        f"{pick(chance, ('WS12-M-Blue', 'MJ08-L', '24-MB01', 'WT09-XS'))}*{chance.randint(1, 3)}"
        for _ in range(chance.randint(1, 3))
    )


def payment_id(chance: random.Random, row: int) -> str:
    """``pi_3M...``: a payment at a processor."""
    return "pi_3" + text64(20)(chance, row).replace("-", "x").replace("_", "y")


def serial_trade(chance: random.Random, row: int) -> str:
    """Twenty-eight digits: a payment of a wallet."""
    return v.recent(chance, row)[:10].replace("-", "").replace("/", "")[:8] + v.digits(chance, 20)


def guid(chance: random.Random, row: int) -> str:
    """Thirty-two digits in five groups."""
    made = e.hexes(32)(chance, row)
    return "-".join((made[:8], made[8:12], made[12:16], made[16:20], made[20:]))


def room(chance: random.Random, _row: int) -> str:
    """A room of a hotel."""
    return f"{pick(chance, ('', '', 'A', 'B'))}{chance.randint(2, 28)}{chance.randint(1, 36):02d}"


def stay(chance: random.Random, _row: int) -> str:
    """``2019-05-06 14:32:00``: when somebody came to a hotel or left it."""
    year, month, day = v.day(chance, 2012, 2023)
    return f"{year}-{month:02d}-{day:02d} {chance.randint(6, 23):02d}:{chance.randrange(60):02d}:00"


def stay_packed(chance: random.Random, _row: int) -> str:
    """``20190506143200``."""
    year, month, day = v.day(chance, 2012, 2023)
    return f"{year}{month:02d}{day:02d}{chance.randint(6, 23):02d}{chance.randrange(60):02d}00"


def stay_short(chance: random.Random, _row: int) -> str:
    """``06-MAY-19``."""
    year, month, day = v.day(chance, 2012, 2023)
    return f"{day:02d}-{e.MONTHS[month - 1]}-{year % 100:02d}"


def company_number(chance: random.Random, _row: int) -> str:
    """Eight digits of a company of Taiwan, mostly empty for private people."""
    return v.digits(chance, 8) if chance.random() < 0.7 else ""


def decades(chance: random.Random, _row: int) -> str:
    """``30-35岁``."""
    low = chance.randrange(20, 65, 5)
    return f"{low}-{low + 5}岁"


RELIGION_WEST = one_of("Catholic", "None", "Muslim", "Jewish", "Hindu", "Agnostic", "Baptist")
RELIGION_DE = one_of("ev", "rk", "rk", "ohne", "ev", "alt", "isl")
RELIGION_ZH = one_of("无", "佛教", "基督教", "伊斯兰教", "天主教", "道教", "不信教")
RELIGION_HK = one_of("Nil", "Christian", "Buddhist", "Catholic", "Taoist", "Nil")
MARITAL_US = one_of("married", "single", "divorced", "widowed", "separated", "domestic partner")
MARITAL_ZH = one_of("已婚", "未婚", "离异", "丧偶", "再婚")
MARITAL_TW = one_of("已婚", "未婚", "離婚", "喪偶")
MARITAL_DE = one_of("ledig", "verh.", "gesch.", "verw.", "eingetr. LP")
MARITAL_CODE = one_of("10", "20", "21", "22", "30", "40", "90")
ORIENTATION = one_of("straight", "gay", "lesbian", "bisexual", "asexual", "don't know", "pansexual")
ORIENTATION_ZH = one_of("同性恋", "异性恋", "双性恋", "不确定", "同性恋", "无性恋")
ROLE = one_of("1", "0", "0.5", "偏1", "偏0", "不是1不是0")
KINKS = one_of(
    "bondage;role play", "threesomes", "vanilla", "voyeurism;toys", "light kinky fun", "no limits"
)
RACE = one_of("White", "Black", "Hispanic", "Asian", "Native American", "Two or more", "Unknown")
RACE_CODE = one_of("W", "B", "H", "A", "I", "M", "U")
ETHNIC_ZH = one_of("汉族", "汉", "汉族", "苗族", "壮族", "回族", "彝族", "土家族", "侗族", "瑶族")
ETHNIC_CODE = one_of("01", "01", "01", "03", "08", "11", "15", "04")
CITIZEN = one_of("China", "USA", "Canada", "Philippines", "GBR", "India", "Viet Nam", "Nigeria")
CITIZEN_CODE = one_of("CN", "DE", "TR", "PL", "SY", "DE", "DE", "IT")
CITIZEN_DE = one_of("deutsch", "türkisch", "polnisch", "deutsch", "syrisch", "rumänisch")
CITIZEN_ZH = one_of("中国", "美国", "日本", "韩国", "俄罗斯", "马来西亚", "英国")
CITIZEN_HK = one_of("Chinese", "British", "Chinese", "Indian", "Filipino", "Canadian")
BORN_ZH = one_of("安徽阜阳", "湖南隆回", "四川达州", "河北邢台", "山东临沂", "江西赣州", "吉林四平")
BORN_EN = one_of("Tulsa, OK", "El Paso, TX", "Manila", "Dayton, OH", "San Juan, PR", "Fargo, ND")
BORN_DE = one_of("Kassel", "Izmir", "Görlitz", "Bottrop", "Kattowitz", "Landshut", "Aleppo")
SCHOOL_ZH = one_of(
    "样本理工大学",
    "虚构师范学院",
    "城东职业技术学院",
    "滨海示例大学",
    "某某农业大学",
    "江州第三中学",
)
MAJOR = one_of("会计学", "机械设计", "护理", "汉语言文学", "软件工程", "国际贸易", "土木工程")
DEGREE_ZH = one_of("本科", "大专", "硕士", "高中", "中专", "博士", "初中")
DEGREE_LOW = one_of("小学", "初中", "文盲", "高中", "初中", "大专", "半文盲")
DEGREE_CODE = one_of("1", "2", "3", "4", "5")
DEGREE_TW = one_of("大學", "專科", "高中職", "研究所", "國中")
DEGREE_EN = one_of("High School", "Some college", "BA", "B.Sc.", "MBA", "Trade school", "PhD")
POST_ZH = one_of("出纳", "锅炉工", "保安", "行政专员", "车间主任", "叉车司机", "销售代表", "护士")
POST_TW = one_of("家管", "軍公教", "服務業", "科技業工程師", "自由業", "學生", "退休")
POST_OFFICE = one_of("副科长", "科员", "四级调研员", "局党组成员、副局长", "主任", "工勤人员")
POST_EN = one_of("Plumber", "Registered Nurse", "Sales Rep", "Retired", "Line Cook", "Homemaker")
POST_WORK = one_of("Sr. Buyer", "VP Finance", "Office Manager", "Plant Engineer", "Controller")
POST_DE = one_of("Schlosser", "Erzieherin", "Rentner", "Bürokauffrau", "Kraftfahrer", "Lehrer")
POST_RISK = one_of("0001001 机关内勤", "0802003 出租车司机", "0301006 农夫", "1103001 家庭主妇")
FIRM_ZH = one_of(
    "样例机械有限公司", "虚构商贸有限责任公司", "城北示例小学", "某某物业服务公司", "假设电子厂",
    "自由职业", "示例县人民医院",
)  # fmt: skip
FIRM_EN = one_of(
    "Acme Paving Inc", "Self-employed", "Sample County Schools", "Northwind Foods", "Foo & Bar LLP"
)
PARTY_US = one_of("DEM", "REP", "NPA", "LIB", "GRN", "REP", "DEM", "IND")
PARTY_ZH = one_of("中共党员", "群众", "共青团员", "群众", "预备党员", "民盟盟员", "无党派人士")
PARTY_CODE = one_of("01", "13", "03", "13", "02", "12")
VIEWS = one_of("Conservative", "Liberal", "Moderate", "Libertarian", "Apathetic", "Green", "Other")
UNION_EN = one_of("UNISON", "GMB", "Unite", "RMT", "NEU", "none", "not a member")
UNION_CODE = one_of("IBEW 0047", "SEIU 721", "AFGE 1812", "NONE", "UAW 600", "IBEW 0011")
UNION_DE = one_of("ver.di", "IG Metall", "keine", "GEW", "EVG", "keine")
UNION_POST = one_of("工会小组长", "无", "会员", "女工委员", "分会主席", "会员")
SECRECY = one_of("一般涉密人员", "重要涉密人员", "核心涉密人员", "非涉密", "一般涉密人员")
SECRECY_SHORT = one_of("一般", "重要", "核心", "非密", "脱密期")
CLEARANCE = one_of("TS/SCI", "Secret", "Top Secret", "Q", "None", "L", "Interim Secret")
COVERT = one_of("HUMINT case officer", "source handler", "surveillance team", "technical ops")
SECRET_POST = one_of("缉毒侦查", "技侦", "国安外勤", "驻外情报联络", "反恐特勤", "无")
INFORMANT = one_of("CI", "CHS", "UCO", "none", "CHS", "CI")
IMPAIRED = one_of("肢体", "视力", "听力", "智力", "精神", "言语", "多重", "无")
IMPAIRED_CODE = one_of("1", "2", "3", "4", "5", "6", "7")
GRADE_ZH = one_of("一级", "二级", "三级", "四级", "未评")
IMPAIRED_DE = one_of("50", "30", "0", "80", "100", "60 G", "50 aG")
IMPAIRED_EN = one_of("05", "30 blind", "16 deaf", "01", "60 partial paralysis", "05", "90")
ILL_ZH = one_of("高血压", "糖尿病", "健康", "脑梗后遗症", "慢性支气管炎", "尘肺", "良好", "肝炎")
ILL_PAST = one_of("否认", "阑尾炎术后", "高血压5年", "乙肝小三阳", "剖宫产史", "甲状腺结节")
FOUND_ZH = one_of(
    "脂肪肝（轻度）", "未见明显异常", "窦性心动过缓", "尿酸偏高", "左肾结石，建议复查"
)
TOLD_ZH = one_of("全部否", "有高血压史", "曾住院手术", "吸烟20年", "父亲患糖尿病", "全部否")
SURGERY_BEAUTY = one_of("全切双眼皮", "假体隆鼻", "水光针", "吸脂(腰腹)", "热玛吉", "自体脂肪填充")
HIV = one_of("阴性", "阳性", "未检测", "阴性（3月内）", "阳性(U=U)")
BLOOD = one_of("A", "B", "O", "AB", "O型", "A型", "Rh阴性B", "不详")
ALLERGEN = one_of("无", "花生", "牛奶", "芒果", "尘螨", "海鲜", "无")
GENOTYPE = one_of("A/A", "A/G", "G/G", "C/T", "T/T", "C/C", "ins/del", "未检出")
HAPLO_Y = one_of("R-M269", "O-M134", "J-P58", "I-M253", "E-V13", "Q-M3", "C-M217")
HAPLO_MT = one_of("H1c", "U5b1", "D4a", "B4b1a", "K1a1b1a", "L3e2b", "T2b")
OFFENCE_ZH = one_of(
    "盗窃罪", "诈骗罪", "故意伤害罪", "危险驾驶罪", "开设赌场罪", "帮信罪", "寻衅滋事罪"
)
SENTENCE_ZH = one_of(
    "有期徒刑三年", "拘役四个月", "有期徒刑一年缓刑二年", "管制六个月", "罚金五千元", "无期徒刑"
)
RECORD_ZH = one_of(
    "无", "2011年因盗窃判处有期徒刑一年", "吸毒前科", "2016年赌博行政拘留10日", "曾因诈骗服刑"
)
OFFENCE_EN = one_of(
    "BURGLARY 2ND DEG", "DUI-1ST", "AGG ASSAULT", "POSS CONT SUBST", "THEFT>$1500", "FRAUD"
)
SENTENCE_EN = one_of("36 MOS DOC", "TIME SERVED", "5 YRS PROB", "LIFE", "180 DAYS", "12 MOS SUSP")
ARRESTS = one_of("none", "DUI 2009, dismissed", "petty theft 1998", "none", "assault 2014 conv.")
LATE = one_of("近24个月逾期2次", "无逾期", "当前逾期1期", "连三累六", "无逾期", "呆账1笔")
CHAT_ZH = one_of(
    "今晚几点到家？我把饭热着", "钱收到了，谢谢哥", "别告诉我妈", "明天面试在几楼", "哈哈哈笑死",
    "你到底还爱不爱我", "妈住院了，你快回来", "上次说的那个房子还租吗",
)  # fmt: skip
CHAT_EN = one_of(
    "hey are you still up?", "Can u send me the photos from sat", "I told her everything. sorry",
    "lol no way", "Meet me at the usual place at 8", "please dont call this number again",
    "Thanks for the offer, would you take 40?", "my mum is in hospital, talk later",
)  # fmt: skip
QUESTION_EN = one_of(
    "Mother's maiden name?", "First pet", "What city were you born in?", "Name of first school"
)
ANSWER_EN = one_of("rex", "Pontypridd", "mrs hill", "gonzalez", "Biscuit", "st marys", "blue")
QUESTION_ZH = one_of(
    "我爸爸的名字", "我的出生城市", "最喜欢的歌手", "我的小学名字", "我的宠物叫什么"
)
ANSWER_ZH = one_of("豆豆", "阜阳", "实验小学", "周某某", "旺财", "李建国", "123")
TOLL = one_of("示例北", "样本东枢纽", "某某机场", "虚构新城", "柳河", "大洼南", "临江互通")
CONTENT = one_of("文件", "衣服", "手机壳", "茶叶", "药品", "化妆品", "生鲜（樱桃）", "日用品")
CONTENT_EN = one_of("cotton dress", "phone case x2", "books", "vitamins", "toy drone", "spare part")
SCAN_EN = one_of("OUT FOR DELIVERY 08:12", "Delivered - left in porch", "HELD AT CUSTOMS", "Sorted")
CALLED = one_of("主叫", "被叫", "呼转", "主叫", "被叫")
CALL_KIND = one_of("MOC", "MTC", "CF", "MOC", "MTC")
INCOME_ZH = one_of("5000以下", "5001-8000", "8001-12000", "12000-20000", "2万以上")
INCOME_EN = one_of("under $25k", "$25k-50k", "$50k-75k", "$75k-100k", "$150k+")
ITEM_ZH = one_of(
    "内六角螺栓 M8x30", "PVC线槽 25x20", "儿童雨衣 黄色", "不锈钢保温杯", "男士皮带 120cm"
)
COLOR = one_of("黑", "白色", "藏青", "均色", "银灰")
REMARK_ZH = one_of(
    "已核对", "资料待补", "重复导入", "", "同上", "见附件2", "系统自动生成", "作废重录"
)
REMARK_EN = one_of("dup?", "see ticket", "migrated", "ok", "", "needs review", "imported 2nd batch")
SOURCE_ZH = one_of("线上广告", "老客介绍", "地推", "400电话", "抖音投放", "自然到店")
SOURCE_EN = one_of("Web Site", "Cold Call", "Trade Show", "Partner", "Campaign", "Other")
