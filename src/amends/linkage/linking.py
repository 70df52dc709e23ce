"""The whole determination as one pure step: accounts and leaked rows in, persons and matches out.

Exact keys first; what they leave (leaked rows without an owner, and accounts that carry no national
number) goes through the probabilistic stage against everybody. The result does not depend on the
order in which rows come.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.kernel.ahead import worked_ahead
from amends.kernel.memory import give_back
from amends.kernel.saying import said
from amends.linkage import keys, settings
from amends.linkage.accounts import read as read_accounts
from amends.linkage.assign import how_many
from amends.linkage.canonical.changes import Tally
from amends.linkage.canonical.normalise import COLUMNS, FIELDS, normalise
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Hashes
from amends.linkage.compiled.lookups import Places, looked_up, put_at
from amends.linkage.exact import REFUSALS, Exact, PutAway, decide
from amends.linkage.keys import Names, Order
from amends.linkage.model import CANDIDATES, DOUBTS, METHODS, REASONS, Method
from amends.linkage.ordering import Ordering
from amends.linkage.residual import likely, nameless, persons, records_of, weighed
from amends.linkage.shelf import MANY_ACCOUNTS, Kept, Shelf
from amends.linkage.weighing.blocking import blocks_of
from amends.linkage.weighing.learning import Model
from amends.linkage.weighing.probabilistic import ENGINES, as_splink
from amends.linkage.weighing.records import Coder, Records

_SLICE: Final = 250_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """``person``: per account (from 0) its person's first account, by product and account_id.

    ``order``: the accounts by product and account_id.
    ``rows``: ``record``, ``person``, ``best`` (account; these three of 32 bits, there are many of
    them), ``probability``, ``method``, ``reason``: the likeliest person of every leaked row that
    resembles anybody; which probability is enough is decided elsewhere.
    ``candidates``: ``record``, ``person``, ``best``, ``probability``: all people whom a row that
    was weighed may be of, likeliest first; what is missing to 1 is nobody's share.
    ``refusals``: what :class:`~amends.linkage.exact.Exact` says of joins that were refused.
    ``doubts``: ``left``, ``right`` (accounts), ``probability`` of one person, ``joined``
    (what was decided), ``reason``: where a reader's answer could change who is who.
    ``changes``: per product, and per leaked file of the rows that exact keys leave, how many
    ``records`` were normalised and how many have each kind of change.
    """

    person: Places
    rows: pl.DataFrame
    refused: Mapping[str, int]
    model: Mapping[str, object]
    counts: Mapping[str, int]
    candidates: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CANDIDATES))
    doubts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DOUBTS))
    refusals: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REFUSALS))
    changes: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    order: Places = field(default_factory=lambda: np.zeros(0, dtype=np.int32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """All that there is to decide by; accounts by their places in ``order``, the canonical one.

    ``pairs``: of ``records``, with their weights; ``copies``: which leaked rows each of these
    stands for; ``model``: what was learnt, or nothing. ``changes``: see :class:`Linked`.
    """

    exact: PutAway
    order: Kept[np.int32]
    records: Records
    copies: pl.DataFrame
    pairs: pl.DataFrame
    model: Model | None
    changes: Mapping[str, Mapping[str, Mapping[str, int]]]


Parts = Callable[[Sequence[str]], Iterator[pa.RecordBatch]]
"""Reads some fields of all records, as found, some rows at a time; each call begins anew."""


def link(
    accounts: Parts,
    leaked: Parts,
    tell: Callable[[str], None],
    engine: str = "amends",
    seeds: tuple[int, int] = (1, 2),
    shelf: Shelf | None = None,
) -> Linked:
    """Link accounts and leaked rows, in whatever order they come: see :func:`compare`."""
    compared = compare(accounts, leaked, tell, engine, seeds, shelf)
    tell(said("deciding who is who"))
    return linked(compared)


def compare(
    accounts: Parts,
    leaked: Parts,
    tell: Callable[[str], None],
    engine: str = "amends",
    seeds: tuple[int, int] = (1, 2),
    shelf: Shelf | None = None,
) -> Compared:
    """Read accounts and leaked rows, in whatever order they come, and weigh who may be who.

    Both are read more than once: first, of all of them, what exact keys are made of, as numbers;
    then, as texts, of the leaked rows those that keys leave or that speak for a component without a
    name, and, field by field, what accounts say.

    Args:
        accounts: reads ``account`` (from 0, in order), ``product`` (text, or an Enum in
            alphabetical order), and fields, of which ``account_id`` is one.
        leaked: reads ``record`` (from 0, in order), and fields; ``evidence`` beside them is of whom
            changes are counted.
        tell: is told what is being done.
        engine: what weighs pairs, one of :data:`probabilistic.ENGINES`.
        seeds: secrets of the hashes of keys, 64 bits each; the result does not depend on them.
        shelf: where columns are put that are needed again; without it they stay in memory.
    """
    tell(said("reading keys"))
    shelf = shelf or Shelf()
    secret = np.array(seeds, dtype=np.uint64)
    exact, order, silent = _exact(accounts, leaked, secret, tell, shelf)
    give_back()
    tell(said("comparing what exact keys leave"))
    of_rows, of_accounts = Tally(), Tally()
    left = partial(_read_again, leaked, exact.owner, silent, of_rows)
    del silent
    reader = partial(read_accounts, accounts, order, of_accounts)
    coder = Coder(secret, shelf)
    records, copies = records_of(reader, coder, left, exact.component)
    del left, reader, coder
    give_back()
    blocks = blocks_of(records)
    give_back()
    pairs, model = weighed(records, blocks, ENGINES[engine])
    del blocks
    give_back()
    return Compared(
        exact=exact,
        order=order.accounts,
        records=records,
        copies=copies,
        pairs=pairs,
        model=model,
        changes={"registries": of_accounts.counts(), "evidence": of_rows.counts()},
    )


def linked(compared: Compared) -> Linked:
    """Decide who is who, with little of the memory that comparing takes."""
    records, copies, pairs = compared.records, compared.copies, compared.pairs
    exact = compared.exact.read()
    component, back = exact.component, compared.order.read()
    owner, doubts = persons(records, pairs, len(component))

    def of_accounts() -> Nodes:
        person = np.empty(len(owner), dtype=np.int32)
        put_at(person, back, looked_up(back, looked_up(owner, component)))
        return person

    def weighed_rows() -> pl.DataFrame:
        return _numbered(likely(records, pairs, owner, copies), back, "person", "best")

    many = len(component) > MANY_ACCOUNTS
    first = [weighed_rows()] if many else []
    with ThreadPoolExecutor(1) as beside:
        sure = beside.submit(lambda: _numbered(_sure(exact, owner), back, "person", "best"))
        persons_of = beside.submit(of_accounts)
        candidates = first.pop() if many else weighed_rows()
        perhaps = _perhaps(candidates)
    person, certain = persons_of.result(), sure.result()
    return Linked(
        person=person,
        order=back,
        rows=certain.merge_sorted(perhaps, key="record"),
        candidates=candidates,
        doubts=_numbered(doubts, back, "left", "right"),
        refused=exact.refused,
        refusals=_numbered(exact.refusals, back, "account"),
        model=as_splink(compared.model) if compared.model else {},
        changes=compared.changes,
        counts={
            "components": how_many(component),
            "persons": how_many(person),
            "rows_exact": certain.height,
            "rows_residual": copies.height,
            "records_compared": records.height,
            "pairs_weighed": pairs.height,
        },
    )


def _exact(
    accounts: Parts,
    leaked: Parts,
    secret: Hashes,
    tell: Callable[[str], None],
    shelf: Shelf,
) -> tuple[PutAway, Order, npt.NDArray[np.bool_]]:
    """What exact keys decide, accounts in canonical order; that order; and who says no name.

    The latter by components: see :func:`~amends.linkage.residual.nameless`.
    """
    names = Names(secret)
    ordering = Ordering()

    def noting_order() -> Iterator[pa.RecordBatch]:
        for part in accounts(("account_id", *keys.FIELDS)):
            ordering.take(part)
            yield part

    found = keys.read(noting_order(), names, secret, shelf)
    order = ordering.order(partial(accounts, ("account_id",)), shelf)
    with ThreadPoolExecutor(1) as beside:
        ordered = beside.submit(keys.in_order, found, order, shelf)
        del found
        rows = keys.read(leaked(keys.FIELDS), names, secret, shelf)
    known = ordered.result()
    texts = names.texts()
    del names  # what finds their numbers
    give_back()
    tell(said("joining accounts by exact keys"))
    exact = decide(known, rows, texts, shelf)
    silent = nameless(known.name.read() >= 0, exact.component)
    for own in (known.name, known.number, rows.name, rows.number):
        own.forget()
    return PutAway(exact, shelf), order, silent


def _read_again(
    leaked: Parts,
    owners: Kept[np.int32],
    silent: npt.NDArray[np.bool_],
    tally: Tally,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leaked rows, normalised: those that keys leave, and those that keys gave to the *silent*.

    The latter with ``unit``, their component, and only those that say a name; *tally* counts the
    former.
    """
    owner = owners.read()
    left = owner < 0
    wanted = looked_up(
        np.append(silent, [True, True]), owner
    )  # at last whose owner is nobody or several
    residual: list[pl.DataFrame] = []
    witnesses: list[pl.DataFrame] = []
    parts = (_some(part, wanted) for part in leaked(FIELDS))
    for _, read_ in worked_ahead(_together(parts), normalise):
        record = read_["record"].to_numpy()
        own = pl.Series(left[record], dtype=pl.Boolean)
        given = pl.Series("unit", owner[record], dtype=pl.Int64)
        kept = tally.take(read_.filter(own), "evidence")
        residual.append(kept.drop("evidence", strict=False))
        witnesses.append(
            read_.with_columns(given)
            .filter(~own & pl.col("name").is_not_null())
            .select("unit", *COLUMNS)
        )
    return pl.concat(residual), pl.concat(witnesses)


