"""Looks into a PDF with what did not write it: pypdf at its structure, PDFium at its text."""

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2
from defusedxml import ElementTree
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

_PDFA, _PDFUA = "{http://www.aiim.org/pdfa/ns/id/}", "{http://www.aiim.org/pdfua/ns/id/}"
NEVER_FIRST = tuple("。，、；：！？）》」』”’")
"""Signs that no line of Chinese begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a file says of itself, and what stands in it."""

    standards: dict[str, str]
    language: str
    title: str
    marked: bool
    tags: Counter[str]
    pictures: list[str]
    fonts: dict[str, bool]
    attached: dict[str, bytes]
    lines: list[str]

    @property
    def text(self) -> str:
        """All of its text."""
        return "\n".join(self.lines)


def seen(content: bytes) -> Seen:
    """Read a file. ``pictures``: the words for each; ``fonts``: whether each is embedded."""
    reader = PdfReader(io.BytesIO(content), strict=True)
    root: Any = reader.root_object
    about = ElementTree.fromstring(root["/Metadata"].get_data())
    standards = {
        one.tag.replace(_PDFA, "pdfa ").replace(_PDFUA, "pdfua "): str(one.text)
        for one in about.iter()
        if one.tag.startswith((_PDFA, _PDFUA))
    }
    elements = list(_elements(root["/StructTreeRoot"]["/K"]))
    assert reader.metadata is not None
    return Seen(
        standards=standards,
        language=str(root["/Lang"]),
        title=str(reader.metadata.title),
        marked=bool(root["/MarkInfo"]["/Marked"]),
        tags=Counter(str(one["/S"]).removeprefix("/") for one in elements),
        pictures=[str(one["/Alt"]) for one in elements if str(one["/S"]) == "/Figure"],
        fonts=dict(_fonts(reader)),
        attached={name: held[0] for name, held in reader.attachments.items()},
        lines=lines_of(content),
    )


def lines_of(content: bytes) -> list[str]:
    """The lines of all pages, as they are seen."""
    with pypdfium2.PdfDocument(content) as document:
        return [
            line.strip()
            for page in document
            for line in page.get_textpage().get_text_range().splitlines()
            if line.strip()
        ]


def _elements(node: Any) -> Iterator[DictionaryObject]:  # noqa: ANN401 -- a tree of PDF
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for one in node:
            yield from _elements(one)
    elif isinstance(node, DictionaryObject) and "/S" in node:
        yield node
        if "/K" in node:
            yield from _elements(node["/K"])


def _fonts(reader: PdfReader) -> Iterator[tuple[str, bool]]:
    for page in reader.pages:
        resources: Any = page["/Resources"]
        for one in resources["/Font"].values():
            font = one.get_object()
            below = font["/DescendantFonts"][0].get_object()
            yield str(font["/BaseFont"]), "/FontFile3" in below["/FontDescriptor"]
