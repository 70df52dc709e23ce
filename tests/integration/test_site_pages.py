"""Every page of the public site in a real browser: readable by everybody, alone, light, true."""

import json
import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import brotli
import pytest

from amends.kernel.casefile import read_case
from amends.kernel.wording import lint
from amends.roster.entries import ANNULLED
from amends.web.public.app import app
from amends.web.public.baked import Baked
from amends.web.saying import PAGE_LANGUAGES
from amends.web.site.gathering import gather
from amends.web.site.pages import ERRORS, MENU, PAGES, REASONS
from amends.web.site.service import bake
from amends_verify import claim, verify
from chromium import Chromium, chromium
from made_site import CODE, LOOKS, SAMPLE, looked_at, sample_case, serving
from walked_site import FIRST_LOAD_BYTES, WIDTHS, baked_pages, faults, focus_faults

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


_CORRECTED = """fetched.set("../data/corrections.json",
  new TextEncoder().encode(JSON.stringify({corrections: [[%d, 600000, 30, 1], [%d, %d, 31, 2]]})));
null"""


_RECEIPT = """(async () => {
  const size = Number(decode(await file("checkpoint")).split("\\n")[1]);
  const listed = JSON.parse(decode(await file("../data/corrections.json")));
  return canonical(await correctionsOf(listed.entries[0][0], listed, size));
})()"""


