"""Every page of a site in a real browser: which there are, the way to each, what is wrong with it.

The list is the site's own: what was baked stands in ``pages.txt``, what is live has a frame. A page
that is added is walked without anybody naming it; a live page without a walk fails.
"""

import json
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

from amends.web.public.baked import LIST
from amends.web.public.frames import FRAMES
from amends.web.public.steps import CLAIM, SCAM
from chromium import Chromium

WIDTHS = (360, 768, 1366)
FIRST_LOAD_BYTES, REQUESTS = 40_000, 4
AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
_ASK = """axe.run(document, {
  resultTypes: ["violations"], rules: {"target-size": {enabled: true}},
}).then((found) => JSON.stringify(found.violations.map(
  (one) => [one.id, one.nodes.map((node) => node.html).slice(0, 3)])))"""
_ORDER = """(() => {
  const wrong = [], all = (what, within = document) => [...within.querySelectorAll(what)];
  const shown = (one) => one.checkVisibility() && !one.closest("[aria-hidden=true]");
  const main = document.querySelector("main");
  if (innerWidth < document.documentElement.scrollWidth) wrong.push("wider than its screen");
  const heads = all("h1, h2, h3, h4").filter(shown).map((one) => +one.tagName[1]);
  if (heads.filter((one) => one === 1).length !== 1) wrong.push(`not one first heading: ${heads}`);
  if (heads.some((one, at) => heads[at - 1] === 1 && one > 2 || one > heads[at - 1] + 1))
    wrong.push(`a heading is left out: ${heads}`);
  for (const one of all("[tabindex]"))
    if (one.tabIndex > 0) wrong.push(`an order of its own: ${one.outerHTML.slice(0, 80)}`);
  for (const one of all("a[href^='#']"))
    if (!document.getElementById(one.getAttribute("href").slice(1)))
      wrong.push(`leads nowhere: ${one.outerHTML}`);
  if (main && !document.querySelector("a.skip[href='#main']")) wrong.push("no way to skip");
  for (const one of main ? all("dd, td, li, p", main) : [])
    if (shown(one) && !one.textContent.trim() && !one.children.length)
      wrong.push(`empty: ${one.outerHTML.slice(0, 80)}`);
  return JSON.stringify(wrong);
})()"""
_FOCUSED = """(() => {
  const one = document.activeElement, style = getComputedStyle(one);
  const which = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const at = [...document.querySelectorAll(which)].indexOf(one);
  const outside = one === document.body;
  return JSON.stringify([at, outside, style.outlineStyle, one.outerHTML.slice(0, 80)]);
})()"""


def baked_pages(site: Path) -> list[str]:
    """The names of all pages that were baked."""
    names = (site / LIST).read_text(encoding="utf-8").splitlines()
    return [one for one in names if one.endswith(".html") and not one.startswith("frames/")]


def faults(page: Chromium, address: str, *, own: bool = True) -> list[str]:
    """What is wrong with the page that is shown; *own*: it is one of the site's, in its frame."""
    asked = page.requests()
    found = [f"asks {one}" for one in asked if not one.startswith((address, "data:"))]
    if own and len([one for one in asked if not one.startswith("data:")]) > REQUESTS:
        found.append(f"{len(asked)} requests")
    page.run(f"{AXE};null")
    found += [f"axe: {one}" for one in json.loads(page.run(_ASK))]
    found += json.loads(page.run(_ORDER)) if own else []
    return found + page.complaints()


def focus_faults(page: Chromium, most: int = 60) -> list[str]:
    """What is wrong when somebody goes through the page with the tabulator key alone."""
    found: list[str] = []
    last = -1
    page.run("document.activeElement.blur(); scrollTo(0, 0); null")
    for turn in range(most):
        for kind in ("keyDown", "keyUp"):
            page.call(
                "Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9
            )
        at, outside, outline, shown = json.loads(page.run(_FOCUSED))
        if outside or (turn and not at):  # at the end, and round again
            return found if turn else ["nothing takes the focus"]
        if at <= last:
            found.append(f"out of order: {shown}")
        if outline == "none":
            found.append(f"nobody sees the focus on {shown}")
        last = at
    return found


Look = Callable[[str], None]


def walk_live(page: Chromium, address: str, language: str, look: Look) -> set[str]:
    """Go through the live pages of a language by hand; *look* is called at each with its name.

    Returns the paths of those that were walked, to be held against FRAMES.
    """
    secret = _walk_claim(page, f"{address}/{language}/{CLAIM.path}", look)
    page.open(f"{address}/{language}/{SCAM.path}")
    look("scam")
    _press(page)
    look("scam, empty")
    _fill(page, {"number": "138 0001 0001", "when": "2026-11-20", "said": "They wanted a code."})
    _press(page)
    look("scam, received")
    page.open(f"{address}/{language}/status/")
    look("status")
    _press(page)
    look("status, empty")
    _fill(page, {"secret": secret})
    _press(page)
    look("status, found")
    return {CLAIM.path, SCAM.path, "status/"}


_ANSWERS = {
    "what": "They said that they were the help desk.",
    "when": "2026-11-20",
    "lost": "3000",
    "contact": "fake.person@example.com",
}


def _walk_claim(page: Chromium, path: str, look: Look) -> str:
    page.open(path)
    for question in CLAIM.questions:
        look(f"claim, {question.id}")
        if question.id == "what":
            _press(page)
            look("claim, empty")
        if question.kind == "choice":
            page.run(f"document.querySelector('[name={question.id}]').checked = true; null")
        elif question.id in _ANSWERS:
            _fill(page, {question.id: _ANSWERS[question.id]})
        _press(page)
    look("claim, all answers")
    _press(page)
    look("claim, received")
    secret = str(page.run("document.querySelector('.secret').textContent"))
    page.run("document.getElementById('ask').noValidate = true; null")
    _press(page)
    look("claim, not written down")
    page.run("document.querySelector('[name=saved]').checked = true; null")
    _press(page)
    look("claim, done")
    return secret


def _fill(page: Chromium, answers: dict[str, str]) -> None:
    for name, text in answers.items():
        page.run(f"document.getElementById({json.dumps(name)}).value = {json.dumps(text)}; null")


def _press(page: Chromium) -> None:
    """Press the page's own button, as a finger does, and wait for the next page."""
    page.follow("document.querySelector('main form#ask button[value=next]').click()")


def unwalked(walked: set[str]) -> Iterator[str]:
    """Live pages that have a frame and were not walked."""
    yield from sorted(set(FRAMES) - walked)
