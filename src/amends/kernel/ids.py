"""Identifiers. Each is its own type, so that one is never passed for another."""

from typing import Final, NewType

PersonId = NewType("PersonId", str)
"""26 letters and digits: a keyed function of the person's first account, for this case only."""

PERSON_ID_BYTES: Final = 26

AwardIndex = NewType("AwardIndex", int)
"""From 0, in the (random) order of the log's AWARD entries."""

InstructionId = NewType("InstructionId", str)
"""At most 32 letters and digits: the number given to the rail, for ever."""

Operator = NewType("Operator", str)
"""The name under which an operator signs approvals."""
