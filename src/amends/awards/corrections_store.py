"""The SQL of corrections."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import polars as pl

from amends.awards.correcting import ANNULLED, Channel, Correction, Present, Reason, Recorded
from amends.store.columns import moment, octets
from amends.store.connection import Connection

_LOCK = 0x706C616E  # the plan lock: nobody plans a payment meanwhile; see docs/locking.md

_STANDING = (
    "SELECT award.award_index, coalesce(corrected.class, award.class), "
    "coalesce(corrected.amount_minor, award.amount_minor), coalesce(steps.step, 0), "
    "corrected.reason, EXISTS (SELECT FROM linkage.affected AS affected "
    "WHERE affected.person_id = award.person_id) OR EXISTS (SELECT FROM linkage.former AS former "
    "JOIN linkage.affected AS affected ON affected.person_id = former.person_id "
    "WHERE former.earlier_id = award.person_id), "
    "coalesce(grants.amount_minor, 0) FROM awards.award AS award "
    "LEFT JOIN awards.corrected AS corrected ON corrected.award_index = award.award_index "
    "LEFT JOIN (SELECT award_index, max(step) AS step FROM awards.correction "
    "GROUP BY award_index) AS steps ON steps.award_index = award.award_index "
    "LEFT JOIN awards.award_granted AS grants ON grants.award_index = award.award_index "
)

# Whose award it is now: the person whom others were found to be, at the end of all findings.
_ONE = (
    "WITH last AS (SELECT former.earlier_id, former.person_id FROM linkage.former AS former "
    "WHERE NOT EXISTS (SELECT FROM linkage.merged AS merged "
    "WHERE merged.earlier_id = former.person_id)), "
    "ids AS (SELECT earlier_id AS id, person_id AS now_id FROM last "
    "UNION SELECT person_id, person_id FROM last) "
)


def lock(connection: Connection) -> None:
    """Let nobody else correct or plan payments; held to the end of the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK})


def present(connection: Connection, awards: Sequence[int]) -> dict[int, Present]:
    """How awards stand, by index; those that do not exist are left out."""
    rows = connection.execute(
        f"{_STANDING}WHERE award.award_index = ANY(%(awards)s)",
        {"awards": [index for index in awards if 0 <= index < 1 << 31]},
    ).fetchall()
    found = {one.award_index: one for one in map(_present, rows)}
    for group in people_with_several(connection):
        for index in found.keys() & set(group):
            others = tuple(other for other in group if other != index)
            found[index] = replace(found[index], one_person_with=others)
    return found


def _present(row: tuple[object, ...]) -> Present:
    index, award_class, amount, step, reason, determined, granted = row
    annulled = int(str(award_class)) == ANNULLED
    return Present(
        award_index=int(str(index)),
        award_class=int(str(award_class)),
        amount_minor=int(str(amount)),
        step=int(str(step)),
        annulled_for=Reason(str(reason)) if annulled else None,
        determined=bool(determined),
        granted_minor=int(str(granted)),
    )


