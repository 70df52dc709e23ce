"""The SQL of the roster: the log's rows, and what is read from the views of lower rooms."""

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.idcolumn import cut
from amends.kernel.ids import PERSON_ID_BYTES
from amends.roster import corrected
from amends.roster.corrected import Logged
from amends.roster.corrections_store import corrected_classes, logged_corrections
from amends.roster.cosigning import Cosignature
from amends.roster.entries import OWN, EntryType, State, Total
from amends.roster.epochs import States
from amends.roster.model import Batch, Payment
from amends.roster.openings import Page
from amends.roster.tiles import WIDTH
from amends.store.binary import copy_in
from amends.store.columns import calendar_day, octets, whole
from amends.store.connection import Connection

_SENT_TOGETHER = 1_000
_READ_TOGETHER = 4_096
_AWARD_ROW = np.dtype(
    [("index", ">i4"), ("person", f"V{PERSON_ID_BYTES}"), ("class", ">i4"), ("amount", ">i8")]
)
_STANDING_ROW = np.dtype([("index", ">i4"), ("state", ">i2")])

# The log.


def size(connection: Connection) -> int:
    """How many entries the log has."""
    row = connection.execute(
        "SELECT coalesce(max(entry_index) + 1, 0) FROM roster.entry"
    ).fetchone()
    return whole(row[0]) if row else 0


def entries_of(connection: Connection, kind: EntryType) -> int:
    """How many entries of a type the log has."""
    row = connection.execute(
        "SELECT count(*) FROM roster.entry WHERE get_byte(body, 0) = %(kind)s", {"kind": int(kind)}
    ).fetchone()
    return whole(row[0]) if row else 0


def closed(connection: Connection) -> EntryType | None:
    """SEAL or ERASED, if that is the newest entry: the log is closed then."""
    row = connection.execute(
        "SELECT max(get_byte(body, 0)) FROM roster.entry WHERE get_byte(body, 0) IN (8, 9)"
    ).fetchone()
    return None if row is None or row[0] is None else EntryType(whole(row[0]))


def append(connection: Connection, first: int, entries: Iterable[bytes]) -> None:
    """Add entries, numbered from *first*."""
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY roster.entry (entry_index, body) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["int8", "bytea"])
        for index, body in enumerate(entries, first):
            copy.write_row((index, body))


def append_awards(connection: Connection, first: int, entries: npt.NDArray[np.void]) -> None:
    """Add entries of one width (rows of octets), numbered from *first*."""
    width = entries.dtype.itemsize
    field = [("fields", ">u2"), ("index_size", ">u4"), ("index", ">i8"), ("size", ">u4")]
    rows = np.empty(len(entries), np.dtype([*field, ("body", f"V{width}")]))
    rows["fields"], rows["index_size"], rows["size"] = 2, 8, width
    rows["index"] = np.arange(first, first + len(entries))
    rows["body"] = entries.view(f"V{width}")
    copy_in(connection, "roster.entry", ("entry_index", "body"), [rows.tobytes()])


def add_openings(connection: Connection, pages: Iterable[Page]) -> None:
    """Add sealed openings of awards and entries that are in the log."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO roster.opening_page (first_award, first_entry, openings, sealed) "
            "VALUES (%(award)s, %(entry)s, %(openings)s, %(sealed)s)",
            [
                {
                    "award": page.first_award,
                    "entry": page.first_entry,
                    "openings": page.openings,
                    "sealed": page.sealed,
                }
                for page in pages
            ],
        )


def openings(connection: Connection, begin: int, end: int) -> Iterator[Page]:
    """The pages of awards from *begin* to before *end*, in order."""
    rows = connection.execute(
        "SELECT first_award, first_entry, openings, sealed FROM roster.opening_page "
        "WHERE first_award < %(end)s AND first_award + openings > %(begin)s "
        "AND first_award >= coalesce((SELECT max(first_award) FROM roster.opening_page "
        "WHERE first_award <= %(begin)s), 0) ORDER BY first_award",
        {"begin": begin, "end": end},
        binary=True,
    )
    for award, entry, count, sealed in rows:
        yield Page(
            first_award=whole(award),
            first_entry=whole(entry),
            openings=whole(count),
            sealed=octets(sealed),
        )


def add_files(connection: Connection, files: dict[str, bytes]) -> None:
    """Add published files that entries cover."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO roster.file (path, content) VALUES (%(path)s, %(content)s)",
            [{"path": path, "content": content} for path, content in files.items()],
        )


