"""Named tuples of columns."""

from itertools import count, repeat
from typing import NamedTuple

from amends.kernel.rows import rows_of


class Place(NamedTuple):
    """A place of a chunk."""

    number: str
    at: int
    currency: str


def test_rows_are_those_that_calls_would_make() -> None:
    """In the order of fields, of the kind asked for, as many as the shortest column has."""
    made = list(rows_of(Place, ["a", "b"], count(), repeat("CNY")))
    assert made == [Place("a", 0, "CNY"), Place("b", 1, "CNY")]
    assert all(type(one) is Place and one.currency == "CNY" for one in made)
