"""What is granted to people on top of the tariff: how it becomes part of what they are owed. Pure.

Few people have a grant. Whoever has one is put into a group of their own for the first award;
whoever has an award already gets it by a correction.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from amends.awards.correcting import Present, Reason, Wanted
from amends.kernel.money import Money
from amends.kernel.saying import said


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What was granted and no award holds yet; ``grant_no`` is the number of the claim.

    ``person_id``: whose it is by now. ``affected``: by the newest determination. ``awarded``:
    whether the person ever had an award. ``standing``: their awards of which something is owed.
    """

    grant_no: int
    person_id: str
    amount_minor: int
    affected: bool
    awarded: bool
    standing: tuple[int, ...]

    @property
    def with_first_award(self) -> bool:
        """Whether the person gets a first award, of which this is part."""
        return self.affected and not self.awarded

    @property
    def by_correction(self) -> bool:
        """Whether the one award of the person is to be raised."""
        return len(self.standing) == 1


def digest(grants: Iterable[Grant]) -> str:
    """SHA-256 over number, person and amount of each, by number: what an approval is for."""
    lines = (
        f"{one.grant_no} {one.person_id} {one.amount_minor}\n"
        for one in sorted(grants, key=lambda one: one.grant_no)
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def on_top(
    people: pl.DataFrame, groups: pl.DataFrame, grants: Sequence[Grant]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """*people* and their assessed *groups*, those with grants in groups of their own.

    People who are owed the same together stay together, and groups are numbered anew from 1.
    """
    told = pl.DataFrame(
        [(one.person_id, one.amount_minor) for one in grants],
        schema={"person_id": pl.String, "granted": pl.Int64},
        orient="row",
    )
    sums = told.group_by("person_id").agg(pl.col("granted").sum())
    key = ["group_no", "granted"]
    beside = people.join(sums, on="person_id", how="left", maintain_order="left").with_columns(
        pl.col("granted").fill_null(0)
    )
    apart = (
        beside.group_by(key)
        .agg(pl.len().cast(pl.Int64).alias("people"))
        .sort(key)
        .with_row_index("number", offset=1)
        .with_columns(pl.col("number").cast(pl.Int32))
    )
    numbered = beside.join(
        apart.select("number", *key), on=key, how="left", maintain_order="left"
    ).select("person_id", "tranche", pl.col("number").alias("group_no"))
    told_of = apart.join(
        groups.drop("people"), on="group_no", how="left", maintain_order="left"
    ).with_columns(pl.col("amount_minor") + pl.col("granted"))
    return numbered, told_of.select(pl.col("number").alias("group_no"), *groups.columns[1:])


def raises(
    grants: Iterable[Grant], present: Mapping[int, Present], currency: str
) -> tuple[list[Wanted], dict[int, list[int]]]:
    """The corrections that raise awards by *grants*, and the grants that each award then holds.

    *grants*: of people with one award that stands; *present*: these awards.
    """
    held: dict[int, list[int]] = {}
    sums: dict[int, int] = {}
    for one in grants:
        (index,) = one.standing
        held.setdefault(index, []).append(one.grant_no)
        sums[index] = sums.get(index, 0) + one.amount_minor
    wanted = [
        Wanted(
            award_index=index,
            amount=Money(amount_minor=present[index].amount_minor + more, currency=currency),
            reason=Reason.AGREED,
            because=said("granted: claim {claims}", claims=", ".join(map(str, held[index]))),
        )
        for index, more in sorted(sums.items())
    ]
    return wanted, held
