"""Work on many batches, in this process or in several, the answers in the order of the batches.

Documents decode one after the other, so a second processor helps only where a second process has
its own documents.  Best, it reads its own files.  Where there are too few of them, this process
reads and unpacks for all, and does itself whatever the others cannot take now, so that none waits
for another.  Processes take a while to begin: little work never begins one, and more of it goes on
here until they are there.
"""

import pickle
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from typing import Generic, TypeAlias, TypeVar

from msgspec import UNSET

from overblock.artefacts.measurements import Found, Tell
from overblock.errors import OverblockError
from overblock.measurements.batches import Block
from overblock.pipeline.accompanying import Told
from overblock.pipeline.companions import Answers, Companion
from overblock.pipeline.reading import read_batches
from overblock.pipeline.waiting import Group, Waiting, in_groups

ALONE = 24  # batches that one process does before others are begun
LARGE_BYTES = 64 << 20  # of lines: where it is known that there are more, they begin at once
MOST_BYTES = 512 << 20  # of lines: what is given away whole is no more, as its answers may wait
MOST_JOBS = 2  # of files, that one process has in hand: one that it reads, and the next
MOST_HELD = 48 << 20  # bytes of answers that wait here for earlier ones
PACKED_FROM = 32 << 20  # of them, from which on they wait packed
LINE_HELD = 3 << 10  # bytes that the answer to a line takes while it is not packed, about

A = TypeVar("A")
Work: TypeAlias = Callable[[list[Block]], A]


def spread(
    work: Work[A], batches: Iterable[list[Block]], processes: int = 1
) -> Generator[A, None, None]:
    """``work`` on each batch, in order; this process is one of the ``processes``.

    ``work`` goes to each of the others once.

    Raises:
        CompanionLost: one of the others has ended, as by want of memory.
    """
    if processes < 2:  # noqa: PLR2004  (one process is this one)
        yield from map(work, batches)
        return
    with ExitStack() as begun:
        spreading = _Spreading(work, processes, begun, Waiting(()))
        yield from spreading.here(iter(batches))
        yield from spreading.rest()


def spread_files(
    work: Work[A],
    files: Iterable[Found],
    tell: Tell,
    processes: int = 1,
) -> Generator[A, None, None]:
    """``work`` on the lines of ``files`` batch by batch, in order, each read where it is worked on.

    ``tell`` is told, in its place, what is wrong with a whole file.

    Raises:
        FetchFailed: a file cannot be opened, is damaged, or is of a format not read here.
        UnsafeArchive: a bomb, or an archive whose names leave their folder.
        CompanionLost: one of the others has ended, as by want of memory.
    """
    groups = in_groups(files)
    if processes < 2:  # noqa: PLR2004  (as above)
        for group in groups:
            yield from map(work, read_batches(group.files, tell))
        return
    with ExitStack() as begun:
        spreading = _Spreading(work, processes, begun, Waiting(groups), tell)
        yield from spreading.files()
        yield from spreading.rest()


class _Here(Generic[A]):
    """What was done here and waits for what others do: packed, where much does."""

    has_ended = True

    def __init__(self, told: Told, n_bytes: int, *, pack: bool) -> None:
        self._told: Told | bytes | None = told
        if pack:
            self._told = pickle.dumps(told, pickle.HIGHEST_PROTOCOL)
            n_bytes = len(self._told)
        self.n_bytes = n_bytes

    def take(self) -> Told | None:
        """It, once."""
        held, self._told = self._told, None
        told: Told | None = pickle.loads(held) if isinstance(held, bytes) else held  # noqa: S301  (our own)
        return told

    def wait(self) -> None:
        """It is there."""


