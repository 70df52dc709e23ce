"""For audit.py: what was found, in words, OVERDUE among them; nothing is accepted or refused here.

zh.py has the Chinese.
"""

import time
from functools import partial
from typing import TYPE_CHECKING

from amends_verify.verify import REASONS, money

if TYPE_CHECKING:
    from amends_verify.audit import Audit

STATES = ("promised", "sent", "settled", "returned", "needs_person", "disputed", "waived", "open")
SEALED = "SEALED: {} awards of {}; arrived {} of {}; deposited {} of {}. "
HIDES = (
    "THIS CASE SHOWS COUNTS ALONE: {:,} entries are hidden. NOT CHECKED for that: single awards, "
    "their commitments, corrections, states and moves. Ask the auditor, who has the key of {}. "
)


def sentence(audit: "Audit") -> str:
    """What was checked, what was found, and what this cannot show."""
    case, (people, amount), (batches, paid, minor) = audit.case, audit.scope, audit.batches
    sums = partial(money, case["currency"])  # in words
    shown = ", ".join(f"{s} {n:,}" for s, n in zip(STATES, audit.sums[::2], strict=True) if n)
    why = ", ".join(f"{REASONS[r]} {n:,}" for r, n in sorted(audit.reasons.items()))
    made_up = ", ".join(what for what, is_so in sorted(case["simulated"].items()) if is_so)
    day = audit.day if case["simulated"]["time"] else time.strftime("%Y-%m-%d", time.gmtime())
    due = (case["pay_by"] or "never")[:10]  # that is after every day
    late = day > due and people > audit.sums[4] and not audit.closed
    left = f"{people - audit.sums[4]:,} awards of {sums(amount - audit.sums[5])}"
    change = f"{'-' if audit.changes < 0 else '+'}{sums(abs(audit.changes))}"
    totals = [sums(n) if at & 1 else f"{n:,}" for at, n in enumerate(audit.end)]
    return (
        f"Verified: case {case['case']}, {people:,} awards of {sums(amount)}, as promised; "
        f"{audit.size:,} entries lead to the signed root, every file is covered"
        f"{'' if audit.hidden else ', no commitment stands twice'}. "
        + (f"CORRECTED: {why}; in all {change}. " if why else "")
        + f"Payments published: {paid:,} of {sums(minor)}, in {batches} batch"
        f"{'' if batches == 1 else 'es'}; epoch {audit.epochs}: {shown or 'no states yet'}. "
        + (f"OVERDUE since {due}: {left} are not shown as arrived. " if late else "")
        + (SEALED.format(*totals) if audit.closed else "")
        + ("ERASED: two say that the keys behind it are destroyed. " if audit.closed > 8 else "")
        + (f"THE CASE IS SIMULATED: {made_up}. " if made_up else "")
        + (HIDES.format(audit.hidden, case.get("auditor")) if audit.hidden else "")
        + "Not checked: that banks paid, and that everybody affected is in it."
    )


def bucketed(publication: int, count: int, *, whole: bool) -> str:
    """How many claim buckets there were, read *whole* or not."""
    if not publication:
        return " This log publishes no claim buckets." if whole else ""
    how = "read" if whole else "their sizes checked; --claims reads them"
    return f" Claim buckets: {count:,} of 32 KiB, {how}."
