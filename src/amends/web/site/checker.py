"""The checker of receipts, in two shapes: on a page of the site, and as the library of a script.

``check.html`` is one file that works when it is saved; it is the source of both, so what a page of
the site accepts is what the saved page accepts. The file says everything in Chinese and, beneath,
in English; a page of the site says it once, in its own language. Pure but for reading that file.
"""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Final

from minijinja import Markup

from amends.web import assets
from amends.web.saying import PageLanguage, traditional

_SCRIPT: Final = re.compile(r"<script>\n(.*?)</script>", re.DOTALL)
_LIBRARY_ENDS: Final = "// The page."
_BODY: Final = re.compile(r'(<p><label for="file">.*?)</main>', re.DOTALL)
_TOLD: Final = re.compile(r"(?<=>)([^<>]+)<span\s+lang=en>(.*?)</span>", re.DOTALL)
"""A sentence of the page: Chinese, then English."""
_SAID: Final = re.compile(r'("[^"\n]*[\u4e00-\u9fff][^"\n]*"),\s*("[^"\n]*")')
"""A sentence of the script: Chinese, then English."""


@cache
def _page() -> str:
    return files("amends_verify").joinpath("check.html").read_text(encoding="utf-8")


def _script() -> str:
    found = _SCRIPT.search(_page())
    assert found is not None  # noqa: S101 - our own file
    return found[1]


def _in(language: PageLanguage, chinese: str, english: str) -> str:
    """A sentence in the language of a page."""
    known = " ".join(english.split())
    if language == "en":
        return known
    return traditional().get(known, chinese) if language == "zh-hant" else chinese


@cache
def check_script(language: PageLanguage) -> bytes:
    """The script of the checker's page on the site, which speaks the page's language alone."""

    def said_once(pair: re.Match[str]) -> str:
        text = _in(language, json.loads(pair[1]), json.loads(pair[2]))
        return f'{json.dumps(text, ensure_ascii=False)}, ""'

    return _SAID.sub(said_once, _script()).encode()


@cache
def code_script() -> bytes:
    """The script of the page that looks up a code: the checker's library, and ours behind it."""
    library, found, _ = _script().partition(_LIBRARY_ENDS)
    assert found  # noqa: S101 - our own file
    return library.encode() + assets.content("code.js")


def checker(language: PageLanguage) -> Markup:
    """The form of ``check.html`` in one language, for a page of the site."""
    found = _BODY.search(_page())
    assert found is not None  # noqa: S101 - our own file
    return Markup(_TOLD.sub(lambda pair: _in(language, pair[1], pair[2]), found[1]))
