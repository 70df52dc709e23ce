"""What an address or a header of the interface may carry."""

from typing import Annotated, Final

from litestar.params import Parameter, QueryParameter

from amends.payees.model import Situation
from amends.web import people
from amends.web.keyset import CURSOR_PATTERN

Number = Annotated[str, Parameter(pattern="^[0-9A-Za-z]{1,32}$")]
Digest = Annotated[str, Parameter(pattern="^[0-9a-f]{6,64}$")]
PersonId = Annotated[str, Parameter(pattern="^[0-9a-z]{26}$")]
Name = Annotated[str, Parameter(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Item = Annotated[str, Parameter(pattern="^[0-9A-Za-z._:-]{1,64}$")]
FileId = Annotated[str, Parameter(pattern="^[0-9a-f]{32}$")]
Limit = Annotated[int, Parameter(ge=1, le=1000, description="At most so many.")]
PeopleLimit = Annotated[int, Parameter(ge=1, le=people.MOST, description="At most so many.")]
State = Annotated[
    str,
    QueryParameter(
        name="state",
        pattern="^(planned|approved|sending|unknown|accepted|settled|returned|refused|superseded)?$",
    ),
]
Signed = Annotated[str, QueryParameter(name="state", pattern="^(waiting|approved)?$")]
ClaimState = Annotated[
    str, QueryParameter(name="state", pattern="^(waiting|granted|awarded|refused)?$")
]
PayeeState = Annotated[Situation, QueryParameter(name="state")]
Word = Annotated[str, Parameter(max_length=64, pattern=r"^[^\x00]*$")]
Words = Annotated[str, Parameter(max_length=100, pattern=r"^[^\x00]*$")]
Cursor = Annotated[str, Parameter(pattern=r"^([0-9]{1,10}(\.[0-9]{1,5}(\.[0-9]{1,16})?)?)?$")]
Place = Annotated[str, QueryParameter(name="cursor", pattern=CURSOR_PATTERN)]
Sort = Annotated[
    str,
    Parameter(
        pattern="^(-?(award|since|amount))?$",
        description="`since`, `amount`: of a state that few are in; `-`: the greatest first.",
    ),
]
Tariffs = Annotated[
    str,
    QueryParameter(
        name="with",
        max_length=200,
        pattern=r"^[^\x00]*$",
        description="Up to four, with commas: presets, or one with an amount, `flat:CNY 3000.00`.",
    ),
]
Stage = Annotated[str, Parameter(pattern="^(intake|determine|award|publish|notify|pay|reconcile)$")]
StageWord = Annotated[
    str,
    QueryParameter(
        name="stage", pattern="^(intake|determine|award|publish|notify|pay|reconcile)?$"
    ),
]
Table = Annotated[int, Parameter(ge=1, le=2**31 - 1)]
Award = Annotated[int, Parameter(ge=0, le=2**31 - 1)]
KindWord = Annotated[str, QueryParameter(name="kind", pattern="^(loss|scam)?$")]
Run = Annotated[int, Parameter(ge=1, le=2**31 - 1)]
FIRST_STATE: Final = Situation.ADULT


def before(cursor: str) -> int | None:
    """The number that a list goes on below; None at its beginning."""
    return int(cursor.partition(".")[0]) if cursor else None
