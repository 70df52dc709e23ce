"""From links to the answers of a case: outcomes, person ids, what of each person leaked. Pure.

Accounts, records and people are numbers until the end: accounts by their place among all accounts,
records likewise, and people by the place of their id in alphabetical order, so that whatever is by
person is by person id too. Texts of accounts and people are gathered where they are written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.ahead import worked_ahead
from amends.kernel.case import LinkageSettings, Undecided
from amends.kernel.memory import give_back
from amends.linkage.assign import Ints
from amends.linkage.compiled import shares
from amends.linkage.compiled.lookups import Places, looked_up
from amends.linkage.compiled.shares import Rows
from amends.linkage.estimate import Side, Stratum
from amends.linkage.linking import Linked
from amends.linkage.links import Links
from amends.linkage.model import METHODS, OUTCOMES, REASONS, Determination, Method, Outcome
from amends.linkage.registered import Registered
from amends.linkage.settings import EXACT_PROBABILITY, KEY_MAX_ACCOUNTS
from amends.linkage.strata import JOINED, exact_reasons, strength


@dataclass(frozen=True, slots=True, kw_only=True)
class InOrder:
    """The leaked records of a run, by file and row.

    ``every``: ``record`` (null: quarantined), ``evidence``, ``row``, ``tranche``, ``lost`` (why).
    ``mask``: per record, bit *i* is set where it has the category ``codes[i]``; of 32 bits where
    these are enough.
    """

    every: pl.DataFrame
    codes: list[str]
    mask: Places


Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.uint32]
_METHOD_BITS: Final = {Method.EXACT: 1, Method.CLERICAL: 2}
_SLICE: Final = 500_000
_MASK_BITS: Final = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The case's thresholds; how many people in doubt count where it pays them (None: all)."""

    settings: LinkageSettings
    in_doubt_most: int | None = None


def determination(
    accounts: Registered,
    leaked: InOrder,
    linked: Linked,
    links: Links,
    terms: Terms,
    ids: pl.DataFrame,
) -> Determination:
    """Decide every leaked row, and who is affected.

    Links are let go as soon as rows are decided.

    Args:
        accounts: all of them.
        leaked: the leaked records.
        linked: who is who, and what is in doubt; its rows are not looked at.
        links: whose each row probably is.
        terms: by which is decided.
        ids: person, person_id, by person_id.
    """
    place = np.zeros(accounts.height, dtype=np.uint32)
    place[ids["person"].to_numpy()] = np.arange(ids.height, dtype=np.uint32)
    owner = looked_up(place, linked.person)
    people = ids["person_id"]
    owned = _Owned(accounts=accounts, owner=pl.Series("person", owner), people=people)
    candidates, doubts = (
        _named_candidates(linked, leaked.every, owned),
        _named_doubts(linked, owned),
    )
    refusals = linked.refusals.with_columns(owned.names(linked.refusals["account"])).drop("account")
    refused, persons = sum(linked.refused.values()), linked.counts["persons"]
    reasons = dict(linked.refused)
    del linked
    in_doubt = _in_doubt(links, place, ids.height, terms)
    matches = _outcomes(leaked.every, links, place, terms.settings, in_doubt)
    links.forget()
    codes, mask = leaked.codes, leaked.mask
    del leaked, place
    give_back()
    found = _affected(matches, mask, strength(exact_reasons(matches)), ids.height)
    affected = found["person"].to_numpy()
    categories = _in_words([found["mask"].to_numpy()], codes).alias("categories")
    several = np.bincount(owner, minlength=ids.height)[affected] > 1
    return Determination(
        people=people,
        accounts=accounts,
        owner=owned.owner,
        matches=matches.drop("tranche"),
        affected=found.select(
            "person",
            people.gather(found["person"]),
            categories,
            _products(accounts.product, owner, affected),
            "leaked_rows",
            "method",
            "probability",
            "tranche",
            "strength",
        ),
        counts={
            "accounts": accounts.height,
            "persons": persons,
            **_counts(matches, found),
            "refused_keys": refused,
            **{f"refused_{reason}": count for reason, count in reasons.items()},
        },
        candidates=candidates,
        doubts=doubts,
        refusals=refusals,
        joined=_joined(int(np.count_nonzero(several))),
    )


