"""The leaked files, as found: four formats, four sets of fields, the damage of real leaks.

A file has a place for everybody affected, and more for duplicates, strangers and rows that nobody
can read; a permutation of the places is the order of its rows. So neighbours have nothing to do
with each other, and a file of any length is written in blocks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from amends.kernel.progress import Progress
from amends.synth.damage import KEYS, REFORMAT, SLIP, blank, damage_key, strike
from amends.synth.draws import Draws, Mask, Numbers
from amends.synth.files import BAD_BYTES, TextFile
from amends.synth.model import Rates
from amends.synth.people import Population
from amends.synth.records import Records
from amends.synth.registries import BLOCK, person_labels, with_old_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A leaked file. ``home``: share of people who are in it for sure; ``share``: who are in it."""

    name: str
    file: str
    home: float
    share: float
    columns: dict[str, str]
    given: dict[str, str]
    encoding: str = "utf-8"
    line_end: str = "\n"
    received_at: str = "2026-11-20T10:15:00+08:00"


LEAKS: Final = (
    Leak(
        name="orders",
        file="customers-export.csv",
        home=0.30,
        share=0.84,
        columns={"姓名": "name", "手机号": "phone", "身份证号": "idno", "收货地址": "address"},
        given={"收货地址": "address"},
        encoding="gb18030",
        line_end="\r\n",
    ),
    Leak(
        name="members",
        file="members.csv",
        home=0.25,
        share=0.80,
        columns={"name": "name", "email": "email", "birthday": "birth", "mobile": "phone"},
        given={},
        encoding="utf-8-sig",
        received_at="2026-11-20T10:40:00+08:00",
    ),
    Leak(
        name="downloads",
        file="game-orders.jsonl",
        home=0.20,
        share=0.72,
        columns={
            "username": "username",
            "phone": "phone",
            "device_id": "device",
            "order_no": "order",
        },
        given={"order_no": "order"},
        received_at="2026-11-20T11:05:00+08:00",
    ),
    Leak(
        name="dump",
        file="dump-07.txt",
        home=0.25,
        share=0.84,
        columns={"1": "name", "2": "phone", "3": "idno", "4": "pwd"},
        given={"1": "name", "2": "phone", "3": "idno", "4": "pwd"},
        received_at="2026-11-20T11:30:00+08:00",
    ),
)

_HOME_STEPS: Final = np.cumsum([leak.home for leak in LEAKS])
_QUOTED: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """How the places of a file are divided, in this order."""

    originals: int
    exact: int
    near: int
    malformed: int
    strangers: int
    first_stranger: int

    @property
    def size(self) -> int:
        """All places."""
        return self.originals + self.exact + self.near + self.malformed + self.strangers

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Where exact duplicates, near duplicates, malformed rows and strangers begin."""
        exact = self.originals
        near = exact + self.exact
        malformed = near + self.near
        return exact, near, malformed, malformed + self.malformed


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """What the leaked files hold."""

    rows: int = 0
    strangers: int = 0
    duplicates: int = 0
    malformed: int = 0

    def __add__(self, other: "RowCounts") -> "RowCounts":
        """Both together."""
        return RowCounts(
            rows=self.rows + other.rows,
            strangers=self.strangers + other.strangers,
            duplicates=self.duplicates + other.duplicates,
            malformed=self.malformed + other.malformed,
        )


def strangers_in(affected: int, rates: Rates) -> tuple[int, ...]:
    """How many strangers each file has: the rate is their share of its rows."""
    share = rates.strangers / (1.0 - rates.strangers)
    copies = 1.0 + rates.duplicate_exact + rates.duplicate_near
    return tuple(ceil(round(share * copies * leak.share * affected, 6)) for leak in LEAKS)


def write_leaks(
    root: Path, population: Population, truth: TextFile, progress: Progress
) -> RowCounts:
    """Write all leaked files and which person each of their rows is about."""
    everywhere = [_places(population, index) for index in range(len(LEAKS))]
    progress.start("leaked rows", sum(places.size for places in everywhere))
    counts = RowCounts()
    for index, places in enumerate(everywhere):
        blocks = _blocks(population, index, places, progress)
        counts += _write(root, LEAKS[index], places, blocks, truth)
    return counts


def in_file(draws: Draws, numbers: Numbers, index: int) -> Mask:
    """Which of the affected people are in a file: everybody is in their home file."""
    leak = LEAKS[index]
    home = np.searchsorted(_HOME_STEPS, draws.uniform("home-file", numbers), side="right")
    beside = (leak.share - leak.home) / (1.0 - leak.home)
    at_home: Mask = home.clip(0, len(LEAKS) - 1) == index
    return at_home | draws.chance(f"{leak.name}/in", numbers, beside)


def _places(population: Population, index: int) -> Places:
    rates, affected = population.rates, population.affected
    strangers = strangers_in(affected, rates)
    return Places(
        originals=affected,
        exact=round(rates.duplicate_exact * affected),
        near=round(rates.duplicate_near * affected),
        malformed=ceil(round(rates.malformed * affected * LEAKS[index].share, 6)),
        strangers=strangers[index],
        first_stranger=population.registered + sum(strangers[:index]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Some rows of a file: their places and what they say."""

    slots: Numbers
    records: Records
    lines: pl.Series


