"""What a process does that works along with another, and how the two talk.

It begins as an interpreter of its own with this module, which loads little: it is soon there.
"""

import os
import pickle
import signal
import sys
from array import array
from collections.abc import Callable
from contextlib import suppress
from mmap import mmap
from typing import IO, Any, Literal, TypeAlias

from msgspec import UNSET, Struct

from overblock.errors import OverblockError
from overblock.measurements.batches import Block
from overblock.measurements.files import MeasurementFile
from overblock.pipeline.reading import read_batches

SLOT_BYTES = 8 << 20  # for a job, and for the answers that come in its place
LENGTH_BYTES = 8  # before each message of the process that works along
SLOTS = 8  # jobs in hand: whatever the one who gives does meanwhile, they must not run out

Work: TypeAlias = Callable[[list[Block]], Any]
Place: TypeAlias = tuple[MeasurementFile, int, int, int, "array[int]"]  # of a block, but its bytes
Kind: TypeAlias = Literal["lines", "files"]
How: TypeAlias = Literal["there", "more", "end", "fault"]
Message: TypeAlias = tuple[How, int, int, bytes | None]  # where in memory, how long; or what it is


class Told(Struct):
    """One answer: what the work gave, or what went wrong; and what is wrong with whole files."""

    value: Any = UNSET
    error: Exception | None = None
    wrong: list[tuple[str, str]] = []


def main() -> None:
    """Work along, until nobody is at the other end of the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted ends this process too
    pipe, file = (int(word) for word in sys.argv[1:])
    with (
        suppress(EOFError, OSError),
        os.fdopen(pipe, "rb") as jobs,
        os.fdopen(pipe, "wb", closefd=False) as out,
    ):
        Accompanying(jobs, out, mmap(file, 0)).go_on()


class Accompanying:
    """The other end of a `overblock.pipeline.companions.Companion`."""

    def __init__(self, jobs: IO[bytes], out: IO[bytes], memory: mmap) -> None:
        """The work lies in the memory, behind the slots."""
        self._jobs, self._out, self._memory = jobs, out, memory
        self._work: Work = pickle.loads(memory[SLOTS * SLOT_BYTES :])  # noqa: S301  (our own process's)
        self._at = self._stop = 0  # where the next answer goes, and where its slot ends

    def go_on(self) -> None:
        """Do one job after the other, in the order in which they were given.

        Raises:
            EOFError: the other one has ended.
            OSError: the same, while it was told something.
        """
        self._send("there")
        while True:
            kind, slot, at, n_packed = pickle.load(self._jobs)  # noqa: S301  (as above)
            job = pickle.loads(self._memory[at : at + n_packed])  # noqa: S301  (as above)
            self._at = slot * SLOT_BYTES
            self._stop = self._at + SLOT_BYTES
            try:
                if kind == "files":
                    self._read(job)
                else:
                    blocks = [Block(file, n, self._memory, *where) for file, n, *where in job]
                    self._answer("end", Told(self._work(blocks)))
            except OverblockError as error:  # it is raised in its place among the answers
                self._answer("end", Told(error=error))
            except Exception as error:
                self._answer("fault", Told(error=error))
                raise

    def _read(self, job: Any) -> None:  # noqa: ANN401  (what was packed there)
        wrong: list[tuple[str, str]] = []
        for batch in read_batches(job, lambda *what: wrong.append(what)):
            self._answer("more", Told(self._work(batch), wrong=wrong))
            wrong.clear()
        if wrong:
            self._answer("more", Told(wrong=wrong))
        self._send("end")

    def _answer(self, how: How, told: Told) -> None:
        packed = pickle.dumps(told, pickle.HIGHEST_PROTOCOL)
        at, stop = self._at, self._at + len(packed)
        if stop > self._stop:  # the other one takes it as soon as it has room
            self._send(how, 0, len(packed), packed)
            return
        self._memory[at:stop] = packed
        self._at = stop
        self._send(how, at, len(packed))

    def _send(self, how: How, at: int = 0, n_bytes: int = 0, packed: bytes | None = None) -> None:
        message: Message = (how, at, n_bytes, packed)
        raw = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        self._out.write(len(raw).to_bytes(LENGTH_BYTES) + raw)
        self._out.flush()
