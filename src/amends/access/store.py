"""The SQL of access: one function per statement."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from amends.access.model import Account, Credential, Ground, Look, Method, Role, SavedView, Session
from amends.kernel.ids import Operator
from amends.store.columns import maybe_octets, moment, octets, whole
from amends.store.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A stored session; ``former``: it was found by the token before."""

    session: Session
    former: bool


def add_role_line(
    connection: Connection,
    operator: Operator,
    role: Role,
    *,
    granted: bool,
    by: str,
    now: datetime,
) -> None:
    """Give or take a role."""
    connection.execute(
        "INSERT INTO access.role_line (operator, role, granted, entered_by, occurred_at) "
        "VALUES (%(operator)s, %(role)s, %(granted)s, %(by)s, %(now)s)",
        {"operator": operator, "role": role, "granted": granted, "by": by, "now": now},
    )


def roles(connection: Connection, operator: str) -> tuple[Role, ...]:
    """The roles that an operator holds now."""
    rows = connection.execute(
        "SELECT role FROM access.role WHERE operator = %(operator)s ORDER BY role",
        {"operator": operator},
    )
    return tuple(Role(str(role)) for (role,) in rows)


def administrators(connection: Connection) -> list[str]:
    """Who gives roles."""
    rows = connection.execute(
        "SELECT operator FROM access.role WHERE role = 'administrator' ORDER BY operator"
    )
    return [str(name) for (name,) in rows]


def accounts(connection: Connection, now: datetime) -> list[Account]:
    """Every operator with roles, factors and sessions, by name."""
    rows = connection.execute(
        "SELECT operator.name, "
        "ARRAY(SELECT role FROM access.role WHERE role.operator = operator.name ORDER BY role), "
        "(SELECT count(*) FROM access.credential WHERE credential.operator = operator.name "
        "AND kind = 'passkey' AND revoked_at IS NULL), "
        "EXISTS (SELECT FROM access.credential WHERE credential.operator = operator.name "
        "AND kind = 'totp' AND revoked_at IS NULL), "
        "EXISTS (SELECT FROM access.invitation WHERE invitation.operator = operator.name "
        "AND used_at IS NULL AND expires_at > %(now)s), "
        "(SELECT count(*) FROM access.session WHERE session.operator = operator.name "
        "AND ended_at IS NULL AND expires_at > %(now)s), "
        "(SELECT max(seen_at) FROM access.session WHERE session.operator = operator.name) "
        "FROM governance.operator ORDER BY operator.name",
        {"now": now},
    )
    return [
        Account(
            operator=Operator(str(name)),
            roles=tuple(Role(role) for role in _list(held)),
            passkeys=whole(passkeys),
            totp=bool(totp),
            invited=bool(invited),
            sessions=whole(sessions),
            seen_at=None if seen is None else moment(seen),
        )
        for name, held, passkeys, totp, invited, sessions, seen in rows
    ]


def add_invitation(
    connection: Connection, token: bytes, operator: Operator, by: str, expires_at: datetime
) -> None:
    """Keep an invitation by the hash of its token."""
    connection.execute(
        "INSERT INTO access.invitation (token_sha256, operator, made_by, expires_at) "
        "VALUES (%(token)s, %(operator)s, %(by)s, %(expires)s)",
        {"token": token, "operator": operator, "by": by, "expires": expires_at},
    )


def invited(connection: Connection, token: bytes, now: datetime) -> Operator | None:
    """Who was invited, if the invitation still stands; its row is locked."""
    row = connection.execute(
        "SELECT operator FROM access.invitation WHERE token_sha256 = %(token)s "
        "AND used_at IS NULL AND expires_at > %(now)s FOR UPDATE",
        {"token": token, "now": now},
    ).fetchone()
    return None if row is None else Operator(str(row[0]))


def use_invitation(connection: Connection, token: bytes, now: datetime) -> None:
    """It opens nothing from now on."""
    connection.execute(
        "UPDATE access.invitation SET used_at = %(now)s WHERE token_sha256 = %(token)s",
        {"token": token, "now": now},
    )


