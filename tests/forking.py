"""Starts ``amends`` again and again, each time a process that begins where the imports end.

Each line of standard input is a JSON list: the files for standard output and standard error, an
event with its number at which the process is to be killed ("" and 0: never), and the arguments. A
copy of this process becomes the command; the line that answers is its exit code, or minus the
signal that ended it. What a start costs (reading the program, and Numba's registries) is paid once.

Events are what makes effects last: a database commit, a file's rename; each just before or just
after. What is wrapped are the functions of psycopg and pathlib, never ours.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from itertools import count, product
from pathlib import Path
from unittest.mock import patch

import click
import numpy as np
import psycopg

from amends.cli import cli, main
from amends.kernel.signing import choose as choose_way_to_sign


def prepare() -> None:
    """Import what any command imports, and start no thread: a copy would not have it."""
    choose_way_to_sign()  # before OpenSSL is loaded, as a command does
    context = click.Context(cli)
    for name in cli.list_commands(context):
        assert cli.get_command(context, name)
    from amends.linkage.compiled.hashing import mixed_all  # noqa: PLC0415 -- after the choice

    mixed_all(np.zeros(1, np.int64))  # the first kernel loads what Numba knows


def become_each() -> list[str]:
    """Answer line by line, and return what to run in each copy of this process."""
    for line in sys.stdin:
        copy = os.fork()
        if not copy:
            arguments: list[str]
            output, errors, event, nth, *arguments = json.loads(line)
            for number, file in enumerate((os.devnull, output, errors)):
                os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), number)
            if event:
                strike_at(event, nth)
            return arguments
        code = os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])
        print(code, flush=True)  # noqa: T201 -- this is the answer
    sys.exit()


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

        patch.object(psycopg.Connection, "commit", commit_counted).start()
    else:
        for owner, name in product((os, Path), ("replace", "rename")):
            patch.object(owner, name, around(getattr(owner, name))).start()


if __name__ == "__main__":
    prepare()
    sys.argv = ["amends", *become_each()]
    main()
