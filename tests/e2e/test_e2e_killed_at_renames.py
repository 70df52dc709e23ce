from collections.abc import Callable
from pathlib import Path

import pytest

from e2e_commands import Commands
from killed_journey import killed_journey


@pytest.mark.whole
def test_a_kill_at_any_rename_changes_nothing(
    amends: Commands, finished_case: Path, fresh_case: Callable[[str], Path]
) -> None:
    """Killed with -9 before and after renames of every stage, the journey ends with the same."""
    killed_journey("rename", amends, finished_case, fresh_case("rename"))