def add_credential(  # noqa: PLR0913 -- a column each
    connection: Connection,
    operator: Operator,
    kind: Method,
    *,
    credential_id: bytes,
    public_key: bytes | None = None,
    sign_count: int = 0,
    sealed: bytes | None = None,
    last_step: int = 0,
    now: datetime,
) -> None:
    """Keep a factor; whatever of its kind an operator had for codes stops counting."""
    if kind is Method.TOTP:
        connection.execute(
            "UPDATE access.credential SET revoked_at = %(now)s "
            "WHERE operator = %(operator)s AND kind = 'totp' AND revoked_at IS NULL",
            {"operator": operator, "now": now},
        )
    connection.execute(
        "INSERT INTO access.credential (operator, kind, credential_id, public_key, sign_count, "
        "sealed, last_step, added_at) VALUES (%(operator)s, %(kind)s, %(id)s, %(key)s, %(count)s, "
        "%(sealed)s, %(step)s, %(now)s)",
        {
            "operator": operator,
            "kind": kind,
            "id": credential_id,
            "key": public_key,
            "count": sign_count,
            "sealed": sealed,
            "step": last_step,
            "now": now,
        },
    )


def credentials(connection: Connection, operator: str, kind: Method) -> list[Credential]:
    """An operator's factors of a kind that count; their rows are locked."""
    rows = connection.execute(
        "SELECT credential_no, operator, kind, credential_id, public_key, sign_count, sealed, "
        "last_step, added_at FROM access.credential WHERE operator = %(operator)s "
        "AND kind = %(kind)s AND revoked_at IS NULL ORDER BY credential_no FOR UPDATE",
        {"operator": operator, "kind": kind},
    )
    return [_credential(row) for row in rows]


def passkey(connection: Connection, credential_id: bytes) -> Credential | None:
    """The passkey of that id, if it counts; its row is locked."""
    row = connection.execute(
        "SELECT credential_no, operator, kind, credential_id, public_key, sign_count, sealed, "
        "last_step, added_at FROM access.credential WHERE credential_id = %(id)s "
        "AND kind = 'passkey' AND revoked_at IS NULL FOR UPDATE",
        {"id": credential_id},
    ).fetchone()
    return None if row is None else _credential(row)


def used(
    connection: Connection, credential_no: int, *, sign_count: int = 0, last_step: int = 0
) -> None:
    """Note how far a factor has counted."""
    connection.execute(
        "UPDATE access.credential SET sign_count = greatest(sign_count, %(count)s), "
        "last_step = greatest(last_step, %(step)s) WHERE credential_no = %(no)s",
        {"no": credential_no, "count": sign_count, "step": last_step},
    )


def revoke(connection: Connection, operator: str, now: datetime) -> int:
    """No factor of an operator counts from now on; how many did."""
    return connection.execute(
        "UPDATE access.credential SET revoked_at = %(now)s "
        "WHERE operator = %(operator)s AND revoked_at IS NULL",
        {"operator": operator, "now": now},
    ).rowcount


def add_challenge(  # noqa: PLR0913 -- a column each
    connection: Connection,
    challenge: bytes,
    purpose: str,
    *,
    operator: str | None,
    nonce: bytes,
    about: str = "",
    expires_at: datetime,
) -> None:
    """Keep a challenge that is out."""
    connection.execute(
        "INSERT INTO access.challenge (challenge, purpose, operator, nonce, about, expires_at) "
        "VALUES (%(challenge)s, %(purpose)s, %(operator)s, %(nonce)s, %(about)s, %(expires)s)",
        {
            "challenge": challenge,
            "purpose": purpose,
            "operator": operator,
            "nonce": nonce,
            "about": about,
            "expires": expires_at,
        },
    )


