"""What the headers of a file tell of each other: a second person's columns, parts of an address.

A header alone may say too little: ``sms_name`` beside ``name`` is another's, and a ``city`` beside
street and postcode is where an address lies, nobody's place of birth. Pure.
"""

import re
from collections.abc import Sequence
from typing import Final

from amends.evidence.words import FIELD_OF

_NAMES: Final = frozenset({"name", "surname", "given_name"})
_PERSONAL: Final = _NAMES | {"phone", "email", "idno", "address"}
_ROWS_OWN: Final = re.compile(
    "user|member|customer|client|buyer|receiver|recipient|consignee|deliver|ship|owner|student|stu"
    "|emp|staff|patient|passenger|guest|person|people|real|full|home|my|own"
    "|用户|会员|客户|买家|收货|收件|乘客|旅客|患者|学生|员工|本人|投保|申请"
)
"""The one whom a row is about, as files call them."""
_PART_OF_ADDRESS: Final = frozenset(
    ("city", "town", "area", "region", "county", "district", "suburb", "城市", "地区", "市", "区县")
)
_OTHER_PARTS: Final = frozenset(
    (
        *("street", "street_name", "street_number", "state", "province", "zip", "zipcode"),
        *(
            "address",
            "postcode",
            "post_code",
            "country",
            "unit_number",
            "省",
            "省份",
            "街道",
            "邮编",
        ),
    )
)


def second_person(words: Sequence[str]) -> frozenset[int]:
    """Positions of columns that speak of another person than the row's.

    Headers with one beginning that hold a name and a number are somebody; where a name or a number
    with another beginning stands before them, and their beginning is no usual word for the one
    whom the row is about, they are somebody else.
    """
    split = [_split(word, words) for word in words]
    other: set[int] = set()
    for beginning in {beginning for beginning, _ in split if beginning}:
        mine = [at for at, (one, _) in enumerate(split) if one == beginning]
        kinds = {split[at][1] for at in mine}
        if not (kinds & _NAMES and "phone" in kinds) or _ROWS_OWN.search(beginning):
            continue
        before = split[: mine[0]]
        if any(kind in _NAMES | {"phone"} for _, kind in before):
            other.update(at for at in mine if split[at][1] in _PERSONAL)
    return frozenset(other)


def address_parts(words: Sequence[str]) -> frozenset[int]:
    """Positions of columns that hold a part of an address, by what stands beside them."""
    if not any(word in _OTHER_PARTS for word in words):
        return frozenset()
    return frozenset(at for at, word in enumerate(words) if word in _PART_OF_ADDRESS)


def _split(word: str, words: Sequence[str]) -> tuple[str, str | None]:
    """The beginning of a header and the field of its end: ``司机姓名`` is (``司机``, name).

    A header that is the beginning of others is the name of them: ``contact``, ``contact_phone``.
    """
    if word in FIELD_OF:
        return "", FIELD_OF[word]
    for at in range(1, len(word)):
        ending = word[at:].removeprefix("_")
        parted = word[at] == "_" or not word.isascii()
        if parted and ending in FIELD_OF:
            return word[:at], FIELD_OF[ending]
    begins_others = word and any(other.startswith(f"{word}_") for other in words)
    return (word, "name") if begins_others else ("", None)
