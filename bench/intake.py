"""How fast intake reads each kind of file, and in how much memory; and how fast it transcodes.

The limit is what no reader can go below: reading the same bytes, hashing them, and decoding them
with Python's codec. Beside it stands Polars' own reader of csv, which splits the same file but
keeps no row numbers, places, faults or quarantine. Each file is read in a process of its own, so
that its peak of memory is its own. Ratios are of CPU seconds.

    python bench/intake.py [ROWS ...]
"""

import csv
import hashlib
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

import apart
from amends.evidence.model import Encoding
from amends.evidence.readers.opening import open_table
from amends.evidence.readers.text import Block, Spelling
from amends.evidence.ready import make_ready

SIZES = (300_000, 3_000_000)
MOST_TRANSCODED = 500_000
PIECE_BYTES = 1 << 20
HEADER = ("姓名", "手机号", "身份证号", "邮箱", "住址", "性别")
KINDS = {
    "csv": ("table.csv", "utf-8"),
    "csv, quoted": ("quoted.csv", "utf-8"),
    "csv, GB18030": ("gb18030.csv", "gb18030"),
    "---- text": ("dump.txt", "utf-8"),
    "JSON lines": ("lines.jsonl", "utf-8"),
    "Parquet": ("table.parquet", "utf-8"),
}


def main() -> None:
    """Print one line for each kind and size, then the speed of transcoding."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(_measure(Path(sys.argv[2]))))
        return
    together = sys.argv[1:2] == ["--together"]
    make_ready()
    print("rows        kind          MB    wall s  CPU s  rows/CPU s  x limit  x Polars  peak MiB")
    for rows in [int(word) for word in sys.argv[1 + together :]] or SIZES:
        for kind, (name, encoding) in KINDS.items():
            with tempfile.TemporaryDirectory() as directory:
                path = Path(directory) / name
                _write(path, encoding, rows)
                limit_s = _limit(path, encoding)
                polars_s = _polars(path) if name.endswith(".csv") and encoding == "utf-8" else 0.0
                figures = _measure(path) if together else apart.alone(__file__, path)
                megabytes = path.stat().st_size / 1e6
            cpu_s = figures["cpu_s"]
            beside = f"{cpu_s / polars_s:.1f}" if polars_s else "-"
            print(
                f"{rows:<11,} {kind:<13} {megabytes:<5,.0f} {figures['wall_s']:<7.2f} "
                f"{cpu_s:<6.2f} {figures['rows'] / cpu_s:<11,.0f} "
                f"{cpu_s / limit_s:<8.1f} {beside:<9} {figures['peak_mib']:.0f}",
                flush=True,
            )
        _transcode(rows)


def _transcode(rows: int) -> None:
    """One core, GB18030 to UTF-8 in memory: the kernel, Python's codec, and iconv."""
    text = "".join(",".join(row) + "\n" for row in _people(min(rows, MOST_TRANSCODED)))
    data = text.encode("gb18030")
    spelling = Spelling(encoding=Encoding.GB18030, mark_bytes=0)
    pieces = [data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES)]

    def kernel() -> None:
        for piece in pieces:
            Block(data=piece, offset=0, spelling=spelling, last=True).lines()

    def codec() -> None:
        for piece in pieces:
            piece.decode("gb18030", "replace").encode()

    speeds = {"kernel, with bounds and faults of lines": _cpu_s(kernel), "codec": _cpu_s(codec)}
    if shutil.which("iconv"):
        command = ["iconv", "-f", "GB18030", "-t", "UTF-8"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run(command, input=data, check=True, stdout=subprocess.DEVNULL)
        speeds["iconv"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    said = "; ".join(
        f"{name} {len(data) / 1e9 / max(seconds, 1e-9):.2f}" for name, seconds in speeds.items()
    )
    print(f"transcoding GB18030 to UTF-8, GB per CPU second: {said}", flush=True)


def _cpu_s(work: Callable[[], None]) -> float:
    """The least CPU seconds of three runs."""
    runs = []
    for _ in range(3):
        began = time.process_time()
        work()
        runs.append(time.process_time() - began)
    return min(runs)


def _people(rows: int) -> Iterator[tuple[str, ...]]:
    """Rows that nobody can take for people: every number says its place."""
    for row in range(rows):
        number = f"{row:08d}"
        day = f"19{row % 100:02d}{row % 12 + 1:02d}{row % 28 + 1:02d}"
        yield (
            f"测试{chr(0x4E00 + row % 20000)}",
            f"160{number}",
            f"999999{day}{row % 10000:04d}",
            f"u{number}@example.invalid",
            f"测试省测试市第{row % 9973}号",
            "男女"[row % 2],
        )


def _write(path: Path, encoding: str, rows: int) -> None:
    if path.suffix == ".parquet":
        pq.write_table(
            pa.table(dict(zip(HEADER, zip(*_people(rows), strict=True), strict=True))), path
        )
        return
    with path.open("w", encoding=encoding, newline="") as file:
        if path.suffix == ".jsonl":
            file.writelines(
                json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) + "\n"
                for row in _people(rows)
            )
        elif path.suffix == ".txt":
            file.writelines("----".join(row) + "\n" for row in _people(rows))
        else:
            quoted = path.stem == "quoted"
            writer = csv.writer(file, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
            writer.writerow(HEADER)
            writer.writerows(_people(rows))


def _limit(path: Path, encoding: str) -> float:
    """CPU seconds to read, hash and (text) decode the file."""
    began = time.process_time()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while data := file.read(8 << 20):
            digest.update(data)
            if path.suffix != ".parquet":
                data.decode(encoding, "replace")
    return time.process_time() - began


def _polars(path: Path) -> float:
    """CPU seconds of Polars to split the file in columns of text."""
    began = time.process_time()
    pl.scan_csv(path, infer_schema=False).collect()
    return time.process_time() - began


def _measure(path: Path) -> dict[str, float]:
    """Hash and read one file in this process, kernels loaded before."""
    make_ready()
    start_s = time.process_time()
    began = time.perf_counter()
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")
    with open_table(path, path.name, [], lambda _: None) as opened:
        rows = sum(batch.height for batch in opened.table.batches())
    return {
        "rows": rows,
        "wall_s": time.perf_counter() - began,
        "cpu_s": time.process_time() - start_s,
        "peak_mib": apart.peak_mib(),
    }


if __name__ == "__main__":
    main()
