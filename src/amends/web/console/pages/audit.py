"""The audit trail: pages by filter, its chain verified on demand, as a file for who may export."""

from amends.access.model import Right
from amends.governance import service as governance
from amends.governance import shown
from amends.governance.actions import TRAIL, action_told
from amends.governance.model import AuditEntry
from amends.kernel.saying import said
from amends.ledger import service as ledger
from amends.web.console import lists
from amends.web.console.desk import ROWS, Desk
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Button,
    Column,
    Elsewhere,
    Facts,
    Field,
    Form,
    Table,
    View,
    code,
    long,
)
from amends.web.listings import records
from amends.web.listings.model import Listing


def show(desk: Desk) -> View:
    """Entries, newest first."""
    entries = _entries(desk, ROWS + 1)
    number, head = governance.audit_head(desk.opened)
    more = len(entries) > ROWS
    entries = entries[:ROWS]
    return View(
        title=desk.say(said("Audit trail")),
        parts=[
            Facts(
                title=desk.say(said("The chain")),
                rows=[
                    (desk.say(said("Entries")), number),
                    (desk.say(said("Newest hash; keep it elsewhere")), code(head)),
                ],
            ),
            Form(
                title=desk.say(said("Verify")),
                text=desk.say(said("Every entry of the trail and every transfer of the books.")),
                action="/audit/verify",
                fields=(),
                buttons=(Button(label=desk.say(said("Verify now")), tone="plain"),),
            ),
            lists.filters(
                desk,
                Field(
                    name="action",
                    label=desk.say(said("Action")),
                    value=desk.word("action"),
                    choices=_actions(desk),
                ),
                Field(name="actor", label=desk.say(said("Who")), value=desk.word("actor")),
                Field(name="text", label=desk.say(said("In the details")), value=desk.word("text")),
            ),
            Table(
                caption=desk.say(said("Entries, newest first")),
                columns=(
                    Column(label=desk.say(said("Number")), figures=True),
                    Column(label=desk.say(said("When"))),
                    Column(label=desk.say(said("Who"))),
                    Column(label=desk.say(said("Action"))),
                    Column(label=desk.say(said("Details"))),
                ),
                rows=[
                    (
                        one.entry_no,
                        desk.time(one.occurred_at),
                        one.actor,
                        desk.say(action_told(one.action)),
                        long(one.details),
                    )
                    for one in entries
                ],
                empty=desk.say(said("No entry of this kind.")),
                following=desk.here(before=entries[-1].entry_no) if more else "",
                following_text=desk.say(said("Older")),
                csv=lists.csv(desk, "/audit.csv"),
            ),
        ],
    )


def _actions(desk: Desk) -> list[tuple[str, str]]:
    """Every action there is, and whatever else the address asks for."""
    asked = desk.word("action")
    told = [(one, desk.say(action_told(one))) for one in {*TRAIL, asked} - {""}]
    return [("", desk.say(said("everything"))), *sorted(told, key=lambda one: one[1])]


def _entries(desk: Desk, most: int) -> list[AuditEntry]:
    return shown.entries(
        desk.opened,
        action=desk.word("action")[:100],
        actor=desk.word("actor")[:100],
        text=desk.word("text")[:100],
        before=desk.number("before"),
        most=most,
    )


def _listing(desk: Desk) -> Listing:
    return records.audit(
        desk.opened,
        action=desk.word("action")[:100],
        actor=desk.word("actor")[:100],
        text=desk.word("text")[:100],
    )


def verify(desk: Desk) -> Answer:
    """Recompute the chain of the trail and the books."""
    governance.verify_audit(desk.opened)
    transfers = ledger.verify_books(desk.opened)
    number, _ = governance.audit_head(desk.opened)
    return Elsewhere(
        to="/audit",
        told=desk.say(
            said(
                "{entries:,} entries and {transfers:,} transfers verified: nothing was changed",
                entries=number,
                transfers=transfers,
            )
        ),
    )


PAGES = (
    Page(path="/audit", right=Right.AUDIT, show=show),
    Page(path="/audit.csv", right=Right.EXPORT, show=lists.file(_listing)),
)
ACTIONS = (Action(path="/audit/verify", right=Right.AUDIT, act=verify, show=show),)
