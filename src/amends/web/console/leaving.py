"""Files that leave by the console: each is entered in the register of exports before it is sent."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar, Final

from amends.governance.exports import let_show, outgoing
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.web.console.desk import Desk
from amends.web.console.parts import Sent

MOST_ROWS: Final = 100_000
_CSV: Final = "text/csv; charset=utf-8"


class LongListError(AmendsError):
    """A list is too long for a file of the console."""

    code: ClassVar[str] = "long_list"


def sent(  # noqa: PLR0913 -- what the register asks for, and what the browser does
    desk: Desk,
    what: str,
    rows: int,
    content: bytes,
    *,
    name: str = "",
    media_type: str = _CSV,
    purpose: str = "",
    recipient: str = "",
) -> Sent:
    """A file of *rows*, entered as *what*; its name is that, too, if there is no other.

    *recipient*: for whom the operator takes it, if it is for somebody else.
    """
    whom = recipient or desk.opened.by
    let_show(desk.opened, outgoing(what, rows, recipient=whom, purpose=purpose), content)
    return Sent(name=name or f"{what}.csv", content=content, media_type=media_type)


def csv_of(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> tuple[int, bytes]:
    """How many rows there are, and all of them as CSV; moments in ISO 8601.

    Raises:
        LongListError: there are more than a page may send.
    """
    out, count = io.StringIO(), 0
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heading)
    for count, row in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise LongListError(
                said("the list has more than {most:,} rows: narrow it first", most=MOST_ROWS)
            )
        writer.writerow(one.isoformat() if isinstance(one, datetime) else one for one in row)
    return count, out.getvalue().encode()
