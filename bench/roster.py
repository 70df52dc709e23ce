"""The roster's numbers, each against its limit in the same run.

``python bench/roster.py [--people N ...] [--json]`` builds a log of so many made-up people in a
process of its own, without a database; ``--case DIR --approve-as A --approve-as B`` publishes a
case whose awards are made instead, as the stage does, in a process of its own, with PostgreSQL
beside it; its memory is not counted.

*Bare* is hashlib, one thread, over exactly the inputs that are hashed: of an award HMAC-SHA-256
once and HMAC-SHA-512 twice (each as the two messages that it hashes), seven fields, their root and
the commitment; a leaf, and a node of the tree. *Bare audit* is leaf and node, what a stranger can
hash. *Built* is awards in memory to the complete signed directory on disk, with every award's
opening. *Epoch* is a day's states, sums, batch, files, tree and signature, as a stage makes them,
from the edge of the tree, without its database; then what it adds is checked, in time of its own.
*Person* is what somebody loads who checks with a claim code: a bucket, a path, a part of the
states, the verifier. Memory is the sum of all processes' shares (PSS).
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from hashlib import sha256, sha512
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.case import CaseFile, ClockKind, LinkageSettings, Promise, Text
from amends.kernel.money import Money
from amends.kernel.tariff import flat
from amends.roster import claims, entries, publication, record
from amends.roster.commitment import HIDDEN, SHOWN, Bound, Opening, person_head, salts_label
from amends.roster.committing import committed
from amends.roster.entries import NOTHING, State, Total
from amends.roster.epochs import CROWD, Release, release, shown, sum_of, sums
from amends.roster.merkle import inclusion_proof, subtree
from amends.roster.model import Batch, Payment, Proved
from amends.roster.note import LogKey, origin_of
from amends.roster.policy import policy_text
from amends.roster.service import publish
from amends.roster.site import VERIFIERS
from amends.roster.tiles import (
    WIDTH,
    TileTree,
    added_files,
    bundle,
    disk_node,
    edge,
    kept_tiles,
    split_bundle,
    tile_files,
    tile_path,
)
from amends.vault.opened import open_case

AMOUNT = Money.parse("CNY 5000.00")
KEY = LogKey(origin=origin_of("bench", simulated=True), seed=bytes(32))
BOUND = Bound(case="bench", currency="CNY")
VERIFIER = Path(__file__).parents[1] / "src" / "amends_verify"
CATEGORIES = "NAME;PHONE"
DAYS = 30
"""Days in which a round is paid; an epoch is one of them."""

HALF_PAID = {State.PROMISED: 46, State.SENT: 3, State.SETTLED: 47, State.RETURNED: 2}
"""Of a hundred awards in the middle of a round; the others need their person."""

LIMITS = {
    "built_to_bare": 1.8,
    "memory_mib": 2048.0,
    "directory_mb": 300.0,
    "audit_to_bare": 4.0,
    "download_mb": 250.0,
    "receipt_bytes": 4000.0,
    "receipt_ms": 50.0,
    "epoch_s": 1.0,
    "person_kb": 650.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a run measured: seconds of wall clock, and CPU seconds of our processes (``_cpu_s``)."""

    people: int
    bare_s: float
    bare_audit_s: float
    built_s: float
    built_cpu_s: float
    memory_mib: float
    directory_mb: float
    download_mb: float
    audit_s: float
    audit_mib: float
    receipt_bytes: int
    receipt_ms: float
    epoch_s: float
    added_s: float
    person_kb: float

    def against_limits(self) -> dict[str, tuple[float, float]]:
        """Of every number with a limit what was found, and the limit; all are for 3,000,000."""
        ratios = {
            "built_to_bare": self.built_s / self.bare_s,
            "audit_to_bare": self.audit_s / self.bare_audit_s,
        }
        found = asdict(self) | ratios
        return {name: (found[name], limit) for name, limit in LIMITS.items()}


