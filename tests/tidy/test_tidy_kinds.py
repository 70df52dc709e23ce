"""What people sign, and what the trail tells, has a name in words, in both languages."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

from amends.governance.actions import TRAIL
from amends.governance.telling import KINDS

SOURCE = Path(__file__).parents[2] / "src"


def kinds() -> Iterator[str]:
    """Every kind that a call of ``require_approval`` names, itself or by a constant."""
    for path in (SOURCE / "amends").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "require_approval(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("require_approval"):
                kind = node.args[1]
                if isinstance(kind, ast.Constant):
                    yield str(kind.value)
                elif isinstance(kind, ast.Name) and kind.id.isupper():
                    name = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
                    yield str(getattr(importlib.import_module(name), kind.id))


def test_every_kind_of_proposal_is_told_in_words() -> None:
    """A code in place of a name is nothing that somebody should sign."""
    found = set(kinds())
    assert len(found) > 15
    assert found - set(KINDS) == set()


def actions() -> Iterator[str]:
    """Every action that something is entered in the trail as, where the call names it."""
    for path in (SOURCE / "amends").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name in {"audit", "audit_in", "_audit", "add_to_log"}:
                words = [one.value for one in node.args if isinstance(one, ast.Constant)]
                yield from (str(one) for one in words if one != "system")


def test_every_action_of_the_trail_is_told_in_words() -> None:
    """An operator who reads Chinese reads what was done, and chooses it from a list."""
    found = set(actions())
    assert len(found) > 60
    assert found - set(TRAIL) == set()
