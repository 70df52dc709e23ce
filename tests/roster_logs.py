"""Logs for tests: a whole published directory in memory, from fixed keys and seeds."""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amends.awards.correcting import HEAD
from amends.kernel.canonical import canonical
from amends.kernel.case import (
    CaseFile,
    ClockKind,
    LinkageSettings,
    Promise,
    RailSettings,
    Text,
)
from amends.kernel.money import Money
from amends.kernel.tariff import flat
from amends.kernel.witnessing import Rows
from amends.roster import claims, codes, entries, publication, rows
from amends.roster.closing import Final
from amends.roster.commitment import (
    HIDDEN,
    SHOWN,
    Bound,
    Opening,
    commit,
    digests_of,
    nonce_of,
    normal_value,
    root_of,
    salts_of,
)
from amends.roster.entries import NOTHING, Total
from amends.roster.epochs import States, shown, sums
from amends.roster.merkle import inclusion_proof, subtree
from amends.roster.model import Batch, Payment, Proved
from amends.roster.note import LogKey, origin_of
from amends.roster.policy import policy_text
from amends.roster.site import VERIFIERS
from amends.roster.tiles import WIDTH, TileTree, bundle, tile_files

AMOUNT = 500_000
_VERIFIER = Path(__file__).parents[1] / "src" / "amends_verify"
VERIFIER = {name: (_VERIFIER / name).read_bytes() for name in VERIFIERS}
STANDS_FOR_IT = {name: f"# stands for {name}\n".encode() for name in ("audit.py", "verify.py")}
"""What vectors ship instead of the verifier, so that they stay when it changes."""
KEY = LogKey(origin=origin_of("golden", simulated=True), seed=bytes([1]) * 32)
BOUND = Bound(case="golden", currency="CNY")
APPROVERS = tuple(Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (2, 3))
VALUES: Mapping[str, str | None] = {
    "name": "样本甲",
    "phone": "+86 13800009753",
    "idno": "99010119900101975x",
}


def case_file() -> CaseFile:
    """The case of the golden log."""
    amount = Money(amount_minor=AMOUNT, currency="CNY")
    return CaseFile(
        id="golden",
        title=Text(zh="金样", en="Golden"),
        controller=Text(zh="测试集团", en="Test Group"),
        jurisdictions=("CN",),
        discovered_at=datetime(2026, 11, 20, tzinfo=UTC),
        announced_at=datetime(2026, 11, 21, 12, tzinfo=UTC),
        clock=ClockKind.SIMULATED,
        promise=Promise(per_person=amount, pay_within=timedelta(days=3)),
        registries=(),
        evidence=(),
        people=(),
        linkage=LinkageSettings(),
        tariff=flat(amount),
        funding=amount,
        rails=(RailSettings(kind="simulator", protocol="alipay"),),
    )


