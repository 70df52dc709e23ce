"""The SQL of linkage: runs, and the affected people of each. Millions of people go in by COPY."""

import io
import json
from datetime import datetime

import polars as pl

from amends.linkage.model import Run
from amends.store.connection import Connection

_SLICE = 200_000
_COLUMNS = (
    "person_id",
    "categories",
    "products",
    "leaked_rows",
    "method",
    "probability",
    "tranche",
)


def newest_run(connection: Connection) -> Run | None:
    """The run that stands."""
    row = connection.execute(
        "SELECT run_no, input_digest, settings::text, result_digest, counts::text "
        "FROM linkage.run ORDER BY run_no DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    number, input_digest, settings, result_digest, counts = (str(value) for value in row)
    return Run(
        run_no=int(number),
        input_digest=input_digest,
        settings=json.loads(settings),
        result_digest=result_digest,
        counts=json.loads(counts),
    )


def insert_run(
    connection: Connection, run: Run, model: dict[str, object], finished_at: datetime
) -> None:
    """Record a run."""
    connection.execute(
        "INSERT INTO linkage.run "
        "(run_no, input_digest, settings, model, result_digest, counts, finished_at) "
        "VALUES (%(run_no)s, %(input_digest)s, %(settings)s, %(model)s, %(result_digest)s, "
        "%(counts)s, %(finished_at)s)",
        {
            "run_no": run.run_no,
            "input_digest": run.input_digest,
            "settings": json.dumps(run.settings),
            "model": json.dumps(model),
            "result_digest": run.result_digest,
            "counts": json.dumps(run.counts),
            "finished_at": finished_at,
        },
    )


def insert_people(connection: Connection, run_no: int, people: pl.DataFrame) -> None:
    """Record the affected people of a run, by person_id."""
    statement = f"COPY linkage.person (run_no, {', '.join(_COLUMNS)}) FROM STDIN (FORMAT csv)"
    table = people.sort("person_id").select(pl.lit(run_no).alias("run_no"), *_COLUMNS)
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for part in table.iter_slices(_SLICE):
            copy.write(part.write_csv(include_header=False, quote_style="non_numeric"))


def affected(connection: Connection) -> pl.DataFrame:
    """The affected people of the newest run, by person_id."""
    statement = (
        f"COPY (SELECT {', '.join(_COLUMNS)} FROM linkage.affected "  # noqa: S608 -- our own columns
        "ORDER BY person_id) TO STDOUT (FORMAT csv)"
    )
    schema = {
        "person_id": pl.String,
        "categories": pl.String,
        "products": pl.String,
        "leaked_rows": pl.Int64,
        "method": pl.String,
        "probability": pl.Float64,
        "tranche": pl.Int32,
    }
    buffer = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for block in copy:
            buffer.write(block)
    if buffer.tell() == 0:
        return pl.DataFrame(schema=schema)
    buffer.seek(0)
    return pl.read_csv(buffer, has_header=False, schema=schema).with_columns(
        pl.col("categories", "products").fill_null("")
    )
