"""Check a roster of Amends without Amends: one file, Python's standard library, offline.

    python verify.py receipt FILE --policy POLICY
    python verify.py all DIRECTORY --policy POLICY [--claims]

Exit 0 and a sentence that says what was checked and what was not; exit 1 and the reason otherwise.
Take the policy (it holds the log's key) from a letter or a newspaper, never from what you check.
Formats: C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles, tlog-proof, tlog-policy;
entries and files byte by byte in docs/formats/roster.md; trees RFC 6962; signatures RFC 8032.
"""

import argparse
import base64
import json
import re
import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

STATES = ("promised", "sent", "settled", "returned", "needs_person", "disputed", "waived", "open")
MOVES = ("01234567", "1234567", "123457", "1234567", "01234567", "01234567", "567", "01234567")
SENT, SETTLED, OPEN = 1, 2, 7
OWN = 30  # the class of awards each of which has an amount of its own
ANNULLED = 31  # the class of an award of which nothing is owed any more
WHY = "amount_wrong two_were_one one_was_two tariff_error court_decision agreed not_affected"
REASONS = ["", *WHY.split()]  # counted from 1
FEWEST = 20  # a state held by fewer people of a class is shown as open
FREE = ("categories", "idno", "name", "phone")  # fields that a receipt may open or not
NOTE_LIMIT = 1 << 16
SIMULATED = ".simulated."  # in the name of a log whose money or time is made up
MALFORMED = (AttributeError, LookupError, TypeError, ValueError, struct.error, zlib.error)


class RosterError(Exception):
    """What was given is not what it says it is."""


def need(condition: object, reason: str) -> None:
    """Go on only if *condition* holds."""
    if not condition:
        raise RosterError(reason)


# Ed25519 (RFC 8032 §5.1), verification only: extended coordinates, nothing secret, so no haste.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]
ZERO: Point = (0, 1, 1, 0)


def point(data: bytes) -> Point:
    """Decode a point; only its one canonical encoding will do."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    need(y < P, "a point is not encoded canonically")
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    need(x * x % P == square and (x or not sign), "an encoding is no point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def add(p: Point, q: Point) -> Point:
    """The sum of two points."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar: int, p: Point) -> Point:
    """*scalar* times a point."""
    result = ZERO
    while scalar:
        result = add(result, p) if scalar & 1 else result
        p, scalar = add(p, p), scalar >> 1
    return result


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether *signature* is the key's over *message*: [S]B - [k]A encodes to R."""
    s = int.from_bytes(signature[32:], "little")
    if len(key) != 32 or len(signature) != 64 or s >= ORDER:
        return False
    k = int.from_bytes(sha512(signature[:32] + key + message).digest(), "little") % ORDER
    x, y, z, _ = add(multiply(s, BASE), multiply(ORDER - k, point(key)))
    x, y = x * pow(z, -1, P) % P, y * pow(z, -1, P) % P
    return signature[:32] == (y | (x & 1) << 255).to_bytes(32, "little")


# Notes, policy, checkpoint.


def unbase64(text: str, length: int | None = None) -> bytes:
    """Decode base64 in its one canonical form."""
    data = base64.b64decode(text.encode("ascii"), validate=True)
    need(base64.b64encode(data).decode() == text, "base64 is not canonical")
    need(length is None or len(data) == length, "a value does not have its length")
    return data


def number(text: str) -> int:
    """Decode a decimal number without leading zeroes."""
    need(re.fullmatch("0|[1-9][0-9]{0,15}", text), "a number is not written as one")
    return int(text)


def vkey(text: str, kind: int) -> tuple[str, bytes, bytes]:
    """Name, key id and public key of an Ed25519 verifier key (C2SP signed-note)."""
    name, key_id, encoded = text.split("+", 2)
    data = unbase64(encoded, 33)
    need(data[0] == kind, "the policy holds a key of another kind")
    digest = sha256(name.encode() + b"\n" + data).hexdigest()
    need(digest[:8] == key_id, "a key id in the policy is not its key's")
    return name, bytes.fromhex(key_id), data[1:]


