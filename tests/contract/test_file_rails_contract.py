"""What every rail of files keeps, tried on a bank and on a counter."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.file_drop import Drop
from amends.payouts.rails.file_handing import HALTED, HANDED_OVER
from amends.payouts.rails.file_rail import FilesRail
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    CallbackRejected,
    FileRail,
    NotFound,
    Order,
    OrderNotPayableError,
    Outcome,
    Rail,
    RailUnavailableError,
    Settled,
    StoppedFile,
    Unknown,
)
from amends.simulators.bank.fetching import fetched
from made_bank import BankSetting, bank, bank_order
from made_counter import CounterSetting, counter, counter_order

Setting = BankSetting | CounterSetting

KINDS: dict[str, tuple[Callable[[Path], AbstractContextManager[Setting]], Callable[..., Order]]] = {
    "iso20022": (bank, bank_order),
    "counter": (counter, counter_order),
}
"""How each rail's other side is opened, and what an order to it is."""


@pytest.fixture(params=list(KINDS))
def both(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Setting, Callable[..., Order]]]:
    """A rail of each kind with what is behind it, and its orders."""
    opener, order = KINDS[request.param]
    with opener(tmp_path / "drop") as setting:
        yield setting, order


Both = tuple[Setting, Callable[..., Order]]


def outbox(setting: Setting) -> Sequence[Path]:
    """Files that wait to be fetched."""
    return sorted((setting.drop / "outbox").iterdir())


def test_it_is_a_rail_of_files(both: Both) -> None:
    """Both are what the rooms above ask for, by their types."""
    setting, _ = both

    async def work(rail: FilesRail) -> None:
        as_rail: Rail = rail
        as_files: FileRail = rail
        assert as_rail.capabilities.orders_per_file > 1
        assert as_files.capabilities.number_max_length >= 30

    setting.run(work)


def test_prepared_bytes_are_the_same_for_ever(both: Both) -> None:
    """An order gives the same bytes and digest each time, and another order gives others."""
    setting, order = both

    async def work(rail: FilesRail) -> None:
        first, again = rail.prepare(order("N1")), rail.prepare(order("N1"))
        assert first == again
        assert len(first.sha256) == 32
        others = [order("N2"), order("N1", amount="CNY 5000.01"), order("N1", name="测试乙")]
        assert len({first.sha256, *(rail.prepare(other).sha256 for other in others)}) == 4

    setting.run(work)


def test_what_a_rail_cannot_carry_is_refused_before_sending(both: Both) -> None:
    """Numbers, amounts and people outside the capabilities never come into a file."""
    setting, order = both

    async def work(rail: FilesRail) -> None:
        limits = rail.capabilities
        too_much = limits.transfer_max + limits.transfer_min
        wrong = [
            *(order(number) for number in ("", "N" * (limits.number_max_length + 1), "N 1", "N\n")),
            order("N1")._replace(amount=too_much),
            order("N1")._replace(amount=Money.parse("CNY 0.00")),
            order("N1")._replace(amount=Money.parse("GBP 1.00")),
            order("N1")._replace(payee_account=""),
            order("N1")._replace(payee_name=""),
        ]
        for one in wrong:
            with pytest.raises(OrderNotPayableError):
                rail.prepare(one)

    setting.run(work)
    assert outbox(setting) == []


def test_a_payment_is_handed_over_once(both: Both) -> None:
    """Sent three times, alone and in company, its number stands in one file."""
    setting, order = both

    async def work(rail: FilesRail) -> None:
        one, two = rail.prepare(order("N1")), rail.prepare(order("N2"))
        assert isinstance(await rail.query(InstructionId("N1")), NotFound)
        outcomes = [await rail.submit(one) for _ in range(3)]
        outcomes += await rail.submit_together([two, one])
        assert {str(outcome) for outcome in outcomes} == {str(HANDED_OVER)}
        asked = await rail.query(InstructionId("N1"))
        assert asked == Unknown(advice=Advice.ASK, code="no_answer")

    setting.run(work)
    text = b"".join(path.read_bytes() for path in outbox(setting))
    assert len(outbox(setting)) == 2
    assert text.count(b"N1") == text.count(b"N2")


