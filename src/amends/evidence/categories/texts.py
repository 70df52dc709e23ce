"""What told a column, in Chinese and in English. Pure.

A sentence depends on the decision alone and never on a value.
"""

from typing import Final

from amends.evidence.model import ColumnDecision, How
from amends.kernel.categories import CATEGORIES, code_of, is_category, label
from amends.kernel.saying import Language

RULES: Final[dict[str, tuple[str, str]]] = {
    "override": ("case.toml 指定", "case.toml says so"),
    "header": ("表头是已知的词", "its header is a known word"),
    "ending": ("表头以已知的词结尾", "its header ends with a known word"),
    "theme": ("表中其他列说明了它的含义", "what it means in a table of what the others speak of"),
    "hint": ("表头的一部分与其值相合", "a part of its header and its values agree"),
    "part": ("表头中有少见的词", "a part of its header that hardly any other has"),
    "misspelt": ("表头与已知的词只差一个字母", "its header is a letter away from a known word"),
    "shortened": ("表头是已知词的缩写", "its header is known words in short"),
    "several": ("表头可有几种含义", "its header can mean several things"),
    "overlap": ("取值与登记表的字段重合", "its values are those of a registry's field"),
    "second": ("同类的另一列", "another column of the same kind"),
    "differs": ("表头是另一种内容", "its header is of something else"),
    "nothing": ("无从判断", "nothing tells it"),
    "key": ("每行唯一、形式一致", "each value once, all of one form"),
    "email": ("邮箱格式", "the form of e-mail addresses"),
    "check_digit": ("身份号码的日期与校验码", "day and check digit of identity numbers"),
    "mobile": ("手机号格式", "the form of mobile numbers"),
    "phone_form": ("电话号码的写法", "how telephone numbers are written"),
    "luhn": ("银行卡的前缀、长度与校验码", "first digits, length and check digit of bank cards"),
    "network": ("网络地址格式", "the form of network addresses"),
    "device_form": ("设备标识的格式与校验码", "form and check digit of device identifiers"),
    "plate": ("车牌格式", "the form of vehicle plates"),
    "token": ("令牌格式", "the form of tokens"),
    "point": ("经纬度格式", "the form of coordinates"),
    "gender": ("性别用词", "words for a gender"),
    "birth_years": ("日期，年份像出生年", "days, of years in which people were born"),
    "hash": ("散列的长度与字符", "length and characters of hashes"),
    "postcode": ("邮政编码格式", "the form of postcodes"),
    "address": ("地名、道路与门牌", "places, roads and house numbers"),
    "street": ("街道用词与门牌", "words for streets, and house numbers"),
    "han_name": ("姓氏与人名用字", "surnames and characters of given names"),
    "latin_name": ("常见的西文名或拼音", "frequent given names and surnames, or pinyin"),
    "surname": ("姓氏", "surnames"),
    "passport": ("护照号格式", "the form of passport numbers"),
    "permit": ("通行证号格式", "the form of travel permits"),
    "places": ("行政区划或城市名", "names of provinces, cities and counties"),
    "occupation": ("职业用词", "words for work"),
    "education": ("学历用词", "words for education"),
    "marital": ("婚姻状况用词", "words for marital status"),
    "ethnicity": ("民族名称", "names of ethnic groups"),
    "blood": ("血型", "blood groups"),
    "politic": ("政治面貌用词", "words for political status"),
    "health": ("疾病用词", "words for illnesses"),
    "illness_code": ("疾病编码（ICD）", "codes of illnesses (ICD)"),
    "religion": ("宗教名称", "names of religions"),
    "disability": ("残疾类别与等级用词", "words for kinds and degrees of disability"),
    "crime": ("罪名与刑罚用词", "words for crimes and sentences"),
    "orientation": ("性取向用词", "words for sexual orientation"),
    "question": ("密保问题的写法", "how security questions are asked"),
    "genotype": ("基因型与变异的写法", "how genotypes and variants are written"),
    "courier": ("快递公司的单号格式", "the forms of couriers' numbers"),
    "card_end": ("卡有效期的月与年", "month and year of a card's end"),
    "employer": ("单位名称", "names of companies and institutions"),
    "nationality": ("国名", "names of countries"),
    "height": ("数值分布像身高", "numbers distributed as heights are"),
    "weight": ("数值分布像体重", "numbers distributed as weights are"),
    "password": ("常见密码或特殊字符", "frequent passwords, or odd marks"),
    "handle": ("用户名的写法", "how user names are written"),
    "order": ("以日期开头的唯一长号码", "long numbers that begin with a day, each once"),
    "moment": ("时间，或晚近的日期", "times of day, or recent days"),
    "amount": ("金额格式", "the form of sums of money"),
    "page": ("网址", "addresses of web pages"),
    "serial": ("逐行递增的序号", "numbers that go up row by row"),
    "company": ("统一社会信用代码", "company numbers with their check digit"),
}
"""Rule → what it looks at."""


def category_label(decision: ColumnDecision, language: Language) -> str:
    """What a column says of a person; that it says nothing; or that it is a kind of its own."""
    code = code_of(decision.field)
    if not is_category(decision.field):
        return "（不是个人信息类别）" if language == "zh" else "(no category)"
    if code in CATEGORIES:
        return label(code, language)
    return "（自成一类）" if language == "zh" else "(a category of its own)"


def why(decision: ColumnDecision, language: Language) -> str:
    """What told the column, and how many of its values speak for it."""
    zh, en = RULES.get(decision.rule, (str(decision.how), str(decision.how)))
    said = zh if language == "zh" else en
    if decision.share is None:
        return said
    percent = f"{decision.share:.0%}"
    if decision.how is How.HEADER:
        return (
            f"{said}；{percent} 的取值相符"
            if language == "zh"
            else f"{said}; {percent} of values agree"
        )
    return f"{said}：{percent} 的取值" if language == "zh" else f"{said}: {percent} of values"


def question(decision: ColumnDecision, path: str, language: Language) -> str | None:
    """What the operator is asked about a column; None where nothing is in doubt."""
    if not decision.asks:
        return None
    fields = dict.fromkeys(
        (*(() if decision.how is How.OWN else (decision.field,)), *decision.instead)
    )
    at = decision.position + 1
    say = f'columns = {{ "{at}" = "FIELD" }}'
    if language == "zh":
        guess = f"（可能是 {'、'.join(fields)}）" if fields else ""
        return f"{path} 第 {at} 列是什么{guess}？在 case.toml 中写明：{say}"
    guess = f" ({', '.join(fields)}?)" if fields else ""
    return f"{path}: what is column {at}{guess}? Say so in case.toml: {say}"
