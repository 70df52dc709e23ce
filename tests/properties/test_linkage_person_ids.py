import hashlib
import hmac

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.linkage.person_ids import alphabetical, keyed

SIGNS = "0123456789abcdefghjkmnpqrstvwxyz"


@given(texts=st.lists(st.text(max_size=80), max_size=40), key=st.binary(min_size=1, max_size=64))
def test_keyed_is_hmac_in_crockfords_base32(texts: list[str], key: bytes) -> None:
    """The first 128 bits of HMAC-SHA-256, five bits a sign, the highest first."""
    found = keyed(pl.Series(texts, dtype=pl.String), key)
    values = [
        int.from_bytes(hmac.digest(key, text.encode(), hashlib.sha256)[:16]) for text in texts
    ]
    assert found.to_list() == [
        "".join(SIGNS[value >> 5 * (25 - place) & 31] for place in range(26)) for value in values
    ]


def test_a_key_that_would_be_hashed_first_is_refused() -> None:
    """The case's keys are shorter, so nothing is done about it."""
    with pytest.raises(ValueError, match="64 bytes"):
        keyed(pl.Series(["a"]), bytes(65))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["0" * 8, "z" * 8, "abcdefgh"]),
            st.text("0az", min_size=18, max_size=18),
        ),
        max_size=30,
    )
)
def test_ids_are_put_in_the_order_of_the_alphabet(parts: list[tuple[str, str]]) -> None:
    """Also where many begin alike."""
    ids = pl.Series([begin + end for begin, end in parts], dtype=pl.String)
    assert ids[alphabetical(ids)].to_list() == sorted(ids)
