"""What headers mean: the words that companies and leakers write over their columns. Pure.

A word that can mean several things lists them, the likeliest first; the values then decide.
Later words of a line are weaker: where two columns claim one field, the earlier word keeps it.
The tables lie in ``headers/``.
"""

import re
import unicodedata
from pathlib import Path

_ACCENTS = re.compile("[\u0300-\u036f]")
_FOLDER = Path(__file__).parent / "headers"
_SIMPLIFIED: dict[int, str] = {}
"""Characters in traditional writing, and the simplified ones that headers are looked up with."""


def _without_accents(text: str) -> str:
    """Letters of Europe as they are written without accents: ``Straße`` is ``Strasse``."""
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.replace("ß", "ss")))
    return unicodedata.normalize("NFC", bare)


def read_table(table: str) -> dict[str, tuple[str, ...]]:
    """Word → words, of the lines ``word: words`` of a table; an indented line goes on."""
    text = (_FOLDER / f"{table}.txt").read_text(encoding="utf-8").replace("\n    ", " ")
    text = text.replace("ß", "ss").translate(_SIMPLIFIED)
    fields: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            word, _, rest = line.partition(":")
            fields[word] = tuple(rest.split())
    return fields


_WRITINGS = {writing: "".join(parts) for writing, parts in read_table("traditional").items()}
_SIMPLIFIED.update(zip(map(ord, _WRITINGS["traditional"]), _WRITINGS["simplified"], strict=True))

KNOWN_TO_DIFFER = frozenset(read_table("nobodys")["nobodys"])
"""Headers of columns that are no field of the table, whatever their values look like."""

_OTHERS = read_table("others")
SOMEONE_ELSE = re.compile("|".join(_OTHERS["anywhere"]))
"""Headers with such a part speak of another person than the row's."""
ROLES = _OTHERS["roles"]
"""Words of others that may be the row's own person where the table names no other."""
_DOER_HAN = re.compile(
    "(.*[人员者])(?:的?(?:姓名|名称|名字|电话|手机|手机号码?|联系方式|联系电话|证件号码?|身份证号?码?|邮箱|地址|工号))?$"
)
_OWN_HAN = tuple(_OTHERS["own"])

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

BARE_NUMBERS = frozenset(
    {"id", "no", "number", "code", "key", "uuid", "guid", "编号", "bianhao", "bh"}
)
"""Headers that say no more than that they number something."""

_COMMON = """
    name title id account no number code key photo mail tel user member status nation company age
    race work trade day owner person track geo route content face voice credit loan order item items
    goods purchase digest cookie session hash identity
"""
_NO_ENDINGS = frozenset(_COMMON.split())
_NO_ENDINGS_HAN = frozenset(
    (
        *("公司", "单位", "商品", "照片", "定位", "坐标", "位置", "快递", "物流", "工作", "住宿"),
        *("消息", "会话", "对话", "留言", "录音", "区间", "起点", "终点", "额度", "明文", "客人"),
        *("选手", "学员", "考生", "会籍", "教育", "文化", "体型", "身材", "房间", "分期", "存折"),
    )
)
"""Words that mean something else behind another word: a *file name* is nobody's name."""

