import hmac
import json
import math
import os
from collections import Counter
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from amends.roster import claims, codes
from amends.roster.codes import ClaimCodeError
from amends.roster.commitment import Opening
from amends_verify import claim
from amends_verify.verify import RosterError
from roster_logs import CODES, KEY, MadeLog, claims_vector

ORIGIN = KEY.origin
VECTOR = Path(__file__).parents[2] / "docs" / "formats" / "claims-vector.json"
CODE = CODES[0]
WRITTEN = codes.written(CODE)


def test_the_published_vector_is_what_the_formats_make() -> None:
    """docs/formats/claims-vector.json follows from fixed codes, keys and seeds."""
    assert json.loads(VECTOR.read_text(encoding="utf-8")) == claims_vector()


def test_a_code_has_a_hundred_bits_in_crockfords_base32() -> None:
    """Twenty symbols carry 100 bits, and the last is the value modulo 37."""
    assert codes.written(0) == "00000-00000-00000-00000-0"
    assert len(WRITTEN.replace("-", "")) == 21
    value = 0
    for symbol in WRITTEN.replace("-", "")[:-1]:
        value = value * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(symbol)
    assert value == CODE
    assert "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U"[CODE % 37] == WRITTEN[-1]


def test_every_bit_of_a_draw_counts() -> None:
    """Each of the 100 bits is as often one as not, and no draw comes twice."""
    drawn = codes.drawn(os.urandom(13 * 20_000))
    assert len(set(drawn)) == len(drawn) > 16_500
    ones = [sum(code >> bit & 1 for code in drawn) / len(drawn) for bit in range(100)]
    assert all(abs(share - 0.5) < 6 * 0.5 / math.sqrt(len(drawn)) for share in ones)
    assert max(code.bit_length() for code in drawn) == 100
    assert all(codes.written(code)[-1] in codes.SYMBOLS for code in drawn[:500])


@pytest.mark.parametrize(
    "spelled",
    [
        WRITTEN.lower(),
        WRITTEN.replace("-", ""),
        WRITTEN.replace("-", " "),
        WRITTEN.replace("-", "\u3000"),
        WRITTEN.replace("-", "—"),
        WRITTEN.replace("-", "－"),
        WRITTEN.replace("-", "一"),
        WRITTEN.replace("-", "\u200b.\n"),
        WRITTEN.replace("0", "O").replace("1", "I"),
        WRITTEN.replace("0", "o").replace("1", "l"),
        "".join(chr(ord(s) + 0xFEE0) for s in WRITTEN),
        f"  {WRITTEN}  ",
    ],
)
def test_codes_are_read_as_people_write_them(spelled: str) -> None:
    """Case, dashes of all kinds, blanks, full-width forms, O, I and L make no difference."""
    assert codes.read(spelled) == CODE
    assert codes.given(ORIGIN, spelled) == CODE
    if "\u200b" not in spelled:
        assert claim.code_of(spelled, ORIGIN) == codes.packed(CODE)


def test_every_single_slip_is_found() -> None:
    """A wrong symbol anywhere, and two neighbours exchanged, never read as another code."""
    plain = WRITTEN.replace("-", "")
    slips = {
        plain[:at] + symbol + plain[at + 1 :] for at in range(21) for symbol in codes.SYMBOLS
    } | {plain[:at] + plain[at + 1] + plain[at] + plain[at + 2 :] for at in range(20)}
    slips.discard(plain)
    assert len(slips) >= 21 * 31
    for slip in slips:
        with pytest.raises(ClaimCodeError) as refused:
            codes.read(slip)
        assert slip not in refused.value.message, "a message never repeats a code"
        with pytest.raises(RosterError):
            claim.code_of(slip, ORIGIN)


@pytest.mark.parametrize("text", ["", "A", WRITTEN[:-2], "U" * 21, "!" * 21, "码" * 21])
def test_what_is_no_code_is_refused(text: str) -> None:
    """Too short, too long, or of other symbols."""
    with pytest.raises(ClaimCodeError):
        codes.given(ORIGIN, text)
    with pytest.raises(RosterError):
        claim.code_of(text, ORIGIN)


