"""The runner: takes what operators ask for, and runs each stage in a process of its own.

Kept true: a stage runs under its own locks, as it does on the command line; how it ended is written
down once, by itself, or by the runner where its process ended without a word.
"""

import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from amends.journey import STAGES, run_stage
from amends.kernel.errors import AmendsError, WaitingForApprovalError
from amends.kernel.saying import in_language, joined, said
from amends.stages import store
from amends.stages.model import STATES, Ask, AskState, Doing, Outcome, Told
from amends.stages.service import RUNNER
from amends.store.connection import Database
from amends.store.service import is_stage_locked, stage_lock
from amends.vault.opened import OpenCase, open_case

_EVERY_S: Final = 0.5
_NOTED_S: Final = 1.0
_STOP_S: Final = 30.0


class Notes:
    """Progress of a run, written down once a second at most."""

    def __init__(self, database: Database, ask_no: int) -> None:
        self._database, self._ask_no = database, ask_no
        self._label, self._done, self._noted = "", 0, 0.0
        self._work = ""
        self._total: int | None = None
        self._lock = threading.Lock()

    def start(self, label: str, total: int | None = None) -> None:
        """Begin a piece of work."""
        with self._lock:
            self._label = self._work = label
            self._total, self._done = total, 0
            self._note(time.monotonic())

    def advance(self, units: int = 1) -> None:
        """Count."""
        with self._lock:
            self._done += units
            now = time.monotonic()
            if now - self._noted >= _NOTED_S:
                self._note(now)

    def tell(self, message: str) -> None:
        """Write it beside what is done; the next piece of work takes its place."""
        with self._lock:
            self._label = joined((self._work, message))
            self._note(time.monotonic())

    def _note(self, now: float) -> None:
        self._noted = now
        doing = Doing(label=_told(self._label), done=self._done, total=self._total)
        with self._database.unit_of_work() as connection:
            store.note(connection, self._ask_no, doing)


def run_asked(root: Path, ask_no: int) -> AskState:
    """Run what was asked for under this number, in this process, as who asked; how it ended."""
    with open_case(root) as first:
        with first.database.reading() as connection:
            found = store.one(connection, ask_no)
        if found is None or found.state is not AskState.RUNNING:
            return AskState.REFUSED if found is None else found.state
        progress = Notes(first.database, ask_no)
        state, outcome = _ended(replace(first, by=found.asked_by, progress=progress), found)
        with first.database.unit_of_work() as connection:
            store.end(connection, ask_no, state, outcome)
    return state


def _ended(opened: OpenCase, found: Ask) -> tuple[AskState, Outcome]:
    """Run a stage to its end, or to what stops it."""
    stage = next(one for one in STAGES if one.name == found.stage)
    try:
        summary = run_stage(opened, stage)
    except WaitingForApprovalError as waiting:
        return AskState.SIGNATURES, _stopped(waiting)
    except AmendsError as refusal:
        return AskState.REFUSED, _stopped(refusal)
    except Exception as error:  # noqa: BLE001 -- the last resort: say so without saying any value
        frames = traceback.extract_tb(error.__traceback__)[-6:]
        where = "\n".join(f"  {one.filename}:{one.lineno} in {one.name}" for one in frames)
        sys.stderr.write(f"internal: {type(error).__name__}\n{where}\n")
        told = said(
            "internal: {error} (this is a defect of Amends, not of yours)",
            error=type(error).__name__,
        )
        return AskState.BROKEN, Outcome(counts={}, notes=(_told(told),), code="internal")
    notes = tuple(_told(note) for note in summary.notes)
    return AskState.DONE, Outcome(counts=summary.counts, notes=notes)


def serve(root: Path, *, once: bool, stopping: threading.Event, say: Callable[[str], None]) -> int:
    """Take what is asked for until it is to stop; with *once*, what waits now. How many it took.

    Raises:
        StageBusyError: another runner takes what this case is asked for.
    """
    count = 0
    with open_case(root) as opened, stage_lock(opened.database, RUNNER, patience_s=2.0):
        _clear(opened, stopping)
        while not stopping.is_set():
            with opened.database.unit_of_work() as connection:
                found = store.take(connection)
            if found is None:
                if once:
                    break
                stopping.wait(_EVERY_S)
                continue
            count += 1
            say(said("{stage}, asked for by {by}", stage=found.stage, by=found.asked_by))
            _in_a_process(opened, root, found, stopping)
            with opened.database.reading() as connection:
                ended = store.one(connection, found.ask_no)
            assert ended is not None  # noqa: S101 - runs stay
            say(said("{stage}: {state}", stage=found.stage, state=STATES[ended.state]))
    return count


def _clear(opened: OpenCase, stopping: threading.Event) -> None:
    """Write down the end of a run whose runner is gone; if it still runs, wait for it."""
    while not stopping.is_set():
        with opened.database.reading() as connection:
            found = store.standing(connection)
        if found is None or found.state is not AskState.RUNNING:
            return
        if not is_stage_locked(opened.database, "stage"):
            _broken(opened, found.ask_no)
            return
        stopping.wait(_EVERY_S)


def _in_a_process(opened: OpenCase, root: Path, found: Ask, stopping: threading.Event) -> None:
    """Run a stage in a process of its own; where we are to stop, it is ended, and goes on later."""
    command = [sys.executable, "-m", "amends.stages", str(root.resolve()), str(found.ask_no)]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, env=os.environ.copy(), start_new_session=True
    )
    try:
        while process.poll() is None and not stopping.wait(_EVERY_S / 5):
            pass
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    _broken(opened, found.ask_no)


def _broken(opened: OpenCase, ask_no: int) -> None:
    """Write down that a run ended without a word; nothing where it has said how."""
    told = said("its process ended before the stage did: ask again, it goes on where it was")
    outcome = Outcome(counts={}, notes=(_told(told),), code="stopped")
    with opened.database.unit_of_work() as connection:
        store.end(connection, ask_no, AskState.BROKEN, outcome)


def _stopped(error: AmendsError) -> Outcome:
    return Outcome(counts={}, notes=(_told(error.message),), code=error.code)


def _told(text: str) -> Told:
    return Told(zh=in_language(text, "zh"), en=in_language(text, "en"))