_THINGS = read_table("things")
_NOBODY_FIRST = re.compile("|".join(_THINGS["begins"]))
"""Headers that begin so speak of a company or a thing, whatever they end with."""
_THING_NAMED = re.compile(
    f"(?:^|_)(?:{'|'.join(_THINGS['named'])})_?(?:name|title|code)$"
    "|(?:school|college|university|institutions?)$"
    "|(?:省份?|市|区|县|城市|地区|部门|科室|班级|年级|专业|学院|院系|课程|项目|角色|药品|组|类型|等级|航班|机构|套餐|公会|区服|医院)(?:名称?|编码|代码)$"
    "|(?:毕业)?(?:院校|学校)(?:名称)?$"
)
"""Headers that name a place or a thing: a *city name* is no person's."""
_PERSON = (
    "user|usr|member|mem|mbr|mb|tea|customer|cust|cus|cst|client|clnt|patient|pat|student|stu|pupil|learner"
    "|employee|emp|staff|worker|person|people|passenger|pax|guest|visitor|buyer|consumer|subscriber"
    "|player|reader|driver|owner|tenant|donor|candidate|applicant|borrower|insured|resident|citizen"
    "|travell?er|holder|card_?holder|policy_?holder|voter|receiver|recipient|consignee|personal"
    "|sender|shipper|occupant|lodger|renter|lessee|payer|payee|bearer|elder|villager|household|human"
    "|registrant|participant|attendee|delegate|tourist|booker|claimant|decedent|deceased|accused|defendant|convict"
    "|trainee|intern|retiree|pensioner|inpatient|outpatient|contestant|athlete|donator|inmate|survivor|respondent"
    "|speaker|believer|parishioner|congregant|criminal|fugitive|detainee|arrestee|soldier|cadet|sailor|pilot|streamer|farmer|taxpayer|migrant|refugee|newborn|infant"
    "|mitglied|kunde|kunden|mitarbeiter|benutzer|versicherter|schueler|gast|cliente|paciente|usuario|empleado|alumno|huesped|socio"
    "|funcionario|aluno|hospede|adherent|utilisateur|etudiant|salarie|cittadino|utente|dipendente|studente"
    "|individual|prisoner|offender|suspect|victim|debtor|loanee|enrollee|beneficiary_of|alumni|volunteer"
    "|yonghu|kehu|huiyuan|xuesheng|yuangong|zhigong|huanzhe|bingren|yezhu|chezhu|zuke|youke|chengke"
    "|lvke|duzhe|laoren|jumin|geren|renyuan|benren|shouhuoren|shoujianren|guke|fangke|ruzhuren"
)
"""The one whom a row is about, as English headers call them."""
_PERSON_FIRST = re.compile(f"(?:(?:{_PERSON})_?|[cftupsvr]_)")
_INITIALS = re.compile(
    "(?:xs|hz|br|kh|yh|hy|yg|zg|js|cz|yz|sjr|shr|jjr|fjr|ck|lk|ks|cbr|bbx?r|tbr|jkr|sqr|ckr|xy|ry|gr)"
    "(xm|xb|nl|dh|dhhm|lxdh|sjh|sjhm|sfzh?|sfzhm|zjhm?|dz|lxdz|yx|dzyx|csrq|mz|gj|zy|xl|hyzk|mm)"
)
"""A person and what is said of it, in initials of pinyin: ``khxm``, ``shrdz``."""
_ID_PHOTO = re.compile(
    "(?:id_?card|identity|idno|nric|passport|licen[cs]e|cert(?:ificate)?|sfz)_?(?:[a-z]+_)?"
    "(?:front|back|photo|img|image|pic|picture|scan|copy|url|hand)"
    "|(?:^|_)doc(?:ument)?_?(?:photo|front|back|selfie|picture)(?:_|$)"
    "|(?:hand_?held|hold|hand)_?(?:in_)?(?:id|card)|(?:身份证|证件|驾照|驾驶证|护照).*(?:照片?|图片?|影像|影印|复印|扫描|正面|反面|背面|人像面|国徽面)"
)
_SAID_OF_PEOPLE = frozenset(
    (
        *("name", "mail", "tel", "photo", "age", "race", "company", "identity"),
        *("given", "surname", "first", "last"),
    )
)
"""Words too common for an ending, unless a person stands before them: ``customer_age``."""
_TAIL = re.compile(
    "_(?:cn|en|zh|chn|eng|chinese|english|pinyin|txt|text|str|val|value|info|details?|desc|raw|new)$"
)
"""What stands behind a header and changes nothing of what it means."""
_LINK_TO = re.compile(
    "_?(?:url|uri|link|path|file|file_?(?:url|path|name)|img|image|attachment|doc|pdf)s?$"
)
_HELD_IN_FILES = frozenset(
    {
        *(
            "balance",
            "crime",
            "health",
            "voice",
            "finger",
            "face",
            "gene",
            "comms",
            "credit",
            "loan",
        ),
        *("idphoto", "income", "disability", "calllog", "track", "contacts", "religion", "marital"),
    }
)
_OF_A_PERSON = re.compile(
    f"(?:{_PERSON}|profile|account|accnt|acct)_?(?:id|no|nbr|number|num|code|key|uuid|guid|sn|cd|ref|reference)"
    "|(?:job|badge|roll|enrol{1,2}ment|admission|matriculation)_?(?:no|number|num)"
)
_NUMBER_OF = re.compile(
    r"_?(?:id|no|nr|num|number|code|sn|haoma|bianhao|hao|号|号码|编号|编码|单号|序列号)$"
)
_NUMBERED_FIELDS = frozenset(
    {"order", "logistics", "device", "passport", "permit", "plate", "bankcard", "idno", "phone"}
)
"""Fields that one word names, and the same word with *number* behind it as well."""
_WHICH = re.compile(
    "(?:bind|bound|binding|regist(?:er|ered)?|reg|login|last|latest|new|old|orig(?:inal)?|cur(?:r|rent)?|present|main"
    "|primary|secondary|second|backup|other|home|work|office|personal|real|reserved?|contact|link|notify|ship|bill"
    "|recv|receive|deliver|plain|raw)"
)
"""Which of a person's several it is, written without a mark between: ``bindqq``, ``lastip``."""
_SAID_SHORT = frozenset(("qq", "ip", "tel", "mac", "sex", "dob", "pwd", "wx"))
_FLAG = re.compile(
    "(?:is|has|have|if|whether|can|allow|enable|need|should|show|hide)_|是否|有无|能否|需要"
)
_YES_OR_NO = frozenset(
    {
        *("marital", "disability", "crime", "religion", "union", "politic", "health", "loan"),
        *("credit", "secretjob", "sex", "balance", "contacts", "ethnicity"),
    }
)
"""Fields of which yes or no already tells something of a person."""
_AS_TEXT = re.compile("_(?:str|string|txt|text|val|value|raw)$")
_ASIDE = re.compile(r"\s*[(（\[【<][^)）\]】>]*[)）\]】>]\s*$")
_UNIT = re.compile(r"_(?:cm|kg|m|岁|元|rmb|cny|usd|公斤|千克|厘米|yyyy_?mm_?dd)$")

