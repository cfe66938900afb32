"""Reading ahead: what comes next is fetched while the last is worked on."""

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from overblock.errors import OverblockError

T = TypeVar("T")
R = TypeVar("R")
_END = object()


def ahead(items: Iterator[T], depth: int = 3) -> Generator[T, None, None]:
    """Give ``items`` in order, up to ``depth`` of them fetched in another thread before needed.

    What goes wrong there is raised here, in its place in the order.  When the reader stops early,
    at most ``depth`` items were fetched for nothing.
    """

    def fetch() -> T | object:
        return next(items, _END)

    pool = ThreadPoolExecutor(1, thread_name_prefix="ahead")
    try:
        waiting = [pool.submit(fetch) for _ in range(depth)]
        while (item := waiting.pop(0).result()) is not _END:
            waiting.append(pool.submit(fetch))
            yield item  # type: ignore[misc]  # what is not the end is an item
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def beside(work: Callable[[T], R], items: Iterable[T | None]) -> Generator[R, None, None]:
    """``work`` on each of ``items`` in another thread, in order, while the next is fetched here.

    At each None among ``items`` what is done by then is given.  Where ``items`` end in an error of
    ours, what came before it is given first.
    """
    waiting: Future[R] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="beside") as pool:
        try:
            for item in items:
                if waiting and (item is not None or waiting.done()):
                    yield waiting.result()
                    waiting = None
                if item is not None:
                    waiting = pool.submit(work, item)
        except OverblockError:
            if waiting:
                yield waiting.result()
            raise
        if waiting:
            yield waiting.result()
