from base64 import b64decode, b64encode
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.roster.note import LogKey
from amends_verify import verify
from amends_verify.verify import ORDER, P, RosterError, signed
from amends_witness.notes import COSIGNATURE, ED25519, VerifierKey, WitnessKey
from ed25519_vectors import RFC_8032
from roster_logs import KEY


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_vectors_of_the_standard_verify(key: str, message: str, signature: str) -> None:
    """RFC 8032's signatures are good, and no longer so with a byte more, less or changed."""
    public, text, made = (bytes.fromhex(part) for part in (key, message, signature))
    assert signed(public, text, made)
    assert not signed(public, text + b"x", made)
    for parts in ((public, made + b"\0"), (public, made[:-1]), (public[:-1], made)):
        with pytest.raises(RosterError, match="does not have its length"):
            signed(parts[0], text, parts[1])


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
@settings(max_examples=40)
def test_signatures_of_another_library_verify_and_no_bit_is_idle(
    seed: bytes, message: bytes, bit: int
) -> None:
    """What OpenSSL signs is good; with any one bit turned it is not."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, made = private.public_key().public_bytes_raw(), private.sign(message)
    assert signed(public, message, made)
    flipped = (int.from_bytes(made, "big") ^ 1 << bit).to_bytes(64, "big")
    with suppress(RosterError):
        assert not signed(public, message, flipped)


def test_a_signature_with_its_number_above_the_order_is_refused() -> None:
    """S and S + L verify alike in careless programs; only the smaller is a signature."""
    key, _, made = (bytes.fromhex(part) for part in RFC_8032[0])
    s = int.from_bytes(made[32:], "little") + ORDER
    assert not signed(key, b"", made[:32] + s.to_bytes(32, "little"))


@pytest.mark.parametrize("y", [P, P + 1, 2**255 - 1])
def test_a_point_has_one_encoding(y: int) -> None:
    """An encoding of a number beyond the field is no point."""
    with pytest.raises(RosterError, match="canonical"):
        verify.point(y.to_bytes(32, "little"))


def test_a_sign_without_a_number_is_no_point() -> None:
    """Minus zero is refused, and so is a number that is on no curve."""
    for data in ((1 | 1 << 255).to_bytes(32, "little"), (2).to_bytes(32, "little")):
        with pytest.raises(RosterError, match="no point"):
            verify.point(data)


@pytest.mark.parametrize(
    "text", ["QQ", "QR==", "QQ==\n", " QQ==", "QQ=", "Q Q==", "QQ==QQ==", "ＱQ==", "QQ-_"]
)
def test_base64_has_one_form(text: str) -> None:
    """Spare bits, blanks, missing or doubled padding and other alphabets are refused."""
    with pytest.raises((RosterError, ValueError)):
        verify.unbase64(text)


@pytest.mark.parametrize("text", ["", "01", "+1", "1 ", "１", "1_0", "-1", "1" * 17, "1\n"])
def test_numbers_have_one_form(text: str) -> None:
    """Leading zeroes, signs, blanks and full-width digits are no numbers."""
    with pytest.raises(RosterError, match="number"):
        verify.number(text)


def policy(*lines: str) -> verify.Policy:
    """A policy of these lines."""
    return verify.Policy("\n".join([*lines, ""]).encode())


def test_a_policy_needs_a_log_and_a_quorum() -> None:
    """Comments and blank lines say nothing; what is missing, doubled or unknown is refused."""
    log, none = f"log {KEY.verifier_key}", "quorum none"
    assert policy("# a comment", "", f"  {log} https://log.example/ ", none).logs
    for lines in ([log], [none], [log, log, none], [log, none, none], [log, none, "trust me"]):
        with pytest.raises(RosterError):
            policy(*lines)


WITNESSES = tuple(WitnessKey(name=f"w{n}.example", seed=bytes([40 + n]) * 32) for n in range(4))
BODY = KEY.checkpoint(5, bytes(32)).partition("\n\n")[0] + "\n"


def trusting(*rules: str) -> verify.Policy:
    """A policy of the four witnesses A to D and these rules."""
    named = zip("ABCD", WITNESSES, strict=True)
    lines = [f"witness {name} {key.verifier.text} https://{key.name}/" for name, key in named]
    return policy(f"log {KEY.verifier_key}", *lines, *rules)


def cosigned(*numbers: int, time_s: int = 1_795_000_000) -> bytes:
    """A checkpoint that these witnesses have cosigned, in that order."""
    note = KEY.checkpoint(5, bytes(32))
    return (note + "".join(WITNESSES[n].cosign(BODY, time_s) for n in numbers)).encode()


def refused(rule: verify.Policy, checkpoint: bytes) -> str:
    """Why a checkpoint is refused; empty if it is not."""
    try:
        rule.checkpoint(checkpoint)
    except RosterError as reason:
        return str(reason)
    return ""


def test_a_quorum_is_met_by_enough_different_witnesses() -> None:
    """Two of three: who is missing is said; one that signs twice is one; D does not count."""
    rule = trusting("group G 2 A B C", "quorum G")
    for numbers in ((0, 1), (2, 0), (0, 1, 2, 3)):
        assert refused(rule, cosigned(*numbers)) == ""
    assert refused(rule, cosigned(0, 3)) == "witnesses are missing: B, C"
    assert refused(rule, cosigned(0, 0)) == "witnesses are missing: B, C, D"
    assert refused(rule, cosigned()) == "witnesses are missing: A, B, C, D"
    assert refused(trusting("quorum none"), cosigned()) == ""
    assert refused(trusting("quorum B"), cosigned(0)) != ""


def test_groups_hold_groups() -> None:
    """The policy of C2SP's own example: two of one group and any of another."""
    rule = trusting("group X 2 A B", "group Y any C D", "group Z all X Y", "quorum Z")
    assert refused(rule, cosigned(0, 1, 3)) == ""
    assert refused(rule, cosigned(0, 2, 3)) == "witnesses are missing: B"
    assert refused(rule, cosigned(0, 1)) == "witnesses are missing: C, D"


