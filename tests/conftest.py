"""What all tests share: PostgreSQL, and cases opened on it.

One embedded server serves the whole run; every case of a test gets a fresh database on it, a copy
of one that was migrated once. The cases reach it as any case reaches a server of its own: through
``AMENDS_DATABASE_URL``.
"""

import functools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings as budget
from psycopg.conninfo import make_conninfo

from amends.kernel.casefile import read_case
from amends.store import embedded
from amends.store.migrate import migrate
from amends.store.place import STATE_VARIABLE, known_place
from amends.store.service import URL_VARIABLE, remove_database
from amends.vault.opened import OpenCase, open_case
from commands import state_of_a_run
from made_cases import (
    TEMPLATE,
    CaseDirectory,
    OpenedCase,
    Original,
    Prepare,
    SharedServer,
    write_case,
)

budget.register_profile("amends", deadline=None)  # how long an example takes proves nothing
budget.load_profile("amends")

collect_ignore = [] if os.geteuid() == 0 else ["integration/test_store_as_root.py"]
"""Only root keeps databases outside their cases: for others there is nothing to test."""


MEMORY = Path("/dev/shm")  # noqa: S108 -- what is there is gone with the run anyway
ENOUGH_BYTES = 6 << 30


def _quick_folder() -> Path | None:
    """A folder in memory, where every commit need not wait for a disk; None: there is none."""
    enough = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES
    return MEMORY if enough and os.access(MEMORY, os.W_OK) else None


@pytest.fixture(scope="session")
def state_directory() -> Iterator[Path]:
    """Where databases lie that are in no case, for this run only."""
    with state_of_a_run() as directory:
        yield directory


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, state_directory: Path
) -> Iterator[SharedServer]:
    """PostgreSQL for the run, stopped and removed at its end."""
    root = tmp_path_factory.mktemp("server")
    write_case(root)
    case = read_case(root)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(STATE_VARIABLE, str(state_directory))
        try:
            with embedded.running(case) as running:
                place = known_place(case)
                assert place is not None
                shared = SharedServer(
                    root_conninfo=make_conninfo(
                        running.owner_conninfo,
                        user="postgres",
                        password=place.root_password,
                        dbname="postgres",
                    ),
                    owner_conninfo=running.owner_conninfo,
                )
                shared.hurry()
                migrate(shared.fresh_database(TEMPLATE, "template0"))
                yield shared
        finally:
            remove_database(case)


@pytest.fixture(scope="session")
def original(
    tmp_path_factory: pytest.TempPathFactory, server: SharedServer
) -> Callable[[Prepare], Original]:
    """Cases that several tests begin with, each made once a run, for copies."""

    @functools.cache
    def make(prepare: Prepare) -> Original:
        """Prepare a case in a directory and a database of its own."""
        root = tmp_path_factory.mktemp("original")
        database = f"o{os.getpid()}_{os.urandom(6).hex()}"
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv(URL_VARIABLE, server.fresh_database(database))
            prepare(root)
        return Original(root=root, database=database)

    return make


@pytest.fixture
def case_directory(
    tmp_path: Path,
    server: SharedServer,
    original: Callable[[Prepare], Original],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[CaseDirectory]:
    """A factory of case directories; the last one made is the one whose database is in use.

    Commands started as processes inherit ``AMENDS_DATABASE_URL`` and work on the same database.
    """
    databases: list[str] = []

    def make(
        case_toml: str | None = None,
        files: Mapping[str, bytes] | None = None,
        like: Prepare | None = None,
    ) -> Path:
        """Write or copy the case and point the environment to a database of its own."""
        root = tmp_path / f"case-{len(databases)}"
        template = TEMPLATE
        if like is not None:
            shutil.copytree(original(like).root, root)
            template = original(like).database
        else:
            root.mkdir()
            write_case(root, case_toml, files)
        databases.append(f"t{os.getpid()}_{os.urandom(6).hex()}")
        monkeypatch.setenv(URL_VARIABLE, server.fresh_database(databases[-1], template))
        return root

    yield make
    for name in databases:
        server.drop_database(name)


@pytest.fixture
def opened_case(case_directory: CaseDirectory) -> Iterator[OpenedCase]:
    """A factory of open cases on fresh databases, closed at the end of the test."""
    with ExitStack() as stack:

        def make(
            case_toml: str | None = None,
            files: Mapping[str, bytes] | None = None,
            approve_as: Sequence[str] = (),
            like: Prepare | None = None,
        ) -> OpenCase:
            """Write or copy the case and open it."""
            root = case_directory(case_toml, files, like)
            return stack.enter_context(open_case(root, approve_as=approve_as))

        yield make


@pytest.fixture
def embedded_case(
    tmp_path: Path, state_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Path]]:
    """A factory of case directories with embedded servers of their own, removed afterwards."""
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    monkeypatch.setenv(STATE_VARIABLE, str(state_directory))
    roots: list[Path] = []

    def make() -> Path:
        """Write a minimal case under a folder that only its owner may enter."""
        private = tmp_path / f"private-{len(roots)}"
        private.mkdir(mode=0o700)
        root = private / "case"
        root.mkdir()
        write_case(root)
        roots.append(root)
        return root

    yield make
    for root in roots:
        if (root / "case.toml").exists():
            remove_database(read_case(root))
        shutil.rmtree(root, ignore_errors=True)


def pytest_configure(config: pytest.Config) -> None:
    """What tests and their commands write for a while is written to memory, where there is room."""
    quick = _quick_folder()
    if quick is None or "TMPDIR" in os.environ:  # or a worker's, who has it from the one who began
        return
    made = tempfile.mkdtemp(prefix="amends-tests-", dir=quick)
    Path(made).chmod(0o711)  # servers of accounts without rights work below it
    os.environ["TMPDIR"], tempfile.tempdir = made, made
    config.add_cleanup(lambda: shutil.rmtree(made, ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folder by folder: the unit tests, which are short, last, so that no worker has to wait."""
    items.sort(key=lambda item: item.path.parent)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything has to be shown (CI=true), a test that did not run has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
