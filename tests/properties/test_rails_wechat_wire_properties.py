import base64
import json
import os
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from hypothesis import given
from hypothesis import strategies as st

from amends.payouts.rails import rsa, wechat_wire
from amends.simulators.wechat import wire as provider

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
NAMES = st.text(alphabet=st.characters(codec="utf-8"), max_size=70).filter(
    lambda name: len(name.encode()) <= 214
)
NODES = st.dictionaries(st.text(alphabet=st.characters(codec="utf-8")), st.integers() | st.none())


@cache
def key() -> RSAPrivateKey:
    """One key for all examples."""
    return generate_private_key(public_exponent=65537, key_size=2048)


@cache
def keys() -> provider.Keys:
    """The provider's side of it."""
    return provider.Keys(
        **provider.MERCHANT, apiv3=b"k" * 32, merchant=key().public_key(), own=key()
    )


def merchant() -> wechat_wire.Merchant:
    """Our side of it."""
    names = provider.MERCHANT
    return wechat_wire.Merchant(mchid=names["mchid"], serial_no=names["serial_no"], key=key())


def platform() -> dict[str, RSAPublicKey]:
    """The platform's keys, by id."""
    return {keys().public_key_id: key().public_key()}


def lower(headers: dict[str, str]) -> dict[str, str]:
    """Headers as a connection gives them."""
    return {name.lower(): value for name, value in headers.items()}


@given(
    name=NAMES,
    number=st.from_regex(r"[0-9A-Za-z]{1,32}", fullmatch=True),
    secret=st.binary(max_size=64),
)
def test_names_are_sealed_the_same_for_ever(name: str, number: str, secret: bytes) -> None:
    """A standard OAEP opens what was sealed, and sealing it again gives the very same bytes."""
    seed = wechat_wire.seed_of(secret, number, "KEY", name)
    sealed = wechat_wire.encrypt(key().public_key(), name, seed)
    padding = OAEP(mgf=MGF1(algorithm=SHA1()), algorithm=SHA1(), label=None)  # noqa: S303  # theirs
    assert key().decrypt(base64.b64decode(sealed), padding).decode() == name
    again = wechat_wire.seed_of(secret, number, "KEY", name)
    assert wechat_wire.encrypt(key().public_key(), name, again) == sealed


@given(name=NAMES, number=st.text(alphabet="ABC", min_size=1))
def test_seeds_differ_where_anything_differs(name: str, number: str) -> None:
    """Another number, key, name or secret gives other chance: no two payments look alike."""
    made = [
        wechat_wire.seed_of(b"s", number, "K", name),
        wechat_wire.seed_of(b"s", number + "A", "K", name),
        wechat_wire.seed_of(b"s", number, "L", name),
        wechat_wire.seed_of(b"s", number, "K", name + "x"),
        wechat_wire.seed_of(b"t", number, "K", name),
    ]
    assert len(set(made)) == 5
    assert {len(seed) for seed in made} == {20}


def test_what_is_too_long_is_not_sealed() -> None:
    """214 bytes fit into 2,048 bits, 215 do not."""
    assert wechat_wire.encrypt(key().public_key(), "a" * 214, bytes(20))
    with pytest.raises(ValueError, match="too long"):
        wechat_wire.encrypt(key().public_key(), "a" * 215, bytes(20))


@given(
    method=st.sampled_from(["GET", "POST"]),
    target=st.from_regex(r"/v3/[a-z/?=&%0-9-]{0,40}", fullmatch=True),
    body=st.binary(max_size=200),
    nonce=st.from_regex(r"[0-9a-f]{1,32}", fullmatch=True),
)
def test_the_provider_accepts_what_we_sign(
    method: str, target: str, body: bytes, nonce: str
) -> None:
    """Every request of ours is signed; with anything changed it is not."""
    header = merchant().authorization(method, target, body, seconds=SECONDS, nonce=nonce)
    words = provider.signed_words(header)
    assert set(words) == {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}
    assert provider.is_signed(keys(), provider.Asked(method, target, body), words)
    for other in (
        provider.Asked("PUT", target, body),
        provider.Asked(method, target + "x", body),
        provider.Asked(method, target, body + b" "),
    ):
        assert not provider.is_signed(keys(), other, words)
    late = {**words, "timestamp": str(SECONDS + 1)}
    assert not provider.is_signed(keys(), provider.Asked(method, target, body), late)


