"""A rail of files belongs to one folder: a copy, an older or an empty one hands over nothing."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from click.testing import CliRunner, Result

from amends.cli import cli
from amends.governance.model import JSON
from amends.governance.service import require_approval
from amends.kernel.errors import WaitingForApprovalError
from amends.payouts.after_payment import adopting
from amends.payouts.after_payment.adopting import adopt
from amends.payouts.after_payment.stopping import take_back
from amends.payouts.model import RailNotAvailableError
from amends.payouts.opening import open_rails
from amends.payouts.paying import pay_through, reconcile_through, work_through
from amends.payouts.planning.stopped import stopped_in
from amends.payouts.rails import mark_store
from amends.payouts.rails.file_marks import DropDiffersError, Mark
from amends.payouts.rails.file_rail import FilesRail
from amends.payouts.rails.model import NotFound, Rail, Unknown
from amends.payouts.sending import store, switch
from amends.store.connection import Connection
from amends.vault.opened import OpenCase
from fake_provider import CrashError, FakeProvider, Rates
from made_awards import make_awards
from made_bank import BankSetting, bank, bank_order
from made_cases import OpenedCase
from paid_by_files import PEOPLE, Standing, files_case, sign

_T = TypeVar("_T")


@dataclass
class Machine:
    """A machine of the case: the database is shared, the folder of files is its own."""

    opened: OpenCase
    signs: OpenCase
    """Where the keys of those who sign are."""

    @property
    def outbox(self) -> list[str]:
        """What lies in the outbox of its folder."""
        return sorted(path.name for path in self.drop.glob("outbox/*"))

    @property
    def drop(self) -> Path:
        """Its folder."""
        return self.opened.case.root / "drop"

    def run(self, command: Callable[..., Awaitable[_T]], *others: Rail) -> _T:
        """A command; what has to be signed is signed."""

        async def work() -> _T:
            async with open_rails(self.opened) as rails:
                return await command(self.opened, *rails, *others)

        while True:
            try:
                return asyncio.run(work())
            except WaitingForApprovalError:
                sign(self.signs)

    def copied(self, name: str) -> "Machine":
        """A machine with a copy of the folder, as it is now."""
        root = self.opened.case.root.parent / name
        shutil.copytree(self.drop, root / "drop")
        return self.at(root)

    def at(self, root: Path) -> "Machine":
        """A machine whose case lies somewhere else."""
        return replace(self, opened=replace(self.opened, case=replace(self.opened.case, root=root)))

    def restored(self, backup: "Machine", *names: str) -> None:
        """Put the folder, or some of it, back as it was in a backup."""
        for name in names or [path.name for path in self.drop.iterdir()]:
            lost = self.drop / name
            if lost.is_dir():
                shutil.rmtree(lost)
            else:
                lost.unlink()
        for path in backup.drop.iterdir():
            if names and path.name not in names:
                continue
            if path.is_dir():
                shutil.copytree(path, self.drop / path.name)
            else:
                shutil.copy2(path, self.drop / path.name)


@pytest.fixture
def setting(opened_case: OpenedCase) -> Iterator[tuple[Machine, BankSetting]]:
    """Seven people to be paid by a bank's files, by the first machine."""
    opened = files_case(opened_case)
    with bank(opened.case.root / "drop", balance="CNY 100000.00", orders_per_file=3) as made:
        yield Machine(replace(opened, clock=Standing(made.clock)), opened), made


async def opening(_: OpenCase, rail: FilesRail) -> None:
    """A command that only looks at the balance."""
    await rail.balance()


def open_ones(connection: Connection) -> int:
    """How many payments have no end yet."""
    return len(store.open_instructions(connection, "iso20022"))


def refused(machine: Machine, match: str) -> None:
    """Whatever the command, nothing leaves and nobody is asked."""
    before = machine.outbox
    for command in (pay_through, work_through, reconcile_through, opening):
        with pytest.raises(DropDiffersError, match=match):
            machine.run(command)
    assert machine.outbox == before
    with machine.opened.database.reading() as connection:
        assert stopped_in(connection) == (), "that is news of this machine and none of the bank"


def test_a_copy_of_the_folder_sends_nothing_that_the_first_one_sent(
    setting: tuple[Machine, BankSetting],
) -> None:
    """The second machine's copy knows nothing of what left; the first one goes on, and all settle.

    Two commands with one folder go on as ever.
    """
    first, made = setting
    first.run(opening)
    second = first.copied("second")
    first.run(pay_through)
    assert first.outbox
    made.clock.sleep(timedelta(minutes=5))
    refused(second, "is a copy, or of a backup")
    assert second.outbox == []
    replace(first).run(work_through)
    made.let_pass(minutes=30)
    first.run(pay_through)
    made.let_pass(days=2)
    counts = first.run(reconcile_through).counts
    assert (counts["settled"], counts["open"]) == (PEOPLE, 0)
    paid = [one.number for one in made.bank.movements() if one.number]
    assert len(paid) == len(set(paid)) == PEOPLE