def standing_amounts(connection: Connection) -> pl.DataFrame:
    """person_id, award_index, amount, granted, decided of every award of which something is owed.

    Amounts in minor units. ``decided``: whether people decided on the amount otherwise than by
    granting a claim: a court, an agreement, or a correction to less.
    """
    rows = connection.execute(
        "SELECT owed.person_id, owed.award_index, owed.amount_minor, "
        "coalesce(grants.amount_minor, 0), coalesce(corrected.reason = 'court_decision' "
        "OR (corrected.reason = 'agreed' AND grants.amount_minor IS NULL) "
        "OR newest.amount_minor < newest.amount_before_minor, false) "
        "FROM awards.owed AS owed "
        "LEFT JOIN awards.corrected AS corrected ON corrected.award_index = owed.award_index "
        "LEFT JOIN awards.correction AS newest "
        "ON newest.correction_no = corrected.correction_no "
        "LEFT JOIN awards.award_granted AS grants ON grants.award_index = owed.award_index"
    ).fetchall()
    schema = {
        "person_id": pl.String,
        "award_index": pl.Int64,
        "amount": pl.Int64,
        "granted": pl.Int64,
        "decided": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def people_with_several(connection: Connection) -> list[tuple[int, ...]]:
    """The awards of which something is owed, of each person who has more than one by now."""
    rows = connection.execute(
        f"{_ONE}SELECT array_agg(owed.award_index ORDER BY owed.award_index) FROM ids "  # noqa: S608 -- our own words
        "JOIN awards.owed AS owed ON owed.person_id = ids.id "
        "GROUP BY ids.now_id HAVING count(*) > 1 ORDER BY min(owed.award_index)"
    ).fetchall()
    return [tuple(int(str(index)) for index in _list(row[0])) for row in rows]


def annulled_and_apart(connection: Connection) -> list[tuple[int, int]]:
    """Awards annulled as of one with another, whose person is found to be a person again.

    With the amount before they were annulled, less what was granted on top of it: that is held by
    the award that stayed, and nothing is owed twice.
    """
    rows = connection.execute(
        "SELECT award.award_index, correction.amount_before_minor "
        "- coalesce((SELECT grants.amount_minor FROM awards.award_granted AS grants "
        "WHERE grants.award_index = award.award_index), 0) FROM awards.corrected "
        "AS corrected JOIN awards.correction AS correction "
        "ON correction.correction_no = corrected.correction_no "
        "JOIN awards.award AS award ON award.award_index = corrected.award_index "
        "JOIN linkage.affected AS affected ON affected.person_id = award.person_id "
        "WHERE corrected.amount_minor = 0 AND corrected.reason = 'two_were_one' "
        "AND NOT EXISTS (SELECT FROM linkage.merged AS merged "
        "WHERE merged.earlier_id = award.person_id) "
        "AND NOT EXISTS (SELECT FROM linkage.former AS former "
        "JOIN awards.owed AS owed ON owed.person_id = former.earlier_id "
        "WHERE former.person_id = award.person_id) "
        "ORDER BY award.award_index"
    ).fetchall()
    return [(int(str(index)), int(str(amount))) for index, amount in rows]


def new_of_two(connection: Connection) -> int:
    """People who came out of somebody found to be two, and have no award yet."""
    row = connection.execute(
        "SELECT count(DISTINCT moved.person_id) FROM linkage.moved AS moved "
        "JOIN linkage.affected AS affected ON affected.person_id = moved.person_id "
        "WHERE moved.change = 'split' AND NOT EXISTS (SELECT FROM awards.award AS award "
        "WHERE award.person_id = moved.person_id) AND NOT EXISTS (SELECT FROM linkage.former "
        "AS former JOIN awards.award AS award ON award.person_id = former.earlier_id "
        "WHERE former.person_id = moved.person_id)"
    ).fetchone()
    return int(str(row[0])) if row else 0


def newest_numbers(connection: Connection) -> tuple[int, int]:
    """The newest decision and correction; zeros before the first."""
    row = connection.execute(
        "SELECT (SELECT coalesce(max(decision_no), 0) FROM awards.correction_decision), "
        "(SELECT coalesce(max(correction_no), 0) FROM awards.correction)"
    ).fetchone()
    assert row is not None  # noqa: S101 - aggregates give a row
    return int(str(row[0])), int(str(row[1]))


def insert_decision(connection: Connection, values: dict[str, object]) -> None:
    """Record a decision: the columns of the table by name."""
    connection.execute(
        "INSERT INTO awards.correction_decision (decision_no, proposal_sha256, corrections, "
        "change_minor, currency, decided_at) VALUES (%(decision_no)s, %(proposal_sha256)s, "
        "%(corrections)s, %(change_minor)s, %(currency)s, %(decided_at)s)",
        values,
    )


def insert_corrections(
    connection: Connection,
    rows: Iterable[tuple[int, Correction, bytes]],
    *,
    decision_no: int,
    currency: str,
    now: datetime,
) -> None:
    """Record corrections: number, what is corrected, and why (sealed)."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO awards.correction (correction_no, decision_no, award_index, step, "
            "class_before, amount_before_minor, class, amount_minor, currency, reason, because, "
            "corrected_at) VALUES (%(no)s, %(decision)s, %(award)s, %(step)s, %(class_before)s, "
            "%(before)s, %(class)s, %(amount)s, %(currency)s, %(reason)s, %(because)s, %(now)s)",
            [
                {
                    "no": number,
                    "decision": decision_no,
                    "award": one.award_index,
                    "step": one.step,
                    "class_before": one.class_before,
                    "before": one.amount_before_minor,
                    "class": one.award_class,
                    "amount": one.amount_minor,
                    "currency": currency,
                    "reason": str(one.reason),
                    "because": because,
                    "now": now,
                }
                for number, one, because in rows
            ],
        )


def insert_told(
    connection: Connection, number: int, channel: Channel, by: str, now: datetime
) -> bool:
    """Record who was told; False when that is recorded already."""
    return (
        connection.execute(
            "INSERT INTO awards.correction_told (correction_no, channel, told_at, told_by) "
            "VALUES (%(no)s, %(channel)s, %(now)s, %(by)s) "
            "ON CONFLICT ON CONSTRAINT correction_told_pkey DO NOTHING",
            {"no": number, "channel": str(channel), "now": now, "by": by},
        ).rowcount
        == 1
    )


def corrections(
    connection: Connection, *, after: int = 0, award_index: int | None = None
) -> list[Recorded]:
    """Corrections with a number above *after*, in order; of one award where it is given."""
    rows = connection.execute(
        "SELECT correction.correction_no, correction.decision_no, correction.award_index, "
        "correction.class_before, correction.amount_before_minor, correction.class, "
        "correction.amount_minor, correction.currency, correction.reason, correction.because, "
        "correction.corrected_at, decision.proposal_sha256, ARRAY(SELECT told.channel "
        "FROM awards.correction_told AS told WHERE told.correction_no = correction.correction_no "
        "ORDER BY told.channel) FROM awards.correction AS correction "
        "JOIN awards.correction_decision AS decision USING (decision_no) "
        "WHERE correction.correction_no > %(after)s "
        "AND (%(award)s::integer IS NULL OR correction.award_index = %(award)s) "
        "ORDER BY correction.correction_no",
        {"after": after, "award": award_index},
    ).fetchall()
    return [_row(row) for row in rows]


def _row(row: tuple[object, ...]) -> Recorded:
    numbers = [int(str(value)) for value in row[:7]]
    because, at = octets(row[9]), moment(row[10])
    return Recorded(
        correction_no=numbers[0],
        decision_no=numbers[1],
        award_index=numbers[2],
        class_before=numbers[3],
        amount_before_minor=numbers[4],
        award_class=numbers[5],
        amount_minor=numbers[6],
        currency=str(row[7]),
        reason=Reason(str(row[8])),
        because=because,
        corrected_at=at,
        proposal_sha256=str(row[11]),
        told=tuple(str(channel) for channel in _list(row[12])),
    )


def _list(value: object) -> list[object]:
    assert isinstance(value, list)  # noqa: S101 - an array column
    return value
