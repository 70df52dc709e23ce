import psycopg
import pytest

from amends.evidence.intake import intake
from amends.kernel.accounts import AccountKind
from amends.kernel.ids import PersonId
from amends.linkage.determine import determine
from amends.payees import recording, service, shown
from amends.payees.model import PaymentDetails
from amends.vault.model import SealError
from amends.vault.opened import OpenCase
from made_cases import MINIMAL_CASE, OpenedCase
from made_determination import person
from made_payees import decisions, details
from planted import PEOPLE


def planted() -> dict[str, tuple[str | None, str | None]]:
    """All planted people, payable, and one more without an account."""
    known = {person(n): (one.name, one.phone) for n, one in enumerate(PEOPLE)}
    return {**known, person(99): ("种植戊己", None)}


def stored(opened: OpenCase) -> list[tuple[object, ...]]:
    """Everything that the tables hold: a row for each person, of pages with the page's bytes."""
    with opened.database.reading() as connection:
        return connection.execute(
            "SELECT standing.person_id, standing.state, standing.reason, standing.kind, "
            "coalesce(payee.sealed, page.sealed), coalesce(payee.details_mark, page.mark), "
            "coalesce(payee.settled_at, page.settled_at) FROM payees.standing AS standing "
            "LEFT JOIN payees.payee AS payee ON payee.person_id = standing.person_id "
            "LEFT JOIN LATERAL payees.page_of(standing.person_id) AS page ON true "
            "ORDER BY standing.person_id"
        ).fetchall()


def apart(opened: OpenCase, *people: str) -> None:
    """Give people rows of their own."""
    with opened.database.unit_of_work() as connection:
        for one in people:
            recording.stand_apart(opened, connection, one)


def test_details_come_back_for_who_is_payable_and_for_nobody_else(opened_case: OpenedCase) -> None:
    """Account and name return as decided; who needs a person has none."""
    opened = opened_case()
    summary = service.record(opened, lambda: decisions(planted()))
    assert summary.counts == {
        "payees_payable": len(PEOPLE),
        "payees_needs_person": 1,
        "payees_new": len(PEOPLE) + 1,
        "payees_changed": 0,
        "payees_self": len(PEOPLE),
        "payees_no_account": 1,
    }
    assert details(opened, person(0), person(99), person(12345)) == {
        person(0): PaymentDetails(
            account=PEOPLE[0].phone, account_kind=AccountKind.PHONE, name=PEOPLE[0].name
        )
    }


def test_the_database_holds_no_name_and_no_number(opened_case: OpenedCase) -> None:
    """At rest nothing of a person is readable, also not by comparing two people's rows."""
    opened = opened_case()
    twins = {person(1): (PEOPLE[0].name, PEOPLE[0].phone), person(2): planted()[person(0)]}
    service.record(opened, lambda: decisions(twins))
    rows = stored(opened)
    for value in (PEOPLE[0].name.encode(), PEOPLE[0].phone.encode()):
        assert not any(
            value in (cell if isinstance(cell, bytes) else str(cell).encode())
            for row in rows
            for cell in row
        )
    apart(opened, *twins)
    first, second = stored(opened)
    assert first[5] != second[5]


def test_settling_again_writes_only_what_became_different(opened_case: OpenedCase) -> None:
    """Equal decisions keep their bytes; a changed one is replaced, a new one added."""
    opened = opened_case()
    others = {person(1000 + n): ("种植丑", f"1390000{n:04}") for n in range(60)}
    service.record(opened, lambda: decisions(planted() | others))
    before = stored(opened)
    again = service.record(opened, lambda: decisions(planted() | others))
    assert stored(opened) == before
    assert again.notes == ("who is paid is settled already",)
    changed = {
        **planted(),
        **others,
        person(0): (PEOPLE[0].name, "13800009990"),
        person(1): (PEOPLE[1].name, None),
        person(99): ("种植戊己", "13800009991"),
        person(100): ("种植庚辛", "13800009992"),
    }
    counts = service.record(opened, lambda: decisions(changed)).counts
    assert (counts["payees_new"], counts["payees_changed"]) == (1, 3)
    assert counts["payees_no_account"] == 1
    found = details(opened, *changed)
    assert found[PersonId(person(0))].account == "13800009990"
    assert person(1) not in found
    after = stored(opened)
    assert after[-30:] == before[-30:], "pages in which nobody changed keep their bytes"
    assert details(opened, person(1059))[PersonId(person(1059))].account == "13900000059"


def test_a_sealed_row_opens_for_its_own_person_only(opened_case: OpenedCase) -> None:
    """Details copied to another person's row do not pay that person."""
    opened = opened_case()
    service.record(opened, lambda: decisions(planted()))
    apart(opened, person(0), person(1))
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "UPDATE payees.payee SET sealed = (SELECT sealed FROM payees.payee "
            "WHERE person_id = %(source)s) WHERE person_id = %(target)s",
            {"source": person(0), "target": person(1)},
        )
    with pytest.raises(SealError):
        details(opened, person(1))


def test_a_page_opens_for_its_own_people_only(opened_case: OpenedCase) -> None:
    """Nobody is put in another's place: with other members, or in another order, it stays shut."""
    opened = opened_case()
    service.record(opened, lambda: decisions(planted()))
    assert details(opened, person(0))[PersonId(person(0))].name == PEOPLE[0].name
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "UPDATE payees.page SET members = members[1:1] || members[3] || members[2] "
            "|| members[4:]"
        )
    with pytest.raises(SealError):
        details(opened, person(0))