def bare(people: int) -> tuple[float, float]:
    """Seconds of hashing what an award is made of, and of its leaf and node alone."""
    told = {"idno": 18, "name": 9, "phone": 11, "award": 7, "case": 5, "currency": 3}
    fields = {**told, "categories": len(CATEGORIES)}
    small = [
        *(bytes(16 + 16 + 2 + len(name) + 2 + size) for name, size in fields.items()),
        *(bytes(64 + 15), bytes(64 + 32)),
        bytes(len(person_head(len(fields))) + 32 * len(fields)),
        bytes(16 + 32 + 32),
    ]
    large = [bytes(128 + size) for f in (SHOWN, HIDDEN) for size in (len(salts_label(f)), 64)]
    leaf, node = bytes(1 + entries.AWARD.size), bytes(1 + 64)

    def seconds(work: Callable[[], None]) -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    def tree() -> None:
        for _ in range(people):
            sha256(leaf).digest()
            sha256(node).digest()

    def awards() -> None:
        for _ in range(people):
            for message in small:
                sha256(message).digest()
            for message in large:
                sha512(message).digest()

    of_tree = seconds(tree)
    return seconds(awards) + of_tree, of_tree


def made_awards(people: int) -> pl.DataFrame:
    """Awards of so many people who do not exist."""
    index = pl.int_range(people, eager=True)
    number = index.cast(pl.String)
    return pl.DataFrame({"award_index": index}).with_columns(
        pl.lit(0, pl.Int64).alias("class"),
        pl.lit(AMOUNT.amount_minor, pl.Int64).alias("amount_minor"),
        pl.lit(CATEGORIES).alias("categories"),
        (pl.lit("110101199") + number.str.zfill(8) + pl.lit("X")).alias("idno"),
        pl.lit("测试人").alias("name"),
        (pl.lit("13") + number.str.zfill(9)).alias("phone"),
    )


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


def written(directory: Path, files: Iterator[tuple[str, bytes]]) -> None:
    """Write files, with their folders."""
    for name, content in files:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def build(log: Path, people: int) -> None:
    """Write the complete published directory, and print what it took and one award's opening."""
    awards = made_awards(people)
    began, cpu = time.perf_counter(), time.process_time()
    all_of_them = Total(count=people, amount_minor=people * AMOUNT.amount_minor)
    files = case_files(all_of_them)
    head = [
        entries.case_entry(sha256(files["case.json"]).digest()),
        entries.scope_entry(all_of_them, bytes(32)),
    ]
    body, opening = bytearray(bundle(head)), b""
    for made in committed(BOUND, awards):
        rows = np.zeros(len(made.entries), [("size", ">u2"), ("entry", made.entries.dtype)])
        rows["size"], rows["entry"] = made.entries.dtype.itemsize, made.entries
        body += rows.tobytes()
        opening = opening or made.openings[0]
    tree = TileTree()
    written(log, iter(files.items()))
    written(log, tile_files(tree, cut(bytes(body), head), [people + len(head)]))
    note = KEY.checkpoint(tree.size, subtree(tree.node, 0, tree.size))
    (log / "checkpoint").write_text(note, encoding="utf-8")
    took = time.perf_counter() - began, time.process_time() - cpu
    print(json.dumps({"built_s": took[0], "built_cpu_s": took[1], "opening": opening.hex()}))


def cut(body: bytes, head: Sequence[bytes]) -> Iterator[bytes]:
    """Entry bundles of a log of *head* and awards."""
    size = 2 + entries.AWARD.size
    begin, end = 0, len(bundle(head)) + (WIDTH - len(head)) * size
    while begin < len(body):
        yield body[begin:end]
        begin, end = end, end + WIDTH * size


def watched(command: list[str]) -> tuple[str, float]:
    """What a command prints, and the most memory of it and its processes (MiB, PSS)."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    most = 0.0
    while child.poll() is None:
        most = max(most, sum(map(share_mib, processes(child.pid))))
        time.sleep(0.1)
    if child.returncode:
        raise SystemExit(child.returncode)
    return child.stdout.read() if child.stdout else "", most


def processes(root: int) -> list[int]:
    """A process and those that it started, but PostgreSQL's."""
    found = [root]
    for process in found:
        for task in Path(f"/proc/{process}/task").glob("*/children"):
            try:
                found += map(int, task.read_text().split())
            except OSError:  # it has ended
                continue
    return found


