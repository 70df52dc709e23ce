"""The font of printed documents: Noto Sans CJK, from its package or from a folder that is named.

A distribution that has the font already names its folder in ``AMENDS_FONTS`` and leaves the package
out. The font is embedded, so a document looks alike everywhere; only what it uses of it travels.
"""

import os
from functools import cache
from pathlib import Path
from typing import Final

from amends.kernel.saying import said
from amends.printing.model import FontError

VARIABLE: Final = "AMENDS_FONTS"
FAMILIES: Final = {
    "zh": "Noto Sans CJK SC",
    "en": "Noto Sans CJK SC",
    "zh-hant": "Noto Sans CJK TC",
}
NARROW: Final = "Noto Sans CJK KR"
"""The face whose signs that Latin and Han share are as narrow as Latin has them."""
MONO: Final = "Noto Sans Mono CJK SC"
_FILE: Final = "NotoSansCJK-Regular.ttc"
_FIRST_PRINTABLE: Final = 0x20
_KEPT: Final = frozenset("\n")


def folder() -> Path:
    """Where the font lies.

    Raises:
        FontError: neither the package nor the folder that is named has it.
    """
    named = os.environ.get(VARIABLE)
    if named:
        found = Path(named)
    else:
        try:
            import noto_cjk_sans_otc  # noqa: PLC0415 -- who prints nothing needs no font
        except ModuleNotFoundError as error:
            raise _missing(VARIABLE) from error
        found = Path(str(noto_cjk_sans_otc.FONT_PATH)).parent
    if not (found / _FILE).is_file():
        raise _missing(found)
    return found


def _missing(where: object) -> FontError:
    return FontError(
        said(
            "there is no {file} ({where}): install the package noto-cjk-sans-otc, or name the "
            "folder that has the font in {variable}",
            file=_FILE,
            where=where,
            variable=VARIABLE,
        )
    )


def printable(text: str) -> str:
    """*text* with characters that the font does not have named by their number.

    An emoji in a reason must not keep a report from being printed, and nothing vanishes in silence.
    """
    known = _characters(folder())
    if all(ord(one) in known or one in _KEPT for one in text):
        return text
    return "".join(
        one if ord(one) in known or one in _KEPT else f"[U+{ord(one):04X}]" for one in text
    )


@cache
def _characters(found: Path) -> frozenset[int]:
    """Code points that every face of the font has a glyph for."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415 -- as above

    with TTFont(found / _FILE, fontNumber=0, lazy=True) as font:
        return frozenset(one for one in font.getBestCmap() if one >= _FIRST_PRINTABLE)
