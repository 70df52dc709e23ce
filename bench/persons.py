"""How long it takes from raw files to affected persons, beside the bare work.

    python bench/persons.py [PEOPLE ...]

*Ours*: ``amends intake`` and ``amends determine`` on a made-up case, as anybody calls them:
custody, detection, encryption, keys, weighing, stated error, and everything in the database.
*Bare*: of the same files only what cannot be left out, as libraries do it: hash and seal them,
split them in columns, write and read these encrypted, one hash join of accounts and leaked rows by
a mobile number, and put as many people as it finds into PostgreSQL. It normalises nothing, weighs
nothing and proves nothing.

``busy`` is what all processors did, PostgreSQL included; on a machine that does something else as
well it says too much.
"""

import argparse
import hashlib
import io
import os
import secrets
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import duckdb
import polars as pl
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from amends.vault.opened import open_case

SIZES: Final = (300_000, 3_000_000)
STAGES: Final = ("intake", "determine")
_PIECE_BYTES: Final = 1 << 20
_SLICE: Final = 250_000
_NONCE_BYTES: Final = 12
_LOOKED_AT: Final = 100
_MOBILE: Final = r"^1\d{10}$"
_SAID: Final = "NAME;PHONE;IDNO;EMAIL;ADDRESS;chat;games;1;exact;0.999"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Seconds of a step, and peak memory of its process."""

    wall_s: float
    cpu_s: float
    busy_s: float
    peak_gib: float


def main() -> None:
    """Print a line for each step and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", nargs="*", type=int)
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.bare:
        print(f"            bare: {bare(arguments.bare):,} numbers of both sides")
        return
    print("people      step          wall s   CPU s    busy s   x bare   peak GiB")
    sizes = arguments.people or SIZES
    totals = [_compared(people) for people in sizes]
    for (fewer, less), (more, much) in pairwise(zip(sizes, totals, strict=True)):
        print(
            f"{more / fewer:.1f} times the people: {much.busy_s / less.busy_s:.1f} times busy, "
            f"{much.peak_gib / less.peak_gib:.1f} times the memory"
        )


def _compared(people: int) -> Cost:
    """A case of so many *people*: what both stages and the bare work take, printed; our sum."""
    with tempfile.TemporaryDirectory(prefix="amends-persons-") as name:
        case = str(Path(name) / "case")
        _cost("-m", "amends", "synth", case, "--people", str(people), "--seed", "1")
        intake, determine = (_cost("-m", "amends", stage, case) for stage in STAGES)
        limit = _cost(__file__, "--bare", case)
        _cost("-m", "amends", "remove", case, "--yes")
    ours = Cost(
        wall_s=intake.wall_s + determine.wall_s,
        cpu_s=intake.cpu_s + determine.cpu_s,
        busy_s=intake.busy_s + determine.busy_s,
        peak_gib=max(intake.peak_gib, determine.peak_gib),
    )
    steps = {"intake": intake, "determine": determine, "both": ours, "bare": limit}
    for step, one in steps.items():
        print(
            f"{people:<11,} {step:<13} {one.wall_s:<8.1f} {one.cpu_s:<8.1f} {one.busy_s:<8.1f} "
            f"{one.busy_s / limit.busy_s:<8.1f} {one.peak_gib:.2f}",
            flush=True,
        )
    return ours


def _cost(*command: str) -> Cost:
    """What a program of Python takes, in a process of its own."""
    wall, busy = time.perf_counter(), _busy_s()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([sys.executable, *command], stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(command)} ended so:\n{said.read().decode()}")
    return Cost(
        wall_s=time.perf_counter() - wall,
        cpu_s=used.ru_utime + used.ru_stime,
        busy_s=_busy_s() - busy,
        peak_gib=used.ru_maxrss / 2**20,
    )


def _busy_s() -> float:
    """Seconds for which the processors have worked: the first line of /proc/stat."""
    user, nice, system, _, _, *interrupts = Path("/proc/stat").read_text().split()[1:8]
    return sum(map(int, (user, nice, system, *interrupts))) / os.sysconf("SC_CLK_TCK")


def bare(case: Path) -> int:
    """Do the bare work on the files of *case*; how many numbers are on both sides."""
    key = AESGCM(AESGCM.generate_key(256))
    with tempfile.TemporaryDirectory(prefix="amends-bare-") as name:
        folder = Path(name)
        sides = [
            [_taken_in(path, folder, key) for path in sorted((case / side).iterdir())]
            for side in ("registries", "evidence")
        ]
        accounts, leaked = (pl.concat([_numbers(p, key) for p in side]) for side in sides)
    found = accounts.join(leaked.unique(), on="number", how="semi").unique().sort("number")
    with open_case(case) as opened, opened.database.unit_of_work() as connection:
        connection.execute(
            "CREATE TEMP TABLE person (number text PRIMARY KEY, said text NOT NULL) ON COMMIT DROP"
        )
        with connection.cursor() as cursor, cursor.copy("COPY person FROM STDIN CSV") as copy:
            for part in found.with_columns(pl.lit(_SAID)).iter_slices(_SLICE):
                copy.write(part.write_csv(include_header=False))
    return found.height


def _taken_in(path: Path, folder: Path, key: AESGCM) -> Path:
    """A raw file hashed, sealed, and as an encrypted table, where that lies."""
    digest = hashlib.sha256()
    with path.open("rb") as raw, (folder / f"{path.name}.sealed").open("wb") as sealed:
        while piece := raw.read(_PIECE_BYTES):
            digest.update(piece)
            sealed.write(_sealed(piece, key))
    buffer = io.BytesIO()
    _split(path).write_parquet(buffer)
    table = folder / f"{path.name}.parquet"
    table.write_bytes(_sealed(buffer.getbuffer(), key))
    return table


def _sealed(octets: bytes | memoryview, key: AESGCM) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, octets, None)


def _split(path: Path) -> pl.DataFrame:
    """A raw file as columns of text, as well as a library does it by itself."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    if path.suffix == ".jsonl":
        lines = duckdb.read_json(str(path), format="newline_delimited", ignore_errors=True)
        return pl.DataFrame(lines.to_arrow_table())
    separator = {".txt": "\x01"}.get(path.suffix, ",")
    table = pl.read_csv(
        path,
        separator=separator,
        infer_schema=False,
        encoding="utf8-lossy",
        ignore_errors=True,
        truncate_ragged_lines=True,
    )
    if path.suffix != ".txt":
        return table
    fields = table.to_series().str.split("----")
    return pl.DataFrame([fields.list.get(at, null_on_oob=True).alias(str(at)) for at in range(8)])


def _numbers(table: Path, key: AESGCM) -> pl.DataFrame:
    """``number``: the mobile numbers of a table, all columns of which are read again."""
    octets = table.read_bytes()
    opened = key.decrypt(octets[:_NONCE_BYTES], octets[_NONCE_BYTES:], None)
    frame = pl.read_parquet(io.BytesIO(opened)).select(pl.col(pl.String))
    first = frame.head(_LOOKED_AT).select(pl.all().str.contains(_MOBILE).sum())
    column = max(first.columns, key=lambda name: first[name].item() or 0)
    return frame.select(pl.col(column).alias("number")).drop_nulls()


if __name__ == "__main__":
    main()
