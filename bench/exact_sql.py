"""The rules of exact keys in DuckDB's SQL: what the compiled kernel is held against.

The same keys in their usual forms, guards (accounts, national numbers, names), joins that even a
refused key makes, components taken apart where they contradict, leaked rows that bridge, owners.
What SQL cannot say: any unusual form of a key (the made-up records have none), and the likeness of
names by code points, which is written out for names of three signs; other names are compared by
DuckDB's own function. On such records both give the same components and owners.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb

KEYS = ("idno", "phone", "email", "device")
"""Strongest first."""

_ROUNDS = 60
_MOST, _LEAST, _LEAST_OF_NUMBER = 24, 0.88, 0.5
_GOOD, _TOO_MANY = 2, 3
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
Run = Callable[[str], duckdb.DuckDBPyConnection]

_MACROS = (
    "CREATE MACRO shared(a, b) AS (a[1] = b[1])::INT + (a[2] = b[2])::INT + (a[3] = b[3])::INT",
    "CREATE MACRO prefix(a, b) AS if(a[1] <> b[1], 0, if(a[2] <> b[2], 1, 2))",
    """
    CREATE MACRO alike(a, b) AS CASE
        WHEN contains(a, b) OR contains(b, a) THEN 1.0
        WHEN length(a) <> 3 OR length(b) <> 3 THEN jaro_winkler_similarity(a, b)
        WHEN shared(a, b) = 0 THEN 0.0
        WHEN shared(a, b) = 1 THEN 5.0 / 9
        ELSE 7.0 / 9 + prefix(a, b) * 0.1 * 2.0 / 9 END
    """,
)


def decided(folder: Path) -> tuple[int, int, int, int]:
    """Components, their labels' sum, owned rows and their owners' sum, from two Parquet files."""
    run = duckdb.connect(config={"threads": 2}).execute
    for macro in _MACROS:
        run(macro)
    for side in ("accounts", "leaked"):
        run(f"CREATE TABLE {side} AS {_canonical(folder / f'{side}.parquet')}")
    for kind in KEYS:
        _judge(run, kind)
    _join(run)
    _bridge(run)
    _hits(run)
    run(
        """
        CREATE TABLE owned AS
        SELECT node, min(label) AS label
        FROM (SELECT *, min(rank) OVER (PARTITION BY node) AS best FROM hit)
        WHERE best > 0 OR rank = 0
        GROUP BY node HAVING count(DISTINCT label) = 1
        """
    )
    row = run(
        "SELECT (SELECT count(DISTINCT label) FROM component), "
        "(SELECT sum(label) FROM component), (SELECT count(*) FROM owned), "
        "(SELECT coalesce(sum(label), 0) FROM owned)"
    ).fetchall()[0]
    components, labels, owned, owners = map(int, row)
    return components, labels, owned, owners


def _canonical(path: Path) -> str:
    """Names, and keys in canonical form or null; ``node`` numbers the rows."""
    total = " + ".join(f"idno[{at}]::INT * {weight}" for at, weight in enumerate(_WEIGHTS, start=1))
    return f"""
        SELECT file_row_number AS node, name,
            TRY_CAST(regexp_extract(phone,
                '^(?:\\+?(?:00)?86[ -]?)?(1[3-9][0-9]{{9}})$', 1) AS BIGINT) AS phone,
            CASE WHEN regexp_full_match(lower(email),
                '[a-z0-9._%+-]+@[a-z0-9-]+([.][a-z0-9-]+)*[.][a-z]+') THEN lower(email) END
                AS email,
            CASE WHEN regexp_full_match(idno, '[0-9]{{17}}[0-9X]')
                AND try_strptime(idno[7:14], '%Y%m%d') IS NOT NULL
                AND '10X98765432'[({total}) % 11 + 1] = idno[18]
                THEN idno[1:17]::BIGINT END AS idno,
            CASE WHEN regexp_full_match(lower(device), '[0-9a-z]{{8,}}') THEN lower(device) END
                AS device
        FROM read_parquet('{path}', file_row_number = true)
    """  # noqa: S608 -- our own file


def _judge(run: Run, kind: str) -> None:
    """``judged_<kind>``: key, first account, verdict."""
    least = _LEAST_OF_NUMBER if kind == "idno" else _LEAST
    run(
        f"""
        CREATE TABLE several AS
        SELECT {kind} AS key, name FROM accounts
        WHERE {kind} IS NOT NULL AND name IS NOT NULL GROUP BY ALL
        """  # noqa: S608 -- our own column
    )
    run(
        f"""
        CREATE TABLE judged_{kind} AS
        SELECT key, first, CASE WHEN n > {_MOST} THEN {_TOO_MANY} WHEN numbers > 1 THEN 4
            WHEN unlike.key IS NOT NULL THEN 5 ELSE {_GOOD} END AS verdict
        FROM (SELECT {kind} AS key, min(node) AS first, count(*) AS n,
                CASE WHEN min(idno) < max(idno) THEN 2 ELSE 1 END AS numbers
            FROM accounts WHERE {kind} IS NOT NULL GROUP BY 1) AS own
        LEFT JOIN (SELECT DISTINCT one.key FROM several AS one JOIN several AS other
            ON one.key = other.key AND one.name < other.name
            WHERE alike(one.name, other.name) < {least}) AS unlike USING (key)
        """  # noqa: S608 -- our own column
    )
    run("DROP TABLE several")


def _join(run: Run) -> None:
    """``component``: node, label of accounts, before any row bridges."""
    of_names = " UNION ALL ".join(
        f"SELECT min(node) OVER w AS a, node AS b, "  # noqa: S608 -- our own columns
        f"min(idno) OVER w AS low, max(idno) OVER w AS high FROM accounts "
        f"WHERE {kind} IS NOT NULL AND name IS NOT NULL WINDOW w AS (PARTITION BY {kind}, name)"
        for kind in KEYS
    )
    stars = {
        kind: f"SELECT first AS a, node AS b FROM accounts JOIN judged_{kind} "  # noqa: S608
        f"ON {kind} = key WHERE verdict = {_GOOD} AND first < node"
        for kind in KEYS
    }
    run(
        f"CREATE TABLE edge AS SELECT a, b FROM ({of_names}) "  # noqa: S608 -- our own columns
        f"WHERE a < b AND (low IS NULL OR low = high) UNION ALL {stars['idno']}"
    )
    _connect(run, "safe")
    others = " UNION ALL ".join(stars[kind] for kind in KEYS if kind != "idno")
    run(
        f"CREATE TABLE edge AS {others} UNION ALL "  # noqa: S608 -- our own columns
        "SELECT label, node FROM safe WHERE label < node"
    )
    _connect(run, "whole")
    _undo(run, "safe", "whole", "component")


def _connect(run: Run, name: str) -> None:
    """Table *name*: every account's smallest connected one, by table ``edge``, which is dropped."""
    run("CREATE TABLE now AS SELECT node, node AS label FROM accounts")
    for _ in range(_ROUNDS):
        run(
            """
            CREATE TABLE next AS
            WITH near AS (
                SELECT node, min(label) AS label FROM (
                    SELECT edge.b AS node, now.label FROM edge JOIN now ON now.node = edge.a
                    UNION ALL
                    SELECT edge.a, now.label FROM edge JOIN now ON now.node = edge.b)
                GROUP BY node),
            hooked AS (
                SELECT node, least(now.label, coalesce(near.label, now.label)) AS label
                FROM now LEFT JOIN near USING (node))
            SELECT hooked.node, of.label FROM hooked JOIN hooked AS of ON of.node = hooked.label
            """
        )
        changed = run(
            "SELECT count(*) FROM next JOIN now USING (node) WHERE next.label < now.label"
        )
        still = changed.fetchall()[0][0]
        run("DROP TABLE now; ALTER TABLE next RENAME TO now")
        if not still:
            break
    run(f"ALTER TABLE now RENAME TO {name}; DROP TABLE edge")


