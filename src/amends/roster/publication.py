"""The published files that are not tiles: case, states, sums, batches; and receipts.

JSON is in canonical form (RFC 8785 for what we hold: keys sorted, no blanks, integers, UTF-8), so
that there is one file for one content.
"""

import struct
import zlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from amends.kernel.canonical import canonical
from amends.kernel.case import CaseFile, Promise
from amends.kernel.saying import said
from amends.kernel.witnessing import Rows
from amends.roster import entries
from amends.roster.commitment import (
    HIDDEN,
    SHOWN,
    Bound,
    Opening,
    digests_of,
    field_digest,
    nonce_of,
    normal_value,
    root_of,
    salts_of,
)
from amends.roster.entries import State, Total
from amends.roster.epochs import States, Sums
from amends.roster.model import Batch, Proved, UnknownValueError

_BATCH = b"amends/batch/v1\0"
_GZIP = bytes.fromhex("1f8b080000000000 00ff")  # RFC 1952: deflate, no flags, no time, any system

MOST_STATES = 1 << 20
"""The most awards whose states stand in one file (docs/adr/0017-states-in-parts.md)."""

_FEW_STATES = 1 << 16
_THOROUGH = (9, zlib.Z_DEFAULT_STRATEGY)
_QUICK = ((6, zlib.Z_DEFAULT_STRATEGY), (6, zlib.Z_HUFFMAN_ONLY), (6, zlib.Z_RLE))
"""Ways to pack states, of which the shortest is taken. Those of millions are in random order: where
many differ, looking for what repeats takes long and finds less than letting it be; so the shortest
is found on a sample."""
_SAMPLES, _SAMPLE_BYTES = 16, 1 << 12


def case_json(  # noqa: PLR0913 - each is a fact of its own that the file states
    file: CaseFile,
    promise: Promise,
    *,
    people: Total,
    tariff: dict[int, int],
    verifier_key: str,
    verifier: Mapping[str, bytes],
    time_is_simulated: bool,
) -> bytes:
    """``case.json``: what the case is and promises, and what checks it.

    *verifier*: its files by name.
    """
    return canonical(
        {
            "announced_at": _time(file.announced_at),
            "case": file.id,
            "controller": {"en": file.controller.en, "zh": file.controller.zh},
            "currency": file.currency,
            "discovered_at": _time(file.discovered_at),
            "epoch_days": file.roster.epoch_days,
            "hash": "sha256",
            "jurisdictions": list(file.jurisdictions),
            "log": verifier_key,
            "pay_by": _time(file.announced_at and file.announced_at + promise.pay_within),
            "promise": {
                "people": people.count,
                "per_person_minor": promise.per_person and promise.per_person.amount_minor,
                "total_minor": people.amount_minor,
            },
            "retention": None,
            "simulated": {
                "rails": rails_simulated(file),
                "time": time_is_simulated,
            },
            "tariff": [
                {"amount_minor": amount, "class": award_class}
                for award_class, amount in sorted(tariff.items())
            ],
            "title": {"en": file.title.en, "zh": file.title.zh},
            "v": 1,
            **_hiding(file),
            **{digest_name(name): sha256(file).hexdigest() for name, file in verifier.items()},
        }
    ).encode()


def _hiding(file: CaseFile) -> dict[str, str | None]:
    """That rows are hidden, and by which key an auditor opens them; nothing where they are not."""
    settings = file.roster
    hides = settings.rows is Rows.COUNTS
    return {"auditor": settings.auditor, "rows": str(settings.rows)} if hides else {}


def digest_name(verifier: str) -> str:
    """Where case.json holds the digest of a file of the verifier: ``verify.py``, say."""
    return verifier.replace(".py", "_sha256")


def rails_simulated(file: CaseFile) -> bool:
    """Whether money of this case moves at a simulator."""
    return any(rail.kind == "simulator" for rail in file.rails)


