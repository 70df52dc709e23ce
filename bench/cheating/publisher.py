"""A publisher with full power over database, files, code and keys; honest until a play bends it.

It makes logs with the publisher's own code, so that a fraud is as well made as an insider makes it:
signed with the real key, its sums adjusted. What is true (who people are, what they are owed, what
reached them) is kept apart from what it publishes. Keys and seeds are fixed: the same log each run.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amends.awards.correcting import HEAD
from amends.governance.rules import proposal, sign, sign_statement, statement_digest
from amends.kernel.canonical import canonical
from amends.kernel.case import CaseFile, ClockKind, LinkageSettings, Promise, RailSettings, Text
from amends.kernel.money import Money
from amends.kernel.tariff import flat
from amends.roster import claims, codes, entries, publication
from amends.roster.commitment import Bound, Opening, commit
from amends.roster.entries import NOTHING, State, Total
from amends.roster.epochs import shown, sum_of, sums
from amends.roster.merkle import inclusion_proof, subtree
from amends.roster.model import Batch, Payment, Proved
from amends.roster.note import LogKey, origin_of
from amends.roster.site import VERIFIERS
from amends.roster.tiles import WIDTH, TileTree, bundle, tile_files

if TYPE_CHECKING:
    from amends.governance.model import JSON

CASE, CURRENCY = "model", "CNY"
BOUND = Bound(case=CASE, currency=CURRENCY)
KEY = LogKey(origin=origin_of(CASE, simulated=True), seed=bytes([1]) * 32)
OPERATORS = tuple(Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (2, 3))
SIGNATORY = Ed25519PrivateKey.from_private_bytes(bytes([4]) * 32)
VERIFIER = {name: f"# stands for {name}\n".encode() for name in VERIFIERS}
ANNOUNCED = datetime(2026, 11, 21, 12, tzinfo=UTC)
PAY_WITHIN = timedelta(days=3)
TARIFF: Mapping[int, int] = {0: 500_000, 1: 800_000}
"""Amount in minor units by class; class 1 is for whoever's identity number leaked as well."""
LEAKED = ("NAME;PHONE", "IDNO;NAME;PHONE")


STRANGER = 5_000_000
"""Numbers from here on are of people whom a crowd does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who was affected: ``kind`` is the class of what leaked of them."""

    name: str
    phone: str
    idno: str
    kind: int
    code: int

    @property
    def values(self) -> dict[str, str]:
        """What their award hides."""
        return {"idno": self.idno, "name": self.name, "phone": self.phone}


def person(number: int, kind: int) -> Person:
    """A made-up person; ``number`` tells them apart."""
    draws = b"".join(sha256(b"code %d %d" % (number, draw)).digest()[:13] for draw in range(9))
    return Person(
        name=f"假人{number:05d}",
        phone=f"1380002{number:04d}",
        idno=f"99010119900101{number:04d}",
        kind=kind,
        code=codes.drawn(draws)[0],
    )


