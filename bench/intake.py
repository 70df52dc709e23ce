"""How fast intake reads each kind of file, and in how much memory.

The limit is what no reader can go below: reading the same bytes, hashing them, and decoding them.
Each file is read in a process of its own, so that its peak of memory is its own.

    python bench/intake.py [ROWS ...]
"""

import csv
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from amends.evidence.opening import open_table

SIZES = (300_000, 3_000_000)
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
    """Print one line for each kind and size."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(_measure(Path(sys.argv[2]))))
        return
    print("rows        kind          MB    wall s  CPU s  rows/s     x limit  peak MiB")
    for rows in [int(word) for word in sys.argv[1:]] or SIZES:
        for kind, (name, encoding) in KINDS.items():
            with tempfile.TemporaryDirectory() as directory:
                path = Path(directory) / name
                _write(path, encoding, rows)
                limit_s = _limit(path, encoding)
                command = [sys.executable, __file__, "--one", str(path)]
                answer = subprocess.run(command, check=True, capture_output=True, text=True)
                megabytes = path.stat().st_size / 1e6
            figures: dict[str, float] = json.loads(answer.stdout)
            wall_s = figures["wall_s"]
            print(
                f"{rows:<11,} {kind:<13} {megabytes:<5,.0f} {wall_s:<7.2f} "
                f"{figures['cpu_s']:<6.2f} {figures['rows'] / wall_s:<10,.0f} "
                f"{wall_s / limit_s:<8.1f} {figures['peak_mib']:.0f}",
                flush=True,
            )


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
    """Seconds to read, hash and (text) decode the file."""
    began = time.perf_counter()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while data := file.read(8 << 20):
            digest.update(data)
            if path.suffix != ".parquet":
                data.decode(encoding, "replace")
    return time.perf_counter() - began


def _measure(path: Path) -> dict[str, float]:
    """Read one file in this process."""
    began = time.perf_counter()
    with open_table(path, path.name, [], lambda _: None) as opened:
        rows = sum(len(batch.rows) for batch in opened.table.batches())
    wall_s = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "rows": rows,
        "wall_s": wall_s,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mib": _peak_mib(),
    }


def _peak_mib() -> float:
    """The peak of this program alone; ``ru_maxrss`` begins with that of whoever started it."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


if __name__ == "__main__":
    main()
