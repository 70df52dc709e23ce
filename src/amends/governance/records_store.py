"""The SQL of assessments, decisions and what left. Rows are added and read, never changed."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from amends.governance.model import (
    Assessment,
    Decision,
    DecisionKind,
    Export,
    Facts,
    Proposal,
    Purpose,
)
from amends.governance.questionnaire import facts_from, facts_kept
from amends.kernel.canonical import canonical
from amends.store.columns import calendar_day, moment, whole
from amends.store.connection import Connection

# Any numbers that no other lock of the case takes: "asse" and "expo" in ASCII.
_ASSESSMENT_LOCK = 0x61737365
_EXPORT_LOCK = 0x6578706F


def lock_assessments(connection: Connection) -> None:
    """Let one transaction at a time number an assessment; held to the end of the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _ASSESSMENT_LOCK})


def add_assessment(connection: Connection, assessment: Assessment) -> None:
    """Record an approved assessment."""
    connection.execute(
        "INSERT INTO governance.assessment (version_no, purposes, facts, content, "
        "content_sha256, proposal, assessed_on, keep_until, occurred_at) "
        "VALUES (%(version)s, %(purposes)s, %(facts)s, %(content)s, %(sha256)s, %(proposal)s, "
        "%(assessed_on)s, %(keep_until)s, %(at)s)",
        {
            "version": assessment.version_no,
            "purposes": ";".join(assessment.purposes),
            "facts": canonical(facts_kept(assessment.facts)),
            "content": assessment.content,
            "sha256": assessment.content_sha256,
            "proposal": assessment.proposal,
            "assessed_on": assessment.assessed_on,
            "keep_until": assessment.keep_until,
            "at": assessment.recorded_at,
        },
    )


def assessments(connection: Connection) -> list[Assessment]:
    """All versions, oldest first."""
    rows = connection.execute(
        "SELECT version_no, purposes, facts, content, content_sha256, proposal, assessed_on, "
        "keep_until, occurred_at FROM governance.assessment ORDER BY version_no"
    )
    return [
        Assessment(
            version_no=whole(version),
            purposes=tuple(Purpose(one) for one in str(purposes).split(";")),
            facts=_facts(str(facts)),
            content=str(content),
            content_sha256=str(sha256),
            proposal=str(proposal),
            assessed_on=calendar_day(assessed_on),
            keep_until=calendar_day(keep_until),
            recorded_at=moment(at),
        )
        for version, purposes, facts, content, sha256, proposal, assessed_on, keep_until, at in rows
    ]


def add_decision(connection: Connection, decision: Decision, actor: str) -> bool:
    """Record a decision; whether it is new (one that was approved is recorded once)."""
    cursor = connection.execute(
        "INSERT INTO governance.decision (kind, what, reason, details, decided_by, decided_on, "
        "proposal, actor, occurred_at) VALUES (%(kind)s, %(what)s, %(reason)s, %(details)s, "
        "%(by)s, %(on)s, %(proposal)s, %(actor)s, %(at)s) "
        "ON CONFLICT ON CONSTRAINT decision_of_a_proposal_once DO NOTHING",
        {
            "kind": decision.kind,
            "what": decision.what,
            "reason": decision.reason,
            "details": decision.details,
            "by": decision.decided_by,
            "on": decision.decided_on,
            "proposal": decision.proposal,
            "actor": actor,
            "at": decision.recorded_at,
        },
    )
    return cursor.rowcount == 1


def decisions(connection: Connection) -> list[Decision]:
    """The decisions that were written down, oldest first."""
    rows = connection.execute(
        "SELECT kind, what, reason, details, decided_by, decided_on, proposal, occurred_at "
        "FROM governance.decision ORDER BY decision_no"
    )
    return [_decision(*row) for row in rows]


def _decision(kind: object, what: object, reason: object, *row: object) -> Decision:
    details, by, on, proposal, at = row
    return Decision(
        kind=DecisionKind(str(kind)),
        what=str(what),
        reason=str(reason),
        details=str(details),
        decided_by=str(by),
        decided_on=calendar_day(on),
        proposal=None if proposal is None else str(proposal),
        recorded_at=moment(at),
    )


Place: TypeAlias = tuple[datetime, str]
"""Where a line of the log stands: when it was decided, and what else orders it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What may be a line of the log: a decision by hand, or a proposal that somebody signed."""

    place: Place
    decision: Decision | None
    proposed: Proposal | None


def logged(connection: Connection, *, before: Place | None, most: int) -> list[Line]:
    """Decisions by hand and signed proposals behind a place, newest first, at most so many."""
    rows = connection.execute(
        """
        SELECT at, place, kind, what, reason, details, decided_by, decided_on, proposal
        FROM (
            SELECT
                decision.occurred_at AS at,
                '1' || lpad(decision.decision_no::text, 19, '0') AS place,
                decision.kind, decision.what, decision.reason, decision.details,
                decision.decided_by, decision.decided_on, decision.proposal
            FROM governance.decision AS decision
            UNION ALL
            SELECT
                signed.at,
                '0' || to_char(proposal.recorded_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS')
                || proposal.digest,
                'proposal', proposal.kind, '', proposal.body, '', NULL, proposal.digest
            FROM governance.proposal AS proposal
            INNER JOIN (
                SELECT digest, max(occurred_at) AS at FROM governance.approval GROUP BY digest
            ) AS signed ON signed.digest = proposal.digest
            WHERE NOT EXISTS (
                SELECT FROM governance.decision AS decision
                WHERE decision.proposal = proposal.digest
            )
        ) AS line
        WHERE
            %(at)s::timestamptz IS NULL
            OR (at, place COLLATE "C") < (%(at)s::timestamptz, %(place)s::text)
        ORDER BY at DESC, place COLLATE "C" DESC
        LIMIT %(most)s
        """,
        {
            "at": before[0] if before else None,
            "place": before[1] if before else None,
            "most": most,
        },
    )
    return [_line(*row) for row in rows]


