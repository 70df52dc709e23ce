"""Parts are worked on ahead, few at a time, and come out in their order."""

import threading
from collections.abc import Iterator

import pytest

from amends.kernel.ahead import read_ahead, worked_ahead


def _noted(asked: list[int], count: int) -> Iterator[int]:
    for part in range(count):
        asked.append(part)
        yield part


def test_parts_come_in_their_order_whoever_is_done_first() -> None:
    """The first part waits until the second is done, and comes first all the same."""
    second = threading.Event()

    def work(part: int) -> int:
        if part == 0:
            assert second.wait(10)
        else:
            second.set()
        return part * part

    assert list(worked_ahead(range(4), work, 2)) == [(0, 0), (1, 1), (2, 4), (3, 9)]


def test_few_parts_are_in_memory() -> None:
    """No more parts are asked for than there are threads, and one."""
    asked: list[int] = []
    for done, (part, _) in enumerate(worked_ahead(_noted(asked, 20), str, 3)):
        assert part == done
        assert len(asked) <= done + 4
    assert asked == list(range(20))


def test_what_goes_wrong_is_raised() -> None:
    """An error of the work, or of a part, ends the whole."""

    def broken() -> Iterator[int]:
        yield 1
        raise OSError

    with pytest.raises(ZeroDivisionError):
        list(worked_ahead([1, 0, 1], lambda part: 1 // part, 2))
    with pytest.raises(OSError):  # noqa: PT011 -- ours, without a word
        list(read_ahead(broken()))


def test_the_next_part_is_read_meanwhile() -> None:
    """Parts are the same, and while one is worked on no more than the next is read."""
    asked: list[int] = []
    for part in read_ahead(_noted(asked, 10)):
        assert len(asked) <= part + 2
    assert asked == list(range(10))


@pytest.mark.parametrize("how", ["read", "worked"])
def test_who_stops_asking_waits_for_nobody(how: str) -> None:
    """What is cleared away while a part is still worked on lets go of it at once."""
    go = threading.Event()

    def slow(part: int) -> int:
        if part:
            go.wait(30)
        return part

    many: list[Iterator[object]] = [
        read_ahead(map(slow, range(5))) if how == "read" else worked_ahead(range(5), slow, 2)
    ]
    next(many[0])
    timer = threading.Timer(5, go.set)
    timer.start()
    try:
        many.clear()
        assert not go.is_set()
    finally:
        timer.cancel()
        go.set()
