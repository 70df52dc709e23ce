"""Kinds of messages and what their senders are told, in words."""

from collections.abc import Mapping
from typing import Final

from amends.inbox.model import AnswerState, Kind
from amends.kernel.saying import Said, said

KINDS: Final[Mapping[Kind, Said]] = {
    Kind.LOSS: said("claim of a loss"),
    Kind.SCAM: said("report of a suspicious call"),
}
STATES: Final[Mapping[AnswerState, Said]] = {
    AnswerState.READING: said("somebody is reading it"),
    AnswerState.MORE_NEEDED: said("something is missing"),
    AnswerState.GRANTED: said("granted"),
    AnswerState.REFUSED: said("refused"),
    AnswerState.PAID: said("paid"),
    AnswerState.HANDED_OVER: said("handed over to the police"),
}
UNOPENED: Final = said("not opened yet")
