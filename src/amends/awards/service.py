"""What the rest of Amends does with awards: make them, and say what was awarded to whom and why.

Kept true: a person is awarded once (a constraint of the table), nobody who has an award loses it,
the order of the indexes is drawn by lot once and stored, and nothing is asked for or written while
a figure of promise or funding is wrong.
"""

import os
from dataclasses import replace

import polars as pl

from amends.awards import assessing, grants_store, promised, rules, store
from amends.awards.adding import Digest, everybody_new, fund_transfer, proposed, rows
from amends.awards.grouping import counted
from amends.awards.model import (
    Adding,
    AwardReason,
    Standing,
)
from amends.funding import service as funding
from amends.governance.assessment import require_assessment
from amends.governance.model import SYSTEM, Purpose
from amends.governance.service import audit_in, proposal_sha256, require_approval
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.summary import StageSummary
from amends.kernel.tariff import Tariff
from amends.kernel.tarifffile import tariff_from_text
from amends.ledger.service import post
from amends.linkage.service import facts
from amends.vault.opened import OpenCase


def award(opened: OpenCase) -> StageSummary:
    """Give every determined person who has none an award by the tariff, in random order.

    Raises:
        StageOrderError: nothing is determined yet.
        PromiseError: promise or funding does not hold.
        TariffError: the tariff does not say what somebody is owed.
        AssessmentError: the case needs an impact assessment of the automated decision.
        WaitingForApprovalError: two people have to approve the exact awards.
    """
    standing, awarded = promised.standing_and_awarded(opened)
    if standing.new == 0:
        promised.refuse(promised.findings(opened, standing, awarded))
        return _summary(opened, standing, owed=awarded, added=0)
    adding = everybody_new(opened)
    added = Money(amount_minor=adding.total_minor, currency=awarded.currency)
    promised.refuse(promised.findings(opened, standing, awarded + added))
    unassessed = require_assessment(opened, Purpose.AWARD, lambda: facts(opened))
    proposal = proposed(opened, adding, _funding(opened))
    require_approval(opened, "award", proposal)
    _record(opened, adding, proposal_sha256(opened, "award", proposal))
    summary = _summary(opened, standing, owed=awarded + added, added=adding.people.height)
    return replace(summary, notes=(*summary.notes, *unassessed))


