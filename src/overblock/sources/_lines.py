"""Lines of files that do not fit memory: a block of whole lines at a time, numbered through.

Feeds of names reach tens of gigabytes.  A block is some megabytes of whole lines; a line that is
longer than any record of such a feed is kept as its beginning and marked, so that a file without
newlines takes no more memory than one with them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

import polars as pl

from overblock.errors import SourceDrift

BLOCK_BYTES = 8 << 20
LONGEST_LINE = 1 << 20  # a thousand times what a record of names takes
SHOWN = 200  # bytes kept of a line that is longer
BLANKS = " \t\r\n\ufeff"  # around a line; the last is a byte order mark
BOM = b"\xef\xbb\xbf"
REPLACED = "\ufffd".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Whole lines: ``first`` is the 1-based number of the first one."""

    first: int
    lines: bytes  # without the newline of the last
    too_long: tuple[int, ...] = ()  # numbers of lines of which only the beginning is here


@dataclass(slots=True)
class _Pending:
    """What was read of a block so far."""

    first: int = 1
    lines: list[bytes] = field(default_factory=list)
    n_lines: int = 0
    n_bytes: int = 0
    too_long: list[int] = field(default_factory=list)

    def add(self, whole_lines: bytes) -> None:
        """Add lines, the last without its newline."""
        self.lines.append(whole_lines)
        self.n_lines += whole_lines.count(b"\n") + 1
        self.n_bytes += len(whole_lines)

    def add_long(self, beginning: bytes) -> None:
        """Add a line of which the rest is lost."""
        self.too_long.append(self.first + self.n_lines)
        self.add(beginning[:SHOWN])

    def taken(self) -> Block:
        """The block; the next one begins behind it."""
        block = Block(first=self.first, lines=b"\n".join(self.lines), too_long=tuple(self.too_long))
        self.first += self.n_lines
        self.lines, self.n_lines, self.n_bytes, self.too_long = [], 0, 0, []
        return block


def blocks(stream: IO[bytes], feed: str) -> Iterator[Block]:
    """The lines of a text in blocks.

    Raises:
        SourceDrift: it is empty, a web page, or in UTF-16.
    """
    pending, rest, skipping = _Pending(), b"", False
    for piece in _pieces(stream, feed):
        text = piece
        if skipping:
            _, ended, text = piece.partition(b"\n")
            skipping = not ended
            if skipping:
                continue
        head, newline, tail = text.rpartition(b"\n")
        if newline:
            _take(pending, rest + head)
        rest = tail if newline else rest + tail
        if len(rest) > LONGEST_LINE:
            pending.add_long(rest)
            rest, skipping = b"", True
        if pending.n_bytes >= BLOCK_BYTES:
            yield pending.taken()
    if rest:
        _take(pending, rest)
    if pending.lines:
        yield pending.taken()


def _take(pending: _Pending, whole_lines: bytes) -> None:
    """Add lines; the end of each is looked for no further on than a line may reach."""
    begin, end = 0, len(whole_lines)
    fine_from = 0
    while end - begin > LONGEST_LINE:
        stop = whole_lines.rfind(b"\n", begin, begin + LONGEST_LINE + 1)
        if stop >= 0:
            begin = stop + 1
            continue
        if begin > fine_from:
            pending.add(whole_lines[fine_from : begin - 1])
        stop = whole_lines.find(b"\n", begin)
        pending.add_long(whole_lines[begin : begin + SHOWN])
        if stop < 0:
            return
        begin = fine_from = stop + 1
    pending.add(whole_lines[fine_from:] if fine_from else whole_lines)


def _pieces(stream: IO[bytes], feed: str) -> Iterator[bytes]:
    """The bytes as they come, once their beginning is known to be no other kind of file."""
    first = stream.read(BLOCK_BYTES)
    if not first.strip(b" \t\r\n"):
        raise SourceDrift(f"{feed}: the file is empty or begins with nothing but blanks")
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceDrift(f"{feed}: UTF-16, not UTF-8: {first[:80]!r}")
    if first[:200].removeprefix(BOM).lstrip().startswith(b"<"):
        raise SourceDrift(f"{feed}: a web page, not a list: {first[:80]!r}")
    if first.startswith(b"PAR1"):
        raise SourceDrift(f"{feed}: Parquet, not a text: {first[:80]!r}")
    yield first.removeprefix(BOM)
    while piece := stream.read(BLOCK_BYTES):
        yield piece


def as_frame(block: Block) -> pl.DataFrame:
    """A block as ``record``, ``value`` (the line, without a carriage return) and ``reason``.

    Bytes that are no UTF-8 become U+FFFD and make the line ``undecodable``; a NUL makes it
    ``nul_byte``, a line too long ``too_long``.
    """
    try:
        text = pl.Series([block.lines], dtype=pl.Binary).cast(pl.String)
        foreign = REPLACED in block.lines
    except pl.exceptions.PolarsError:
        text, foreign = pl.Series([block.lines.decode(errors="replace")]), True
    value, record = pl.col("value"), pl.col("record")
    split = text.str.split("\n").explode().alias("value").to_frame()
    frame = split.with_row_index("record", offset=block.first)
    doubtful = {
        "too_long": record.is_in(block.too_long) if block.too_long else None,
        "undecodable": value.str.contains("\ufffd", literal=True) if foreign else None,
        "nul_byte": value.str.contains("\0", literal=True) if b"\0" in block.lines else None,
    }
    reasons = [
        pl.when(holds).then(pl.lit(reason))
        for reason, holds in doubtful.items()
        if holds is not None
    ]
    return frame.with_columns(
        value.str.strip_suffix("\r"),
        reason=pl.coalesce(*reasons) if reasons else pl.lit(None, pl.String),
    )
