"""The engine of our own: declared comparisons as a program for a compiled kernel.

Pairs are made block by block inside the kernel, each as two numbers, which is all that is kept of
them. What is compared of the records that meet becomes rows of codes, and pairs are weighed, and
kept or forgotten, inside the kernel again. Threads take fixed spans of blocks, and the parts are
put together in order: any number of threads gives the same result.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.ahead import processors, worked_ahead
from amends.kernel.memory import give_back
from amends.linkage import settings
from amends.linkage.comparisons import Comparison, Condition, Relation
from amends.linkage.compiled import comparing
from amends.linkage.compiled import pairs as kernel
from amends.linkage.compiled.blocks import count_of, enter, members_of
from amends.linkage.compiled.comparing import Pairs
from amends.linkage.compiled.likeness import HEAD, heads_of
from amends.linkage.compiled.lookups import fill, looked_up, write_slot
from amends.linkage.compiled.sharing import in_order
from amends.linkage.compiled.sieve import AT_ONCE, Weights
from amends.linkage.compiled.strings import octets_of_all
from amends.linkage.shelf import Pile
from amends.linkage.weighing.blocking import Blocks, derived, sources
from amends.linkage.weighing.frequencies import Frequencies
from amends.linkage.weighing.glance import Glance
from amends.linkage.weighing.learning import PAIRS, Floats, Ints, Model, Patterns
from amends.linkage.weighing.records import Codes, Records, dictionary

_WHAT: Final = {
    Relation.SAME: comparing.SAME,
    Relation.SLIPS: comparing.SLIPS,
    Relation.LIKE: comparing.LIKE,
    Relation.CONTAINED: comparing.CONTAINED,
    Relation.SHARING: comparing.SHARING,
    Relation.FITS: comparing.FITS,
    Relation.BEGINS: comparing.BEGINS,
    Relation.TWO_OF_THREE: comparing.TWO_OF_THREE,
    Relation.BOTH: comparing.KNOWN_IN_BOTH,
}
MET_AT_ONCE: Final = 6_000_000
"""Records of about so many are prepared to be weighed at once; memory grows with it."""
_GROUPS: Final = 4
"""Of more records than fit so many groups larger ones are made: each reads all columns anew."""

_CODES: Final = (Relation.SAME, Relation.BOTH)
_TEXTS_AT_ONCE: Final = 1 << 17
_Given = TypeVar("_Given")
_Part = TypeVar("_Part")
_Coded = tuple[Codes, pl.Series]
Span = tuple[int, int, int]


class AmendsEngine:
    """Compiled scoring. See :class:`~amends.linkage.weighing.probabilistic.Engine`."""

    name = "amends"

    def patterns(
        self, records: Records, blocks: Blocks, comparisons: Sequence[Comparison]
    ) -> Patterns:
        """Counted agreement patterns of the pairs that *blocks* make."""
        made = made_of(records, blocks)
        pairs = list(_pairs(made, blocks))
        met = _met(pairs, len(blocks.records))
        prepared = Prepared(records, looked_up(blocks.records, met), comparisons)

        def some(candidates: Pairs) -> pl.DataFrame:
            levels = kernel.patterns(prepared.fields, prepared.program, candidates)
            masks = kernel.makers(made, met, candidates)
            return (
                pl.DataFrame({"pattern": levels, "mask": masks})
                .group_by("pattern", "mask")
                .agg(pl.len().cast(pl.Int64).alias("n"))
            )

        nothing = pl.DataFrame(schema=dict.fromkeys(("pattern", "mask", "n"), pl.Int64))
        counted = (
            pl.concat([nothing, *_by_all(some, pairs)])
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
        groups = _groups(records, blocks, spend=spend)
        if spend:
            blocks.forget()
        give_back()
        scored = [pl.DataFrame(schema=PAIRS)]
        while groups:
            met, pairs = groups.popleft()
            prepared = Prepared(records, met, model.comparisons, spend=spend and not groups)
            weights = prepared.weights(model, frequencies)
            fields, program = prepared.fields, prepared.program
            del prepared  # the places that rarities were taken from
            give_back()
            weigh = partial(_weighed, fields, program, weights, met, at_least_bits)
            scored.extend(_by_all(weigh, pairs))
            pairs.forget()
            del weigh, fields, weights
        found = pl.concat(scored, rechunk=True)
        del scored
        left, right = found["left"].to_numpy(), found["right"].to_numpy()
        return found[in_order(left, right, records.height)]


def _weighed(
    fields: comparing.Fields,
    program: comparing.Program,
    weights: Weights,
    met: Codes,
    at_least_bits: float,
    candidates: Pairs,
) -> pl.DataFrame:
    """The *candidates* (places in *met*) that reach so many bits, as records."""
    left, right = candidates
    bits = kernel.weighed(fields, program, weights, candidates, at_least_bits)
    return pl.DataFrame(
        {
            "left": looked_up(met, left[: len(bits)]),
            "right": looked_up(met, right[: len(bits)]),
            "bits": bits.round(6),
        },
        schema=PAIRS,
    )


def _groups(records: Records, blocks: Blocks, *, spend: bool) -> deque[tuple[Codes, Pile]]:
    """All pairs that *blocks* make, put on the shelf, some that follow each other at a time.

    Many who are in a block meet nobody there: what they say need not be prepared. And what pairs
    that follow each other say, records and their texts, then lies near each other in memory.

    Returns:
        Of each group the records that meet, as they first come, and pairs, as places in these.
    """
    every = len(blocks.records)
    most = max(MET_AT_ONCE, every // _GROUPS)
    place, met = np.full(every, -1, dtype=np.int32), np.empty(every, dtype=np.int32)
    groups: deque[tuple[Codes, Pile]] = deque()
    count, pile = 0, records.shelf.pile()

    def close() -> None:
        pile.done()
        groups.append((looked_up(blocks.records, met[:count]), pile))
        place[met[:count]] = -1

    for pairs in _pairs(made_of(records, blocks, spend=spend), blocks):
        count = kernel.number_met(pairs, place, met, count)
        pile.add(*pairs)
        if count >= most:
            close()
            count, pile = 0, records.shelf.pile()
    if count:
        close()
    return groups


def _candidates(made: kernel.Made, span: Span) -> Pairs:
    """The pairs of some blocks, as places among the records of all blocks."""
    most = span[2]
    left, right = np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int32)
    count = kernel.candidates(made, span[:2], left, right)
    return left[:count].copy(), right[:count].copy()


def _pairs(made: kernel.Made, blocks: Blocks) -> Iterator[Pairs]:
    """All pairs, as places among the records of the blocks, those of some blocks at a time."""
    return _by_all(lambda span: _candidates(made, span), _spans(blocks))


def _met(every: Sequence[Pairs], records: int) -> Codes:
    """The records of *every* pair, of so many, as they first come; pairs become places there."""
    place = np.full(records, -1, dtype=np.int32)
    met = np.empty(records, dtype=np.int32)
    count = 0
    for pairs in every:
        count = kernel.number_met(pairs, place, met, count)
    return met[:count].copy()


class Prepared:
    """Records and comparisons in the form that the kernel reads.

    Args:
        records: all of them.
        met: which of them meet others.
        comparisons: what is compared.
        spend: *records* forget what they say, column by column, as soon as it is prepared.
    """

    def __init__(
        self,
        records: Records,
        met: Codes,
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
        self._texted = {c.column for c in conditions if c.relation not in _CODES}
        needed = sorted({column for c in comparisons for column in c.known})
        others = ({c.column for c in conditions} | self._rated) - set(needed)
        self._needed = len(needed)
        self._slots = {column: slot for slot, column in enumerate([*needed, *sorted(others)])}
        self._texts: dict[str, tuple[npt.NDArray[np.uint8], Ints]] = {}
        self._kept_as = {column: column for column in self._slots}
        self._origins: dict[str, Ints] = {}
        self._glance = Glance(conditions, len(self._slots))
        self._rows = _rows_of(len(met), max(self._glance.width, 1))
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
            first, found = _first_of([forms.pop((column, b)) for b in sources(column)])
            self._rows[:, self._slots[column]] = first
            self._keep(column, found)
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
            made = texts if column == base else derived(values, [column]).to_series()
            place, found = _coded_like(texts, made)
            if found is texts and base == sources(column)[0]:
                self._kept_as[column] = base
            if column in self._rated:
                self._origins[column] = _first_places(place[:-1], len(found), at)
            if len(sources(column)) == 1:
                write_slot(self._rows, self._slots[column], place, codes)
                self._keep(column, found)
            else:
                forms[column, base] = looked_up(place, codes), found
        return forms

    def _keep(self, column: str, values: pl.Series) -> None:
        """All that is needed of a column's *values*: texts themselves are let go.

        Columns with the values of one canonical column share its texts; others may follow these.
        """
        kept_as = self._kept_as[column]
        if column in self._texted:
            _, bounds = self._texts.get(kept_as, ((), ()))
            if len(bounds) <= len(values):
                self._texts[kept_as] = octets_of_all(values)

    def weights(self, model: Model, frequencies: Frequencies) -> Weights:
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
                        shares = frequencies[column].read()[self._origins[column]]
                        rarity[column] = -np.log2(np.maximum(shares, settings.FREQUENCY_FLOOR))
        first, every = _one_after_the_other(self._slots, rarity)
        best = bits.copy()
        for column, values in rarity.items():
            best[rated == self._slots[column]] += values.max(initial=0.0)
        gain = best.max(axis=1, initial=0.0)
        known = np.arange(1 << self._needed, dtype=np.uint64)
        made = (known[:, None] & self.program.needs) != 0
        return Weights(
            bits=bits,
            rated=rated,
            first_rarity=first,
            rarity=every,
            best=best,
            gain=gain,
            most=made @ gain,
        )

    def _program(self, comparisons: Sequence[Comparison]) -> comparing.Program:
        """Every comparison as instructions, put together from its last answer to its first."""
        code: list[tuple[int, int, int, int]] = []
        asked: list[Condition] = []

        def ask(condition: Condition, goes: tuple[int, int]) -> int:
            code.append((_WHAT[condition.relation], self._slots[condition.column], *goes))
            asked.append(condition)
            return len(code) - 1

        def level(conditions: Sequence[Condition], holds: int, fails: int) -> int:
            for condition in reversed(conditions):
                holds = ask(condition, (holds, fails))
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
        told = np.array([self._glance.of(one) for one in asked], dtype=np.uint64).reshape(-1, 2)
        return comparing.Program(
            code=np.array(code, dtype=np.int32).reshape(-1, 4),
            limits=np.array([limit_of(one) for one in asked], dtype=np.float64),
            first=np.array(firsts, dtype=np.int32),
            starts=np.array(starts, dtype=np.int32),
            needs=np.array(needs, dtype=np.uint64),
            levels=np.array([len(c.levels) + 2 for c in comparisons], dtype=np.int64),
            ends=told[:, 0].copy(),
            plain=told[:, 1].copy(),
        )

    def _fields(self) -> comparing.Fields:
        """The rows, and the texts of all columns one after the other, which are let go one by one.

        Every column ends with an empty text, so that offsets of columns need not be told apart.
        """
        give_back()
        starts = dict.fromkeys(self._slots, 0)
        octets = np.empty(sum(len(own) for own, _ in self._texts.values()), dtype=np.uint8)
        offsets = np.empty(sum(len(own) for _, own in self._texts.values()) + 1, dtype=np.int64)
        entries = size = 0
        for column in sorted(self._texts):
            content, own = self._texts.pop(column)
            starts[column] = entries
            octets[size : size + len(content)] = content
            offsets[entries : entries + len(own)] = own + size
            entries += len(own)
            size += len(content)
        offsets[entries] = size
        first = np.zeros(max(len(self._slots), 1), dtype=np.int64)
        for column, slot in self._slots.items():
            first[slot] = starts.get(self._kept_as[column], 0)
        heads = np.empty((entries, HEAD), dtype=np.int64)

        def write(start: int) -> None:
            some = heads[start : start + _TEXTS_AT_ONCE]
            some[:] = heads_of(octets, offsets[start : start + len(some) + 1])

        for _ in worked_ahead(range(0, entries, _TEXTS_AT_ONCE), write):
            pass
        fields = comparing.Fields(
            rows=self._rows,
            known=comparing.slots_of(self._rows, len(self._slots)),
            first_text=first,
            octets=octets,
            heads=heads,
        )
        self._glance.tell(fields, self._slots)
        return fields


def limit_of(condition: Condition) -> float:
    """The limit as it is tested: a likeness is not refused for the last digit of a quotient."""
    slack = 1e-9 if condition.relation is Relation.LIKE else 0.0
    return condition.limit - slack


def _rows_of(count: int, width: int) -> Codes:
    """Room for *count* rows, and for what is read behind the last one."""
    return np.zeros(count * width + AT_ONCE, dtype=np.int32)[: count * width].reshape(-1, width)


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

    That is *texts* again, and each has the same code, where nothing else is made of any.
    """
    if made is not texts and not ((made == texts) | made.is_null()).all():
        return _coded(made)
    lacking = np.append(made.is_null().to_numpy(), True)
    return np.where(lacking, -1, _places(len(made))), texts


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
        fill(codes, place, more)
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


