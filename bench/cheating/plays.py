"""All plays, in the order of the threat model; honest logs last."""

from cheating import against_people, against_truth, honest
from cheating.play import PLAYS, Left, Play

__all__ = ["PLAYS", "Left", "Play", "against_people", "against_truth", "honest"]
