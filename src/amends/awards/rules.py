"""The promise check, and the order in which awards are numbered. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.awards.correcting import OWN
from amends.awards.model import Finding, FindingKind, TariffError
from amends.kernel.case import Promise
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.tariff import Tariff
from amends.ledger.model import COMPENSATION, OWED, Transfer

AWARD = "award"
"""Why the books move what a round owes."""
SLICE = 100_000
"""People that are worked on at a time: bounds memory."""

_KEY_BYTES = 16


def check_promise(
    promise: Promise, *, tariff: Tariff, people: int, needed: Money | None = None
) -> list[Finding]:
    """Everything about the promise that does not hold, the multiplication first.

    ``people``: how many are owed an award. ``needed``: what they are owed together; may be left out
    where the tariff gives everybody the same. Whether the money is there, funding says.
    """
    each = _each(tariff, people, needed)
    return [
        *_multiplication(promise),
        *_currency(promise, tariff.currency),
        *_people(promise, people),
        *_per_person(promise, each),
        *_total(promise, _needed(tariff, people, needed), people),
    ]


def adds_up(promise: Promise) -> list[Finding]:
    """What is wrong with a promise by itself, whatever was determined."""
    return _multiplication(promise)


def right_promise(
    promise: Promise, *, tariff: Tariff, people: int, needed: Money | None = None
) -> Promise:
    """The promise with the figures that are right: as determined, and as the tariff says."""
    return Promise(
        per_person=_each(tariff, people, needed),
        pay_within=promise.pay_within,
        people=people,
        total=_needed(tariff, people, needed),
    )


def restated(
    right: Promise,
    *,
    people: int | None,
    per_person: Money | None,
    total: Money | None,
    pay_within: timedelta,
) -> Promise:
    """The promise with the given figures; one that is not given is the one that is right.

    Without a total it is people × per_person, where everybody is promised the same.
    """
    each = per_person or right.per_person
    count = right.people if people is None else people
    assert count is not None  # noqa: S101 - the right promise always says how many
    product = right.total if each is None else each * count
    return Promise(per_person=each, pay_within=pay_within, people=count, total=total or product)


def figures(promise: Promise) -> dict[str, int]:
    """The figures of a restated promise, as two people approve them."""
    assert promise.people is not None  # noqa: S101 - see restated
    assert promise.total is not None  # noqa: S101 - see restated
    each = promise.per_person
    return {
        "people": promise.people,
        **({} if each is None else {"per_person_minor": each.amount_minor}),
        "total_minor": promise.total.amount_minor,
    }


def sum_of(groups: pl.DataFrame) -> int:
    """What the people of *groups* are owed together, in minor units."""
    return int((groups["people"] * groups["amount_minor"]).sum())


def class_numbers(known: Mapping[int, Money], tariff: Tariff) -> dict[int, Money]:
    """The amounts by class: those *known* from earlier rounds, else the tariff's.

    The log's first entry names the classes, once for ever; an amount that only a later round
    brings is of the class of awards with an amount of their own.
    """
    return dict(known) if known else dict(enumerate(tariff.amounts))


def refuse_other_currency(awarded: Iterable[str], tariff: Tariff) -> None:
    """Refuse a tariff in another currency than earlier awards.

    Raises:
        TariffError: the currencies differ.
    """
    others = sorted(set(awarded) - {tariff.currency})
    if others:
        raise TariffError(
            said(
                "the tariff is in {currency}, and people were awarded in {other} before; a case "
                "has one currency",
                currency=tariff.currency,
                other=", ".join(others),
            )
        )


def with_classes(groups: pl.DataFrame, numbers: Mapping[int, Money]) -> pl.DataFrame:
    """*groups* with the ``class`` of their amount; an amount that has none is its award's own."""
    class_of = {money.amount_minor: number for number, money in numbers.items()}
    classes = [class_of.get(amount, OWN) for amount in groups["amount_minor"]]
    return groups.with_columns(pl.Series("class", classes, pl.Int16))


def with_amounts(people: pl.DataFrame, groups: pl.DataFrame, *, before: int) -> pl.DataFrame:
    """*people* with the class and the amount of their group.

    ``groups`` are numbered from 1 in their order; ``before``: how many earlier rounds had, from
    where the numbers go on.
    """
    place = people["group_no"] - 1
    return people.with_columns(
        groups["class"].gather(place),
        groups["amount_minor"].gather(place),
        pl.col("group_no") + before,
    )


def groups_table(groups: pl.DataFrame, *, round_no: int, before: int) -> pl.DataFrame:
    """Groups of a round: the columns of awards.person_group."""
    return groups.select(
        pl.col("group_no") + before,
        pl.lit(round_no).alias("round_no"),
        *("categories", "jurisdictions", "age", "tranche", "scenario", "class", "amount_minor"),
        "people",
    )


def _needed(tariff: Tariff, people: int, needed: Money | None) -> Money:
    """What everybody is owed together."""
    if needed is not None:
        return needed
    assert tariff.one_amount is not None  # noqa: S101 - who has another tariff gives the sum
    return tariff.one_amount * people


def _each(tariff: Tariff, people: int, needed: Money | None) -> Money | None:
    """What each is owed, where that is the same for all."""
    each = tariff.one_amount
    if each is None or (needed is not None and needed != each * people):
        return None
    return each