@given(node=NODES, position=st.integers(0, 5000), bit=st.integers(0, 7))
def test_we_accept_what_the_provider_signed_and_nothing_else(
    node: dict[str, object], position: int, bit: int
) -> None:
    """An answer is verified as received: one bit more or less is a bad signature."""
    body = json.dumps(node).encode()
    headers = lower(provider.signature_of(keys(), body, SECONDS))
    assert wechat_wire.require_signed(headers, body, platform()) == NOW
    changed = bytearray(body)
    changed[position % len(body)] ^= 1 << bit
    with pytest.raises(rsa.BadSignatureError):
        wechat_wire.require_signed(headers, bytes(changed), platform())


@pytest.mark.parametrize(
    "change",
    [
        {"wechatpay-serial": "PUB_KEY_ID_OTHER"},
        {"wechatpay-serial": ""},
        {"wechatpay-timestamp": str(SECONDS + 1)},
        {"wechatpay-timestamp": ""},
        {"wechatpay-nonce": "other"},
        {"wechatpay-signature": ""},
        {"wechatpay-signature": "WECHATPAY/SIGNTEST/abc"},
        {"wechatpay-signature-type": "WECHATPAY2-SM2-WITH-SM3"},
    ],
)
def test_a_changed_header_is_a_bad_signature(change: dict[str, str]) -> None:
    """Key, time, nonce, signature and schema all have to be right; a probe's signature is none."""
    headers = {**lower(provider.signature_of(keys(), b"{}", SECONDS)), **change}
    with pytest.raises(rsa.BadSignatureError):
        wechat_wire.require_signed(headers, b"{}", platform())


def test_an_old_answer_is_no_answer() -> None:
    """More than five minutes off, either way, an answer may be one to something else."""
    five = timedelta(minutes=5)
    assert wechat_wire.require_fresh(NOW - five, NOW)
    assert wechat_wire.require_fresh(NOW + five, NOW)
    for off in (five + timedelta(seconds=1), -five - timedelta(seconds=1)):
        with pytest.raises(rsa.BadSignatureError):
            wechat_wire.require_fresh(NOW + off, NOW)


@given(content=NODES)
def test_sealed_resources_open(content: dict[str, object]) -> None:
    """What the provider seals opens with the merchant's key and no other."""
    resource = provider.sealed_resource(keys(), dict(content))
    assert wechat_wire.open_resource(resource, keys().apiv3) == content
    with pytest.raises(wechat_wire.MalformedAnswerError):
        wechat_wire.open_resource(resource, os.urandom(32))


@given(
    resource=st.none()
    | st.text()
    | st.dictionaries(
        st.sampled_from(["algorithm", "nonce", "ciphertext", "associated_data"]),
        st.sampled_from(["AEAD_AES_256_GCM", "", "abcd", "=", "é"]) | st.integers() | st.none(),
    )
)
def test_no_resource_breaks_the_reader(resource: object) -> None:
    """Whatever a notification carries, it is opened or malformed, and nothing else."""
    with pytest.raises(wechat_wire.MalformedAnswerError):
        wechat_wire.open_resource(resource, bytes(32))


@given(raw=st.binary(max_size=100) | st.sampled_from([b"[" * 100_000, b"[]", b"7", b'"a"']))
def test_only_objects_are_answers(raw: bytes) -> None:
    """Bytes that are no JSON object are malformed."""
    try:
        assert isinstance(wechat_wire.read_node(raw), dict)
    except wechat_wire.MalformedAnswerError:
        return


def test_a_plain_text_that_is_no_object_is_malformed() -> None:
    """Rightly sealed nonsense is malformed, too."""
    sealed = AESGCM(bytes(32)).encrypt(b"n" * 12, b"[1]", b"")
    resource = {
        "algorithm": "AEAD_AES_256_GCM",
        "nonce": "n" * 12,
        "ciphertext": base64.b64encode(sealed).decode(),
    }
    with pytest.raises(wechat_wire.MalformedAnswerError):
        wechat_wire.open_resource(resource, bytes(32))
