"""Roles that exclude each other: who has had a hand in something does not sign it.

Whoever proposes signs nothing of their own (governance.service). Beyond that: who entered where
money goes does not sign a plan that pays there; who signs a release of funds does not make plans
that spend them, nor the other way round. Who holds roles signs as an approver alone and proposes as
a caseworker alone, at the console as at the command line: the database holds that. A signature of
somebody who is excluded does not count, also where it was given before the reason came.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import psycopg

from amends.governance import store
from amends.governance.model import GovernanceError, Proposal
from amends.kernel.ids import Operator
from amends.kernel.saying import Said, said
from amends.store.connection import Connection

EXCLUSIVE: Final[Mapping[str, tuple[str, ...]]] = {
    "pay": ("release", "explain"),
    "release": ("pay",),
    "explain": ("pay",),
}
"""Who proposes the first signs none of the others; who has signed one of them proposes no first."""


def refuse_maker(connection: Connection, kind: str, by: str) -> None:
    """Refuse a proposal by somebody who has signed what excludes it.

    Raises:
        GovernanceError: it says what was signed.
    """
    signed = store.signed_kinds(connection, by) & set(EXCLUSIVE.get(kind, ()))
    if signed:
        raise GovernanceError(
            said(
                "{operator} has signed {what}, and so proposes no {kind}: somebody else does",
                operator=by,
                what=", ".join(sorted(signed)),
                kind=kind,
            )
        )


@contextmanager
def by_role(operator: str) -> Iterator[None]:
    """What the database refuses of somebody for their roles is said in words.

    Raises:
        GovernanceError: it was refused.
    """
    try:
        yield
    except psycopg.errors.CheckViolation as error:
        if error.diag.constraint_name == "approval_by_an_approver":
            raise GovernanceError(_other_roles(operator, "approver")) from None
        if error.diag.constraint_name == "proposal_by_a_caseworker":
            raise GovernanceError(_other_roles(operator, "caseworker")) from None
        raise


def refuse_other_roles(connection: Connection, operator: str, role: str) -> None:
    """Refuse somebody who holds roles, and not *role*; who holds none is let through.

    Raises:
        GovernanceError: it says which role is missing.
    """
    if store.holds_none_of(connection, operator, [role]):
        raise GovernanceError(_other_roles(operator, role))


def _other_roles(operator: str, role: str) -> Said:
    return said(
        "{operator} holds roles, and not that of {role}: somebody else does this, or is given it "
        "(`amends operator roles`)",
        operator=operator,
        role=role,
    )


def excluded(connection: Connection, proposal: Proposal) -> frozenset[str]:
    """Whose signature under a proposal does not count."""
    return excluded_of(connection, [proposal])[proposal.digest]


def excluded_of(
    connection: Connection, proposals: Collection[Proposal]
) -> dict[str, frozenset[str]]:
    """The same of each of several, by digest."""
    makers = {
        kind: store.makers_of(connection, EXCLUSIVE.get(kind, ()))
        for kind in {one.kind for one in proposals}
    }
    barred = store.barred_of(connection, [one.digest for one in proposals])
    return {
        one.digest: frozenset(makers[one.kind] | barred.get(one.digest, set())) for one in proposals
    }


def counted(
    connection: Connection, proposal: Proposal, approvers: Collection[Operator]
) -> tuple[Operator, ...]:
    """Those of *approvers* whose signature counts, by name."""
    if not approvers:
        return ()
    left_out = excluded(connection, proposal)
    return tuple(sorted(one for one in approvers if one not in left_out))


def refuse_signature(connection: Connection, proposal: Proposal, operator: str) -> None:
    """Refuse the signature of somebody who is excluded.

    Raises:
        GovernanceError: it says why.
    """
    if operator in excluded(connection, proposal):
        raise GovernanceError(why(operator))


def why(operator: str) -> Said:
    """Why an operator signs something not."""
    return said(
        "{operator} has entered an account that this pays to, or has planned or released the "
        "money that it is about: somebody else signs",
        operator=operator,
    )