_BREAK = re.compile(r"[^0-9a-z\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff]+")
_HAN = re.compile("[\u3400-\u9fff]")
_LAST_NUMBER = re.compile(r"_?\d+$")
_SHORTEST_ENDING = 2
_SHORTEST_SAID = 4
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PLACEHOLDER = re.compile(r"(col|column|field|f|c|var|x|unnamed|列|字段|_)*_*\d*")


def word_of(header: str) -> str:
    """The header in lower case, with one ``_`` for what is neither letter nor digit."""
    text = unicodedata.normalize("NFKC", header).translate(_SIMPLIFIED)
    text = text if text.isascii() else _without_accents(text)
    return _BREAK.sub("_", _CAMEL.sub("_", text).lower()).strip("_")


def meaning_of(header: str) -> str:
    """The header's word, without what stands in brackets behind: ``Name (Passport)``."""
    word, bare = word_of(header), word_of(_ASIDE.sub("", header))
    return bare if bare and is_known(bare) and not is_known(word) else word


FIELD_OF: dict[str, str] = {}
"""Header word → its one field."""
STRENGTH: dict[str, int] = {}
"""Header word → its place in its field's line, from 0: smaller is stronger."""
for _field, _words in read_table("fields").items():
    for _place, _word in enumerate(_words):
        FIELD_OF.setdefault(_word, _field)
        STRENGTH.setdefault(_word, _place)