def _write(
    root: Path, leak: Leak, places: Places, blocks: Iterator[_Rows], truth: TextFile
) -> RowCounts:
    """Write the rows of a file, and whom they are about; rows that nobody can read are no truth."""
    exact, _, malformed, strangers = places.bounds
    path, counts = f"evidence/{leak.file}", RowCounts()
    with TextFile(root / path, encoding=leak.encoding, line_end=leak.line_end) as file:
        if leak.file.endswith(".csv"):
            file.line(",".join(leak.columns))
        for block in blocks:
            file.lines(block.lines)
            slots = block.slots
            readable = (slots < malformed) | (slots >= strangers)
            rows = counts.rows + 1 + np.arange(len(slots), dtype=np.int64)
            numbers = block.records.persons.numbers
            truth.table(_truth(path, rows[readable], numbers[readable]))
            counts += RowCounts(
                rows=len(slots),
                strangers=int((slots >= strangers).sum()),
                duplicates=int(((slots >= exact) & (slots < malformed)).sum()),
                malformed=len(slots) - int(readable.sum()),
            )
    return counts


def _blocks(
    population: Population, index: int, places: Places, progress: Progress
) -> Iterator[_Rows]:
    """The rows of a file in their order."""
    leak, draws = LEAKS[index], population.draws
    _, near, malformed, strangers = places.bounds
    for start in range(0, places.size, BLOCK):
        block = np.arange(start, min(start + BLOCK, places.size), dtype=np.int64)
        slots = draws.permute(f"{leak.name}/order", block, places.size)
        numbers, keys = _who(draws, leak, places, slots)
        here = (slots >= malformed) | in_file(draws, numbers, index)
        progress.advance(len(block))
        slots = slots[here]
        records = Records(
            source=f"leak/{leak.name}",
            persons=population.persons(numbers[here]),
            keys=keys[here],
            second=np.zeros(len(slots), dtype=np.bool_),
        )
        frame = _damaged(leak, records, near=(slots >= near) & (slots < malformed))
        bad = (slots >= malformed) & (slots < strangers)
        lines = _spoilt(leak, _lines(leak, frame), bad, slots)
        yield _Rows(slots=slots, records=records, lines=lines)


def _who(draws: Draws, leak: Leak, places: Places, slots: Numbers) -> tuple[Numbers, Numbers]:
    """The person of each place, and the key of its draws: an exact duplicate has its original's."""
    exact, near, malformed, strangers = places.bounds
    numbers, keys = slots.copy(), slots.copy()
    for kind, begin, end in (
        ("exact", exact, near),
        ("near", near, malformed),
        ("malformed", malformed, strangers),
    ):
        mine = (slots >= begin) & (slots < end)
        numbers[mine] = draws.permute(f"{leak.name}/{kind}", slots[mine] - begin, places.originals)
        if kind == "exact":
            keys[mine] = numbers[mine]
    foreign = slots >= strangers
    numbers[foreign] = slots[foreign] - strangers + places.first_stranger
    return numbers, keys