def _one_after_the_other(
    slots: Mapping[str, int], rarity: Mapping[str, Floats]
) -> tuple[Ints, Floats]:
    first = np.zeros(max(len(slots), 1), dtype=np.int64)
    at = 0
    for column in sorted(rarity):
        first[slots[column]] = at
        at += len(rarity[column])
    return first, np.concatenate([np.zeros(0), *(rarity[c] for c in sorted(rarity))])


def made_of(records: Records, blocks: Blocks, *, spend: bool = False) -> kernel.Made:
    """*blocks* of *records* in the form that the kernel goes through.

    With *spend*, *blocks* forget who is in them, rule by rule.
    """
    sides, units = records.sides, records.unit
    if len(blocks.records) < records.height:
        sides, units = looked_up(sides, blocks.records), looked_up(units, blocks.records)
    every = np.zeros(len(blocks.records) + 1, dtype=np.int64)
    for rows, _ in blocks.members:
        count_of(rows, every)
    firsts = np.cumsum(every)
    place, own = firsts[:-1].copy(), np.empty(firsts[-1], dtype=np.int32)
    members = np.empty(sum(len(rows) for rows, _ in blocks.members), dtype=np.int32)
    starts: list[Ints] = []
    first = size = 0

    def of(rule: int) -> tuple[Codes, Ints]:
        return members_of(*blocks.making(rule), sides, len(blocks.keys[rule]))

    for rule, (there, begin) in worked_ahead(range(len(blocks.rules)), of):
        members[size : size + len(there)] = there
        starts.append(begin[:-1] + size)
        size += len(there)
        enter(*blocks.members[rule], first, place, own)
        first += len(blocks.keys[rule])
        if spend:
            blocks.members[rule] = members[:0], members[:0]
    return kernel.Made(
        sides=sides,
        units=units,
        members=members[:size],
        starts=np.concatenate([*starts, [size]]).astype(np.int64),
        rule=np.repeat(np.arange(len(blocks.keys)), [len(k) for k in blocks.keys]).astype(np.int32),
        firsts=firsts,
        own=own,
        witnesses=blocks.witnesses,
        asked=blocks.asked,
    )


def _spans(blocks: Blocks) -> list[Span]:
    """Blocks to go through in one go: from, to, and the most pairs of each."""
    pairs = np.concatenate([np.zeros(0, dtype=np.int64), *blocks.pairs])
    total = np.append(0, pairs.cumsum())
    cuts = np.searchsorted(total, np.arange(0, total[-1], settings.PAIRS_AT_ONCE), side="right") - 1
    bounds = np.unique([*cuts.tolist(), len(pairs)]).tolist()
    return [(a, b, int(total[b] - total[a])) for a, b in pairwise(bounds) if total[b] > total[a]]


def _by_all(work: Callable[[_Given], _Part], parts: Iterable[_Given]) -> Iterator[_Part]:
    """*work* on all *parts*, by all processors, in order."""
    return (made for _, made in worked_ahead(parts, work, processors()))


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
