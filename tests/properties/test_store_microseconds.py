"""Times in the binary form of COPY: many at once are what each is alone."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from amends.store.binary import all_microseconds, microseconds

MOMENTS = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis gives the zone
    max_value=datetime(2099, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from((UTC, timezone(timedelta(hours=8)))),
)


@given(st.lists(MOMENTS, min_size=1))
def test_many_times_are_those_of_each(moments: list[datetime]) -> None:
    """To the microsecond, in whatever zone they are told."""
    assert all_microseconds(moments).tolist() == list(map(microseconds, moments))
