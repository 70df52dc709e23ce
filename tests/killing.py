"""Runs ``amends`` and kills it at the n-th event: ``killing.py EVENT N amends-arguments``.

Events are what makes effects last: a database commit, a file's rename; each just before or just
after. What is wrapped are the functions of psycopg and pathlib, never ours. Ends by SIGKILL, or,
when there were fewer than N events, with the command's own exit code.
"""

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import psycopg

from amends.cli import main


def strike_at(event: str, nth: int) -> None:
    """Arrange that the *nth* event of that kind is the last thing this process does."""
    moment, _, kind = event.partition("-")
    numbers = count(1)

    def strike(when: str) -> None:
        if when == moment and next(numbers) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(original: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            strike("before")
            result = original(*arguments, **options)
            strike("after")
            return result

        return call

    if kind == "commit":
        commit = psycopg.Connection.commit

        def commit_counted(connection: psycopg.Connection[object]) -> None:
            if connection.read_only:
                commit(connection)
            else:
                around(commit)(connection)

        psycopg.Connection.commit = commit_counted  # type: ignore[method-assign,assignment]  # that is the point
    else:
        os.replace = around(os.replace)  # type: ignore[assignment]  # likewise
        os.rename = around(os.rename)  # type: ignore[assignment]
        Path.replace = around(Path.replace)  # type: ignore[method-assign,assignment]
        Path.rename = around(Path.rename)  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    strike_at(sys.argv[1], int(sys.argv[2]))
    sys.argv = ["amends", *sys.argv[3:]]
    main()
