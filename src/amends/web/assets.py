"""Stylesheet and scripts, each under a name that holds its hash: it can be kept for ever."""

from functools import cache
from hashlib import sha256
from importlib.resources import files

FOLDER = "assets"
_DIGITS = 10


@cache
def asset(name: str) -> str:
    """The path of ``style.css`` below the site's root: ``assets/style-0123456789.css``."""
    stem, _, ending = name.rpartition(".")
    return f"{FOLDER}/{stem}-{sha256(content(name)).hexdigest()[:_DIGITS]}.{ending}"


@cache
def content(name: str) -> bytes:
    """The bytes of a file in ``web/static``."""
    return files("amends.web").joinpath("static", name).read_bytes()
