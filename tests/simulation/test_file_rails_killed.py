"""`kill -9` at every step of handing a file over, taking it back and handing it over again."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from amends.payouts.rails import file_drop
from amends.payouts.rails.file_rail import FilesRail
from amends.payouts.rails.file_store import Store
from amends.payouts.rails.model import Unknown
from amends.simulators.bank.fetching import fetched
from fake_provider import CrashError, Fuse
from made_bank import BankSetting, bank, bank_order

ORDERS = [bank_order(f"N{at}") for at in range(3)]


def burning(fuse: Fuse, step: Callable[..., Any]) -> Callable[..., Any]:
    """The process may die right before a step, and right after it."""

    def stepped(*args: object, **words: object) -> object:
        fuse.burn()
        done = step(*args, **words)
        fuse.burn()
        return done

    return stepped


def withdraw(setting: BankSetting) -> None:
    """A stop."""

    async def work(rail: FilesRail) -> None:
        await rail.withdraw()

    setting.run(work)


def take(setting: BankSetting, took: list[bytes]) -> None:
    """The bank comes by and takes what lies there, for good."""
    for path in fetched(setting.drop, "*.xml"):
        took.append(path.read_bytes())
        path.unlink()


@pytest.mark.parametrize("comes_at_once", [True, False])
def test_a_file_is_fetched_once_wherever_the_process_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, comes_at_once: bool
) -> None:
    """The bank comes between the kill and the next command, or after it: it gets each byte once."""
    fuse = Fuse()
    for place, name in (
        (file_drop, "sync_directory"),
        (Path, "rename"),
        (Path, "unlink"),
        (Store, "set_state"),
        (Store, "add_file"),
    ):
        monkeypatch.setattr(place, name, burning(fuse, getattr(place, name)))
    contents = set[bytes]()
    for step in itertools.count():
        with bank(tmp_path / f"drop{step}") as setting:
            took: list[bytes] = []
            fuse.steps, fuse.burnt = step, 0
            try:
                setting.pay(ORDERS)
                withdraw(setting)
                setting.pay(ORDERS)
            except CrashError:
                fuse.steps = -1
            whole, fuse.steps = fuse.steps >= 0, -1
            if comes_at_once:
                take(setting, took)
            setting.pay(ORDERS)
            take(setting, took)
            setting.pay(ORDERS)
            take(setting, took)
            assert len(took) == 1, step
            contents.update(took)
            assert {type(one) for one in setting.ask("N0", "N1", "N2")} == {Unknown}
        if whole:
            break
    assert step > 30
    assert len(contents) == 1
