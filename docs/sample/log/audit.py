"""Judges what a whole log says, every figure against the others: ``verify.py all``.

tiles.py sees that these are the entries that were signed. Formats: docs/formats/roster.md.
"""

import struct
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from amends_verify.report import STATES, bucketed, sentence
from amends_verify.tiles import Log, paired
from amends_verify.verify import SIMULATED, Policy, canonical, hexed, need, signed, unjson, vkey

MOVES = ("01234567", "1234567", "123457", "1234567", "01234567", "01234567", "567", "01234567")
OWN, ANNULLED = 30, 31  # classes of awards: an amount of one's own; nothing is owed any more
OPEN, FEWEST, MOST = 7, 20, 7 * 19  # a state that fewer of a class hold is shown as open
TOTALS = ("people", "total_minor", "settled", "settled_minor", "deposited", "deposited_minor")
RAILS = {"alipay": 1, "wechatpay": 2, "iso20022": 3, "counter": 4}
FORMS = {  # of each type of entry: who checks it, and its fields
    0: ("begin", ">x32s"),
    1: ("own_award", ">xBIQ32s"),
    2: ("promise", ">xIQ32x"),
    3: ("batch", ">xIBIQ32s"),
    4: ("state", ">xI32s32s" + "IQ" * 8),
    5: ("correction", ">xIBBQ32s"),
    6: ("publication", ">xII32s"),
    8: ("seal", ">xIQIQIQ32s"),
    9: ("erased", ">x32s"),
    10: ("count", ">xII32s"),
    -1: ("hide", ""),  # an entry that is left out, and is empty
}


def approved(case: str, kind: str, file: dict[str, Any], right: Mapping[str, object]) -> None:
    """Check that two keys signed a decision, and that it says what is *right*."""
    need({*file} - {"decision"} == {"approvals", "body", "v"}, "a decision has other fields")
    body = file["body"]
    same = (body["case"], *map(body.get, right)) == (case, *right.values())
    need(same, f"the {kind} was approved of other figures")
    text = canonical([case, kind, canonical(body).decode()])
    message = b"amends approval v1\0" + sha256(b"amends proposal v1\0" + text).digest()
    pairs = {(hexed(one["key"], 32), hexed(one["signature"], 64)) for one in file["approvals"]}
    need(all(signed(key, message, made) for key, made in pairs), "an approval is not signed")
    need(len({key for key, _ in pairs}) >= 2, f"the {kind} was not approved by two")


