"""Files to a simulated bank and back: what is paid, refused, returned, lost and doubted."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.file_handing import HANDED_OVER
from amends.payouts.rails.file_rail import FilesRail
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    BillNotReady,
    Direction,
    LineKind,
    NotFound,
    Order,
    Outcome,
    RailUnavailableError,
    RefusalReason,
    Refused,
    Returned,
    Settled,
    Statement,
    StatementLine,
    StoppedFile,
    Unknown,
)
from amends.simulators.bank.bank import StatementForm
from amends.simulators.bank.writing import report
from made_bank import START, bank, bank_order

DAY = date(2026, 11, 23)


def numbered(count: int) -> list[Order]:
    """That many orders, N00 and on."""
    return [bank_order(f"N{n:02d}", amount="CNY 10.00") for n in range(count)]


@pytest.mark.parametrize("form", StatementForm)
def test_a_file_is_answered_booked_and_stated(tmp_path: Path, form: StatementForm) -> None:
    """Silence, accepted, paid, and the next morning's statement with every payment once."""
    with bank(tmp_path / "drop", statements=form) as setting:
        assert setting.pay(numbered(3)) == [HANDED_OVER] * 3
        assert setting.ask("N00") == [Unknown(advice=Advice.ASK, code="no_answer")]
        setting.let_pass()
        setting.let_pass(minutes=2)
        assert isinstance(setting.ask("N00")[0], Accepted)
        setting.let_pass(minutes=10)
        paid = setting.ask("N00", "N01", "N02")
        assert [type(answer) for answer in paid] == [Settled] * 3
        assert isinstance(paid[0], Settled)
        assert paid[0].settled_at == START + timedelta(minutes=10)
        setting.let_pass(days=1)

        async def work(rail: FilesRail) -> tuple[object, list[StatementLine], Money]:
            end = START + timedelta(days=1)
            log = [line async for line in rail.account_log(START - timedelta(hours=9), end)]
            return await rail.statement(DAY), log, await rail.balance()

        statement, log, balance = setting.run(work)
        assert isinstance(statement, Statement)
        lines = list(statement.lines)
        assert lines == list(statement.lines) == log
        assert sorted(str(line.number) for line in lines) == ["N00", "N01", "N02"]
        assert {(line.direction, line.kind) for line in lines} == {
            (Direction.OUT, LineKind.TRANSFER)
        }
        assert len({line.line_id for line in lines}) == 3
        assert (str(statement.opening), str(statement.closing)) == ("CNY 100000.00", "CNY 99970.00")
        assert lines[-1].balance_after == statement.closing == balance


@pytest.mark.parametrize("form", StatementForm)
def test_money_that_comes_back_days_later_is_returned(tmp_path: Path, form: StatementForm) -> None:
    """A return is its own entry, with the bank's reason, on the day on which it came."""
    faults = '[returned]\nonly = ["N01"]\ncode = "MD07"\nafter = "P3D"\n'
    with bank(tmp_path / "drop", faults=faults, statements=form) as setting:
        setting.pay(numbered(2))
        setting.let_pass()
        setting.let_pass(minutes=20)
        assert [type(answer) for answer in setting.ask("N00", "N01")] == [Settled, Settled]
        setting.let_pass(days=4)
        kept, returned = setting.ask("N00", "N01")
        assert isinstance(kept, Settled)
        assert isinstance(returned, Returned)
        assert returned.code == "MD07"
        assert returned.returned_at == START + timedelta(days=3, minutes=10)
        statement = setting.run(stated(DAY + timedelta(days=3)))
        assert isinstance(statement, Statement)
        assert [(line.number, line.kind) for line in statement.lines] == [("N01", LineKind.RETURN)]


def test_refusals_are_told_apart(tmp_path: Path) -> None:
    """Each trouble has its reason, ours too, and a code that nobody listed is no answer."""
    faults = """
[account_unknown]
only = ["A1"]
[account_closed]
only = ["A2"]
[account_frozen]
only = ["A3"]
[name_mismatch]
only = ["A4"]
[payment_rejected]
only = ["N6"]
code = "ZZ99"
"""
    reasons = ["UNKNOWN_ACCOUNT", "ACCOUNT_CLOSED", "ACCOUNT_BLOCKED", "NAME_MISMATCH", "PAYER"]
    with bank(tmp_path / "drop", faults=faults, balance="CNY 10000.00") as setting:
        orders = [bank_order(f"N{n}", account=f"A{n}", amount="CNY 10.00") for n in range(1, 5)]
        orders += [bank_order("N5", amount="CNY 9999.00"), bank_order("N6", amount="CNY 1.00")]
        orders += [bank_order("N7", amount="CNY 9000.00")]
        setting.pay([*orders[:4], orders[6]])
        setting.let_pass()
        setting.pay(orders[4:6])
        setting.let_pass()
        setting.let_pass(minutes=20)
        answers = setting.ask("N1", "N2", "N3", "N4", "N5")
        told = [answer.reason for answer in answers if isinstance(answer, Refused)]
        assert told == [RefusalReason[reason] for reason in reasons]
        odd, paid = setting.ask("N6", "N7")
        assert isinstance(odd, Unknown)
        assert (odd.advice, odd.code) == (Advice.ALARM, "ZZ99")
        assert isinstance(paid, Settled)


