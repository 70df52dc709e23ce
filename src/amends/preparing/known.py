"""Reads what the database of a case tells of it: who, how much, which gates are passed.

A database that is up is only read. One that is not is left alone, unless somebody asks for it to be
started.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from amends.awards import promised
from amends.awards.model import Finding as PromiseFinding
from amends.awards.model import Standing as People
from amends.funding import service as funding
from amends.funding.model import Finding as FundingFinding
from amends.funding.model import Position
from amends.governance import assessment
from amends.governance import service as governance
from amends.governance.assessment import Standing as Assessed
from amends.governance.model import Facts, Pending, Purpose
from amends.kernel.case import Case, CaseFile, Promise
from amends.kernel.money import Money
from amends.linkage.service import facts_in
from amends.payouts.sending.switch import Halt, halted_in
from amends.preparing import store
from amends.roster.releasing import silent_in
from amends.store.connection import Connection
from amends.store.service import open_database
from amends.store.standing import Absent, standing_database

SIGNED = ("award", "publish", "pay")
"""Stages that two people approve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the database of a case tells. ``people`` and what needs it: None before `determine`.

    ``needed``: what everybody who has or gets an award is owed at most. ``wrong_promise``: None
    where only `amends promise` can tell. ``newest``: the newest proposal of each kind.
    ``unpublished``, ``without_notice``: awards that are not in the log, and that have no notice.
    ``sent``, ``unsent``: given to a provider, and payable and not given to one.
    ``silent``: witnesses for whom the awards in the log wait, where they are too few.
    ``halted``: why nothing leaves, where somebody halted payments.
    ``claims_waiting``, ``claims_granted``: not decided, and granted and not awarded yet.
    """

    promise: Promise
    people: People | None
    owed: Money
    needed: Money | None
    wrong_promise: tuple[PromiseFinding, ...] | None
    position: Position
    releasable: Money
    wrong_funding: tuple[FundingFinding, ...]
    assessed: Mapping[Purpose, Assessed]
    newest: Mapping[str, Pending]
    operators: int
    unpublished: int
    without_notice: int
    sent: int
    unsent: int
    silent: tuple[str, ...]
    halted: Halt | None
    claims_waiting: int
    claims_granted: int

    @property
    def determined(self) -> int:
        """How many people are affected."""
        return self.people.determined if self.people else 0

    @property
    def awards(self) -> int:
        """How many people have an award."""
        return self.people.awarded if self.people else 0

    @property
    def everybody_awarded(self) -> bool:
        """Whether nobody new waits for an award."""
        return self.awards > 0 and self.people is not None and self.people.new == 0


def known(case: Case, *, start: bool) -> Known | Absent:
    """What the case's database tells, or why it tells nothing. *start*: start one that is down.

    Raises:
        AmendsError: it was to be started, and does not come up, or belongs to another case.
    """
    with standing_database(case) as found:
        if not isinstance(found, Absent):
            return _read(found, case.file)
    if found is Absent.UNMADE or not start:
        return found
    with open_database(case) as database, database.reading() as connection:
        return _read(connection, case.file)


def _read(connection: Connection, file: CaseFile) -> Known:
    people = promised.standing_in(connection)
    needed = None if people is None else promised.owed_in(connection, file, people)
    minor = promised.promised_minor_in(connection, file)
    position = funding.position_in(connection, file, promised_minor=minor)
    obligations = Money(amount_minor=position.obligations_minor, currency=file.currency)
    wrong_promise = promised.promise_findings_in(connection, file)
    granted = promised.granted_beside_minor_in(connection)
    beside = Money(amount_minor=granted, currency=file.currency)
    waiting, unawarded = store.claims_open(connection)
    facts = facts_in(connection) or Facts(determination=0, people=0, categories={})
    proposals = ((kind, governance.newest_in(connection, kind, file.governance)) for kind in SIGNED)
    return Known(
        promise=promised.in_force_in(connection, file),
        people=people,
        owed=Money(amount_minor=position.awarded_minor, currency=file.currency),
        needed=needed,
        wrong_promise=None if wrong_promise is None else tuple(wrong_promise),
        position=position,
        releasable=funding.releasable(position),
        wrong_funding=tuple(
            funding.findings_in(connection, file, (needed or obligations) + beside)
        ),
        assessed={one.purpose: one for one in assessment.standing_in(connection, file, facts)},
        newest={kind: one for kind, one in proposals if one is not None},
        operators=len(governance.operators_in(connection)),
        unpublished=store.unpublished(connection),
        without_notice=store.without_notice(connection),
        sent=store.sent(connection),
        unsent=store.unsent(connection),
        silent=silent_in(connection, file),
        halted=halted_in(connection),
        claims_waiting=waiting,
        claims_granted=unawarded,
    )
