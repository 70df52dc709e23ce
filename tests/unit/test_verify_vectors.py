"""Published vectors, ours and others', read by the stranger's code and by the publisher's."""

import json
from base64 import b64decode
from hashlib import sha256, sha512
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from amends.roster import entries, policy
from amends.roster.commitment import commitment, field_digest, person_root
from amends.roster.entries import Total
from amends.roster.merkle import leaf_hash, root_from_inclusion
from amends.roster.note import LogKey
from amends_verify import audit, verify
from amends_verify.audit import Audit, Log
from amends_verify.verify import P, Point, RosterError
from amends_witness.notes import WitnessKey
from made_vectors import LAYOUT, made, vector
from rfc6962 import LEAVES, ROOTS

PAGE = Path(__file__).parents[2] / "docs" / "formats" / "entries-vector.json"
VECTOR: dict[str, Any] = json.loads(PAGE.read_text(encoding="utf-8"))


# Ours: docs/formats/entries-vector.json.


def test_the_vector_of_entries_is_what_the_program_makes() -> None:
    """entries-vector.json follows from fixed keys, codes and seeds, and has each type of entry."""
    assert vector() == VECTOR
    assert {one["entry"] for one in VECTOR["entries"]} == LAYOUT.keys()


def test_each_entry_is_its_fields_and_its_leaf_their_hash() -> None:
    """Cut into its fields an entry is whole; both readers come to the leaf that is written."""
    for one in VECTOR["entries"]:
        entry = bytes.fromhex(one["entry_hex"])
        assert "".join(one["fields_hex"].values()) == one["entry_hex"]
        assert verify.climb(entry, 0, 1, []).hex() == one["leaf_sha256"]
        assert leaf_hash(entry).hex() == one["leaf_sha256"]
    leaves = [bytes.fromhex(one["leaf_sha256"]) for one in VECTOR["entries"]]
    assert audit.top(leaves).hex() == VECTOR["root_hex"]


def published(name: str, fields: dict[str, str]) -> bytes:
    """An entry as the publisher writes it from these values."""
    hashes = [bytes.fromhex(value) for value in fields.values() if len(value) == 64]
    numbers = {key: int(value, 16) for key, value in fields.items() if len(value) < 64}
    match name:
        case "CASE":
            entry = entries.case_entry(*hashes)
        case "AWARD":
            assert numbers["flags"] == 0
            entry = entries.award_entry(numbers["class"], numbers["amount_minor"], *hashes)
        case "SCOPE":
            total = Total(count=numbers["people"], amount_minor=numbers["amount_minor"])
            entry = entries.scope_entry(total, *hashes)
        case "BATCH":
            rail = {code: rail for rail, code in entries.RAIL_CODES.items()}[numbers["rail"]]
            total = Total(count=numbers["payments"], amount_minor=numbers["amount_minor"])
            entry = entries.batch_entry(numbers["number"], rail, total, *hashes)
        case "STATE":
            totals = [
                Total(count=numbers[f"{state}_count"], amount_minor=numbers[f"{state}_sum"])
                for state in range(8)
            ]
            entry = entries.state_entry(numbers["epoch"], hashes[0], hashes[1], totals)
        case "CORRECTION":
            award, kind, reason = (numbers[key] for key in ("award", "class", "reason"))
            entry = entries.correction_entry(award, kind, reason, numbers["amount_minor"], *hashes)
        case _:
            entry = entries.claims_entry(numbers["publication"], numbers["buckets"], *hashes)
    return entry


@pytest.mark.parametrize("name", LAYOUT)
def test_the_publisher_writes_each_entry_of_its_values(name: str) -> None:
    """From the values in the vector the publisher's code makes the entry, byte by byte."""
    for one in VECTOR["entries"]:
        if one["entry"] == name:
            assert published(name, one["fields_hex"]).hex() == one["entry_hex"]


def test_the_strangers_audit_reads_every_entry_of_the_vector(tmp_path: Path) -> None:
    """The log of the vector, with its files, passes the audit; it is the vector's entries."""
    log = made()
    assert [entry.hex() for entry in log.log] == [one["entry_hex"] for one in VECTOR["entries"]]
    said = Audit(Log(log.write(tmp_path)), verify.Policy(VECTOR["policy"].encode())).run(
        claims=True
    )
    assert "2 awards" in said
    assert "amount_wrong 1, two_were_one 1" in said


