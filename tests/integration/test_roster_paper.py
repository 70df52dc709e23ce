"""Both printed pages in a real browser: one sheet of A4, legible, and their squares can be read."""

import re
import subprocess
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from html import unescape
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from amends.kernel.case import CaseFile, Text
from amends.kernel.categories import CATEGORIES
from amends.kernel.wording import lint
from amends.roster import codes, letters
from amends.roster.model import Proved
from amends.roster.publication import Chosen, receipt_text
from amends_verify import claim, verify
from chromium import browser
from roster_logs import BOUND, CODES, KEY, VALUES, MadeLog, case_file

A4 = (595, 842)
"""Points, rounded."""
CODE = CODES[1]
LONG = replace(
    case_file(),
    title=Text(
        zh="二〇二六年输入法浏览器搜索安全游戏视频音乐用户信息泄露案" * 2,
        en="The 2026 leak of " * 7,
    ),
    controller=Text(
        zh="智政信息科技集团股份有限公司" * 2, en="Zhizheng Information Technology Group " * 2
    ),
)


def printed(page: bytes, folder: Path) -> pypdfium2.PdfDocument:
    """The page as Chromium prints it."""
    source, target = folder / "page.html", folder / "page.pdf"
    source.write_bytes(page)
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    flags += ["--disable-background-networking", "--disable-component-update"]
    flags += [f"--user-data-dir={folder / 'profile'}"]
    command = [browser(), *flags, "--no-pdf-header-footer", f"--print-to-pdf={target}"]
    subprocess.run([*command, source.as_uri()], check=True, capture_output=True, timeout=120)
    return pypdfium2.PdfDocument(target)


def squares(pdf: pypdfium2.PdfDocument, *, dots_per_inch: int = 200) -> list[str]:
    """What a scanner reads on the sheet."""
    picture = pdf[0].render(scale=dots_per_inch / 72).to_pil()
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def words(pdf: pypdfium2.PdfDocument) -> str:
    """The text on the sheet, without line breaks."""
    return re.sub(r"\s+", "", pdf[0].get_textpage().get_text_range())


def full_receipt() -> str:
    """The longest receipt: a log of 2^23 entries, all categories, a correction, all opened."""
    log = MadeLog(people=20).begin()
    path = tuple(sha256(b"%d" % n).digest() for n in range(23))
    opening = replace(log.openings[1], categories=";".join(sorted(CATEGORIES)))
    values = {name: str(value) for name, value in VALUES.items()}
    log.correct((1, 1, 1, 600_000))
    proved = [
        Proved(index=8_388_600 + n, entry=log.log[n], path=path) for n in (3, len(log.log) - 1)
    ]
    note = KEY.checkpoint(8_388_608, bytes(range(200, 232)))
    cosigned = "".join(
        f"— witness{n}.example {b64encode(sha256(b'%d' % n).digest() * 3)[:104].decode()}\n"
        for n in range(5)
    )
    return receipt_text(
        BOUND,
        1,
        opening,
        proved[0],
        proved[1:],
        checkpoint=note + cosigned,
        chosen=Chosen(categories=True, values=values),
    )


@pytest.mark.parametrize(
    ("file", "square"), [(case_file(), False), (case_file(), True), (LONG, True)]
)
def test_the_page_with_the_code_is_one_sheet(
    tmp_path: Path, file: CaseFile, *, square: bool
) -> None:
    """One A4 in Chromium; the code can be read on it, and by a scanner, if it has a square."""
    pdf = printed(letters.code_pages(file, KEY.origin, [CODE], square=square), tmp_path)
    assert len(pdf) == 1
    assert tuple(round(side) for side in pdf[0].get_size()) == A4
    assert codes.written(CODE).replace("-", "") in words(pdf)
    assert "没有它，钱也照样付给您。" in words(pdf)
    assert "Youarepaidwithoutit." in words(pdf)
    found = squares(pdf)
    assert len(found) == int(square)
    assert all(codes.given(KEY.origin, text) == CODE for text in found)


