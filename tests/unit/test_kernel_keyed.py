import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.keyed import hmac_sha256


@given(st.binary(max_size=64), st.lists(st.binary(max_size=200), min_size=1, max_size=3))
def test_it_is_hmac_sha256(key: bytes, messages: list[bytes]) -> None:
    """The standard library's function says the same of every message under the key."""
    digest = hmac_sha256(key)
    assert [digest(m) for m in messages] == [hmac.digest(key, m, "sha256") for m in messages]


def test_a_key_that_would_be_hashed_first_is_refused() -> None:
    """Nothing here has one, so nothing is done about it."""
    with pytest.raises(ValueError, match="64 bytes"):
        hmac_sha256(bytes(65))
