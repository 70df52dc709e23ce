import hmac

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.compiled.sha256 import hmac_sha256_of_all

_RFC_4231 = [
    (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        b"\xaa" * 20,
        b"\xdd" * 50,
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    ),
    (
        bytes(range(1, 26)),
        b"\xcd" * 50,
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ),
]


def _digests(key: bytes, messages: list[bytes]) -> list[bytes]:
    """What is said of all *messages*, as bytes."""
    bounds = np.cumsum([0, *map(len, messages)], dtype=np.int64)
    octets = np.frombuffer(b"".join(messages), dtype=np.uint8)
    return [row.tobytes() for row in hmac_sha256_of_all(octets, bounds, key).astype(">u4")]


@pytest.mark.parametrize(("key", "message", "digest"), _RFC_4231)
def test_the_vectors_of_rfc_4231_hold(key: bytes, message: bytes, digest: str) -> None:
    """Those whose key is no longer than a block."""
    assert _digests(key, [message]) == [bytes.fromhex(digest)]


def test_texts_of_every_length_end_rightly() -> None:
    """Also where the end of a text or its length needs a block of its own, side by side."""
    messages = [bytes([size]) * size for size in range(200)]
    assert _digests(b"key", messages) == [hmac.digest(b"key", m, "sha256") for m in messages]


@given(st.binary(max_size=64), st.lists(st.binary(max_size=200), max_size=70))
def test_it_says_what_the_standard_library_says(key: bytes, messages: list[bytes]) -> None:
    """Of any number of texts of any lengths."""
    assert _digests(key, messages) == [hmac.digest(key, m, "sha256") for m in messages]


def test_a_key_that_would_be_hashed_first_is_refused() -> None:
    """Nothing here has one, so nothing is done about it."""
    with pytest.raises(ValueError, match="64 bytes"):
        _digests(bytes(65), [b""])
