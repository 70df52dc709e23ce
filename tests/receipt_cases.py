"""Receipts, right and wrong, each with the reason: what every verifier is asked."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amends.kernel.canonical import canonical
from amends.roster import entries
from amends.roster.merkle import subtree
from amends.roster.note import LogKey
from amends.roster.publication import Chosen, receipt_text
from amends.roster.tiles import TileTree
from changed_receipts import (
    MOST,
    ORDER,
    WITNESSES,
    cosigned,
    opening_of,
    with_opening,
    with_raw,
    witnessed_policy,
)
from receipt_policies import right_policies, wrong_policies
from receipt_vector import Case
from roster_logs import BOUND, KEY, STANDS_FOR_IT, VALUES, MadeLog, case_file, twenty

COSIGNED_S = 1_795_000_000


def golden() -> MadeLog:
    """Twenty people who were paid."""
    return twenty(STANDS_FOR_IT)


def corrected() -> MadeLog:
    """Thirty people: one is owed more, one is owed nothing, and then something again."""
    log = MadeLog(people=30).begin(STANDS_FOR_IT)
    log.correct((3, 1, 1, 600_000), (7, entries.ANNULLED, 2, 0))
    return log.correct((7, 0, 3, 500_000))


def opened_by_its_person() -> bytes:
    """A receipt that says a name and a phone, and not what leaked."""
    log, tree = golden(), TileTree()
    tree.append(log.log)
    values = {name: str(VALUES[name]) for name in ("name", "phone")}
    chosen = Chosen(categories=False, values=values)
    note = log.checkpoint(tree)
    proved = log.proved(tree, 5)
    return receipt_text(BOUND, 3, log.openings[3], proved, checkpoint=note, chosen=chosen).encode()


GOLDEN = golden().receipt(3).encode()
RECEIPTS = {
    "golden": GOLDEN,
    "corrected": corrected().receipt(7).encode(),
    "witnessed": cosigned(GOLDEN, 0, 1, time_s=COSIGNED_S),
    "opened": opened_by_its_person(),
}
POLICIES = {"golden": golden().policy, "witnessed": witnessed_policy()}


def table() -> list[Case]:
    """All cases, those that hold first."""
    found = [*_holding(), *_largest(), *_whole(), *_lines(), *_json(), *_openings(), *_notes()]
    found += [*_witnesses(), *_proofs(), *_corrections(), *_policies()]
    assert len({one.name for one in found}) == len(found)
    return found


def _case(name: str, receipt: bytes, refused: str = "", base: str = "golden") -> Case:
    return Case(name=name, policy="golden", base=base, receipt=receipt, refused=refused)


def _holding() -> Iterator[Case]:
    yield _case("a receipt", GOLDEN)
    yield _case("a receipt with two corrections", RECEIPTS["corrected"], base="corrected")
    yield _case("a receipt that opens a name and a phone", RECEIPTS["opened"], base="opened")
    yield _case("a signature of a key that the policy does not name", GOLDEN + _strange())
    yield _case("signatures of witnesses that the policy does not name", RECEIPTS["witnessed"])
    whole = RECEIPTS["witnessed"]
    yield replace(_case("two of three witnesses", whole, base="witnessed"), policy="witnessed")
    again = cosigned(whole, 0, time_s=COSIGNED_S + 1)
    again_case = _case("a witness that cosigned twice, at two times", again, base="witnessed")
    yield replace(again_case, policy="witnessed")


def _largest() -> Iterator[Case]:
    """The log and its signatures allow more than a receipt can say (RFC 7493 §2.2)."""
    for amount, refused in ((MOST, ""), (MOST + 1, "json")):
        name = "2^53" if refused else "2^53 - 1"
        log = MadeLog(people=20, own={3: amount}).begin(STANDS_FOR_IT)
        yield _case(f"an award of {name}", log.receipt(3).encode(), refused)
        log = golden().correct((3, entries.OWN, 1, amount))
        yield _case(f"an award corrected to {name}", log.receipt(3).encode(), refused)


def _strange(data: bytes = bytes(72)) -> bytes:
    return f"\u2014 stranger.example {b64encode(data).decode()}\n".encode()


def _whole() -> Iterator[Case]:
    """The file as a whole."""
    yield _case("empty", b"", "form")
    yield _case("something else", b"a receipt\n", "form")
    yield _case("longer than 65,536 bytes", GOLDEN + b" " * 65_536, "long")
    yield _case("a byte order mark", b"\xef\xbb\xbf" + GOLDEN, "form")
    yield _case("an empty line before it", b"\n" + GOLDEN, "form")
    yield _case("line breaks of Windows", GOLDEN.replace(b"\n", b"\r\n"), "form")
    yield _case("UTF-16", GOLDEN.decode().encode("utf-16-le"), "form")
    yield _case("another version of proofs", GOLDEN.replace(b"@v1", b"@v2", 1), "form")
    head, _, note = GOLDEN.partition(b"\n\n")
    first, extra, index, *steps = head.split(b"\n")
    yield _case("no extra line", GOLDEN.replace(extra + b"\n", b""), "form")
    yield _case("no index line", GOLDEN.replace(index + b"\n", b""), "form")
    swapped = b"\n".join([first, index, extra, *steps])
    yield _case("index before extra", swapped + b"\n\n" + note, "form")
    yield _case("index twice", GOLDEN.replace(index, index + b"\n" + index), "base64")
    yield _case("cut after the first line", first + b"\n", "form")
    yield _case("cut within the proof", head[:-9], "form")
    yield _case("cut after the proof", head + b"\n", "form")
    yield _case("cut before the checkpoint", head + b"\n\n", "end")
    yield _case("cut within the checkpoint", head + b"\n\n" + note[:40], "end")
    yield _case("cut before the signature", head + b"\n\n" + note.partition(b"\n\n")[0], "end")
    yield _case("cut within the signature", GOLDEN[:-9], "end")
    yield _case("no last line break", GOLDEN[:-1], "end")
    yield _case("a line break more", GOLDEN + b"\n", "end")
    yield _case("trailing bytes", GOLDEN + b"more", "end")
    yield _case("a trailing blank", GOLDEN + b" ", "end")
    yield _case("a trailing NUL", GOLDEN + b"\0", "plain")
    yield _case("a trailing line", GOLDEN + b"more\n", "line")
    yield _case("a second receipt after it", GOLDEN + GOLDEN, "note")
    empty = GOLDEN.replace(steps[0] + b"\n", b"\n" + steps[0] + b"\n")
    yield _case("an empty line within the proof", empty, "note")


def _lines() -> Iterator[Case]:
    """Base64, numbers, hashes in the lines before the checkpoint."""
    _, extra, index, *steps = GOLDEN.partition(b"\n\n")[0].split(b"\n")

    def changed(old: bytes, new: bytes) -> bytes:
        assert GOLDEN.count(old) == 1
        return GOLDEN.replace(old, new)

    other = steps[0][:-2] + bytes([steps[0][-2] + 1]) + b"="
    yield _case("base64 with spare bits in the proof", changed(steps[0], other), "base64")
    yield _case("base64 without its padding", changed(steps[0], steps[0][:-1]), "base64")
    yield _case("base64 with a blank", changed(steps[0], steps[0] + b" "), "base64")
    yield _case("base64 with a carriage return", changed(steps[0], steps[0] + b"\r"), "base64")
    yield _case("base64 of another alphabet", changed(steps[0], b"-_" + steps[0][2:]), "base64")
    wide = "\uff21".encode() + steps[0][1:]
    yield _case("base64 with a full-width letter", changed(steps[0], wide), "base64")
    yield _case("bytes that are no UTF-8 in base64", changed(extra, extra + b"\xff"), "base64")
    yield _case("a NUL in base64", changed(extra, extra + b"\0"), "base64")
    yield _case("padding more in the opening", changed(extra, extra + b"===="), "base64")
    for size in (0, 31, 33):
        step = b64encode(b64decode(steps[0])[:1] * size)
        wrong = changed(steps[0] + b"\n", step + b"\n") if size else changed(steps[0], b"")
        reason = "length" if size else "note"  # an empty line ends the proof
        yield _case(f"a hash of {size} bytes in the proof", wrong, reason)
    numbers = {
        "05": "a leading zero in the index",
        "+5": "a sign before the index",
        "-5": "a negative index",
        "": "no index",
        " 5": "a blank before the index",
        "5\0": "a NUL after the index",
        "5.0": "an index with a point",
        "0x5": "an index of another base",
        "\uff15": "a full-width index",
        "1000000000000000": "an index of 16 digits",
        "12345678901234567": "an index of 17 digits",
    }
    for text, name in numbers.items():
        yield _case(name, changed(index, f"index {text}".encode()), "number")


def _json() -> Iterator[Case]:
    """The JSON of the opening, in forms that it must not have."""
    raw = canonical(opening_of(GOLDEN)).encode()
    amount = b'"amount_minor":500000'
    assert raw.count(amount) == raw.count(b'"v":1') == 1
    numbers = {
        b"500000.0": "an amount with a point",
        b"5e5": "an amount with an exponent",
        b"0500000": "an amount with a leading zero",
        b"+500000": "an amount with a sign",
        b"-0": "an amount of minus zero",
        b"NaN": "an amount that is no number",
        b"500000 ": "a blank in JSON",
        b"500000\n": "a line break in JSON",
    }
    for text, name in numbers.items():
        changed = raw.replace(amount, amount.replace(b"500000", text))
        yield _case(name, with_raw(GOLDEN, changed), "json")
    others = {
        "a field twice": raw.replace(amount, amount + b"," + amount),
        "a field twice, with another value": raw.replace(amount, b'"amount_minor":1,' + amount),
        "a letter escaped": raw.replace(b"NAME", b"\\u004eAME"),
        "half a letter": raw.replace(b"NAME", b"\\ud800"),
        "bytes that are no UTF-8 in JSON": raw.replace(b"NAME", b"\xff"),
        "a byte order mark before JSON": b"\xef\xbb\xbf" + raw,
        "a line break after JSON": raw + b"\n",
        "JSON twice": raw + raw,
        "JSON cut off": raw[:-1],
        "JSON in UTF-16": raw.decode().encode("utf-16"),
        "no JSON": b"",
        "a number for an object": b"1",
        "a list for an object": b"[]",
        "null for an object": b"null",
        "lists in lists, too deep": b"[" * 2_000 + b"]" * 2_000,
    }
    for name, text in others.items():
        yield _case(name, with_raw(GOLDEN, text), "json")
    ordered = json.dumps(dict(reversed(opening_of(GOLDEN).items())), separators=(",", ":"))
    yield _case("fields in another order", with_raw(GOLDEN, ordered.encode()), "json")
    for text, name in {
        b"2": "version 2",
        b"0": "version 0",
        b'"1"': "a version that is a text",
        b"true": "a version that is true",
        b"null": "a version that is null",
    }.items():
        changed = with_raw(GOLDEN, raw.replace(b'"v":1', b'"v":' + text))
        yield _case(name, changed, "version")
    yield _case("an empty object", with_raw(GOLDEN, b"{}"), "version")


Change = Callable[[dict[str, Any]], object]


def _openings() -> Iterator[Case]:
    """Openings that say something else, in the one form that JSON has here."""
    for reason, changes in _other_openings().items():
        for name, change in changes.items():
            opening = opening_of(GOLDEN)
            change(opening)
            yield _case(name, with_opening(GOLDEN, opening), reason)
    silver = MadeLog(people=20, file=replace(case_file(), id="silver")).begin(STANDS_FOR_IT)
    yield _case("a receipt of another case", silver.receipt(3).encode(), "other")


def _other_openings() -> dict[str, dict[str, Change]]:
    salt = "00" * 16
    return {
        "fields": {
            "a field more": lambda o: o.update(note="more"),
            "no amount": lambda o: o.pop("amount_minor"),
            "no digests": lambda o: o.pop("digests"),
            "no nonce": lambda o: o.pop("nonce"),
            "an amount that is a text": lambda o: o.update(amount_minor="500000"),
            "an amount that is null": lambda o: o.update(amount_minor=None),
            "a class that is true": lambda o: o.update({"class": True}),
            "a case that is a number": lambda o: o.update(case=1),
            "digests that are an object": lambda o: o.update(
                digests=dict.fromkeys(o["digests"], 1)
            ),
            "digests that are a text": lambda o: o.update(digests=o["digests"][0]),
            "opened fields that are a list": lambda o: o.update(opened=[]),
            "a nonce that is null": lambda o: o.update(nonce=None),
            "two fields in one name": lambda o: o.update(
                {"amount_minor:number award_index": o.pop("award_index") + o.pop("amount_minor")}
            ),
            "two fields in one name, with blanks": lambda o: o.update(
                {"amount_minor award_index": o.pop("award_index") + o.pop("amount_minor")}
            ),
        },
        "json": {
            "an amount of 2^53": lambda o: o.update(amount_minor=MOST + 1),
            "an amount that readers round": lambda o: o.update(amount_minor=MOST + 2),
            "an amount of 64 bits": lambda o: o.update(amount_minor=2**64 - 1),
            "an amount of 65 bits": lambda o: o.update(amount_minor=2**64),
            "a negative amount that readers round": lambda o: o.update(amount_minor=-MOST - 2),
        },
        "number": {
            "a negative amount": lambda o: o.update(amount_minor=-1),
            "a negative award": lambda o: o.update(award_index=-1),
            "an award of 33 bits": lambda o: o.update(award_index=2**32),
            "a negative class": lambda o: o.update({"class": -1}),
            "a class of nine bits": lambda o: o.update({"class": 256}),
        },
        "hex": {
            "a nonce in capitals": lambda o: o.update(nonce=o["nonce"].upper()),
            "a nonce that is too long": lambda o: o.update(nonce=o["nonce"] + "00"),
            "a nonce that is too short": lambda o: o.update(nonce=o["nonce"][2:]),
            "a digest in capitals": lambda o: _put(o["digests"], 0, o["digests"][0].upper()),
            "a digest that is too short": lambda o: _put(o["digests"], 0, o["digests"][0][2:]),
            "a digest that is a number": lambda o: _put(o["digests"], 0, 1),
            "a salt in capitals": lambda o: _put(o["opened"]["case"], 0, "AB" * 16),
            "a salt that is too short": lambda o: _put(o["opened"]["case"], 0, "ab"),
        },
        "order": {
            "digests in another order": lambda o: o["digests"].reverse(),
            "six digests": lambda o: o["digests"].pop(),
            "eight digests": lambda o: _put(o, "digests", sorted([*o["digests"], "00" * 32])),
            "no digest in the list": lambda o: o["digests"].clear(),
            "a digest twice": lambda o: o["digests"].append(o["digests"][-1]),
        },
        "opened": {
            "a field that nobody opens": lambda o: o["opened"].update(email=[salt, "x"]),
            "a field without a name": lambda o: o["opened"].update({"": [salt, "x"]}),
            "a field of JavaScript": lambda o: o["opened"].update({"__proto__": [salt, "x"]}),
            "two names in one": lambda o: o["opened"].update(
                {"award case": o["opened"].pop("award"), "x": o["opened"].pop("case")}
            ),
            "the award not opened": lambda o: o["opened"].pop("award"),
            "the case not opened": lambda o: o["opened"].pop("case"),
            "the currency not opened": lambda o: o["opened"].pop("currency"),
            "a field of three parts": lambda o: o["opened"]["case"].append("more"),
            "a field without its value": lambda o: o["opened"]["case"].pop(),
            "a field that is an object": lambda o: o["opened"].update(
                case=dict.fromkeys(o["opened"]["case"], 1)
            ),
            "a field whose value is a number": lambda o: _put(o["opened"]["award"], 1, 3),
        },
        "field": {
            "another category": lambda o: _put(o["opened"]["categories"], 1, "NAME"),
            "another salt": lambda o: _put(o["opened"]["case"], 0, salt),
            "a name that is not committed to": lambda o: o["opened"].update(name=[salt, "nobody"]),
            "another award in both places": lambda o: o.update(
                award_index=4, opened=o["opened"] | {"award": [salt, "4"]}
            ),
        },
        "differs": {
            "another award": lambda o: o.update(award_index=4),
            "a wrong case": lambda o: o.update(case="silver"),
            "another currency": lambda o: o.update(currency="USD"),
        },
        "person": {
            "another person root": lambda o: o.update(person_root="0" * 64),
            "a person root in capitals": lambda o: o.update(person_root=o["person_root"].upper()),
        },
        "proof": {
            "an amount cut": lambda o: o.update(amount_minor=499_999),
            "an amount raised": lambda o: o.update(amount_minor=MOST),
            "a wrong class": lambda o: o.update({"class": 1}),
            "another nonce": lambda o: o.update(nonce="0" * 64),
        },
    }


def _put(values: Any, at: object, value: object) -> None:  # noqa: ANN401 - a list or an object
    values[at] = value


def _note_of(receipt: bytes) -> tuple[bytes, str, str]:
    """A receipt's head, the text that its checkpoint signs, the signature line."""
    head, _, note = receipt.partition(b"\n\n")
    body, _, line = note.decode().partition("\n\n")
    return head, body + "\n", line


