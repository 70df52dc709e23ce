"""The cheating exercise: every fraud is found, or known to be left; no honest log is accused."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from cheating import page, public
from cheating.exercise import Result, all_played, played
from cheating.plays import PLAYS, Left, Play
from cheating.reidentify import Outcome

ROWS = range(8, 15)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """Everything is played once."""
    found = all_played(tmp_path_factory.mktemp("cheating") / "rooms")
    return {one.play.name: one for one in found}


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    """Every log of the page is attacked once."""
    return page.all_attacked()


def named(name: str) -> Play:
    """A play."""
    return next(one for one in PLAYS if one.name == name)


@pytest.mark.parametrize("name", [one.name for one in PLAYS if one.row])
def test_a_fraud_is_found_by_whom_the_play_says(name: str, results: dict[str, Result]) -> None:
    """Openly, or by those who have to look; where it is left to them, by nobody else."""
    result = results[name]
    assert result.left == result.play.left
    if result.left == Left.DRAW:
        assert not result.findings
    if result.left in {Left.EACH, Left.PAIR, Left.PARTS}:
        assert all(one.cheated for one in result.findings)


@pytest.mark.parametrize("name", [one.name for one in PLAYS if not one.row])
def test_an_honest_log_is_not_accused(name: str, results: dict[str, Result]) -> None:
    """Not by anybody, at any step."""
    assert results[name].findings == ()


def test_every_row_of_the_threat_model_has_variants() -> None:
    """At least six of each, and no two of one name."""
    rows = Counter(one.row for one in PLAYS if one.row)
    assert sorted(rows) == list(ROWS)
    assert min(rows.values()) >= 6
    assert len({one.name for one in PLAYS}) == len(PLAYS)
    assert all(one.zh and one.en for one in PLAYS)


def test_the_page_says_what_was_found(results: dict[str, Result], outcomes: list[Outcome]) -> None:
    """docs/explanations/cheating.md and its drawing; `make exercise` writes them anew."""
    found = list(results.values())
    assert page.wrong(found, outcomes) == []
    written = (page.PAGES / "cheating.md").read_text(encoding="utf-8")
    assert written == page.page(found, outcomes)
    assert (page.PAGES / "cheating.svg").read_text(encoding="utf-8") == page.drawing()


def blind(command: str) -> Callable[..., tuple[int, str]]:
    """The tools, one command of which says that everything is well."""
    seeing = public.tool

    def tool(module: str, *words: str, typed: str = "") -> tuple[int, str]:
        code, said = seeing(module, *words, typed=typed)
        return (0, "well") if words[0] == command else (code, said)

    return tool


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("sent without a batch", "all"),
        ("one commitment twice", "all"),
        ("silence on a batch", "all"),
        ("histories for two", "compare"),
    ],
)
def test_with_a_blind_tool_the_exercise_fails(
    name: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the tool that finds it, a fraud is not found as its play says."""
    monkeypatch.setattr(public, "tool", blind(command))
    assert played(named(name), tmp_path / "room").left != named(name).left
