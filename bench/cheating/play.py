"""What a play is, and what several of them need. A play is entered into a list by its decorator.

Each fraud is coherent: signed with the real key, sums adjusted, witnesses fooled as far as they can
be. A play says in two languages what the company does, and what is expected to be left of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from amends.roster.entries import State, Total
from cheating.publisher import (
    STRANGER,
    TARIFF,
    Publisher,
    Row,
    due,
    person,
)
from cheating.scene import Scene, Statement
from cheating.stage import Stage


class Left(StrEnum):
    """What is left of a fraud when everybody has used the public tools."""

    NOTHING = "nothing"
    EACH = "each"
    """Only a cheated person finds it, and each of them does."""
    PAIR = "pair"
    """Two who share an award find it together."""
    PARTS = "parts"
    """Anybody of the one part of the public with anybody of the other."""
    DRAW = "draw"
    """An auditor who opens awards drawn by lot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A fraud of a row of the threat model (0: none), in words, and what is left of it."""

    row: int
    name: str
    zh: str
    en: str
    left: Left
    act: Callable[[Stage], Scene]


PLAYS: list[Play] = []


def play(
    row: int, zh: str, left: Left = Left.NOTHING
) -> Callable[[Callable[[Stage], Scene]], Callable[[Stage], Scene]]:
    """Enter a play into the list; its docstring says in English what *zh* says."""

    def entered(act: Callable[[Stage], Scene]) -> Callable[[Stage], Scene]:
        name, en = act.__name__.replace("_", " "), " ".join(str(act.__doc__).split())
        PLAYS.append(Play(row=row, name=name, zh=zh, en=en, left=left, act=act))
        return act

    return entered


def phantoms(count: int) -> list[Row]:
    """Awards of people who do not exist, all of class 0."""
    return [due(person(STRANGER + 2 * at, 0)) for at in range(count)]


def settled(log: Publisher) -> list[int]:
    """The states of a log, all of whose awards have arrived."""
    return [State.SETTLED] * len(log.rows)


def bank_saw(scene: Scene, debits: Total, credited: int = 0) -> Scene:
    """The bank saw this; *credited*: so many payments of class 0 came back."""
    back = Total(count=credited, amount_minor=credited * TARIFF[0])
    return replace(scene, statement=Statement(debits=debits, credits=back))