def _line(at: object, place: object, kind: object, *row: object) -> Line:
    where = moment(at), str(place)
    if kind == DecisionKind.PROPOSAL:
        name, _, body, *_, digest = row
        proposed = Proposal(digest=str(digest), kind=str(name), body=str(body))
        return Line(place=where, decision=None, proposed=proposed)
    return Line(place=where, decision=_decision(kind, *row, at), proposed=None)


def approval_times(connection: Connection) -> dict[str, datetime]:
    """When each proposal was last signed."""
    rows = connection.execute(
        "SELECT digest, max(occurred_at) FROM governance.approval GROUP BY digest"
    )
    return {str(digest): moment(at) for digest, at in rows}


def lock_exports(connection: Connection) -> None:
    """Let one transaction at a time spend quotas; held to the end of the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _EXPORT_LOCK})


def add_export(connection: Connection, export: Export) -> None:
    """Record a file that leaves."""
    connection.execute(
        "INSERT INTO governance.export (what, file_sha256, rows, actor, occurred_at, categories, "
        "weight_millionths, recipient, purpose, proposal) VALUES (%(what)s, %(sha256)s, %(rows)s, "
        "%(actor)s, %(at)s, %(categories)s, %(weight)s, %(recipient)s, %(purpose)s, %(proposal)s)",
        {
            "what": export.what,
            "sha256": export.file_sha256,
            "rows": export.rows,
            "actor": export.actor,
            "at": export.occurred_at,
            "categories": ";".join(export.categories),
            "weight": export.weight_millionths,
            "recipient": export.recipient,
            "purpose": export.purpose,
            "proposal": export.proposal,
        },
    )


def exports(connection: Connection) -> list[Export]:
    """The register of exports, oldest first."""
    rows = connection.execute(
        "SELECT what, file_sha256, rows, actor, occurred_at, categories, weight_millionths, "
        "recipient, purpose, proposal FROM governance.export ORDER BY export_no"
    )
    return [_export(*row) for row in rows]


def exports_page(
    connection: Connection, *, what: str, before: int | None, most: int
) -> list[tuple[int, Export]]:
    """At most so many lines of the register with their numbers, newest first.

    *what*: of one kind alone; *before*: only those below a number.
    """
    rows = connection.execute(
        "SELECT export_no, what, file_sha256, rows, actor, occurred_at, categories, "
        "weight_millionths, recipient, purpose, proposal FROM governance.export "
        "WHERE (%(what)s = '' OR what = %(what)s) "
        "AND (%(before)s::bigint IS NULL OR export_no < %(before)s) "
        "ORDER BY export_no DESC LIMIT %(most)s",
        {"what": what, "before": before, "most": most},
    )
    return [(whole(number), _export(*row)) for number, *row in rows]


def kinds_of_exports(connection: Connection) -> list[str]:
    """What has left, each kind once."""
    rows = connection.execute("SELECT DISTINCT what FROM governance.export ORDER BY what")
    return [str(what) for (what,) in rows]


def _export(*row: object) -> Export:
    """A line of the register from its row."""
    what, sha256, count, actor, at, categories, weight, recipient, purpose, proposal = row
    return Export(
        what=str(what),
        file_sha256=str(sha256),
        rows=whole(count),
        actor=str(actor),
        occurred_at=moment(at),
        categories=tuple(filter(None, str(categories).split(";"))),
        weight_millionths=whole(weight),
        recipient=str(recipient),
        purpose=str(purpose),
        proposal=None if proposal is None else str(proposal),
    )


def weight_since(connection: Connection, since: datetime) -> int:
    """Millionths that left after *since* on one person's word."""
    row = connection.execute(
        "SELECT coalesce(sum(weight_millionths), 0)::bigint FROM governance.export "
        "WHERE occurred_at > %(since)s AND proposal IS NULL",
        {"since": since},
    ).fetchone()
    return whole(row[0]) if row else 0


def times_signed_for(connection: Connection, what: str, recipient: str, purpose: str) -> int:
    """How many exports of this to them for this have used an approval."""
    row = connection.execute(
        "SELECT count(*) FROM governance.export WHERE what = %(what)s "
        "AND recipient = %(recipient)s AND purpose = %(purpose)s AND proposal IS NOT NULL",
        {"what": what, "recipient": recipient, "purpose": purpose},
    ).fetchone()
    return whole(row[0]) if row else 0


def _facts(text: str) -> Facts:
    """The facts as they are kept."""
    return facts_from(json.loads(text))
