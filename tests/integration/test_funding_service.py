"""Statements become proof and books, in any order and each once; what is refused leaves nothing."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from psycopg.sql import SQL, Identifier

from amends.awards import promised
from amends.awards import service as awards
from amends.awards.model import PromiseError
from amends.cli.funding import funding
from amends.funding import explaining, receiving, service
from amends.funding.model import (
    DeclaredUsedError,
    EscrowAccountError,
    Explanation,
    ExplanationError,
    Imported,
    Level,
    ReleaseError,
    UnfundedError,
)
from amends.governance.service import trail
from amends.kernel.clock import SimulatedClock
from amends.kernel.errors import InputFileError, WaitingForApprovalError
from amends.kernel.money import Money
from amends.ledger import service as ledger
from amends.ledger.model import BANK, Transfer
from amends.payouts.planning.plan import plan_payable
from amends.payouts.service import pay
from amends.roster import service as roster
from amends.statements.model import Form, Problem, Statement, StatementError
from amends.vault.opened import OpenCase
from fake_provider import limits
from made_awards import NOW, make_awards
from made_cases import MINIMAL_CASE, CaseDirectory, OpenedCase
from made_determination import determine_made_up, person
from made_statements import ACCOUNT, daily, line, statement, written

TWO = ("anna", "ben")
FUNDING = '[funding]\namount = "CNY 1000000.00"'
EVIDENCED = MINIMAL_CASE.replace(
    FUNDING, f'[funding]\namount = "CNY 1000000.00"\naccount = "{ACCOUNT}"\nevidenced = true'
)
EACH_MINOR = 500_000


def cny(minor: int) -> Money:
    """An amount."""
    return Money(amount_minor=minor, currency="CNY")


def put(opened: OpenCase, *found: Statement, form: Form = Form.CAMT_053) -> list[Path]:
    """Write statements into the case's folder, a file each."""
    folder = opened.case.root / receiving.FOLDER
    folder.mkdir(exist_ok=True)
    paths = []
    for place, one in enumerate(found):
        paths.append(folder / f"{one.first_day}-{one.number}-{place}-{form}")
        paths[-1].write_bytes(written(one, form))
    return paths


def imported(opened: OpenCase, *found: Statement, form: Form = Form.CAMT_053) -> Imported:
    """Import statements."""
    return receiving.import_statements(opened, put(opened, *found, form=form))


def balances(opened: OpenCase) -> dict[str, int]:
    """The balances that are not zero."""
    with opened.database.reading() as connection:
        assert ledger.check_trial(connection)
        return {name: amount for name, amount in ledger.balances(connection).items() if amount}


def rows(opened: OpenCase, table: str) -> int:
    """How many rows a table of the room has."""
    with opened.database.reading() as connection:
        row = connection.execute(
            SQL("SELECT count(*) FROM funding.{table}").format(table=Identifier(table))
        ).fetchone()
        assert row is not None
        return int(str(row[0]))


def people(count: int) -> dict[str, str]:
    """Affected people by number."""
    return {person(number): "NAME;PHONE" for number in range(count)}


def test_statements_are_proof_in_custody_and_in_the_books(opened_case: OpenedCase) -> None:
    """What came in is the company's, fees and unexplained money do not count, files are sealed."""
    opened = opened_case(EVIDENCED)
    one = statement([line(900, "A"), line(-5, "B", fee=True), line(-7, "C")], opening_minor=100)
    paths = put(opened, one)
    done = receiving.import_statements(opened, [])
    assert (done.files, done.statements, done.lines, done.unexplained) == (1, 1, 3, 1)
    books = {"bank": 988, "company:funds": 1000, "fees": 5, "suspense": 7}
    assert balances(opened) == books
    found = service.position(opened, promised_minor=0)
    assert (found.funds_minor, found.proved_until, found.evidenced) == (988, one.last_day, True)
    (held,) = service.statements(opened)
    assert service.original(opened, held.sha256) == paths[0].read_bytes()
    with opened.database.reading() as connection:
        row = connection.execute("SELECT sealed FROM funding.original").fetchone()
    assert row is not None
    assert isinstance(row[0], bytes)
    assert b"camt.053" not in row[0]
    assert trail(opened, ["funding statements imported"])[0].actor == opened.by
    again = receiving.import_statements(opened, [])
    assert (again.known, again.statements) == (1, 0)
    assert balances(opened) == books


