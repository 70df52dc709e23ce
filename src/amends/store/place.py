"""Where the embedded database of a case lies, and how it goes away with the case.

Not as root: in the case, ``amends/database/``. As root: PostgreSQL runs under an unprivileged
account that may not see the case, so programs and data lie in a folder of that account's own under
the state directory. ``amends/database.json`` points there and holds the passwords; a back-pointer
beside the folder names the case, so that a sweep finds databases whose case is gone.

Kept true: pointer before back-pointer before folder, and away in the opposite order. A kill between
two steps leaves something that the next start completes or sweeps.
"""

import fcntl
import json
import os
import secrets
import shutil
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from amends.kernel.case import Case
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.store import processes
from amends.store.account import Account, owner_of, unprivileged_account
from amends.store.files import (
    OWNER_ONLY_FOLDER,
    make_once,
    private_directory,
    replace_private,
)

STATE_VARIABLE = "AMENDS_STATE_DIR"
STATE_DIRECTORY = Path("/", "var", "lib", "amends")
STOP_PATIENCE_S = 60.0

_SOCKET_PATH_LIMIT = 107
_SOCKET_NAME = ".s.PGSQL.5432"
_INSIDE = "database"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The folders and secrets of one embedded database."""

    case: Path
    id: str
    home: Path
    owner_password: str = field(repr=False)
    login_password: str = field(repr=False)
    root_password: str = field(repr=False)

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server says; no values of statements, by its settings."""
        return self.home / "server.log"

    def account(self) -> Account | None:
        """Under which account the server runs; None when under ours."""
        return owner_of(self.home)


def place_of(case: Case) -> Place:
    """The place of the case's database, made when there is none yet.

    Raises:
        AmendsError: the case is a copy of another, or no account can reach the state directory.
    """
    private_directory(case.workspace)
    pointer = _pointer(case.root)
    content = make_once(pointer, _new_pointer)
    place = _read(case.root.resolve(), content)
    if place.home.parent == place.case / "amends":
        private_directory(place.home)
        return place
    _register(place, pointer)
    return place


def known_place(case: Case) -> Place | None:
    """The place of the case's database, if it has one."""
    try:
        content = _pointer(case.root).read_bytes()
    except FileNotFoundError:
        return None
    return _read(case.root.resolve(), content)


def socket_directory(place: Place) -> Path:
    """A private folder for the server's socket, short enough for the system; made when it is gone.

    A note beside the home remembers it, so that every command finds the same one.
    """
    directory = known_socket_directory(place)
    if directory is None:
        directory = _new_socket_directory(place)
        replace_private(_socket_note(place.home), os.fsencode(directory))
    return directory


def known_socket_directory(place: Place) -> Path | None:
    """The folder of the server's socket, if there is one."""
    note = _socket_note(place.home)
    directory = Path(os.fsdecode(note.read_bytes())) if note.is_file() else None
    return directory if directory is not None and _belongs(directory, place) else None


def remove(place: Place) -> None:
    """Stop the server, and remove its data and everything that points to it.

    Raises:
        AmendsError: the server does not stop.
    """
    _remove_home(place.home)
    state = place.home.parent
    for name in (_link(state, place.id), _back_pointer(state, place.id)):
        name.unlink(missing_ok=True)
    _pointer(place.case).unlink(missing_ok=True)


