from datetime import UTC, datetime, timedelta

import pytest

from amends.kernel.clock import RealClock, SimulatedClock

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_simulated_clock_moves_only_when_told() -> None:
    """Sleeping moves it at once, and every move is kept."""
    kept: list[datetime] = []
    clock = SimulatedClock(START, kept.append)
    assert clock.now() == START
    clock.sleep(timedelta(days=1))
    assert clock.now() == START + timedelta(days=1)
    assert kept == [clock.now()]


def test_a_simulated_clock_never_goes_back() -> None:
    """There is no negative sleep."""
    with pytest.raises(ValueError, match="go back"):
        SimulatedClock(START, lambda _: None).sleep(timedelta(seconds=-1))


def test_the_real_clock_knows_its_zone() -> None:
    """Its times are aware, in UTC, and pass when it sleeps."""
    clock = RealClock()
    before = clock.now()
    clock.sleep(timedelta(milliseconds=2))
    assert clock.now() - before >= timedelta(milliseconds=2)
    assert before.tzinfo is UTC
    assert not clock.simulated
