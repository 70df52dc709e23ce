"""How tests run whole commands: as processes, with an environment of their own."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

APPROVALS = ("--approve-as", "li.na", "--approve-as", "wang.wei")
Run = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Commands:
    """Runs ``amends`` as a process, with an environment of its own; see :func:`commands_in`."""

    environment: Mapping[str, str]
    forking: "subprocess.Popen[str]"
    roots: list[Path] = field(default_factory=list)

    def __call__(self, *arguments: str | Path, code: int | None = 0) -> Run:
        """Run a command; *code* is what it has to end with (None: anything)."""
        return _ended_with(code, self._forked("", 0, arguments))

    def killed_at(self, event: str, nth: int, *arguments: str | Path) -> Run:
        """Run a command that is killed at an event."""
        return self._forked(event, nth, arguments)

    def run(self, words: list[str], code: int | None = 0) -> Run:
        """Run a program."""
        done = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, check=False
        )
        return _ended_with(code, done)

    def _forked(self, event: str, nth: int, arguments: tuple[str | Path, ...]) -> Run:
        """Let ``forking.py`` become a command."""
        words = [str(argument) for argument in arguments]
        requests, answers = self.forking.stdin, self.forking.stdout
        assert requests is not None
        assert answers is not None
        with tempfile.TemporaryDirectory(prefix="amends-said-") as folder:
            said = [Path(folder) / name for name in ("output", "errors")]
            print(json.dumps([*map(str, said), event, nth, *words]), file=requests, flush=True)
            code = int(answers.readline())
            return Run(words, code, *(each.read_text(encoding="utf-8") for each in said))


@contextmanager
def commands_in(environment: Mapping[str, str]) -> Iterator[Commands]:
    """Commands in an *environment*, which need not read the program each time they start."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("forking.py"))],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as forking:
        yield Commands(environment, forking)


def _ended_with(code: int | None, done: Run) -> Run:
    """The run, if it ended as it has to."""
    if code is not None:
        assert done.returncode == code, f"{done.args} -> {done.returncode}\n{done.stderr[-3000:]}"
    return done
