"""Which language the command line speaks: ``--lang``, else AMENDS_LANG, else the locale's.

The choice is made from the arguments before any of them is read, so that usage errors and help
speak it, too, and ``--lang`` may stand before or behind the subcommand.
"""

import copy
import gettext
import inspect
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from amends.kernel.saying import LANGUAGES, Language, in_language, translation

VARIABLE = "AMENDS_LANG"
_OPTION = "--lang"
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set counts, as of POSIX
_CLICK = ("core", "exceptions", "formatting", "parser", "termui", "types", "decorators")
_chosen: Language = "en"


def language() -> Language:
    """The language that this command speaks."""
    return _chosen


def choose(arguments: Iterable[str], environment: Mapping[str, str]) -> None:
    """Speak the language that the arguments name, or the environment."""
    global _chosen  # noqa: PLW0603 -- one command line, one language
    _chosen = _named(arguments) or of_environment(environment)
    for name in _CLICK:  # click finds its words by gettext, which would need compiled catalogues
        module = getattr(click, name)
        module._ = _click_word
        module.ngettext = _click_number


def of_environment(environment: Mapping[str, str]) -> Language:
    """The language of *environment*: Chinese where it says so, else English."""
    named = environment.get(VARIABLE)
    if named is None:
        named = next((environment[name] for name in _LOCALE if environment.get(name)), "")
    return "zh" if named.lower().startswith("zh") else "en"


def _named(arguments: Iterable[str]) -> Language | None:
    """What ``--lang`` says; None where it is not there, or says what click has to refuse."""
    found = None
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            break
        name, _, value = argument.partition("=")
        if name == _OPTION:
            found = value or next(rest, "")
    return next((each for each in LANGUAGES if each == found), None)


def spoken(command: click.Command) -> click.Command:
    """*command* with ``--lang``, and its help and that of its parameters in the chosen language."""
    changed = copy.copy(command)
    changed.params = [_parameter(param) for param in command.params]
    if not any(_OPTION in param.opts for param in changed.params):
        changed.params.append(_parameter(language_option()))
    changed.help = None if command.help is None else _help(command.help)
    changed.short_help = None if command.short_help is None else _help(command.short_help)
    if command.options_metavar is not None:
        changed.options_metavar = _click_word(command.options_metavar)
    if isinstance(changed, click.Group):
        changed.subcommand_metavar = _click_word(changed.subcommand_metavar)
        changed.commands = {name: spoken(each) for name, each in changed.commands.items()}
    return changed


def language_option() -> click.Option:
    """``--lang``; the choice itself is made in :func:`choose`."""
    return click.Option(
        [_OPTION],
        type=click.Choice(LANGUAGES),
        expose_value=False,
        help="The language to speak (default: AMENDS_LANG, or the locale's).",
    )


def _parameter(param: click.Parameter) -> click.Parameter:
    changed = copy.copy(param)
    if isinstance(changed, click.Option) and changed.help is not None:
        changed.help = _help(changed.help)
    if isinstance(changed.type, click.Path):  # click names it when it is made, once
        kind = copy.copy(changed.type)
        kind.name = _click_word(_kind(kind))
        changed.type = kind
    return changed


def _kind(path: click.Path[Any]) -> str:
    """The word that click has for what a path may be."""
    if path.file_okay == path.dir_okay:
        return "path"
    return "file" if path.file_okay else "directory"


def help_paragraphs(text: str) -> list[str]:
    """The paragraphs of a help text, each one line, as they stand in the catalogue."""
    parts = inspect.cleandoc(text).split("\f")[0].split("\n\n")
    return [part if part.startswith("\b") else " ".join(part.split()) for part in parts if part]


def _help(text: str) -> str:
    if _chosen == "en":
        return text
    return "\n\n".join(in_language(part, _chosen) for part in help_paragraphs(text))


def _click_word(text: str) -> str:
    return translation(text, _chosen) or gettext.gettext(text)


def _click_number(one: str, many: str, count: int) -> str:
    found = translation(many, _chosen)
    return found or gettext.ngettext(one, many, count)


def tell(error: click.ClickException) -> None:
    """Show a wrong usage in the chosen language."""
    error.message = in_language(error.message, _chosen)  # type: ignore[misc]  # its last use
    error.show()


def speak(arguments: Sequence[str]) -> None:
    """Choose by *arguments* and this process's environment."""
    choose(arguments, os.environ)
