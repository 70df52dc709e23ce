"""The rows of leaked files: who is in which, and the damage of real leaks.

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
from amends.kernel.saying import said
from amends.synth.damage import KEYS, REFORMAT, SLIP, blank, damage_key, strike
from amends.synth.draws import Draws, Mask, Numbers
from amends.synth.files import BAD_BYTES, TextFile
from amends.synth.leakfiles import Leak, leaks_of, lines_of, statements
from amends.synth.model import Rates
from amends.synth.people import Population
from amends.synth.records import Records
from amends.synth.registries import BLOCK, person_labels, with_old_numbers

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


def strangers_in(affected: int, rates: Rates, leaks: tuple[Leak, ...]) -> tuple[int, ...]:
    """How many strangers each file has: the rate is their share of its rows."""
    share = rates.strangers / (1.0 - rates.strangers)
    copies = 1.0 + rates.duplicate_exact + rates.duplicate_near
    return tuple(ceil(round(share * copies * leak.share * affected, 6)) for leak in leaks)


def write_leaks(
    root: Path, population: Population, truth: TextFile, progress: Progress
) -> RowCounts:
    """Write all leaked files and which person each of their rows is about."""
    leaks = leaks_of(population.rates.sql_dump)
    everywhere = [_places(population, leaks, index) for index in range(len(leaks))]
    progress.start(said("leaked rows"), sum(places.size for places in everywhere))
    counts = RowCounts()
    for index, places in enumerate(everywhere):
        blocks = _blocks(population, leaks, index, places, progress)
        counts += _write(root, leaks[index], places, blocks, truth)
    return counts


def in_file(draws: Draws, numbers: Numbers, leaks: tuple[Leak, ...], index: int) -> Mask:
    """Which of the affected people are in a file: everybody is in their home file."""
    leak = leaks[index]
    steps = np.cumsum([leak.home for leak in leaks])
    home = np.searchsorted(steps, draws.uniform("home-file", numbers), side="right")
    beside = (leak.share - leak.home) / (1.0 - leak.home)
    at_home: Mask = home.clip(0, len(leaks) - 1) == index
    return at_home | draws.chance(f"{leak.name}/in", numbers, beside)


def _places(population: Population, leaks: tuple[Leak, ...], index: int) -> Places:
    rates, affected = population.rates, population.affected
    strangers = strangers_in(affected, rates, leaks)
    return Places(
        originals=affected,
        exact=round(rates.duplicate_exact * affected),
        near=round(rates.duplicate_near * affected),
        malformed=ceil(round(rates.malformed * affected * leaks[index].share, 6)),
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
    counts = RowCounts()
    with TextFile(
        root / "evidence" / leak.file, encoding=leak.encoding, line_end=leak.line_end
    ) as file:
        for line in leak.beginning:
            file.line(line)
        for block in blocks:
            slots = block.slots
            sql = leak.file.endswith(".sql")
            file.lines(statements(block.lines, counts.rows + 1) if sql else block.lines)
            readable = (slots < malformed) | (slots >= strangers)
            rows = counts.rows + 1 + np.arange(len(slots), dtype=np.int64)
            numbers = block.records.persons.numbers
            truth.table(_truth(leak.evidence, rows[readable], numbers[readable]))
            counts += RowCounts(
                rows=len(slots),
                strangers=int((slots >= strangers).sum()),
                duplicates=int(((slots >= exact) & (slots < malformed)).sum()),
                malformed=len(slots) - int(readable.sum()),
            )
    return counts


def _blocks(
    population: Population, leaks: tuple[Leak, ...], index: int, places: Places, progress: Progress
) -> Iterator[_Rows]:
    """The rows of a file in their order."""
    leak, draws = leaks[index], population.draws
    _, near, malformed, strangers = places.bounds
    for start in range(0, places.size, BLOCK):
        block = np.arange(start, min(start + BLOCK, places.size), dtype=np.int64)
        slots = draws.permute(f"{leak.name}/order", block, places.size)
        numbers, keys = _who(draws, leak, places, slots)
        here = (slots >= malformed) | in_file(draws, numbers, leaks, index)
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
        lines = _spoilt(leak, lines_of(leak, frame), bad, slots)
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


def _spoilt(leak: Leak, lines: pl.Series, bad: Mask, slots: Numbers) -> pl.Series:
    """The lines, some of which nobody can read: cut, with too many fields, or in no encoding."""

    def spoil(line: str, draw: int) -> str:
        middle = len(line) // 2
        if leak.file.endswith(".jsonl"):
            return line[:middle] if draw % 2 else f"{line[:middle]}{BAD_BYTES}{line[middle:]}"
        if draw % 2:
            return leak.separator.join([line, *[leak.quoted("syn")] * 2])
        inside = leak.separator if leak.file.endswith((".csv", ".txt")) else "',"
        return line.replace(inside, f"{BAD_BYTES}{inside}", 1)

    return strike(lines, bad, spoil, slots.astype(np.uint64))


def _truth(path: str, rows: Numbers, numbers: Numbers) -> pl.DataFrame:
    return pl.DataFrame({"row": rows, "person": person_labels(numbers)}).select(
        pl.lit(path).alias("evidence"), "row", "person"
    )
