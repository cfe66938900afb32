"""Work in another thread, and what is given when."""

from collections.abc import Iterator
from threading import Event, current_thread

import pytest

from overblock.errors import FetchFailed
from overblock.pipeline.ahead import beside


def test_what_is_done_beside_is_given_in_order_and_from_another_thread() -> None:
    found = list(beside(lambda item: (item * 2, current_thread().name), iter(range(5))))
    assert [doubled for doubled, _ in found] == [0, 2, 4, 6, 8]
    assert {name.startswith("beside") for _, name in found} == {True}


def test_of_nothing_nothing_is_given() -> None:
    assert list(beside(str, iter([None, None]))) == []


def test_what_is_done_is_given_before_the_next_is_there() -> None:
    """Else the first rows of a slow pipe would wait for the last of the next ones."""
    done = Event()

    def work(item: str) -> str:
        done.set()
        return item

    def items() -> Iterator[str | None]:
        yield "first"
        assert done.wait(5)
        for _ in range(10**6):
            yield None
        raise AssertionError("nobody asked for it")

    given = beside(work, items())
    assert next(given) == "first"
    given.close()


def test_what_came_before_an_error_is_given_first() -> None:
    def items() -> Iterator[str]:
        yield "first"
        raise FetchFailed("no second")

    given = beside(str.upper, items())
    assert next(given) == "FIRST"
    with pytest.raises(FetchFailed):
        next(given)


def test_what_goes_wrong_beside_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        list(beside(lambda item: 1 / item, iter([1, 0, 1])))
