"""Whole commands as processes, on cases of 300 made-up people."""

import functools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from amends.store.place import STATE_VARIABLE
from e2e_commands import APPROVALS, Commands, commands_in


@pytest.fixture(scope="session")
def amends(state_directory: Path) -> Iterator[Commands]:
    """Commands whose embedded servers are removed at the end of the run."""
    environment = os.environ | {STATE_VARIABLE: str(state_directory)}
    environment.pop("AMENDS_DATABASE_URL", None)
    with commands_in(environment) as commands:
        yield commands
        for root in commands.roots:
            if (root / "case.toml").exists():
                commands("remove", root, "--yes", code=None)


@pytest.fixture(scope="session")
def made_case(amends: Commands, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model case with 300 affected people, as it is made: nothing has run on it."""
    root = tmp_path_factory.mktemp("made") / "case"
    amends("synth", root, "--people", "300", "--seed", "7")
    return root


@pytest.fixture(scope="session")
def finished_case(
    amends: Commands, made_case: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same, with the whole journey behind it."""
    root = tmp_path_factory.mktemp("finished") / "case"
    shutil.copytree(made_case, root)
    amends.roots.append(root)
    amends("run", root, *APPROVALS)
    return root


@pytest.fixture(scope="session")
def exported(amends: Commands, finished_case: Path) -> Callable[[str], Path]:
    """Exports of the finished case by file name (``awards.csv``), each written once."""

    @functools.cache
    def export(name: str) -> Path:
        to = finished_case / name
        amends("export", to.stem, finished_case, "--to", to)
        return to

    return export


@pytest.fixture
def fresh_case(amends: Commands, made_case: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A factory of copies on which nothing has run."""

    def copy(name: str = "case") -> Path:
        root = tmp_path / name
        shutil.copytree(made_case, root)
        amends.roots.append(root)
        return root

    return copy
