"""The engine of our own: declared comparisons as a program for a compiled kernel.

Pairs are made block by block inside the kernel, each as two numbers, which is all that is kept of
them. What is compared of the records that meet becomes rows of codes, and pairs are weighed, and
kept or forgotten, inside the kernel again. Threads take fixed spans of blocks, and the parts are
put together in order: any number of threads gives the same result.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, pairwise
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.ahead import processors, worked_ahead
from amends.kernel.memory import give_back
from amends.linkage import settings
from amends.linkage.blocking import Blocks, derived, sources
from amends.linkage.comparisons import Comparison, Condition, Relation
from amends.linkage.compiled import comparing
from amends.linkage.compiled import pairs as kernel
from amends.linkage.compiled.blocks import count_of, enter, members_of
from amends.linkage.compiled.comparing import Pairs
from amends.linkage.compiled.likeness import heads_of
from amends.linkage.compiled.strings import octets_of_all
from amends.linkage.frequencies import Frequencies
from amends.linkage.learning import PAIRS, Floats, Ints, Model, Patterns
from amends.linkage.records import Codes, Records, dictionary

_WHAT: Final = {
    Relation.SAME: comparing.SAME,
    Relation.SLIPS: comparing.SLIPS,
    Relation.LIKE: comparing.LIKE,
    Relation.CONTAINED: comparing.CONTAINED,
    Relation.SHARING: comparing.SHARING,
    Relation.FITS: comparing.FITS,
    Relation.BEGINS: comparing.BEGINS,
    Relation.BOTH: comparing.KNOWN_IN_BOTH,
}
_TEXTS: Final = (Relation.SLIPS, Relation.LIKE, Relation.FITS, Relation.BEGINS)
_PARTS: Final = (Relation.CONTAINED, Relation.SHARING)
_Given = TypeVar("_Given")
_Part = TypeVar("_Part")
_Kind = TypeVar("_Kind", bound=np.generic)
_Coded = tuple[Codes, pl.Series]


class AmendsEngine:
    """Compiled scoring. See :class:`~amends.linkage.probabilistic.Engine`."""

    name = "amends"

    def patterns(
        self, records: Records, blocks: Blocks, comparisons: Sequence[Comparison]
    ) -> Patterns:
        """Counted agreement patterns of the pairs that *blocks* make."""
        prepared = Prepared(records, blocks.records, comparisons)
        made = made_of(records, blocks)

        def some(span: tuple[int, int], most: int) -> pl.DataFrame:
            pairs = _candidates(made, span, most)
            levels, masks = kernel.patterns(prepared.fields, prepared.program, made, pairs)
            return (
                pl.DataFrame({"pattern": levels, "mask": masks})
                .group_by("pattern", "mask")
                .agg(pl.len().cast(pl.Int64).alias("n"))
            )

        nothing = pl.DataFrame(schema=dict.fromkeys(("pattern", "mask", "n"), pl.Int64))
        counted = (
            pl.concat([nothing, *in_spans(some, blocks)])
            .group_by("pattern", "mask")
            .agg(pl.col("n").sum())
            .sort("pattern", "mask")
        )
        masks = counted["mask"].to_numpy()
        return Patterns(
            n=counted["n"].to_numpy().astype(np.float64),
            level=_unpacked(counted["pattern"].to_numpy(), comparisons),
            rules={rule: (masks >> r & 1) == 1 for r, rule in enumerate(blocks.rules)},
        )

    def weigh(
        self,
        records: Records,
        blocks: Blocks,
        model: Model,
        frequencies: Frequencies,
        *,
        at_least_bits: float,
        spend: bool = False,
    ) -> pl.DataFrame:
        """Candidate pairs with their evidence, sorted."""
        met, pairs = _met(records, blocks)
        prepared = Prepared(records, met, model.comparisons, spend=spend)
        weights = prepared.weights(model, frequencies)
        fields, program = prepared.fields, prepared.program
        del prepared  # the places that rarities were taken from
        give_back()

        def some(candidates: Pairs) -> pl.DataFrame:
            left, right = candidates
            bits = kernel.weighed(fields, program, weights, candidates, at_least_bits)
            return pl.DataFrame(
                {
                    "left": met[left[: len(bits)]],
                    "right": met[right[: len(bits)]],
                    "bits": bits.round(6),
                }
            )

        scored = _by_all(some, pairs)
        return pl.concat([pl.DataFrame(schema=PAIRS), *scored]).sort("left", "right")


def _candidates(made: kernel.Made, span: tuple[int, int], most: int) -> Pairs:
    """The pairs of some blocks, *most* at most, as places among the records of all blocks."""
    left, right = np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int32)
    count = kernel.candidates(made, span, left, right)
    return left[:count].copy(), right[:count].copy()


def _met(records: Records, blocks: Blocks) -> tuple[Ints, list[Pairs]]:
    """Records that are in any pair, rising; and the pairs, as places among these.

    Many who are in a block meet nobody there: what they say need not be prepared.
    """
    made = made_of(records, blocks)
    pairs = in_spans(lambda span, most: _candidates(made, span, most), blocks)
    sides = list(chain.from_iterable(pairs))
    meets = np.zeros(len(blocks.records), dtype=np.bool_)
    for side in sides:
        meets[side] = True
    place = np.cumsum(meets, dtype=np.int32) - 1
    for side in sides:
        side[:] = place[side]
    return blocks.records[meets], pairs


class Prepared:
    """Records and comparisons in the form that the kernel reads.

    Args:
        records: all of them.
        met: which of them meet others, rising.
        comparisons: what is compared.
        spend: *records* forget what they say, column by column, as soon as it is prepared.
    """

    def __init__(
        self,
        records: Records,
        met: Ints,
        comparisons: Sequence[Comparison],
        *,
        spend: bool = False,
    ) -> None:
        conditions = [
            condition
            for comparison in comparisons
            for level in comparison.levels
            for alternative in level.when
            for condition in alternative
        ]
        self._rated = {x.frequency_of for c in comparisons for x in c.levels if x.frequency_of}
        self._texted = {c.column for c in conditions if c.relation in _TEXTS}
        self._parted = {c.column for c in conditions if c.relation in _PARTS}
        needed = sorted({column for c in comparisons for column in c.known})
        others = ({c.column for c in conditions} | self._rated) - set(needed)
        self._needed = len(needed)
        self._slots = {column: slot for slot, column in enumerate([*needed, *sorted(others)])}
        self._texts: dict[str, tuple[npt.NDArray[np.uint8], Ints]] = {}
        self._parts: dict[str, tuple[Codes, Ints]] = {}
        self._kept_as = {column: column for column in self._slots}
        self._origins: dict[str, Ints] = {}
        self._rows = np.empty((len(met), max(len(self._slots), 1)), dtype=np.int32)
        forms: dict[tuple[str, str], _Coded] = {}

        def prepare(base: str) -> None:
            codes, at = records.taken(met, base)
            values = records.values[base].gather(at)
            if spend:
                records.forget(base)
            forms.update(self._prepare(codes, values, at))

        for _ in worked_ahead(sorted({b for c in self._slots for b in sources(c)}), prepare):
            give_back()
        for column in sorted({column for column, _ in forms}):
            self._keep(column, *_first_of([forms.pop((column, b)) for b in sources(column)]))
        self.program = self._program(comparisons)
        self.fields = self._fields()

    def _prepare(self, codes: Codes, values: pl.Series, at: Ints) -> dict[tuple[str, str], _Coded]:
        """The columns that are made of a canonical one; those made of others too are returned.

        *codes*: per record the number of its value, one of *values*, which are *at* these places of
        the canonical column.
        """
        forms: dict[tuple[str, str], _Coded] = {}
        base, texts = values.name, values.cast(pl.String)
        for column in (column for column in self._slots if base in sources(column)):
            place, found = _coded_like(texts, derived(values, [column]).to_series())
            if found is texts and base == sources(column)[0]:
                self._kept_as[column] = base
            if column in self._rated:
                self._origins[column] = _first_places(place[:-1], len(found), at)
            if len(sources(column)) == 1:
                self._keep(column, place[codes], found)
            else:
                forms[column, base] = place[codes], found
        return forms

    def _keep(self, column: str, codes: Codes, values: pl.Series) -> None:
        """All that is needed of a column: texts themselves are let go.

        Columns with the values of one canonical column share its texts; others may follow these.
        """
        self._rows[:, self._slots[column]] = codes
        kept_as = self._kept_as[column]
        if column in self._texted:
            _, bounds = self._texts.get(kept_as, ((), ()))
            if len(bounds) <= len(values):
                self._texts[kept_as] = octets_of_all(values)
        if column in self._parted:
            self._parts[kept_as] = _numbers(values)

    def weights(self, model: Model, frequencies: Frequencies) -> kernel.Weights:
        """The model's shares as bits, and the rarity (bits) of every value that has one."""
        most_levels = max((len(c.levels) for c in model.comparisons), default=0) + 2
        bits = np.zeros((len(model.comparisons), most_levels))
        rated = np.full(bits.shape, -1, dtype=np.int32)
        rarity: dict[str, Floats] = {}
        for c, comparison in enumerate(model.comparisons):
            count = len(comparison.levels) + 1
            bits[c, :count] = np.log2(model.same[c]) - np.log2(model.chance[c])
            for i, level in enumerate(comparison.levels):
                column = level.frequency_of
                if column is not None:
                    bits[c, i] = np.log2(model.same[c][i])
                    rated[c, i] = self._slots[column]
                    if column not in rarity:
                        shares = frequencies[column][self._origins[column]]
                        rarity[column] = -np.log2(np.maximum(shares, settings.FREQUENCY_FLOOR))
        first, every = _one_after_the_other(self._slots, rarity)
        gains = np.maximum(bits, 0.0)
        for column, values in rarity.items():
            at = rated == self._slots[column]
            gains[at] = np.maximum(bits[at] + values.max(initial=0.0), 0.0)
        gain = gains.max(axis=1, initial=0.0)
        known = np.arange(1 << self._needed, dtype=np.uint64)
        made = (known[:, None] & self.program.needs) != 0
        return kernel.Weights(
            bits=bits,
            rated=rated,
            first_rarity=first,
            rarity=every,
            gain=gain,
            most=made @ gain,
        )

    def _program(self, comparisons: Sequence[Comparison]) -> comparing.Program:
        """Every comparison as instructions, put together from its last answer to its first."""
        code: list[tuple[int, int, int, int]] = []
        limits: list[float] = []

        def ask(what: int, column: str, limit: float, goes: tuple[int, int]) -> int:
            code.append((what, self._slots[column], *goes))
            limits.append(limit)
            return len(code) - 1

        def level(conditions: Sequence[Condition], holds: int, fails: int) -> int:
            for condition in reversed(conditions):
                holds = ask(
                    _WHAT[condition.relation],
                    condition.column,
                    limit_of(condition),
                    (holds, fails),
                )
            return holds

        firsts: list[int] = []
        starts: list[int] = []
        needs: list[int] = []
        for comparison in comparisons:
            firsts.append(len(code))
            otherwise = -1 - len(comparison.levels)
            for place in range(len(comparison.levels) - 1, -1, -1):
                for alternative in reversed(comparison.levels[place].when):
                    otherwise = level(alternative, -1 - place, otherwise)
            starts.append(otherwise)
            needs.append(sum(1 << self._slots[column] for column in comparison.known))
        return comparing.Program(
            code=np.array(code, dtype=np.int32).reshape(-1, 4),
            limits=np.array(limits, dtype=np.float64),
            first=np.array(firsts, dtype=np.int32),
            starts=np.array(starts, dtype=np.int32),
            needs=np.array(needs, dtype=np.uint64),
            levels=np.array([len(c.levels) + 2 for c in comparisons], dtype=np.int64),
        )

    def _fields(self) -> comparing.Fields:
        give_back()
        first_text, octets, offsets = self._flat(self._texts, np.uint8)
        first_parts, numbers, part_offsets = self._flat(self._parts, np.int32)
        return comparing.Fields(
            rows=self._rows,
            known=comparing.slots_of(self._rows),
            first_text=first_text,
            octets=octets,
            heads=heads_of(octets, offsets),
            first_parts=first_parts,
            parts=numbers,
            part_offsets=part_offsets,
        )

    def _flat(
        self, columns: dict[str, tuple[npt.NDArray[_Kind], Ints]], kind: type[_Kind]
    ) -> tuple[Ints, npt.NDArray[_Kind], Ints]:
        """Contents of all columns one after the other; where each column's, and each value's, are.

        *columns* are let go one by one. Every column ends with an empty value, so that offsets of
        columns need not be told apart.
        """
        starts = dict.fromkeys(self._slots, 0)
        contents = np.empty(sum(len(content) for content, _ in columns.values()), dtype=kind)
        offsets = np.empty(sum(len(own) for _, own in columns.values()) + 1, dtype=np.int64)
        entries = size = 0
        for column in sorted(columns):
            content, own = columns.pop(column)
            starts[column] = entries
            contents[size : size + len(content)] = content
            offsets[entries : entries + len(own)] = own + size
            entries += len(own)
            size += len(content)
        offsets[entries] = size
        first = np.zeros(max(len(self._slots), 1), dtype=np.int64)
        for column, slot in self._slots.items():
            first[slot] = starts.get(self._kept_as[column], 0)
        return first, contents, offsets


