import base64
import json
from functools import cache
from urllib.parse import parse_qsl, quote_plus

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.clock import RealClock
from amends.payouts.rails import alipay_gateway, alipay_wire, rsa
from amends.simulators.alipay import app

METHOD = "alipay.fund.trans.common.query"
NODE = "alipay_fund_trans_common_query_response"
TRICKY = st.text(alphabet=st.sampled_from('ab{}[]\\",: \n\u00e9赔𠮷')) | st.text()
VALUES = st.recursive(
    TRICKY | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TRICKY, inner, max_size=3),
    max_leaves=8,
)
NODES = st.dictionaries(TRICKY, VALUES, max_size=5)


@cache
def key() -> RSAPrivateKey:
    """One key for all examples."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def answer(text: str, extra: dict[str, object], *, sign_first: bool, blank: str = " ") -> bytes:
    """An answer whose node is exactly *text*."""
    members = [f'"{NODE}"{blank}:{blank}{text}', f'"sign":"{rsa.sign(key(), text.encode())}"']
    members += [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in extra.items()]
    if sign_first:
        members.reverse()
    return ("{" + f"{blank},{blank}".join(members) + "}").encode()


@given(
    node=NODES,
    indent=st.sampled_from([None, 1]),
    ascii_only=st.booleans(),
    extra=st.dictionaries(TRICKY.filter(lambda name: name not in {NODE, "sign"}), VALUES),
    sign_first=st.booleans(),
    blank=st.sampled_from(["", " "]),
)
def test_the_node_is_verified_as_received(
    node: dict[str, object],
    *,
    indent: int | None,
    ascii_only: bool,
    extra: dict[str, object],
    sign_first: bool,
    blank: str,
) -> None:
    """Whatever a node holds and however it is written, its very characters are what is signed."""
    text = json.dumps(node, indent=indent, ensure_ascii=ascii_only)
    try:
        raw = answer(text, extra, sign_first=sign_first, blank=blank)
    except UnicodeEncodeError:
        return  # a lone surrogate: no UTF-8 text
    extra.pop("error_response", None)
    assert alipay_wire.open_answer(raw, METHOD, key().public_key()) == json.loads(text)


@given(node=NODES, position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_a_changed_byte_of_the_node_is_found(
    node: dict[str, object], position: int, bit: int
) -> None:
    """A flipped bit anywhere in the node ends as a bad signature or as no answer."""
    text = json.dumps(node)
    raw = bytearray(answer(text, {}, sign_first=False))
    start = raw.index(b" : ") + 3
    raw[start + position % len(text)] ^= 1 << bit
    with pytest.raises((rsa.BadSignatureError, alipay_wire.MalformedAnswerError)):
        alipay_wire.open_answer(bytes(raw), METHOD, key().public_key())


@pytest.mark.parametrize("escaped", ["/", "+", "="])
def test_a_signature_may_be_written_with_escapes(escaped: str) -> None:
    """What JSON allows in a text it allows in a signature; a second one is refused."""
    text = json.dumps({"code": "10000"})
    signature = rsa.sign(key(), text.encode())
    written = signature.replace(escaped, f"\\u{ord(escaped):04x}")
    raw = f'{{"{NODE}":{text},"sign":"{written}"}}'
    assert alipay_wire.open_answer(raw.encode(), METHOD, key().public_key()) == json.loads(text)
    for twice in (f'{{"{NODE}":{text},"sign":"a","sign":"{written}"}}', raw[:-1] + ',"sign":""}'):
        with pytest.raises(alipay_wire.MalformedAnswerError):
            alipay_wire.open_answer(twice.encode(), METHOD, key().public_key())


@given(raw=st.binary(max_size=200) | st.text(alphabet='{}[]",:ab \\').map(str.encode))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    """Anything that is not an answer is said to be malformed or unsigned, and nothing else."""
    with pytest.raises((rsa.BadSignatureError, alipay_wire.MalformedAnswerError)):
        alipay_wire.open_answer(raw, METHOD, key().public_key())


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"a":' * 50_000, b'{"a":1,"a":2}', b"{}{}"])
def test_hostile_json_is_malformed(raw: bytes) -> None:
    """Bottomless nesting, a name given twice, and something after the end are refused."""
    with pytest.raises(alipay_wire.MalformedAnswerError):
        alipay_wire.members(raw.decode())


@given(parameters=st.dictionaries(st.text(min_size=1), st.text()))
def test_signing_text_is_sorted_and_complete(parameters: dict[str, str]) -> None:
    """Order of insertion does not count; every parameter with a value but the signature does."""
    turned = dict(reversed(parameters.items()))
    text = alipay_wire.signing_text
    try:
        assert text(parameters) == text(turned)
    except UnicodeEncodeError:
        return
    kept = sorted(k for k, v in parameters.items() if v and k != "sign")
    assert text(parameters).decode() == "&".join(f"{k}={parameters[k]}" for k in kept)


@given(value=st.text(alphabet=st.characters(codec="utf-8")))
def test_quoting_is_read_back_by_urllib(value: str) -> None:
    """What a call writes into address and form is what urllib writes, and comes out the same."""
    quoted = alipay_wire.quoted(value.encode())
    assert quoted == quote_plus(value)
    assert parse_qsl(f"x={quoted}", keep_blank_values=True) == [("x", value)]


@given(content=st.text(alphabet=st.characters(codec="utf-8"), min_size=1), notify=st.booleans())
def test_a_request_is_signed_as_its_parts_say(content: str, *, notify: bool) -> None:
    """Text and target that are kept for a second are those of the parameters put together anew."""
    settings = alipay_gateway.AlipaySettings(
        gateway="http://127.0.0.1:1/x",
        app_id="2021000000000001",
        app_private_key=key().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        alipay_public_key=key()
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    )
    gateway = alipay_gateway.Gateway(settings, RealClock())
    url = "http://127.0.0.1/一" if notify else None
    for _ in range(2):
        target, form = gateway._request("alipay.a.b", content.encode(), url)
        sent = dict(parse_qsl(target.partition("?")[2])) | dict(parse_qsl(form.decode()))
        assert sent["biz_content"] == content
        assert sent.get("notify_url") == url
        signature = sent.pop("sign")
        assert rsa.verify(key().public_key(), alipay_wire.signing_text(sent), signature)


@given(
    parameters=st.dictionaries(
        st.text(alphabet="abc_", min_size=1), st.text(alphabet=st.characters(codec="utf-8"))
    )
)
def test_the_simulator_reads_forms_as_urllib_does(parameters: dict[str, str]) -> None:
    """What was quoted into address or body comes out the same."""
    form = "&".join(f"{k}={quote_plus(v)}" for k, v in parameters.items())
    expected = dict(parse_qsl(form, keep_blank_values=True))
    assert {k: v for k, v in app._parameters(f"/x?{form}", b"").items() if k} == expected
    assert {k: v for k, v in app._parameters("/x", form.encode()).items() if k} == expected


def test_signatures_repeat() -> None:
    """PKCS#1 v1.5 is deterministic: the same text gets the same signature, and it verifies."""
    one, two = (rsa.sign(key(), b"a=1&b=2") for _ in range(2))
    assert one == two
    assert len(base64.b64decode(one)) == 256
    assert rsa.verify(key().public_key(), b"a=1&b=2", one)


@given(form=st.text(alphabet=st.sampled_from("%fF0aE+=&;?#é赔 ")) | st.binary())
def test_the_simulator_reads_broken_forms_as_urllib_does(form: str | bytes) -> None:
    """Half escapes, bytes that are no UTF-8, empty names and values: all as urllib has them."""
    raw = form.encode() if isinstance(form, str) else form
    expected = dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    assert app._parameters("/x", raw) == expected
