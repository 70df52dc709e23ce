"""Movements out of the escrow account that nothing explains: listed, and explained by two people.

Until then the money does not count. The movement itself stays as it was read.
"""

from typing import TYPE_CHECKING

from amends.funding import rules, store
from amends.funding.model import Explanation, ExplanationError, Unexplained
from amends.governance.service import audit_in, require_approval
from amends.kernel.saying import said
from amends.ledger.service import post
from amends.store.connection import Connection
from amends.vault.opened import SYSTEM, OpenCase

if TYPE_CHECKING:
    from amends.governance.model import JSON


def unexplained(opened: OpenCase) -> list[Unexplained]:
    """Movements that nobody has explained, oldest first."""
    with opened.database.reading() as connection:
        return store.unexplained(connection)


def explain(opened: OpenCase, name: str, what: Explanation) -> Unexplained:
    """Say what a movement was; two people approve exactly that.

    Raises:
        ExplanationError: no unexplained movement is called *name*.
        WaitingForApprovalError: two people have to approve it.
    """
    with opened.database.reading() as connection:
        line = _named(connection, name)
    body: dict[str, JSON] = {
        "amount_minor": line.amount.amount_minor,
        "currency": line.amount.currency,
        "place": line.place,
        "statement": line.statement_no,
        "what": str(what),
    }
    require_approval(opened, "explain", {"case": opened.case.file.id, **body})
    now = opened.clock.now()
    with opened.database.unit_of_work() as connection:
        store.lock(connection)
        _named(connection, name)
        store.insert_explanation(connection, {**body, "now": now})
        post(connection, [rules.explaining_transfer(line, what, now)])
        audit_in(connection, opened, SYSTEM, "funding movement explained", body)
    return line


def _named(connection: Connection, name: str) -> Unexplained:
    for line in store.unexplained(connection):
        if line.name == name:
            return line
    raise ExplanationError(
        said(
            "there is no unexplained movement {name}; `amends funding explain CASE` lists them",
            name=name,
        )
    )
