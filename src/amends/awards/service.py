"""What the rest of Amends does with awards: check the promise, restate it, award.

Kept true: a person is awarded once (a constraint of the table), nobody who has an award loses it,
the order of the indexes is drawn by lot once and stored, and nothing is asked for or written while
a figure of promise or funding is wrong.
"""

import os
from dataclasses import replace

import polars as pl

from amends.awards import assessing, promised, rules, store
from amends.awards.adding import Digest, everybody_new, fund_transfer, proposed, rows
from amends.awards.grouping import counted
from amends.awards.model import (
    Adding,
    AwardReason,
    Finding,
    FindingKind,
    NothingToRestateError,
    PromiseError,
    Standing,
)
from amends.funding import service as funding
from amends.governance.assessment import require_assessment
from amends.governance.model import SYSTEM, Purpose
from amends.governance.service import audit_in, proposal_sha256, require_approval
from amends.kernel.case import CaseFile, Promise
from amends.kernel.errors import StageOrderError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.summary import StageSummary
from amends.kernel.tariff import Tariff
from amends.kernel.tarifffile import tariff_from_text
from amends.ledger.service import post
from amends.linkage.service import facts
from amends.store.connection import Connection
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
    standing, awarded = _awarded(opened)
    if standing.new == 0:
        _refuse(_findings(opened, standing, awarded))
        return _summary(opened, standing, added=0)
    adding = everybody_new(opened)
    added = Money(amount_minor=adding.total_minor, currency=awarded.currency)
    _refuse(_findings(opened, standing, awarded + added))
    unassessed = require_assessment(opened, Purpose.AWARD, lambda: facts(opened))
    proposal = proposed(opened, adding, _funding(opened))
    require_approval(opened, "award", proposal)
    _record(opened, adding, proposal_sha256(opened, "award", proposal))
    summary = _summary(opened, standing, added=adding.people.height)
    return replace(summary, notes=(*summary.notes, *unassessed))


def check_promise(opened: OpenCase) -> None:
    """Refuse when promise or funding does not hold for the people who are owed an award.

    Raises:
        StageOrderError: nothing is determined yet.
        PromiseError: naming everything that fails.
    """
    _refuse(findings_of(opened))


def findings_of(opened: OpenCase) -> list[Finding]:
    """Everything about promise and funding that does not hold; nothing when all does.

    Raises:
        StageOrderError: nothing is determined yet.
        TariffError: the tariff does not say what somebody is owed.
    """
    return _findings(opened, *_owed(opened))


def _refuse(findings: list[Finding]) -> None:
    """Refuse if anything was found."""
    if findings:
        raise PromiseError(findings)


def _findings(opened: OpenCase, standing: Standing, needed: Money) -> list[Finding]:
    """What does not hold, when people are owed *needed* together."""
    found = rules.check_promise(
        promise(opened),
        tariff=opened.case.file.tariff,
        funding=funding.backing(opened),
        people=standing.owed,
        needed=needed,
    )
    unproved = funding.unproved(opened, needed)
    return found + [Finding(kind=FindingKind.FUNDING, message=one.message) for one in unproved]


def _owed(opened: OpenCase) -> tuple[Standing, Money]:
    """How many people there are, and what those with an award and the new ones are owed."""
    tariff = opened.case.file.tariff
    standing, awarded = _awarded(opened)
    if standing.new == 0:
        added = 0
    elif tariff.one_amount is not None:
        added = tariff.one_amount.amount_minor * standing.new
    else:
        groups = assessing.assess_groups(tariff, counted(opened, tariff))
        added = rules.sum_of(groups)
    return standing, awarded + Money(amount_minor=added, currency=tariff.currency)


def _awarded(opened: OpenCase) -> tuple[Standing, Money]:
    """How many people there are, and what those with an award are owed.

    Raises:
        StageOrderError: nothing is determined yet.
        TariffError: the tariff is in another currency than their awards.
    """
    tariff = opened.case.file.tariff
    with opened.database.reading() as connection:
        rules.refuse_other_currency(store.currencies(connection), tariff)
        awarded = Money(amount_minor=store.total_minor(connection), currency=tariff.currency)
        return _standing(connection), awarded


def promise_findings_in(connection: Connection, file: CaseFile) -> list[Finding] | None:
    """What of the promise does not hold for who is determined; of funding, ask the room of funding.

    None where it cannot be told from counts: nothing is determined yet, or people who are new are
    owed different amounts.
    """
    found, each = standing_in(connection), file.tariff.one_amount
    if found is None or (each is None and found.new):
        return None
    needed = owed_in(connection, file, found)
    told = rules.check_promise(
        promised.in_force_in(connection, file),
        tariff=file.tariff,
        funding=needed,
        people=found.owed,
        needed=needed,
    )
    return [one for one in told if one.kind is not FindingKind.FUNDING]


