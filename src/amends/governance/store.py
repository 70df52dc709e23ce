"""The SQL of governance. Its tables are history: rows are added and read, never changed."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from amends.governance.model import Approval, AuditEntry, Proposal
from amends.kernel.ids import Operator
from amends.store.columns import moment, octets, whole
from amends.store.connection import Connection

# Any number that no other lock of the case takes: "audit" in ASCII.
_AUDIT_LOCK = 0x6175646974


def add_operator(connection: Connection, name: Operator, key: bytes, now: datetime) -> None:
    """Record an operator."""
    connection.execute(
        "INSERT INTO governance.operator (name, public_key, occurred_at) "
        "VALUES (%(name)s, %(key)s, %(now)s)",
        {"name": name, "key": key, "now": now},
    )


def operator_key(connection: Connection, name: Operator) -> bytes | None:
    """The operator's public key, if there is such an operator."""
    row = connection.execute(
        "SELECT public_key FROM governance.operator WHERE name = %(name)s", {"name": name}
    ).fetchone()
    return None if row is None else octets(row[0])


def operators(connection: Connection) -> list[Operator]:
    """All operators by name."""
    rows = connection.execute("SELECT name FROM governance.operator ORDER BY name")
    return [Operator(str(name)) for (name,) in rows]


def add_proposal(connection: Connection, proposal: Proposal, by: str, now: datetime) -> bool:
    """Record a proposal; whether it is new."""
    cursor = connection.execute(
        "INSERT INTO governance.proposal (digest, kind, body, proposed_by, occurred_at) "
        "VALUES (%(digest)s, %(kind)s, %(body)s, %(by)s, %(now)s) ON CONFLICT (digest) DO NOTHING",
        {
            "digest": proposal.digest,
            "kind": proposal.kind,
            "body": proposal.body,
            "by": by,
            "now": now,
        },
    )
    return cursor.rowcount == 1


_REJECTED: Final = (
    "EXISTS (SELECT FROM governance.rejected WHERE rejected.digest = proposal.digest) "
)


def add_rejection(connection: Connection, digest: str, by: str, now: datetime) -> None:
    """Record that a proposal is signed no more; once."""
    connection.execute(
        "INSERT INTO governance.rejected (digest, rejected_by, occurred_at) "
        "VALUES (%(digest)s, %(by)s, %(now)s) ON CONFLICT (digest) DO NOTHING",
        {"digest": digest, "by": by, "now": now},
    )


def holds_none_of(connection: Connection, operator: str, roles: Sequence[str]) -> bool:
    """Whether an operator holds roles, and none of these."""
    row = connection.execute(
        "SELECT governance.holds_none_of(%(operator)s, %(roles)s::text[])",
        {"operator": operator, "roles": list(roles)},
    ).fetchone()
    return row is not None and bool(row[0])


def proposals(connection: Connection, prefix: str = "") -> list[tuple[Proposal, datetime]]:
    """Proposals whose digest begins with *prefix*, newest first, with their time."""
    rows = connection.execute(
        "SELECT digest, kind, body, occurred_at, " + _REJECTED + "FROM governance.proposal "
        "WHERE starts_with(digest, %(prefix)s) ORDER BY recorded_at DESC, digest",
        {"prefix": prefix},
    )
    return [
        (
            Proposal(digest=str(digest), kind=str(kind), body=str(body), rejected=bool(rejected)),
            moment(occurred_at),
        )
        for digest, kind, body, occurred_at, rejected in rows
    ]


_PLACES: Final = {
    "at": "to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')",
    "kind": "kind",
    "by": "coalesce(proposed_by, '')",
    "signed": "lpad((SELECT count(*) FROM governance.approval WHERE "
    "approval.digest = proposal.digest)::text, 6, '0')",
}
PROPOSAL_ORDERS: Final = frozenset(_PLACES)


