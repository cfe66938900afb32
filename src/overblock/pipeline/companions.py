"""A process that works along with this one: batches go to it, and answers come back, in memory.

A month of measurements is hundreds of gigabytes: through a pipe every byte of them would be copied
four times, by both processes.  Here the two share some memory, and what goes through the pipe is
only that something lies there.  It is a file without a name that nobody else has open: however
either of them ends, nothing is left behind.
"""

import os
import pickle
import signal
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from mmap import mmap
from multiprocessing import forkserver, get_context, reduction, resource_tracker
from multiprocessing.connection import Connection
from tempfile import TemporaryFile
from typing import Any, Self, TypeAlias

from overblock.errors import CompanionLost
from overblock.measurements.batches import Block, line_ends
from overblock.measurements.files import MeasurementFile

SLOT_BYTES = 8 << 20  # for a batch, and for the answer that comes in its place
SLOTS = 8  # batches in hand: whatever this process does meanwhile, they must not run out
LAST_SECONDS = 5  # for a process that was told to end

Work: TypeAlias = Callable[[list[Block]], Any]
Place: TypeAlias = tuple[MeasurementFile, int, int, int, "array[int]"]  # of a block, but its bytes


def prepare() -> None:
    """Begin what begins the others, where nothing did yet; it goes on by itself meanwhile.

    An interruption is for this process alone, which ends the others: they never see it.
    """
    # Nothing is loaded before the fork: a library with threads of its own may stand still.
    get_context("forkserver").set_forkserver_preload([])
    resource_tracker.ensure_running()  # it would let the signal through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Answer:
    """What becomes of a batch that was given away."""

    def __init__(self, companion: "Companion") -> None:
        """Nothing has come yet."""
        self._companion = companion
        self.has_come = False
        self.value: Any = None
        self.error: Exception | None = None

    def wait(self) -> Any:  # noqa: ANN401  (what the work gives)
        """Wait for it; what went wrong there is raised here."""
        while not self.has_come:
            self._companion.hear(wait=True)
        if self.error is not None:
            raise self.error
        return self.value


class Companion:
    """Another process, which does the same work.  It takes half a second until it is there."""

    def __init__(self, work: Work) -> None:
        """Begin it; ``work`` goes there once."""
        packed = pickle.dumps(work, pickle.HIGHEST_PROTOCOL)
        memory = _Memory(SLOTS * SLOT_BYTES + len(packed))
        self._memory = memory.opened()
        self._memory[SLOTS * SLOT_BYTES :] = packed
        prepare()
        others = get_context("forkserver")
        self._pipe, theirs = others.Pipe()
        self._process = others.Process(target=_work_along, args=(theirs, memory), daemon=True)
        self._process.start()
        theirs.close()
        memory.close()
        self._is_there = False
        self._failed: Exception | None = None
        self._free = list(range(SLOTS))
        self._given: deque[tuple[int, Answer]] = deque()

    def __enter__(self) -> Self:
        """As a context, it ends with it."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it, whatever it does now, and give the memory back."""
        self._pipe.close()
        self._process.terminate()
        self._process.join(LAST_SECONDS)
        if self._process.exitcode is None:  # pragma: no cover  (a machine that hangs)
            self._process.kill()
            self._process.join()
        self._process.close()
        self._memory.close()

    @property
    def n_given(self) -> int:
        """How many batches it has in hand."""
        return len(self._given)

    def give(self, batch: Sequence[Block]) -> Answer | None:
        """Give it a batch; None where it is not there yet, has enough, or the batch is too long.

        Raises:
            CompanionLost: the process has ended.
        """
        if not self._is_there or not self._free:
            return None
        slot = self._free[-1]
        at = slot * SLOT_BYTES
        end = at + sum(block.n_bytes for block in batch)
        packed = pickle.dumps(_places(batch, at), pickle.HIGHEST_PROTOCOL)
        if end + len(packed) > at + SLOT_BYTES:
            return None
        self._free.pop()
        for block in batch:
            part = memoryview(block.raw)[block.begin : block.stop]
            self._memory[at : at + block.n_bytes] = part
            at += block.n_bytes
        self._memory[end : end + len(packed)] = packed
        try:
            self._pipe.send((slot, end, len(packed)))
        except OSError as error:
            raise self._lost() from error
        answer = Answer(self)
        self._given.append((slot, answer))
        return answer

    def hear(self, *, wait: bool = False) -> None:
        """Take the answers that have come; with ``wait``, wait for one.

        Raises:
            CompanionLost: the process has ended.
        """
        try:
            while self._pipe.poll(None if wait else 0):
                self._take(*self._pipe.recv())
                wait = False
        except (EOFError, OSError) as error:
            raise self._lost() from error

    def _take(self, n_bytes: int, packed: bytes | None) -> None:
        """An answer to the batch given first: in its place, or where it is too long, as it is."""
        if not self._is_there:
            self._is_there = True
            return
        slot, answer = self._given.popleft()
        at = slot * SLOT_BYTES
        # Who looks into the memory must not when it is closed, as after an interruption just here.
        with memoryview(self._memory) as memory, memory[at : at + n_bytes] as here:
            told = pickle.loads(here if packed is None else packed)  # noqa: S301  (from our own process)
        answer.value, answer.error = told
        self._failed = self._failed or answer.error
        self._free.append(slot)
        answer.has_come = True

    def _lost(self) -> Exception:
        """Why the process has ended: what went wrong in its work, if it could still say so."""
        with suppress(EOFError, OSError):
            while self._pipe.poll():
                self._take(*self._pipe.recv())
        if self._failed is not None:
            return self._failed
        self._process.join(LAST_SECONDS)
        code = self._process.exitcode or 0
        how = f"by signal {-code}" if code < 0 else f"with {code}"
        return CompanionLost(
            f"a process that took part in the work has ended {how}: was there memory enough? "
            "--processes 1 needs the least"
        )


