"""Keys, signatures and sealed words, from the provider's side."""

import base64
import binascii
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import PrivateFormat

from amends.simulators.keys import make_pair, private_key, public_key, write_own
from amends.simulators.written import COMPACT, Fields

MERCHANT = {
    "mchid": "1900000000",
    "appid": "wx0000000000000000",
    "serial_no": "0000000000000000000000000000000000000001",
    "public_key_id": "PUB_KEY_ID_0000000000000000000000000000001",
}
"""The simulated merchant. Made-up: WeChat Pay gives no such numbers."""

SCHEMA = "WECHATPAY2-SHA256-RSA2048"

_PKCS1 = padding.PKCS1v15()
_HASH = SHA256()
_OAEP = padding.OAEP(mgf=padding.MGF1(algorithm=SHA1()), algorithm=SHA1(), label=None)  # noqa: S303  # the provider's
_WORD = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Both sides' names and keys, as far as the provider needs them."""

    mchid: str
    appid: str
    serial_no: str
    public_key_id: str
    apiv3: bytes
    merchant: rsa.RSAPublicKey
    own: rsa.RSAPrivateKey


class Asked(NamedTuple):
    """A request as far as a signature covers it. ``target``: path and query, as sent."""

    method: str
    target: str
    body: bytes


def open_keys(directory: Path) -> Keys:
    """Reads the key files in *directory*; makes what is missing (private ones 0600)."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (directory / "merchant.json").exists():
        write_own(directory / "merchant.json", json.dumps(MERCHANT, indent=1).encode())
    if not (directory / "apiv3_key.txt").exists():
        write_own(directory / "apiv3_key.txt", secrets.token_hex(16).encode("ascii"))
    for name in ("merchant", "platform"):
        make_pair(directory, name, PrivateFormat.PKCS8)
    names = json.loads((directory / "merchant.json").read_text(encoding="utf-8"))
    return Keys(
        **{name: str(names[name]) for name in MERCHANT},
        apiv3=(directory / "apiv3_key.txt").read_bytes().strip(),
        merchant=public_key(directory / "merchant_public_key.pem"),
        own=private_key(directory / "platform_private_key.pem"),
    )


def signed_words(header: str) -> dict[str, str]:
    """The words of a header ``Authorization``; none for another schema."""
    schema, _, rest = header.partition(" ")
    return dict(_WORD.findall(rest)) if schema == SCHEMA else {}


def is_signed(keys: Keys, asked: Asked, words: Mapping[str, str]) -> bool:
    """Whether our merchant signed what is asked."""
    head = "".join(
        f"{part}\n" for part in (asked.method, asked.target, words["timestamp"], words["nonce_str"])
    )
    try:
        signature = base64.b64decode(words["signature"], validate=True)
        keys.merchant.verify(signature, b"%s%s\n" % (head.encode(), asked.body), _PKCS1, _HASH)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def signature_of(keys: Keys, body: bytes, seconds: int, *, spoil: bool = False) -> dict[str, str]:
    """The headers by which the platform signs *body* (something else, if *spoil*)."""
    nonce = secrets.token_hex(16)
    text = b"%d\n%s\n%s\n" % (seconds, nonce.encode("ascii"), body + b" " if spoil else body)
    return {
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": keys.public_key_id,
        "Wechatpay-Signature": base64.b64encode(keys.own.sign(text, _PKCS1, _HASH)).decode("ascii"),
        "Wechatpay-Signature-Type": SCHEMA,
        "Wechatpay-Timestamp": str(seconds),
    }


def opened_name(keys: Keys, sealed: str) -> str | None:
    """The name that was encrypted for the platform; None where it was not."""
    try:
        return keys.own.decrypt(base64.b64decode(sealed, validate=True), _OAEP).decode()
    except (ValueError, binascii.Error):
        return None


def sealed_resource(keys: Keys, content: Fields) -> Fields:
    """The ``resource`` of a notification."""
    nonce, beside = secrets.token_hex(6), "mch_payment"
    plain = COMPACT.encode(content).encode()
    sealed = AESGCM(keys.apiv3).encrypt(nonce.encode("ascii"), plain, beside.encode("ascii"))
    return {
        "original_type": beside,
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode("ascii"),
        "associated_data": beside,
        "nonce": nonce,
    }