def proposals_page(
    connection: Connection,
    *,
    kind: str,
    order: str,
    down: bool,
    after: tuple[str, str] | None,
    most: int,
) -> list[tuple[str, Proposal, str, datetime]]:
    """At most so many proposals of a kind: what orders each, itself, by whom, its time.

    *after*: what ordered the last one before, and its digest; an empty kind is every kind.
    """
    place = f'{_PLACES[order]} COLLATE "C"'
    sign, way = ("<", " DESC") if down else (">", "")
    rows = connection.execute(
        f"SELECT {place}, digest, kind, body, coalesce(proposed_by, ''), occurred_at, "  # noqa: S608 -- our own words
        f"{_REJECTED} FROM governance.proposal WHERE (%(kind)s = '' OR kind = %(kind)s) "
        f'AND (%(digest)s::text IS NULL OR ({place}, digest COLLATE "C") {sign} '
        "(%(place)s::text, %(digest)s::text)) "
        f'ORDER BY {place}{way}, digest COLLATE "C"{way} LIMIT %(most)s',
        {
            "kind": kind,
            "place": after[0] if after else None,
            "digest": after[1] if after else None,
            "most": most,
        },
    )
    return [
        (
            str(value),
            Proposal(digest=str(digest), kind=str(what), body=str(body), rejected=bool(rejected)),
            str(by),
            moment(occurred_at),
        )
        for value, digest, what, body, by, occurred_at, rejected in rows
    ]


def kinds(connection: Connection) -> list[str]:
    """The kinds of proposals that there are."""
    rows = connection.execute("SELECT DISTINCT kind FROM governance.proposal ORDER BY kind")
    return [str(kind) for (kind,) in rows]


def proposed_by(connection: Connection, digest: str) -> str | None:
    """Who made a proposal; None where there is none."""
    row = connection.execute(
        "SELECT proposed_by FROM governance.proposal WHERE digest = %(digest)s", {"digest": digest}
    ).fetchone()
    return None if row is None else str(row[0])


def bar(connection: Connection, digest: str, operators: Iterable[str]) -> None:
    """Note who may not sign a proposal."""
    connection.execute(
        "INSERT INTO governance.barred (digest, operator) SELECT %(digest)s, name "
        "FROM unnest(%(names)s::text[]) AS name ON CONFLICT ON CONSTRAINT barred_once DO NOTHING",
        {"digest": digest, "names": sorted(operators)},
    )


def barred_of(connection: Connection, digests: Iterable[str]) -> dict[str, set[str]]:
    """Who may not sign which of these proposals; one that everybody may sign is left out."""
    rows = connection.execute(
        "SELECT digest, operator FROM governance.barred WHERE digest = ANY(%(digests)s)",
        {"digests": list(digests)},
    )
    found: dict[str, set[str]] = {}
    for digest, name in rows:
        found.setdefault(str(digest), set()).add(str(name))
    return found


def makers_of(connection: Connection, kinds: Collection[str]) -> set[str]:
    """Who has proposed something of these kinds."""
    if not kinds:
        return set()
    rows = connection.execute(
        "SELECT DISTINCT proposed_by FROM governance.proposal WHERE kind = ANY(%(kinds)s)",
        {"kinds": list(kinds)},
    )
    return {str(name) for (name,) in rows}


def signed_kinds(connection: Connection, operator: str) -> set[str]:
    """The kinds of what somebody has signed."""
    rows = connection.execute(
        "SELECT DISTINCT proposal.kind FROM governance.approval "
        "JOIN governance.proposal USING (digest) WHERE approval.operator = %(operator)s",
        {"operator": operator},
    )
    return {str(kind) for (kind,) in rows}


def add_approval(
    connection: Connection,
    digest: str,
    name: Operator,
    *,
    signature: bytes,
    reason: str,
    now: datetime,
) -> bool:
    """Record an operator's signature; whether it is new."""
    cursor = connection.execute(
        "INSERT INTO governance.approval (digest, operator, signature, reason, occurred_at) "
        "VALUES (%(digest)s, %(name)s, %(signature)s, %(reason)s, %(now)s) "
        "ON CONFLICT ON CONSTRAINT approval_counts_once DO NOTHING",
        {"digest": digest, "name": name, "signature": signature, "reason": reason, "now": now},
    )
    return cursor.rowcount == 1


