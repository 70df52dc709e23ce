"""Vectors of the roster byte by byte: every entry, and one award from its fields to its receipt."""

from hashlib import sha256

from amends.roster import entries
from amends.roster.commitment import HIDDEN, SHOWN, nonce_of, normal_value, salts_of
from amends.roster.merkle import inclusion_proof, leaf_hash, subtree
from amends.roster.tiles import TileTree
from roster_logs import APPROVERS, BOUND, CODES, KEY, STANDS_FOR_IT, VALUES, MadeLog

TOTALS = ("owed", "settled", "deposited")
LAYOUT = {
    "CASE": {"type": 1, "case_json_sha256": 32},
    "AWARD": {"type": 1, "class": 1, "flags": 4, "amount_minor": 8, "commitment": 32},
    "SCOPE": {"type": 1, "people": 4, "amount_minor": 8, "evidence": 32},
    "BATCH": {
        "type": 1,
        "number": 4,
        "rail": 1,
        "payments": 4,
        "amount_minor": 8,
        "batch_json_sha256": 32,
    },
    "STATE": {"type": 1, "epoch": 4, "state_parts_sha256": 32, "stats_sha256": 32}
    | {f"{state}_{what}": size for state in range(8) for what, size in (("count", 4), ("sum", 8))},
    "CORRECTION": {
        "type": 1,
        "award": 4,
        "class": 1,
        "reason": 1,
        "amount_minor": 8,
        "corrections_json_sha256": 32,
    },
    "CLAIMS": {"type": 1, "publication": 4, "buckets": 4, "claims_json_sha256": 32},
    "SEAL": {"type": 1}
    | {f"{what}_{of}": size for what in TOTALS for of, size in (("count", 4), ("sum", 8))}
    | {"seal_json_sha256": 32},
    "ERASED": {"type": 1, "erased_json_sha256": 32},
}
"""Fields of each type of entry with their lengths, as docs/formats/roster.md has them."""
AWARD = 2
"""The award that is followed from its fields up."""


def made() -> MadeLog:
    """Three people; two are corrected, all can claim, the third is paid."""
    log = MadeLog(people=3).begin(STANDS_FOR_IT)
    log.correct((0, 1, 1, 600_000), (1, entries.ANNULLED, 2, 0))
    return log.claim(dict(enumerate(CODES[:3]))).advance([7, 7, 2], [AWARD])


def ended() -> MadeLog:
    """Three people, all paid; the log is sealed, its keys are destroyed."""
    log = MadeLog(people=3).begin(STANDS_FOR_IT).advance([2, 2, 2], range(3))
    return log.seal(owed=3, settled=3).erase()


def closing_vector() -> dict[str, object]:
    """The vector of docs/formats/closing-vector.json."""
    log = ended()
    tree = TileTree()
    tree.append(log.log)
    return {
        "about": "A log with its end, from fixed keys; see docs/formats/roster.md.",
        "entries": [_cut(entry) for entry in log.log],
        "root_hex": subtree(tree.node, 0, tree.size).hex(),
        "seal.json": log.covered["seal.json"].decode(),
        "erased.json": log.covered["erased.json"].decode(),
        "policy": log.policy,
        "log_key_seed_hex": KEY.seed.hex(),
        "approver_key_seeds_hex": [key.private_bytes_raw().hex() for key in APPROVERS],
    }


def vector() -> dict[str, object]:
    """The vector of docs/formats/entries-vector.json."""
    log = made()
    tree = TileTree()
    tree.append(log.log)
    return {
        "about": "Each entry cut into its fields, and one award from its fields to its receipt, "
        "from fixed keys and seeds; see docs/formats/roster.md. Values are hexadecimal where the "
        "name says so; || joins bytes.",
        "entries": [_cut(entry) for entry in log.log],
        "root_hex": subtree(tree.node, 0, tree.size).hex(),
        "award": _followed(log, tree),
        "policy": log.policy,
        "log_key_seed_hex": KEY.seed.hex(),
    }


def _cut(entry: bytes) -> dict[str, object]:
    """An entry in its fields."""
    name, fields, at = entries.EntryType(entry[0]).name, dict[str, str](), 0
    for field, size in LAYOUT[name].items():
        fields[field] = entry[at : at + size].hex()
        at += size
    assert at == len(entry)
    return {
        "entry": name,
        "fields_hex": fields,
        "entry_hex": entry.hex(),
        "leaf_sha256": leaf_hash(entry).hex(),
    }


def _followed(log: MadeLog, tree: TileTree) -> dict[str, object]:
    """One award: what is hashed at each step, and what comes out."""
    opening = log.openings[AWARD]
    shown = BOUND.shown(AWARD, opening.categories)
    hidden = {field: normal_value(field, VALUES[field]) for field in HIDDEN}
    salts = [*salts_of(opening.seed, SHOWN), *salts_of(opening.seed, HIDDEN)]
    fields, digests = [], []
    for (name, value), salt in zip({**shown, **hidden}.items(), salts, strict=True):
        parts = [len(one.encode()).to_bytes(2, "big") + one.encode() for one in (name, value)]
        hashed = b"amends/field/v1\0" + salt + b"".join(parts)
        digests.append(sha256(hashed).digest())
        step = {"name": name, "value": value, "salt_hex": salt.hex()}
        fields.append({**step, "hashed_hex": hashed.hex(), "digest_hex": digests[-1].hex()})
    person = b"amends/person/v1\0" + len(digests).to_bytes(2, "big") + b"".join(sorted(digests))
    nonce = nonce_of(opening.seed)
    award = b"amends/award/v1\0" + nonce + sha256(person).digest()
    index = AWARD + 2
    return {
        "award_index": AWARD,
        "entry_index": index,
        "seed_hex": opening.seed.hex(),
        "fields": fields,
        "person_root": {"hashed_hex": person.hex(), "sha256": sha256(person).hexdigest()},
        "nonce_hex": nonce.hex(),
        "commitment": {"hashed_hex": award.hex(), "sha256": sha256(award).hexdigest()},
        "entry_hex": log.log[index].hex(),
        "leaf_sha256": leaf_hash(log.log[index]).hex(),
        "path_hex": [step.hex() for step in inclusion_proof(tree.node, index, tree.size)],
        "size": tree.size,
        "checkpoint": log.checkpoint(tree),
        "receipt": log.receipt(AWARD),
    }