def test_an_adult_has_a_row_only_where_there_is_something_to_say(opened_case: OpenedCase) -> None:
    """Who stands apart leaves the page, is paid as before, and stays apart when settling again."""
    opened = opened_case()
    service.record(opened, lambda: decisions(planted()))
    with opened.database.reading() as connection:
        rows = connection.execute("SELECT person_id FROM payees.payee").fetchall()
    assert rows == [(person(99),)]
    before, standing = details(opened, *planted()), shown.counted(opened)
    apart(opened, person(1), person(1), person(99), person(12345))
    with opened.database.reading() as connection:
        row = connection.execute(
            "SELECT count(*) FROM payees.page WHERE %(one)s = ANY(members)", {"one": person(1)}
        ).fetchone()
    assert row == (0,)
    assert details(opened, *planted()) == before
    assert shown.counted(opened) == standing
    again = service.record(opened, lambda: decisions(planted()))
    assert (again.counts["payees_new"], again.counts["payees_changed"]) == (0, 0)
    assert again.counts["payees_self"] == len(PEOPLE)


def test_who_is_not_decided_on_any_more_is_paid_as_before(opened_case: OpenedCase) -> None:
    """A person whom a later determination leaves out keeps the line in the page."""
    opened = opened_case()
    service.record(opened, lambda: decisions(planted()))
    before = details(opened, *planted())
    fewer = {who: told for who, told in planted().items() if who != person(1)}
    counts = service.record(opened, lambda: decisions(fewer)).counts
    assert (counts["payees_new"], counts["payees_changed"]) == (0, 0)
    fewer[person(0)] = (PEOPLE[0].name, None)
    counts = service.record(opened, lambda: decisions(fewer)).counts
    assert (counts["payees_new"], counts["payees_changed"]) == (0, 1)
    assert counts["payees_self"] == len(PEOPLE) - 1
    after = details(opened, *planted())
    assert before.pop(PersonId(person(0)))
    assert after == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payees.payee SET sealed = NULL",
        "UPDATE payees.payee SET reason = 'deceased'",
        "UPDATE payees.payee SET state = 'needs_person'",
    ],
)
def test_a_state_has_details_or_a_reason_and_never_both(
    opened_case: OpenedCase, statement: str
) -> None:
    """The table refuses half a decision."""
    opened = opened_case()
    service.record(opened, lambda: decisions({person(1): (PEOPLE[0].name, PEOPLE[0].phone)}))
    apart(opened, person(1))
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="payee_details_or_reason"),
        opened.database.unit_of_work() as connection,
    ):
        connection.execute(statement.encode())


def test_after_the_evidence_is_destroyed_what_was_settled_stands(opened_case: OpenedCase) -> None:
    """Settling again then changes nothing, and says why."""
    opened = opened_case()
    service.record(opened, lambda: decisions(planted()))
    before = stored(opened)
    opened.vault.destroy_evidence()
    summary = service.settle(opened)
    assert "destroyed" in summary.notes[0]
    assert summary.counts["payees_payable"] == len(PEOPLE)
    assert stored(opened) == before


GUARDED_CASE = (
    MINIMAL_CASE
    + """
[[people]]
kind = "death"
path = "people/deaths.csv"

[[people]]
kind = "guardianship"
path = "people/guardianships.csv"

[[people]]
kind = "payout_account"
path = "people/accounts.csv"
"""
)
HEADS = {
    "registries/im.csv": "account_id,name,phone,idno,birth",
    "evidence/dump.csv": "name,phone",
    "people/deaths.csv": "product,account_id,idno,died_on",
    "people/guardianships.csv": (
        "product,account_id,idno,guardian_name,guardian_idno,guardian_account"
    ),
    "people/accounts.csv": "product,account_id,payout_account,name",
}


def test_from_files_to_decisions(opened_case: OpenedCase) -> None:
    """Every affected person of a real determination is settled, and only these."""
    rows = {
        "registries/im.csv": [
            "a1,种植甲乙,138 0000 9999,,1990-01-01",
            "a2,种植丙丁,13800009998,,1985-02-02",
            "a3,种植戊己,13800009997,,2015-03-03",
            "a4,种植庚辛,13800009996,,1979-04-04",
            "a5,种植壬癸,13800009995,,1980-05-05",
        ],
        "evidence/dump.csv": [
            "种植甲乙,13800009999",
            "种植丙丁,13800009998",
            "种植戊己,13800009997",
            "种植庚辛,13800009996",
        ],
        "people/deaths.csv": ["im,a2,,2026-01-01", "im,a5,,2026-01-01"],
        "people/guardianships.csv": ["im,a3,,种植子丑,,13800009990"],
        "people/accounts.csv": ["im,a4,planted@planted.example.invalid,"],
    }
    files = {name: "\n".join([HEADS[name], *lines, ""]).encode() for name, lines in rows.items()}
    opened = opened_case(GUARDED_CASE, files)
    intake(opened)
    determine(opened)
    summary = service.settle(opened)
    assert summary.counts == {
        "payees_payable": 3,
        "payees_needs_person": 1,
        "payees_new": 4,
        "payees_changed": 0,
        "payees_self": 2,
        "payees_guardian": 1,
        "payees_deceased": 1,
    }
    everybody = [str(row[0]) for row in stored(opened)]
    assert {(one.account, one.name) for one in details(opened, *everybody).values()} == {
        ("13800009999", "种植甲乙"),
        ("13800009990", "种植子丑"),
        ("planted@planted.example.invalid", "种植庚辛"),
    }
    assert service.settle(opened).counts["payees_changed"] == 0