def _notes() -> Iterator[Case]:
    """Checkpoints that the log's key did not sign as they stand, or signed otherwise."""
    head, body, line = _note_of(GOLDEN)
    origin, size, root = body.split("\n")[:3]
    data = b64decode(line.split(" ")[2])
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).sign(body.encode())

    def made(note: str) -> bytes:
        return head + b"\n\n" + note.encode()

    def under(signature: bytes, name: str = origin) -> bytes:
        return made(f"{body}\n\u2014 {name} {b64encode(signature).decode()}\n")

    yield _case(
        "a NUL in the checkpoint", made(f"{body}\n{line}".replace("\n", "\0\n", 1)), "plain"
    )
    windows = made(f"{body}\n{line}".replace("\n", "\r\n"))
    yield _case("a checkpoint with line breaks of Windows", windows, "plain")
    yield _case(
        "a tab in the checkpoint", GOLDEN.replace(b"\xe2\x80\x94 ", b"\xe2\x80\x94\t"), "plain"
    )
    broken = GOLDEN.replace(b"\xe2\x80\x94 ", b"\xe2\x80 ")
    yield _case("bytes that are no UTF-8 in the checkpoint", broken, "plain")
    yield _case("a checkpoint of four lines", made(KEY.sign(f"{body}more\n")), "note")
    yield _case("a checkpoint of two lines", made(KEY.sign(f"{origin}\n{size}\n")), "note")
    yield _case("no empty line in the checkpoint", made(body + line), "note")
    signed = {
        "a leading zero in the size": (f"0{size}", root, "number"),
        "a size with a sign": (f"+{size}", root, "number"),
        "no size": ("", root, "number"),
        "a root with spare bits": (size, root[:-2] + chr(ord(root[-2]) + 1) + "=", "base64"),
        "a root that is too short": (size, b64encode(bytes(31)).decode(), "length"),
        "a root that is too long": (size, b64encode(bytes(33)).decode(), "length"),
        "another root, signed": (size, b64encode(bytes(32)).decode(), "proof"),
    }
    for name, (a_size, a_root, reason) in signed.items():
        yield _case(name, made(KEY.sign(f"{origin}\n{a_size}\n{a_root}\n")), reason)
    stranger = LogKey(origin="silver.simulated.amends.example", seed=bytes(32))
    yield _case(
        "a checkpoint of another log",
        made(stranger.sign(f"{stranger.origin}\n{size}\n{root}\n")),
        "stranger",
    )
    namesake = LogKey(origin=origin, seed=bytes(32))
    yield _case("a log of the same name with another key", made(namesake.sign(body)), "unsigned")
    yield _case("another key under the id of the log's", under(KEY.key_id + other), "signature")
    yield _case("another name under the signature", under(data, "silver.example"), "unsigned")
    yield _case("another id of the key", under(bytes(4) + data[4:]), "unsigned")
    yield _case("no signature", made(f"{body}\n"), "end")
    yield _case("two log signatures", GOLDEN + line.encode(), "twice")
    wrong = f"\u2014 {origin} {b64encode(data[:4] + other).decode()}\n"
    yield _case("two log signatures, one wrong", GOLDEN + wrong.encode(), "twice")
    yield _case("a signature that is too long", under(data + b"\0"), "bytes")
    yield _case("a signature that is twice as long", under(data + data[4:]), "bytes")
    yield _case("a signature that is too short", under(data[:-1]), "bytes")
    yield _case("an empty signature", under(data[:4]), "bytes")
    yield _case(
        "another bit in the signature", under(data[:-1] + bytes([data[-1] ^ 1])), "signature"
    )
    yield _case("a signature of zeroes", under(data[:4] + bytes(64)), "signature")
    above = (int.from_bytes(data[36:], "little") + ORDER).to_bytes(32, "little")
    yield _case(
        "a signature whose number is above the order", under(data[:36] + above), "signature"
    )
    yield _case(
        "another size", made(f"{body}\n{line}".replace(f"\n{size}\n", "\n23\n")), "signature"
    )
    zeroes = b64encode(bytes(32)).decode()
    yield _case("another root", made(f"{body}\n{line}".replace(root, zeroes)), "signature")
    yield _case("a hyphen for a dash", made(f"{body}\n{line}".replace("\u2014", "-")), "line")
    yield _case(
        "two blanks in a signature line",
        made(f"{body}\n{line}".replace("\u2014 ", "\u2014  ")),
        "line",
    )
    yield _case(
        "a signature line of two words", GOLDEN + "\u2014 stranger.example\n".encode(), "line"
    )
    yield _case(
        "a plus in a signer's name", GOLDEN + _strange().replace(b"stranger", b"a+b"), "line"
    )
    wide = _strange().replace(b"stranger", "a\u3000b".encode())
    yield _case("a wide blank in a signer's name", GOLDEN + wide, "line")
    yield _case(
        "a letter that base64 has not", GOLDEN + _strange().replace(b"AAAA\n", b"AA!A\n"), "line"
    )
    yield _case(
        "a stranger's base64 with spare bits",
        GOLDEN + _strange(bytes(70)).replace(b"AA==\n", b"AB==\n"),
        "base64",
    )


