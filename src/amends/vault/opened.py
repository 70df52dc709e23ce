"""A case while a command works on it: the one argument that every room's use case takes."""

import os
import pwd
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from amends.kernel.case import Case
from amends.kernel.casefile import read_case
from amends.kernel.clock import Clock
from amends.kernel.errors import AmendsError
from amends.kernel.progress import SILENCE, Progress
from amends.kernel.saying import said
from amends.store.connection import Database
from amends.store.service import case_clock, open_database
from amends.vault.service import Vault, open_vault

SYSTEM = "system"
"""Nobody: Amends by itself."""


class ApproveAsError(AmendsError):
    """``--approve-as`` where real money could move."""

    code = "approve_as"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """A case with its database, keys and clock, and where progress goes.

    ``by``: who is at work. ``approve_as``: operators that approve at once, only where no real
    money can move.
    """

    case: Case
    database: Database
    vault: Vault
    clock: Clock
    progress: Progress
    by: str = SYSTEM
    approve_as: tuple[str, ...] = ()


@contextmanager
def open_case(
    root: Path,
    *,
    progress: Progress = SILENCE,
    by: str | None = None,
    approve_as: Sequence[str] = (),
) -> Iterator[OpenCase]:
    """Read case.toml, start what the case needs, and end it afterwards.

    *by*: who is at work; without it whom case.toml names (``custody.taken_by``), or the user of the
    operating system.

    Raises:
        CaseFileError: case.toml is not what it should be, or its clock is simulated and a rail
            is not.
        ApproveAsError: ``approve_as`` is given, and the case does not pay by simulators.
        AmendsError: the database does not come up.
    """
    case = read_case(root)
    if approve_as:
        refuse_approve_as(case)
    with open_database(case) as database:
        yield OpenCase(
            case=case,
            database=database,
            vault=open_vault(case),
            clock=case_clock(database, case),
            progress=progress,
            by=by or case.file.taken_by or _user(),
            approve_as=tuple(approve_as),
        )


def attached_case(root: Path, database: Database) -> OpenCase:
    """A case whose database another process of ours keeps up, for as long as that one runs."""
    case = read_case(root)
    return OpenCase(
        case=case,
        database=database,
        vault=open_vault(case),
        clock=case_clock(database, case),
        progress=SILENCE,
    )


def _user() -> str:
    """The user of the operating system, by name or number."""
    try:
        return f"os:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"os:{os.getuid()}"


def refuse_approve_as(case: Case) -> None:
    """Refuse approvals in one go where a rail is not a simulator, or none is named yet.

    Raises:
        ApproveAsError: as said.
    """
    real = sorted({rail.kind for rail in case.file.rails if rail.kind != "simulator"})
    if not case.file.made_up:
        raise ApproveAsError(
            said(
                "--approve-as works only where every rail is a simulator, and this case pays "
                "through {real}: let two operators sign with `amends approve`",
                real=", ".join(real) or said("no rail yet"),
            )
        )
