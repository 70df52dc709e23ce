"""Lists as files, narrowed as they are shown; each leaves as it leaves at the console."""

from typing import Annotated

from msgspec import Meta, Struct

from amends.access.model import Right
from amends.claims.model import State as ClaimState
from amends.claims.model import Wanted as WantedClaims
from amends.evidence.model import Role
from amends.governance.shown import Wanted as WantedProposals
from amends.inbox.model import Kind
from amends.kernel.saying import said
from amends.payees.model import Situation
from amends.payouts.showing.listed import Order
from amends.payouts.showing.shown import Wanted as WantedPayments
from amends.web import leaving
from amends.web.api import money
from amends.web.api.calls import Desk
from amends.web.api.leaving import Report, report
from amends.web.api.operations import does
from amends.web.listings import paying, records
from amends.web.listings import people as of_people
from amends.web.listings.model import Listing

_Word = Annotated[str, Meta(max_length=64)]
_Words = Annotated[str, Meta(max_length=100)]
_Run = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class PaymentsFile(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which payments leave as a file, narrowed and sorted as their list is."""

    state: money.PaymentState = ""
    rail: _Word = ""
    reason: _Word = ""
    sort: money.PaymentSort = ""


class ExceptionsFile(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which exceptions of reconciliation leave as a file."""

    kind: _Word = ""
    rail: _Word = ""
    cleared: bool = False


class StatementsFile(Struct, kw_only=True, forbid_unknown_fields=True):
    """Whose statements leave as a file: of a rail, or of all."""

    rail: _Word = ""


class ClaimsFile(Struct, kw_only=True, forbid_unknown_fields=True):
    """Claims of which state leave as a file."""

    state: Annotated[str, Meta(pattern="^(waiting|granted|awarded|refused)?$")] = ""


class PeopleFile(Struct, kw_only=True, forbid_unknown_fields=True):
    """People of which state leave as a file, by id."""

    state: Situation


class MessagesFile(Struct, kw_only=True, forbid_unknown_fields=True):
    """Messages of which kind leave as a list, unopened."""

    kind: Annotated[str, Meta(pattern="^(loss|scam)?$")] = ""


class PrintRunsFile(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which print runs leave as a file, by what the trail calls them."""

    what: _Word = ""


class DifferencesFile(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which determinations are held against each other, and which change counts."""

    before: _Run
    after: _Run
    change: _Word = ""


class ProposalsFile(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which proposals leave as a file."""

    state: Annotated[str, Meta(pattern="^(waiting|approved)?$")] = ""
    kind: _Word = ""


class TablesFile(Struct, kw_only=True, forbid_unknown_fields=True):
    """Tables in custody of which role leave as a list."""

    role: Annotated[str, Meta(pattern="^(evidence|registry|people)?$")] = ""


class StageRunsFile(Struct, kw_only=True, forbid_unknown_fields=True):
    """Runs of which stage leave as a file."""

    stage: _Word = ""


class AuditFile(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which entries of the trail leave as a file, narrowed as their list is."""

    action: _Words = ""
    actor: _Words = ""
    text: _Words = ""


@does("/payments/files", Right.EXPORT, secret=True)
def payments(desk: Desk, given: PaymentsFile) -> Report:
    """The list of payments as CSV; entered in the register of exports."""
    order = Order(given.sort) if given.sort else Order.AWARD
    wanted = WantedPayments(state=given.state, rail=given.rail, reason=given.reason, order=order)
    return _file(desk, paying.payments(desk.opened, wanted))


@does("/exceptions/files", Right.EXPORT, secret=True)
def exceptions(desk: Desk, given: ExceptionsFile) -> Report:
    """Exceptions of reconciliation as CSV; entered in the register of exports."""
    found = paying.exceptions(desk.opened, kind=given.kind, rail=given.rail, cleared=given.cleared)
    return _file(desk, found)


@does("/statements/files", Right.EXPORT, secret=True)
def statements(desk: Desk, given: StatementsFile) -> Report:
    """The list of statements in hand as CSV; entered in the register of exports."""
    return _file(desk, paying.statements(desk.opened, rail=given.rail))


@does("/claims/files", Right.EXPORT, secret=True)
def claims(desk: Desk, given: ClaimsFile) -> Report:
    """Claims of later losses as CSV; entered in the register of exports."""
    wanted = WantedClaims(state=ClaimState(given.state) if given.state else None)
    return _file(desk, of_people.claims(desk.opened, wanted))


@does("/people/files", Right.EXPORT, secret=True)
def people(desk: Desk, given: PeopleFile) -> Report:
    """People in a state as CSV, by id; entered in the register of exports."""
    return _file(desk, of_people.people(desk.opened, given.state))


@does("/inbox/files", Right.EXPORT, secret=True)
def messages(desk: Desk, given: MessagesFile) -> Report:
    """The list of messages as CSV, unopened; entered in the register of exports."""
    return _file(desk, of_people.messages(desk.opened, Kind(given.kind) if given.kind else None))


@does("/scams/marks/files", Right.EXPORT, secret=True)
def marks(desk: Desk) -> Report:
    """How often numbers were reported as CSV, by mark; entered in the register of exports."""
    return _file(desk, of_people.marks(desk.opened))


@does("/notices/files", Right.EXPORT, secret=True)
def untold(desk: Desk) -> Report:
    """Who has to be told of a correction as CSV; entered in the register of exports."""
    return _file(desk, of_people.untold(desk.opened))


@does("/print-runs/files", Right.EXPORT, secret=True)
def print_runs(desk: Desk, given: PrintRunsFile) -> Report:
    """What was written to people as CSV, run by run; entered in the register of exports."""
    return _file(desk, records.print_runs(desk.opened, what=given.what))


@does("/runs/files", Right.EXPORT, secret=True)
def runs(desk: Desk) -> Report:
    """Determinations as CSV; entered in the register of exports."""
    return _file(desk, records.runs(desk.opened))


@does("/runs/difference/files", Right.EXPORT, secret=True)
def differences(desk: Desk, given: DifferencesFile) -> Report:
    """People whose determination changed as CSV; entered in the register of exports."""
    found = of_people.differences(desk.opened, given.before, given.after, change=given.change)
    return _file(desk, found)


@does("/proposals/files", Right.EXPORT, secret=True)
def proposals(desk: Desk, given: ProposalsFile) -> Report:
    """What people sign as CSV; entered in the register of exports."""
    approved = given.state == "approved" if given.state else None
    wanted = WantedProposals(approved=approved, kind=given.kind)
    return _file(desk, records.proposals(desk.opened, wanted))


@does("/evidence/files", Right.EXPORT, secret=True)
def tables(desk: Desk, given: TablesFile) -> Report:
    """The list of tables in custody as CSV; entered in the register of exports."""
    return _file(desk, records.tables(desk.opened, Role(given.role) if given.role else None))


@does("/stages/runs/files", Right.EXPORT, secret=True)
def stage_runs(desk: Desk, given: StageRunsFile) -> Report:
    """Runs of stages as CSV; entered in the register of exports."""
    return _file(desk, records.stage_runs(desk.opened, stage=given.stage))


@does("/audit/files", Right.EXPORT, secret=True)
def audit(desk: Desk, given: AuditFile) -> Report:
    """The audit trail as CSV; entered in the register of exports."""
    return _file(
        desk,
        records.audit(desk.opened, action=given.action, actor=given.actor, text=given.text),
    )


def _file(desk: Desk, listing: Listing) -> Report:
    purpose = str(said("list of the interface"))
    return report(leaving.listed(desk.opened, listing, purpose=purpose))
