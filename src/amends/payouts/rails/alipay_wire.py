"""Alipay's envelope: what is signed, how, and which bytes of an answer the signature covers.

RSA2 is SHA256withRSA with PKCS#1 v1.5 over ``k=v&…``, keys sorted, ``sign`` left out and
``sign_type`` kept in. An answer is signed over the raw text of its ``…_response`` node: those very
characters are verified, never JSON that was written anew.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

_PADDING = PKCS1v15()
_HASH = SHA256()
_DECODER = json.JSONDecoder()
_BLANK = " \t\r\n"
_KEY_BITS = 2048
_SIGN = frozenset(("sign",))

Node = dict[str, object]
"""A JSON object, not yet looked into."""


class BadSignatureError(ValueError):
    """A message that the provider did not sign."""


class MalformedAnswerError(ValueError):
    """Bytes that are no answer of Alipay's gateway."""


def load_private_key(pem: bytes) -> RSAPrivateKey:
    """The merchant's private key (PKCS#1 or PKCS#8).

    Raises:
        ValueError: not an RSA key, or one of fewer than 2,048 bits.
    """
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, RSAPrivateKey) or key.key_size < _KEY_BITS:
        raise ValueError("RSA2 needs an RSA private key of at least 2,048 bits")
    return key


def load_public_key(pem: bytes) -> RSAPublicKey:
    """Alipay's public key.

    Raises:
        ValueError: not an RSA key, or one of fewer than 2,048 bits.
    """
    key = load_pem_public_key(pem)
    if not isinstance(key, RSAPublicKey) or key.key_size < _KEY_BITS:
        raise ValueError("RSA2 needs an RSA public key of at least 2,048 bits")
    return key


def signing_text(parameters: Mapping[str, str], *, without: frozenset[str] = _SIGN) -> bytes:
    """``k=v&…`` with sorted keys; parameters without a value are not part of it."""
    pairs = sorted(parameters.items())
    return "&".join([f"{k}={v}" for k, v in pairs if v and k not in without]).encode()


def sign(key: RSAPrivateKey, text: bytes) -> str:
    """The RSA2 signature, in base64."""
    return base64.b64encode(key.sign(text, _PADDING, _HASH)).decode("ascii")


def verify(key: RSAPublicKey, text: bytes, signature: str) -> Literal[True]:
    """Check an RSA2 signature.

    Raises:
        BadSignatureError: *signature* is not the key's signature of *text*.
    """
    try:
        key.verify(base64.b64decode(signature, validate=True), text, _PADDING, _HASH)
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise BadSignatureError from error
    return True


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
        content = members(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MalformedAnswerError("not UTF-8") from error
    name = method.replace(".", "_") + "_response"
    node = content.get(name) or content.get("error_response")
    if node is None or not isinstance(node[0], dict):
        raise MalformedAnswerError("the method's node is missing")
    signature = content.get("sign", (None, ""))[0]
    if not isinstance(signature, str):
        raise BadSignatureError
    verify(key, node[1].encode(), signature)
    return node[0]


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
