"""The embedded PostgreSQL server of a case: several commands share it, the last one stops it.

Two lock files in the case decide: whoever holds ``database.lock`` may start or stop the server;
``database.users`` is held (shared) as long as a command works. A killed command lets go of both
because the kernel does; the server lives on, the next command attaches, the last one out stops it.
Readiness is asked with a query, never read off a file: after a crash the files lie.
"""

import fcntl
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from amends.kernel.case import Case
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.store import place as places
from amends.store import processes
from amends.store.files import private_directory
from amends.store.place import Place
from amends.store.programs import placed_programs, wheel_programs

DATABASE = "amends"
OWNER = "amends_owner"
LOGIN = "amends_login"
APP_ROLE = "amends_app"
PUBLIC_ROLE = "amends_public"
PUBLIC_LOGIN = "amends_public_login"
SOCKET = ".s.PGSQL.5432"
MOST_STARTS = 3
START_PATIENCE_S = 300.0
LOCK_PATIENCE_S = 400.0

_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

_SETTINGS = {
    # Bulk loads of millions of rows, and every commit durable.
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    # A bulk load writes whole files of the log: to fill each with zeros before costs a fifth of it.
    "wal_init_zero": "off",
    # Millions of people grouped or joined in memory, by the few commands that run at a time.
    "work_mem": "64MB",
    "checkpoint_timeout": "15min",
    # Pages go to the disk while a bulk load runs, not all of them when the server stops.
    "backend_flush_after": "2MB",
    "jit": "off",
    "max_connections": "50",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    # Containers often have 64 MB of shared memory, which a parallel hash does not fit.
    "enable_parallel_hash": "off",
    # Passwords are 256 random bits: stretching them would only make each connection slower.
    "scram_iterations": "1",
    # A killed command's statement ends within a second instead of holding its locks.
    "client_connection_check_interval": "1s",
    # Nobody's data in the log: no statements, no parameters, no detail lines.
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """How to reach a running server: as the owner of the tables, and as ordinary work."""

    owner_conninfo: str
    login_conninfo: str


@contextmanager
def running(case: Case) -> Iterator[Server]:
    """The case's server, started if need be; stopped at the end if no other command uses it.

    Raises:
        AmendsError: it does not start; the message says where its log is.
    """
    places.sweep()
    private_directory(case.workspace)
    with _users_file(case) as users:
        with _deciding(case):
            place = places.place_of(case)
            fcntl.flock(users, fcntl.LOCK_SH)
            server = _ready(place)
        try:
            yield server
        finally:
            with _deciding(case):
                fcntl.flock(users, fcntl.LOCK_UN)
                if _nobody_else(users):
                    _stop(place, recovers=not _answers(server))


def standing(case: Case) -> str | None:
    """How the case's server is reached, if it is up; nothing is started or made."""
    place = places.known_place(case)
    socket = None if place is None else places.known_socket_directory(place)
    if place is None or socket is None or not (socket / SOCKET).exists():
        return None
    server = _server(place, socket)
    return server.login_conninfo if _answers(server) else None


def public_conninfo(case: Case) -> str:
    """How the public process reaches the running server, under a password that is new each time.

    Raises:
        AmendsError: the case has no server.
    """
    place = places.known_place(case)
    socket = None if place is None else places.known_socket_directory(place)
    if place is None or socket is None:
        raise AmendsError(said("the database server of {case} does not run", case=case.root))
    password = secrets.token_urlsafe(32)
    with _as_root(place, socket) as connection:
        connection.execute(f"ALTER ROLE {PUBLIC_LOGIN} PASSWORD '{password}'".encode())
    return make_conninfo(
        "",
        host=str(socket),
        dbname=DATABASE,
        user=PUBLIC_LOGIN,
        password=password,
        connect_timeout=10,
    )


def remove(case: Case) -> None:
    """Stop the case's server, and remove its data and everything outside the case.

    Raises:
        AmendsError: a command is working with it, or it does not stop.
    """
    place = places.known_place(case)
    if place is not None:
        with _users_file(case) as users, _deciding(case):
            if not _nobody_else(users):
                raise AmendsError(
                    said("another command is working on this case: try again when it has ended")
                )
            places.remove(place)
    places.sweep()


def _ready(place: Place) -> Server:
    """Start the server unless it runs, and wait until it answers a query."""
    deadline = time.monotonic() + START_PATIENCE_S
    started: int | None = None
    starts = 0
    while True:
        socket = places.socket_directory(place)
        server = _server(place, socket)
        if _answers(server):
            if started is not None:
                _complete(place, socket)
            return server
        alive = processes.on_data(place.data)
        if started is not None and processes.alive(started):
            alive.append(started)  # it may not have reached its folder yet
        if time.monotonic() > deadline or (starts == MOST_STARTS and not alive):
            raise AmendsError(
                said(
                    "the database server of {case} does not come up; its log is {log}",
                    case=place.case,
                    log=place.log,
                )
            )
        if not alive:
            _forget_dead(place, socket)
            started = _start(place)
            starts += 1
        elif _socket_lost(place, socket):
            processes.stop(place.data, patience_s=places.STOP_PATIENCE_S)
        else:  # It is starting up, recovering, or its orphans are ending.
            time.sleep(0.02)


def _server(place: Place, socket: Path) -> Server:
    """How the server at *place* is reached."""
    common = make_conninfo("", host=str(socket), dbname=DATABASE, connect_timeout=10)
    return Server(
        owner_conninfo=make_conninfo(common, user=OWNER, password=place.owner_password),
        login_conninfo=make_conninfo(common, user=LOGIN, password=place.login_password),
    )


def _answers(server: Server) -> bool:
    """Whether the server answers a query to the login of ordinary work."""
    try:
        with psycopg.connect(server.login_conninfo, autocommit=True) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _as_root(place: Place, socket: Path) -> psycopg.Connection[tuple[object, ...]]:
    """A connection as the server's own superuser, for roles and passwords."""
    return psycopg.connect(
        make_conninfo(
            "", host=str(socket), dbname=DATABASE, user="postgres", password=place.root_password
        ),
        autocommit=True,
    )


def _complete(place: Place, socket: Path) -> None:
    """Make the roles that a server of an earlier version does not have."""
    with _as_root(place, socket) as connection:
        known = connection.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %(role)s", {"role": PUBLIC_ROLE}
        ).fetchone()
        for statement in _public_roles() if known is None else ():
            connection.execute(statement.encode())


