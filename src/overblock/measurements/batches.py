"""Lines of measurement files on their way: in blocks between processes, one by one to the rules.

A document is decoded, asked and dropped before the next one is: to hold a batch of them doubles
the price of decoding, as their memory no longer stays in the processor's cache.  What is asked of
them gathers in columns.
"""

from array import array
from collections.abc import Iterator
from hashlib import blake2b
from mmap import mmap

from msgspec import Struct

from overblock.measurements.decoding import LINE_BYTES, Reject, decode
from overblock.measurements.documents import Measurement
from overblock.measurements.files import MeasurementFile

DIGEST_BYTES = 16


class Block(Struct, frozen=True, gc=False):
    """A stretch of whole lines of one file: ``raw`` from ``begin`` to ``stop``."""

    file: MeasurementFile
    record: int  # 1-based number of the first line
    raw: bytes | mmap
    begin: int
    stop: int
    ends: "array[int] | None" = None  # of its lines, as `line_ends` gives them, where known

    @property
    def n_bytes(self) -> int:
        """How long it is."""
        return self.stop - self.begin

    @property
    def n_lines(self) -> int:
        """How many lines it has; one where that is not known."""
        return len(self.ends) if self.ends else 1

    def lines(self) -> "Iterator[Line]":
        """Its lines, but the blank ones."""
        file, record, begin, raw = self.file, self.record, self.begin, self.raw
        for end in self.ends or line_ends(raw, begin, self.stop):
            line = raw[begin:end]
            if line and not line.isspace():
                yield Line(file, record, line)
            begin = end + 1
            record += 1

    def __reduce__(self) -> "tuple[type[Block], tuple[MeasurementFile, int, bytes, int, int]]":
        """Elsewhere it is the same stretch, and nothing around it."""
        raw = self.raw[self.begin : self.stop]
        return Block, (self.file, self.record, raw, 0, len(raw))


def line_ends(raw: bytes | mmap, begin: int, stop: int) -> "array[int]":
    """Where lines end, the last at ``stop``.

    Lines are long, so that to jump from one to the next is faster than to count them.
    """
    ends, find = array("Q"), raw.find
    while (end := find(b"\n", begin, stop)) >= 0:
        ends.append(end)
        begin = end + 1
    ends.append(stop)
    return ends


class Line(Struct, frozen=True, gc=False):
    """One line of a file of measurements, as it stands there."""

    file: MeasurementFile
    record: int  # 1-based
    raw: bytes


class BadLine(Struct, frozen=True, gc=False):
    """A line that is no measurement, and why."""

    file: str
    record: int
    reject: Reject
    digest: str  # of the line
    artefact: str  # of the raw file; empty where files are not kept


def decoded(
    block: Block, rejects: list[BadLine], most_bytes: int = LINE_BYTES
) -> Iterator[tuple[Line, Measurement]]:
    """The measurements of a block, each with the line that it stands in.

    Lines that hold none are added to ``rejects``.
    """
    for line in block.lines():
        found = decode(line.raw, most_bytes)
        if isinstance(found, Measurement):
            yield line, found
        else:
            rejects.append(_bad(line, found))


def _bad(line: Line, reject: Reject) -> BadLine:
    file = line.file
    return BadLine(file.name, line.record, reject, digest_of(line.raw), file.artefact)


def digest_of(line: bytes) -> str:
    """The digest by which a line is known where the collector gave no key."""
    return blake2b(line, digest_size=DIGEST_BYTES).hexdigest()
