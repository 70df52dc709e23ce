"""What waits for a person: who looks after it, and what two people found it to be.

An explanation is final, and moves the books: out of suspense, to where the money went. Where the
answers about a payment were wrong it moves the payment, too: the database lets it go that way only
beside what two people have signed, and its number is never sent again.
"""

from hashlib import sha256
from typing import TYPE_CHECKING

import uvloop

from amends.funding import service as funding
from amends.governance.service import audit_in, require_approval
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.ledger import service as ledger
from amends.ledger.model import Transfer
from amends.payouts.model import Move, RailNotAvailableError, State
from amends.payouts.opening import open_rails
from amends.payouts.rails.model import QueryAnswer, Returned, Settled
from amends.payouts.reconciling import bill_store, closing_store, outcome_store
from amends.payouts.reconciling.closing_model import Explanation, Found, SuspenseError
from amends.payouts.reconciling.explaining_rules import (
    ASKED,
    OUTCOMES,
    PAID,
    explained,
    heard,
    not_yet,
    possible,
)
from amends.payouts.reconciling.outcome_store import Outcome
from amends.payouts.sending import store
from amends.payouts.sending.record import (
    Moved,
    Result,
    apply_results,
    keep_answer,
    post_moves,
)
from amends.payouts.sending.rules import OPEN_STATES, told
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

    Where it contradicts what the provider answered of a payment, the provider is asked again, and
    its word is part of what is signed.

    Raises:
        SuspenseError: none waits under this name, it cannot be that, or cannot be that yet.
        WaitingForApprovalError: two people have to approve it.
        RailNotAvailableError: case.toml has no such rail that could be asked.
    """
    found = waiting(opened, name)
    _require_possible(found, what)
    answer = uvloop.run(_asked(opened, found)) if what in ASKED else None
    return explain_told(opened, name, what, answer)


async def _asked(opened: OpenCase, found: Found) -> QueryAnswer:
    """What the provider says now of the payment of an exception."""
    assert found.number is not None  # noqa: S101 - only of a payment of ours
    assert found.payment_minor is not None  # noqa: S101 - the same
    amount = Money(amount_minor=found.payment_minor, currency=opened.case.file.currency)
    async with open_rails(opened) as rails:
        for rail in rails:
            if rail.capabilities.rail == found.rail:
                answer = await rail.query(InstructionId(found.number), amount)
                return heard(found, answer, rail.capabilities, opened.clock.now())
    raise RailNotAvailableError(
        said(
            "case.toml has no rail {rail}, which has to be asked about {number}: put its [[rail]] "
            "back",
            rail=found.rail,
            number=found.number,
        )
    )


def explain_told(
    opened: OpenCase, name: str, what: Explanation, answer: QueryAnswer | None = None
) -> Found:
    """The same. *answer*: what the provider says of the payment now, where it has to be asked."""
    found = waiting(opened, name)
    _require_possible(found, what)
    if answer is not None:
        _heard(opened, found, answer)
    with opened.database.reading() as connection:
        closed = closing_store.closed_through(connection, found.rail)
    if (why := not_yet(found, what, answer, closed)) is not None:
        raise SuspenseError(why)
    body: dict[str, JSON] = {
        "amount_minor": found.amount_minor,
        "case": opened.case.file.id,
        "currency": opened.case.file.currency,
        "exception": name,
        "what": str(what),
    }
    if answer is not None:
        body["provider_says"] = told(answer)
    proposal = require_approval(opened, "suspense", body)
    with opened.database.unit_of_work() as connection:
        bill_store.lock(connection)
        if found.number is not None:  # nobody else moves the payment meanwhile
            number = InstructionId(found.number)
            store.lock_chunks(connection, (), {number})
            store.standings(connection, [number])
        found = _named(connection, name)
        _require_possible(found, what)
        closing_store.insert_explanation(connection, name, str(what), opened.clock.now())
        audit_in(connection, opened, SYSTEM, "exception explained", body)
        word = "its_bill" if answer is None else told(answer)
        _move(opened, connection, found, what, says=word, proposal=proposal)
        _post(opened, connection, found, what)
    return found


def _heard(opened: OpenCase, found: Found, answer: QueryAnswer) -> None:
    """Keep what the provider says; that a payment came back moves it as always."""
    assert found.number is not None  # noqa: S101 - as above
    number = InstructionId(found.number)
    with opened.database.unit_of_work() as connection:
        if isinstance(answer, Returned) and found.state == State.SETTLED:
            result = Result(number=number, answer=answer, asked=True)
            apply_results(opened, connection, found.rail, [result])
        else:
            keep_answer(opened, connection, number, answer)


def _move(
    opened: OpenCase,
    connection: Connection,
    found: Found,
    what: Explanation,
    *,
    says: str,
    proposal: str,
) -> None:
    """What an explanation makes of the payment that it is about; of most: nothing."""
    became = OUTCOMES.get((found.kind, what))
    now = opened.clock.now()
    if found.number is None or found.payment_minor is None:
        return
    number = InstructionId(found.number)
    if what in PAID and found.state in OPEN_STATES:  # no answer ended it: the line of its bill does
        ended = Settled(provider_reference=None, settled_at=found.at, raw=b"")
        apply_results(opened, connection, found.rail, [Result(number=number, answer=ended)])
    if became is None:
        return
    if became == Explanation.RETURNED:
        if found.state == State.SETTLED:
            back = Returned(provider_reference=None, returned_at=found.at, code="returned", raw=b"")
            apply_results(opened, connection, found.rail, [Result(number=number, answer=back)])
        return
    missing = found.payment_minor - found.amount_minor
    outcome = Outcome(
        number=number,
        what=became,
        exception_id=found.exception_id,
        amount_minor=missing if became == Explanation.PAID_SHORT else found.payment_minor,
        provider_says=says,
        proposal_sha256=proposal,
    )
    outcome_store.insert(connection, outcome, now)
    if became == Explanation.PAID_SHORT:
        return
    match Move(became):
        case Move.NOT_PAID:
            outcome_store.never_paid(connection, number)
        case Move.NOT_RETURNED:
            outcome_store.never_returned(connection, number)
        case _:
            outcome_store.paid_after_all(connection, number, found.at or now)
    [standing] = store.standings(connection, [number]).values()
    payment = Moved(number, standing.award_index, standing.generation, standing.amount.amount_minor)
    post_moves(opened, connection, {became: [payment]}, found.rail, now)


def _post(opened: OpenCase, connection: Connection, found: Found, what: Explanation) -> None:
    """Move the books out of suspense."""
    name, source = found.exception_id, funding.money_on_its_way(connection)
    ledger.post(
        connection,
        [
            Transfer(
                transfer_id=f"explained:{sha256(name.encode()).hexdigest()[:32]}:{place}",
                debit=debit,
                credit=credit,
                amount_minor=amount,
                currency=opened.case.file.currency,
                reason="explained",
                subject=name,
                occurred_at=opened.clock.now(),
            )
            for place, (debit, credit, amount) in enumerate(explained(found, what, source))
        ],
    )


def _named(connection: Connection, name: str) -> Found:
    """The exception of this name."""
    for found in closing_store.exceptions(connection, name):
        return found
    raise SuspenseError(
        said("nothing waits under the name {name}; `amends suspense CASE` lists it", name=name)
    )


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
