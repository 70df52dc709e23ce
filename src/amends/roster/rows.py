"""Cases that show counts alone: what of a log is left out for the public, and opened to an auditor.

Kept true: the tree, its checkpoint and every receipt are those of the whole log. The public sees
the hashes of hidden entries, and counts of each class; the auditor's files beside the public ones
are the whole log, which the verifier checks as any other.
"""

import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from amends.kernel.canonical import canonical
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.kernel.witnessing import Rows
from amends.roster import age
from amends.roster.entries import EntryType
from amends.roster.rules import Counts
from amends.roster.tiles import bundle, split_bundle

_BUNDLES, _STATES, _CORRECTIONS = "tile/entries/", "state/", "corrections/"
_HIDDEN = (EntryType.AWARD, EntryType.CORRECTION)
_IN_MEMORY = 1 << 24


class RowsError(AmendsError):
    """The rows of a log are not hidden, or do not open."""

    code: ClassVar[str] = "rows"


def hides(case_json: bytes | None) -> bool:
    """Whether a log that began with this case.json hides its rows."""
    return case_json is not None and json.loads(case_json).get("rows") == Rows.COUNTS


def for_public(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """The files of a log without its rows: AWARDs and CORRECTIONs are empty in the bundles."""
    for path, content in files:
        if path.startswith(_BUNDLES):
            yield path, bundle(b"" if one[0] in _HIDDEN else one for one in split_bundle(content))
        elif not is_row(path):
            yield path, content


def is_row(path: str) -> bool:
    """Whether a file says something of single awards and nothing else, and is left out."""
    return path.startswith((_STATES, _CORRECTIONS))


def for_auditor(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """The files of a log that its public copy lacks, or has without rows."""
    return (one for one in files if one[0].startswith((_BUNDLES, _STATES, _CORRECTIONS)))


def counts_file(
    counts: Counts, tariff: Mapping[int, int], *, awards: int, corrections: int
) -> bytes:
    """``counts/<n>.json``: how many awards are owed of each class, and how much."""
    classes = {str(one): {"amount_minor": 0, "count": 0} for one in tariff}
    for (award_class, amount), count in counts.items():
        row = classes.setdefault(str(award_class), {"amount_minor": 0, "count": 0})
        row["count"] += count
        row["amount_minor"] += count * amount
    told = {"awards": awards, "classes": classes, "corrections": corrections, "v": 1}
    return canonical(told).encode()


def archived(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """A tar archive (POSIX ustar) of the files, piece by piece, without times or owners."""
    for path, content in files:
        about = tarfile.TarInfo(path)
        about.size = len(content)
        yield about.tobuf(tarfile.USTAR_FORMAT)
        yield content + bytes(-len(content) % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def sealed(files: Iterable[tuple[str, bytes]], recipient: str) -> Iterator[bytes]:
    """The rows of a log for its auditor: an archive in the format of age."""
    return age.sealed(archived(for_auditor(files)), recipient)


def opened(public: Path, rows: Path, identity: str, to: Path) -> int:
    """Make the whole log in *to*: a public copy with the rows in it; how many files these are.

    Raises:
        RowsError: *to* is there already, or the rows are of another key, or changed.
    """
    if to.exists():
        raise RowsError(said("{to}: is there already; name a new directory", to=to))
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as plain:
        try:
            with rows.open("rb") as file:
                age.opened(file, identity, plain)
            plain.seek(0)
            with tarfile.open(fileobj=plain, mode="r:") as archive:
                members = archive.getmembers()
                _refuse_strangers(members)
                shutil.copytree(public, to)
                archive.extractall(to, members, filter="data")
        except (age.AgeError, tarfile.TarError):
            raise RowsError(
                said("{rows}: does not open: it is for another key, or was changed", rows=rows)
            ) from None
    return len(members)


def _refuse_strangers(members: Iterable[tarfile.TarInfo]) -> None:
    """Only files that a log hides may lie in the archive."""
    for one in members:
        if not (one.isfile() and one.name.startswith((_BUNDLES, _STATES, _CORRECTIONS))):
            raise tarfile.TarError
