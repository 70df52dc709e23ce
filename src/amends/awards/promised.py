"""The promise in force: what it comes to, whether it holds and is funded, how it is restated.

A promise that was restated is in force in place of case.toml's, for the alarm as for everything.
"""

from amends.awards import assessing, grants_store, rules, store
from amends.awards.grouping import counted
from amends.awards.model import (
    Finding,
    FindingKind,
    NothingToRestateError,
    PromiseError,
    Standing,
    TariffError,
)
from amends.funding import service as funding
from amends.funding.model import Level, Position
from amends.governance.model import SYSTEM
from amends.governance.service import audit_in, require_approval
from amends.kernel.case import CaseFile, Promise
from amends.kernel.errors import StageOrderError
from amends.kernel.money import Money
from amends.kernel.saying import Said, said
from amends.store.connection import Connection
from amends.vault.opened import OpenCase


def in_force(opened: OpenCase) -> Promise:
    """The promise as last restated, else as case.toml says."""
    with opened.database.reading() as connection:
        return in_force_in(connection, opened.case.file)


def in_force_in(connection: Connection, file: CaseFile) -> Promise:
    """The same inside a transaction of the caller's."""
    restated = store.newest_restatement(connection)
    if restated is None:
        return file.promise
    _, people, per_person, total = restated
    within = file.promise.pay_within
    return Promise(per_person=per_person, pay_within=within, people=people, total=total)


def promised_minor_in(connection: Connection, file: CaseFile, entitled: int | None = None) -> int:
    """What the promise in force comes to in the currency of the case, as far as it says.

    A promise of an amount per person without a number of people counts for those who have an award
    or get one now: *entitled*, or as many as are counted. A promise that contradicts itself counts
    as the most that people may read in it.
    """
    promise = in_force_in(connection, file)
    readings = [promise.total]
    if promise.per_person is not None:
        people = entitled if promise.people is None else promise.people
        readings.append(promise.per_person * (_entitled(connection) if people is None else people))
    ours = [one for one in readings if one is not None and one.currency == file.currency]
    return max((one.amount_minor for one in ours), default=0)


def funds(opened: OpenCase, entitled: int | None = None) -> Position:
    """Funds, and obligations by the promise in force; a change of the level is kept and audited.

    *entitled*: how many have an award or get one now, where that is known.
    """
    with opened.database.reading() as connection:
        minor = promised_minor_in(connection, opened.case.file, entitled)
    return funding.watch(opened, promised_minor=minor)


def alarm(opened: OpenCase, entitled: int | None = None) -> tuple[Said, ...]:
    """A line for the summary of a stage where the funds are not ample; *entitled* as above."""
    level = funds(opened, entitled).level
    return () if level is Level.AMPLE else (funding.told(level),)


def check_promise(opened: OpenCase) -> None:
    """Refuse when promise or funding does not hold for the people who are owed an award.

    Raises:
        StageOrderError: nothing is determined yet.
        PromiseError: naming everything that fails.
    """
    refuse(findings_of(opened))


def findings_of(opened: OpenCase) -> list[Finding]:
    """Everything about promise and funding that does not hold; nothing when all does.

    Raises:
        StageOrderError: nothing is determined yet.
        TariffError: the tariff does not say what somebody is owed.
    """
    return findings(opened, *standing_and_owed(opened))


def findings(opened: OpenCase, standing: Standing, needed: Money) -> list[Finding]:
    """What does not hold, when people are owed *needed* together."""
    found = rules.check_promise(
        in_force(opened), tariff=opened.case.file.tariff, people=standing.owed, needed=needed
    )
    return found + unfunded(opened, needed)


def unfunded(opened: OpenCase, needed: Money) -> list[Finding]:
    """What keeps *needed* from being promised; nothing if the money is there, and counts."""
    found = funding.findings(opened, needed)
    return [Finding(kind=FindingKind.FUNDING, message=one.message) for one in found]


