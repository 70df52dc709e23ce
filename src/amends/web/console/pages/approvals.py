"""Approvals: the exact difference and digest, a second factor for exactly this, or a refusal."""

from dataclasses import replace
from typing import Final

from amends.access import service as access
from amends.access.model import DevelopmentProof, Right
from amends.governance import decisions, excluding, shown
from amends.governance import service as governance
from amends.governance.shown import Changed, Shown, Wanted
from amends.governance.telling import kind_told, told
from amends.kernel.saying import said
from amends.web import keyset
from amends.web.console import lists
from amends.web.console.desk import ROWS, Desk
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Button,
    Column,
    Elsewhere,
    Event,
    Facts,
    Field,
    Form,
    Note,
    Part,
    Table,
    Text,
    Timeline,
    View,
    code,
    tag,
)
from amends.web.console.words import METHODS
from amends.web.listings import records
from amends.web.listings.model import Listing

_WAITING: Final = "waiting"
_APPROVED: Final = "approved"
_NEWEST: Final = "-at"
_STATES: Final = {_WAITING: said("waiting"), _APPROVED: said("approved by enough")}
_SHORT: Final = 160
_MOST_LINES: Final = 400


def listed(desk: Desk) -> View:
    """Every proposal, newest first; what waits for this operator is marked."""
    wanted = _wanted(desk)
    found = shown.page(desk.opened, wanted, most=ROWS)
    kinds = shown.kinds(desk.opened)
    return View(
        title=desk.say(said("Approvals")),
        lead=desk.say(said("Whoever has proposed something never signs it.")),
        parts=[
            lists.filters(
                desk,
                Field(
                    name="state",
                    label=desk.say(said("State")),
                    value=desk.word("state", _WAITING),
                    choices=[
                        ("every", desk.say(said("every state"))),
                        *((name, desk.say(words)) for name, words in _STATES.items()),
                    ],
                ),
                Field(
                    name="kind",
                    label=desk.say(said("What")),
                    value=wanted.kind,
                    choices=[
                        ("", desk.say(said("everything"))),
                        *((name, desk.say(kind_told(name))) for name in kinds),
                    ],
                ),
            ),
            Table(
                caption=desk.say(said("Proposals")),
                columns=(
                    Column(label=desk.say(said("Proposal"))),
                    lists.column(desk, said("What"), "kind"),
                    Column(label=desk.say(said("It says"))),
                    lists.column(desk, said("Proposed by"), "by"),
                    lists.column(desk, said("Proposed at"), "at", first=_NEWEST),
                    lists.column(desk, said("Signed"), "signed"),
                    Column(label=desk.say(said("For you"))),
                ),
                rows=[_row(desk, one) for one in found.rows],
                empty=desk.say(said("No proposal waits.")),
                following=desk.here(after=keyset.cursor_of(found.following))
                if found.following
                else "",
                following_text=desk.say(said("More")),
                csv=lists.csv(desk, "/approvals.csv"),
            ),
        ],
    )


def _wanted(desk: Desk) -> Wanted:
    """The proposals that the address asks for: those that wait, unless it says otherwise."""
    state, sort = desk.word("state", _WAITING), desk.word("sort") or _NEWEST
    if sort.removeprefix("-") not in shown.ORDERS:
        sort = _NEWEST
    return Wanted(
        approved=state == _APPROVED if state in _STATES else None,
        kind=desk.word("kind")[:64],
        order=sort.removeprefix("-"),
        down=sort.startswith("-"),
        after=keyset.words_of(desk.word("after")),
    )


def _listing(desk: Desk) -> Listing:
    return records.proposals(desk.opened, replace(_wanted(desk), after=None))


def _row(desk: Desk, one: Shown) -> tuple[str, ...]:
    mine = desk.may(Right.APPROVE) and one.waits_for(desk.session.operator)
    return (
        code(one.proposal.short, f"/approvals/{one.proposal.digest}"),
        desk.say(kind_told(one.proposal.kind)),
        _short(desk.say(told(one.proposal.body, desk.opened.case.file.currency))),
        one.proposed_by,
        desk.time(one.proposed_at),
        f"{len(one.approvers)}/{one.need.people}",
        tag(desk.say(said("waits for you")), "warn") if mine else "",
    )


def _short(text: str) -> str:
    """The beginning of what a proposal says; its page has all of it."""
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


def one(desk: Desk) -> View:
    """One proposal: what it changes, its exact text and digest, who has signed, by which factor."""
    found, before = shown.proposal(desk.opened, desk.named["digest"])
    lines = shown.difference(found.proposal, None if before is None else before.proposal)
    differing = [line for line in lines if line.differs]
    parts: list[Part] = [
        Note(text=desk.say(told(found.proposal.body, desk.opened.case.file.currency))),
        Facts(
            title=desk.say(said("What two people sign")),
            rows=[
                (desk.say(said("Digest")), code(found.proposal.digest)),
                (desk.say(said("Proposed by")), found.proposed_by),
                (desk.say(said("Proposed at")), desk.time(found.proposed_at)),
                (
                    desk.say(said("Signatures")),
                    desk.say(
                        said(
                            "{number} of {needed}",
                            number=len(found.approvers),
                            needed=found.need.people,
                        )
                    ),
                ),
                (
                    desk.say(said("One of them")),
                    ", ".join(found.need.one_of) or desk.say(said("anybody who approves")),
                ),
                (
                    desk.say(said("Compared with")),
                    desk.say(said("nothing of this kind was approved before"))
                    if before is None
                    else code(before.proposal.short, f"/approvals/{before.proposal.digest}"),
                ),
            ],
        ),
        _difference(desk, differing),
        _signatures(desk, found),
        Text(title=desk.say(said("The exact text")), text=found.proposal.body),
    ]
    if desk.may(Right.APPROVE):
        parts.insert(3, _form(desk, found))
    return View(
        title=f"{desk.say(kind_told(found.proposal.kind))} {found.proposal.short}",
        up=("/approvals", desk.say(said("Approvals"))),
        parts=parts,
    )


