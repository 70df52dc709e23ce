"""Runs a stage of paying in a process of its own that kills itself (SIGKILL) at a chosen call.

    python kill_at.py CASE pay amends.payouts.sending.store:mark_sending after 1

kills itself right after the first return of ``store.mark_sending``: nothing is cleaned up, nothing
is flushed. Without a place it runs to the end and prints the stage's counts.
"""

import functools
import importlib
import inspect
import itertools
import json
import os
import signal
import sys
from pathlib import Path

from amends.payouts.service import pay, reconcile_payments
from amends.vault.opened import open_case

APPROVERS = ("anna", "bert")


def kill_at(place: str, when: str, nth: int) -> None:
    """Wrap the function named by *place* (``module:name`` or ``module:Class.name``)."""
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner: object = functools.reduce(getattr, owners, importlib.import_module(module))
    original = getattr(owner, name)
    calls = itertools.count(1)

    async def dying_later(*args: object, **words: object) -> object:
        call = next(calls)
        _die_if(when == "before" and call == nth)
        result = await original(*args, **words)
        _die_if(when == "after" and call == nth)
        return result

    def dying(*args: object, **words: object) -> object:
        call = next(calls)
        _die_if(when == "before" and call == nth)
        result = original(*args, **words)
        _die_if(when == "after" and call == nth)
        return result

    setattr(owner, name, dying_later if inspect.iscoroutinefunction(original) else dying)


def _die_if(now: bool) -> None:  # noqa: FBT001 - the one thing that it is about
    """Nothing is cleaned up, nothing is flushed."""
    if now:
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run a stage of a case, to its end or to the chosen call."""
    root, stage, *place = sys.argv[1:]
    if place:
        kill_at(place[0], place[1], int(place[2]))
    with open_case(Path(root), approve_as=APPROVERS) as opened:
        summary = (pay if stage == "pay" else reconcile_payments)(opened)
    sys.stdout.write(json.dumps(summary.counts) + "\n")


if __name__ == "__main__":
    main()