def test_an_award_follows_from_its_fields_up_to_the_receipt() -> None:
    """Digest, person root, commitment, entry, leaf, root and receipt: both readers at each step."""
    award = VECTOR["award"]
    digests = []
    for field in award["fields"]:
        salt, digest = bytes.fromhex(field["salt_hex"]), bytes.fromhex(field["digest_hex"])
        assert sha256(bytes.fromhex(field["hashed_hex"])).digest() == digest
        assert verify.field(field["name"], salt, field["value"]) == digest
        assert field_digest(field["name"], salt, field["value"]) == digest
        digests.append(digest)
    assert person_root(digests).hex() == award["person_root"]["sha256"]
    nonce, root = bytes.fromhex(award["nonce_hex"]), bytes.fromhex(award["person_root"]["sha256"])
    hidden = bytes.fromhex(award["commitment"]["sha256"])
    assert commitment(nonce, root) == hidden
    for step in (award["person_root"], award["commitment"]):
        assert sha256(bytes.fromhex(step["hashed_hex"])).hexdigest() == step["sha256"]
    entry = bytes.fromhex(award["entry_hex"])
    assert entry[14:] == hidden
    path = [bytes.fromhex(step) for step in award["path_hex"]]
    place = award["entry_index"], award["size"]
    assert verify.climb(entry, *place, path).hex() == VECTOR["root_hex"]
    assert root_from_inclusion(leaf_hash(entry), *place, path).hex() == VECTOR["root_hex"]
    believed = verify.Policy(VECTOR["policy"].encode())
    assert believed.checkpoint(award["checkpoint"].encode())[2].hex() == VECTOR["root_hex"]
    assert "award 2 of case golden" in verify.receipt(award["receipt"].encode(), believed)
    opening = json.loads(b64decode(award["receipt"].split("\n")[1].removeprefix("extra ")))
    assert opening["digests"] == sorted(digest.hex() for digest in digests)
    assert opening["person_root"] == award["person_root"]["sha256"]


# Of another program: five awards of a prototype, whose leaf had a phone number for person root.

ENTRY = bytes.fromhex(
    "010000000000000000000007a120c5f2607beac18e3240ba7bdc04e51d3d1b2f1250356a0e1eda03053fe02b68a6"
)
PATH = [
    b64decode(step)
    for step in (
        "Ox419M1OlPKEw10Nxbh53uWY1UVNuuBS9WEriv23AZw=",
        "Rk4RSeFyfXEs/hmBkDBTYDu9IN2C6KPGDg166QAb9lk=",
        "d0PKYHpJ2cTCgNX50DxdVfr/JHBDmxgR4HLUfs2ZwJk=",
    )
]
NOTE = (
    "roster.example/amends/golden\n5\n+YKvCo2plz5lKDhuf+rUDAx7pp9OVHHe/MnIoOoIGI4=\n\n"
    "\u2014 roster.example/amends/golden N5SqmzhErAQ28SVyKFyO30dPl6hqLPgnpH+tDPnbrEJCttN3ry6"
    "TswQCMrxI5G6GkJmSpb00HSH+QsTSpHeZd2Wu2QU=\n"
    "\u2014 witness0.example o1BONQAAAABq/YbAfWemDo0P+pNcbGWiIycOBwptm4uqqcp5395pxRHxEJ+mHKPS2J2"
    "5rxoshMSH6zyhdKJxBDNFPHcCtTeDUN3mAA==\n"
)


def test_another_programs_proof_leads_to_its_cosigned_root() -> None:
    """Entry, path, checkpoint, cosignature of an unrelated program: both readers agree."""
    key = LogKey(origin="roster.example/amends/golden", seed=bytes([1]) * 32)
    witness = WitnessKey(name="witness0.example", seed=bytes([2]) * 32)
    text = f"log {key.verifier_key}\nwitness w {witness.verifier.text} https://w/\nquorum w\n"
    origin, size, root = verify.Policy(text.encode()).checkpoint(NOTE.encode())
    head = policy.accepted(NOTE.encode(), policy.parse_policy(text))
    assert (head.origin, head.size, head.root) == (origin, size, root) == (key.origin, 5, root)
    assert head.cosigned == {"w": 1_795_000_000}
    assert verify.climb(ENTRY, 2, size, PATH) == root
    assert root_from_inclusion(leaf_hash(ENTRY), 2, size, PATH) == root


def test_another_programs_entries_make_its_root() -> None:
    """The five entries, made again as that program made them, have its root."""
    log = []
    for number in range(5):
        phone = b"1380000000%d" % number
        hidden = b"amends/award/v1\0" + sha256(b"n%d" % number).digest()
        hidden += len(phone).to_bytes(2, "big") + phone
        log.append(entries.award_entry(0, 500_000, sha256(hidden).digest()))
    assert log[2] == ENTRY
    root = audit.top([leaf_hash(entry) for entry in log])
    assert root.hex() == "f982af0a8da9973e6528386e7fead40c0c7ba69f4e5471defcc9c8a0ea08188e"