def limit_of(condition: Condition) -> float:
    """The limit as it is tested: a likeness is not refused for the last digit of a quotient."""
    slack = 1e-9 if condition.relation is Relation.LIKE else 0.0
    return condition.limit - slack


def _places(count: int) -> Codes:
    """From 0, and at last -1 for no value."""
    return np.append(np.arange(count), -1).astype(np.int32)


def _first_places(place: Codes, count: int, at: Ints) -> Ints:
    """Of each of *count* values that are made of others, which are *at* some places: one of these.

    *place*: per other value which it makes, or -1.
    """
    places = np.zeros(count, dtype=np.int64)
    makes = place >= 0
    places[place[makes]] = at[makes]
    return places


def _coded_like(texts: pl.Series, made: pl.Series) -> _Coded:
    """Codes of what is *made* of *texts*, and -1 at last for no value; and what is coded.

    That is *texts* again, and each has the same code, where nothing else is made of any. Lists are
    not told apart: each has a code of its own.
    """
    unchanged = made.dtype == pl.String and ((made == texts) | made.is_null()).all()
    if not unchanged and made.dtype != pl.List:
        return _coded(made)
    lacking = np.append(made.is_null().to_numpy(), True)
    return np.where(lacking, -1, _places(len(made))), texts if unchanged else made


