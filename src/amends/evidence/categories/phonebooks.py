"""A list of people whom the row's own person knows: names and numbers of others are contacts. Pure.

A table called ``contacts`` may be a firm's list of its customers, and those are the people of its
rows. It is somebody's phone book where a column says whose, or where others speak of a telephone.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from amends.evidence.categories.claims import SAID, Claim, Sample, by_theme
from amends.evidence.categories.subjects import names_of
from amends.evidence.categories.words import word_of

_CALLED_SO: Final = re.compile(
    "(?:^|_)(?:raw_?|phone_?|mobile_?|user_?|device_?|upload\\w*_?|im_?|chat_?|r)?"
    "(?:contacts?|address_?books?|phone_?books?|friends?(?:_?list)?|friendships?|buddy_?list|buddies"
    "|abperson|txl(?:xx)?|tongxunlu|haoyou)(?:_?(?:list|info|book|data|record|detail|upload|backup))?s?$"
    "|通[讯信]录|手机联系人|用户联系人|好友"
)
_NOT_SO: Final = re.compile(
    "emergency|urgent|jinji|紧急|crm|公司|单位|员工|学校|班级|校友|business|supplier|vendor"
)
_WHOSE: Final = re.compile(
    "(?:own(?:er)?_?)?(?:user|member|customer|cust|account|device|login|person|host|master)?_?(?:u?id|uuid|no|imei)"
    "|(?:user|owner|own|my|self|host)_?(?:phone|mobile|tel|account|name|email)|owner|own(?:er)?_\\w+|imei|yh(?:id|bh)|yonghu(?:id|bianhao)|belong\\w*|用户(?:id|编号|手机号?)|本机号码"
)
_NOT_WHOSE: Final = frozenset(("id", "uuid", "no", "account_id"))
"""What numbers the row itself; an account in lists of customers is of the firm they work for."""
_OF_A_TELEPHONE: Final = re.compile(
    "(?:is_?)?(?:blocked|authorized|starred|favou?rites?|muted|pinned)|times_?contacted|last_?(?:time_?)?contacted"
    "|(?:custom_?)?ringtone|display_?name|pstn_?number|con_?remark|photo_?id|raw_?contact_?id|last_?online\\w*"
    "|phone_?(?:home|mobile|office|work)|备注名"
)
_OF_OTHERS: Final = frozenset(
    ("name", "surname", "given_name", "phone", "email", "username", "address", "contacts")
)
_NUMBER: Final = re.compile(
    "(?:pstn|contact|friend|phone|mobile|other|tel)_?(?:number|num|no|phone|name|mobile|tel)|number|phone_numbers?|relation(?:_?ship)?_?(?:name|phone|mobile|account|number)|friend_?\\w*|contact_?\\w*"
)
_LEAST: Final = 2


def in_phone_books(
    samples: Sequence[Sample], claims: Mapping[int, Sequence[Claim]], table: str
) -> dict[int, list[Claim]]:
    """The claims of columns that name somebody whom the row's own person knows."""
    names = [word_of(part) for part in names_of(table)[0].split(".")]  # a schema's, or with an end
    if not any(map(_CALLED_SO.search, names)) or any(map(_NOT_SO.search, names)):
        return {}
    words = [sample.word for sample in samples]
    whose = {
        at for at, word in enumerate(words) if _WHOSE.fullmatch(word) and word not in _NOT_WHOSE
    }
    of_a_telephone = sum(_OF_A_TELEPHONE.fullmatch(word) is not None for word in words)
    if not whose and of_a_telephone < _LEAST:
        return {}
    return {
        sample.position: [by_theme(sample.position, "contacts")]
        for at, sample in enumerate(samples)
        if at not in whose and _of_others(sample, claims[sample.position])
    }


def _of_others(sample: Sample, claims: Sequence[Claim]) -> bool:
    best = min(claims, default=None)
    if best is not None and best.how in SAID:
        return False
    return _NUMBER.fullmatch(sample.word) is not None or (
        best is not None and best.field in _OF_OTHERS
    )
