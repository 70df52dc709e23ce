"""Which rails carry nothing at present: the provider said so, or gives no usable answer.

Whoever sends writes it down, for all commands and on any machine: a forecast counts nothing on such
a rail, until somebody has an answer of it again.
"""

from dataclasses import dataclass
from datetime import datetime

from amends.governance.model import SYSTEM
from amends.governance.service import audit_in
from amends.kernel.saying import Said, said
from amends.payouts.planning import stopped_store
from amends.store.connection import Connection
from amends.vault.opened import OpenCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A rail that carries nothing: since when, by which word of the provider.

    ``silent``: it gives no usable answer; else it said that nothing of ours passes.
    """

    rail: str
    silent: bool
    code: str
    since: datetime

    def told(self) -> Said:
        """The same in a sentence."""
        if self.silent:
            return said(
                "{rail} gives no usable answer since {since:%Y-%m-%d %H:%M} UTC ({code} at last): "
                "until it does, it carries nobody",
                rail=self.rail,
                since=self.since,
                code=self.code,
            )
        return said(
            "{rail} takes no payment of ours since {since:%Y-%m-%d %H:%M} UTC ({code}): until it "
            "does, it carries nobody",
            rail=self.rail,
            since=self.since,
            code=self.code,
        )


def stopped_in(connection: Connection) -> tuple[Stopped, ...]:
    """The rails that carry nothing, by name."""
    return tuple(
        Stopped(rail=rail, silent=silent, code=code, since=since)
        for rail, silent, code, since in stopped_store.not_working(connection)
    )


def note_stopped(opened: OpenCase, rail: str, *, silent: bool, code: str) -> None:
    """Write down that a rail carries nothing; once, whoever finds it out."""
    _turn(opened, rail, works=False, silent=silent, code=code)


def note_works(opened: OpenCase, rail: str) -> None:
    """Write down that it carries payments again."""
    _turn(opened, rail, works=True, silent=False, code="")


def note_answers(opened: OpenCase, rail: str) -> None:
    """Write down that a rail which was silent answers again; of any other nothing is new."""
    with opened.database.reading() as connection:
        silent = any(one.silent and one.rail == rail for one in stopped_in(connection))
    if silent:
        note_works(opened, rail)


def _turn(opened: OpenCase, rail: str, *, works: bool, silent: bool, code: str) -> None:
    now = opened.clock.now()
    with opened.database.unit_of_work() as connection:
        if stopped_store.turn(connection, rail, works=works, silent=silent, code=code, now=now):
            action = "rail works again" if works else "rail stopped"
            audit_in(connection, opened, SYSTEM, action, {"rail": rail, "code": code})
