"""Frames: the pages around the forms, baked like every page. Pure.

A form's page is a baked frame with a title and a text put into it, so the process that answers
forms need not know the case.
"""

from typing import Final

from amends.web.saying import PageLanguage

STATUS: Final = "status/"
FRAMES: Final = ("claim/", "scam/", STATUS)
"""Paths of the live pages below the language."""
TITLE: Final = "<!--title-->"
MAIN: Final = "<!--main-->"


def frame_name(language: PageLanguage, path: str) -> str:
    """The name of a frame's file."""
    return f"frames/{language}-{path.strip('/')}.html"