def test_any_order_of_import_gives_the_same_balances(opened_case: OpenedCase) -> None:
    """Files may come one by one, forwards or backwards: books and proof are the same."""
    days = daily([[500, 20], [-30], [7]], opening_minor=40)
    seen = set()
    for order in ((0, 1, 2), (2, 0, 1)):
        opened = opened_case(EVIDENCED)
        waiting = [days[place] for place in order]
        while waiting:
            refused: list[Statement] = []
            for one in waiting:
                try:
                    imported(opened, one, form=list(Form)[(one.number or 0) - 1])
                except StatementError as error:
                    assert error.problem is Problem.GAP  # noqa: PT017
                    refused.append(one)
            assert len(refused) < len(waiting)
            waiting = refused
        seen.add(tuple(sorted(balances(opened).items())))
        assert rows(opened, "statement") == 3
    assert seen == {(("bank", 537), ("company:funds", 567), ("suspense", 30))}


@pytest.fixture
def begun(opened_case: OpenedCase) -> OpenCase:
    """A case with one statement."""
    opened = opened_case(EVIDENCED)
    imported(opened, daily([[500], [30]])[0])
    return opened


def test_what_is_refused_leaves_nothing(begun: OpenCase) -> None:
    """A good file beside a bad one is not taken either; the bad one is named."""
    first, good = daily([[500], [30]])
    wrong = statement(
        [line(5, "Z", good.last_day)], opening_minor=9999, day=good.last_day, number=2
    )
    double = statement([line(500, "B0X0", first.last_day)], opening_minor=500, number=2)
    before = balances(begun)
    for found, problem in (
        ((good, wrong), Problem.DUPLICATE_STATEMENT),
        ((wrong,), Problem.GAP),
        ((double,), Problem.DUPLICATE_LINE),
        (
            (statement([line(1, "Y"), line(1, "Y")], opening_minor=500, number=2),),
            Problem.DUPLICATE_LINE,
        ),
    ):
        with pytest.raises(StatementError) as caught:
            imported(begun, *found)
        assert caught.value.problem is problem
    with pytest.raises(StatementError) as caught:
        imported(begun, first, form=Form.MT940)
    assert caught.value.problem is Problem.DUPLICATE_STATEMENT
    with pytest.raises(InputFileError, match="not-there"):
        receiving.import_statements(begun, [begun.case.root / "not-there"])
    empty = begun.case.root / "empty"
    empty.write_bytes(b"")
    with pytest.raises(StatementError, match="is empty"):
        receiving.import_statements(begun, [empty])
    assert balances(begun) == before
    assert [rows(begun, table) for table in ("original", "statement", "line")] == [1, 1, 1]


def test_an_import_needs_the_account_and_files(opened_case: OpenedCase) -> None:
    """Without an account in case.toml, or without any file, there is nothing to prove."""
    with pytest.raises(EscrowAccountError, match="funding"):
        receiving.import_statements(opened_case(), [])
    with pytest.raises(InputFileError, match="funding/"):
        receiving.import_statements(opened_case(EVIDENCED), [])


def test_an_unproved_promise_is_neither_awarded_nor_published(opened_case: OpenedCase) -> None:
    """Declared funding does not do where evidence is demanded, nor does a statement of less."""
    opened = opened_case(EVIDENCED, approve_as=TWO)
    determine_made_up(opened, people(2))
    for refuse in (awards.award, roster.publish):
        with pytest.raises(PromiseError, match="only declared"):
            refuse(opened)
    imported(opened, statement([line(EACH_MINOR, "A")]))
    for refuse in (awards.award, roster.publish):
        with pytest.raises(PromiseError, match="short"):
            refuse(opened)
    more = statement([line(EACH_MINOR, "B")], opening_minor=EACH_MINOR, number=2)
    imported(opened, more)
    awards.award(opened)
    assert balances(opened) == {
        "bank": 2 * EACH_MINOR,
        "compensation": 2 * EACH_MINOR,
        "earmarked": 2 * EACH_MINOR,
        "owed": 2 * EACH_MINOR,
    }


def test_evidence_takes_the_place_of_what_was_declared(opened_case: OpenedCase) -> None:
    """Declared money is booked back when the first statement comes, and never counted beside it."""
    declared = EVIDENCED.replace("evidenced = true\n", "")
    opened = opened_case(declared, approve_as=TWO)
    determine_made_up(opened, people(2))
    awards.award(opened)
    assert balances(opened)["bank"] == 100_000_000
    imported(opened, statement([line(3 * EACH_MINOR, "A")]))
    assert balances(opened)["bank"] == 3 * EACH_MINOR
    assert balances(opened)["company:funds"] == EACH_MINOR
    assert service.position(opened, promised_minor=0).free_minor == EACH_MINOR