def _public_roles() -> tuple[str, ...]:
    """The roles of the public process; it cannot sign in before it is given a password."""
    return (
        f"CREATE ROLE {PUBLIC_ROLE} NOLOGIN",
        f"CREATE ROLE {PUBLIC_LOGIN} LOGIN NOINHERIT",
        f"GRANT {PUBLIC_ROLE} TO {OWNER} WITH ADMIN OPTION",
        f"GRANT {PUBLIC_ROLE} TO {PUBLIC_LOGIN}",
        f"GRANT CONNECT ON DATABASE {DATABASE} TO {PUBLIC_ROLE}, {PUBLIC_LOGIN}",
    )


def _forget_dead(place: Place, socket: Path) -> None:
    """Remove what a killed server left behind.

    PostgreSQL itself takes a process number that is in use again, or that nobody has collected, for
    a live server; we have looked at the processes.
    """
    for left in (place.data / "postmaster.pid", socket / SOCKET, socket / f"{SOCKET}.lock"):
        left.unlink(missing_ok=True)


def _socket_lost(place: Place, socket: Path) -> bool:
    """Whether a server that is up has lost its socket (a cleaner of temporary files took it)."""
    try:
        up = "ready" in (place.data / "postmaster.pid").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return up and processes.postmaster(place.data) is not None and not (socket / SOCKET).exists()


