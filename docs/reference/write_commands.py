"""Writes docs/reference/commands.md from what the program says of itself: `make docs`."""

import os
from pathlib import Path

import click

from amends.cli import cli

PAGE = Path(__file__).with_name("commands.md")
HEAD = """# Commands

This page is what `amends --help` and the help of every command say (`make docs` writes it anew).

Progress goes to standard error, summaries to standard output. Exit codes: 0 done (also when some
people wait or need something: they are counted), 1 refused (`code: message` on standard error;
[all codes](errors.md)), 2 wrong usage, 3 waiting for an approval, 70 internal error.

Every command speaks Chinese and English: `--lang zh` or `--lang en`, before or behind the command;
without it AMENDS_LANG decides, else the locale (LC_ALL, LC_MESSAGES, LANG): zh… is Chinese, all
else English. Names and codes in JSON stay the same in both; `message` and notes are translated.
"""


def page() -> str:
    """The text of the page."""
    os.environ["COLUMNS"] = "100"
    parts = [HEAD]

    def describe(command: click.Command, name: str) -> None:
        if name != "amends":  # said once, above
            command.params = [each for each in command.params if each.name != "lang"]
        context = click.Context(command, info_name=name, terminal_width=100, max_content_width=100)
        parts.append(f"## `{name}`\n\n```text\n{command.get_help(context)}\n```\n")
        if isinstance(command, click.Group):
            for child in command.list_commands(context):
                found = command.get_command(context, child)
                if found is not None:
                    describe(found, f"{name} {child}")

    describe(cli, "amends")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
