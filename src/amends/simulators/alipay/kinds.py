"""Which kinds of fault this simulator knows, in the order in which they meet a call."""

from amends.simulators.faults import (
    BillFault,
    CallbackFault,
    CallFault,
    Fault,
    OrderFault,
    PayeeFault,
)

KINDS: tuple[Fault, ...] = (
    *CallFault,
    *PayeeFault,
    OrderFault.DEALING,
    OrderFault.RETURNED,
    OrderFault.QUERY_NOT_EXIST_FIRST,
    OrderFault.ANSWER_WRONG_AMOUNT,
    *BillFault,
    *CallbackFault,
)
