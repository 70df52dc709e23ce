import psycopg
import pytest

from amends.awards import promised, service
from amends.awards.model import FindingKind, NothingToRestateError, PromiseError
from amends.kernel.errors import StageOrderError, WaitingForApprovalError
from amends.kernel.money import Money
from amends.ledger.model import LedgerConflictError, Transfer
from amends.ledger.service import balances, post
from amends.vault.opened import OpenCase
from made_cases import MINIMAL_CASE, MINIMAL_FILES, OpenedCase
from made_determination import determine_made_up, person

TWO = ("anna", "ben")
EACH_MINOR = 500_000


def case_toml(promise: str = "", funding: str = "CNY 1000000.00") -> str:
    """The minimal case with more in its promise, and other funding."""
    return MINIMAL_CASE.replace('pay_within = "P3D"', f'pay_within = "P3D"\n{promise}').replace(
        "CNY 1000000.00", funding
    )


def people(*numbers: int) -> dict[str, str]:
    """Affected people by number."""
    return {person(number): "NAME;PHONE" for number in numbers}


def awarded(opened: OpenCase) -> list[tuple[object, ...]]:
    """Index, person and tranche of all awards in order."""
    with opened.database.reading() as connection:
        return connection.execute(
            "SELECT award_index, person_id, tranche FROM awards.owed ORDER BY award_index"
        ).fetchall()


def booked(opened: OpenCase) -> dict[str, int]:
    """The balances that are not zero."""
    with opened.database.reading() as connection:
        return {name: amount for name, amount in balances(connection).items() if amount}


def test_nothing_is_awarded_before_anybody_is_determined(opened_case: OpenedCase) -> None:
    """Award asks for a determination first."""
    with pytest.raises(StageOrderError, match="determine"):
        service.award(opened_case(approve_as=TWO))


def test_everybody_is_awarded_once_and_the_books_say_so(opened_case: OpenedCase) -> None:
    """Dense indexes, one award a person, funds and debts in the books; again changes nothing."""
    opened = opened_case(approve_as=TWO)
    determine_made_up(opened, people(*range(50)))
    summary = service.award(opened)
    first = awarded(opened)
    assert summary.counts["awards_new"] == summary.counts["awards"] == 50
    assert summary.counts["owed_minor"] == 50 * EACH_MINOR
    assert [row[0] for row in first] == list(range(50))
    assert {str(row[1]) for row in first} == set(people(*range(50)))
    assert [row[1] for row in first] != sorted(str(row[1]) for row in first)
    books = {
        "bank": 100_000_000,
        "company:funds": 100_000_000 - 50 * EACH_MINOR,
        "earmarked": 50 * EACH_MINOR,
        "compensation": 50 * EACH_MINOR,
        "owed": 50 * EACH_MINOR,
    }
    assert booked(opened) == books
    again = service.award(opened)
    assert again.counts["awards_new"] == 0
    assert "nobody new" in again.notes[0]
    assert awarded(opened) == first
    assert booked(opened) == books


def test_a_later_tranche_is_added_and_nobody_loses_an_award(opened_case: OpenedCase) -> None:
    """New people come behind the others; who vanished from the determination keeps the award."""
    opened = opened_case(approve_as=TWO)
    determine_made_up(opened, people(*range(10)))
    service.award(opened)
    first = awarded(opened)
    determine_made_up(opened, people(*range(3, 25)), tranche=2, run_no=2)
    summary = service.award(opened)
    assert awarded(opened)[:10] == first
    assert [row[0] for row in awarded(opened)] == list(range(25))
    assert summary.counts["no_longer_determined"] == 3
    assert summary.counts["awards_new"] == 15
    assert any("3 people are no longer determined" in note for note in summary.notes)
    assert booked(opened)["owed"] == 25 * EACH_MINOR
    assert booked(opened)["bank"] == 100_000_000


def test_people_in_doubt_are_counted_and_hold_nobody_up(opened_case: OpenedCase) -> None:
    """Who waits for a clerical decision is said, and everybody else is awarded."""
    opened = opened_case(approve_as=TWO)
    determine_made_up(opened, people(1, 2), waiting=7)
    summary = service.award(opened)
    assert (summary.counts["awards"], summary.counts["people_waiting"]) == (2, 7)
    assert any("7 people wait" in note for note in summary.notes)


