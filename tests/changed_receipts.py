"""Receipts that are not what they say, for verifiers that are held side by side."""

import json
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amends.kernel.canonical import canonical
from amends.kernel.witnessing import RosterSettings, WitnessSource
from amends.roster.commitment import field_digest
from amends.roster.policy import policy_text
from amends_witness.notes import COSIGNATURE, VerifierKey, WitnessKey
from roster_logs import KEY

Opening = dict[str, Any]
MOST = 2**53 - 1  # of a number in JSON (RFC 7493)
ORDER = 2**252 + 27742317777372353535851937790883648493


def opening_of(receipt: bytes) -> Opening:
    """The JSON in a receipt."""
    line = receipt.decode().split("\n")[1]
    return dict(json.loads(b64decode(line.removeprefix("extra "))))


def with_opening(receipt: bytes, opening: object) -> bytes:
    """The receipt with another JSON, in canonical form."""
    return with_raw(receipt, canonical(opening).encode())


def with_raw(receipt: bytes, raw: bytes) -> bytes:
    """The receipt with other bytes where its JSON is."""
    lines = receipt.split(b"\n")
    lines[1] = b"extra " + b64encode(raw)
    return b"\n".join(lines)


def changed_bytes(receipt: bytes) -> Iterator[bytes]:
    """Another byte at every place, every beginning, every byte left out, something put in."""
    for at, byte in enumerate(receipt):
        others = {byte ^ 1, byte ^ 0x20, byte ^ 0x80, ord("A"), ord("\n"), ord("=")} - {byte}
        for other in others:
            yield receipt[:at] + bytes([other]) + receipt[at + 1 :]
    for at in range(len(receipt)):
        yield receipt[:at]
        yield receipt[:at] + receipt[at + 1 :]
    for at in range(len(receipt) + 1):
        for more in (b"\n", b"0", b" ", b"\r", b"=", b"\0"):
            yield receipt[:at] + more + receipt[at:]


def rewritten(receipt: bytes) -> Iterator[bytes]:
    """Openings that say something else, in the one form that JSON has here."""
    forgeries: list[Callable[[Opening], object]] = [
        lambda o: o.update(amount_minor=500_001),
        lambda o: o.update(amount_minor="500000"),
        lambda o: o.update(amount_minor=2**64),
        lambda o: o.update(amount_minor=-1),
        lambda o: o.update({"class": 1}),
        lambda o: o.update({"class": False}),
        lambda o: o.update({"class": 256}),
        lambda o: o.update(award_index=4),
        lambda o: o.update(award_index=10**15),
        lambda o: o.update(case="other"),
        lambda o: o.update(case=""),
        lambda o: o.update(currency="USD"),
        lambda o: o.update(v=True),
        lambda o: o.update(v=2),
        lambda o: o.pop("v"),
        lambda o: o.update(note="more"),
        lambda o: o.update({"__proto__": {}}),
        lambda o: o["opened"].update({"__proto__": ["00" * 16, "x"]}),
        lambda o: o["opened"].update(constructor=["00" * 16, "x"]),
        lambda o: o["opened"].update(categories=[o["opened"]["categories"][0], "NAME"]),
        lambda o: o["opened"].pop("award"),
        lambda o: o["opened"].pop("case"),
        lambda o: o["opened"].update(name=["00" * 16, "nobody"]),
        lambda o: o["opened"].update(award=o["opened"]["award"][:1]),
        lambda o: o.update(opened=[]),
        lambda o: o["digests"].pop(),
        lambda o: o["digests"].clear(),
        lambda o: o["digests"].append(o["digests"][-1]),
        lambda o: o["digests"].reverse(),
        lambda o: o.update(digests=o["digests"][0]),
        lambda o: o.update(nonce=o["nonce"].upper()),
        lambda o: o.update(nonce=o["nonce"] + "00"),
        lambda o: o.update(person_root="0" * 64),
        lambda o: o.update(corrections=[]),
        lambda o: o.update(corrections=[{}]),
    ]
    for forge in forgeries:
        opening = opening_of(receipt)
        forge(opening)
        yield with_opening(receipt, opening)


