"""What holds when Amends runs as root. Others do not collect this file (tests/conftest.py)."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from amends.kernel.casefile import read_case
from amends.kernel.errors import AmendsError
from amends.store import processes
from amends.store.place import STATE_VARIABLE
from amends.store.service import remove_database
from amends.vault.opened import open_case
from commands import MakeCase, command_at, place_at, rows_at, state_of_a_run
from made_cases import write_case


@pytest.fixture(scope="module")
def state_directory() -> Iterator[Path]:
    """One beside the cases: a moved case is known again by a hard link, on the same disk only."""
    with state_of_a_run() as directory:
        yield directory


def test_the_server_runs_as_somebody_else(embedded_case: MakeCase) -> None:
    """Neither the server nor its data belong to root, though the case lies under 0700."""
    root = embedded_case()
    with open_case(root):
        server = processes.postmaster(place_at(root).data)
        assert server is not None
        assert Path(f"/proc/{server}").stat().st_uid != 0
        status = Path(f"/proc/{server}/status").read_text(encoding="utf-8")
        assert [line for line in status.splitlines() if line.startswith("Groups:")] == [
            "Groups:\t "
        ]
    assert place_at(root).data.stat().st_uid != 0
    assert not (root / "amends" / "database").exists()


def test_a_deleted_case_takes_its_database_along(embedded_case: MakeCase) -> None:
    """The next command on any case stops and removes what deleted cases left behind."""
    gone, emptied, stays = embedded_case(), embedded_case(), embedded_case()
    places = []
    for root in (gone, emptied):
        with command_at(root) as command:
            places.append(place_at(root))
            command.kill()
            command.wait()
        assert processes.postmaster(place_at(root).data) is not None
    shutil.rmtree(gone)
    shutil.rmtree(emptied / "amends")
    assert rows_at(stays) == 0
    for place in places:
        assert processes.on_data(place.data) == []
        assert not place.home.exists()
    assert rows_at(emptied) == 0


def test_a_moved_case_keeps_its_database(embedded_case: MakeCase) -> None:
    """Moving a case loses nothing, also when another case is opened first."""
    root, other = embedded_case(), embedded_case()
    with command_at(root) as command:
        command.communicate("")
    moved = root.rename(root.with_name("moved"))
    assert rows_at(other) == 0
    assert rows_at(moved) == 1
    remove_database(read_case(moved))


def test_a_copied_case_does_not_share_the_database(embedded_case: MakeCase) -> None:
    """A copy is refused with what to do about it."""
    root = embedded_case()
    assert rows_at(root) == 0
    copy = root.with_name("copy")
    shutil.copytree(root, copy)
    with pytest.raises(AmendsError, match="is a copy of the case"):
        rows_at(copy)
    shutil.rmtree(copy / "amends")
    assert rows_at(copy) == 0
    remove_database(read_case(copy))


def test_a_state_directory_out_of_reach_is_named(
    embedded_case: MakeCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that the account cannot reach is refused before anything is made."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    with pytest.raises(AmendsError, match=f"cannot reach .*{STATE_VARIABLE}"):
        rows_at(embedded_case())


def test_an_account_that_does_not_exist_is_named(
    embedded_case: MakeCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A named account must exist, and root is none."""
    for name in ("no-such-account", "root"):
        monkeypatch.setenv("AMENDS_DATABASE_ACCOUNT", name)
        with pytest.raises(AmendsError, match=name):
            rows_at(embedded_case())


def test_a_case_of_another_account_runs_as_that_account(
    embedded_case: MakeCase, state_directory: Path
) -> None:
    """Root opens a case whose database lies in the case, under the account that owns it."""
    del embedded_case  # sets the environment
    root = state_directory.parent / "not-roots-case"
    root.mkdir()
    write_case(root)
    workspace = root / "amends"
    (workspace / "database").mkdir(parents=True, mode=0o700)
    passwords = dict.fromkeys(("root", "owner", "login"), "known")
    pointer = {"id": "0" * 16, "home": "database", "passwords": passwords}
    (workspace / "database.json").write_text(json.dumps(pointer), encoding="utf-8")
    os.chown(workspace / "database", 65534, 65534)
    assert rows_at(root) == 0
    assert place_at(root).data.stat().st_uid == 65534
    remove_database(read_case(root))
