"""The evidence room's tables: custody, quarantine, intakes. Append-only."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl
from psycopg.types.json import Jsonb

from amends.evidence.model import (
    ColumnDecision,
    Custody,
    CustodyNo,
    FileFormat,
    HeldFile,
    How,
    Original,
    OriginalNo,
    Role,
    Unread,
    UnreadMember,
)
from amends.store.columns import moment, whole
from amends.store.connection import Connection


def insert_original(connection: Connection, original: Original) -> OriginalNo:
    """Enter the receipt of a file."""
    row = connection.execute(
        """
        INSERT INTO evidence.original
            (path, role, sha256, size_bytes, sealed_as, taken_by, taken_at)
        VALUES (%(path)s, %(role)s, %(sha256)s, %(size_bytes)s, %(sealed_as)s, %(taken_by)s,
            %(taken_at)s)
        RETURNING original_no
        """,
        {
            "path": original.path,
            "role": original.role,
            "sha256": original.sha256,
            "size_bytes": original.size_bytes,
            "sealed_as": original.sealed_as,
            "taken_by": original.taken_by,
            "taken_at": original.taken_at,
        },
    ).fetchone()
    assert row is not None  # noqa: S101 (RETURNING gives the row that was inserted)
    return OriginalNo(whole(row[0]))


def originals(connection: Connection) -> list[tuple[OriginalNo, Original]]:
    """Every file that was ever received, in the order in which they were."""
    rows = connection.execute(
        """
        SELECT original_no, path, role, sha256, size_bytes, sealed_as, taken_by, taken_at
        FROM evidence.original
        ORDER BY original_no
        """
    )
    return [(OriginalNo(whole(number)), _original(row)) for number, *row in rows]


def insert_unread(
    connection: Connection, original_no: OriginalNo, members: Sequence[UnreadMember]
) -> None:
    """Note the members of a file that hold no table."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO evidence.unread_member (original_no, name, sha256, size_bytes, reason)
            VALUES (%(original_no)s, %(name)s, %(sha256)s, %(size_bytes)s, %(reason)s)
            """,
            [
                {
                    "original_no": original_no,
                    "name": member.name,
                    "sha256": member.sha256,
                    "size_bytes": member.size_bytes,
                    "reason": member.reason,
                }
                for member in members
            ],
        )


def unread_members(
    connection: Connection, originals: Sequence[OriginalNo]
) -> list[tuple[OriginalNo, UnreadMember]]:
    """The members without a table of these files."""
    rows = connection.execute(
        """
        SELECT original_no, name, sha256, size_bytes, reason
        FROM evidence.unread_member
        WHERE original_no = ANY(%(originals)s)
        ORDER BY original_no, name
        """,
        {"originals": list(originals)},
    )
    return [
        (
            OriginalNo(whole(original_no)),
            UnreadMember(
                name=str(name),
                sha256=str(sha256),
                size_bytes=whole(size_bytes),
                reason=Unread(str(reason)),
            ),
        )
        for original_no, name, sha256, size_bytes, reason in rows
    ]


def insert_custody(connection: Connection, custody: Custody, original_no: OriginalNo) -> CustodyNo:
    """Enter the taking of a table."""
    row = connection.execute(
        """
        INSERT INTO evidence.custody
            (path, role, sha256, size_bytes, settings, encoding, format, columns, codes, kept,
            quarantined, records, short_rows, undecodable_bytes, stored_as, taken_at, original_no)
        VALUES (%(path)s, %(role)s, %(sha256)s, %(size_bytes)s, %(settings)s, %(encoding)s,
            %(format)s, %(columns)s, %(codes)s, %(kept)s, %(quarantined)s, %(records)s,
            %(short_rows)s, %(undecodable_bytes)s, %(stored_as)s, %(taken_at)s, %(original_no)s)
        RETURNING custody_no
        """,
        {
            "path": custody.path,
            "role": custody.role,
            "sha256": custody.sha256,
            "size_bytes": custody.size_bytes,
            "settings": custody.settings,
            "encoding": custody.encoding,
            "format": custody.format,
            "columns": Jsonb(
                [
                    {
                        "position": decision.position + 1,
                        "column": decision.column,
                        "field": decision.field,
                        "how": decision.how,
                        "confidence": decision.confidence,
                        "rule": decision.rule,
                        "share": decision.share,
                        "instead": list(decision.instead),
                    }
                    for decision in custody.columns
                ]
            ),
            "codes": list(custody.codes),
            "kept": custody.kept,
            "quarantined": custody.quarantined,
            "records": custody.records,
            "short_rows": custody.short_rows,
            "undecodable_bytes": custody.undecodable_bytes,
            "stored_as": custody.stored_as,
            "taken_at": custody.taken_at,
            "original_no": original_no,
        },
    ).fetchone()
    assert row is not None  # noqa: S101 (RETURNING gives the row that was inserted)
    return CustodyNo(whole(row[0]))


def copy_quarantine(connection: Connection, custody_no: CustodyNo, rows: pl.DataFrame) -> None:
    """Enter the quarantined rows of a taking."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY evidence.quarantined_row (custody_no, row_no, byte_offset, reason) FROM STDIN"
        ) as copy,
    ):
        for row, byte_offset, reason in rows.select("row", "byte_offset", "reason").iter_rows():
            copy.write_row((custody_no, row, byte_offset, reason))