def _difference(desk: Desk, lines: list[Changed]) -> Table:
    left = len(lines) - _MOST_LINES
    return Table(
        caption=desk.say(said("The exact difference")),
        columns=(
            Column(label=desk.say(said("Where"))),
            Column(label=desk.say(said("Approved before"))),
            Column(label=desk.say(said("Now proposed"))),
        ),
        rows=[(code(one.where), one.before or "", one.after or "") for one in lines[:_MOST_LINES]],
        empty=desk.say(said("It says what was approved before, word by word.")),
        note=desk.say(said("and {number:,} more lines in the exact text", number=left))
        if left > 0
        else "",
    )


def _signatures(desk: Desk, found: Shown) -> Part:
    if not found.signed:
        return Note(text=desk.say(said("Nobody has signed yet.")))
    factors = {
        name: (method, at)
        for name, method, at in access.step_ups(desk.opened, found.proposal.digest)
    }
    return Timeline(
        title=desk.say(said("Signed by")),
        events=[
            Event(
                at=factors[each.operator][1] if each.operator in factors else "",
                title=each.operator,
                text=" · ".join(
                    part
                    for part in (
                        desk.say(METHODS[factors[each.operator][0]])
                        if each.operator in factors
                        else desk.say(said("on the command line")),
                        each.reason,
                        desk.say(excluding.why(each.operator))
                        if each.operator in found.excluded
                        else "",
                    )
                    if part
                ),
                tone="warn" if each.operator in found.excluded else "good",
            )
            for each in found.signed
        ],
    )


def _form(desk: Desk, found: Shown) -> Part:
    operator = desk.session.operator
    if found.proposal.rejected:
        return Note(text=desk.say(said("It was rejected: nobody signs it any more.")), tone="warn")
    if found.approved:
        return Note(text=desk.say(said("Enough have signed.")), tone="good")
    if found.proposed_by == operator:
        return Note(
            text=desk.say(said("You have proposed this: somebody else signs.")), tone="warn"
        )
    if operator in found.excluded:
        return Note(text=desk.say(excluding.why(operator)), tone="warn")
    if operator in found.approvers:
        return Note(text=desk.say(said("You have signed; another signature is missing.")))
    digest = found.proposal.digest
    proof = Field(
        name="proof",
        label=desk.say(said("Code of six digits, now")),
        hint=desk.say(said("The second factor is asked for anew at every approval.")),
        autocomplete="one-time-code",
    )
    reason = Field(
        name="reason",
        label=desk.say(said("Reason, for the decision log")),
        value=desk.form.get("reason", ""),
        wide=True,
    )
    return Form(
        title=desk.say(said("Sign exactly this, or refuse it")),
        action=f"/approvals/{digest}",
        fields=(reason,) if desk.site.development else (reason, proof),
        buttons=(
            Button(label=desk.say(said("Approve")), name="do", value="approve"),
            Button(label=desk.say(said("Refuse")), name="do", value="refuse", tone="plain"),
        ),
        passkey=access.step_up_options(desk.opened, desk.site, desk.session, digest) or "",
        hidden={"digest": digest},
    )


def decide(desk: Desk) -> Answer:
    """Sign with a second factor, or write a refusal into the decision log."""
    digest = desk.named["digest"]
    found, _ = shown.proposal(desk.opened, digest)
    reason = desk.form.get("reason", "")
    if desk.form.get("do") == "refuse":
        decisions.refuse(
            desk.opened, found.proposal, reason=reason, decided_by=desk.session.operator
        )
        return Elsewhere(
            to=f"/approvals/{digest}",
            told=desk.say(said("The refusal is in the decision log; nothing was signed.")),
            tone="warn",
        )
    governance.refuse_numbers(reason)
    given = desk.form.get("proof", "")
    proof = DevelopmentProof() if desk.site.development and not given else access.proof_of(given)
    access.step_up(desk.opened, desk.site, desk.session, digest, proof)
    done = governance.approve(desk.opened, digest, desk.session.operator, reason=reason)
    return Elsewhere(
        to=f"/approvals/{digest}",
        told=desk.say(
            said(
                "signed; {number} of {needed} signatures",
                number=len(done.approvers),
                needed=done.need.people,
            )
        ),
    )


PAGES = (
    Page(path="/approvals", right=Right.AUDIT, show=listed),
    Page(path="/approvals.csv", right=Right.EXPORT, show=lists.file(_listing)),
    Page(path="/approvals/{digest:str}", right=Right.AUDIT, show=one),
)
ACTIONS = (Action(path="/approvals/{digest:str}", right=Right.APPROVE, act=decide, show=one),)