def _coded(made: pl.Series) -> _Coded:
    """Codes of *made* texts as they first come, and -1 at last; and the texts that are coded."""
    own, distinct = dictionary(made)
    return _places(len(distinct))[np.append(own, len(distinct))], distinct


def _first_of(forms: Sequence[_Coded]) -> _Coded:
    """Codes per record, and the coded values, of the first of several forms that there is.

    Values of the first form keep their codes.
    """
    codes, values = forms[0]
    for more, others in forms[1:]:
        place, new = _places_among(values, others)
        codes = np.where(codes < 0, place[more], codes)
        values = pl.concat([values, others.filter(new)])
    return codes, values


def _places_among(values: pl.Series, others: pl.Series) -> tuple[Codes, pl.Series]:
    """Places of *others* in *values* and what is added to these, -1 at last; and which are added.

    Texts of either are different ones. Few are in both, so not all *values* are looked up.
    """
    shared = values.is_in(others.implode()).arg_true()
    both = pl.DataFrame({"text": values.gather(shared), "at": shared.cast(pl.Int64)})
    at = others.alias("text").to_frame().join(both, on="text", how="left", maintain_order="left")
    new = at["at"].is_null()
    place = at["at"].fill_null(new.cum_sum().cast(pl.Int64) - 1 + len(values))
    return np.append(place.to_numpy(), -1).astype(np.int32), new