def _damaged(leak: Leak, records: Records, *, near: Mask) -> pl.DataFrame:
    """The columns of some rows, with what has happened to them."""
    words = list(leak.columns.values())
    frame = {word: _column(word, records, near) for word in words}
    swapped = records.chance("swapped", records.persons.population.rates.swapped_columns)
    if swapped.any():
        mask = pl.Series(swapped)
        one, other = frame[words[0]], frame[words[1]]
        frame[words[0]] = other.zip_with(mask, one)
        frame[words[1]] = one.zip_with(mask, other)
    return pl.DataFrame(frame)


def _column(word: str, records: Records, near: Mask) -> pl.Series:
    """A field of the rows. In a near duplicate the mobile is written in another way."""
    rates = records.persons.population.rates
    series = records.column(word)
    if word in {"name", "birth"}:
        slipped = records.chance(f"typo/{word}", _slip_rate(rates, word))
        series = strike(series, slipped, SLIP[word], records.bits(f"typo/{word}"))
    if word == "idno":
        series = with_old_numbers(series, records)
    if word in KEYS:
        spoilt = records.chance("key-damage", rates.key_damage)
        series = strike(series, spoilt, damage_key, records.bits("key-damage/how"))
    if word == "address":
        series = strike(series, records.chance("quoted", _QUOTED), _quoted, records.bits("quoted"))
    if word == "birth":
        series = series.str.replace_all("-", "/", literal=True)
    if word in REFORMAT:
        noisy = records.chance(f"format/{word}", rates.format_noise)
        noisy |= near & (word == "phone")
        series = strike(series, noisy, REFORMAT[word], records.bits(f"format/{word}"))
    return blank(series, records.chance(f"missing/{word}", rates.row_missing))


def _quoted(value: str, _draw: int) -> str:
    """A value with a comma, so that it has to stand in quotes."""
    return f'"{value.replace("号", "号,", 1)}"'


def _slip_rate(rates: Rates, word: str) -> float:
    return {"name": rates.name_typo, "birth": rates.birth_typo}[word]


def _lines(leak: Leak, frame: pl.DataFrame) -> pl.Series:
    """One line of the file for each row."""
    if leak.file.endswith(".jsonl"):
        members = [
            pl.concat_str(pl.lit(f'"{header}": "'), pl.col(word), pl.lit('"'))
            for header, word in leak.columns.items()
        ]
        inside = pl.concat_str(members, separator=", ", ignore_nulls=True)
        return frame.select(pl.concat_str(pl.lit("{"), inside, pl.lit("}"))).to_series()
    separator = "----" if leak.file.endswith(".txt") else ","
    words = [pl.col(word).fill_null("") for word in leak.columns.values()]
    return frame.select(pl.concat_str(words, separator=separator)).to_series()


def _spoilt(leak: Leak, lines: pl.Series, bad: Mask, slots: Numbers) -> pl.Series:
    """The lines, some of which nobody can read: cut, with too many fields, or in no encoding."""

    def spoil(line: str, draw: int) -> str:
        middle = len(line) // 2
        if leak.file.endswith(".jsonl"):
            return line[:middle] if draw % 2 else f"{line[:middle]}{BAD_BYTES}{line[middle:]}"
        separator = "----" if leak.file.endswith(".txt") else ","
        if draw % 2:
            return separator.join([line, "syn", "syn"])
        return line.replace(separator, f"{BAD_BYTES}{separator}", 1)

    return strike(lines, bad, spoil, slots.astype(np.uint64))


def _truth(path: str, rows: Numbers, numbers: Numbers) -> pl.DataFrame:
    return pl.DataFrame({"row": rows, "person": person_labels(numbers)}).select(
        pl.lit(path).alias("evidence"), "row", "person"
    )
