"""Which notifications a change of an order causes, as the faults have it."""

from datetime import timedelta

from amends.simulators.faults import CallbackFault, Faults
from amends.simulators.store import OrderRow, Store


def notify(store: Store, faults: Faults, order: OrderRow) -> None:
    """Put the notifications about a change in the queue."""
    subject = f"{order.number}:{order.status}"
    late = faults.rule(CallbackFault.CALLBACK_LATE, subject)
    delay_ms = late.delay // timedelta(milliseconds=1) if late else 0
    if faults.rule(CallbackFault.CALLBACK_FORGED, subject):
        store.notify(order, 0, forged=True)
    if faults.rule(CallbackFault.CALLBACK_LOST, subject):
        return
    twice = faults.rule(CallbackFault.CALLBACK_DUPLICATE, subject)
    for _ in range(1 + (twice.repeats if twice else 0)):
        store.notify(order, delay_ms)
