"""Reports: to the authorities, decisions, what left the case, tax, commands for the rest."""

from amends.access.model import Right
from amends.governance import decisions, exports
from amends.governance.telling import kind_told, reason_told
from amends.kernel.saying import Language, said
from amends.web import keyset, leaving
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
    Filters,
    Form,
    Part,
    Table,
    View,
    code,
)
from amends.web.console.words import LEFT, choices
from amends.web.reporting import service as reporting

_COMMANDS = (
    ("amends decisions CASE --to decisions.csv", said("the decision log")),
    ("amends outgoing CASE --to outgoing.csv", said("the register of exports")),
    ("amends evidence custody CASE", said("the report of custody")),
    ("amends export ledger CASE --to ledger.csv", said("the books")),
    ("amends assessment CASE", said("impact assessments")),
    ("amends report CASE --recipient WHO --out DIR", said("the report to the authorities")),
    ("amends verify CASE", said("what a stranger can check")),
)


def show(desk: Desk) -> View:
    """Decision log, register of exports, tax."""
    parts: list[Part] = [
        _tax(desk),
        _decisions(desk),
        _filters(desk),
        _exports(desk),
        _commands(desk),
    ]
    if desk.may(Right.PROPOSE):
        parts.insert(1, _form(desk))
    if desk.may(Right.EXPORT):
        parts.insert(0, _report_form(desk))
    return View(title=desk.say(said("Reports and exports")), parts=parts)


def _filters(desk: Desk) -> Filters:
    kinds = {what: LEFT.get(what, what) for what in exports.kinds(desk.opened)}
    return lists.filters(
        desk,
        Field(
            name="what",
            label=desk.say(said("What left the case")),
            value=desk.word("what"),
            choices=choices(desk, kinds, said("everything")),
        ),
    )


def _tax(desk: Desk) -> Facts:
    tax = decisions.tax_position(desk.opened)
    return Facts(
        title=desk.say(said("What the payments are by law")),
        rows=[
            (
                desk.say(said("Legal character")),
                tax.en if desk.language == "en" else tax.zh,
            ),
            (
                desk.say(said("Recorded")),
                desk.say(said("yes")) if tax.recorded else desk.say(said("no: the default")),
            ),
        ],
    )


def _decisions(desk: Desk) -> Table:
    before = keyset.moment_of(desk.word("decisions"))
    log = decisions.page(desk.opened, before=before, most=ROWS)
    return Table(
        caption=desk.say(said("Decision log, newest first")),
        columns=(
            Column(label=desk.say(said("Day"))),
            Column(label=desk.say(said("What"))),
            Column(label=desk.say(said("Reason"))),
            Column(label=desk.say(said("By"))),
            Column(label=desk.say(said("Approval"))),
        ),
        rows=[
            (
                one.decided_on,
                desk.say(kind_told(one.what)),
                desk.say(reason_told(one.reason)),
                one.decided_by,
                code(one.proposal[:12], f"/approvals/{one.proposal}") if one.proposal else "",
            )
            for one in log.rows
        ],
        empty=desk.say(said("Nothing was decided yet.")),
        following=desk.here(decisions=keyset.of_moment(*log.following)) if log.following else "",
        following_text=desk.say(said("Older")),
        csv=lists.csv(desk, "/reports/decisions.csv"),
    )


