"""Names under a key for many texts at once: HMAC-SHA-256 (RFC 2104) in base32."""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiled.messages import Texts
from amends.kernel.compiled.sha2 import SHA256
from amends.kernel.compiling import borrowing
from amends.kernel.ids import PERSON_ID_BYTES
from amends.linkage.compiled.entries import Bytes
from amends.linkage.compiled.octets import Octets

Words = npt.NDArray[np.uint32]
Signs = npt.NDArray[np.uint8]

_AT_ONCE: Final = 16_384
_NAME_BYTES: Final = 16
_SIGNS: Final = np.frombuffer(b"0123456789abcdefghjkmnpqrstvwxyz", dtype=np.uint8)
"""Crockford's base32, lower case."""


def keyed_signs(texts: Octets, key: bytes) -> Bytes:
    """Names of 26 signs, one after the other, for each text: the first 128 bits of its digest.

    Args:
        texts: a null is an empty text.
        key: at most 64 octets.

    Raises:
        ValueError: the key is longer.
    """
    signs = np.empty((len(texts.bounds) - 1, PERSON_ID_BYTES), dtype=np.uint8)
    for first in range(0, max(len(signs), 1), _AT_ONCE):
        some = Texts(texts.octets, texts.bounds[first : first + _AT_ONCE + 1])
        names = np.ascontiguousarray(SHA256.keyed(some, key)[:, :_NAME_BYTES])
        words = names.view(">u4").astype(np.uint32)
        spell_digits(words, _SIGNS, signs[first : first + _AT_ONCE])
    return signs.reshape(-1)


@borrowing
def spell_digits(names: Words, alphabet: Bytes, signs: Signs) -> None:
    """Write 128 bits each in digits of five, the highest first; its upper two bits are 0."""
    for at in range(len(names)):
        bits, held, word = 2, np.uint64(0), 0
        for place in range(signs.shape[1]):
            if bits < 5:
                held = held << np.uint64(32) | np.uint64(names[at, word])
                bits, word = bits + 32, word + 1
            bits -= 5
            signs[at, place] = alphabet[held >> np.uint64(bits) & np.uint64(31)]
