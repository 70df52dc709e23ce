"""The promise check, and the order in which awards are numbered. Pure."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.awards.model import Finding, FindingKind, TariffError
from amends.kernel.case import Promise, Tariff
from amends.kernel.money import Money

CLASS = 0
"""The one class of the flat tariff."""

TRANSFER_GROUP = 100_000
"""Transfers in one group: bounds memory."""

_KEY_BYTES = 16


def amount_per_person(tariff: Tariff) -> Money:
    """What the tariff gives to each person.

    Raises:
        TariffError: the preset is unknown.
    """
    if tariff.preset != "flat":
        raise TariffError(
            f'tariff.preset = "{tariff.preset}" is not known; this version knows "flat": the same '
            "amount for everybody"
        )
    return tariff.amount


def check_promise(
    promise: Promise, *, tariff: Tariff, funding: Money | None, people: int
) -> list[Finding]:
    """Everything about promise and funding that does not hold, the multiplication first.

    ``people``: how many are owed an award.
    """
    amount = amount_per_person(tariff)
    needed = amount * people
    return [
        *_multiplication(promise),
        *_people(promise, people),
        *_per_person(promise, amount),
        *_total(promise, needed, people),
        *_funding(funding, needed),
    ]


def adds_up(promise: Promise) -> list[Finding]:
    """What is wrong with a promise by itself, whatever was determined."""
    return _multiplication(promise)


def right_promise(promise: Promise, *, tariff: Tariff, people: int) -> Promise:
    """The promise with the figures that are right: as determined, and as the tariff says."""
    amount = amount_per_person(tariff)
    return Promise(
        per_person=amount, pay_within=promise.pay_within, people=people, total=amount * people
    )


def permutation(randomness: bytes) -> npt.NDArray[np.int64]:
    """A random order of as many things as *randomness* has groups of 16 bytes.

    Each thing gets 128 random bits and they are sorted by them: every order is equally likely, and
    nobody who does not know the bits can tell it from another.
    """
    keys = np.frombuffer(randomness, dtype="<u8").reshape(-1, 2)
    return np.lexsort((keys[:, 1], keys[:, 0])).astype(np.int64)


def randomness_bytes(count: int) -> int:
    """How many random bytes :func:`permutation` takes for *count* things."""
    return count * _KEY_BYTES


def people_digest(person_ids: Iterable[str]) -> str:
    """SHA-256 over the sorted ids, one a line: says exactly whom an approval is for."""
    digest = hashlib.sha256()
    for person_id in sorted(person_ids):
        digest.update(f"{person_id}\n".encode())
    return digest.hexdigest()


def awards_table(
    people: pl.DataFrame, *, amount: Money, first_index: int, awarded_at: datetime
) -> pl.DataFrame:
    """Awards for *people* (person_id, tranche) in their order: the columns of awards.award."""
    indexes = pl.int_range(first_index, first_index + people.height, dtype=pl.Int64)
    return people.select(
        indexes.alias("award_index"),
        "person_id",
        pl.lit(CLASS, pl.Int16).alias("class"),
        pl.lit(amount.amount_minor, pl.Int64).alias("amount_minor"),
        pl.lit(amount.currency).alias("currency"),
        "tranche",
        pl.lit(awarded_at, pl.Datetime("us", "UTC")).alias("awarded_at"),
    )


def transfers_of(awards: pl.DataFrame, *, debit: str, credit: str) -> Iterator[pl.DataFrame]:
    """One transfer per award, in groups: the columns of ``ledger.model.Transfer``."""
    subject = pl.format("award:{}", "award_index")
    for part in awards.iter_slices(TRANSFER_GROUP):
        yield part.select(
            subject.alias("transfer_id"),
            pl.lit(debit).alias("debit"),
            pl.lit(credit).alias("credit"),
            "amount_minor",
            "currency",
            pl.lit("award").alias("reason"),
            subject.alias("subject"),
            pl.col("awarded_at").alias("occurred_at"),
        )


def _multiplication(promise: Promise) -> list[Finding]:
    """People × per_person, as promised, against the total as promised."""
    if promise.people is None or promise.total is None:
        return _one_currency(promise)
    right = promise.per_person * promise.people
    if right == promise.total:
        return []
    return [
        Finding(
            kind=FindingKind.PRODUCT,
            message=(
                f"people × per_person: {promise.people:,} × {promise.per_person.display()} = "
                f"{right.display()}, and the promise says total {promise.total.display()}"
            ),
        ),
        *_one_currency(promise),
    ]


def _one_currency(promise: Promise) -> list[Finding]:
    """Total and amount per person are in one currency."""
    if promise.total is None or promise.total.currency == promise.per_person.currency:
        return []
    return [
        Finding(
            kind=FindingKind.CURRENCY,
            message=(
                f"total is in {promise.total.currency} and per_person in "
                f"{promise.per_person.currency}; right is one currency, the tariff's"
            ),
        )
    ]


def _people(promise: Promise, people: int) -> list[Finding]:
    if promise.people is None or promise.people == people:
        return []
    return [
        Finding(
            kind=FindingKind.PEOPLE,
            message=f"people: {promise.people:,} are promised, {people:,} are determined",
        )
    ]


def _per_person(promise: Promise, amount: Money) -> list[Finding]:
    if promise.per_person == amount:
        return []
    return [
        Finding(
            kind=FindingKind.PER_PERSON,
            message=(
                f"per_person: {promise.per_person.display()} is promised, the tariff gives "
                f"{amount.display()}"
            ),
        )
    ]


def _total(promise: Promise, needed: Money, people: int) -> list[Finding]:
    if promise.total is None or promise.total == needed:
        return []
    return [
        Finding(
            kind=FindingKind.TOTAL,
            message=(
                f"total: {promise.total.display()} is promised, the tariff's sum for {people:,} "
                f"people is {needed.display()}"
            ),
        )
    ]


def _funding(funding: Money | None, needed: Money) -> list[Finding]:
    if funding is None:
        text = f"funding: none is given, {needed.display()} is needed"
    elif funding.currency != needed.currency:
        text = f"funding: is in {funding.currency}, {needed.display()} is needed"
    elif funding.amount_minor < needed.amount_minor:
        short = needed - funding
        text = (
            f"funding: {funding.display()} is there, {needed.display()} is needed: "
            f"{short.display()} short"
        )
    else:
        return []
    return [Finding(kind=FindingKind.FUNDING, message=text)]
