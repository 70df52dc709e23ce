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