def use_challenge(
    connection: Connection, challenge: bytes, purpose: str, now: datetime
) -> tuple[str | None, bytes, str] | None:
    """Take a challenge: for whom, its nonce, about what; None where it is none, old or used."""
    row = connection.execute(
        "UPDATE access.challenge SET used_at = %(now)s WHERE challenge = %(challenge)s "
        "AND purpose = %(purpose)s AND used_at IS NULL AND expires_at > %(now)s "
        "RETURNING operator, nonce, about",
        {"challenge": challenge, "purpose": purpose, "now": now},
    ).fetchone()
    if row is None:
        return None
    return None if row[0] is None else str(row[0]), octets(row[1]), str(row[2])


def add_session(connection: Connection, session: Session, token: bytes) -> None:
    """Begin a session."""
    connection.execute(
        "INSERT INTO access.session (session_id, token_sha256, operator, method, begun_at, "
        "rotated_at, seen_at, expires_at) VALUES (%(id)s, %(token)s, %(operator)s, %(method)s, "
        "%(begun)s, %(rotated)s, %(seen)s, %(expires)s)",
        {
            "id": session.session_id,
            "token": token,
            "operator": session.operator,
            "method": session.method,
            "begun": session.begun_at,
            "rotated": session.rotated_at,
            "seen": session.seen_at,
            "expires": session.expires_at,
        },
    )


def session(connection: Connection, token: bytes, now: datetime) -> SessionRow | None:
    """The session of a token, or of the one before it for a little; None where it has ended."""
    row = connection.execute(
        "SELECT session_id, session.operator, method, begun_at, rotated_at, seen_at, expires_at, "
        "token_sha256 <> %(token)s, "
        "ARRAY(SELECT role FROM access.role WHERE role.operator = session.operator ORDER BY role), "
        "ARRAY(SELECT ARRAY[path, name, query] FROM access.saved_view AS view "
        "WHERE view.operator = session.operator ORDER BY path, name) "
        "FROM access.session WHERE ended_at IS NULL AND (token_sha256 = %(token)s "
        "OR (former_sha256 = %(token)s AND former_until > %(now)s))",
        {"token": token, "now": now},
    ).fetchone()
    if row is None:
        return None
    name, operator, method, begun, rotated, seen, expires, former, held, views = row
    return SessionRow(
        session=Session(
            session_id=str(name),
            operator=Operator(str(operator)),
            roles=tuple(Role(role) for role in _list(held)),
            method=Method(str(method)),
            begun_at=moment(begun),
            rotated_at=moment(rotated),
            seen_at=moment(seen),
            expires_at=moment(expires),
            views=_views(views),
        ),
        former=bool(former),
    )


def _views(found: object) -> tuple[SavedView, ...]:
    """Views as the database lists them: page, name, query of each."""
    assert isinstance(found, list)  # noqa: S101 - an array
    return tuple(_view(*map(str, one)) for one in found)


def _view(path: str, name: str, query: str) -> SavedView:
    return SavedView(path=path, name=name, query=query)


def saved_views(connection: Connection, operator: str) -> list[SavedView]:
    """What an operator saved, by page and name."""
    rows = connection.execute(
        "SELECT path, name, query FROM access.saved_view WHERE operator = %(operator)s "
        "ORDER BY path, name",
        {"operator": operator},
    )
    return [_view(str(path), str(name), str(query)) for path, name, query in rows]


def save_view(connection: Connection, operator: str, view: SavedView, now: datetime) -> None:
    """Keep a view; one of the same page and name is replaced."""
    connection.execute(
        "INSERT INTO access.saved_view (operator, path, name, query, saved_at) "
        "VALUES (%(operator)s, %(path)s, %(name)s, %(query)s, %(now)s) "
        "ON CONFLICT ON CONSTRAINT saved_view_pkey "
        "DO UPDATE SET query = EXCLUDED.query, saved_at = EXCLUDED.saved_at",
        {
            "operator": operator,
            "path": view.path,
            "name": view.name,
            "query": view.query,
            "now": now,
        },
    )


