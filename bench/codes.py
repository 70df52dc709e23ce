"""How fast everybody gets a claim code and a slot in the buckets, and in how much memory.

    python bench/codes.py [PEOPLE ...]      (default: 30000 and 300000)

A log of made-up awards with sealed openings is written; then codes are drawn and kept, and all
buckets built, as the commands do it. The floors of the same run: two HMAC-SHA-512 a person (what
deriving hashes at least); AES-256-GCM under one key over as many slots as the buckets have (the
aim's floor); and the cryptography of building alone, which the format asks for: an HMAC, a slot
under a key of its own, and an opening unsealed, a person each.
CPU is ours and the server's together; the peak is that of our process.
"""

import hmac
import os
import time
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from amends.roster import buckets, claiming, claims, codes_store, entries, store
from amends.roster.commitment import HIDDEN, SEED_BYTES, Opening
from amends.roster.entries import Total
from amends.vault.opened import OpenCase
from determined import determined_case, measured, of_each_size, peak_gib

SIZES = (30_000, 300_000)
AMOUNT = 500_000
_STEP = 50_000


def published(opened: OpenCase, people: int) -> None:
    """A log of so many awards, with their sealed openings; commitments are made up."""
    with opened.database.unit_of_work() as connection:
        total = Total(count=people, amount_minor=people * AMOUNT)
        head = [entries.case_entry(bytes(32)), entries.scope_entry(total, bytes(32))]
        store.append(connection, 0, head)
        for first in range(0, people, _STEP):
            awards = range(first, min(first + _STEP, people))
            log = (entries.award_entry(0, AMOUNT, os.urandom(32)) for _ in awards)
            store.append(connection, first + 2, log)
            sealed = (opened.vault.seal(opening(), buckets.OPENING, str(award)) for award in awards)
            store.add_openings(connection, first, first + 2, sealed)


def opening() -> bytes:
    """Somebody's opening."""
    digests = tuple(os.urandom(32) for _ in HIDDEN)
    made = Opening(seed=os.urandom(SEED_BYTES), categories="IDNO;NAME;PHONE", hidden=digests)
    return made.packed()


def floors(people: int) -> tuple[float, float, float]:
    """CPU seconds of bare hashing, of sealing all slots under one key, and of building's own."""
    key, text = os.urandom(32), bytes(26)
    began = time.process_time()
    for _ in range(2 * people):
        hmac.digest(key, text, "sha512")
    hashed = time.process_time()
    cipher, nonce, plain = AESGCM(key), bytes(12), bytes(claims.PLAIN_BYTES)
    for _ in range(claims.bucket_count(people) * claims.SLOTS):
        cipher.encrypt(nonce, plain, claims.MAGIC)
    sealed = time.process_time()
    unsealed = cipher.encrypt(nonce, opening(), claims.MAGIC)
    for _ in range(people):
        hmac.digest(key, text, "sha512")
        AESGCM(key).encrypt(nonce, plain, claims.MAGIC)
        cipher.decrypt(nonce, unsealed, claims.MAGIC)
    return hashed - began, sealed - hashed, time.process_time() - sealed


def one(people: int) -> dict[str, object]:
    """Everything about one size."""
    with determined_case(1, partial(published, people=people)) as opened:
        with (
            opened.database.session() as connection,
            measured(connection.info.backend_pid) as issuing,
        ):
            assert claiming.issue(opened).counts["codes"] == people  # noqa: S101 - a benchmark
        with opened.database.reading() as connection:
            plan = buckets.Plan(
                publication=1,
                awards=people,
                newest_page=codes_store.newest_page(connection),
                newest_revocation=0,
            )
            with measured(connection.info.backend_pid) as building:
                built = buckets.build(opened, connection, plan)
        peak = peak_gib()
    hashing, sealing, own = floors(people)
    return {
        "issuing": issuing,
        "building": building,
        "buckets": len(built.hashes) // 32,
        "peak_gib": peak,
        "hashing_s": hashing,
        "sealing_s": sealing,
        "own_s": own,
    }


def printed(people: int, done: dict[str, Any]) -> None:
    """Both steps, each beside its floor."""
    size = done["buckets"] * claims.BUCKET_BYTES
    print(f"{people:,} people, {done['buckets']:,} buckets, {size / people:.0f} bytes a person")
    floors = {
        "bare hashing": done["hashing_s"],
        "AES-GCM, one key": done["sealing_s"],
        "own cryptography": done["own_s"],
    }
    print("  floors: " + ", ".join(f"{name} {took:.2f} CPU s" for name, took in floors.items()))
    beside = {"issuing": ("bare hashing",), "building": ("AES-GCM, one key", "own cryptography")}
    for name, named in beside.items():
        figures = done[name]
        ratios = (f"{figures['cpu_s'] / floors[one]:.1f} x {one}" for one in named)
        print(
            f"  {name:<10}{figures['wall_s']:7.2f} s  {figures['cpu_s']:7.2f} CPU s  "
            f"{1e6 * figures['cpu_s'] / people:5.1f} us a person  {', '.join(ratios)}"
        )
    print(f"  peak {done['peak_gib']:.2f} GiB")


def main() -> None:
    """Measure each size."""
    for people, done in of_each_size(__file__, one, SIZES):
        printed(people, done)


if __name__ == "__main__":
    main()
