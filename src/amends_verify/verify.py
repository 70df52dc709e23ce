"""Check a roster of Amends without Amends: Python's standard library, offline.

    python verify.py receipt FILE --policy POLICY                   this file alone
    python verify.py all DIRECTORY --policy POLICY [--claims]       with those beside it

Exit 0 and what was checked, or 1 and why not; zh.py says it in Chinese. Take the policy (the log's
key) from a letter or a newspaper, never from what you check. Formats: docs/formats/roster.md.
"""

import argparse
import base64
import json
import re
import struct
import sys
from contextlib import suppress
from hashlib import sha256, sha512
from importlib import import_module
from pathlib import Path
from typing import Any

WHY = "amount_wrong two_were_one one_was_two tariff_error court_decision agreed not_affected"
REASONS = ["", *WHY.split()]  # counted from 1
SIMULATED = ".simulated."  # in the name of a log whose money or time is made up
MILLS = "BHD IQD JOD KWD LYD OMR TND"  # currencies of a thousand minor units (ISO 4217); of none:
UNITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
JSON = json.JSONDecoder(  # what its readers may have differently (RFC 7493) stays a text
    parse_int=lambda n: int(n) if abs(float(n)) < 2**53 else n, parse_float=str, parse_constant=str
)
MALFORMED = (AttributeError, LookupError, TypeError, ValueError, struct.error)


class RosterError(Exception):
    """What was given is not what it says it is."""


def need(condition: object, reason: str) -> None:
    """Go on only if *condition* holds."""
    if not condition:
        raise RosterError(reason)


def money(code: str, minor: int) -> str:
    """A sum of a currency's minor units as people write it: CNY 5,000.00."""
    places = 3 if code in MILLS.split() else 0 if code in UNITS.split() else 2
    return f"{code} {minor // 10**places:,}" + f".{minor % 10**places:0{places}}" * (places > 0)


# Ed25519 (RFC 8032 §5.1), verification only: extended coordinates, nothing secret, so no haste.
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]


def point(data: bytes) -> Point:
    """Decode a point; only its one canonical encoding will do."""
    sign, y = divmod(int.from_bytes(data, "little"), 2**255)
    need(y < P, "a point is not encoded canonically")
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    need(x * x % P == square and (x or not sign), "an encoding is no point of the curve")
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


def add(p: Point, q: Point) -> Point:
    """The sum of two points."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether *signature* is the key's over *message*: [S]B + [k](-A) encodes to R."""
    need((len(key), len(signature)) == (32, 64), "a signature does not have its length")
    s = int.from_bytes(signature[32:], "little")
    k = int.from_bytes(sha512(signature[:32] + key + message).digest(), "little") % ORDER
    base, (x, y, z, t) = point((4 * pow(5, -1, P) % P).to_bytes(32, "little")), point(key)
    terms = (total := (0, 1, 1, 0)), base, (-x, y, z, -t), add(base, (-x, y, z, -t))
    for bit in reversed(range(253)):  # both products at once, from the highest bit down
        total = add(add(total, total), terms[(s >> bit & 1) + 2 * (k >> bit & 1)])
    x, y = total[0] * pow(total[2], -1, P) % P, total[1] * pow(total[2], -1, P) % P
    return s < ORDER and signature[:32] == (y | (x & 1) << 255).to_bytes(32, "little")


def unbase64(text: str, length: int | None = None) -> bytes:
    """Decode base64 in its one canonical form."""
    form = re.fullmatch("[A-Za-z0-9+/]*={0,2}", text) and len(text) % 4 == 0
    data = base64.b64decode(text) if form else b""
    need(base64.b64encode(data).decode() == text, "base64 is not canonical")
    need(length is None or len(data) == length, "a value does not have its length")
    return data


def number(text: str) -> int:
    """Decode a decimal number without leading zeroes."""
    need(re.fullmatch("0|[1-9][0-9]{0,14}", text), "a number is not written as one")
    return int(text)


def vkey(text: str, kind: int) -> tuple[str, bytes, bytes]:
    """Name, key id and public key of an Ed25519 verifier key (C2SP signed-note)."""
    name, key_id, encoded = text.split("+", 2)
    data = unbase64(encoded, 33)
    own = data[0] == kind and sha256(name.encode() + b"\n" + data).hexdigest()[:8] == key_id
    need(own, "a key of the policy is of another kind, or its id is not its own")
    return name, bytes.fromhex(key_id), data[1:]


