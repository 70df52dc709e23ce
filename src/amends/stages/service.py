"""Operators ask for stages here; the console's process runs none of them.

Kept true: one run of a case is asked for or under way at a time; what owes, publishes, writes to
people or pays is asked for with a second factor bound to this one run; who asked stands in the
audit trail and is who is at work in the stage, so they sign nothing of what it proposes.
"""

import hashlib
from typing import TYPE_CHECKING

import psycopg

from amends.access import factors
from amends.access.model import DevelopmentProof, Factor, Proof, Session, Site
from amends.access.service import proof_of
from amends.governance.service import audit_in
from amends.journey import STAGES
from amends.kernel.saying import said
from amends.stages import store
from amends.stages.model import WITH_FACTOR, Ask, AskError, AskState
from amends.store.connection import Connection
from amends.store.service import is_stage_locked
from amends.vault.opened import OpenCase

if TYPE_CHECKING:
    from amends.governance.model import JSON

RUNNER = "runner"
"""The name of the lock that a runner holds."""


def digest(opened: OpenCase, stage: str) -> str:
    """What a second factor for the next run of a stage is bound to."""
    with opened.database.reading() as connection:
        number = store.count(connection)
    text = f"amends/stages/v1\0{opened.case.file.id}\0{stage}\0{number}"
    return hashlib.sha256(text.encode()).hexdigest()


def ask(opened: OpenCase, site: Site, standing: Session, stage: str, proof: str) -> int:
    """Ask for a stage; the number of the run. *proof*: a second factor, where one is needed.

    Raises:
        AskError: there is no such stage, or another run has not ended.
        SignInError: the second factor does not hold.
    """
    if stage not in {one.name for one in STAGES}:
        raise AskError(said("there is no stage {stage}", stage=stage[:40]))
    found = now(opened)
    if found is not None:
        raise _busy(found.stage)
    numbers: list[int] = []

    def keep(connection: Connection, factor: Factor | None) -> None:
        number = store.add(connection, stage, standing.operator, factor)
        about: dict[str, JSON] = {"run": number, "stage": stage}
        audit_in(connection, opened, standing.operator, "stage asked for", about)
        numbers.append(number)

    try:
        if stage in WITH_FACTOR:
            shown = _proof(site, proof)
            factors.shown_factor(opened, site, standing, digest(opened, stage), shown, keep=keep)
        else:
            with opened.database.unit_of_work() as connection:
                keep(connection, None)
    except psycopg.errors.UniqueViolation:
        raise _busy(stage) from None
    return numbers[0]


def withdraw(opened: OpenCase, ask_no: int, *, by: str) -> None:
    """Take back a run that waits.

    Raises:
        AskError: it does not wait, or not any longer.
    """
    with opened.database.unit_of_work() as connection:
        done = store.withdraw(connection, ask_no)
        if done:
            audit_in(connection, opened, by, "stage withdrawn", {"run": ask_no})
    if not done:
        raise AskError(said("run {number} does not wait any longer", number=ask_no))


def now(opened: OpenCase) -> Ask | None:
    """The run that waits or is under way."""
    with opened.database.reading() as connection:
        return store.standing(connection)


def asks(opened: OpenCase, *, stage: str = "", before: int | None = None, most: int) -> list[Ask]:
    """Runs that were asked for, newest first."""
    with opened.database.reading() as connection:
        return store.asks(connection, stage=stage, before=before, most=most)


def is_runner_there(opened: OpenCase) -> bool:
    """Whether a process takes what is asked for."""
    return is_stage_locked(opened.database, RUNNER)


def waits_in_vain(opened: OpenCase, found: Ask | None) -> bool:
    """Whether a run waits or is called running, and no process is there."""
    return (
        found is not None
        and found.state in {AskState.WAITING, AskState.RUNNING}
        and not is_runner_there(opened)
    )


def _proof(site: Site, text: str) -> Proof:
    return DevelopmentProof() if site.development and not text else proof_of(text)


def _busy(stage: str) -> AskError:
    return AskError(
        said("{stage} is asked for already: wait until it has ended, or withdraw it", stage=stage)
    )
