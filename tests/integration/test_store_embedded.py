"""The embedded server: started, shared, killed, stopped, removed."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from amends.kernel.casefile import read_case
from amends.kernel.errors import AmendsError
from amends.store import processes
from amends.store.place import STATE_VARIABLE, Place, known_place, place_of
from amends.store.service import open_database, remove_database
from amends.vault.opened import open_case
from made_cases import write_case

MakeCase = Callable[[], Path]

AS_ROOT = os.geteuid() == 0

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
def _command(root: Path) -> Iterator[subprocess.Popen[str]]:
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


def _place(root: Path) -> Place:
    """Where the case's database is."""
    place = known_place(read_case(root))
    assert place is not None
    return place


def _rows(root: Path) -> int:
    """How many rows the commands have written."""
    with open_case(root) as opened, opened.database.reading() as connection:
        row = connection.execute("SELECT count(*) FROM governance.export").fetchone()
    assert row is not None
    return int(str(row[0]))


def test_a_server_runs_while_a_case_is_open(embedded_case: MakeCase) -> None:
    """The first opening makes the database, the end stops the server, the next starts it again."""
    root = embedded_case()
    with open_case(root):
        assert processes.postmaster(_place(root).data) is not None
    assert processes.on_data(_place(root).data) == []
    assert _rows(root) == 0
    assert processes.on_data(_place(root).data) == []


def test_the_server_is_for_nobody_else(embedded_case: MakeCase) -> None:
    """No network, no trust, no super-user at work, and nobody's folders opened or closed."""
    root = embedded_case()
    parents = [path for path in root.parents if path.owner() == root.owner()]
    before = [path.stat().st_mode for path in parents]
    with open_database(read_case(root)) as database:
        place = _place(root)
        with database.reading() as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            row = connection.execute(
                "SELECT session_user, rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls "
                "FROM pg_roles WHERE rolname = session_user"
            ).fetchone()
            assert row == ("amends_login", False)
        without_password = database._conninfo.replace(place.login_password, "guessed")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(without_password)
    rules = (place.data / "pg_hba.conf").read_text().splitlines()
    assert {line.split()[-1] for line in rules if line and line[0] != "#"} == {"scram-sha-256"}
    assert stat.S_IMODE(place.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.home.stat().st_mode) == 0o700
    assert stat.S_IMODE((root / "amends" / "database.json").stat().st_mode) == 0o600
    assert not (place.home / "password").exists()
    assert [path.stat().st_mode for path in parents] == before


def test_work_cannot_become_the_owner(embedded_case: MakeCase) -> None:
    """The login of ordinary work can take no other role than the one without rights on history."""
    with open_database(read_case(embedded_case())) as database:
        for role in ("amends_owner", "postgres"):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                database.unit_of_work() as connection,
            ):
                connection.execute(f"SET ROLE {role}".encode())


def test_the_log_tells_no_values(embedded_case: MakeCase) -> None:
    """A statement that fails leaves neither its text nor its values in the server's log."""
    root = embedded_case()
    with open_database(read_case(root)) as database:
        with (
            pytest.raises(psycopg.errors.CheckViolation),
            database.unit_of_work() as connection,
        ):
            connection.execute(
                "INSERT INTO store.case_identity (only_row, case_id) VALUES (false, %(value)s)",
                {"value": "13800009999"},
            )
        with pytest.raises(psycopg.errors.UndefinedTable), database.unit_of_work() as connection:
            connection.execute("SELECT '13800009999' FROM no_such_table")
    log = _place(root).log.read_text(encoding="utf-8")
    assert "case_identity_has_one_row" in log
    assert "13800009999" not in log


def test_two_commands_share_a_server_and_the_last_one_stops_it(embedded_case: MakeCase) -> None:
    """The one that started it may go first; the server stays until nobody works."""
    root = embedded_case()
    with _command(root) as first:
        server = processes.postmaster(_place(root).data)
        with _command(root) as second:
            assert processes.postmaster(_place(root).data) == server
            first.communicate("")
            assert first.returncode == 0
            assert processes.postmaster(_place(root).data) == server
            second.communicate("")
            assert second.returncode == 0
    assert processes.on_data(_place(root).data) == []
    assert _rows(root) == 2