class Policy:
    """Which logs are believed, and which witnesses have to have cosigned (C2SP tlog-policy)."""

    def __init__(self, data: bytes) -> None:
        self.logs: dict[str, tuple[str, bytes, bytes]] = {}
        self.witnesses: dict[str, tuple[str, bytes, bytes]] = {}
        self.groups: dict[str, tuple[int, list[str]]] = {"none": (0, [])}
        quorums, free = list[str](), set[str]()
        for line in data.decode().split("\n"):
            word, *rest = re.split("[ \t]+", line.strip(" \t"))
            if word == "log":
                key = vkey(rest[0], 1)
                need(key[0] not in self.logs, "the policy names a log twice")
                self.logs[key[0]] = key
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
                quorums.append(*rest)
            else:
                need(word[:1] in {"", "#"}, "a strange line in the policy")
        need(self.logs and len(quorums) == 1, "the policy needs a log and one quorum")
        self.quorum = quorums[0]
        need(self.quorum in self.groups | self.witnesses, "the quorum is no name of the policy")
        keys = [key for _, _, key in (*self.logs.values(), *self.witnesses.values())]
        need(len(set(keys)) == len(keys), "one key stands twice in the policy")

    def checkpoint(self, data: bytes) -> tuple[str, int, bytes]:
        """The log's name, size and root in a checkpoint that this policy accepts."""
        origin, size, root, cosigned = self.opened(data)
        met = set(cosigned)
        for name, (least, members) in self.groups.items():  # each after its members
            met |= {name} if len(met.intersection(members)) >= least else set()
        missing = ", ".join(name for name in self.witnesses if name not in met)
        need(self.quorum in met, f"witnesses are missing: {missing}")
        return origin, size, root

    def opened(self, data: bytes) -> tuple[str, int, bytes, dict[str, int]]:
        """Name, size and root that the log has signed; when which witness has cosigned."""
        need(len(data) <= NOTE_LIMIT, "the checkpoint is too long")
        body, blank, tail = data.decode().rpartition("\n\n")
        need(blank and tail.endswith("\n"), "the checkpoint does not end as a signed note does")
        need(not re.search("[\0-\x09\x0b-\x1f]", data.decode()), "there are control characters")
        need(body.count("\n") == 2, "the checkpoint has not three lines")
        origin, size, root = body.split("\n")
        need(origin in self.logs, "the checkpoint is of a log that the policy does not name")
        found: dict[tuple[str, bytes], list[bytes]] = {}
        for line in tail[:-1].split("\n"):
            form = re.fullmatch("\u2014 [^\\s+]+ [A-Za-z0-9+/=]+", line)
            need(form, "a signature line has not its form")
            _, name, encoded = line.split(" ")
            found.setdefault((name, unbase64(encoded)[:4]), []).append(unbase64(encoded)[4:])
        name, key_id, key = self.logs[origin]  # others say nothing (C2SP signed-note)
        need(len(mine := found.get((name, key_id), [])) == 1, "the log's key has not signed once")
        need(signed(key, (body + "\n").encode(), mine[0]), "the log's signature is wrong")
        cosigned: dict[str, int] = {}
        for witness, (name, key_id, key) in self.witnesses.items():
            for signature in found.get((name, key_id), []):
                cosigned[witness] = time = int.from_bytes(signature[:8], "big")
                text = f"cosignature/v1\ntime {time}\n{body}\n".encode()
                need(signed(key, text, signature[8:]), f"the cosignature of {witness} is wrong")
        return origin, number(size), unbase64(root, 32), cosigned


def top(hashes: list[bytes]) -> bytes:
    """The root over neighbouring subtrees; an odd last one is promoted (RFC 6962 §2.1)."""
    while len(hashes) > 1:
        odd = hashes[-1:] if len(hashes) & 1 else []
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        hashes = [sha256(b"\1" + a + b).digest() for a, b in pairs] + odd
    return hashes[0]


def climb(entry: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162 §2.1.3.2)."""
    need(index < size, "the index lies outside the log")
    last, result = size - 1, sha256(b"\0" + entry).digest()
    for sibling in path:
        need(last, "the proof is too long")
        if index & 1 or index == last:
            result = sha256(b"\1" + sibling + result).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            result = sha256(b"\1" + result + sibling).digest()
        index, last = index >> 1, last >> 1
    need(last == 0, "the proof is too short")
    return result


def canonical(value: object) -> bytes:
    """JSON in one form: keys sorted, no blanks, UTF-8 (RFC 8785 for what we hold)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def unjson(raw: bytes) -> dict[str, Any]:
    """Decode an object of version 1 in its one canonical form."""
    value = json.loads(raw, parse_float=str, parse_constant=str)
    need(isinstance(value, dict) and canonical(value) == raw, "JSON is not canonical")
    need(value["v"] == 1 and value["v"] is not True, "JSON is of another version")
    return dict(value)


