"""How fast everybody gets a claim code and a slot in the buckets, and in how much memory.

    python bench/codes.py [PEOPLE ...]      (default: 30000 and 300000)

Afterwards `amends mirror`, in a process of its own, copies the published directory and checks it.

A log of made-up awards with sealed openings is written; then codes are drawn and kept, and all
buckets built, as the commands do it. The floors of the same run: two HMAC-SHA-512 a person (what
deriving hashes at least); AES-256-GCM under one key over the bytes of all buckets in pieces of a
slot (the aim is five times this); and files of the same bytes written, without anything else.
CPU is ours and the server's together; the peak is that of our process. The compiled kernel is
loaded before the clock runs, which takes half a second. MIRROR=0 leaves the mirror out.
"""

import hmac
import os
import subprocess
import sys
import time
from functools import partial
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from amends.roster import buckets, claiming, claims, codes_store, entries, openings, store
from amends.roster.codes import PLAIN_BYTES
from amends.roster.commitment import HIDDEN, SEED_BYTES, Opening
from amends.roster.compiled.slots import make_ready
from amends.roster.entries import Total
from amends.roster.merkle import subtree
from amends.roster.policy import policy_text
from amends.roster.tiles import WIDTH, TileTree, bundle, tile_files
from amends.store.columns import octets
from amends.vault.opened import OpenCase
from determined import determined_case, measured, of_each_size, peak_gib
from roster import KEY, case_files

SIZES = (30_000, 300_000)
AMOUNT = 500_000
_STEP = 50_000


def published(opened: OpenCase, people: int) -> None:
    """A log of so many awards, with their sealed openings; commitments are made up."""
    with opened.database.unit_of_work() as connection:
        total = Total(count=people, amount_minor=people * AMOUNT)
        case_json = case_files(total)["case.json"]
        head = [
            entries.case_entry(sha256(case_json).digest()),
            entries.scope_entry(total, bytes(32)),
        ]
        store.append(connection, 0, head)
        for first in range(0, people, _STEP):
            awards = range(first, min(first + _STEP, people))
            log = (entries.award_entry(0, AMOUNT, os.urandom(32)) for _ in awards)
            store.append(connection, first + 2, log)
            packed = [opening() for _ in awards]
            store.add_openings(connection, openings.pages(opened.vault, first, first + 2, packed))


def opening() -> bytes:
    """Somebody's opening."""
    digests = tuple(os.urandom(32) for _ in HIDDEN)
    made = Opening(seed=os.urandom(SEED_BYTES), categories="IDNO;NAME;PHONE", hidden=digests)
    return made.packed()


def floors(people: int, count: int, folder: Path) -> tuple[float, float, float]:
    """CPU seconds of bare hashing, of sealing all slots under one key, and of writing all files."""
    key, text = os.urandom(32), bytes(26)
    began = time.process_time()
    for _ in range(2 * people):
        hmac.digest(key, text, "sha512")
    hashed = time.process_time()
    cipher, nonce, plain = AESGCM(key), bytes(12), bytes(PLAIN_BYTES)
    for _ in range(count * claims.SLOTS):
        cipher.encrypt(nonce, plain, claims.MAGIC)
    sealed = time.process_time()
    bucket = bytes(claims.BUCKET_BYTES)
    for number in range(count):
        path = folder / claims.bucket_path(number)
        if number % 1000 == 0:
            path.parent.mkdir(parents=True)
        path.write_bytes(bucket)
    return hashed - began, sealed - hashed, time.process_time() - sealed


_LOG = b"SELECT body FROM roster.entry ORDER BY entry_index"
_MIRROR = os.environ.get("MIRROR") != "0"