def _start(place: Place) -> int:
    """Start the server as a process of its own session, and return its number."""
    programs = (
        wheel_programs()
        if place.account() is None
        else placed_programs(places.programs_home(place.home))
    )
    if not (place.data / "PG_VERSION").exists():
        _initialise(place, programs)
    settings = {
        **_SETTINGS,
        "listen_addresses": "",
        "unix_socket_directories": str(places.socket_directory(place)),
        "unix_socket_permissions": "0700",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    # The shell between us and the server ends at once, so that the server is nobody's child:
    # Ctrl-C, a killed command or a closed terminal do not reach it.
    script = 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!'
    arguments = [str(place.log), str(programs / "postgres"), "-D", str(place.data), *options]
    return int(_run(place, ["/bin/sh", "-c", script, "sh", *arguments]))


def _initialise(place: Place, programs: Path) -> None:
    """Make the data folder with its roles and database, under another name until it is complete."""
    building, password = place.home / "data.new", place.home / "password"
    shutil.rmtree(building, ignore_errors=True)
    password.unlink(missing_ok=True)
    _run(place, ["/bin/sh", "-c", 'umask 077; cat >"$1"', "sh", str(password)], place.root_password)
    try:
        _run(
            place,
            [
                str(programs / "initdb"),
                f"--pgdata={building}",
                "--username=postgres",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--data-checksums",
            ],
        )
    finally:
        password.unlink()
    single = [str(programs / "postgres"), "--single", "-D", str(building), "postgres"]
    quiet = ["-c", "log_min_error_statement=panic", "-c", "scram_iterations=1"]
    _run(place, [*single[:-1], *quiet, single[-1]], _bootstrap(place))
    building.rename(place.data)


def _bootstrap(place: Place) -> str:
    """Roles and database of a new server. The passwords are URL-safe base64: nothing to escape."""
    return "\n".join(
        (
            f"CREATE ROLE {APP_ROLE} NOLOGIN",
            f"CREATE ROLE {OWNER} LOGIN PASSWORD '{place.owner_password}'",
            f"CREATE ROLE {LOGIN} LOGIN NOINHERIT PASSWORD '{place.login_password}'",
            f"GRANT {APP_ROLE} TO {OWNER} WITH ADMIN OPTION",
            f"GRANT {APP_ROLE} TO {LOGIN}",
            f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
            f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC",
            f"GRANT CONNECT, TEMPORARY ON DATABASE {DATABASE} TO {APP_ROLE}, {LOGIN}",
            *_public_roles(),
            "",
        )
    )


def _run(place: Place, command: list[str], stdin: str = "") -> str:
    """Run a program under the server's account, and return what it printed.

    Raises:
        AmendsError: it fails; what it said is in the log.
    """
    completed = _as_account(place, command, stdin)
    if completed.returncode != 0:
        output = completed.stdout + completed.stderr
        _as_account(place, ["/bin/sh", "-c", 'cat >>"$1"', "sh", str(place.log)], output)
        raise AmendsError(
            said(
                "{program} failed while the database of {case} was made ready; what it said is "
                "in {log}",
                program=Path(command[0]).name,
                case=place.case,
                log=place.log,
            )
        )
    return completed.stdout


def _as_account(place: Place, command: list[str], stdin: str) -> subprocess.CompletedProcess[str]:
    """Run a program under the server's account, in its folder, with a clean environment.

    Also files are written this way: the server must be able to write to them afterwards.
    """
    account = place.account()
    return subprocess.run(
        command,
        check=False,
        input=stdin,
        capture_output=True,
        text=True,
        cwd=place.home,
        env=_ENVIRONMENT,
        umask=0o077,
        start_new_session=True,
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
    )


def _stop(place: Place, *, recovers: bool = False) -> None:
    """Stop the server; it wrote everything that was committed, so a stubborn one is only named.

    Raises:
        AmendsError: it does not stop.
    """
    patience_s = places.STOP_PATIENCE_S
    if not processes.stop(place.data, patience_s=patience_s, recovers=recovers):
        raise AmendsError(
            said("the database server does not stop; its log is {log}", log=place.log)
        )


@contextmanager
def _users_file(case: Case) -> Iterator[int]:
    """The file whose shared lock says that a command works. Not inherited by programs we start."""
    descriptor = _lock_file(case, "database.users")
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _deciding(case: Case) -> Iterator[None]:
    """The right to start or stop the server.

    Raises:
        AmendsError: another command has been starting or stopping it for minutes.
    """
    descriptor = _lock_file(case, "database.lock")
    try:
        deadline = time.monotonic() + LOCK_PATIENCE_S
        while not _taken(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise AmendsError(
                    said(
                        "another command has been starting or stopping this case's database for "
                        "{lock_patience_s:.0f} seconds: see whether it hangs",
                        lock_patience_s=LOCK_PATIENCE_S,
                    )
                )
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def _nobody_else(users: int) -> bool:
    """Whether no other command works; leaves no lock behind."""
    if not _taken(users, fcntl.LOCK_EX):
        return False
    fcntl.flock(users, fcntl.LOCK_UN)
    return True


def _lock_file(case: Case, name: str) -> int:
    """Open a lock file of the case; Python marks it as not inherited."""
    return os.open(case.workspace / name, os.O_RDWR | os.O_CREAT, 0o600)


def _taken(descriptor: int, lock: int) -> bool:
    """Whether the lock could be taken at once."""
    try:
        fcntl.flock(descriptor, lock | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