def hexed(text: str, length: int) -> bytes:
    """Decode lower-case hexadecimal of *length* bytes."""
    need(re.fullmatch(f"[0-9a-f]{{{2 * length}}}", text), "a value is not lower-case hexadecimal")
    return bytes.fromhex(text)


def field(name: str, salt: bytes, value: str) -> bytes:
    """The salted digest of a field."""
    parts = [len(part).to_bytes(2, "big") + part for part in (name.encode(), value.encode())]
    return sha256(b"amends/field/v1\0" + salt + b"".join(parts)).digest()


def receipt(data: bytes, policy: Policy) -> str:
    """Check that a receipt's award stands in the log, and say what it says."""
    need(len(data) <= NOTE_LIMIT, "the receipt is too long")
    head, _, note = data.partition(b"\n\n")
    magic, extra, index_line, *path = head.decode().split("\n")
    need(magic == "c2sp.org/tlog-proof@v1", "this is no tlog-proof@v1")
    need(extra.startswith("extra ") and index_line.startswith("index "), "a line is missing")
    opening, index = unjson(unbase64(extra[6:])), number(index_line[6:])
    names = "amount_minor award_index case class currency digests nonce opened person_root v"
    corrections = opening.pop("corrections", None)
    need(" ".join(opening) == names, "the opening has other fields")
    award, kind, amount = (opening[name] for name in ("award_index", "class", "amount_minor"))
    need({type(award), type(kind), type(amount)} == {int}, "a number is none")
    digests, opened = [hexed(digest, 32) for digest in opening["digests"]], opening["opened"]
    need(digests == sorted(set(digests)), "the fields' digests are not in order")
    for name, (salt, value) in opened.items():
        need(field(name, hexed(salt, 16), value) in digests, f"field {name} is not the award's")
    same = {"award": str(award), "case": opening["case"], "currency": opening["currency"]}
    told = {k: v for k, (_, v) in opened.items() if k in FREE}  # what its person chose to open
    need({k: v for k, (_, v) in opened.items()} == same | told, "other fields are opened")
    leaked = told.pop("categories", "not opened")
    count = len(digests).to_bytes(2, "big")
    person = sha256(b"amends/person/v1\0" + count + b"".join(digests)).digest()
    need(person.hex() == opening["person_root"], "the person root is not that of the digests")
    hidden = sha256(b"amends/award/v1\0" + hexed(opening["nonce"], 32) + person).digest()
    entry = struct.pack(">BBIQ32s", 1, kind, 0, amount, hidden)
    need(0 <= award <= index - 2, "the award's number does not fit its place in the log")
    log, size, root = policy.checkpoint(note)
    need(log.startswith(opening["case"] + "."), "the award is of another case")
    steps = [unbase64(step, 32) for step in path]
    need(climb(entry, index, size, steps) == root, "the award is not in the log")
    changed = "" if corrections is None else corrected(award, corrections, size, root)
    return (
        f"Verified: award {award} of case {same['case']}, {same['currency']} {amount:,} minor "
        f"units, class {kind}, leaked: {leaked}, is entry {index} of {size} in the log "
        "whose key the policy holds. "
        + changed
        + "".join(f"Opened by its person: {name} {value!r}. " for name, value in told.items())
        + ("THE CASE IS SIMULATED. " if SIMULATED in log else "")
        + "Not checked: that the money arrived. The newest state file holds the award's state at "
        f"position {award}, counted from 0."
    )


def corrected(award: int, corrections: list[dict[str, Any]], size: int, root: bytes) -> str:
    """Check that corrections of an award stand in the log, in order; say what they say."""
    said, last = "", award + 1
    for one in corrections:
        names = "amount_minor class decision index path reason"
        need(" ".join(one) == names, "a correction has other fields")
        kind, why, amount, index = (one[n] for n in ("class", "reason", "amount_minor", "index"))
        need({type(kind), type(why), type(amount), type(index)} == {int}, "a number is none")
        need(index > last and why, "corrections are not in order, or without a reason")
        entry = struct.pack(">BIBBQ32s", 5, award, kind, why, amount, hexed(one["decision"], 32))
        steps, last = [hexed(step, 32) for step in one["path"]], index
        need(climb(entry, index, size, steps) == root, "a correction is not in the log")
        said += f"CORRECTED to {amount:,} minor units: {REASONS[why]}, entry {index}. "
    need(said, "the list of corrections is empty")
    return said