def mirrored(folder: Path, log: list[bytes], built: buckets.Built) -> dict[str, float]:
    """Publish the log with its buckets, and let a mirror copy and check it: seconds and memory."""
    published, policy, count = folder / "log", folder / "policy", len(built.hashes) // 32
    about = claims.about(1, built.hashes)
    log.append(entries.claims_entry(1, count, sha256(about).digest()))
    tree = TileTree()
    bundles = (bundle(log[first : first + WIDTH]) for first in range(0, len(log), WIDTH))
    small = case_files(Total(count=len(log) - 3, amount_minor=(len(log) - 3) * AMOUNT))
    small |= {claims.ABOUT: about, claims.MANIFEST: built.hashes}
    for name, content in chain(small.items(), tile_files(tree, bundles, [len(log)])):
        (published / name).parent.mkdir(parents=True, exist_ok=True)
        (published / name).write_bytes(content)
    for number in range(count):
        path = claims.bucket_path(number)
        (published / path).parent.mkdir(parents=True, exist_ok=True)
        (published / path).hardlink_to(built.folder / path)
    note = KEY.checkpoint(tree.size, subtree(tree.node, 0, tree.size))
    (published / "checkpoint").write_text(note, encoding="utf-8")
    policy.write_text(policy_text(KEY.verifier_key), encoding="utf-8")
    size = sum(path.stat().st_size for path in published.rglob("*") if path.is_file())
    command = [sys.executable, "-m", "amends", "mirror", str(published), str(folder / "mirror")]
    began = time.perf_counter()
    mirroring = subprocess.Popen([*command, "--policy", str(policy)], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(mirroring.pid, 0)
    assert status == 0  # noqa: S101 - a benchmark
    return {
        "wall_s": time.perf_counter() - began,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_gib": used.ru_maxrss / 2**20,
        "megabytes": size / 1e6,
    }


def one(people: int) -> dict[str, object]:
    """Everything about one size."""
    with determined_case(1, partial(published, people=people)) as opened:
        with (
            opened.database.session() as connection,
            measured(connection.info.backend_pid) as issuing,
        ):
            assert claiming.issue(opened).counts["codes"] == people  # noqa: S101 - a benchmark
        make_ready()
        with opened.database.reading() as connection:
            plan = buckets.Plan(
                publication=1,
                awards=people,
                newest_page=codes_store.newest_page(connection),
                newest_revocation=0,
            )
            with measured(connection.info.backend_pid) as building:
                built = buckets.build(opened, connection, plan)
            log = [octets(body) for (body,) in connection.execute(_LOG)] if _MIRROR else []
        peak = peak_gib()
        count = len(built.hashes) // 32
        mirroring = mirrored(opened.case.workspace, log, built) if log else None
        hashing, sealing, writing = floors(people, count, opened.case.workspace / "bare")
    return {
        "issuing": issuing,
        "building": building,
        "buckets": count,
        "peak_gib": peak,
        "hashing_s": hashing,
        "sealing_s": sealing,
        "writing_s": writing,
        "mirroring": mirroring,
    }


def printed(people: int, done: dict[str, Any]) -> None:
    """Both steps, each beside its floor."""
    size = done["buckets"] * claims.BUCKET_BYTES
    print(f"{people:,} people, {done['buckets']:,} buckets, {size / people:.0f} bytes a person")
    floors = {
        "bare hashing": done["hashing_s"],
        "AES-GCM, one key": done["sealing_s"],
        "files": done["writing_s"],
    }
    print("  floors: " + ", ".join(f"{name} {took:.2f} CPU s" for name, took in floors.items()))
    beside = {"issuing": ("bare hashing",), "building": ("AES-GCM, one key",)}
    for name, named in beside.items():
        figures = done[name]
        ratios = [f"{figures['cpu_s'] / floors[one]:.1f} x {one}" for one in named]
        if name == "building":
            rest = (figures["cpu_s"] - floors["files"]) / floors[named[0]]
            ratios.append(f"{rest:.1f} x without the files")
        print(
            f"  {name:<10}{figures['wall_s']:7.2f} s  {figures['cpu_s']:7.2f} CPU s  "
            f"{1e6 * figures['cpu_s'] / people:5.1f} us a person  {', '.join(ratios)}"
        )
    print(f"  peak {done['peak_gib']:.2f} GiB")
    if found := done["mirroring"]:
        print(
            f"  mirror   {found['wall_s']:8.2f} s  {found['cpu_s']:7.2f} CPU s  "
            f"{found['megabytes']:.0f} MB, peak of a process {found['peak_gib']:.2f} GiB"
        )


def main() -> None:
    """Measure each size."""
    for people, done in of_each_size(__file__, one, SIZES):
        printed(people, done)


if __name__ == "__main__":
    main()