def permutation(randomness: bytes) -> npt.NDArray[np.int64]:
    """A random order of as many things as *randomness* has groups of 16 bytes.

    Each thing gets 128 random bits and they are sorted by them: every order is equally likely, and
    nobody who does not know the bits can tell it from another.
    """
    keys = np.frombuffer(randomness, dtype="<u8").reshape(-1, 2)
    order = np.argsort(keys[:, 0]).astype(np.int64)
    first = keys[order, 0]
    if (first[1:] == first[:-1]).any():  # one case in millions: the other half has to decide
        return np.lexsort((keys[:, 1], keys[:, 0])).astype(np.int64)
    return order


def randomness_bytes(count: int) -> int:
    """How many random bytes :func:`permutation` takes for *count* things."""
    return count * _KEY_BYTES


def people_digest(person_ids: Iterable[str]) -> str:
    """SHA-256 over the sorted ids, one a line: says exactly whom an approval is for."""
    series = pl.Series("person_id", person_ids, pl.String).sort()
    digest = hashlib.sha256()
    for part in pl.DataFrame(series).iter_slices(SLICE):
        digest.update(part.write_csv(include_header=False).encode())
    return digest.hexdigest()


def awards_table(
    people: pl.DataFrame, *, currency: str, first_index: int, awarded_at: datetime
) -> pl.DataFrame:
    """Awards for *people* in their order: the columns of awards.award.

    ``people``: person_id, class, amount_minor, tranche, group_no.
    """
    indexes = pl.int_range(first_index, first_index + people.height, dtype=pl.Int64)
    return people.select(
        indexes.alias("award_index"),
        "person_id",
        pl.col("class").cast(pl.Int16),
        pl.col("amount_minor").cast(pl.Int64),
        pl.lit(currency).alias("currency"),
        "tranche",
        pl.lit(awarded_at, pl.Datetime("us", "UTC")).alias("awarded_at"),
        pl.col("group_no").cast(pl.Int32),
    )


def round_subject(round_no: int, awards_sha256: str) -> str:
    """What the transfers of a round are about: the round, and the digest of all its awards."""
    return f"round:{round_no} sha256:{awards_sha256}"


def transfers_of(
    groups: pl.DataFrame,
    *,
    round_no: int,
    before: int,
    currency: str,
    awards_sha256: str,
    awarded_at: datetime,
) -> list[Transfer]:
    """One transfer for each group of a round: what its people are owed together.

    The subject carries the digest of the round's awards, so that the chain of the books covers
    every one of them.
    """
    return [
        Transfer(
            transfer_id=f"awards:{round_no}:{group_no + before}",
            debit=COMPENSATION,
            credit=OWED,
            amount_minor=people * amount,
            currency=currency,
            reason=AWARD,
            subject=round_subject(round_no, awards_sha256),
            occurred_at=awarded_at,
        )
        for group_no, people, amount in groups.select(
            "group_no", "people", "amount_minor"
        ).iter_rows()
    ]


def _multiplication(promise: Promise) -> list[Finding]:
    """People × per_person, as promised, against the total as promised."""
    if promise.people is None or promise.total is None or promise.per_person is None:
        return _one_currency(promise)
    right = promise.per_person * promise.people
    if right == promise.total:
        return []
    return [
        Finding(
            kind=FindingKind.PRODUCT,
            message=said(
                "people × per_person: {people:,} × {each} = {right}, and the promise says total "
                "{total}",
                people=promise.people,
                each=promise.per_person.display(),
                right=right.display(),
                total=promise.total.display(),
            ),
        ),
        *_one_currency(promise),
    ]


def _one_currency(promise: Promise) -> list[Finding]:
    """Total and amount per person are in one currency."""
    if promise.total is None or promise.per_person is None:
        return []
    if promise.total.currency == promise.per_person.currency:
        return []
    return [
        Finding(
            kind=FindingKind.CURRENCY,
            message=said(
                "total is in {total} and per_person in {each}; right is one currency, the tariff's",
                total=promise.total.currency,
                each=promise.per_person.currency,
            ),
        )
    ]


def _currency(promise: Promise, currency: str) -> list[Finding]:
    """The promise is in the currency of the tariff."""
    other = {
        money.currency
        for money in (promise.per_person, promise.total)
        if money is not None and money.currency != currency
    }
    if not other or _one_currency(promise):
        return []
    return [
        Finding(
            kind=FindingKind.CURRENCY,
            message=said(
                "the promise is in {promised} and the tariff in {currency}; right is {currency}",
                promised=", ".join(sorted(other)),
                currency=currency,
            ),
        )
    ]


def _people(promise: Promise, people: int) -> list[Finding]:
    if promise.people is None or promise.people == people:
        return []
    return [
        Finding(
            kind=FindingKind.PEOPLE,
            message=said(
                "people: {promised:,} are promised, {people:,} have an award or get one",
                promised=promise.people,
                people=people,
            ),
        )
    ]


def _per_person(promise: Promise, each: Money | None) -> list[Finding]:
    """``each``: None where people get different amounts."""
    if promise.per_person is None or promise.per_person == each:
        return []
    promised = promise.per_person.display()
    if each is None:
        message = said(
            "per_person: {promised} is promised to everybody, and people are owed different "
            "amounts; promise a total",
            promised=promised,
        )
    else:
        message = said(
            "per_person: {promised} is promised, the tariff gives {each}",
            promised=promised,
            each=each.display(),
        )
    return [Finding(kind=FindingKind.PER_PERSON, message=message)]


def _total(promise: Promise, needed: Money, people: int) -> list[Finding]:
    if promise.total is None or promise.total == needed:
        return []
    return [
        Finding(
            kind=FindingKind.TOTAL,
            message=said(
                "total: {promised} is promised, the tariff's sum for {people:,} people is {needed}",
                promised=promise.total.display(),
                people=people,
                needed=needed.display(),
            ),
        )
    ]