def file(connection: Connection, path: str) -> bytes | None:
    """One published file, as stored."""
    row = connection.execute(
        "SELECT content FROM roster.file WHERE path = %(path)s", {"path": path}
    ).fetchone()
    return octets(row[0]) if row else None


def file_paths(connection: Connection) -> list[str]:
    """Where the published files lie that entries cover."""
    rows = connection.execute("SELECT path FROM roster.file ORDER BY path")
    return [str(path) for (path,) in rows]


def files(connection: Connection) -> Iterator[tuple[str, bytes]]:
    """All published files that entries cover."""
    rows = connection.execute("SELECT path, content FROM roster.file ORDER BY path")
    return ((str(path), octets(content)) for path, content in rows)


def bundles(connection: Connection, first: int = 0) -> Iterator[bytes]:
    """The log as entry bundles (C2SP tlog-tiles) from number *first* on, made by the database."""
    with connection.cursor(name="roster_bundles") as cursor:
        cursor.itersize = 200
        cursor.execute(
            "SELECT string_agg(int2send(length(body)::smallint) || body, ''::bytea "
            "ORDER BY entry_index) FROM roster.entry WHERE entry_index >= %(begin)s "
            "GROUP BY entry_index / %(width)s ORDER BY entry_index / %(width)s",
            {"width": WIDTH, "begin": first * WIDTH},
        )
        for (bundle,) in cursor:
            yield octets(bundle)


def checkpoints(connection: Connection) -> list[tuple[int, bytes, str]]:
    """Size, root and note of every checkpoint, in order."""
    rows = connection.execute("SELECT size, root, note FROM roster.checkpoint ORDER BY size")
    return [(whole(size), octets(root), str(note)) for size, root, note in rows]


def add_checkpoint(connection: Connection, size: int, root: bytes, note: str) -> None:
    """Record a checkpoint."""
    connection.execute(
        "INSERT INTO roster.checkpoint (size, root, note) VALUES (%(size)s, %(root)s, %(note)s)",
        {"size": size, "root": root, "note": note},
    )


def cosignatures(connection: Connection) -> list[Cosignature]:
    """Every cosignature, by size and time."""
    rows = connection.execute(
        "SELECT size, witness, signed_s, line FROM roster.cosignature "
        "ORDER BY size, signed_s, witness"
    )
    return [
        Cosignature(size=whole(size), witness=str(key), signed_s=whole(time_s), line=str(line))
        for size, key, time_s, line in rows
    ]


def add_cosignatures(connection: Connection, found: Iterable[Cosignature]) -> None:
    """Record cosignatures; one that is there stays."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO roster.cosignature (size, witness, signed_s, line) "
            "VALUES (%(size)s, %(witness)s, %(signed_s)s, %(line)s) ON CONFLICT DO NOTHING",
            [
                {
                    "size": one.size,
                    "witness": one.witness,
                    "signed_s": one.signed_s,
                    "line": one.line,
                }
                for one in found
            ],
        )


def entry(connection: Connection, entry_index: int) -> bytes:
    """An entry of the log that there is."""
    row = connection.execute(
        "SELECT body FROM roster.entry WHERE entry_index = %(index)s", {"index": entry_index}
    ).fetchone()
    assert row is not None  # noqa: S101 - openings lead to entries that there are
    return octets(row[0])


def published_awards(connection: Connection) -> int:
    """How many awards stand in the log."""
    row = connection.execute(
        "SELECT coalesce(sum(openings), 0) FROM roster.opening_page"
    ).fetchone()
    return whole(row[0]) if row else 0


def awards_end(connection: Connection) -> int:
    """The place in the log behind its last AWARD entry; 0 where it has none."""
    row = connection.execute(
        "SELECT coalesce(max(first_entry + openings), 0) FROM roster.opening_page"
    ).fetchone()
    return whole(row[0]) if row else 0


def tariff(connection: Connection) -> dict[int, int]:
    """The amount of each class that the log knows."""
    case_json = file(connection, "case.json") or b'{"tariff":[]}'
    return corrected.tariff_after(case_json, corrected_classes(connection))


def logged_classes(connection: Connection) -> dict[tuple[int, int], int]:
    """How many awards there are of each class and amount, read from the log's bytes."""
    rows = connection.execute(
        "SELECT get_byte(body, 1), "
        "('x' || encode(substring(body FROM 7 FOR 8), 'hex'))::bit(64)::bigint, count(*) "
        "FROM roster.entry WHERE get_byte(body, 0) = 1 GROUP BY 1, 2 ORDER BY 1, 2"
    )
    counts = {(whole(c), whole(amount)): whole(count) for c, amount, count in rows}
    return corrected.counts_after(counts, logged_corrections(connection))


