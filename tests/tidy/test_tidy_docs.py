"""Docs under test: commands, codes and links are what they are said to be."""

import re
import runpy
import tomllib
from pathlib import Path

import click
import pytest

from amends.cli import cli
from amends.kernel.errors import AmendsError

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def commands(group: click.Group, prefix: str = "amends") -> list[tuple[str, click.Command]]:
    """Every command with its full name."""
    found: list[tuple[str, click.Command]] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        full = f"{prefix} {name}"
        found += commands(command, full) if isinstance(command, click.Group) else [(full, command)]
    return found


def subclasses(kind: type[AmendsError]) -> set[type[AmendsError]]:
    """All refusals there are."""
    return {kind}.union(*(subclasses(child) for child in kind.__subclasses__()))


def test_the_page_of_commands_is_what_the_program_says() -> None:
    """docs/reference/commands.md equals the program's own help; `make docs` writes it anew."""
    writer = runpy.run_path(str(ROOT / "docs" / "reference" / "write_commands.py"))
    written = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    assert written == writer["page"]()


def test_the_page_of_categories_is_what_the_program_says() -> None:
    """docs/reference/categories.md equals the program's own tables; `make docs` writes it anew."""
    writer = runpy.run_path(str(ROOT / "docs" / "reference" / "write_categories.py"))
    written = (ROOT / "docs" / "reference" / "categories.md").read_text(encoding="utf-8")
    assert written == writer["page"]()


def test_the_page_of_payees_states_is_what_the_program_does() -> None:
    """docs/reference/payee-states.md is drawn from the machine; `make docs` writes it anew."""
    writer = runpy.run_path(str(ROOT / "docs" / "reference" / "write_payee_states.py"))
    written = (ROOT / "docs" / "reference" / "payee-states.md").read_text(encoding="utf-8")
    assert written == writer["page"]()


def test_pinyin_of_headers_is_that_of_the_chinese_ones() -> None:
    """headers/pinyin.txt follows fields.txt; `make docs` writes it anew."""
    writer = runpy.run_path(str(ROOT / "docs" / "reference" / "write_pinyin.py"))
    assert writer["TABLE"].read_text(encoding="utf-8") == writer["table"]()


def test_every_refusal_is_documented() -> None:
    """docs/reference/errors.md names each code that a refusal can have."""
    commands(cli)  # imports every room
    page = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    codes = {kind.code for kind in subclasses(AmendsError) if kind.__module__.startswith("amends")}
    assert [code for code in sorted(codes) if f"`{code}`" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every link to a file of the repository finds it."""
    for target in re.findall(
        r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8")
    ):
        assert (page.parent / target).exists(), target


def test_decisions_are_listed() -> None:
    """docs/adr/README.md lists every decision."""
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    decisions = [path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")]
    assert [name for name in decisions if name not in index] == []


def test_the_picture_of_the_rooms_is_the_contract() -> None:
    """ARCHITECTURE.md draws the rooms in the order and on the lines that import-linter enforces."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "rooms")
    picture = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("```")[1]
    drawn = [
        " | ".join(match[1].split(" · "))
        for match in re.finditer(r"^ +([a-z]+(?: · [a-z]+)*)(?: {2,}|$)", picture, re.MULTILINE)
    ]
    assert drawn == layers
