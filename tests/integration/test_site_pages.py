"""Every page of the public site in a real browser: readable by everybody, alone, light, true."""

import json
import re
import time
from collections.abc import Iterator
from html import unescape
from importlib import resources
from pathlib import Path

import brotli
import pytest

from amends.kernel.casefile import read_case
from amends.kernel.wording import lint
from amends.web.public.app import app
from amends.web.saying import PAGE_LANGUAGES
from amends.web.site.pages import ERRORS, PAGES
from amends.web.site.service import bake
from amends_verify import verify
from chromium import Chromium, chromium
from made_site import CODE, SAMPLE, sample_case, serving

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
WIDTHS = (360, 768, 1366)
NAMES = [page.path for page in PAGES] + ["error-404.html", "maintenance.html"]
FIRST_LOAD_BYTES, REQUESTS = 40_000, 4
_ASK = (
    "axe.run(document, {resultTypes: ['violations']}).then((found) => JSON.stringify("
    "found.violations.map((one) => [one.id, one.nodes.map((node) => node.html).slice(0, 3)])))"
)
_CODE = """(async () => {
  document.getElementById("code").value = %s;
  document.getElementById("ask").requestSubmit();
  const box = document.getElementById("result"), error = document.getElementById("error");
  for (let turn = 0; turn < 200; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    if (!error.hidden) return "error: " + error.textContent;
    if (box.querySelector(".answer")) return box.innerText;
  }
  return "nothing";
})()"""
_PARTS = """(async () => {
  fetched.set("state/7/parts", new Uint8Array(96));
  for (const [at, part] of [[0, 3], [1, 4], [2]].entries())
    fetched.set(`state/7/${at}.bin.gz`, Uint8Array.from(part));
  return (await Promise.all([0, 1, 2, 3, 4, 5].map((award) => stateOf(award, 7)))).join(" ");
})()"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published directory, its pages baked."""
    return sample_case(tmp_path_factory.mktemp("case")).site


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """The public process over it."""
    with serving(app(site)) as at:
        yield at


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A browser."""
    with chromium(tmp_path_factory.mktemp("profile")) as made:
        yield made


def test_every_page_is_for_everybody(page: Chromium, address: str, site: Path) -> None:
    """No page breaks a rule of axe, is wider than its screen, complains, or asks anybody else.

    Each page in each language, the widths by turns; `bench/pages.py` looks at all three of each.
    """
    found = []
    for at, name in enumerate(NAMES):
        for turn, language in enumerate(PAGE_LANGUAGES):
            page.look(width=WIDTHS[(at + turn) % 3], dark=(at + turn) % 2 == 1)
            page.open(f"{address}/{language}/{name}")
            asked = page.requests()
            page.run(f"{AXE};null")
            broken = json.loads(page.run(_ASK))
            wide = page.run("document.documentElement.scrollWidth > innerWidth")
            foreign = [one for one in asked if not one.startswith(address)]
            if broken or wide or foreign or page.complaints() or len(asked) > REQUESTS:
                found.append((language, name, broken, wide, foreign, page.complaints()))
    assert found == []
    for name in NAMES:
        for language in PAGE_LANGUAGES:
            text = (site / language / name).read_text(encoding="utf-8")
            parts = {language + "/" + name, *re.findall(r"assets/[a-z0-9.-]+", unescape(text))}
            sizes = [_sent(site / part) for part in parts]
            assert sum(sizes) <= FIRST_LOAD_BYTES, (language, name, sizes)


def _sent(path: Path) -> int:
    """How many bytes of a file travel."""
    packed = Path(f"{path}.br")
    if not packed.exists():
        return path.stat().st_size
    assert brotli.decompress(packed.read_bytes()) == path.read_bytes()
    return packed.stat().st_size


def test_a_code_is_looked_up_in_the_browser(page: Chromium, address: str, tmp_path: Path) -> None:
    """A code gives amount, state and a receipt that verifies; one that opens nothing looks alike.

    Whoever serves the files sees as many of the same sizes, whether somebody is on the list or not.
    """
    page.look(width=360)
    page.open(f"{address}/en/code.html")
    told = page.run(_CODE % json.dumps(CODE.lower().replace("-", " ")))
    assert "You are on the list" in told
    assert "CNY 5,000" in told
    mine = [re.sub("[0-9]+", "#", one) for one in page.requests() if "/log/" in one]
    page.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    page.run('document.querySelector("[data-save]").click()')
    receipt = _downloaded(tmp_path / "receipt.txt")
    policy = verify.Policy((SAMPLE / "policy.txt").read_bytes())
    assert verify.receipt(receipt, policy)
    page.open(f"{address}/en/code.html")
    assert "Nothing is found" in page.run(_CODE % '"00000-00000-00000-00001-1"')
    others = [re.sub("[0-9]+", "#", one) for one in page.requests() if "/log/" in one]
    assert sorted(others) == sorted(mine)
    assert "21 letters" in page.run(_CODE % '"ABC"')
    assert "One symbol is wrong" in page.run(_CODE % json.dumps(f"Z{CODE[1:]}"))
    assert page.run(_CODE % '"<script>alert(1)</script>"').startswith("error: ")
    expected = "promised sent settled returned needs_person promised"  # the last came later
    assert page.run(_PARTS) == expected
    assert page.complaints() == []
    assert not any(CODE[:5] in one for one in page.requests())


def _downloaded(path: Path) -> bytes:
    """A file that the browser puts there."""
    for _ in range(400):
        if path.exists():
            return path.read_bytes()
        time.sleep(0.02)
    raise AssertionError("nothing was downloaded")


def test_a_receipt_is_checked_on_the_page_and_in_the_saved_file(
    page: Chromium, address: str, site: Path
) -> None:
    """The page of the site and the file that it gives away say the same of a receipt."""
    receipt = (SAMPLE / "receipt.txt").read_text(encoding="utf-8")
    for where in (f"{address}/en/receipt.html", (site / "check.html").as_uri()):
        page.open(where)
        for text, good in ((receipt, True), (receipt.replace("index ", "index 1"), False)):
            page.run(f'document.getElementById("text").value = {json.dumps(text)}')
            page.run('document.getElementById("check").click()')
            for _ in range(200):
                answer = page.run('document.getElementById("answer").className')
                if answer:
                    break
                time.sleep(0.02)
            assert answer == ("good" if good else "bad"), where
            page.run('document.getElementById("text").dispatchEvent(new Event("input"))')


def test_pages_say_what_may_be_said(site: Path) -> None:
    """No page holds a scam's word, an address of its own making, or a word of a bad apology."""
    allowed = ["www.example.com", "400-000-0000", "1069000000000000", "example.org"]
    found = []
    for language in PAGE_LANGUAGES:
        for path in sorted((site / language).glob("*.html")):
            if path.stem in {"receipt", "experts", "transparency", "batches", "progress"}:
                continue  # hashes and names of files, which are no words
            text = re.sub(
                r"<(script|template|head)\b.*?</\1>", "", path.read_text("utf-8"), flags=re.DOTALL
            )
            text = unescape(re.sub(r"<[^>]+>", "\n", text))
            found += [
                (path.name, language, one.rule, one.found) for one in lint(text, allowed=allowed)
            ]
    assert found == []


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    """A second baking writes nothing; a page that was lost or changed is made again."""
    case = sample_case(tmp_path / "case")
    assert bake(case).counts["site_files_written"] == 0
    home, gone = case.site / "zh" / "index.html", case.site / "en" / "progress.html"
    before = home.read_bytes()
    home.write_text("changed", encoding="utf-8")
    gone.unlink()
    bake(read_case(case.root))
    assert home.read_bytes() == before
    assert brotli.decompress(Path(f"{home}.br").read_bytes()) == before
    assert gone.exists()


def test_errors_have_pages(site: Path) -> None:
    """Whatever goes wrong has a page in each language."""
    for language in PAGE_LANGUAGES:
        for status in ERRORS:
            name = f"error-{status}.html" if status else "maintenance.html"
            assert "110" in (site / language / name).read_text(encoding="utf-8")
