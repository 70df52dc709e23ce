"""WeChat Pay's envelope (API v3): what is signed, what is encrypted, and with which bytes.

``WECHATPAY2-SHA256-RSA2048`` is SHA256withRSA with PKCS#1 v1.5 over lines. Ours are method, target,
seconds, nonce and body; theirs are seconds, nonce and body, the bytes as received.

**Names are encrypted without chance.** A payee's name goes RSA-OAEP encrypted. OAEP takes 20 random
bytes, so one payment would be other bytes each time that it is made: after a crash nobody could
send the same number with the same bytes again, and the stored hash of a request would say nothing.
To hash the plain words instead would leave open what a provider that compares parameters compares
(the same number with other parameters is refused, and the text of a parameter is all that is sure
to be one). To store the ciphertext of three million payments would keep for years what can be made
again. So the 20 bytes are drawn by HMAC-SHA-256 from a secret of the case, the number, the id of
the key and the name: to everybody without the secret they are random, and equal only where the
whole message is. What is lost is what no payment needs: that two sendings of one message look
different. With a new key of the platform the bytes change, and the payment is left to a person.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

import gmpy2
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from amends.kernel.keyed import hmac_sha256
from amends.payouts.rails.rsa import BadSignatureError, sign, verify

SCHEMA = "WECHATPAY2-SHA256-RSA2048"
FRESH_FOR = timedelta(minutes=5)
"""How far a signed time may be from ours: an older answer may be an answer to something else."""

SIGNED_BY = (
    *("wechatpay-timestamp", "wechatpay-nonce", "wechatpay-serial"),
    *("wechatpay-signature-type", "wechatpay-signature"),
)
"""The headers of an answer that say who signed it, and when."""

_SHA1_BYTES = 20
_SHA1_OF_NOTHING = hashlib.sha1(b"", usedforsecurity=False).digest()

Node = dict[str, object]
"""A JSON object, not yet looked into."""


class MalformedAnswerError(ValueError):
    """Bytes that are no message of WeChat Pay's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """Who signs our requests: the merchant's number, the serial of its certificate, its key."""

    mchid: str
    serial_no: str
    key: RSAPrivateKey

    def authorization(
        self, method: str, target: str, body: bytes, *, seconds: int, nonce: str
    ) -> str:
        """The header ``Authorization`` of a request. *target*: path and query, as sent."""
        head = f"{method}\n{target}\n{seconds}\n{nonce}\n".encode()
        signature = sign(self.key, b"%s%s\n" % (head, body))
        return (
            f'{SCHEMA} mchid="{self.mchid}",nonce_str="{nonce}",'
            f'signature="{signature}",'
            f'timestamp="{seconds}",serial_no="{self.serial_no}"'
        )


def require_signed(
    headers: Mapping[str, str], body: bytes, keys: Mapping[str, RSAPublicKey]
) -> datetime:
    """Check that the platform signed *body*; when it says that it did (UTC).

    *headers*: names in lower case. *keys*: the platform's, by their ids.

    Raises:
        BadSignatureError: a header is missing, the key is not known, or it did not sign this.
    """
    seconds, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
    key = keys.get(headers.get("wechatpay-serial", ""))
    if key is None or headers.get("wechatpay-signature-type", SCHEMA) != SCHEMA:
        raise BadSignatureError
    text = b"%s%s\n" % (f"{seconds}\n{nonce}\n".encode(), body)
    verify(key, text, headers.get("wechatpay-signature", ""))
    try:
        return _moment(seconds)
    except (ValueError, OverflowError, OSError) as error:
        raise BadSignatureError from error


@lru_cache(maxsize=64)
def _moment(seconds: str) -> datetime:
    """Many answers in a row are signed in the same second."""
    return datetime.fromtimestamp(int(seconds), UTC)


def require_fresh(signed_at: datetime, now: datetime) -> Literal[True]:
    """Check that a signed message is of now.

    Raises:
        BadSignatureError: it is more than five minutes from it.
    """
    if abs(now - signed_at) > FRESH_FOR:
        raise BadSignatureError
    return True


def read_node(body: bytes) -> Node:
    """The JSON object that *body* is.

    Raises:
        MalformedAnswerError: it is none.
    """
    try:
        node = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise MalformedAnswerError("not JSON in UTF-8") from error
    if not isinstance(node, dict):
        raise MalformedAnswerError("not an object")
    return node


def open_resource(resource: object, key: bytes) -> Node:
    """What a notification says: AES-256-GCM under the merchant's APIv3 key (32 bytes).

    Raises:
        MalformedAnswerError: it is not encrypted so, or not with this key.
    """
    if not isinstance(resource, dict) or resource.get("algorithm") != "AEAD_AES_256_GCM":
        raise MalformedAnswerError("not encrypted as agreed")
    words = [resource.get(name) for name in ("nonce", "ciphertext", "associated_data")]
    nonce, sealed, beside = [word.encode() if isinstance(word, str) else b"" for word in words]
    try:
        plain = AESGCM(key).decrypt(nonce, base64.b64decode(sealed, validate=True), beside)
    except (InvalidTag, binascii.Error, ValueError, OverflowError) as error:
        raise MalformedAnswerError("encrypted with another key") from error
    return read_node(plain)


def seed_of(secret: bytes, number: str, key_id: str, text: str) -> bytes:
    """The 20 bytes in the place of chance for *text* of *number* under the key *key_id*."""
    message = f"oaep seed\0{number}\0{key_id}\0{text}".encode()
    return hmac_sha256(secret)(message)[:_SHA1_BYTES]


def encrypt(key: RSAPublicKey, text: str, seed: bytes) -> str:
    """RSAES-OAEP (RFC 8017 §7.1.1, SHA-1 and MGF1 with SHA-1, no label) with this *seed*; base64.

    Raises:
        ValueError: *text* is longer than the key takes (214 bytes with 2,048 bits).
    """
    size, message, numbers = key.key_size // 8, text.encode(), key.public_numbers()
    fill = size - 2 * _SHA1_BYTES - 2 - len(message)
    if fill < 0 or len(seed) != _SHA1_BYTES:
        raise ValueError("too long to be encrypted")
    block = _SHA1_OF_NOTHING + bytes(fill) + b"\x01" + message
    masked = _xor(block, _mask(seed, len(block)))
    whole = _xor(seed, _mask(masked, _SHA1_BYTES)) + masked
    sealed = int(gmpy2.powmod(int.from_bytes(whole), numbers.e, numbers.n))
    return base64.b64encode(sealed.to_bytes(size)).decode("ascii")


def _mask(seed: bytes, length: int) -> bytes:
    """MGF1 with SHA-1 (RFC 8017 appendix B.2.1)."""
    start = hashlib.sha1(seed, usedforsecurity=False)
    mask = bytearray()
    for counter in range(-(-length // _SHA1_BYTES)):
        one = start.copy()
        one.update(counter.to_bytes(4))
        mask += one.digest()
    return bytes(mask[:length])


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(len(one))