@dataclass
class MadeLog:
    """A log that grows as the roster's does, without a database."""

    people: int
    key: LogKey = KEY
    file: CaseFile = field(default_factory=case_file)
    values: Callable[[int], Mapping[str, str | None]] = lambda _: VALUES
    log: list[bytes] = field(default_factory=list)
    covered: dict[str, bytes] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    batches: Total = NOTHING
    classes: list[int] = field(default_factory=list)
    tariff: dict[int, int] = field(default_factory=lambda: {0: AMOUNT})
    own: dict[int, int] = field(default_factory=dict)
    corrected: dict[int, list[int]] = field(default_factory=dict)
    decisions: int = 0
    batch_no: int = 0
    epoch: int = 0
    publication: int = 0
    hides: bool = False
    counted: int = 0

    @property
    def policy(self) -> str:
        """The policy that believes this log."""
        return policy_text(self.key.verifier_key)

    @property
    def bound(self) -> Bound:
        """What every commitment of the case says."""
        return Bound(case=self.file.id, currency=self.file.currency)

    def begin(self, verifier: Mapping[str, bytes] = VERIFIER) -> "MadeLog":
        """CASE, SCOPE, and an AWARD for everybody."""
        owed = sum(self.own.values()) + (self.people - len(self.own)) * AMOUNT
        people = Total(count=self.people, amount_minor=owed)
        case_json = publication.case_json(
            self.file,
            self.file.promise,
            people=people,
            tariff={0: AMOUNT},
            verifier_key=self.key.verifier_key,
            verifier=verifier,
            time_is_simulated=True,
        )
        self.covered |= {"case.json": case_json, **verifier}
        self.log += [
            entries.case_entry(sha256(case_json).digest()),
            entries.scope_entry(people, sha256(b"evidence").digest()),
        ]
        for index in range(self.people):
            seed = sha256(b"seed %d" % index).digest()
            commitment, opening = commit(self.bound, index, seed, "NAME;PHONE", self.values(index))
            self.openings.append(opening)
            kind = entries.OWN if index in self.own else 0
            self.log.append(entries.award_entry(kind, self.own.get(index, AMOUNT), commitment))
            self.classes.append(kind)
        self.count()
        self.sizes.append(len(self.log))
        return self

    def count(self, **says: object) -> "MadeLog":
        """COUNTS, where case.json hides rows. *says*: what its file says otherwise."""
        if self.file.roster.rows is Rows.COUNTS:
            self.counted += 1
            owed = [(c, self.tariff.get(c, 0)) for c in self.classes if c in self.tariff]
            owed += [(entries.OWN, amount) for amount in self.own.values()]
            corrections = sum(map(len, self.corrected.values()))
            told = json.loads(
                rows.counts_file(
                    Counter(owed), self.tariff, awards=len(self.classes), corrections=corrections
                )
            )
            content = canonical(told | says).encode()
            self.covered[f"counts/{self.counted}.json"] = content
            digest = sha256(content).digest()
            self.log.append(entries.counts_entry(len(self.classes), corrections, digest))
        return self

    def scope(self) -> bytes:
        """A SCOPE of what is owed now."""
        owed = [self.tariff[one] for one in self.classes if one in self.tariff]
        owed += self.own.values()
        return entries.scope_entry(
            Total(count=len(owed), amount_minor=sum(owed)), sha256(b"evidence").digest()
        )

    def correct(
        self,
        *wanted: tuple[int, int, int, int],
        body: Mapping[str, object] | None = None,
        approvers: Sequence[Ed25519PrivateKey] = APPROVERS,
    ) -> "MadeLog":
        """A SCOPE and the CORRECTIONs of one decision: award, class, reason code, amount.

        *body*: what its proposal says otherwise than it should.
        """
        self.decisions += 1
        changes = []
        for award, kind, _, amount in wanted:
            before = self.own.pop(award, self.tariff.get(self.classes[award], 0))
            changes.append(amount - before)
            self.classes[award] = kind
            if kind == entries.OWN:
                self.own[award] = amount
            elif kind != entries.ANNULLED:
                self.tariff.setdefault(kind, amount)
        heads = b"".join(HEAD.pack(*one) for one in wanted)
        says = {
            "case": self.file.id,
            "change_minor": sum(changes),
            "corrections": len(wanted),
            "corrections_sha256": sha256(heads).hexdigest(),
            "currency": "CNY",
        } | dict(body or {})
        content = self.approved("correction", says, approvers, decision=self.decisions)
        self.covered[f"corrections/{self.decisions}.json"] = content
        self.log.append(self.scope())
        for award, kind, reason, amount in wanted:
            self.corrected.setdefault(award, []).append(len(self.log))
            self.log.append(
                entries.correction_entry(award, kind, reason, amount, sha256(content).digest())
            )
        self.count()
        self.sizes.append(len(self.log))
        return self

    def approved(
        self,
        kind: str,
        says: Mapping[str, object],
        approvers: Sequence[Ed25519PrivateKey] = APPROVERS,
        **more: int,
    ) -> bytes:
        """The published file of a decision that *approvers* signed."""
        text = canonical(
            [self.file.id, kind, json.dumps(says, separators=(",", ":"), sort_keys=True)]
        ).encode()
        message = b"amends approval v1\0" + sha256(b"amends proposal v1\0" + text).digest()
        approvals = [
            {"key": key.public_key().public_bytes_raw().hex(), "signature": key.sign(message).hex()}
            for key in approvers
        ]
        return canonical({"approvals": approvals, "body": says, "v": 1, **more}).encode()

    def seal(
        self,
        *,
        owed: int,
        settled: int,
        deposited: int = 0,
        body: Mapping[str, object] | None = None,
        approvers: Sequence[Ed25519PrivateKey] = APPROVERS,
    ) -> "MadeLog":
        """A SEAL of so many awards of the flat amount. *body*: what it says otherwise."""
        totals = [Total(count=n, amount_minor=n * AMOUNT) for n in (owed, settled, deposited)]
        final = Final(owed=totals[0], settled=totals[1], deposited=totals[2])
        says = {"case": self.file.id, "currency": "CNY"} | final.figures | dict(body or {})
        content = self.covered["seal.json"] = self.approved("seal", says, approvers)
        self.log.append(
            entries.seal_entry(
                owed=final.owed,
                settled=final.settled,
                deposited=final.deposited,
                seal_sha256=sha256(content).digest(),
            )
        )
        self.sizes.append(len(self.log))
        return self

    def erase(
        self,
        body: Mapping[str, object] | None = None,
        approvers: Sequence[Ed25519PrivateKey] = APPROVERS,
    ) -> "MadeLog":
        """An ERASED. *body*: what it says otherwise."""
        sealed = sha256(self.covered.get("seal.json", b"")).hexdigest()
        says = {"case": self.file.id, "destroyed": ["case.key"], "seal_sha256": sealed}
        content = self.approved("erase", says | dict(body or {}), approvers)
        self.covered["erased.json"] = content
        self.log.append(entries.erased_entry(sha256(content).digest()))
        self.sizes.append(len(self.log))
        return self

    def claim(self, codes_of: Mapping[int, int], filler_key: bytes = bytes(32)) -> "MadeLog":
        """Claim buckets for awards by index with their codes, and the CLAIMS entry."""
        self.publication += 1
        count = claims.bucket_count(self.people)
        slots: list[list[bytes]] = [[] for _ in range(count)]
        for award, code in codes_of.items():
            made = codes.derived(self.key.origin, code)
            slots[made.bucket(count)] += claims.sealed_slots(
                award, award + 2, self.openings[award].packed(), made.root, self.publication
            )
        buckets = [
            claims.bucket_file(
                b"".join(inside), filler_key, publication=self.publication, bucket=number
            )
            for number, inside in enumerate(slots)
        ]
        hashes = b"".join(sha256(one).digest() for one in buckets)
        about = claims.about(self.publication, hashes)
        self.covered |= {claims.bucket_path(at): one for at, one in enumerate(buckets)}
        self.covered |= {claims.ABOUT: about, claims.MANIFEST: hashes}
        self.log.append(entries.claims_entry(self.publication, count, sha256(about).digest()))
        self.sizes.append(len(self.log))
        return self

    def proved(self, tree: TileTree, index: int) -> Proved:
        """An entry with its proof."""
        path = tuple(inclusion_proof(tree.node, index, tree.size))
        return Proved(index=index, entry=self.log[index], path=path)

    def advance(
        self,
        states: Sequence[int] | States,
        paid: Sequence[int] = (),
        *,
        partly: Total = NOTHING,
    ) -> "MadeLog":
        """A BATCH of the awards *paid*, if any, and a STATE. *partly*: as of ``epochs.sums``."""
        if paid:
            self.batch_no += 1
            payments = tuple(
                Payment(
                    instruction_id=f"N{self.batch_no}X{index}",
                    award_index=index,
                    rail="alipay",
                    sent_day=date(2026, 11, 22),
                    amount_minor=self.own.get(index, AMOUNT),
                )
                for index in paid
            )
            batch = Batch(rail="alipay", payments=payments)
            content = publication.batch_file(
                self.batch_no, batch, "CNY", nonce=bytes([7]) * 32, statements=()
            )
            self.covered[f"batches/{self.batch_no}.json"] = content
            digest = sha256(content).digest()
            self.log.append(entries.batch_entry(self.batch_no, "alipay", batch.total, digest))
            self.batches += batch.total
        self.epoch += 1
        held = np.array(states, dtype=np.uint8)
        classes = np.array(self.classes + [0] * (self.people - len(self.classes)), dtype=np.uint8)
        published = shown(held, classes)
        figures = sums(
            states=held,
            published=published,
            classes=classes,
            tariff=self.tariff,
            own=self.own,
            batches=self.batches,
            partly=partly,
        )
        packed = publication.state_files(self.epoch, published)
        stats = publication.stats_file(self.epoch, figures, "CNY")
        self.covered |= packed | {f"stats/{self.epoch}.json": stats}
        parts = packed[publication.states_path(self.epoch)]
        hashes = sha256(parts).digest(), sha256(stats).digest()
        self.log.append(entries.state_entry(self.epoch, *hashes, figures.states))
        self.sizes.append(len(self.log))
        return self

    def files(self) -> dict[str, bytes]:
        """The published directory, path by path."""
        tree = TileTree()
        parts = range(0, len(self.log), WIDTH)
        bundles = [bundle(self.log[first : first + WIDTH]) for first in parts]
        files = {**self.covered, **dict(tile_files(tree, bundles, self.sizes))}
        files |= {"checkpoint": self.checkpoint(tree).encode()}
        return dict(rows.for_public(files.items())) if self.hides else files

    def checkpoint(self, tree: TileTree) -> str:
        """The signed checkpoint."""
        return self.key.checkpoint(tree.size, subtree(tree.node, 0, tree.size))

    def receipt(self, award_index: int) -> str:
        """The receipt of an award."""
        tree = TileTree()
        tree.append(self.log)
        return publication.receipt_text(
            self.bound,
            award_index,
            self.openings[award_index],
            self.proved(tree, award_index + 2),
            [self.proved(tree, at) for at in self.corrected.get(award_index, ())],
            checkpoint=self.checkpoint(tree),
        )

    def write(self, directory: Path) -> Path:
        """Write the directory; returns it."""
        for name, content in self.files().items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return directory


