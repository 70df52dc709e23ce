"""Whether somebody of this age and capacity may do what an event says they did. Pure.

Kept true: nobody under 18 becomes an adult by naming an account, by coming back or by a provider's
word; nobody under 8 is paid alone; who has no capacity names no account (Civil Code 17 to 24, 145).
An officer or a court who finds otherwise says so (``found_adult`` and the like).
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from amends.kernel.case import CaseFile
from amends.kernel.saying import Said, said
from amends.payees.machine import Move
from amends.payees.model import ADULT_YEARS, LIMITED_YEARS, Situation
from amends.payees.states import Event

_S, _E = Situation, Event
_AGES: Final = {
    **dict.fromkeys((_S.UNDER_8, _S.UNDER_8_GUARDED), 0),
    **dict.fromkeys((_S.AGED_8_TO_17, _S.AGED_8_TO_17_GUARDED), LIMITED_YEARS),
}
"""How old somebody in this state is at the least."""
_INCAPABLE: Final = (_S.INCAPABLE, _S.INCAPABLE_GUARDED)
_ALONE: Final = (_S.ADULT, _S.AGED_8_TO_17, _S.REFUSED, _S.DONATED)
_FOUND: Final = (
    *(_E.FOUND_ADULT, _E.FOUND_AGED_8_TO_17, _E.FOUND_UNDER_8),
    *(_E.CAPACITY_RESTORED, _E.GUARDIAN_ENDED),
)
_OF_AGE: Final = {_E.FOUND_ADULT, _E.CAME_OF_AGE, _E.LIVES_ON_EARNINGS}
_BIRTHDAYS: Final = {_E.LIVES_ON_EARNINGS: 16, _E.CAME_OF_AGE: ADULT_YEARS, _E.TURNED_EIGHT: 8}
"""Events that say of themselves how old somebody is."""


def asked(move: Move) -> bool:
    """Whether the age has a say in this move at all."""
    return move.event not in _FOUND and (move.target in _ALONE or move.target in _AGES)


def wrong(
    move: Move, age: int | None, states: Sequence[Situation], events: Sequence[Event]
) -> Said | None:
    """Why this person cannot make this move; None where they can.

    ``age``: in whole years on the day of the event, by the files; None where they do not tell.
    ``states``, ``events``: what the person was in and what happened so far, the oldest first.
    """
    if not asked(move):
        return None
    last = next((one for one in reversed(states) if one in {*_AGES, *_INCAPABLE, _S.ADULT}), None)
    if last in _INCAPABLE and move.target in _ALONE:
        return said("the person has no capacity: `guardian_named`, or `capacity_restored` first")
    if age is None and last is not None and move.event not in _BIRTHDAYS:
        age = _AGES.get(last)
    if age is None or _OF_AGE.intersection(events):
        return None
    alone = LIMITED_YEARS if move.target is _S.AGED_8_TO_17 else ADULT_YEARS
    least = _BIRTHDAYS.get(move.event, alone if move.target in _ALONE else 0)
    if age < least:
        return said(
            "{event} is for people from {least} on, and this person is younger by the files: "
            "`minor_account_named` (from 8 on) or `guardian_named`; if the files are wrong, "
            "`doubt_raised` and then what was found",
            event=move.event.value,
            least=least,
        )
    if age >= ADULT_YEARS and move.target in _AGES:
        return said("the person is of age by the files: `account_named`, or `capacity_lost` first")
    return None


def leak_day(file: CaseFile, act: date) -> date:
    """The day of the leak: as case.toml says, else when it was discovered, at latest the act's."""
    found = file.discovered_at.date() if file.discovered_at else act
    return file.payees.leaked_on or min(found, act)


def wrong_death(event: Event, died_on: date, leaked_on: date) -> Said | None:
    """Why a death on that day is the other event; None where it is this one."""
    right = Event.DIED_BEFORE_LEAK if died_on < leaked_on else Event.DIED_AFTER_LEAK
    if event not in (Event.DIED_BEFORE_LEAK, Event.DIED_AFTER_LEAK) or event is right:
        return None
    return said(
        "the leak was on {leaked}, and --on says {day}: enter {event} (Civil Code 994, 1122)",
        leaked=leaked_on,
        day=died_on,
        event=right.value,
    )