def test_award_waits_for_two_people_and_writes_nothing_before(opened_case: OpenedCase) -> None:
    """Without approvals there is a proposal, and neither an award nor a transfer."""
    opened = opened_case()
    determine_made_up(opened, people(1, 2))
    with pytest.raises(WaitingForApprovalError):
        service.award(opened)
    assert awarded(opened) == []
    assert booked(opened) == {}


def test_a_wrong_promise_is_refused_before_an_approval_is_asked(opened_case: OpenedCase) -> None:
    """The refusal names everything at once, and leaves no proposal behind."""
    opened = opened_case(
        case_toml('people = 3000000\ntotal = "CNY 1500000000.00"', "CNY 5000.00"), MINIMAL_FILES
    )
    determine_made_up(opened, people(1, 2))
    with pytest.raises(PromiseError, match=r"15,000,000,000\.00") as refused:
        service.award(opened)
    assert [finding.kind for finding in refused.value.findings] == [
        FindingKind.PRODUCT,
        FindingKind.PEOPLE,
        FindingKind.TOTAL,
        FindingKind.FUNDING,
    ]
    with opened.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM governance.proposal").fetchone() == (0,)


def test_two_people_restate_the_promise_and_the_first_one_stays_on_file(
    opened_case: OpenedCase,
) -> None:
    """The right figures are proposed; with two approvals they are in force and award goes on."""
    opened = opened_case(case_toml("people = 3"), MINIMAL_FILES, approve_as=TWO)
    determine_made_up(opened, people(1, 2))
    with pytest.raises(PromiseError):
        service.award(opened)
    restated = promised.restate_promise(opened)
    assert restated == promised.in_force(opened)
    assert (restated.people, restated.total) == (2, Money.parse("CNY 10000.00"))
    assert opened.case.file.promise.people == 3
    assert service.award(opened).counts["awards"] == 2
    assert promised.restate_promise(opened) == restated
    with opened.database.reading() as connection:
        kept = connection.execute("SELECT restatement_no FROM awards.promise_restatement")
        assert kept.fetchall() == [(1,)]


def test_one_person_alone_does_not_restate(opened_case: OpenedCase) -> None:
    """Without approvals the promise of case.toml stays in force."""
    opened = opened_case(case_toml("people = 3"), MINIMAL_FILES)
    determine_made_up(opened, people(1, 2))
    with pytest.raises(WaitingForApprovalError):
        promised.restate_promise(opened)
    assert promised.in_force(opened).people == 3


def test_a_restatement_that_does_not_multiply_is_refused(opened_case: OpenedCase) -> None:
    """Given figures are checked like those of the announcement."""
    opened = opened_case(approve_as=TWO)
    determine_made_up(opened, people(1, 2))
    with pytest.raises(PromiseError, match=r"10,000\.00"):
        promised.restate_promise(opened, people=2, total=Money.parse("CNY 1000.00"))
    with pytest.raises(NothingToRestateError):
        promised.restate_promise(opened, people=0)


def test_the_database_itself_awards_a_person_once(opened_case: OpenedCase) -> None:
    """As the program's own role: no second award, no change, no deletion."""
    opened = opened_case(approve_as=TWO)
    determine_made_up(opened, people(1))
    service.award(opened)
    second = (
        "INSERT INTO awards.award (award_index, person_id, class, amount_minor, currency, "
        "tranche, awarded_at) SELECT 1, person_id, class, amount_minor, currency, tranche, "
        "awarded_at FROM awards.award"
    )
    with (
        pytest.raises(psycopg.errors.UniqueViolation, match="award_once_per_person"),
        opened.database.unit_of_work() as connection,
    ):
        connection.execute(second)
    for statement in (
        "UPDATE awards.award SET amount_minor = 1",
        "DELETE FROM awards.award",
        "TRUNCATE awards.award",
        "UPDATE awards.promise_restatement SET people = 1",
        "DELETE FROM awards.round",
    ):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            opened.database.unit_of_work() as connection,
        ):
            connection.execute(statement.encode())


ROW = (
    "INSERT INTO awards.award (award_index, person_id, class, amount_minor, currency, tranche, "
    "awarded_at) VALUES (%(index)s, %(person)s, 0, 1, 'CNY', 1, now())"
)