def test_a_killed_command_leaves_a_server_that_the_next_one_uses(embedded_case: MakeCase) -> None:
    """After kill -9 the server lives on with every row; the next command attaches and stops it."""
    root = embedded_case()
    with _command(root) as command:
        server = processes.postmaster(_place(root).data)
        command.send_signal(signal.SIGKILL)
        command.wait()
        assert processes.postmaster(_place(root).data) == server
    with open_case(root):
        assert processes.postmaster(_place(root).data) == server
    assert processes.on_data(_place(root).data) == []
    assert _rows(root) == 1


def test_a_killed_server_comes_up_again_with_every_row(embedded_case: MakeCase) -> None:
    """After kill -9 of the server the next command recovers it, at once, and misses nothing."""
    root = embedded_case()
    with _command(root) as command:
        server = processes.postmaster(_place(root).data)
        assert server is not None
        os.kill(server, signal.SIGKILL)
        # At once, while its orphans end and its file still names it; the other command still works.
        assert _rows(root) == 1
        command.kill()
    assert _rows(root) == 1
    assert processes.on_data(_place(root).data) == []


def test_a_stale_process_number_deceives_nobody(embedded_case: MakeCase) -> None:
    """A leftover postmaster.pid that names another live process does not stop the start."""
    root = embedded_case()
    assert _rows(root) == 0
    stale = _place(root).data / "postmaster.pid"
    stale.write_text(f"{os.getppid()}\n{_place(root).data}\n0\n5432\n\n\n 1 1\nready\n")
    assert _rows(root) == 0


def test_ctrl_c_does_not_reach_the_server(embedded_case: MakeCase) -> None:
    """The server has a session of its own."""
    root = embedded_case()
    with open_case(root):
        server = processes.postmaster(_place(root).data)
        assert server is not None
        assert os.getsid(server) != os.getsid(0)
        assert os.getpgid(server) != os.getpgid(0)


def test_a_half_made_database_is_made_anew(embedded_case: MakeCase) -> None:
    """A kill while the data folder was being made leaves something that the next start replaces."""
    root = embedded_case()
    case = read_case(root)
    place = place_of(case)
    half = place.home / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    (place.home / "password").write_text("left over")
    assert _rows(root) == 0
    assert not half.exists()


def test_a_lost_socket_is_made_again(embedded_case: MakeCase) -> None:
    """When a cleaner took the folder of the socket, the next command restarts the server."""
    root = embedded_case()
    with _command(root) as command:
        command.kill()
        command.wait()
    shutil.rmtree((_place(root).home / "socket.path").read_text())
    assert _rows(root) == 1


def test_a_server_that_cannot_start_says_where_its_log_is(embedded_case: MakeCase) -> None:
    """A damaged data folder is a refusal that names the log, not a stack of exceptions."""
    root = embedded_case()
    assert _rows(root) == 0
    (_place(root).data / "global" / "pg_control").unlink()
    with pytest.raises(AmendsError, match=r"does not come up; its log is .*server\.log"):
        _rows(root)


def test_a_removed_database_leaves_nothing(embedded_case: MakeCase) -> None:
    """Removing stops the server and takes data, programs, pointer and back-pointer with it."""
    root = embedded_case()
    case = read_case(root)
    with open_case(root):
        place = _place(root)
        with pytest.raises(AmendsError, match="another command is working"):
            remove_database(case)
    remove_database(case)
    remove_database(case)
    assert not place.home.exists()
    assert known_place(case) is None
    if AS_ROOT:
        assert [path for path in place.home.parent.iterdir() if place.id in path.name] == []
    assert _rows(root) == 0