# RFC 6962, RFC 9162: the entries, roots and paths of Certificate Transparency's own tests.

PATHS = {
    # index and size: path
    (0, 1): "",
    (0, 8): "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7 "
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e "
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    (5, 8): "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b "
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0 "
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    (2, 3): "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    (1, 5): "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d "
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e "
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
}


@pytest.mark.parametrize("size", range(1, 9))
def test_the_verifiers_roots_are_those_of_certificate_transparency(size: int) -> None:
    """Roots over the reference entries are the published ones."""
    assert audit.top([leaf_hash(entry) for entry in LEAVES[:size]]).hex() == ROOTS[size - 1]


@pytest.mark.parametrize("place", PATHS, ids=str)
def test_published_paths_lead_to_published_roots(place: tuple[int, int]) -> None:
    """Paths lead both readers to the root; with a step less or more, or elsewhere, they do not."""
    index, size = place
    path = [bytes.fromhex(step) for step in PATHS[place].split()]
    root = bytes.fromhex(ROOTS[size - 1])
    assert verify.climb(LEAVES[index], index, size, path) == root
    assert root_from_inclusion(leaf_hash(LEAVES[index]), index, size, path) == root
    with pytest.raises(RosterError, match="too long"):
        verify.climb(LEAVES[index], index, size, [*path, root])
    if path:
        with pytest.raises(RosterError, match="too short"):
            verify.climb(LEAVES[index], index, size, path[:-1])
    with pytest.raises(RosterError, match="older than the entry"):
        verify.climb(LEAVES[index], size, size, path)
    others = [other for other in range(size) if other != index]
    for other in others:
        try:
            assert verify.climb(LEAVES[index], other, size, path) != root
        except RosterError as reason:
            assert "too" in str(reason)  # noqa: PT017  # a wrong root will do as well


# Ed25519 at its edges: C2SP/CCTV, ed25519vectors.json, and all points of small order.

ZERO, MIXED = "00" * 32, "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f"
ABOVE = "ed" + "ff" * 30 + "7f"
FIRST = "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
SECOND = "b797b156efcd45a4e2454d2fd0b21438b3ccd80d4c7fd1d1b2c8e55bd4ed4a94"
SIGNED = "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02"
MINUS = "00" * 31 + "80"
RESIDUE, KEY, NONCE = "low_order_residue", "non_canonical_A", "non_canonical_R"
CCTV = {
    # number in the file: key, R, S, number of the message, flags that forbid it
    0: (ZERO, ZERO, ZERO, " 3", {RESIDUE}),
    1: (ZERO, ZERO, ZERO, " 11", set[str]()),
    2: (ZERO, FIRST, SIGNED, " 7", {RESIDUE}),
    3: (ZERO, FIRST, SIGNED, " 3", set[str]()),
    4: (
        MIXED,
        ZERO,
        "5e176f12cfb0d4e6eb6929b19ae4c998ef05c1c2cf628a9b1fa1c21312627108",
        " 7",
        {RESIDUE},
    ),
    5: (
        MIXED,
        ZERO,
        "9472a69cd9a701a50d130ed52189e2455b23767db52cacb8716fb896ffeeac09",
        " 3",
        set[str](),
    ),
    6: (
        MIXED,
        FIRST,
        "c02e2b9e63e385c058bf62b14b3a2b29ccefe8e38ddb536bc3f9865320a3d801",
        " 10",
        {RESIDUE},
    ),
    7: (
        MIXED,
        FIRST,
        "bbfd00bd9c259d8d222d15e67a3d8228585050dbb9b9585be20d8fadc721da03",
        "",
        set[str](),
    ),
    9: (ABOVE, ZERO, ZERO, " 6", {KEY}),
    11: (ABOVE, FIRST, SIGNED, "", {KEY}),
    12: (ABOVE, FIRST, SIGNED, " 7", {RESIDUE, KEY}),
    15: (ZERO, ABOVE, ZERO, " 10", {NONCE}),
    17: (
        MIXED,
        ABOVE,
        "ad7a355469b5c87e550469f6b2de409ee723acd584bf35f86b80c384e8ceb702",
        " 3",
        {NONCE},
    ),
    19: (
        MIXED,
        ABOVE,
        "9472a69cd9a701a50d130ed52189e2455b23767db52cacb8716fb896ffeeac09",
        " 3",
        {NONCE},
    ),
    21: (ABOVE, ABOVE, ZERO, " 15", {KEY, NONCE}),
    23: (ZERO, MINUS, ZERO, " 3", set[str]()),
    25: (ZERO, SECOND, SIGNED, " 9", set[str]()),
    27: (
        MIXED,
        MINUS,
        "050abffcd4d8ccbb4b8d6bf6649f5aa99e8de5cc182a7409633856ff53f49e0c",
        " 10",
        set[str](),
    ),
    29: (
        MIXED,
        SECOND,
        "732d9e0279fe001d90327efa319816e3e4506b78432b8b4e1f2fdc4b960d700f",
        " 2",
        set[str](),
    ),
    31: (ABOVE, MINUS, ZERO, " 9", {KEY}),
}


