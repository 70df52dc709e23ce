"""The promise in force, what it comes to, and whether the funds reach it.

A promise that was restated is in force in place of case.toml's, for the alarm as for everything.
"""

from amends.awards import store
from amends.funding import service as funding
from amends.funding.model import Level, Position
from amends.kernel.case import CaseFile, Promise
from amends.kernel.saying import Said
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


def promised_minor_in(connection: Connection, file: CaseFile) -> int:
    """What the promise in force comes to in the currency of the case, as far as it says.

    A promise of an amount per person without a number of people counts for those who have an award
    or get one now.
    """
    promise = in_force_in(connection, file)
    total = promise.total
    if total is None and promise.per_person is not None:
        people = promise.people
        total = promise.per_person * (_owed(connection) if people is None else people)
    if total is None or total.currency != file.currency:
        return 0
    return total.amount_minor


def funds(opened: OpenCase) -> Position:
    """Funds, and obligations by the promise in force; a change of the level is kept and audited."""
    with opened.database.reading() as connection:
        minor = promised_minor_in(connection, opened.case.file)
    return funding.watch(opened, promised_minor=minor)


def alarm(opened: OpenCase) -> tuple[Said, ...]:
    """A line for the summary of a stage where the funds are not ample."""
    level = funds(opened).level
    return () if level is Level.AMPLE else (funding.told(level),)


def _owed(connection: Connection) -> int:
    """Everybody who has an award or gets one now."""
    determined, awarded, both, annulled = store.counts(connection)
    return awarded + determined - both - annulled
