"""Alipay's envelope: what is signed, how, and which bytes of an answer the signature covers.

RSA2 is SHA256withRSA with PKCS#1 v1.5 over ``k=v&…``, keys sorted, ``sign`` left out and
``sign_type`` kept in. An answer is signed over the raw text of its ``…_response`` node: those very
characters are verified, never JSON that was written anew.
"""

import codecs
import json
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from amends.payouts.rails.rsa import BadSignatureError, verify

_DECODER = json.JSONDecoder()
_BLANK = " \t\r\n"
_SIGN = frozenset(("sign",))
_AS_IT_IS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DIGITS = b"abcdef"
_ASIDE = bytes(range(1, 7))
_ESCAPED = 0xE000
_AS_CHARACTERS = "".join(
    chr(_ASIDE[_DIGITS.index(n)] if n in _DIGITS else n if n in _AS_IT_IS else _ESCAPED + n)
    for n in range(256)
).replace(chr(_ESCAPED + ord(" ")), "+")
_IN_CAPITALS = bytes.maketrans(_DIGITS + _ASIDE, _DIGITS.upper() + _DIGITS)

Node = dict[str, object]
"""A JSON object, not yet looked into."""


class MalformedAnswerError(ValueError):
    """Bytes that are no answer of Alipay's gateway."""


def signing_text(parameters: Mapping[str, str], *, without: frozenset[str] = _SIGN) -> bytes:
    """``k=v&…`` with sorted keys; parameters without a value are not part of it."""
    pairs = sorted(parameters.items())
    return "&".join([f"{k}={v}" for k, v in pairs if v and k not in without]).encode()


def quoted(text: bytes) -> str:
    r"""*text* as it stands in an address or a form.

    A few passes in C cost half of a step for each byte: what has to be written as ``%`` and two
    digits becomes a character that is escaped as ``\ue0`` and two digits. Those are capitals in
    the end, so letters that look like them stand aside meanwhile.
    """
    characters, _ = codecs.charmap_decode(text, "strict", _AS_CHARACTERS)
    escaped = characters.encode("ascii", "backslashreplace").replace(b"\\ue0", b"%")
    return escaped.translate(_IN_CAPITALS).decode("ascii")


def members(text: str) -> dict[str, tuple[object, str]]:
    """The members of the JSON object *text*: name → (value, its raw characters).

    Raises:
        MalformedAnswerError: not one JSON object, or a name that occurs twice.
    """
    found: dict[str, tuple[object, str]] = {}
    try:
        position = _skip(text, 0, "{")
        while text[position] != "}":
            if found:
                position = _skip(text, position, ",")
            name, position = _DECODER.raw_decode(text, position)
            start = _skip(text, position, ":")
            value, end = _DECODER.raw_decode(text, start)
            if not isinstance(name, str) or name in found:
                raise MalformedAnswerError("a member's name is no text, or occurs twice")
            found[name] = (value, text[start:end])
            position = _blank(text, end)
        if _blank(text, position + 1) != len(text):
            raise MalformedAnswerError("something follows the object")
    except (ValueError, IndexError, RecursionError) as error:
        raise MalformedAnswerError("not a JSON object") from error
    return found


def open_answer(raw: bytes, method: str, key: RSAPublicKey) -> Node:
    """The verified node of an answer to *method*.

    Raises:
        BadSignatureError: the node is not signed by *key*.
        MalformedAnswerError: not an answer to that method.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedAnswerError("not UTF-8") from error
    name = method.replace(".", "_") + "_response"
    node, signed, signature = _of_two(text, name) or _among(text, name)
    verify(key, signed.encode(), signature)
    return node


def _among(text: str, name: str) -> tuple[Node, str, str]:
    """The node *name*, its raw characters and the signature, however the answer is written."""
    content = members(text)
    node = content.get(name) or content.get("error_response")
    if node is None or not isinstance(node[0], dict):
        raise MalformedAnswerError("the method's node is missing")
    signature = content.get("sign", (None, ""))[0]
    if not isinstance(signature, str):
        raise BadSignatureError
    return node[0], node[1], signature


def _of_two(text: str, name: str) -> tuple[Node, str, str] | None:
    """The same of an answer as the gateway writes most: the node *name*, ``sign``, no blanks.

    None: it is written in another way.
    """
    start = len(name) + len('{"":')
    if not text.startswith(f'{{"{name}":{{'):
        return None
    try:
        node, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    at = end + len(',"sign":"')
    signature = text[at:-2]
    plain = text.startswith(',"sign":"', end) and text.endswith('"}') and at <= len(text) - 2
    if not plain or '"' in signature or "\\" in signature:
        return None
    return node, text[start:end], signature


def _blank(text: str, position: int) -> int:
    """The first position from *position* that is not blank."""
    while position < len(text) and text[position] in _BLANK:
        position += 1
    return position


def _skip(text: str, position: int, character: str) -> int:
    """The first position after blanks, *character*, and blanks."""
    position = _blank(text, position)
    if text[position] != character:
        raise MalformedAnswerError(f"expected {character}")
    return _blank(text, position + 1)
