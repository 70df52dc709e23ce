"""Operators, and what they approve."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from amends.access import service as access
from amends.access.model import Role
from amends.cli.output import BY, print_json, say
from amends.governance import service as governance
from amends.governance import telling
from amends.governance.model import Pending
from amends.kernel.saying import joined, said
from amends.vault.opened import OpenCase, open_case

_CASE = click.argument("case", type=click.Path(path_type=Path))


@click.group()
def operator() -> None:
    """Name the people who may approve, each with a key of their own."""


@operator.command("add")
@_CASE
@click.argument("name")
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write the operator's private key (default: in the case's key folder).",
)
def operator_add(case: Path, name: str, key_file: Path | None) -> None:
    """Make operator NAME with a new signing key."""
    with open_case(case) as opened:
        key = governance.add_operator(opened, name, key_file=key_file)
    say(said("operator {name} added; the private key is in {key}", name=name, key=key))


@operator.command("list")
@_CASE
def operator_list(case: Path) -> None:
    """List the operators of a case."""
    with open_case(case) as opened:
        for name in governance.operators(opened):
            click.echo(name)


_ROLE = click.Choice([role.value for role in Role])


@operator.command("roles")
@_CASE
@click.argument("name")
@click.option("--role", "roles", type=_ROLE, multiple=True, help="One of the roles; repeatable.")
@BY
def operator_roles(case: Path, name: str, roles: tuple[str, ...], by: str | None) -> None:
    """Give operator NAME exactly these roles at the console. Some exclude each other."""
    with open_case(case, by=by) as opened:
        held = access.set_roles(opened, name, [Role(role) for role in roles])
    say(said("{name}: {roles}", name=name, roles=", ".join(held) or said("no role")))


@operator.command("invite")
@_CASE
@click.argument("name")
@click.option("--console", default="", metavar="ADDRESS", help="Where the console is reached.")
@BY
def operator_invite(case: Path, name: str, console: str, by: str | None) -> None:
    """Print a link, once, by which operator NAME enrols a passkey or a code within 24 hours."""
    with open_case(case, by=by) as opened:
        token = access.invite(opened, name)
    link = f"{console.rstrip('/')}/enrol#{token}"
    click.echo(link)


@operator.command("token")
@_CASE
@click.argument("name")
@BY
def operator_token(case: Path, name: str, by: str | None) -> None:
    """Print a token, once, by which a program works as operator NAME for ten hours."""
    with open_case(case, by=by) as opened:
        made = access.token_for(opened, name)
    click.echo(made.token)


@operator.command("lock-out")
@_CASE
@click.argument("name")
@BY
def operator_lock_out(case: Path, name: str, by: str | None) -> None:
    """End every session of operator NAME; none of their passkeys and codes counts any more."""
    with open_case(case, by=by) as opened:
        access.lock_out(opened, name)
    say(said("{name} is locked out; an invitation lets them enrol anew", name=name))


@click.command()
@_CASE
@click.argument("proposal", required=False)
@click.option("--as", "name", metavar="NAME", help="Who approves; without it, list what waits.")
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The operator's private key (default: in the case's key folder).",
)
@click.option("--reason", default="", help="Why, for the decision log; it names nobody.")
@click.option("--json", "as_json", is_flag=True, help="List what waits as JSON.")
def approve(
    case: Path,
    proposal: str | None,
    name: str | None,
    key_file: Path | None,
    *,
    reason: str,
    as_json: bool,
) -> None:
    """Sign what waits for approval: PROPOSAL by its first letters, or the only one."""
    with open_case(case) as opened:
        if name is not None:
            signed = governance.approve(opened, proposal, name, key_file=key_file, reason=reason)
            say(_line(signed))
            _say_if_halted(opened, [signed])
        elif as_json:
            print_json([_as_json(waiting) for waiting in governance.pending(opened)])
        else:
            every = governance.pending(opened)
            _say_if_halted(opened, every)
            for waiting in every:
                say(_line(waiting))
                words = telling.told(waiting.proposal.body, opened.case.file.currency)
                say(joined(("  ", words), ""))
                say(said("  the exact text: {body}", body=waiting.proposal.body))


PAYING: Final = frozenset({"pay", "resume", "resend", "adopt", "revoke"})
"""Kinds of proposals after which payments would leave, come back, or go on."""


def _say_if_halted(opened: OpenCase, proposals: Sequence[Pending]) -> None:
    """Whoever signs about payments while they are halted reads that they are."""
    if any(one.proposal.kind in PAYING for one in proposals):
        from amends.payouts import service  # noqa: PLC0415 -- half a second that others do not need

        for told in service.halted_told(opened):
            say(told)


def _line(waiting: Pending) -> str:
    return said(
        "{proposal} {kind}: signed by {approvers}",
        proposal=waiting.proposal.short,
        kind=telling.kind_told(waiting.proposal.kind),
        approvers=", ".join(waiting.approvers) or said("nobody yet"),
    )


def _as_json(waiting: Pending) -> dict[str, object]:
    return {
        "proposal": waiting.proposal.digest,
        "kind": waiting.proposal.kind,
        "body": waiting.proposal.body,
        "approvers": list(waiting.approvers),
        "proposed_at": waiting.proposed_at.isoformat(),
    }