def _joined(people: int) -> Stratum:
    """*people* are affected and have several accounts, by whatever keys or weights were joined."""
    wrong = 1 - EXACT_PROBABILITY
    return Stratum(
        name=JOINED,
        side=Side.JOINED,
        population=people,
        expected=people * wrong,
        variance=people * wrong * EXACT_PROBABILITY,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owned:
    """Accounts, whose each is, and what people are called."""

    accounts: Registered
    owner: pl.Series
    people: pl.Series

    def names(self, some: pl.Series, prefix: str = "") -> list[pl.Series]:
        """``product``, ``account_id``, ``person_id`` of *some* accounts: what outlives the run."""
        owners = self.people.gather(self.owner.gather(some)).alias("person_id")
        texts = self.accounts.named(some).get_columns()
        return [text.alias(prefix + text.name) for text in (*texts, owners)]


def _named_candidates(linked: Linked, every: pl.DataFrame, owned: _Owned) -> pl.DataFrame:
    """Whom weighed rows may be of, by name."""
    found = linked.candidates
    weighed = np.zeros(every.height, dtype=np.bool_)
    weighed[found["record"].to_numpy()] = True
    told = every.filter(pl.Series(weighed).gather(every["record"]).fill_null(value=False))
    at = np.zeros(every.height, dtype=np.uint32)
    at[told["record"].to_numpy()] = np.arange(told.height)
    return found.select(
        "record",
        *told["evidence", "row"][at[found["record"].to_numpy()]],
        *owned.names(found["best"]),
        "probability",
    )


def _named_doubts(linked: Linked, owned: _Owned) -> pl.DataFrame:
    """Accounts in doubt, weighed ones and refused joins, by name."""
    every = pl.concat([linked.doubts, _refused(linked)])
    return every.select(
        "probability",
        "joined",
        "reason",
        *owned.names(every["left"]),
        *owned.names(every["right"], "other_"),
    )


def _refused(linked: Linked) -> pl.DataFrame:
    """Refused joins as doubts: the first account of one person, and of each of the others.

    Their probability is what is missing to that of an exact match; it is stated, not estimated.
    """
    some = linked.refusals.filter(pl.col("accounts") <= KEY_MAX_ACCOUNTS)
    people = (
        some.with_columns(
            pl.Series("person", linked.person[some["account"].to_numpy()], dtype=pl.Int64)
        )
        .sort("refusal", "account")
        .unique(["refusal", "person"], keep="first", maintain_order=True)
    )
    first = pl.col("account").first().over("refusal")
    starred = people.with_columns(first.alias("left"))
    return starred.filter(pl.col("account") != pl.col("left")).select(
        "left",
        pl.col("account").alias("right"),
        pl.lit(1 - EXACT_PROBABILITY).alias("probability"),
        pl.lit(value=False).alias("joined"),
        (pl.lit("refused, ") + pl.col("kind")).alias("reason"),
    )


def in_order(
    rows: Iterable[pl.DataFrame], lost: pl.DataFrame, codes: list[str], mask: Places
) -> InOrder:
    """Leaked records in the order of file and row.

    Args:
        rows: record, evidence, row, tranche of the records, by record, some of one file at a time.
        lost: evidence, row, reason of quarantined ones.
        codes: the categories.
        mask: per record, bit *i* is set where it has the category ``codes[i]``.
    """
    kept = (
        pl.col("record").cast(pl.UInt32),
        pl.col("row").cast(pl.Int64),
        pl.col("tranche").cast(pl.Int32),
    )
    own: dict[str, list[pl.DataFrame]] = {file: [] for file in lost["evidence"].unique()}
    for part in rows:
        for file in part["evidence"].head(1).cast(pl.String):
            own.setdefault(file, []).append(part.select(kept))
    files = pl.Enum(sorted(own))
    nothing = pl.DataFrame(
        schema={"record": pl.UInt32, "row": pl.Int64, "tranche": pl.Int32, "lost": REASONS}
    )
    every = [nothing.with_columns(pl.lit(None, files).alias("evidence"))]
    for file in files.categories:
        gone = lost.filter(pl.col("evidence") == file).select(
            pl.col("row").cast(pl.Int64), pl.col("reason").cast(REASONS).alias("lost")
        )
        both = pl.concat([nothing, *own.pop(file), gone], how="diagonal_relaxed")
        in_row = both.sort("row", maintain_order=True)
        every.append(in_row.with_columns(pl.lit(file, files).alias("evidence")))
    return InOrder(every=pl.concat(every), codes=codes, mask=mask)


def _in_doubt(links: Links, place: Numbers, people: int, terms: Terms) -> Bools:
    """Whose undecided rows count, per place of *people*: the likeliest first, as many as may be.

    People who are affected for certain are among them, and cost nothing more.
    """
    likeliest, settings = np.zeros(people, dtype=np.float64), terms.settings
    if settings.undecided is Undecided.WAIT:
        return likeliest > 0
    for person, probability in links.probabilities():
        shares.likeliest(place, person, probability, likeliest)
    counts = likeliest >= settings.review
    if terms.in_doubt_most is not None:
        doubtful = np.flatnonzero(counts & (likeliest < settings.threshold))
        by_likelihood = np.argsort(-likeliest[doubtful], kind="stable")
        counts[doubtful[by_likelihood[terms.in_doubt_most :]]] = False
    return counts


def _outcomes(
    every: pl.DataFrame,
    links: Links,
    place: Numbers,
    settings: LinkageSettings,
    in_doubt: Bools,
) -> pl.DataFrame:
    """Every leaked row with its outcome, some at a time; only matches and reviews keep a person.

    Args:
        every: the rows.
        links: whose each row probably is.
        place: per person of these the place among ids.
        settings: thresholds of the case.
        in_doubt: whose undecided rows count.
    """
    places = pl.Series("person", place)

    def some(part: pl.DataFrame) -> pl.DataFrame:
        found = links.of(part["record"])
        own = found.with_columns(places.gather(found["person"]))
        return _decided(part.hstack(own), settings, in_doubt)

    parts = every.iter_slices(_SLICE) if every.height else [every]
    return pl.concat([own for _, own in worked_ahead(parts, some)])


def _decided(decided: pl.DataFrame, settings: LinkageSettings, in_doubt: Bools) -> pl.DataFrame:
    """The same of some rows with the likeliest person of each."""
    probability, lost = pl.col("probability"), pl.col("lost").is_not_null()
    doubtful = pl.Series(in_doubt).gather(decided["person"]).fill_null(value=False)
    counted = (probability >= settings.review) & doubtful
    outcome = (
        pl.when(lost)
        .then(pl.lit(Outcome.QUARANTINED.value, OUTCOMES))
        .when((probability >= settings.threshold) | counted)
        .then(pl.lit(Outcome.MATCHED.value, OUTCOMES))
        .when(probability >= settings.review)
        .then(pl.lit(Outcome.REVIEW.value, OUTCOMES))
        .otherwise(pl.lit(Outcome.UNMATCHED.value, OUTCOMES))
    )
    decided = decided.with_columns(outcome.alias("outcome"))
    matched = pl.col("outcome") == Outcome.MATCHED.value
    found = matched | (pl.col("outcome") == Outcome.REVIEW.value)
    reason = (
        pl.when(lost)
        .then("lost")
        .when(probability.is_null())
        .then(pl.lit("resembles_nobody", REASONS))
        .when(~found & (pl.col("method") == Method.CLERICAL.value))
        .then("reason")
        .when(~found)
        .then(pl.lit("too_uncertain", REASONS))
        .when(matched & (probability < settings.threshold))
        .then(pl.lit("undecided_are_paid", REASONS))
        .otherwise("reason")
    )
    return decided.with_columns(
        reason.alias("reason"),
        *(pl.when(found).then(column).alias(column) for column in ("person", "best", "method")),
    ).drop("lost")


def _affected(matches: pl.DataFrame, mask: Places, strength: pl.Expr, people: int) -> pl.DataFrame:
    """A row per person with a matched leaked row, in order; with its ``mask`` and ``strength``."""
    each = np.full((people, len(shares.NOTHING)), shares.NOTHING, dtype=np.int64)
    methods = pl.col("method").replace_strict(_METHOD_BITS, default=0, return_dtype=pl.UInt8)

    def said(part: pl.DataFrame) -> Rows:
        matched = part.filter(pl.col("outcome") == Outcome.MATCHED.value)
        return Rows(
            person=_read_only(matched["person"]),
            mask=looked_up(mask, matched["record"].to_numpy()).astype(np.int64, copy=False),
            probability=_read_only(matched["probability"].cast(pl.Float64)).view(np.int64),
            strength=_read_only(matched.select(strength.alias("strength")).to_series()),
            tranche=_read_only(matched["tranche"]),
            methods=_read_only(matched.select(methods).to_series()),
        )

    for _, rows in worked_ahead(matches.iter_slices(_SLICE), said):
        shares.share(rows, each)
    affected = np.flatnonzero(each[:, shares.ROWS])

    def of(column: int) -> Ints:
        return np.ascontiguousarray(each[:, column])[affected]

    by = pl.col("by")
    return pl.DataFrame(
        {
            "person": affected.astype(np.uint32),
            "mask": of(shares.MASK),
            "leaked_rows": of(shares.ROWS),
            "probability": of(shares.LIKELIEST).view(np.float64),
            "strength": of(shares.STRONGEST).astype(np.int32),
            "tranche": of(shares.FIRST).astype(np.int32),
            "by": of(shares.METHODS).astype(np.uint8),
        }
    ).select(
        pl.exclude("by"),
        pl.when(by & _METHOD_BITS[Method.EXACT] > 0)
        .then(pl.lit(Method.EXACT.value, METHODS))
        .when(by & _METHOD_BITS[Method.CLERICAL] > 0)
        .then(pl.lit(Method.CLERICAL.value, METHODS))
        .otherwise(pl.lit(Method.PROBABILISTIC.value, METHODS))
        .alias("method"),
    )


def _read_only(values: pl.Series) -> npt.NDArray[Any]:
    """Numbers for a kernel, which would be compiled anew for such as may be written to."""
    array = values.to_numpy()
    array.flags.writeable = False
    return array


def _products(product: pl.Series, owner: Numbers, people: Ints) -> pl.Series:
    """``products`` of *people*: those of the person's accounts, in order, with ``;`` between."""
    words = sorted(product.unique().cast(pl.String))
    word = _read_only(product.cast(pl.Enum(words)).to_physical().cast(pl.UInt32))
    held = np.zeros((-(-len(words) // _MASK_BITS), len(owner)), dtype=np.int64)
    shares.hold(owner, word, _MASK_BITS, held)
    return _in_words([some[people] for some in held], words).alias("products")


def _in_words(masks: Sequence[Ints], words: Sequence[str]) -> pl.Series:
    """Per place the words whose bits are set, in order, with ``;`` between; 63 bits per mask.

    There are few such texts beside people: they are kept as numbers.
    """
    table = pl.DataFrame([pl.Series(str(at), mask) for at, mask in enumerate(masks)])
    kinds = table.unique()
    texts = [
        ";".join(
            sorted(
                word
                for at, word in enumerate(words)
                if kind[at // _MASK_BITS] >> at % _MASK_BITS & 1
            )
        )
        for kind in kinds.iter_rows()
    ]
    named = kinds.with_columns(pl.Series("text", texts, dtype=pl.Enum(sorted(set(texts)))))
    return table.join(named, on=table.columns, how="left", maintain_order="left")["text"]


def _counts(matches: pl.DataFrame, affected: pl.DataFrame) -> dict[str, int]:
    """The figures of the stage. ``waiting``: people with rows under review and none matched."""
    by_outcome = dict(matches["outcome"].value_counts().iter_rows())
    review = matches.filter(pl.col("outcome") == Outcome.REVIEW.value).select("person").unique()
    exact = (pl.col("outcome") == Outcome.MATCHED.value) & (pl.col("method") == Method.EXACT.value)
    return {
        "leaked_rows": matches.height,
        **{outcome.value: int(by_outcome.get(outcome.value, 0)) for outcome in Outcome},
        "matched_exact": int(matches.select(exact.sum()).item()),
        "affected": affected.height,
        "waiting": review.join(affected, on="person", how="anti").height,
    }
