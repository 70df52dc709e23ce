"""The embedded server: started, shared, killed, stopped, removed."""

import os
import shutil
import signal
import stat
import time

import psycopg
import pytest

from amends.kernel.casefile import read_case
from amends.kernel.errors import AmendsError
from amends.store import processes
from amends.store.place import known_place, place_of
from amends.store.service import open_database, remove_database
from amends.vault.opened import open_case
from commands import MakeCase, command_at, place_at, rows_at

AS_ROOT = os.geteuid() == 0


def test_a_server_runs_while_a_case_is_open(embedded_case: MakeCase) -> None:
    """The first opening makes the database, the end stops the server, the next starts it again."""
    root = embedded_case()
    with open_case(root):
        assert processes.postmaster(place_at(root).data) is not None
    assert processes.on_data(place_at(root).data) == []
    assert rows_at(root) == 0
    assert processes.on_data(place_at(root).data) == []


def test_the_server_is_for_nobody_else(embedded_case: MakeCase) -> None:
    """No network, no trust, no super-user at work, and nobody's folders opened or closed."""
    root = embedded_case()
    parents = [path for path in root.parents if path.owner() == root.owner()]
    before = [path.stat().st_mode for path in parents]
    with open_database(read_case(root)) as database:
        place = place_at(root)
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
    log = place_at(root).log.read_text(encoding="utf-8")
    assert "case_identity_has_one_row" in log
    assert "13800009999" not in log


def test_two_commands_share_a_server_and_the_last_one_stops_it(embedded_case: MakeCase) -> None:
    """The one that started it may go first; the server stays until nobody works."""
    root = embedded_case()
    with command_at(root) as first:
        server = processes.postmaster(place_at(root).data)
        with command_at(root) as second:
            assert processes.postmaster(place_at(root).data) == server
            first.communicate("")
            assert first.returncode == 0
            assert processes.postmaster(place_at(root).data) == server
            second.communicate("")
            assert second.returncode == 0
    assert processes.on_data(place_at(root).data) == []
    assert rows_at(root) == 2


def test_a_killed_command_leaves_a_server_that_the_next_one_uses(embedded_case: MakeCase) -> None:
    """After kill -9 the server lives on with every row; the next command attaches and stops it."""
    root = embedded_case()
    with command_at(root) as command:
        server = processes.postmaster(place_at(root).data)
        command.send_signal(signal.SIGKILL)
        command.wait()
        assert processes.postmaster(place_at(root).data) == server
    with open_case(root):
        assert processes.postmaster(place_at(root).data) == server
    assert processes.on_data(place_at(root).data) == []
    assert rows_at(root) == 1


def test_a_killed_server_comes_up_again_with_every_row(embedded_case: MakeCase) -> None:
    """After kill -9 of the server the next command recovers it, at once, and misses nothing."""
    root = embedded_case()
    with command_at(root) as command:
        server = processes.postmaster(place_at(root).data)
        assert server is not None
        os.kill(server, signal.SIGKILL)
        # At once, while its orphans end and its file still names it; the other command still works.
        assert rows_at(root) == 1
        command.kill()
    assert rows_at(root) == 1
    assert processes.on_data(place_at(root).data) == []


def test_a_stale_process_number_deceives_nobody(embedded_case: MakeCase) -> None:
    """A leftover postmaster.pid that names another live process does not stop the start."""
    root = embedded_case()
    assert rows_at(root) == 0
    stale = place_at(root).data / "postmaster.pid"
    stale.write_text(f"{os.getppid()}\n{place_at(root).data}\n0\n5432\n\n\n 1 1\nready\n")
    assert rows_at(root) == 0


def test_ctrl_c_does_not_reach_the_server(embedded_case: MakeCase) -> None:
    """The server has a session of its own."""
    root = embedded_case()
    with open_case(root):
        server = processes.postmaster(place_at(root).data)
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
    assert rows_at(root) == 0
    assert not half.exists()


def test_a_lost_socket_is_made_again(embedded_case: MakeCase) -> None:
    """When a cleaner took the folder of the socket, the next command restarts the server."""
    root = embedded_case()
    with command_at(root) as command:
        command.kill()
        command.wait()
    shutil.rmtree(place_at(root).home.with_name(f"{place_at(root).home.name}.socket").read_text())
    assert rows_at(root) == 1


def test_a_server_that_cannot_start_says_where_its_log_is(embedded_case: MakeCase) -> None:
    """A damaged data folder is a refusal that names the log, not a stack of exceptions."""
    root = embedded_case()
    assert rows_at(root) == 0
    (place_at(root).data / "global" / "pg_control").unlink()
    with pytest.raises(AmendsError, match=r"does not come up; its log is .*server\.log"):
        rows_at(root)


def test_a_removed_database_leaves_nothing(embedded_case: MakeCase) -> None:
    """Removing stops the server and takes data, programs, pointer and back-pointer with it."""
    root = embedded_case()
    case = read_case(root)
    with open_case(root):
        place = place_at(root)
        with pytest.raises(AmendsError, match="another command is working"):
            remove_database(case)
    remove_database(case)
    remove_database(case)
    assert not place.home.exists()
    assert known_place(case) is None
    if AS_ROOT:
        assert [path for path in place.home.parent.iterdir() if place.id in path.name] == []
    assert rows_at(root) == 0


def test_reopening_is_quick(embedded_case: MakeCase) -> None:
    """A command that attaches to a running server does not wait for anything."""
    root = embedded_case()
    with open_case(root):
        began = time.monotonic()
        with open_case(root):
            pass
        assert time.monotonic() - began < 1.0