_OWN_POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]*)"')


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

    Pages are those that were baked, so none is forgotten; languages and widths come by turns, and
    `bench/pages.py` looks at all of each. A page's first load is small in every language.
    """
    found, names = [], baked_pages(site)
    assert {f"{one}/{each.path}" for one in PAGE_LANGUAGES for each in PAGES} <= set(names)
    for at, name in enumerate(sorted(names, key=lambda one: one.partition("/")[::-1])):
        own = name.startswith(PAGE_LANGUAGES)
        if at % 3 != (at // 3) % 3 and own:  # the same page in another language has its turn
            continue
        page.look(width=WIDTHS[(at // 3) % 3], dark=(at // 3) % 2 == 1)
        page.open(f"{address}/{name}")
        found += [(name, one) for one in faults(page, address, own=own)]
        if at % 5 == 0 and own:
            found += [(name, one) for one in focus_faults(page)]
    assert found == []
    for name in names:
        text = (site / name).read_text(encoding="utf-8")
        parts = {name, *re.findall(r"assets/[a-z0-9.-]+", unescape(text))}
        sizes = [_sent(site / part) for part in parts]
        assert sum(sizes) <= FIRST_LOAD_BYTES, (name, sizes)


def test_pages_set_no_cookie_and_let_no_script_make_markup(site: Path) -> None:
    """What every baked page is answered with, and what it says itself wherever else it lies."""
    served = Baked(site)
    for name in baked_pages(site):
        answer = served.answer(f"/{name}", {})
        assert answer is not None
        headers = dict(answer.headers)
        own = _OWN_POLICY.findall((site / name).read_text("utf-8"))
        for policy in (headers["content-security-policy"], *map(unescape, own)):
            assert "default-src 'none'" in policy, name
            assert "require-trusted-types-for 'script'" in policy, name
        assert "set-cookie" not in headers


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
    mine = [re.sub("[0-9]+", "#", one) for one in page.requests() if "/lo" in one]
    assert any("/looks/" in one for one in mine)
    page.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    page.run('document.querySelector("[data-save]").click()')
    receipt = _downloaded(tmp_path / "receipt.txt")
    policy = verify.Policy((SAMPLE / "policy.txt").read_bytes())
    assert verify.receipt(receipt, policy)
    page.open(f"{address}/en/code.html")
    assert "Nothing is found" in page.run(_CODE % '"00000-00000-00000-00001-1"')
    others = [re.sub("[0-9]+", "#", one) for one in page.requests() if "/lo" in one]
    assert sorted(others) == sorted(mine)
    assert "21 letters" in page.run(_CODE % '"ABC"')
    assert "One symbol is wrong" in page.run(_CODE % json.dumps(f"Z{CODE[1:]}"))
    assert page.run(_CODE % '"<script>alert(1)</script>"').startswith("error: ")
    number = re.search(r"Number of your award\s+([0-9]+)", told)
    assert number
    for minor, shown in ((600_000, "CNY 6,000"), (0, "CNY 0")):
        page.open(f"{address}/en/code.html")
        page.run(_CORRECTED % (int(number[1]) + 1, int(number[1]), minor))
        corrected = page.run(_CODE % json.dumps(CODE))
        assert f"first it was CNY 5,000, now it is {shown}, because two awards" in corrected
        assert ("object: at a counter" in corrected) == (minor == 0)
    expected = "promised sent settled returned needs_person promised"  # the last came later
    assert page.run(_PARTS) == expected
    assert page.complaints() == []
    assert not any(CODE[:5] in one for one in page.requests())


def test_a_person_sees_who_looked_at_their_values(
    page: Chromium, tmp_path: Path, address: str
) -> None:
    """When, what and why, newest first, in each language; who was not looked at reads that, too."""
    expected = {
        "zh": ("2026年11月22日", "与付款有关的报文。事由：给您的付款没有成功。", "姓名、收款账号"),
        "zh-hant": (
            "2026年11月22日",
            "與付款有關的報文。事由：給您的付款沒有成功。",
            "姓名、收款帳號",
        ),
        "en": (
            "22 November 2026",
            "message about your payment. Reason: a payment",
            "name, account",
        ),
    }
    for language, (newest, first, second) in expected.items():
        page.open(f"{address}/{language}/code.html")
        told = page.run(_CODE % json.dumps(CODE))
        assert told.index(newest) < told.index(first) < told.index(second)
        assert page.run("""document.querySelectorAll("[data-looks] li").length""") == len(LOOKS)
        assert page.run("""document.querySelector("#result [data-nobody]")""") is None
        assert [one for one in faults(page, address) if not one.endswith(" requests")] == []
    other = sample_case(tmp_path / "case")
    looked_at(other, ())
    with serving(app(other.site)) as at:
        page.open(f"{at}/en/code.html")
        assert "Nobody has, as of 25 November 2026." in page.run(_CODE % json.dumps(CODE))
        assert page.run("""document.querySelector("#result [data-looks]")""") is None
    assert page.complaints() == []


def test_a_receipt_from_the_browser_proves_corrections(
    page: Chromium, address: str, site: Path
) -> None:
    """Those of the award, as the offline checker writes them into its receipts."""
    page.open(f"{address}/en/code.html")
    log = claim.Directory(site / "log")
    theirs = [claim.correction(log, at, one) for at, one in log.entries() if one[:1] == b"\5"]
    assert page.run(_RECEIPT) == verify.canonical(theirs).decode()
    assert len(theirs) == 1


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
                if answer not in {"", "nothing"}:
                    break
                time.sleep(0.02)
            assert answer == ("good" if good else "bad"), where
            page.run('document.getElementById("text").dispatchEvent(new Event("input"))')


def test_corrections_are_published_for_everybody_alike(site: Path) -> None:
    """One file has every corrected award with its amount, class and reason, and nothing else."""
    content = json.loads((site / "data" / "corrections.json").read_bytes())
    [[award, amount_minor, award_class, reason]] = content["corrections"]
    assert [[one[0], one[4], one[2], one[3]] for one in content["entries"]] == content[
        "corrections"
    ]
    decision = json.loads((site / "log" / "corrections" / "1.json").read_bytes())["body"]
    assert 0 <= award < 21
    assert (amount_minor, award_class) == (500_000 + decision["change_minor"], ANNULLED)
    assert reason in {one.code for one in REASONS}


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


def test_figures_stand_in_the_companys_own_words(tmp_path: Path) -> None:
    """The site fills the places that they leave as the announcement did; before it, none shows."""
    case = sample_case(tmp_path / "case")
    text = (case.root / "case.toml").read_text("utf-8")
    for before, after in (
        ("一份备份文件", "{people}人的备份"),
        ("offered it", "offered {records}"),
    ):
        text = text.replace(before, after)
    (case.root / "case.toml").write_text(text, encoding="utf-8")
    for told, zh, en in (
        (False, "有人复制了…人的备份，并在网上出售。", "offered … for sale online."),
        (True, "有人复制了20人的备份，并在网上出售。", "offered 1,234 for sale online."),
    ):
        if told:
            folder = case.site / "announcement"
            folder.mkdir()
            (folder / "announcement.json").write_text(json.dumps(_ANNOUNCED), encoding="utf-8")
        found = gather(read_case(case.root), MENU).what_happened
        assert found is not None
        assert found.zh == zh
        assert found.en.endswith(en)


_ANNOUNCED = {
    "document": {
        "version": 1,
        "words": {one: {"apology": {"paragraphs": ["-"]}} for one in ("zh", "en")},
        "figures": {
            "categories": [],
            "classes": [{"amount_minor": 500_000, "class": 0, "people": 20}],
            "currency": "CNY",
            "pay_by": "2026-11-24T12:00:00Z",
            "people": 20,
            "products": 8,
            "records": 1234,
            "total_minor": 10_000_000,
        },
    },
    "document_sha256": "0" * 64,
    "published_at": "2026-11-21T12:00:00Z",
}
"""What the site reads of an announcement that is out."""
