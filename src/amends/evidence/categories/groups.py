"""What the headers of a file tell of each other: a second person's columns, parts of an address.

A header alone may say too little: ``sms_name`` beside ``name`` is another's, and a ``city`` beside
street and postcode is where an address lies, nobody's place of birth. Pure.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from amends.evidence.categories.words import (
    FIELD_OF,
    ROLES,
    SOMEONE_ELSE,
    field_by_ending,
    is_known,
)

_NAMES: Final = frozenset({"name", "surname", "given_name"})
_PERSONAL: Final = _NAMES | {"phone", "email", "idno", "address"}
_DRIVERS: Final = frozenset(
    ("driver", "司机", "三者", "对方", "chauffeur", "达人", "主播", "host", "房东")
)
"""Who serves or meets the row's own person, where that person is named before."""
_BIRTH_OR_NUMBER: Final = frozenset({"birth", "idno"})
_ROWS_OWN: Final = re.compile(
    "^[rsjdf]$|^(?:from|to)$|send|user|member|customer|client|buyer|receiver|recipient|consignee|deliver|ship|owner"
    "|student|stu|emp|staff|patient|passenger|guest|person|people|real|full|home|my|own"
    "|用户|会员|客户|买家|收货|收件|乘客|旅客|患者|学生|员工|本人|投保|申请|男方|女方"
)
"""The one whom a row is about, as files call them."""
_PART_OF_ADDRESS: Final = frozenset(
    ("city", "town", "area", "region", "county", "district", "suburb", "城市", "地区", "市", "区县")
)
_OTHER_PARTS: Final = frozenset(
    (
        *("address", "street", "street_name", "street_number", "state", "province", "country"),
        *("zip", "zipcode", "postcode", "post_code", "unit_number", "省", "省份", "街道", "邮编"),
    )
)
_LARGER: Final = ("state", "province", "country")
_JOINED: Final = frozenset(("name", "phone", "mobile", "telephone"))
"""Ends of headers of another person that are written without a mark between."""
_WHERE_TO: Final = re.compile(
    "(?:delivery|shipping|ship|billing|bill|postal|mailing|invoice)(?:_to)?"
)
"""What stands in front of the parts of an address to which something goes."""
_MESSAGE: Final = frozenset(("message", "messages", "msg", "留言", "留言内容"))
_LEAST_SHARING, _LEAST_SHARE, _LEAST_LEARNT = 4, 0.6, 2
_LONGEST_SHARED: Final = 14
_FIRST_COLUMNS: Final = 3


def bare_words(words: Sequence[str]) -> list[str]:
    """Headers without what most of a table's headers begin or end with: ``mbname`` is ``name``.

    Taken off only where more headers are known without it, and from those alone. A role that the
    table names first and nobody beside it is its row's own person: ``teacher_name`` is ``name``.
    """
    bare = list(words)
    for at_start in (True, False):
        shared = _shared(bare, at_start=at_start)
        cut = [_without(word, shared, at_start=at_start) for word in bare]
        learnt = [
            at
            for at, (word, left) in enumerate(zip(bare, cut, strict=True))
            if left != word and not is_known(word) and _is_told(left)
        ]
        if len(learnt) >= _LEAST_LEARNT:
            bare = [word if is_known(word) else left for word, left in zip(bare, cut, strict=True)]
    role = _own_role(bare)
    if role:
        bare = [word.removeprefix(role).strip("_") or word for word in bare]
    return _first_and_last(_receivers(_riders(bare)))


def _receivers(words: list[str]) -> list[str]:
    """A ``delivery_name`` beside a ``delivery_street`` is a receiver's, and of no service."""
    addressed = _addressed(words)
    return [
        "recipient_name"
        if word.removesuffix("_name") in addressed and word.endswith("_name")
        else word
        for word in words
    ]


def _addressed(words: Sequence[str]) -> frozenset[str]:
    """Beginnings that stand before a part of an address: ``shipping`` of ``shipping_zip``."""
    split = (word.rpartition("_") for word in words)
    return frozenset(
        beginning
        for beginning, _, ending in split
        if ending in _OTHER_PARTS and _WHERE_TO.fullmatch(beginning)
    )


