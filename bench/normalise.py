"""What normalising costs, field by field, beside reading the same columns and doing nothing.

The accounts of a made-up case are read as found. The limit of a field is a scan of its column that
looks at every value (the length of each), in the same run. CPU seconds, one thread of Polars, so
that what other programs do in the meantime weighs least.

    python bench/normalise.py [PEOPLE ...]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

import apart
from amends.linkage.canonical import dates, devices, identity, mail, mobiles, names, places
from amends.linkage.canonical.normalise import COLUMNS, FIELDS, KEY_COLUMNS, keys, normalise
from amends.linkage.weighing.details import DETAILS
from amends.synth.registries import PRODUCTS

SIZES = (30_000, 300_000)
PART = 200_000
WORDS = {"gender_letter": "gender", "gender_zh": "gender"}

FORMS: dict[str, Callable[[pl.Series], object]] = {
    "name": names.names,
    "phone": mobiles.phones,
    "idno": lambda found: identity.keys(identity.texts(found)[0]),
    "email": mail.addresses,
    "device": devices.numbers,
    "birth": dates.births,
    "address": places.addresses,
}


def main() -> None:
    """Print one table for each size; every size is measured in a process of its own."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(_measure(Path(sys.argv[2]))))
        return
    for people in [int(word) for word in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory(prefix="amends-bench-") as name:
            case = Path(name) / "case"
            making = ("-m", "amends", "synth", str(case), "--people", str(people))
            subprocess.run(
                [sys.executable, *making], check=True, capture_output=True, cwd=Path(name)
            )
            answer = subprocess.run(
                [sys.executable, __file__, "--one", str(case)],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "POLARS_MAX_THREADS": "1"},
            )
        _show(people, json.loads(answer.stdout))


def _show(people: int, figures: dict[str, list[float]]) -> None:
    rows, peak_mib = figures.pop("")
    print(f"\n{people:,} people, {int(rows):,} accounts, peak {peak_mib:,.0f} MiB")
    print("what                values     CPU s  per million  values/s     limit CPU s  x limit")
    for what, (values, cpu_s, wall_s, limit_s) in figures.items():
        per_million = cpu_s / max(values, 1) * 1e6
        rate, times = values / max(wall_s, 1e-9), cpu_s / max(limit_s, 1e-9)
        print(
            f"{what:<19} {int(values):<10,} {cpu_s:<6.3f} {per_million:<12.3f} "
            f"{rate:<12,.0f} {limit_s:<12.4f} {times:.0f}"
        )


def _measure(case: Path) -> dict[str, list[float]]:
    """Per field and whole: values, CPU s, wall s, and CPU s of the limit."""
    found = _accounts(case)
    parts = list(found.iter_slices(PART))
    keys(parts[0].head(1)), normalise(parts[0].head(1))  # what is read once is not counted
    figures: dict[str, list[float]] = {}
    for field, form in FORMS.items():
        columns = [part[field] for part in parts]
        values = float(found.height - found[field].null_count())
        figures[field] = [values, *_timed(form, columns), _timed(_scan, columns)[0]]
    key_parts = [part.select(KEY_COLUMNS) for part in parts]
    figures["keys"] = [found.height, *_timed(keys, parts), _timed(_scan_all, key_parts)[0]]
    figures["all"] = [found.height, *_timed(normalise, parts), _timed(_scan_all, parts)[0]]
    canonical = pl.concat([normalise(part) for part in parts]).select(list(COLUMNS))
    for detail, (column, expression) in DETAILS.items():
        distinct = canonical.select(pl.col(column).drop_nulls().unique())
        if distinct.height:
            made = _timed(distinct.select, [expression])
            limit = _timed(_scan_all, [distinct])
            figures[detail] = [float(distinct.height), *made, limit[0]]
    figures[""] = [float(found.height), apart.peak_mib()]
    return figures


def _scan(column: pl.Series) -> object:
    return column.str.len_bytes().sum()


def _scan_all(frame: pl.DataFrame) -> object:
    return frame.select(pl.all().str.len_bytes().sum())


def _timed(work: Callable[[Any], object], parts: Sequence[object]) -> tuple[float, float]:
    """CPU and wall seconds of *work* on all *parts*, the better of two runs."""
    runs = []
    for _ in range(2):
        cpu, wall = time.process_time(), time.perf_counter()
        for part in parts:
            work(part)
        runs.append((time.process_time() - cpu, time.perf_counter() - wall))
    return min(runs)


def _accounts(case: Path) -> pl.DataFrame:
    """All accounts of the case, every field as found; null where a product has it not."""
    frames = []
    for product in PRODUCTS:
        path = case / "registries" / product.file
        if path.suffix == ".parquet":
            table = pl.read_parquet(path)
        else:
            table = pl.read_csv(path, encoding=product.encoding, infer_schema=False)
        held = {WORDS.get(word, word): header for header, word in product.columns.items()}
        frames.append(
            table.select(
                (pl.col(held[f]) if f in held else pl.lit(None)).cast(pl.String).alias(f)
                for f in FIELDS
            )
        )
    every = pl.concat(frames)
    text = pl.all().str.strip_chars()
    return every.with_columns(pl.when(text != "").then(text))


if __name__ == "__main__":
    main()