def other_json(receipt: bytes) -> Iterator[bytes]:
    """The same JSON, and nearly, in forms that it must not have."""
    raw = canonical(opening_of(receipt)).encode()
    amount = b'"amount_minor":500000'
    for text in (b"500000.0", b"5e5", b"0500000", b"+500000", b"500000 ", b"5E5", b"NaN", b"-0"):
        yield with_raw(receipt, raw.replace(amount, b'"amount_minor":' + text))
    for text in (b'{"whole":"500000"}', b'{"whole":500000}', b'"500000"', b"[500000]", b"null"):
        yield with_raw(receipt, raw.replace(amount, b'"amount_minor":' + text))
    yield with_raw(receipt, raw.replace(b'"v":1', b'"v":1.0'))
    yield with_raw(receipt, raw.replace(amount, amount + b"," + amount))
    yield with_raw(receipt, raw.replace(b"NAME", b"\\u004eAME"))
    yield with_raw(receipt, raw.replace(b"NAME", b"\\ud800"))
    yield with_raw(receipt, raw.replace(b"NAME", b"\xed\xa0\x80"))
    yield with_raw(receipt, raw.replace(b"NAME", b"\xff"))
    yield with_raw(receipt, b"\xef\xbb\xbf" + raw)
    yield with_raw(receipt, raw + b"\n")
    yield with_raw(receipt, raw.decode().encode("utf-16"))
    yield with_raw(receipt, raw + raw)
    yield from (with_raw(receipt, text) for text in (b"", b"1", b"[]", b"{}", b"null", b'"x"'))


def other_notes(receipt: bytes) -> Iterator[bytes]:
    """Checkpoints that the log's key did not sign as they stand."""
    text = receipt.decode()
    head, _, note = text.partition("\n\n")
    body, _, line = note.partition("\n\n")
    yield text.encode() + line.encode()
    yield text.encode() + b"\xe2\x80\x94 witness.example !\n"
    yield text.encode() + b"\xe2\x80\x94 witness.example QQ\n"
    yield text.encode() + b"\xe2\x80\x94 witness\xc2\x85.example QQ==\n"
    yield text.encode() + b"\xe2\x80\x94 wit+ness.example QQ==\n"
    yield text.encode() + b" " * 65_536
    data = b64decode(line.split(" ")[2])
    for other in (data + b"\0", data[:-1], data[:4] + bytes(64), data[:4], bytes(4) + data[4:]):
        signed = f"\u2014 {KEY.origin} {b64encode(other).decode()}\n"
        yield f"{head}\n\n{body}\n\n{signed}".encode()
    other_key = Ed25519PrivateKey.from_private_bytes(bytes(32)).sign(f"{body}\n".encode())
    made = b64encode(KEY.key_id + other_key).decode()
    yield f"{head}\n\n{body}\n\n\u2014 {KEY.origin} {made}\n".encode()
    for again in (f"{body}\nmore", f"0{body}", body.replace("\n", "\n0", 1)):
        yield f"{head}\n\n{KEY.sign(again + chr(10))}".encode()
    yield f"{head}\n\n{KEY.checkpoint(23, bytes(32))}".encode()
    yield f"{head}\n\n{KEY.checkpoint(3, bytes(32))}".encode()


FIELDS = {"award": "3", "case": "golden", "categories": "NAME", "currency": "CNY"}
_SALT = bytes(16)
_CLOSED = [field_digest(f"closed {n}", _SALT, "") for n in range(7)]


