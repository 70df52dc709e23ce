"""Users and roles: who may do what, who is signed in; an administrator invites and locks out."""

from amends.access import service as access
from amends.access.model import RIGHTS, Account, Right, Role
from amends.governance import service as governance
from amends.kernel.saying import said
from amends.web.console.desk import Desk
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Button,
    Column,
    Elsewhere,
    Facts,
    Field,
    Form,
    Note,
    Part,
    Row,
    Table,
    View,
    code,
    link,
)
from amends.web.console.words import METHODS, ROLES

_RIGHTS = {
    Right.SEE: said("see the case"),
    Right.REVEAL: said("open people's values for a reason"),
    Right.READ_LEAK: said("read leaked values in review"),
    Right.PROPOSE: said("propose"),
    Right.APPROVE: said("approve"),
    Right.HALT: said("halt payments"),
    Right.AUDIT: said("read the audit trail"),
    Right.EXPORT: said("take lists away"),
    Right.MANAGE: said("give roles"),
}


def show(desk: Desk) -> View:
    """Everybody with roles and factors, sessions that stand."""
    found = access.accounts(desk.opened)
    parts: list[Part] = [
        Table(
            caption=desk.say(said("Operators")),
            columns=(
                Column(label=desk.say(said("Name"))),
                Column(label=desk.say(said("Roles"))),
                Column(label=desk.say(said("Passkeys")), figures=True),
                Column(label=desk.say(said("Code"))),
                Column(label=desk.say(said("Invited"))),
                Column(label=desk.say(said("Sessions")), figures=True),
                Column(label=desk.say(said("Last seen"))),
            ),
            rows=[_row(desk, one) for one in found],
            empty=desk.say(said("There is no operator yet.")),
        ),
        Table(
            caption=desk.say(said("Sessions that stand")),
            columns=(
                Column(label=desk.say(said("Operator"))),
                Column(label=desk.say(said("Signed in by"))),
                Column(label=desk.say(said("Since"))),
                Column(label=desk.say(said("Last seen"))),
                Column(label=desk.say(said("Until"))),
            ),
            rows=[
                (
                    one.operator,
                    desk.say(METHODS[one.method.value]),
                    desk.time(one.begun_at),
                    desk.time(one.seen_at),
                    desk.time(one.expires_at),
                )
                for one in access.sessions(desk.opened)
            ],
            empty=desk.say(said("Nobody is signed in.")),
        ),
        Facts(
            title=desk.say(said("What roles may do")),
            rows=[
                (
                    desk.say(ROLES[role.value]),
                    ", ".join(
                        desk.say(words) for right, words in _RIGHTS.items() if right in rights
                    ),
                )
                for role, rights in RIGHTS.items()
            ],
        ),
    ]
    if desk.may(Right.MANAGE):
        parts.append(
            Form(
                title=desk.say(said("Add an operator")),
                action="/users",
                fields=(
                    Field(
                        name="name",
                        label=desk.say(said("Name")),
                        value=desk.form.get("name", ""),
                        required=True,
                    ),
                ),
                buttons=(Button(label=desk.say(said("Add"))),),
            )
        )
    return View(title=desk.say(said("Users and roles")), parts=parts)


def _row(desk: Desk, one: Account) -> Row:
    name = link(f"/users/{one.operator}", one.operator)
    return (
        name if desk.may(Right.MANAGE) else one.operator,
        ", ".join(desk.say(ROLES[role.value]) for role in one.roles),
        one.passkeys,
        desk.say(said("yes")) if one.totp else "",
        desk.say(said("yes")) if one.invited else "",
        one.sessions,
        desk.time(one.seen_at),
    )


def one(desk: Desk) -> View:
    """One operator: roles, invitation, lock-out."""
    name = desk.named["name"]
    found = next((each for each in access.accounts(desk.opened) if each.operator == name), None)
    if found is None:
        return show(desk)
    held = {role.value for role in found.roles}
    roles = [
        Field(
            name=role.value,
            label=desk.say(ROLES[role.value]),
            value="yes" if role.value in held else "",
            choices=[("", desk.say(said("no"))), ("yes", desk.say(said("yes")))],
        )
        for role in Role
    ]
    return View(
        title=desk.say(said("Operator {name}", name=name)),
        up=("/users", desk.say(said("Users and roles"))),
        parts=[
            Form(
                title=desk.say(said("Roles")),
                text=desk.say(
                    said(
                        "Some exclude each other: who gives roles does not act, who proposes does "
                        "not approve, who audits does neither."
                    )
                ),
                action=f"/users/{name}/roles",
                fields=roles,
                buttons=(Button(label=desk.say(said("Set roles"))),),
            ),
            Form(
                title=desk.say(said("Invite")),
                text=desk.say(
                    said("A link for a new passkey or code, shown once; it stands for 24 hours.")
                ),
                action=f"/users/{name}/invite",
                fields=(),
                buttons=(Button(label=desk.say(said("Make a link")), tone="plain"),),
            ),
            Form(
                title=desk.say(said("Lock out")),
                text=desk.say(said("Ends every session; no passkey and no code counts any more.")),
                tone="bad",
                action=f"/users/{name}/lock-out",
                fields=(),
                buttons=(Button(label=desk.say(said("Lock out")), tone="bad"),),
            ),
        ],
    )


def add(desk: Desk) -> Answer:
    """Make an operator with a key of their own."""
    name = desk.form.get("name", "").strip()
    governance.add_operator(desk.opened, name)
    return Elsewhere(
        to=f"/users/{name}", told=desk.say(said("{name} is an operator now", name=name))
    )


def set_roles(desk: Desk) -> Answer:
    """Give exactly the roles that are chosen."""
    name = desk.named["name"]
    wanted = [role for role in Role if desk.form.get(role.value) == "yes"]
    access.set_roles(desk.opened, name, wanted)
    return Elsewhere(to=f"/users/{name}", told=desk.say(said("the roles are set")))


def invite(desk: Desk) -> Answer:
    """The link, once."""
    name = desk.named["name"]
    address = access.invitation_link(desk.opened, desk.site, name)
    return View(
        title=desk.say(said("Invitation for {name}", name=name)),
        up=(f"/users/{name}", name),
        parts=[
            Note(text=desk.say(said("Hand it over in person; it is not shown again."))),
            Facts(
                title=desk.say(said("Link")),
                rows=[("", code(address))],
            ),
        ],
    )


def lock_out(desk: Desk) -> Answer:
    """End every session, revoke every factor."""
    access.lock_out(desk.opened, desk.named["name"])
    return Elsewhere(
        to="/users", told=desk.say(said("{name} is locked out", name=desk.named["name"]))
    )


PAGES = (
    Page(path="/users", right=Right.HALT, show=show),
    Page(path="/users/{name:str}", right=Right.MANAGE, show=one),
)
ACTIONS = (
    Action(path="/users", right=Right.MANAGE, act=add, show=show),
    Action(path="/users/{name:str}/roles", right=Right.MANAGE, act=set_roles, show=one),
    Action(path="/users/{name:str}/invite", right=Right.MANAGE, act=invite, show=one),
    Action(path="/users/{name:str}/lock-out", right=Right.MANAGE, act=lock_out, show=one),
)
