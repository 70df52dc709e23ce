"""The second half of verify.py, which runs it: a whole log, every file against the others."""

import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from amends_verify import verify
from amends_verify.verify import Policy, canonical, hexed, need, signed, unjson, vkey

STATES = ("promised", "sent", "settled", "returned", "needs_person", "disputed", "waived", "open")
MOVES = ("01234567", "1234567", "123457", "1234567", "01234567", "01234567", "567", "01234567")
OPEN, FEWEST = 7, 20  # a state that fewer people of a class hold is shown as open
OWN, ANNULLED = 30, 31  # classes of awards: an amount of one's own; nothing is owed any more


def top(hashes: list[bytes]) -> bytes:
    """The root over neighbouring subtrees; an odd last one is promoted (RFC 6962 §2.1)."""
    while len(hashes) > 1:
        odd = hashes[-1:] if len(hashes) & 1 else []
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        hashes = [sha256(b"\1" + a + b).digest() for a, b in pairs] + odd
    return hashes[0]


class Log:
    """The files of a published log; every one has to be accounted for."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.left = directory, set[str]()
        self.tiles: dict[tuple[str, int], dict[int, str]] = {}
        form = "tile/(entries|[0-9]+)/((?:x[0-9]{3}/)*[0-9]{3})(?:[.]p/([0-9]+))?"
        need(directory.is_dir(), "there is no such directory")
        for path in directory.rglob("*"):
            if path.is_symlink() or not path.is_dir():
                need(path.is_file() and not path.is_symlink(), f"{path.name} is no ordinary file")
                self.left.add(name := path.relative_to(directory).as_posix())
                if tile := re.fullmatch(form, name):
                    key, width = (tile[1], int(re.sub("[x/]", "", tile[2]))), int(tile[3] or 256)
                    self.tiles.setdefault(key, {})[width] = name

    def read(self, name: str, digest: bytes | None = None) -> bytes:
        """The bytes of a file, checked against the hash that an entry holds of it."""
        need(name in self.left, f"{name or 'a tile'} is missing")
        self.left.discard(name)
        data = (self.directory / name).read_bytes()
        need(digest is None or sha256(data).digest() == digest, f"{name} is not what the log says")
        return data

    def entries(self, size: int) -> Iterator[list[bytes]]:
        """All entries, bundle by bundle."""
        for first in range(0, size, 256):
            count, key = min(256, size - first), ("entries", first // 256)
            data, found, ends = self.read(self.tiles.get(key, {}).pop(count, "")), [], [0]
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
        name = self.tiles.get(key, {}).pop(len(hashes), "")
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
        self.log, self.key, self.reasons = log, policy.logs[self.origin], dict[int, int]()
        self.classes, self.states, self.commitments = bytearray(), b"", set[bytes]()
        self.scope, self.claims, self.batches, self.sums = (0, 0), (0, 0, b""), [0] * 3, [0] * 16
        self.case, self.tariff, self.awards = dict[str, Any](), dict[int, int](), dict[bytes, int]()
        self.epochs, self.decisions, self.change, self.changes, self.digest = 0, 0, 0, 0, b""
        self.own, self.heads, self.decision = dict[int, int](), list[bytes](), dict[str, Any]()

    def run(self, *, claims: bool = False) -> str:
        """Check everything, *claims*: also every claim bucket; say what was found."""
        roots = list[bytes]()
        for number, entries in enumerate(self.log.entries(self.size)):
            for entry in entries:
                kind = self.awards.get(entry[:14])
                if kind is not None and len(entry) == 46:
                    self.commitments.add(entry[14:])
                    self.classes.append(kind)
                else:
                    self.other(entry)
            hashes = [sha256(b"\0" + entry).digest() for entry in entries]
            self.log.tile(0, number, hashes)
            roots.append(top(hashes))
        need(roots and top(roots) == self.root, "the entries do not lead to the signed root")
        for level in range(1, 9):
            roots = roots[: self.size >> 8 * level]  # of full tiles
            for first in range(0, len(roots), 256):
                self.log.tile(level, first // 256, roots[first : first + 256])
            roots = [top(roots[first : first + 256]) for first in range(0, len(roots), 256)]
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
            flags, self.own[len(self.classes)], commitment = struct.unpack(">xxIQ32s", entry)
            need(flags == 0 < self.own[len(self.classes)], "an AWARD has no amount of its own")
            self.commitments.add(commitment)
            self.classes.append(OWN)
        elif entry[0] == 2:
            self.scope_is_met()
            count, amount, _ = struct.unpack(">xIQ32s", entry)
            first = tuple(self.case["promise"][name] for name in ("people", "total_minor"))
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
        made_up, named = any(case["simulated"].values()), verify.SIMULATED in self.origin
        need(made_up is named, "case and log differ on whether this is simulated")
        need(vkey(case["log"], 1) == self.key, "case.json names another log key than the policy")
        self.log.read("verify.py", hexed(case["verify_sha256"], 32))
        if "audit_sha256" in case:  # older logs ship the verifier in one file
            self.log.read("audit.py", hexed(case["audit_sha256"], 32))
        self.tariff = {row["class"]: row["amount_minor"] for row in case["tariff"]}
        need(max(self.tariff) < OWN and min(self.tariff.values()) > 0, "the tariff is out of range")

    def scope_is_met(self) -> None:
        """SCOPE's people and money are those of the awards as corrected; no commitment is twice."""
        self.decided()
        people = len(self.classes) - self.classes.count(ANNULLED)
        need(people == self.scope[0], "the awards are not as many as SCOPE says")
        owed = [*self.own.values(), *(self.classes.count(c) * a for c, a in self.tariff.items())]
        need(sum(owed) == self.scope[1], "the awards do not add up to what SCOPE says")
        need(len(self.commitments) == len(self.classes), "two awards have one commitment")

    def correction(self, award: int, kind: int, reason: int, amount: int, digest: bytes) -> None:
        """Check a CORRECTION: of an award in the log, to an amount of one class, decided by two."""
        need(award < len(self.classes), "a CORRECTION is of an award that the log does not hold")
        owed = {ANNULLED: 0, OWN: max(amount, 1)} | self.tariff
        if kind not in owed:
            known = amount in {0, *self.tariff.values()} or kind > ANNULLED
            need(not known, "a CORRECTION gives an amount a second class")
            self.tariff[kind] = owed[kind] = amount
        need(owed[kind] == amount, "a CORRECTION is not by the amount of its class")
        before = self.classes[award], self.own.pop(award, self.tariff.get(self.classes[award], 0))
        need((kind, amount) != before and reason, "a CORRECTION changes nothing, or for no reason")
        if digest != self.digest:
            self.decided()
            self.decisions += 1
            file = self.log.read(f"corrections/{self.decisions}.json", digest)
            self.digest, self.decision = digest, unjson(file)
        head = struct.pack(">IBBQ", award, kind, reason, amount)
        need(not self.heads or head[:4] > self.heads[-1][:4], "corrections are not in order")
        self.heads.append(head)
        self.change += amount - before[1]
        self.reasons[reason] = self.reasons.get(reason, 0) + 1
        self.classes[award] = kind
        self.own |= {award: amount} if kind == OWN else {}

    def decided(self) -> None:
        """Check a decision against its corrections: two keys signed exactly this list."""
        if not self.heads:
            return
        approvals, body, decision, _ = self.decision.values()
        right = {"case": self.case["case"], "currency": self.case["currency"]}
        right |= {"change_minor": self.change, "corrections": len(self.heads)}
        right |= {"corrections_sha256": sha256(b"".join(self.heads)).hexdigest()}
        said = {name: body[name] for name in right}, decision
        need(said == (right, self.decisions), "a decision is of other corrections than follow it")
        text = canonical([self.case["case"], "correction", canonical(body).decode()])
        message = b"amends approval v1\0" + sha256(b"amends proposal v1\0" + text).digest()
        pairs = {(hexed(one["key"], 32), hexed(one["signature"], 64)) for one in approvals}
        need(all(signed(key, message, made) for key, made in pairs), "an approval is not signed")
        need(len({key for key, _ in pairs}) >= 2, "corrections were not approved by two")
        self.changes += self.change
        self.decision, self.heads, self.change = {}, [], 0

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
        need(epoch == self.epochs + 1, "the epochs are not numbered from 1")
        unzip, length = zlib.decompressobj(31), len(self.classes)
        states = unzip.decompress(self.log.read(f"state/{epoch}.bin.gz", state_digest), length + 1)
        need(len(states) == length and unzip.eof and not unzip.unused_data, "a state file is wrong")
        need(not states.translate(None, bytes(range(8))), "a state file holds a code of no state")
        steps = paired(self.states.ljust(length, b"\0"), states)
        bad = [a * 8 + b for a in range(8) for b in range(8) if str(b) not in MOVES[a]]
        need(not any(map(steps.count, bad)), "an award made a move that no award can make")
        held, sums = paired(self.classes, states), [0] * 16
        stats: dict[str, Any] = {"classes": {}, "currency": self.case["currency"], "v": 1}
        own = [sum(a for i, a in self.own.items() if states[i] == code) for code in range(8)]
        for c, amount in (self.tariff | ({OWN: 0} if self.own else {})).items():
            counts = [held.count(c * 8 + code) for code in range(8)]
            need(not any(0 < n < FEWEST for n in counts[:OPEN]), "a state of few people is shown")
            money = own if c == OWN else [n * amount for n in counts]
            rows = [{"count": n, "amount_minor": a} for n, a in zip(counts, money, strict=True)]
            stats["classes"][str(c)] = dict(zip(STATES, rows, strict=True))
            figures = [figure for row in rows for figure in row.values()]
            sums = [a + b for a, b in zip(sums, figures, strict=True)]
        gone = any(held.count(ANNULLED * 8 + code) for code in range(OPEN))
        need(not gone, "an annulled award is not shown as open")
        need(list(said) == sums, "a STATE differs from its array")
        raw = self.log.read(f"stats/{epoch}.json", stats_digest)
        back = unjson(raw)["returned_after_batch"]
        need(back["count"] == 0 == back["amount_minor"] or back["count"] >= FEWEST, "few are shown")
        people = self.batches[1] - back["count"] - sums[2] - sums[4]  # sent, settled; or open
        minor = self.batches[2] - back["amount_minor"] - sums[3] - sums[5]
        hidden = 0 if back["count"] else FEWEST - 1
        most = hidden * max([*self.tariff.values(), *self.own.values()])
        need(0 <= people <= sums[14] + hidden, "batches, returns and states do not agree")
        need(0 <= minor <= sums[15] + most, "their sums do not agree")
        stats |= {"batches": {"count": self.batches[1], "amount_minor": self.batches[2]}}
        stats |= {"epoch": epoch, "remainder": {"count": people, "amount_minor": minor}}
        stats |= {"returned_after_batch": {key: back[key] for key in ("count", "amount_minor")}}
        need(canonical(stats) == raw, "a stats file differs from the state array")
        self.epochs, self.states, self.sums = epoch, states, sums

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
        case, (people, amount), (batches, paid, minor) = self.case, self.scope, self.batches
        shown = ", ".join(f"{s} {n:,}" for s, n in zip(STATES, self.sums[::2], strict=True) if n)
        why = ", ".join(f"{verify.REASONS[r]} {n:,}" for r, n in sorted(self.reasons.items()))
        made_up = ", ".join(what for what, is_so in sorted(case["simulated"].items()) if is_so)
        return (
            f"Verified: case {case['case']}, {people:,} awards of {case['currency']} {amount:,} "
            f"minor units, as promised; {self.size:,} entries lead to the signed root, every file "
            "is covered, no commitment stands twice. "
            + (f"CORRECTED: {why}; in all {self.changes:+,} minor units. " if why else "")
            + f"Payments published: {paid:,} of {minor:,} units, in {batches} batch"
            f"{'' if batches == 1 else 'es'}; epoch {self.epochs}: {shown or 'no states yet'}. "
            + (f"THE CASE IS SIMULATED: {made_up}. " if made_up else "")
            + "Not checked: that banks paid, and that everybody affected is in it."
        )


def paired(high: bytes | bytearray, low: bytes) -> bytes:
    """For every position ``high * 8 + low`` (high < 32, low < 8: nothing carries over)."""
    return (int.from_bytes(high, "big") * 8 + int.from_bytes(low, "big")).to_bytes(len(low), "big")
