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

from amends.roster import entries, selfcheck
from amends.roster.commitment import commitment, field_digest, person_root
from amends.roster.entries import Total
from amends.roster.merkle import leaf_hash, root_from_inclusion
from amends.roster.model import PolicyError
from amends_verify import tiles, verify
from amends_verify.audit import Audit
from amends_verify.verify import P, Point, RosterError
from amends_witness.notes import ED25519, VerifierKey
from ed25519_vectors import CCTV, NON_CANONICAL_KEY, OTHERWISE, SMALL
from made_vectors import LAYOUT, TOTALS, closing_vector, ended, made, vector
from prototype_vector import ENTRY, NOTE, ORIGIN, PATH, POLICY
from rfc6962 import LEAVES, PATHS, ROOTS

FORMATS = Path(__file__).parents[2] / "docs" / "formats"
VECTOR: dict[str, Any]
CLOSING: dict[str, Any]
VECTOR, CLOSING = (
    json.loads((FORMATS / f"{name}-vector.json").read_text(encoding="utf-8"))
    for name in ("entries", "closing")
)
ENTRIES = VECTOR["entries"] + CLOSING["entries"]


# Ours: docs/formats/entries-vector.json, closing-vector.json.


def test_the_vector_of_entries_is_what_the_program_makes() -> None:
    """Both follow from fixed keys, codes and seeds, and have each type of entry."""
    assert vector() == VECTOR
    assert closing_vector() == CLOSING
    assert {one["entry"] for one in ENTRIES} == LAYOUT.keys()


def test_each_entry_is_its_fields_and_its_leaf_their_hash() -> None:
    """Cut into its fields an entry is whole; both readers come to the leaf that is written."""
    for one in ENTRIES:
        entry = bytes.fromhex(one["entry_hex"])
        assert "".join(one["fields_hex"].values()) == one["entry_hex"]
        assert verify.climb(entry, 0, 1, []).hex() == one["leaf_sha256"]
        assert leaf_hash(entry).hex() == one["leaf_sha256"]
    for log in (VECTOR, CLOSING):
        leaves = [bytes.fromhex(one["leaf_sha256"]) for one in log["entries"]]
        assert tiles.top(leaves).hex() == log["root_hex"]


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
        case "SEAL":
            owed, settled, deposited = (
                Total(count=numbers[f"{of}_count"], amount_minor=numbers[f"{of}_sum"])
                for of in TOTALS
            )
            entry = entries.seal_entry(
                owed=owed, settled=settled, deposited=deposited, seal_sha256=hashes[0]
            )
        case "ERASED":
            entry = entries.erased_entry(*hashes)
        case _:
            entry = entries.claims_entry(numbers["publication"], numbers["buckets"], *hashes)
    return entry


@pytest.mark.parametrize("name", LAYOUT)
def test_the_publisher_writes_each_entry_of_its_values(name: str) -> None:
    """From the values in the vector the publisher's code makes the entry, byte by byte."""
    for one in ENTRIES:
        if one["entry"] == name:
            assert published(name, one["fields_hex"]).hex() == one["entry_hex"]


def test_the_strangers_audit_reads_every_entry_of_the_vector(tmp_path: Path) -> None:
    """The log of the vector, with its files, passes the audit; it is the vector's entries."""
    log = made()
    assert [entry.hex() for entry in log.log] == [one["entry_hex"] for one in VECTOR["entries"]]
    said = Audit(log.write(tmp_path), verify.Policy(VECTOR["policy"].encode())).run(claims=True)
    assert "2 awards" in said
    assert "amount_wrong 1, two_were_one 1" in said


def test_the_strangers_audit_reads_the_end_of_the_vector(tmp_path: Path) -> None:
    """SEAL and ERASED with their files pass the audit; they are the vector's."""
    log = ended()
    assert [entry.hex() for entry in log.log] == [one["entry_hex"] for one in CLOSING["entries"]]
    said = Audit(log.write(tmp_path), verify.Policy(CLOSING["policy"].encode())).run()
    assert "SEALED: 3 awards" in said
    assert "ERASED" in said


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


def test_another_programs_proof_leads_to_its_cosigned_root() -> None:
    """Entry, path, checkpoint, cosignature of an unrelated program: both readers agree."""
    origin, size, root = verify.Policy(POLICY.encode()).checkpoint(NOTE.encode())
    head = selfcheck.accepted(NOTE.encode(), selfcheck.parse_policy(POLICY))
    assert (head.origin, head.size, head.root) == (origin, size, root) == (ORIGIN, 5, root)
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
    root = tiles.top([leaf_hash(entry) for entry in log])
    assert root.hex() == "f982af0a8da9973e6528386e7fead40c0c7ba69f4e5471defcc9c8a0ea08188e"


# RFC 6962, RFC 9162: the entries, roots and paths of Certificate Transparency's own tests.


@pytest.mark.parametrize("size", range(1, 9))
def test_the_verifiers_roots_are_those_of_certificate_transparency(size: int) -> None:
    """Roots over the reference entries are the published ones."""
    assert tiles.top([leaf_hash(entry) for entry in LEAVES[:size]]).hex() == ROOTS[size - 1]


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
    assert publisher(*parts) is not bool(flags - {NON_CANONICAL_KEY})


def test_points_of_small_order_have_one_encoding_each() -> None:
    """The eight points are read; their six other encodings are refused wherever they stand."""
    for data in SMALL:
        assert encoded(verify.point(data)) == data
    for data in OTHERWISE:
        with pytest.raises(RosterError):
            verify.point(data)
        assert not any(stranger(key, b"m", data + bytes(32)) for key in SMALL)
        assert not any(stranger(data, b"m", key + bytes(32)) for key in SMALL)
        text = VerifierKey(name="log.example", kind=ED25519, key=data).text
        with pytest.raises(PolicyError, match="encoding"):
            selfcheck.parse_policy(f"log {text}\nquorum none\n")


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
