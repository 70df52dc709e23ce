"""The SQL of linkage: runs, and the affected people of each. Millions of people go in by COPY."""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from amends.kernel.saying import kept, recalled
from amends.linkage.model import AFFECTED, Run
from amends.store.columns import moment
from amends.store.connection import Connection

_SLICE: Final = 200_000
_TYPES: Final[Mapping[str, pl.DataType]] = {
    "leaked_rows": pl.Int64(),
    "probability": pl.Float64(),
    "tranche": pl.Int32(),
}
"""Of the columns of affected people that are no texts."""

_RUN = (
    "SELECT run_no, input_digest, settings::text, result_digest, counts::text, provenance::text, "
    "stated_error::text, notes::text, finished_at FROM linkage.run "
)


def newest_run(connection: Connection) -> Run | None:
    """The run that stands."""
    row = connection.execute(_RUN + "ORDER BY run_no DESC LIMIT 1").fetchone()
    return None if row is None else _run(row)


def runs(connection: Connection) -> list[Run]:
    """Every run, oldest first."""
    return [_run(row) for row in connection.execute(_RUN + "ORDER BY run_no")]


def runs_page(connection: Connection, *, before: int | None, most: int) -> list[Run]:
    """Runs before a number, newest first."""
    text = "WHERE %(before)s::bigint IS NULL OR run_no < %(before)s ORDER BY run_no DESC LIMIT "
    rows = connection.execute(_RUN + text + "%(most)s", {"before": before, "most": most})
    return list(map(_run, rows))


def _run(row: tuple[object, ...]) -> Run:
    number, input_digest, settings, result_digest, counts, *rest = row[:-1]
    provenance, stated_error, notes = (json.loads(str(text)) for text in rest)
    finished_at = row[-1]
    return Run(
        run_no=int(str(number)),
        input_digest=str(input_digest),
        settings=json.loads(str(settings)),
        result_digest=str(result_digest),
        counts=json.loads(str(counts)),
        provenance=provenance,
        stated_error=stated_error,
        notes=tuple(map(recalled, notes)),
        finished_at=moment(finished_at),
    )


def model(connection: Connection, run_no: int) -> dict[str, object]:
    """What a run has learnt, as a settings file of Splink; empty where nothing was weighed."""
    row = connection.execute(
        "SELECT model::text FROM linkage.run WHERE run_no = %(run_no)s", {"run_no": run_no}
    ).fetchone()
    found: dict[str, object] = json.loads(str(row[0])) if row else {}
    return found


def insert_run(connection: Connection, run: Run, model: dict[str, object]) -> None:
    """Record a run."""
    connection.execute(
        "INSERT INTO linkage.run "
        "(run_no, input_digest, settings, model, result_digest, counts, provenance, stated_error, "
        "notes, finished_at) "
        "VALUES (%(run_no)s, %(input_digest)s, %(settings)s, %(model)s, %(result_digest)s, "
        "%(counts)s, %(provenance)s, %(stated_error)s, %(notes)s, %(finished_at)s)",
        {
            "run_no": run.run_no,
            "input_digest": run.input_digest,
            "settings": json.dumps(run.settings),
            "model": json.dumps(model),
            "result_digest": run.result_digest,
            "counts": json.dumps(run.counts),
            "provenance": json.dumps(run.provenance),
            "stated_error": json.dumps(run.stated_error),
            "notes": json.dumps([kept(note) for note in run.notes]),
            "finished_at": run.finished_at,
        },
    )


def insert_moved(connection: Connection, run_no: int, moved: pl.DataFrame) -> None:
    """Record who was merged into whom, and who came out of whom."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY linkage.moved (run_no, earlier_id, person_id, change) FROM STDIN (FORMAT csv)"
        ) as copy,
    ):
        table = moved.select(pl.lit(run_no).alias("run_no"), "earlier_id", "person_id", "change")
        copy.write(table.write_csv(include_header=False))


def moved_in(connection: Connection, run_no: int) -> pl.DataFrame:
    """``earlier_id``, ``person_id``, ``change`` as a run recorded them."""
    rows = connection.execute(
        "SELECT earlier_id, person_id, change FROM linkage.moved WHERE run_no = %(run_no)s "
        "ORDER BY earlier_id, person_id, change",
        {"run_no": run_no},
    ).fetchall()
    schema = {"earlier_id": pl.String, "person_id": pl.String, "change": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def merged(connection: Connection) -> pl.DataFrame:
    """``earlier_id``, ``person_id`` of those who are one with somebody else, as last said."""
    rows = connection.execute(
        "SELECT earlier_id, person_id FROM linkage.merged ORDER BY earlier_id"
    ).fetchall()
    return pl.DataFrame(
        rows, schema=dict.fromkeys(("earlier_id", "person_id"), pl.String), orient="row"
    )


def people_of(connection: Connection, run_no: int) -> pl.DataFrame:
    """The affected people of one run, by person_id."""
    statement = (
        f"COPY (SELECT {', '.join(AFFECTED)} FROM linkage.person "  # noqa: S608 -- our own columns
        f"WHERE run_no = {run_no:d} ORDER BY person_id) TO STDOUT (FORMAT csv)"
    )
    return _people(connection, statement)


def evidence_digests(connection: Connection) -> dict[str, str]:
    """SHA-256 of every leaked file that counts, by its path."""
    rows = connection.execute(
        "SELECT path, sha256 FROM evidence.file WHERE role = 'evidence' ORDER BY path"
    )
    return {str(path): str(sha256) for path, sha256 in rows}


def insert_people(connection: Connection, run_no: int, people: pl.DataFrame) -> None:
    """Record the affected people of a run, who come by person_id: so the key only grows.

    The run itself may be recorded after them, in the same transaction.
    """
    statement = f"COPY linkage.person (run_no, {', '.join(AFFECTED)}) FROM STDIN (FORMAT csv)"
    table = people.select(pl.lit(run_no).alias("run_no"), *AFFECTED)
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for part in table.iter_slices(_SLICE):
            copy.write(part.write_csv(include_header=False, quote_style="non_numeric"))


def affected(connection: Connection, columns: Sequence[str] = AFFECTED) -> pl.DataFrame:
    """The affected people of the newest run, by person_id: some *columns* of them."""
    statement = (
        f"COPY (SELECT {', '.join(columns)} FROM linkage.affected "  # noqa: S608 -- our own columns
        "ORDER BY person_id) TO STDOUT (FORMAT csv)"
    )
    return _people(connection, statement, columns)


def people_by_categories(connection: Connection) -> list[tuple[str, int]]:
    """How many affected people of the newest run have each set of categories (``;`` between)."""
    rows = connection.execute(
        "SELECT categories, count(*) FROM linkage.affected GROUP BY categories ORDER BY categories"
    )
    return [(str(categories), int(str(people))) for categories, people in rows]


def _people(
    connection: Connection, statement: str, columns: Sequence[str] = AFFECTED
) -> pl.DataFrame:
    """The *columns* of affected people that a COPY statement tells."""
    schema = {column: _TYPES.get(column, pl.String()) for column in columns}
    buffer = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for block in copy:
            buffer.write(block)
    if buffer.tell() == 0:
        return pl.DataFrame(schema=schema)
    buffer.seek(0)
    told = pl.read_csv(buffer, has_header=False, schema=schema)
    return told.with_columns(pl.col(pl.String).fill_null(""))