def test_declared_money_that_was_used_cannot_become_evidence(opened_case: OpenedCase) -> None:
    """Once a rail has some of it, statements would count it twice."""
    opened = opened_case(EVIDENCED)
    make_awards(opened, 2)
    with opened.database.unit_of_work() as connection:
        ledger.open_rail(connection, "alipay")
        ledger.post(connection, [_transfer("prefund:alipay", "rail:alipay", BANK, 5)])
    with pytest.raises(DeclaredUsedError):
        imported(opened, statement([line(900, "A")]))
    assert rows(opened, "original") == 0


def _transfer(transfer_id: str, debit: str, credit: str, amount_minor: int) -> Transfer:
    return Transfer(
        transfer_id=transfer_id,
        debit=debit,
        credit=credit,
        amount_minor=amount_minor,
        currency="CNY",
        reason="test",
        subject="test",
        occurred_at=NOW,
    )


@pytest.fixture
def awarded(opened_case: OpenedCase) -> OpenCase:
    """A case with proof of 25,000.00, and 5 people who are owed 5,000.00 each."""
    opened = opened_case(EVIDENCED, approve_as=TWO)
    imported(opened, statement([line(5 * EACH_MINOR, "A")]))
    make_awards(opened, 5, declared=False)
    with opened.database.unit_of_work() as connection:
        service.earmark_in(connection, opened, 1, cny(5 * EACH_MINOR))
    return opened


def test_no_more_is_planned_than_was_released(awarded: OpenCase) -> None:
    """Each part reaches as many people as it covers, in their order; the last part the rest."""
    assert plan_payable(awarded, [limits()]) == 0
    first = service.release(awarded, cny(2 * EACH_MINOR + 1))
    assert (first.release_no, first.rail, first.reference) == (1, "alipay", "TEST-R1")
    assert plan_payable(awarded, [limits()]) == 2
    assert plan_payable(awarded, [limits()]) == 0
    service.release(awarded, cny(3 * EACH_MINOR - 1))
    assert plan_payable(awarded, [limits()]) == 3
    books = balances(awarded)
    assert (books.get("earmarked", 0), books["released"]) == (0, 5 * EACH_MINOR)


def test_no_more_is_released_than_is_there(awarded: OpenCase) -> None:
    """Too much, nothing, another currency and another rail are refused, with what would do."""
    for amount, rail in (
        (cny(5 * EACH_MINOR + 1), None),
        (cny(0), None),
        (Money(amount_minor=1, currency="USD"), None),
    ):
        with pytest.raises(ReleaseError, match=r"25,000\.00"):
            service.release(awarded, amount, rail)
    with pytest.raises(ReleaseError, match="alipay"):
        service.release(awarded, cny(1), "wechatpay")
    assert rows(awarded, "release") == 0


def test_a_release_waits_for_two_people(opened_case: OpenedCase, awarded: OpenCase) -> None:
    """Nothing is let out before both have signed exactly this part; declared money never is."""
    alone = OpenCase(
        case=awarded.case,
        database=awarded.database,
        vault=awarded.vault,
        clock=awarded.clock,
        progress=awarded.progress,
    )
    with pytest.raises(WaitingForApprovalError):
        service.release(alone, cny(EACH_MINOR))
    assert rows(awarded, "release") == 0
    with pytest.raises(ReleaseError, match="declared"):
        service.release(opened_case(), cny(1))


def test_money_on_its_way_to_a_rail_is_counted_once(awarded: OpenCase) -> None:
    """The bank's and the rail's statement tell of one movement; funds stay what they are."""
    service.release(awarded, cny(2 * EACH_MINOR))
    gone = line(-2 * EACH_MINOR, "OUT", text="TEST-R1")
    imported(awarded, statement([gone], opening_minor=5 * EACH_MINOR, number=2))
    assert balances(awarded)["in_transit"] == 2 * EACH_MINOR
    with awarded.database.unit_of_work() as connection:
        ledger.open_rail(connection, "alipay")
        source = service.money_on_its_way(connection)
        ledger.post(connection, [_transfer("prefund", "rail:alipay", source, 2 * EACH_MINOR)])
    found = service.position(awarded, promised_minor=0)
    assert (found.in_transit_minor, found.at_rails_minor) == (0, 2 * EACH_MINOR)
    assert (found.funds_minor, found.unexplained_minor) == (5 * EACH_MINOR, 0)