def twenty(verifier: Mapping[str, bytes] = VERIFIER) -> MadeLog:
    """Twenty people; all were paid in one batch, then six payments came back."""
    paid = MadeLog(people=20).begin(verifier).advance([2] * 20, range(20))
    return paid.advance([2] * 14 + [3] * 6)


def vector() -> dict[str, object]:
    """The vector of docs/formats/roster-vector.json."""
    log = MadeLog(people=3).begin(STANDS_FOR_IT).advance([2, 2, 3], range(3))
    opening = log.openings[1]
    files = log.files()
    later = MadeLog(people=3).begin(STANDS_FOR_IT)
    later.correct((0, 1, 1, 600_000), (1, entries.ANNULLED, 2, 0))
    return {
        "about": "Three made-up people, from fixed keys and seeds; see docs/formats/roster.md.",
        "award_1": {
            "seed_hex": opening.seed.hex(),
            "nonce_hex": nonce_of(opening.seed).hex(),
            "salts_shown_hex": [salt.hex() for salt in salts_of(opening.seed, SHOWN)],
            "salts_hidden_hex": [salt.hex() for salt in salts_of(opening.seed, HIDDEN)],
            "values_shown": BOUND.shown(1, opening.categories),
            "values_hidden": {field: normal_value(field, VALUES[field]) for field in HIDDEN},
            "digests_hex": [digest.hex() for digest in digests_of(BOUND, 1, opening)],
            "person_root_hex": root_of(BOUND, 1, opening).hex(),
            "commitment_hex": log.log[3][14:].hex(),
        },
        "corrected": {
            "approver_key_seeds_hex": [key.private_bytes_raw().hex() for key in APPROVERS],
            "corrections/1.json": later.covered["corrections/1.json"].decode(),
            "entries_hex": [entry.hex() for entry in later.log[-3:]],
            "receipt_1": later.receipt(1),
        },
        "entries_hex": [entry.hex() for entry in log.log],
        "files": {
            name: content.decode()
            for name, content in files.items()
            if name.endswith((".json", ".py", "checkpoint"))
        },
        "key_seed_hex": KEY.seed.hex(),
        "policy": log.policy,
        "receipt_1": log.receipt(1),
        "state_hex": gzip.decompress(files["state/1/0.bin.gz"]).hex(),
        "state_parts_hex": files["state/1/parts"].hex(),
    }