def _led(entry: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Where a path leads for somebody who checks neither its length nor its place."""
    last, result = size - 1, sha256(b"\0" + entry).digest()
    for sibling in path:
        if index & 1 or index == last:
            result = sha256(b"\1" + sibling + result).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            result = sha256(b"\1" + result + sibling).digest()
        index, last = index >> 1, last >> 1
    return result


def insider(
    fields: Mapping[str, str] = FIELDS,
    order: Callable[[list[bytes]], list[bytes]] = sorted,
    *,
    place: tuple[int, int] = (5, 8),
    path: Sequence[bytes] = (bytes(32),) * 3,
    **says: object,
) -> bytes:
    """A receipt that the log's own key has signed, whatever it says.

    Closed fields make up the seven. *order*: of the fields' digests; *place*: index and size of the
    log; *says*: in its opening.
    """
    told = [field_digest(name, _SALT, value) for name, value in fields.items()]
    digests = order([*told, *_CLOSED[len(told) :]])
    person = sha256(b"amends/person/v1\0" + struct.pack(">H", len(digests)) + b"".join(digests))
    hidden = sha256(b"amends/award/v1\0" + bytes(32) + person.digest()).digest()
    opening: Opening = {
        "amount_minor": 500_000,
        "award_index": int(fields["award"]),
        "case": fields["case"],
        "class": 0,
        "currency": "CNY",
        "digests": [one.hex() for one in digests],
        "nonce": "00" * 32,
        "opened": {name: [_SALT.hex(), value] for name, value in fields.items()},
        "person_root": person.hexdigest(),
        "v": 1,
    } | says
    entry = struct.pack(">BBIQ32s", 1, opening["class"], 0, opening["amount_minor"], hidden)
    note = KEY.checkpoint(place[1], _led(entry, *place, path))
    steps = "".join(b64encode(step).decode() + "\n" for step in path)
    head = f"c2sp.org/tlog-proof@v1\nextra \nindex {place[0]}\n{steps}\n{note}".encode()
    return with_opening(head, opening)


def insiders() -> Iterator[bytes]:
    """Receipts that a dishonest publisher signs; the first four are as they have to be."""
    yield insider()
    yield insider(
        FIELDS | {"name": "样本甲", "phone": "13800009753", "idno": "\x7f\u2028\U0001f9fe"}
    )
    yield insider(amount_minor=MOST)
    yield insider(place=(4 * 10**14, 9 * 10**14), path=(bytes(32),) * 50)
    yield insider(place=(4 * 10**14, 10**15), path=(bytes(32),) * 50)
    yield from (insider(amount_minor=amount) for amount in (MOST + 1, MOST + 2, 2**63))
    yield insider(FIELDS | {"email": "x"})
    yield insider(FIELDS | {"__proto__": "x"})
    yield insider(FIELDS | {"": ""})
    yield insider(FIELDS | {"award": "4"})
    yield insider(FIELDS | {"award": "-1"})
    yield insider(FIELDS | {"case": "silver"})
    yield insider(FIELDS | {"case": "golde"})
    yield insider(FIELDS | {"case": ""})
    yield insider(order=lambda digests: sorted(digests, reverse=True))
    yield insider(order=lambda digests: sorted(digests + digests[:1]))
    yield insider(order=lambda digests: sorted(digests[:6]))
    yield insider(order=lambda digests: sorted([*digests, field_digest("name", _SALT, "乙")]))
    for place, steps in [
        ((5, 1), 0),
        ((5, 5), 3),
        ((5, 8), 0),
        ((5, 8), 2),
        ((5, 8), 4),
        ((5, 9), 3),
    ]:
        yield insider(place=place, path=(bytes(32),) * steps)
    yield insider(path=(bytes(32), bytes(31), bytes(32)))
    yield insider(path=(bytes(32), b"", bytes(32)))
    shown = {name: [_SALT.hex(), value] for name, value in FIELDS.items()}
    for value in ("\\ud800", "\\udc00\\ud800"):
        replaced = "\ufffd" * (len(value) // 6)
        whole = insider(FIELDS | {"categories": replaced})
        raw = canonical(opening_of(whole)).encode().replace(replaced.encode(), value.encode())
        yield with_raw(whole, raw)
    yield insider(opened=shown | {"award": [_SALT.hex(), "3", "4"]})
    yield insider(opened={name: value for name, value in shown.items() if name != "award"})
    yield insider(v=2)
    yield insider() + b"\xe2\x80\x94 a.example QUFBQQ==\n" * 3_000
    yield insider() + b"\xe2\x80\x94 a\xef\xbb\xbf.example QUFBQQ==\n"
    yield insider() + b"\xe2\x80\x94 a\xe3\x80\x80.example QUFBQQ==\n"
    head, _, note = insider().decode().partition("\n\n")
    body, _, line = note.partition("\n\n")
    origin, _, root = body.split("\n")
    for other in (
        f"{origin}\n08\n{root}",
        f"{origin}\n8\n{root}\nmore",
        f"{origin}\n8\n{root}\n",
        f"{origin}\n8\n{root[:-1]}",
        f"{origin}\n8\n\t{root}",
        f"{origin}\n+8\n{root}",
    ):
        yield f"{head}\n\n{KEY.sign(other + chr(10))}".encode()
    data = b64decode(line.split(" ")[2])
    above = (int.from_bytes(data[-32:], "little") + ORDER).to_bytes(32, "little")
    yield f"{head}\n\n{body}\n\n\u2014 {origin} {b64encode(data[:-32] + above).decode()}\n".encode()


def with_other_corrections(receipt: bytes) -> Iterator[bytes]:
    """The receipt of an award that was corrected twice, with its list not as it has to be."""
    first, second = opening_of(receipt)["corrections"]
    for corrections in (
        [second, first],
        [first, first, second],
        [first, second, second],
        [first | {"more": 1}, second],
        [first | {"reason": 0}, second],
        [first | {"reason": "2"}, second],
        [first | {"path": []}, second],
        [first | {"path": first["path"] + first["path"][:1]}, second],
        [first | {"index": second["index"]}, second],
        [first | {"index": 10**15}],
        [[first], second],
        {"a": first},
    ):
        yield with_opening(receipt, opening_of(receipt) | {"corrections": corrections})


WITNESSES = tuple(WitnessKey(name=f"w{n}.example", seed=bytes([60 + n]) * 32) for n in range(3))


def witnessed_policy() -> str:
    """Two of three witnesses have to have cosigned."""
    sources = tuple(
        WitnessSource(name=f"w{n}", key=key.verifier.text, url="https://w.example")
        for n, key in enumerate(WITNESSES)
    )
    return policy_text(KEY.verifier_key, RosterSettings(witnesses=sources, quorum=2))


def cosigned(receipt: bytes, *numbers: int, time_s: int = 1_795_000_000) -> bytes:
    """The receipt with cosignatures of these witnesses."""
    body = receipt.decode().partition("\n\n")[2].partition("\n\n")[0] + "\n"
    return receipt + "".join(WITNESSES[n].cosign(body, time_s) for n in numbers).encode()


def spoiled(receipt: bytes) -> bytes:
    """Enough have cosigned, and one more wrongly."""
    line = WITNESSES[2].cosign("another checkpoint\n", 1_795_000_000)
    return cosigned(receipt, 0, 1) + line.encode()


def misnamed(receipt: bytes) -> Iterator[tuple[bytes, str]]:
    """Receipts and policies that agree on a key by an id that is not the key's, or of its kind."""
    head, _, line = receipt.decode().rpartition(" ")
    signature = b64decode(line)[4:]
    name, _, key = KEY.verifier_key.split("+", 2)
    for log in (f"{name}+00000000+{key}", _other_kind()):
        key_id = bytes.fromhex(log.split("+")[1])
        changed = f"{head} {b64encode(key_id + signature).decode()}\n"
        yield changed.encode(), f"log {log}\nquorum none\n"


def _other_kind() -> str:
    """The log's key as one of a witness."""
    return VerifierKey(name=KEY.origin, kind=COSIGNATURE, key=KEY.public).text