def logged_scope(connection: Connection) -> Total:
    """People and money of the newest SCOPE entry."""
    row = connection.execute(
        "SELECT body FROM roster.entry WHERE get_byte(body, 0) = 2 "
        "ORDER BY entry_index DESC LIMIT 1"
    ).fetchone()
    body = octets(row[0]) if row else bytes(13)
    return Total(
        count=int.from_bytes(body[1:5], "big"), amount_minor=int.from_bytes(body[5:13], "big")
    )


# Epochs.


def newest_epoch(connection: Connection, awards: int) -> tuple[int, States]:
    """Number of the newest epoch (0 before the first) and the states that it let out."""
    row = connection.execute(
        "SELECT epoch, released FROM roster.epoch ORDER BY epoch DESC LIMIT 1"
    ).fetchone()
    states = np.zeros(awards, dtype=np.uint8)
    if row is None:
        return 0, states
    released = np.frombuffer(octets(row[1]), dtype=np.uint8)
    states[: len(released)] = released
    return whole(row[0]), states


def epoch_age(connection: Connection) -> timedelta:
    """How long ago the newest epoch, or before the first one the log, was signed."""
    row = connection.execute(
        "SELECT now() - recorded_at FROM roster.checkpoint WHERE size > coalesce("
        "(SELECT entry_index FROM roster.entry WHERE get_byte(body, 0) = 4 "
        "ORDER BY entry_index DESC LIMIT 1), 0) ORDER BY size LIMIT 1"
    ).fetchone()
    age = row[0] if row else timedelta()
    assert isinstance(age, timedelta)  # noqa: S101 - an interval is one
    return age


def add_epoch(connection: Connection, epoch: int, released: States) -> None:
    """Record what an epoch let out."""
    connection.execute(
        "INSERT INTO roster.epoch (epoch, released) VALUES (%(epoch)s, %(released)s)",
        {"epoch": epoch, "released": released.tobytes()},
    )


def batch_totals(connection: Connection) -> tuple[int, Total]:
    """How many batches are out, and the sum of their payments; those on top in money alone."""
    row = connection.execute(
        "SELECT count(*), coalesce(sum(payments) FILTER (WHERE NOT on_top), 0), "
        "coalesce(sum(amount_minor), 0) FROM roster.batch"
    ).fetchone()
    number, count, amount = (whole(value) for value in row or (0, 0, 0))
    return number, Total(count=count, amount_minor=amount)


def add_batch(connection: Connection, number: int, batch: Batch, nonce: bytes) -> None:
    """Record a batch and the payments in it."""
    connection.execute(
        "INSERT INTO roster.batch (batch_no, rail, payments, amount_minor, nonce, on_top) "
        "VALUES (%(number)s, %(rail)s, %(payments)s, %(amount)s, %(nonce)s, %(on_top)s)",
        {
            "number": number,
            "rail": batch.rail,
            "payments": batch.total.count,
            "amount": batch.total.amount_minor,
            "nonce": nonce,
            "on_top": batch.on_top,
        },
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY roster.batched (instruction_id, batch_no, award_index, amount_minor) FROM STDIN"
        ) as copy,
    ):
        for payment in batch.payments:
            copy.write_row(
                (payment.instruction_id, number, payment.award_index, payment.amount_minor)
            )


def takes_on_top(connection: Connection) -> bool:
    """Whether the log's own auditor knows batches of payments on top of others.

    One that was begun earlier has such awards as open for ever: the file never changes.
    """
    return b'"on_top"' in (file(connection, "audit.py") or b"")


def pending_payments(connection: Connection, awards: int) -> list[Payment]:
    """Payments of published awards that are in no batch yet."""
    rows = connection.execute(
        "SELECT sent.instruction_id, sent.award_index, sent.rail, sent.sent_day, "
        "sent.amount_minor, sent.part > 0 FROM payouts.sent AS sent "
        "LEFT JOIN roster.batched AS batched ON batched.instruction_id = sent.instruction_id "
        "WHERE batched.instruction_id IS NULL AND sent.award_index < %(awards)s "
        "AND (sent.part = 0 OR %(on_top)s) ORDER BY sent.instruction_id",
        {"awards": awards, "on_top": takes_on_top(connection)},
    )
    found = []
    for instruction_id, award_index, rail, day, amount, on_top in rows:
        found.append(
            Payment(
                instruction_id=str(instruction_id),
                award_index=whole(award_index),
                rail=str(rail),
                sent_day=calendar_day(day),
                amount_minor=whole(amount),
                on_top=bool(on_top),
            )
        )
    return found


