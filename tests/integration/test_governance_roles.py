"""Roles exclude each other at the command line as at the console: the database holds it."""

import json
from dataclasses import replace

import psycopg
import pytest
from click.testing import CliRunner

from amends.access import service as access
from amends.access.model import Role
from amends.cli import cli
from amends.governance.model import GovernanceError
from amends.governance.service import add_operator, approve, pending, present, require_approval
from amends.kernel.errors import WaitingForApprovalError
from amends.vault.opened import OpenCase
from made_cases import OpenedCase

ROLES = {
    "root": [Role.ADMINISTRATOR],
    "carla": [Role.CASEWORKER],
    "anna": [Role.APPROVER],
    "ben": [Role.APPROVER, Role.READER],
    "rita": [Role.READER],
    "axel": [Role.AUDITOR],
    "nemo": [],
}


@pytest.fixture
def case(opened_case: OpenedCase) -> OpenCase:
    """A case whose operators hold roles; nemo holds none."""
    opened = opened_case()
    for name, roles in ROLES.items():
        add_operator(opened, name)
        if roles:
            access.set_roles(opened, name, roles)
    return opened


def propose(opened: OpenCase, by: str, kind: str = "pay") -> str:
    """A proposal by somebody."""
    with pytest.raises(WaitingForApprovalError):
        require_approval(replace(opened, by=by), kind, {"count": len(pending(opened)), "by": by})
    return next(one.proposal.digest for one in pending(opened) if by in one.proposal.body)


def test_only_approvers_sign_at_the_command_line(case: OpenCase) -> None:
    """Whoever holds roles and is no approver is refused; who holds none signs as before."""
    digest = propose(case, "carla")
    for name in ("rita", "axel", "root"):
        result = CliRunner().invoke(cli, ["approve", str(case.case.root), digest, "--as", name])
        assert isinstance(result.exception, GovernanceError), name
        assert f"{name} holds roles, and not that of approver" in str(result.exception)
    for name in ("anna", "nemo"):
        approve(case, digest, name)
    assert pending(case) == []


def test_only_caseworkers_propose_at_the_command_line(case: OpenCase) -> None:
    """Approvers, readers, auditors and administrators make no plan; an auditor takes away."""
    for name in ("anna", "rita", "axel", "root"):
        with pytest.raises(GovernanceError, match=f"{name} holds roles, and not that of casew"):
            require_approval(replace(case, by=name), "pay", {"count": 1, "by": name})
    assert pending(case) == []
    propose(case, "carla")
    propose(case, "axel", "export")
    propose(case, "nemo")


def test_who_reads_and_who_enters_accounts_holds_the_role_for_it(case: OpenCase) -> None:
    """Reading leaked values is for readers, saying where money goes for caseworkers."""
    assert present(case, "ben", role="reader") == "ben"
    assert present(case, "nemo", role="reader") == "nemo"
    with pytest.raises(GovernanceError, match="not that of reader"):
        present(case, "carla", role="reader")
    with pytest.raises(GovernanceError, match="not that of caseworker"):
        present(case, "anna", role="caseworker")


@pytest.mark.parametrize(
    ("table", "constraint"),
    [("approval", "approval_by_an_approver"), ("proposal", "proposal_by_a_caseworker")],
)
def test_the_database_refuses_other_roles(case: OpenCase, table: str, constraint: str) -> None:
    """Also where somebody writes by hand, with the rights of the program."""
    digest = propose(case, "carla")
    statement = {
        "approval": "INSERT INTO governance.approval (digest, operator, signature, occurred_at) "
        "VALUES (%(digest)s, 'rita', sha256('a') || sha256('b'), now())",
        "proposal": "INSERT INTO governance.proposal (digest, kind, body, proposed_by, "
        "occurred_at) VALUES (repeat('0', 64), 'pay', %(body)s, 'rita', now())",
    }[table]
    with (
        pytest.raises(psycopg.errors.CheckViolation) as refused,
        case.database.unit_of_work() as connection,
    ):
        connection.execute(statement.encode(), {"digest": digest, "body": json.dumps({})})
    assert refused.value.diag.constraint_name == constraint
