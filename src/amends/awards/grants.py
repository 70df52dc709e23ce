"""What is granted on top of the tariff, from the decision to the award that holds it.

Kept true: one award holds a grant, once and for ever (a constraint), and from the transaction on
that makes or corrects that award. Nothing is granted that the money does not cover.
"""

from collections.abc import Mapping
from datetime import datetime

from amends.awards import corrections, grants_store
from amends.awards.corrections import HeldOf
from amends.awards.corrections_store import present
from amends.awards.granting import raises
from amends.awards.promised import granted_beside_minor_in, refuse, right_promise, unfunded
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.summary import StageSummary
from amends.store.connection import Connection
from amends.vault.opened import OpenCase


def grant_in(
    connection: Connection,
    granted: Mapping[int, tuple[str, int]],
    *,
    currency: str,
    now: datetime,
) -> None:
    """Record grants, with the decision on them: person and amount (minor units) by claim."""
    grants_store.insert_granted(connection, granted, currency=currency, now=now)


def refuse_unfunded(opened: OpenCase, more: Money) -> None:
    """Refuse to grant *more* than there is money for, beside all that is owed and granted.

    Raises:
        StageOrderError: nothing is determined yet.
        PromiseError: the money does not cover it.
    """
    right = right_promise(opened)
    if right.total is None or more.amount_minor <= 0:
        return
    with opened.database.reading() as connection:
        beside = granted_beside_minor_in(connection)
    there = Money(amount_minor=beside, currency=more.currency)
    refuse(unfunded(opened, right.total + there + more))


def award_granted(opened: OpenCase, held_of: HeldOf) -> StageSummary:
    """Raise awards by what was granted to their people since; two people approve the exact list.

    Whoever has no award yet gets it with the first one, at `amends award`.

    Raises:
        CorrectionError: payments or corrections came in between.
        PromiseError: the money does not cover what would be owed.
        WaitingForApprovalError: two people have to approve the exact list.
    """
    with opened.database.reading() as connection:
        found = grants_store.waiting(connection)
        chosen = [one for one in found if one.by_correction]
        standing = present(connection, [one.standing[0] for one in chosen])
    wanted, held = raises(chosen, standing, opened.case.file.currency)

    def hold(connection: Connection, numbers: Mapping[int, int]) -> None:
        grants_store.hold(
            connection,
            (
                (number, index, numbers[index])
                for index, claims in held.items()
                for number in claims
            ),
        )

    summary = corrections.correct(opened, wanted, held_of, hold)
    first = sum(one.with_first_award for one in found)
    left = len(found) - len(chosen) - first
    notes = [*summary.notes]
    if first:
        notes.append(
            said(
                "{claims:,} granted claims are of people without an award; they get both at "
                "`amends award CASE`",
                claims=first,
            )
        )
    if left:
        notes.append(
            said(
                "{claims:,} granted claims wait: their people have several awards (`amends "
                "correct CASE --merged`), or none that stands",
                claims=left,
            )
        )
    return StageSummary(
        counts={"claims_awarded": len(chosen), "claims_left": first + left, **summary.counts},
        notes=tuple(notes),
    )