def batched_awards(connection: Connection) -> npt.NDArray[np.int64]:
    """Award indexes that have a payment in a batch."""
    rows = connection.execute(
        "SELECT DISTINCT award_index FROM roster.batched ORDER BY award_index"
    ).fetchall()
    return np.array([whole(row[0]) for row in rows], dtype=np.int64)


def lasting_payments(connection: Connection, of: Iterable[int] | None = None) -> Total:
    """Awards with payments in batches that payouts still holds for sent or settled, and their sum.

    *of*: of these awards alone.
    """
    row = connection.execute(
        "SELECT count(DISTINCT sent.award_index), coalesce(sum(sent.amount_minor), 0)::bigint "
        "FROM roster.batched AS batched "
        "JOIN payouts.sent AS sent ON sent.instruction_id = batched.instruction_id "
        "WHERE sent.state_code IN (%(sent)s, %(settled)s) "
        "AND (%(of)s::integer[] IS NULL OR sent.award_index = ANY(%(of)s))",
        {
            "sent": int(State.SENT),
            "settled": int(State.SETTLED),
            "of": None if of is None else list(of),
        },
    ).fetchone()
    count, amount = (whole(value) for value in row or (0, 0))
    return Total(count=count, amount_minor=amount)


def standing(connection: Connection, awards: int) -> States:
    """Where each published award stands now."""
    found = connection.execute(
        "SELECT string_agg(int4send(award_index) || int2send(state_code::smallint), ''::bytea) "
        "FROM payouts.award_standing WHERE award_index < %(awards)s "
        "GROUP BY award_index / %(together)s",
        {"awards": awards, "together": _READ_TOGETHER},
        binary=True,
    )
    table = np.frombuffer(b"".join(octets(some) for (some,) in found), dtype=_STANDING_ROW)
    states = np.zeros(awards, dtype=np.uint8)
    states[table["index"]] = table["state"]
    logged = logged_corrections(connection)
    return corrected.states_after(states, logged, _held(connection, logged))


def _held(connection: Connection, logged: Iterable[Logged]) -> dict[int, int]:
    """How much of corrected awards is sent or settled."""
    rows = connection.execute(
        "SELECT award_index, sum(amount_minor) FROM payouts.sent "
        "WHERE award_index = ANY(%(awards)s) AND state_code IN (%(sent)s, %(settled)s) "
        "AND (part = 0 OR %(on_top)s) GROUP BY award_index",
        {
            "on_top": takes_on_top(connection),
            "awards": [one.award_index for one in logged],
            "sent": int(State.SENT),
            "settled": int(State.SETTLED),
        },
    )
    return {whole(index): whole(amount) for index, amount in rows}


def statements(connection: Connection) -> list[str]:
    """A line for every provider's statement that is in: rail, day, digest."""
    rows = connection.execute(
        "SELECT rail, day, encode(raw_sha256, 'hex') FROM payouts.statement ORDER BY rail, day"
    )
    return [f"statement {rail} {day} {digest}" for rail, day, digest in rows]


# Awards and people.


def grants_without_award(connection: Connection) -> int:
    """How many granted claims no award holds yet."""
    row = connection.execute(
        "SELECT count(*) FROM awards.grant_standing WHERE award_index IS NULL"
    ).fetchone()
    return whole(row[0]) if row else 0


def evidence_digest(connection: Connection) -> str:
    """The digest of the newest determination."""
    row = connection.execute(
        "SELECT result_digest FROM linkage.run WHERE finished_at IS NOT NULL "
        "ORDER BY run_no DESC LIMIT 1"
    ).fetchone()
    return str(row[0]) if row else ""


def owed_classes(
    connection: Connection, below: int, *, corrections: int | None = None
) -> dict[tuple[int, int], int]:
    """How many awards with an index *below* that are owed of each class and amount.

    *corrections*: the newest correction that counts; all do without it.
    """
    rows = connection.execute(
        "SELECT coalesce(newest.class, award.class), "
        "coalesce(newest.amount_minor, award.amount_minor), count(*) "
        "FROM awards.as_awarded AS award LEFT JOIN (SELECT DISTINCT ON (award_index) award_index, "
        "class, amount_minor FROM awards.correction "
        "WHERE %(newest)s::integer IS NULL OR correction_no <= %(newest)s "
        "ORDER BY award_index, step DESC) AS newest USING (award_index) "
        "WHERE award.award_index < %(below)s AND coalesce(newest.amount_minor, 1) > 0 "
        "GROUP BY 1, 2 ORDER BY 1, 2",
        {"below": below, "newest": corrections},
    )
    return {(whole(c), whole(amount)): whole(count) for c, amount, count in rows}


