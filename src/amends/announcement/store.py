"""The SQL of the announcement."""

import json
from datetime import datetime

from amends.announcement.model import Group, Published, Signature
from amends.kernel.money import Money
from amends.store.columns import moment, octets, whole
from amends.store.connection import Connection

_LEAKED = (
    "WITH leaked AS ("
    "SELECT affected.person_id, affected.products FROM linkage.affected AS affected "
    "UNION ALL "
    "(SELECT DISTINCT ON (former.earlier_id) former.earlier_id, affected.products "
    "FROM linkage.former AS former "
    "INNER JOIN linkage.affected AS affected ON affected.person_id = former.person_id "
    "WHERE NOT EXISTS (SELECT 1 FROM linkage.affected AS still "
    "WHERE still.person_id = former.earlier_id) "
    "ORDER BY former.earlier_id, affected.person_id)) "
)
"""The products from which each person's data leaked, under the present id and under former ones."""


def awarded_groups(connection: Connection) -> list[Group]:
    """People with an award, by products, class and amount."""
    rows = connection.execute(
        _LEAKED.encode()
        + b"SELECT coalesce(leaked.products, ''), owed.class, owed.amount_minor, owed.currency, "
        b"count(*) FROM awards.owed AS owed "
        b"LEFT JOIN leaked ON leaked.person_id = owed.person_id "
        b"GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    ).fetchall()
    return [
        Group(
            products=_codes(products),
            award_class=whole(award_class),
            amount=Money(amount_minor=whole(amount), currency=str(currency)),
            people=whole(people),
        )
        for products, award_class, amount, currency, people in rows
    ]


def unawarded_groups(connection: Connection) -> list[tuple[tuple[str, ...], int]]:
    """People who are determined and have no award yet: products, and how many."""
    rows = connection.execute(
        "SELECT affected.products, count(*) FROM linkage.affected AS affected "
        "WHERE NOT EXISTS (SELECT 1 FROM awards.as_awarded AS award "
        "WHERE award.person_id = affected.person_id) "
        "AND NOT EXISTS (SELECT 1 FROM linkage.former AS former "
        "INNER JOIN awards.as_awarded AS award ON award.person_id = former.earlier_id "
        "WHERE former.person_id = affected.person_id) GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return [(_codes(products), whole(people)) for products, people in rows]


def leaked(connection: Connection) -> tuple[tuple[str, ...], int]:
    """Codes of what leaked of the affected people, the most frequent first; and leaked rows."""
    codes = connection.execute(
        "SELECT code FROM linkage.affected AS affected, "
        "unnest(string_to_array(affected.categories, ';')) AS code "
        "WHERE code <> '' GROUP BY code ORDER BY count(*) DESC, code"
    ).fetchall()
    row = connection.execute(
        "SELECT coalesce(sum(leaked_rows), 0)::bigint FROM linkage.affected"
    ).fetchone()
    return tuple(str(code) for (code,) in codes), whole(row[0]) if row else 0


def waiting(connection: Connection) -> int:
    """How many people wait for a clerical decision."""
    row = connection.execute(
        "SELECT coalesce((counts->>'waiting')::bigint, 0) FROM linkage.run "
        "ORDER BY run_no DESC LIMIT 1"
    ).fetchone()
    return whole(row[0]) if row else 0


def add_document(
    connection: Connection, *, sha256: str, version: int, body: str, now: datetime
) -> None:
    """Keep a document that is going to be signed; one that is kept stays as it is."""
    connection.execute(
        "INSERT INTO announcement.document (document_sha256, version, body, drafted_at) "
        "VALUES (%(sha256)s, %(version)s, %(body)s, %(now)s) "
        "ON CONFLICT ON CONSTRAINT document_pkey DO NOTHING",
        {"sha256": bytes.fromhex(sha256), "version": version, "body": body, "now": now},
    )


def add_signature(connection: Connection, sha256: str, signature: Signature, now: datetime) -> bool:
    """Keep a signature; False when this operator has signed the document already."""
    done = connection.execute(
        "INSERT INTO announcement.signature "
        "(document_sha256, operator, public_key, signature, signed_at) "
        "VALUES (%(sha256)s, %(operator)s, %(key)s, %(signature)s, %(now)s) "
        "ON CONFLICT ON CONSTRAINT signature_pkey DO NOTHING",
        {
            "sha256": bytes.fromhex(sha256),
            "operator": signature.operator,
            "key": signature.public_key,
            "signature": signature.signature,
            "now": now,
        },
    )
    return done.rowcount == 1


def signatures(connection: Connection, sha256: str) -> tuple[Signature, ...]:
    """Every signature under a document, by operator."""
    rows = connection.execute(
        "SELECT operator, public_key, signature FROM announcement.signature "
        "WHERE document_sha256 = %(sha256)s ORDER BY operator",
        {"sha256": bytes.fromhex(sha256)},
    ).fetchall()
    return tuple(
        Signature(operator=str(operator), public_key=octets(key), signature=octets(signature))
        for operator, key, signature in rows
    )


def add_published(connection: Connection, *, version: int, sha256: str, now: datetime) -> None:
    """Record that a document is out."""
    connection.execute(
        "INSERT INTO announcement.published (version, document_sha256, published_at) "
        "VALUES (%(version)s, %(sha256)s, %(now)s)",
        {"version": version, "sha256": bytes.fromhex(sha256), "now": now},
    )


def published(connection: Connection) -> list[Published]:
    """Every version that went out, the oldest first."""
    rows = connection.execute(
        "SELECT published.version, document.body, published.document_sha256, "
        "published.published_at FROM announcement.published AS published "
        "INNER JOIN announcement.document AS document "
        "ON document.document_sha256 = published.document_sha256 ORDER BY published.version"
    ).fetchall()
    return [
        Published(
            version=whole(version),
            document=json.loads(str(body)),
            sha256=octets(sha256).hex(),
            published_at=moment(published_at),
            signatures=signatures(connection, octets(sha256).hex()),
        )
        for version, body, sha256, published_at in rows
    ]


def _codes(text: object) -> tuple[str, ...]:
    return tuple(sorted(filter(None, str(text).split(";"))))
