"""Every import contract is seen to fail on a violation, so that the picture is no decoration."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from amends.cli import _COMMANDS

ROOT = Path(__file__).parents[2]
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
}
# contract → (file that breaks it, line that does)
VIOLATIONS = {
    "rooms": ("amends/kernel/money.py", "import amends.store.connection"),
    "pure": ("amends/awards/rules.py", "import time"),
    "verifier": ("amends_verify/verify.py", "import amends.kernel.money"),
    "witness": ("amends_witness/server.py", "import aiohttp"),
    "simulators": ("amends/simulators/__init__.py", "import amends.payouts.service"),
    "door-governance": ("amends/ledger/service.py", "import amends.governance.store"),
    "door-access": ("amends/web/console/menus.py", "import amends.access.store"),
    "door-inbox": ("amends/web/console/menus.py", "import amends.inbox.store"),
    "public": ("amends/web/public/app.py", "import amends.vault.opened"),
    "door-ledger": ("amends/awards/service.py", "import amends.ledger.store"),
    "door-funding": ("amends/awards/service.py", "import amends.funding.store"),
    "door-statements": ("amends/funding/service.py", "import amends.statements.camt"),
    "flow-evidence": (
        "amends/evidence/categories/words.py",
        "import amends.evidence.readers.text",
    ),
    "door-evidence": ("amends/linkage/service.py", "import amends.evidence.store"),
    "flow-linkage": (
        "amends/linkage/weighing/records.py",
        "import amends.linkage.review.service",
    ),
    "door-linkage": ("amends/payees/service.py", "import amends.linkage.store"),
    "door-payees": ("amends/payouts/service.py", "import amends.payees.rules"),
    "door-awards": ("amends/payouts/service.py", "import amends.awards.store"),
    "door-claims": ("amends/cli/claims.py", "import amends.claims.store"),
    "flow-payouts": (
        "amends/payouts/planning/plan.py",
        "import amends.payouts.sending.dispatch",
    ),
    "door-payouts": ("amends/roster/service.py", "import amends.payouts.sending.store"),
    "door-roster": ("amends/cli/exports.py", "import amends.roster.store"),
    "door-notices": ("amends/cli/notices.py", "import amends.notices.store"),
    "door-announcement": ("amends/cli/announce.py", "import amends.announcement.store"),
    "door-reasons": ("amends/cli/explain.py", "import amends.reasons.store"),
}
SIDEWAYS = [
    ("amends/awards/service.py", "import amends.payees.service"),
    ("amends/evidence/service.py", "import amends.ledger.service"),
    ("amends/synth/__init__.py", "import amends.simulators"),
]


def lint(source: Path) -> "subprocess.CompletedProcess[str]":
    """Hold the contracts against the packages in *source*."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=source.parent,
        env=os.environ | {"PYTHONPATH": str(source), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def broken_copy(tmp_path: Path, file: str, line: str) -> Path:
    """The program with one violation in it."""
    source = tmp_path / "src"
    shutil.copytree(
        ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (source / file).open("a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")
    return source


def test_every_contract_has_a_violation_here() -> None:
    """A new contract comes with the violation that breaks it."""
    assert set(VIOLATIONS) == set(CONTRACTS)


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_contract_fails_on_its_violation(contract: str, tmp_path: Path) -> None:
    """The contract is reported broken when somebody breaks it."""
    result = lint(broken_copy(tmp_path, *VIOLATIONS[contract]))
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{CONTRACTS[contract]} BROKEN" in result.stdout


@pytest.mark.parametrize(("file", "line"), SIDEWAYS)
def test_rooms_on_one_line_do_not_import_each_other(file: str, line: str, tmp_path: Path) -> None:
    """Neighbours are strangers."""
    result = lint(broken_copy(tmp_path, file, line))
    assert f"{CONTRACTS['rooms']} BROKEN" in result.stdout


def test_an_unknown_room_is_noticed(tmp_path: Path) -> None:
    """The picture is exhaustive: a package that it does not have is an error."""
    source = broken_copy(tmp_path, "amends/__init__.py", "")
    (source / "amends" / "utils").mkdir()
    (source / "amends" / "utils" / "__init__.py").write_text("")
    assert lint(source).returncode == 1


def test_whoever_sets_no_document_does_not_load_what_sets_them() -> None:
    """The public process and most commands start without Typst, its font and what reads that."""
    code = (
        "import importlib, sys\n"
        f"for name in {sorted(set(_COMMANDS.values()))}:"
        " importlib.import_module('amends.cli.' + name)\n"
        "import amends.web.public.app, amends.web.console.app\n"
        "assert not {'typst', 'fontTools', 'noto_cjk_sans_otc'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_only_commands_that_compute_load_the_compiler() -> None:
    """Every other command starts without it, half a second earlier."""
    computing = {"begin", "evidence", "report", "review"}
    others = sorted(set(_COMMANDS.values()) - computing)
    assert others
    code = (
        "import importlib, sys\n"
        f"for name in {others}: importlib.import_module('amends.cli.' + name)\n"
        "import amends.payouts.service  # and whoever pays needs 90 MiB less\n"
        "assert 'numba' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
