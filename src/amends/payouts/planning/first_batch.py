"""The first batch of each rail: how many it may have, and how long the rest waits for it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from amends.payouts.planning import plan_store
from amends.payouts.planning.plan_store import FirstBatch
from amends.payouts.rails.model import Capabilities
from amends.store.connection import Connection


def room(first: int | None, batch: FirstBatch | None, rail: Capabilities) -> int | None:
    """How many more payments a rail may be planned for; None: as many as there are.

    *first*: how many the first batch has (None: there is none). No more go by a rail before each
    of its batch has a final answer. Where a payment lies ready until the person comes, that it
    does is enough: the last may never come.
    """
    if first is None:
        return None
    if batch is None:
        return first
    return None if batch.final(ready_is_enough=rail.lies_ready) else 0


def holds(
    connection: Connection,
    first: int | None,
    answers: Sequence[tuple[Capabilities, timedelta]],
    now: datetime,
) -> Mapping[str, timedelta]:
    """After which time rails begin to carry those whom no plan names, where a first batch is open.

    *answers*: of each rail after which time a payment has its final answer. Where everybody whom
    no plan names has a place in the batch nobody waits.
    """
    if first is None:
        return {}
    batches = plan_store.first_batches(connection)
    found = {}
    for rail, answer in answers:
        batch = batches.get(rail.rail)
        most = room(first, batch, rail)
        if most is None or rail.lies_ready or not plan_store.unplanned_beyond(connection, most):
            continue
        left = batch.last_left if batch is not None else None
        found[rail.rail] = max(answer - (now - left), timedelta(0)) if left else answer
    return found
