"""The SQL of claims."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from amends.claims.model import (
    Asked,
    Claim,
    Fault,
    Order,
    Placed,
    SetAside,
    State,
    Wanted,
)
from amends.kernel.tariff import LaterKind
from amends.store.columns import calendar_day, whole
from amends.store.connection import Connection

_SETTLED = 0x636C6169  # who takes in or decides claims; see docs/locking.md


def lock(connection: Connection) -> None:
    """Let nobody else take in or decide claims; held to the end of the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _SETTLED})


_CLAIM: Final = (
    "standing.claim_no, standing.person_id, standing.kind, standing.claimed_minor, "
    "standing.minutes, standing.occurred_on, standing.accepted, claim.evidence_sha256, "
    "standing.file, standing.row_no, standing.granted_minor, standing.award_index, "
    "standing.correction_no"
)
_FROM: Final = (
    "FROM claims.standing AS standing "
    "JOIN claims.claim AS claim ON claim.claim_no = standing.claim_no"
)
_STATE: Final = (
    "CASE WHEN standing.granted_minor IS NULL THEN 'waiting' "
    "WHEN standing.granted_minor = 0 THEN 'refused' "
    "WHEN standing.award_index IS NULL THEN 'granted' ELSE 'awarded' END"
)
"""As :attr:`Claim.state` has it."""
_PLACES: Final = {
    Order.CLAIM: "0::bigint",
    Order.DAY: "(standing.occurred_on - DATE '1900-01-01')::bigint",
    Order.ASKED: "coalesce(standing.claimed_minor, 0)::bigint",
    Order.GIVEN: "coalesce(standing.granted_minor, 0)::bigint",
}


def claims(connection: Connection) -> list[Claim]:
    """All claims as they stand, by number."""
    rows = connection.execute(f"SELECT {_CLAIM} {_FROM} ORDER BY standing.claim_no").fetchall()
    return [_claim(row) for row in rows]


def claims_of(connection: Connection, people: Iterable[str]) -> list[Claim]:
    """All claims of some people, by number."""
    rows = connection.execute(
        f"SELECT {_CLAIM} {_FROM} WHERE standing.person_id = ANY(%(people)s) "
        "ORDER BY standing.claim_no",
        {"people": sorted(set(people))},
    ).fetchall()
    return [_claim(row) for row in rows]


def page(connection: Connection, wanted: Wanted, most: int) -> list[tuple[int, Claim]]:
    """At most so many claims, each with what orders it."""
    place = _PLACES[wanted.order]
    sign, way = ("<", " DESC") if wanted.down else (">", "")
    rows = connection.execute(
        f"SELECT {place}, {_CLAIM} {_FROM} "
        f"WHERE (%(state)s = '' OR {_STATE} = %(state)s) AND (%(number)s::bigint IS NULL "
        f"OR ({place}, standing.claim_no) {sign} (%(place)s::bigint, %(number)s::bigint)) "
        f"ORDER BY {place}{way}, standing.claim_no{way} LIMIT %(most)s",
        {
            "state": wanted.state.value if wanted.state else "",
            "place": wanted.after[0] if wanted.after else None,
            "number": wanted.after[1] if wanted.after else None,
            "most": most,
        },
    ).fetchall()
    return [(whole(row[0]), _claim(row[1:])) for row in rows]


def counts(connection: Connection) -> dict[State, int]:
    """How many claims are in each state; one that none is in is left out."""
    rows = connection.execute(
        f"SELECT {_STATE}, count(*) FROM claims.standing AS standing GROUP BY 1 ORDER BY 1"  # noqa: S608 -- our own words
    ).fetchall()
    return {State(str(state)): whole(number) for state, number in rows}


def _claim(row: tuple[object, ...]) -> Claim:
    number, person, kind, claimed, minutes, day, accepted, digest, file, row_no = row[:10]
    return Claim(
        claim_no=whole(number),
        person_id=str(person),
        asked=Asked(
            kind=LaterKind(str(kind)),
            claimed_minor=_maybe(claimed),
            minutes=_maybe(minutes),
            occurred_on=calendar_day(day),
            accepted=bool(accepted),
            evidence_sha256=None if digest is None else str(digest),
        ),
        file=str(file),
        row_no=whole(row_no),
        granted_minor=_maybe(row[10]),
        award_index=_maybe(row[11]),
        correction_no=_maybe(row[12]),
    )


def _maybe(value: object) -> int | None:
    return None if value is None else whole(value)


def set_aside(connection: Connection) -> list[SetAside]:
    """Rows that are set aside still, by the newest intake of each file."""
    rows = connection.execute(
        "SELECT intake.file, aside.row_no, aside.reason FROM claims.quarantined AS aside "
        "JOIN claims.intake AS intake ON intake.intake_no = aside.intake_no "
        "WHERE NOT EXISTS (SELECT FROM claims.intake AS later "
        "WHERE later.file = intake.file AND later.intake_no > intake.intake_no) "
        "ORDER BY intake.file, aside.row_no"
    ).fetchall()
    return [
        SetAside(file=str(file), row_no=whole(row), fault=Fault(str(reason)))
        for file, row, reason in rows
    ]


