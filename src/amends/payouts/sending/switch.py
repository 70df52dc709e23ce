"""The switch of paying: whoever sees something wrong halts it at once; two people let it go on.

While it is halted nothing leaves: no chunk is begun, and a command that is sending stops within a
second, wherever it runs. Questions about what was sent go on: they move no money. A stop is a halt
after which what was handed over is taken back, where it can be (`after_payment.stopping`); a halt
can become one, by one person too.
"""

from dataclasses import dataclass
from datetime import datetime

import psycopg

from amends.governance.service import audit_in, require_approval
from amends.kernel.saying import Said, joined, said
from amends.payouts.model import HaltedError
from amends.payouts.sending import switch_store
from amends.store.connection import Connection
from amends.vault.opened import OpenCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """That payments are halted: since when, by whom, why. ``switch_no`` names it.

    ``withdraws``: what was handed over is taken back, where it can be.
    """

    switch_no: int
    since: datetime
    by: str
    reason: str
    withdraws: bool = False

    def told(self) -> Said:
        """The same in a sentence."""
        if self.withdraws:
            return said(
                "payments are stopped since {since:%Y-%m-%d %H:%M} UTC by {by}, and what was "
                "handed over is taken back where it can be: {reason}",
                since=self.since,
                by=self.by,
                reason=self.reason,
            )
        return said(
            "payments are halted since {since:%Y-%m-%d %H:%M} UTC by {by}: {reason}",
            since=self.since,
            by=self.by,
            reason=self.reason,
        )


def halted_in(connection: Connection) -> Halt | None:
    """Why payments are halted; None while they go out."""
    found = switch_store.newest(connection)
    if found is None or not found.halted:
        return None
    return Halt(
        switch_no=found.switch_no,
        since=found.occurred_at,
        by=found.entered_by,
        reason=found.reason,
        withdraws=found.withdraws,
    )


def halted(opened: OpenCase) -> Halt | None:
    """Why payments are halted; None while they go out."""
    with opened.database.reading() as connection:
        return halted_in(connection)


def require_running(opened: OpenCase, *taken_back: Said) -> None:
    """Refuse to go on while payments are halted; *taken_back*: what a stop has come to.

    Raises:
        HaltedError: who halted them, when and why, and how they go on.
    """
    found = halted(opened)
    if found is not None:
        told = said(
            "{halted}; `amends resume CASE` lets them go on (two people)", halted=found.told()
        )
        raise HaltedError(joined((told, *taken_back)))


def halt(opened: OpenCase, reason: str, *, withdraws: bool = False) -> Halt:
    """Halt payments now; whoever halted them before is told.

    *withdraws*: stop them; what was handed over is to be taken back.

    Raises:
        HaltedError: no reason is given.
    """
    if not reason.strip():
        raise HaltedError(said("say in a few words why: --reason"))
    while True:
        try:
            with opened.database.unit_of_work() as connection:
                switch_store.turn(
                    connection,
                    halted=True,
                    withdraws=withdraws,
                    reason=reason,
                    by=opened.by,
                    now=opened.clock.now(),
                )
                action = "payments stopped" if withdraws else "payments halted"
                audit_in(connection, opened, opened.by, action, {"reason": reason})
        except psycopg.errors.CheckViolation as error:
            if error.diag.constraint_name != switch_store.TURNED:
                raise
        found = halted(opened)
        if found is not None:  # else somebody let them go on in this moment
            return found


def resume(opened: OpenCase) -> bool:
    """Let payments go on; False where they are not halted, or somebody else let them.

    Raises:
        WaitingForApprovalError: two people have to sign, also where somebody stopped meanwhile.
    """
    while (found := halted(opened)) is not None:
        proposal = require_approval(
            opened,
            "resume",
            {"switch": found.switch_no, "reason": found.reason, "halted_by": found.by},
        )
        try:
            with opened.database.unit_of_work() as connection:
                switch_store.turn(
                    connection,
                    halted=False,
                    reason=found.reason,
                    by=opened.by,
                    now=opened.clock.now(),
                    proposal=proposal,
                )
                on = {"switch": found.switch_no}
                audit_in(connection, opened, opened.by, "payments go on", on)
        except psycopg.errors.CheckViolation:
            if halted(opened) == found:
                raise
        else:
            return True
    return False
