"""Build and audit a roster, against bare SHA-256 over the same number of inputs in the same run.

``python bench/roster.py [--people N ...] [--json]``. *Commit* is the commitment of every award with
its seven salted fields; *files* is entries to tree, tiles and signed checkpoint on disk; *audit* is
the published ``verify.py`` as a stranger runs it, in a process of its own. The bare pass is three
calls of SHA-256 an award, what leaf, tree and commitment cost at least. Databases are not in it.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import polars as pl

from amends.kernel.case import CaseFile, ClockKind, LinkageSettings, Promise, Text
from amends.kernel.money import Money
from amends.kernel.tariff import flat
from amends.roster import entries, publication
from amends.roster.commitment import Bound
from amends.roster.committing import committed
from amends.roster.entries import Total
from amends.roster.merkle import subtree
from amends.roster.note import LogKey, origin_of
from amends.roster.policy import policy_text
from amends.roster.site import VERIFIERS
from amends.roster.tiles import WIDTH, TileTree, bundle, tile_files

AMOUNT = Money.parse("CNY 5000.00")
KEY = LogKey(origin=origin_of("bench", simulated=True), seed=bytes(32))
VERIFIER = Path(__file__).parents[1] / "src" / "amends_verify"
INPUT = bytes(64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a run measured, in seconds of wall clock; ``audit_peak_mib`` is the process's most."""

    people: int
    bare_s: float
    commit_s: float
    files_s: float
    audit_s: float
    audit_peak_mib: float
    directory_mb: float

    @property
    def audit_to_bare(self) -> float:
        """The stranger's audit, in bare passes."""
        return self.audit_s / self.bare_s


def bare(people: int) -> float:
    """Seconds for three calls of SHA-256 a person."""
    began = time.perf_counter()
    for _ in range(3 * people):
        sha256(INPUT).digest()
    return time.perf_counter() - began


def commitments(people: int) -> tuple[list[bytes], float]:
    """An AWARD entry for everybody, and the seconds that they took."""
    index = pl.int_range(people, eager=True)
    awards = pl.DataFrame({"award_index": index}).with_columns(
        pl.lit(0, pl.Int64).alias("class"),
        pl.lit(AMOUNT.amount_minor, pl.Int64).alias("amount_minor"),
        pl.lit("NAME;PHONE").alias("categories"),
        pl.lit(None, pl.String).alias("idno"),
        pl.lit("测试人").alias("name"),
        (pl.lit("13") + index.cast(pl.String).str.zfill(9)).alias("phone"),
    )
    began = time.perf_counter()
    parts = [part.entries for part in committed(Bound(case="bench", currency="CNY"), awards)]
    took = time.perf_counter() - began
    return [entry.tobytes() for part in parts for entry in part], took


def case_files(people: Total) -> dict[str, bytes]:
    """case.json and the verifier."""
    verifier = {name: (VERIFIER / name).read_bytes() for name in VERIFIERS}
    text, promise = Text(zh="测", en="Bench"), Promise(per_person=AMOUNT, pay_within=timedelta(3))
    file = CaseFile(
        id="bench",
        title=text,
        controller=text,
        jurisdictions=("CN",),
        clock=ClockKind.SIMULATED,
        promise=promise,
        registries=(),
        evidence=(),
        people=(),
        linkage=LinkageSettings(),
        tariff=flat(AMOUNT),
        rails=(),
    )
    case_json = publication.case_json(
        file,
        promise,
        people=people,
        tariff={0: AMOUNT.amount_minor},
        verifier_key=KEY.verifier_key,
        verifier=verifier,
        time_is_simulated=True,
    )
    return {"case.json": case_json, **verifier}


def write(directory: Path, awards: list[bytes]) -> float:
    """Write the published directory; the seconds that it took."""
    began = time.perf_counter()
    people = Total(count=len(awards), amount_minor=len(awards) * AMOUNT.amount_minor)
    files = case_files(people)
    head = [
        entries.case_entry(sha256(files["case.json"]).digest()),
        entries.scope_entry(people, bytes(32)),
    ]
    log, tree = head + awards, TileTree()
    bundles = (bundle(log[first : first + WIDTH]) for first in range(0, len(log), WIDTH))
    for name, content in files.items():
        (directory / name).write_bytes(content)
    for name, content in tile_files(tree, bundles, [len(log)]):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    note = KEY.checkpoint(tree.size, subtree(tree.node, 0, tree.size))
    (directory / "checkpoint").write_text(note, encoding="utf-8")
    return time.perf_counter() - began


def measure(people: int) -> Figures:
    """Build and audit a roster of so many people."""
    with tempfile.TemporaryDirectory() as name:
        log, policy = Path(name) / "log", Path(name) / "policy"
        log.mkdir()
        policy.write_text(policy_text(KEY.verifier_key), encoding="utf-8")
        bare_s = bare(people)
        awards, commit_s = commitments(people)
        files_s = write(log, awards)
        size = sum(path.stat().st_size for path in log.rglob("*") if path.is_file())
        del awards
        command = [sys.executable, "-I", str(log / "verify.py"), "all", str(log)]
        began = time.perf_counter()
        subprocess.run([*command, "--policy", str(policy)], check=True, capture_output=True)
        audit_s = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return Figures(
        people=people,
        bare_s=bare_s,
        commit_s=commit_s,
        files_s=files_s,
        audit_s=audit_s,
        audit_peak_mib=peak,
        directory_mb=size / 1e6,
    )


def main() -> None:
    """Measure each size and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[30_000, 300_000])
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = [measure(people) for people in arguments.people]
    if arguments.json:
        print(json.dumps([asdict(figures) for figures in found]))
        return
    for figures in found:
        print(
            f"{figures.people:>9,} people: bare SHA-256 {figures.bare_s:.2f} s | commit "
            f"{figures.commit_s:.2f} s | files {figures.files_s:.2f} s, "
            f"{figures.directory_mb:.0f} MB | audit {figures.audit_s:.2f} s "
            f"({figures.audit_to_bare:.1f} x bare, peak {figures.audit_peak_mib:.0f} MiB)"
        )


if __name__ == "__main__":
    main()