def _numbers(values: pl.Series) -> tuple[Codes, Ints]:
    """The parts of lists as numbers, and where each list starts and the last ends."""
    counts = values.list.len().fill_null(0).to_numpy().astype(np.int64)
    own, _ = dictionary(values.drop_nulls().explode(empty_as_null=False))
    return own.astype(np.int32), np.append(0, counts.cumsum()).astype(np.int64)


def _one_after_the_other(
    slots: Mapping[str, int], rarity: Mapping[str, Floats]
) -> tuple[Ints, Floats]:
    first = np.zeros(max(len(slots), 1), dtype=np.int64)
    at = 0
    for column in sorted(rarity):
        first[slots[column]] = at
        at += len(rarity[column])
    return first, np.concatenate([np.zeros(0), *(rarity[c] for c in sorted(rarity))])


def made_of(records: Records, blocks: Blocks) -> kernel.Made:
    """*blocks* of *records* in the form that the kernel goes through."""
    sides = records.sides[blocks.records]
    members: list[Codes] = [np.zeros(0, dtype=np.int32)]
    starts: list[Ints] = []
    size = 0

    def of(rule: int) -> tuple[Codes, Ints]:
        return members_of(*blocks.making(rule), sides, len(blocks.keys[rule]))

    for _, (own, begin) in worked_ahead(range(len(blocks.rules)), of):
        members.append(own)
        starts.append(begin[:-1] + size)
        size += len(own)
    every = np.zeros(len(blocks.records) + 1, dtype=np.int64)
    for rows, _ in blocks.members:
        count_of(rows, every)
    firsts = np.cumsum(every)
    place, own = firsts[:-1].copy(), np.empty(firsts[-1], dtype=np.int32)
    first = 0
    for (rows, number), keys in zip(blocks.members, blocks.keys, strict=True):
        enter(rows, number, first, place, own)
        first += len(keys)
    return kernel.Made(
        sides=sides,
        units=records.unit[blocks.records],
        members=np.concatenate(members),
        starts=np.concatenate([*starts, [size]]).astype(np.int64),
        rule=np.repeat(np.arange(len(blocks.keys)), [len(k) for k in blocks.keys]).astype(np.int32),
        firsts=firsts,
        own=own,
        witnesses=blocks.witnesses,
        asked=blocks.asked,
    )