def test_what_nobody_ordered_waits_for_two_people_and_is_explained_once(awarded: OpenCase) -> None:
    """A movement without a release does not count, until it is said what it was."""
    outs = [line(-5, "P"), line(-7, "Q"), line(-9, "S"), line(-11, "T"), line(-13, "U")]
    imported(awarded, statement(outs, opening_minor=5 * EACH_MINOR, number=2))
    assert service.position(awarded, promised_minor=0).level is Level.SHORT
    names = [one.name for one in explaining.unexplained(awarded)]
    assert names == ["2/1", "2/2", "2/3", "2/4", "2/5"]
    for name, what in zip(names, Explanation, strict=True):
        explaining.explain(awarded, name, what)
    books = balances(awarded)
    assert (books["in_transit"], books["fees"], books["company:funds"]) == (5, 7, -9)
    assert books["paid_out"] == 11 + 13  # to a notary, or by hand, is to people: it still counts
    assert service.position(awarded, promised_minor=0).funds_minor == 5 * EACH_MINOR - 7 - 9
    assert "suspense" not in books
    assert explaining.unexplained(awarded) == []
    with pytest.raises(ExplanationError, match="2/1"):
        explaining.explain(awarded, "2/1", Explanation.FEE)


def test_a_change_of_the_level_is_told_once(awarded: OpenCase) -> None:
    """Tight and short are kept with their figures and audited, when they are first seen."""
    assert service.watch(awarded, promised_minor=0).level is Level.TIGHT
    assert service.watch(awarded, promised_minor=6 * EACH_MINOR).level is Level.SHORT
    service.watch(awarded, promised_minor=6 * EACH_MINOR)
    told = [entry.details for entry in trail(awarded, ["funding level changed"])]
    assert [("tight" in details, "short" in details) for details in told] == [
        (True, False),
        (False, True),
    ]
    with pytest.raises(UnfundedError):
        raise UnfundedError(service.findings(awarded, cny(6 * EACH_MINOR)))
    assert service.findings(awarded, cny(5 * EACH_MINOR)) == []


def promised_minor(opened: OpenCase) -> int:
    """What the promise in force comes to."""
    with opened.database.reading() as connection:
        return promised.promised_minor_in(connection, opened.case.file)


def test_the_alarm_goes_by_the_promise_in_force(opened_case: OpenedCase) -> None:
    """Of case.toml it is short; restated by two people to less it is not, at every command."""
    text = EVIDENCED.replace('pay_within = "P3D"', 'pay_within = "P3D"\npeople = 9')
    opened = opened_case(text, approve_as=TWO)
    determine_made_up(opened, people(2))
    imported(opened, statement([line(3 * EACH_MINOR, "A")]))
    assert promised_minor(opened) == 9 * EACH_MINOR
    assert promised.alarm(opened) == (service.told(Level.SHORT),)
    promised.restate_promise(opened)
    assert promised_minor(opened) == 2 * EACH_MINOR
    assert promised.alarm(opened) == ()
    told = [entry.details for entry in trail(opened, ["funding level changed"])]
    assert [("short" in details, "ample" in details) for details in told] == [
        (True, False),
        (False, True),
    ]
    summary = awards.award(opened)
    assert not any("SHORT" in note for note in summary.notes)


def test_a_promise_that_contradicts_itself_counts_as_the_most_it_says(
    opened_case: OpenedCase,
) -> None:
    """A total that is wrong by a factor of ten leaves the funds neither ample nor tight."""
    text = EVIDENCED.replace(
        'pay_within = "P3D"', 'pay_within = "P3D"\npeople = 2\ntotal = "CNY 1000.00"'
    )
    opened = opened_case(text, approve_as=TWO)
    determine_made_up(opened, people(2))
    imported(opened, statement([line(EACH_MINOR, "A")]))
    assert promised_minor(opened) == 2 * EACH_MINOR
    assert promised.funds(opened).level is Level.SHORT


