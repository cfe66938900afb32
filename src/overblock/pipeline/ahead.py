"""Reading ahead: the next states are fetched while the last one is folded."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
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
