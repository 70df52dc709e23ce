"""How fast intake reads what is not a plain table: dumps, workbooks, archives, other encodings.

The limit is what no reader of the same file can go below: reading its bytes, unpacking them where
they are packed, and decoding the text once. Each file is read in a process of its own.

    python bench/formats.py [ROWS ...]
"""

import gzip
import json
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import py7zr
import pyarrow as pa

import apart
from amends.evidence.readers.members import Member, members
from amends.evidence.readers.opening import open_content, open_member
from amends.vault.sealed import Spool
from made_files import sqlite_file, xlsx

SIZES = (100_000, 1_000_000)
HEADER = ("姓名", "手机号", "身份证号", "邮箱", "住址", "性别")
MOST_SHEET_ROWS = 200_000
ROWS_PER_INSERT = 1000


def main() -> None:
    """Print one line for each kind and size."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(_measure(Path(sys.argv[2]))))
        return
    together = sys.argv[1:2] == ["--together"]
    print("rows        kind           MB     CPU s  wall s  MB/s CPU  x limit  peak MiB")
    for rows in [int(word) for word in sys.argv[1 + together :]] or SIZES:
        for kind, (name, make, encoding) in KINDS.items():
            some = min(rows, MOST_SHEET_ROWS) if name.endswith(".xlsx") else rows
            with tempfile.TemporaryDirectory() as directory:
                path = Path(directory) / name
                path.write_bytes(make(some, Path(directory)))
                limit_s, size_bytes = _limit(path, encoding)
                figures = _measure(path) if together else apart.alone(__file__, path)
            if figures["records"] != some:
                sys.exit(f"{kind}: {figures['records']:.0f} records of {some}")
            megabytes, cpu_s = size_bytes / 1e6, figures["cpu_s"]
            print(
                f"{some:<11,} {kind:<14} {megabytes:<6,.0f} {cpu_s:<6.2f} "
                f"{figures['wall_s']:<7.2f} {megabytes / cpu_s:<9.0f} "
                f"{cpu_s / limit_s:<8.1f} {figures['peak_mib']:.0f}",
                flush=True,
            )


def _people(rows: int) -> Iterator[tuple[str, ...]]:
    """Rows that nobody can take for people: every number says its place."""
    for row in range(rows):
        number = f"{row:08d}"
        yield (
            f"测试{chr(0x4E00 + row % 20000)}",
            f"160{number}",
            f"99999919{row % 100:02d}{row % 12 + 1:02d}{row % 28 + 1:02d}{row % 10000:04d}",
            f"u{number}@example.invalid",
            f"测试省测试市第{row % 9973}号",
            "男女"[row % 2],
        )


def _csv(rows: int, _folder: Path) -> bytes:
    return "".join(",".join(row) + "\n" for row in (HEADER, *_people(rows))).encode()


def _mysql(rows: int, _folder: Path) -> bytes:
    columns = ", ".join(f"`{name}` text" for name in HEADER)
    parts = [f"-- MySQL dump\nCREATE TABLE `users` ({columns}) ENGINE=InnoDB;\n"]
    for at, row in enumerate(_people(rows)):
        begins = "INSERT INTO `users` VALUES " if at % ROWS_PER_INSERT == 0 else ","
        ends = ";\n" if at % ROWS_PER_INSERT == ROWS_PER_INSERT - 1 or at == rows - 1 else ""
        values = "','".join(row)
        parts.append(f"{begins}('{values}'){ends}")
    return "".join(parts).encode()


def _copy(rows: int, _folder: Path) -> bytes:
    lines = ("\t".join(row) + "\n" for row in _people(rows))
    columns = ", ".join(f'"{name}"' for name in HEADER)
    return f"COPY users ({columns}) FROM stdin;\n{''.join(lines)}\\.\n".encode()


def _xlsx(rows: int, _folder: Path) -> bytes:
    return xlsx({"users": [HEADER, *_people(rows)]})


def _sqlite(rows: int, folder: Path) -> bytes:
    return sqlite_file(folder, {"users": (HEADER, list(_people(rows)))})


def _array(rows: int, _folder: Path) -> bytes:
    objects = (
        json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) for row in _people(rows)
    )
    return f"[{','.join(objects)}]".encode()


KINDS: dict[str, tuple[str, Callable[[int, Path], bytes], str]] = {
    "MySQL dump": ("dump.sql", _mysql, "utf-8"),
    "COPY dump": ("copy.sql", _copy, "utf-8"),
    "csv.zst": ("table.csv.zst", lambda rows, at: _zst(_csv(rows, at)), "utf-8"),
    "csv.7z": ("table.7z", lambda rows, at: _seven(_csv(rows, at), at), "utf-8"),
    "csv.gz": ("table.csv.gz", lambda rows, at: gzip.compress(_csv(rows, at), 6), "utf-8"),
    "csv, Big5": ("big5.csv", lambda rows, at: _csv_in("big5hkscs", rows, at), "big5hkscs"),
    "JSON array": ("array.json", _array, "utf-8"),
    "SQLite": ("table.db", _sqlite, ""),
    "xlsx": ("table.xlsx", _xlsx, "utf-8"),
}


def _zst(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


def _seven(data: bytes, folder: Path) -> bytes:
    path = folder / "made.7z"
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.writestr(data, "table.csv")
    packed = path.read_bytes()
    path.unlink()
    return packed


def _csv_in(encoding: str, rows: int, folder: Path) -> bytes:
    text = _csv(rows, folder).decode()
    traditional = text.translate(str.maketrans("测试号机证邮别", "測試號機證郵別"))
    return traditional.encode(encoding, "replace")


def _limit(path: Path, encoding: str) -> tuple[float, int]:
    """CPU seconds to read, unpack and decode the file; and its bytes when it is unpacked."""
    began = time.process_time()
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zst":
        with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
            data = stream.read()
    elif path.suffix == ".7z":
        with tempfile.TemporaryDirectory() as folder, py7zr.SevenZipFile(path) as archive:
            archive.extractall(folder)
            data = (Path(folder) / "table.csv").read_bytes()
    elif path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            data = b"".join(archive.read(name) for name in archive.namelist())
    if encoding:
        data.decode(encoding, "replace")
    return max(time.process_time() - began, 1e-4), len(data)


def _measure(path: Path) -> dict[str, float]:
    """Read one file in this process; what a first look costs (compiled code) is not counted."""
    for _ in range(2):
        began, used = time.perf_counter(), time.process_time()
        records = 0
        for member in members(open_content(path, path.name), lambda: Spool(path.parent)):
            if not isinstance(member, Member):
                continue
            with open_member(member, [], lambda _: None) as opened:
                records += sum(batch.records for batch in opened.table.batches())
        wall_s, cpu_s = time.perf_counter() - began, time.process_time() - used
    return {"records": records, "wall_s": wall_s, "cpu_s": cpu_s, "peak_mib": apart.peak_mib()}


if __name__ == "__main__":
    main()