def test_of_two_copies_that_are_open_at_once_one_hands_over(
    setting: tuple[Machine, BankSetting],
) -> None:
    """Both were the same when they were opened; who comes second is refused before a file leaves.

    The first one has put a file into its outbox, and puts further ones there.
    """
    machine, _ = setting
    machine.run(opening)
    copied = machine.copied("second")
    order = bank_order("N1")

    async def both(_: OpenCase, rail: FilesRail) -> None:
        async with open_rails(copied.opened) as (other,):
            assert isinstance(other, FilesRail)
            await rail.submit_together([rail.prepare(order)])
            assert isinstance(await other.query(order.number), NotFound)
            with pytest.raises(DropDiffersError, match="is a copy"):
                await other.submit_together([other.prepare(order)])
            assert isinstance(await rail.query(order.number), Unknown)
            further = await rail.submit_together([rail.prepare(bank_order("N2"))])
            assert [type(one) for one in further] == [Unknown]

    machine.run(both)
    assert len(machine.outbox) == 2
    assert copied.outbox == []


@pytest.mark.parametrize("whole", [True, False])
def test_a_restored_backup_is_refused_until_the_newest_is_back(
    setting: tuple[Machine, BankSetting], *, whole: bool
) -> None:
    """Of the whole folder, or of its memory alone: the next command sends and asks nothing."""
    machine, made = setting
    machine.run(opening)
    older = machine.copied("older")
    machine.run(pay_through)
    newest = machine.copied("newest")
    made.clock.sleep(timedelta(minutes=5))
    machine.restored(older, *(() if whole else ("rail.sqlite",)))
    refused(machine, "is a copy, or of a backup")
    with machine.opened.database.reading() as connection:
        assert open_ones(connection) == PEOPLE
    machine.restored(newest)
    machine.run(pay_through)
    assert machine.outbox == newest.outbox


def test_a_folder_without_its_memory_is_refused(setting: tuple[Machine, BankSetting]) -> None:
    """The database knows its mark, or files lie in the outbox that the memory does not know."""
    machine, _ = setting
    machine.run(pay_through)
    left = machine.outbox
    (machine.drop / "rail.sqlite").unlink()
    refused(machine, "is not the one from which iso20022 hands files over")
    assert machine.outbox == left


@pytest.mark.parametrize("place", ["outbox", "withdrawn", "called_off"])
def test_a_first_folder_has_no_files_that_its_memory_does_not_know(
    setting: tuple[Machine, BankSetting], place: str
) -> None:
    """Before the database knows any folder: they were handed over, by whom nobody can say."""
    machine, _ = setting
    (machine.drop / place).mkdir(exist_ok=True)
    (machine.drop / place / "ABC.xml").write_text("<x/>")
    with pytest.raises(DropDiffersError, match=r"1 files that were handed over \(ABC.xml"):
        machine.run(opening)
    (machine.drop / place / "ABC.xml").unlink()
    machine.run(opening)


def test_another_folder_is_refused(setting: tuple[Machine, BankSetting], tmp_path: Path) -> None:
    """case.toml names an empty one, with the same contract."""
    machine, _ = setting
    machine.run(opening)
    (tmp_path / "drop").mkdir()
    shutil.copy2(machine.drop / "bank.toml", tmp_path / "drop" / "bank.toml")
    refused(machine.at(tmp_path), "is not the one from which")


@pytest.mark.parametrize("how", ["empty", "older", "without memory"])
def test_two_people_let_a_folder_take_the_place_of_a_lost_one(
    setting: tuple[Machine, BankSetting], how: str
) -> None:
    """What was handed over stays unknown and never goes out again, until the statement proves it.

    The lost folder, when it turns up, is refused; who is planned later goes by the new one.
    """
    machine, made = setting
    machine.run(opening)
    older = machine.copied("older")
    machine.run(pay_through)
    left = machine.outbox
    lost = machine.copied("lost")
    if how == "older":
        machine.restored(older, "rail.sqlite")
    else:
        (machine.drop / "rail.sqlite").unlink()
    if how == "empty":
        shutil.rmtree(machine.drop / "making")

    def adopt(*options: str) -> Result:
        args = ["adopt", str(machine.opened.case.root), "iso20022", "--reason", "a disk died"]
        return CliRunner().invoke(cli, [*args, *options])

    assert adopt("--dry-run").output == "it may take its place; nothing was changed\n"
    assert isinstance(adopt().exception, WaitingForApprovalError)
    sign(machine.signs)
    assert adopt().output == "the folder is iso20022's from now on\n"
    assert isinstance(adopt().exception, RailNotAvailableError)
    refused(lost, "is a copy, or of a backup")
    made.clock.sleep(timedelta(minutes=5))
    machine.run(pay_through)
    assert machine.outbox == left
    made.let_pass()
    made.let_pass(minutes=30)
    made.let_pass(days=2)
    counts = machine.run(reconcile_through).counts
    assert (counts["settled"], counts["open"], counts["exceptions"]) == (PEOPLE, 0, 0)
    make_awards(machine.opened, 1, first=10_000, account_kind="bank", declared=False)
    machine.run(pay_through)
    assert len(machine.outbox) == 1
    made.let_pass()
    made.let_pass(minutes=30)
    made.let_pass(days=2)
    counts = machine.run(reconcile_through).counts
    assert (counts["settled"], counts["open"], counts["exceptions"]) == (PEOPLE + 1, 0, 0)
    paid = [one.number for one in made.bank.movements() if one.number]
    assert len(paid) == len(set(paid)) == PEOPLE + 1


