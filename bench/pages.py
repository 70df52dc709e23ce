"""Every page of a case's site looked at in a real browser; pictures of the main ones for the docs.

    python bench/pages.py CASE [--pictures]

Every page in every language at 360, 768 and 1366 pixels, light and dark: rules of axe, pages wider
than their screen, complaints of the browser, requests to anybody else. It ends with 1 where one is
found. With ``--pictures`` it writes the main pages into docs/pages as small PNG, of a made-up case
only; with ``--quick`` it looks at nothing else.
"""

import argparse
import io
import json
import sys
import tempfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from PIL import Image

from amends.kernel.casefile import read_case
from amends.web.public.app import app
from amends.web.saying import PAGE_LANGUAGES
from amends.web.site.pages import ERRORS, PAGES
from amends.web.site.service import bake

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from chromium import Chromium, chromium
from made_site import serving

PICTURES = Path(__file__).parents[1] / "docs" / "pages"
WIDTHS = (360, 768, 1366)
NAMES = [page.path for page in PAGES] + [
    f"error-{status}.html" if status else "maintenance.html" for status in ERRORS
]
SHOWN = (
    ("home-zh-phone", "zh/index.html", 390, 844),
    ("home-en-desk", "en/index.html", 1366, 900),
    ("affected-zh-phone", "zh/affected.html", 390, 844),
    ("progress-zh-phone", "zh/progress.html", 390, 844),
    ("progress-en-desk", "en/progress.html", 1366, 900),
    ("receipt-zh-phone", "zh/receipt.html", 390, 844),
    ("cheated-zh-phone", "zh/cheated.html", 390, 844),
)
COLOURS = 32
_AXE = resources.files("axe_playwright_python").joinpath("axe.min.js")
_ASK = (
    "axe.run(document, {resultTypes: ['violations']}).then((found) => JSON.stringify("
    "found.violations.map((one) => [one.id, one.nodes.map((node) => node.html).slice(0, 3)])))"
)


def main() -> None:
    """Look, and write pictures if they are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path)
    parser.add_argument("--pictures", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    case = read_case(arguments.case)
    bake(case)
    with (
        tempfile.TemporaryDirectory() as profile,
        serving(app(case.site)) as address,
        chromium(Path(profile)) as page,
    ):
        found = [] if arguments.quick else list(faults(page, address))
        if arguments.pictures and case.file.made_up:
            for name, path, width, height in SHOWN:
                taken = picture(page, f"{address}/{path}", width, height)
                (PICTURES / f"{name}.png").write_bytes(taken)
    for line in found:
        print(line)
    views = 0 if arguments.quick else len(NAMES) * len(PAGE_LANGUAGES) * len(WIDTHS)
    print(f"{views} views of {len(NAMES)} pages, {len(found)} with something wrong")
    sys.exit(bool(found))


def faults(page: Chromium, address: str) -> Iterator[str]:
    """What is wrong with any page."""
    axe = _AXE.read_text(encoding="utf-8")
    for turn, width in enumerate(WIDTHS):
        page.look(width=width, dark=turn == 1)
        for language in PAGE_LANGUAGES:
            for name in NAMES:
                page.open(f"{address}/{language}/{name}")
                foreign = [one for one in page.requests() if not one.startswith(address)]
                page.run(f"{axe};null")
                broken = json.loads(page.run(_ASK))
                wide = page.run("document.documentElement.scrollWidth > innerWidth")
                complaints = page.complaints()
                if broken or wide or foreign or complaints:
                    yield f"{language}/{name} at {width}: {broken} {wide} {foreign} {complaints}"


def picture(page: Chromium, address: str, width: int, height: int) -> bytes:
    """The upper part of a page as a small PNG."""
    page.look(width=width)
    page.open(address)
    whole = Image.open(io.BytesIO(page.picture())).convert("RGB")
    cut = whole.crop((0, 0, width, min(height, whole.height)))
    small = io.BytesIO()
    cut.quantize(COLOURS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    main()
