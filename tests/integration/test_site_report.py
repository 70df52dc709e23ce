"""The report to the authorities that everybody may have: made of what is published alone."""

import hashlib
import json
from pathlib import Path
from shutil import rmtree
from urllib.request import urlopen

import pytest
from defusedxml import ElementTree

from amends.kernel.casefile import read_case
from amends.web.public.app import app
from amends.web.saying import PAGE_LANGUAGES
from amends.web.site.gathering import gather
from amends.web.site.pages import MENU
from amends.web.site.service import bake
from made_announcement import CASE
from made_site import sample_case, serving
from read_pdf import NEVER_FIRST, seen

TITLES = {
    "zh": "给主管部门的报告",
    "en": "Report to the authorities",
    "zh-hant": "給主管機關的報告",
}
_ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published directory of the sample log, its pages baked."""
    return sample_case(tmp_path_factory.mktemp("case")).site


def test_it_says_what_is_published_in_every_language(site: Path) -> None:
    """Root, sums and people of the log, figures attached; for archives and for everybody."""
    case = read_case(site.parents[1])
    log = gather(case, MENU).log
    assert log is not None
    assert log.newest is not None
    for language in PAGE_LANGUAGES:
        found = seen((site / "data" / f"report.{language}.pdf").read_bytes())
        assert found.standards == {"pdfa part": "3", "pdfa conformance": "A", "pdfua part": "1"}
        assert found.language.startswith(language[:2])
        assert found.title == TITLES[language]
        assert all(found.fonts.values())
        assert log.root in found.text
        for line in log.newest.lines:
            if line.people:
                assert f"{line.people:,} {line.amount.display()}" in found.text
        assert [line for line in found.lines if line.startswith(NEVER_FIRST)] == []
        assert found.attached["progress.json"] == (site / "data/progress.json").read_bytes()


def test_the_same_publication_makes_the_same_bytes(site: Path, tmp_path: Path) -> None:
    """Who has a copy of the public files makes the same; again, nothing is written."""
    again = sample_case(tmp_path / "copy").site
    for language in PAGE_LANGUAGES:
        name = f"data/report.{language}.pdf"
        assert (again / name).read_bytes() == (site / name).read_bytes()
    assert bake(read_case(site.parents[1])).counts["site_files_written"] == 0


def test_pages_and_feeds_lead_to_it(site: Path) -> None:
    """The page of everything, the page to print, Atom and JSON name files that are served."""
    events = json.loads((site / "data/feed.json").read_bytes())["events"]
    (files,) = [one["files"] for one in events if one["files"]]
    feed = ElementTree.fromstring((site / "data/feed.xml").read_bytes())
    links = {one.get("href") for one in feed.iter(f"{_ATOM}link")}
    assert {f"data/{link}" for link in links} == set(files.values())
    with serving(app(site)) as address:
        for language, name in files.items():
            with urlopen(f"{address}/{name}") as got:  # noqa: S310 -- our own address
                assert got.headers["content-type"] == "application/pdf"
                body = got.read()
            assert body == (site / name).read_bytes()
            for page in ("transparency", "report"):
                text = (site / language / f"{page}.html").read_text("utf-8")
                assert f'href="../{name}"' in text
    assert (
        len({hashlib.sha256((site / name).read_bytes()).digest() for name in files.values()}) == 3
    )


def test_a_site_without_a_roster_has_no_report(tmp_path: Path) -> None:
    """Nothing is reported before there is something that can be checked."""
    (tmp_path / "case.toml").write_text(CASE, encoding="utf-8")
    case = read_case(tmp_path)
    bake(case)
    assert not list((case.site / "data").glob("*.pdf"))
    assert ".pdf" not in (case.site / "en" / "transparency.html").read_text("utf-8")
    rmtree(case.site)
