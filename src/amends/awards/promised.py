"""The promise in force, what it comes to, and whether the funds reach it.

A promise that was restated is in force in place of case.toml's, for the alarm as for everything.
"""

from amends.awards import store
from amends.funding import service as funding
from amends.funding.model import Level, Position
from amends.kernel.case import Promise
from amends.kernel.saying import Said
from amends.store.connection import Connection
from amends.vault.opened import OpenCase


def in_force(opened: OpenCase) -> Promise:
    """The promise as last restated, else as case.toml says."""
    with opened.database.reading() as connection:
        return _in_force(opened, connection)


def promised_minor(opened: OpenCase) -> int:
    """What the promise in force comes to in the currency of the case, as far as it says.

    A promise of an amount per person without a number of people counts for those who have an award
    or get one now.
    """
    with opened.database.reading() as connection:
        promise = _in_force(opened, connection)
        total = promise.total
        if total is None and promise.per_person is not None:
            people = promise.people
            total = promise.per_person * (_owed(connection) if people is None else people)
    if total is None or total.currency != opened.case.file.currency:
        return 0
    return total.amount_minor


def funds(opened: OpenCase) -> Position:
    """Funds, and obligations by the promise in force; a change of the level is kept and audited."""
    return funding.watch(opened, promised_minor=promised_minor(opened))


def alarm(opened: OpenCase) -> tuple[Said, ...]:
    """A line for the summary of a stage where the funds are not ample."""
    level = funds(opened).level
    return () if level is Level.AMPLE else (funding.told(level),)


def _in_force(opened: OpenCase, connection: Connection) -> Promise:
    first = opened.case.file.promise
    restated = store.newest_restatement(connection)
    if restated is None:
        return first
    _, people, per_person, total = restated
    return Promise(per_person=per_person, pay_within=first.pay_within, people=people, total=total)


def _owed(connection: Connection) -> int:
    """Everybody who has an award or gets one now."""
    determined, awarded, both, annulled = store.counts(connection)
    return awarded + determined - both - annulled