def test_a_number_is_never_used_for_another_payment(both: Both) -> None:
    """The same number with other content is an alarm, not a payment and not a failure."""
    setting, order = both

    async def work(rail: FilesRail) -> None:
        await rail.submit(rail.prepare(order("N1")))
        outcome = await rail.submit(rail.prepare(order("N1", amount="CNY 1.00")))
        assert isinstance(outcome, Unknown)
        assert outcome.advice is Advice.ALARM

    setting.run(work)
    assert len(outbox(setting)) == 1


def test_it_ends_with_the_money_where_the_other_side_says(both: Both) -> None:
    """Accepted on the way, settled at the end, with the other side's reference and time."""
    setting, order = both
    setting.pay([order("N1")])
    setting.let_pass()
    seen = set()
    for _ in range(12):
        setting.let_pass(minutes=5)
        seen.add(type(setting.ask("N1")[0]))
    for _ in range(8):
        setting.let_pass(days=1)
        seen.add(type(setting.ask("N1")[0]))
    [settled] = setting.ask("N1")
    assert isinstance(settled, Settled)
    assert settled.provider_reference
    assert settled.settled_at is not None
    assert seen <= {Unknown, Accepted, Settled}


def test_a_drop_that_is_gone_is_unknown(both: Both) -> None:
    """When the folders are gone nothing is refused and nothing raised: it is not known."""
    setting, order = both

    async def work(rail: FilesRail) -> None:
        prepared = rail.prepare(order("N1"))
        shutil.rmtree(setting.drop / "making")
        outcome = await rail.submit(prepared)
        assert isinstance(outcome, Unknown)
        assert outcome.advice is Advice.ASK
        assert outcome.code.startswith("drop_")
        (setting.drop / "making").mkdir()
        assert await rail.submit(prepared) == HANDED_OVER

    setting.run(work)
    assert len(outbox(setting)) == 1


def test_nothing_is_a_callback(both: Both) -> None:
    """Whatever comes as a notification is rejected."""
    setting, _ = both

    async def work(rail: FilesRail) -> None:
        for body in (b"", b"\xff", b"<Document/>"):
            assert isinstance(rail.parse_callback({}, body), CallbackRejected)

    setting.run(work)


def test_a_rail_without_a_statement_knows_no_balance(both: Both) -> None:
    """What nobody has stated is not guessed."""
    setting, _ = both
    for path in (setting.drop / "inbox").iterdir():
        path.unlink()

    async def work(rail: FilesRail) -> None:
        with pytest.raises(RailUnavailableError, match="no statement"):
            await rail.balance()

    setting.run(work)


def test_personal_values_do_not_show_or_stay(both: Both) -> None:
    """Neither what is printed nor what the rail remembers has a payee's name or account."""
    setting, order = both
    one = order("N1")

    async def work(rail: FilesRail) -> str:
        prepared = rail.prepare(one)
        return repr((one, prepared, await rail.submit(prepared), setting.settings))

    shown = setting.run(work)
    setting.let_pass()
    setting.clock.sleep(timedelta(days=1))
    memory = b"".join(path.read_bytes() for path in setting.drop.glob("rail.sqlite*"))
    for personal in (one.payee_name, one.payee_account):
        assert personal not in shown
        assert personal.encode() not in memory


def pay(setting: Setting, orders: Sequence[Order], *, may_leave: bool = True) -> list[Outcome]:
    """Hand orders over, if they may leave."""

    async def work(rail: FilesRail) -> list[Outcome]:
        return await rail.submit_together([rail.prepare(one) for one in orders], lambda: may_leave)

    return setting.run(work)


def withdraw(setting: Setting) -> list[StoppedFile]:
    """Take back what nobody has fetched."""

    async def work(rail: FilesRail) -> list[StoppedFile]:
        return await rail.withdraw()

    return setting.run(work)