def _riders(words: list[str]) -> list[str]:
    """A rider beside a driver is a passenger, and no courier."""
    driven = any(word.startswith("driver") for word in words)
    return [re.sub("^rider(?=_|$)", "passenger", word) if driven else word for word in words]


def _first_and_last(words: list[str]) -> list[str]:
    """``first`` beside ``last`` is a name: of a guest as well, ``guest_last``."""
    for word in words:
        beginning = word.removesuffix("first")
        if word.endswith("first") and f"{beginning}last" in words:
            parts = {word: f"{beginning}first_name", f"{beginning}last": f"{beginning}last_name"}
            words = [parts.get(one, one) for one in words]
    return words


def _shared(words: Sequence[str], *, at_start: bool) -> str:
    """The longest beginning or ending that most headers have; an ending stands behind ``_``."""
    counts = Counter(
        word[:size] if at_start else word[-size:]
        for word in words
        for size in range(1, min(len(word), _LONGEST_SHARED))
        if at_start or word[-size] == "_"
    )
    least = max(_LEAST_SHARING, _LEAST_SHARE * len(words))
    longest = max((part for part, count in counts.items() if count >= least), key=len, default="")
    return "" if SOMEONE_ELSE.search(longest) and not longest.startswith(ROLES) else longest


def _without(word: str, part: str, *, at_start: bool) -> str:
    left = word.removeprefix(part) if at_start else word.removesuffix(part)
    return left.strip("_") or word


def _is_told(word: str) -> bool:
    return bool(word) and (is_known(word) or field_by_ending(word) is not None)


def _own_role(words: Sequence[str]) -> str | None:
    """The role that is the row's own person: first in the table, and the only one with a name."""
    first = [
        role for role in ROLES if any(word.startswith(role) for word in words[:_FIRST_COLUMNS])
    ]
    if not first or any(FIELD_OF.get(word) in {"order", "logistics"} for word in words):
        return None
    for role in first:
        said = {word.removeprefix(role).strip("_") for word in words if word.startswith(role)}
        named = any(_kind(word) in _NAMES for word in words if not word.startswith(role))
        if not named and any(FIELD_OF.get(what) in _NAMES for what in said):
            return role
    return None


def _kind(word: str) -> str | None:
    return FIELD_OF.get(word) or (None if SOMEONE_ELSE.search(word) else field_by_ending(word))


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
        before = {kind for _, kind in split[: mine[0]]}
        if beginning.strip("_") in _DRIVERS and before & _PERSONAL:
            other.update(mine)
            continue
        if not (kinds & _NAMES and "phone" in kinds) or _ROWS_OWN.search(beginning):
            continue
        if before & (_NAMES | {"phone"} | (_BIRTH_OR_NUMBER if beginning == "contact" else set())):
            other.update(at for at in mine if split[at][1] in _PERSONAL)
    return frozenset(other)


def address_parts(words: Sequence[str]) -> frozenset[int]:
    """Positions of columns that hold a part of an address, by what stands beside them."""
    parts = set(_PART_OF_ADDRESS) if any(word in _OTHER_PARTS for word in words) else set()
    for beginning in _addressed(words):
        parts |= {f"{beginning}_{part}" for part in (*_PART_OF_ADDRESS, *_LARGER)}
    return frozenset(at for at, word in enumerate(words) if word in parts)


def memos_of_orders(words: Sequence[str]) -> frozenset[int]:
    """Positions of messages that stand in an order: a wish for the parcel, no correspondence."""
    if not any(FIELD_OF.get(word) in {"order", "logistics"} for word in words):
        return frozenset()
    return frozenset(at for at, word in enumerate(words) if word in _MESSAGE)


def _split(word: str, words: Sequence[str]) -> tuple[str, str | None]:
    """The beginning of a header and the field of its end: ``司机姓名`` is (``司机``, name).

    A header that is the beginning of others is the name of them: ``contact``, ``contact_phone``.
    """
    if word in FIELD_OF:
        return "", FIELD_OF[word]
    for at in range(1, len(word)):
        ending = word[at:].removeprefix("_")
        parted = word[at] == "_" or not word.isascii() or (at > 1 and ending in _JOINED)
        if parted and ending in FIELD_OF:
            return word[:at], FIELD_OF[ending]
    begins_others = word and any(other.startswith(f"{word}_") for other in words)
    return (word, "name") if begins_others else ("", None)
