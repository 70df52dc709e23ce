"""What `pay` and `reconcile` say at their end: counts, and sentences for people."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from amends.awards import promised
from amends.funding import service as funding
from amends.kernel.saying import Said, joined, said
from amends.ledger import service as ledger
from amends.ledger.model import DEPOSITED, PAID_BY_HAND
from amends.payouts.model import REISSUE
from amends.payouts.planning import forecast_store, plan_store
from amends.payouts.planning.guarded import foreseen
from amends.payouts.planning.outlook import outlook_told
from amends.payouts.reconciling import bill_store, bills
from amends.vault.opened import OpenCase

_GIVEN_OF_RETURNED: Final = {
    DEPOSITED: ledger.DEPOSIT_OF_RETURNED,
    PAID_BY_HAND: ledger.BY_HAND_OF_RETURNED,
}
"""For what reason money that came back is in an account from which no rail sends it."""


def notes_of(opened: OpenCase, counts: dict[str, int]) -> list[Said]:
    """What people have to know after paying; who waits for a release is counted, too."""
    notes: list[Said] = []
    if counts["unknown"] + counts["accepted"]:
        notes.append(
            said(
                "{unknown} payments have no final answer yet; `amends reconcile` asks again",
                unknown=counts["unknown"] + counts["accepted"],
            )
        )
    waiting = _waiting_for_release(opened)
    if waiting is not None:
        counts["wait_for_release"] = waiting
    if waiting:
        notes.append(
            said(
                "{people:,} people wait for the next part of the funds: `amends funding release "
                "CASE AMOUNT`",
                people=waiting,
            )
        )
    notes += first_batch_told(opened)
    notes += _unpaid(opened)
    notes += unlisted_told(opened)
    notes += foreseen(partial(outlook_told, opened, late=True))
    notes += promised.alarm(opened)
    return notes


def _waiting_for_release(opened: OpenCase) -> int | None:
    """How many payable people no part of the funds has reached; None where there are no parts."""
    with opened.database.reading() as connection:
        parts = funding.evidenced(connection)
        return forecast_store.unplanned_count(connection) if parts else None


def first_batch_told(opened: OpenCase) -> tuple[Said, ...]:
    """What became of the first batch, until a later plan is approved: the rest waits for it."""
    if opened.case.file.first_payments is None:
        return ()
    with opened.database.reading() as connection:
        batches = plan_store.first_batches(connection)
        waiting = forecast_store.unplanned_count(connection) + plan_store.to_send(connection)[0]
    first = {rail: batch.states for rail, batch in batches.items() if batch.plans <= 1}
    if not first or not waiting:
        return ()
    told = {rail: joined(_states(states), ", ") for rail, states in first.items()}
    return (
        said(
            "the first batch: {states}; {waiting:,} people wait for it. Look at these payments "
            "before `amends pay` goes on",
            states=next(iter(told.values()))
            if len(batches) == 1
            else joined(
                (said("{rail}: {states}", rail=r, states=of) for r, of in told.items()), "; "
            ),
            waiting=waiting,
        ),
    )


def _states(states: Mapping[str, int]) -> Iterator[Said]:
    """How many are in which state."""
    for state, count in states.items():
        yield said("{state} {count:,}", state=said(state), count=count)


def ended_told(why: str, people: int, payable: int, changed: int) -> Said:
    """How many payments ended for one reason, and what becomes of them."""
    return said(
        "{why}: {people:,} payments; of their people {payable:,} are payable, {changed:,} of them "
        "with a receiver that changed since",
        why=why,
        people=people,
        payable=payable,
        changed=changed,
    )


def turning_told(people: int) -> tuple[Said, ...]:
    """That people have a further account, to which the next payment goes."""
    if not people:
        return ()
    return (
        said(
            "{people:,} people have a further account: `amends pay CASE` proposes a payment to it, "
            "and two people sign",
            people=people,
        ),
    )


def _unpaid(opened: OpenCase) -> tuple[Said, ...]:
    """That payments were refused or came back, and what can be done."""
    with opened.database.reading() as connection:
        people = sum(one[1] for one in plan_store.ended_counts(connection))
    if not people:
        return ()
    return (
        said(
            "{people:,} payments were refused or came back; `amends retry CASE` says why, and pays "
            "again what you choose",
            people=people,
        ),
    )


def unlisted_told(opened: OpenCase) -> tuple[Said, ...]:
    """That payments ended for reasons of the provider's that nobody has listed."""
    with opened.database.reading() as connection:
        found = plan_store.unlisted(connection)
    if not found:
        return ()
    return (
        said(
            "{payments:,} payments ended for a reason that is not listed ({codes}): ask the "
            "provider what it means before anybody is paid again",
            payments=sum(payments for _, payments in found),
            codes=", ".join(code for code, _ in found),
        ),
    )


def figures(opened: OpenCase, rails: Sequence[str]) -> dict[str, int]:
    """Everything that the summaries of `pay` and `reconcile` count."""
    with opened.database.reading() as connection:
        states = bill_store.by_state(connection)
        balances = ledger.balances(connection)
        trial = ledger.check_trial(connection)
        given_minor = sum(
            ledger.moved(connection, reason)
            for account, reason in _GIVEN_OF_RETURNED.items()
            if balances[account]
        )
        given_minor += ledger.moved(connection, REISSUE)
        promised, promised_minor, needs_person = bill_store.promised(connection)
        unproved, unproved_minor = bill_store.unproved(connection)
        classes = bill_store.line_classes(connection)
        exceptions = bill_store.open_exceptions(connection)

    def total(*names: str) -> tuple[int, int]:
        found = [states.get(name, (0, 0)) for name in names]
        return sum(count for count, _ in found), sum(amount for _, amount in found)

    flying, flying_minor = total("sending", "unknown", "accepted")
    settled, settled_minor = total("settled")
    returned, returned_minor = total("returned", "superseded_returned")
    balanced = trial and bills.books_balance(
        balances,
        in_flight=flying_minor,
        settled=settled_minor,
        returned=returned_minor - given_minor,
        rails=rails,
    )
    return {
        "promised": promised,
        "promised_minor": promised_minor,
        "needs_person": needs_person,
        "instructions": sum(count for count, _ in states.values()),
        "settled": settled,
        "settled_minor": settled_minor,
        "returned": returned,
        "returned_minor": returned_minor,
        "refused": total("refused")[0],
        "accepted": total("accepted")[0],
        "unknown": total("sending", "unknown")[0],
        "open": flying,
        "open_minor": flying_minor,
        "unproved": unproved,
        "unproved_minor": unproved_minor,
        "statement_lines": sum(classes.values()),
        "matched": classes.get("matched", 0) + classes.get("returned", 0),
        "exceptions": sum(exceptions.values()),
        "books_balanced": int(balanced),
    }
