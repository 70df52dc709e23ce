"""The account under which the embedded server runs when Amends itself runs as root.

PostgreSQL refuses root. We take the account ``amends``, make it when it is missing, and fall back
to ``nobody``; ``AMENDS_DATABASE_ACCOUNT`` names another one.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from amends.kernel.errors import AmendsError
from amends.kernel.saying import said

ACCOUNT_VARIABLE = "AMENDS_DATABASE_ACCOUNT"
OUR_ACCOUNT = "amends"
LAST_RESORT = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An unprivileged account of this machine."""

    uid: int
    gid: int

    def can_reach(self, directory: Path) -> bool:
        """Whether the account may pass through *directory* and every folder above it."""
        return all(self._may_enter(folder) for folder in (directory, *directory.parents))

    def _may_enter(self, folder: Path) -> bool:
        """Whether the rights of one existing folder let the account through."""
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        if status.st_gid == self.gid:
            return bool(status.st_mode & 0o010)
        return bool(status.st_mode & 0o001)


def owner_of(path: Path) -> Account | None:
    """The account that *path* belongs to; None when that is ourselves."""
    status = path.stat()
    if status.st_uid == os.geteuid():
        return None
    return Account(uid=status.st_uid, gid=status.st_gid)


def unprivileged_account() -> Account:
    """The account for a new database.

    Raises:
        AmendsError: the named account does not exist or is root, or no account was found.
    """
    wanted = os.environ.get(ACCOUNT_VARIABLE)
    if wanted is not None:
        account = _lookup(wanted)
        if account is None or account.uid == 0:
            raise AmendsError(
                said(
                    "{account_variable}={wanted}: no such unprivileged account on this machine; "
                    "name an existing one, or unset it",
                    account_variable=ACCOUNT_VARIABLE,
                    wanted=wanted,
                )
            )
        return account
    account = _lookup(OUR_ACCOUNT) or _made(OUR_ACCOUNT) or _lookup(LAST_RESORT)
    if account is None or account.uid == 0:
        raise AmendsError(
            said(
                "PostgreSQL does not run as root, and no unprivileged account was found: make "
                "one, and name it in {account_variable}",
                account_variable=ACCOUNT_VARIABLE,
            )
        )
    return account


def _lookup(name: str) -> Account | None:
    """The account of that name, if there is one."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def _made(name: str) -> Account | None:
    """A new system account without home and without login; None where that cannot be done."""
    path = "/usr/sbin:/sbin:/usr/bin:/bin"
    useradd, nologin = shutil.which("useradd", path=path), shutil.which("nologin", path=path)
    if useradd is None:
        return None
    command = [useradd, "--system", "--no-create-home", "--shell", nologin or "/bin/false", name]
    # Two commands may race for it: what counts is whether the account is there afterwards.
    subprocess.run(command, check=False, capture_output=True)
    return _lookup(name)