class Policy:
    """Which logs are believed, and which witnesses have to have cosigned (C2SP tlog-policy)."""

    def __init__(self, data: bytes) -> None:
        self.logs: dict[str, tuple[str, bytes, bytes]] = {}
        self.witnesses: dict[str, tuple[str, bytes, bytes]] = {}
        self.groups: dict[str, tuple[int, list[str]]] = {"none": (0, [])}
        self.quorum, free = "", set[str]()
        for line in data.decode().split("\n"):
            word, *rest = re.split("[ \t]+", line.strip(" \t"))
            if word == "log":
                key = vkey(rest[0], 1)
                need(self.logs.setdefault(key[0], key) is key, "the policy names a log twice")
            elif word in {"witness", "group"}:
                name, how, *members = rest
                need(name not in self.groups | self.witnesses, "the policy uses a name twice")
                if word == "witness":
                    self.witnesses[name] = vkey(how, 4)
                else:
                    least = {"any": 1, "all": len(members)}.get(how) or number(how)
                    fits = 1 <= least <= len(set(members)) == len(members)
                    need(fits and free.issuperset(members), "a group is not made of earlier names")
                    self.groups[name] = least, members
                    free.difference_update(members)
                free.add(name)
            elif word == "quorum":
                need(not self.quorum and len(rest) == 1, "the policy needs one quorum")
                self.quorum = rest[0]
            else:
                need(word[:1] in {"", "#"}, "a strange line in the policy")
        need(self.logs and self.quorum in self.groups | self.witnesses, "log or quorum is missing")
        keys = [key for _, _, key in (*self.logs.values(), *self.witnesses.values())]
        need(len(set(keys)) == len(keys), "one key stands twice in the policy")

    def checkpoint(self, data: bytes) -> tuple[str, int, bytes]:
        """The log's name, size and root in a checkpoint that this policy accepts."""
        origin, size, root, met = self.opened(data)
        for name, (least, members) in self.groups.items():  # each after its members
            met |= {name: 0} if len(met.keys() & members) >= least else {}
        missing = ", ".join(name for name in self.witnesses if name not in met)
        need(self.quorum in met, f"witnesses are missing: {missing}")
        return origin, size, root

    def opened(self, data: bytes) -> tuple[str, int, bytes, dict[str, int]]:
        """Name, size and root that the log has signed; when which witness has cosigned."""
        body, _, tail = data.decode(errors="replace").rpartition("\n\n")
        need(not re.search("[\0-\x09\x0b-\x1f\ufffd]", body + tail), "it is not plain text")
        need(tail.endswith("\n"), "it was cut off, or something was added at its end")
        need(body.count("\n") == 2, "the checkpoint has not three lines")
        origin, size, root = body.split("\n")
        need(origin in self.logs, "the checkpoint is of a log that the policy does not name")
        found, cosigned = dict[tuple[str, bytes], list[bytes]](), dict[str, int]()
        for line in tail[:-1].split("\n"):
            need(re.fullmatch("\u2014 [^\\s+]+ [A-Za-z0-9+/=]+", line), "a line is no signature")
            _, name, encoded = line.split(" ")
            found.setdefault((name, unbase64(encoded)[:4]), []).append(unbase64(encoded)[4:])
        name, key_id, key = self.logs[origin]  # others say nothing (C2SP signed-note)
        mine = found.get((name, key_id), [])
        need(mine, "the log's key has not signed")
        need(len(mine) == 1, "the log's key has signed more than once")
        need(signed(key, (body + "\n").encode(), mine[0]), "the log's signature is wrong")
        for witness, (name, key_id, key) in self.witnesses.items():
            for signature in found.get((name, key_id), []):
                cosigned[witness] = time = int.from_bytes(signature[:8], "big")
                text = f"cosignature/v1\ntime {time}\n{body}\n".encode()
                need(signed(key, text, signature[8:]), f"a cosignature is wrong: {witness}")
        return origin, number(size), unbase64(root, 32), cosigned


