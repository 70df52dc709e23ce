"""What waits for a person: who looks after it, and what two people found it to be.

An explanation is final, and moves the books: out of suspense, to where the money went.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING

from amends.funding import service as funding
from amends.governance.service import audit_in, require_approval
from amends.kernel.saying import said
from amends.ledger import service as ledger
from amends.ledger.model import FEES, PAID_OUT, SUSPENSE, WRITTEN_OFF, Transfer
from amends.payouts.model import ExceptionKind
from amends.payouts.reconciling import closing_store
from amends.payouts.reconciling.closing_model import Explanation, Found, SuspenseError
from amends.store.connection import Connection
from amends.vault.opened import SYSTEM, OpenCase

if TYPE_CHECKING:
    from amends.governance.model import JSON


def suspense(opened: OpenCase) -> list[Found]:
    """What waits for a person, oldest first."""
    with opened.database.reading() as connection:
        return closing_store.exceptions(connection)


def waiting(opened: OpenCase, name: str) -> Found:
    """The exception of this name.

    Raises:
        SuspenseError: none waits under it.
    """
    with opened.database.reading() as connection:
        return _named(connection, name)


def take(opened: OpenCase, name: str) -> Found:
    """Look after an exception from now on: who is at work becomes its owner.

    Raises:
        SuspenseError: none waits under this name.
    """
    with opened.database.unit_of_work() as connection:
        found = _named(connection, name)
        closing_store.set_owner(connection, name, opened.by, opened.clock.now())
        audit_in(connection, opened, opened.by, "exception taken", {"exception": name})
    return found


def explain(opened: OpenCase, name: str, what: Explanation) -> Found:
    """Say what an exception was; two people approve exactly that, and the books follow.

    Raises:
        SuspenseError: none waits under this name, or it cannot be that.
        WaitingForApprovalError: two people have to approve it.
    """
    found = waiting(opened, name)
    _require_possible(found, what)
    currency = opened.case.file.currency
    body: dict[str, JSON] = {
        "amount_minor": found.amount_minor,
        "case": opened.case.file.id,
        "currency": currency,
        "exception": name,
        "what": str(what),
    }
    require_approval(opened, "suspense", body)
    now = opened.clock.now()
    with opened.database.unit_of_work() as connection:
        found = _named(connection, name)
        closing_store.insert_explanation(connection, name, str(what), now)
        audit_in(connection, opened, SYSTEM, "exception explained", body)
        source = funding.money_on_its_way(connection)
        moved = list(_explained(found, what, source))
        ledger.post(
            connection,
            (
                Transfer(
                    transfer_id=f"explained:{sha256(name.encode()).hexdigest()[:32]}:{place}",
                    debit=debit,
                    credit=credit,
                    amount_minor=amount,
                    currency=currency,
                    reason="explained",
                    subject=name,
                    occurred_at=now,
                )
                for place, (debit, credit, amount) in enumerate(moved)
            ),
        )
    return found


def _named(connection: Connection, name: str) -> Found:
    """The exception of this name."""
    for found in closing_store.exceptions(connection, name):
        return found
    raise SuspenseError(
        said("nothing waits under the name {name}; `amends suspense CASE` lists it", name=name)
    )


def possible(found: Found) -> tuple[Explanation, ...]:
    """What an exception can be, by what moved."""
    way = found.direction
    may_be = {
        Explanation.PAID: found.kind == ExceptionKind.AMOUNT_DIFFERS
        and way == "out"
        and found.settled_minor is not None,
        Explanation.FEE: way == "out",
        Explanation.TOP_UP: way == "in",
        Explanation.WRITTEN_OFF: way is not None,
        Explanation.CHECKED: way is None,
    }
    return tuple(one for one, may in may_be.items() if may)


def _require_possible(found: Found, what: Explanation) -> None:
    """Refuse what an exception cannot be."""
    others = possible(found)
    if what not in others:
        raise SuspenseError(
            said(
                "{name} cannot be {what}; it can be: {others}",
                name=found.exception_id,
                what=what,
                others=", ".join(map(str, others)),
            )
        )


def _explained(found: Found, what: Explanation, source: str) -> Iterator[tuple[str, str, int]]:
    """Out of suspense: debit, credit and amount."""
    amount = found.amount_minor
    match what:
        case Explanation.PAID:
            owed = found.settled_minor or 0
            yield PAID_OUT, SUSPENSE, owed
            if amount > owed:
                yield WRITTEN_OFF, SUSPENSE, amount - owed
            elif amount < owed:  # less went out than is settled: the rest is with us
                yield SUSPENSE, WRITTEN_OFF, owed - amount
        case Explanation.FEE:
            yield FEES, SUSPENSE, amount
        case Explanation.TOP_UP:
            yield SUSPENSE, source, amount
        case Explanation.WRITTEN_OFF if found.direction == "out":
            yield WRITTEN_OFF, SUSPENSE, amount
        case Explanation.WRITTEN_OFF:
            yield SUSPENSE, WRITTEN_OFF, amount
        case Explanation.CHECKED:
            pass