def crowd(people: int) -> list[Person]:
    """So many, the two classes in turn."""
    return [person(number, number % 2) for number in range(people)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What stands in the log as one award, and whose it is."""

    of: Person
    kind: int
    amount_minor: int
    categories: str


def due(of: Person) -> Row:
    """The award that a person is owed."""
    return Row(of=of, kind=of.kind, amount_minor=TARIFF[of.kind], categories=LEAKED[of.kind])


def total(rows: Iterable[Row]) -> Total:
    """How many awards, and how much."""
    amounts = [row.amount_minor for row in rows]
    return Total(count=len(amounts), amount_minor=sum(amounts))


def announcement(classes: Mapping[int, Total]) -> bytes:
    """A signed announcement of so many people and so much money by class."""
    everybody = sum_of(classes.values())
    public = SIGNATORY.public_key().public_bytes_raw().hex()
    document = {
        "case": CASE,
        "companies": [{"cost_minor": everybody.amount_minor}],
        "figures": {
            "classes": [
                {"amount_minor": each.amount_minor // each.count, "people": each.count}
                for _, each in sorted(classes.items())
            ],
            "currency": CURRENCY,
            "people": everybody.count,
            "total_minor": everybody.amount_minor,
        },
        "signatories": [{"key": public}],
        "text": {"zh": f"{everybody.count:,} 人", "en": f"{everybody.count:,} people"},
        "v": 1,
        "version": 1,
    }
    digest = sha256(canonical(document).encode()).hexdigest()
    statement = statement_digest(CASE, "announcement", {"document_sha256": digest, "version": 1})
    signature = {"key": public, "signature": sign_statement(SIGNATORY, statement).hex()}
    return canonical(
        {"document": document, "document_sha256": digest, "signatures": [signature], "v": 1}
    ).encode()


def by_class(rows: Iterable[Row]) -> dict[int, Total]:
    """People and money of each class."""
    found: dict[int, Total] = {}
    for row in rows:
        one = Total(count=1, amount_minor=row.amount_minor)
        found[row.kind] = found.get(row.kind, NOTHING) + one
    return found


def _case_file() -> CaseFile:
    """The case of the model log."""
    return CaseFile(
        id=CASE,
        title=Text(zh="演练", en="Exercise"),
        controller=Text(zh="测试集团", en="Test Group"),
        jurisdictions=("CN",),
        discovered_at=ANNOUNCED - timedelta(days=1),
        announced_at=ANNOUNCED,
        clock=ClockKind.SIMULATED,
        promise=Promise(per_person=None, pay_within=PAY_WITHIN),
        registries=(),
        evidence=(),
        people=(),
        linkage=LinkageSettings(),
        tariff=flat(Money(amount_minor=TARIFF[0], currency=CURRENCY)),
        funding=Money(amount_minor=1, currency=CURRENCY),
        rails=(RailSettings(kind="simulator", protocol="alipay"),),
    )


@dataclass(kw_only=True)
class Publisher:
    """A log that grows. Every method publishes what it is given; none asks whether it is true."""

    key: LogKey = KEY
    secret: bytes = b""
    rows: list[Row] = field(default_factory=list)
    tariff: dict[int, int] = field(default_factory=lambda: dict(TARIFF))
    log: list[bytes] = field(default_factory=list)
    covered: dict[str, bytes] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)
    corrected: dict[int, list[int]] = field(default_factory=dict)
    batches: Total = NOTHING
    decisions: int = 0
    batch_no: int = 0
    epoch: int = 0
    publication: int = 0

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self.log)

    def begin(self, rows: Sequence[Row], promised: Total | None = None) -> "Publisher":
        """CASE, SCOPE and an AWARD for each row. *promised*: what CASE and SCOPE say of them."""
        people = promised or total(rows)
        case = publication.case_json(
            _case_file(),
            _case_file().promise,
            people=people,
            tariff=self.tariff,
            verifier_key=self.key.verifier_key,
            verifier=VERIFIER,
            time_is_simulated=True,
        )
        self.covered |= {"case.json": case, **VERIFIER}
        self.log.append(entries.case_entry(sha256(case).digest()))
        return self.scope(people).award(rows)

    def scope(self, people: Total) -> "Publisher":
        """A SCOPE."""
        self.log.append(entries.scope_entry(people, sha256(b"evidence").digest()))
        return self

    def owed(self) -> Total:
        """What the log's awards come to, as corrected."""
        owed = [self.tariff[one] for one in self.classes if one in self.tariff]
        return Total(count=len(owed), amount_minor=sum(owed))

    def seed(self, award: int, _of: Person) -> bytes:
        """The seed of an award; whoever does not know ``secret`` cannot guess it."""
        return sha256(self.secret + b"seed %d" % award).digest()

    def award(self, rows: Sequence[Row]) -> "Publisher":
        """An AWARD for each row."""
        for row in rows:
            index = len(self.rows)
            seed = self.seed(index, row.of)
            hidden, opening = commit(BOUND, index, seed, row.categories, row.of.values)
            self.rows.append(row)
            self.openings.append(opening)
            self.places.append(self.size)
            self.classes.append(row.kind)
            self.log.append(entries.award_entry(row.kind, row.amount_minor, hidden))
        return self.sealed()

    def sealed(self) -> "Publisher":
        """A checkpoint is out after what stands in the log so far."""
        self.sizes.append(self.size)
        return self

    def correct(
        self,
        *wanted: tuple[int, int, int],
        operators: Sequence[Ed25519PrivateKey] = OPERATORS,
        scope: bool = True,
    ) -> "Publisher":
        """The CORRECTIONs of one decision, each award, class and reason, after their SCOPE."""
        self.decisions += 1
        heads, change = [], 0
        for award, kind, reason in wanted:
            amount = self.tariff.get(kind, 0)
            change += amount - self.tariff.get(self.classes[award], 0)
            self.classes[award] = kind
            heads.append((award, kind, reason, amount))
        listed = b"".join(HEAD.pack(*head) for head in heads)
        body: dict[str, JSON] = {
            "case": CASE,
            "change_minor": change,
            "corrections": len(heads),
            "corrections_sha256": sha256(listed).hexdigest(),
            "currency": CURRENCY,
        }
        digest = proposal(CASE, "correction", body).digest
        approvals = [
            {"key": key.public_key().public_bytes_raw().hex(), "signature": sign(key, digest).hex()}
            for key in operators
        ]
        decision = {"approvals": approvals, "body": body, "decision": self.decisions, "v": 1}
        content = canonical(decision).encode()
        self.covered[f"corrections/{self.decisions}.json"] = content
        if scope:
            self.scope(self.owed())
        for award, kind, reason, amount in heads:
            self.corrected.setdefault(award, []).append(self.size)
            digest_of = sha256(content).digest()
            self.log.append(entries.correction_entry(award, kind, reason, amount, digest_of))
        return self.sealed()

    def claim(self, who: Iterable[tuple[Person, int]]) -> "Publisher":
        """Claim buckets in which these people's codes open these awards."""
        self.publication += 1
        count = self.buckets()
        slots: list[list[bytes]] = [[] for _ in range(count)]
        for of, award in who:
            slots[self.bucket_of(of, count)] += self.slots(of, award)
        buckets = [self.bucket(inside, number) for number, inside in enumerate(slots)]
        hashes = b"".join(sha256(one).digest() for one in buckets)
        about = claims.about(self.publication, hashes)
        self.covered |= {claims.bucket_path(at): one for at, one in enumerate(buckets)}
        self.covered |= {claims.ABOUT: about, claims.MANIFEST: hashes}
        self.log.append(entries.claims_entry(self.publication, count, sha256(about).digest()))
        return self.sealed()

    def buckets(self) -> int:
        """How many there are."""
        return claims.bucket_count(len(self.rows))

    def bucket_of(self, of: Person, buckets: int) -> int:
        """The bucket of a person's code."""
        return codes.derived(KEY.origin, of.code).bucket(buckets)

    def slots(self, of: Person, award: int) -> list[bytes]:
        """The slots in which a person's code opens an award."""
        root = codes.derived(KEY.origin, of.code).root
        packed = self.openings[award].packed()
        return claims.sealed_slots(award, self.places[award], packed, root, self.publication)

    def bucket(self, inside: Sequence[bytes], number: int) -> bytes:
        """A bucket, full of fillers."""
        filler = sha256(self.secret + b"filler").digest()
        slots = b"".join(inside)
        return claims.bucket_file(slots, filler, publication=self.publication, bucket=number)

    def claim_all(self) -> "Publisher":
        """Everybody's own code opens their own award."""
        return self.claim((row.of, award) for award, row in enumerate(self.rows))

    def batch(self, amounts: Sequence[int]) -> "Publisher":
        """A BATCH of payments of these amounts."""
        self.batch_no += 1
        payments = tuple(
            Payment(
                instruction_id=f"N{self.batch_no}X{at}",
                award_index=at,
                rail="alipay",
                sent_day=date(2026, 11, 22),
                amount_minor=amount,
            )
            for at, amount in enumerate(amounts)
        )
        made = Batch(rail="alipay", payments=payments)
        content = publication.batch_file(
            self.batch_no, made, CURRENCY, nonce=bytes([7]) * 32, statements=()
        )
        self.covered[f"batches/{self.batch_no}.json"] = content
        digest = sha256(content).digest()
        self.log.append(entries.batch_entry(self.batch_no, "alipay", made.total, digest))
        self.batches += made.total
        return self

    def state(self, states: Sequence[int], partly: Total = NOTHING) -> "Publisher":
        """A STATE: small groups hidden, sums as they come out. *partly*: as of ``epochs.sums``."""
        self.epoch += 1
        held = np.array(states, dtype=np.uint8)
        classes = np.array(self.classes, dtype=np.uint8)
        published = shown(held, classes)
        published[classes == entries.ANNULLED] = State.OPEN
        figures = sums(
            states=held,
            published=published,
            classes=classes,
            tariff=self.tariff,
            batches=self.batches,
            partly=partly,
        )
        packed = publication.state_files(self.epoch, published)
        stats = publication.stats_file(self.epoch, figures, CURRENCY)
        self.covered |= packed | {f"stats/{self.epoch}.json": stats}
        parts = packed[publication.states_path(self.epoch)]
        hashes = sha256(parts).digest(), sha256(stats).digest()
        self.log.append(entries.state_entry(self.epoch, *hashes, figures.states))
        return self.sealed()

    def paid(self) -> "Publisher":
        """Everybody's award in one BATCH, and a STATE in which all are settled."""
        self.batch([self.tariff[kind] for kind in self.classes])
        return self.state([State.SETTLED] * len(self.rows))

    def tree(self) -> TileTree:
        """The tree of the log."""
        tree = TileTree()
        tree.append(self.log)
        return tree

    def note(self) -> str:
        """The checkpoint, signed with the log's real key."""
        tree = self.tree()
        return self.key.checkpoint(tree.size, subtree(tree.node, 0, tree.size))

    def files(self, cosignatures: str = "") -> dict[str, bytes]:
        """The published directory."""
        tree = TileTree()
        parts = range(0, self.size, WIDTH)
        bundles = [bundle(self.log[first : first + WIDTH]) for first in parts]
        files = {**self.covered, **dict(tile_files(tree, bundles, self.sizes))}
        return files | {"checkpoint": (self.note() + cosignatures).encode()}

    def receipt(self, award: int, cosignatures: str = "") -> bytes:
        """The receipt of an award, as the company hands it out."""
        tree = self.tree()

        def proved(index: int) -> Proved:
            path = tuple(inclusion_proof(tree.node, index, tree.size))
            return Proved(index=index, entry=self.log[index], path=path)

        return publication.receipt_text(
            BOUND,
            award,
            self.openings[award],
            proved(self.places[award]),
            [proved(at) for at in self.corrected.get(award, ())],
            checkpoint=self.note() + cosignatures,
        ).encode()