def test_a_scan_has_128_bits_and_is_bound_to_the_case() -> None:
    """What a QR code holds says so itself when it is of another case, or misread anywhere."""
    text = codes.scan_text(ORIGIN, CODE)
    assert codes.given(ORIGIN, text) == codes.scanned(ORIGIN, text.lower()) == CODE
    assert claim.code_of(text, ORIGIN) == codes.packed(CODE)
    assert len(text) == 31
    others = [text[:at] + ("0" if text[at] != "0" else "2") + text[at + 1 :] for at in range(5, 31)]
    for other in others:
        with pytest.raises(ClaimCodeError):
            codes.scanned(ORIGIN, other)
    with pytest.raises(ClaimCodeError):
        codes.given("another.amends.example", text)
    with pytest.raises(RosterError):
        claim.code_of(text, "another.amends.example")


def test_a_scan_is_no_address() -> None:
    """A scanner that reads it shows letters and opens nothing: no scheme, no dot, no slash."""
    assert not set(codes.scan_text(ORIGIN, CODE)) & set(":/.@?")


def opening(categories: str = "NAME;PHONE") -> Opening:
    """Somebody's."""
    return Opening(seed=bytes(range(32)), categories=categories, hidden=(b"a" * 32,) * 3)


@pytest.mark.parametrize(
    "categories",
    [
        "",
        "NAME",
        ";".join(sorted(claims.CATEGORIES)),
        "BLOOD GROUP X;NAME;PHONE",
        "ONLY STRANGE",
        "PHONE;NAME",
        "NAME;NAME",
        ";".join(f"OWN HEADING {n:03d}" for n in range(63)),
        "奇怪的列名" * 20,
    ],
)
def test_a_claim_comes_back_as_it_was(categories: str) -> None:
    """Whatever leaked of a person, the code opens exactly the opening that was committed to."""
    derived = codes.derived(ORIGIN, CODE)
    slots = claims.sealed_slots(7, 9, opening(categories).packed(), derived.root, 3)
    assert {len(slot) for slot in slots} == {claims.SLOT_BYTES}
    bucket = claims.bucket_file(b"".join(slots), bytes(32), publication=3, bucket=0)
    found = claims.found(bucket, derived.root, 3)
    assert found == claims.Claim(award_index=7, entry_index=9, opening=opening(categories))


def test_only_the_code_opens_the_claim() -> None:
    """Another code, another publication, and any changed byte of the slot open nothing."""
    derived = codes.derived(ORIGIN, CODE)
    (slot,) = claims.sealed_slots(7, 9, opening().packed(), derived.root, 3)
    bucket = claims.bucket_file(slot, bytes(32), publication=3, bucket=0)
    at = bucket.index(slot)
    assert claims.found(bucket, codes.derived(ORIGIN, CODES[1]).root, 3) is None
    assert claims.found(bucket, codes.derived("other", CODE).root, 3) is None
    assert claims.found(bucket, derived.root, 4) is None
    for byte in range(claims.SLOT_BYTES):
        broken = bytearray(bucket)
        broken[at + byte] ^= 1
        assert claims.found(bytes(broken), derived.root, 3) is None


def test_guessing_opens_nothing() -> None:
    """A thousand other codes, and every neighbour of a true one, open nothing in its bucket."""
    log = MadeLog(people=40).begin().claim(dict(enumerate(CODES[:30])))
    bucket = log.covered[claims.bucket_path(0)]
    near = [CODE ^ 1 << bit for bit in range(100)]
    for code in codes.drawn(os.urandom(13 * 1_000)) + near:
        assert claims.found(bucket, codes.derived(ORIGIN, code).root, 1) is None
    assert claims.found(bucket, codes.derived(ORIGIN, CODE).root, 1) is not None


