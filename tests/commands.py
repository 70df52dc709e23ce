"""Commands that work on a case with an embedded server, each a process that a test may kill."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from amends.kernel.casefile import read_case
from amends.store.place import Place, known_place
from amends.vault.opened import open_case

MakeCase = Callable[[], Path]
"""Makes a case directory with an embedded server of its own; the fixture ``embedded_case``."""

COMMAND = """
import sys
from pathlib import Path
from amends.vault.opened import open_case
with open_case(Path(sys.argv[1])) as opened:
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO governance.export (what, file_sha256, rows, actor, occurred_at) "
            "VALUES ('x', repeat('0', 64), 1, 'x', now())"
        )
    print("working", flush=True)
    sys.stdin.read()
"""


@contextmanager
def state_of_a_run() -> Iterator[Path]:
    """A state directory that root's database account can reach."""
    with tempfile.TemporaryDirectory(prefix="amends-tests-") as name:
        directory = Path(name)
        directory.chmod(0o711)
        yield directory / "state"


@contextmanager
def command_at(root: Path) -> Iterator[subprocess.Popen[str]]:
    """A command that works on the case until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", COMMAND, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "working\n"
            yield process
        finally:
            process.kill()


def place_at(root: Path) -> Place:
    """Where the case's database is."""
    place = known_place(read_case(root))
    assert place is not None
    return place


def rows_at(root: Path) -> int:
    """How many rows the commands have written."""
    with open_case(root) as opened, opened.database.reading() as connection:
        row = connection.execute("SELECT count(*) FROM governance.export").fetchone()
    assert row is not None
    return int(str(row[0]))
