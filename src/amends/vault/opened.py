"""A case while a command works on it: the one argument that every room's use case takes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from amends.kernel.case import Case, ClockKind
from amends.kernel.casefile import read_case
from amends.kernel.clock import Clock
from amends.kernel.errors import AmendsError
from amends.kernel.progress import SILENCE, Progress
from amends.store.connection import Database
from amends.store.service import case_clock, open_database
from amends.vault.service import Vault, open_vault


class ApproveAsError(AmendsError):
    """``--approve-as`` where real money could move."""

    code = "approve_as"


class SimulatedClockError(AmendsError):
    """A simulated clock where real money could move."""

    code = "simulated_clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """A case with its database, keys and clock, and where progress goes.

    ``approve_as``: operators that approve at once, only where no real money can move.
    """

    case: Case
    database: Database
    vault: Vault
    clock: Clock
    progress: Progress
    approve_as: tuple[str, ...] = ()


@contextmanager
def open_case(
    root: Path, *, progress: Progress = SILENCE, approve_as: Sequence[str] = ()
) -> Iterator[OpenCase]:
    """Read case.toml, start what the case needs, and end it afterwards.

    Raises:
        CaseFileError: case.toml is not what it should be.
        ApproveAsError, SimulatedClockError: a rail of the case is not a simulator.
        AmendsError: the database does not come up.
    """
    case = read_case(root)
    refuse_unsafe(case, tuple(approve_as))
    with open_database(case) as database:
        yield OpenCase(
            case=case,
            database=database,
            vault=open_vault(case),
            clock=case_clock(database, case),
            progress=progress,
            approve_as=tuple(approve_as),
        )


def refuse_unsafe(case: Case, approve_as: tuple[str, ...]) -> None:
    """Refuse short cuts of made-up cases where a rail is not a simulator.

    Raises:
        ApproveAsError, SimulatedClockError: as said.
    """
    if case.file.all_rails_simulated:
        return
    real = ", ".join(sorted({rail.kind for rail in case.file.rails if rail.kind != "simulator"}))
    if approve_as:
        raise ApproveAsError(
            f"--approve-as works only where every rail is a simulator, and this case pays through "
            f"{real}: let two operators sign with `amends approve`"
        )
    if case.file.clock is ClockKind.SIMULATED:
        raise SimulatedClockError(
            f'clock = "simulated" works only where every rail is a simulator, and this case pays '
            f'through {real}: set clock = "real" in case.toml'
        )