CODES = tuple(codes.drawn(b"".join(sha256(b"code %d" % n).digest()[:13] for n in range(40))))
"""Codes of made-up people."""


def claims_vector() -> dict[str, object]:
    """The vector of docs/formats/claims-vector.json."""
    log = MadeLog(people=3).begin(STANDS_FOR_IT).claim(dict(enumerate(CODES[:3])))
    log.openings[2] = replace(log.openings[2], categories="BLOOD GROUP X;NAME")
    code, opening = CODES[1], log.openings[1]
    made = codes.derived(KEY.origin, code)
    slot = claims.sealed_slots(1, 3, opening.packed(), made.root, 1)[0]
    strange = claims.sealed_slots(2, 4, log.openings[2].packed(), made.root, 1)
    bucket = log.covered[claims.bucket_path(0)]
    return {
        "about": "Claims of three made-up people, from fixed codes; see docs/formats/claims.md.",
        "award_1": {
            "bucket": made.bucket(1),
            "code_bits_hex": codes.packed(code).hex(),
            "label_hex": codes.slot_label(1, 0).hex(),
            "plain_hex": codes.unsealed(made.root, codes.slot_label(1, 0), slot[16:]).hex(),
            "root_hex": made.root.hex(),
            "scan": codes.scan_text(KEY.origin, code),
            "slot_hex": slot.hex(),
            "spread": made.spread,
            "tag_hex": slot[:16].hex(),
            "written": codes.written(code),
        },
        "bucket_sha256": sha256(bucket).hexdigest(),
        "claims.json": log.covered[claims.ABOUT].decode(),
        "claims_entry_hex": log.log[-1].hex(),
        "filler_key_hex": bytes(32).hex(),
        "manifest_hex": log.covered[claims.MANIFEST].hex(),
        "origin": KEY.origin,
        "publication": 1,
        "receipt_1": log.receipt(1),
        "with_a_strange_category": [one.hex() for one in strange],
    }
