"""Work on many batches, in this process or in several, the answers in the order of the batches.

Documents decode one after the other, so a second processor helps only where a second process has
its own documents.  Processes take half a second to begin: little work never begins one, and more
of it goes on here until they are there.
"""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from multiprocessing import forkserver, get_context
from typing import Any, TypeVar

from overblock.measurements.batches import Block

BATCH_BYTES = 5 << 20  # of lines: some hundred measurements or more
BATCH_BLOCKS = 2000  # of files with a line or two each
ALONE = 8  # batches that one process does before others are begun: about as long as they need
AHEAD = 2  # batches for each process: one to work on, one that waits while others are judged

A = TypeVar("A")


def in_batches(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Blocks, also of different files, in batches of about `BATCH_BYTES`."""
    batch: list[Block] = []
    n_bytes = 0
    for block in blocks:
        batch.append(block)
        n_bytes += block.n_bytes
        if n_bytes >= BATCH_BYTES or len(batch) >= BATCH_BLOCKS:
            yield batch
            batch, n_bytes = [], 0
    if batch:
        yield batch


def spread(
    work: Callable[[list[Block]], A], batches: Iterable[list[Block]], processes: int = 1
) -> Generator[A, None, None]:
    """``work`` on each batch, in order.

    ``work`` goes to each process once, batches and answers go between processes as they come.
    """
    waiting = iter(batches)
    if processes < 2:  # noqa: PLR2004  (one process is this one)
        yield from map(work, waiting)
        return
    # Nothing is loaded before the fork: a library with threads of its own may stand still after.
    others = get_context("forkserver")
    others.set_forkserver_preload([])
    for number, batch in enumerate(islice(waiting, ALONE)):
        if number == 1:
            forkserver.ensure_running()  # there is more than one: it starts meanwhile
        yield work(batch)
    if (first := next(waiting, None)) is None:
        return
    with ProcessPoolExecutor(processes, others, _begin, (work,)) as pool:
        begun = [pool.submit(_be_there) for _ in range(processes)]
        given: deque[Future[A]] = deque()
        try:
            for batch in chain([first], waiting):
                if not all(each.done() for each in begun):
                    yield work(batch)
                    continue
                given.append(pool.submit(_do, batch))
                if len(given) > processes * AHEAD:
                    yield given.popleft().result()
            while given:
                yield given.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)  # also when nobody asks any more


_held: list[Callable[[list[Block]], Any]] = []  # the work of this process, where it is one of many


def _begin(work: Callable[[list[Block]], Any]) -> None:
    """Each process has one processor: the threads of the array library would fight for it."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    _held[:] = [work]


def _be_there() -> None:
    """Done as soon as a process has begun."""


def _do(batch: list[Block]) -> Any:  # noqa: ANN401  (what the work gives)
    return _held[0](batch)