def _time(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the second; null for what the case file does not say."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def state_files(epoch: int, states: States) -> dict[str, bytes]:
    """``state/<epoch>/…``: the states of all awards in as few files as hold them, by path.

    Of N files the one of number i has the awards i, N + i, 2 N + i, …; ``parts`` has their digests.
    """
    count = -(-len(states) // MOST_STATES)
    parts = [_state_part(states[part::count].tobytes()) for part in range(count)]
    files = {state_path(epoch, part): packed for part, packed in enumerate(parts)}
    return {states_path(epoch): b"".join(sha256(part).digest() for part in parts), **files}


def states_path(epoch: int) -> str:
    """Where the digests of an epoch's states lie, which STATE names."""
    return f"state/{epoch}/parts"


def state_path(epoch: int, part: int) -> str:
    """Where a part of them lies."""
    return f"state/{epoch}/{part}.bin.gz"


def _state_part(content: bytes) -> bytes:
    """Packed: one byte per award. The header has no time, name or system."""
    many = len(content) > _FEW_STATES
    body = _deflated(content, *(_shortest(content) if many else _THOROUGH))
    return _GZIP + body + struct.pack("<II", zlib.crc32(content), len(content))


def _shortest(content: bytes) -> tuple[int, int]:
    """The way that packs pieces from all over the content best."""
    begins = range(0, len(content), -(-len(content) // _SAMPLES))
    sample = b"".join(content[begin : begin + _SAMPLE_BYTES] for begin in begins)
    return min(_QUICK, key=lambda way: len(_deflated(sample, *way)))


def _deflated(content: bytes, level: int, strategy: int) -> bytes:
    deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    return deflate.compress(content) + deflate.flush()


def stats_file(epoch: int, sums: Sums, currency: str) -> bytes:
    """``stats/<epoch>.json``: the sums of an epoch."""
    return canonical(
        {
            "batches": _total(sums.batches),
            "classes": {
                str(award_class): {state.name.lower(): _total(totals[state]) for state in State}
                for award_class, totals in sums.classes.items()
            },
            "currency": currency,
            "epoch": epoch,
            "remainder": _total(sums.remainder),
            "returned_after_batch": _total(sums.returned),
            "v": 1,
        }
    ).encode()


def _total(total: Total) -> dict[str, int]:
    return {"amount_minor": total.amount_minor, "count": total.count}


def batch_file(
    number: int, batch: Batch, currency: str, *, nonce: bytes, statements: Sequence[str]
) -> bytes:
    """``batches/<n>.json``. ``evidence`` commits to the payments' numbers and to the statements.

    *nonce*: 32 random bytes; without them the evidence says nothing. *statements*: a line each.
    """
    days = sorted(payment.sent_day for payment in batch.payments)
    lines = [f"instruction {p.instruction_id} {p.amount_minor}" for p in batch.payments]
    text = "".join(f"{line}\n" for line in [*lines, *statements])
    return canonical(
        {
            "amount_minor": batch.total.amount_minor,
            "batch": number,
            "count": batch.total.count,
            "currency": currency,
            "evidence": sha256(_BATCH + nonce + text.encode()).hexdigest(),
            "first_day": days[0].isoformat(),
            "last_day": days[-1].isoformat(),
            "rail": batch.rail,
            "v": 1,
            **({"on_top": True} if batch.on_top else {}),
        }
    ).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a person's receipt opens: the categories or not, and values of closed fields."""

    categories: bool
    values: Mapping[str, str]


USUAL = Chosen(categories=True, values={})
"""Award, case, categories and currency are open; name, phone and identity number are not."""


def _opened(shown: Mapping[str, str], opening: Opening, chosen: Chosen) -> dict[str, list[str]]:
    """The opened fields of a receipt: salt and value of each.

    Raises:
        UnknownValueError: a value is not the one that was committed to.
    """
    found = {
        name: [salt.hex(), shown[name]]
        for name, salt in zip(SHOWN, salts_of(opening.seed, SHOWN), strict=True)
        if chosen.categories or name != "categories"
    }
    closed = zip(HIDDEN, salts_of(opening.seed, HIDDEN), opening.hidden, strict=True)
    for name, salt, digest in closed:
        if name in chosen.values:
            value = normal_value(name, chosen.values[name])
            if field_digest(name, salt, value) != digest:
                raise UnknownValueError(
                    said("this {field} is not the one that the award is of", field=name)
                )
            found[name] = [salt.hex(), value]
    return found


def receipt_text(  # noqa: PLR0913 - what a receipt is made of
    bound: Bound,
    award_index: int,
    opening: Opening,
    award: Proved,
    corrections: Sequence[Proved] = (),
    *,
    checkpoint: str,
    chosen: Chosen = USUAL,
) -> str:
    """A receipt: C2SP ``tlog-proof@v1`` whose ``extra`` line opens the award's commitment.

    It says the amount as awarded and carries every correction of it with a proof of its own.
    *chosen*: which fields it opens beside award, case and currency.
    """
    opened = _opened(bound.shown(award_index, opening.categories), opening, chosen)
    _, award_class, _, amount_minor, _ = entries.AWARD.unpack(award.entry)
    extra: dict[str, object] = {
        "amount_minor": amount_minor,
        "award_index": award_index,
        "case": bound.case,
        "class": award_class,
        "currency": bound.currency,
        "digests": [digest.hex() for digest in digests_of(bound, award_index, opening)],
        "nonce": nonce_of(opening.seed).hex(),
        "opened": opened,
        "person_root": root_of(bound, award_index, opening).hex(),
        "v": 1,
    }
    if corrections:
        extra["corrections"] = [_correction(one) for one in corrections]
    lines = [
        "c2sp.org/tlog-proof@v1",
        f"extra {b64encode(canonical(extra).encode()).decode()}",
        f"index {award.index}",
        *(b64encode(step).decode() for step in award.path),
        "",
    ]
    return "\n".join(lines) + "\n" + checkpoint


def _correction(proved: Proved) -> dict[str, object]:
    """A correction in a receipt: what the entry says, and its proof."""
    _, _, award_class, reason, amount_minor, decision = entries.CORRECTION.unpack(proved.entry)
    return {
        "amount_minor": amount_minor,
        "class": award_class,
        "decision": decision.hex(),
        "index": proved.index,
        "path": [step.hex() for step in proved.path],
        "reason": reason,
    }
