"""Lines of measurement files on their way: in blocks between processes, one by one to the rules.

A document is decoded, asked and dropped before the next one is: to hold a batch of them doubles
the price of decoding, as their memory no longer stays in the processor's cache.  What is asked of
them gathers in columns.
"""

from collections.abc import Iterator
from hashlib import blake2b

from msgspec import Struct

from overblock.measurements.decoding import LINE_BYTES, Reject, decode
from overblock.measurements.documents import Measurement
from overblock.measurements.files import MeasurementFile

DIGEST_BYTES = 16


class Block(Struct, frozen=True, gc=False):
    """A stretch of whole lines of one file: ``raw`` from ``begin`` to ``stop``."""

    file: MeasurementFile
    record: int  # 1-based number of the first line
    raw: bytes
    begin: int
    stop: int

    @property
    def n_bytes(self) -> int:
        """How long it is."""
        return self.stop - self.begin

    def lines(self) -> "Iterator[Line]":
        """Its lines, but the blank ones."""
        record, begin, raw = self.record, self.begin, self.raw
        while begin < self.stop:
            end = raw.find(b"\n", begin, self.stop)
            end = self.stop if end < 0 else end
            line = raw[begin:end]
            if line and not line.isspace():
                yield Line(self.file, record, line)
            begin = end + 1
            record += 1


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
