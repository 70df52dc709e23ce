"""Numbers in Crockford's base32, lower case: ``0`` to ``9`` and the letters without i, l, o, u."""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled

SIGNS: Final = 26
"""Of a number of 128 bits; the upper two bits of the first sign are 0."""

_ALPHABET: Final = np.frombuffer(b"0123456789abcdefghjkmnpqrstvwxyz", dtype=np.uint8)


@compiled
def written(words: npt.NDArray[np.uint32], signs: npt.NDArray[np.uint8]) -> None:
    """Write the first 128 bits of each row of *words*, five bits a sign, the highest first."""
    for i in range(len(words)):
        held, bits, place = np.uint64(0), 2, 0
        for k in range(4):
            held = held << np.uint64(32) | np.uint64(words[i, k])
            bits += 32
            while bits >= 5:
                bits -= 5
                signs[i, place] = _ALPHABET[held >> np.uint64(bits) & np.uint64(31)]
                place += 1