def test_a_file_that_is_refused_refuses_all_of_it(tmp_path: Path) -> None:
    """A rejection at the level of the file ends every payment in it, and only those."""
    with bank(tmp_path / "drop", orders_per_file=2) as setting:
        setting.pay(numbered(3))
        first = setting.outbox()[0]
        broken = first.read_bytes().replace(b"<NbOfTxs>2", b"<NbOfTxs>3")
        broken = broken.replace(b"<NbOfTxs>1", b"<NbOfTxs>3")
        numbers = [n for n in ("N00", "N01", "N02") if n.encode() in broken]
        first.write_bytes(broken)
        setting.let_pass()
        setting.let_pass(minutes=20)
        for number in ("N00", "N01", "N02"):
            [answer] = setting.ask(number)
            if number in numbers:
                assert isinstance(answer, Refused)
                assert (answer.reason, answer.code) == (RefusalReason.PAYER, "AM18")
            else:
                assert isinstance(answer, Settled)


def test_silence_is_never_a_reason_to_send_again(tmp_path: Path) -> None:
    """Whatever is handed over stays handed over: the same orders write nothing, however often."""
    with bank(tmp_path / "drop") as setting:
        setting.pay(numbered(3))
        [file] = setting.outbox()
        whole = file.read_bytes()
        for orders in (numbered(3), numbered(2), numbered(3)[::-1]):
            assert set(map(str, setting.pay(orders))) == {str(HANDED_OVER)}
        assert [one.read_bytes() for one in setting.outbox()] == [whole]
        file.unlink()
        setting.clock.sleep(timedelta(days=30))
        setting.pay(numbered(3))
        assert setting.outbox() == []
        assert setting.ask("N01") == [Unknown(advice=Advice.ASK, code="no_answer")]


def test_a_file_that_never_came_goes_out_again_byte_for_byte(tmp_path: Path) -> None:
    """Only where the bank says so, only whole, and only the same bytes; then it is paid once."""
    with bank(tmp_path / "drop", faults="[file_lost]\nrate = 1.0\n") as setting:
        setting.pay(numbered(3))
        [file] = setting.outbox()
        whole, message_id = file.read_bytes(), file.stem

        async def lost(rail: FilesRail) -> None:
            rail.never_came(message_id)

        with pytest.raises(RailUnavailableError, match="outbox"):
            setting.run(lost)
        setting.let_pass()
        setting.let_pass(minutes=30)
        assert setting.ask("N00") == [Unknown(advice=Advice.ASK, code="no_answer")]
        setting.run(lost)
        assert isinstance(setting.ask("N00")[0], NotFound)
        part = setting.pay(numbered(2))
        assert part == [Unknown(advice=Advice.ASK, code="rest_of_file_missing")] * 2
        assert setting.outbox() == []
        setting.clock.sleep(timedelta(days=2))
        setting.pay(numbered(3))
        assert [one.read_bytes() for one in setting.outbox()] == [whole]
        setting.let_pass()
        setting.let_pass(minutes=30)
        assert [type(answer) for answer in setting.ask("N00", "N01", "N02")] == [Settled] * 3
        with pytest.raises(RailUnavailableError, match="answered"):
            setting.run(lost)


@pytest.mark.parametrize("code", ["TM01", "NARR", "FF01", "DUPL"])
@pytest.mark.parametrize("resent", [False, True])
def test_a_rejected_second_copy_ends_no_payment(tmp_path: Path, code: str, *, resent: bool) -> None:
    """The bank took the first silently, and rejects the one that was sent again; alone it counts.

    Nor is such a file told as ended where payments are stopped: the bank has to be called.
    """
    with bank(tmp_path / "drop") as setting:
        setting.pay(numbered(2))
        [file] = setting.outbox()
        file.unlink()

        async def lost(rail: FilesRail) -> None:
            rail.never_came(file.stem)

        async def withdraw(rail: FilesRail) -> list[StoppedFile]:
            return await rail.withdraw()

        if resent:
            setting.run(lost)
            setting.clock.sleep(timedelta(minutes=5))
            setting.pay(numbered(2))
            setting.outbox()[0].unlink()
        answer = report("R1", file.stem, "2026-11-23T18:00:00", ("RJCT", code), [])
        (setting.drop / "inbox" / "pain002.xml").write_bytes(answer)
        [found] = setting.ask("N00")
        stopped = setting.run(withdraw)
        if resent or code == "DUPL":
            assert isinstance(found, Unknown)
            assert (found.advice, found.code) == (Advice.ALARM, code)
            assert [one.payments for one in stopped] == [2]
        else:
            assert isinstance(found, Refused)
            assert stopped == []


