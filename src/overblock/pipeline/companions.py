"""A process that works along with this one: jobs go to it, and answers come back, in memory.

A month of measurements is hundreds of gigabytes: through a pipe every byte of them would be copied
four times, by both processes.  Here the two share some memory, and what goes through the pipe is
only that something lies there.  It is a file without a name that nobody else has open: however
either of them ends, nothing is left behind.

A job is a batch of lines, or files that are to be read.  What files hold nobody can say before, so
they are answered bit by bit, and who is not listened to waits.
"""

import os
import pickle
import select
import signal
import socket
import subprocess
import sys
from array import array
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from mmap import mmap
from tempfile import TemporaryFile
from typing import Self, TypeAlias

from overblock.artefacts.measurements import Found
from overblock.errors import CompanionLost
from overblock.measurements.batches import Block, line_ends
from overblock.pipeline.accompanying import (
    LENGTH_BYTES,
    SLOT_BYTES,
    SLOTS,
    Kind,
    Message,
    Place,
    Told,
    Work,
)

MOST_HEARD = 32 << 20  # bytes of answers that wait here, but for those in their slots
LAST_SECONDS = 5  # for a process that was told to end
BEGIN = "from overblock.pipeline.accompanying import main; main()"

Heard: TypeAlias = tuple[int, int, bytes | None]  # where in memory, how long; or what was sent


class Answers:
    """What comes of a job that was given away, in order."""

    def __init__(self, companion: "Companion", slot: int, n_bytes: int | None) -> None:
        """Nothing has come yet; ``n_bytes`` are those of files, about."""
        self.n_bytes = n_bytes
        self.slot = slot
        self.heard: deque[Heard] = deque()
        self.has_ended = False  # the last has been heard
        self._companion = companion

    def take(self) -> Told | None:
        """The next that has been heard; None where nothing has."""
        return self._companion.take(self) if self.heard else None

    def wait(self) -> None:
        """Wait until something has been heard, or the end."""
        while not self.heard and not self.has_ended:
            self._companion.hear(wait=True)


