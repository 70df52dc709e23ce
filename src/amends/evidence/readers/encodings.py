"""Which encoding a text without a mark is in, told by what its bytes would say in each. Pure.

Hardly any encoding of East Asia can be ruled out by its bytes alone: Korean read as Chinese is
Chinese, only rare characters beside one another. So a reading is scored by how many of its
characters are ones that people write every day, in names, addresses and headers.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

from amends.evidence.model import Encoding
from amends.kernel import facts

SCORED_BYTES: Final = 1 << 17
LEAST_SCORE: Final = 0.35
"""A reading in which fewer of the characters are everyday ones is no reading."""
LEAST_LEAD: Final = 0.05
"""An encoding has to be better than those before it by this much: they are more frequent.

And by more than one character, for a single one that is everyday somewhere is no evidence."""
MULTIBYTE: Final = (Encoding.GB18030, Encoding.BIG5, Encoding.SHIFT_JIS, Encoding.EUC_KR)
"""In the order in which they win a draw."""

_COMMON_HAN: Final = (
    "的一是不了人我在有他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种"
    "事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第"
    "公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合"
    "回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总"
    "何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听"
    "白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带"
    "姓名称手机号码身份证件地址邮箱性别男女出生期账户密昵联系职籍贯备注省市县区镇乡村街路号楼室栋单元客会员编用注册时间登"
    "录银卡订货款元快递零一二三四五六七八九十百千万亿您请您好谢"
)
_KOREAN: Final = (
    "이다는에의가을를고한지은도로하사기서자대어인아시리나수부전정들해여일장원과제있그것보공주조상경성스동구적용우국신면라안관선"
    "게김박최강윤임오송권황홍민준지훈현영진호석철희숙미순옥연혜은경수빈유서윤예하린채원재승태규찬건혁범식병종광명남북울부산인천"
    "광주대전세종특별광역읍리번길층홍시군면이름전화번호주소생년월일비밀등록회사메일성별남여아디휴폰메내무모만물방발불비생소"
)
_KANA: Final = "".join(map(chr, [*range(0x3041, 0x3097), *range(0x30A1, 0x30FB), 0x30FC]))
_JAPANESE: Final = (
    "日本人大年会中国長出行東京都道府県市区町村番地号室丁目電話氏名様住所生月性別男女会社郵便携帯田中佐藤鈴木高橋伊渡辺山本"
    "小林加吉井上松村清斎阿部池森石川前岡後近坂遠青西福太三藤野原谷島崎木橋沢浜口崎関千葉神奈横浜大阪愛名古屋北海道福岡兵庫"
    "埼玉静広島宮城新潟一二郎子美恵真由香健介翔裕樹学校電子登録番"
)
_LATIN: Final = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýßÀÁÂÄÅÆÇÈÉÊËÍÎÑÓÔÖØÚÜ")
_TOP_NAMES: Final = 900
_TOP_SURNAMES: Final = 400


@cache
def _everyday(encoding: Encoding) -> frozenset[str]:
    """Characters that people write every day in what this encoding is for."""
    if encoding is Encoding.EUC_KR:
        return frozenset(_KOREAN)
    if encoding is Encoding.SHIFT_JIS:
        return frozenset(_KANA + _JAPANESE)
    if encoding is Encoding.LATIN1:
        return _LATIN
    named = sorted(facts.given_name_characters().items(), key=lambda item: -item[1])
    surnames = sorted(facts.surnames().items(), key=lambda item: -item[1])
    simplified = {
        *_COMMON_HAN,
        *(character for character, _ in named[:_TOP_NAMES]),
        *(character for surname, _ in surnames[:_TOP_SURNAMES] for character in surname),
        *(character for name in facts.divisions().values() for character in name),
    }
    if encoding is Encoding.GB18030:
        return frozenset(simplified)
    traditional: dict[str, list[str]] = {}
    for row in facts.rows("simplified-characters"):
        traditional.setdefault(row["simplified"], []).append(row["character"])
    return frozenset(
        written for character in simplified for written in traditional.get(character, [character])
    )


@cache
def _everything() -> frozenset[str]:
    """Everyday characters of any of these languages: what UTF-8 and UTF-16 can hold."""
    return frozenset().union(*map(_everyday, (*MULTIBYTE, Encoding.LATIN1)))


def score(data: bytes, encoding: Encoding) -> float:
    """The share of everyday characters among those beyond ASCII; less for bytes that are none.

    From about -1 to 1; 0 where there is nothing beyond ASCII.
    """
    if encoding is Encoding.LATIN1:
        return _latin_score(data)
    text = data.decode(encoding, "replace")
    beyond = [character for character in text if character >= "\x80" and character not in _SIGNS]
    if not beyond:
        return 0.0
    known = _everyday(encoding) if encoding in MULTIBYTE else _everything()
    good = sum(character in known for character in beyond)
    bad = beyond.count("\ufffd")
    rare = sum(_is_rare(character, encoding) for character in beyond)
    return (good - rare - bad) / len(beyond)


@cache
def _is_rare(character: str, encoding: Encoding) -> bool:
    """Whether a character lies where an encoding keeps what hardly anybody writes.

    GB18030 beyond GB 2312, the second level of Big5 and of JIS, Chinese characters in Korean: real
    texts have few of these, and texts of another encoding read as this one have many.
    """
    try:
        if encoding is Encoding.GB18030:
            return not character.encode("gb2312", "ignore")
        if encoding is Encoding.BIG5:
            return character.encode(encoding)[0] > _BIG5_FIRST_LEVEL
        if encoding is Encoding.SHIFT_JIS:
            raw = character.encode(encoding)
            return len(raw) == 1 or raw[0] >= _JIS_SECOND_LEVEL
    except UnicodeEncodeError:
        return True
    if encoding is Encoding.EUC_KR:
        return not "\uac00" <= character <= "\ud7a3"
    return character == "\ufffd"


_BIG5_FIRST_LEVEL: Final = 0xC6
_JIS_SECOND_LEVEL: Final = 0x98


_SIGNS: Final = frozenset("，。、；：？！“”‘’（）《》【】－—…·　")


def _latin_score(data: bytes) -> float:
    """The share of accented letters that stand between letters of ASCII, as in Müller."""
    found = [at for at, byte in enumerate(data) if byte >= 0x80]  # noqa: PLR2004  # ASCII's end
    good = 0
    for at in found:
        alone = data[at - 1 : at].isascii() and data[at + 1 : at + 2].isascii()
        beside = data[at - 1 : at].isalpha() or data[at + 1 : at + 2].isalpha()
        good += alone and beside and chr(data[at]) in _LATIN
    pairs = (len(found) - good) / 2  # what is no letter may be half of a character each
    return (good - pairs) / (good + pairs) if found else 0.0


def beyond_ascii(data: bytes, size_bytes: int = SCORED_BYTES) -> bytes:
    """Some of the lines that hold anything beyond ASCII."""
    lines: list[bytes] = []
    size = 0
    for line in data.splitlines(keepends=True):
        if not line.isascii():
            lines.append(line)
            size += len(line)
            if size > size_bytes:
                break
    return b"".join(lines)


def likeliest(data: bytes, encodings: Sequence[Encoding]) -> tuple[Encoding, float]:
    """The encoding in which *data* reads best, and its score; the earlier ones win a draw."""
    best, best_score = encodings[0], score(data, encodings[0])
    octets = len(data.translate(None, bytes(range(128))))  # a character has up to two beyond ASCII
    lead = max(LEAST_LEAD, 1 / max(1, -(-octets // 2)))
    for encoding in encodings[1:]:
        found = score(data, encoding)
        if found > best_score + lead:
            best, best_score = encoding, found
    return best, best_score


def reading_of(line: bytes, main: Encoding) -> Encoding | None:
    """The encoding of a line that is not in the file's *main* one; None where none reads well."""
    others = [one for one in (Encoding.UTF8, *MULTIBYTE, Encoding.LATIN1) if one is not main]
    best: Encoding | None = None
    best_score = LEAST_SCORE
    for encoding in others:
        found = score(line, encoding)
        if found > best_score and _decodes(line, encoding):
            best, best_score = encoding, found + LEAST_LEAD
    return best


def _decodes(line: bytes, encoding: Encoding) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
