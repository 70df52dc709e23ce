"""Every `amends …` that a page shows is one that the program takes."""

import re
import shlex
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click
import pytest

from amends.cli import cli
from amends.cli.stages import award as stage

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_DOMAIN = re.compile(r"amends \w+ v[0-9]+")
"""What hashes and signatures begin with; it reads like a command and is none."""
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(amends [^`]+)`")
_LANG = click.Option(["--lang"], type=click.Choice(["zh", "en"]))
_PLACEHOLDER = re.compile(r"[A-Z][A-Z_-]*$")


def shown(page: Path) -> Iterator[str]:
    """The command lines of a page, without the program's name: in shells and in sentences."""
    text = page.read_text(encoding="utf-8")
    for language, block in _FENCE.findall(text):
        for line in block.splitlines() if language == "sh" else []:
            yield from _of_shell(line)
    for line in _INLINE.findall(_FENCE.sub("", text)):
        if not _DOMAIN.fullmatch(line):
            yield " ".join(line.split()).removeprefix("amends ")


def _of_shell(line: str) -> Iterator[str]:
    """The commands of ours in a line of a shell: ``;`` between them, ``#`` before a comment."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";")
    lexer.whitespace_split = True
    for last, words in groupby(lexer, key=lambda word: word == ";"):
        name, *rest = words
        if not last and name.removeprefix(".venv/bin/") == "amends":
            yield shlex.join(rest)


def faults(line: str) -> list[str]:
    """What the program does not take of a line.

    Options in brackets may be left out, ``a|b`` is either, capitals stand for a value.
    """
    words = [word for word in shlex.split(re.sub(r"[\[\]…]", " ", line)) if word]
    command, name = _command(words)
    if command is None:
        return [f"no command: {line}"]
    given, wrong = _parted(command, words)
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    if len(given) > len(arguments) and all(one.nargs == 1 for one in arguments):
        wrong.append(f"too many for {name}")
    wrong += [
        f"{value} is no choice"
        for argument, value in zip(arguments, given, strict=False)
        if not _may_be(argument.type, value)
    ]
    return [f"{why}: {line}" for why in wrong]


def _parted(command: click.Command, words: list[str]) -> tuple[list[str], list[str]]:
    """The arguments among *words*, and what is wrong with the options among them."""
    options = {"--help": click.Option(["--help"], is_flag=True), "--lang": _LANG}
    options |= {
        name: one
        for one in command.params
        if isinstance(one, click.Option)
        for name in (*one.opts, *one.secondary_opts)
    }
    given: list[str] = []
    wrong: list[str] = []
    while words:
        word = words.pop(0)
        name, equals, _ = word.partition("=")
        if word == "-" or not word.startswith("-"):
            given.append(word)
        elif name not in options:
            wrong.append(f"no option {name}")
        elif not options[name].is_flag and not equals:
            values, words[:] = words[: options[name].nargs], words[options[name].nargs :]
            kind = options[name].type
            wrong += [f"{value} is no {name}" for value in values if not _may_be(kind, value)]
    return given, wrong


def _command(words: list[str]) -> tuple[click.Command | None, str]:
    """The command that the first words name, which are taken away; of ``a|b`` the last.

    None where there is none. What is no name in a group with a command of its own is that one's.
    """
    chosen: click.Command | None = cli
    name = "amends"
    while isinstance(chosen, click.Group) and words and not words[0].startswith("-"):
        group, context = chosen, click.Context(chosen)
        found = [group.get_command(context, each) for each in words[0].split("|")]
        if None not in found:
            name = f"{name} {words.pop(0)}"
            chosen = found[-1]
        elif name == "amends award":
            return stage, name
        elif name == "amends funding" and words[0].isupper():
            return group.get_command(context, "show"), name
        else:
            return None, name
    return chosen, name


def _may_be(kind: click.ParamType[object], value: str) -> bool:
    """Whether a value, or each of ``a|b``, can stand for a choice; all else may."""
    if not isinstance(kind, click.Choice) or _PLACEHOLDER.match(value):
        return True
    return all(one in kind.choices for one in value.split("|"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_a_page_are_taken(page: Path) -> None:
    """No page names a command, an option or a choice that is not there, or too many arguments."""
    assert [one for line in shown(page) for one in faults(line)] == []


@pytest.mark.parametrize(
    "line",
    [
        "corect CASE",
        "payee shwo CASE",
        "receipt CASE N",
        "correct CASE --tell 1",
        "correct CASE --channel pigeon",
        "export secrets CASE --to FILE",
        "review list|nxt CASE",
    ],
)
def test_what_the_program_does_not_take_is_found(line: str) -> None:
    """Each kind of mistake is one that the check sees."""
    assert faults(line)


def test_pages_show_commands() -> None:
    """The check reads shells and sentences, and what it reads is not nothing."""
    first_day = set(shown(ROOT / "docs" / "tutorials" / "first-day.md"))
    assert {"init case received/", "operator add case li", "check case"} <= first_day