def remove_view(connection: Connection, operator: str, path: str, name: str) -> None:
    """Remove a view."""
    connection.execute(
        "DELETE FROM access.saved_view "
        "WHERE operator = %(operator)s AND path = %(path)s AND name = %(name)s",
        {"operator": operator, "path": path, "name": name},
    )


def see_session(connection: Connection, session_id: str, now: datetime) -> None:
    """Somebody was there."""
    connection.execute(
        "UPDATE access.session SET seen_at = %(now)s WHERE session_id = %(id)s",
        {"id": session_id, "now": now},
    )


def rotate_session(
    connection: Connection, session_id: str, token: bytes, *, now: datetime, until: datetime
) -> None:
    """Replace the token; the former one passes until *until*."""
    connection.execute(
        "UPDATE access.session SET former_sha256 = token_sha256, former_until = %(until)s, "
        "token_sha256 = %(token)s, rotated_at = %(now)s, seen_at = %(now)s "
        "WHERE session_id = %(id)s AND ended_at IS NULL",
        {"id": session_id, "token": token, "now": now, "until": until},
    )


def end_sessions(
    connection: Connection, now: datetime, *, session_id: str = "", of: str = ""
) -> int:
    """End a session, or all of an operator; how many stood."""
    return connection.execute(
        "UPDATE access.session SET ended_at = %(now)s WHERE ended_at IS NULL "
        "AND (session_id = %(id)s OR operator = %(of)s)",
        {"id": session_id, "of": of, "now": now},
    ).rowcount


def sessions(connection: Connection, now: datetime) -> list[Session]:
    """Sessions that stand, newest first, without rights."""
    rows = connection.execute(
        "SELECT session_id, operator, method, begun_at, rotated_at, seen_at, expires_at "
        "FROM access.session WHERE ended_at IS NULL AND expires_at > %(now)s "
        "ORDER BY begun_at DESC, session_id",
        {"now": now},
    )
    return [
        Session(
            session_id=str(name),
            operator=Operator(str(operator)),
            roles=(),
            method=Method(str(method)),
            begun_at=moment(begun),
            rotated_at=moment(rotated),
            seen_at=moment(seen),
            expires_at=moment(expires),
        )
        for name, operator, method, begun, rotated, seen, expires in rows
    ]


def add_attempt(connection: Connection, operator: str, now: datetime, *, failed: bool) -> None:
    """Note that somebody tried."""
    connection.execute(
        "INSERT INTO access.attempt (operator, failed, occurred_at) "
        "VALUES (%(operator)s, %(failed)s, %(now)s)",
        {"operator": operator, "failed": failed, "now": now},
    )


def failures(connection: Connection, operator: str, since: datetime) -> int:
    """How often it failed since then, or since the last success."""
    row = connection.execute(
        "SELECT count(*) FROM access.attempt WHERE operator = %(operator)s AND failed "
        "AND occurred_at > %(since)s AND attempt_no > COALESCE((SELECT max(attempt_no) "
        "FROM access.attempt WHERE operator = %(operator)s AND NOT failed), 0)",
        {"operator": operator, "since": since},
    ).fetchone()
    return whole(row[0]) if row else 0


def add_step_up(  # noqa: PLR0913 -- a column each
    connection: Connection,
    digest: str,
    operator: str,
    method: Method,
    *,
    nonce: bytes | None,
    evidence: str,
    now: datetime,
) -> None:
    """Keep the second factor that stands behind an approval."""
    connection.execute(
        "INSERT INTO access.step_up (digest, operator, method, nonce, evidence, occurred_at) "
        "VALUES (%(digest)s, %(operator)s, %(method)s, %(nonce)s, %(evidence)s, %(now)s)",
        {
            "digest": digest,
            "operator": operator,
            "method": method,
            "nonce": nonce,
            "evidence": evidence,
            "now": now,
        },
    )


def step_ups(connection: Connection, digest: str) -> list[tuple[str, Method, datetime]]:
    """By what each approver showed who they are."""
    rows = connection.execute(
        "SELECT operator, method, occurred_at FROM access.step_up WHERE digest = %(digest)s "
        "ORDER BY occurred_at, operator",
        {"digest": digest},
    )
    return [(str(name), Method(str(method)), moment(at)) for name, method, at in rows]


