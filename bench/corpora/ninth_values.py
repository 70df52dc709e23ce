"""Numbers, papers, things and records as the tables of the ninth set write them, all made up."""

import json
import random
import string

from corpora import eighth_values as e
from corpora import values as v
from corpora.ninth_people import CENTRES, HANDLES, email_west, forename, name_west
from corpora.ninth_words import CHAT_ZH
from corpora.values import Maker, pick


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
    word = pick(chance, (*HANDLES, forename(chance, row).lower(), "summer", "chelsea", "buster"))
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
    return f"{v.recent(chance, row)} 【{pick(chance, CENTRES)}】{doing}"


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