def insert_intake(
    connection: Connection, input_digest: str, files: Sequence[HeldFile], finished_at: datetime
) -> int:
    """Make *files* the ones that count; returns the intake's number."""
    row = connection.execute(
        """
        INSERT INTO evidence.intake (intake_no, input_digest, finished_at)
        SELECT coalesce(max(intake_no), 0) + 1, %(input_digest)s, %(finished_at)s
        FROM evidence.intake
        RETURNING intake_no
        """,
        {"input_digest": input_digest, "finished_at": finished_at},
    ).fetchone()
    assert row is not None  # noqa: S101 (RETURNING gives the row that was inserted)
    intake_no = whole(row[0])
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO evidence.intake_file
                (intake_no, file_no, custody_no, product, kind, tranche, received_at, came_from)
            VALUES (%(intake_no)s, %(file_no)s, %(custody_no)s, %(product)s, %(kind)s,
                %(tranche)s, %(received_at)s, %(came_from)s)
            """,
            [
                {
                    "intake_no": intake_no,
                    "file_no": file.file_no,
                    "custody_no": file.custody_no,
                    "product": file.product,
                    "kind": file.kind,
                    "tranche": file.tranche,
                    "received_at": file.received_at,
                    "came_from": file.came_from,
                }
                for file in files
            ],
        )
    return intake_no


def newest_digest(connection: Connection) -> str | None:
    """The input digest of the newest intake."""
    row = connection.execute(
        "SELECT input_digest FROM evidence.intake ORDER BY intake_no DESC LIMIT 1"
    ).fetchone()
    return None if row is None else str(row[0])


def newest_files(
    connection: Connection,
    *,
    role: Role | None = None,
    after: int | None = None,
    most: int | None = None,
) -> tuple[HeldFile, ...]:
    """The files of the newest intake, in the order of case.toml; none before the first.

    *role*: of one role alone; *after*: only those behind a file's number; *most*: only so many.
    """
    rows = connection.execute(
        """
        SELECT held.custody_no, held.file_no, held.product, held.kind, held.tranche,
            held.received_at, held.came_from,
            original.original_no, original.path, original.role, original.sha256,
            original.size_bytes, original.sealed_as, original.taken_by, original.taken_at,
            custody.path, custody.role, custody.sha256, custody.size_bytes, settings, encoding,
            format, columns, codes, kept, quarantined, records, short_rows, undecodable_bytes,
            stored_as, custody.taken_at
        FROM evidence.intake_file AS held
        JOIN evidence.custody AS custody ON custody.custody_no = held.custody_no
        JOIN evidence.original AS original ON original.original_no = custody.original_no
        WHERE held.intake_no = (SELECT max(intake_no) FROM evidence.intake)
            AND (%(role)s = '' OR custody.role = %(role)s)
            AND (%(after)s::bigint IS NULL OR held.file_no > %(after)s)
        ORDER BY held.file_no
        LIMIT %(most)s
        """,
        {"role": role.value if role else "", "after": after, "most": most},
    ).fetchall()
    return tuple(_held_file(row) for row in rows)


def quarantine_of_evidence(connection: Connection) -> list[tuple[str, int, str]]:
    """Path, row and reason of every quarantined row of the evidence files that count."""
    rows = connection.execute(
        """
        SELECT file.path, quarantine.row_no, quarantine.reason
        FROM evidence.quarantine AS quarantine
        JOIN evidence.file AS file ON file.file_no = quarantine.file_no
        WHERE file.role = 'evidence'
        ORDER BY file.file_no, quarantine.row_no
        """
    )
    return [(str(path), whole(row_no), str(reason)) for path, row_no, reason in rows]


def reasons(connection: Connection) -> list[tuple[str, str, int]]:
    """Path, reason and number of quarantined rows of all files that count."""
    rows = connection.execute(
        """
        SELECT file.path, quarantine.reason, count(*)
        FROM evidence.quarantine AS quarantine
        JOIN evidence.file AS file ON file.file_no = quarantine.file_no
        GROUP BY file.file_no, file.path, quarantine.reason
        ORDER BY file.file_no, quarantine.reason
        """
    )
    return [(str(path), str(reason), whole(count)) for path, reason, count in rows]


def _held_file(row: tuple[object, ...]) -> HeldFile:
    custody_no, file_no, product, kind, tranche, received_at, came_from = row[:7]
    original_no, *original = row[7:15]
    return HeldFile(
        custody_no=CustodyNo(whole(custody_no)),
        original_no=OriginalNo(whole(original_no)),
        file_no=whole(file_no),
        original=_original(original),
        product=_text_or_none(product),
        kind=_text_or_none(kind),
        tranche=whole(tranche),
        received_at=received_at if isinstance(received_at, datetime) else None,
        came_from=_text_or_none(came_from),
        custody=_custody(row[15:]),
    )


def _original(row: Sequence[object]) -> Original:
    path, role, sha256, size_bytes, sealed_as, taken_by, taken_at = row
    return Original(
        path=str(path),
        role=Role(str(role)),
        sha256=str(sha256),
        size_bytes=whole(size_bytes),
        sealed_as=_text_or_none(sealed_as),
        taken_by=str(taken_by),
        taken_at=moment(taken_at),
    )


def _custody(row: Sequence[object]) -> Custody:
    (path, role, sha256, size_bytes, settings, encoding, form, columns, codes, *rest) = row
    kept, quarantined, records, short_rows, undecodable_bytes, stored_as, taken_at = rest
    assert isinstance(columns, list)  # noqa: S101 (jsonb)
    assert isinstance(codes, list)  # noqa: S101 (text[])
    return Custody(
        path=str(path),
        role=Role(str(role)),
        sha256=str(sha256),
        size_bytes=whole(size_bytes),
        settings=str(settings),
        encoding=str(encoding),
        format=FileFormat(str(form)),
        columns=tuple(
            ColumnDecision(
                position=whole(decision["position"]) - 1,
                column=str(decision["column"]),
                field=str(decision["field"]),
                how=How(str(decision["how"])),
                confidence=decision.get("confidence", 1.0),
                rule=decision.get("rule", ""),
                share=decision.get("share"),
                instead=tuple(decision.get("instead", ())),
            )
            for decision in columns
        ),
        codes=tuple(map(str, codes)),
        records=whole(records),
        kept=whole(kept),
        quarantined=whole(quarantined),
        short_rows=whole(short_rows),
        undecodable_bytes=whole(undecodable_bytes),
        stored_as=str(stored_as),
        taken_at=moment(taken_at),
    )


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)
