"""The sample roster in docs/, and the page that tells a journalist how to check it."""

import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from amends.roster import selfcheck as publishers
from amends_verify import verify
from amends_verify.audit import Audit
from amends_verify.verify import Policy, RosterError

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "docs" / "sample"
PAGE = (ROOT / "docs" / "tutorials" / "check-a-roster.md").read_text(encoding="utf-8")
ENGLISH, CHINESE = PAGE.split("\n## 中文\n")
# Commands, with the output that stands below them, if it does.
BLOCKS = re.compile(r"^```sh\n(.*?)^```(?:\n\n```text\n(.*?)^```)?", re.MULTILINE | re.DOTALL)


def test_the_sample_is_what_its_script_writes() -> None:
    """docs/sample holds, byte by byte, what write_sample.py makes, and nothing else."""
    made = runpy.run_path(str(SAMPLE / "write_sample.py"))["files"]()
    paths = [path for path in SAMPLE.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    there = {path.relative_to(SAMPLE).as_posix(): path.read_bytes() for path in paths}
    del there["write_sample.py"]
    assert there.keys() == made.keys()
    assert [name for name in made if there[name] != made[name]] == [], "run `make docs`"


def test_the_sample_passes_every_reader() -> None:
    """Audit with claim buckets, receipt and the publisher's own reading of the policy agree."""
    text = (SAMPLE / "policy.txt").read_text(encoding="utf-8")
    note = (SAMPLE / "log" / "checkpoint").read_bytes()
    said = Audit(SAMPLE / "log", Policy(text.encode())).run(claims=True)
    assert "20 awards" in said
    assert "TEST KEYS" in text
    assert "测试密钥" in text
    size, root = Policy(text.encode()).checkpoint(note)[1:]
    head = publishers.accepted(note, publishers.parse_policy(text))
    assert (head.size, head.root, sorted(head.cosigned)) == (size, root, ["notary", "press"])


def test_one_cosignature_less_is_not_enough() -> None:
    """The policy asks for two of three witnesses: with one line cut off, it says who is missing."""
    policy = Policy((SAMPLE / "policy.txt").read_bytes())
    note = (SAMPLE / "log" / "checkpoint").read_bytes()
    with pytest.raises(RosterError, match="missing: school, notary"):
        policy.checkpoint(note[: note.rindex(b"\n", 0, -1) + 1])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What a journalist has: the sample and the verifier's folder, in a place of their own."""
    shutil.copytree(SAMPLE, tmp_path / "docs" / "sample")
    shutil.copytree(ROOT / "src" / "amends_verify", tmp_path / "src" / "amends_verify")
    return tmp_path


@pytest.mark.parametrize("section", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_each_command_of_the_page_does_what_it_says(checkout: Path, section: str) -> None:
    """Every block runs as it stands, and says what stands below it, but for line breaks."""
    (checkout / "bin").mkdir()
    (checkout / "bin" / "python3").symlink_to(sys.executable)
    environment = {
        "LC_ALL": "C.UTF-8",
        "PATH": f"{checkout / 'bin'}:{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    blocks = BLOCKS.findall(section)
    for commands, output in blocks:
        done = subprocess.run(
            ["bash", "-c", commands],
            cwd=checkout,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == ("changed" in commands), done.stdout
        assert done.stdout.startswith(("NOT VERIFIED", "核对没有通过")) is ("changed" in commands)
        if output:
            assert done.stdout.split() == output.split()
    assert len(blocks) >= 4


def test_both_languages_show_the_same_commands() -> None:
    """Chinese and English readers are told the same commands, in the same order, but for zh.py."""
    english, chinese = (
        [line for commands, _ in BLOCKS.findall(section) for line in commands.splitlines()]
        for section in (ENGLISH, CHINESE)
    )
    assert [line.replace("/zh.py", "/verify.py") for line in chinese] == english


def test_a_name_in_the_sample_is_found_in_no_file_of_it() -> None:
    """The names and numbers behind the sample's awards are sealed, also in practice."""
    values = runpy.run_path(str(SAMPLE / "write_sample.py"))["values_of"]
    files = [path for path in (SAMPLE / "log").rglob("*") if path.is_file()]
    published = b"".join(path.read_bytes() for path in files)
    for award in range(21):
        for value in filter(None, values(award).values()):
            assert str(value).encode() not in published
    assert verify.SIMULATED.encode() in (SAMPLE / "log" / "checkpoint").read_bytes()
