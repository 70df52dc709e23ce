"""The SQL of forecasts: who is still to be paid, and what quotas were used."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import numpy as np

from amends.kernel.ids import PersonId
from amends.payouts.planning import plan_store
from amends.payouts.planning.drafting import Dues
from amends.store.columns import whole
from amends.store.connection import Connection


def planned(connection: Connection) -> list[tuple[str, int, int]]:
    """Rail, amount in minor units, and how many are planned and have not left."""
    cursor = connection.execute(
        "SELECT rail, amount_minor, count(*) FROM payouts.instruction "
        "WHERE state IN ('planned', 'approved') GROUP BY rail, amount_minor "
        "ORDER BY amount_minor DESC, rail"
    )
    return [(str(rail), whole(amount), whole(count)) for rail, amount, count in cursor]


def unplanned(connection: Connection) -> list[tuple[int, int]]:
    """Amount in minor units, and how many payable people no plan names; largest first.

    Whoever was paid and is owed more since is among them, with the difference.
    """
    found: Counter[int] = Counter()
    asked = [_RAISES]
    if waiting := plan_store.unplanned_up_to(connection, AT_ONCE):
        asked.append(_OF_MANY if waiting == AT_ONCE else _OF_FEW)
    for query in asked:
        for amount, people in connection.execute(query):
            found[whole(amount)] += whole(people)
    return sorted(found.items(), reverse=True)


_UNPLANNED: Final = (
    "FROM awards.owed AS owed WHERE NOT EXISTS (SELECT FROM payouts.payment AS known "
    "WHERE known.award_index = owed.award_index)"
)
_OF_MANY: Final = (
    f"SELECT waits.amount_minor, count(*) FROM (SELECT owed.* {_UNPLANNED}) AS waits "  # noqa: S608 - fixed text
    "JOIN payees.standing AS standing ON standing.person_id = waits.person_id "
    "WHERE standing.state = 'payable' GROUP BY waits.amount_minor"
)
_OF_FEW: Final = (
    f"WITH waits AS MATERIALIZED (SELECT owed.* {_UNPLANNED}) "  # noqa: S608 - fixed text
    "SELECT waits.amount_minor, count(*) FROM waits "
    "CROSS JOIN LATERAL payees.standing_of(waits.person_id) AS standing "
    "WHERE standing.state = 'payable' GROUP BY waits.amount_minor"
)
_RAISES: Final = (
    "SELECT due.amount_minor, count(*) FROM payouts.raise_due AS due "
    "CROSS JOIN LATERAL payees.standing_of(due.person_id) AS standing "
    "WHERE standing.state = 'payable' GROUP BY due.amount_minor"
)
AT_ONCE: Final = 50_000
"""Awards that no plan names: so many are read at once; of fewer each person is looked up."""


def unplanned_people(connection: Connection) -> Iterator[Dues]:
    """Awards without any instruction, whether payable or not, some at a time, by person.

    So those are together who stand in one page of payees, which is opened once.
    """
    with connection.cursor(name="unplanned_people") as cursor:
        cursor.execute(
            f"SELECT owed.award_index, owed.amount_minor, owed.person_id {_UNPLANNED} "
            'ORDER BY owed.person_id COLLATE "C"',
            binary=True,
        )
        while rows := cursor.fetchmany(AT_ONCE):
            awards, amounts, persons = zip(*rows, strict=True)
            found = np.array(awards, np.int64)
            yield Dues(
                awards=found,
                amounts_minor=np.array(amounts, np.int64),
                generations=np.zeros_like(found),
                persons=[PersonId(str(person)) for person in persons],
            )


def ended_unpaid(connection: Connection) -> int:
    """How many payable people's payment was refused or came back, with no other under way.

    What is not explained yet counts, too: nobody knows that they have the money.
    """
    row = connection.execute(
        "SELECT count(DISTINCT owed.person_id) FROM payouts.attention "
        "JOIN payouts.payment AS ended USING (award_index, generation) "
        "JOIN awards.owed AS owed USING (award_index) "
        "CROSS JOIN LATERAL payees.standing_of(owed.person_id) AS standing "
        "WHERE attention.state IN ('refused', 'returned') AND ended.live "
        "AND standing.state = 'payable' AND owed.amount_minor > COALESCE(("
        "SELECT sum(other.amount_minor) FROM payouts.payment AS other "
        "WHERE other.award_index = ended.award_index AND other.part <> ended.part "
        "AND other.live AND other.state NOT IN ('refused', 'returned')), 0)"
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate gives a row
    return whole(row[0])


def checked(connection: Connection, reasons: Sequence[str]) -> list[tuple[str, int, int, int]]:
    """Rail, amount, how many first payments left and ended, and how many for one of *reasons*."""
    cursor = connection.execute(
        "SELECT rail, amount_minor, count(*), "
        "count(*) FILTER (WHERE reason = ANY(%(reasons)s) AND returned_at IS NULL) "
        "FROM payouts.instruction WHERE generation = 0 AND sent_at IS NOT NULL "
        "AND state IN ('settled', 'returned', 'refused', 'superseded') "
        "GROUP BY rail, amount_minor ORDER BY rail, amount_minor",
        {"reasons": list(reasons)},
    )
    return [
        (str(rail), whole(amount), whole(ended), whole(refused))
        for rail, amount, ended, refused in cursor
    ]


def unplanned_count(connection: Connection) -> int:
    """How many payable people no plan names."""
    return sum(people for _, people in unplanned(connection))


def spent(connection: Connection, rail: str, now: datetime, zone: str) -> tuple[int, int]:
    """What a rail was given in the local day and month of *now*, in minor units.

    What it refused for good does not count, whatever followed it; what came back does.
    """
    row = connection.execute(
        "SELECT COALESCE(sum(amount_minor) FILTER (WHERE sent_at >= "
        "date_trunc('day', %(now)s::timestamptz, %(zone)s)), 0)::bigint, "
        "COALESCE(sum(amount_minor), 0)::bigint FROM payouts.instruction "
        "WHERE rail = %(rail)s AND state NOT IN ('planned', 'approved', 'refused') "
        "AND (state <> 'superseded' OR returned_at IS NOT NULL) "
        "AND sent_at >= date_trunc('month', %(now)s::timestamptz, %(zone)s)",
        {"now": now, "zone": zone, "rail": rail},
    ).fetchone()
    assert row is not None  # noqa: S101 - aggregates give a row
    return whole(row[0]), whole(row[1])