def test_a_duplicate_is_an_alarm_and_changes_nothing(tmp_path: Path) -> None:
    """The bank's refusal of the same file says that the first one is there: nothing is refused."""
    with bank(tmp_path / "drop") as setting:
        setting.pay(numbered(2))
        [file] = setting.outbox()
        whole = file.read_bytes()
        setting.let_pass()
        for path in setting.inbox("pain002"):
            path.unlink()
        file.write_bytes(whole)
        setting.bank.advance(setting.clock.now())
        setting.let_pass(minutes=2)
        for path in setting.inbox("pain002")[:1]:
            path.unlink()
        [answer] = setting.ask("N00")
        assert isinstance(answer, Unknown)
        assert (answer.advice, answer.code) == (Advice.ALARM, "DUPL")
        setting.let_pass(minutes=10)
        assert isinstance(setting.ask("N00")[0], Settled)


def test_a_kill_between_any_two_steps_sends_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever handing over stops, the next attempt puts the same bytes into the outbox once."""
    steps = ("write_aside", "hand_over", "set_state")
    reference: bytes | None = None
    for step in steps:
        for after in (False, True):
            drop = tmp_path / f"{step}{after}"
            with bank(drop) as setting:
                kill(monkeypatch, step, after=after)
                with pytest.raises(KeyboardInterrupt):
                    setting.pay(numbered(3))
                monkeypatch.undo()
                gone = setting.outbox() != []
                [answer] = setting.ask("N00")
                assert isinstance(answer, Unknown if gone else NotFound)
                setting.pay(numbered(3))
                [file] = setting.outbox()
                reference = reference or file.read_bytes()
                assert file.read_bytes() == reference
                assert list((drop / "making").iterdir()) == []


def kill(monkeypatch: pytest.MonkeyPatch, step: str, *, after: bool) -> None:
    """Let the process end before or after a step."""
    from amends.payouts.rails.file_drop import Drop  # noqa: PLC0415 -- the doors to break
    from amends.payouts.rails.file_store import Store  # noqa: PLC0415

    owner = Store if step == "set_state" else Drop
    real = getattr(owner, step)

    def killed(self: object, *arguments: object) -> object:
        result = real(self, *arguments) if after else None
        del result
        raise KeyboardInterrupt

    monkeypatch.setattr(owner, step, killed)


def test_a_number_stands_in_one_file_for_ever(tmp_path: Path) -> None:
    """In whatever company a number is handed over again, no second file holds it."""
    with bank(tmp_path / "drop", orders_per_file=4) as setting:
        setting.pay(numbered(6))
        setting.pay(numbered(9)[3:])
        text = b"".join(file.read_bytes() for file in setting.outbox())
        for n in range(9):
            assert text.count(f"<EndToEndId>N{n:02d}<".encode()) == 1
        changed = setting.pay([bank_order("N00", amount="CNY 11.00")])
        assert changed == [Unknown(advice=Advice.ALARM, code="number_used")]


def test_answers_that_break_off_are_read_when_they_are_whole(tmp_path: Path) -> None:
    """A truncated answer is told with its name and what to do, and nothing of it is believed."""
    with bank(tmp_path / "drop", faults="[report_truncated]\nrate = 1.0\n") as setting:
        setting.pay(numbered(1))
        setting.let_pass()
        setting.let_pass(minutes=2)
        [path] = setting.inbox("pain002")

        async def work(rail: FilesRail) -> tuple[object, Mapping[str, str]]:
            return await rail.query(InstructionId("N00")), rail.unread

        answer, unread = setting.run(work)
        assert answer == Unknown(advice=Advice.ASK, code="no_answer")
        assert list(unread) == [path.name]
        assert "fetch it from the bank again" in unread[path.name]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ('[line_missing]\nonly = ["N01"]\n', "movement is missing or was changed"),
        ('[line_wrong_amount]\nonly = ["N01"]\n', "movement is missing or was changed"),
        ("[statement_truncated]\nrate = 1.0\n", "XML ends or breaks"),
    ],
)
def test_a_statement_that_does_not_hold_is_not_taken(tmp_path: Path, fault: str, told: str) -> None:
    """A wrong total, a changed line and a cut-off file are refused with what to do about them."""
    with bank(tmp_path / "drop", faults=fault) as setting:
        setting.pay(numbered(3))
        setting.let_pass()
        setting.let_pass(days=1, hours=1)
        with pytest.raises(RailUnavailableError, match=told):
            setting.run(stated(DAY))


def test_a_line_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    """A repeated line keeps its identity, so that reconciliation notes it and the balance holds."""
    fault = '[line_duplicate]\nonly = ["N01"]\n[booked_wrong_amount]\nonly = ["N02"]\n'
    with bank(tmp_path / "drop", faults=fault) as setting:
        setting.pay(numbered(3))
        setting.let_pass()
        setting.let_pass(days=1, hours=1)
        statement = setting.run(stated(DAY))
        assert isinstance(statement, Statement)
        lines = list(statement.lines)
        assert [line.number for line in lines] == ["N00", "N01", "N01", "N02"]
        assert lines[1].line_id == lines[2].line_id
        assert lines[3].amount == Money.parse("CNY 10.01")
        assert lines[-1].balance_after == statement.closing
        [odd] = setting.ask("N02")
        assert isinstance(odd, Unknown)
        assert (odd.advice, odd.code) == (Advice.ALARM, "amount_differs")


def stated(day: date) -> Callable[[FilesRail], Awaitable[object]]:
    """What a rail says of a day."""

    async def work(rail: FilesRail) -> object:
        return await rail.statement(day)

    return work


def test_a_statement_that_is_late_is_not_ready(tmp_path: Path) -> None:
    """Until the bank's statement is there the day is not ready."""
    fault = '[statement_late]\nrate = 1.0\nafter = "PT30H"\n'
    with bank(tmp_path / "drop", faults=fault) as setting:
        setting.let_pass(days=1)
        assert setting.run(stated(DAY)) == BillNotReady(day=DAY, code="no_statement")
        setting.let_pass(days=2)
        assert isinstance(setting.run(stated(DAY)), Statement)


