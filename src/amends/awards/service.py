"""What the rest of Amends does with awards: check the promise, restate it, award.

Kept true: a person is awarded once (a constraint of the table), nobody who has an award loses it,
the order of the indexes is drawn by lot once and stored, and nothing is asked for or written while
a figure of promise or funding is wrong.
"""

import os
from datetime import datetime

import polars as pl

from amends.awards import rules, store
from amends.awards.model import Finding, NothingToRestateError, PromiseError, Standing
from amends.governance.model import SYSTEM
from amends.governance.service import audit_in, require_approval
from amends.kernel.case import Promise
from amends.kernel.errors import StageOrderError
from amends.kernel.money import Money
from amends.kernel.summary import StageSummary
from amends.ledger.model import BANK, COMPENSATION, FUNDS, OWED, Transfer
from amends.ledger.service import post, post_table
from amends.store.connection import Connection
from amends.vault.opened import OpenCase


def award(opened: OpenCase) -> StageSummary:
    """Give every determined person who has none an award, in random order.

    Raises:
        StageOrderError: nothing is determined yet.
        PromiseError: promise or funding does not hold.
        WaitingForApprovalError: two people have to approve the exact awards.
    """
    check_promise(opened)
    with opened.database.reading() as connection:
        people = store.new_people(connection)
        standing = _standing(connection)
        round_no, next_index, _ = store.newest_round(connection)
    if people.is_empty():
        return _summary(opened, standing, added=0)
    amount = rules.amount_per_person(opened.case.file.tariff)
    digest = rules.people_digest(people["person_id"])
    require_approval(
        opened,
        "award",
        {
            "case": opened.case.file.id,
            "round": round_no + 1,
            "first_index": next_index,
            "people": people.height,
            "people_sha256": digest,
            "per_person_minor": amount.amount_minor,
            "total_minor": amount.amount_minor * people.height,
            "currency": amount.currency,
            "funding_minor": _funding(opened).amount_minor,
        },
    )
    _record(opened, people, digest)
    return _summary(opened, standing, added=people.height)


def check_promise(opened: OpenCase) -> None:
    """Refuse when promise or funding does not hold for the people who are owed an award.

    Raises:
        StageOrderError: nothing is determined yet.
        PromiseError: naming everything that fails.
    """
    findings = findings_of(opened)
    if findings:
        raise PromiseError(findings)


def findings_of(opened: OpenCase) -> list[Finding]:
    """Everything about promise and funding that does not hold; nothing when all does.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    with opened.database.reading() as connection:
        standing = _standing(connection)
        in_force = _promise(opened, connection)
    return rules.check_promise(
        in_force,
        tariff=opened.case.file.tariff,
        funding=opened.case.file.funding,
        people=standing.owed,
    )


def kept_awards(opened: OpenCase) -> StageSummary:
    """What a new determination means for those who were awarded before it: nothing is taken away.

    It names no count where everybody who has an award is determined still.
    """
    with opened.database.reading() as connection:
        determined, awarded, both = store.counts(connection)
    gone = awarded - both
    if not gone or not determined:
        return StageSummary(counts={})
    return StageSummary(
        counts={"awarded_and_not_found": gone},
        notes=(
            f"{gone:,} 份已作出的赔偿决定，其本人在本次认定中未再单独出现：决定照旧，不收回",
            (
                f"{gone:,} awards are of people whom this determination does not find, or finds to "
                "be one with somebody: they keep their awards, and nothing is taken back"
            ),
        ),
    )


def promise(opened: OpenCase) -> Promise:
    """The promise in force: as last restated, else as case.toml says."""
    with opened.database.reading() as connection:
        return _promise(opened, connection)


def right_promise(opened: OpenCase) -> Promise:
    """The promise with the figures that are right.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    with opened.database.reading() as connection:
        people = _standing(connection).owed
        in_force = _promise(opened, connection)
    return rules.right_promise(in_force, tariff=opened.case.file.tariff, people=people)


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
    each = per_person or right.per_person
    count = right.people if people is None else people
    assert count is not None  # noqa: S101 - the right promise always says how many
    restated = Promise(
        per_person=each, pay_within=in_force.pay_within, people=count, total=total or each * count
    )
    if findings := rules.adds_up(restated):
        raise PromiseError(findings)
    if count == 0 or each.amount_minor <= 0:
        raise NothingToRestateError("a promise is made to at least one person, of more than zero")
    if restated != in_force:
        _approve_and_keep(opened, restated)
    return restated


