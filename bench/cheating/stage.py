"""The stage of a play: people, what is true of them, and how a log comes before the public."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cheating.publisher import TARIFF, Person, Publisher, Row, announcement, by_class, due
from cheating.scene import (
    OTHERS,
    PRESS,
    Checker,
    Scene,
    Shown,
    Statement,
    Witnesses,
)

PEOPLE = 80


def cheated(
    of: Person, received_minor: int = 0, paper: bytes | None = None, sees: int = PRESS
) -> Checker:
    """Somebody who is cheated, and what reached their account all the same."""
    return Checker(of=of, cheated=True, received_minor=received_minor, paper=paper, sees=sees)


@dataclass(kw_only=True)
class Stage:
    """So many people who were affected, in a room with witnesses. ``victim``: who is cheated."""

    room: Path
    people: list[Person]

    def __post_init__(self) -> None:
        """The witnesses stand ready; nobody has asked them."""
        self.witnesses = Witnesses(self.room / "witnesses")

    @property
    def victim(self) -> Person:
        """Of class 1, whose identity number leaked."""
        return self.people[7]

    @property
    def crony(self) -> Person:
        """Somebody of class 0 who gains."""
        return self.people[8]

    @property
    def rows(self) -> list[Row]:
        """Everybody's award, as owed."""
        return [due(one) for one in self.people]

    def without(self, *left_out: Person) -> list[Row]:
        """Everybody's but theirs."""
        return [row for row in self.rows if row.of not in left_out]

    def instead(self, *others: Row, of: Person) -> list[Row]:
        """Everybody's, with other rows in one's place."""
        return [made for row in self.rows for made in (others if row.of == of else [row])]

    def fair(self, rows: Sequence[Row] | None = None) -> Publisher:
        """CASE to CLAIMS of the rows, and everybody paid."""
        return self.promised(rows).paid()

    def promised(self, rows: Sequence[Row] | None = None) -> Publisher:
        """CASE to CLAIMS of the rows."""
        return Publisher().begin(self.rows if rows is None else rows).claim_all()

    def announced(self, rows: Iterable[Row] | None = None) -> bytes:
        """The announcement of what the rows come to; without any, of the truth."""
        return announcement(by_class(self.rows if rows is None else rows))

    def scene(self, *shown: Shown | Publisher, checkers: Sequence[Checker] = ()) -> Scene:
        """What strangers can look at. A log alone is shown to everybody on day 4.

        *checkers*: who looks after their award beside the last two people, who got what they are
        owed. The announcement is of the truth, and the bank saw what the last log's batches say.
        """
        known = {one.of for one in checkers}
        others = [cheated(one, TARIFF[one.kind]) for one in self.people[-2:] if one not in known]
        logs = [one for one in shown if isinstance(one, Publisher)]
        return Scene(
            shown=[
                one if isinstance(one, Shown) else Shown(day=4, files=one.files()) for one in shown
            ],
            announced=self.announced(),
            statement=Statement(debits=logs[-1].batches) if logs else None,
            checkers=[*checkers, *(replace(one, cheated=False) for one in others)],
            witnesses=self.witnesses,
        )

    def parts(self, press: dict[str, bytes], others: dict[str, bytes]) -> list[Shown]:
        """One history for each part of the public."""
        return [Shown(day=4, files=press, to=PRESS), Shown(day=4, files=others, to=OTHERS)]
