"""What exact keys leave: its records, their weighed pairs, and from these persons and owners.

Each different record is compared once, whatever the number of rows and accounts that say the same.
An account carries into the comparison what is known of its whole component. Where no account of a
component says a name, the leaked rows that keys gave to it are heard as its *witnesses*.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.ahead import worked_ahead
from amends.kernel.memory import give_back
from amends.linkage import settings
from amends.linkage.accounts import Accounts
from amends.linkage.assign import cluster, how_many, runs_of, share_out
from amends.linkage.canonical.normalise import COLUMNS
from amends.linkage.compiled.blocks import KNOWN, LEAKED, OPEN, Sides
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.profiles import NONE, Cells, by_component, profiles
from amends.linkage.shelf import Kept, Values
from amends.linkage.weighing.blocking import Blocks, pairs_of
from amends.linkage.weighing.frequencies import frequencies_of
from amends.linkage.weighing.learning import Model, share_of_pairs
from amends.linkage.weighing.probabilistic import PAIRS, Engine, train
from amends.linkage.weighing.records import PLACE, Coder, Codes, Records

_SLICE: Final = 250_000
_OTHERWISE: Final[Mapping[str, str]] = {"phone": "phone_other", "email": "email_pattern"}
"""Where what is no key of a column is kept: whoever has it there does not lack it."""
_ALONG: Final[Mapping[str, tuple[str, str]]] = {"name": ("first", "last")}
"""Columns that go with a column."""

_NEVER: Final = {"first", "last", "name_pattern", *_OTHERWISE.values()}


def _rule(column: str) -> list[int]:
    one, two = _ALONG.get(column, (column, column))
    return [PLACE[c] for c in (column, _OTHERWISE.get(column, column), one, two)]


_FILLED: Final = np.array([_rule(c) for c in COLUMNS if c not in _NEVER], dtype=np.int32)
"""What is filled where an account says nothing of it: see :func:`~.compiled.profiles.profiles`."""


def nameless(named: npt.NDArray[np.bool_], component: Codes) -> npt.NDArray[np.bool_]:
    """Per component (by its smallest account) whether none of its accounts is *named*."""
    result = np.zeros(len(component), dtype=np.bool_)
    result[component] = True
    result[component[named]] = False
    return result


def records_of(
    accounts: Callable[[Coder, Kept[np.int32]], Accounts],
    coder: Coder,
    left: Callable[[], tuple[pl.DataFrame, pl.DataFrame]],
    components: Kept[np.int32],
) -> tuple[Records, pl.DataFrame]:
    """What is compared, each different record once; and which leaked rows each stands for.

    Records are those of accounts (and *witnesses*), by component, then leaked ones.

    Args:
        accounts: reads them, with the numbers that a coder gives to values, to where each, in
            canonical order, is to stand.
        coder: numbers the others' values first.
        left: reads ``record`` and canonical columns of the leaked rows that are compared, and of
            witnesses ``unit`` (a component) and canonical columns; is called once.
        components: per account its component's smallest account.
    """
    columns = list(COLUMNS)
    of_heard, of_units, of_leaked, copies = _coded(coder, left)
    give_back()
    component = components.read()
    every = np.concatenate([component, of_units])
    stands, standing = np.empty_like(every), np.empty_like(every)
    by_component(every, stands, standing)
    shelved, own = coder.shelf.put(stands), standing[len(component) :].copy()
    size, known = len(component), coder.shelf.put(standing[: len(component)].copy())
    del standing, every, component, stands
    put_away = {column: coder.shelf.put(codes) for column, codes in of_leaked.items()}
    del of_leaked
    coder.rest()
    give_back()
    leaked = np.arange(how_many(copies["number"].to_numpy()), dtype=np.int32)
    said = accounts(coder, known)
    known.forget()
    values, stands = coder.values(), shelved.read()
    shelved.forget()
    places: dict[str, Kept[np.int32]] = {
        column: coder.shelf.room(len(stands) + len(leaked), np.int32)
        for column in columns
        if len(values[column])
    }
    units = _known(said, of_heard, own, stands, places)
    for some in said.said:
        some.numbers.forget()
    del said, stands
    give_back()
    nothing = np.full(len(leaked), NONE, dtype=np.int32)
    for column, codes in places.items():
        codes.write(put_away[column].read() if column in put_away else nothing)
        codes.done()
    nobodys = np.full(len(units), NONE, dtype=np.int32)
    numbers = places["idno"].read(0, len(units)) if "idno" in places else nobodys
    return Records(
        places=places,
        values=values,
        unit=np.concatenate([units, leaked + np.int32(size)]),
        sides=np.append(
            _sides(numbers, values["idno"]), np.full(len(leaked), LEAKED, dtype=np.int8)
        ),
        shelf=coder.shelf,
    ), copies.select("leaked_record", (pl.col("number") + len(units)).alias("record"))


def _coded(
    coder: Coder, left: Callable[[], tuple[pl.DataFrame, pl.DataFrame]]
) -> tuple[Cells, Nodes, Mapping[str, Codes], pl.DataFrame]:
    """Witnesses who are heard, and their units; each different leaked row, by column; all of them.

    Of all of these ``leaked_record`` and the ``number`` of the different row that it is.
    """
    residual, witnesses = left()
    columns = list(COLUMNS)
    heard = _agreeing(witnesses).sort("unit", *columns)
    residual = residual.sort(columns)
    number = residual.select(pl.struct(columns).rle_id().cast(pl.Int64)).to_series()
    copies = residual.select(pl.col("record").alias("leaked_record"), number.alias("number"))
    residual = residual.filter(number.is_first_distinct())
    units = heard["unit"].to_numpy().astype(np.int32)
    return coder.cells(heard), units, coder.codes(residual), copies


def _agreeing(witnesses: pl.DataFrame) -> pl.DataFrame:
    """Witnesses of a unit who all say one name; where they say several, the key is shared."""
    return witnesses.filter(pl.col("name").n_unique().over("unit") == 1)


def _sides(numbers: Codes, values: Values) -> Sides:
    """Open where there is no national number, or one without a check digit.

    Such a one may be mistyped, so it forbids nothing.
    """
    right = np.concatenate([*(some.to_numpy() > 0 for some in values.parts()), [False]])
    return np.where(right[numbers], KNOWN, OPEN).astype(np.int8)


def _known(
    accounts: Accounts,
    heard: Cells,
    standing: Nodes,
    units: Nodes,
    room: Mapping[str, Kept[np.int32]],
) -> Nodes:
    """Write the records of accounts, each different one of a component once; their components.

    An account carries what is known of its component: gaps are filled by the commonest value, of
    equally common ones by the one whose account comes first.

    Args:
        accounts: as they stand, component by component.
        heard: what is heard of witnesses.
        standing: where these stand among the accounts, ascending.
        units: the component of each that stands there.
        room: takes the records, column by column.
    """
    ends = np.searchsorted(units, units[_SLICE - 1 :: _SLICE], side="right")

    def some(span: tuple[int, int]) -> tuple[Cells, Nodes]:
        own = units[slice(*span)]
        bounds = np.append(np.flatnonzero(np.diff(own, prepend=-1)), len(own))
        rows = accounts.cells(*span)
        first, last = np.searchsorted(standing, span)
        rows[standing[first:last] - span[0]] = heard[first:last]
        of = profiles(rows, bounds, _FILLED)
        return rows[: len(of)], own[bounds[of]]

    spans = pairwise(np.unique([0, *ends, len(units)]).tolist())
    made = [units[:0]]
    for _, (rows, own) in worked_ahead(spans, some):
        for column, places in room.items():
            places.write(rows[:, PLACE[column]])
        made.append(own)
    return np.concatenate(made)


def weighed(records: Records, blocks: Blocks, engine: Engine) -> tuple[pl.DataFrame, Model | None]:
    """Candidate pairs with their weights, and the model; nothing where nothing can be compared.

    *records* keep their units and sides, and may forget the rest.
    """
    nothing = pl.DataFrame(schema=PAIRS)
    if not blocks.rules:
        return nothing, None
    model = train(records, blocks, engine)
    if not model.comparisons:
        return nothing, None
    give_back()
    prior_bits = float(np.log2(model.prior / (1 - model.prior)))
    return engine.weigh(
        records,
        blocks,
        model,
        frequencies_of(records, model),
        at_least_bits=-prior_bits + settings.LEAST_BITS,
        spend=True,
    ), model


def persons(records: Records, pairs: pl.DataFrame, accounts: int) -> tuple[Nodes, pl.DataFrame]:
    """Per component (by its smallest account) the smallest account of its person; and the doubts.

    Doubts: see :class:`~amends.linkage.linking.Linked`.
    """
    known = records.height - int(np.count_nonzero(records.sides == LEAKED))
    unit, sides = records.unit[:known], records.sides[:known]
    within = pairs.filter(pl.col("right") < len(unit))
    one, other = unit[within["left"].to_numpy()], unit[within["right"].to_numpy()]
    between = (
        within.select(
            pl.Series("left", np.minimum(one, other), dtype=pl.Int64),
            pl.Series("right", np.maximum(one, other), dtype=pl.Int64),
            "bits",
        )
        .group_by("left", "right")
        .agg(pl.col("bits").max())
        .sort("left", "right")
    )
    numbered = np.zeros(accounts, dtype=np.bool_)
    numbered[unit[sides == KNOWN]] = True
    firsts = np.flatnonzero(np.append(np.ones(min(known, 1), np.bool_), unit[1:] != unit[:-1]))
    pairs_made = pairs_of(np.where(numbered[unit[firsts]], KNOWN, OPEN))
    prior = share_of_pairs(between["bits"].to_numpy(), np.ones(between.height), pairs_made)
    owner = cluster(between, accounts, prior, numbered)
    return owner, _doubts(between, prior, owner)


def _doubts(between: pl.DataFrame, prior: float, owner: Nodes) -> pl.DataFrame:
    """Pairs of units that are kept apart and may be one person, or are joined and may be two."""
    odds = prior / (1 - prior) * (pl.col("bits").clip(-100, 100) * np.log(2)).exp()
    judged = between.with_columns(
        (odds / (1 + odds)).round(6).alias("probability"),
        pl.Series(
            "joined", owner[between["left"].to_numpy()] == owner[between["right"].to_numpy()]
        ).cast(pl.Boolean),
    )
    doubtful = (
        pl.when("joined")
        .then(pl.col("probability") < 1 - settings.DOUBT)
        .otherwise(pl.col("probability") > settings.DOUBT)
    )
    return judged.filter(doubtful).select(
        "left", "right", "probability", "joined", pl.lit("model").alias("reason")
    )


def likely(
    records: Records, pairs: pl.DataFrame, owner: Nodes, copies: pl.DataFrame
) -> pl.DataFrame:
    """``record``, ``person``, ``best``, ``probability``: each residual row's likeliest people.

    The likeliest comes first; of the others, those that a reader has to know of.
    """
    unit = records.unit[: records.height - int(np.count_nonzero(records.sides == LEAKED))]
    meeting = pairs.filter(pl.col("right") >= len(unit))
    met = unit[meeting["left"].to_numpy()]
    meeting = meeting.select(
        pl.col("right").alias("row"),
        pl.Series("person", owner[met], dtype=pl.Int64),
        pl.Series("unit", met, dtype=pl.Int64),
        "bits",
    )
    best = share_out(meeting, records=len(unit))
    starts, number = runs_of(best["row"].to_numpy())
    rank = pl.Series(np.arange(best.height) - starts[number])
    known_of = (rank < settings.ALTERNATIVES) & (best["probability"] > settings.DOUBT)
    best = best.filter((rank == 0) | known_of)
    return (
        copies.join(best, left_on="record", right_on="row")
        .select(pl.col("leaked_record").alias("record"), "person", "best", "probability")
        .sort("record", "probability", "person", descending=[False, True, False])
    )
