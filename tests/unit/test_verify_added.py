"""What was added to a log is checked by itself, as strictly as a whole log is."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from amends.roster import entries
from amends.roster.entries import Total
from amends.roster.tiles import added_files, bundle, edge, kept_tiles, tile_path
from amends_verify import added
from false_epochs import FALSE_EPOCHS, false_epoch
from roster_logs import AMOUNT, MadeLog


def checked(log: MadeLog, to: Path, *, before: MadeLog | None = None) -> bool:
    """Whether a log passes, or what was added to one of *before*; what was found is in *to*."""
    to.mkdir()
    (to / "policy").write_text(log.policy)
    log.write(to / "log")
    more = []
    if before is not None:
        old = before.files()
        for name in old.keys() - {"checkpoint"}:
            (to / "log" / name).unlink(missing_ok=True)
        assert added.main([*asked(before.write(to / "old"), to / "policy", to / "found.old")]) == 0
        more = ["--before", str(to / "found.old")]
    return added.main([*asked(to / "log", to / "policy", to / "found"), *more]) == 0


def asked(log: Path, policy: Path, keep: Path) -> list[str]:
    """The command."""
    return [str(log), "--policy", str(policy), "--keep", str(keep)]


def begun(people: int) -> MadeLog:
    """A log of so many people, of whom all but twenty were paid on the first day."""
    log = MadeLog(people=people).begin()
    return log.advance([2] * (people - 20) + [0] * 20, range(people - 20))


@pytest.mark.parametrize("people", [100, 252, 300, 1_000])
def test_going_on_finds_what_a_whole_check_finds(tmp_path: Path, people: int) -> None:
    """From a tile's edge or middle, after one epoch or two: the same to the last figure."""
    old, log = begun(people), begun(people)
    for states, paid in (
        ([2] * (people - 20) + [1] * 20, range(people - 20, people)),
        ([2] * people, ()),
    ):
        log.advance(states, paid)
        place = tmp_path / f"{log.epoch}"
        assert checked(log, place, before=old)
        assert checked(log, tmp_path / f"{log.epoch} whole")
        assert (place / "found").read_bytes() == (
            tmp_path / f"{log.epoch} whole/found"
        ).read_bytes()


@pytest.mark.parametrize("name", FALSE_EPOCHS)
def test_a_falsified_epoch_is_found_in_what_was_added(tmp_path: Path, name: str) -> None:
    """The table of false epochs of whole logs."""
    old = MadeLog(people=100).begin().advance([2] * 60 + [4] * 40, range(60))
    assert checked(false_epoch(lambda _, __: None), tmp_path / "honest", before=old)
    assert not checked(false_epoch(FALSE_EPOCHS[name]), tmp_path / "false", before=old)


def another_history(log: MadeLog) -> None:
    """An award of before has another commitment."""
    log.log[70] = log.log[69]


def an_award(log: MadeLog) -> None:
    """An award is added with the commitment of another, as SCOPE says."""
    people = Total(count=251, amount_minor=251 * AMOUNT)
    log.log += [entries.scope_entry(people, bytes(32)), log.log[50]]


def claims(log: MadeLog) -> None:
    """Claims are published."""
    log.log.append(entries.claims_entry(1, 1, bytes(32)))


def a_file(log: MadeLog) -> None:
    """A file that no entry covers."""
    log.covered["batches/9.json"] = b"{}"


def an_older_tile(log: MadeLog) -> None:
    """A full tile that was out is written again."""
    log.covered["tile/0/001"] = bytes(32 * 256)


@pytest.mark.parametrize("change", [another_history, an_award, claims, a_file, an_older_tile])
def test_what_takes_the_whole_log_is_refused(
    tmp_path: Path, change: Callable[[MadeLog], None]
) -> None:
    """Another past, awards, claims and files of nobody: only the whole log can show them right."""
    old, log = begun(250), begun(250)
    log.advance([2] * 230 + [1] * 20, range(230, 250))
    assert checked(log, tmp_path / "honest", before=old)
    change(log)
    log.sizes[-1] = len(log.log)
    assert not checked(log, tmp_path / "false", before=old)


def test_nothing_kept_is_taken_for_another_log(tmp_path: Path) -> None:
    """What was found of one log says nothing of another, nor of an older state of its own."""
    old, log = begun(100), begun(100)
    log.advance([2] * 80 + [1] * 20, range(80, 100))
    assert checked(log, tmp_path / "new", before=old)
    keep = tmp_path / "new/found"
    command = asked(tmp_path / "new/old", tmp_path / "new/policy", tmp_path / "none")
    assert added.main([*command, "--before", str(keep)]) == 1
    keep.write_text("{'size': 1}")
    assert added.main([*command, "--before", str(keep)]) == 1
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("before", [1, 255, 256, 257, 65_535, 65_536, 65_600])
@pytest.mark.parametrize("more", [1, 300])
def test_a_tree_from_its_edge_grows_as_the_whole_one(
    tmp_path: Path, before: int, more: int
) -> None:
    """Root and new tiles are those of the tree of all entries; older tiles cannot be asked for."""
    whole = [b"%d" % number for number in range(before + more)]
    old, new = MadeLog(people=0), MadeLog(people=0)
    old.log, old.sizes = whole[:before], [before]
    new.log, new.sizes = whole, [before, before + more]
    first, later = old.files(), new.files()
    for name, content in first.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    shutil.rmtree(tmp_path / "tile/entries")
    tree, begin = edge(tmp_path, before), before // 256
    tree.append(whole[before:])
    bundles = [bundle(whole[at : at + 256]) for at in range(256 * begin, len(whole), 256)]
    tiles = [one for one in kept_tiles(new.sizes) if tile_path(*one) not in first]
    assert dict(added_files(tree, begin, bundles, tiles)) == {
        name: content for name, content in later.items() if name not in {*first, "checkpoint"}
    }
    assert new.checkpoint(tree) == later["checkpoint"].decode()
    if begin:
        with pytest.raises(ValueError, match="edge"):
            next(added_files(tree, begin, bundles, [(None, 0, 256)]))
        with pytest.raises(ValueError, match="edge"):
            tree.tile(0, 0)
