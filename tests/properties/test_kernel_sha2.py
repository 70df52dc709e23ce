"""SHA-2 of many messages at once is the library's, message by message, and the standards' own."""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.compiled.messages import Texts, texts_of
from amends.kernel.compiled.sha2 import SHA256, SHA512, Hash

BOTH = [(SHA256, "sha256"), (SHA512, "sha512")]
each = pytest.mark.parametrize(("many", "name"), BOTH, ids=[name for _, name in BOTH])
EDGES = [0, 1, 47, 55, 56, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129, 239, 240, 300]
LENGTHS = st.one_of(st.sampled_from(EDGES), st.integers(0, 400))


def texts(messages: list[bytes]) -> Texts:
    """Texts of these octets."""
    octets = np.frombuffer(b"".join(messages), dtype=np.uint8)
    return Texts(octets, np.cumsum([0, *map(len, messages)], dtype=np.int64))


def told(rows: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> Iterator[bytes]:
    """Each row."""
    return (row.tobytes() for row in rows)


@each
@given(
    head=st.binary(max_size=20),
    width=st.integers(0, 70),
    lengths=st.lists(LENGTHS, max_size=40),
    seed=st.integers(0, 2**32),
)
def test_digests_are_the_librarys(
    many: Hash, name: str, head: bytes, width: int, lengths: list[int], seed: int
) -> None:
    """Head, row and text of any size, of few and of more than go side by side."""
    random = np.random.default_rng(seed)
    rows = random.integers(0, 256, (len(lengths), width), dtype=np.uint8)
    messages = [random.bytes(length) for length in lengths]
    whole = [head + row + text for row, text in zip(told(rows), messages, strict=True)]
    found = many.digests(rows, texts(messages), head=head)
    assert list(told(found)) == [hashlib.new(name, one).digest() for one in whole]
    without = many.digests(rows, head=head)
    assert list(told(without)) == [hashlib.new(name, head + row).digest() for row in told(rows)]


@each
@given(
    key=st.binary(max_size=64),
    lengths=st.lists(LENGTHS, max_size=40),
    seed=st.integers(0, 2**32),
)
def test_hmac_is_the_librarys(
    many: Hash, name: str, key: bytes, lengths: list[int], seed: int
) -> None:
    """Of many texts under one key, and of one text under many keys."""
    random = np.random.default_rng(seed)
    messages = [random.bytes(length) for length in lengths]
    expected = [hmac.digest(key, message, name) for message in messages]
    assert list(told(many.keyed(texts(messages), key))) == expected
    keys = random.integers(0, 256, (len(lengths), 32), dtype=np.uint8)
    message = b"".join(messages[:1])
    expected = [hmac.digest(one, message, name) for one in told(keys)]
    assert list(told(many.keyed_by_each(keys, message))) == expected


@each
@pytest.mark.parametrize("asked", [Hash.keyed, Hash.keyed_by_each], ids=["one", "each"])
def test_a_key_that_would_be_hashed_first_is_refused(
    many: Hash, name: str, asked: Callable[..., object]
) -> None:
    """Nothing here has one, so nothing is done about it."""
    size = hashlib.new(name).block_size + 1
    arguments = {
        Hash.keyed: (texts([b""]), bytes(size)),
        Hash.keyed_by_each: (np.zeros((1, size), dtype=np.uint8), b""),
    }[asked]
    with pytest.raises(ValueError, match="a key of HMAC"):
        asked(many, *arguments)


def test_examples_of_fips_180_4() -> None:
    """The examples "abc" of NIST's "Secure Hash Standard" examples, and of RFC 6234 §8.5."""
    rows = np.frombuffer(b"abc", dtype=np.uint8).reshape(1, 3)
    assert SHA256.digests(rows).tobytes().hex() == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    assert SHA512.digests(rows).tobytes().hex() == (
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    )


@pytest.mark.parametrize(
    ("key", "message", "sha256", "sha512"),
    [
        (
            b"\x0b" * 20,
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            (
                "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
                "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"
            ),
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            (
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
            ),
        ),
    ],
)
def test_examples_of_rfc_4231(key: bytes, message: bytes, sha256: str, sha512: str) -> None:
    """Test cases 1 and 2, by either way to give a key."""
    keys = np.frombuffer(key, dtype=np.uint8).reshape(1, -1)
    for many, expected in ((SHA256, sha256), (SHA512, sha512)):
        assert many.keyed(texts([message]), key).tobytes().hex() == expected
        assert many.keyed_by_each(keys, message).tobytes().hex() == expected


@given(st.lists(st.text(max_size=6), max_size=8), st.integers(0, 8))
def test_texts_of_a_column_are_its_octets(column: list[str], first: int) -> None:
    """Also of one that begins inside another."""
    series = pl.Series(column, dtype=pl.String)[first:]
    octets, bounds = texts_of(series)
    cut = [octets[a:b].tobytes() for a, b in pairwise(bounds)]
    assert cut == [text.encode() for text in column[first:]]