def _witnesses() -> Iterator[Case]:
    """Cosignatures under a policy that asks for two of three."""
    whole, (_, body, _) = RECEIPTS["witnessed"], _note_of(GOLDEN)

    def case(name: str, receipt: bytes, refused: str, more: str) -> Case:
        return Case(
            name=name,
            policy="witnessed",
            base="witnessed",
            receipt=receipt,
            refused=refused,
            more=more,
        )

    yield case("no witness", GOLDEN, "missing", "w0, w1, w2")
    yield case("one witness", cosigned(GOLDEN, 1, time_s=COSIGNED_S), "missing", "w0, w2")
    twice = cosigned(GOLDEN, 1, 1, time_s=COSIGNED_S)
    yield case("one witness, twice", twice, "missing", "w0, w2")
    one = cosigned(GOLDEN, 0, time_s=COSIGNED_S)
    unknown = replace(WITNESSES[0], name="w3.example", seed=bytes([70]) * 32)
    known = unknown.cosign(body, COSIGNED_S).encode()
    yield case("an unknown witness", one + known, "missing", "w1, w2")
    namesake = replace(WITNESSES[1], seed=bytes([70]) * 32).cosign(body, COSIGNED_S).encode()
    yield case("an unknown key under a witness's name", one + namesake, "missing", "w1, w2")
    plain = LogKey(origin="w1.example", seed=WITNESSES[1].seed).sign(body).rpartition("\n\n")[2]
    yield case("a witness that signed as a log does", one + plain.encode(), "missing", "w1, w2")
    line = WITNESSES[2].cosign(body, COSIGNED_S)
    data = b64decode(line.split(" ")[2])

    def third(signature: bytes) -> bytes:
        return whole + f"\u2014 w2.example {b64encode(signature).decode()}\n".encode()

    other = WITNESSES[2].cosign("another checkpoint\n", COSIGNED_S).encode()
    yield case("a cosignature of another text beside enough", whole + other, "cosignature", "w2")
    late = data[:11] + bytes([data[11] ^ 1]) + data[12:]
    yield case("a cosignature with another time", third(late), "cosignature", "w2")
    yield case("a cosignature without its time", third(data[:4] + data[12:]), "bytes", "")
    yield case("a cosignature that is too long", third(data + b"\0"), "bytes", "")
    above = (int.from_bytes(data[44:], "little") + ORDER).to_bytes(32, "little")
    yield case(
        "a cosignature whose number is above the order",
        third(data[:44] + above),
        "cosignature",
        "w2",
    )