def _together(parts: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The rows of *parts*, many at a time, since rules cost something each time; once at least."""
    nothing = pl.DataFrame(schema={"record": pl.Int64, **dict.fromkeys(FIELDS, pl.String)})
    several: list[pl.DataFrame] = []
    for part in parts:
        several.append(part)
        if sum(some.height for some in several) >= _SLICE:
            yield pl.concat(several)
            several, nothing = [], part.clear()
    yield pl.concat(several or [nothing])


def _some(part: pa.RecordBatch, wanted: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """The leaked rows of *part* that are *wanted*, as found."""
    record = pl.Series(part["record"]).to_numpy()
    return pl.DataFrame(part.filter(pl.Series(wanted[record]).to_arrow()))


def _numbered(frame: pl.DataFrame, back: Nodes, *columns: str) -> pl.DataFrame:
    """*frame* with the accounts in *columns* by the numbers that they came with."""
    return frame.with_columns(
        pl.Series(column, looked_up(back, frame[column].to_numpy())).cast(frame[column].dtype)
        for column in columns
    )


def _sure(exact: Exact, owner: Nodes) -> pl.DataFrame:
    """The matches of exact keys as :class:`Linked` has rows, by record."""
    matched = exact.matched()
    return matched.select(
        "record",
        pl.Series("person", looked_up(owner, matched["component"].to_numpy())).cast(pl.UInt32),
        pl.col("component").alias("best"),
        pl.lit(settings.EXACT_PROBABILITY).alias("probability"),
        pl.lit(Method.EXACT.value, METHODS).alias("method"),
        "reason",
    )


def _perhaps(candidates: pl.DataFrame) -> pl.DataFrame:
    """The likeliest of each weighed row's *candidates*, likewise."""
    return candidates.unique("record", keep="first", maintain_order=True).with_columns(
        pl.col("record", "person", "best").cast(pl.UInt32),
        pl.lit(Method.PROBABILISTIC.value, METHODS).alias("method"),
        pl.lit("model", REASONS).alias("reason"),
    )
