"""Sentences for people, in the language of whoever reads them.

A sentence is written once, in English, where it is said: ``said("{number:,} wait", number=7)``. It
is an ordinary text, and it remembers its parts, so that whoever prints it can say it in another
language. The other language is a catalogue of gettext's form for each room, ``words/zh/ROOM.po``,
whose ``msgid`` is the sentence as it stands in the code.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

_WORDS = Path(__file__).parent / "words"


Language = Literal["zh", "en"]
"""Which languages Amends speaks."""

LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
"""All of them, Chinese first."""


_SIGNS: Final = {", ": "{left}, {right}", "; ": "{left}; {right}"}
"""How two parts stand beside each other, as the catalogues have it."""


class Said(str):
    """A sentence in English that can be said in another language.

    ``template`` is what stands in the catalogue; ``values`` are the parts that vary, by name.
    """

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, object]


class _Both(Said):
    """A sentence whose Chinese stands beside it and in no catalogue."""

    __slots__ = ("zh",)

    zh: str


def both(*, zh: str, en: str) -> Said:
    """A sentence that comes in both languages, from a file of data."""
    sentence = _Both(en)
    sentence.template, sentence.values, sentence.zh = "{text}", {"text": en}, zh
    return sentence


def said(template: str, /, **values: object) -> Said:
    """The sentence *template* with *values* in its places, written as of ``str.format``."""
    sentence = Said(template.format(**values))
    sentence.template, sentence.values = template, values
    return sentence


def joined(parts: Iterable[str], separator: str = "\n") -> Said:
    """Sentences one after the other, each of which can be said in another language.

    Another language has its own signs for ``", "`` and ``"; "``, too.
    """
    parts = list(parts)
    if separator in _SIGNS and len(parts) > 1:
        middle = len(parts) // 2  # halves of halves: a long row is no deep one
        left, right = joined(parts[:middle], separator), joined(parts[middle:], separator)
        return said(_SIGNS[separator], left=left, right=right)
    values = {f"part_{number}": part for number, part in enumerate(parts)}
    return said(separator.join(f"{{{name}}}" for name in values), **values)


def kept(text: str) -> object:
    """*text* as JSON that remembers its parts, for a store that is read again."""
    if not isinstance(text, Said):
        return text
    values = {name: kept(v) if isinstance(v, str) else v for name, v in text.values.items()}
    return {"template": text.template, "values": values}


def recalled(content: object) -> str:
    """The sentence that :func:`kept` has made to JSON."""
    if not isinstance(content, dict):
        return str(content)
    values = {
        name: recalled(value) if isinstance(value, dict) else value
        for name, value in content["values"].items()
    }
    return said(content["template"], **values)


def in_language(text: str, language: Language) -> str:
    """*text* in *language*; in English where the catalogues do not have it.

    A value that is itself a :class:`Said` is translated, too.
    """
    if isinstance(text, _Both):
        return text.zh if language == "zh" else str(text)
    if language == "en" or not isinstance(text, Said):
        return translation(text, language) or str(text)
    values = {
        name: in_language(value, language) if isinstance(value, Said) else value
        for name, value in text.values.items()
    }
    return (translation(text.template, language) or text.template).format(**values)


def translation(template: str, language: Language) -> str | None:
    """What the catalogues of *language* say for *template*, if they have it."""
    if language == "en":
        return None
    return catalogue(language).get(template)


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every sentence of *language*, from the catalogues of all rooms."""
    import polib  # noqa: PLC0415 -- English needs none of it

    return {
        entry.msgid: entry.msgstr
        for path in sorted((_WORDS / language).glob("*.po"))
        for entry in polib.pofile(str(path))
        if entry.msgstr and not entry.obsolete
    }
