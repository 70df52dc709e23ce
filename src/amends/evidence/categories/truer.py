"""What a column really is whose header says something near: a ``password`` of digests. Pure.

Some headers are used for two things. Which one it is, the values tell; they are asked for those
fields alone, so that a header keeps its word everywhere else.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from amends.evidence.categories import lexicon
from amends.evidence.categories.looks import (
    MOST,
    chinese_addresses,
    chinese_names,
    hashes,
    idnos,
    latin_addresses,
    latin_names,
    matching,
    phones,
    serials,
    user_names,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """A header of *field* over values that *test* finds is of *instead*.

    Only headers with *where* in them, if there is one, and without *unless*.
    """

    field: str
    test: Callable[[pl.Series], float]
    instead: str
    where: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None

    def holds(self, field: str, word: str, values: pl.Series) -> bool:
        """Whether it speaks of this column."""
        if field != self.field or (self.where and not self.where.search(word)):
            return False
        if self.unless and self.unless.search(word):
            return False
        return self.test(values) >= MOST


def _names(values: pl.Series) -> float:
    return max(chinese_names(values), latin_names(values))


def _addresses(values: pl.Series) -> float:
    return max(chinese_addresses(values), latin_addresses(values))


def _no_passports(values: pl.Series) -> float:
    """Passports of many countries look like names of accounts, too."""
    return user_names(values) if _passports(values) < _SOME else 0.0


_passports: Final = matching(r"[A-Z]{1,3}\d{6,9}")
_SOME: Final = 0.3
_few_digits: Final = matching(r"\d{1,6}")
_lengths: Final = matching(r"\d{1,4}(?:\.\d+)?")
_homes: Final = matching(r".*\d+ ?(?:栋|幢|号楼|单元|座|#).*\d+ ?室?")
"""A flat of a block, not a hotel's room."""
_cells: Final = matching(r"[A-Za-z]{1,3}[\-_]?\d{3,8}|\d{2,6}(?:[\-_:]\d{1,9})+|[0-9A-Fa-f]{4,8}")
"""Cells of a network, not numbers of telephones."""
_LINK: Final = matching(r"(?:https?:/)?/\S+|[\w\-./]+\.(?:jpe?g|png|gif|bmp|webp)")
_RULES: Final = (
    _Rule(field="pwd", test=hashes, instead="pwdhash"),
    _Rule(
        field="username",
        test=_names,
        instead="name",
        # names that people choose for themselves stay what their header says
        unless=re.compile("nick|alias|handle|login|qq|we_?chat|weixin|wx|昵称|网名|登[录陆]|微信"),
    ),
    _Rule(
        field="name",
        test=user_names,
        instead="username",
        unless=re.compile("real|true|full|legal|first|last|姓名|xingming|xm$"),
    ),
    _Rule(field="nationality", test=matching(lexicon.ETHNICITY), instead="ethnicity"),
    _Rule(field="contacts", test=_names, instead="contact_person"),
    _Rule(field="idno", test=matching(lexicon.PASSPORT), instead="passport"),
    _Rule(field="passport", test=_no_passports, instead="username"),
    _Rule(field="cvv", test=matching(lexicon.DAY), instead="valid_until"),
    # a link to a picture is no face, unless the header says that it shows one
    _Rule(
        field="face",
        test=_LINK,
        instead="picture",
        unless=re.compile("face|faci|人脸|刷脸|活体|live|rl|selfie|mugshot|scan|见证|自拍"),
    ),
    _Rule(field="account_id", test=phones, instead="phone", where=re.compile("n(?:umber|um|br)$")),
    _Rule(field="order", test=phones, instead="phone", where=re.compile("n(?:umber|um|br)$")),
    _Rule(
        field="account_id",
        test=matching(r"\d{15,19}"),
        instead="bankcard",
        where=re.compile("acc(?:oun)?t?_?n(?:o|um|br|umber)$"),
    ),
    # a card that is no bank's has few digits, or letters
    _Rule(
        field="bankcard",
        test=matching(r"[A-Za-z]{0,3}\d{4,11}"),
        instead="account_id",
        where=re.compile("card_?(?:no|num|number|id|code)?$|卡号?$|卡编号$|^kh$"),
        unless=re.compile("银行|bank|credit|debit|信用"),
    ),
    _Rule(
        field="account_id",
        test=matching(r"[A-Z]{1,2}\d{6,8}"),
        instead="passport",
        where=re.compile("passport"),
    ),
    _Rule(
        field="idno",
        test=matching(r"[A-Za-z]{0,3}\d{3,8}"),
        instead="account_id",
        where=re.compile("^(?:officer|personal|person|voter)_?id$"),
    ),
    _Rule(field="finger", test=_few_digits, instead="which_finger"),
    _Rule(field="face", test=_few_digits, instead="face_number"),
    _Rule(field="voice", test=_few_digits, instead="voice_number"),
    _Rule(field="birth_place", test=_addresses, instead="address"),
    _Rule(field="ip", test=_addresses, instead="address"),
    _Rule(field="lodge", test=_homes, instead="address", where=re.compile("房号|房间|^room")),
    _Rule(field="address", test=_names, instead="name"),
    _Rule(
        field="address",
        test=matching(lexicon.EMPLOYER),
        instead="employer",
        where=re.compile("work|office|job|单位"),
    ),
    _Rule(field="gender", test=_names, instead="name"),
    *(
        _Rule(field=field, test=idnos, instead="idno")
        for field in ("permit", "account_id", "username", "passport", "order")
    ),
    # whoever has a number in place of a name
    _Rule(
        field="name",
        test=matching(r"[0-9a-fA-F-]{16,36}|[A-Za-z]{0,4}-?\d{4,16}"),
        instead="account_id",
        where=re.compile(
            "^(?:patient|member|customer|client|user|student|pupil|employee|subscriber|passenger"
            "|person|donor|voter|player)$"
        ),
    ),
    # units that something is measured in
    _Rule(
        field="employer",
        test=matching(r"[A-Za-z%‰℃°/·μ³²^0-9*]{1,10}|[个次分秒米克升元件度吨支片粒盒瓶]"),
        instead="unit",
        where=re.compile("^单位$"),
    ),
    # mm is a password in initials of pinyin, and behind a measure its unit
    _Rule(field="pwd", test=_lengths, instead="measure", where=re.compile("_mm$")),
    _Rule(
        field="idno",
        test=matching(r"[A-Z]{1,2}\d{6,8}"),
        instead="passport",
        where=re.compile("^(?:travel_)?doc(?:ument)?_"),
    ),
    _Rule(field="phone", test=_cells, instead="location", where=re.compile("^cell$")),
    _Rule(field="account_id", test=serials, instead="serial", where=re.compile("^xh$")),
)


def truer(field: str, word: str, values: pl.Series) -> str:
    """The field that a header of *field* stands over, judged by its values."""
    held = (rule.instead for rule in _RULES if rule.holds(field, word, values))
    return next(held, field)
