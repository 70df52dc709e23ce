"""The checker of receipts, in two shapes: on a page of the site, and as the library of a script.

``check.html`` is one file that works when it is saved; it is the source of both, so what a page of
the site accepts is what the saved page accepts. Pure but for reading that file.
"""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Final

from minijinja import Markup

from amends.web import assets
from amends.web.saying import PageLanguage, spoken, traditional

_SCRIPT: Final = re.compile(r"<script>\n(.*?)</script>", re.DOTALL)
_LIBRARY_ENDS: Final = "// The page."
_SPEAKS: Final = 'speak(navigator.language.startsWith("zh") ? "zh" : "en");'
_BODY: Final = re.compile(r'(<label for="file">.*?)</main>', re.DOTALL)
_PAIR: Final = re.compile(r"<span lang=zh>(.*?)</span>\s*<span lang=en>(.*?)</span>", re.DOTALL)
_SAID: Final = re.compile(
    r'("[^"\n]*[\u4e00-\u9fff][^"\n]*")(,\s*)("[^"\n]*"(?:\s*\+\s*"[^"\n]*")*)'
)
"""A sentence of the script: Chinese, then English, of which several parts may be added up."""
_BUTTON: Final = '<button type="button" id="{language}"></button>'
_BUTTONS: Final = (
    f"<div hidden>{_BUTTON.format(language='zh')}{_BUTTON.format(language='en')}</div>"
)


@cache
def _page() -> str:
    return files("amends_verify").joinpath("check.html").read_text(encoding="utf-8")


def _script() -> str:
    found = _SCRIPT.search(_page())
    assert found is not None  # noqa: S101 - our own file
    return found[1]


@cache
def check_script(*, in_traditional: bool = False) -> bytes:
    """The script of the checker's page on the site, which speaks the page's language."""
    script = _script()
    assert _SPEAKS in script  # noqa: S101 - our own file
    script = script.replace(_SPEAKS, "speak(document.documentElement.lang);")
    return (_SAID.sub(_traditional, script) if in_traditional else script).encode()


def _traditional(pair: re.Match[str]) -> str:
    """The same sentence with its Chinese in traditional characters, as far as there are any."""
    english = " ".join("".join(pair[3].split('"')[1::2]).split())
    chinese = json.dumps(traditional().get(english), ensure_ascii=False)
    return pair[0] if chinese == "null" else chinese + pair[2] + pair[3]


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

    def in_one(pair: re.Match[str]) -> str:
        if spoken(language) == "en":
            return pair[2]
        return (
            traditional().get(" ".join(pair[2].split()), pair[1]) if language != "zh" else pair[1]
        )

    return Markup(_BUTTONS + _PAIR.sub(in_one, found[1]))