class _Memory:
    """Memory to be shared: a file without a name."""

    def __init__(self, n_bytes: int) -> None:
        if hasattr(os, "memfd_create"):
            self._file = os.memfd_create("overblock")
        else:  # pragma: no cover  (systems other than Linux)
            with TemporaryFile() as file:
                self._file = os.dup(file.fileno())
        os.truncate(self._file, n_bytes)

    def opened(self) -> mmap:
        """The memory itself."""
        return mmap(self._file, 0)

    def close(self) -> None:
        """Open it no more; what is open stays."""
        os.close(self._file)

    def __reduce__(self) -> tuple[Callable[..., mmap], tuple[object]]:
        """To another process it goes with the process itself."""
        return _opened_there, (reduction.DupFd(self._file),)


def _opened_there(file: Any) -> mmap:  # noqa: ANN401  (what the library makes of a descriptor)
    descriptor = file.detach()
    try:
        return mmap(descriptor, 0)
    finally:
        os.close(descriptor)


def _work_along(pipe: Connection, memory: mmap) -> None:
    """What the other process does, until nobody is at the other end of the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted ends this process too
    os.environ["POLARS_MAX_THREADS"] = "1"  # each process has one processor
    work: Work = pickle.loads(memory[SLOTS * SLOT_BYTES :])  # noqa: S301  (from our own process)
    with suppress(EOFError, OSError):
        pipe.send((0, None))
        while True:
            slot, end, n_packed = pipe.recv()
            places = pickle.loads(memory[end : end + n_packed])  # noqa: S301  (as above)
            batch = [Block(file, record, memory, *where) for file, record, *where in places]
            try:
                told = work(batch), None
            except Exception as error:  # it is raised where somebody waits for the answer
                _answer(pipe, memory, slot, (None, error))
                raise
            _answer(pipe, memory, slot, told)


def _answer(pipe: Connection, memory: mmap, slot: int, told: tuple[Any, Exception | None]) -> None:
    packed = pickle.dumps(told, pickle.HIGHEST_PROTOCOL)
    if len(packed) > SLOT_BYTES:
        pipe.send((len(packed), packed))
        return
    memory[slot * SLOT_BYTES : slot * SLOT_BYTES + len(packed)] = packed
    pipe.send((len(packed), None))


def _places(batch: Sequence[Block], at: int) -> list[Place]:
    """Where blocks are when they lie in memory one behind the other, the first ``at`` its place."""
    found: list[Place] = []
    for block in batch:
        by = at - block.begin
        ends = block.ends or line_ends(block.raw, block.begin, block.stop)
        moved = array("Q", [end + by for end in ends])
        found.append((block.file, block.record, at, block.stop + by, moved))
        at += block.n_bytes
    return found