def stranger(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the stranger's code takes a signature."""
    try:
        return verify.signed(key, message, signature)
    except RosterError:
        return False


def publisher(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the library that publisher and witness use takes it."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("number", CCTV)
def test_signatures_at_the_edges_are_judged_as_the_standard_has_it(number: int) -> None:
    """CCTV's vectors: no cofactor, nothing encoded otherwise than in its one way."""
    key, point, scalar, message, flags = CCTV[number]
    parts = bytes.fromhex(key), f"ed25519vectors{message}".encode(), bytes.fromhex(point + scalar)
    assert stranger(*parts) is not bool(flags)
    assert publisher(*parts) is not bool(flags - {KEY})


SMALL = [
    bytes.fromhex(text)
    for text in (
        "00" * 32,
        MINUS,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ec" + "ff" * 30 + "7f",
    )
]
OTHERWISE = [
    bytes.fromhex(text)
    for text in (
        ABOVE,
        "ed" + "ff" * 31,
        "01" + "00" * 30 + "80",
        "ee" + "ff" * 30 + "7f",
        "ee" + "ff" * 31,
        "ec" + "ff" * 31,
    )
]


def test_points_of_small_order_have_one_encoding_each() -> None:
    """The eight points are read; their six other encodings are refused wherever they stand."""
    for data in SMALL:
        assert encoded(verify.point(data)) == data
    for data in OTHERWISE:
        with pytest.raises(RosterError):
            verify.point(data)
        assert not any(stranger(key, b"m", data + bytes(32)) for key in SMALL)
        assert not any(stranger(data, b"m", key + bytes(32)) for key in SMALL)


def test_keys_of_small_order_are_judged_as_the_other_library_does() -> None:
    """Every key and R of small order with several messages: same verdict, and both verdicts."""
    verdicts = [
        (stranger(*parts), publisher(*parts))
        for key, point, number in product(SMALL, SMALL, range(6))
        for parts in ((key, b"message %d" % number, point + bytes(32)),)
    ]
    assert {ours for ours, _ in verdicts} == {True, False}
    assert [one for one in verdicts if one[0] is not one[1]] == []


def encoded(point: Point) -> bytes:
    """A point as bytes."""
    x, y = (value * pow(point[2], -1, P) % P for value in point[:2])
    return (y | (x & 1) << 255).to_bytes(32, "little")


def test_keys_with_a_part_of_small_order_are_judged_as_the_other_library_does() -> None:
    """A key moved by a point of order eight: what it signs holds for one message in eight."""
    seed = bytes([9]) * 32
    secret = bytearray(sha512(seed).digest()[:32])
    secret[0] &= 248
    secret[31] = secret[31] & 63 | 64
    scalar, one = int.from_bytes(secret, "little"), Ed25519PrivateKey.from_private_bytes(seed)
    plain = one.public_key().public_bytes_raw()
    key = encoded(verify.add(verify.point(plain), verify.point(SMALL[3])))
    verdicts = []
    for number in range(64):
        message = b"message %d" % number
        made_so = one.sign(message)  # R = [r]B; its S is made again for the moved key
        hashed = [
            int.from_bytes(sha512(made_so[:32] + public + message).digest(), "little")
            for public in (plain, key)
        ]
        s = int.from_bytes(made_so[32:], "little") + (hashed[1] - hashed[0]) * scalar
        parts = key, message, made_so[:32] + (s % verify.ORDER).to_bytes(32, "little")
        k = hashed[1] % verify.ORDER
        verdicts.append((stranger(*parts), publisher(*parts), k % 8 == 0))
    assert {ours for ours, *_ in verdicts} == {True, False}
    assert [one for one in verdicts if len(set(one)) > 1] == []


def test_the_largest_number_below_the_order_is_read_whole() -> None:
    """S = L - 1 has the highest bit there is; with the neutral key, -B is the only R for it."""
    minus_base = bytes.fromhex("58" + "66" * 30 + "e6")
    largest = (verify.ORDER - 1).to_bytes(32, "little")
    for judge in (stranger, publisher):
        assert judge(SMALL[2], b"message", minus_base + largest)
        assert not judge(SMALL[2], b"message", minus_base[:31] + b"\x66" + largest)