def test_a_day_without_a_statement_between_two_that_join_is_quiet(tmp_path: Path) -> None:
    """A bank that sends none for a quiet day is believed when the next one opens with the same."""
    with bank(tmp_path / "drop") as setting:
        setting.let_pass(days=3)
        (setting.drop / "inbox" / f"statement-{DAY}.xml").unlink()
        statement = setting.run(stated(DAY))
        assert isinstance(statement, Statement)
        assert list(statement.lines) == []
        assert str(statement.opening) == str(statement.closing) == "CNY 100000.00"
    with bank(tmp_path / "moved") as setting:
        setting.pay(numbered(1))
        setting.let_pass()
        setting.let_pass(days=3)
        (setting.drop / "inbox" / f"statement-{DAY}.xml").unlink()
        assert setting.run(stated(DAY)) == BillNotReady(day=DAY, code="no_statement")


def test_payments_that_were_written_and_never_noted_do_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a kill left half-made holds names, and goes when the next file is made."""
    with bank(tmp_path / "drop") as setting:
        kill(monkeypatch, "write_aside", after=True)
        with pytest.raises(KeyboardInterrupt):
            setting.pay(numbered(2))
        monkeypatch.undo()
        assert len(list((setting.drop / "making").iterdir())) == 1
        setting.pay(numbered(3))
        assert list((setting.drop / "making").iterdir()) == []
        assert len(setting.outbox()) == 1


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Payments in the outbox can be read by nobody else."""
    with bank(tmp_path / "drop") as setting:
        setting.pay(numbered(1))
        for path in setting.outbox():
            assert path.stat().st_mode & 0o077 == 0
        assert setting.outbox()[0].parent.stat().st_mode & 0o077 == 0


def test_a_simulated_day_is_the_same_every_time(tmp_path: Path) -> None:
    """The same orders under the same faults give the same files, byte for byte."""
    faults = "seed = 7\n[payment_rejected]\nrate = 0.3\n[returned]\nrate = 0.3\n"
    found: list[dict[str, bytes]] = []
    for name in ("a", "b"):
        with bank(tmp_path / name, faults=faults) as setting:
            outcomes: list[Outcome] = setting.pay(numbered(40))
            assert len(outcomes) == 40
            setting.let_pass()
            setting.let_pass(days=5)
            found.append({path.name: path.read_bytes() for path in setting.inbox()})
    assert found[0] == found[1]
    assert len(found[0]) > 5


def test_time_is_the_cases(tmp_path: Path) -> None:
    """The file says when it was made by the clock of the case, where the bank is."""
    with bank(tmp_path / "drop") as setting:
        setting.pay(numbered(1))
        [file] = setting.outbox()
        assert b"<CreDtTm>2026-11-23T09:00:00+08:00</CreDtTm>" in file.read_bytes()
        assert b"<ReqdExctnDt><Dt>2026-11-23</Dt></ReqdExctnDt>" in file.read_bytes()
        assert setting.clock.now() == datetime(2026, 11, 23, 1, tzinfo=UTC)