def _approve_and_keep(opened: OpenCase, restated: Promise) -> None:
    """Ask for the approval of a restatement, and record it."""
    assert restated.people is not None  # noqa: S101 - see restate_promise
    with opened.database.reading() as connection:
        newest = store.newest_restatement(connection)
    figures: dict[str, int] = {
        "people": restated.people,
        "per_person_minor": restated.per_person.amount_minor,
        "total_minor": restated.per_person.amount_minor * restated.people,
    }
    numbered = {"restatement_no": 1 if newest is None else newest[0] + 1, **figures}
    currency = {"currency": restated.per_person.currency}
    require_approval(opened, "promise", {"case": opened.case.file.id, **numbered, **currency})
    with opened.database.unit_of_work() as connection:
        store.insert_restatement(
            connection, {**numbered, **currency, "restated_at": opened.clock.now()}
        )
        audit_in(connection, opened, SYSTEM, "promise restated", numbered)


def _record(opened: OpenCase, people: pl.DataFrame, digest: str) -> None:
    """Number the people by lot, and write awards, round and books in one transaction."""
    amount, now = rules.amount_per_person(opened.case.file.tariff), opened.clock.now()
    opened.progress.start("award", people.height)
    with opened.database.unit_of_work() as connection:
        round_no, first_index, funded = store.newest_round(connection)
        order = rules.permutation(os.urandom(rules.randomness_bytes(people.height)))
        awards = rules.awards_table(
            people[order], amount=amount, first_index=first_index, awarded_at=now
        )
        store.insert_awards(connection, awards)
        funding = max(funded, _funding(opened).amount_minor)
        store.insert_round(
            connection,
            {
                "round_no": round_no + 1,
                "first_index": first_index,
                "people": people.height,
                "total_minor": amount.amount_minor * people.height,
                "currency": amount.currency,
                "funding_minor": funding,
                "people_sha256": digest,
                "awarded_at": now,
            },
        )
        if funding > funded:
            fund = Money(amount_minor=funding - funded, currency=amount.currency)
            post(connection, [_fund_transfer(round_no + 1, fund, now)])
        for part in rules.transfers_of(awards, debit=COMPENSATION, credit=OWED):
            post_table(connection, part.to_arrow())
            opened.progress.advance(part.height)
        details = {"round": round_no + 1, "people": people.height}
        audit_in(connection, opened, SYSTEM, "awarded", details)


def _fund_transfer(round_no: int, fund: Money, now: datetime) -> Transfer:
    """The company's money for the case, or what was added to it since the last round."""
    return Transfer(
        transfer_id=f"fund:{round_no}",
        debit=BANK,
        credit=FUNDS,
        amount_minor=fund.amount_minor,
        currency=fund.currency,
        reason="fund",
        subject=f"round:{round_no}",
        occurred_at=now,
    )


def _funding(opened: OpenCase) -> Money:
    """The funding, which the promise check has found to be there."""
    funding = opened.case.file.funding
    assert funding is not None  # noqa: S101 - check_promise refuses a case without funding
    return funding


def _promise(opened: OpenCase, connection: Connection) -> Promise:
    """The promise in force."""
    first = opened.case.file.promise
    restated = store.newest_restatement(connection)
    if restated is None:
        return first
    _, people, per_person, total = restated
    return Promise(per_person=per_person, pay_within=first.pay_within, people=people, total=total)


def _standing(connection: Connection) -> Standing:
    """How many people there are of each kind."""
    waiting = store.people_waiting(connection)
    if waiting is None:
        raise StageOrderError("nobody is determined yet; run `amends determine CASE` first")
    determined, awarded, both = store.counts(connection)
    return Standing(
        determined=determined,
        awarded=awarded,
        new=determined - both,
        no_longer_determined=awarded - both,
        waiting=waiting,
    )


def _summary(opened: OpenCase, before: Standing, *, added: int) -> StageSummary:
    """What the stage did, and what stands now."""
    amount = rules.amount_per_person(opened.case.file.tariff)
    with opened.database.reading() as connection:
        owed_minor = store.total_minor(connection)
    notes = []
    if added == 0:
        notes.append("nobody new to award; what was awarded stands")
    if before.no_longer_determined:
        notes.append(
            f"{before.no_longer_determined:,} people are no longer determined; they keep their "
            "award"
        )
    if before.waiting:
        notes.append(f"{before.waiting:,} people wait for a clerical decision and hold nobody up")
    total = Money(amount_minor=owed_minor, currency=amount.currency)
    notes.append(f"owed: {total.display()} to {before.awarded + added:,} people")
    return StageSummary(
        counts={
            "people_determined": before.determined,
            "awards": before.awarded + added,
            "awards_new": added,
            "no_longer_determined": before.no_longer_determined,
            "people_waiting": before.waiting,
            "owed_minor": owed_minor,
        },
        notes=tuple(notes),
    )