def _proofs() -> Iterator[Case]:
    """Proofs of another place, length or time."""
    head, _, note = GOLDEN.partition(b"\n\n")
    first, extra, index, *steps = head.split(b"\n")

    def made(path: list[bytes], at: bytes = index, under: bytes = note) -> bytes:
        return b"\n".join([first, extra, at, *path, b"", under])

    yield _case("a step more", made([*steps, steps[0]]), "longer")
    yield _case("a step less", made(steps[:-1]), "shorter")
    yield _case("no step", made([]), "shorter")
    yield _case("two steps swapped", made([steps[1], steps[0], *steps[2:]]), "proof")
    yield _case("another step", made([b64encode(bytes(32)), *steps[1:]]), "proof")
    yield _case("the entry beside it", made(steps, b"index 6"), "proof")
    yield _case("an entry before its place", made(steps, b"index 4"), "place")
    yield _case("the first entry", made(steps, b"index 0"), "place")
    yield _case("an index beyond the log", made(steps, b"index 99"), "outside")
    yield _case("an index of 15 digits", made(steps, b"index " + b"9" * 15), "outside")
    beside = golden().receipt(4).partition("\n\n")[0].encode().split(b"\n")[3:]
    yield _case("the proof of another award", made(beside), "proof")
    log = golden()
    for size, name, reason in (
        (5, "an old checkpoint, from before the award", "outside"),
        (16, "an old checkpoint, with the proof for a newer", "longer"),
        (24, "an old checkpoint, with a proof of the same length", "proof"),
    ):
        tree = TileTree()
        tree.append(log.log[:size])
        old = KEY.checkpoint(size, subtree(tree.node, 0, size)).encode()
        yield _case(name, made(steps, under=old), reason)