def climb(entry: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to (RFC 6962 §2.1.1, read from the root's end)."""
    need(index < size, "the checkpoint is older than the entry, or the index is wrong")
    if size == 1:
        need(not path, "the proof is too long")
        return sha256(b"\0" + entry).digest()
    need(path, "the proof is too short")
    left = 1 << (size - 1).bit_length() - 1  # entries on the left: the largest power of two
    if index < left:
        return sha256(b"\1" + climb(entry, index, left, path[:-1]) + path[-1]).digest()
    return sha256(b"\1" + path[-1] + climb(entry, index - left, size - left, path[:-1])).digest()


def canonical(value: object) -> bytes:
    """JSON in one form: keys sorted, no blanks, UTF-8 (RFC 8785 for what we hold)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def unjson(raw: bytes) -> dict[str, Any]:
    """Decode an object of version 1 in its one canonical form."""
    with suppress(ValueError, RecursionError):
        value = JSON.decode(raw.decode())
        if isinstance(value, dict) and canonical(value) == raw:
            need(value.get("v") == 1 and value["v"] is not True, "JSON is of another version")
            return value
    raise RosterError("JSON is not canonical")


def hexed(text: str, length: int) -> bytes:
    """Decode a text of JSON that is lower-case hexadecimal of *length* bytes."""
    need(re.fullmatch(f"'[0-9a-f]{{{2 * length}}}'", repr(text)), "hexadecimal is not canonical")
    return bytes.fromhex(text)


def field(name: str, salt: bytes, value: str) -> bytes:
    """The salted digest of a field."""
    parts = [len(part).to_bytes(2, "big") + part for part in (name.encode(), value.encode())]
    return sha256(b"amends/field/v1\0" + salt + b"".join(parts)).digest()


def receipt(data: bytes, policy: Policy) -> str:
    """Check that a receipt's award stands in the log, and say what it says."""
    need(len(data) <= 1 << 16, "it is too long")
    form = rb"c2sp\.org/tlog-proof@v1\nextra .*\nindex .*\n(.+\n)*\n"
    need(re.match(form, data), "this is no receipt, or not all of it")
    head, _, note = data.partition(b"\n\n")
    _, extra, place, *path = head.decode(errors="replace").split("\n")
    opening, index = unjson(unbase64(extra[6:])), number(place[6:])
    steps, corrections = [unbase64(step, 32) for step in path], opening.pop("corrections", ())
    names = "amount_minor award_index case class currency digests nonce opened person_root v"
    kinds = [int, int, str, int, str, list, str, dict, str, int]
    fits = " ".join(opening) == names and [*map(type, opening.values())] == kinds
    need(fits, "the opening has other fields")
    amount, award, case, kind, currency, listed, nonce, opened, person_root, _ = opening.values()
    need(amount >> 64 == award >> 32 == kind >> 8 == 0, "a number is not written as one")
    digests = [hexed(digest, 32) for digest in listed]
    need(len(listed) == 7 and listed == sorted({*listed}), "the digests are not seven, in order")
    said = {"award": str(award), "case": case, "currency": currency}  # its person chose the rest
    need({*opened} - {"categories", "idno", "name", "phone"} == {*said}, "other fields are opened")
    for name, pair in opened.items():
        need(isinstance(pair, list) and [*map(type, pair)] == [str, str], "other fields are opened")
        need(field(name, hexed(pair[0], 16), pair[1]) in digests, "a field is not the award's")
        need(said.setdefault(name, pair[1]) == pair[1], "an opened field says something else")
    person = sha256(b"amends/person/v1\0\0\7" + b"".join(digests))
    need(person.hexdigest() == person_root, "the person root is not that of the digests")
    hidden = sha256(b"amends/award/v1\0" + hexed(nonce, 32) + person.digest()).digest()
    entry = struct.pack(">BBIQ32s", 1, kind, 0, amount, hidden)
    need(award <= index - 2, "the award's number does not fit its place in the log")
    log, size, root = policy.checkpoint(note)
    need(log.startswith(case + "."), "the award is of another case")
    need(climb(entry, index, size, steps) == root, "the award is not in the log")
    later, last, absent = "", award + 1, corrections == ()
    need(absent or (isinstance(corrections, list) and corrections), "corrections have another form")
    names, kinds = "amount_minor class decision index path reason", [int, int, str, int, list, int]
    for one in corrections:
        fits = isinstance(one, dict) and " ".join(one) == names
        need(fits and [*map(type, one.values())] == kinds, "corrections have another form")
        owed, new_kind, decision, at, way, why = one.values()
        need(owed >> 64 == new_kind >> 8 == 0, "a number is not written as one")
        need(at > last and 0 < why < len(REASONS), "corrections lack their order or reason")
        entry = struct.pack(">BIBBQ32s", 5, award, new_kind, why, owed, hexed(decision, 32))
        steps, last = [hexed(step, 32) for step in way], at
        need(climb(entry, at, size, steps) == root, "a correction is not in the log")
        later += f"CORRECTED to {money(currency, owed)}: {REASONS[why]}, entry {at}. "
    leaked = said.pop("categories", "not opened")
    more = "".join(f"Opened by its person: {n} {v!r}. " for n, v in [*said.items()][3:])
    return (
        f"Verified: award {award} of case {case}, {money(currency, amount)}, class {kind}, leaked: "
        f"{leaked}, is entry {index} of {size} in the log whose key the policy holds. {later}{more}"
        f"{'THE CASE IS SIMULATED. ' * (SIMULATED in log)}Not checked: that the money arrived."
    )


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="amends_verify", description="Check a roster of Amends.")
    parser.add_argument("what", choices=("receipt", "all"))
    parser.add_argument("path", type=Path, help="a receipt, or the directory of a published log")
    parser.add_argument("--policy", type=Path, required=True, help="the log's key, from elsewhere")
    parser.add_argument("--claims", action="store_true", help="read claim buckets, too")
    given = parser.parse_args(arguments)
    try:
        policy = Policy(given.policy.read_bytes())
        if given.what == "receipt":
            print(receipt(given.path.read_bytes(), policy))
        else:
            audit = import_module("amends_verify.audit")  # receipts do without
            print(audit.Audit(given.path, policy).run(claims=given.claims))
    except (RosterError, OSError, ImportError, RecursionError, *MALFORMED) as reason:
        kind = f"malformed, {type(reason).__name__}: " if isinstance(reason, MALFORMED) else ""
        print(f"NOT VERIFIED: {kind}{reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":  # this file and those beside it are the package, wherever they lie
    package = sys.modules["amends_verify"] = type(sys)("amends_verify")
    package.__path__, sys.dont_write_bytecode = [str(Path(__file__).parent)], True
    sys.modules["amends_verify.verify"] = sys.modules["__main__"]
    sys.exit(main())