def in_spans(work: Callable[[tuple[int, int], int], _Part], blocks: Blocks) -> list[_Part]:
    """*work* on spans of blocks (and the most pairs of each), by all processors, in order."""
    pairs = np.concatenate([np.zeros(0, dtype=np.int64), *blocks.pairs])
    total = np.append(0, pairs.cumsum())
    cuts = np.searchsorted(total, np.arange(0, total[-1], settings.PAIRS_AT_ONCE), side="right") - 1
    bounds = np.unique([*cuts.tolist(), len(pairs)]).tolist()
    spans = [(a, b, int(total[b] - total[a])) for a, b in pairwise(bounds) if total[b] > total[a]]
    return _by_all(lambda span: work(span[:2], span[2]), spans)


def _by_all(work: Callable[[_Given], _Part], parts: Iterable[_Given]) -> list[_Part]:
    """*work* on all *parts*, by all processors, in order."""
    return [made for _, made in worked_ahead(parts, work, processors())]


def _unpacked(pattern: Ints, comparisons: Sequence[Comparison]) -> tuple[Ints, ...]:
    """Levels of each comparison (0 best, -1 missing) of patterns in mixed radix."""
    levels: list[Ints] = []
    rest = pattern
    for comparison in reversed(comparisons):
        answers = len(comparison.levels) + 2
        level = rest % answers
        levels.append(np.where(level == answers - 1, -1, level))
        rest = rest // answers
    return tuple(reversed(levels))