def rows_before(connection: Connection, file: str) -> int:
    """The last row of a file as it was taken in last; 0 where it never was."""
    row = connection.execute(
        "SELECT row_count FROM claims.intake WHERE file = %(file)s ORDER BY intake_no DESC LIMIT 1",
        {"file": file},
    ).fetchone()
    return whole(row[0]) if row else 0


def people_called(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str, bool]]:
    """Who bears, or bore, these ids: the present id, and whether affected. Others are left out."""
    rows = connection.execute(
        "SELECT asked.id, coalesce(former.person_id, asked.id), "
        "EXISTS (SELECT FROM linkage.affected AS affected "
        "WHERE affected.person_id = coalesce(former.person_id, asked.id)) "
        "FROM unnest(%(ids)s::text[]) AS asked (id) LEFT JOIN linkage.former AS former "
        "ON former.earlier_id = asked.id AND NOT EXISTS (SELECT FROM linkage.merged AS merged "
        "WHERE merged.earlier_id = former.person_id) WHERE former.person_id IS NOT NULL "
        "OR EXISTS (SELECT FROM linkage.affected AS affected WHERE affected.person_id = asked.id) "
        "OR EXISTS (SELECT FROM awards.as_awarded AS award WHERE award.person_id = asked.id)",
        {"ids": list(ids)},
    ).fetchall()
    return {str(given): (str(now), bool(affected)) for given, now, affected in rows}


def insert_intake(
    connection: Connection, *, file: str, sha256: str, row_count: int, now: datetime
) -> int:
    """Record that a file was taken in; its number."""
    row = connection.execute(
        "INSERT INTO claims.intake (intake_no, file, file_sha256, row_count, taken_at) "
        "SELECT coalesce(max(intake_no), 0) + 1, %(file)s, %(sha256)s, %(rows)s, %(now)s "
        "FROM claims.intake RETURNING intake_no",
        {"file": file, "sha256": sha256, "rows": row_count, "now": now},
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate gives a row
    return whole(row[0])


def insert_claims(
    connection: Connection, intake_no: int, new: Iterable[Placed], *, currency: str, now: datetime
) -> None:
    """Record new claims, which are numbered on."""
    row = connection.execute("SELECT coalesce(max(claim_no), 0) FROM claims.claim").fetchone()
    first = (whole(row[0]) if row else 0) + 1
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO claims.claim (claim_no, intake_no, row_no, person_id, kind, "
            "claimed_minor, minutes, currency, occurred_on, accepted, evidence_sha256, taken_at) "
            "VALUES (%(no)s, %(intake)s, %(row)s, %(person)s, %(kind)s, %(claimed)s, %(minutes)s, "
            "%(currency)s, %(day)s, %(accepted)s, %(digest)s, %(now)s)",
            [
                {
                    "no": number,
                    "intake": intake_no,
                    "row": one.row_no,
                    "person": one.person_id,
                    "kind": one.asked.kind.value,
                    "claimed": one.asked.claimed_minor,
                    "minutes": one.asked.minutes,
                    "currency": currency,
                    "day": one.asked.occurred_on,
                    "accepted": one.asked.accepted,
                    "digest": one.asked.evidence_sha256,
                    "now": now,
                }
                for number, one in enumerate(new, first)
            ],
        )


def insert_set_aside(connection: Connection, intake_no: int, faults: Mapping[int, Fault]) -> None:
    """Record rows that are set aside, by their numbers."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO claims.quarantined (intake_no, row_no, reason) "
            "VALUES (%(intake)s, %(row)s, %(reason)s)",
            [
                {"intake": intake_no, "row": row, "reason": fault.value}
                for row, fault in sorted(faults.items())
            ],
        )


def insert_decisions(
    connection: Connection,
    decisions: Iterable[tuple[int, int, bytes]],
    shared: Mapping[str, object],
) -> None:
    """Record decisions: claim, what was granted, why (sealed).

    *shared*: tariff_sha256, proposal_sha256, decided_by, decided_at.

    Raises:
        psycopg.errors.UniqueViolation: one of them is decided already.
    """
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO claims.decision (claim_no, granted_minor, because, tariff_sha256, "
            "proposal_sha256, decided_by, decided_at) VALUES (%(no)s, %(granted)s, %(because)s, "
            "%(tariff_sha256)s, %(proposal_sha256)s, %(decided_by)s, %(decided_at)s)",
            [
                {"no": number, "granted": granted, "because": because, **shared}
                for number, granted, because in decisions
            ],
        )
