"""The equalities that are checked before anything goes out. Pure; each failure is a sentence."""

from collections.abc import Mapping

from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.roster.entries import NOTHING, OWN, State, Total
from amends.roster.epochs import FEWEST, Sums, sum_of

Counts = Mapping[tuple[int, int], int]
"""How many awards there are of each class and amount."""


def total_of(counts: Counts) -> Total:
    """How many awards, and their sum."""
    return sum_of(
        Total(count=count, amount_minor=count * amount) for (_, amount), count in counts.items()
    )


def award_findings(
    *,
    logged: Counts,
    owed: Counts,
    scope: Total,
    promised: Total | None,
    tariff: Mapping[int, int],
    currency: str,
) -> list[str]:
    """What does not agree among log, awards, scope, promise and tariff.

    *promised*: None while the promise already speaks of awards that are not in the log yet.
    """
    found: list[str] = []
    total = total_of(logged)
    if total.count != scope.count:
        found.append(
            said(
                "SCOPE says {scope:,} people, the log holds {logged:,} awards",
                scope=scope.count,
                logged=total.count,
            )
        )
    if total.amount_minor != scope.amount_minor:
        found.append(
            said(
                "the log's awards sum to {logged}, SCOPE says {scope}",
                logged=_sum(total, currency),
                scope=_sum(scope, currency),
            )
        )
    if any(kind != OWN and tariff.get(kind) != amount for kind, amount in logged):
        found.append(said("an award in the log is not by the tariff"))
    if dict(logged) != dict(owed):
        found.append(said("the log's awards are not those that are owed"))
    if promised is not None and scope != promised:
        found.append(
            said(
                "promised are {promised:,} people and {promised_sum}, SCOPE says {scope:,} and "
                "{scope_sum}",
                promised=promised.count,
                promised_sum=_sum(promised, currency),
                scope=scope.count,
                scope_sum=_sum(scope, currency),
            )
        )
    return found


def _sum(total: Total, currency: str) -> str:
    """The money of a total, for people."""
    return Money(amount_minor=total.amount_minor, currency=currency).display()


def epoch_findings(sums: Sums, *, awards: Total, lasting: Total | None) -> list[str]:
    """What does not agree among states, batches and payments.

    *awards*: all published. *lasting*: batched payments that payouts holds for sent or settled;
    None while changes wait and the two may differ.
    """
    found: list[str] = []
    if sum_of(sums.states) != awards:
        found.append(said("the states do not sum to the awards"))
    hidden = 0 if sums.returned.count else FEWEST - 1
    opened = sums.states[State.OPEN]
    if not 0 <= sums.remainder.count <= opened.count + hidden:
        found.append(said("batches, returns and states do not agree in number"))
    if not 0 <= sums.remainder.amount_minor <= opened.amount_minor + hidden * sums.most:
        found.append(said("batches, returns and states do not agree in money"))
    if lasting is not None and lasting != sums.lasting:
        found.append(
            said(
                "{payments:,} batched payments are sent or settled, {awards:,} awards are",
                payments=lasting.count,
                awards=sums.lasting.count,
            )
        )
    if sums.lasting != NOTHING and sums.batches == NOTHING:
        found.append(said("states say that money was sent, and no batch does"))
    return found
