"""A sentence remembers its parts, and the catalogues have them all."""

import ast
import json
import re
import string
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest

import amends
from amends.kernel import saying
from amends.kernel.saying import both, in_language, joined, kept, recalled, said

_SOURCE = Path(amends.__file__).parent
_CATALOGUES = sorted((_SOURCE / "kernel" / "words" / "zh").glob("*.po"))


def _templates() -> Iterator[tuple[Path, str]]:
    """Every template that the code says."""
    for path in sorted(_SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "said"
                and isinstance(node.args[0], ast.Constant)
            ):
                yield path, str(node.args[0].value)


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_a_sentence_is_a_text_and_is_said_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values keep their form, and a sentence inside a sentence is translated with it."""
    words = {
        "{people:,} people wait: {why}": "{people:,} 人等待：{why}",
        "for a reader": "等待复核",
    }
    monkeypatch.setattr(saying, "catalogue", {"zh": words}.__getitem__)
    sentence = said("{people:,} people wait: {why}", people=7000, why=said("for a reader"))
    assert sentence == "7,000 people wait: for a reader"
    assert in_language(sentence, "zh") == "7,000 人等待：等待复核"
    assert in_language(sentence, "en") == sentence
    assert in_language("never translated", "zh") == "never translated"


def test_a_sentence_that_comes_in_both_languages_needs_no_catalogue() -> None:
    """Alone and inside another one, each reader has their own."""
    reason = both(zh="赔偿不附条件", en="it has no conditions {at all}")
    assert reason == "it has no conditions {at all}"
    assert in_language(reason, "zh") == "赔偿不附条件"
    assert in_language(joined(["a", reason], ": "), "zh") == "a: 赔偿不附条件"
    assert in_language(joined(["a", reason], ": "), "en") == f"a: {reason}"


def test_sentences_are_joined_and_kept_with_their_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of sentences, and one that was stored, can still be said in Chinese."""
    words = {
        "{people:,} wait": "{people:,} 人等待",
        "nobody else": "没有别人",
        "{left}; {right}": "{left}；{right}",
    }
    monkeypatch.setattr(saying, "catalogue", {"zh": words}.__getitem__)
    both = joined([said("{people:,} wait", people=7000), "a file", said("nobody else")], "; ")
    assert both == "7,000 wait; a file; nobody else"
    assert in_language(both, "zh") == "7,000 人等待；a file；没有别人"
    again = recalled(json.loads(json.dumps(kept(both))))
    assert again == both
    assert in_language(again, "zh") == in_language(both, "zh")
    assert recalled(kept("as it is")) == "as it is"


def test_every_sentence_has_its_chinese() -> None:
    """Nobody who reads Chinese is left with a sentence in English."""
    words = saying.catalogue("zh")
    missing = [f"{path.name}: {text}" for path, text in _templates() if text not in words]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("path", _CATALOGUES, ids=lambda path: path.stem)
def test_a_translation_has_the_same_places(path: Path) -> None:
    """A place that the other language does not have would be lost, or break the sentence."""
    for entry in polib.pofile(str(path)):
        assert _fields(entry.msgid) == _fields(entry.msgstr), entry.msgid
        words = re.sub(r"{[^}]*}", "", entry.msgid)
        chinese = re.search("[\u4e00-\u9fff]", entry.msgstr)
        assert chinese or not re.search("[A-Za-z]", words), entry.msgid
