"""Whoever reads Chinese is never left with English: refusals, prints, counts and help texts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import polib
import pytest

import amends
from amends.cli import cli
from amends.cli.language import help_paragraphs
from amends.kernel.errors import AmendsError
from amends.kernel.saying import catalogue
from amends.web.saying import traditional
from amends.web.site import checker

_SOURCE = Path(amends.__file__).parent
_HAN = re.compile('[^"<>\\n]*[\u4e00-\u9fff][^"<>\\n]*')


def _calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every call in the program: where, the name that is called, and the call."""
    for path in sorted(_SOURCE.rglob("*.py")):
        name = str(path.relative_to(_SOURCE))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield f"{name}:{node.lineno}", ast.unparse(node.func), node


def _bare(node: ast.expr) -> bool:
    """A text with words that is written where it is used, and not said."""
    texts = [node] if isinstance(node, ast.Constant) else getattr(node, "values", [])
    return any(
        isinstance(text, ast.Constant) and bool(re.search("[A-Za-z]{2}", str(text.value)))
        for text in texts
    )


def _refusals(kind: type[AmendsError] = AmendsError) -> Iterator[str]:
    yield kind.__name__
    for child in kind.__subclasses__():
        yield from _refusals(child)


def _commands(group: click.Group) -> Iterator[click.Command]:
    yield group
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command)
        else:
            yield command


def test_refusals_are_said() -> None:
    """No refusal carries a sentence that cannot be translated."""
    list(_commands(cli))  # imports every room
    names = {*_refusals(), "UsageError"}
    bare = [
        f"{where} {name}"
        for where, name, call in _calls()
        if name.rpartition(".")[2] in names and call.args and _bare(call.args[0])
    ]
    assert bare == [], "write said(…)"


def test_prints_are_said() -> None:
    """The command line prints sentences through `say`, which translates them."""
    bare = [
        where
        for where, name, call in _calls()
        if name in {"click.echo", "click.confirm", "click.prompt", "print"}
        and call.args
        and (_bare(call.args[0]) or ast.unparse(call.args[0]).startswith("said("))
        and where.split("/")[0] == "cli"
        and "({took:.1f} s)" not in ast.unparse(call)  # seconds
        and "frame.lineno" not in ast.unparse(call)  # a line of a traceback
    ]
    assert bare == [], "write say(said(…))"


def test_help_has_its_chinese() -> None:
    """Every command, argument and option explains itself in both languages."""
    words = catalogue("zh")
    texts = [
        text
        for command in _commands(cli)
        for text in [command.help, *(getattr(param, "help", None) for param in command.params)]
        if text is not None
    ]
    missing = {part for text in texts for part in help_paragraphs(text) if part not in words}
    assert not missing, "\n".join(sorted(missing))


def test_counts_have_their_chinese() -> None:
    """What a summary counts has a name in Chinese."""
    words = catalogue("zh")
    names = {
        key.value.removesuffix("_minor").replace("_", " ")
        for _, name, call in _calls()
        if name == "StageSummary"
        for keyword in call.keywords
        if keyword.arg == "counts"
        for node in ast.walk(keyword.value)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }
    assert sorted(name for name in names if name not in words) == []


def test_sentences_have_their_chinese() -> None:
    """What is said anywhere, and what a template of the console says, stands in a catalogue."""
    said_in_code = {
        str(call.args[0].value)
        for _, name, call in _calls()
        if name == "said" and isinstance(call.args[0], ast.Constant)
    }
    templates = (_SOURCE / "web" / "console" / "templates").glob("*.html")
    in_pages = {
        match[1]
        for path in templates
        for match in re.finditer(r'\b_\("([^"]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(said_in_code) > 2_000
    assert sorted((said_in_code | in_pages) - set(catalogue("zh"))) == []


def test_no_sentence_stands_in_two_catalogues() -> None:
    """A sentence has one Chinese, whoever says it."""
    places: dict[str, set[str]] = {}
    for path in (_SOURCE / "kernel" / "words" / "zh").glob("*.po"):
        for entry in polib.pofile(str(path)):
            places.setdefault(entry.msgid, set()).add(entry.msgstr)
    assert {text: said for text, said in places.items() if len(said) > 1} == {}


@pytest.mark.parametrize("path", sorted((_SOURCE / "kernel" / "words" / "zh").glob("*.po")))
def test_catalogues_have_no_doubles(path: Path) -> None:
    """A catalogue names each sentence once."""
    texts = [entry.msgid for entry in polib.pofile(str(path))]
    assert sorted(texts) == sorted(set(texts))


def _page_sentences() -> Iterator[str]:
    """Every sentence of the public pages: what templates say, and what their code does."""
    for path in sorted((_SOURCE / "web" / "public").rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        yield from (match[1] for match in re.finditer(r'\b_\("([^"]+)"', text))
    for where, name, call in _calls():
        inside = where.startswith(("web/public/", "web/site/", "inbox/"))
        if inside and name == "said" and isinstance(call.args[0], ast.Constant):
            yield str(call.args[0].value)


def test_pages_have_their_chinese_twice() -> None:
    """A sentence of a public page stands in simplified and in traditional Chinese."""
    sentences = set(_page_sentences())
    assert len(sentences) > 300
    for words in (catalogue("zh"), traditional()):
        assert sorted(sentences - set(words)) == []
    fields = re.compile(r"\{[^}]*\}")
    for english, chinese in traditional().items():
        assert sorted(fields.findall(english)) == sorted(fields.findall(chinese)), english


def test_the_checker_has_its_chinese_twice_and_each_of_its_pages_one_language() -> None:
    """Every sentence of check.html, of its form and of its script; the saved page shows two."""
    form, script = str(checker.checker("zh")), checker.check_script("zh").decode()
    for simplified, traditional_too in (
        (form, str(checker.checker("zh-hant"))),
        (script, checker.check_script("zh-hant").decode()),
    ):
        pairs = zip(_HAN.findall(simplified), _HAN.findall(traditional_too), strict=True)
        same = {one for one, other in pairs if one == other}
        assert {one for one in same if one not in traditional().values()} == set()
    assert _HAN.findall(str(checker.checker("en"))) == []
    assert _HAN.findall(checker.check_script("en").decode()) == []
    assert "lang=en>" not in form.replace('data-put="en" lang=en>', "")