def refuse(findings: list[Finding]) -> None:
    """Refuse if anything was found."""
    if findings:
        raise PromiseError(findings)


def promise_findings_in(connection: Connection, file: CaseFile) -> list[Finding] | None:
    """What of the promise does not hold for who is determined; of funding, ask the room of funding.

    None where it cannot be told from counts: nothing is determined yet, or people who are new are
    owed different amounts.
    """
    found, each = standing_in(connection), file.tariff.one_amount
    try:
        rules.refuse_other_currency(store.currencies(connection), file.tariff)
    except TariffError as wrong:
        return [Finding(kind=FindingKind.CURRENCY, message=wrong.message)]
    if found is None or (each is None and found.new):
        return None
    return rules.check_promise(
        in_force_in(connection, file),
        tariff=file.tariff,
        people=found.owed,
        needed=owed_in(connection, file, found),
    )


def adds_up(promise: Promise) -> list[Finding]:
    """What is wrong with a promise by itself, whatever was determined."""
    return rules.adds_up(promise)


def standing_and_owed(opened: OpenCase) -> tuple[Standing, Money]:
    """How many people there are, and what those with an award and the new ones are owed."""
    tariff = opened.case.file.tariff
    standing, awarded = standing_and_awarded(opened)
    if standing.new == 0:
        added = 0
    elif tariff.one_amount is not None:
        added = tariff.one_amount.amount_minor * standing.new
    else:
        groups = assessing.assess_groups(tariff, counted(opened, tariff))
        added = rules.sum_of(groups)
    with opened.database.reading() as connection:
        added += granted_minor_in(connection)
    return standing, awarded + Money(amount_minor=added, currency=tariff.currency)


def owed_in(connection: Connection, file: CaseFile, standing: Standing) -> Money:
    """What those with an award are owed and those without would be at most."""
    there = store.total_minor(connection) + granted_minor_in(connection)
    return Money(amount_minor=there, currency=file.currency) + file.tariff.most * standing.new


def granted_minor_in(connection: Connection) -> int:
    """What was granted, on top of the tariff, to people who get an award now."""
    waiting = grants_store.waiting(connection)
    return sum(one.amount_minor for one in waiting if one.with_first_award)


def granted_beside_minor_in(connection: Connection) -> int:
    """What else was granted and no award holds yet: it is to be added to awards that are there."""
    waiting = grants_store.waiting(connection)
    return sum(one.amount_minor for one in waiting if not one.with_first_award)


def standing_and_awarded(opened: OpenCase) -> tuple[Standing, Money]:
    """How many people there are, and what those with an award are owed.

    Raises:
        StageOrderError: nothing is determined yet.
        TariffError: the tariff is in another currency than their awards.
    """
    tariff = opened.case.file.tariff
    with opened.database.reading() as connection:
        rules.refuse_other_currency(store.currencies(connection), tariff)
        awarded = Money(amount_minor=store.total_minor(connection), currency=tariff.currency)
        return require_standing(connection), awarded


def require_standing(connection: Connection) -> Standing:
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


def right_promise(opened: OpenCase) -> Promise:
    """The promise with the figures that are right.

    Raises:
        StageOrderError: nothing is determined yet.
    """
    standing, needed = standing_and_owed(opened)
    return rules.right_promise(
        in_force(opened),
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
    right, before = right_promise(opened), in_force(opened)
    restated = rules.restated(
        right, people=people, per_person=per_person, total=total, pay_within=before.pay_within
    )
    if findings := rules.adds_up(restated):
        raise PromiseError(findings)
    if not restated.people or restated.total is None or restated.total.amount_minor <= 0:
        raise NothingToRestateError(
            said("a promise is made to at least one person, of more than zero")
        )
    if restated != before:
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
    funds(opened)


def _entitled(connection: Connection) -> int:
    """Everybody who has an award or gets one now."""
    determined, awarded, both, annulled = store.counts(connection)
    return awarded + determined - both - annulled
