"""Files for one reader: the format of age (C2SP age, v1) with an X25519 key, as a stream.

The reader needs nothing of ours: `age -d -i KEY FILE`. One recipient, no armor.
"""

import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from amends.kernel.agekeys import IDENTITY, RECIPIENT, identity_key, recipient_key, written

_VERSION = b"age-encryption.org/v1"
_WRAP = _VERSION + b"/X25519"
_CHUNK, _TAG, _FILE_KEY, _NONCE = 1 << 16, 16, 16, 16


class AgeError(Exception):
    """A file is not of this key, or was changed."""


def new_identity() -> tuple[str, str]:
    """A private key and its public key, as age writes them."""
    private = X25519PrivateKey.generate()
    public = written(RECIPIENT, private.public_key().public_bytes_raw())
    return written(IDENTITY, private.private_bytes_raw()).upper(), public


def sealed(parts: Iterable[bytes], recipient: str) -> Iterator[bytes]:
    """The file of these bytes for *recipient*, piece by piece."""
    file_key, ephemeral = os.urandom(_FILE_KEY), X25519PrivateKey.generate()
    public, share = recipient_key(recipient), ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    wrapping = ChaCha20Poly1305(_derived(shared, share + public, _WRAP))
    body = wrapping.encrypt(bytes(12), file_key, None)
    head = b"\n".join([_VERSION, b"-> X25519 " + _plain64(share), _plain64(body), b"---"])
    nonce = os.urandom(_NONCE)
    yield head + b" " + _plain64(_mac(file_key, head)) + b"\n" + nonce
    cipher = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
    for number, (chunk, last) in enumerate(_chunks(parts)):
        yield cipher.encrypt(_counter(number, last=last), chunk, None)


def opened(file: BinaryIO, identity: str) -> Iterator[bytes]:
    """The bytes that were sealed for this private key, piece by piece.

    Raises:
        AgeError: they were sealed for another, or changed, or cut off.
    """
    lines = [file.readline(200) for _ in range(4)]
    try:
        key = X25519PrivateKey.from_private_bytes(identity_key(identity))
        share, body = (_unplain64(line) for line in (lines[1][len(b"-> X25519 ") :], lines[2]))
        shared = key.exchange(X25519PublicKey.from_public_bytes(share))
        salt = share + key.public_key().public_bytes_raw()
        file_key = ChaCha20Poly1305(_derived(shared, salt, _WRAP)).decrypt(bytes(12), body, None)
        head, _, mac = b"".join(lines).rpartition(b" ")
        if not hmac.compare_digest(_unplain64(mac), _mac(file_key, head)):
            raise AgeError
        cipher = ChaCha20Poly1305(_derived(file_key, file.read(_NONCE), b"payload"))
        piece, number, last = file.read(_CHUNK + _TAG), 0, False
        while not last:
            after = file.read(_CHUNK + _TAG)
            last = not after
            yield cipher.decrypt(_counter(number, last=last), piece, None)
            piece, number = after, number + 1
    except (InvalidTag, ValueError, IndexError):
        raise AgeError from None


def _chunks(parts: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Pieces of one size, and whether each is the last; the last may be shorter."""
    waiting = bytearray()
    for part in parts:
        waiting += part
        while len(waiting) > _CHUNK:
            yield bytes(waiting[:_CHUNK]), False
            del waiting[:_CHUNK]
    yield bytes(waiting), True


def _counter(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _derived(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(secret)


def _mac(file_key: bytes, head: bytes) -> bytes:
    return hmac.digest(_derived(file_key, b"", b"header"), head, sha256)


def _plain64(data: bytes) -> bytes:
    return b64encode(data).rstrip(b"=")


def _unplain64(line: bytes) -> bytes:
    text = line.removesuffix(b"\n")
    return b64decode(text + b"=" * (-len(text) % 4), validate=True)
