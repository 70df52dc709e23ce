"""``python -m amends_witness``: make a witness, check it, run it.

    python -m amends_witness make DIRECTORY --name NAME    key, state and configuration, once
    python -m amends_witness run CONFIGURATION [--check]   serve; with --check look and end
    python -m amends_witness refused CONFIGURATION         checkpoints that did not follow

Exit 0 when done or asked to end, 1 with the reason, 2 for wrong usage.
"""

import argparse
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from amends_witness import configuration, state
from amends_witness.configuration import Configuration, ConfigurationError
from amends_witness.deciding import Witness
from amends_witness.notes import MalformedError, WitnessKey, key_name, witness_key
from amends_witness.server import WitnessServer, line, to_standard_error
from amends_witness.state import State, StateError

_EXAMPLE = """\
# 见证人配置 / configuration of a witness
key = "witness.key"
state = "witness.db"
listen = "127.0.0.1:7380"
requests_per_minute = 120
connections = 64

# 每个日志一段；密钥以书面方式核对 / one for each log; compare the key with a printed one
# [[log]]
# key = "<name>+<key id>+<key>"
"""


def make(directory: Path, name: str) -> None:
    """Make key, state and configuration of a new witness; nothing is overwritten."""
    key = WitnessKey(name=key_name(name), seed=os.urandom(32))
    directory.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(directory / "witness.key", flags, 0o600), "w", encoding="ascii") as file:
        file.write(key.text + "\n")
    state.create(directory / "witness.db", key.name, key.verifier.text)
    with (directory / "witness.toml").open("x", encoding="utf-8") as file:
        file.write(_EXAMPLE)
    print(f"公开密钥，交给日志方 / public key, for the logs:\n{key.verifier.text}")


def opened(settings: Configuration) -> Witness:
    """The witness of a configuration.

    Raises:
        StateError: the state is not there or another's.
        MalformedError: the key file is not right.
        ConfigurationError: the key can be read by others, or is a log's.
    """
    try:
        if settings.key.stat().st_mode & 0o077:
            raise ConfigurationError(
                f"{settings.key}: 他人可读；执行 chmod 600 / others can read it: chmod 600"
            )
        key = witness_key(settings.key.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{settings.key}: 无法读取 / cannot be read: {type(error).__name__}"
        ) from None
    if any(one.key == key.verifier.key for keys in settings.logs.values() for one in keys):
        raise ConfigurationError("日志密钥不得兼作见证人 / the key of a log is no witness")
    kept = State(settings.state, key.verifier.text)
    return Witness(key=key, logs=settings.logs, state=kept, now_s=lambda: int(time.time()))


def check(settings: Configuration, witness: Witness) -> None:
    """Say who this is and what it has signed."""
    sizes = dict(witness.state.heads())
    print(f"见证人 / witness: {witness.key.verifier.text}")
    host, port = settings.listen
    print(f"监听 / listens: {host}:{port}")
    for origin in settings.logs:
        print(f"日志 / log: {origin}, {sizes.get(origin, 0):,}")
    refused = len(witness.state.refused())
    if refused:
        print(f"未联署的检查点 / checkpoints not cosigned: {refused}")


def serve(settings: Configuration, witness: Witness) -> None:
    """Serve until SIGTERM or SIGINT, then finish what has begun."""
    server = WitnessServer(settings.listen, witness, settings.bounds, to_standard_error)
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    serving.start()
    host, port = server.server_address[:2]
    to_standard_error(line("serving", f"{host!s}:{port}", f"logs={len(settings.logs)}"))
    stop.wait()
    server.end()
    serving.join()
    to_standard_error(line("ended"))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="amends_witness", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("make", help="新建见证人 / make a witness")
    new.add_argument("path", type=Path)
    new.add_argument("--name", required=True, help="如 / like witness.example.edu/amends")
    run = commands.add_parser("run", help="运行 / serve")
    run.add_argument("path", type=Path)
    run.add_argument("--check", action="store_true", help="只检查 / look, and end")
    refused = commands.add_parser("refused", help="未联署的检查点 / what was not cosigned")
    refused.add_argument("path", type=Path)
    given = parser.parse_args(arguments)
    try:
        if given.command == "make":
            make(given.path, given.name)
            return 0
        settings = configuration.read(given.path)
        witness = opened(settings)
        if given.command == "refused":
            print("\n".join(note for _, _, note in witness.state.refused()), end="")
        elif given.check:
            check(settings, witness)
        else:
            serve(settings, witness)
    except (ConfigurationError, StateError, MalformedError, OSError, sqlite3.Error) as error:
        print(f"{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
