import asyncio
import itertools
from bisect import bisect_left
from collections.abc import Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from amends.payouts.rails.pacing import SECOND_S, Pace
from amends.payouts.sending.dispatch import in_lanes
from amends.simulators.meter import Meter
from virtual_time import VirtualLoop, run_virtually


async def starts_of(
    pace: Pace, *, calls: int, latency_s: float, stalls: Sequence[tuple[int, float]], seed: int
) -> list[float]:
    """When each of *calls* began, with answers after about *latency_s*.

    Before the n-th call of *stalls* the machine is busy for a while.
    """
    loop, random = asyncio.get_running_loop(), Random(seed)  # noqa: S311  # no secret
    assert isinstance(loop, VirtualLoop)
    busy, begun = dict(stalls), list[float]()

    async def call(number: int) -> None:
        if number in busy:
            loop.stall(busy[number])
        await pace.wait()
        begun.append(loop.time())
        await asyncio.sleep(latency_s * random.uniform(0.5, 1.5))

    await in_lanes(128, range(calls), call)
    return begun


def most_in_a_second(begun: Sequence[float]) -> int:
    """The most calls that began in any second, wherever it begins."""
    return max(bisect_left(begun, start + 1.0) - at for at, start in enumerate(begun))


@settings(max_examples=40)
@given(
    per_second=st.integers(1, 200),
    latency_s=st.floats(0, 0.9),
    stalls=st.lists(st.tuples(st.integers(0, 400), st.floats(0, 3)), max_size=6),
    seed=st.integers(0, 1 << 20),
)
def test_no_second_sees_more_calls_than_allowed(
    per_second: int, latency_s: float, stalls: list[tuple[int, float]], seed: int
) -> None:
    """However late a busy machine wakes up, no second anywhere has more calls than allowed."""
    work = starts_of(Pace(per_second), calls=400, latency_s=latency_s, stalls=stalls, seed=seed)
    assert most_in_a_second(run_virtually(work)) <= per_second


@settings(max_examples=20)
@given(per_second=st.integers(20, 200), latency_s=st.floats(0, 0.4), seed=st.integers(0, 1 << 20))
def test_hardly_a_call_is_wasted(per_second: int, latency_s: float, seed: int) -> None:
    """Against a rail of Q calls a second at least 0.98 Q are made, answers slow or fast."""
    calls = 20 * per_second
    work = starts_of(Pace(per_second), calls=calls, latency_s=latency_s, stalls=(), seed=seed)
    begun = run_virtually(work)
    assert (calls - 1) / (begun[-1] - begun[0]) >= 0.98 * per_second


def test_short_delays_are_made_up_for() -> None:
    """A machine that is busy for 30 ms before every 10th call still makes 0.98 of the calls."""
    stalls = [(n, 0.03) for n in range(0, 2000, 10)]
    work = starts_of(Pace(100), calls=2000, latency_s=0.05, stalls=stalls, seed=1)
    begun = run_virtually(work)
    assert 1999 / (begun[-1] - begun[0]) >= 98
    assert most_in_a_second(begun) <= 100


def test_after_a_rest_nothing_is_made_up_for() -> None:
    """Calls that nobody waited to make are not made up for: a rest begins evenly again."""

    async def work() -> list[float]:
        loop, pace = asyncio.get_running_loop(), Pace(10)
        await pace.wait()
        await asyncio.sleep(60)
        begun = []
        for _ in range(10):
            await pace.wait()
            begun.append(loop.time())
        return begun

    begun = run_virtually(work())
    gaps = [later - earlier for earlier, later in itertools.pairwise(begun)]
    assert min(gaps) > SECOND_S / 10 - 1e-9


def test_a_provider_that_counts_turns_nobody_away() -> None:
    """WeChat Pay's 100 calls a second, as its simulator counts them: kept, and nearly used up."""

    async def work() -> tuple[list[bool], float]:
        loop, pace, meter = asyncio.get_running_loop(), Pace(100), Meter(100)
        let_in: list[bool] = []

        async def call(number: int) -> None:
            await pace.wait()
            await asyncio.sleep(0.005 * (number % 2))  # what a network bunches
            let_in.append(meter.lets_in(loop.time()))
            await asyncio.sleep(0.2)

        await in_lanes(64, range(3000), call)
        return let_in, loop.time()

    let_in, seconds = run_virtually(work())
    assert all(let_in)
    assert 3000 / seconds >= 98


@settings(max_examples=15)
@given(
    per_second=st.sampled_from([100, 150, 400]),
    share=st.sampled_from([0.5, 0.3, 0.25]),
    begins_later_s=st.floats(0, 2),
    seed=st.integers(0, 1 << 20),
)
def test_two_workers_by_share_use_a_rail_up_and_turn_nobody_away(
    per_second: int, share: float, begins_later_s: float, seed: int
) -> None:
    """Each has its share of the calls; together they make 0.98 of Q, and no second sees more."""

    async def work() -> tuple[list[bool], list[float]]:
        loop, meter = asyncio.get_running_loop(), Meter(per_second)
        random, let_in, begun = Random(seed), list[bool](), list[float]()  # noqa: S311  # no secret
        calls = iter(range(20 * per_second))  # of one plan: whoever is free takes the next

        async def worker(part: float) -> None:
            pace = Pace(per_second * part)

            async def call(_: int) -> None:
                await pace.wait()
                begun.append(loop.time())
                let_in.append(meter.lets_in(loop.time()))
                await asyncio.sleep(random.uniform(0.05, 0.2))

            await in_lanes(128, calls, call)

        async def later() -> None:
            await asyncio.sleep(begins_later_s)
            await worker(1 - share)

        await asyncio.gather(worker(share), later())
        return let_in, begun

    let_in, begun = run_virtually(work())
    assert all(let_in)
    both_at_work = [at for at in begun if 3 <= at < 13]
    assert len(both_at_work) >= 0.98 * 10 * per_second


def test_a_meter_counts() -> None:
    """Without a pace the provider turns away what is too much, and lets in again a second later."""
    meter = Meter(3)
    assert [meter.lets_in(at) for at in (0.0, 0.5, 0.9, 0.95, 1.0, 1.2, 1.5, 1.6)] == [
        *(True, True, True),
        *(False, True, False, True, False),
    ]
    assert all(Meter(None).lets_in(0.0) for _ in range(1000))
