"""The SQL of claim codes: pages, what was given out, revoked and told, and publications."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from amends.store.columns import maybe_octets, octets, whole
from amends.store.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Codes in order: of awards from ``first_award`` on, or (None) of those in ``code_again``."""

    page_no: int
    first_award: int | None
    codes: int
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A publication of claim buckets: for a log of ``awards``, and of which codes."""

    publication: int
    awards: int
    newest_page: int
    newest_revocation: int
    about: bytes
    manifest: bytes


def lock(connection: Connection) -> None:
    """Wait until no other transaction issues or revokes codes; held to the transaction's end."""
    connection.execute("SELECT pg_advisory_xact_lock(1668244581)")  # docs/locking.md


def coded_awards(connection: Connection) -> int:
    """How many awards have a code: those below this number."""
    return _one(connection, "SELECT awards FROM roster.coded")


def newest_page(connection: Connection) -> int:
    """The number of the newest page; 0 where there is none."""
    return _one(connection, "SELECT coalesce(max(page_no), 0) FROM roster.code_page")


def newest_revocation(connection: Connection) -> int:
    """The number of the newest revocation; 0 where there is none."""
    return _one(connection, "SELECT coalesce(max(revocation_no), 0) FROM roster.code_revoked")


def add_page(connection: Connection, page: Page, waiting: bytes, now: datetime) -> None:
    """Keep a page, and its codes until they are given out."""
    connection.execute(
        "INSERT INTO roster.code_page (page_no, first_award, codes, sealed, issued_at) "
        "VALUES (%(page)s, %(first)s, %(codes)s, %(sealed)s, %(now)s)",
        {
            "page": page.page_no,
            "first": page.first_award,
            "codes": page.codes,
            "sealed": page.sealed,
            "now": now,
        },
    )
    connection.execute(
        "INSERT INTO roster.code_waiting (page_no, sealed) VALUES (%(page)s, %(sealed)s)",
        {"page": page.page_no, "sealed": waiting},
    )


def add_again(connection: Connection, page_no: int, awards: Sequence[int]) -> None:
    """Whose codes the page has that were issued again, in order."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO roster.code_again (page_no, place, award_index) "
            "VALUES (%(page)s, %(place)s, %(award)s)",
            [
                {"page": page_no, "place": place, "award": award}
                for place, award in enumerate(awards)
            ],
        )


def page(connection: Connection, page_no: int) -> Page:
    """A page that there is."""
    row = connection.execute(
        "SELECT first_award, codes, sealed FROM roster.code_page WHERE page_no = %(page)s",
        {"page": page_no},
    ).fetchone()
    assert row is not None  # noqa: S101 - pages are numbered without a gap
    first = None if row[0] is None else whole(row[0])
    return Page(page_no=page_no, first_award=first, codes=whole(row[1]), sealed=octets(row[2]))


def awards_of(connection: Connection, found: Page) -> list[int]:
    """The awards of a page, in the order of its codes."""
    if found.first_award is not None:
        return list(range(found.first_award, found.first_award + found.codes))
    rows = connection.execute(
        "SELECT award_index FROM roster.code_again WHERE page_no = %(page)s ORDER BY place",
        {"page": found.page_no},
    )
    return [whole(award) for (award,) in rows]


def pages_of_award(connection: Connection, award_index: int) -> list[int]:
    """The pages that have a code of the award, oldest first."""
    rows = connection.execute(
        "SELECT page_no FROM roster.code_page "
        "WHERE first_award <= %(award)s AND first_award + codes > %(award)s "
        "UNION ALL SELECT page_no FROM roster.code_again WHERE award_index = %(award)s "
        "ORDER BY page_no",
        {"award": award_index},
    )
    return [whole(number) for (number,) in rows]


def revoked(connection: Connection, *, upto: int | None = None) -> set[tuple[int, int]]:
    """Award and page of every code that was revoked, up to a revocation."""
    rows = connection.execute(
        "SELECT award_index, page_no FROM roster.code_revoked "
        "WHERE %(upto)s::integer IS NULL OR revocation_no <= %(upto)s",
        {"upto": upto},
    )
    return {(whole(award), whole(number)) for award, number in rows}


def add_revocations(
    connection: Connection,
    rows: Iterable[tuple[int, int, int]],
    *,
    reason: str,
    proposal: str,
    now: datetime,
) -> None:
    """Revoke codes: revocation, award, page."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO roster.code_revoked "
            "(revocation_no, award_index, page_no, reason, proposal_sha256, revoked_at) "
            "VALUES (%(number)s, %(award)s, %(page)s, %(reason)s, %(proposal)s, %(now)s)",
            [
                {
                    "number": number,
                    "award": award,
                    "page": page_no,
                    "reason": reason,
                    "proposal": proposal,
                    "now": now,
                }
                for number, award, page_no in rows
            ],
        )


