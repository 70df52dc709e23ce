"""How tests run whole commands: as processes, with an environment of their own."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

APPROVALS = ("--approve-as", "li.na", "--approve-as", "wang.wei")
Run = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Commands:
    """Runs ``amends`` as a process, with an environment of its own."""

    environment: dict[str, str]
    roots: list[Path] = field(default_factory=list)

    def __call__(self, *arguments: str | Path, code: int | None = 0) -> Run:
        """Run a command; *code* is what it has to end with (None: anything)."""
        return self.run([sys.executable, "-m", "amends", *map(str, arguments)], code)

    def killed_at(self, event: str, nth: int, *arguments: str | Path) -> Run:
        """Run a command that is killed at an event."""
        driver = Path(__file__).with_name("killing.py")
        return self.run([sys.executable, str(driver), event, str(nth), *map(str, arguments)], None)

    def run(self, words: list[str], code: int | None = 0) -> Run:
        """Run a program."""
        done = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, check=False
        )
        if code is not None:
            assert done.returncode == code, (
                f"{words[2:]} -> {done.returncode}\n{done.stderr[-3000:]}"
            )
        return done
