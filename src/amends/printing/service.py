"""Sets a document as PDF by Typst: PDF/A-3a and PDF/UA-1, the same bytes for the same words.

Every heading, list, table and picture is tagged, the language is named, fonts are embedded. PDF/A-3
is the only form of archive that may carry files for programs. Typst is started in this process and
reads nothing: no file, no network, no clock.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from amends.printing import fonts
from amends.printing.model import Attached, Document

if TYPE_CHECKING:
    import typst

STANDARDS: Final[list[Literal["a-3a", "ua-1"]]] = ["a-3a", "ua-1"]
"""PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1)."""
MEDIA_TYPE: Final = "application/pdf"
_REGIONS: Final = {
    "zh": ("zh", "CN", "hans"),
    "en": ("en", "GB", ""),
    "zh-hant": ("zh", "TW", "hant"),
}


def pdf(document: Document) -> bytes:
    """The document as a PDF file.

    Raises:
        FontError: there is no font to print with.
    """
    import typst  # noqa: PLC0415 -- 84 MB of program, which few commands need

    compiler = typst.Compiler(
        files("amends.printing").joinpath("document.typ").read_bytes(),
        root=Path(str(files("amends.printing"))),
        font_paths=_faces(fonts.folder()),
        ignore_system_fonts=True,
        sys_inputs={"document": _given(document, fonts.printable)},
    )
    made = compiler.compile(
        format="pdf", pdf_standards=list(STANDARDS), timestamp=document.made_at.astimezone(UTC)
    )
    assert isinstance(made, bytes)  # noqa: S101 - one file, and no path was given
    return made


@cache
def _faces(folder: Path) -> "typst.Fonts":
    """The faces of the font; who has printed once has them."""
    import typst  # noqa: PLC0415 -- as above

    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)]
    )


def _given(document: Document, printable: Callable[[str], str]) -> str:
    """What the template is given: texts, and nothing that it would read as markup."""
    language, region, script = _REGIONS[document.language]
    made: dict[str, Any] = {
        "language": language,
        "region": region,
        "script": script,
        "family": fonts.FAMILIES[document.language],
        "narrow": fonts.NARROW,
        "mono": fonts.MONO,
        "numbered": document.numbered,
        "title": document.title,
        "subtitle": document.subtitle,
        "author": document.author,
        "foot": document.foot,
        "lead": document.lead,
        "warning": document.warning,
        "parts": [
            {"kind": type(part).__name__.lower()}
            | {
                name: sorted(value) if isinstance(value, frozenset) else value
                for name, value in asdict(part).items()
            }
            for part in document.parts
        ],
    }
    made = _printed(made, printable)
    made["attached"] = [_attached(one) for one in document.attached]
    return json.dumps(made, ensure_ascii=False)


def _attached(one: Attached) -> dict[str, str]:
    return {
        "name": one.name,
        "content": one.content.decode(),
        "type": one.media_type,
        "told": one.told,
    }


def _printed(value: Any, printable: Callable[[str], str]) -> Any:  # noqa: ANN401 -- a tree of JSON
    """The same tree, in which every text can be printed."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {name: _printed(one, printable) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_printed(one, printable) for one in value]
    return value