def awards_of(connection: Connection, people: Collection[str]) -> dict[str, int]:
    """The award in the log of each of these people who has one."""
    found = connection.execute(
        "SELECT person_id, award_index FROM awards.as_awarded "
        "WHERE person_id = ANY(%(people)s) AND award_index < %(awards)s",
        {"people": list(people), "awards": published_awards(connection)},
    )
    return {str(person): whole(index) for person, index in found}


def awarded(connection: Connection, first: int) -> pl.DataFrame:
    """Awards from index *first* on, as they were made, whatever was corrected since.

    award_index, person_id, class, amount_minor, categories. Many come as one text, since a message
    for every award would take longer than all that is done with it.
    """
    found = connection.execute(
        "SELECT string_agg(int4send(award_index) || person_id::bytea || int4send(class) "
        "|| int8send(amount_minor), ''::bytea ORDER BY award_index) FROM awards.as_awarded "
        "WHERE award_index >= %(first)s GROUP BY award_index / %(together)s "
        "ORDER BY award_index / %(together)s",
        {"first": first, "together": _READ_TOGETHER},
        binary=True,
    )
    rows = np.frombuffer(b"".join(octets(some) for (some,) in found), dtype=_AWARD_ROW)
    people = pl.DataFrame({"person_id": cut(np.ascontiguousarray(rows["person"]).view(np.uint8))})
    return pl.DataFrame(
        {
            "award_index": rows["index"].astype(np.int64),
            "person_id": people["person_id"],
            "class": rows["class"].astype(np.int64),
            "amount_minor": rows["amount"].astype(np.int64),
            "categories": _categories(connection, people),
        }
    )


def _categories(connection: Connection, people: pl.DataFrame) -> pl.Series:
    """What leaked of people (person_id); empty where somebody is not affected any more."""
    if people.is_empty():
        return pl.Series([], dtype=pl.String)
    found = connection.execute(
        "SELECT categories, string_agg(person_id, '') FROM linkage.affected "
        "GROUP BY categories, left(person_id, 1)"
    )
    told = [
        pl.DataFrame({"person_id": cut(str(ids).encode())}).with_columns(
            pl.lit(str(codes), pl.Categorical).alias("categories")
        )
        for codes, ids in found
    ]
    nobody = pl.DataFrame(schema={"person_id": pl.String, "categories": pl.Categorical})
    joined = people.join(
        pl.concat([nobody, *told]), on="person_id", how="left", maintain_order="left"
    )
    return joined["categories"].cast(pl.String).fill_null("")


def own_amounts(connection: Connection) -> dict[int, int]:
    """What is owed of published awards with an amount of their own, read from the log's bytes."""
    rows = connection.execute(
        "SELECT page.first_award + (entry.entry_index - page.first_entry), "
        "('x' || encode(substring(entry.body FROM 7 FOR 8), 'hex'))::bit(64)::bigint "
        "FROM roster.entry AS entry CROSS JOIN LATERAL (SELECT first_award, first_entry "
        "FROM roster.opening_page WHERE first_entry <= entry.entry_index "
        "ORDER BY first_entry DESC LIMIT 1) AS page "
        "WHERE get_byte(entry.body, 0) = 1 AND get_byte(entry.body, 1) = %(own)s",
        {"own": OWN},
    )
    own = {whole(index): whole(amount) for index, amount in rows}
    return corrected.own_after(own, logged_corrections(connection))


def classes(connection: Connection) -> States:
    """The class of every published award as corrected, read from the log's bytes."""
    found = connection.execute(
        "SELECT string_agg(substring(body FROM 2 FOR 1), ''::bytea ORDER BY entry_index) "
        "FROM roster.entry WHERE get_byte(body, 0) = 1 "
        "GROUP BY entry_index / %(together)s ORDER BY entry_index / %(together)s",
        {"together": _READ_TOGETHER},
        binary=True,
    )
    awarded_as = np.frombuffer(b"".join(octets(some) for (some,) in found), dtype=np.uint8).copy()
    return corrected.classes_after(awarded_as, logged_corrections(connection))