@pytest.mark.parametrize(("file", "longest"), [(case_file(), False), (LONG, True)])
def test_the_receipt_on_paper_is_one_sheet_and_the_whole_receipt(
    tmp_path: Path, file: CaseFile, *, longest: bool
) -> None:
    """One A4 in Chromium, also of the longest; what a scanner reads of it is the receipt again."""
    log = MadeLog(people=20).begin()
    text = full_receipt() if longest else log.receipt(1)
    pdf = printed(letters.receipt_page(file, text), tmp_path)
    assert len(pdf) == 1
    assert tuple(round(side) for side in pdf[0].get_size()) == A4
    (read,) = squares(pdf, dots_per_inch=300)
    assert claim.unpapered(read) == text.encode()
    if not longest:
        policy = verify.Policy(log.policy.encode())
        assert "Verified: award 1" in verify.receipt(claim.unpapered(read), policy)
    assert "CNY5,000.00" in words(pdf)
    assert "它不证明" in words(pdf)
    assert "Itdoesnotprove" in words(pdf)


def test_a_receipt_of_the_model_case_is_small() -> None:
    """With a path of 22 steps and three cosignatures it has at most 4 kB."""
    log = MadeLog(people=20).begin()
    path = tuple(sha256(b"%d" % n).digest() for n in range(22))
    proved = Proved(index=2_999_999, entry=log.log[3], path=path)
    note = KEY.checkpoint(3_000_002, bytes(32)) + f"— witness.example {'A' * 104}\n" * 3
    text = receipt_text(BOUND, 1, log.openings[1], proved, checkpoint=note)
    assert len(text.encode()) <= 4_096


def test_letters_are_large_enough_for_old_people() -> None:
    """Text is 14 pt in Chinese and 12 in English, black on white; only hashes are smaller."""
    style = Path(letters.__file__).with_name("letters.css").read_text(encoding="utf-8")
    rules = dict(re.findall(r"([^{}]+)\{([^{}]*)\}", style))
    sizes = {
        name.strip(): [float(size) for size in re.findall(r"(\d+(?:\.\d+)?)pt[/; ]", rule)]
        for name, rule in rules.items()
        if "font" in rule
    }
    assert sizes["body"] == [14.0]
    small = {name for name, found in sizes.items() if found and max(found) < 12}
    assert small == {".proof dt, .proof dd"}
    assert sizes[".code"][-1] >= 28
    assert set(re.findall(r"(?<![-\w])(?:color|background): ([^;]+);", style)) == {"#000", "#fff"}


@pytest.mark.parametrize("square", [False, True])
def test_pages_hold_no_link_no_script_and_nothing_from_elsewhere(*, square: bool) -> None:
    """Nothing is fetched or run, nobody is led anywhere, and every sentence passes the lint."""
    log = MadeLog(people=20).begin()
    pages = [
        letters.code_pages(case_file(), KEY.origin, [CODE], square=square),
        letters.receipt_page(case_file(), log.receipt(1)),
    ]
    for page in pages:
        html = page.decode()
        assert not re.search(r"<a\b|<script|<img|href=|src=|url\(|https?://(?!www\.w3\.org)", html)
        html = re.sub(r"<style>.*?</style>|<dl class=\"proof\">.*?</dl>", "", html, flags=re.DOTALL)
        text = unescape(re.sub(r"<[^>]*>", "\n", html))
        for group in codes.written(CODE).split("-"):
            text = text.replace(group, "#")
        assert lint(text) == []


def test_names_cannot_write_into_the_page() -> None:
    """What the case file or a person says is text, whatever it looks like."""
    file = replace(case_file(), title=Text(zh="<b>x</b>", en="<script>"))
    assert b"<script>" not in letters.code_pages(file, KEY.origin, [CODE], square=True)
    assert b"<b>x" not in letters.receipt_page(file, MadeLog(people=20).begin().receipt(1))


def test_the_receipt_on_paper_says_nothing_of_the_code() -> None:
    """Whoever sees the receipt learns no code and no seed."""
    log = MadeLog(people=20).begin()
    page = letters.receipt_page(case_file(), log.receipt(1)).decode()
    assert codes.written(CODE) not in page
    assert log.openings[1].seed.hex() not in page + letters.paper_text(log.receipt(1))


@pytest.mark.parametrize(
    "broken",
    [
        lambda t: t[:-4],
        lambda t: t[5:],
        lambda t: t[:40] + ("1" if t[40] == "0" else "0") + t[41:],
        lambda t: t.lower(),
        lambda t: t + "AAA",
    ],
)
def test_a_square_that_was_not_read_whole_makes_no_receipt(broken: Callable[[str], str]) -> None:
    """Cut, changed or of another kind: refused."""
    text = letters.paper_text(MadeLog(people=20).begin().receipt(1))
    with pytest.raises((verify.RosterError, *verify.MALFORMED)):
        claim.unpapered(broken(text))