def _undo(run: Run, before: str, after: str, to: str) -> None:
    """Table *to*: labels of *after*, but those of *before* where a component contradicts itself."""
    run(
        f"""
        CREATE TABLE {to} AS
        WITH own AS (
            SELECT label, min(idno) AS low, max(idno) AS high, min(name) < max(name) AS mixed
            FROM {after} JOIN accounts USING (node) GROUP BY label),
        named AS (
            SELECT label, name, bool_or(idno IS NOT NULL) AS beside
            FROM own JOIN {after} USING (label) JOIN accounts USING (node)
            WHERE mixed AND low IS NOT DISTINCT FROM high AND name IS NOT NULL
            GROUP BY label, name),
        bad AS (
            SELECT label FROM own WHERE low < high
            UNION SELECT label FROM named GROUP BY label HAVING count(*) > {_MOST}
            UNION SELECT one.label FROM named AS one JOIN named AS other
                ON one.label = other.label AND one.name < other.name
                WHERE NOT (one.beside AND other.beside) AND alike(one.name, other.name) < {_LEAST})
        SELECT node, CASE WHEN bad.label IS NULL THEN {after}.label ELSE {before}.label END AS label
        FROM {after} JOIN {before} USING (node) LEFT JOIN bad ON bad.label = {after}.label
        """  # noqa: S608 -- our own tables
    )


