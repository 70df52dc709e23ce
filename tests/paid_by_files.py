"""Seven people who are paid by files of a simulated bank, and the commands that do it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest

from amends.governance.service import add_operator, approve, pending
from amends.kernel.clock import SimulatedClock
from amends.kernel.errors import WaitingForApprovalError
from amends.payouts.opening import DropBook
from amends.payouts.rails.file_rail import FilesRail
from amends.payouts.sending import switch
from amends.vault.opened import OpenCase
from made_awards import make_awards
from made_bank import BankSetting
from made_cases import MINIMAL_CASE, MINIMAL_FILES, OpenedCase

BANK = MINIMAL_CASE.replace(
    'kind = "simulator"\nprotocol = "alipay"', 'kind = "iso20022"\ndrop = "drop"'
).replace('clock = "simulated"', 'clock = "real"')
PEOPLE = 7
_T = TypeVar("_T")


class Standing:
    """The bank's clock, which passes only where the test lets it."""

    simulated = False

    def __init__(self, clock: SimulatedClock) -> None:
        self.now = clock.now

    def sleep(self, duration: timedelta) -> None:
        """Nobody waits here."""


def files_case(opened_case: OpenedCase) -> OpenCase:
    """Seven people with bank accounts, and two who sign."""
    opened = opened_case(BANK, MINIMAL_FILES)
    for name in ("anna", "bert"):
        add_operator(opened, name)
    make_awards(opened, PEOPLE, account_kind="bank", spread=350)
    return opened


def sign(opened: OpenCase) -> None:
    """Two people sign everything that waits."""
    for waiting in pending(opened):
        for name in ("anna", "bert"):
            approve(opened, waiting.proposal.digest, name)


def resume(opened: OpenCase) -> None:
    """Two people let it go on."""
    with pytest.raises(WaitingForApprovalError):
        switch.resume(opened)
    sign(opened)
    assert switch.resume(opened)


def run(
    opened: OpenCase,
    setting: BankSetting,
    command: Callable[..., Awaitable[_T]],
) -> _T:
    """A command over the bank's rail; what has to be signed is signed."""
    at = replace(opened, clock=Standing(setting.clock))
    setting.book = DropBook(at, "iso20022")

    async def work(rail: FilesRail) -> _T:
        try:
            return await command(at, rail)
        except WaitingForApprovalError:
            sign(opened)
            return await command(at, rail)

    return setting.run(work)
