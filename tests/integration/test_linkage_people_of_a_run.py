from datetime import UTC, datetime

import psycopg
import pytest

from amends.linkage.model import Run
from amends.linkage.store import insert_run
from amends.store.connection import Connection
from amends.vault.opened import OpenCase
from made_cases import OpenedCase, SharedServer

PUT_IN = (
    b"INSERT INTO linkage.person (run_no, person_id, categories, products, leaked_rows, method, "
    b"probability, tranche) VALUES (%(run_no)s, %(person_id)s, '', '', 1, 'exact', 1, 1)"
)
ID = "0123456789abcdefghjkmnpqrs"


def _run(connection: Connection) -> None:
    """Record run 1."""
    run = Run(
        run_no=1,
        input_digest="0" * 64,
        settings={},
        result_digest="0" * 64,
        counts={},
        provenance={},
        stated_error={},
        notes=(),
        finished_at=datetime(2026, 11, 21, tzinfo=UTC),
    )
    insert_run(connection, run, {})


def test_people_may_go_in_before_their_run(opened_case: OpenedCase) -> None:
    """What counts is that both are there in the end."""
    with opened_case().database.unit_of_work() as connection:
        connection.execute(PUT_IN, {"run_no": 1, "person_id": ID})
        _run(connection)


def test_people_are_of_a_run_that_is_there(opened_case: OpenedCase) -> None:
    """Whoever is put in under a number that no run has is refused, also beside people of a run."""
    database = opened_case().database
    with database.unit_of_work() as connection:
        _run(connection)
        connection.execute(PUT_IN, {"run_no": 1, "person_id": ID})
    with (
        pytest.raises(psycopg.errors.ForeignKeyViolation) as refused,
        database.unit_of_work() as connection,
    ):
        connection.execute(PUT_IN, {"run_no": 2, "person_id": ID})
    assert refused.value.diag.constraint_name == "people_of_a_run"


def _owned(server: SharedServer, opened: OpenCase) -> str:
    """How the owner reaches the database of a case."""
    with opened.database.reading() as connection:
        name = connection.info.dbname
    return psycopg.conninfo.make_conninfo(server.owner_conninfo, dbname=name)


def test_a_run_with_people_stays(opened_case: OpenedCase, server: SharedServer) -> None:
    """Not even the owner takes a run away that has people, before these are gone."""
    opened = opened_case()
    with opened.database.unit_of_work() as connection:
        _run(connection)
        connection.execute(PUT_IN, {"run_no": 1, "person_id": ID})
    with psycopg.connect(_owned(server, opened)) as owner:
        for change in (b"DELETE FROM linkage.run", b"UPDATE linkage.run SET run_no = 2"):
            owner.execute(change)
            with pytest.raises(psycopg.errors.ForeignKeyViolation) as refused:
                owner.commit()
            assert refused.value.diag.constraint_name == "people_of_a_run"
            owner.rollback()
        owner.execute("DELETE FROM linkage.person")
        owner.execute("DELETE FROM linkage.run")


def test_a_run_taken_away_takes_nobody_in(opened_case: OpenedCase, server: SharedServer) -> None:
    """Where it goes while people are being put in, these are refused."""
    opened = opened_case()
    with opened.database.unit_of_work() as connection:
        _run(connection)
    with (
        psycopg.connect(_owned(server, opened)) as owner,
        opened.database.unit_of_work() as connection,
    ):
        connection.execute(PUT_IN, {"run_no": 1, "person_id": ID})
        owner.execute("DELETE FROM linkage.run")
        owner.commit()
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.commit()


@pytest.mark.parametrize("wrong", [ID[:25], ID + "a", ID[:25] + "A", ID[:25] + "\n", "ä" + ID[:24]])
def test_a_person_id_has_26_small_letters_and_digits(opened_case: OpenedCase, wrong: str) -> None:
    """Shorter, longer, capital, ended by a line feed, of 26 octets with another letter: refused."""
    with opened_case().database.unit_of_work() as connection:
        _run(connection)
        with (
            pytest.raises(psycopg.errors.CheckViolation) as refused,
            connection.transaction(),
        ):
            connection.execute(PUT_IN, {"run_no": 1, "person_id": wrong})
    assert refused.value.diag.constraint_name == "person_id_form"
