"""Letters and notices: how many, what one says, whom somebody has to tell of a correction."""

from contextlib import suppress
from datetime import datetime
from typing import Final

from msgspec import Struct

from amends.access.model import Right
from amends.kernel.errors import AmendsError
from amends.kernel.ids import AwardIndex
from amends.notices import service as notices
from amends.roster import claiming
from amends.web import keyset
from amends.web.api.calls import Desk
from amends.web.api.operations import asks
from amends.web.api.parameters import Award, Limit, Place


class Untold(Struct, kw_only=True):
    """An award whose correction is newer than its notice; ``amount_minor``: what holds now."""

    award: int
    correction: int
    amount_minor: int
    currency: str
    reason: str
    corrected_at: datetime


class Notices(Struct, kw_only=True):
    """How far letters and notices are; ``codes``: letters with claim codes by state."""

    written: int
    texts: int
    codes: dict[str, int]
    untold: list[Untold]
    next_cursor: str | None


class Notice(Struct, kw_only=True):
    """The notice of an award as it was queued."""

    award: int
    zh: str
    en: str


@asks("/awards/{award:int}/notice", Right.SEE, finds=True)
def notice(desk: Desk, award: Award) -> Notice:
    """The notice of an award as it was queued."""
    zh, en = notices.sample(desk.opened, AwardIndex(award))
    return Notice(award=award, zh=zh, en=en)


@asks("/notices", Right.SEE)
def standing(desk: Desk, place: Place = "", limit: Limit = 100) -> Notices:
    """How far letters and notices are, and who has to be told of a correction."""
    written, texts = notices.queued(desk.opened)
    codes: dict[str, int] = {}
    with suppress(AmendsError):
        codes = claiming.standing(desk.opened).counts
    found = notices.untold(desk.opened, after=_after(place), most=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return Notices(
        written=written,
        texts=texts,
        codes=codes,
        untold=[
            Untold(
                award=one.award_index,
                correction=one.correction_no,
                amount_minor=one.amount.amount_minor,
                currency=one.amount.currency,
                reason=str(one.reason),
                corrected_at=one.corrected_at,
            )
            for one in found[:limit]
        ],
        next_cursor=None if last is None else keyset.cursor_of((last.award_index,)),
    )


def _after(cursor: str) -> int | None:
    """The award behind which a page begins; None at the beginning."""
    match keyset.key_of(cursor):
        case (int(award),) if 0 <= award <= _LAST:
            return award
    return None


_LAST: Final = 2**31 - 1
