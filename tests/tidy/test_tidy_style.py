"""The house style, as far as a program can see it. Each message names what to do instead."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_FUNCTION_LINES = 75
MAX_MODULE_LINES = 600
MAX_VERIFIER_LINES = 300
SELFCHECK = ROOT / "src" / "amends" / "roster" / "selfcheck.py"
# Spelled in two halves, so that this file does not contain what it looks for.
FORBIDDEN = ("pypi." + "org", "python" + "hosted", "registry." + "npmjs", "deb." + "debian")
MACHINE_PATH = re.compile(r"(^|[\s\"'=(])/(work|root|farm|home)/")


@cache
def tracked(suffix: str = "") -> tuple[Path, ...]:
    """The files of the repository, as git knows them."""
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    paths = (ROOT / name for name in listing.stdout.decode().splitlines())
    return tuple(path for path in paths if path.name.endswith(suffix) and path.is_file())


def sources() -> tuple[Path, ...]:
    """Python files of the program."""
    return tuple(path for path in tracked(".py") if path.is_relative_to(ROOT / "src"))


def definitions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a file."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_no_file_names_a_registry_or_a_machine() -> None:
    """The repository speaks of the project alone: no index address, no path of a machine."""
    found = []
    for path in tracked():
        if path.suffix in {".parquet", ".png", ".webp"} or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.name}: {word}" for word in FORBIDDEN if word in text]
        found += [f"{path.name}: {match[0]}" for match in MACHINE_PATH.finditer(text)]
    assert found == []


def test_functions_and_modules_are_short() -> None:
    """A function fits on a screen; a module is split at a noun."""
    long = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in sources()
        for node in definitions(path)
        if (node.end_lineno or 0) - node.lineno >= MAX_FUNCTION_LINES
    ]
    long += [
        str(path.relative_to(ROOT))
        for path in tracked(".py")
        if len(path.read_text(encoding="utf-8").splitlines()) > MAX_MODULE_LINES
    ]
    assert long == []


def test_each_verifier_is_read_in_a_sitting() -> None:
    """The outsiders' files, their page and the publisher's own one, in lines of ordinary width."""
    files = [path for path in tracked(".py") if path.parent.name == "amends_verify"]
    files.append(SELFCHECK)
    texts = {path.name: path.read_text(encoding="utf-8").splitlines() for path in files}
    assert texts.keys() >= {"verify.py", "audit.py", "report.py", "tiles.py", "selfcheck.py"}
    page = SELFCHECK.parents[2] / "amends_verify" / "check.html"  # all of it, words and style too
    texts["check.html"] = page.read_text(encoding="utf-8").splitlines()
    assert [name for name, lines in texts.items() if len(lines) > MAX_VERIFIER_LINES] == []
    wide = {"check.html": 118}
    assert [n for n, lines in texts.items() if max(map(len, lines)) > wide.get(n, 100)] == []


def imported_by(path: Path) -> set[str]:
    """The modules of this repository that a file imports from, by their full names."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    found = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name for name in found if name.startswith("amends")}


def test_each_verifier_stands_by_itself() -> None:
    """None imports code that writes what it reads; verify.py, copied alone, imports none."""
    verifier = ROOT / "src" / "amends_verify"
    assert imported_by(verifier / "verify.py") == set()
    assert imported_by(verifier / "tiles.py") == {"amends_verify.verify"}
    others = {f"amends_verify.{name}" for name in ("report", "tiles", "verify")}
    assert imported_by(verifier / "audit.py") == others
    says = {"amends.kernel.errors", "amends.kernel.saying", "amends.roster.model"}
    assert imported_by(SELFCHECK) == says


def test_one_place_commits() -> None:
    """Only the unit of work decides that something lasts."""
    places = [
        str(path.relative_to(ROOT / "src"))
        for path in sources()
        if re.search(r"\.commit\(|autocommit", path.read_text(encoding="utf-8"))
        and path.parent.name != "store"
        and "simulators" not in path.parts
    ]
    assert places == [], "use Database.unit_of_work() instead"


def test_truth_is_for_yardsticks_only() -> None:
    """No code of the program reads the truth files; the generator only writes them."""
    readers = [
        str(path.relative_to(ROOT / "src"))
        for path in sources()
        if "truth-" in path.read_text(encoding="utf-8") and "synth" not in path.parts
    ]
    assert readers == []


def test_every_test_says_what_is_true() -> None:
    """Each test has a sentence that says what holds."""
    silent = [
        f"{path.name}: {node.name}"
        for path in tracked(".py")
        if path.is_relative_to(ROOT / "tests")
        for node in definitions(path)
        if node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_no_mocks_of_our_own_code() -> None:
    """There is a simulator for every outside party, and nothing of ours is replaced in tests."""
    words = ("mock." + "patch", "Magic" + "Mock", "monkeypatch.setattr(" + '"amends')
    found = [
        f"{path.name}: {word}"
        for path in tracked(".py")
        if path.is_relative_to(ROOT / "tests")
        for word in words
        if word in path.read_text(encoding="utf-8")
    ]
    assert found == []


@pytest.mark.parametrize("path", tracked(".sql"), ids=lambda p: p.name)
def test_statements_are_named_and_ordered(path: Path) -> None:
    """Constraints have names, and no LIMIT goes without ORDER BY."""
    text = path.read_text(encoding="utf-8")
    code = re.sub(r"--[^\n]*", "", text)
    for statement in code.split(";"):
        assert "LIMIT" not in statement or "ORDER BY" in statement
        for line in statement.splitlines():
            if re.search(r"^\s*(CHECK|UNIQUE|PRIMARY KEY|FOREIGN KEY)\b", line):
                pytest.fail(f"unnamed constraint: {line.strip()}")


def test_verifier_uses_the_standard_library_only() -> None:
    """A stranger needs Python and nothing else to check the roster."""
    import sys  # noqa: PLC0415  # only this test needs it

    for path in (ROOT / "src" / "amends_verify").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                assert top in sys.stdlib_module_names or top == "amends_verify", name


def test_witness_needs_cryptography_and_nothing_else() -> None:
    """Whoever runs a witness installs Python and one library."""
    import sys  # noqa: PLC0415  # only these tests need it

    tops = set()
    for path in (ROOT / "src" / "amends_witness").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                tops |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                tops.add((node.module or "").split(".")[0])
    assert tops - set(sys.stdlib_module_names) == {"amends_witness", "cryptography"}