def share_mib(process: int) -> float:
    """Its share of memory; nothing where it has ended, is PostgreSQL's, or no one can tell."""
    try:
        if Path(f"/proc/{process}/comm").read_text().startswith("postgres"):
            return 0.0
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def receipt(log: Path, opening: bytes) -> str:
    """The receipt of the first award."""
    note = (log / "checkpoint").read_text(encoding="utf-8")
    size = int(note.split("\n")[1])
    first = (log / "tile" / "entries" / ("000" if size >= WIDTH else f"000.p/{size}")).read_bytes()
    at = len(bundle([bytes(entries.CASE.size), bytes(entries.SCOPE.size)])) + 2
    entry = first[at : at + entries.AWARD.size]
    path = tuple(inclusion_proof(disk_node(log, size), 2, size))
    proved = Proved(index=2, entry=entry, path=path)
    return publication.receipt_text(BOUND, 0, Opening.unpacked(opening), proved, checkpoint=note)


def verifier_of(log: Path) -> ModuleType:
    """The verifier that the log ships."""
    spec = importlib.util.spec_from_file_location("shipped_verifier", log / "verify.py")
    if spec is None or spec.loader is None:
        raise SystemExit("the log ships no verifier")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checked_ms(log: Path, policy: bytes, text: str) -> float:
    """Milliseconds in which the shipped verifier takes a receipt in: the best of ten."""
    shipped, best = verifier_of(log), float("inf")
    for _ in range(10):
        began = time.perf_counter()
        shipped.receipt(text.encode(), shipped.Policy(policy))
        best = min(best, time.perf_counter() - began)
    return best * 1000