def put_off_and_add(opened: OpenCase, *rows: tuple[int, int]) -> bool:
    """Index and person of new awards, added in one transaction; whether keys were put off."""
    with opened.database.unit_of_work() as connection:
        put_off = connection.execute("SELECT awards.put_off_keys()").fetchone()
        for index, number in rows:
            connection.execute(ROW, {"index": index, "person": person(number)})
    return put_off == (True,)


def keys(opened: OpenCase) -> list[tuple[object, ...]]:
    """What keys awards have, and what refers to them."""
    with opened.database.reading() as connection:
        return connection.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated "
            "FROM pg_constraint WHERE (conrelid = 'awards.award'::regclass AND contype IN "
            "('p', 'u')) OR confrelid = 'awards.award'::regclass ORDER BY 1, 2"
        ).fetchall()


def test_keys_that_were_put_off_are_made_when_the_transaction_ends(opened_case: OpenedCase) -> None:
    """Whoever forgets to make them has them all the same; twice the same person is refused."""
    opened = opened_case(approve_as=TWO)
    before = keys(opened)
    assert {str(name) for _, name, *_ in before} >= {
        "award_pkey",
        "award_once_per_person",
        "notice_award_known",
        "correction_award_known",
    }
    with pytest.raises(psycopg.errors.UniqueViolation, match="award_once_per_person"):
        put_off_and_add(opened, (0, 1), (1, 1))
    assert awarded(opened) == []
    assert keys(opened) == before
    with pytest.raises(psycopg.errors.UniqueViolation, match="award_pkey"):
        put_off_and_add(opened, (0, 1), (0, 2))
    assert put_off_and_add(opened, (0, 1), (1, 2))
    assert keys(opened) == before


def test_keys_are_put_off_for_the_first_awards_only(opened_case: OpenedCase) -> None:
    """Where somebody is awarded they stay, and a second award of a person fails at once."""
    opened = opened_case(approve_as=TWO)
    determine_made_up(opened, people(1))
    service.award(opened)
    assert not put_off_and_add(opened, (1, 2))
    with pytest.raises(psycopg.errors.UniqueViolation, match="award_once_per_person"):
        put_off_and_add(opened, (2, 1))


def test_keys_are_not_put_off_while_somebody_reads(opened_case: OpenedCase) -> None:
    """Nobody waits for a reader: awards are then taken in with the keys in their place."""
    opened = opened_case(approve_as=TWO)
    determine_made_up(opened, people(1, 2))
    before = keys(opened)
    for statement in (b"SELECT count(*) FROM awards.award", b"SELECT count(*) FROM notices.notice"):
        with opened.database.reading() as reader:
            reader.execute(statement)
            assert not put_off_and_add(opened)
            assert keys(opened) == before
    with opened.database.reading() as reader:
        reader.execute("SELECT count(*) FROM awards.award")
        assert service.award(opened).counts["awards"] == 2
    assert keys(opened) == before


def test_the_program_itself_cannot_take_a_key_away(opened_case: OpenedCase) -> None:
    """Its role may put keys off in the one way there is, and change nothing of it."""
    opened = opened_case()
    for statement in (
        "ALTER TABLE awards.award DROP CONSTRAINT award_once_per_person",
        "ALTER TABLE awards.put_off DISABLE TRIGGER keys_made",
        "DELETE FROM awards.put_off",
        "INSERT INTO awards.put_off VALUES ('awards.round', 'a', 'b', FALSE)",
    ):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            opened.database.unit_of_work() as connection,
        ):
            connection.execute(statement.encode())


def test_a_failure_in_the_books_undoes_the_awards(opened_case: OpenedCase) -> None:
    """Awards and books are one transaction: what the books refuse leaves no award behind."""
    opened = opened_case(approve_as=TWO)
    determine_made_up(opened, people(1, 2))
    with opened.database.unit_of_work() as connection:
        conflicting = Transfer(
            transfer_id="awards:1:1",
            debit="bank",
            credit="company:funds",
            amount_minor=1,
            currency="CNY",
            reason="fund",
            subject="test",
            occurred_at=opened.clock.now(),
        )
        post(connection, [conflicting])
    with pytest.raises(LedgerConflictError):
        service.award(opened)
    assert awarded(opened) == []
    assert booked(opened) == {"bank": 1, "company:funds": 1}