def groups(opened: OpenCase, tariff: Tariff) -> pl.DataFrame:
    """Everybody who is determined, in the groups that *tariff* can tell apart.

    ``group_no``, ``categories``, ``jurisdictions``, ``age``, ``tranche``, ``people``: what
    :func:`amends.awards.assessing.assess_groups` takes. Nothing is touched.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    with opened.database.reading() as connection:
        promised.require_standing(connection)
    return counted(opened, tariff, only_new=False)


def classes(opened: OpenCase) -> dict[int, Money]:
    """The amount of each class: as awarded, and before the first award as the tariff says."""
    with opened.database.reading() as connection:
        return store.classes(connection) or assessing.classes(opened.case.file.tariff)


def award_reason(opened: OpenCase, person_id: str) -> AwardReason | None:
    """By which tariff, group and approval a person has an award; None where there is none.

    None as well for awards from before tariffs were kept.
    """
    with opened.database.reading() as connection:
        row = store.reason(connection, person_id)
    if row is None:
        return None
    return AwardReason(
        award_index=int(str(row["award_index"])),
        round_no=int(str(row["round_no"])),
        tariff=tariff_from_text(str(row["content"])),
        group=assessing.group_of(row),
        scenario=str(row["scenario"]),
        amount=Money(amount_minor=int(str(row["amount_minor"])), currency=str(row["currency"])),
        proposal_sha256=str(row["proposal_sha256"]),
    )


def made(opened: OpenCase) -> tuple[int, int, Money]:
    """Rounds so far, their awards, and what these were of when they were made."""
    with opened.database.reading() as connection:
        rounds, people, total_minor = store.made(connection)
    return rounds, people, Money(amount_minor=total_minor, currency=opened.case.file.currency)


def owed_to(opened: OpenCase, person_id: str) -> tuple[int, Money] | None:
    """The award that a person has, and what is owed of it as corrected; None where nothing is."""
    with opened.database.reading() as connection:
        return store.owed_to(connection, person_id)


def kept_awards(opened: OpenCase) -> StageSummary:
    """What a new determination means for those who were awarded before it: nothing is taken away.

    It names no count where everybody who has an award is determined still.
    """
    with opened.database.reading() as connection:
        if not store.rounds(connection):
            return StageSummary(counts={})
        determined, awarded, both, _ = store.counts(connection)
    gone = awarded - both
    if not gone or not determined:
        return StageSummary(counts={})
    return StageSummary(
        counts={"awarded_and_not_found": gone},
        notes=(
            said(
                "{gone:,} awards are of people whom this determination does not find, or finds to "
                "be one with somebody: they keep their awards, and nothing is taken back",
                gone=gone,
            ),
        ),
    )


def _record(opened: OpenCase, adding: Adding, proposal: str) -> None:
    """Number the people by lot, and write awards, round and books in one transaction."""
    tariff, people = opened.case.file.tariff, adding.people
    now, currency = opened.clock.now(), tariff.currency
    there = _funding(opened).amount_minor  # nothing else reads while the awards are locked
    opened.progress.start("award", people.height)
    with opened.database.unit_of_work() as connection:
        round_no, first_index, funded = store.newest_round(connection)
        before = store.groups_before(connection)
        order = rules.permutation(os.urandom(rules.randomness_bytes(people.height)))
        awards = rules.awards_table(
            rules.with_amounts(people, adding.groups, before=before)[order],
            currency=currency,
            first_index=first_index,
            awarded_at=now,
        )
        digest = Digest()
        store.insert_awards(connection, rows(opened, awards, digest))
        if adding.grants:
            grants_store.hold_from_first(connection, adding.grants)
        known = store.classes(connection)
        store.add_classes(
            connection, {no: one for no, one in adding.classes.items() if no not in known}
        )
        store.insert_round(
            connection,
            {
                "round_no": round_no + 1,
                "first_index": first_index,
                "people": people.height,
                "total_minor": adding.total_minor,
                "currency": currency,
                "funding_minor": max(funded, there),
                "people_sha256": adding.digest,
                "awarded_at": now,
                "tariff_no": store.adopt_tariff(connection, tariff, now),
                "proposal_sha256": proposal,
                "awards_sha256": digest.sha256,
            },
        )
        store.insert_groups(
            connection, rules.groups_table(adding.groups, round_no=round_no + 1, before=before)
        )
        if there > funded and not funding.evidenced(connection):
            fund = Money(amount_minor=there - funded, currency=currency)
            post(connection, [fund_transfer(round_no + 1, fund, now)])
        post(
            connection,
            rules.transfers_of(
                adding.groups,
                round_no=round_no + 1,
                before=before,
                currency=currency,
                awards_sha256=digest.sha256,
                awarded_at=now,
            ),
        )
        total = Money(amount_minor=adding.total_minor, currency=currency)
        funding.earmark_in(connection, opened, round_no + 1, total)
        details = {"round": round_no + 1, "people": people.height}
        audit_in(connection, opened, SYSTEM, "awarded", details)


def _funding(opened: OpenCase) -> Money:
    """The funding, which the promise check has found to be there."""
    there = funding.backing(opened)
    assert there is not None  # noqa: S101 - check_promise refuses a case without funding
    return there


def _summary(opened: OpenCase, before: Standing, *, owed: Money, added: int) -> StageSummary:
    """What the stage did, and what stands now: *owed* to all, *added* awards among them."""
    notes = []
    if added == 0:
        notes.append(said("nobody new to award; what was awarded stands"))
    if before.no_longer_determined:
        notes.append(
            said(
                "{people:,} people are no longer determined; they keep their award",
                people=before.no_longer_determined,
            )
        )
    if before.annulled:
        notes.append(
            said(
                "{people:,} people are determined and their award is annulled; `amends correct "
                "CASE` says what to do",
                people=before.annulled,
            )
        )
    if before.waiting:
        notes.append(
            said(
                "{people:,} people wait for a clerical decision and hold nobody up",
                people=before.waiting,
            )
        )
    notes.append(
        said(
            "owed: {total} to {people:,} people",
            total=owed.display(),
            people=before.awarded + added,
        )
    )
    return StageSummary(
        counts={
            "people_determined": before.determined,
            "awards": before.awarded + added,
            "awards_new": added,
            "no_longer_determined": before.no_longer_determined,
            "people_waiting": before.waiting,
            "owed_minor": owed.amount_minor,
        },
        notes=(*notes, *promised.alarm(opened, before.awarded + added)),
    )
