"""Paying by files: commands die, somebody halts and stops, the bank fetches when it likes."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from amends.ledger.service import check_trial, verify_chain
from amends.payouts.after_payment.stopping import take_back_through
from amends.payouts.model import HaltedError
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.rails import file_drop, mark_store
from amends.payouts.rails.file_store import Store
from amends.payouts.rails.model import Rail
from amends.payouts.sending import dispatch, store, switch
from amends.vault.opened import OpenCase
from fake_provider import CrashError, Fuse
from made_bank import BankSetting, bank
from made_cases import OpenedCase
from paid_by_files import PEOPLE, files_case, resume, run

STEPS = 14
"""What happens in a storm, one after the other."""


def dying(patch: pytest.MonkeyPatch, fuse: Fuse) -> None:
    """Let commands die around whatever they write down or move."""

    def burning(step: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*args: object, **words: object) -> object:
            fuse.burn()
            done = step(*args, **words)
            fuse.burn()
            return done

        return stepped

    for place, name in (
        (file_drop, "sync_directory"),
        (Path, "rename"),
        (Store, "set_state"),
        (Store, "add_file"),
        (mark_store, "add"),
        (dispatch, "begin_chunks"),
        (dispatch, "record_results"),
        (store, "mark_sending_again"),
    ):
        patch.setattr(place, name, burning(getattr(place, name)))


async def stop(opened: OpenCase, rail: Rail) -> object:
    """`amends halt --withdraw`."""
    switch.halt(opened, "a rehearsal", withdraws=True)
    return await take_back_through(opened, [rail])


def storm(opened: OpenCase, setting: BankSetting, chance: random.Random, fuse: Fuse) -> None:
    """One thing after the other, as the seed has it; what dies is called again, some time."""
    commands = (pay_through, pay_through, pay_through, reconcile_through, stop)
    for _ in range(STEPS):
        if chance.random() < 0.35:
            setting.let_pass(minutes=chance.choice((0, 1, 3, 30)))
            continue
        if chance.random() < 0.5 and switch.halted(opened):
            resume(opened)
        fuse.steps = chance.randrange(30) if chance.random() < 0.6 else -1
        try:
            run(opened, setting, chance.choice(commands))
        except (CrashError, HaltedError):
            pass
        finally:
            fuse.steps = -1
        setting.clock.sleep(timedelta(minutes=chance.choice((0, 3))))


@pytest.mark.parametrize("seed", range(6))
def test_payouts_by_files_in_a_storm_come_once(
    opened_case: OpenedCase, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Whatever died and was stopped in between: each payment once, the books balance."""
    chance, fuse = random.Random(seed), Fuse()  # noqa: S311 -- a seeded simulation
    opened = files_case(opened_case)
    with bank(opened.case.root / "drop", balance="CNY 100000.00", orders_per_file=3) as setting:
        with monkeypatch.context() as patch:
            dying(patch, fuse)
            storm(opened, setting, chance, fuse)
        if switch.halted(opened):
            resume(opened)
        for _ in range(4):
            run(opened, setting, pay_through)
            setting.let_pass(minutes=5)
        setting.let_pass(days=2)
        counts = run(opened, setting, reconcile_through).counts
        twice = [path.name for path in setting.inbox() if b"DUPL" in path.read_bytes()]
        paid = Counter(one.number for one in setting.bank.movements() if one.number)
    assert (counts["settled"], counts["open"], counts["exceptions"]) == (PEOPLE, 0, 0)
    assert twice == [], "the bank was handed a file that it has"
    assert len(paid) == PEOPLE
    assert set(paid.values()) == {1}
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1
    with opened.database.reading() as connection:
        assert check_trial(connection)
        assert verify_chain(connection)