def test_nothing_leaves_where_it_may_not(both: Both) -> None:
    """Asked at the last moment: no file comes into the outbox, and later it does, as it was."""
    setting, order = both
    orders = [order(f"N{at}") for at in range(2)]
    assert pay(setting, orders, may_leave=False) == [HALTED] * 2
    assert list(outbox(setting)) == []
    assert [type(one) for one in setting.ask("N0", "N1")] == [NotFound] * 2
    assert pay(setting, orders) == [HANDED_OVER] * 2
    assert len(outbox(setting)) == 1


def test_a_file_that_nobody_fetched_is_withdrawn_and_goes_out_again_as_it_was(both: Both) -> None:
    """It leaves the outbox by one rename, its numbers are not found, and the bytes come again."""
    setting, order = both
    orders = [order(f"N{at}") for at in range(3)]
    pay(setting, orders)
    [file] = outbox(setting)
    content = file.read_bytes()
    [stopped] = withdraw(setting)
    assert stopped == StoppedFile(
        message_id=file.stem, payments=3, total=Money.parse("CNY 15000.00"), withdrawn=True
    )
    assert list(outbox(setting)) == []
    assert (setting.drop / "withdrawn" / file.name).read_bytes() == content
    assert [type(one) for one in setting.ask("N0", "N1", "N2")] == [NotFound] * 3
    assert withdraw(setting) == [stopped]
    assert pay(setting, orders[:2]) == [Unknown(advice=Advice.ASK, code="rest_of_file_missing")] * 2
    assert pay(setting, orders) == [HANDED_OVER] * 3
    assert [one.read_bytes() for one in outbox(setting)] == [content]
    assert not (setting.drop / "withdrawn" / file.name).exists()
    assert isinstance(setting.ask("N0")[0], Unknown)


def test_a_file_that_was_fetched_is_not_withdrawn(both: Both) -> None:
    """The rename of the other side came first: it has to be called, and nothing goes out again."""
    setting, order = both
    pay(setting, [order("N1"), order("N2")])
    [file] = outbox(setting)
    setting.let_pass()
    [stopped] = withdraw(setting)
    assert (stopped.message_id, stopped.payments, stopped.withdrawn) == (file.stem, 2, False)
    pay(setting, [order("N1"), order("N2")])
    assert list(outbox(setting)) == []
    setting.let_pass(days=8)
    assert isinstance(setting.ask("N1")[0], Settled)
    assert withdraw(setting) == []


def test_where_the_other_side_only_copies_nothing_is_certain(both: Both) -> None:
    """The file leaves the outbox, stays unknown, and goes out again only by the bank's own word."""
    setting, order = both
    setting.settings = replace(setting.settings, taken_by_rename=False)
    pay(setting, [order("N1")])
    [file] = outbox(setting)
    content = file.read_bytes()
    [stopped] = withdraw(setting)
    assert not stopped.withdrawn
    assert list(outbox(setting)) == []
    assert isinstance(setting.ask("N1")[0], Unknown)
    pay(setting, [order("N1")])
    assert list(outbox(setting)) == []

    async def never_came(rail: FilesRail) -> None:
        rail.never_came(file.stem)

    setting.run(never_came)
    pay(setting, [order("N1")])
    assert [one.read_bytes() for one in outbox(setting)] == [content]


@pytest.mark.parametrize("first", ["bank", "we"])
def test_of_fetching_and_withdrawing_one_gets_the_file(
    both: Both, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between our look into the outbox and our rename the other side comes, and the other way."""
    setting, order = both
    pay(setting, [order("N1")])
    [file] = outbox(setting)
    listed, took = Drop.in_outbox, list[Path]()

    def they_come_between(drop: Drop, suffix: str) -> list[str]:
        names = listed(drop, suffix)
        took.extend(fetched(setting.drop, "*"))
        return names

    if first == "bank":
        monkeypatch.setattr(Drop, "in_outbox", they_come_between)
    [stopped] = withdraw(setting)
    took.extend(fetched(setting.drop, "*") if first == "we" else ())
    assert [path.name for path in took] == ([file.name] if first == "bank" else [])
    assert stopped.withdrawn == (first == "we")
    assert isinstance(setting.ask("N1")[0], NotFound if first == "we" else Unknown)