def sweep() -> None:
    """Remove databases in the state directory whose case is gone. Only root has such databases.

    A case that was moved is kept: the state directory holds a hard link to its pointer, and the
    number of links says whether the pointer still exists somewhere.
    """
    state = state_directory()
    if os.geteuid() != 0 or not state.is_dir():
        return
    lock = os.open(state / "sweep.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for back_pointer in sorted(state.glob("*.case")):
            place_id, link = back_pointer.stem, _link(state, back_pointer.stem)
            case = _case_of(back_pointer)
            if case is None:
                continue
            if not _still_points(case, place_id, link):
                _remove_home(state / place_id)
                link.unlink(missing_ok=True)
                back_pointer.unlink(missing_ok=True)
    except BlockingIOError:
        pass  # Another command is sweeping.
    finally:
        os.close(lock)


def state_directory() -> Path:
    """Where databases lie that root's cases use."""
    return Path(os.environ.get(STATE_VARIABLE) or STATE_DIRECTORY)


def programs_home(home: Path) -> Path:
    """Where the programs of a database lie that runs under another account: out of its reach."""
    return home.with_name(f"{home.name}.programs")


def _new_pointer() -> bytes:
    """What ``database.json`` of a new case says. It is never changed afterwards."""
    place_id = secrets.token_hex(8)
    home = str(state_directory() / place_id) if os.geteuid() == 0 else _INSIDE
    passwords = {name: secrets.token_urlsafe(32) for name in ("root", "owner", "login")}
    return json.dumps({"id": place_id, "home": home, "passwords": passwords}).encode()


def _read(root: Path, content: bytes) -> Place:
    """The place that a pointer says; a home inside the case moves with the case."""
    pointer = json.loads(content)
    passwords = pointer["passwords"]
    return Place(
        case=root,
        id=pointer["id"],
        home=root / "amends" / pointer["home"],
        owner_password=passwords["owner"],
        login_password=passwords["login"],
        root_password=passwords["root"],
    )


def _register(place: Place, pointer: Path) -> None:
    """Note in the state directory whose database this is, and make its folder for the account.

    Raises:
        AmendsError: the pointer was copied together with a case, or the account cannot get there.
    """
    state = place.home.parent
    if not state.is_dir():
        state.mkdir(parents=True)
        state.chmod(0o711)
    back_pointer, link = _back_pointer(state, place.id), _link(state, place.id)
    _refuse_copy(place, back_pointer)
    if not link.exists():
        try:
            os.link(pointer, link)
        except OSError:  # Another file system: then only the back-pointer tells.
            link.unlink(missing_ok=True)
    if not place.home.is_dir():
        account = unprivileged_account()
        if not account.can_reach(state):
            raise AmendsError(
                said(
                    "the database's account cannot reach {state}: open the folders above it to "
                    "others (x), or name another folder in {state_variable}",
                    state=state,
                    state_variable=STATE_VARIABLE,
                )
            )
        _make_home(place.home, account)


def _refuse_copy(place: Place, back_pointer: Path) -> None:
    """Let a moved case take its database along; refuse a copy that would share it."""
    noted = _case_of(back_pointer)
    if noted == place.case:
        return
    if noted is not None and _names(noted, place.id):
        raise AmendsError(
            said(
                "{case} is a copy of the case {noted}, and its database belongs to that one: "
                "remove {folder} to begin the copy anew",
                case=place.case,
                noted=noted,
                folder=place.case / "amends",
            )
        )
    replace_private(back_pointer, os.fsencode(place.case))


def _make_home(home: Path, account: Account) -> None:
    """The account's own folder, complete before it has its name."""
    building = home.with_name(f"{home.name}.new")
    building.mkdir(mode=0o700, exist_ok=True)
    os.chown(building, account.uid, account.gid)
    building.rename(home)


def _remove_home(home: Path) -> None:
    """Stop the server in *home*, and remove the folder and what lies beside it under its name.

    Raises:
        AmendsError: the server does not stop.
    """
    if not processes.stop(home / "data", patience_s=STOP_PATIENCE_S):
        raise AmendsError(
            said("the database server in {home} does not stop; stop it, then try again", home=home)
        )
    note = _socket_note(home)
    if note.is_file():
        shutil.rmtree(os.fsdecode(note.read_bytes()), ignore_errors=True)
        note.unlink()
    for complete in (home, programs_home(home)):
        for folder in (complete, complete.with_name(f"{complete.name}.new")):
            if folder.is_dir():
                shutil.rmtree(folder)


def _belongs(directory: Path, place: Place) -> bool:
    """Whether the socket's folder is a true folder of the server's account, and private."""
    try:
        status = directory.lstat()
    except FileNotFoundError:
        return False
    wanted = (stat.S_IFDIR | OWNER_ONLY_FOLDER, place.home.stat().st_uid)
    return (status.st_mode, status.st_uid) == wanted


def _new_socket_directory(place: Place) -> Path:
    """In the home if the path is short enough, else in the folder for temporary files.

    In the home another account may play with names: so no link is followed here.
    """
    directory = place.home / "socket"
    if _too_long(directory):
        account = place.account()
        base = Path(tempfile.gettempdir())
        if _too_long(base / "amends-12345678") or (account and not account.can_reach(base)):
            base = Path("/", "tmp")
        directory = Path(tempfile.mkdtemp(prefix="amends-", dir=base))
    elif _belongs(directory, place):
        return directory
    else:
        directory.mkdir(mode=OWNER_ONLY_FOLDER)
    status = place.home.stat()
    if status.st_uid != os.geteuid():
        os.chown(directory, status.st_uid, status.st_gid, follow_symlinks=False)
    return directory


def _too_long(directory: Path) -> bool:
    """Whether a socket in *directory* would have too long a path."""
    return len(os.fsencode(directory / _SOCKET_NAME)) > _SOCKET_PATH_LIMIT


def _still_points(case: Path, place_id: str, link: Path) -> bool:
    """Whether the database is still some case's: its own by name, or a moved one."""
    if case.is_dir():
        return _names(case, place_id)
    return link.is_file() and link.stat().st_nlink > 1


def _names(case: Path, place_id: str) -> bool:
    """Whether the case's pointer names that database."""
    try:
        pointer = json.loads(_pointer(case).read_bytes())
    except (OSError, ValueError):
        return False
    return bool(pointer["id"] == place_id)


def _pointer(root: Path) -> Path:
    """``database.json`` of a case."""
    return root / "amends" / "database.json"


def _back_pointer(state: Path, place_id: str) -> Path:
    """The file that names the case of a database."""
    return state / f"{place_id}.case"


def _case_of(back_pointer: Path) -> Path | None:
    """The case that a back-pointer names; None if another command just removed it."""
    try:
        return Path(os.fsdecode(back_pointer.read_bytes()))
    except FileNotFoundError:
        return None


def _socket_note(home: Path) -> Path:
    """The file that says where the socket is; not in the home, where another account may write."""
    return home.with_name(f"{home.name}.socket")


def _link(state: Path, place_id: str) -> Path:
    """The hard link to the pointer in the case."""
    return state / f"{place_id}.pointer"
