"""Who goes through people page after page: noted each time, and not without end.

Kept true: a page of ids beyond the first stands in the audit trail before it is shown; in a day
nobody turns more than :data:`PAGES_A_DAY` of them.
"""

from datetime import timedelta
from typing import ClassVar, Final

from amends.governance import shown
from amends.governance.service import audit
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.vault.opened import OpenCase

PAGES_A_DAY: Final = 60
_DAY: Final = timedelta(hours=24)
_ACTION: Final = "people paged"


class PagingError(AmendsError):
    """Somebody has gone through too many pages of people."""

    code: ClassVar[str] = "paging"


def note_page(opened: OpenCase, situation: str) -> None:
    """Note that the operator at work turns a page of people in a state.

    Raises:
        PagingError: they have turned enough of them today.
    """
    turned = shown.entries(opened, action=_ACTION, actor=opened.by, most=PAGES_A_DAY)
    if len(turned) == PAGES_A_DAY and turned[-1].occurred_at > opened.clock.now() - _DAY:
        raise PagingError(
            said(
                "you have turned {pages} pages of people in 24 hours: look for one person, or have "
                "a list entered in the register (`amends export affected`)",
                pages=PAGES_A_DAY,
            )
        )
    audit(opened, opened.by, _ACTION, {"situation": situation})
