"""Makers of values that the fourteenth set needs beside those of the tenth."""

import random

from corpora import eighth_values as e
from corpora import ninth_people as p
from corpora import ninth_values as n
from corpora import ninth_words as w
from corpora import tenth_held_out as t
from corpora import values as v
from corpora.values import Maker, one_of


def discert(chance: random.Random, row: int) -> str:
    """A disability card's number: that of the person, then kind and degree."""
    return v.idno(chance, row) + str(chance.randint(1, 7)) + str(chance.randint(1, 4))


def jid(chance: random.Random, row: int) -> str:
    """Who somebody is in a messenger."""
    return "86" + v.mobile(chance, row) + "@s.whatsapp.net"


def initials(chance: random.Random, row: int) -> str:
    """The first letters of a name in pinyin."""
    return "".join(part[0].lower() for part in v.name_pinyin(chance, row).split())


def clock(chance: random.Random, _row: int) -> str:
    """``14:05:32``."""
    hours, minutes, seconds = chance.randrange(24), chance.randrange(60), chance.randrange(60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}"


def wallet(chance: random.Random, _row: int) -> str:
    """An address of virtual coins."""
    return "0x" + "".join(chance.choice("0123456789abcdef") for _ in range(40))


ALIKE: dict[str, Maker] = {
    "bcrypt": v.bcrypt,
    "jwt": e.jwt,
    "vector": e.vector,
    "longhex": e.hexes(120),
    "agent": one_of(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1",
        "Dart/3.2 (dart:io)",
        "okhttp/4.12.0",
    ),
    "vin": t.form("L??########?#####"),
    "wallet": wallet,
    "month": e.month,
    "birthmonth": p.birth_month,
    "calendaryear": e.between(2012, 2025),
    "clock": clock,
    "mf": one_of("M", "F"),
    "marks": one_of("A", "B", "C", "A-", "B+", "优", "良"),
    "ages": one_of("18-30", "30-45", "45-60", "60+"),
    "visa": t.form("???######"),
    "aadhaar": t.form("############"),
    "pan": t.form("?????####?"),
    "wagehour": e.about(22, 6, 2),
    "fever": e.about(36.8, 0.6, 1),
    "pressure": n.pressure,
    "chrom": one_of("chr1", "chr7", "chr10", "chr17", "chrX", "13"),
    "base": one_of("A", "C", "G", "T", "AT", "G"),
    "gene": one_of("BRCA2", "EGFR", "KRAS", "TP53", "CFTR", "MLH1"),
    "protein": one_of("p.Thr790Met", "G719S", "p.Arg175His", "V600E", "p.Gly12Asp"),
    "discert": discert,
    "jid": jid,
    "initials": initials,
    "wechat": e.wechat,
    "race": w.RACE,
    "covert": w.COVERT,
    "family": v.family_zh,
    "given": v.given_zh,
}
"""Makers of values that are alike in both languages."""

ZH: dict[str, Maker] = {
    "yes": e.YES_ZH,
    "line": v.line_zh,
    "bankname": e.BANK_ZH,
    "degree": one_of("学士", "硕士", "博士", "无"),
    "major": w.MAJOR,
    "rank": w.POST_OFFICE,
    "healthy": one_of("健康", "良好", "一般", "有慢性病"),
    "allergy": e.ALLERGY,
    "drugs": one_of("阿莫西林 0.5g tid", "布洛芬缓释胶囊", "硝苯地平控释片", "多饮水，注意休息"),
    "body": one_of("上腹部", "左膝", "咽喉", "腰部", "头部"),
    "ward": one_of("心内科", "骨科", "儿科门诊", "呼吸内科"),
    "sport": one_of("跑步", "跳绳", "篮球", "游泳"),
    "kin": one_of("户主", "配偶", "之子", "之女", "妈妈", "爸爸", "爷爷"),
    "called": w.CALLED,
    "courier": v.courier,
    "cargo": w.CONTENT,
    "partypost": one_of("支部主委", "支部委员", "无", "副主委", "会员"),
    "house": one_of("有房有贷", "有房无贷", "租房", "自建房"),
    "wealthwords": one_of("有房有车", "有房无车", "有车无房", "无房无车"),
    "applicant": one_of("ADULT", "CHILD", "STUDENT", "RETIRED"),
    "stars": one_of("白羊座", "金牛座", "狮子座", "天蝎座", "双鱼座"),
    "zodiac": one_of("鼠", "牛", "虎", "兔", "龙", "马"),
}
"""Makers of Chinese values."""

EN: dict[str, Maker] = {
    "kin": one_of("mother", "brother", "spouse", "father", "friend"),
    "union": w.UNION_CODE,
    "church": one_of("Example Baptist Church", "Sample Parish", "Grace Chapel North"),
    "cleric_en": one_of("usher", "worship team", "deacon", "youth leader", "none"),
    "major": one_of("Computer Science", "Nursing", "Accounting", "Mechanical Engineering"),
    "stars": one_of("aries", "taurus", "leo", "scorpio", "pisces"),
}
"""Makers of values of other languages."""