@pytest.mark.skipif(not AS_ROOT, reason="only root keeps databases outside their cases")
class TestAsRoot:
    """What holds when Amends runs as root."""

    def test_the_server_runs_as_somebody_else(self, embedded_case: MakeCase) -> None:
        """Neither the server nor its data belong to root, though the case lies under 0700."""
        root = embedded_case()
        with open_case(root):
            server = processes.postmaster(_place(root).data)
            assert server is not None
            assert Path(f"/proc/{server}").stat().st_uid != 0
            status = Path(f"/proc/{server}/status").read_text(encoding="utf-8")
            assert [line for line in status.splitlines() if line.startswith("Groups:")] == [
                "Groups:\t "
            ]
        assert _place(root).data.stat().st_uid != 0
        assert not (root / "amends" / "database").exists()

    def test_a_deleted_case_takes_its_database_along(self, embedded_case: MakeCase) -> None:
        """The next command on any case stops and removes what deleted cases left behind."""
        gone, emptied, stays = embedded_case(), embedded_case(), embedded_case()
        places = []
        for root in (gone, emptied):
            with _command(root) as command:
                places.append(_place(root))
                command.kill()
                command.wait()
            assert processes.postmaster(_place(root).data) is not None
        shutil.rmtree(gone)
        shutil.rmtree(emptied / "amends")
        assert _rows(stays) == 0
        for place in places:
            assert processes.on_data(place.data) == []
            assert not place.home.exists()
        assert _rows(emptied) == 0

    def test_a_moved_case_keeps_its_database(self, embedded_case: MakeCase) -> None:
        """Moving a case loses nothing, also when another case is opened first."""
        root, other = embedded_case(), embedded_case()
        with _command(root) as command:
            command.communicate("")
        moved = root.rename(root.with_name("moved"))
        assert _rows(other) == 0
        assert _rows(moved) == 1
        remove_database(read_case(moved))

    def test_a_copied_case_does_not_share_the_database(self, embedded_case: MakeCase) -> None:
        """A copy is refused with what to do about it."""
        root = embedded_case()
        assert _rows(root) == 0
        copy = root.with_name("copy")
        shutil.copytree(root, copy)
        with pytest.raises(AmendsError, match="is a copy of the case"):
            _rows(copy)
        shutil.rmtree(copy / "amends")
        assert _rows(copy) == 0
        remove_database(read_case(copy))

    def test_a_state_directory_out_of_reach_is_named(
        self, embedded_case: MakeCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A folder that the account cannot reach is refused before anything is made."""
        monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
        with pytest.raises(AmendsError, match=f"cannot reach .*{STATE_VARIABLE}"):
            _rows(embedded_case())

    def test_an_account_that_does_not_exist_is_named(
        self, embedded_case: MakeCase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A named account must exist, and root is none."""
        for name in ("no-such-account", "root"):
            monkeypatch.setenv("AMENDS_DATABASE_ACCOUNT", name)
            with pytest.raises(AmendsError, match=name):
                _rows(embedded_case())

    def test_a_case_of_another_account_runs_as_that_account(
        self, embedded_case: MakeCase, state_directory: Path
    ) -> None:
        """Root opens a case whose database lies in the case, under the account that owns it."""
        del embedded_case  # sets the environment
        root = state_directory.parent / "not-roots-case"
        root.mkdir()
        write_case(root)
        workspace = root / "amends"
        (workspace / "database").mkdir(parents=True, mode=0o700)
        passwords = dict.fromkeys(("root", "owner", "login"), "known")
        pointer = {"id": "0" * 16, "home": "database", "passwords": passwords}
        (workspace / "database.json").write_text(json.dumps(pointer), encoding="utf-8")
        os.chown(workspace / "database", 65534, 65534)
        assert _rows(root) == 0
        assert _place(root).data.stat().st_uid == 65534
        remove_database(read_case(root))


def test_reopening_is_quick(embedded_case: MakeCase) -> None:
    """A command that attaches to a running server does not wait for anything."""
    root = embedded_case()
    with open_case(root):
        began = time.monotonic()
        with open_case(root):
            pass
        assert time.monotonic() - began < 1.0
