"""Pages and rows together: whatever happens, everybody stands once, and is paid as was settled."""

import random
from datetime import date, timedelta
from typing import Any

import polars as pl
import psycopg
import pytest
from psycopg.rows import TupleRow

from amends.kernel.ids import PersonId
from amends.payees import moves_store, recording, service, shown, store
from amends.payees.matching import Circumstances
from amends.payees.rules import Limits, decide
from amends.store.connection import APP_ROLE, Connection
from amends.vault.opened import OpenCase
from made_cases import OpenedCase
from made_determination import person
from made_payees import COLUMNS, decisions, details

EVERYBODY = 300
BORN = {"adult": "1990-01-01", "minor": "2014-01-01"}


def told(chance: random.Random) -> dict[str, tuple[str | None, str]]:
    """What the files say at some time: for some people an account or none, and a birth."""
    people = chance.sample(range(EVERYBODY), chance.randrange(1, EVERYBODY))
    return {
        person(number): (
            chance.choice([f"138{number:05}{chance.randrange(2):03}"] * 5 + [None]),
            chance.choice([BORN["adult"]] * 5 + [BORN["minor"]]),
        )
        for number in people
    }


def settle(opened: OpenCase, files: dict[str, tuple[str | None, str]]) -> None:
    """Settle what the files say, a page at a time."""
    rows = [
        {"person_id": who, "product": "im", "account_id": who, "name": "种植", "phone": phone}
        | {"birth": born}
        for who, (phone, born) in files.items()
    ]
    accounts = pl.DataFrame(
        [{column: row.get(column) for column in COLUMNS} for row in rows],
        schema=dict.fromkeys(COLUMNS, pl.String),
    )
    limits = Limits(day=date(2026, 11, 21))
    settled = decide(accounts, Circumstances(), limits, mainland=True)
    with opened.database.unit_of_work() as connection:
        store.lock(connection)
        kept = recording.kept(connection)
        recording.write(opened, connection, settled.decisions, kept, pages_at_once=1)


def refuse(opened: OpenCase, connection: Connection, who: str) -> None:
    """Somebody refuses: what a move leaves in the tables."""
    recording.stand_apart(opened, connection, who)
    nothing = dict.fromkeys(("kind", "sealed", "details_mark"))
    moves_store.put(connection, who, {"state": "needs_person", "reason": "refused"} | nothing)
    now = opened.clock.now()
    move = {"person_id": who, "origin": "adult", "event": "refuses", "target": "refused"}
    said = {"actor": "payee", "basis": "test", "entered_by": "li", "happened_on": now.date()}
    seals = {"sealed": b"words", "signature": bytes(64), "occurred_at": now}
    moves_store.add(connection, "move", {**move, **said, **seals})


def standing(opened: OpenCase) -> list[tuple[object, ...]]:
    """The view of all, by person; what is asked of one says the same, and counts do."""
    with opened.database.reading() as connection:
        found = connection.execute(
            "SELECT person_id, state, reason, kind FROM payees.standing ORDER BY person_id"
        ).fetchall()
        by_one = connection.execute(
            "SELECT standing.* FROM unnest(%(all)s::text[]) AS wanted (person_id) "
            "CROSS JOIN LATERAL payees.standing_of(wanted.person_id) AS standing "
            "ORDER BY standing.person_id",
            {"all": [person(number) for number in range(EVERYBODY)]},
        ).fetchall()
        counts = store.counts(connection)
        present = connection.execute(
            "SELECT situation, count(*) FROM payees.present GROUP BY situation"
        ).fetchall()
        by_state = moves_store.counts(connection)
    assert by_state == shown.counted(opened) == {str(name): number for name, number in present}
    assert by_one == found
    assert sum(counts.values()) == len(found)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_random_lives_lose_nobody_and_double_nobody(opened_case: OpenedCase, seed: int) -> None:
    """Settled again and again, some stand apart, some refuse: each is paid as was settled last."""
    chance = random.Random(seed)  # noqa: S311 -- a life, no secret
    opened = opened_case()
    wanted: dict[str, str | None] = {}
    moved: set[str] = set()
    for _ in range(7):
        files = told(chance)
        settle(opened, files)
        wanted |= {who: phone for who, (phone, _) in files.items() if who not in moved}
        with opened.database.unit_of_work() as connection:
            for who in chance.sample(sorted(wanted), min(len(wanted), 9)):
                recording.stand_apart(opened, connection, who)
            left = {who for who, phone in wanted.items() if phone is not None}
            for who in chance.sample(sorted(left), min(len(left), 4)):
                refuse(opened, connection, who)
                wanted[who] = None
                moved.add(who)
        found = standing(opened)
        assert [who for who, *_ in found] == sorted(wanted)
        paid = {who for who, state, *_ in found if state == "payable"}
        assert paid == {who for who, phone in wanted.items() if phone is not None}
        accounts = {who: one.account for who, one in details(opened, *wanted).items()}
        assert accounts == {who: phone for who, phone in wanted.items() if phone is not None}
    with opened.database.reading() as connection:
        assert len(store.pages(connection)) > 2, "several parts were written"


class Interrupted(psycopg.Connection[TupleRow]):
    """A connection after each of whose statements somebody leaves a page."""

    opened: OpenCase | None = None

    def execute(self, *args: Any, **options: Any) -> psycopg.Cursor[TupleRow]:  # noqa: ANN401, D102
        found = super().execute(*args, **options)
        if self.opened is not None:
            with self.opened.database.unit_of_work() as other:
                recording.stand_apart(self.opened, other, person(1))
        return found


def test_who_leaves_a_page_while_payments_are_prepared_is_paid(opened_case: OpenedCase) -> None:
    """An operator sees a paper at that moment: the payment is not refused for want of details."""
    opened = opened_case()
    service.record(
        opened, lambda: decisions({person(n): ("种植", f"1380000{n:04}") for n in range(3)})
    )
    with opened.database.reading() as connection:
        place = connection.info
        conninfo = f"{place.dsn} password={place.password}"
    with Interrupted.connect(conninfo, options=f"-c role={APP_ROLE}") as interrupted:
        interrupted.opened = opened
        found = service.payment_details(opened, interrupted, [PersonId(person(1))])
    assert found[PersonId(person(1))].account == "13800000001"


def test_who_stays_in_a_page_was_settled_when_they_were(opened_case: OpenedCase) -> None:
    """One leaves the page days later: the state of the others has begun as before, and theirs."""
    opened = opened_case()
    service.record(
        opened, lambda: decisions({person(n): ("种植", f"1380000{n:04}") for n in range(3)})
    )
    people = [person(n) for n in range(3)]

    def since() -> list[object]:
        with opened.database.reading() as connection:
            found = [moves_store.present(connection, who) for who in people]
        return [one and one["since"] for one in found]

    before = since()
    opened.clock.sleep(timedelta(days=3))
    with opened.database.unit_of_work() as connection:
        recording.stand_apart(opened, connection, person(0))
        recording.stand_apart(opened, connection, person(2))
    assert since() == before


def test_a_row_that_pays_nobody_comes_before_a_page(opened_case: OpenedCase) -> None:
    """Also if somebody stood in both: nobody is paid whom a person has to look at first."""
    opened = opened_case()
    service.record(opened, lambda: decisions({person(0): ("种植", "13800000000")}))
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO payees.payee (person_id, state, reason, situation, settled_at) "
            "VALUES (%(who)s, 'needs_person', 'deceased', 'died_after', now())",
            {"who": person(0)},
        )
    assert details(opened, person(0)) == {}
