"""Bakes the public site: every page in every language, with its compressed forms beside it.

Kept true: the same facts make the same bytes; a file that is right already is not written; whoever
serves the directory while it is baked serves each file whole, old or new; the list of files is
written last.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import brotli

from amends.kernel.case import Case
from amends.kernel.saying import said
from amends.kernel.summary import StageSummary
from amends.printing import service as printing
from amends.web import assets
from amends.web.public.baked import LIST
from amends.web.public.frames import FRAMES, frame_name
from amends.web.saying import PAGE_LANGUAGES
from amends.web.site import data
from amends.web.site.gathering import gather
from amends.web.site.model import Site
from amends.web.site.pages import MENU, frame, pages, reported, script_name, scripts_of

_ASSETS: Final = ("style.css", "icon.svg")
_BESIDE: Final = ("check.html", "roster.html")
_FOLDERS: Final = ("announcement", "looks")
_WORTH_PACKING: Final = 600
"""Smaller files gain nothing by being packed."""
_SQUEEZED: Final = {".html", ".css", ".js", ".svg", ".json", ".csv", ".xml", ".txt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Baked:
    """What a baking did: files in all, and those that were written."""

    files: int
    written: int


def bake(case: Case) -> StageSummary:
    """Bake the site of a case into its published directory.

    Raises:
        NotPublishedError: a published file cannot be read.
    """
    site = gather(case, MENU)
    done = write(case.site, site)
    return StageSummary(
        counts={"site_files": done.files, "site_files_written": done.written},
        notes=()
        if site.announced
        else (said("the announcement is not out: the site says that nobody has signed it"),),
    )


def write(folder: Path, site: Site) -> Baked:
    """Write the files of a site into *folder*, and their list last."""
    names, written = [], 0
    for name, content in files_of(site):
        names.append(name)
        written += _put(folder / name, content)
    names += [name for name in _BESIDE if (folder / name).exists()]
    for inside in _FOLDERS:
        names += sorted(
            path.relative_to(folder).as_posix()
            for path in (folder / inside).rglob("*")
            if path.is_file() and path.suffix not in {".br", ".gz", ".part"}
        )
    for name in names:
        written += _pack(folder / name)
    listed = "".join(f"{name}\n" for name in sorted(names)).encode()
    changed = _put(folder / LIST, listed)
    if written and not changed:
        (folder / LIST).touch()  # whoever serves the files reads them again
    return Baked(files=len(names), written=written)


def files_of(site: Site) -> Iterator[tuple[str, bytes]]:
    """Every file of a site but the roster's: name and content."""
    for name in _ASSETS:
        yield assets.asset(name), assets.content(name)
    for name, body in scripts_of():
        yield script_name(name), body
    for name, page in pages(site):
        yield name, page.encode()
    for language in PAGE_LANGUAGES:
        for path in FRAMES:
            yield frame_name(language, path), frame(site, language, path).encode()
    yield "data/progress.json", data.progress_json(site)
    yield "data/progress.csv", data.progress_csv(site)
    yield "data/corrections.json", data.corrections_json(site)
    yield "data/batches.csv", data.batches_csv(site.log)
    yield "data/feed.json", data.feed_json(site)
    yield "data/feed.xml", data.feed_atom(site)
    if site.log:
        for language, name in data.REPORTS.items():
            yield name, printing.pdf(reported(site, language))


def _pack(path: Path) -> bool:
    """Have the compressed forms of a file beside it; whether one was written."""
    content = path.read_bytes()
    if path.suffix not in _SQUEEZED or len(content) < _WORTH_PACKING:
        return False
    packed, zipped = Path(f"{path}.br"), Path(f"{path}.gz")
    newest = path.stat().st_mtime_ns
    if all(one.exists() and one.stat().st_mtime_ns >= newest for one in (packed, zipped)):
        return False
    _put(packed, brotli.compress(content, quality=11))
    _put(zipped, gzip.compress(content, 9, mtime=0))
    for one in (packed, zipped):
        one.touch()
    return True


def _put(path: Path, content: bytes) -> bool:
    """Have *content* at *path*; whether that was written."""
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    part = Path(f"{path}.part")
    part.write_bytes(content)
    part.replace(path)
    return True