def test_a_bucket_looks_the_same_empty_and_full() -> None:
    """Size, order and the spread of bytes say nothing of how many slots are somebody's."""
    slots = [
        claims.sealed_slots(n, n, opening().packed(), os.urandom(32), 1)[0]
        for n in range(claims.SLOTS)
    ]
    for taken in (0, 60, claims.SLOTS):
        data = claims.bucket_file(b"".join(slots[:taken]), os.urandom(32), publication=1, bucket=0)
        assert len(data) == claims.BUCKET_BYTES
        tags = [data[at : at + 16] for at in range(32, len(data), claims.SLOT_BYTES)]
        assert tags == sorted(set(tags))
        assert len(tags) == claims.SLOTS
        counts = Counter(data[32:])
        expected = (len(data) - 32) / 256
        square = sum((counts[byte] - expected) ** 2 / expected for byte in range(256))
        assert square < 255 + 6 * math.sqrt(2 * 255), "chi-square: six standard deviations"


def test_the_number_of_buckets_follows_from_what_is_public() -> None:
    """As many for the same log, whoever has a code; about 126 people ask for the same bucket."""
    counts = [claims.bucket_count(n) for n in (0, 1, 126, 127, 30_000, 3_000_000)]
    assert counts == [1, 1, 1, 2, 239, 23_810]
    few = MadeLog(people=130).begin().claim({0: CODES[0]})
    many = MadeLog(people=130).begin().claim(dict(enumerate(CODES)))
    shapes = [
        {name: len(data) for name, data in log.covered.items() if name.startswith("claims/")}
        for log in (few, many)
    ]
    assert shapes[0] == shapes[1]
    assert few.log[-1][:9] == many.log[-1][:9]


def test_a_new_publication_shares_no_byte_with_the_last() -> None:
    """Who compares two publications sees of no slot that it stayed: all keys and tags are new."""
    log = MadeLog(people=20).begin().claim(dict(enumerate(CODES[:20])))
    first = log.covered[claims.bucket_path(0)]
    second = log.claim(dict(enumerate(CODES[:20]))).covered[claims.bucket_path(0)]
    slots = [{data[at : at + 176] for at in range(32, len(data), 176)} for data in (first, second)]
    tags = [{slot[:16] for slot in one} for one in slots]
    assert not slots[0] & slots[1]
    assert not tags[0] & tags[1]


def test_nothing_in_a_bucket_stands_there_in_the_clear() -> None:
    """No seed, digest, nonce, root or code is found in a bucket, nor a hash of them."""
    log = MadeLog(people=20).begin().claim(dict(enumerate(CODES[:20])))
    data = log.covered[claims.bucket_path(0)]
    for award, code in enumerate(CODES[:20]):
        derived = codes.derived(ORIGIN, code)
        opened = log.openings[award]
        for secret in (opened.seed, *opened.hidden, derived.root, codes.packed(code)):
            assert secret not in data
            assert sha256(secret).digest()[:8] not in data


def test_a_slot_is_hmac_and_nothing_else() -> None:
    """Pad and tag are HMAC-SHA-256 of what docs/formats/claims.md says, by another way there."""
    root, plain = os.urandom(32), os.urandom(160)
    slot = codes.sealed(root, codes.slot_label(7, 2), plain)
    label = b"amends/slot/v1" + (7).to_bytes(4, "big") + b"\2"
    pad = b"".join(hmac.new(root, label + bytes([n]), sha256).digest() for n in range(5))
    body = bytes(a ^ b for a, b in zip(plain, pad, strict=True))
    assert slot == hmac.new(root, label + b"\5" + body, sha256).digest()[:16] + body
    assert codes.unsealed(root, codes.slot_label(7, 2), body) == plain


def test_many_slots_are_sealed_as_one_is() -> None:
    """Whatever their number, in compiled lanes they come to the same bytes."""
    for count in (1, 15, 16, 17, 40):
        leaked = ["OWN HEADING;NAME" * (1 + n % 3 * 20) if n % 4 else "NAME" for n in range(count)]
        packed = [opening(categories).packed() for categories in leaked]
        roots = os.urandom(32 * count)
        numbers = np.arange(count)
        parts = claims.parts_of(numbers, numbers + 2, packed)
        rows = np.frombuffer(roots, np.uint8).reshape(-1, 32)
        made = claims.sealed_parts(parts, rows, 3)
        one_by_one = [
            claims.sealed_slots(n, n + 2, packed[n], roots[32 * n : 32 * n + 32], 3)
            for n in range(count)
        ]
        for n in range(count):
            assert [slot.tobytes() for slot in made[parts.owners == n]] == one_by_one[n]
