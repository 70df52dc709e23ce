"""The statements of runs that were asked for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from amends.access.model import Factor
from amends.stages.model import Ask, AskState, Doing, Outcome, Told
from amends.store.connection import Connection


def add(connection: Connection, stage: str, by: str, factor: Factor | None) -> int:
    """Ask for a stage; the number of the run.

    Raises:
        psycopg.errors.UniqueViolation: another one is asked for and has not ended.
    """
    row = connection.execute(
        """
        INSERT INTO stages.asked (stage, asked_by, factor, factor_nonce, factor_evidence)
        VALUES (%(stage)s, %(by)s, %(factor)s, %(nonce)s, %(evidence)s)
        RETURNING ask_no
        """,
        {
            "stage": stage,
            "by": by,
            "factor": factor and factor.method.value,
            "nonce": factor and factor.nonce,
            "evidence": factor.evidence if factor else "",
        },
    ).fetchone()
    assert row is not None  # noqa: S101 - RETURNING
    return int(str(row[0]))


def count(connection: Connection) -> int:
    """How many runs were ever asked for."""
    row = connection.execute("SELECT count(*) FROM stages.asked").fetchone()
    assert row is not None  # noqa: S101 - a count
    return int(str(row[0]))


def asks(
    connection: Connection, *, stage: str = "", before: int | None = None, most: int
) -> list[Ask]:
    """Runs that were asked for, newest first; *stage*: of one stage."""
    rows = connection.execute(
        """
        SELECT ask_no, stage, asked_by, asked_at, state, taken_at, ended_at, doing, outcome
        FROM stages.asked
        WHERE (%(stage)s = '' OR stage = %(stage)s)
        AND (%(before)s::bigint IS NULL OR ask_no < %(before)s)
        ORDER BY ask_no DESC
        LIMIT %(most)s
        """,
        {"stage": stage, "before": before, "most": most},
    )
    return [_ask(row) for row in rows]


def one(connection: Connection, ask_no: int) -> Ask | None:
    """The run of that number."""
    row = connection.execute(
        """
        SELECT ask_no, stage, asked_by, asked_at, state, taken_at, ended_at, doing, outcome
        FROM stages.asked
        WHERE ask_no = %(ask)s
        """,
        {"ask": ask_no},
    ).fetchone()
    return None if row is None else _ask(row)


def standing(connection: Connection) -> Ask | None:
    """The run that has not ended, if there is one."""
    row = connection.execute(
        """
        SELECT ask_no, stage, asked_by, asked_at, state, taken_at, ended_at, doing, outcome
        FROM stages.asked
        WHERE ended_at IS NULL
        """
    ).fetchone()
    return None if row is None else _ask(row)


def take(connection: Connection) -> Ask | None:
    """The run that waits, which runs from now on."""
    row = connection.execute(
        """
        UPDATE stages.asked SET state = 'running', taken_at = now()
        WHERE state = 'waiting'
        RETURNING ask_no, stage, asked_by, asked_at, state, taken_at, ended_at, doing, outcome
        """
    ).fetchone()
    return None if row is None else _ask(row)


def note(connection: Connection, ask_no: int, doing: Doing) -> None:
    """Write down how far a run is."""
    connection.execute(
        "UPDATE stages.asked SET doing = %(doing)s WHERE ask_no = %(ask)s AND state = 'running'",
        {
            "ask": ask_no,
            "doing": Jsonb(
                {"label": _plain(doing.label), "done": doing.done, "total": doing.total}
            ),
        },
    )


def end(connection: Connection, ask_no: int, state: AskState, outcome: Outcome) -> bool:
    """Write down how a run ended; False where it had ended before."""
    done = connection.execute(
        """
        UPDATE stages.asked SET state = %(state)s, ended_at = now(), outcome = %(outcome)s
        WHERE ask_no = %(ask)s AND ended_at IS NULL
        """,
        {
            "ask": ask_no,
            "state": state.value,
            "outcome": Jsonb(
                {
                    "counts": list(outcome.counts.items()),  # an object would lose their order
                    "notes": [_plain(one) for one in outcome.notes],
                    "code": outcome.code,
                }
            ),
        },
    )
    return done.rowcount == 1


def withdraw(connection: Connection, ask_no: int) -> bool:
    """End a run that waits; False where it does not wait."""
    done = connection.execute(
        """
        UPDATE stages.asked SET state = 'withdrawn', ended_at = now()
        WHERE ask_no = %(ask)s AND state = 'waiting'
        """,
        {"ask": ask_no},
    )
    return done.rowcount == 1


def _plain(told: Told) -> dict[str, str]:
    return {"zh": told.zh, "en": told.en}


def _ask(row: tuple[Any, ...]) -> Ask:
    number, stage, by, asked_at, state, taken_at, ended_at, doing, outcome = row
    assert isinstance(asked_at, datetime)  # noqa: S101 - timestamptz
    return Ask(
        ask_no=int(number),
        stage=str(stage),
        asked_by=str(by),
        asked_at=asked_at,
        state=AskState(str(state)),
        taken_at=taken_at,
        ended_at=ended_at,
        doing=None if doing is None else _doing(doing),
        outcome=None if outcome is None else _outcome(outcome),
    )


def _doing(content: Mapping[str, Any]) -> Doing:
    return Doing(label=Told(**content["label"]), done=content["done"], total=content["total"])


def _outcome(content: Mapping[str, Any]) -> Outcome:
    return Outcome(
        counts=dict(content["counts"]),
        notes=tuple(Told(**one) for one in content["notes"]),
        code=str(content["code"]),
    )