def test_a_wrong_cosignature_spoils_the_checkpoint() -> None:
    """Of another text, at another time, or of another key under the name: not just ignored."""
    rule = trusting("quorum A")
    good, line = cosigned(0).decode(), WITNESSES[0].cosign(BODY, 1_795_000_000)
    other = WITNESSES[0].cosign(BODY.replace("5", "6"), 1_795_000_000)
    assert "cosignature is wrong: A" in refused(rule, good.replace(line, other).encode())
    data = bytearray(b64decode(line.split(" ")[2]))
    data[11] ^= 1
    late = f"\u2014 w0.example {b64encode(bytes(data)).decode()}\n"
    assert "cosignature is wrong: A" in refused(rule, good.replace(line, late).encode())
    plain = LogKey(origin="w0.example", seed=WITNESSES[0].seed).sign(BODY).rpartition("\n\n")[2]
    assert "missing: A" in refused(rule, good.replace(line, plain).encode())


def test_a_policy_with_a_wrong_rule_is_refused() -> None:
    """Names that are not there or stand twice, numbers that cannot be met, keys in two roles."""
    key = WITNESSES[0].verifier
    role = VerifierKey(name="log.example", kind=ED25519, key=key.key).text
    twice = VerifierKey(name="other.example", kind=COSIGNATURE, key=key.key).text
    for rules in (
        ("group G 3 A B", "quorum G"),
        ("group G 0 A B", "quorum G"),
        ("group G 01 A B", "quorum G"),
        ("group G any", "quorum none"),
        ("group G all A A", "quorum G"),
        ("group G all A none", "quorum G"),
        ("group G all A E", "quorum G"),
        ("group G any A", "group H any A B", "quorum H"),
        ("group A any B", "quorum A"),
        ("group none any B", "quorum none"),
        ("quorum E",),
        ("quorum A B",),
        (f"log {role}", "quorum A"),
        (f"witness E {twice}", "quorum A"),
        (f"witness E {KEY.verifier_key}", "quorum A"),
    ):
        with pytest.raises((RosterError, *verify.MALFORMED)):
            trusting(*rules)


def test_a_key_of_another_kind_or_with_a_false_id_is_refused() -> None:
    """A verifier key's id is the hash of its name and key; only Ed25519 log keys are taken."""
    name, key_id, key = KEY.verifier_key.split("+", 2)
    for text in (
        f"{name}+00000000+{key}",
        f"other+{key_id}+{key}",
        f"{name}+{key_id}+{b64encode(bytes([4]) + KEY.public).decode()}",
    ):
        with pytest.raises(RosterError, match="key"):
            policy(f"log {text}", "quorum none")