def epoch(log: Path, policy: Path, people: int) -> tuple[float, float, int]:
    """Add an epoch, then make one in the middle of a round and check it, as a stage does.

    Seconds in which it is made, and checked; how much of its states a person loads.
    """
    chance = np.random.default_rng(1)
    edges = np.cumsum([*HALF_PAID.values()])
    codes = np.array([*HALF_PAID, State.NEEDS_PERSON], dtype=np.uint8)
    before = codes[np.searchsorted(edges, chance.integers(0, 100, people), side="right")]
    reached = State.SENT
    if people < 3 * CROWD:  # so few are all paid on one day
        before[:], reached = State.PROMISED, State.SETTLED
    today = np.flatnonzero(before == State.PROMISED)[: max(people // DAYS, CROWD)]
    actual = before.copy()
    actual[today] = reached
    batched = np.flatnonzero(np.isin(before, (State.SENT, State.SETTLED, State.RETURNED)))
    first = Release(batches=batches_of(batched), states=before)
    made = epoch_files(1, first, NOTHING)
    size, files = grown(log, people + 2, *made, there=frozenset())
    written(log, iter(files.items()))
    total = sum_of(batch.total for batch in first.batches)
    pending = batches_of(today)[0].payments
    with tempfile.TemporaryDirectory() as name:
        out, new = Path(name), Path(name) / "new"
        added_to(log, policy, "--keep", str(out / "found"))
        note = (log / "checkpoint").read_text(encoding="utf-8")
        record.remember(out, log, note, out / "found")
        began = time.perf_counter()
        known = record.remembered(out, log)
        if known is None:
            raise SystemExit("the log is not as it was written")
        going = release(before=before, actual=actual, pending=pending, batched_awards=batched)
        if not isinstance(going, Release):
            raise SystemExit("nothing of the epoch goes out")
        made = epoch_files(2, going, total, batch=1 + len(first.batches))
        _, files = grown(log, size, *made, there=known.there)
        written(new, iter(files.items()))
        took = time.perf_counter() - began
        began = time.perf_counter()
        added_to(new, policy, "--keep", str(out / "again"), "--before", str(known.found))
        checked = time.perf_counter() - began
        states = [content for path, content in files.items() if path.startswith("state/")]
        return took, checked, sum(sorted(map(len, states))[:: len(states) - 1])


def batches_of(awards: npt.NDArray[np.int64]) -> tuple[Batch, ...]:
    """A batch in which these awards were paid, if there are any."""
    payments = tuple(
        Payment(
            instruction_id=f"{at:026d}",
            award_index=at,
            rail="alipay",
            sent_day=date(2026, 11, 21),
            amount_minor=AMOUNT.amount_minor,
        )
        for at in awards.tolist()
    )
    return (Batch(rail="alipay", payments=payments),) if payments else ()


def epoch_files(
    number: int, going: Release, before: Total, *, batch: int = 1
) -> tuple[dict[str, bytes], list[bytes]]:
    """The files of an epoch and the entries that cover them.

    *before*: the total of the batches that are out. *batch*: the number of its own.
    """
    classes = np.zeros(len(going.states), dtype=np.uint8)
    published, files, added = shown(going.states, classes), dict[str, bytes](), list[bytes]()
    for one in going.batches:
        content = publication.batch_file(batch, one, "CNY", nonce=os.urandom(32), statements=())
        files[f"batches/{batch}.json"] = content
        digest = sha256(content).digest()
        added.append(entries.batch_entry(batch, one.rail, one.total, digest))
    figures = sums(
        states=going.states,
        published=published,
        classes=classes,
        tariff={0: AMOUNT.amount_minor},
        batches=before + sum_of(batch.total for batch in going.batches),
    )
    states = publication.state_files(number, published)
    stats = publication.stats_file(number, figures, "CNY")
    files |= states | {f"stats/{number}.json": stats}
    digests = [sha256(one).digest() for one in (states[publication.states_path(number)], stats)]
    return files, [*added, entries.state_entry(number, digests[0], digests[1], figures.states)]


def grown(
    log: Path, size: int, files: dict[str, bytes], added: Sequence[bytes], *, there: frozenset[str]
) -> tuple[int, dict[str, bytes]]:
    """The log's size with what is *added*, and the files that come, from the edge of its tree."""
    tree, (first, width) = edge(log, size), divmod(size, WIDTH)
    _, _, root, *_ = (log / "checkpoint").read_text(encoding="utf-8").split("\n")
    if subtree(tree.node, 0, size) != b64decode(root):
        raise SystemExit("the edge of the tree does not lead to the root")
    tree.append(added)
    partial = log / tile_path(None, first, width)
    last = [*(split_bundle(partial.read_bytes()) if width else []), *added]
    bundles = [bundle(last[at : at + WIDTH]) for at in range(0, len(last), WIDTH)]
    kept = [tile for tile in kept_tiles([size, tree.size]) if tile_path(*tile) not in there]
    new = [tile for tile in kept if there or not (log / tile_path(*tile)).exists()]
    files |= added_files(tree, first, bundles, new)
    note = KEY.checkpoint(tree.size, subtree(tree.node, 0, tree.size))
    return tree.size, {**files, "checkpoint": note.encode()}


def added_to(log: Path, policy: Path, *how: str) -> None:
    """Have the verifier check a log, or what was added to one."""
    command = [sys.executable, "-I", str(VERIFIER / "added.py"), str(log), "--policy", str(policy)]
    subprocess.run([*command, *how], check=True, stdout=subprocess.DEVNULL)


def path_of_first(size: int) -> list[str]:
    """The bundle and the tiles from which the path of the first award is read."""
    levels = [size >> 8 * level for level in range(size.bit_length() // 8 + 1) if size >> 8 * level]
    tiles = [(None, levels[0]), *enumerate(levels)]
    return [tile_path(level, 0, min(WIDTH, count)) for level, count in tiles]


def measure(people: int) -> Figures:
    """Build and audit a roster of so many people."""
    with tempfile.TemporaryDirectory() as name:
        log, policy = Path(name) / "log", Path(name) / "policy"
        log.mkdir()
        policy.write_text(policy_text(KEY.verifier_key), encoding="utf-8")
        bare_s, bare_audit_s = bare(people)
        command = [sys.executable, __file__, "--build", str(log), "--people", str(people)]
        printed, memory_mib = watched(command)
        built = json.loads(printed)
        sizes = [path.stat().st_size for path in log.rglob("*") if path.is_file()]
        audit = [sys.executable, "-I", str(log / "verify.py"), "all", str(log)]
        began = time.perf_counter()
        _, audit_mib = watched([*audit, "--policy", str(policy)])
        audit_s = time.perf_counter() - began
        text = receipt(log, bytes.fromhex(built["opening"]))
        epoch_s, added_s, state_bytes = epoch(log, policy, people)
        person = (
            claims.BUCKET_BYTES
            + state_bytes
            + sum(
                (log / file).stat().st_size
                for file in ("verify.py", "case.json", "checkpoint", *path_of_first(people + 2))
            )
        )
        return Figures(
            people=people,
            bare_s=bare_s,
            bare_audit_s=bare_audit_s,
            built_s=built["built_s"],
            built_cpu_s=built["built_cpu_s"],
            memory_mib=memory_mib,
            directory_mb=sum(sizes) / 1e6,
            download_mb=sum(sizes) / 1e6,
            audit_s=audit_s,
            audit_mib=audit_mib,
            receipt_bytes=len(text.encode()),
            receipt_ms=checked_ms(log, policy.read_bytes(), text),
            epoch_s=epoch_s,
            added_s=added_s,
            person_kb=person / 1e3,
        )


def measure_stage(case: Path, operators: list[str]) -> None:
    """Publish a case as the stage does, and print it against bare hashing of its awards."""
    asked = [flag for one in operators for flag in ("--approve-as", one)]
    printed, memory_mib = watched([sys.executable, __file__, "--publish", str(case), *asked])
    stage = json.loads(printed)
    bare_s, _ = bare(stage["people"])
    ratio, most = LIMITS["built_to_bare"], LIMITS["memory_mib"]
    print(
        f"{stage['people']:>9,} awards published as a stage: {stage['stage_s']:.1f} s "
        f"({stage['stage_s'] / bare_s:.2f} x bare of {bare_s:.1f} s; limit {ratio}), "
        f"{stage['stage_cpu_s']:.1f} CPU s of ours, {memory_mib:,.0f} MiB (limit {most:,.0f})"
    )


def run_stage(case: Path, operators: list[str]) -> None:
    """Publish a case, and print what it took."""
    with open_case(case, approve_as=tuple(operators)) as opened:
        began, cpu = time.perf_counter(), time.process_time()
        summary = publish(opened)
        took = time.perf_counter() - began, time.process_time() - cpu
    people = summary.counts["roster_awards"]
    print(json.dumps({"stage_s": took[0], "stage_cpu_s": took[1], "people": people}))


def show(figures: Figures) -> None:
    """Print every number beside its limit."""
    print(
        f"{figures.people:,} people: bare {figures.bare_s:.2f} s, of tree alone "
        f"{figures.bare_audit_s:.2f} s; built {figures.built_s:.2f} s, {figures.built_cpu_s:.2f} "
        f"CPU s; audit {figures.audit_s:.2f} s, {figures.audit_mib:.0f} MiB; "
        f"what an epoch adds checked in {figures.added_s:.2f} s"
    )
    for name, (found, limit) in figures.against_limits().items():
        print(f"  {name:<14} {found:>10,.2f}  limit {limit:>8,.2f}  {found / limit:>6.2f} of it")


def main() -> None:
    """Measure each size, or a case, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[30_000, 300_000])
    parser.add_argument("--case", type=Path, help="a case with awards, which is published")
    parser.add_argument("--approve-as", action="append", default=[])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--publish", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.build:
        build(asked.build, asked.people[0])
    elif asked.publish:
        run_stage(asked.publish, asked.approve_as)
    elif asked.case:
        measure_stage(asked.case, asked.approve_as)
    elif asked.json:
        print(json.dumps([asdict(measure(people)) for people in asked.people]))
    else:
        for people in asked.people:
            show(measure(people))


if __name__ == "__main__":
    main()
