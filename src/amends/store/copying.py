"""What COPY tells of a query, row by row as it comes: millions of rows, and none becomes an object.

Source: PostgreSQL, COPY.
"""

from collections.abc import Iterator, Mapping

from amends.store.connection import Connection


def copied(
    connection: Connection,
    query: str,
    options: str = "FORMAT text",
    values: Mapping[str, object] | None = None,
) -> Iterator[bytes]:
    """The rows of *query* in the form of *options*, each with what ends it."""
    statement = f"COPY ({query}) TO STDOUT ({options})"
    with connection.cursor() as cursor, cursor.copy(statement.encode(), values) as copy:
        for block in copy:
            yield bytes(block)
