"""Work on many batches, in this process or in several, the answers in the order of the batches.

Documents decode one after the other, so a second processor helps only where a second process has
its own documents.  This process reads and unpacks for all; whatever the others cannot take now it
does itself, so that none waits for another.  Processes take half a second to begin: little work
never begins one, and more of it goes on here until they are there.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from itertools import chain, islice
from typing import Generic, TypeVar

from overblock.measurements.batches import Block
from overblock.pipeline.companions import Answer, Companion, prepare

BATCH_BYTES = 1 << 20  # of lines: no more than stays in a processor's cache until it is decoded
BATCH_BLOCKS = 2000  # of files with a line or two each
ALONE = 12  # batches that one process does before others are begun
AHEAD = 16  # batches for each process: so many answers may wait for an earlier one

A = TypeVar("A")


def in_batches(blocks: Iterable[Block], enough: int = BATCH_BYTES) -> Iterator[list[Block]]:
    """Blocks, also of different files, in batches of about ``enough`` bytes."""
    batch: list[Block] = []
    n_bytes = 0
    for block in blocks:
        batch.append(block)
        n_bytes += block.n_bytes
        if n_bytes >= enough or len(batch) >= BATCH_BLOCKS:
            yield batch
            batch, n_bytes = [], 0
    if batch:
        yield batch


def spread(
    work: Callable[[list[Block]], A], batches: Iterable[list[Block]], processes: int = 1
) -> Generator[A, None, None]:
    """``work`` on each batch, in order; this process is one of the ``processes``.

    ``work`` goes to each of the others once.

    Raises:
        CompanionLost: one of the others has ended, as by want of memory.
    """
    waiting = iter(batches)
    if processes < 2:  # noqa: PLR2004  (one process is this one)
        yield from map(work, waiting)
        return
    for number, batch in enumerate(islice(waiting, ALONE)):
        if number == 1:
            prepare()  # there is more than one
        yield work(batch)
    if (first := next(waiting, None)) is None:
        return
    with ExitStack() as begun:
        others = [begun.enter_context(Companion(work)) for _ in range(processes - 1)]
        yield from _together(work, chain([first], waiting), others)


class _Done(Generic[A]):
    """The answer to a batch that was done here."""

    has_come = True

    def __init__(self, value: A) -> None:
        self._value = value

    def wait(self) -> A:
        """It is there."""
        return self._value


def _together(
    work: Callable[[list[Block]], A], batches: Iterable[list[Block]], others: list[Companion]
) -> Generator[A, None, None]:
    """The others are asked first; what none of them takes is done here."""
    answers: deque[Answer | _Done[A]] = deque()
    for batch in batches:
        answers.append(_given(batch, others) or _Done(work(batch)))
        while answers and (answers[0].has_come or len(answers) > AHEAD * (1 + len(others))):
            yield answers.popleft().wait()
    while answers:
        yield answers.popleft().wait()


def _given(batch: list[Block], others: list[Companion]) -> Answer | None:
    for other in others:
        other.hear()
    by_load = sorted(others, key=lambda other: other.n_given)
    return next(filter(None, (other.give(batch) for other in by_load)), None)