def waiting_pages(connection: Connection, *, given: bool | None = None) -> list[int]:
    """Pages whose codes are still kept; *given*: only those that were given out, or were not."""
    rows = connection.execute(
        "SELECT waiting.page_no FROM roster.code_waiting AS waiting "
        "WHERE waiting.sealed IS NOT NULL AND (%(given)s::boolean IS NULL OR %(given)s = EXISTS "
        "(SELECT FROM roster.code_given AS given WHERE given.page_no = waiting.page_no)) "
        "ORDER BY waiting.page_no",
        {"given": given},
    )
    return [whole(number) for (number,) in rows]


def waiting(connection: Connection, page_no: int) -> bytes | None:
    """The sealed codes of a page; None where they are forgotten."""
    row = connection.execute(
        "SELECT sealed FROM roster.code_waiting WHERE page_no = %(page)s", {"page": page_no}
    ).fetchone()
    return None if row is None else maybe_octets(row[0])


def add_given(
    connection: Connection, pages: Iterable[int], *, channel: str, by: str, now: datetime
) -> None:
    """Record that the codes of these pages were given out."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO roster.code_given (page_no, channel, given_by, given_at) "
            "VALUES (%(page)s, %(channel)s, %(by)s, %(now)s) "
            "ON CONFLICT ON CONSTRAINT code_given_once DO NOTHING",
            [{"page": one, "channel": channel, "by": by, "now": now} for one in pages],
        )


def forget(connection: Connection, pages: Sequence[int]) -> None:
    """Forget the codes of these pages for good; that there were some stays."""
    connection.execute(
        "UPDATE roster.code_waiting SET sealed = NULL WHERE page_no = ANY(%(pages)s)",
        {"pages": list(pages)},
    )


def untold(connection: Connection) -> list[tuple[int, int, str]]:
    """Revocations of which nobody told the person: number, award, reason."""
    rows = connection.execute(
        "SELECT gone.revocation_no, gone.award_index, gone.reason FROM roster.code_revoked AS gone "
        "WHERE NOT EXISTS (SELECT FROM roster.code_told AS told "
        "WHERE told.revocation_no = gone.revocation_no) ORDER BY gone.revocation_no"
    )
    return [(whole(number), whole(award), str(reason)) for number, award, reason in rows]


def add_told(
    connection: Connection, revocation_no: int, *, channel: str, by: str, now: datetime
) -> bool:
    """Record that the person was told; False when that is recorded already."""
    made = connection.execute(
        "INSERT INTO roster.code_told (revocation_no, channel, told_by, told_at) "
        "VALUES (%(number)s, %(channel)s, %(by)s, %(now)s) "
        "ON CONFLICT ON CONSTRAINT code_told_pkey DO NOTHING",
        {"number": revocation_no, "channel": channel, "by": by, "now": now},
    )
    return made.rowcount == 1


def newest_claims(connection: Connection) -> Published | None:
    """The newest publication of claim buckets."""
    row = connection.execute(
        "SELECT publication, awards, newest_page, newest_revocation, about, manifest "
        "FROM roster.claims ORDER BY publication DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    numbers = [whole(value) for value in row[:4]]
    return Published(
        publication=numbers[0],
        awards=numbers[1],
        newest_page=numbers[2],
        newest_revocation=numbers[3],
        about=octets(row[4]),
        manifest=octets(row[5]),
    )


def add_claims(connection: Connection, made: Published, entry_index: int, now: datetime) -> None:
    """Record a publication."""
    connection.execute(
        "INSERT INTO roster.claims (publication, entry_index, awards, newest_page, "
        "newest_revocation, about, manifest, published_at) VALUES (%(publication)s, %(entry)s, "
        "%(awards)s, %(page)s, %(revocation)s, %(about)s, %(manifest)s, %(now)s)",
        {
            "publication": made.publication,
            "entry": entry_index,
            "awards": made.awards,
            "page": made.newest_page,
            "revocation": made.newest_revocation,
            "about": made.about,
            "manifest": made.manifest,
            "now": now,
        },
    )


def _one(connection: Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    return whole(row[0]) if row else 0