def test_a_promise_per_person_counts_for_everybody_who_is_determined(
    opened_case: OpenedCase,
) -> None:
    """A promise without a number of people is known to be short before anybody is awarded."""
    opened = opened_case(EVIDENCED, approve_as=TWO)
    assert promised_minor(opened) == 0
    determine_made_up(opened, people(3))
    imported(opened, statement([line(2 * EACH_MINOR, "A")]))
    assert promised.funds(opened).level is Level.SHORT
    more = statement([line(2 * EACH_MINOR, "B")], opening_minor=2 * EACH_MINOR, number=2)
    imported(opened, more)
    assert promised.funds(opened).level is Level.AMPLE
    awards.award(opened)
    determine_made_up(opened, people(2), run_no=2)  # one is no longer found, and keeps the award
    stands = awards.award(opened).counts["awards"]
    with opened.database.reading() as connection:
        known = promised.promised_minor_in(connection, opened.case.file, stands)
    assert known == promised_minor(opened) == 3 * EACH_MINOR


def test_the_forecast_ends_on_the_promised_day(awarded: OpenCase) -> None:
    """Three days after the announcement everything is due."""
    days = service.forecast(awarded, service.position(awarded, promised_minor=0))
    assert [day.day.day for day in days] == [22, 23, 24]
    assert days[-1].due_minor == 5 * EACH_MINOR


def test_days_that_are_over_promise_nothing(awarded: OpenCase) -> None:
    """What is left is spread over the days from today on; after the last, all of it was due."""
    found = service.position(awarded, promised_minor=0)
    begins = awarded.case.file.announced_at
    assert begins is not None
    told = {}
    for later in (0, 2, 3, 30):
        then = replace(awarded, clock=SimulatedClock(begins + timedelta(days=later), print))
        days = service.forecast(then, found)
        assert days[-1].due_minor == 5 * EACH_MINOR
        told[later] = [day.day.day for day in days]
    assert told == {0: [22, 23, 24], 2: [23, 24], 3: [24], 30: [24]}


def test_the_tables_hold_no_text_of_a_line(awarded: OpenCase) -> None:
    """What a bank writes about people stays in the sealed file."""
    gone = line(-5, "Q", text="Zhang San 13800138000")
    imported(awarded, statement([gone], opening_minor=5 * EACH_MINOR, number=2))
    with awarded.database.reading() as connection:
        dumped = str(connection.execute("SELECT * FROM funding.line").fetchall())
    assert "Zhang" not in dumped
    assert "138001" not in dumped


def test_the_commands_show_what_is_there(case_directory: CaseDirectory) -> None:
    """`amends funding CASE` is `show`; JSON is one object; short and tight are exit codes."""
    root = case_directory(EVIDENCED.replace('pay_within = "P3D"', 'total = "CNY 9.50"'))
    run = CliRunner()
    unproved = run.invoke(funding, [str(root), "--json"])
    assert isinstance(unproved.exception, UnfundedError)
    told = json.loads(unproved.stdout)
    assert (told["level"], told["obligations_minor"]) == ("unproved", 950)
    paths = [root / "one.xml", root / "two.csv"]
    one, two = daily([[900], [100]])
    paths[0].write_bytes(written(one, Form.CAMT_053))
    paths[1].write_bytes(written(two, Form.CSV))
    taken = run.invoke(funding, ["import", str(root), *map(str, reversed(paths))])
    assert "2 statements with 2 movements" in taken.stdout
    assert "2026-11-21: CNY 10.00" in taken.stdout
    shown = run.invoke(funding, ["show", str(root)])
    assert shown.exit_code == 0
    assert "TIGHT" in shown.stdout
    assert "CNY 0.50" in shown.stdout
    assert run.invoke(funding, [str(root), "--strict"]).exit_code == 1
    listed = run.invoke(funding, ["statements", str(root)])
    assert "one.xml" in listed.stdout
    assert "csv" in listed.stdout
    assert len(json.loads(run.invoke(funding, ["statements", str(root), "--json"]).stdout)) == 1
    assert ACCOUNT not in shown.stdout + taken.stdout + listed.stdout
    too_much = run.invoke(funding, ["release", str(root), "CNY 1.00"])
    assert isinstance(too_much.exception, ReleaseError)


def test_nobody_is_paid_on_declared_money_where_evidence_is_demanded(
    opened_case: OpenedCase,
) -> None:
    """Pay refuses before anything is planned."""
    opened = opened_case(EVIDENCED, approve_as=TWO)
    make_awards(opened, 2)
    with pytest.raises(UnfundedError, match="only declared"):
        pay(opened)
    with opened.database.reading() as connection:
        assert connection.execute("SELECT 1 FROM payouts.instruction").fetchall() == []