class Companion:
    """Another process, which does the same work.  It takes a while until it is there."""

    def __init__(self, work: Work) -> None:
        """Begin it; ``work`` goes there once, and is made of what can be imported.

        Raises:
            CompanionLost: the system begins no other process.
        """
        packed = pickle.dumps(work, pickle.HIGHEST_PROTOCOL)
        self._has_failed = False
        self._free = list(range(SLOTS))
        self._given: deque[Answers] = deque()  # those that have not ended
        self._n_heard = 0  # bytes
        self.is_there = False
        file = _nameless(SLOTS * SLOT_BYTES + len(packed))
        self._pipe, theirs = socket.socketpair()
        self._has_come = select.poll()
        self._has_come.register(self._pipe, select.POLLIN)
        try:
            self._memory = mmap(file, 0)
            self._memory[SLOTS * SLOT_BYTES :] = packed
            self._process = _begun(theirs.fileno(), file)
        except OSError as error:
            self._pipe.close()
            raise CompanionLost(
                f"another process cannot be begun: {error.strerror}; --processes 1 needs none"
            ) from error
        finally:
            theirs.close()
            os.close(file)

    def __enter__(self) -> Self:
        """As a context, it ends with it."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it, whatever it does now, and give the memory back."""
        self._pipe.close()
        self._process.terminate()
        try:
            self._process.wait(LAST_SECONDS)
        except subprocess.TimeoutExpired:  # pragma: no cover  (a machine that hangs)
            self._process.kill()
            self._process.wait()
        self._memory.close()

    @property
    def n_given(self) -> int:
        """How many jobs it has in hand."""
        return len(self._given)

    @property
    def n_bytes(self) -> int:
        """How much there is in the files that it has in hand."""
        return sum(answers.n_bytes or 0 for answers in self._given)

    @property
    def is_reading(self) -> bool:
        """Whether it has files in hand."""
        return any(answers.n_bytes is not None for answers in self._given)

    def give(self, batch: Sequence[Block]) -> Answers | None:
        """Give it a batch; None where it is not there, has enough, or the batch is too long.

        Raises:
            CompanionLost: the process has ended.
        """
        if not self.is_there or not self._free:
            return None
        begin = self._free[-1] * SLOT_BYTES
        end = begin + sum(block.n_bytes for block in batch)
        packed = pickle.dumps(_places(batch, begin), pickle.HIGHEST_PROTOCOL)
        if end + len(packed) > begin + SLOT_BYTES:
            return None
        at = begin
        for block in batch:
            part = memoryview(block.raw)[block.begin : block.stop]
            self._memory[at : at + block.n_bytes] = part
            at += block.n_bytes
        return self._give("lines", end, packed, None)

    def give_files(self, files: Sequence[Found], n_bytes: int) -> Answers | None:
        """Give it files to read; None where it is not there, or has enough.

        Raises:
            CompanionLost: the process has ended.
        """
        packed = pickle.dumps(files, pickle.HIGHEST_PROTOCOL)
        if not self.is_there or not self._free or len(packed) > SLOT_BYTES:
            return None
        return self._give("files", self._free[-1] * SLOT_BYTES, packed, n_bytes)

    def _give(self, kind: Kind, at: int, packed: bytes, n_bytes: int | None) -> Answers | None:
        slot = self._free.pop()
        self._memory[at : at + len(packed)] = packed
        try:
            self._pipe.sendall(pickle.dumps((kind, slot, at, len(packed))))
        except OSError as error:
            self._end(error)
            return None
        answers = Answers(self, slot, n_bytes)
        self._given.append(answers)
        return answers

    def hear(self, *, wait: bool = False) -> None:
        """Hear of the answers that have come; with ``wait``, wait for one.

        Raises:
            CompanionLost: the process has ended.
        """
        try:
            while (wait or self._n_heard < MOST_HEARD) and self._has_come.poll(None if wait else 0):
                self._hear(*self._received())
                wait = False
        except (EOFError, OSError) as error:
            self._end(error)

    def _received(self) -> Message:
        message: Message = pickle.loads(self._read(int.from_bytes(self._read(LENGTH_BYTES))))  # noqa: S301  (our own process's)
        return message

    def _read(self, n_bytes: int) -> bytearray:
        read = bytearray()
        while len(read) < n_bytes:
            if not (piece := self._pipe.recv(n_bytes - len(read))):
                raise EOFError
            read += piece
        return read

    def _hear(self, how: str, at: int, n_bytes: int, packed: bytes | None) -> None:
        """Of the job given first: an answer in its slot, or as it is where that is full."""
        if how == "there":
            self.is_there = True
            return
        answers = self._given[0]
        if n_bytes:
            answers.heard.append((at, n_bytes, packed))
            self._n_heard += len(packed or b"")
        if how == "more":
            return
        self._given.popleft()
        answers.has_ended = True
        self._has_failed = how == "fault"  # it ends now
        self._clear(answers)

    def _clear(self, answers: Answers) -> None:
        """Take what waits out of its slot, which is for the next job."""
        for _ in range(len(answers.heard)):
            at, n_bytes, packed = answers.heard.popleft()
            if packed is None:
                packed = self._memory[at : at + n_bytes]
                self._n_heard += n_bytes
            answers.heard.append((at, n_bytes, packed))
        self._free.append(answers.slot)

    def take(self, answers: Answers) -> Told:
        """The first of ``answers`` that was heard and not yet taken."""
        heard = answers.heard.popleft()
        self._n_heard -= len(heard[-1] or b"")
        return self._unpacked(*heard)

    def _unpacked(self, at: int, n_bytes: int, packed: bytes | None) -> Told:
        # Who looks into the memory must not when it is closed, as after an interruption just here.
        with memoryview(self._memory) as memory, memory[at : at + n_bytes] as here:
            told: Told = pickle.loads(here if packed is None else packed)  # noqa: S301  (our own process's)
            return told

    def _end(self, error: Exception) -> None:
        """The process has ended: if it could still say why, that is raised in its place."""
        with suppress(EOFError, OSError):
            while self._has_come.poll(0):
                self._hear(*self._received())
        self.is_there = False
        if self._has_failed:
            while self._given:  # what was given after is not answered
                self._given.popleft().has_ended = True
            return
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LAST_SECONDS)
        code = self._process.returncode or 0
        how = f"by signal {-code}" if code < 0 else f"with {code}"
        raise CompanionLost(
            f"a process that took part in the work has ended {how}: was there memory enough? "
            "--processes 1 needs the least"
        ) from error


def _begun(pipe: int, memory: int) -> "subprocess.Popen[bytes]":
    """A new interpreter, which has none of this one's threads and imports what it needs itself.

    An interruption is for this process alone, which ends the others: they never see it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return subprocess.Popen(  # noqa: S603  (ourselves)
            # -P: a file that lies where the user is must not be taken for a library.
            [sys.executable, "-P", "-c", BEGIN, str(pipe), str(memory)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(pipe, memory),
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "POLARS_MAX_THREADS": "1",  # each process has one processor
            },
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _nameless(n_bytes: int) -> int:
    """A descriptor of memory to be shared: a file without a name."""
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("overblock")
    else:  # pragma: no cover  (systems other than Linux)
        with TemporaryFile() as temporary:
            file = os.dup(temporary.fileno())
    os.truncate(file, n_bytes)
    return file


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
