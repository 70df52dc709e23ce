"""Pictures of the console's main pages for the docs, of a made-up case.

    python bench/console_pages.py CASE

It serves the case with development sign-in, as a caseworker and an approver who are made for it
where the case has none, and writes docs/pictures/console-*.webp. A case of real money is refused.
"""

import argparse
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from amends.access import service as access
from amends.access.model import Role
from amends.governance import service as governance
from amends.vault.opened import OpenCase, open_case
from amends.web.serving import Ports, serving
from chromium import Chromium, chromium

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
WIDTH, HEIGHT = 1366, 900
WORKER, READER = "picture.worker", "picture.reader"
SHOWN = (
    ("work-zh", WORKER, "zh", "/"),
    ("payouts-zh", WORKER, "zh", "/payouts"),
    ("payments-en", WORKER, "en", "/payments?state=refused&sort=-since"),
    ("payment-en", WORKER, "en", ""),
    ("stages-zh", WORKER, "zh", "/stages"),
    ("evidence-en", WORKER, "en", "/evidence/1"),
    ("review-en", READER, "en", "/review"),
    ("difference-zh", WORKER, "zh", "/runs/difference?from=1&to=2"),
    ("reconciliation-en", WORKER, "en", "/reconciliation"),
    ("audit-zh", WORKER, "zh", "/audit"),
)
_QUALITY = 60


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path)
    case = parser.parse_args().case
    with open_case(case) as opened:
        _operators(opened)
    with (
        serving(case, Ports(), development=True) as served,
        tempfile.TemporaryDirectory() as profile,
        chromium(Path(profile)) as page,
        open_case(case) as opened,
    ):
        page.look(width=WIDTH)
        tokens = {name: access.token_for(opened, name).token for name in (WORKER, READER)}
        for name, operator, language, path in SHOWN:
            _cookie(page, served.console, "__Host-amends", tokens[operator])
            _cookie(page, served.console, "__Host-language", language)
            page.open(served.console + (path or _payment(page, served.console)))
            taken = picture(page)
            (PICTURES / f"console-{name}.webp").write_bytes(taken)
            print(f"console-{name}.webp {len(taken):,} octets")


def _operators(opened: OpenCase) -> None:
    """A caseworker, and a reader, of whom nobody else knows."""
    known = {one.operator for one in access.accounts(opened)}
    for name, role in ((WORKER, Role.CASEWORKER), (READER, Role.READER)):
        if name not in known:
            governance.add_operator(opened, name)
            access.set_roles(opened, name, [role])


def _payment(page: Chromium, console: str) -> str:
    """A payment that came back."""
    page.open(f"{console}/payments?state=returned")
    return str(page.run("document.querySelector('.list tbody a').getAttribute('href')"))


def _cookie(page: Chromium, origin: str, name: str, value: str) -> None:
    page.call("Network.setCookie", name=name, value=value, url=origin, path="/", secure=True)


def picture(page: Chromium) -> bytes:
    """The upper part of a page as a small WebP."""
    whole = Image.open(io.BytesIO(page.picture())).convert("RGB")
    cut = whole.crop((0, 0, WIDTH, min(HEIGHT, whole.height)))
    small = io.BytesIO()
    cut.save(small, "WEBP", quality=_QUALITY, method=6)
    return small.getvalue()


if __name__ == "__main__":
    main()