def _exports(desk: Desk) -> Table:
    found = exports.page(
        desk.opened, what=desk.word("what"), before=desk.number("exports"), most=ROWS + 1
    )
    rows = found[:ROWS]
    return Table(
        caption=desk.say(said("What left the case, newest first")),
        columns=(
            Column(label=desk.say(said("When"))),
            Column(label=desk.say(said("What"))),
            Column(label=desk.say(said("Rows")), figures=True),
            Column(label=desk.say(said("Weight")), figures=True),
            Column(label=desk.say(said("To"))),
            Column(label=desk.say(said("By"))),
            Column(label="SHA-256"),
        ),
        rows=[
            (
                desk.time(one.occurred_at),
                desk.say(LEFT.get(one.what, one.what)),
                one.rows,
                f"{one.weight_millionths / 1_000_000:.4f}",
                one.recipient,
                one.actor,
                one.file_sha256[:12],
            )
            for _, one in rows
        ],
        empty=desk.say(said("Nothing has left the case.")),
        following=desk.here(exports=rows[-1][0]) if len(found) > ROWS else "",
        following_text=desk.say(said("Older")),
        csv=lists.csv(desk, "/reports/exports.csv"),
    )


def _commands(desk: Desk) -> Facts:
    return Facts(
        title=desk.say(said("Written on the command line")),
        rows=[
            (desk.say(words), code(command.replace("CASE", desk.opened.case.root.name)))
            for command, words in _COMMANDS
        ],
    )


def _form(desk: Desk) -> Form:
    return Form(
        title=desk.say(said("Write a decision down")),
        action="/reports/decisions",
        fields=(
            Field(
                name="what",
                label=desk.say(said("What was decided")),
                value=desk.form.get("what", ""),
                required=True,
                wide=True,
            ),
            Field(
                name="reason",
                label=desk.say(said("Why")),
                value=desk.form.get("reason", ""),
                required=True,
                wide=True,
            ),
        ),
        buttons=(Button(label=desk.say(said("Write down")), tone="plain"),),
    )


def _report_form(desk: Desk) -> Form:
    return Form(
        title=desk.say(said("Report to the authorities")),
        text=desk.say(
            said(
                "One PDF for archives (PDF/A-3, PDF/UA) of the state at this moment: what leaked, "
                "how sure the people are, what is owed and paid, reconciliation, roster, what is "
                "open, who signed; the figures are attached for programs. It is entered in the "
                "register of exports."
            )
        ),
        action="/reports/authorities",
        fields=(
            Field(
                name="recipient",
                label=desk.say(said("Which authority gets it")),
                value=desk.form.get("recipient", ""),
                required=True,
            ),
            Field(
                name="purpose",
                label=desk.say(said("What for")),
                value=desk.form.get("purpose", ""),
            ),
        ),
        buttons=(
            Button(label=desk.say(said("PDF in Chinese")), name="language", value="zh"),
            Button(label=desk.say(said("PDF in English")), name="language", value="en"),
        ),
    )


def reported(desk: Desk) -> Answer:
    """The report to the authorities as PDF, entered in the register of exports first."""
    language: Language = "en" if desk.form.get("language") == "en" else "zh"
    recipient, purpose = desk.form.get("recipient", ""), desk.form.get("purpose", "")
    return reporting.report(desk.opened, language, recipient=recipient, purpose=purpose)


def decided(desk: Desk) -> Answer:
    """Write down a decision that was made outside the program."""
    decisions.add(
        desk.opened,
        what=desk.form.get("what", ""),
        reason=desk.form.get("reason", ""),
        decided_by=desk.session.operator,
    )
    return Elsewhere(to="/reports", told=desk.say(said("it is in the decision log")))


def decisions_csv(desk: Desk) -> Answer:
    """The decision log as a file, entered in the register of exports first."""
    return leaving.decisions(desk.opened)


def exports_csv(desk: Desk) -> Answer:
    """The register of exports as a file; that it leaves is its next line."""
    return leaving.register(desk.opened, what=desk.word("what"))


PAGES = (
    Page(path="/reports", right=Right.SEE, show=show),
    Page(path="/reports/decisions.csv", right=Right.EXPORT, show=decisions_csv),
    Page(path="/reports/exports.csv", right=Right.EXPORT, show=exports_csv),
)
ACTIONS = (
    Action(path="/reports/decisions", right=Right.PROPOSE, act=decided, show=show),
    Action(path="/reports/authorities", right=Right.EXPORT, act=reported, show=show),
)