def test_only_a_refused_folder_of_files_is_adopted(setting: tuple[Machine, BankSetting]) -> None:
    """One that is the rail's own is not, nor a rail that there is none of."""
    machine, _ = setting
    with pytest.raises(RailNotAvailableError, match="nothing to do"):
        adopt(machine.opened, "iso20022", "by mistake")
    with pytest.raises(RailNotAvailableError, match="no rail counter"):
        adopt(machine.opened, "counter", "by mistake")


def test_files_that_left_after_people_signed_are_signed_for_anew(
    setting: tuple[Machine, BankSetting], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder was not lost: it handed over when another was about to take its place."""
    machine, _ = setting
    machine.run(opening)
    second = machine.copied("second")
    machine.run(pay_through)

    def adopted() -> bool:
        return adopt(second.opened, "iso20022", "a disk died")

    with pytest.raises(WaitingForApprovalError):
        adopted()
    sign(machine.signs)

    def meanwhile(opened: OpenCase, kind: str, body: Mapping[str, JSON]) -> str:
        proposal = require_approval(opened, kind, body)
        order = bank_order("N1")

        async def hand_over(_: OpenCase, rail: FilesRail) -> None:
            await rail.submit_together([rail.prepare(order)])

        machine.run(hand_over)
        return proposal

    with monkeypatch.context() as patch:
        patch.setattr(adopting, "require_approval", meanwhile)
        with pytest.raises(DropDiffersError, match="from another folder this moment"):
            adopted()
    with pytest.raises(WaitingForApprovalError):
        adopted()
    machine.run(opening)


def test_a_folder_of_before_marks_becomes_the_rails(setting: tuple[Machine, BankSetting]) -> None:
    """Its memory knows all that lies in the outbox: paying goes on as ever."""
    machine, made = setting
    made.pay([bank_order("N1")])
    assert len(machine.outbox) == 1
    machine.run(opening)
    machine.run(pay_through)


@pytest.mark.parametrize("left", [0, 1])
def test_a_kill_between_memory_and_database_locks_nobody_out(
    setting: tuple[Machine, BankSetting], monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    """The memory is ahead, before files left or after: each is handed over once."""
    machine, made = setting
    machine.run(opening)
    add = mark_store.add

    def killed(connection: Connection, rail: str, mark: Mark, now: datetime) -> bool:
        if len(machine.outbox) >= left:
            raise CrashError
        return add(connection, rail, mark, now)

    with monkeypatch.context() as patch:
        patch.setattr(mark_store, "add", killed)
        with pytest.raises(CrashError):
            machine.run(pay_through)
    assert bool(machine.outbox) == bool(left)
    before = machine.outbox
    machine.run(pay_through)
    assert set(before) <= set(machine.outbox)
    made.clock.sleep(timedelta(minutes=5))
    machine.run(pay_through)
    made.let_pass()
    made.let_pass(minutes=30)
    made.let_pass(days=2)
    counts = machine.run(reconcile_through).counts
    assert (counts["settled"], counts["open"]) == (PEOPLE, 0)
    paid = [one.number for one in made.bank.movements() if one.number]
    assert len(paid) == len(set(paid)) == PEOPLE


def test_wallets_go_from_a_machine_that_has_not_the_folder(
    setting: tuple[Machine, BankSetting],
) -> None:
    """They are paid before it is said that files do not go from here; so are bills, and a stop."""
    machine, made = setting
    make_awards(machine.opened, 4, first=PEOPLE, declared=False)
    phones = FakeProvider(seed=7, rates=Rates(), now=made.clock.now, funds_minor=40_000_000)
    machine.run(opening)
    second = machine.copied("second")
    machine.run(pay_through, phones)
    make_awards(machine.opened, 2, first=PEOPLE + 4, declared=False)
    with pytest.raises(DropDiffersError):
        second.run(pay_through, phones)
    assert phones.paid().total() == 6
    with pytest.raises(DropDiffersError):
        second.run(reconcile_through, phones)
    switch.halt(second.opened, "a rehearsal", withdraws=True)
    [told] = take_back(second.opened)
    assert "no file is taken back from this machine" in told


def test_a_backup_of_the_moment_before_files_left_is_refused(
    setting: tuple[Machine, BankSetting], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its memory has the mark by which they left, and they still lie aside in it."""
    machine, made = setting
    machine.run(opening)
    add, backups = mark_store.add, list[Machine]()

    def backed_up(connection: Connection, rail: str, mark: Mark, now: datetime) -> bool:
        backups.append(machine.copied(f"older{mark.number}"))
        return add(connection, rail, mark, now)

    monkeypatch.setattr(mark_store, "add", backed_up)
    machine.run(pay_through)
    assert machine.outbox
    made.clock.sleep(timedelta(minutes=5))
    for backup in backups[:-1]:
        refused(backup, "is a copy, or of a backup")