def add_look(connection: Connection, look: Look) -> None:
    """Keep that somebody looked: looks at one person one after the other, so their order stands."""
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtext('access.reveal ' || %(person)s))",
        {"person": look.person_id},
    )
    connection.execute(
        "INSERT INTO access.reveal (person_id, operator, fields, ground, reason, occurred_at) "
        "VALUES (%(person)s, %(operator)s, %(fields)s, %(ground)s, %(reason)s, %(at)s)",
        {
            "person": look.person_id,
            "operator": look.operator,
            "fields": ";".join(look.fields),
            "ground": look.ground,
            "reason": look.reason,
            "at": look.occurred_at,
        },
    )


def looks(connection: Connection, person_id: str) -> list[Look]:
    """Who looked at a person, newest first."""
    rows = connection.execute(
        "SELECT person_id, fields, ground, occurred_at, operator, reason FROM access.reveal "
        "WHERE person_id = %(person)s ORDER BY reveal_no DESC",
        {"person": person_id},
    )
    return [
        replace(_look(*seen), operator=Operator(str(operator)), reason=str(reason))
        for *seen, operator, reason in rows
    ]


def looked_at(connection: Connection) -> Iterator[Look]:
    """Every look as its person may see it, in the order in which they were written down."""
    rows = connection.execute(
        "SELECT person_id, fields, ground, occurred_at FROM access.looked_at ORDER BY reveal_no"
    )
    return (_look(*seen) for seen in rows)


def _look(person: object, fields: object, ground: object, at: object) -> Look:
    return Look(
        person_id=str(person),
        fields=tuple(str(fields).split(";")),
        ground=Ground(str(ground)),
        occurred_at=moment(at),
    )


def begin_once(
    connection: Connection, operator: str, key: str, request: bytes, now: datetime
) -> bool:
    """Take an idempotency key; False where it was taken before."""
    return (
        connection.execute(
            "INSERT INTO access.idempotency (operator, key, request_sha256, occurred_at) "
            "VALUES (%(operator)s, %(key)s, %(request)s, %(now)s) "
            "ON CONFLICT ON CONSTRAINT idempotency_pkey DO NOTHING",
            {"operator": operator, "key": key, "request": request, "now": now},
        ).rowcount
        == 1
    )


def done_once(
    connection: Connection, operator: str, key: str
) -> tuple[bytes, int | None, bytes | None]:
    """What was asked under a key, and what was answered, if it was."""
    row = connection.execute(
        "SELECT request_sha256, status, answer FROM access.idempotency "
        "WHERE operator = %(operator)s AND key = %(key)s",
        {"operator": operator, "key": key},
    ).fetchone()
    assert row is not None  # noqa: S101 - whoever asks could not take the key
    return octets(row[0]), None if row[1] is None else whole(row[1]), maybe_octets(row[2])


def end_once(connection: Connection, operator: str, key: str, status: int, answer: bytes) -> None:
    """Keep what was answered."""
    connection.execute(
        "UPDATE access.idempotency SET status = %(status)s, answer = %(answer)s "
        "WHERE operator = %(operator)s AND key = %(key)s",
        {"operator": operator, "key": key, "status": status, "answer": answer},
    )


def _credential(row: Sequence[object]) -> Credential:
    number, operator, kind, credential_id, key, count, sealed, step, added = row
    return Credential(
        credential_no=whole(number),
        operator=Operator(str(operator)),
        kind=Method(str(kind)),
        credential_id=octets(credential_id),
        public_key=maybe_octets(key),
        sign_count=whole(count),
        sealed=maybe_octets(sealed),
        last_step=whole(step),
        added_at=moment(added),
    )


def _list(value: object) -> Iterable[str]:
    assert isinstance(value, list)  # noqa: S101 - arrays are lists
    return [str(one) for one in value]