def approvals(connection: Connection, digest: str) -> list[Approval]:
    """All signatures stored for a proposal, with the keys that should verify them."""
    return approvals_of(connection, [digest]).get(digest, [])


def approvals_of(connection: Connection, digests: Iterable[str]) -> dict[str, list[Approval]]:
    """The same of several proposals; one without a signature is left out."""
    rows = connection.execute(
        "SELECT approval.digest, approval.operator, operator.public_key, approval.signature, "
        "approval.reason "
        "FROM governance.approval JOIN governance.operator ON operator.name = approval.operator "
        "WHERE approval.digest = ANY(%(digests)s) ORDER BY approval.digest, approval.operator",
        {"digests": list(digests)},
    )
    found: dict[str, list[Approval]] = {}
    for digest, name, key, signature, reason in rows:
        found.setdefault(str(digest), []).append(
            Approval(
                operator=Operator(str(name)),
                public_key=octets(key),
                signature=octets(signature),
                reason=str(reason),
            )
        )
    return found


def lock_audit(connection: Connection) -> None:
    """Let one transaction at a time extend the trail; the lock ends with the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _AUDIT_LOCK})


def audit_head(connection: Connection) -> tuple[int, bytes] | None:
    """Number and hash of the newest audit entry."""
    row = connection.execute(
        "SELECT entry_no, hash FROM governance.audit ORDER BY entry_no DESC LIMIT 1"
    ).fetchone()
    return None if row is None else (whole(row[0]), octets(row[1]))


def add_audit(connection: Connection, entry: AuditEntry, entry_hash: bytes) -> None:
    """Extend the trail."""
    connection.execute(
        "INSERT INTO governance.audit "
        "(entry_no, occurred_at, actor, action, details, previous, hash) "
        "VALUES (%(no)s, %(at)s, %(actor)s, %(action)s, %(details)s, %(previous)s, %(hash)s)",
        {
            "no": entry.entry_no,
            "at": entry.occurred_at,
            "actor": entry.actor,
            "action": entry.action,
            "details": entry.details,
            "previous": entry.previous,
            "hash": entry_hash,
        },
    )


def audit_entries(connection: Connection) -> Iterator[tuple[AuditEntry, bytes]]:
    """The trail in order, each entry with its stored hash; streamed."""
    with connection.cursor(name="audit_entries") as cursor:
        cursor.execute(
            "SELECT entry_no, occurred_at, actor, action, details, previous, hash "
            "FROM governance.audit ORDER BY entry_no"
        )
        for entry_no, occurred_at, actor, action, details, previous, entry_hash in cursor:
            entry = AuditEntry(
                entry_no=whole(entry_no),
                occurred_at=moment(occurred_at),
                actor=str(actor),
                action=str(action),
                details=str(details),
                previous=octets(previous),
            )
            yield entry, octets(entry_hash)


def audit_page(
    connection: Connection,
    *,
    action: str,
    actor: str,
    text: str,
    before: int | None,
    most: int,
) -> list[AuditEntry]:
    """Entries before a number, newest first; empty words narrow nothing."""
    rows = connection.execute(
        "SELECT entry_no, occurred_at, actor, action, details, previous FROM governance.audit "
        "WHERE (%(before)s::bigint IS NULL OR entry_no < %(before)s) "
        "AND (%(action)s = '' OR starts_with(action, %(action)s)) "
        "AND (%(actor)s = '' OR actor = %(actor)s) "
        "AND (%(text)s = '' OR strpos(details, %(text)s) > 0) "
        "ORDER BY entry_no DESC LIMIT %(most)s",
        {"action": action, "actor": actor, "text": text, "before": before, "most": most},
    )
    return [
        AuditEntry(
            entry_no=whole(entry_no),
            occurred_at=moment(occurred_at),
            actor=str(by),
            action=str(what),
            details=str(details),
            previous=octets(previous),
        )
        for entry_no, occurred_at, by, what, details, previous in rows
    ]