for _field, _words in read_table("pinyin").items():
    for _word in _words:
        FIELD_OF.setdefault(_word, _field)
        STRENGTH.setdefault(_word, len(STRENGTH))
_SHORT = {short: whole for short, (whole,) in read_table("short").items()}
for _word, _field in list(FIELD_OF.items()):
    FIELD_OF.setdefault(_word.replace("_", ""), _field)
    STRENGTH.setdefault(_word.replace("_", ""), STRENGTH[_word])

SEVERAL: dict[str, tuple[str, ...]] = read_table("several")
"""Header word → the fields that it can mean."""


def field_by_ending(word: str) -> str | None:
    """The field that the last part of an unknown header means: ``buyer_mobile``, ``客户手机号码``.

    A number behind (``mobile_1``) or a unit (``height_cm``) counts for nothing. None where the
    ending is too common a word, or the header begins with a company or a thing.
    """
    bare = _spelled_out(_TAIL.sub("", _UNIT.sub("", _LAST_NUMBER.sub("", word))))
    field = _by_form(bare) or _by_link(bare)
    if field is not None or is_of_a_thing(bare):
        return field
    field = _by_first_part(bare) or _by_last_part(bare)
    return field if field in _YES_OR_NO or not _FLAG.match(bare) else None


def _by_link(word: str) -> str | None:
    """The field of what a link or a file holds: ``criminal_records_url``."""
    held = FIELD_OF.get(_LINK_TO.sub("", word))
    return held if held in _HELD_IN_FILES else None


def _by_first_part(word: str) -> str | None:
    """What is left behind a person or one of several in front: ``stutel``, ``bindqq``."""
    person = _PERSON_FIRST.match(word)
    said = word[person.end() :] if person else ""
    if said in FIELD_OF and (said in _SAID_OF_PEOPLE or said not in _NO_ENDINGS):
        return FIELD_OF[said]
    which = _WHICH.match(word)
    said = word[which.end() :] if which else ""
    if said in _SAID_SHORT or (len(said) >= _SHORTEST_SAID and said not in _NO_ENDINGS):
        return FIELD_OF.get(said)
    return None


def _by_form(bare: str) -> str | None:
    """The field of a header that is known, or of a form that says it whatever comes before."""
    if bare in FIELD_OF:
        return FIELD_OF[bare]
    if _ID_PHOTO.search(bare):
        return "idphoto"
    initials = _INITIALS.fullmatch(bare)
    if initials:
        return FIELD_OF[initials[1]]
    stem = _NUMBER_OF.sub("", bare)
    if stem != bare and stem not in _NO_ENDINGS_HAN and FIELD_OF.get(stem) in _NUMBERED_FIELDS:
        return FIELD_OF[stem]
    return "account_id" if _OF_A_PERSON.fullmatch(bare) else None


def _spelled_out(word: str) -> str:
    """A header with its parts in full: ``cust_nm`` is ``cust_name``."""
    return "_".join(_SHORT.get(part, part) for part in word.split("_"))


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


def meanings(word: str) -> tuple[str, ...]:
    """The fields that a header can mean, if it is one of several meanings."""
    return SEVERAL.get(word) or SEVERAL.get(_AS_TEXT.sub("", word), ())


def is_of_a_thing(word: str) -> bool:
    """Whether a header speaks of a company, a place or a thing, whatever it ends with."""
    return _NOBODY_FIRST.match(word) is not None or _THING_NAMED.search(word) is not None


def is_of_someone_else(word: str) -> bool:
    """Whether a header speaks of another person than the row's."""
    if SOMEONE_ELSE.search(word):
        return True
    doer = _DOER_HAN.match(word)
    return doer is not None and not doer[1].endswith(_OWN_HAN) and word not in FIELD_OF


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
