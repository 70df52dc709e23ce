"""What is wrong with a line of a bill, as the faults have it; balances stay true."""

from amends.simulators.faults import BillFault, Faults
from amends.simulators.store import MovementRow

_TOO_MUCH_MINOR = 100


def times_in_bill(row: MovementRow, faults: Faults) -> int:
    """How often a movement stands in the bill: once, if all is well."""
    if faults.rule(BillFault.BILL_MISSING, row.number):
        return 0
    return 2 if faults.rule(BillFault.BILL_DUPLICATE, row.number) else 1


def stated_minor(row: MovementRow, faults: Faults) -> int:
    """How much the bill says that moved, either way."""
    wrong = faults.rule(BillFault.BILL_WRONG_AMOUNT, row.number) is not None
    return abs(row.amount_minor) + _TOO_MUCH_MINOR * wrong