def _corrections() -> Iterator[Case]:
    """The receipt of an award that was corrected twice, with its list not as it has to be."""
    base = RECEIPTS["corrected"]
    first, second = opening_of(base)["corrections"]
    zeroes = "00" * 32
    lists: dict[str, tuple[object, str]] = {
        "corrections that are null": (None, "amended"),
        "corrections that are a number": (1, "amended"),
        "corrections that are an object": ({"a": first}, "amended"),
        "no correction in the list": ([], "amended"),
        "a correction that is a list": ([[first], second], "amended"),
        "a correction with a field more": ([first | {"more": 1}, second], "amended"),
        "a correction with a reason in words": ([first | {"reason": "2"}, second], "amended"),
        "a correction whose path is an object": (
            [first | {"path": dict.fromkeys(first["path"], 1)}, second],
            "amended",
        ),
        "a correction of a negative amount": ([first | {"amount_minor": -1}, second], "number"),
        "a correction of an amount of 2^53": (
            [first | {"amount_minor": MOST + 1}, second],
            "json",
        ),
        "a correction of a negative reason": ([first | {"reason": -1}, second], "sequence"),
        "a correction to a class of nine bits": ([first | {"class": 256}, second], "number"),
        "corrections in another order": ([second, first], "sequence"),
        "a correction twice": ([first, first, second], "sequence"),
        "a correction without a reason": ([first | {"reason": 0}, second], "sequence"),
        "a correction with a reason that there is not": (
            [first | {"reason": 8}, second],
            "sequence",
        ),
        "a correction at the award's own place": ([first | {"index": 9}], "shorter"),
        "a correction before the award": ([first | {"index": 8}], "sequence"),
        "a decision in capitals": ([first | {"decision": first["decision"].upper()}], "hex"),
        "a step of a correction in capitals": ([first | {"path": ["AB" * 32]}], "hex"),
        "a correction beyond the log": ([first | {"index": 10**15}], "outside"),
        "a correction with a step less": ([first | {"path": first["path"][:-1]}], "shorter"),
        "a correction with a step more": ([first | {"path": [*first["path"], zeroes]}], "longer"),
        "another decision": ([first | {"decision": zeroes}, second], "unamended"),
        "a correction of another amount": ([first, second | {"amount_minor": 1}], "unamended"),
        "a correction to another class": ([first | {"class": 0}, second], "unamended"),
        "a correction for another reason": ([first | {"reason": 1}, second], "unamended"),
        "a correction of another award": (
            [opening_of(corrected().receipt(3).encode())["corrections"][0]],
            "unamended",
        ),
    }
    for name, (listed, reason) in lists.items():
        opening = opening_of(base) | {"corrections": listed}
        yield _case(name, with_opening(base, opening), reason, "corrected")


def _policies() -> Iterator[Case]:
    """A receipt that holds but for the policy, and policies of every form that hold."""
    for name, policy in right_policies().items():
        yield _under(f"a policy: {name}", policy)
    for name, policy in wrong_policies().items():
        yield replace(_under(f"a wrong policy: {name}", policy), refused="policy")


def _under(name: str, policy: str) -> Case:
    return Case(name=name, policy=policy, base="witnessed", receipt=RECEIPTS["witnessed"])
