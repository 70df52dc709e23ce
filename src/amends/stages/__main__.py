"""One run of a stage that was asked for: its case and its number; started by the runner."""

import sys
from pathlib import Path

from amends.kernel.memory import share_one_heap
from amends.stages.running import run_asked


def main() -> None:
    """Run it."""
    share_one_heap()
    _, root, number = sys.argv
    run_asked(Path(root), int(number))


if __name__ == "__main__":
    main()