class Audit:
    """Reads a log from its first entry to its last, and holds every figure against the others."""

    def __init__(self, directory: Path, policy: Policy) -> None:
        self.log, self.policy, self.reasons = Log(directory), policy, dict[int, int]()
        self.origin, self.size, self.root = policy.checkpoint(self.log.read("checkpoint"))
        self.classes, self.states, self.commitments = bytearray(), b"", set[bytes]()
        self.scope, self.claims, self.batches, self.sums = (0, 0), (0, 0, b""), [0] * 3, [0] * 16
        self.case, self.tariff, self.awards = dict[str, Any](), dict[int, int](), dict[bytes, int]()
        self.epochs, self.decisions, self.change, self.changes, self.digest = 0, 0, 0, 0, b""
        self.own, self.heads, self.decision = dict[int, int](), list[bytes](), dict[str, Any]()
        self.lasting, self.closed, self.end, self.sealed = (0, 0), 0, list[int](), b""
        self.hidden, self.counted, self.counts = 0, 0, dict[int, tuple[int, int]]()
        self.day, self.told, self.corrections, self.known = "", 0, 0, 0

    def run(self, *, claims: bool = False) -> str:
        """Check everything, *claims*: also every claim bucket; say what was found."""
        for entries in self.log.entries(self.size, self.root):
            kinds = bytes([self.awards.get(entry[:14], ANNULLED) for entry in entries])
            if ANNULLED not in kinds and {*map(len, entries)} == {46}:  # AWARDs of the tariff alone
                self.commitments.update([entry[14:] for entry in entries])
                self.classes += kinds
            else:
                for entry in entries:
                    self.other(entry)
        self.scope_is_met()
        need(self.scope[0], "the log holds no awards")
        if self.claims[0]:
            self.buckets(*self.claims, whole=claims)
        self.log.all_read()
        return sentence(self) + bucketed(*self.claims[:2], whole=claims)

    def other(self, entry: bytes) -> None:
        """Check an entry of any kind."""
        if entry[:14] in self.awards and len(entry) == 46:
            self.commitments.add(entry[14:])
            self.classes.append(self.awards[entry[:14]])
            return
        kind = entry[0] if entry else -1
        need(self.case or kind == 0, "the log does not begin with its case")
        need(kind in FORMS and (kind or not self.case), "an entry of a new kind, or out of place")
        need(self.closed == (8 if kind == 9 else 0), "the log does not end with SEAL and ERASED")
        if kind != 5:
            self.decided()
        check, form = FORMS[kind]
        getattr(self, check)(*struct.unpack(form, entry))

    def begin(self, digest: bytes) -> None:
        """Check case.json, and the verifier that is published beside it."""
        case = self.case = unjson(self.log.read("case.json", digest))
        made_up, named = any(case["simulated"].values()), SIMULATED in self.origin
        need(made_up is named, "case and log differ on whether this is simulated")
        key = self.policy.logs[self.origin]
        need(vkey(case["log"], 1) == key, "case.json names another log key than the policy")
        for name in ("verify", "audit", "report", "tiles", "zh"):  # older logs ship fewer files
            if name == "verify" or f"{name}_sha256" in case:
                self.log.read(f"{name}.py", hexed(case[f"{name}_sha256"], 32))
        self.tariff = {row["class"]: row["amount_minor"] for row in case["tariff"]}
        need(max(self.tariff) < OWN and min(self.tariff.values()) > 0, "the tariff is out of range")

    def hide(self) -> None:
        """An AWARD or CORRECTION that the case does not show: its leaf counts, and nothing else."""
        need(self.case.get("rows") == "counts", "an entry is empty, and the case hides no rows")
        self.hidden += 1

    def count(self, awards: int, corrections: int, digest: bytes) -> None:
        """Check a COUNTS: how many awards of each class there are, where rows are hidden."""
        self.counted += 1
        file = unjson(self.log.read(f"counts/{self.counted}.json", digest))
        self.counts = {int(c): (n["count"], n["amount_minor"]) for c, n in file["classes"].items()}
        said = file["awards"], file["corrections"]
        need(said == (awards, corrections), "COUNTS differs from its file")
        self.told, shown = awards + corrections, len(self.classes) + sum(self.reasons.values())
        need({shown, self.hidden} == {0, self.told}, "COUNTS is of other entries than there are")
        need(self.counts == self.owed(), "COUNTS differs from its entries")
        self.corrections = corrections
        for c, (n, money) in self.counts.items():
            need(c == OWN or money == n * self.tariff[c], "a class is not by the tariff")

    def owed(self) -> dict[int, tuple[int, int]]:
        """How many awards of each class are owed, and how much; of hidden rows, by COUNTS."""
        if self.hidden:
            return self.counts
        own = {OWN: (len(self.own), sum(self.own.values()))} if self.own else {}
        counts = {c: self.classes.count(c) for c in self.tariff}
        return {c: (n, n * self.tariff[c]) for c, n in counts.items()} | own

    def own_award(self, kind: int, flags: int, amount: int, commitment: bytes) -> None:
        """Check an AWARD with an amount of its own."""
        need(self.awards and kind == OWN, "an AWARD out of place or not by the tariff")
        need(flags == 0 < amount, "an AWARD has no amount of its own")
        self.own[len(self.classes)] = amount
        self.commitments.add(commitment)
        self.classes.append(OWN)

    def promise(self, count: int, amount: int) -> None:
        """Check a SCOPE; the first one is the promise of case.json."""
        self.scope_is_met()
        first = tuple(self.case["promise"][name] for name in ("people", "total_minor"))
        need(self.scope != (0, 0) or (count, amount) == first, "the promise is not the SCOPE's")
        self.scope = count, amount
        self.awards = {struct.pack(">BBIQ", 1, c, 0, a): c for c, a in self.tariff.items()}

    def scope_is_met(self) -> None:
        """SCOPE's people and money are those of the awards as corrected; no commitment is twice."""
        self.decided()
        people, owed = (sum(part) for part in zip((0, 0), *self.owed().values(), strict=True))
        need(self.hidden in {0, self.told}, "more or less is hidden than COUNTS says")
        need(people == self.scope[0], "the awards are not as many as SCOPE says")
        need(owed == self.scope[1], "the awards do not add up to what SCOPE says")
        known = self.known + len(self.commitments)
        need(known == len(self.classes), "two awards have one commitment")

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
        self.corrections += 1
        self.classes[award] = kind
        self.own |= {award: amount} if kind == OWN else {}

    def decided(self) -> None:
        """Check a decision against its corrections: two keys signed exactly this list."""
        if not self.heads:
            return
        digest = sha256(b"".join(self.heads)).hexdigest()
        right = {"corrections_sha256": digest, "currency": self.case["currency"]}
        right |= {"change_minor": self.change, "corrections": len(self.heads)}
        need(self.decision["decision"] == self.decisions, "decisions are not numbered from 1")
        approved(self.case["case"], "correction", self.decision, right)
        self.changes += self.change
        self.heads, self.change = [], 0

    def seal(self, *said: Any) -> None:  # noqa: ANN401  # six figures and a digest
        """Check a SEAL: nothing is open; its totals are those of SCOPE, states and payments."""
        *self.end, digest = said
        self.sealed = self.log.read("seal.json", digest)
        figures = dict(zip(TOTALS, self.end, strict=True))
        approved(self.case["case"], "seal", unjson(self.sealed), figures)
        self.scope_is_met()
        need(tuple(self.end[:2]) == self.scope, "SEAL and SCOPE say different things")
        for i in (0, 1):  # people, then money
            owed, settled, given = self.end[i::2]
            promised, sent, arrived, back, waiting, disputed, waived, hidden = self.sums[i::2]
            need(promised == sent == disputed == 0, "a SEAL, and awards are not at their end")
            need(settled <= self.lasting[i], "a SEAL says that more arrived than was paid")
            more = settled - arrived, given - back - waiting, owed - settled - given - waived
            need(all(0 <= n <= hidden for n in more), "a SEAL's totals are not those of the states")
        self.closed, self.awards = 8, {}

    def erased(self, digest: bytes) -> None:
        """Check an ERASED: two say that the keys of this sealed case are destroyed."""
        right = {"seal_sha256": sha256(self.sealed).hexdigest()}
        approved(self.case["case"], "erase", unjson(self.log.read("erased.json", digest)), right)
        self.closed = 9

    def batch(self, index: int, rail: int, count: int, amount: int, digest: bytes) -> None:
        """Check a BATCH against its file."""
        batch = unjson(self.log.read(f"batches/{index}.json", digest))
        said = batch["batch"], RAILS.get(batch["rail"], 0), batch["count"], batch["amount_minor"]
        need(said == (index, rail, count, amount), "a BATCH differs from its file")
        need(batch["currency"] == self.case["currency"], "a batch is in another currency")
        paid = 0 if batch.get("on_top") else count  # on top of others: no award more
        self.batches = [self.batches[0] + 1, self.batches[1] + paid, self.batches[2] + amount]
        need(index == self.batches[0] and count > 0, "the batches are not numbered from 1")
        self.day = max(self.day, batch["last_day"])

    def state(self, epoch: int, state_digest: bytes, stats_digest: bytes, *said: int) -> None:
        """Check a STATE: its array, its sums, and its equality."""
        need(epoch == self.epochs + 1, "the epochs are not numbered from 1")
        raw = self.log.read(f"stats/{epoch}.json", stats_digest)
        classes = unjson(raw)["classes"] if self.hidden else self.array(epoch, state_digest)
        owed, sums = self.owed(), [0] * 16
        need({*map(int, classes)} == {*owed}, "the states are not of every class")
        for c, rows in classes.items():
            counts, money = ([rows[s][key] for s in STATES] for key in ("count", "amount_minor"))
            right = int(c) == OWN or money == [n * self.tariff[int(c)] for n in counts]
            need(right and min(counts) >= 0, "the states of a class are not by its amount")
            need((sum(counts), sum(money)) == owed[int(c)], "the states are not of all awards")
            need(not any(0 < n < FEWEST for n in counts[:OPEN]), "a state of few people is shown")
            need(counts[OPEN] <= MOST + self.corrections, "more are open than small groups make")
            figures = [n for pair in zip(counts, money, strict=True) for n in pair]
            sums = [a + b for a, b in zip(sums, figures, strict=True)]
        need(list(said) == sums, "a STATE differs from its array")
        back = {key: unjson(raw)["returned_after_batch"][key] for key in ("count", "amount_minor")}
        need(back["count"] == 0 == back["amount_minor"] or back["count"] >= FEWEST, "few are shown")
        self.lasting = self.batches[1] - back["count"], self.batches[2] - back["amount_minor"]
        people, minor = (self.lasting[i] - sums[2 + i] - sums[4 + i] for i in (0, 1))  # or open
        hidden = 0 if back["count"] else FEWEST - 1
        most = hidden * max([*self.tariff.values(), *self.own.values()])
        need(0 <= people <= sums[14] + hidden, "batches, returns and states do not agree")
        need(0 <= minor <= sums[15] + most, "their sums do not agree")
        stats: dict[str, Any] = {"classes": classes, "epoch": epoch, "returned_after_batch": back}
        stats |= {"batches": {"count": self.batches[1], "amount_minor": self.batches[2]}}
        stats |= {"remainder": {"count": people, "amount_minor": minor}}
        stats |= {"currency": self.case["currency"], "v": 1}
        need(canonical(stats) == raw, "a stats file differs from the state array")
        self.epochs, self.sums = epoch, sums

    def array(self, epoch: int, digest: bytes) -> dict[str, Any]:
        """How many awards of each class are in each state, and their money; check the moves."""
        states = self.log.states(epoch, digest, len(self.classes))
        steps = paired(self.states.ljust(len(states), b"\0"), states)
        bad = [a * 8 + b for a in range(8) for b in range(8) if str(b) not in MOVES[a]]
        need(not any(map(steps.count, bad)), "an award made a move that no award can make")
        pairs, self.states = paired(self.classes, states), states
        gone = any(pairs.count(ANNULLED * 8 + code) for code in range(OPEN))
        need(not gone, "an annulled award is not shown as open")
        found: dict[str, Any] = {}
        for c in self.owed():
            counts = [pairs.count(c * 8 + code) for code in range(8)]
            money = [n * self.tariff.get(c, 0) for n in counts]
            for award, amount in self.own.items() if c == OWN else ():
                money[states[award]] += amount
            rows = [{"count": n, "amount_minor": a} for n, a in zip(counts, money, strict=True)]
            found[str(c)] = dict(zip(STATES, rows, strict=True))
        return found

    def publication(self, index: int, buckets: int, digest: bytes) -> None:
        """Check a CLAIMS; the newest one counts."""
        need(index == self.claims[0] + 1, "publications of claims are not numbered from 1")
        self.claims = index, buckets, digest

    def buckets(self, publication: int, count: int, digest: bytes, *, whole: bool) -> None:
        """Check the newest claim buckets: all of one size and, read *whole*, as CLAIMS has them."""
        about = unjson(self.log.read("claims/claims.json", digest))
        hashes = self.log.read("claims/manifest", hexed(about["manifest_sha256"], 32))
        said = about["publication"], about["buckets"], len(hashes)
        need(said == (publication, count, 32 * count), "claims.json differs from its CLAIMS")
        for i in range(count):
            name = f"claims/{i // 1000:03d}/{i % 1000:03d}"
            need(self.log.size(name) == 32768, f"{name} is missing, or is not of 32 KiB")
            if whole:
                self.log.read(name, hashes[32 * i :][:32])
            self.log.left.discard(name)