class _Spreading(Generic[A]):
    """One piece of work under way."""

    def __init__(
        self,
        work: Work[A],
        processes: int,
        begun: ExitStack,
        waiting: Waiting,
        tell: Tell = lambda _file, _wrong: None,
    ) -> None:
        self._work, self._tell = work, tell
        self._n_others, self._begun = processes - 1, begun
        self._others: list[Companion] = []
        self._waiting = waiting
        self._n_alone = 0  # batches, before others were begun
        self._n_held = 0  # bytes
        self._order: deque[Answers | _Here[A]] = deque()  # whose answers come next
        self._later: list[Answers] = []  # and after what is read here now
        self._wrong: list[tuple[str, str]] = []  # with files that are read here
        self._failed: OverblockError | None = None  # what ends all, after all before it

    def files(self) -> Iterator[A]:
        """Read the files that wait, here and elsewhere."""
        if self._waiting.n_bytes >= LARGE_BYTES:
            self._begin()
        while not self._failed and (group := self._next_group()):
            yield from self.here(read_batches(group.files, self._note))
            if not self._failed:
                self._order += self._later
                self._later.clear()

    def here(self, batches: Iterator[list[Block]]) -> Iterator[A]:
        """Others are asked first; what none of them takes is done here."""
        while (batch := self._next_batch(batches)) is not None:
            if self._n_alone == ALONE:
                self._begin()
            if self._wrong:
                yield from self._put(Told(wrong=self._noted()))
            self._attend()
            if answers := self._given(batch):
                self._order.append(answers)
            else:
                self._n_alone += 1
                n_lines = sum(block.n_lines for block in batch)
                yield from self._put(Told(self._work(batch)), n_lines)
            yield from self._come()
        if self._wrong:
            yield from self._put(Told(wrong=self._noted()))

    def rest(self) -> Iterator[A]:
        """What is still under way."""
        if self._failed:
            yield from self._put(Told(error=self._failed))
        yield from self._come(wait=True)

    def _begin(self) -> None:
        if not self._others:
            for _ in range(self._n_others):
                self._others.append(self._begun.enter_context(Companion(self._work)))

    def _next_group(self) -> Group | None:
        try:
            return self._waiting.take()
        except OverblockError as error:
            self._failed = error
        return None

    def _next_batch(self, batches: Iterator[list[Block]]) -> list[Block] | None:
        """What cannot be read is told after what came before it, and ends all."""
        try:
            return next(batches, None)
        except OverblockError as error:
            self._failed = error
        return None

    def _note(self, file: str, wrong: str) -> None:
        self._wrong.append((file, wrong))

    def _noted(self) -> list[tuple[str, str]]:
        wrong, self._wrong = self._wrong, []
        return wrong

    def _attend(self) -> None:
        """Hear what others say, and let none be without a file to read."""
        for other in self._others:
            other.hear()
        if not self._failed:
            self._give_files()

    def _give_files(self) -> None:
        """To each a job, and then to each a second, while enough is left for all."""
        for n_jobs in range(MOST_JOBS):
            for other in self._others:
                group = self._waiting.first
                if group is None:
                    return
                if other.n_given == n_jobs and self._is_to_give(group, other):
                    answers = other.give_files(group.files, group.n_bytes)
                    if answers is not None:
                        self._later.append(answers)
                        self._waiting.take()

    def _is_to_give(self, group: Group, other: Companion) -> bool:
        """Not where the others would have nothing to do before it is read."""
        left = self._waiting.n_bytes - group.n_bytes
        in_hand = (other.n_bytes + group.n_bytes) * self._n_others
        return group.is_on_disk and group.n_bytes <= MOST_BYTES and in_hand <= left

    def _given(self, batch: list[Block]) -> Answers | None:
        """To who has no files to read: they come later."""
        free = [other for other in self._others if not other.is_reading]
        by_load = sorted(free, key=lambda other: other.n_given)
        return next(filter(None, (other.give(batch) for other in by_load)), None)

    def _put(self, told: Told, n_lines: int = 1) -> Iterator[A]:
        """Give it out, if nothing comes before it."""
        if not self._order:
            yield from self._out(told)
            return
        n_bytes = n_lines * LINE_HELD
        pack = self._n_held + n_bytes > PACKED_FROM
        waiting: _Here[A] = _Here(told, n_bytes, pack=pack)
        self._n_held += waiting.n_bytes
        self._order.append(waiting)

    def _come(self, *, wait: bool = False) -> Iterator[A]:
        """Give out what has come, in order."""
        while self._order:
            head = self._order[0]
            while (told := head.take()) is not None:
                yield from self._out(told)
                self._attend()  # who asks for answers may take a while before the next
            if head.has_ended:
                self._order.popleft()
                self._n_held -= head.n_bytes if isinstance(head, _Here) else 0
            elif wait or self._n_held > MOST_HELD:
                head.wait()
            else:
                return

    def _out(self, told: Told) -> Iterator[A]:
        for file, wrong in told.wrong:
            self._tell(file, wrong)
        if told.error is not None:
            raise told.error
        if told.value is not UNSET:
            yield told.value