def _hits(run: Run) -> None:
    """``hit``: node of a leaked row, label and rank of components with a key of it."""
    run("CREATE TABLE own AS SELECT label, min(idno) AS number FROM component "
        "JOIN accounts USING (node) GROUP BY label")  # fmt: skip
    run("CREATE TABLE called AS SELECT DISTINCT label, name FROM component "
        "JOIN accounts USING (node) WHERE name IS NOT NULL")  # fmt: skip
    found = " UNION ALL ".join(
        f"SELECT {rank} AS rank, verdict, leaked.node, leaked.name, leaked.idno, k.label "  # noqa: S608
        f"FROM leaked JOIN judged_{kind} ON {kind} = judged_{kind}.key JOIN "
        f"(SELECT DISTINCT {kind} AS key, CASE WHEN verdict = {_TOO_MANY} THEN name END AS name, "
        f"label FROM accounts JOIN component USING (node) JOIN judged_{kind} ON {kind} = key) AS k "
        f"ON k.key = judged_{kind}.key AND (verdict <> {_TOO_MANY} OR k.name = leaked.name)"
        for rank, kind in enumerate(KEYS)
    )
    least = f"CASE WHEN rank = 0 THEN {_LEAST_OF_NUMBER} ELSE {_LEAST} END"
    run(
        f"""
        CREATE TABLE hit AS
        WITH found AS (
            SELECT found.* FROM ({found}) AS found JOIN own USING (label)
            WHERE rank = 0 OR found.idno IS NULL OR number IS NULL OR found.idno = number),
        equal AS (
            SELECT found.*, called.label IS NOT NULL AS same FROM found
            LEFT JOIN called ON called.label = found.label AND called.name = found.name),
        other AS (
            SELECT node, rank, equal.label, max(alike(equal.name, called.name)) AS best
            FROM equal JOIN called ON called.label = equal.label
            WHERE NOT same AND equal.name IS NOT NULL AND verdict <> {_TOO_MANY}
            GROUP BY ALL)
        SELECT DISTINCT node, rank, equal.label FROM equal LEFT JOIN other USING (node, rank, label)
        WHERE same OR verdict = {_TOO_MANY} OR best >= {least}
            OR (best IS NULL AND (rank = 0 OR verdict = {_GOOD}))
        """  # noqa: S608 -- our own columns
    )
    run("DROP TABLE own; DROP TABLE called")


def _bridge(run: Run) -> None:
    """``component`` after leaked rows have joined some."""
    _hits(run)
    run(
        "CREATE TABLE edge AS SELECT first AS a, label AS b FROM "
        "(SELECT min(label) OVER (PARTITION BY node) AS first, label FROM hit) WHERE first < label "
        "UNION ALL SELECT label, node FROM component WHERE label < node"
    )
    _connect(run, "merged")
    _undo(run, "component", "merged", "bridged")
    run("DROP TABLE component; DROP TABLE hit; ALTER TABLE bridged RENAME TO component")
