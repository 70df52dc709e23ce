"""Every page of a case's site looked at in a real browser; pictures of the main ones for the docs.

    python bench/pages.py CASE [--pictures] [--quick]

Every page, baked and live, in every language at 360, 768 and 1366 pixels, light and dark: rules of
axe, order of headings and of the focus, pages wider than their screen, complaints of the browser,
requests to anybody else. It ends with 1 where something is found. With ``--pictures`` it writes the
main pages into docs/pictures, of a made-up case only; with ``--quick`` it does nothing else. It
sends a few messages to the case's inbox.
"""

import argparse
import io
import os
import re
import sys
import tempfile
from functools import partial
from pathlib import Path

from PIL import Image

from amends.inbox import opening
from amends.store import embedded
from amends.vault.opened import OpenCase, open_case
from amends.web.public.app import App, inbox_of
from amends.web.saying import PAGE_LANGUAGES
from amends.web.serving import PUBLIC_URL_VARIABLE
from amends.web.site.service import bake

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from chromium import Chromium, chromium
from made_site import serving
from walked_site import WIDTHS, baked_pages, faults, focus_faults, unwalked, walk_live

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
PHONE, LONG, DESK = (390, 844), (390, 1500), (1366, 900)
SHOWN = (
    ("home-zh", "zh/", PHONE, False),
    ("home-en", "en/", DESK, False),
    ("home-zh-hant", "zh-hant/", PHONE, False),
    ("affected-zh", "zh/affected.html", PHONE, False),
    ("result-zh", "zh/code.html", LONG, False),
    ("result-en", "en/code.html", LONG, True),
    ("progress-zh", "zh/progress.html", PHONE, False),
    ("progress-en", "en/progress.html", DESK, True),
    ("cheated-zh", "zh/cheated.html", PHONE, False),
    ("claim-zh", "zh/claim/", PHONE, False),
    ("claim-en", "en/claim/", PHONE, False),
    ("status-zh", "zh/status/", PHONE, False),
    ("receipt-en", "en/receipt.html", DESK, False),
    ("report-zh", "zh/report.html", DESK, False),
)
_CODE = re.compile(r"(?:<b>[0-9A-Z]{5}</b>){4}<b>[0-9A-Z]</b>")
_LOOKED_UP = """(async () => {
  document.getElementById("code").value = "%s";
  document.getElementById("ask").requestSubmit();
  for (let turn = 0; turn < 200 && !document.querySelector(".answer"); turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  document.activeElement.blur();
  document.getElementById("code").value = "";
  scrollTo(0, 0);
})()"""


def main() -> None:
    """Look, and write pictures if they are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path)
    parser.add_argument("--pictures", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    found: list[str] = []
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        open_case(arguments.case) as opened,
        serving(_application(opened)) as address,
        chromium(Path(profile)) as page,
    ):
        if not arguments.quick:
            views, found = look_at_all(page, address, opened.case.site)
            print(f"{views} views, {len(found)} with something wrong")
        if arguments.pictures and opened.case.file.made_up:
            _write_pictures(page, address, _code_in(arguments.case))
    for line in found:
        print(line)
    sys.exit(bool(found))


def _application(opened: OpenCase) -> App:
    """The public site of a case, with its forms."""
    bake(opened.case)
    conninfo = os.environ.get(PUBLIC_URL_VARIABLE) or embedded.public_conninfo(opened.case)
    inbox = inbox_of(conninfo, opening.recipient(opened), opening.numbers_key(opened).hex())
    return App(opened.case.site, inbox)


def look_at_all(page: Chromium, address: str, site: Path) -> tuple[int, list[str]]:
    """How many views there were, and what is wrong with any."""
    found: list[str] = []
    views = 0

    def look(language: str, name: str) -> None:
        nonlocal views
        for turn, width in enumerate(WIDTHS):
            page.look(width=width, dark=turn == 1)
            found.extend(f"{language}, {name} at {width}: {one}" for one in faults(page, address))
            views += 1

    for name in baked_pages(site):
        for turn, width in enumerate(WIDTHS):
            page.look(width=width, dark=turn == 1)
            page.open(f"{address}/{name}")
            own = name.startswith(PAGE_LANGUAGES)
            found.extend(f"{name} at {width}: {one}" for one in faults(page, address, own=own))
            views += 1
        if own:
            found.extend(f"{name}: {one}" for one in focus_faults(page))
    for language in PAGE_LANGUAGES:
        walked = walk_live(page, address, language, partial(look, language))
        found.extend(f"{one} was not walked" for one in unwalked(walked))
    return views, found


def _code_in(case: Path) -> str:
    """The receipt code in the last of the letters that the demo has left; or nothing."""
    letters = case / "letters.html"
    codes = _CODE.findall(letters.read_text(encoding="utf-8")) if letters.exists() else []
    return re.sub("<[^>]+>", "", codes[-1]) if codes else ""


def _write_pictures(page: Chromium, address: str, code: str) -> None:
    """The main pages, the newest over the old."""
    PICTURES.mkdir(exist_ok=True)
    for name, path, (width, height), dark in SHOWN:
        page.look(width=width, dark=dark)
        page.open(f"{address}/{path}")
        if "code.html" in path and code:
            page.run(_LOOKED_UP % code)
        (PICTURES / f"{name}.webp").write_bytes(_picture(page, width, height))
    sizes = [path.stat().st_size for path in PICTURES.glob("*.webp")]
    print(f"{len(sizes)} pictures, {sum(sizes) / 1000:,.0f} kB")


def _picture(page: Chromium, width: int, height: int) -> bytes:
    """The upper part of what is shown, as a small WebP."""
    whole = Image.open(io.BytesIO(page.picture())).convert("RGB")
    small = io.BytesIO()
    whole.crop((0, 0, width, min(height, whole.height))).save(small, "WEBP", quality=72, method=6)
    return small.getvalue()


if __name__ == "__main__":
    main()
