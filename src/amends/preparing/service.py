"""Makes a case directory: looks at files, and copies or links them; never moves or changes one."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from amends.evidence.model import Role
from amends.evidence.sampling import Sampled, sample
from amends.kernel.casefile import FILE_NAME, parse_case_file
from amends.kernel.saying import Said, joined, said
from amends.preparing import rules
from amends.preparing.model import FoundFile, Kind, Placed, PreparingError

_ROLES = {Kind.REGISTRY: Role.REGISTRY, Kind.DEATH: Role.PEOPLE, Kind.GUARDIANSHIP: Role.PEOPLE}


def look(
    paths: Sequence[Path], *, registries: Sequence[Path] = (), evidence: Sequence[Path] = ()
) -> list[FoundFile]:
    """Every file of *paths*, folders with all that is in them, and what it is.

    *registries* and *evidence* are what they are said to be.

    Raises:
        PreparingError: nothing is named, a path is not there, a file is named as both, or files
            cannot be read (all of them are told at once).
    """
    if not (paths or registries or evidence):
        raise PreparingError(
            said(
                "no file is named: type the files or folders behind the new directory, like "
                "`amends init CASE received/`"
            )
        )
    named = {file.resolve(): Kind.REGISTRY for file in _files(registries)}
    for file in _files(evidence):
        if named.setdefault(file.resolve(), Kind.EVIDENCE) is Kind.REGISTRY:
            raise PreparingError(
                said("{file}: is named as account table and as leaked; say one", file=file)
            )
    found: list[FoundFile] = []
    unread: list[str] = []
    for file in dict.fromkeys(_files([*paths, *registries, *evidence])):
        kind = named.get(file.resolve())
        sampled = sample(file, file.name, Role.EVIDENCE)
        unread += sampled.trouble[:1]
        told = kind or rules.told_kind(sampled, leaked_by_name=rules.leaked_by_name(file))
        found.append(FoundFile(file=file, sampled=sampled, kind=told))
    if unread:
        raise PreparingError(_unread(unread))
    return found


def _unread(troubles: Sequence[str]) -> Said:
    return said(
        "not everything can be taken into a case, and nothing is written: {troubles}. Leave these "
        "out by naming the other files one by one, or get them again",
        troubles=joined(troubles, "; "),
    )


def decided(files: Sequence[FoundFile], ask: Callable[[FoundFile], Kind] | None) -> list[FoundFile]:
    """*files* without doubt: *ask* says what a doubtful one is.

    Raises:
        PreparingError: one is in doubt and nobody is there to ask.
    """
    clear = []
    for found in files:
        kind = found.kind
        if kind is Kind.DOUBT and ask is None:
            raise PreparingError(
                said(
                    "{file}: may be an account table or leaked: say which with --registry PATH or "
                    "--evidence PATH",
                    file=found.file,
                )
            )
        if kind is Kind.DOUBT and ask is not None:
            kind = ask(found)
        role = _ROLES.get(kind, Role.EVIDENCE)
        sampled = found.sampled if role is Role.EVIDENCE else _sampled(found.file, role)
        clear.append(replace(found, kind=kind, sampled=sampled))
    return clear


def _sampled(file: Path, role: Role) -> Sampled:
    """What the first rows of *file* tell of it, read as what it is.

    Raises:
        PreparingError: it cannot be read, or lacks the columns that it needs.
    """
    sampled = sample(file, file.name, role)
    if sampled.trouble:
        raise PreparingError(_unread(sampled.trouble[:1]))
    return sampled


def refuse_used(directory: Path) -> None:
    """Refuse a directory that has something in it already.

    Raises:
        PreparingError: as said.
    """
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise PreparingError(
            said("{directory}: is not a directory; name a new one", directory=directory)
        )
    if directory.exists() and any(directory.iterdir()):
        raise PreparingError(
            said(
                "{directory}: has something in it already, and nothing is overwritten; name a new "
                "directory",
                directory=directory,
            )
        )


def write(directory: Path, files: Sequence[Placed], text: str, *, link: bool = False) -> None:
    """Make the case directory: all of it, or nothing.

    Raises:
        PreparingError: it has something in it, or a file cannot be copied.
        CaseFileError: *text* is no case.toml.
    """
    refuse_used(directory)
    parse_case_file(text, FILE_NAME)
    part = directory.with_name(f".{directory.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        for placed in files:
            to = part / placed.path
            to.parent.mkdir(parents=True, exist_ok=True)
            _put(placed.found.file, to, link=link)
        (part / FILE_NAME).write_text(text, encoding="utf-8")
        directory.parent.mkdir(parents=True, exist_ok=True)
        part.replace(directory)
    except OSError as error:
        raise PreparingError(
            said(
                "{directory}: cannot be made: {why}; nothing was left behind",
                directory=directory,
                why=_why(error),
            )
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _why(error: OSError) -> Said:
    """What the system refused, and what to do."""
    match error.errno:
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return said("you may not write there; name a directory in a folder of your own")
        case errno.ENOSPC | errno.EDQUOT:
            return said("the disk is full; name a directory on another, or use --link")
        case errno.ENOTDIR:
            return said("a part of the path is a file; name another directory")
        case errno.EXDEV | errno.EMLINK:
            return said("the files are on another disk; leave out --link")
        case _:
            return said(
                "the system says {error}; name another directory", error=type(error).__name__
            )


def _put(file: Path, to: Path, *, link: bool) -> None:
    if link:
        os.link(file.resolve(), to)
    else:
        shutil.copy2(file, to)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files that *paths* name, those of folders in order; hidden ones are left out."""
    for path in paths:
        if path.is_dir():
            inside = [
                each
                for each in sorted(path.rglob("*"))
                if each.is_file()
                and not any(part.startswith(".") for part in each.relative_to(path).parts)
            ]
            if not inside:
                raise PreparingError(
                    said(
                        "{path}: there is no file in this folder (hidden ones are left out); name "
                        "the folder in which the files are",
                        path=path,
                    )
                )
            yield from inside
        elif path.is_file():
            yield path
        else:
            raise PreparingError(
                said("{path}: there is no such file or folder; correct the path", path=path)
            )