class Log:
    """The files of a published log; every one has to be accounted for."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.left = directory, set[str]()
        self.tiles: dict[tuple[str, int], dict[int, str]] = {}
        form = "tile/(entries|[0-9]+)/((?:x[0-9]{3}/)*[0-9]{3})(?:[.]p/([0-9]+))?"
        need(directory.is_dir(), "there is no such directory")
        for path in directory.rglob("*"):
            need(not path.is_symlink(), "there is a symbolic link in the directory")
            if path.is_dir():
                continue
            need(path.is_file(), "something in the directory is no file")
            self.left.add(name := path.relative_to(directory).as_posix())
            if match := re.fullmatch(form, name):
                key, width = (match[1], int(re.sub("[x/]", "", match[2]))), int(match[3] or 256)
                need(width not in self.tiles.setdefault(key, {}), "a tile is there twice")
                self.tiles[key][width] = name

    def read(self, name: str, digest: bytes | None = None) -> bytes:
        """The bytes of a file, checked against the hash that an entry holds of it."""
        need(name in self.left, f"{name} is missing")
        self.left.discard(name)
        data = (self.directory / name).read_bytes()
        need(digest is None or sha256(data).digest() == digest, f"{name} is not what the log says")
        return data

    def entries(self, size: int) -> Iterator[list[bytes]]:
        """All entries, bundle by bundle."""
        for first in range(0, size, 256):
            count, key = min(256, size - first), ("entries", first // 256)
            need(count in self.tiles.get(key, {}), "an entry bundle is missing")
            data, found, ends = self.read(self.tiles[key].pop(count)), [], [0]
            while ends[-1] < len(data):
                start = ends[-1] + 2
                ends.append(start + (data[start - 2] << 8 | data[start - 1]))
                found.append(data[start : ends[-1]])
            need((len(found), ends[-1]) == (count, len(data)), "an entry bundle has a wrong length")
            self.older(key, data, ends)
            yield found

    def tile(self, level: int, index: int, hashes: list[bytes]) -> None:
        """Check a tile against the hashes that the entries lead to."""
        key, data = (str(level), index), b"".join(hashes)
        need(len(hashes) in self.tiles.get(key, {}), "a tile is missing")
        name = self.tiles[key].pop(len(hashes))
        need(self.read(name) == data, f"{name} is not what the entries lead to")
        self.older(key, data, range(0, len(data) + 1, 32))

    def older(self, key: tuple[str, int], data: bytes, ends: Sequence[int]) -> None:
        """Check partial tiles of earlier checkpoints: each is the beginning of the later one."""
        for width, name in self.tiles.pop(key, {}).items():
            need(0 < width < len(ends) and name.endswith(f".p/{width}"), f"{name} does not belong")
            need(self.read(name) == data[: ends[width]], f"{name} is not what it was")


class Audit:
    """Reads the log from its first entry to its last, and holds every figure against the others."""

    def __init__(self, log: Log, policy: Policy) -> None:
        self.origin, self.size, self.root = policy.checkpoint(log.read("checkpoint"))
        self.log, self.key, self.reasons = log, policy.logs[self.origin], [0] * len(REASONS)
        self.claims = (0, 0, b"")
        self.classes, self.states, self.commitments = bytearray(), b"", set[bytes]()
        self.scope, self.batches, self.epochs, self.sums = (0, 0), [0, 0, 0], 0, [0] * 16
        self.case, self.tariff, self.awards = dict[str, Any](), dict[int, int](), dict[bytes, int]()
        self.own: dict[int, int] = {}
        self.decisions, self.change, self.changes, self.heads = 0, 0, 0, list[bytes]()
        self.decision: tuple[bytes, dict[str, Any]] = b"", {}

    def run(self, *, claims: bool = False) -> str:
        """Check everything, *claims*: also every claim bucket; say what was found."""
        roots, last = list[bytes](), list[bytes]()
        for number, entries in enumerate(self.log.entries(self.size)):
            for entry in entries:
                kind = self.awards.get(entry[:14])
                if kind is not None and len(entry) == 46:
                    self.commitments.add(entry[14:])
                    self.classes.append(kind)
                else:
                    self.other(entry)
            last = [sha256(b"\0" + entry).digest() for entry in entries]
            self.log.tile(0, number, last)
            roots += [top(last)] if len(last) == 256 else []
        subtrees = roots + ([top(last)] if len(last) < 256 else [])
        need(subtrees and top(subtrees) == self.root, "the entries do not lead to the signed root")
        for level in range(1, 9):
            tiles = [roots[first : first + 256] for first in range(0, len(roots), 256)]
            for index, tile in enumerate(tiles):
                self.log.tile(level, index, tile)
            roots = [top(tile) for tile in tiles if len(tile) == 256]
        self.scope_is_met()
        need(self.scope[0], "the log holds no awards")
        buckets = self.buckets(whole=claims)
        need(not self.log.left, f"covered by nothing in the log: {sorted(self.log.left)[:3]}")
        return self.sentence() + buckets

    def other(self, entry: bytes) -> None:
        """Check an entry that is no AWARD of the tariff."""
        need(self.case or entry[:1] == b"\0", "the log does not begin with its case")
        if entry[:1] != b"\5":
            self.decided()
        if entry[0] == 0 and not self.case:
            self.open_case(*struct.unpack(">x32s", entry))
        elif entry[0] == 1 and entry[1] == OWN and self.awards:
            flags, amount, commitment = struct.unpack(">xxIQ32s", entry)
            need(flags == 0 < amount, "an AWARD has no amount of its own")
            self.own[len(self.classes)] = amount
            self.commitments.add(commitment)
            self.classes.append(OWN)
        elif entry[0] == 2:
            self.scope_is_met()
            count, amount, _ = struct.unpack(">xIQ32s", entry)
            promise = self.case["promise"]
            first = promise["people"], promise["total_minor"]
            need(self.scope != (0, 0) or (count, amount) == first, "the promise is not the SCOPE's")
            self.scope = count, amount
            self.awards = {struct.pack(">BBIQ", 1, c, 0, a): c for c, a in self.tariff.items()}
        elif entry[0] == 3:
            self.batch(*struct.unpack(">xIBIQ32s", entry))
        elif entry[0] == 4:
            self.state(*struct.unpack(">xI32s32s" + "IQ" * 8, entry))
        elif entry[0] == 5:
            self.correction(*struct.unpack(">xIBBQ32s", entry))
        elif entry[0] == 6:
            before, self.claims = self.claims, struct.unpack(">xII32s", entry)
            need(self.claims[0] == before[0] + 1, "publications of claims are not numbered from 1")
        else:
            need(0, "an AWARD out of place or not by the tariff, or an entry of a new kind")

    def open_case(self, digest: bytes) -> None:
        """Check case.json, and the verifier that is published beside it."""
        case = self.case = unjson(self.log.read("case.json", digest))
        made_up = any(case["simulated"].values())
        need(
            made_up is (SIMULATED in self.origin),
            "case and log differ on whether this is simulated",
        )
        need(vkey(case["log"], 1) == self.key, "case.json names another log key than the policy")
        self.log.read("verify.py", hexed(case["verify_sha256"], 32))
        self.tariff = {row["class"]: row["amount_minor"] for row in case["tariff"]}
        need(max(self.tariff) < OWN and min(self.tariff.values()) > 0, "the tariff is out of range")

    def scope_is_met(self) -> None:
        """SCOPE's people and money are those of the awards as corrected; no commitment is twice."""
        self.decided()
        people = len(self.classes) - self.classes.count(ANNULLED)
        need(people == self.scope[0], "the awards are not as many as SCOPE says")
        amount = sum(self.classes.count(c) * a for c, a in self.tariff.items())
        amount += sum(self.own.values())
        need(amount == self.scope[1], "the awards do not add up to what SCOPE says")
        need(len(self.commitments) == len(self.classes), "two awards have one commitment")

    def correction(self, award: int, kind: int, reason: int, amount: int, digest: bytes) -> None:
        """Check a CORRECTION: of an award in the log, to an amount of one class, decided by two."""
        need(award < len(self.classes), "a CORRECTION is of an award that the log does not hold")
        if kind == ANNULLED or amount == 0:
            need((kind, amount) == (ANNULLED, 0), "a CORRECTION annuls and does not")
        elif kind not in {*self.tariff, OWN}:
            known = amount in self.tariff.values() or kind > ANNULLED
            need(not known, "a CORRECTION gives an amount a second class")
            self.tariff[kind] = amount
        right = amount if kind == OWN else self.tariff.get(kind, 0)
        need(right == amount, "a CORRECTION is not by the amount of its class")
        before = self.classes[award], self.own.pop(award, self.tariff.get(self.classes[award], 0))
        need((kind, amount) != before and reason, "a CORRECTION changes nothing, or for no reason")
        if digest != self.decision[0]:
            self.decided()
            self.decisions += 1
            file = self.log.read(f"corrections/{self.decisions}.json", digest)
            self.decision = digest, unjson(file)
        head = struct.pack(">IBBQ", award, kind, reason, amount)
        need(not self.heads or head[:4] > self.heads[-1][:4], "corrections are not in order")
        self.heads.append(head)
        self.change += amount - before[1]
        self.reasons[reason] += 1
        self.classes[award] = kind
        self.own |= {award: amount} if kind == OWN else {}

    def decided(self) -> None:
        """Check a decision against its corrections: two keys signed exactly this list."""
        if not self.heads:
            return
        case, decision = self.case["case"], self.decision[1]
        body = decision["body"]
        digest = sha256(b"".join(self.heads)).hexdigest()
        right = {"corrections_sha256": digest, "case": case, "change_minor": self.change}
        right |= {"corrections": len(self.heads), "currency": self.case["currency"]}
        said = {name: body[name] for name in right}, decision["decision"]
        need(said == (right, self.decisions), "a decision is of other corrections than follow it")
        text = canonical([case, "correction", canonical(body).decode()])
        message = b"amends approval v1\0" + sha256(b"amends proposal v1\0" + text).digest()
        keys = set()
        for one in decision["approvals"]:
            key = hexed(one["key"], 32)
            need(signed(key, message, hexed(one["signature"], 64)), "an approval is not signed")
            keys.add(key)
        need(len(keys) >= 2, "corrections were not approved by two")
        self.changes += self.change
        self.decision, self.heads, self.change = (self.decision[0], {}), [], 0

    def batch(self, index: int, rail: int, count: int, amount: int, digest: bytes) -> None:
        """Check a BATCH against its file."""
        batch = unjson(self.log.read(f"batches/{index}.json", digest))
        rails = {"alipay": 1, "wechatpay": 2, "iso20022": 3, "counter": 4}
        said = batch["batch"], rails.get(batch["rail"], 0), batch["count"], batch["amount_minor"]
        need(said == (index, rail, count, amount), "a BATCH differs from its file")
        need(batch["currency"] == self.case["currency"], "a batch is in another currency")
        self.batches = [self.batches[0] + 1, self.batches[1] + count, self.batches[2] + amount]
        need(index == self.batches[0] and count > 0, "the batches are not numbered from 1")

    def state(self, epoch: int, state_digest: bytes, stats_digest: bytes, *said: int) -> None:
        """Check a STATE: its array, the moves since the last one, its sums and its equality."""
        self.epochs += 1
        need(epoch == self.epochs, "the epochs are not numbered from 1")
        packed, length = self.log.read(f"state/{epoch}.bin.gz", state_digest), len(self.classes)
        unzip = zlib.decompressobj(31)
        states = unzip.decompress(packed, length + 1)
        need(len(states) == length and unzip.eof and not unzip.unused_data, "a state file is wrong")
        need(not states.translate(None, bytes(range(8))), "a state file holds a code of no state")
        steps = paired(self.states.ljust(length, b"\0"), states)
        bad = [a * 8 + b for a in range(8) for b in range(8) if str(b) not in MOVES[a]]
        need(not any(map(steps.count, bad)), "an award made a move that no award can make")
        held, sums = paired(self.classes, states), [0] * 16
        stats: dict[str, Any] = {"classes": {}, "currency": self.case["currency"], "v": 1}
        own = [sum(a for i, a in self.own.items() if states[i] == code) for code in range(8)]
        for c, amount in (self.tariff | ({OWN: 0} if self.own else {})).items():
            rows = stats["classes"][str(c)] = {}
            for code, name in enumerate(STATES):
                count = held.count(c * 8 + code)
                need(code == OPEN or not 0 < count < FEWEST, "a state of few people is shown")
                rows[name] = total(count, own[code] if c == OWN else count * amount)
                sums[2 * code] += count
                sums[2 * code + 1] += rows[name]["amount_minor"]
        gone = any(held.count(ANNULLED * 8 + code) for code in range(OPEN))
        need(not gone, "an annulled award is not shown as open")
        need(list(said) == sums, "a STATE differs from its array")
        raw = self.log.read(f"stats/{epoch}.json", stats_digest)
        back = unjson(raw)["returned_after_batch"]
        # What was sent in batches and has not come back is sent or settled, or hidden in `open`.
        rest = [
            self.batches[1 + i] - back[key] - sums[2 * SENT + i] - sums[2 * SETTLED + i]
            for i, key in enumerate(("count", "amount_minor"))
        ]
        most = max([*self.tariff.values(), *self.own.values()])
        hidden = (0 if back["count"] else FEWEST - 1), most
        need(back["count"] == 0 == back["amount_minor"] or back["count"] >= FEWEST, "few are shown")
        need(0 <= rest[0] <= sums[2 * OPEN] + hidden[0], "batches, returns and states do not agree")
        need(0 <= rest[1] <= sums[2 * OPEN + 1] + hidden[0] * hidden[1], "their sums do not agree")
        stats |= {"batches": total(*self.batches[1:]), "epoch": epoch, "remainder": total(*rest)}
        stats |= {"returned_after_batch": total(back["count"], back["amount_minor"])}
        need(canonical(stats) == raw, "a stats file differs from the state array")
        self.states, self.sums = states, sums

    def buckets(self, *, whole: bool) -> str:
        """Check the newest claim buckets: all of one size and, read *whole*, as CLAIMS has them."""
        publication, count, digest = self.claims
        if not publication:
            return " This log publishes no claim buckets." if whole else ""
        about = unjson(self.log.read("claims/claims.json", digest))
        hashes = self.log.read("claims/manifest", hexed(about["manifest_sha256"], 32))
        said = about["publication"], about["buckets"], len(hashes)
        need(said == (publication, count, 32 * count), "claims.json differs from its CLAIMS")
        for i in range(count):
            name = f"claims/{i // 1000:03d}/{i % 1000:03d}"
            size = (self.log.directory / name).stat().st_size if name in self.log.left else -1
            need(size == 32768, f"{name} is missing, or has another size than every bucket has")
            if whole:
                self.log.read(name, hashes[32 * i :][:32])
            self.log.left.discard(name)
        how = "read" if whole else "their sizes checked; --claims reads them"
        return f" Claim buckets: {count:,} of 32 KiB, {how}."

    def sentence(self) -> str:
        """What was checked, what was found, and what this cannot show."""
        case, (people, amount) = self.case, self.scope
        held = zip([*STATES, *REASONS], self.sums[::2] + self.reasons, strict=True)
        counts = [f"{name} {count:,}" if count else "" for name, count in held]
        shown, why = (", ".join(filter(None, part)) for part in (counts[:8], counts[8:]))
        made_up = [what for what, is_so in sorted(case["simulated"].items()) if is_so]
        return (
            f"Verified: case {case['case']}, {people:,} awards of {case['currency']} {amount:,} "
            f"minor units, as promised; {self.size:,} entries lead to the signed root, every file "
            "is covered, no commitment stands twice. "
            + (f"CORRECTED: {why}; in all {self.changes:+,} minor units. " if why else "")
            + f"Payments published: {self.batches[1]:,} of {self.batches[2]:,} units, in "
            f"{self.batches[0]} batch{'' if self.batches[0] == 1 else 'es'}; "
            f"epoch {self.epochs}: {shown or 'no states yet'}. "
            + (f"THE CASE IS SIMULATED: {', '.join(made_up)}. " if made_up else "")
            + "Not checked: that banks paid, and that everybody affected is in it."
        )


def paired(high: bytes | bytearray, low: bytes) -> bytes:
    """For every position ``high * 8 + low`` (high < 32, low < 8: nothing carries over)."""
    return (int.from_bytes(high, "big") * 8 + int.from_bytes(low, "big")).to_bytes(len(low), "big")


def total(count: int, amount_minor: int) -> dict[str, int]:
    """A count and a sum as files hold them."""
    return {"amount_minor": amount_minor, "count": count}


def main(arguments: Sequence[str] | None = None) -> int:
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
            print(Audit(Log(given.path), policy).run(claims=given.claims))
    except (RosterError, OSError, *MALFORMED) as reason:
        kind = f"malformed, {type(reason).__name__}: " if isinstance(reason, MALFORMED) else ""
        print(f"NOT VERIFIED: {kind}{reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
