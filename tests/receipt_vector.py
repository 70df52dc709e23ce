"""The table of receipts as it is published, docs/formats/receipts-vector.json."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "formats" / "receipts-vector.json"
SENTENCES = {
    # in the order in which they are looked for
    "policy": ("策略文件不完整或有错误", "the policy is not whole"),
    "long": ("内容太长", "it is too long"),
    "form": ("这不是凭证，或者没有复制完整", "this is no receipt, or not all of it"),
    "base64": ("有一段 base64 不是规定的写法", "base64 is not canonical"),
    "json": ("JSON 不是规定的写法", "JSON is not canonical"),
    "version": ("JSON 是另一个版本的", "JSON is of another version"),
    "number": ("有一个数字不是规定的写法", "a number is not written as one"),
    "length": ("有一项的长度不对", "a value does not have its length"),
    "fields": ("内容的项目不对", "the opening has other fields"),
    "hex": ("有一项十六进制不是规定的写法", "hexadecimal is not canonical"),
    "order": ("摘要不是七项，或顺序不对", "the digests are not seven, in order"),
    "opened": ("公开的项目不对", "other fields are opened"),
    "field": ("有一项内容与登记的不一致", "a field is not the award's"),
    "differs": ("公开的内容前后不一致", "an opened field says something else"),
    "person": ("各项摘要合起来不对", "the person root is not that of the digests"),
    "place": ("序号与名册中的位置不符", "the award's number does not fit its place in the log"),
    "plain": ("签名页里有控制字符或者乱码", "it is not plain text"),
    "end": ("结尾被截断了，或者多了东西", "it was cut off, or something was added at its end"),
    "note": ("名册的签名页不是三行", "the checkpoint has not three lines"),
    "stranger": (
        "签名页属于策略文件没有写的名册",
        "the checkpoint is of a log that the policy does not name",
    ),
    "line": ("有一行不是签名", "a line is no signature"),
    "unsigned": ("名册的密钥没有签名", "the log's key has not signed"),
    "twice": ("名册的密钥签了不止一次", "the log's key has signed more than once"),
    "bytes": ("有一个签名的长度不对", "a signature does not have its length"),
    "signature": ("名册的签名不对", "the log's signature is wrong"),
    "cosignature": ("见证人的签名不对：", "a cosignature is wrong: "),
    "missing": ("缺少见证人的签名：", "witnesses are missing: "),
    "other": ("这是另一个案件的凭证", "the award is of another case"),
    "outside": (
        "签名页比这一条记录旧，或者位置不对",
        "the checkpoint is older than the entry, or the index is wrong",
    ),
    "longer": ("证明太长", "the proof is too long"),
    "shorter": ("证明太短", "the proof is too short"),
    "proof": ("这笔赔偿不在名册里", "the award is not in the log"),
    "amended": ("更正记录的写法不对", "corrections have another form"),
    "sequence": ("更正记录的顺序或原因不对", "corrections lack their order or reason"),
    "unamended": ("更正记录不在名册里", "a correction is not in the log"),
}
"""Why a receipt is refused, in Chinese and English; after a colon follow names of witnesses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A receipt under a policy, and why it is refused: empty if it holds.

    *base*: the receipt that it is a change of. *more*: names of witnesses.
    """

    name: str
    policy: str
    base: str
    receipt: bytes
    refused: str = ""
    more: str = ""


def vector(
    receipts: Mapping[str, bytes], policies: Mapping[str, str], cases: Sequence[Case]
) -> dict[str, object]:
    """The table of these cases, which are changes of these receipts under these policies."""
    return {
        "about": "Receipts, right and wrong. A case is the receipt named in `base`, in which bytes "
        "from `start` to before `end` are replaced by `put` (a text in UTF-8, or `put_hex`), "
        "`times` over if it says so; `policy` is the name of a policy, or its text. `refused` is "
        "why it is not accepted, as named in `sentences`, and `more` what follows there: names of "
        "witnesses. A case without it holds. See docs/formats/receipts.md.",
        "sentences": {name: {"en": en, "zh": zh} for name, (zh, en) in SENTENCES.items()},
        "policies": policies,
        "receipts": {name: receipt.decode() for name, receipt in receipts.items()},
        "cases": [_told(one, receipts) for one in cases],
    }


def _told(case: Case, receipts: Mapping[str, bytes]) -> dict[str, object]:
    """A case as the vector has it."""
    told: dict[str, object] = {"name": case.name, "policy": case.policy, "base": case.base}
    if case.receipt != receipts[case.base]:
        told |= _change(receipts[case.base], case.receipt)
    if case.refused:
        told["refused"] = case.refused
    return told | ({"more": case.more} if case.more else {})


def _change(old: bytes, new: bytes) -> dict[str, object]:
    """The smallest piece of *old* that has to be replaced to make *new* of it."""
    least = min(len(old), len(new))
    start = next((at for at in range(least) if old[at] != new[at]), least)
    behind = next(
        (at for at in range(least - start) if old[-1 - at] != new[-1 - at]), least - start
    )
    put = new[start : len(new) - behind]
    change: dict[str, object] = {"start": start, "end": len(old) - behind}
    if len(put) > len(old) * 4 and len(set(put)) == 1:
        return change | {"put": put[:1].decode(), "times": len(put)}
    try:
        return change | {"put": put.decode()}
    except UnicodeDecodeError:
        return change | {"put_hex": put.hex()}


def read(told: Mapping[str, Any]) -> list[Case]:
    """The cases in a vector."""
    found = []
    for one in told["cases"]:
        old = told["receipts"][one["base"]].encode()
        put = bytes.fromhex(one["put_hex"]) if "put_hex" in one else one.get("put", "").encode()
        receipt = old
        if "start" in one:
            receipt = old[: one["start"]] + put * one.get("times", 1) + old[one["end"] :]
        found.append(
            Case(
                name=one["name"],
                policy=told["policies"].get(one["policy"], one["policy"]),
                base=one["base"],
                receipt=receipt,
                refused=one.get("refused", ""),
                more=one.get("more", ""),
            )
        )
    return found


def published() -> list[Case]:
    """The cases as they are published."""
    return read(json.loads(PAGE.read_text(encoding="utf-8")))