def owed_in(connection: Connection, file: CaseFile, standing: Standing) -> Money:
    """What those with an award are owed and those without would be at most."""
    awarded = Money(amount_minor=store.total_minor(connection), currency=file.currency)
    return awarded + file.tariff.most * standing.new


def groups(opened: OpenCase, tariff: Tariff) -> pl.DataFrame:
    """Everybody who is determined, in the groups that *tariff* can tell apart.

    ``group_no``, ``categories``, ``jurisdictions``, ``age``, ``tranche``, ``people``: what
    :func:`amends.awards.assessing.assess_groups` takes. Nothing is touched.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    with opened.database.reading() as connection:
        _standing(connection)
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


def kept_awards(opened: OpenCase) -> StageSummary:
    """What a new determination means for those who were awarded before it: nothing is taken away.

    It names no count where everybody who has an award is determined still.
    """
    with opened.database.reading() as connection:
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


def promise(opened: OpenCase) -> Promise:
    """The promise in force: as last restated, else as case.toml says."""
    return promised.in_force(opened)


def right_promise(opened: OpenCase) -> Promise:
    """The promise with the figures that are right.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    standing, needed = _owed(opened)
    return rules.right_promise(
        promise(opened),
        tariff=opened.case.file.tariff,
        people=standing.owed,
        needed=needed,
    )


def restate_promise(
    opened: OpenCase,
    *,
    people: int | None = None,
    per_person: Money | None = None,
    total: Money | None = None,
) -> Promise:
    """Change the promise, by two people; a figure that is not given is the one that is right.

    Restating what is in force changes nothing and asks nobody.

    Returns:
        The promise that is in force from now on.

    Raises:
        StageOrderError: nothing is determined yet.
        NothingToRestateError: nobody would be promised anything.
        PromiseError: the figures do not multiply.
        WaitingForApprovalError: two people have to approve it.
    """
    right, in_force = right_promise(opened), promise(opened)
    restated = rules.restated(
        right, people=people, per_person=per_person, total=total, pay_within=in_force.pay_within
    )
    if findings := rules.adds_up(restated):
        raise PromiseError(findings)
    if not restated.people or restated.total is None or restated.total.amount_minor <= 0:
        raise NothingToRestateError(
            said("a promise is made to at least one person, of more than zero")
        )
    if restated != in_force:
        _approve_and_keep(opened, restated)
    return restated


def _approve_and_keep(opened: OpenCase, restated: Promise) -> None:
    """Ask for the approval of a restatement, and record it."""
    with opened.database.reading() as connection:
        newest = store.newest_restatement(connection)
    figures = {"restatement_no": 1 if newest is None else newest[0] + 1, **rules.figures(restated)}
    currency = {"currency": opened.case.file.currency}
    require_approval(opened, "promise", {"case": opened.case.file.id, **figures, **currency})
    with opened.database.unit_of_work() as connection:
        store.insert_restatement(
            connection,
            {"per_person_minor": None, **figures, **currency, "restated_at": opened.clock.now()},
        )
        audit_in(connection, opened, SYSTEM, "promise restated", figures)
    promised.funds(opened)


def _record(opened: OpenCase, adding: Adding, proposal: str) -> None:
    """Number the people by lot, and write awards, round and books in one transaction."""
    tariff, people = opened.case.file.tariff, adding.people
    now, currency = opened.clock.now(), tariff.currency
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
        there = _funding(opened).amount_minor
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


def _standing(connection: Connection) -> Standing:
    """How many people there are of each kind.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    found = standing_in(connection)
    if found is None:
        raise StageOrderError(said("nobody is determined yet; run `amends determine CASE` first"))
    return found


def standing_in(connection: Connection) -> Standing | None:
    """How many people there are of each kind; None while nothing is determined."""
    waiting = store.people_waiting(connection)
    if waiting is None:
        return None
    determined, awarded, both, annulled = store.counts(connection)
    return Standing(
        determined=determined,
        awarded=awarded,
        new=determined - both - annulled,
        no_longer_determined=awarded - both,
        annulled=annulled,
        waiting=waiting,
    )


def _summary(opened: OpenCase, before: Standing, *, added: int) -> StageSummary:
    """What the stage did, and what stands now."""
    with opened.database.reading() as connection:
        owed_minor = store.total_minor(connection)
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
    total = Money(amount_minor=owed_minor, currency=opened.case.file.currency)
    notes.append(
        said(
            "owed: {total} to {people:,} people",
            total=total.display(),
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
            "owed_minor": owed_minor,
        },
        notes=(*notes, *promised.alarm(opened)),
    )
