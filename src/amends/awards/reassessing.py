"""What a newer determination gives people who have an award already: raises, never less.

A later tranche may show that more leaked of somebody than was known. The tariff is asked again,
with all that is determined now; whoever it gives more is proposed a raise by the difference, which
two people approve like any correction. Whoever it gives less keeps the award.
"""

from dataclasses import dataclass

import polars as pl

from amends.awards import assessing, corrections_store
from amends.awards.correcting import Reason, Wanted
from amends.awards.grouping import grouped
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.vault.opened import OpenCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassessed:
    """Raises that the newest determination asks for, in the order of awards.

    ``less``: how many the tariff gives less now, and who keep what they have; ``left``: how many it
    gives more, but people decided on the amount before, so that people have to look again.
    """

    wanted: tuple[Wanted, ...]
    less: int
    left: int


def reassessed(opened: OpenCase) -> Reassessed:
    """What the tariff gives people with an award by what is determined now.

    What was granted on top of the tariff stays on top.

    Raises:
        TariffError: the tariff does not say what somebody is owed.
    """
    with opened.database.reading() as connection:
        standing = corrections_store.standing_amounts(connection)
    if standing.is_empty():
        return Reassessed(wanted=(), less=0, left=0)
    tariff = opened.case.file.tariff
    people, groups = grouped(opened, tariff, only_new=False)
    by_group = assessing.assess_groups(tariff, groups).select(
        "group_no", pl.col("amount_minor").alias("by_tariff")
    )
    told = people.select("person_id", "group_no").join(by_group, on="group_no")
    found = standing.join(told, on="person_id").with_columns(
        (pl.col("by_tariff") + pl.col("granted")).alias("right")
    )
    more, less = (
        found.filter(compared)
        for compared in (pl.col("right") > pl.col("amount"), pl.col("right") < pl.col("amount"))
    )
    raised = more.filter(~pl.col("decided")).sort("award_index")
    return Reassessed(
        wanted=tuple(
            Wanted(
                award_index=index,
                amount=Money(amount_minor=amount, currency=opened.case.file.currency),
                reason=Reason.AMOUNT_WRONG,
                because=said("by the newest determination more leaked than was known"),
            )
            for index, amount in raised.select("award_index", "right").iter_rows()
        ),
        less=less.height,
        left=more.height - raised.height,
    )
