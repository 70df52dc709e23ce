"""The cheating exercise: every fraud is played, and strangers look.

python bench/cheating/exercise.py [--only NAME]     a line for each play
"""

import argparse
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from cheating.plays import PLAYS, Left, Play
from cheating.public import OPENLY, PERSON, TWO, Finding, look
from cheating.publisher import crowd
from cheating.stage import PEOPLE, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A play, and everything that strangers found."""

    play: Play
    findings: tuple[Finding, ...]

    @property
    def openly(self) -> list[Finding]:
        """What is found without the help of anybody cheated."""
        return [one for one in self.findings if one.who in OPENLY]

    @property
    def first(self) -> Finding | None:
        """What is found first."""
        return self.findings[0] if self.findings else None

    @property
    def left(self) -> Left:
        """What is left of the fraud, going by who found it."""
        if self.openly:
            return Left.NOTHING
        if any(one.who == PERSON for one in self.findings):
            return Left.EACH
        together = [one.tool for one in self.findings if one.who == TWO]
        if together:
            return Left.PARTS if "amends_verify compare" in together else Left.PAIR
        return Left.DRAW


def played(play: Play, room: Path, people: int = PEOPLE) -> Result:
    """Play it among so many in a new directory, and let strangers look."""
    room.mkdir()
    scene = play.act(Stage(room=room, people=crowd(people)))
    return Result(play=play, findings=tuple(look(scene, room / "look")))


def all_played(room: Path) -> list[Result]:
    """Every play, in a room of its own; *room*: a new directory."""
    room.mkdir()
    return [played(one, room / one.name.replace(" ", "-")) for one in PLAYS]


def short(words: str) -> str:
    """What a tool said, without hashes and without what follows the point."""
    said = re.sub(r"[0-9a-f]{64}", "…", words).replace("NOT VERIFIED: ", "").replace("\n", " ")
    return said if len(said) <= 220 else said[:219] + "…"


def main() -> int:
    """Say what is left of each; 1 if something is not as the plays say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="one play")
    parser.add_argument("--people", type=int, default=PEOPLE)
    given, wrong = parser.parse_args(), 0
    with tempfile.TemporaryDirectory() as room:
        for one in PLAYS:
            if given.only in {None, one.name}:
                result = played(one, Path(room) / one.name.replace(" ", "-"), given.people)
                good = not result.findings if not one.row else result.left == one.left
                wrong += not good
                print(f"{'ok   ' if good else 'WRONG'} {one.row:2} {one.name}: {result.left}")
                for found in result.findings if given.only or not good else result.findings[:1]:
                    print(f"         {found.who}, {found.tool}, {found.step}: {short(found.words)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
